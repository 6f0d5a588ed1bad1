"""What a user relies on in which estimates may be printed: nothing of what few answered is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from refusals import refused

from survey_stats import SurveyDesign, reliable
from survey_stats.contingency import releasable


def test_few_are_withheld_and_imprecise_estimates_marked():
    table = pd.DataFrame({"n": [24, 25, 25, 25], "cv": [0.1, 0.30, 0.31, np.nan], "estimate": 0.5, "low": 0.4})
    found = reliable(table)
    assert found["flag"].tolist() == ["suppressed", "", "imprecise", ""]
    assert found["estimate"].isna().tolist() == [True, False, False, False] == found["low"].isna().tolist()
    assert table["estimate"].notna().all()


@pytest.mark.parametrize("answer", [True, False])
def test_that_all_of_few_answered_alike_is_not_told(answer):
    # A table of those who all answered alike is the same, when suppressed, as of those who did not.
    data = pd.DataFrame({"w": 1.0, "group": ["few"] * 24 + ["many"] * 30, "mixed": [True, False] * 27})
    data["alike"] = data["mixed"].where(data["group"] == "many", answer)
    found = reliable(SurveyDesign(data, "w").proportion(["mixed", "alike"], by="group"))
    mixed, alike = (found[(found["group"] == "few") & (found["variable"] == name)] for name in ("mixed", "alike"))
    told = [name for name in found if name != "variable"]
    pd.testing.assert_frame_equal(mixed[told].reset_index(drop=True), alike[told].reset_index(drop=True))


def test_what_reliability_rests_on_must_be_there():
    with refused(ValueError, "missing_column", "column 'cv'"):
        reliable(pd.DataFrame({"n": [30]}))


def test_a_share_leaves_with_its_numerator_and_its_complement_and_is_withheld_where_either_is():
    table = reliable(
        pd.DataFrame({"n": 98, "cv": 0.1, "estimate": 0.2, "low": 0.1, "high": 0.3, "cases": 20}, range(8))
    )
    with_it = pd.Series([20, pd.NA, 20, 10, 11, 90, 0, 5], dtype="Int64")
    asked = pd.Series([100, 100, pd.NA, 100, 100, 100, 100, 24], dtype="Int64")
    found = releasable(table, with_it, asked)
    # Told: 20 of 100, 11 of 100, and that nobody of 100 has it; 90 of 100 leaves ten over.
    told = [True, False, False, False, True, False, True, False]
    assert found["estimate"].notna().tolist() == told and found["low"].notna().tolist() == told
    assert found["flag"].eq("suppressed").tolist() == [not one for one in told]
    assert found.loc[0, ["n", "cases"]].tolist() == [100, 20] and found["cases"].notna().tolist() == told


def test_what_tells_how_many_do_not_know_is_taken_out():
    table = reliable(pd.DataFrame({"n": [95], "cv": 0.1, "estimate": 0.2, "unknown": 5, "share_unknown": 0.05}))
    found = releasable(table, pd.Series([20]), pd.Series([100]))
    assert found["n"].tolist() == [100] and not {"unknown", "share_unknown"} & set(found)
