"""What stands for a period of which a report prints parts alone: sums of what does not overlap, or the largest part."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.preferred_values import CHILDREN, VICTIMS, with_totals


def printed(*rows: tuple) -> pd.DataFrame:
    """Rows of one country and year: (indicator, breakdown, persons or ">=" and persons, source)."""
    made = []
    for indicator, breakdown, count, *source in rows:
        least = isinstance(count, str)
        low = float(count.removeprefix(">=")) if least else float(count)
        made.append(
            {
                "area_id": "AAA", "indicator": indicator, "period_start": pd.Timestamp("2020-01-01"),
                "period_end": pd.Timestamp("2020-12-31"), "breakdown": breakdown, "low": low,
                "high": np.inf if least else low, "value_qualifier": "at_least" if least else "exact",
                "source_id": source[0] if source else "ONE", "note": "", "preferred": True, "conflict": False,
                "reason": "preferred: the only figure found",
            }
        )  # fmt: skip
    return pd.DataFrame(made)


def shown(*rows: tuple) -> dict[str, tuple[float, float]]:
    """What is drawn of each indicator."""
    table = with_totals(printed(*rows))
    drawn = table[table["preferred"]].set_index("indicator")
    assert drawn.index.is_unique and len(table) >= len(rows)
    return {indicator: (row["low"], row["high"]) for indicator, row in drawn.iterrows()}


@pytest.mark.parametrize(
    ("rows", "children"),
    [
        # A total goes before its parts.
        ([("unspecified", 10), ("labour", 7), ("sex_trafficking", 2)], (10, 10)),
        ([("unspecified;girls", 4), ("unspecified;boys", 3)], (7, 7)),
        # Forms: others may be left, unless those of unspecified form are counted.
        ([("labour", 7), ("sex_trafficking", 2)], (9, np.inf)),
        ([("labour", 7), ("sex_trafficking", 2), ("unspecified;form unspecified", 1)], (10, 10)),
        # Begging is labour: it is not added to it.
        ([("labour", 7), ("begging", 5), ("sex_trafficking", 2)], (9, np.inf)),
        ([("begging", 5), ("armed_group", 3)], (8, np.inf)),
        # A form as its girls and boys; one sex of it alone is no form.
        (
            [("labour;girls", 3), ("labour;boys", 1), ("sex_trafficking;girls", 2), ("sex_trafficking;boys", 2)],
            (8, np.inf),
        ),
        ([("labour;girls", 3), ("sex_trafficking", 2)], (3, np.inf)),
        # One part alone is a minimum, and so is a minimum.
        ([("labour", 7)], (7, np.inf)),
        ([("labour", ">=7"), ("sex_trafficking", 2), ("unspecified;form unspecified", 1)], (10, np.inf)),
        # What organisations found, and single operations, stand back behind what authorities count.
        ([("unspecified;by NGO", 50), ("labour", 7)], (7, np.inf)),
        ([("unspecified;by NGO", 50)], (50, np.inf)),
        ([("begging;in operations", 40), ("labour;girls", 7)], (7, np.inf)),
    ],
)
def test_children_of_a_period_without_a_total(rows, children):
    assert shown(*[(CHILDREN, *row) for row in rows])[CHILDREN] == children


def test_adults_and_children_of_one_report_are_all_victims():
    adults, children = (VICTIMS, "unspecified;adults", 5), (CHILDREN, "unspecified", 7)
    assert shown(adults, children)[VICTIMS] == (12, 12)
    # Of two reports they are not added: the victims are the children at least.
    assert shown(adults, (*children, "TWO"))[VICTIMS] == (7, np.inf)
    # What one organisation found is not all.
    by_ngo = shown((VICTIMS, "unspecified;by NGO;adults", 5), (CHILDREN, "unspecified;by NGO", 7))
    assert by_ngo[VICTIMS] == (12, np.inf)


def test_forms_that_make_up_all_victims_leave_no_other_form_of_children():
    rows = [(CHILDREN, "labour", 65), (CHILDREN, "sex_trafficking", 10)]
    of_all = [(VICTIMS, "unspecified", 81), (VICTIMS, "labour", 71), (VICTIMS, "sex_trafficking", 10)]
    assert shown(*rows, *of_all)[CHILDREN] == (75, 75)
    # 82 persons, of whom one is of another form, who may be a child.
    assert shown(*rows, (VICTIMS, "unspecified", 82), *of_all[1:])[CHILDREN] == (75, np.inf)


def test_all_victims_are_the_children_at_least():
    assert shown((CHILDREN, "begging", 9))[VICTIMS] == (9, np.inf)
    assert shown((CHILDREN, "unspecified", 9), (VICTIMS, "labour;women", 2))[VICTIMS] == (9, np.inf)
    assert shown((CHILDREN, "unspecified", 9), (VICTIMS, "unspecified", 2))[VICTIMS] == (2, 2)


def test_none_of_one_part_says_nothing_of_all():
    assert shown((VICTIMS, "unspecified;adults", 0)) == {}
    # Adults and children of one report are all, and all can be none.
    assert shown((VICTIMS, "unspecified;adults", 0), (CHILDREN, "unspecified", 0))[VICTIMS] == (0, 0)


def test_parts_are_kept_and_what_is_made_of_them_says_so():
    table = with_totals(printed((CHILDREN, "unspecified;girls", 4), (CHILDREN, "unspecified;boys", 3)))
    parts, made = table[~table["preferred"]], table[table["preferred"] & table["indicator"].eq(CHILDREN)].iloc[0]
    assert parts["low"].tolist() == [4, 3] and parts["reason"].str.startswith("not preferred: a part").all()
    assert made["value_qualifier"] == "derived" and made["note"] == "4 girls + 3 boys"
    alone = with_totals(printed((CHILDREN, "labour", 7))).query("preferred and indicator == @CHILDREN").iloc[0]
    assert (alone["value_qualifier"], alone["note"]) == ("at_least", "labour alone")


def test_steps_of_justice_are_summed_by_form_and_never_exact():
    assert shown(("convictions", "labour", 2), ("convictions", "sex_trafficking", 3))["convictions"] == (5, np.inf)
