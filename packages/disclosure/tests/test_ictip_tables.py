"""Tables in the categories of the UN's classification of trafficking in persons are protected as any other.

The International Classification for Administrative Data on Trafficking in Persons (IC-TIP; IOM and UNODC, adopted by
the UN Statistical Commission in 2025) describes events, victims, perpetrators and reporting entities
(unstats.un.org/unsd/classifications/Family/Detail/2099). The wording of its categories could not be read. Those here
are of the texts on which it rests: act, means and purpose of Article 3 (a) of the Palermo Protocol (United Nations
2000), sex, age and form as in SDG indicator 16.2.2, and the stages that the UN Survey on Crime Trends counts by age and
citizenship. One value each is recorded of a person, and what is not stated is a value. All persons are synthetic.
"""

import numpy as np
import pandas as pd
import pytest
from attacker import attacked, counted

import disclosure

K = disclosure.K
# Category -> share of the persons; small ones among them, as in national lists.
VARIABLES = {
    "act": {"recruitment": 0.55, "transportation": 0.2, "transfer": 0.04, "harbouring": 0.15, "receipt": 0.06},
    "means": {
        **{"threat or use of force": 0.2, "abduction": 0.03, "fraud or deception": 0.4},
        **{"abuse of power or of a position of vulnerability": 0.27, "not stated": 0.1},
    },
    "purpose": {
        **{"sexual exploitation": 0.5, "forced labour or services": 0.35, "servitude": 0.1},
        **{"slavery or practices similar to slavery": 0.04, "removal of organs": 0.01},
    },
    "sex": {"female": 0.68, "male": 0.3, "not stated": 0.02},
    "age": {"child": 0.3, "adult": 0.7},
    "citizenship": {"own country": 0.6, "neighbouring country": 0.3, "other country": 0.1},
    "stage": {"formal contact": 0.6, "prosecuted": 0.28, "convicted": 0.12},
}
# What a national report would print, each with the tables that it adds up to.
DESIGNS = {
    "form by sex and age": [("purpose", "sex", "age"), ("purpose", "sex"), ("sex", "age"), ("purpose",), ()],
    "the three elements": [("act", "means"), ("means", "purpose"), ("act", "purpose"), ("act",), ("purpose",)],
    "citizenship and stage": [("citizenship", "stage", "age"), ("citizenship", "stage"), ("stage", "age"), ()],
    "a child needs no means": [("age", "means", "purpose"), ("age", "means"), ("age", "purpose"), ("means",)],
}


def persons(seed: int, size: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: rng.choice(list(of), size, p=list(of.values())) for name, of in VARIABLES.items()})


@pytest.mark.slow
@pytest.mark.parametrize(("name", "seed"), list(zip(DESIGNS, (1, 2, 3, 4), strict=True)))
def test_tables_by_act_means_and_purpose_withstand_the_audit_and_another_attacker(name, seed):
    tables = counted(persons(seed), *DESIGNS[name])
    # As they are counted, they tell of groups of fewer than eleven.
    assert not disclosure.audit(tables, k=K).empty
    safe = disclosure.protect(tables, k=K)
    assert disclosure.audit(safe, k=K).empty
    for whole in (False, True):
        found = attacked(safe, whole)
        assert len(found) == sum(table["count"].isna().sum() for table in safe.values()) > 0
        assert (found["high"] >= K).all() and (found["high"] - found["low"] >= K - 1e-6).all()
    # What is printed is what was counted, and not everything is suppressed.
    for design, table in safe.items():
        cells = [name for name in table if name != "count"]
        true = {tuple(row[:-1]): row[-1] for row in tables[design][[*cells, "count"]].itertuples(index=False)}
        printed = table.dropna(subset="count")[[*cells, "count"]]
        assert all(true.get(tuple(row[:-1]), 0) == row[-1] for row in printed.itertuples(index=False))
    assert sum(table["count"].notna().sum() for table in safe.values()) > 5
