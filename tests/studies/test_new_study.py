"""A new study: what of files as received is understood, what is refused and where, and that it is written whole."""

import csv
import hashlib
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
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
from analysis.studies import folder, received
from analysis.studies.received import LISTED, StudyError, declared, figures, read

NAMES = ["Ahafo", "Ashanti", "Bono", "Greater Accra"]
CODES = ["GH-AF", "GH-AH", "GH-BO", "GH-AA"]
AREAS = pd.DataFrame(
    {
        "area_id": CODES,
        "name": NAMES,
        "name_local": [f"{name} Region" for name in NAMES],
        "key": CODES,
    }
).sort_values("area_id", ignore_index=True)


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
Region;2019;Code;2020
Ahafo;0;1;
Ashanti Region;1,204;2;n/a
GH-BO;<5;3;at least 7
Total;1204;;
* provisional;;;
"""


def test_none_and_not_known_and_below_five_are_three_things(tmp_path):
    received = figures(written(tmp_path / "wide.csv", WIDE), AREAS)
    assert not received.faults
    assert as_read(received) == {
        ("GH-AF", "2019"): ("0", 0, 0, "exact"),
        ("GH-AH", "2019"): ("1204", 1204, 1204, "exact"),
        ("GH-BO", "2019"): ("<5", 0, 4, "below_5"),
        ("GH-BO", "2020"): ("7", 7, None, "at_least"),
    }
    assert received.unknown == (("GH-AF", "2020"), ("GH-AH", "2020"))


def test_what_is_left_out_of_a_table_is_said(tmp_path):
    remarks = "\n".join(figures(written(tmp_path / "wide.csv", WIDE), AREAS).remarks)
    assert "the column 'Code' is not read" in remarks
    assert "row 5: 'Total' is not read" in remarks
    assert "row 6: '* provisional' is not read" in remarks


def test_a_long_table_is_read_as_a_wide_one(tmp_path):
    rows = ["Ahafo,2019,0", "Ashanti,2019,1204", "Bono,2019,<5", "Bono,2020,7+", "Ahafo,2020,", "Ashanti,2020,n/a"]
    long = "\n".join(["Region,Year,Count", *rows, ""])
    wide = figures(written(tmp_path / "wide.csv", WIDE), AREAS)
    received = figures(written(tmp_path / "long.csv", long), AREAS)
    assert as_read(received) == as_read(wide)
    assert received.unknown == wide.unknown


def test_excel_is_read_as_csv(tmp_path):
    rows = list(csv.reader(io.StringIO(WIDE), delimiter=";"))
    with xlsxwriter.Workbook(tmp_path / "wide.xlsx") as workbook:
        sheet = workbook.add_worksheet("Figures")
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                sheet.write(row, column, int(cell) if cell.isdigit() else cell)
    received = figures(tmp_path / "wide.xlsx", AREAS)
    assert as_read(received) == as_read(figures(written(tmp_path / "wide.csv", WIDE), AREAS))


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
def test_a_cell_that_is_not_understood_is_named_with_file_row_and_column(tmp_path, cell, said):
    path = written(tmp_path / "counts.csv", f'Region,2019,2020\nAhafo,1,2\nBono,3,"{cell}"\n')
    (fault,) = figures(path, AREAS).faults
    assert fault.startswith(f"{path}, row 3, column '2020': '{cell}' ")
    assert said in fault


def test_a_census_knows_no_below_five(tmp_path):
    path = written(tmp_path / "people.csv", "Region,Population\nAhafo,<5\n")
    (fault,) = figures(path, AREAS, date="2021-06-27", bounds=False).faults
    assert "row 2, column 'Population': '<5' is no count" in fault


def test_an_area_that_the_study_does_not_have_is_named_with_the_nearest(tmp_path):
    path = written(tmp_path / "counts.csv", "Region,2019\nAhafoo,1\nBono,2\n")
    (fault,) = figures(path, AREAS).faults
    assert fault == f"{path}, row 2, column 'Region': 'Ahafoo' is no area of the study. The nearest are Ahafo."


def test_figures_without_an_area_are_a_fault(tmp_path):
    (fault,) = figures(written(tmp_path / "counts.csv", "Region,2019\nBono,2\n,5\n"), AREAS).faults
    assert "row 3, column 'Region': '' is no area" in fault


def test_one_area_and_year_twice_is_a_fault(tmp_path):
    path = written(tmp_path / "counts.csv", "Region,2019\nBono,2\nBono Region,3\n")
    (fault,) = figures(path, AREAS).faults
    assert "row 3, column '2019': Bono Region in 2019 stands in row 2 already" in fault


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Region,Count\nBono,2\n", ("no_table_head",)),
        ("Region,2019,2019\nBono,2,3\n", ("no_table_head", "each year once")),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path, text, said):
    with refused(StudyError, *said):
        figures(written(tmp_path / "counts.csv", text), AREAS)


def test_a_year_that_is_none_is_named(tmp_path):
    path = written(tmp_path / "long.csv", "Region,Year,Count\nBono,2019,2\nBono,2019/20,3\n")
    (fault,) = figures(path, AREAS).faults
    assert "row 3: '2019/20' is no year and no day" in fault


def test_a_file_of_another_computer_is_read(tmp_path):
    names = ["Thiès", "Kédougou"]
    listed = pd.DataFrame({"area_id": ["SN-TH", "SN-KE"], "name": names, "name_local": names, "key": ["1", "2"]})
    path = written(tmp_path / "cp1252.csv", "Région;2020\nThiès;4\nKédougou;1\n", "cp1252")
    assert as_read(figures(path, listed)) == {
        ("SN-TH", "2020"): ("4", 4, 4, "exact"),
        ("SN-KE", "2020"): ("1", 1, 1, "exact"),
    }


COUNTS = st.one_of(st.none(), st.just("<5"), st.integers(0, 10**7))


@pytest.mark.slow
@given(st.lists(st.lists(COUNTS, min_size=4, max_size=4), min_size=1, max_size=6))
def test_every_table_of_counts_comes_back_as_it_was(tmp_path_factory, table):
    years = [str(2010 + year) for year in range(len(table))]
    lines = [["Region", *years], *([name, *(row[place] for row in table)] for place, name in enumerate(NAMES))]
    path = tmp_path_factory.mktemp("counts") / "counts.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    received = figures(path, AREAS)
    expected = {
        (code, year): str(row[place])
        for year, row in zip(years, table, strict=True)
        for place, code in enumerate(CODES)
        if row[place] is not None
    }
    assert not received.faults
    assert {key: figure[0] for key, figure in as_read(received).items()} == expected
    assert len(received.unknown) + len(expected) == 4 * len(table)


# --- Shapes --------------------------------------------------------------------------------------------------------


def boundaries(path: Path, geometry: list, names: list[str] = NAMES, codes: list[str] = CODES, crs: int = 4326) -> Path:
    table = {"code": codes[: len(geometry)], "name": names[: len(geometry)]}
    gpd.GeoDataFrame(table, geometry=geometry, crs=4326).to_crs(crs).to_file(path)
    return path


SQUARES = [box(-2, 6, -1, 7), box(-1, 6, 0, 7), box(-2, 7, -1, 8), box(-1, 7, 0, 8)]


def of(*codes: str) -> pd.DataFrame:
    """The areas with these ids, in the order of the file."""
    return AREAS.set_index("area_id", drop=False).loc[list(codes)].reset_index(drop=True)


def test_shapes_in_other_coordinates_lie_where_they_did(tmp_path):
    path = boundaries(tmp_path / "areas.gpkg", SQUARES, crs=32630)
    found, _ = received.shapes(path, "code", AREAS)
    squares = gpd.GeoSeries(SQUARES, index=CODES)
    assert found.crs.to_epsg() == 4326 and found["area_id"].tolist() == AREAS["area_id"].tolist()
    pairs = zip(found["area_id"], found.geometry, strict=True)
    assert all(shape.equals_exact(squares[key], 1e-6) for key, shape in pairs)


@pytest.mark.parametrize(
    ("geometry", "codes", "said"),
    [
        ([*SQUARES[:3], LineString([(0, 6), (1, 7)])], CODES, ("faulty_input", "'GH-AA' is no polygon")),
        (SQUARES, ["GH-AF", "GH-BO", "GH-BO", "GH-AA"], ("faulty_input", "two shapes have the key 'GH-BO'", "'GH-AH'")),
        (SQUARES, ["GH-AF", "GH-AH", "GH-BO", "GH-XX"], ("faulty_input", "'GH-AA'", "'GH-XX' is of no area")),
        (SQUARES, [*CODES[:3], ""], ("faulty_input", "no shape has the key 'GH-AA'")),
    ],
)
def test_an_area_without_one_shape_of_its_own_is_named(tmp_path, geometry, codes, said):
    path = boundaries(tmp_path / "areas.geojson", geometry, codes=codes)
    with refused(StudyError, *said):
        received.shapes(path, "code", AREAS)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_boundaries_that_do_not_say_where_they_are_are_refused(tmp_path):
    gpd.GeoDataFrame({"code": ["GH-AF"]}, geometry=[SQUARES[0]]).to_file(tmp_path / "areas.shp")
    with refused(StudyError, "missing_crs"):
        received.shapes(tmp_path / "areas.shp", "code", AREAS)


def test_an_outline_that_crosses_itself_is_mended_and_said(tmp_path):
    bow = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])  # two triangles of a quarter each
    found, remarks = received.shapes(boundaries(tmp_path / "areas.gpkg", [bow]), "code", of("GH-AF"))
    assert found.geometry.is_valid.all() and set(found.geom_type) <= {"Polygon", "MultiPolygon"}
    assert found.geometry.iloc[0].area == pytest.approx(0.5)
    assert remarks == ["The outline of Ahafo crosses itself and was fixed."]


def test_outlines_of_many_points_are_simplified_without_gaps(tmp_path):
    # A wavy line parts two areas; each of its points belongs to both.
    wave = [(0.05 * (step % 2), 6 + step / 10_000) for step in range(10_001)]
    west, east = Polygon([(-1, 7), (-1, 6), *wave]), Polygon([(1, 6), (1, 7), *wave[::-1]])
    found, remarks = received.shapes(boundaries(tmp_path / "areas.gpkg", [west, east]), "code", of("GH-AF", "GH-AH"))
    drawn = found.geometry.to_numpy()
    assert shapely.get_num_coordinates(drawn).sum() <= received.POINTS
    assert shapely.coverage_is_valid(drawn)
    assert shapely.union_all(drawn).area == pytest.approx(2, rel=0.001)
    assert "points instead of 20,0" in remarks[0]


def test_maps_are_drawn_in_equal_areas_about_the_middle():
    table = gpd.GeoDataFrame(geometry=SQUARES, crs=4326)
    assert received.projection(table) == "+proj=laea +lat_0=7 +lon_0=-1"
    # Against the area on the ellipsoid, computed another way (Karney 2013, by pyproj.Geod).
    drawn = table.to_crs(received.projection(table)).area
    true = [abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(square.segmentize(0.01))[0]) for square in SQUARES]
    assert drawn.tolist() == pytest.approx(true, rel=1e-3)


def test_areas_around_the_world_are_refused():
    with refused(StudyError, "extent_too_wide"):
        received.projection(gpd.GeoDataFrame(geometry=[box(-179, 0, -178, 1), box(178, 0, 179, 1)], crs=4326))


# --- A study as a whole --------------------------------------------------------------------------------------------

SOURCES = [
    ("T_SHAPES", "Squares", "A test", "", "original", "2020", "", "CC0", "", "", ""),
    ("T_COUNTS", "Counts", "A test", "", "original", "2020", "", "CC0", "", "", ""),
    ("T_PEOPLE", "People", "A test", "A census", "quotation", "2021", "https://example.org/people", "CC0", "", "", ""),
]


SOURCE_COLUMNS = (
    "source_id", "title", "publisher", "original_publisher", "read_as", "year", "url", "licence", "report", "area_id",
    "report_year",
)  # fmt: skip
SAID = {
    "study": "squares",
    "title": "Squares: four regions",
    "iso3": "GHA",
    "level": "region",
    "date": "2026-01-31",
    "boundaries": "areas.gpkg",
    "key": "code",
    "boundaries-source": "T_SHAPES",
    "counts": "counts.csv",
    "kind": "public",
    "counts-source": "T_COUNTS",
    "population": "people.csv",
    "population-source": "T_PEOPLE",
}


@pytest.fixture
def files(tmp_path) -> Path:
    """The folder of a small study, `squares`, of four regions."""
    place = tmp_path / "received"
    place.mkdir()
    boundaries(place / "areas.gpkg", SQUARES)
    rows = "".join(f"{code},{name}\n" for code, name in zip(CODES, NAMES, strict=True))
    written(place / "areas.csv", f"area_id,name\n{rows}")
    written(place / "counts.csv", "Region,2019,2020\nAhafo,1,2\nAshanti,30,\nBono,<5,4\nGreater Accra,8,9\n")
    written(place / "people.csv", "Region,2021\nAhafo,100\nAshanti,200\nBono,300\nGreater Accra,400\n")
    with open(place / "sources.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([SOURCE_COLUMNS, *SOURCES])
    declare(place)
    return place


def declare(place: Path, **more: object) -> Path:
    """Write study.yml as it was, with some fields as they are given; None: without one."""
    said = SAID | {name.replace("_", "-"): text for name, text in more.items()}
    text = yaml.safe_dump({name: text for name, text in said.items() if text is not None})
    written(place / "study.yml", text)
    return place


def content(place: Path, again: bool = False) -> dict[str, bytes]:
    return {path.name: text for path, text in folder.content(read(place), again).items()}


@pytest.mark.slow
def test_a_study_is_the_same_bytes_each_time_and_its_catalogue_comes_last(files):
    made = content(files)
    assert made == content(files)
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
    table = pd.read_csv(io.BytesIO(content(files)["counts.csv"]), dtype=str, keep_default_na=False)
    of_bono = table[table["area_id"] == "GH-BO"].set_index("date")
    assert of_bono.loc["2019", ["value", "low", "high", "value_qualifier"]].tolist() == ["<5", "0", "4", "below_5"]
    assert of_bono.loc["2020", ["value", "low", "high", "value_qualifier"]].tolist() == ["4", "4", "4", "exact"]
    # What is not known has no row, and is said.
    assert table[table["area_id"] == "GH-AH"]["date"].tolist() == ["2019"]
    assert "  not known: Ashanti (2020)" in folder.understood(read(files))


def test_the_report_tells_of_a_study_only_if_it_is_asked_to(files):
    said = [content(declare(files, **more))["study.csv"].decode() for more in ({}, {"in_report": True})]
    assert [text.strip().rpartition(",")[2] for text in said] == ["False", "True"]
    assert "pledge/chapters/en/squares.md" in folder.next_steps(read(files))
    with refused(StudyError, "faulty_input", "'in-report'"):
        content(declare(files, in_report="perhaps"))


def test_synthetic_counts_say_so_wherever_they_stand(files):
    made = content(declare(files, kind="synthetic"))
    assert "counts.csv" not in made
    assert made["counts_SYNTHETIC.csv"].decode().count("SYNTHETIC") == 7
    entry = yaml.safe_load(made["catalog.yml"])["squares_counts"]
    assert entry["kind"] == "synthetic" and "(SYNTHETIC)" in entry["title"] and "Synthetic" in entry["cautions"][0]


def test_a_file_that_says_synthetic_is_never_taken_for_published(files):
    (files / "counts.csv").rename(files / "counts_SYNTHETIC.csv")
    with refused(StudyError, "faulty_input", "'kind'"):
        content(declare(files, counts="counts_SYNTHETIC.csv"))


def test_nothing_of_the_folder_enters_version_control_by_itself(files):
    assert content(files)[".gitignore"].decode().splitlines()[-1] == "*"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"iso3": None, "level": "", "population": None},
            ("'iso3' is missing", "'level' is missing", "'population' is"),
        ),
        ({"iso3": "ATL"}, ("'iso3' must be a country",)),
        ({"colour": "red"}, ("'colour' is no field",)),
        ({"kind": "secret"}, ("'kind' must be one of public, synthetic",)),
        ({"counts_source": "T_NOTHING"}, ("no source 'T_NOTHING'",)),
    ],
)
def test_what_study_yml_lacks_is_named_at_once(files, more, said):
    with refused(StudyError, "faulty_input", *said):
        read(declare(files, **more))


def rehearsed(files: Path, **more: object) -> Path:
    """The study of four squares in a country that does not exist."""
    rows = "".join(
        f"XVR-{number},{name},{code}\n" for number, (code, name) in enumerate(zip(CODES, NAMES, strict=True))
    )
    written(files / "areas.csv", f"area_id,name,key\n{rows}")
    return declare(files, iso3="XVR", kind="synthetic", **more)


@pytest.mark.slow
def test_a_country_that_does_not_exist_is_rehearsed_and_every_page_says_so(files):
    made = content(rehearsed(files))
    (row,) = csv.DictReader(made["study.csv"].decode().splitlines())
    assert row["iso3"] == "XVR"
    assert row["name"] == "Squares (a rehearsal, of no real country)"
    assert row["title"] == "Squares (a rehearsal, of no real country): four regions"
    assert {row["iso3"] for row in csv.DictReader(made["areas.csv"].decode().splitlines())} == {"XVR"}
    listed = yaml.safe_load(made["catalog.yml"])
    for part in ("areas", "boundaries", "counts", "population"):
        assert "No real country" in listed[f"squares_{part}"]["cautions"][0]
    assert listed["squares_counts"]["kind"] == "synthetic"


def test_what_a_rehearsal_cannot_be_is_refused(files):
    with refused(StudyError, "faulty_input", "'kind' must be synthetic, as XVR is no real country"):
        read(declare(rehearsed(files), iso3="XVR"))
    written(files / "areas.csv", "area_id,name\nGH-AF,Ahafo\n")
    with refused(StudyError, "faulty_input", "'GH-AF' must begin with XVR-."):
        read(declare(files, iso3="XVR", kind="synthetic"))


@pytest.mark.parametrize(
    ("code", "is_of_users"),
    # The glossary of ISO 3166: AAA to AAZ, QMA to QZZ, XAA to XZZ, ZZA to ZZZ.
    [("AAA", True), ("AAZ", True), ("ABA", False), ("QLZ", False), ("QMA", True), ("QZZ", True), ("XAA", True),
     ("XZZ", True), ("ZYZ", False), ("ZZA", True), ("ATL", False)],
)  # fmt: skip
def test_codes_of_a_rehearsal_are_those_that_iso_leaves_to_users(files, code, is_of_users):
    written(files / "areas.csv", f"area_id,name,key\n{code}-1,Ahafo,{CODES[0]}\n")
    if is_of_users:
        assert declared(declare(files, iso3=code, kind="synthetic") / "study.yml")["iso3"] == code
    else:
        with refused(StudyError, "faulty_input", "'iso3' must be a country", "XAA to XZZ"):
            read(declare(files, iso3=code, kind="synthetic"))


@pytest.mark.parametrize("text", ["- iso3\n", "iso3: [\n", "\n"])
def test_a_study_yml_that_is_none_is_refused(files, text):
    written(files / "study.yml", text)
    with refused(StudyError, "not_a_mapping"):
        read(files)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("GH-AF,Ahafo", "GH-AF,Bono", ("GH-AF is called 'Bono', which in ISO 3166-2 is GH-BO",)),
        ("GH-AF,Ahafo", "SN-AF,Ahafo", ("'SN-AF' must begin with GH- or GHA-",)),
        ("GH-AF,Ahafo", "GH-BO,Ahafo", ("'GH-BO' stands for two areas",)),
        ("GH-AF,Ahafo", "GH-AF,ASHANTI", ("stands for two areas",)),
    ],
)
def test_an_id_that_is_another_areas_is_refused(files, before, after, said):
    written(files / "areas.csv", (files / "areas.csv").read_text().replace(before, after))
    with refused(StudyError, "faulty_input", *said):
        read(files)


def test_more_detected_than_live_there_is_refused(files):
    written(files / "counts.csv", "Region,2019\nAhafo,101\nBono,300\n")
    with refused(StudyError, "faulty_input", "101", "2019", "100") as error:
        content(files)
    assert "Bono" not in str(error.value)


def test_an_area_without_inhabitants_is_refused(files):
    written(files / "people.csv", "Region,2021\nAhafo,100\nAshanti,n/a\nBono,300\n")
    with pytest.raises(StudyError) as error:
        content(files)
    assert [line.split(": ")[1].split(" has")[0] for line in str(error.value).splitlines()] == [
        "Greater Accra",
        "Ashanti",
    ]


def test_faults_of_all_tables_are_said_together_and_long_lists_are_cut(files):
    years = range(1990, 2020)
    row = ",".join(["x"] * len(years))
    written(files / "counts.csv", f"Region,{','.join(map(str, years))}\nAhafo,{row}\n")
    with pytest.raises(StudyError) as error:
        read(files)
    lines = str(error.value).splitlines()
    assert len(lines) == LISTED + 1
    assert lines[-1] == f"and {30 + 1 - LISTED} more"  # 30 cells, and that no figure is known


@pytest.mark.parametrize("study", ["Ghana", "g", "../x", "evidence", "turkiye", "a" * 21])
def test_a_name_that_is_taken_or_none_is_refused(files, study):
    with refused(StudyError, "faulty_input", "'study' must be"):
        read(declare(files, study=study))


def test_areas_that_iso_does_not_have_get_ids_of_the_projects_own(files):
    text = (files / "areas.csv").read_text().replace("GH-AA,Greater Accra", "GHA-ACCRACITY,Accra City,GH-AA")
    written(files / "areas.csv", text.replace("area_id,name", "area_id,name,key"))
    for table in ("counts.csv", "people.csv"):
        written(files / table, (files / table).read_text().replace("Greater Accra", "accra city"))
    areas_csv = content(declare(files, level="district"))["areas.csv"].decode()
    assert "GHA-ACCRACITY,squares,Accra City,Accra City,district,GHA,GHA" in areas_csv


def test_a_source_of_the_assessment_is_not_declared_again(files):
    written(files / "sources.csv", (files / "sources.csv").read_text().replace("T_PEOPLE", "WBPOP"))
    with refused(StudyError, "faulty_input", "'WBPOP'"):
        content(declare(files, population_source="WBPOP"))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("Squares", "=HYPERLINK(1)", ("faulty_input", "row 2", "column 'title'")),
        ("quotation", "hearsay", ("faulty_input", "row 4", "column 'read_as'", "'hearsay'")),
        ("T_COUNTS", "T_PEOPLE", ("faulty_input", "row 3", "column 'source_id'", "'T_PEOPLE'")),
        ("CC0", "", ("faulty_input", "row 2", "column 'licence'")),
    ],
)
def test_a_bibliography_that_breaks_its_rules_is_refused(files, before, after, said):
    written(files / "sources.csv", (files / "sources.csv").read_text().replace(before, after, 1))
    with refused(StudyError, *said):
        content(declare(files, counts_source="T_PEOPLE"))


def test_what_is_there_is_not_overwritten_and_accepted_lists_stay_listed(files, tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "RAW", tmp_path / "raw")
    monkeypatch.setattr(folder, "PROCESSED", tmp_path / "processed")
    study = read(files)
    first = folder.content(study, again=False)
    folder.write(first)
    assert all(path.read_bytes() == text for path, text in first.items())
    with refused(StudyError, "already_exists"):
        folder.content(study, again=False)
    listed = tmp_path / "raw/squares/catalog.yml"
    listed.write_text(listed.read_text() + "squares_police: {file: police.csv, kind: confidential}\n")
    second = folder.content(study, again=True)
    assert yaml.safe_load(second[listed])["squares_police"] == {"file": "police.csv", "kind": "confidential"}


def test_a_disk_that_fills_leaves_no_half_of_a_study(files, tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "RAW", tmp_path / "raw")
    monkeypatch.setattr(folder, "PROCESSED", tmp_path / "processed")
    made = folder.content(read(files), again=False)
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


# --- The command ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_writes_a_study_that_the_assessment_then_knows(files, tmp_path):
    project = small_project(tmp_path)
    dry = run_analysis("check", str(files), project=project)
    assert dry.returncode == 0, dry.stderr
    assert "would be written: data/raw/squares/catalog.yml" in dry.stdout
    assert not (project / "data/raw/squares").exists() and not (project / "data/processed").exists()

    sheet = (files / "counts.csv").read_text()
    written(files / "counts.csv", sheet.replace("Ahafo,1,", "Ahafo,1O,"))
    ended = run_analysis("check", str(files), "--accept", project=project)
    assert ended.returncode == 2 and "Traceback" not in ended.stderr
    assert "counts.csv, row 2, column '2019': '1O' is no count" in ended.stderr
    assert not (project / "data/raw/squares").exists()

    written(files / "counts.csv", sheet)
    made = run_analysis("check", str(files), "--accept", project=project)
    assert made.returncode == 0, made.stderr
    assert "7 counts, 2019 to 2020" in made.stdout and 'area = "GH-AA"' in made.stdout
    assert (project / "data/processed/squares/areas_preview.png").read_bytes().startswith(b"\x89PNG")
    assert "GH-BO" in run_analysis("status", "--areas", project=project).stdout

    again = run_analysis("check", str(files), "--accept", project=project)
    assert again.returncode == 2 and "--again" in again.stderr

    # A study that the report tells of has a chapter, and whoever wants one is led to it.
    told = run_analysis("check", str(declare(files, in_report=True)), "--accept", "--again", project=project)
    assert told.returncode == 0 and "write pledge/chapters/en/squares.md" in told.stdout
    advice = run_analysis("findings", "--recommendations", project=project)
    assert advice.returncode == 2 and "pledge/chapters/en/squares.md is not there" in advice.stderr
    written(project / "pledge/chapters/en/squares.md", "What is known.\n")
    # With its chapter it lacks nothing but findings, as the other studies of this project do.
    advice = run_analysis("findings", "--recommendations", project=project)
    assert advice.returncode == 2 and "have not been collected" in advice.stderr


@pytest.mark.slow
def test_the_tables_of_a_public_study_are_shared_by_name_alone_and_lists_beside_them_are_not(files, tmp_path):
    project = small_project(tmp_path)
    shutil.copy(catalog.ROOT / ".gitignore", project)
    assert run_analysis("check", str(files), "--accept", project=project).returncode == 0
    shared = [path.relative_to(project).as_posix() for path in sorted((project / "data/raw/squares").iterdir())]
    written(project / "data/raw/squares/list.csv", "No;Form\n1;x\n")
    kept = ["data/raw/squares/list.csv"]

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


def test_the_tutorials_boundaries_are_the_sixteen_regions_without_gaps(tmp_path):
    shutil.copytree(GHANA, tmp_path / "ghana")
    sheet = tmp_path / "ghana/counts_SYNTHETIC.csv"
    written(sheet, sheet.read_text().replace(",1O,", ",10,"))
    study = read(tmp_path / "ghana")
    # ISO 3166-2:GH has had 16 regions since 22 November 2019.
    assert len(study.areas) == 16 and not study.remarks
    found = study.shapes
    assert found.geometry.is_valid.all() and shapely.coverage_is_valid(found.geometry.to_numpy())
    whole = found.geometry.union_all()
    assert whole.geom_type == "Polygon" and not whole.interiors
    assert (GHANA / "regions.geojson").stat().st_size < 120_000
    # 238,533 square kilometres: CIA World Factbook, total area.
    drawn = found.to_crs(study.projection).area.sum() / 1e6
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
