"""What the page on routes shows of journeys of case records, and of areas side by side."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from IPython.display import HTML, Markdown
from matplotlib.figure import Figure
from matplotlib.text import Text
from stops import on

import disclosure
from analysis import areas, catalog, evidence, plots
from analysis.cases import processed
from analysis.cases.htcds import NOT_A_VICTIM
from analysis.cases.person_counts import journey_tables
from analysis.cases.processed import CaseRecords
from analysis.exhibits import (
    case_records,
    record_counts,
    record_flows,
    record_network,
    record_paths,
    route,
    route_model,
)
from analysis.exhibits.exhibit import INTERNAL, PROTECTED, Exhibit
from analysis.exhibits.table import printed
from analysis.jobs import ALL, Job
from analysis.methods.mentions import change_between

# Whole pages of figures and tables are made: `make test` runs them, `make check` does not.
pytestmark = pytest.mark.slow

WILLOW, LINDEN, PROVINCES, JADE = (
    areas.get(name) for name in ("XDP-WILLOW", "XDP-LINDEN", "demo_provinces", "XIC-JADE")
)
KILIS, SENEGAL, WEST_AFRICA = (areas.get(name) for name in ("TR-79", "SEN", "west_africa"))
# The cell of each notebook that sets up, and those in which each section of case records is published.
SETUP = {"routes": "routes-02", "record_journeys": "record-journeys-02"}
CELLS = {
    "journeys-about": ("journeys-about",),
    "journeys-flows": ("journeys-about", "journeys-flows"),
    "journeys-reach": ("journeys-about", "journeys-reach"),
    "journeys-years": ("journeys-about", "journeys-years"),
    "journeys-internal-about": ("journeys-internal-about",),
    "journeys-paths": ("journeys-internal-about", "journeys-paths"),
    "journeys-transit": ("journeys-internal-about", "journeys-transit"),
    "journeys-groups": ("journeys-internal-about", "journeys-groups"),
    "journeys-change": ("journeys-internal-about", "journeys-change"),
}
OF_RECORDS = tuple(dict.fromkeys(cell for cells in CELLS.values() for cell in cells))
SIDE_BY_SIDE = ("journeys-internal-about", "compared-records")
# A share as it is printed: "12% (9% to 15%)"; or a balance, a change or a number with its limits.
WITH_LIMITS = re.compile(r"([<>+-]*[\d.,]+)%? \(([<>+-]*[\d.,]+)%? to ([<>+-]*[\d.,]+)%?\)")
synthetic_only = pytest.mark.skipif(
    {catalog.case_kind(study) for study in ("demo_provinces", "demo_islands")} != {"synthetic"},
    reason="A study has lists of its own here",
)


def words(figure: Figure) -> str:
    texts = [text.get_text() for text in figure.findobj(Text) if text.get_visible()]
    return " ".join(" | ".join(texts).split())


def text(said: Exhibit | Markdown | HTML) -> str:
    if isinstance(said, Exhibit):
        return str(said.instead.data) if said.instead is not None else said.absent
    return str(said.data)


def is_marked(framed: HTML) -> bool:
    """Whether a page in a frame says that it is synthetic: in its title, its heading and its name, or in none."""
    marks = {
        f"<title>SYNTHETIC · {framed.metadata['alt'].split(':')[0]}" in framed.data,
        "<h1>SYNTHETIC · " in framed.data,
        framed.metadata["name"].endswith("_SYNTHETIC"),
    }
    assert len(marks) == 1
    return marks.pop()


@cache
def sources_of(template: Path) -> dict[str, str]:
    """The code of a notebook, by the ids of its cells."""
    return {cell.id: cell.source for cell in nbformat.read(template, as_version=4).cells if cell.cell_type == "code"}


def published(place: areas.Area, *cells: str) -> dict[str, Exhibit]:
    """What cells of a notebook publish of an area, by name."""
    analysis = next(name for name in SETUP if any(cells[0] in sources_of(each) for each in ALL[name].templates))
    job = Job(analysis, place.study, place.area_id)
    sources = sources_of(job.template)
    found: dict[str, Exhibit] = {}
    known = {**job.parameters, "display": lambda *_: None}

    def publish(given: Exhibit | tuple[Exhibit, ...]) -> None:
        for each in given if isinstance(given, tuple) else (given,):
            # Why an exhibit is absent is printed for whoever works, and no page has it.
            if each is not None and not each.absent and each.instead is None:
                found[each.name] = replace(each, table=printed(each.table))

    # A cell imports what it is the first to use; here one is run without those before it.
    for line in re.findall(r"^(?:from|import) .+$", "\n".join(sources.values()), re.MULTILINE):
        exec(line, known)
    for cell in (SETUP[analysis], *cells):
        exec(compile(sources[cell], cell, "exec"), known)
        known["publish"] = publish
    return found


def side_by_side(place: areas.Area) -> tuple[Exhibit, ...]:
    """What compares the areas of a study that has lists; of an area nothing."""
    return tuple(published(place, *SIDE_BY_SIDE).values()) if place.is_study else ()


@cache
def of_journeys(area_id: str) -> dict[str, Exhibit]:
    """What the page of an area shows of the repository's own synthetic journeys, made once."""
    return published(areas.get(area_id), *OF_RECORDS)


def flows_map(place: areas.Area) -> Markdown | HTML:
    return record_flows.explorer(place, record_flows.flows_of(place)).instead


def journeys_map(place: areas.Area) -> HTML | None:
    return record_paths.explorer(place, record_paths.journeys(place.area_id)).instead


# What holds of every exhibit of every kind of place


def fit_for_a_page(exhibit: Exhibit, synthetic: bool) -> None:
    """Raise unless the exhibit says where, of what, from where and with which limits, and prints nothing by mistake."""
    assert exhibit.title and len(exhibit.limits) > 20 and exhibit.limits.endswith((".", ")", "%"))
    shown = exhibit.show().data
    if exhibit.figure is not None:
        drawn = words(exhibit.figure)
        shown += drawn + exhibit.alt
        assert exhibit.alt and len(exhibit.figure.get_label()) > 40 and (exhibit.source_ids or exhibit.citations)
        n = r"n = [\d,]+ (journeys?|pairs|countries|persons?)"
        assert re.search(rf"Source: \S.* · Period: (\S.*\d{{4}}|undated).* · {n}", drawn)
        assert ("SYNTHETIC" in drawn) == (", synthetic" in drawn) == synthetic
        # Below a figure no page says that there is none.
        assert not exhibit.table.empty and "no figure was found" not in shown
    if exhibit.figure is not None or not exhibit.table.empty:
        assert exhibit.kind == ("synthetic" if synthetic else "public")
        assert ("SYNTHETIC · " in shown) == ("SYNTHETIC" in shown) == synthetic
    assert not re.search(r"\bnan\b|\bNaN\b|\bNone\b(?! (can|of|is|has|lies))|\binf\b|\bNaT\b|<NA>|Series\(|`", shown), (
        exhibit.name
    )
    shown = re.sub(r"[\d,]+ journeys? of [\d,]+ persons?", "", shown)
    assert not re.search(r"\b1 (persons|records)\b|\b0 (journeys|persons) (with|without|are|went)\b", shown)
    fit_to_read(exhibit.table)


def fit_to_read(table: pd.DataFrame) -> None:
    """Raise if a table repeats a heading or a row, or prints a share that cannot be."""
    assert table.columns.is_unique and all(str(name).strip() for name in table)
    assert not table.duplicated().any()
    for cell in map(str, table.to_numpy().ravel()):
        assert cell.strip() and not re.search(r"(?<!\d)-0(\.0+)?(?![\d.])", cell), cell
        assert all(float(share) <= 100 for share in re.findall(r"([\d.]+)%", cell)), cell
        found = WITH_LIMITS.search(cell)
        if found:
            value, low, high = (float(number.lstrip("<>").replace(",", "").rstrip(".")) for number in found.groups())
            assert low <= value <= high, cell


@pytest.mark.soak
@synthetic_only
@pytest.mark.parametrize(
    "area_id", ["demo_provinces", "XDP-WILLOW", "XDP-LINDEN", "demo_islands", "XIC-OPAL", "XIC-AMBER"]
)
def test_every_exhibit_of_journeys_says_what_it_is_from_where_and_what_it_does_not_show(area_id):
    place = areas.get(area_id)
    found = of_journeys(area_id)
    leaves = ["record_flows", "record_reach"]
    # Of an area, transit is shown where persons enough are known to have passed it.
    leaves += ["record_passed"] if place.is_study or "record_passed" in found else []
    leaves += ["record_borders", "record_reach_by_year"] if place.is_study else []
    assert list(found) == [
        *leaves,
        *("record_ways", "record_steps", "record_corridors", "record_scope"),
        *("record_transit", "record_balance", "record_crossings", "record_groups"),
        *("record_concentration", "record_periods", "record_change"),
    ]
    for name, exhibit in found.items():
        assert exhibit.title.startswith(f"{place.name}: ") and len(exhibit.citations) == 5
        assert exhibit.limits.startswith((record_paths.LIMITS, record_flows.LIMITS, "Refused: "))
        assert exhibit.effective_class == (PROTECTED if name in leaves else INTERNAL)
        fit_for_a_page(exhibit, synthetic=True)
    # No two pictures are described alike.
    described = [exhibit.alt for exhibit in found.values() if exhibit.figure is not None]
    assert len(set(described)) == len(described) >= 4
    assert text(record_flows.about(place)).startswith("**SYNTHETIC: ")
    assert place.is_study or f"a stop in {place.name}" in text(record_paths.about(place))


@synthetic_only
@pytest.mark.parametrize("study", ["demo_provinces", "demo_islands"])
def test_areas_of_a_study_with_lists_stand_side_by_side_on_its_page_and_on_no_other(study):
    (exhibit,) = published(areas.get(study), *SIDE_BY_SIDE).values()
    fit_for_a_page(exhibit, synthetic=True)
    assert exhibit.table["Area"].tolist() == areas.load(study)["name"].tolist()
    # Its rates are of lists and of inhabitants: both are cited. Areas are called by their names.
    assert len(exhibit.citations) == 5 and exhibit.source_ids
    assert not re.search(r"\bXDP\b|\bXIC\b", exhibit.limits + exhibit.show().data)
    assert exhibit.effective_class == INTERNAL
    assert "compared-records" not in sources_of(ALL["record_journeys"].template)


@synthetic_only
def test_where_nobody_lives_there_is_no_rate_and_nobodys_journey():
    onyx = areas.get("XIC-ONYX")
    row = published(areas.get("demo_islands"), *SIDE_BY_SIDE)["record_clusters"].table.set_index("Area").loc["Onyx"]
    assert row.drop(["Beside", "Joined", "Value and neighbours", "Found"]).isna().all()
    assert row["Found"].startswith("masked")
    # What is internal is absent, and what is published says that there is too little.
    assert list(of_journeys("XIC-ONYX")) == ["record_flows", "record_reach"]
    assert all(exhibit.figure is None and exhibit.table.empty for exhibit in of_journeys("XIC-ONYX").values())
    said = text(record_flows.about(onyx))
    assert "does not mean that there is none" in said and "SYNTHETIC" in said and not re.search(r"\d", said)
    assert "does not mean that there is none" in text(record_paths.about(onyx))
    assert isinstance(flows_map(onyx), Markdown) and journeys_map(onyx) is None


@cache
def compared(place: areas.Area) -> tuple[Exhibit, ...]:
    """What compares the countries of the study of a place."""
    return tuple(published(areas.get(place.study), "routes-04", "compared-gravity", "compared-near").values())


PUBLIC_CELLS = [
    name
    for name in sources_of(ALL["routes"].template)
    if name.startswith("routes-") and name not in ("routes-01", "routes-02")
]
PUBLIC_CELLS = [name for name in PUBLIC_CELLS if name not in ("routes-26", "routes-27")]


def test_national_routes_stand_on_pages_of_countries_and_studies_alone():
    assert list(published(areas.get("CPV-SAL"), *PUBLIC_CELLS)) == ["local_mentions"]
    of_country = published(SENEGAL, *PUBLIC_CELLS)
    # The answer stands first.
    assert list(of_country)[:2] == ["flow_map_mentions", "corridors"]
    assert {"scope", "flow_map_unodc", "balance", "pairs", "changed_corridors"} <= set(of_country)
    for exhibit in of_country.values():
        assert exhibit.kind == "public" and (exhibit.source_ids or exhibit.table.empty)
        fit_to_read(exhibit.table)


def test_a_part_of_a_country_says_its_countrys_first_corridors_and_leads_to_the_page_of_the_study():
    detected = pd.DataFrame([("SYR", "TUR", 378, 394)], columns=["origin", "destination", "low", "high"])
    named = pd.DataFrame([("SYR", "TUR", 11)], columns=["origin", "destination", "mentions"])
    said = route.national_corridors(KILIS, detected, named).instead
    assert said is not None and said.metadata["study_page"] == "routes"
    assert "Syria → Türkiye (378–394)" in said.data and "Syria → Türkiye most (11 mentions)" in said.data
    assert "detected" not in route.national_corridors(KILIS, detected.head(0), named).title


def test_the_level_of_a_ratio_stands_in_its_heading():
    sentences, reports = route.sources_of(SENEGAL)[1], evidence.readable_reports()
    periods = ((2001, 2012), (2013, 2024))
    for level, said in ((0.95, "95 %"), (0.5, "50 %")):
        changed = change_between(sentences, reports, ["SEN"], periods=periods, confidence=level)
        table = route.changed_corridors(SENEGAL, changed, periods=periods, top=15).table
        assert f"Ratio per report ({said})" in table.printed and set(table.released["confidence"]) == {level}


@pytest.mark.parametrize("place", [SENEGAL, areas.get("CPV"), WEST_AFRICA], ids=lambda place: place.area_id)
def test_nothing_of_west_africa_is_synthetic(place):
    assert not is_marked(route.explorer(place, route.sources_of(place)[1]).instead)
    shown = ""
    for exhibit in compared(place):
        fit_for_a_page(exhibit, synthetic=False)
        shown += exhibit.show().data
    assert "synthetic" not in shown.casefold()


def test_flows_between_countries_are_held_against_a_model_and_pairs_nobody_could_see_are_none():
    gravity, clusters = compared(WEST_AFRICA)
    own = set(areas.load("west_africa")["name"])
    # None is told from chance: a sentence says so, in place of a figure and a table.
    assert gravity.figure is None and gravity.table.empty
    # Of the 16 countries those in which UNODC has ever had a victim detected, as the file was received.
    with open(catalog.RAW / "evidence/unodc_citizenship_flows.csv", encoding="utf-8") as lines:
        reporting = {row["detected_in"] for row in csv.DictReader(lines)} & set(areas.ids("west_africa"))
    assert gravity.limits.startswith(f"Of {len(reporting) * 15} pairs of countries none has more or fewer")
    assert set(clusters.table["Area"]) == own
    assert "(q up to 0.05)" in gravity.limits and "q: share of false findings" in clusters.limits


# Numbers of the repository's own journeys, by pandas alone


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    """Stops of Arboria's records with their persons, in order."""
    found = processed.load("demo_provinces")
    persons = found.case_records.loc[found.case_records["status"] != NOT_A_VICTIM, ["record_id", "person_id"]]
    return found.stops.merge(persons, left_on="journey_id", right_on="record_id").sort_values(["journey_id", "seq"])


@pytest.fixture(scope="module")
def ends(told) -> pd.DataFrame:
    """Origin and place of exploitation as each record has them, missing where it states none; no record has two."""
    assert not told[told["role"] != "transit"].duplicated(["journey_id", "role"]).any()
    by_role = told[told["role"] != "transit"].pivot(index="journey_id", columns="role", values="place_id")
    return by_role.assign(person_id=told.groupby("journey_id")["person_id"].first())


def persons(area_id: str, name: str, **wanted: str) -> int:
    """The persons of the one row of an exhibit's table that has these values; headings with _ for a space."""
    table = of_journeys(area_id)[name].table
    for heading, value in wanted.items():
        table = table[table[heading.replace("_", " ")] == value]
    (count,) = table["Persons"] if "Persons" in table else table.iloc[:, -1]
    return int(str(count).replace(",", ""))


@pytest.mark.varied
@synthetic_only
@pytest.mark.parametrize(
    ("origin", "destination"), [("XDM", "XDP-FIG"), ("XDM", "XDP-LINDEN"), ("XDP-PINE", "XDP-PINE")]
)
def test_persons_of_a_flow_are_those_whose_records_state_both_ends(ends, origin, destination):
    both = ends[(ends["origin"] == origin) & (ends["exploitation"] == destination)]
    called = {"XDM": "Mirania", "XDP-FIG": "Fig", "XDP-LINDEN": "Linden", "XDP-PINE": "Pine"}
    named = {"From": called[origin], "To": called[destination]}
    # Whoever has a second journey stands with the other one, and those are few.
    told = persons("demo_provinces", "record_flows", **named)
    assert 40 < told <= both["person_id"].nunique() <= told + 3
    # On the page of the place itself it is the same flow.
    assert persons(destination, "record_flows", **named) == told


@synthetic_only
def test_pairs_of_too_few_persons_are_told_together_and_no_flow_is_withheld_or_lost():
    table = of_journeys("demo_provinces")["record_flows"].table
    counts = table["Persons"].str.replace(",", "").astype(int)
    assert (counts >= 11).all() and counts.sum() == processed.load("demo_provinces").case_records.loc[
        lambda records: records["status"] != NOT_A_VICTIM, "person_id"
    ].nunique()
    together = table[(table["From"] == "other places") & (table["To"] == "other places")]
    assert together["How far"].is_unique and len(together) >= 3


@synthetic_only
def test_persons_none_of_whose_records_states_an_origin_are_shown_as_that(ends):
    nowhere = ends.groupby("person_id")["origin"].transform("count") == 0
    lost = ends[nowhere & (ends["exploitation"] == "XDP-LINDEN")]["person_id"].nunique()
    table = of_journeys("XDP-LINDEN")["record_periods"].table.set_index(["From", "To"])
    assert table.loc[("not known", "Linden")].sum() == lost > 10
    matrix = of_journeys("XDP-LINDEN")["record_balance"].table.set_index("Place")
    assert matrix.loc["Linden", "In, origin not known"] == lost


@synthetic_only
def test_persons_on_a_page_are_those_with_any_stop_there_and_each_once(told):
    here = told[told["place_id"] == "XDP-WILLOW"]["person_id"].nunique()
    assert re.search(rf"\d+ journeys of {here} persons; ", text(record_paths.about(WILLOW)))
    assert f"of {here} persons" in of_journeys("XDP-WILLOW")["record_ways"].alt
    passing = told[(told["role"] == "transit") & (told["place_id"] == "XDP-WILLOW")]["person_id"].nunique()
    assert persons("demo_provinces", "record_transit", Place="Willow") == passing > 30
    assert persons("XDP-WILLOW", "record_transit", Place="Willow") == passing
    for area_id in ("demo_provinces", "XDP-WILLOW"):
        assert persons(area_id, "record_passed", Place="Willow") == passing


@synthetic_only
def test_records_that_state_no_place_are_counted_and_said_to_be_left_out(told):
    records = processed.load("demo_provinces").case_records
    victims = records[records["status"] != NOT_A_VICTIM]
    without = len(victims) - told["journey_id"].nunique()
    assert without > 0
    said = f"Of {len(victims):,} records of Demonstration provinces, {without} state no place of a journey"
    for place in (PROVINCES, WILLOW, LINDEN):
        assert f"{said} and are in no number here." in text(record_paths.about(place))
    # Of whom an area's page cannot speak it says so; on that of the study all are there.
    assert "persons with an unstated stop there are not among them" in text(record_paths.about(WILLOW))
    assert "unstated" not in text(record_paths.about(PROVINCES))


@synthetic_only
def test_a_border_is_crossed_where_one_stop_follows_the_other_on_a_list_that_asks_for_transit(told):
    following = told.groupby("journey_id")[["place_id", "seq"]].shift(-1)
    next_to = (following["place_id"] == "XDP-WILLOW") & (following["seq"] == told["seq"] + 1) & told["transit_asked"]
    crossed = told[next_to & (told["place_id"] == "XDM")]["person_id"].nunique()
    assert (
        persons("demo_provinces", "record_crossings", Border="Mirania → Arboria", Entered_at="Willow") == crossed > 50
    )


@synthetic_only
def test_a_rate_of_an_area_is_of_all_persons_exploited_there_wherever_they_were_taken_from(ends):
    there = ends[ends["exploitation"] == "XDP-WILLOW"]["person_id"].nunique()
    # By inhabitants of the year nearest to the middle of 2014 to 2023.
    inhabitants = evidence.population_near(["XDP-WILLOW"], 2018)["population"].iloc[0]
    exhibit = published(PROVINCES, *SIDE_BY_SIDE)["record_clusters"]
    rate = exhibit.table.set_index("Area").loc["Willow", "Persons on lists per 100,000"]
    assert there > 20 and rate == pytest.approx(100_000 * there / inhabitants, abs=0.005)


@synthetic_only
@pytest.mark.parametrize(
    ("path", "called"),
    [
        ("XDM>XDP-WILLOW>XDP-FIG", "Mirania → Willow → Fig"),
        ("XDM>XDP-FIG>XDP-LINDEN", "Mirania → Fig → Linden"),
        ("XDP-HAZEL>XDP-HAZEL", "Hazel → Hazel"),
    ],
)
def test_a_whole_way_is_what_a_list_that_asks_for_transit_says_from_end_to_end(told, ends, path, called):
    asked = told[told["transit_asked"]]
    paths = asked.groupby("journey_id")["place_id"].agg(">".join)
    whole = ends.reindex(paths.index).dropna()
    went = whole[paths.loc[whole.index] == path]["person_id"].nunique()
    assert persons("demo_provinces", "record_ways", Path=called) == went > 20


@synthetic_only
def test_countries_that_a_study_declares_are_called_by_their_names_and_are_one_sub_region():
    found = of_journeys("demo_provinces")
    for exhibit in found.values():
        assert not re.search(r"\bX[A-Z]{2}\b", exhibit.limits + exhibit.alt + exhibit.show().data), exhibit.name
    groups = found["record_groups"].table
    named = set(groups.loc[groups["By"] == "Nationality", "Group"])
    assert {"Mirania", "Kestria", "Celania", "Arboria", "not known"} <= named
    assert "rest of Arboria" in set(record_paths.names("demo_provinces").values())
    scope = found["record_scope"].table.set_index("Scope")["Persons"]
    read = record_paths.journeys("demo_provinces")
    assert len(read) == read.persons == scope.sum()
    # By UNODC's grouping alone the reach of every journey across a border of Arboria would not be known.
    assert scope["not known"] == ((read.origin < 0) | (read.destination < 0)).sum()
    assert scope["sub-regional"] > scope["within area"] > scope["domestic"] > 0
    assert scope["regional"] == scope["trans-regional"] == 0
    assert "those that the study declares are one sub-region" in found["record_scope"].limits


# What was simulated


def simulated(study: str, through: str = "") -> list[tuple[list[str], int]]:
    """Stops and persons of each simulated path as the file has them, without what does not touch a place."""
    with open(catalog.RAW / f"synthetic/{study}/truth/corridors.csv", encoding="utf-8") as lines:
        rows = [
            ([row["origin"], *filter(None, row["transit"].split(">")), row["destination"]], int(row["persons"]))
            for row in csv.DictReader(lines)
        ]
    return [(path, count) for path, count in rows if not through or through in path]


def called(stop: str) -> str:
    names = areas.load("demo_provinces").set_index("area_id")["name"].to_dict()
    abroad = {"XDM": "Mirania", "XDK": "Kestria", "XDC": "Celania", "XDJ": "Junia"}
    return names.get(stop) or abroad.get(stop) or "rest of Arboria"


@synthetic_only
@pytest.mark.parametrize(
    ("area_id", "through"), [("demo_provinces", ""), ("XDP-WILLOW", "XDP-WILLOW"), ("XDP-LINDEN", "XDP-LINDEN")]
)
def test_the_simulated_column_is_the_truth_that_was_written_beside_the_lists(area_id, through):
    truth = simulated("demo_provinces", through)
    total = sum(count for _, count in truth)
    shares: dict[str, float] = {}
    for path, count in truth:
        for key in (" → ".join(map(called, path)), f"{called(path[0])} ⇒ {called(path[-1])}"):
            shares[key] = shares.get(key, 0) + count / total
    found = of_journeys(area_id)
    paths, flows = found["record_ways"].table, found["record_flows"].table
    told = dict(zip(paths["Path"], paths["Simulated"], strict=True))
    expected = {key: f"{100 * share:.0f}%" for key, share in shares.items()}
    assert len(told) > 3 and "none" not in list(told.values())[:3]
    if through:
        assert "Simulated" not in flows
    else:
        told |= dict(zip(flows["From"] + " ⇒ " + flows["To"], flows["Simulated"], strict=True))
        # The interval of the largest flow holds what was simulated.
        largest = flows[flows["Simulated"] != "–"].iloc[0]
        _, low, high = WITH_LIMITS.search(largest["Share (95 %)"]).groups()
        assert float(low) <= float(largest["Simulated"].rstrip("%")) <= float(high)
    open_ended = re.compile("not known|other places")
    assert told == {key: "–" if open_ended.search(key) else expected.get(key, "none") for key in told}


# Case records of a test in place of those that a run would have made


# Persons of whom the paths are known to the test: 12 by Willow to Fig, 5 of these with a second journey, 6 direct.
WAYS = [
    *((("XDM>XDP-WILLOW>XDP-FIG"), f"a{n}") for n in range(12)),
    *((("XDM>XDP-WILLOW"), f"a{n}") for n in range(5)),
    *((("XDM>XDP-LINDEN"), f"b{n}") for n in range(6)),
    *((("XDM>?>XDP-LINDEN"), f"c{n}") for n in range(4)),
    *((("?>XDP-WILLOW"), f"d{n}") for n in range(3)),
    # One who came by the same place twice, and one who was never brought to exploitation.
    (("XDM>XDP-WILLOW>XDP-FIG>XDP-WILLOW>XDP-LINDEN"), "e0"),
    (("XDP-WILLOW>?"), "f0"),
]
LISTS = ("police", "shelter")
# The lists of the repository, whose entries stand in for those of a test under other titles.
SYNTHETIC_LISTS = catalog.case_lists("demo_provinces")
NOTHING = pd.DataFrame()


def study(kind: str = "public", paths: list[tuple[str, str]] | None = None, **changed: object) -> CaseRecords:
    """Case records of Arboria, one journey a record; `changed` replaces columns of the records, or of the stops."""
    stops = on(*(WAYS if paths is None else paths)).assign(
        date_low=pd.NaT, date_high=pd.NaT, date_precision="unknown", transit_asked=True
    )
    ids = stops["journey_id"].drop_duplicates()
    date = pd.Timestamp("2015-03-01") + pd.to_timedelta([100 * n for n in range(len(ids))], unit="D")
    records = pd.DataFrame(
        {
            "record_id": ids.to_numpy(),
            "person_id": stops.groupby("journey_id", sort=False)["person_id"].first().to_numpy(),
            "list_id": "police",
            "study": "demo_provinces",
            "area_id": "XDP-WILLOW",
            "date_low": date,
            "date_high": date,
            "date_precision": "day",
            "sex": "female",
            "exploitation": "ForcedLabour",
            **{"age_low": 13, "age_high": 14, "exploited_age_low": 13, "exploited_age_high": 14},
            "nationality": "XDM",
            "status": "",
        }
    )
    for name, value in changed.items():
        if name in records:
            records[name] = value
        else:
            stops = stops[stops[name].isin(value)]
    lists = pd.DataFrame(
        {
            "list_id": LISTS,
            "title": [f"The list of the {name}" for name in LISTS],
            "publisher": "A test",
            "source": "written by a test",
            "date": "2023-12-31",
            "kind": kind,
            "not_linked": "" if records["person_id"].ne("").any() else "There is one list alone: linkage needs two.",
        }
    )
    stops = stops.drop(columns="person_id").reset_index(drop=True)
    return CaseRecords("demo_provinces", kind, records, stops, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, lists)


CACHED = (
    *(record_paths.journeys, record_paths.nodes, record_paths.names, record_paths.places),
    record_counts.tables,
)


@pytest.fixture
def put(monkeypatch):
    """Put case records in the place of Arboria's."""

    def put(found: CaseRecords) -> CaseRecords:
        for module in (record_paths, case_records):
            monkeypatch.setattr(module, "load", lambda study: found)
        told = disclosure.protect(counts_of(found))
        entries = [
            replace(entry, title=row.title, publisher=row.publisher, source=row.source, date=row.date)
            for entry, row in zip(SYNTHETIC_LISTS, found.lists.itertuples(), strict=False)
        ]
        monkeypatch.setattr(record_counts, "protected", lambda study: told)
        monkeypatch.setattr(catalog, "case_kind", lambda study: found.kind if study == found.study else "")
        monkeypatch.setattr(catalog, "case_lists", lambda study: entries if study == found.study else [])
        clear()
        return found

    yield put
    clear()


def counts_of(found: CaseRecords) -> dict[str, pd.DataFrame]:
    """What is counted of the journeys, and all persons, before anything is suppressed."""
    records = found.case_records[found.case_records["status"] != NOT_A_VICTIM]
    unit = "persons" if records["person_id"].ne("").any() or records.empty else "records"
    whole = records["person_id"].nunique() if unit == "persons" else len(records)
    return {
        unit: pd.DataFrame({"count": pd.array([whole], dtype="Int64")}),
        **journey_tables(found.case_records, found.stops),
    }


def clear() -> None:
    for cached in CACHED:
        cached.cache_clear()


def shown(place: areas.Area) -> dict[str, Exhibit]:
    return published(place, *OF_RECORDS)


def leaving(place: areas.Area) -> list[Exhibit]:
    return list(published(place, "journeys-about", "journeys-flows", "journeys-reach", "journeys-years").values())


def one(name: str, cell: str, place: areas.Area) -> Exhibit:
    """One section by its name, where the others are not asked for."""
    return published(place, *CELLS[cell])[name]


def test_a_journey_counts_once_however_often_it_touches_an_area_and_a_person_once_for_all_journeys(put):
    put(study())
    # 32 journeys; of the 5 persons with a second one, that to Willow ends elsewhere than the first, and both stay.
    assert text(record_paths.about(WILLOW)).startswith("22 journeys of 17 persons; ")
    assert text(record_paths.about(PROVINCES)).startswith("32 journeys of 27 persons; ")
    # Beyond the house one pair alone is large enough, and it passes Willow: on its page there is none.
    flows = one("record_flows", "journeys-flows", PROVINCES).table.set_index(["From", "To"])["Persons"]
    assert flows.to_dict() == {("Mirania", "Fig"): "12", ("other places", "other places"): "15"}
    assert one("record_flows", "journeys-flows", WILLOW).table.empty
    transit = one("record_transit", "journeys-transit", WILLOW).table.set_index("Place")["Persons"]
    assert transit.to_dict() == {"Willow": 13, "Fig": 1}
    # Whoever was taken twice is shared out among the journeys: 17 persons, and not 22.
    steps = one("record_steps", "journeys-paths", WILLOW).table
    assert steps.loc[steps["Step"].str.startswith("Origin to"), "Persons"].sum() == 17


def test_an_end_that_is_not_known_is_shown_as_that_and_is_no_share_of_what_is_known(put):
    put(study())
    balance = one("record_balance", "journeys-transit", PROVINCES).table.set_index("Place")
    assert balance.loc["Willow", ["In, origin not known", "Out, destination not known"]].tolist() == [3, 1]
    scope = one("record_scope", "journeys-paths", PROVINCES).table.set_index("Scope")
    assert scope.loc["not known"].tolist() == [4, "–", "–"]
    # A path over a stop that is not known is none of those that are listed, but may have been any of its ends.
    exhibit = one("record_ways", "journeys-paths", PROVINCES)
    assert exhibit.table.set_index("Path").loc["Mirania → Linden", ["Persons", "At most"]].tolist() == [6, 10]
    assert "4 persons went by one that is not known" in exhibit.limits


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "place"), [("public", PROVINCES), ("synthetic", WILLOW)])
def test_only_what_follows_from_synthetic_persons_says_so(put, kind, place):
    put(study(kind))
    for exhibit in (*shown(place).values(), *side_by_side(place)):
        fit_for_a_page(exhibit, synthetic=kind == "synthetic")
    assert ("SYNTHETIC" in text(record_flows.about(place))) == (kind == "synthetic")
    for framed, name in (
        (journeys_map(place), "journeys_map"),
        (flows_map(PROVINCES), "flows_map"),
    ):
        assert framed.metadata["name"] == name + "_SYNTHETIC" * (kind == "synthetic")
        assert is_marked(framed) == (kind == "synthetic")
        assert framed.metadata["release_class"] == (PROTECTED if name == "flows_map" else INTERNAL)


def test_nothing_is_called_simulated_of_real_persons(put):
    put(study("public"))
    for exhibit in (one("record_flows", "journeys-flows", PROVINCES), one("record_ways", "journeys-paths", PROVINCES)):
        assert not re.search("lanted|imulated", exhibit.show().data + exhibit.alt)
        assert exhibit.figure is None or "simulated" not in words(exhibit.figure)


@pytest.mark.parametrize("place", [PROVINCES, WILLOW, LINDEN], ids=lambda place: place.area_id)
@pytest.mark.parametrize("kind", ["confidential", "synthetic"])
def test_what_may_leave_is_the_same_with_the_records_taken_away(put, monkeypatch, kind, place):
    put(study(kind, WAYS * 3))

    def seen() -> list[object]:
        found = [text(record_flows.about(place)), text(flows_map(place))]
        for exhibit in leaving(place):
            assert exhibit.effective_class == PROTECTED
            found += [exhibit.show().data, exhibit.alt, exhibit.figure and plots.png(exhibit.figure)]
        return found

    before = seen()
    # Two texts, and of each section its page, its description and its picture.
    assert len(before) >= 8

    def touched(*_):
        raise AssertionError("a record was read")

    for module in (record_paths, case_records, processed):
        monkeypatch.setattr(module, "load", touched)
    for cached in (record_paths.journeys, record_counts.tables):
        cached.cache_clear()
    assert seen() == before


def test_confidential_records_are_shown_in_the_house_and_leave_by_protected_counts_alone(put):
    put(study("confidential", WAYS * 3))
    for place in (WILLOW, PROVINCES):
        classes = {exhibit.name: exhibit.effective_class for exhibit in shown(place).values()}
        assert {name for name, release_class in classes.items() if release_class == PROTECTED} <= {
            *("record_flows", "record_reach", "record_passed", "record_borders", "record_reach_by_year"),
        }
        assert set(classes.values()) == {PROTECTED, INTERNAL}
        assert journeys_map(place).metadata["release_class"] == INTERNAL


def test_no_count_below_eleven_stands_in_what_may_leave(put):
    put(study("confidential"))
    for place in (WILLOW, PROVINCES):
        for exhibit in leaving(place):
            printed = exhibit.table.filter(regex="ersons").to_numpy().ravel()
            hidden = (disclosure.SUPPRESSED, "0")
            assert all(said in hidden or int(str(said).replace(",", "")) >= 11 for said in printed)


# Lists that say less


LESS = {
    "records that were not linked": study(person_id=""),
    "no stop at all": study(role=[]),
    "no origin": study(role=["transit", "exploitation"]),
    "no place of exploitation": study(role=["origin", "transit"]),
    "places of exploitation alone": study(role=["exploitation"]),
    "no date": study(date_low=pd.NaT, date_high=pd.NaT),
    "a year that is not sure": study(date_low=pd.Timestamp("2019-01-01"), date_high=pd.Timestamp("2020-12-31")),
    "one person": study(paths=[("XDM>XDP-WILLOW>XDP-FIG", "a")]),
    "one person who was never moved": study(paths=[("XDP-WILLOW>XDP-WILLOW", "a")]),
    "no place that is known": study(paths=[("?>?", f"a{n}") for n in range(12)]),
    "ends alone that are known": study(paths=[("XDM>?>XDP-WILLOW", f"a{n}") for n in range(12)]),
    "the country alone": study(paths=[("XDM>XDP", f"a{n}") for n in range(12)]),
    "no age": study(age_low=pd.NA, age_high=pd.NA),
    "nobody who is a victim": study(status=NOT_A_VICTIM),
}


@pytest.mark.soak
@pytest.mark.parametrize(
    ("less", "place"), [(less, PROVINCES if number < 6 else WILLOW) for number, less in enumerate(LESS)]
)
def test_what_a_list_does_not_say_is_said_and_nothing_fails(put, less, place):
    put(LESS[less])
    said = text(record_paths.about(place))
    for exhibit in (*shown(place).values(), *side_by_side(place)):
        fit_for_a_page(exhibit, synthetic=False)
    explored = journeys_map(place)
    if record_paths.are_shown(place):
        assert re.match(r"(\*\*The records were not linked.*\*\* .* )?\d+ journeys? of \d+ persons?; ", said)
        assert isinstance(explored, HTML)
    else:
        assert said == record_paths.NOBODY and explored is None
    said += text(record_flows.about(place)) + text(record_flows.explorer(place, record_flows.flows_of(place)))
    assert not re.search(r"\bnan\b|\b1 (persons|journeys|records)\b", said)


def test_records_that_were_not_linked_count_as_persons_and_every_exhibit_says_so(put):
    put(LESS["records that were not linked"])
    said = text(record_paths.about(WILLOW))
    assert said.startswith(
        "**The records were not linked, so that each counts as a person.** There is one list alone: "
    )
    for exhibit in shown(WILLOW).values():
        assert "Each person counts once" not in exhibit.limits
        if exhibit.figure is not None:
            not_linked = record_paths.NOT_LINKED if exhibit.effective_class == INTERNAL else record_counts.NOT_LINKED
            assert not_linked in words(exhibit.figure) and not_linked in exhibit.limits


@pytest.mark.parametrize(
    ("less", "name", "cell", "said"),
    [
        ("no origin", "record_ways", "journeys-paths", "No complete path is known."),
        ("no origin", "record_scope", "journeys-paths", "No journey has two known ends."),
        ("places of exploitation alone", "record_transit", "journeys-transit", "No place of transit is stated."),
        ("places of exploitation alone", "record_corridors", "journeys-paths", "No 3 persons are known to have gone"),
        (
            "one person who was never moved",
            "record_crossings",
            "journeys-transit",
            "No border is known to have been crossed.",
        ),
        ("no date", "record_change", "journeys-change", "Refused: "),
        ("one person", "record_change", "journeys-change", "of 1 year: a change needs two or more."),
        ("one person", "record_periods", "journeys-change", "There are no two years to compare."),
        (
            "a year that is not sure",
            "record_periods",
            "journeys-change",
            "Left out, as their year is not known: 32 of 32 journeys.",
        ),
    ],
)
def test_what_cannot_be_shown_is_a_sentence_with_the_reason(put, less, name, cell, said):
    put(LESS[less])
    exhibit = one(name, cell, PROVINCES)
    (part,) = exhibit.parts()
    assert exhibit.figure is None and exhibit.table.empty
    assert isinstance(part, Markdown) and text(part).startswith("*No figure: ") and said in text(part)


def test_a_record_without_a_stop_is_in_no_number_and_is_said_to_be_left_out(put):
    found = study()
    alone = found.case_records.iloc[[0]].assign(record_id="another", person_id="z")
    records = pd.concat([found.case_records, alone], ignore_index=True)
    put(CaseRecords("demo_provinces", "public", records, found.stops, *[NOTHING] * 5, found.lists))
    said = text(record_paths.about(PROVINCES))
    assert said.startswith("32 journeys of 27 persons; ")
    assert "Of 33 records of Demonstration provinces, 1 state" in said


# Words


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0%"), (0.0004, "<0.1%"), (0.004, "0.4%"), (0.12, "12%"), (0.996, "99.6%"), (0.9999, ">99.9%"), (1, "100%"),
     (1 - 1e-15, "100%"), (float("nan"), "–")],
)  # fmt: skip
def test_a_share_is_nothing_or_all_only_where_it_is(share, said):
    assert record_paths.in_percent(share) == said


def test_a_difference_of_nothing_has_no_sign_below_zero():
    assert [record_network._points(value) for value in (-0.0004, 0.0, 0.123, -0.123)] == [
        "+0.0",
        "+0.0",
        "+12.3",
        "-12.3",
    ]


def test_ids_of_areas_are_read_as_names_and_parts_of_other_words_are_left():
    said = "Masked: XDP-WILLOW; XDP-LINDEN and XDP-WILLOW, not XDP-WILLOW0 nor MXDP-WILLOW."
    assert (
        route_model.with_names(PROVINCES, said) == "Masked: Willow; Linden and Willow, not XDP-WILLOW0 nor MXDP-WILLOW."
    )
