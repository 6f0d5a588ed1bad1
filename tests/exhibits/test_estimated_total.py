"""Exhibits on multiple systems estimation: what a page may say of how many there are, and what it may never say."""

from __future__ import annotations

import dataclasses
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from estimated_totals import methods_of
from IPython.display import Markdown
from synthetic_marks import require_marked, words

import capture_recapture
from analysis import areas, catalog, evidence
from analysis.cases.processed import CaseRecords
from analysis.exhibits import (
    attempt,
    case_records,
    common_years,
    estimates_by_stratum,
    multiple_systems,
    record_counts,
    rounded_estimates,
)
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, PROTECTED, Exhibit
from analysis.exhibits.table import printed
from analysis.findings.exhibit_rows import require_published
from analysis.report.pages import RELEASED

# Whole pages of figures and tables are made: `make test` runs them, `make check` does not.
pytestmark = pytest.mark.slow

# The sections, in their order on the page, and those that may be released.
NAMES = [
    "by_method",
    "reach",
    "models",
    "without_lists",
    "known_lists",
    "overlaps",
    "strata",
    "all_strata",
]
LEAVE = ["by_method", "reach", "strata"]
TABLES_ALONE = ["models", "all_strata", "overlaps"]
PERSONS, LIMITS = "Persons", "95 % interval"
REPLICATES = 20
NOTHING = pd.DataFrame()
LISTS = ("police", "shelter", "hotline", "labour")
# Patterns of the four lists, and persons in Fig (2020 and 2021) and in Willow (2020).
PATTERNS = {
    "1000": (30, 24, 12),
    "0100": (26, 20, 14),
    "0010": (18, 22, 9),
    "0001": (15, 11, 10),
    "1100": (9, 7, 4),
    "1010": (6, 5, 3),
    "0110": (5, 6, 2),
    "0101": (4, 3, 3),
    "0011": (4, 2, 0),
    "1110": (2, 3, 1),
}
PLACES = (("XDP-FIG", "2020"), ("XDP-FIG", "2021"), ("XDP-WILLOW", "2020"))
# True numbers of the synthetic persons of the same areas and years.
TRUTH = pd.DataFrame(
    {"area_id": ["XDP-FIG", "XDP-FIG", "XDP-WILLOW"], "year": [2020, 2021, 2020], "persons": [310, 290, 150]}
)


def histories() -> pd.DataFrame:
    rows = [
        {"area_id": area, "year": year} | dict(zip(LISTS, map(int, pattern), strict=True)) | {"count": counts[number]}
        for number, (area, year) in enumerate(PLACES)
        for pattern, counts in PATTERNS.items()
    ]
    return pd.DataFrame(rows)


def records(counted: pd.DataFrame) -> pd.DataFrame:
    """One record a person and list, with what footers and titles ask for."""
    rows = []
    for row in counted.to_dict("records"):
        person_ids = [f"{row['area_id']}-{len(rows)}-{number}" for number in range(row["count"])]
        of = [name for name in LISTS if row.get(name)]
        rows += [(person, name, row["area_id"], f"{row['year']}-06-01") for person in person_ids for name in of]
    table = pd.DataFrame(rows, columns=["person_id", "list_id", "area_id", "date_low"])
    table["date_low"] = pd.to_datetime(table["date_low"])
    ids = [f"r{number:05}" for number in range(len(table))]
    return table.assign(date_high=table["date_low"], status="", record_id=ids, date_precision="day")


def study(kind: str, counted: pd.DataFrame | None = None, not_linked: str = "") -> CaseRecords:
    """Case records of Arboria in place of those that a run would have made."""
    counted = histories() if counted is None else counted
    people = records(counted if len(counted) else histories())
    lists = pd.DataFrame(
        {
            "list_id": LISTS,
            "title": [f"The list of the {name}" for name in LISTS],
            "publisher": "A test",
            "source": "written by a test",
            "date": "2023-01-05",
            "kind": kind,
            "not_linked": not_linked,
        }
    )
    people = people.assign(person_id="") if not_linked else people
    return CaseRecords("demo_provinces", kind, people, NOTHING, NOTHING, NOTHING, counted, NOTHING, NOTHING, lists)


def counts(counted: pd.DataFrame, suppressed: tuple[str, ...] = ()) -> dict[str, pd.DataFrame]:
    """Protected tables of the persons of capture histories: suppressed are some areas, and years of fewer than 11."""
    if counted.empty:
        return {"records": pd.DataFrame({"count": pd.array([0], "Int64")})}

    def table(*dimensions: str) -> pd.DataFrame:
        here = counted.assign(**{name: counted[name].replace("", "not stated") for name in dimensions})
        found = here.groupby(list(dimensions), as_index=False)["count"].sum().astype({"count": "Int64"})
        hidden = found["count"] < 11
        hidden |= found["area_id"].isin(suppressed) if "area_id" in found else False
        return found.assign(count=found["count"].mask(hidden))

    whole = pd.DataFrame({"count": pd.array([counted["count"].sum()], "Int64")})
    years = {"year": table("year"), "year by area": table("area_id", "year")}
    return {"persons": whole, "persons by area": table("area_id"), **years}


def entries(kind: str) -> list[catalog.Dataset]:
    """The lists as the catalogue knows them."""
    return [
        catalog.Dataset(
            name=f"demo_provinces_{name}",
            file=f"{name}.csv",
            title=f"The list of the {name}",
            kind=kind,
            licence="none",
            publisher="A test",
            source="written by a test",
            date="2023-01-05",
            sha256="",
            study="demo_provinces",
        )
        for name in LISTS
    ]


@pytest.fixture
def put(monkeypatch):
    """Put case records in the place of Arboria's; fewer resamples, so that the tests are quick."""
    monkeypatch.setattr(multiple_systems, "LATENT_DRAWS", 0)
    load = catalog.load

    def put(found: CaseRecords, suppressed: tuple[str, ...] = ()) -> CaseRecords:
        for module in (multiple_systems, common_years, case_records):
            monkeypatch.setattr(module, "load", lambda study: found)
        tables = counts(found.histories, suppressed)
        monkeypatch.setattr(record_counts, "tables", lambda study: tables)
        monkeypatch.setattr(catalog, "case_kind", lambda study: found.kind if study == found.study else "")
        monkeypatch.setattr(catalog, "case_lists", lambda study: entries(found.kind))
        monkeypatch.setattr(evidence, "cautions", lambda *names: ())
        monkeypatch.setattr(
            catalog, "load", lambda name, **how: TRUTH if name.endswith("truth_totals") else load(name, **how)
        )
        return found

    return put


@pytest.fixture(params=["synthetic", "public"])
def loaded(request, put):
    return put(study(request.param))


@pytest.fixture(scope="module")
def real():
    """The synthetic study that the repository carries, read by `python -m analysis intake`."""
    if catalog.case_kind("demo_islands") != "synthetic":
        pytest.skip("Insulia has lists of its own here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(multiple_systems, "LATENT_DRAWS", 0)
        yield {area_id: exhibits(areas.get(area_id)) for area_id in ("XIC-JADE", "demo_islands")}


FIG, WILLOW, PROVINCES = areas.get("XDP-FIG"), areas.get("XDP-WILLOW"), areas.get("demo_provinces")
everywhere = pytest.mark.parametrize("place", [FIG, PROVINCES], ids=lambda place: place.area_id)


def exhibits(place: areas.Area) -> list[Exhibit]:
    """What the notebook publishes of a place, by its own calls with fewer resamples."""
    methods, by = methods_of(place, REPLICATES), "area_id" if place.is_study else "year"
    apart = common_years.histories(place, by=by)
    alone = attempt(capture_recapture.stratified, apart, by, replicates=REPLICATES)
    together = attempt(capture_recapture.joint, estimates_by_stratum.carried(apart, by, alone), by)
    total = [make(place, methods) for make in (multiple_systems.by_method, multiple_systems.reach)]
    strata = estimates_by_stratum.by_stratum(place, methods, alone, together)
    return [*total, *multiple_systems.rests_on(place, methods), *strata]


def about(place: areas.Area) -> Markdown:
    return multiple_systems.about(place, methods_of(place, REPLICATES))


def text(said: Markdown) -> str:
    return str(said.data)


def number(said: str) -> float:
    return np.nan if said == "refused" else float(said.replace(",", ""))


def exhibit_of(place: areas.Area, name: str) -> Exhibit:
    return next(exhibit for exhibit in exhibits(place) if exhibit.name == name)


@cache
def _exhibits(kind: str, area_id: str) -> list[Exhibit]:
    return exhibits(areas.get(area_id))


def shown(loaded: CaseRecords, place: areas.Area) -> list[Exhibit]:
    """The exhibits of an area from the records of the fixture `loaded`, made once."""
    return _exhibits(loaded.kind, place.area_id)


def one(loaded: CaseRecords, place: areas.Area, name: str) -> Exhibit:
    return next(exhibit for exhibit in shown(loaded, place) if exhibit.name == name)


@cache
def robustness_of(place: areas.Area) -> capture_recapture.Robustness:
    """All methods for the capture histories of an area, without the exhibits."""
    return capture_recapture.robustness(table_of(place), replicates=REPLICATES)


def table_of(place: areas.Area) -> pd.DataFrame:
    """The capture histories of an area, as whoever estimates by hand would take them."""
    counted = histories()
    here = counted if place.is_study else counted[counted["area_id"] == place.area_id]
    return here.groupby(list(LISTS), as_index=False)["count"].sum()


# Where nothing may or can be said


def test_of_confidential_records_rounded_estimates_leave_and_nothing_that_tells_of_overlaps(put):
    put(study("confidential"))
    found = exhibits(FIG)
    assert {exhibit.name: exhibit.effective_class for exhibit in found} == {
        name: ESTIMATE if name in LEAVE else INTERNAL for name in NAMES
    }
    # In Fig 89 + 77 persons are on one list alone, and 30 + 26 on two or three.
    assert "222 were seen" in text(about(FIG))
    for exhibit in found:
        if exhibit.effective_class in RELEASED:
            assert not {"On both", "Dependences in the model", "Note"} & set(printed(exhibit.table))


def test_where_the_number_of_persons_is_withheld_no_estimate_leaves_and_the_page_says_why(put):
    put(study("public"), suppressed=("XDP-FIG",))
    said = about(FIG)
    assert "**Not estimated.** The number of persons on these lists is suppressed here" in text(said)
    assert said.metadata["release_class"] == PROTECTED and not re.search(r"\d", text(said))
    by_method, by_year = (exhibit_of(FIG, name) for name in ("by_method", "strata"))
    assert exhibit_of(FIG, "reach").table.empty and exhibit_of(FIG, "reach").figure is None
    assert by_method.table.empty and by_method.figure is None and "is suppressed" in by_method.limits
    assert by_year.table.empty and by_year.figure is None
    # Willow may be shown in the table of areas, Fig may not.
    table = exhibit_of(PROVINCES, "strata").table
    assert "Willow" in set(table["What"]) and "Fig" not in set(table["What"])


def test_too_few_persons_have_no_estimate_that_leaves(put):
    # 20 persons on four lists: a model of them has up to 11 numbers, and 10 more persons are needed.
    counted = histories().query("area_id == 'XDP-WILLOW'")
    few = {"1000": 5, "0100": 4, "0010": 3, "0001": 2, "1100": 3, "1010": 2, "0110": 1}
    patterns = counted[list(LISTS)].astype(str).agg("".join, axis=1)
    put(study("public", counted.assign(count=patterns.map(few).fillna(0).astype(int))))
    assert exhibit_of(WILLOW, "by_method").table.empty
    assert "These lists hold too few persons" in text(about(WILLOW))


@pytest.mark.parametrize(
    ("persons", "rounded"),
    [(35, 40), (107, 100), (224, 220), (999, 1000), (1963, 2000), (2152, 2200), (24_600, 25_000)],
)
def test_estimates_that_leave_are_rounded_to_two_digits_and_to_twenty_persons_at_least(persons, rounded):
    assert rounded_estimates.rounded(persons) == rounded
    assert np.isnan(rounded_estimates.rounded(np.nan)) and np.isinf(rounded_estimates.rounded(np.inf))


def test_an_area_without_records_says_so_and_fails_nothing(real):
    place = areas.get("XIC-ONYX")
    assert all(exhibit.absent for exhibit in exhibits(place))
    said = text(about(place))
    assert "**Not estimated.** No list has a record of a person here; that need not mean that there is none." in said
    assert "SYNTHETIC" in said


def test_an_area_whose_lists_share_nobody_says_why_without_a_number(put):
    apart = histories().query("police + shelter + hotline + labour == 1")
    put(study("public", apart))
    assert all(exhibit.absent for exhibit in exhibits(FIG))
    said = text(about(FIG))
    # How many there are is for those who keep the lists.
    assert said == "**Not estimated.** Too few persons are on two lists or more."


def test_lists_that_could_not_be_linked_are_not_said_to_have_no_record(put):
    put(study("public", NOTHING, not_linked="There is one list alone: linkage needs two."))
    assert all(exhibit.absent for exhibit in exhibits(FIG))
    said = text(about(FIG))
    assert "No list has a record" not in said and "linkage needs two" in said


def test_of_two_lists_no_single_number_is_given_and_no_exhibit_fails(put):
    two = histories()[["area_id", "year", "police", "shelter", "count"]].query("police + shelter > 0")
    put(study("public", two.groupby(["area_id", "year", "police", "shelter"], as_index=False)["count"].sum()))
    found = exhibits(FIG)
    assert [exhibit.name for exhibit in found] == NAMES
    for exhibit in found:
        exhibit.parts()
    assert "two lists cannot show whether they depend on each other" in text(about(FIG))
    assert not any("standard estimate" in exhibit.limits for exhibit in found)


# What is shown


@pytest.mark.soak
@everywhere
def test_each_exhibit_can_be_shown_and_says_by_what_it_leaves(loaded, place):
    assert [exhibit.name for exhibit in shown(loaded, place)] == NAMES
    for exhibit in shown(loaded, place):
        assert len(exhibit.parts()) == 1 + (exhibit.figure is not None) and len(exhibit.table)
        assert (exhibit.figure is None) == (exhibit.name in TABLES_ALONE)
        assert exhibit.effective_class == (ESTIMATE if exhibit.name in LEAVE else INTERNAL)
        assert exhibit.title.startswith(f"{place.name}: ")
        assert exhibit.figure is None or len(exhibit.alt) > 20


@pytest.mark.varied
@everywhere
def test_every_figure_says_source_period_number_and_what_the_estimate_rests_on(loaded, place):
    for exhibit in shown(loaded, place):
        assert exhibit.limits.endswith(rounded_estimates.LIMITS)
        if exhibit.figure is None:
            continue
        said = words(exhibit.figure)
        assert "Source: 4 lists of case records" in said
        people = int(histories().query("area_id == @place.area_id or @place.is_study")["count"].sum())
        released = exhibit.name in LEAVE
        assert ("2020 to 2021" if released else "Jun 2020 – 1 Jun 2021") in said
        assert (f"n = {people:,} persons" if released else f"records of {people:,} persons") in said
        assert rounded_estimates.LIMITS in said


@pytest.mark.soak
@everywhere
def test_what_follows_from_synthetic_persons_says_so_in_titles_names_tables_and_nothing_else_does(loaded, place):
    for exhibit in shown(loaded, place):
        assert exhibit.kind == loaded.kind
        require_marked(exhibit, loaded.is_synthetic)
    assert ("SYNTHETIC" in text(about(place))) == loaded.is_synthetic


@pytest.mark.parametrize(("place", "truth"), [(FIG, 600), (PROVINCES, 750)], ids=["XDP-FIG", "demo_provinces"])
def test_the_true_number_is_drawn_of_synthetic_persons_and_never_of_real_ones(loaded, place, truth):
    said = {exhibit.name: words(exhibit.figure) for exhibit in shown(loaded, place) if exhibit.figure}
    assert (f"true number: {truth}" in said["by_method"]) == loaded.is_synthetic
    assert ("known number" in said["strata"]) == loaded.is_synthetic
    assert all("true number" not in said[name] for name in said if name != "by_method")
    # The number of persons on a list is known of real lists too.
    assert "known number" in said["known_lists"]


def test_strata_of_synthetic_persons_stand_beside_their_own_true_numbers(put):
    put(study("synthetic"))
    # Of Fig by year, of Arboria by area: the sums of the true numbers above.
    assert " of 310 (" in words(exhibit_of(FIG, "strata").figure)
    assert " of 290 (" in words(exhibit_of(FIG, "strata").figure)
    assert " of 600 (" in words(exhibit_of(PROVINCES, "strata").figure)
    assert " of 150 (" in words(exhibit_of(PROVINCES, "strata").figure)


def test_the_true_number_of_the_repositorys_own_study_is_that_of_its_table(real):
    totals = catalog.load("synthetic_demo_islands_truth_totals")
    by_method = real["demo_islands"][0]
    assert f"true number: {totals['persons'].sum():,}" in words(by_method.figure)
    of_jade = totals.loc[totals["area_id"] == "XIC-JADE", "persons"].sum()
    assert f"true number: {of_jade:,}" in words(real["XIC-JADE"][0].figure)


@everywhere
def test_no_number_of_persons_stands_without_its_interval(loaded, place):
    for exhibit in shown(loaded, place):
        table = printed(exhibit.table)
        if PERSONS not in table:
            continue
        refused, is_range = table[PERSONS].eq("refused"), table[PERSONS].eq("no single number")
        pattern = r"[\d,]+ to ([\d,]+|no upper limit)"
        assert table.loc[~refused, LIMITS].str.fullmatch(pattern).all(), exhibit.name
        assert table.loc[refused, LIMITS].eq("").all()
        # Why a method refuses can tell of overlaps: what is released says that it does.
        if refused.any() and exhibit.name not in LEAVE:
            assert table.loc[refused, "Note"].str.len().gt(20).all()
        # Whole persons: nobody can read three digits more into it.
        assert table.loc[~(refused | is_range), PERSONS].str.fullmatch(r"[\d,]+").all()


@pytest.mark.soak
@everywhere
def test_what_is_said_above_the_exhibits_is_the_range_and_what_no_data_can_show(loaded, place):
    result = multiple_systems._rounded(robustness_of(place))
    said = text(about(place))
    assert f"**{result.sentence}** {result.n:,} were seen." in said
    assert f"Between {result.low:,.0f} and {result.high:,.0f} persons" in said
    for assumption in capture_recapture.ASSUMPTIONS:
        assert f"\n- {assumption}" in said
    assert one(loaded, place, "by_method").limits.startswith(result.sentence)
    assert result.sentence in words(one(loaded, place, "by_method").figure)


def test_methods_that_disagree_leave_the_page_without_a_single_number(put):
    put(study("public"))
    result = dataclasses.replace(methods_of(FIG, REPLICATES), estimate=None, apart=2.7, high=900.0)
    result = dataclasses.replace(result, diagnosis=result.diagnosis.assign(found=False))
    said = text(multiple_systems.about(FIG, result))
    assert "methods differ by a factor of 2.7, so no single number is given" in said
    for exhibit in (multiple_systems.by_method(FIG, result), *multiple_systems.rests_on(FIG, result)):
        assert "standard estimate" not in exhibit.limits


def test_a_total_that_lists_do_not_know_from_above_is_a_lower_bound_with_the_reason_on_page_and_in_the_finding(put):
    put(study("public"))
    result = methods_of(FIG, REPLICATES)
    assert not result.upper_bound_known
    said = text(multiple_systems.about(FIG, result))
    why = result.why_no_upper_limit
    assert f"persons; how many more, these lists cannot tell: {why}." in said and "Between" not in said
    (finding,) = multiple_systems.findings(FIG, result)
    assert (finding.value, finding.high) == (None, np.inf) and f"cannot tell: {why}." in finding.limits


def test_the_most_persons_by_how_hard_some_are_to_reach_are_those_of_the_method_rounded(put):
    put(study("public"))
    result = methods_of(FIG, REPLICATES)
    table = multiple_systems.reach(FIG, result).table
    printed = [float(text.replace(",", "")) for text in table.iloc[:, 1]]
    for row, value in zip(result.reach.table.itertuples(), printed, strict=True):
        # Of a group of whom one in ten is seen twenty who are seen are two hundred persons.
        assert value % (20 / row.chance) == 0 and abs(value - row.total) <= max(10 / row.chance, 0.05 * row.total)
    assert table.iloc[0, 0] == "1 in 2 on any list"


def test_an_upper_limit_that_persons_hard_to_reach_set_is_rounded_as_they_are(put):
    put(study("public"))
    result = methods_of(FIG, REPLICATES)
    known = dataclasses.replace(result, high=5_000.0, diagnosis=result.diagnosis.assign(found=False))
    high = multiple_systems.told(FIG, known)[0].high
    reach = rounded_estimates.rounded_reach(result.reach).most(0.1)
    assert high == max(rounded_estimates.rounded(result.table["high"].max()), reach)


# The numbers themselves


@everywhere
def test_the_table_of_methods_is_robustness_own_rounded(loaded, place):
    own = robustness_of(place)
    exhibit = one(loaded, place, "by_method")
    *_, of_all = exhibit.table.released.to_dict("records")
    (finding,) = multiple_systems.findings(place, own)
    require_published([finding.row()], {"by_method": exhibit.table.as_resource("by_method", "")})
    # What was seen, and is no estimate, stands in no row.
    same = (of_all["low"], of_all["high"]) == (finding.low, finding.high)
    assert (finding.exhibit == "by_method") == same and (same or finding.low == finding.n)
    table = exhibit.table.printed[:-1]
    assert table["Method"].tolist() == own.table["method"].tolist()
    estimates, persons = own.table["estimate"], table[PERSONS].map(number)
    assert persons.isna().tolist() == estimates.isna().tolist() and estimates.notna().any()
    assert ((persons - estimates).abs().dropna() <= np.maximum(10, 0.05 * estimates.dropna())).all()
    # Two digits of numbers from 100 to 9,999, and twenty persons at least.
    assert (persons.dropna() % 20 == 0).all()
    models = one(loaded, place, "models").table
    assert models["Dependences in the model"].tolist() == own.table["model"].tolist()
    np.testing.assert_array_equal(models["Estimate, unrounded"].map(number), estimates.round())


@everywhere
def test_the_tables_of_the_checks_are_robustness_own(loaded, place):
    own = robustness_of(place)
    table = one(loaded, place, "without_lists").table.set_index("Lists")
    expected = {f"without {row.left_out}": row for row in own.left_out.itertuples()}
    expected |= {f"{row.merged} as one": row for row in own.merged.itertuples()}
    assert set(table.index) == set(expected) and len(table) == 4 + 6
    for name, row in expected.items():
        assert table.loc[name, "Seen"] == row.n
        assert number(table.loc[name, PERSONS]) == np.round(row.estimate)
    known = one(loaded, place, "known_lists").table.set_index("List")
    for row in own.known.itertuples():
        assert known.loc[row.list, "Known"] == row.known and known.loc[row.list, "Of these seen by others"] == row.seen
        assert number(known.loc[row.list, PERSONS]) == pytest.approx(np.round(row.estimate), nan_ok=True)
        holds = {True: "yes", False: "no", None: ""}[row.contained]
        assert known.loc[row.list, "Interval holds it"] == holds


def test_persons_on_a_list_are_those_of_the_table(loaded):
    # Police in Fig, 2020 and 2021: 30 + 24 alone, 9 + 7, 6 + 5 and 2 + 3 with others.
    known = one(loaded, FIG, "known_lists").table.set_index("List")
    assert known.loc["police", "Known"] == 86 and known.loc["police", "Of these seen by others"] == 32


def test_overlaps_are_those_of_the_table_and_pairs_that_share_nobody_are_counted(loaded):
    exhibit = one(loaded, FIG, "overlaps")
    table = exhibit.table.set_index("Lists")
    # With shelters the police share 9 + 7, and 2 + 3 that the hotline knows too; with inspectors of labour nobody.
    assert table.loc["police and shelter", "On both"] == 21
    assert table.loc["police and labour", "On both"] == 0
    assert exhibit.limits.startswith("1 of 6 pairs of lists share no person.")
    result = methods_of(FIG, REPLICATES)
    if result.estimate is not None:
        assert f"The standard estimate is {result.estimate / result.n:.1f} times the number detected." in exhibit.limits
    assert table["Selected in resamples, %"].between(0, 100).all()
    assert set(table["In the model"]) <= {"yes", "no"}


@pytest.mark.parametrize(
    ("place", "by", "named"),
    [(FIG, "year", {"2020", "2021"}), (PROVINCES, "area_id", {"Fig", "Willow"})],
    ids=["XDP-FIG", "demo_provinces"],
)
def test_strata_are_estimated_each_by_itself_and_by_one_model(loaded, place, by, named):
    counted = histories() if place.is_study else histories().query("area_id == @place.area_id")
    counted = counted.groupby([by, *LISTS], as_index=False)["count"].sum()
    alone, together = (
        capture_recapture.stratified(counted, by, replicates=REPLICATES),
        capture_recapture.joint(counted, by),
    )
    exhibit = one(loaded, place, "all_strata")
    what = "area" if place.is_study else "year"
    table = exhibit.table.set_index(["How", "What"])
    assert set(table.loc[f"Each {what} separately"].index) == named
    names = {"XDP-FIG": "Fig", "XDP-WILLOW": "Willow"}
    for how, own in ((f"Each {what} separately", alone.strata), (f"One model for every {what}", together.strata)):
        for row in own.to_dict("records"):
            said = table.loc[(how, names.get(row[by], row[by]))]
            assert number(said[PERSONS]) == pytest.approx(np.round(row["estimate"]), nan_ok=True)
            assert said["Seen"] == row["n"]
    assert len(table.loc["All together"]) == len(alone.totals)
    assert f"{alone.n_refused:,} of {alone.n:,} persons detected are in strata that were refused." in exhibit.limits
    # All who were seen are in some stratum.
    assert table.loc[f"Each {what} separately", "Seen"].sum() == counted["count"].sum()


@pytest.mark.parametrize("place", [FIG, PROVINCES], ids=["XDP-FIG", "demo_provinces"])
def test_strata_that_leave_are_the_same_rounded_with_the_persons_of_protected_tables(loaded, place):
    told, every = (one(loaded, place, name).table for name in ("strata", "all_strata"))
    both = told.merge(every, on=["How", "What"], suffixes=("", " unrounded"), validate="1:1")
    assert len(both) == len(told) and (both["Seen"] == both["Seen unrounded"]).all()
    expected = both["Persons unrounded"].map(number).map(rounded_estimates.rounded)
    assert (both[PERSONS].map(number) - expected).abs().max() <= 100


def test_a_model_of_which_no_row_is_published_is_not_named(put):
    """That all strata could be estimated together would tell of overlaps."""
    put(study("public"))
    assert "One model for all: p < 0.02, 200 resamples." in exhibit_of(PROVINCES, "strata").limits
    put(study("public"), suppressed=("XDP-FIG", "XDP-WILLOW"))
    assert "One model" not in exhibit_of(PROVINCES, "strata").limits


def test_strata_that_are_refused_keep_their_row_in_the_house_and_do_not_leave(put):
    counted = histories()
    # In Willow nobody is on two lists.
    apart = (counted["area_id"] == "XDP-WILLOW") & (counted[list(LISTS)].sum(axis=1) > 1)
    put(study("public", counted.assign(count=counted["count"].mask(apart, 0))))
    every = exhibit_of(PROVINCES, "all_strata")
    row = every.table.set_index(["How", "What"]).loc[("Each area separately", "Willow")]
    assert row[PERSONS] == "refused" and row["Seen"] == 45 and "on two lists" in row["Note"]
    assert every.limits.startswith("45 of ")
    told = exhibit_of(PROVINCES, "strata")
    assert "Willow" not in set(told.table["What"]) and told.limits.startswith("1 of 2 are not shown separately")


@pytest.mark.soak
def test_persons_of_no_known_area_or_year_are_a_stratum_of_their_own(put):
    counted = histories()
    put(study("public", counted.assign(area_id=counted["area_id"].replace("XDP-WILLOW", ""))))
    for name in ("strata", "all_strata"):
        table = exhibit_of(PROVINCES, name).table
        assert set(table.loc[table["How"] == "Each area separately", "What"]) == {"Fig", "unknown"}


@pytest.mark.soak
def test_all_years_and_areas_of_a_study_are_one_table_for_the_methods(loaded):
    assert methods_of(PROVINCES).n == histories()["count"].sum()
    assert methods_of(WILLOW).n == histories().query("area_id == 'XDP-WILLOW'")["count"].sum() == 58


def test_the_repositorys_own_study_is_shown_with_the_same_care(real):
    for found in real.values():
        assert [exhibit.name for exhibit in found] == NAMES
        for exhibit in found:
            page = exhibit.show().data
            assert (exhibit.effective_class == INTERNAL) == (exhibit.name not in LEAVE)
            assert "SYNTHETIC · " in page and "nan" not in page.casefold().replace("finan", "")
            if exhibit.figure is not None:
                assert exhibit.image().metadata["name"] == f"{exhibit.name}_SYNTHETIC"
            table = printed(exhibit.table)
            if PERSONS in table:
                given = table[table[PERSONS] != "refused"]
                assert given[LIMITS].str.len().gt(0).all()


def test_every_interval_of_a_stratum_holds_its_estimate_and_begins_with_the_persons_seen(real):
    table = next(exhibit.table for exhibit in real["XIC-JADE"] if exhibit.name == "all_strata")
    table = table[table[PERSONS] != "refused"]
    limits = table[LIMITS].str.replace("no upper limit", "inf").str.replace(",", "").str.split(" to ", expand=True)
    limits = limits.astype(float)
    estimates = table[PERSONS].map(number)
    assert (limits[0] >= table["Seen"]).all() and (limits[0] <= estimates).all() and (estimates <= limits[1]).all()


# The years that all lists cover


@pytest.fixture
def longer(put) -> pd.DataFrame:
    """Lists of 2020 and 2021, of which the police's goes on to 2022, with 60 persons of Fig of whom it alone knows."""
    alone = {"area_id": "XDP-FIG", "year": "2022"} | dict.fromkeys(LISTS, 0) | {"police": 1, "count": 60}
    more = pd.concat([histories(), pd.DataFrame([alone])], ignore_index=True)
    put(study("confidential", more))
    return more


def test_persons_of_a_year_that_one_list_alone_covers_are_in_no_estimate(longer, put):
    here = common_years.histories(PROVINCES)
    by_year = common_years.histories(FIG, by="year")
    put(study("confidential"))
    assert here["count"].sum() == histories()["count"].sum() == longer["count"].sum() - 60
    patterns = list(LISTS)
    assert here.set_index(patterns)["count"].to_dict() == (
        common_years.histories(PROVINCES).set_index(patterns)["count"].to_dict()
    )
    assert set(by_year["year"]) == {"2020", "2021"}


def test_the_page_says_which_years_are_compared_and_how_many_persons_are_left_out(longer):
    # Of Fig the year 2022 has 60 persons; of the provinces as well, since it is the only area with any.
    inside = histories()["count"].sum()
    said = text(about(PROVINCES))
    assert f"{inside:,} were seen" in said
    period = common_years.compared(PROVINCES)
    assert [caution.code for caution in period.cautions] == ["lists_differ_in_period"]
    years = text(common_years.about(PROVINCES, period))
    assert "2020–2021" in years and "police 2020–2022" in years and "first detected in other years: 60." in years
    (by_method, *_) = exhibits(PROVINCES)
    assert "police 2020–2022" in by_method.limits
    (finding,) = multiple_systems.findings(PROVINCES, methods_of(PROVINCES, REPLICATES))
    assert (finding.period, finding.n) == ("2020/2021", inside) and "police 2020–2022" in finding.limits


def test_how_many_were_seen_in_the_common_years_is_told_by_protected_tables_alone(longer, monkeypatch):
    tables = record_counts.tables("demo_provinces")
    hidden = tables["year"].assign(count=tables["year"]["count"].mask(tables["year"]["year"] == "2021"))
    monkeypatch.setattr(record_counts, "tables", lambda study: tables | {"year": hidden})
    assert common_years.seen(PROVINCES) is None
    said = text(about(PROVINCES)) + text(common_years.about(PROVINCES, common_years.compared(PROVINCES)))
    assert "How many were seen in these years is suppressed." in said and "(number suppressed)" in said
    assert not re.search(rf"\b(60|{histories()['count'].sum()})\b", said)
    # Periods that reach beyond the common years do not tell it either.
    both = pd.DataFrame({"year": ["2020", "2021-2022"], "count": pd.array([200, 260], "Int64")})
    monkeypatch.setattr(record_counts, "tables", lambda study: tables | {"year": both})
    assert common_years.seen(PROVINCES) is None


def test_lists_without_a_common_year_are_not_estimated_and_the_page_names_their_years(put):
    found = study("confidential")
    people = found.case_records
    of_shelter = people["list_id"] == "shelter"
    for name in ("date_low", "date_high"):
        people.loc[of_shelter, name] = people.loc[of_shelter, name] - pd.DateOffset(years=5)
    put(found)
    said = text(about(PROVINCES))
    assert said.startswith("**Not estimated.**") and "shelter 2015–2016" in said and "police 2020–2021" in said
    (finding,) = multiple_systems.findings(PROVINCES, methods_of(PROVINCES, REPLICATES))
    assert finding.status == "refused" and "shelter 2015–2016" in finding.why
    assert all(exhibit.table.empty for exhibit in exhibits(PROVINCES))


def test_a_mapping_can_declare_the_years_that_a_list_covers(put):
    found = study("confidential")
    lists = found.lists.assign(covers_first=pd.array([2021, None, None, None], "Int64"), covers_last=2021)
    put(dataclasses.replace(found, lists=lists))
    period = common_years.compared(FIG)
    assert (period.first, period.last) == (2021, 2021)
    assert "police 2021 (declared)" in text(common_years.about(FIG, period))
