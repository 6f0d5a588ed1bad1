"""Whoever changes how pages are made is told of everything that readers see otherwise, and of nothing else.

The project is a small one made by hand: one page with one figure and its table, a finding, the report and a brief.
"""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from analysis.project_files import DRAWN
from tools import published

PLACE = "west/SEN"
AS_IT_IS = {
    "table": "year,low,high\n2020,1,4\n2021,7,7\n",
    "header": ("Year", "Persons"),
    "rows": (("2020", "&lt;5"), ("2021", "7")),
    "caption": "Senegal: victims by year",
    "limits": "Detected is not incidence.",
    "alt": "Dots by year.",
    "drawn": "persons\n95 % limits",
    "pixel": 0,
    "opening": "It rose.",
    "value": 7.0,
    "report": "Seven persons.",
    "brief": "Seven persons, briefly.",
    "style": "",
    "notebook": "trends",
}


def project(folder: Path, **changed: object) -> Path:
    """A project after a run, of which some pieces are other than AS_IT_IS."""
    given = {**AS_IT_IS, **changed}
    note, picture, name = PngInfo(), io.BytesIO(), given["notebook"]
    note.add_itxt(DRAWN, str(given["drawn"]))
    Image.new("L", (1, 1), given["pixel"]).save(picture, "png", pnginfo=note)
    shown = base64.b64encode(picture.getvalue()).decode()
    head = "".join(f"<th>{each}</th>" for each in given["header"])
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in given["rows"])
    page = (
        f"<html><head><title>Senegal: trends</title><style>{given['style']}</style></head>"
        f"<body><p>{given['opening']}</p>"
        f'<img src="data:image/png;base64,{shown}" alt="{given["alt"]}"><div class="exhibit"><details><summary>Table'
        f"</summary><table><caption>{given['caption']}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f'<p>{given["limits"]} <a href="{name}_by_year.csv">CSV</a></p></details></div></body></html>'
    )
    document = io.BytesIO()
    with zipfile.ZipFile(document, "w") as written:
        # With a date of its own, not that of the test.
        written.writestr(zipfile.ZipInfo("word/document.xml"), f"<w:p><w:r><w:t>{given['brief']}</w:t></w:r></w:p>")
    row = {"finding_id": "SEN/victims.unodc", "study": "west", "area_id": "SEN", "analysis": "trends"}
    row |= {"measure": "victims", "item": "unodc", "value": given["value"], "low": float("nan")}
    row |= {"notebook_sha256": str(changed), "inputs": f"glotip:{len(changed)};sources:"}
    findings = io.BytesIO()
    pd.DataFrame([row]).to_parquet(findings)
    files: dict[str, bytes] = {
        f"runs/west/SEN/{name}.ipynb": b"",
        f"staged/figures/west/SEN/{name}_by_year.png": picture.getvalue(),
        f"staged/reports/west/SEN/{name}.html": page.encode(),
        f"staged/reports/west/SEN/{name}_by_year.csv": str(given["table"]).encode(),
        "staged/reports/pledge_report/en/summary.html": f"<main><p>{given['report']}</p></main>".encode(),
        "staged/reports/pledge_report/downloads/brief_SEN_en.docx": document.getvalue(),
        # It repeats the table of findings, which names the bytes of notebooks.
        "staged/reports/pledge_report/downloads/findings.csv": str(changed).encode(),
        "west/findings.parquet": findings.getvalue(),
    }
    for path, content in files.items():
        whole = folder / "data" / "processed" / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def frozen(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    file = folder / "before.parquet"
    assert published.main(["freeze", str(project(folder / "before")), "--into", str(file)]) == 0
    return file


@pytest.fixture
def listed(frozen, tmp_path, capsys):
    """What is listed of a project that is otherwise in some pieces, line by line, and the exit code."""

    def listed(*options: str, **changed: object) -> tuple[list[str], int]:
        code = published.main(["compare", str(frozen), str(project(tmp_path / "after", **changed)), *options])
        return capsys.readouterr().out.splitlines(), code

    return listed


def test_nothing_is_listed_where_nothing_changed(listed):
    assert listed() == ([], 0)


def test_each_text_and_cell_has_a_row_of_its_own(frozen):
    found = pd.read_parquet(frozen)
    assert list(found) == ["study", "area", "analysis", "exhibit", "kind", "key", "value"]
    assert not found.duplicated(["study", "area", "analysis", "exhibit", "kind", "key"]).any()
    table = found[found["exhibit"] == "by_year"]
    assert set(table["study"] + "/" + table["area"] + "/" + table["analysis"]) == {"west/SEN/trends"}
    cells = table[table["kind"] == "csv cell"]
    assert dict(zip(cells["key"], cells["value"], strict=True)) == {
        **{"1 year": "2020", "1 low": "1", "1 high": "4"},
        **{"2 year": "2021", "2 low": "7", "2 high": "7"},
    }
    printed = table[table["kind"] == "printed cell"]
    assert dict(zip(printed["key"], printed["value"], strict=True))["1 Persons"] == "<5"
    assert list(table.loc[table["kind"] == "figure text", "value"]) == ["persons", "95 % limits"]
    assert "glotip;sources" in set(found["value"])


ONE_CHANGE = {
    "a cell": (
        {"table": "year,low,high\n2020,0,4\n2021,7,7\n"},
        ["trends, by_year: 1 changed", f"  changed csv cell 1 low: 1 -> 0  [{PLACE}]"],
    ),
    "a row": (
        {"table": "year,low,high\n2019,3,3\n2020,1,4\n2021,7,7\n"},
        ["trends, by_year: 1 added", f"  added   csv cell 1: 2019 | 3 | 3  [{PLACE}]"],
    ),
    "a row less": (
        {"table": "year,low,high\n2021,7,7\n"},
        ["trends, by_year: 1 removed", f"  removed csv cell 1: 2020 | 1 | 4  [{PLACE}]"],
    ),
    "the name of a column": (
        {"table": "year,lower,high\n2020,1,4\n2021,7,7\n"},
        ["trends, by_year: 1 changed", f"  changed csv column 2: low -> lower  [{PLACE}]"],
    ),
    "a column": (
        {"table": "year,low,high,n\n2020,1,4,\n2021,7,7,9\n"},
        [
            "trends, by_year: 2 added",
            f"  added   csv column 4: n  [{PLACE}]",
            f"  added   csv cells of column n:  | 9  [{PLACE}]",
        ],
    ),
    "a header": (
        {"header": ("Year", "Victims")},
        ["trends, by_year: 1 changed", f"  changed table header 2: Persons -> Victims  [{PLACE}]"],
    ),
    "a printed cell": (
        {"rows": (("2020", "0 to 4"), ("2021", "7"))},
        ["trends, by_year: 1 changed", f"  changed printed cell 1 Persons: <5 -> 0 to 4  [{PLACE}]"],
    ),
    "a title": (
        {"caption": "Senegal: persons by year"},
        [
            "trends, by_year: 1 changed",
            f"  changed title 1: Senegal: victims by year -> Senegal: persons by year  [{PLACE}]",
        ],
    ),
    "an alternative text": (
        {"alt": "Bars by year."},
        ["trends, by_year: 1 changed", f"  changed alternative text 1: Dots by year. -> Bars by year.  [{PLACE}]"],
    ),
    "a sentence of an exhibit": (
        {"limits": "Few are detected."},
        [
            "trends, by_year: 1 changed",
            f"  changed page text 2: Detected is not incidence. CSV -> Few are detected. CSV  [{PLACE}]",
        ],
    ),
    "a sentence of the page": (
        {"opening": "It fell."},
        ["trends, (page): 1 changed", f"  changed page text 1: It rose. -> It fell.  [{PLACE}]"],
    ),
    "a sentence more": (
        {"opening": "It rose.</p><p>It fell."},
        ["trends, (page): 1 added", f"  added   page text 2: It fell.  [{PLACE}]"],
    ),
    "a finding": (
        {"value": 8.0},
        ["trends, finding victims: 1 changed", f"  changed finding unodc value: 7.0 -> 8.0  [{PLACE}]"],
    ),
    "a sentence of the report": (
        {"report": "Eight persons."},
        [
            "report, pledge_report/en/summary: 1 changed",
            "  changed report text 1: Seven persons. -> Eight persons.",
        ],
    ),
    "a sentence of a brief": (
        {"brief": "Eight persons, briefly."},
        [
            "brief, pledge_report/downloads/brief_SEN_en: 1 changed",
            "  changed brief text 1: Seven persons, briefly. -> Eight persons, briefly.",
        ],
    ),
}


@pytest.mark.parametrize(("changed", "expected"), ONE_CHANGE.values(), ids=ONE_CHANGE)
def test_a_change_is_listed_once_under_its_exhibit(listed, changed, expected):
    assert listed(**changed) == (expected, 1)


def test_a_drawn_label_is_named_beside_the_bytes_of_its_figure(listed):
    lines, code = listed(drawn="persons\n90 % limits")
    assert (lines[0], code) == ("trends, by_year: 2 changed", 1)
    assert lines[1].startswith("  changed figure digest .png: ")
    assert lines[2:] == [f"  changed figure text 2: 95 % limits -> 90 % limits  [{PLACE}]"]


def test_a_figure_that_is_drawn_otherwise_is_listed_by_its_bytes(listed):
    lines, _ = listed(pixel=255)
    assert [line.partition(":")[0] for line in lines] == ["trends, by_year", "  changed figure digest .png"]


def test_bytes_of_a_file_are_listed_where_all_that_is_read_of_it_is_the_same(listed):
    lines, code = listed(style="p {}")
    assert ([line.partition(":")[0] for line in lines], code) == (["trends, (page)", "  changed file digest .html"], 1)
    lines, _ = listed(table='year,low,high\n2020,1,4\n"2021",7,7\n', style="")
    assert [line.partition(":")[0] for line in lines] == ["trends, by_year", "  changed file digest .csv"]


def test_an_exhibit_that_another_notebook_shows_has_moved(listed):
    lines, code = listed(notebook="compared")
    assert code == 1
    assert f"  moved   exhibit: to west SEN compared by_year  [{PLACE}]" in lines
    assert not any("cell" in line for line in lines)


def test_the_same_change_in_many_places_is_one_line_that_names_them():
    old, new = (
        pd.DataFrame(
            [("west", area, "trends", "by_year", "table header", "1", name) for area in "ABCDEF"],
            columns=published.COLUMNS,
        )
        for name in ("95 %", "90 %")
    )
    assert published.compare(old, new) == {
        ("trends", "by_year"): {
            ("changed", "table header 1", "95 % -> 90 %"): [f"west/{area}" for area in "ABCDEF"],
        }
    }


def test_of_a_run_in_part_the_pages_that_were_not_made_are_left_out(frozen, tmp_path, capsys):
    after = project(tmp_path / "after", limits="Few are detected.")
    processed = after / "data" / "processed"
    (processed / "west" / "findings.parquet").unlink()
    for path in (processed / "staged" / "reports" / "pledge_report").rglob("*.*"):
        path.unlink()
    # An index of part of the pages lacks the others.
    (processed / "staged" / "reports" / "index.html").write_text("<p>not run</p>")
    assert published.main(["compare", str(frozen), str(after), "--part"]) == 1
    part = capsys.readouterr().out.splitlines()
    assert [line for line in part if not line.startswith(" ")] == ["trends, by_year: 1 changed"]
    assert published.main(["compare", str(frozen), str(after)]) == 1
    whole = capsys.readouterr().out.splitlines()
    assert [line for line in whole if not line.startswith(" ")] == [
        "brief, pledge_report/downloads/brief_SEN_en: 1 removed",
        "index, index: 1 added",
        "report, pledge_report/en/summary: 1 removed",
        "trends, by_year: 1 changed",
        "trends, finding victims: 1 removed",
    ]


def test_long_texts_are_printed_where_they_differ():
    old, new = ("a" * 500 + word + "b" * 500 for word in ("95", "90"))
    said = published._difference(old, new)
    assert "95" in said.partition(" -> ")[0]
    assert "90" in said.partition(" -> ")[2]
    assert len(said) < 500


def test_a_folder_without_a_run_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        published.main(["freeze", str(tmp_path), "--into", str(tmp_path / "before.parquet")])
    assert ended.value.code == 2
    assert "run the project there first" in capsys.readouterr().err
    assert not (tmp_path / "before.parquet").exists()
