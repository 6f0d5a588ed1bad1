"""Tables with one row a person are told from tables of counts, whoever wrote them and in whatever form."""

import io
import json
import subprocess

import pandas as pd
import pytest
from projects import ROOT

from analysis.cases.htcds import FIELDS
from analysis.explorer.records import FILTERS
from analysis.release.person_rows import are_in

PERSONS = pd.DataFrame(
    {
        "area": ["TR-27", "TR-79", "TR-27"],
        "year": [2020, 2021, 2021],
        "sex": ["female", "male", "female"],
        "age_group": ["12-14", "15-17", "child, age not known"],
        "form": ["Child labour", "Begging", "Child labour; Begging"],
        "nationality": ["Syria", "Türkiye", "not stated"],
    }
)
COUNTS = PERSONS.assign(count=[12, 30, 45])
# Where a form says whose column it is, where it is an object in an object, and where columns are objects.
NESTED = [{"person": {"sex": "f", "age": 14}, "seen": {"date": "2021-03-04", "at": "Kilis"}, "ids": []}]


def written(table: pd.DataFrame) -> dict[str, bytes]:
    """A table in the forms in which it might be committed: name of a file -> content."""
    texts = {f"x.{ending}": table.to_csv(sep=sign, index=False) for ending, sign in
             (("csv", ","), ("tsv", "\t"), ("txt", ";"), ("dat", "|"), ("CSV", ";"))}  # fmt: skip
    texts |= {"commented.csv": "# Made by hand\n\nA title\n" + texts["x.csv"]}
    texts |= {f"{orient}.json": table.to_json(orient=orient) for orient in ("records", "columns", "index", "split")}
    texts |= {"lines.jsonl": table.to_json(orient="records", lines=True), "table.json": table.to_json(orient="table")}
    texts["lists.json"] = json.dumps(table.to_dict("list"))
    texts["rows.json"] = json.dumps([list(table), *table.to_numpy().tolist()])
    texts["within.json"] = json.dumps({"title": "A", "found": {"all": table.to_dict("records")}})
    features = [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": row}
                for row in table.to_dict("records")]  # fmt: skip
    texts["map.geojson"] = json.dumps({"type": "FeatureCollection", "features": features})
    sink = io.BytesIO()
    table.to_parquet(sink)
    packed = {"utf16.csv": texts["x.csv"].encode("utf-16"), "bom.csv": texts["x.csv"].encode("utf-8-sig")}
    return {name: text.encode() for name, text in texts.items()} | packed | {"x.parquet": sink.getvalue()}


@pytest.mark.parametrize("name", written(PERSONS))
def test_one_row_a_person_is_found_in_every_form_and_counts_are_not_taken_for_it(name):
    assert are_in(name, written(PERSONS)[name])
    assert not are_in(name, written(COUNTS)[name])
    assert are_in(name, written(PERSONS.head(1))[name])


HEADERS = [
    "area_id,sex,nationality,exploitation",
    "date_low,date_high,sex,age_low,age_high,exploited_age_low",
    "Cinsiyet;Yaş;Uyruk;Tespit Tarihi",
    "Sexo;Idade;Nacionalidade;Ilha",
    "Sexe;Âge;Nationalité",
    "prs_Gender,prs_Birthdate,prs_Citizenship",
    "Tespit Tarihi,Doğum Tarihi,İl",
    "child/sex,child/age,visit/area_id",
    "No,Ad,Soyad,Doğum",
    # Columns that tell nothing by their names, or have none.
    "a,sex,b,age,c,nationality",
    ",".join(FILTERS),
    ",".join(FIELDS),
]


@pytest.mark.parametrize("header", HEADERS)
def test_columns_are_known_by_the_names_that_lists_and_the_explorer_give_them(header):
    sign = ";" if ";" in header else ","
    rows = [
        sign.join(str(row + column % 7 + row) for column, _ in enumerate(header.split(sign))) for row in range(1, 4)
    ]
    assert are_in("x.csv", "\n".join([header, *rows]).encode())
    # A header without rows tells nothing of anybody.
    assert not are_in("x.csv", header.encode())


@pytest.mark.parametrize(
    "text",
    [
        "2021-03-04,female,Kilis,ForcedLabour\n2021-03-05,male,Kilis,ForcedBegging\n",
        "x,y,z\n04.03.2021,K,Zorla çalıştırma\n05.03.2021,E,Dilendirme\n",
        json.dumps([["2021-03-04", "f", "ForcedLabour;ChildLabour"], ["2021-03-05", "m", ""]]),
        json.dumps(NESTED),
        json.dumps({"sex": "female", "age": 14, "nationality": "SYR"}),
        # What counts one each counts nobody, and a number of a row is none of persons.
        "sex,age,nationality,count\nf,12,SYR,1\nm,14,IRQ,1\n",
        "area_id,year,sex\nTR-27,2020,f\nTR-79,2020,f\nTR-27,2020,f\n",
        "n,sex,age,nationality\n1,f,12,SYR\n2,m,14,IRQ\n3,m,14,IRQ\n",
    ],
)
def test_persons_without_a_header_within_objects_or_counted_one_by_one_are_found(text):
    assert are_in("x.json" if text[0] in "[{" else "x.csv", text.encode())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", "sex,age,nationality,persons\nf,12,SYR,suppressed\nm,14,IRQ,12\n"),
        ("x.csv", "sex,age,nationality,2019,2020\nf,12,SYR,12,30\nm,14,IRQ,14,0\n"),
        ("x.csv", "sex,age,nationality,Detected victims\nf,12,SYR,12\nm,14,IRQ,14\n"),
        ("x.csv", "area_id,year,sex\nTR-27,2020,f\n"),
        ("x.csv", "name,status,country,date\nA law,in force,Senegal,2020-01-31\n"),
        ("x.csv", "term,sex,age,nationality,model\nlogit,-0.31,0.02,1.7,1\n"),
        ("x.csv", ""),
        ("x.csv", "\0\n\1;"),
        ("x.json", '{"sex": -0.31, "age": 0.02, "nationality": 1.7}'),
        ("x.json", '{"sex": {"female": 12}, "age": {"0-14": 30}, "nationality": {"SYR": 14}}'),
        ("x.json", "{"),
        ("x.json", "[]"),
        ("x.json", "null"),
        ("x.parquet", "PAR1"),
    ],
)
def test_counts_laws_coefficients_and_what_cannot_be_read_are_no_persons(name, text):
    assert not are_in(name, text.encode())


def test_of_all_that_is_committed_synthetic_lists_alone_have_a_row_a_person():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True).stdout.split("\0")
    paths = [path for path in listed if path and (ROOT / path).is_file()]
    if not paths:
        pytest.skip("this copy of the project is no clone")
    found = [path for path in paths if are_in(path, (ROOT / path).read_bytes())]
    assert len(found) >= 6 and all(path.startswith("data/raw/synthetic/") for path in found), found
