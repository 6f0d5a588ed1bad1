"""The models whose odds ratios are planted: which respondents and covariates they have, and how they are coded."""

from __future__ import annotations

import pandas as pd

from analysis.risk.outcomes import outcomes
from tools.synthetic.survey import planted

# Answers that are not put to everybody, and what they amount to for those to whom they were not: of Turkish children,
# of children that are not Syrian, of households without debt.
NOT_PUT = {
    "turkish": ("nationality", "TR", "fluent"),
    "registered_elsewhere": ("nationality", ("TR", "other"), False),
    "debt_to_employer": ("debt", False, False),
}
# Children of other nationalities are too few for rare outcomes; without them the same odds ratios hold.
WITHOUT_OTHERS = ("forced_labour", "trafficked")


def modelled(respondents: pd.DataFrame) -> pd.DataFrame:
    """The respondents with their outcomes and with covariates as the planted models have them.

    Codes become categories whose first is the reference; answers that were not put are those of ``NOT_PUT``.

    Parameters
    ----------
    respondents : as `survey` gives them.
    """
    table = pd.concat(
        [respondents.drop(columns="working"), outcomes(respondents).drop(columns="respondent_id")], axis=1
    )
    for column, (asked, values, filled) in NOT_PUT.items():
        not_put = table[asked].isin(values if isinstance(values, tuple) else [values]).fillna(False)
        table[column] = table[column].mask(not_put.astype(bool), filled)
    for model in planted.solved().logistics:
        for trait, reference in model.reference.items():
            if isinstance(reference, str):
                others = sorted(set(table[trait].dropna()) - {reference}, reverse=trait == "nationality")
                table[trait] = pd.Categorical(table[trait], [reference, *others])
    return table


def formulas() -> dict[str, str]:
    """Outcome -> the formula of its planted model."""
    found = {}
    for model in planted.solved().logistics:
        joint = {":".join(trait for trait, _ in effect.of) for effect in model.effects if len(effect.of) > 1}
        found[model.outcome] = f"{model.outcome} ~ {' + '.join([*model.reference, *sorted(joint)])}"
    return found


def among(table: pd.DataFrame, outcome: str) -> pd.Series:
    """Which respondents of `modelled` a model is about: bool, missing where that is not known."""
    model = next(one for one in planted.solved().logistics if one.outcome == outcome)
    inside = table[model.among].astype("boolean") if model.among else pd.Series(True, table.index, dtype="boolean")
    return inside & table["nationality"].ne("other") if outcome in WITHOUT_OTHERS else inside
