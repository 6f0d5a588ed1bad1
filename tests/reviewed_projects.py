"""Small projects after a run, as they are reviewed: a page, a figure and its table, findings, report, a brief."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from analysis import areas
from analysis.findings.finding import CONFIDENCE, Finding, as_table
from analysis.project_files import DRAWN

PLACE = "west_africa/SEN"
AS_IT_IS = {
    "table": "year,low,high\n2020,1,4\n2021,70,70\n",
    "header": ("Year", "Persons"),
    "rows": (("2020", "&lt;5"), ("2021", "70")),
    "limits": "Detected is not incidence.",
    "drawn": "persons\n95 % limits",
    "pixel": 0,
    "opening": "It rose.",
    "value": 70,
    "change": (5.0, 1.0, 9.0),
    "report": "Seventy persons.",
    "brief": "Seventy persons, briefly.",
    "study": "west_africa",
    "place": "SEN",
    "mark": "",
}


def project(folder: Path, **changed: object) -> Path:
    """A project after a run, of which some pieces are other than AS_IT_IS."""
    given = {**AS_IT_IS, **changed}
    note, picture = PngInfo(), io.BytesIO()
    note.add_itxt(DRAWN, str(given["drawn"]))
    Image.new("L", (4, 1), given["pixel"]).save(picture, "png", pnginfo=note)
    shown = base64.b64encode(picture.getvalue()).decode()
    head = "".join(f"<th>{each}</th>" for each in given["header"])
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in given["rows"])
    written = (
        f"<html><head><title>Senegal: trends</title></head><body><p>{given['opening']}</p>"
        f'<img src="data:image/png;base64,{shown}" alt="Dots."><div class="exhibit"><details><summary>Table</summary>'
        f"<table><caption>Senegal: by year</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f'<p>{given["limits"]} <a href="trends_by_year.csv">CSV</a></p></details></div></body></html>'
    )
    document = io.BytesIO()
    with zipfile.ZipFile(document, "w") as file:
        # With a date of its own, not that of the test.
        file.writestr(zipfile.ZipInfo("word/document.xml"), f"<w:p><w:r><w:t>{given['brief']}</w:t></w:r></w:p>")
    value, low, high = given["change"]
    said = {"method": "Counted.", "limits": "Detected alone."}
    rows = [
        Finding(areas.get("SEN"), "headline", "victims", given["value"], period="2021", **said),
        Finding(areas.get("SEN"), "annual_change", "convictions", value, low, high, CONFIDENCE, "2016/2021", **said),
    ]
    findings = io.BytesIO()
    as_table([each.row() for each in rows]).to_parquet(findings)
    at, mark = f"{given['study']}/{given['place']}", given["mark"]
    files: dict[str, bytes] = {
        f"staged/figures/{at}/trends_by_year{mark}.png": picture.getvalue(),
        f"staged/reports/{at}/trends{mark}.html": written.encode(),
        f"staged/reports/{at}/trends_by_year{mark}.csv": str(given["table"]).encode(),
        "staged/reports/pledge_report/en/summary.html": f"<main><p>{given['report']}</p></main>".encode(),
        "staged/reports/pledge_report/downloads/brief_SEN_en.docx": document.getvalue(),
        # It repeats the table of findings, which names the bytes of notebooks.
        "staged/reports/pledge_report/downloads/findings.csv": b"the same",
        "west_africa/findings.parquet": findings.getvalue(),
    }
    for path, content in files.items():
        whole = folder / "data" / "processed" / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(content)
    return folder
