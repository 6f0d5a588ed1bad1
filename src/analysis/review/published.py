"""Everything that a project publishes, as one table: numbers, states, sentences, recommendations, figures, files.

A row is a finding, a figure of a table beside a page, a paragraph, a printed row, a recommendation in a place, a figure
or a file. Ids say where something stands and not what it is, so that two runs of a project can be held together.
Left out are digests of inputs that findings name, and texts that repeat the rest: findings to download, the index of
the search.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pandas as pd
from PIL import Image

from analysis import recommendations
from analysis.batch.products import digest
from analysis.batch.status import run_digest
from analysis.findings import collected, finding
from analysis.findings.measures import MEASURES, title
from analysis.jobs import PLEDGE, ROOT, STAGED, SYNTHETIC, said_by
from analysis.project_files import DRAWN
from analysis.recommendations.evaluation import by_area
from analysis.review import page_texts
from analysis.review.page_texts import BETWEEN, Address
from bounded.refusal import Refusal

NUMBER, STATE, SENTENCE, RECOMMENDATION, FIGURE, FILE = (
    *("number", "state", "sentence", "recommendation", "figure", "file"),
)
COLUMNS = (
    *("id", "kind", "part", "study", "area_id", "analysis", "exhibit", "key", "value", "low", "high", "interval"),
    *("unit", "period", "path", "detail"),
)
# Parts: what a number or a file is of; those of texts are in `page_texts`.
FINDING, CELL, COLUMN = "finding", "cell of a table", "column"
# The exhibit of what a page says outside of all others.
PAGE = "(page)"
REPEATED = ("findings.", f"findings{SYNTHETIC}.", "search.html")
# Released beside the rest, and no part of what a run makes: pictures of the README, and reviews themselves.
NOT_PUBLISHED = ("figures/readme/", "reports/review/")
# Columns that tell the rows of a table apart though they are numbers, and words of a finding that readers see.
_TELLS_APART = re.compile(r"year|period|date|(?:^|_)id$")
WORDS = ("method", "limits", "why")

Row = dict[str, object]


def published(
    folder: Path, jobs: Collection[str] | None = None, released: bool = False, only: Collection[str] | None = None
) -> pd.DataFrame:
    """Return everything that a project has staged, or has released.

    Parameters
    ----------
    folder : a project after a run, or a copy of its data/processed.
    jobs : only what these notebooks stage and state, as ``west_africa/SEN/incidence``; None: all.
    released : what stands in figures/ and reports/, and not what is staged.
    only : of files only these, as `outputs` names them: others are not read.

    Returns
    -------
    DataFrame with COLUMNS, one row a thing that is published. Of a number: value, low, high as numbers, interval, unit,
    period; of others value is the text, the state or the digest. key: what it is within its exhibit. path: the file,
    below figures/ or reports/. detail: of a finding all its columns as JSON, of a recommendation why, of a figure the
    texts that are drawn on it.

    Raises
    ------
    Refusal : nothing is staged, or released, there.
    """
    every = outputs(folder, released)
    found = {name: path for name, path in every.items() if only is None or name in only}
    pages = frozenset(name for name in every if name.endswith(".html"))
    addresses = {name: address_of(name, pages) for name in found}
    if jobs is not None:
        found = {name: path for name, path in found.items() if _job(addresses[name]) in set(jobs)}
    known: dict[tuple[str, ...], str] = {}
    rows: list[Row] = []
    # Figures and framed pages come before the pages that show them: they name the exhibits there.
    for name in sorted(found, key=lambda name: (addresses[name][3] == PAGE, name)):
        rows += _of_file(name, found[name], addresses[name], known)
    stated = findings(folder, jobs, released)
    rows += [row for record in stated.to_dict("records") for row in _of_finding(record)]
    if jobs is None:
        rows += _of_recommendations(folder, stated)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table[["low", "high"]] = table[["low", "high"]].astype("float64")
    words = [name for name in COLUMNS if name not in ("low", "high")]
    table[words] = table[words].astype(object).where(table[words].notna(), "").astype(str)
    return table


def outputs(folder: Path, released: bool = False) -> dict[str, Path]:
    """Return the files that a project has staged, or released: name below it (``reports/...``) -> path.

    Raises Refusal where there are none.
    """
    if released:
        base = folder
        found = [path for tree in ("figures", "reports") for path in (folder / tree).rglob("*")]
        if not (folder / "reports" / "index.html").exists():
            raise Refusal("no_release", f"Nothing is released in {folder}: `python -m analysis release` does that.")
    else:
        base = processed(folder) / STAGED.name
        found = [*base.rglob("*")]
    names = {path.relative_to(base).as_posix(): path for path in found if path.is_file() and path.name[0] != "."}
    return {name: path for name, path in sorted(names.items()) if not name.startswith(NOT_PUBLISHED)}


def processed(folder: Path) -> Path:
    """Return the folder with what a run made: data/processed of a project, or a copy of it. Raises Refusal if none."""
    for place in (folder / STAGED.parent.relative_to(ROOT), folder):
        if (place / STAGED.name).is_dir():
            return place
    raise Refusal(
        "nothing_staged",
        f"{folder} has no {STAGED.relative_to(ROOT)}: name a project folder in which `python -m analysis run` was run, "
        "or a copy of its data/processed.",
    )


def address_of(name: str, pages: frozenset[str]) -> Address:
    """Return study, area, analysis and exhibit of a file by its name; of the report and the index only the last two.

    Parameters
    ----------
    name : of the file, as `outputs` has it. pages : names of all pages that lie beside it.
    """
    folders, stem = name.split("/")[1:-1], Path(name).stem.removesuffix(SYNTHETIC)
    if len(folders) == 2 and "report" not in folders[0]:
        for analysis in _analyses(tuple(folders), pages):
            if stem == analysis or stem.startswith(f"{analysis}_"):
                return folders[0], folders[1], analysis, stem.removeprefix(analysis).removeprefix("_") or PAGE
    study = folders[0] if len(folders) == 1 and "report" not in folders[0] else ""
    about = "brief" if stem.startswith("brief_") else "study" if study else "report" if folders else "index"
    return study, "", about, "/".join([*folders, stem])


@cache
def _analyses(folders: tuple[str, ...], every: frozenset[str]) -> tuple[str, ...]:
    """The analyses with a page in a folder, the shortest names first: the pages they frame have longer ones."""
    begin = f"reports/{'/'.join(folders)}/"
    stems = [Path(name).stem.removesuffix(SYNTHETIC) for name in every if name.startswith(begin)]
    return tuple(sorted(stems, key=lambda stem: (len(stem), stem)))


def _job(address: Address) -> str:
    return "/".join(address[:3])


def _row(id_: str, kind: str, part: str, address: Address, **more: object) -> Row:
    named = dict(zip(("study", "area_id", "analysis", "exhibit"), address, strict=True))
    return {"id": id_, "kind": kind, "part": part, **named, "low": math.nan, "high": math.nan, **more}


# Files


def _of_file(name: str, path: Path, address: Address, known: dict[tuple[str, ...], str]) -> Iterator[Row]:
    """Rows of a file, whose exhibit is entered in `known` by its area, analysis and digest."""
    content = path.read_bytes()
    of_file = digest(content)
    known[*address[:3], of_file] = address[3]
    kind, drawn = (FIGURE if path.suffix == ".png" else FILE), ""
    if kind == FIGURE:
        drawn = str(getattr(Image.open(io.BytesIO(content)), "text", {}).get(DRAWN, ""))
    yield _row(name, kind, path.suffix, address, value=of_file, path=name, detail=drawn)
    if path.name.startswith(REPEATED):
        return
    if path.suffix == ".csv":
        yield from _of_csv(name, content.decode("utf-8-sig"), address)
        return
    numbers: Counter[tuple[str, str]] = Counter()
    for exhibit, part, text in page_texts.texts(path.suffix, content, address, known):
        numbers[exhibit, part] += 1
        place = (*address[:3], exhibit)
        id_ = f"{name}#{exhibit}, {part} {numbers[exhibit, part]}"
        yield _row(id_, SENTENCE, part, place, key=str(numbers[exhibit, part]), value=text, path=name)


def _of_csv(name: str, text: str, address: Address) -> Iterator[Row]:
    """Numbers and words of a table, each addressed by what tells its row apart; and its columns."""
    header, *lines = [*csv.reader(io.StringIO(text))] or [[]]
    header = _apart(header)
    yield _row(f"{name}#columns", SENTENCE, COLUMN, address, key="1", value=BETWEEN.join(header), path=name)
    table = [dict(zip(header, line, strict=False)) for line in lines]
    keys, groups = _keys(header, table), _groups(header)
    for key, row in zip(keys, table, strict=True):
        period = BETWEEN.join(row[column] for column in header if _TELLS_APART.search(column) and row.get(column))
        place = row.get("area_id", "") or address[1]
        at = (address[0], place, *address[2:])
        for base, columns in groups.items():
            cells = [row.get(column, "") for column in columns]
            value, low, high = _numbers(cells)
            is_number = not _TELLS_APART.search(base) and not (any(cells) and math.isnan(low) and math.isnan(high))
            if not is_number:
                kind = STATE if base in ("state", "status") else SENTENCE
                yield _row(f"{name}#{key}#{base}", kind, CELL, at, key=f"{key}: {base}", value=cells[0], path=name)
                continue
            more = {"interval": row.get("value_qualifier", ""), "unit": row.get("unit", ""), "period": period}
            said = value if value else "" if not any(cells) else "–".join(dict.fromkeys(cells))
            yield _row(
                f"{name}#{key}#{base}", NUMBER, CELL, at, key=f"{key}: {base}", value=said, low=low, high=high,
                path=name, **more,
            )  # fmt: skip


def _apart(names: Sequence[str]) -> list[str]:
    """Names of columns or of rows, of which none is there twice: the second has its number behind it."""
    times: Counter[str] = Counter()
    found = []
    for name in names:
        times[name] += 1
        found.append(f"{name} ({times[name]})" if times[name] > 1 else name)
    return found


def _groups(header: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Columns that are one number: name -> (value, low, high), or the column alone."""
    found: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for column in header:
        base = "" if column == "low" else column.removesuffix("_low") if column.endswith("_low") else None
        high = f"{base}_high" if base else "high"
        if base is None or high not in header:
            continue
        value = base if base in header else next((each for each in ("value", "estimate") if each in header), "")
        value = "" if value in taken else value
        found[base or value or "figure"] = (value, column, high) if value else (column, high)
        taken |= {value, column, high}
    return {column: (column,) for column in header if column not in taken} | found


def _numbers(cells: Sequence[str]) -> tuple[str, float, float]:
    """A value as text ("" where bounds alone are known), and its bounds; NaN of what is no number."""
    numbers = [number(cell) for cell in cells]
    value = cells[0] if len(cells) in (1, 3) else cells[0] if cells[0] == cells[1] else ""
    return value, numbers[-2] if len(cells) > 1 else numbers[0], numbers[-1]


def number(cell: object) -> float:
    """Return a cell as a number; NaN of what is none."""
    try:
        return float(str(cell))
    except ValueError:
        return math.nan


def _keys(header: Sequence[str], table: Sequence[Mapping[str, str]]) -> list[str]:
    """Words that tell each row of a table from the others: the fewest of its first columns of words that do."""
    telling = [
        column
        for column in header
        if _TELLS_APART.search(column) or not all(_is_number(row.get(column, "")) for row in table)
    ]
    keys = [""] * len(table)
    for column in telling:
        if len(set(keys)) == len(table):
            break
        keys = [f"{key}, {row.get(column, '')}".strip(", ") for key, row in zip(keys, table, strict=True)]
    return _apart(keys)


def _is_number(cell: str) -> bool:
    return not cell or not math.isnan(number(cell))


# Findings and recommendations


def findings(folder: Path, jobs: Collection[str] | None = None, released: bool = False) -> pd.DataFrame:
    """Return the findings of a project as its notebooks state them now; released, those that can be downloaded.

    Parameters and errors as `published`. A notebook that was run since findings were collected is read itself.
    """
    if released:
        tables = [pd.read_parquet(path) for path in folder.glob("reports/pledge_report*/downloads/findings*.parquet")]
        return _together(tables)
    made = processed(folder)
    tables_of_studies = {path.parent.name: path for path in made.glob(f"*/{collected.RECORDS}*.parquet")}
    tables, runs = [], sorted(made.glob("runs/*/*/*.ipynb"))
    for study, path in tables_of_studies.items() if jobs is None else ():
        tables.append(pd.read_parquet(path))
        said = said_by(path.with_suffix(".json")).get("made_from", {})
        runs = [run for run in runs if run.parts[-3] != study or said.get(_run_name(run)) != run_digest(run)]
    newer = [run for run in runs if jobs is None or (_run_name(run) in set(jobs) and not run.stem.endswith(".failed"))]
    return _together([*tables, *(pd.DataFrame(_stated(run)) for run in newer if not run.stem.endswith(".failed"))])


def _together(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Several tables of findings as one; of a finding that is in two the later one counts."""
    rows = [row for table in tables for row in table.to_dict("records")]
    return finding.as_table([*{row["finding_id"]: row for row in rows}.values()])


def _run_name(run: Path) -> str:
    return "/".join([*run.parts[-3:-1], run.stem])


def _stated(run: Path) -> list[dict[str, object]]:
    cells = json.loads(run.read_text(encoding="utf-8"))["cells"]
    return finding.stated(output for cell in cells for output in cell.get("outputs", []))


def _of_finding(row: Mapping[str, object]) -> Iterator[Row]:
    """A finding, and the words it says beside its number."""
    address = (str(row["study"]), str(row["area_id"]), str(row["analysis"]), str(row["exhibit"]))
    measure, name = MEASURES.get(str(row["measure"])), str(row["finding_id"])
    value = "" if pd.isna(row["value"]) else f"{row['value']:.10g}"
    kind = STATE if row["unit"] == "level" or row["status"] != finding.KNOWN else NUMBER
    kept = {
        key: None if pd.isna(each) else each for key, each in row.items() if key not in ("inputs", "notebook_sha256")
    }
    yield _row(
        name, kind, FINDING, address, key=title(row) if measure else row["measure"],
        value=value if row["status"] == finding.KNOWN else row["status"], low=row["low"], high=row["high"],
        interval=row["interval"], unit=row["unit"], period=row["period"], detail=json.dumps(kept, sort_keys=True),
    )  # fmt: skip
    for part in WORDS:
        if row[part]:
            yield _row(f"{name}#{part}", SENTENCE, part, address, key=name, value=row[part])


def _of_recommendations(folder: Path, stated: pd.DataFrame) -> list[Row]:
    """Return what the findings say of each recommendation, and of it in each area that it concerns.

    Those of a part of the findings, as of one area, cannot be told, and are left out.
    """
    pledge = folder / PLEDGE.relative_to(ROOT)
    texts = recommendations.read(pledge if pledge.is_dir() else PLEDGE)
    rows = []
    for each in texts.recommendations:
        name, address = each.recommendation_id, (each.study, each.study, RECOMMENDATION, "")
        try:
            said = recommendations.evaluate(each.rests_on, stated)
            places = by_area(each, stated)
        except Refusal:
            continue
        more = {"unit": "synthetic" if said.synthetic else "", "key": each.text["en"]}
        why = f"{said.why} {said.settled_by}".strip()
        rows.append(_row(name, RECOMMENDATION, "as a whole", address, value=said.state, detail=why, **more))
        rows += [
            _row(f"{name}/{area_id}", RECOMMENDATION, "in an area", (each.study, area_id, RECOMMENDATION, ""),
                 value=state, **more)
            for area_id, state in zip(places["area_id"], places["state"], strict=True)
        ]  # fmt: skip
    return rows
