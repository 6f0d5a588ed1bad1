"""The table behind a figure has its numbers in types, and a page prints them as people read them."""

import pandas as pd
import pytest
from refusals import refused

from analysis import areas, spreadsheets
from analysis.exhibits import Exhibit, detection
from analysis.exhibits.exhibit import PROTECTED
from analysis.exhibits.table import FIGURE, Table, Words, year
from analysis.report import pages
from bounded.refusal import Refusal

COUNTS = pd.DataFrame(
    {
        "year": [2018, 2019, 2020],
        "low": [1269.0, 1.0, 40.0],
        "high": [1269.0, 4.0, float("inf")],
        "value_qualifier": ["exact", "below_5", "at_least"],
        "seen": pd.to_datetime(["2020-02-29", None, "2021-01-01"]),
        "new": [True, False, False],
        "source_id": ["A", "B", "=cmd"],
    }
)
TABLE = Table(
    COUNTS, {"Year": Words(year, "year"), "Detected": FIGURE, "Seen": "seen", "New": "new"}, also=("source_id",)
)


def test_a_page_prints_what_the_file_has_as_numbers():
    assert TABLE.printed[["Year", "Detected"]].to_numpy().tolist() == [
        ["2018", "1,269"], ["2019", "<5"], ["2020", "≥40"],
    ]  # fmt: skip
    # Written by hand: no text among the numbers, an open bound as INF, a missing day empty, and no formula.
    assert spreadsheets.content(TABLE.released).decode() == (
        "year,low,high,value_qualifier,seen,new,source_id\n"
        "2018,1269,1269,exact,2020-02-29,true,A\n"
        "2019,1,4,below_5,,false,B\n"
        "2020,40,INF,at_least,2021-01-01,false,'=cmd\n"
    )


def test_pandas_reads_the_file_as_what_it_was(tmp_path):
    (tmp_path / "t.csv").write_bytes(spreadsheets.content(TABLE.released))
    again = pd.read_csv(tmp_path / "t.csv", parse_dates=["seen"])
    columns = ["year", "low", "high", "seen", "new"]
    pd.testing.assert_frame_equal(again[columns], COUNTS[columns], check_dtype=False)


def test_columns_are_described_by_type_and_by_the_headings_of_the_page():
    described = TABLE.as_resource("counts", "Counts")["schema"]["fields"]
    assert [(each["name"], each["type"], each.get("title")) for each in described] == [
        ("year", "integer", "Year"), ("low", "number", "Detected"), ("high", "number", "Detected"),
        ("value_qualifier", "string", "Detected"), ("seen", "date", "Seen"), ("new", "boolean", "New"),
        ("source_id", "string", None),
    ]  # fmt: skip


def test_a_table_that_mixes_types_or_names_no_column_is_refused():
    with refused(Refusal, "not_typed"):
        Table(pd.DataFrame({"count": [1, "<5"]}), {"Count": "count"})
    with refused(Refusal, "missing_column"):
        Table(COUNTS, {"Count": "count"})


@pytest.mark.parametrize("kind", ["public", "synthetic"])
def test_an_output_carries_the_numbers_with_its_release_class_and_says_where_they_are_synthetic(kind):
    data, said = Exhibit("counts", "Counts", TABLE, kind=kind, release_class=PROTECTED).show()._repr_mimebundle_()
    numbers = data[spreadsheets.MEDIA_TYPE]
    assert said == {"text/html": {"release_class": PROTECTED}}
    assert numbers["name"] == ("counts" if kind == "public" else "counts_SYNTHETIC")
    assert numbers["data"].count("SYNTHETIC") == (0 if kind == "public" else len(COUNTS))


def test_rows_in_words_alone_have_no_file():
    assert Exhibit("counts", "Counts", TABLE.printed).show().numbers is None
    assert Exhibit("counts", "Counts", Table(COUNTS.head(0), TABLE.page)).show().numbers is None


def test_the_table_of_detected_victims_is_numbers():
    # UNODC prints 535 victims detected in Benin in 2017.
    benin = areas.get("BEN")
    rows = detection.detected_by_year(benin, detection.preferred(benin)).table.numbers
    row = rows[(rows["source"] == "UNODC") & (rows["measure"] == "victims") & (rows["year"] == 2017)].iloc[0]
    assert (row["low"], row["high"]) == (535, 535)
    assert pd.api.types.is_float_dtype(rows["low"]) and pd.api.types.is_datetime64_any_dtype(rows["period_start"])


@pytest.mark.parametrize("kind", ["public", "synthetic"])
@pytest.mark.parametrize("folded", [True, False])
def test_the_link_to_the_file_ends_what_the_table_does_not_show_and_changes_nothing_else(folded, kind):
    shown = (
        Exhibit("counts", "Counts", TABLE, limits="Not all.", kind=kind, folded=folded, cautions=("One.",)).show().data
    )
    page = pages._with_link(shown, "incidence_counts.csv")
    link = f' <a href="incidence_counts.csv">{pages.NUMBERS}</a>'
    assert f"<p>Not all.{link}</p>" in page and page.replace(link, "") == shown
