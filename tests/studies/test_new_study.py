"""A new study: what of files as received is understood, what is refused and where, and that it is written whole."""

import csv
import hashlib
import io
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pycountry
import pyproj
import pytest
import shapely
import xlsxwriter
import yaml
from hypothesis import given
from hypothesis import strategies as st
from projects import environment_of, run_analysis, small_project
from refusals import refused
from shapely.geometry import LineString, Polygon, box

from analysis import catalog
from analysis.studies import area_names, folder, shapes
from analysis.studies.answers import COLUMNS as SOURCE_COLUMNS
from analysis.studies.answers import LISTED, Asking, StudyError, from_file
from analysis.studies.declared import declared
from analysis.studies.received import figures

NAMES = ["Ahafo", "Ashanti", "Bono", "Greater Accra"]
CODES = ["GH-AF", "GH-AH", "GH-BO", "GH-AA"]


@pytest.fixture(scope="module")
def spelt() -> area_names.Spellings:
    found = area_names.by_iso(CODES, [f"{name} Region" for name in NAMES], "GHA")
    assert found is not None
    return area_names.Spellings(found)


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def as_read(received) -> dict[tuple[str, str], tuple]:
    table = received.table
    pairs = zip(table["area_id"], table["date"], strict=True)
    parts = table[["value", "low", "high", "value_qualifier"]].astype(object)
    return dict(zip(pairs, parts.where(parts.notna(), None).itertuples(index=False, name=None), strict=True))


# --- Tables as they arrive -----------------------------------------------------------------------------------------

WIDE = """\
Victims detected by region;;;
(source: a test);;;
Region;2019;Code;2020
Ahafo;0;1;
Ashanti Region;1,204;2;n/a
GH-BO;<5;3;at least 7
Total;1204;;
* provisional;;;
"""


def test_none_and_not_known_and_below_five_are_three_things(tmp_path, spelt):
    received = figures(written(tmp_path / "wide.csv", WIDE), spelt)
    assert not received.faults
    assert as_read(received) == {
        ("GH-AF", "2019"): ("0", 0, 0, "exact"),
        ("GH-AH", "2019"): ("1204", 1204, 1204, "exact"),
        ("GH-BO", "2019"): ("<5", 0, 4, "below_5"),
        ("GH-BO", "2020"): ("7", 7, None, "at_least"),
    }
    assert received.unknown == (("GH-AF", "2020"), ("GH-AH", "2020"))
    assert received.absent == ("GH-AA",)


def test_what_is_left_out_of_a_table_is_said(tmp_path, spelt):
    remarks = "\n".join(figures(written(tmp_path / "wide.csv", WIDE), spelt).remarks)
    assert "the column 'Code' is not read" in remarks
    assert "row 7: 'Total' is not read" in remarks
    assert "row 8: '* provisional' is not read" in remarks


def test_a_long_table_is_read_as_a_wide_one(tmp_path, spelt):
    rows = ["2019,Ahafo,0", "2019,Ashanti,1204", "2019,Bono,<5", "2020,Bono,7+", "2020,Ahafo,", "2020,Ashanti,n/a"]
    long = "\n".join(["Year,Region,Count", *rows, ""])
    wide = figures(written(tmp_path / "wide.csv", WIDE), spelt)
    received = figures(written(tmp_path / "long.csv", long), spelt)
    assert as_read(received) == as_read(wide)
    assert received.unknown == wide.unknown


def test_excel_is_read_as_csv_and_the_sheet_is_found(tmp_path, spelt):
    rows = list(csv.reader(io.StringIO(WIDE), delimiter=";"))
    with xlsxwriter.Workbook(tmp_path / "wide.xlsx") as workbook:
        workbook.add_worksheet("Notes").write(0, 0, "Figures of Ashanti are provisional")
        sheet = workbook.add_worksheet("Figures")
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                sheet.write(row, column, int(cell) if cell.isdigit() else cell)
    received = figures(tmp_path / "wide.xlsx", spelt)
    assert as_read(received) == as_read(figures(written(tmp_path / "wide.csv", WIDE), spelt))
    assert all("sheet 'Figures'" in remark for remark in received.remarks)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("1O", "A letter stands among the digits"),
        ("12.5", "is no count"),
        ("-3", "is no count"),
        ("1,23", "is no count"),
        ("<10", "is no count"),
        ("twelve", "is no count"),
        ("–", "can mean none, or not known"),
        ("--", "can mean none, or not known"),
    ],
)
def test_a_cell_that_is_not_understood_is_named_with_file_row_and_column(tmp_path, spelt, cell, said):
    path = written(tmp_path / "counts.csv", f'Region,2019,2020\nAhafo,1,2\nBono,3,"{cell}"\n')
    (fault,) = figures(path, spelt).faults
    assert fault.startswith(f"{path}, row 3, column '2020': '{cell}' ")
    assert said in fault


def test_a_census_knows_no_below_five(tmp_path, spelt):
    path = written(tmp_path / "people.csv", "Region,Population\nAhafo,<5\n")
    (fault,) = figures(path, spelt, date="2021-06-27", bounds=False).faults
    assert "row 2, column 'Population': '<5' is no count" in fault


def test_an_area_that_the_study_does_not_have_is_named_with_the_nearest(tmp_path, spelt):
    path = written(tmp_path / "counts.csv", "Region,2019\nAhafoo,1\nBono,2\n")
    (fault,) = figures(path, spelt).faults
    assert fault == f"{path}, row 2, column 'Region': 'Ahafoo' is no area of the study. The nearest are Ahafo."


def test_figures_without_an_area_are_a_fault(tmp_path, spelt):
    (fault,) = figures(written(tmp_path / "counts.csv", "Region,2019\nBono,2\n,5\n"), spelt).faults
    assert "row 3, column 'Region': no area is named" in fault


def test_one_area_and_year_twice_is_a_fault(tmp_path, spelt):
    path = written(tmp_path / "counts.csv", "Region,2019\nBono,2\nBono Region,3\n")
    (fault,) = figures(path, spelt).faults
    assert "row 3, column '2019': Bono Region in 2019 stands in row 2 already" in fault


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Bono,2\nAhafo,3\n", ("no_table_head",)),
        ("Region,2019,2019\nBono,2,3\n", ("duplicate_column", "2019")),
        ("Region,2019\nBerlin,2\n", ("no_known_area",)),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path, spelt, text, said):
    with refused(StudyError, *said):
        figures(written(tmp_path / "counts.csv", text), spelt)


def test_a_year_that_is_none_is_named(tmp_path, spelt):
    path = written(tmp_path / "long.csv", "Region,Year,Count\nBono,2019,2\nBono,2019/20,3\n")
    (fault,) = figures(path, spelt).faults
    assert "row 3, column 'Year': '2019/20' is no year and no day" in fault


def test_a_file_of_another_computer_is_read(tmp_path):
    named = area_names.own(["1", "2"], ["Thiès", "Kédougou"], "SEN", "region")
    path = written(tmp_path / "cp1252.csv", "Région;2020\nThiès;4\nKédougou;1\n", "cp1252")
    received = figures(path, area_names.Spellings(named))
    assert as_read(received) == {
        ("SEN-THIES", "2020"): ("4", 4, 4, "exact"),
        ("SEN-KEDOUGOU", "2020"): ("1", 1, 1, "exact"),
    }


COUNTS = st.one_of(st.none(), st.just("<5"), st.integers(0, 10**7))


@pytest.mark.slow
@given(st.lists(st.lists(COUNTS, min_size=4, max_size=4), min_size=1, max_size=6))
def test_every_table_of_counts_comes_back_as_it_was(tmp_path_factory, spelt, table):
    years = [str(2010 + year) for year in range(len(table))]
    lines = [["", *years], *([name, *(row[place] for row in table)] for place, name in enumerate(NAMES))]
    path = tmp_path_factory.mktemp("counts") / "counts.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    received = figures(path, spelt)
    expected = {
        (code, year): str(row[place])
        for year, row in zip(years, table, strict=True)
        for place, code in enumerate(CODES)
        if row[place] is not None
    }
    assert not received.faults
    assert {key: figure[0] for key, figure in as_read(received).items()} == expected
    assert len(received.unknown) + len(expected) == 4 * len(table)


# --- Names and ids -------------------------------------------------------------------------------------------------


def test_ids_are_those_of_iso_whatever_the_boundaries_add_to_the_names():
    found = area_names.by_iso(["1", "2"], ["Northern Region", "NORTH EAST REGION"], "GHA")
    assert [(area.area_id, area.name, area.level) for area in found] == [
        ("GH-NP", "Northern", "region"),
        ("GH-NE", "North East", "region"),
    ]


def test_where_divisions_and_districts_share_their_names_their_number_decides():
    divisions = ["Barishal", "Chattogram", "Dhaka", "Khulna", "Mymensingh", "Rajshahi", "Rangpur", "Sylhet"]
    found = area_names.by_iso(divisions, divisions, "BGD")
    assert {area.level for area in found} == {"division"}
    assert area_names.by_iso(["1", "2"], ["Dhaka", "Khulna"], "BGD") is None


def test_ids_of_every_country_are_right_or_none_are_given():
    for country in pycountry.countries:
        listed = pycountry.subdivisions.get(country_code=country.alpha_2) or []
        for kind in {each.type for each in listed}:
            kin = [each for each in listed if each.type == kind]
            names = [f"{each.name} {kind}" for each in kin]
            found = area_names.by_iso([str(row) for row in range(len(kin))], names, country.alpha_3)
            assert found is None or [area.area_id for area in found] == [each.code for each in kin]


def test_areas_that_iso_does_not_have_are_named_with_the_nearest():
    assert area_names.by_iso(["1", "2"], ["Bono", "Brong-Ahafo"], "GHA") is None
    (said,) = area_names.not_in_iso(["Bono", "Brong-Ahafo"], "GHA")
    assert said.startswith("Brong-Ahafo (the nearest: ") and "Ahafo" in said.removeprefix("Brong-Ahafo")


def test_a_code_on_another_areas_shape_is_refused():
    with refused(StudyError, "name_code_mismatch", "GH-AF", "'Bono'", "3166", "2", "GH-BO"):
        area_names.by_iso(["GH-AF", "GH-BO"], ["Bono", "Ahafo"], "GHA")


def test_own_ids_are_refused_where_two_would_be_one():
    with refused(StudyError, "no_distinct_id", "'Saint Louis'"):
        area_names.own(["1", "2"], ["Saint Louis", "Saint-Louis"], "SEN", "department")


# --- Shapes --------------------------------------------------------------------------------------------------------


def boundaries(path: Path, geometry: list, names: list[str] = NAMES, codes: list[str] = CODES, crs: int = 4326) -> Path:
    table = {"code": codes[: len(geometry)], "name": names[: len(geometry)]}
    gpd.GeoDataFrame(table, geometry=geometry, crs=4326).to_crs(crs).to_file(path)
    return path


SQUARES = [box(-2, 6, -1, 7), box(-1, 6, 0, 7), box(-2, 7, -1, 8), box(-1, 7, 0, 8)]


def test_columns_and_layer_are_guessed_by_what_is_in_them(tmp_path):
    path = boundaries(tmp_path / "areas.gpkg", SQUARES)
    assert shapes.layers(path) == ["areas"]
    assert shapes.guessed(shapes.columns(path, "areas")) == ("code", "name")


def test_shapes_in_other_coordinates_lie_where_they_did(tmp_path):
    path = boundaries(tmp_path / "areas.gpkg", SQUARES, crs=32630)
    found = shapes.read(path, "areas", "code", "name").table
    squares = gpd.GeoSeries(SQUARES, index=CODES)
    assert found.crs.to_epsg() == 4326
    assert all(shape.equals_exact(squares[key], 1e-6) for key, shape in zip(found["key"], found.geometry, strict=True))


@pytest.mark.parametrize(
    ("geometry", "names", "said"),
    [
        (
            [*SQUARES[:3], LineString([(0, 6), (1, 7)])],
            NAMES,
            ("faulty_input", "4"),
        ),
        (SQUARES, ["Ahafo", "Bono", "Bono", ""], ("faulty_input", "3", "column 'name'", "'Bono'", "2")),
        (SQUARES, ["Ahafo", "Bono", "Ashanti", ""], ("faulty_input", "4", "column 'name'")),
    ],
)
def test_shapes_that_are_no_areas_are_named(tmp_path, geometry, names, said):
    path = boundaries(tmp_path / "areas.geojson", geometry, names)
    with refused(StudyError, *said):
        shapes.read(path, "areas", "code", "name")


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_boundaries_that_do_not_say_where_they_are_are_refused(tmp_path):
    gpd.GeoDataFrame({"code": ["GH-AF"]}, geometry=[SQUARES[0]]).to_file(tmp_path / "areas.shp")
    with refused(StudyError, "missing_crs"):
        shapes.columns(tmp_path / "areas.shp", "areas")


def test_an_outline_that_crosses_itself_is_mended_and_said(tmp_path):
    bow = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])  # two triangles of a quarter each
    found = shapes.read(boundaries(tmp_path / "areas.gpkg", [bow]), "areas", "code", "name")
    assert found.table.geometry.is_valid.all()
    assert found.table.geometry.iloc[0].area == pytest.approx(0.5)
    assert found.remarks == ("The outline of Ahafo crosses itself and was fixed.",)


def test_outlines_of_many_points_are_simplified_without_gaps(tmp_path):
    # A wavy line parts two areas; each of its points belongs to both.
    wave = [(0.05 * (step % 2), 6 + step / 10_000) for step in range(10_001)]
    west, east = Polygon([(-1, 7), (-1, 6), *wave]), Polygon([(1, 6), (1, 7), *wave[::-1]])
    found = shapes.read(boundaries(tmp_path / "areas.gpkg", [west, east]), "areas", "code", "name")
    drawn = found.table.geometry.to_numpy()
    assert shapely.get_num_coordinates(drawn).sum() <= shapes.POINTS
    assert shapely.coverage_is_valid(drawn)
    assert shapely.union_all(drawn).area == pytest.approx(2, rel=0.001)
    assert "points instead of 20,0" in found.remarks[0]


def test_maps_are_drawn_in_equal_areas_about_the_middle():
    table = gpd.GeoDataFrame(geometry=SQUARES, crs=4326)
    assert shapes.projection(table) == "+proj=laea +lat_0=7 +lon_0=-1"
    # Against the area on the ellipsoid, computed another way (Karney 2013, by pyproj.Geod).
    drawn = table.to_crs(shapes.projection(table)).area
    true = [abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(square.segmentize(0.01))[0]) for square in SQUARES]
    assert drawn.tolist() == pytest.approx(true, rel=1e-3)


def test_areas_around_the_world_are_refused():
    with refused(StudyError, "extent_too_wide"):
        shapes.projection(gpd.GeoDataFrame(geometry=[box(-179, 0, -178, 1), box(178, 0, 179, 1)], crs=4326))


# --- A study as a whole --------------------------------------------------------------------------------------------

SOURCES = [
    ("T_SHAPES", "Squares", "A test", "", "original", "2020", "", "CC0", "", "", ""),
    ("T_COUNTS", "Counts", "A test", "", "original", "2020", "", "CC0", "", "", ""),
    ("T_PEOPLE", "People", "A test", "A census", "quotation", "2021", "https://example.org/people", "CC0", "", "", ""),
]


@pytest.fixture
def files(tmp_path) -> dict[str, str]:
    """The flags for a small study, `squares`, of four regions and their files."""
    boundaries(tmp_path / "areas.gpkg", SQUARES)
    written(tmp_path / "counts.csv", "Region,2019,2020\nAhafo,1,2\nAshanti,30,\nBono,<5,4\nGreater Accra,8,9\n")
    written(tmp_path / "people.csv", "Region,2021\nAhafo,100\nAshanti,200\nBono,300\nGreater Accra,400\n")
    with open(tmp_path / "sources.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([SOURCE_COLUMNS, *SOURCES])
    return {
        "title": "Squares: four regions",
        "iso3": "GHA",
        "kind": "public",
        **{name: str(tmp_path / file) for name, file in PARTS.items()},
        **{f"{name}-source": f"T_{row}" for name, row in (("boundaries", "SHAPES"), ("counts", "COUNTS"))},
        "population-source": "T_PEOPLE",
    }


PARTS = {"boundaries": "areas.gpkg", "counts": "counts.csv", "population": "people.csv", "sources": "sources.csv"}


def content(study: str = "squares", again: bool = False, **flags: str) -> dict[str, bytes]:
    found = folder.content(declared(study, Asking(dict(flags))), "2026-01-31", {}, again)
    return {path.relative_to(catalog.RAW / study).as_posix(): text for path, text in found.items()}


@pytest.mark.slow
def test_a_study_is_the_same_bytes_each_time_and_its_catalogue_comes_last(files):
    made = content(**files)
    assert made == content(**files)
    assert list(made)[-1] == "catalog.yml"
    listed = yaml.safe_load(made["catalog.yml"])
    assert {entry["file"]: entry["sha256"] for entry in listed.values()} == {
        name: hashlib.sha256(text).hexdigest() for name, text in made.items() if name.endswith((".csv", ".gpkg"))
    }
    assert {name.removeprefix("squares_"): entry.get("schema") for name, entry in listed.items()} == {
        "study": "studies",
        "areas": "areas",
        "boundaries": None,
        "counts": "facts",
        "population": "population",
        "indicators": "indicators",
        "sources": "sources",
    }


def test_counts_stand_in_the_study_as_they_were_received(files):
    table = pd.read_csv(io.BytesIO(content(**files)["counts.csv"]), dtype=str, keep_default_na=False)
    of_bono = table[table["area_id"] == "GH-BO"].set_index("date")
    assert of_bono.loc["2019", ["value", "low", "high", "value_qualifier"]].tolist() == ["<5", "0", "4", "below_5"]
    assert of_bono.loc["2020", ["value", "low", "high", "value_qualifier"]].tolist() == ["4", "4", "4", "exact"]
    # What is not known has no row, and stands in the page on the study.
    assert table[table["area_id"] == "GH-AH"]["date"].tolist() == ["2019"]
    assert "Ashanti (2020)" in content(**files)["README.md"].decode()


def test_the_report_tells_of_a_study_only_if_it_is_asked_to(files):
    said = [content(**files, **more)["study.csv"].decode() for more in ({}, {"in-report": "True"})]
    assert [text.strip().rpartition(",")[2] for text in said] == ["False", "True"]
    with refused(StudyError, "unknown_choice"):
        content(**files, **{"in-report": "perhaps"})


def test_invented_counts_say_so_wherever_they_stand(files, tmp_path):
    made = content(**{**files, "kind": "synthetic"})
    assert "counts.csv" not in made
    assert made["counts_SYNTHETIC.csv"].decode().count("SYNTHETIC") == 7
    entry = yaml.safe_load(made["catalog.yml"])["squares_counts"]
    assert entry["kind"] == "synthetic" and "(SYNTHETIC)" in entry["title"] and "Synthetic" in entry["cautions"][0]
    assert "**The counts are SYNTHETIC.**" in made["README.md"].decode()


def test_a_file_that_says_synthetic_is_never_taken_for_published(files, tmp_path):
    counts = written(tmp_path / "counts_SYNTHETIC.csv", Path(files["counts"]).read_text())
    with refused(StudyError, "wrong_kind"):
        content(**{**files, "counts": str(counts)})


def test_nothing_of_the_folder_enters_version_control_by_itself(files):
    assert content(**files)[".gitignore"].decode().splitlines()[-1] == "*"


def test_all_that_nobody_could_be_asked_for_is_named_at_once():
    with pytest.raises(StudyError) as error:
        content()
    for flag in ("iso3", "boundaries", "counts", "population", "kind", "sources"):
        assert f"--{flag} " in str(error.value)


def test_at_a_terminal_what_is_not_given_is_asked_and_enter_takes_what_the_files_suggest(files):
    asked = []

    def answer(question: str) -> str:
        asked.append(question)
        return "public" if "(public, synthetic)" in question else ""

    given = {name: text for name, text in files.items() if name not in ("title", "kind")}
    study = declared("squares", Asking(dict(given), answer))
    assert study.title == "Ghana: 4 regions"
    assert [area.area_id for area in study.areas] == sorted(CODES)
    assert any("[code]" in question for question in asked) and any("[name]" in question for question in asked)


def test_a_question_is_asked_again_until_the_answer_is_one():
    answers = iter(["", "perhaps", "own"])
    assert Asking({}, lambda question: next(answers))("ids", "which ids", "", ("iso", "own")) == "own"


def test_answers_in_a_file_are_as_flags_and_name_files_beside_it(files, tmp_path):
    beside = {**files, **PARTS}
    path = written(tmp_path / "answers.yml", "".join(f"{flag}: {json.dumps(text)}\n" for flag, text in beside.items()))
    assert from_file(path, list(beside)) == files
    assert content(**from_file(path, list(beside))) == content(**files)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("country: GHA\n", ("unknown_flag", "'country'")),
        ("- iso3\n", ("not_a_mapping",)),
        ("iso3: [GHA, SEN]\n", ("wrong_type", "'iso3'")),
    ],
)
def test_a_file_of_answers_that_is_none_is_refused(tmp_path, text, said):
    with refused(StudyError, *said):
        from_file(written(tmp_path / "answers.yml", text), ["iso3", "title"])


def test_without_a_bibliography_each_source_is_asked_for_and_nothing_typed_is_lost(files):
    answers = {"its title": "A book", "publishes": "A house", "year": "2020", "licence": "CC0"}
    given = {name: text for name, text in files.items() if not name.endswith(("source", "sources"))}
    asking = Asking(dict(given), lambda question: next((a for part, a in answers.items() if part in question), ""))
    study = declared("squares", asking)
    assert list(study.bibliography["source_id"]) == ["GHA_BOUNDARIES", "GHA_COUNTS", "GHA_POPULATION"]
    assert study.sources[1].words == "A book" and study.sources[1].licence == "CC0"
    repeated = dict(zip(*[iter(shlex.split(asking.command("squares"))[5:])] * 2, strict=True))
    assert repeated["--counts-title"] == "A book"
    # Said on the command line, where nobody sits at a terminal, it is the same study.
    again = Asking({flag.removeprefix("--"): text for flag, text in repeated.items()})
    assert folder.content(declared("squares", again), "2026-01-31", {}, False) == folder.content(
        study, "2026-01-31", {}, False
    )


def test_more_detected_than_live_there_is_refused(files, tmp_path):
    written(tmp_path / "counts.csv", "Region,2019\nAhafo,101\nBono,300\n")
    with refused(StudyError, "faulty_input", "101", "2019", "100") as error:
        content(**files)
    assert "Bono" not in str(error.value)


def test_an_area_without_inhabitants_is_refused(files, tmp_path):
    written(tmp_path / "people.csv", "Region,2021\nAhafo,100\nAshanti,n/a\nBono,300\n")
    with pytest.raises(StudyError) as error:
        content(**files)
    assert [line.split(": ")[1].split(" has")[0] for line in str(error.value).splitlines()] == [
        "Greater Accra",
        "Ashanti",
    ]


def test_faults_of_all_tables_are_said_together_and_long_lists_are_cut(files, tmp_path):
    years = range(1990, 2020)
    row = ",".join(["x"] * len(years))
    written(tmp_path / "counts.csv", f"Region,{','.join(map(str, years))}\nAhafo,{row}\n")
    with pytest.raises(StudyError) as error:
        content(**files)
    lines = str(error.value).splitlines()
    assert len(lines) == LISTED + 1
    assert lines[-1] == f"and {30 + 1 - LISTED} more"  # 30 cells, and that no figure is known


@pytest.mark.parametrize("study", ["Ghana", "g", "../x", "evidence", "turkiye", "a" * 21])
def test_a_name_that_is_taken_or_none_is_refused(files, study):
    with pytest.raises(StudyError, match=r"cannot name a study|is taken"):
        content(study, **files)


def test_names_that_iso_does_not_have_are_refused_until_own_ids_are_asked_for(files, tmp_path):
    (tmp_path / "areas.gpkg").unlink()
    boundaries(
        tmp_path / "areas.gpkg", SQUARES, names=["Ahafo", "Ashanti", "Bono", "Accra City"], codes=["a", "b", "c", "d"]
    )
    written(tmp_path / "counts.csv", "Region,2019\nAccra City,4\n")
    written(tmp_path / "people.csv", "Region,2021\nAhafo,100\nAshanti,200\nBono,300\nAccra City,400\n")
    flags = {**files, "key": "code", "names": "name"}
    with refused(StudyError, "areas_not_in_iso"):
        content(**flags)
    areas_csv = content(**{**flags, "ids": "own", "level": "district"})["areas.csv"].decode()
    assert "GHA-ACCRACITY,squares,Accra City,Accra City,district,GHA,GHA" in areas_csv


def test_a_source_of_the_assessment_is_not_declared_again(files, tmp_path):
    text = (tmp_path / "sources.csv").read_text().replace("T_PEOPLE", "WBPOP")
    written(tmp_path / "sources.csv", text)
    with refused(StudyError, "faulty_input", "'WBPOP'", "data/raw/catalog.yml"):
        content(**{**files, "population-source": "WBPOP"})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("Squares", "=HYPERLINK(1)", ("faulty_input", "row 2", "column 'title'")),
        ("quotation", "hearsay", ("faulty_input", "row 4", "column 'read_as'", "'hearsay'")),
        ("T_COUNTS", "T_PEOPLE", ("faulty_input", "row 4", "column 'source_id'", "'T_PEOPLE'")),
        ("CC0", "", ("faulty_input", "row 2", "column 'licence'")),
    ],
)
def test_a_bibliography_that_breaks_its_rules_is_refused(files, tmp_path, before, after, said):
    written(tmp_path / "sources.csv", (tmp_path / "sources.csv").read_text().replace(before, after, 1))
    with refused(StudyError, *said):
        content(**{**files, "counts-source": "T_PEOPLE"})


def test_what_is_there_is_not_overwritten_and_accepted_lists_stay_listed(files, tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "RAW", tmp_path / "raw")
    study = declared("squares", Asking(dict(files)))
    first = folder.content(study, "2026-01-31", {}, again=False)
    folder.write(first)
    assert all(path.read_bytes() == text for path, text in first.items())
    with refused(StudyError, "already_exists"):
        folder.content(study, "2026-01-31", {}, again=False)
    listed = tmp_path / "raw/squares/catalog.yml"
    listed.write_text(listed.read_text() + "squares_police: {file: police.csv, kind: confidential}\n")
    second = folder.content(study, "2026-01-31", {}, again=True)
    assert yaml.safe_load(second[listed])["squares_police"] == {"file": "police.csv", "kind": "confidential"}


def test_a_disk_that_fills_leaves_no_half_of_a_study(files, tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "RAW", tmp_path / "raw")
    made = folder.content(declared("squares", Asking(dict(files))), "2026-01-31", {}, again=False)
    real, wrote = folder.write_whole, []

    def full(path, text):
        if len(wrote) == 5:
            raise OSError("No space left on device")
        wrote.append(path)
        real(path, text)

    monkeypatch.setattr(folder, "write_whole", full)
    with pytest.raises(OSError, match="No space"):
        folder.write(made)
    assert len(wrote) == 5 and not any(path.exists() for path in made)


def test_the_mapping_to_begin_with_names_the_study_and_its_places(files):
    listed = yaml.safe_load(folder.mapping(declared("squares", Asking(dict(files)))))
    assert listed["study"] == "squares" and listed["kind"] == "confidential"


# --- The command ---------------------------------------------------------------------------------------------------


def flags(files: dict[str, str]) -> list[str]:
    return [word for name, text in files.items() for word in (f"--{name}", text)]


@pytest.mark.slow
def test_the_command_writes_a_study_that_the_assessment_then_knows(files, tmp_path):
    project = small_project(tmp_path)
    dry = run_analysis("new-study", "squares", *flags(files), "--dry-run", project=project)
    assert dry.returncode == 0, dry.stderr
    assert "would be written: data/raw/squares/catalog.yml" in dry.stdout
    assert not (project / "data/raw/squares").exists() and not (project / "data/processed").exists()

    sheet = Path(files["counts"]).read_text()
    written(tmp_path / "counts.csv", sheet.replace("Ahafo,1,", "Ahafo,1O,"))
    ended = run_analysis("new-study", "squares", *flags(files), project=project)
    assert ended.returncode == 2 and "Traceback" not in ended.stderr
    assert "counts.csv, row 2, column '2019': '1O' is no count" in ended.stderr
    assert not (project / "data/raw/squares").exists()

    written(tmp_path / "counts.csv", sheet)
    patients = written(tmp_path / "police.csv", "No,Sex,Age\n1,F,14\n2,M,15\n")
    made = run_analysis("new-study", "squares", *flags(files), "--list", str(patients), project=project)
    assert made.returncode == 0, made.stderr
    assert "7 counts, 2019 to 2020" in made.stdout and 'area = "GH-AA"' in made.stdout
    assert (project / "data/processed/squares/areas_preview.png").read_bytes().startswith(b"\x89PNG")
    assert "study: squares\n" in (project / "data/raw/squares/police.mapping.yml.draft").read_text()

    again = run_analysis("new-study", "squares", *flags(files), project=project)
    assert again.returncode == 2 and "--again" in again.stderr

    # A study that the report tells of has a chapter, and whoever wants one is led to it.
    told = run_analysis("new-study", "squares", *flags(files), "--again", "--in-report", "True", project=project)
    assert told.returncode == 0 and "write pledge/chapters/en/squares.md" in told.stdout
    advice = run_analysis("recommendations", project=project)
    assert advice.returncode == 2 and "pledge/chapters/en/squares.md is not there" in advice.stderr
    written(project / "pledge/chapters/en/squares.md", "What is known.\n")
    # With its chapter it lacks nothing but findings, as the other studies of this project do.
    advice = run_analysis("recommendations", project=project)
    assert advice.returncode == 2 and "have not been collected" in advice.stderr


@pytest.mark.slow
def test_the_tables_of_a_public_study_are_shared_by_name_alone_and_lists_beside_them_are_not(files, tmp_path):
    project = small_project(tmp_path)
    shutil.copy(catalog.ROOT / ".gitignore", project)
    assert run_analysis("new-study", "squares", *flags(files), project=project).returncode == 0
    shared = [path.relative_to(project).as_posix() for path in sorted((project / "data/raw/squares").iterdir())]
    written(project / "data/raw/squares/list.csv", "No;Form\n1;x\n")
    kept = ["data/raw/squares/list.csv", "data/raw/squares/cases.mapping.yml.draft"]
    shared.remove(kept[1])

    def git(*arguments: str) -> list[str]:
        ended = subprocess.run(["git", *arguments], cwd=project, check=True, capture_output=True, text=True)
        return ended.stdout.splitlines()

    git("init", "-q")
    git("add", ".")
    assert git("ls-files", "data/raw/squares") == [] != git("ls-files", "data/raw/evidence")
    git("add", "-f", *shared, *kept)
    hook = [sys.executable, "-m", "analysis.release.commit_hook", *git("ls-files", "data/raw/squares")]
    ended = subprocess.run(hook, cwd=project, env=environment_of(project), capture_output=True, text=True)
    assert ended.returncode == 1 and {line.split(": ")[0] for line in ended.stderr.splitlines()} == {
        f"{path} is not committed" for path in kept
    }
    assert {"data/raw/squares/catalog.yml", "data/raw/squares/areas.csv"} < set(shared)


# --- The tutorial's data -------------------------------------------------------------------------------------------

GHANA = catalog.ROOT / "docs/tutorial/ghana"


def test_the_tutorials_boundaries_are_the_sixteen_regions_without_gaps():
    found = shapes.read(GHANA / "regions.geojson", "regions", "shapeISO", "shapeName")
    named = area_names.by_iso(list(found.table["key"]), list(found.table["name"]), "GHA")
    assert len(named) == 16 == area_names.iso_count("GHA")
    assert not found.remarks and found.table.geometry.is_valid.all()
    assert shapely.coverage_is_valid(found.table.geometry.to_numpy())
    whole = found.table.geometry.union_all()
    assert whole.geom_type == "Polygon" and not whole.interiors
    assert (GHANA / "regions.geojson").stat().st_size < 120_000
    # 238,533 square kilometres: CIA World Factbook, total area.
    drawn = found.table.to_crs(shapes.projection(found.table)).area.sum() / 1e6
    assert drawn == pytest.approx(238_533, rel=0.002)


def test_the_tutorials_inhabitants_add_up_to_the_census():
    table = pd.read_csv(GHANA / "population.csv")
    assert table["Population"].sum() == 30_832_019  # as printed for all regions
    assert set(table["Date"]) == {"2021-06-27"}


def test_the_tutorials_counts_are_drawn_as_it_says(tmp_path, monkeypatch):
    code = (GHANA / "README.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    (tmp_path / "docs/tutorial").mkdir(parents=True)
    (tmp_path / "docs/tutorial/ghana").mkdir()
    (tmp_path / "docs/tutorial/ghana/population.csv").write_bytes((GHANA / "population.csv").read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    drawn = (tmp_path / "docs/tutorial/ghana/counts_SYNTHETIC.csv").read_bytes()
    assert drawn == (GHANA / "counts_SYNTHETIC.csv").read_bytes()


def test_the_tutorials_boundaries_are_geojson_with_longitudes_first():
    first = json.loads((GHANA / "regions.geojson").read_text())["features"][0]["geometry"]["coordinates"]
    west, south = shapely.from_geojson(json.dumps({"type": "Polygon", "coordinates": first})).bounds[:2]
    assert -3.3 < west < 1.3 and 4.7 < south < 11.2
