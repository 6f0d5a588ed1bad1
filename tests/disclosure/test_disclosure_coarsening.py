"""What coarser tables would save: bands of ages and years, areas, rare categories."""

import pandas as pd
import pytest

from analysis.disclosure import audit, coarsenings, protect
from analysis.disclosure.coarsening import coarsened, with_values


def gutted(**columns) -> dict[str, pd.DataFrame]:
    return {"t": pd.DataFrame(columns)}


def test_a_table_that_is_mostly_shown_needs_no_coarsening():
    assert coarsenings(gutted(area=["A", "B"], count=[40, 50])).empty


def test_years_are_joined_two_by_two_and_it_is_said_what_is_then_shown():
    """7 persons a year are all withheld; 14 in two years are all shown."""
    found = coarsenings(gutted(year=[2014, 2015, 2016, 2017], count=[7, 7, 7, 7]))
    assert found["dimension"].tolist() == ["year", ""]
    best, plain = found.iloc[0], found.iloc[1]
    assert best["coarser"] == "2014-2015, 2016-2017"
    assert (best["cells"], best["withheld"], best["shown"]) == (2, 0, 1.0)
    assert (plain["cells"], plain["withheld"], plain["shown"]) == (4, 4, 0.0)


def test_bands_of_age_keep_an_open_end():
    found = coarsenings(gutted(age=["0-4", "5-11", "12-14", "15+"], count=[6, 6, 6, 6]))
    assert "0-11, 12+" in set(found["coarser"])


def test_areas_are_taken_together_as_their_nesting_says():
    nested = {"area_id": pd.DataFrame({"value": ["north"] * 2 + ["south"] * 2, "atom": ["A", "B", "C", "D"]})}
    found = coarsenings(gutted(area_id=["A", "B", "C", "D"], count=[6, 6, 20, 6]), nested=nested)
    assert found.iloc[0]["coarser"] == "north, south" and found.iloc[0]["shown"] == 1.0


def test_rare_categories_are_pooled():
    found = coarsenings(gutted(form=["x", "y", "z", "w"], count=[60, 6, 5, 7]))
    assert found.iloc[0]["coarser"] == "other" and found.iloc[0]["withheld"] == 0


def test_a_coarser_table_beside_the_fine_one_is_still_safe():
    """Its values are made of those of the fine table, so that their difference is seen."""
    fine = pd.DataFrame({"year": [2014, 2015, 2016, 2017], "count": [30, 4, 40, 50]})
    joined = {"2014": "2014-2015", "2015": "2014-2015"}
    coarse = coarsened(fine, "year", joined)
    assert coarse.set_index("year")["count"].to_dict() == {"2014-2015": 34, "2016": 40, "2017": 50}
    nested = with_values({}, "year", joined)
    both = {"fine": fine, "coarse": coarse}
    assert not audit(
        both | {"fine": fine.assign(count=[30, None, 40, 50]).astype({"count": "Int64"})}, nested=nested
    ).empty
    assert audit(protect(both, nested=nested), nested=nested).empty


@pytest.mark.parametrize("values", [["a", "b"], ["2014", "2015"]])
def test_two_values_are_not_joined_to_nothing(values):
    found = coarsenings(gutted(what=values, count=[6, 7]))
    assert found["dimension"].tolist() == [""]
