"""What a user relies on in which estimates may be printed: nothing of what few answered is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.risk import SurveyDesign, reliable


def test_few_are_withheld_and_imprecise_estimates_marked():
    table = pd.DataFrame({"n": [24, 25, 25, 25], "cv": [0.1, 0.30, 0.31, np.nan], "estimate": 0.5, "low": 0.4})
    found = reliable(table)
    assert found["flag"].tolist() == ["withheld", "", "imprecise", ""]
    assert found["estimate"].isna().tolist() == [True, False, False, False] == found["low"].isna().tolist()
    assert table["estimate"].notna().all()


@pytest.mark.parametrize("answer", [True, False])
def test_that_all_of_few_answered_alike_is_not_told(answer):
    # A table of those who all answered alike is the same, when withheld, as of those who did not.
    data = pd.DataFrame({"w": 1.0, "group": ["few"] * 24 + ["many"] * 30, "mixed": [True, False] * 27})
    data["alike"] = data["mixed"].where(data["group"] == "many", answer)
    found = reliable(SurveyDesign(data, "w").proportion(["mixed", "alike"], by="group"))
    mixed, alike = (found[(found["group"] == "few") & (found["variable"] == name)] for name in ("mixed", "alike"))
    told = [name for name in found if name != "variable"]
    pd.testing.assert_frame_equal(mixed[told].reset_index(drop=True), alike[told].reset_index(drop=True))


def test_what_reliability_rests_on_must_be_there():
    with pytest.raises(ValueError, match="no column 'cv'"):
        reliable(pd.DataFrame({"n": [30]}))
