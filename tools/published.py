"""Freeze what a run published, and list by exhibit what a later run publishes otherwise; see `--help`.

A row of what is frozen is a sentence, a cell of a table, a value of a finding, or the digest of a file. Left out are
digests of inputs that findings name, and what repeats the rest: findings to download, and the index of the search.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import re
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
from PIL import Image

from analysis.jobs import ROOT, STAGED, SYNTHETIC
from analysis.project_files import DRAWN
from bounded.refusal import Refusal

EXHIBIT = ["study", "area", "analysis", "exhibit"]
COLUMNS = [*EXHIBIT, "kind", "key", "value"]
# Exhibits of what a page says outside of all others, and of its opening.
PAGE, KEY_FINDINGS = "(page)", "(key findings)"
PROSE, FINDING, FIGURE, FILE = "page text", "finding", "figure digest", "file digest"
NOT_COMPARED = ("finding_id", "study", "area_id", "analysis", "measure", "item", "notebook_sha256")
REPEATED = ("findings.", f"findings{SYNTHETIC}.", "search.html")
_HEADINGS = {f"h{level}" for level in range(1, 7)}
# Where a text ends on a page, and what is open that decides what a text is.
BREAKS = {*("p", "li", "div", "summary", "caption", "title", "table", "nav", "text", "img", "iframe"), *_HEADINGS}
OPEN = {"thead": "head", "script": "silent", "style": "silent", "td": "cell", "th": "cell"}
# Letters of a text and places that are printed.
LONGEST, MOST_PLACES = 160, 4

# A row of a table as column -> cell, any other text as the cell of a column without a name; and column -> line -> cell.
Line = dict[str, str]
Cells = dict[str, dict[str, str]]
Address = tuple[str, ...]  # study, area, analysis, exhibit
Change = tuple[str, str, str]  # ("changed", "csv cell 3 value", "12 -> 13")


def published(folder: Path) -> pd.DataFrame:
    """Return what a project has staged, and its findings, as COLUMNS of texts.

    The key is the number of a text within its exhibit and kind; of a cell the number of its row and its column; of a
    finding its item and the column.
    """
    staged, processed = folder / STAGED.relative_to(ROOT), folder / STAGED.parent.relative_to(ROOT)
    if not staged.is_dir():
        raise Refusal("nothing_staged", f"{folder} has no {STAGED.relative_to(ROOT)}: run the project there first.")
    found = {path: _address(path, staged, processed) for path in sorted(staged.rglob("*")) if path.is_file()}
    rows: list[tuple[str, ...]] = []
    known: dict[tuple[str, ...], str] = {}
    # Figures and framed pages come before the pages that show them: they name the exhibits there.
    for path, address in sorted(found.items(), key=lambda each: each[1][3] == PAGE):
        if not path.name.startswith(REPEATED):
            rows += _of_file(path, address, known)
    for path in sorted(processed.glob("*/findings*.parquet")):
        for row in pd.read_parquet(path).to_dict("records"):
            place = row["study"], row["area_id"], row["analysis"], f"finding {row['measure']}", FINDING
            row["inputs"] = re.sub(r":[0-9a-f]*(?=;|$)", "", row.get("inputs", ""))
            cells = {name: "" if pd.isna(row[name]) else str(row[name]) for name in row if name not in NOT_COMPARED}
            rows += [(*place, f"{row['item'] or '-'} {name}", cell) for name, cell in cells.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def _address(path: Path, staged: Path, processed: Path) -> Address:
    folders, stem = path.relative_to(staged).parent.parts[1:], path.stem.removesuffix(SYNTHETIC)
    for notebook in sorted(processed.joinpath("runs", *folders).glob("*.ipynb")) if len(folders) == 2 else ():
        analysis = notebook.stem.removesuffix(SYNTHETIC)
        if stem == analysis or stem.startswith(f"{analysis}_"):
            return *folders, analysis, stem.removeprefix(analysis).removeprefix("_") or PAGE
    of = "brief" if stem.startswith("brief_") else "report" if folders else "index"
    return "", "", of, "/".join([*folders, path.stem])


def _of_file(path: Path, address: Address, known: dict[tuple[str, ...], str]) -> Iterator[tuple[str, ...]]:
    """Rows of a staged file, whose exhibit is entered in `known` by its area, analysis and digest."""
    *place, exhibit = address
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    known[*place, digest] = exhibit
    yield *address, FIGURE if path.suffix == ".png" else FILE, path.suffix, digest
    text = PROSE if address[0] else f"{address[2]} text"
    found: list[tuple[str, str, Line]] = []
    if path.suffix == ".png":
        drawn = getattr(Image.open(io.BytesIO(content)), "text", {}).get(DRAWN, "")
        found = [(exhibit, "figure text", {"": line}) for line in drawn.splitlines()]
    elif path.suffix == ".csv":
        header, *cells = [*csv.reader(io.StringIO(content.decode()))] or [[]]
        found = [(exhibit, "csv column", {"": name}) for name in header]
        found += [(exhibit, "csv cell", dict(zip(_apart(header), row, strict=True))) for row in cells]
    elif path.suffix == ".docx":
        with zipfile.ZipFile(io.BytesIO(content)) as document:
            paragraphs = document.read("word/document.xml").decode().split("</w:p>")
        said = ("".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)", each)) for each in paragraphs)
        found = [(exhibit, text, {"": unescape(line)}) for line in said if line.strip()]
    elif path.suffix == ".html":
        page = _Page(address, known)
        page.feed(content.decode())
        names = page.titles | page.names
        found = [
            (names.get(number, exhibit), text if kind == PROSE else kind, line) for number, kind, line in page.lines
        ]
    numbers: Counter[tuple[str, str]] = Counter()
    for name, kind, line in found:
        numbers[name, kind] += 1
        yield from ((*place, name, kind, f"{numbers[name, kind]} {key}".strip(), line[key]) for key in line)


def _apart(names: Sequence[str]) -> list[str]:
    """Names of columns, of which none is there twice."""
    times = [names[: place + 1].count(name) for place, name in enumerate(names)]
    return [f"{name} ({time})" if time > 1 else name for name, time in zip(names, times, strict=True)]


class _Page(HTMLParser):
    """The texts of a page by exhibit: a figure, and the table, limits and sources that follow it."""

    def __init__(self, address: Address, known: Mapping[tuple[str, ...], str]) -> None:
        super().__init__()
        self.address, self.known = address, known
        self.lines: list[tuple[int, str, Line]] = []
        # Exhibits by number, as the files are named or else as they are titled; 0 is the page.
        self.names, self.titles = {0: address[3]}, dict[int, str]()
        self.header, self.cells, self.open = list[str](), list[str](), list[str]()
        # The exhibit that is open; the figure that awaits its table; depth of divisions; how many exhibits there are.
        self.block = self.figure = self.depth = self.made = 0
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in BREAKS and "cell" not in self.open:
            self._take(PROSE)
        if tag in ("img", "iframe"):
            self.made = self.figure = self.made + 1
            shown = base64.b64decode(given.get("src", "").partition("base64,")[2]) or given.get("srcdoc", "").encode()
            if name := self.known.get((*self.address[:3], hashlib.sha256(shown).hexdigest())):
                self.names[self.figure] = name
            self.lines.append((self.figure, "alternative text", {"": given.get("alt") or given.get("title", "")}))
        elif (
            tag == "div"
            and self.address[0]
            and not self.block
            and {"exhibit", "key"} & set(given.get("class", "").split())
        ):
            self.made += not self.figure
            self.block, self.figure = self.figure or self.made, 0
            self.names |= {self.block: KEY_FINDINGS} if given["class"] == "key" else {}
        elif tag == "a" and self.block and given.get("href", "").endswith(".csv"):
            stem = given["href"].removesuffix(".csv").removesuffix(SYNTHETIC)
            self.names[self.block] = stem.removeprefix(f"{self.address[2]}_")
        elif tag == "table":
            self.header = []
        self.depth += tag == "div" and self.block > 0
        self.open += [OPEN[tag]] if tag in OPEN else []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            (self.header if "head" in self.open else self.cells).append(self._take())
        elif tag == "tr" and self.cells:
            names = [*self.header, *map(str, range(len(self.header) + 1, len(self.cells) + 1))]
            self.lines.append((self.block, "printed cell", dict(zip(_apart(names), self.cells, strict=False))))
            self.cells = []
        elif tag == "thead":
            self.lines += [(self.block, "table header", {"": name}) for name in self.header]
        elif tag in BREAKS and "cell" not in self.open:
            self._take("title" if tag in ("caption", "title") else PROSE)
        if OPEN.get(tag) in self.open:
            self.open.remove(OPEN[tag])
        self.depth -= tag == "div" and self.depth > 0
        self.block = self.block if self.depth else 0

    def handle_data(self, data: str) -> None:
        self.text += "" if "silent" in self.open else data

    def _take(self, kind: str = "") -> str:
        """The text since the last, entered as a line of its kind if it has one."""
        said, self.text = " ".join(self.text.split()), ""
        if said and kind:
            self.lines.append((self.block, kind, {"": said}))
            self.figure = 0
            if self.block and (kind == "title" or self.block not in self.titles):
                self.titles[self.block] = re.sub(r" \(\d+\)$", "", said.partition(": ")[2] or said)
        return said


def compare(old: pd.DataFrame, new: pd.DataFrame) -> dict[Address, dict[Change, list[str]]]:
    """Return what differs between two tables of `published`: (analysis, exhibit) -> change -> places that have it."""
    marked = [table.assign(mark=pd.util.hash_pandas_object(table[COLUMNS[4:]], index=False)) for table in (old, new)]
    marks = [table.groupby(EXHIBIT)["mark"].sum().to_dict() for table in marked]
    differing = sorted(each for each in marks[0] | marks[1] if marks[0].get(each) != marks[1].get(each))
    gone = {marks[0][each]: each for each in differing if each not in marks[1]}
    moved = {gone[marks[1][each]]: each for each in differing if each not in marks[0] and marks[1][each] in gone}
    listed = [(each, ("moved", "exhibit", "to " + " ".join(after))) for each, after in moved.items()]
    sides = [_cells(table, {*differing} - {*moved, *moved.values()}) for table in (old, new)]
    for *address, kind in dict.fromkeys([*sides[0], *sides[1]]):
        before, after = (side.get((*address, kind), {}) for side in sides)
        listed += [(tuple(address), change) for change in _changes(kind, before, after)]
    # Bytes are worth a line only where nothing that they hold is listed.
    told = [address for address, change in listed if not change[1].startswith(FILE)]
    seen = {*told, *((*address[:3], PAGE) for address in told)}
    found: dict[Address, dict[Change, list[str]]] = defaultdict(lambda: defaultdict(list))
    for address, change in listed:
        if address not in seen or not change[1].startswith(FILE):
            found[address[2:]][change].append("/".join(filter(None, address[:2])))
    return found


def _cells(table: pd.DataFrame, chosen: set[Address]) -> dict[tuple[str, ...], Cells]:
    """Address and kind -> column -> number or name of a line -> cell."""
    found: dict[tuple[str, ...], Cells] = defaultdict(lambda: defaultdict(dict))
    for *address, kind, key, value in table.itertuples(index=False) if chosen else ():
        if tuple(address) in chosen:
            line, _, column = key.partition(" ")
            found[*address, kind][column][line] = value
    return found


def _changes(kind: str, old: Cells, new: Cells) -> Iterator[Change]:
    """What was added, removed and changed; a column that came or went is one change, and not one a cell."""
    old, new = dict(old), dict(new)
    for column in [each for each in old if each not in new and new]:
        # The same cells under another name are no change of the cells: the line on the header has it.
        other = next((name for name in new if name not in old and new[name] == old[column]), "")
        cells = old.pop(column)
        if other:
            old[other] = cells
        else:
            yield "removed", f"{kind}s of column {column}", _short(" | ".join(cells.values()))
    for column in [each for each in new if each not in old and old]:
        yield "added", f"{kind}s of column {column}", _short(" | ".join(new.pop(column).values()))
    names = [*(old or new)]
    lines, others = (
        {line: tuple(side[name].get(line, "") for name in names) for cells in side.values() for line in cells}
        for side in (old, new)
    )
    for line, other in _pairs(lines, others, kind in (FINDING, FIGURE, FILE)):
        if not other:
            yield "removed", f"{kind} {line}", _short(" | ".join(lines[line]))
        elif not line:
            yield "added", f"{kind} {other}", _short(" | ".join(others[other]))
        else:
            for column, cell, now in zip(names, lines[line], others[other], strict=True):
                if cell != now:
                    yield "changed", f"{kind} {other} {column}".strip(), _difference(cell, now)


def _pairs(old: Mapping[str, tuple], new: Mapping[str, tuple], named: bool) -> Iterator[tuple[str, str]]:
    """Names of lines that belong together and may differ, by name or by order; empty of a line that has no other."""
    if named:
        yield from ((name if name in old else "", name if name in new else "") for name in {**old, **new})
        return
    names, others = [*old], [*new]
    matched = SequenceMatcher(None, [*old.values()], [*new.values()], autojunk=False)
    for tag, i, j, k, m in matched.get_opcodes():
        if tag == "replace" and j - i == m - k:
            yield from zip(names[i:j], others[k:m], strict=True)
        elif tag != "equal":
            yield from [(name, "") for name in names[i:j]] + [("", name) for name in others[k:m]]


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} letters)"


def _difference(old: str, new: str) -> str:
    """Both texts; long ones from a little before where they differ."""
    same = next((place for place, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    begin = max(0, same - LONGEST // 4) if max(len(old), len(new)) > LONGEST else 0
    return " -> ".join(("…" if begin else "") + _short(text[begin:]) for text in (old, new))


def main(arguments: Sequence[str] | None = None) -> int:
    """Freeze or compare; returns 0, 1 where something differs, or 2 where nothing could be done."""
    whole = argparse.ArgumentParser(prog="python -m tools.published", description=(__doc__ or "").partition(";")[0])
    commands = whole.add_subparsers(dest="command", required=True)
    freeze = commands.add_parser("freeze", help="write all that a project publishes to a file")
    freeze.add_argument("folder", metavar="FOLDER", type=Path, help="a project after a run")
    freeze.add_argument("--into", metavar="FILE", type=Path, required=True, help="a Parquet file, which is written")
    against = commands.add_parser("compare", help="list what a project publishes otherwise; exit code 1 if anything")
    against.add_argument("file", metavar="FILE", type=Path, help="what `freeze` wrote")
    against.add_argument("folder", metavar="FOLDER", type=Path, help="a project after a run")
    against.add_argument("--part", action="store_true", help="compare pages of areas that FOLDER has, and no others")
    options = whole.parse_args(arguments)
    try:
        now = published(options.folder)
        if options.command == "freeze":
            now.to_parquet(options.into, index=False, compression="zstd")
            return 0
        before = pd.read_parquet(options.file, columns=COLUMNS)
    except (Refusal, OSError, ValueError) as error:
        whole.error(str(error))
    if options.part:
        now = now[now["study"] != ""]
        pages = [[(*row[:3], row[4] == FINDING) for row in table.itertuples(index=False)] for table in (before, now)]
        before = before[pd.Series(pages[0], index=before.index).isin(pages[1])]
    found = compare(before, now)
    for exhibit, changes in sorted(found.items()):
        counts = Counter(sign for (sign, _, _), places in changes.items() for _ in places)
        print(f"{', '.join(exhibit)}: {', '.join(f'{count} {sign}' for sign, count in counts.items())}")
        for (sign, what, how), places in changes.items():
            where = [*dict.fromkeys(filter(None, places))]
            more = f" and {len(where) - MOST_PLACES} more" if len(where) > MOST_PLACES else ""
            print(f"  {sign:8}{what}: {how}" + (f"  [{', '.join(where[:MOST_PLACES])}{more}]" if where else ""))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
