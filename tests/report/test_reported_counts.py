"""Counts of reports as texts cite them: by source, indicator and breakdown; counts read from the reports by hand."""

from __future__ import annotations

import pytest

from analysis.report.references import Context, UnknownReference, answer

CONTEXT = Context({}, {})


@pytest.mark.parametrize(
    ("reference", "language", "text"),
    [
        ("reported:TIP2023_SEN/child_victims_identified/begging", "en", "334"),
        ("reported:TIP2023_SEN/victims_identified", "en", "at least 459"),
        ("reported:TIP2023_SEN/victims_identified|period", "en", "Apr 2022 – Mar 2023"),
        ("reported:DOL2023_SEN/child_victims_identified/begging|period", "fr", "2023"),
        ("reported:TIP2018_SEN/victims_identified", "fr", "1 381"),
        ("reported:GHA:DOLX2022/labour_inspectors/all labour inspectors", "en", "189"),
    ],
)
def test_a_count_is_the_report_s(reference: str, language: str, text: str):
    assert answer(reference, CONTEXT, language).text.replace("\u202f", " ").replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    "reference",
    [
        "reported:TIP2023_SEN/victims",
        "reported:NOBODY/victims_identified",
        "reported:TIP2023_SEN/victims_identified|sex",
    ],
)
def test_a_count_that_no_report_has_is_refused(reference: str):
    with pytest.raises(UnknownReference):
        answer(reference, CONTEXT, "en")


def test_what_a_source_counts_is_listed_where_the_name_leads_nowhere():
    with pytest.raises(UnknownReference, match="child_victims_identified/begging@2022-04-01"):
        answer("reported:TIP2023_SEN/children", CONTEXT, "en")
