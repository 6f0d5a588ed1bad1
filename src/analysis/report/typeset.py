"""Data as Markdown, and Markdown set by pandoc and Typst: as PDF for people who see it and who do not, Word and a site.

In Markdown, the signs of a text are no markup, and the columns of a table share the line. The same text gives the same
bytes: no clock, and only the fonts that Typst and matplotlib bring along.
"""

from __future__ import annotations

import io
import math
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

import pandas as pd

from bounded.refusal import Refusal

# Texts hold no raw HTML, TeX or attributes, and a sign of theirs is that sign.
READER: Final = (
    "markdown-smart-raw_html-raw_tex-raw_attribute-citations-tex_math_dollars-latex_macros-native_divs-native_spans"
    "-example_lists-markdown_in_html_blocks-inline_notes-footnotes-yaml_metadata_block-pandoc_title_block"
    "-simple_tables-multiline_tables-grid_tables-auto_identifiers-implicit_header_references"
)
# PDF/UA-1 (ISO 14289-1): what people who cannot see a page need of it; Typst refuses a document that lacks it.
STANDARD: Final = "ua-1"
AUTHOR: Final = "The assessment repository's maintainers"  # as CITATION.cff says
# Of all that is written: zip archives have no earlier day.
_DAY: Final = "315532800"


@dataclass(frozen=True)
class Paper:
    """A text to be printed.

    Parameters
    ----------
    title, language : of the whole. markdown : its text, whose pictures are named by their stems.
    pictures : stem -> PNG. subtitle, state : below the title. form : ``report`` (with contents) or ``brief``.
    contents : the heading of the contents. synthetic : whether every page must say so.
    """

    title: str
    language: str
    markdown: str
    pictures: Mapping[str, bytes]
    subtitle: str = ""
    state: str = ""
    form: str = "report"
    contents: str = "Contents"
    synthetic: bool = False


class TypesettingFailed(Refusal):
    """pandoc or Typst refused a text; the message is theirs."""


def pdf(paper: Paper) -> bytes:
    """A PDF/UA-1 on A4."""
    import typst  # a fifth of a second, which only print is worth

    with tempfile.TemporaryDirectory(prefix="report-") as name:
        folder = _with_pictures(paper, name)
        source = _pandoc(paper, folder, "typst", f"--template={_file('report.typ')}")
        (folder / "report.typ").write_bytes(source)
        try:
            return typst.compile(
                str(folder / "report.typ"),
                root=name,
                format="pdf",
                font_paths=[_fonts()],
                ignore_system_fonts=True,
                pdf_standards=STANDARD,
            )
        except Exception as error:
            raise TypesettingFailed("not_set", f"Typst cannot set '{paper.title}': {error}") from None


def docx(paper: Paper) -> bytes:
    """A Word file with real headings, captions, alternative texts and table heads."""
    with tempfile.TemporaryDirectory(prefix="report-") as name:
        folder = _with_pictures(paper, name)
        look = "reference_SYNTHETIC.docx" if paper.synthetic else "reference.docx"
        form = ["--toc", "--toc-depth=2", f"--metadata=toc-title={paper.contents}"]
        if paper.form == "brief":
            # Its title is its first heading.
            (folder / "brief.openxml").write_text(_without_title_block(), encoding="utf-8")
            form = ["--template=brief.openxml"]
        _pandoc(paper, folder, "docx", f"--reference-doc={_file(look)}", *form, "--output=report.docx")
        return (folder / "report.docx").read_bytes()


def pages(paper: Paper, template: str) -> dict[str, str]:
    """A page of HTML for each chapter, by its anchor; links between chapters lead from page to page.

    Parameters
    ----------
    paper : its pictures stay where its text says that they are.
    template : pandoc's, of one page.
    """
    with tempfile.TemporaryDirectory(prefix="report-") as name:
        folder = Path(name)
        (folder / "page.html").write_text(template, encoding="utf-8")
        how = ("--split-level=1", "--chunk-template=%i.html", "--template=page.html")
        archive = _pandoc(paper, folder, "chunkedhtml", *how)
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            names = [each for each in opened.namelist() if each.endswith(".html") and each != "index.html"]
            return {each.removesuffix(".html"): opened.read(each).decode() for each in names}


def pages_of(content: bytes) -> int:
    """Return how many pages a PDF has."""
    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(content)).pages)


def _pandoc(paper: Paper, folder: Path, to: str, *options: str) -> bytes:
    said = {"title": paper.title, "subtitle": paper.subtitle, "lang": paper.language, "author": AUTHOR}
    variables = {
        "state": paper.state,
        "form": paper.form,
        "contents": paper.contents,
        "synthetic": "true" if paper.synthetic else "",
        "contentsdepth": "2",
        "maker": AUTHOR,
        # As a string: in content an apostrophe is another one.
        "name": paper.title.replace("\\", "\\\\").replace('"', '\\"'),
    }
    named = [f"--metadata={key}={value}" for key, value in said.items() if value]
    named += [f"--variable={key}={value}" for key, value in variables.items() if value]
    if to == "docx" and paper.state:
        named.append(f"--metadata=date={paper.state}")
    return pandoc([f"--to={to}", "--standalone", *named, *options], paper.markdown, folder)


def pandoc(options: Sequence[str], text: str, folder: Path | None = None) -> bytes:
    """A text of the report as pandoc writes it. Raises TypesettingFailed."""
    import pypandoc

    command = [pypandoc.get_pandoc_path(), f"--from={READER}", f"--lua-filter={_file('report.lua')}", "--wrap=none"]
    done = subprocess.run(
        [*command, *options],
        input=text.encode(),
        capture_output=True,
        cwd=folder,
        env={"SOURCE_DATE_EPOCH": _DAY, "LANG": "C.UTF-8"},
    )
    if done.returncode:
        raise TypesettingFailed(
            "not_set", f"A text of the report cannot be set by pandoc: {done.stderr.decode().strip()}"
        )
    return done.stdout


@cache
def _without_title_block() -> str:
    """pandoc's own template of Word documents, without the block of title, author and date."""
    default = pandoc(["--print-default-template=openxml"], "").decode()
    return default[: default.index("$if(title)$")] + default[default.index("$if(abstract)$") :]


def _with_pictures(paper: Paper, name: str) -> Path:
    folder = Path(name)
    for stem, content in paper.pictures.items():
        (folder / f"{stem}.png").write_bytes(content)
    return folder


def _file(name: str) -> str:
    return str(resources.files("analysis.report") / "templates" / name)


def _fonts() -> str:
    """The folder of matplotlib's fonts, for signs that Libertinus lacks."""
    import matplotlib

    return str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")


_SIGNS = re.compile(r"([\\`*_{}\[\]<>#+\-.!|~^$@\"'()=:&])")
_LINK = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\](?:\((?:[^()\\]|\\.)*\))?(?:\{[^}]*\})?")
# All but no-break spaces, which keep the digits of a number together.
_BLANKS = re.compile(r"[^\S\u00a0\u202f]+")
# Letters of a line, and of the narrowest column.
_LINE, _NARROWEST = 100, 8
# Longer words are broken where a sign stands in them.
_LONGEST_WORD = 18


# What stands before a statement that follows from synthetic data.
SYNTHETIC = "[SYNTHETIC]{.synthetic} "


def escaped(text: object) -> str:
    """A text that Markdown reads as it stands, on one line."""
    return _SIGNS.sub(r"\\\1", _on_one_line(text))


def _on_one_line(text: object) -> str:
    return _BLANKS.sub(" ", str(text)).strip()


def link(text: object, target: str, anchor: str = "") -> str:
    """A text that leads to a target; without one, the text, which then may be an anchor itself."""
    said = f"[{escaped(text)}]"
    if target:
        return f"{said}({target})"
    return f"{said}{{#{anchor}}}" if anchor else escaped(text)


def plain(markdown: str) -> str:
    """Inline Markdown as the letters that a reader sees."""
    return re.sub(r"\\(.)", r"\1", _LINK.sub(r"\1", markdown))


def picture(target: str, caption: str, alt: str, pixels: tuple[int, int], width: int, anchor: str = "") -> str:
    """A picture with its caption, as a block of its own.

    Parameters
    ----------
    target : its file. caption : inline Markdown. alt : what it shows, as text.
    pixels : width and height. width : per cent of a line. anchor : of the picture, if it has one.
    """
    quoted = alt.replace("\\", "\\\\").replace('"', '\\"')
    size = f'width="{width}%" pixels_wide={pixels[0]} pixels_high={pixels[1]}'
    return f'![{caption}]({target}){{{f"#{anchor} " if anchor else ""}alt="{quoted}" {size}}}'


def table(rows: pd.DataFrame, *, caption: str = "", anchor: str = "", numeric: Collection[str] = ()) -> str:
    """A table as a pipe table of Markdown.

    Parameters
    ----------
    rows : cells of inline Markdown; the heads are text. caption : inline Markdown; without it the table has none.
    anchor : of the table, where it has a caption. numeric : heads of the columns that are set to the right.
    """
    heads = [escaped(name) for name in rows.columns]
    cells = [[_on_one_line(cell) or " " for cell in row] for row in rows.itertuples(index=False)]
    shares = _shares([[plain(each) for each in column] for column in zip(heads, *cells, strict=True)])
    rule = [
        f":{'-' * max(3, round(share * _LINE))}" if name not in numeric else f"{'-' * max(3, round(share * _LINE))}:"
        for name, share in zip(rows.columns, shares, strict=True)
    ]
    lines = [f"| {' | '.join(line)} |" for line in (heads, *cells)]
    lines.insert(1, f"|{'|'.join(rule)}|")
    if not caption:
        return "\n".join(lines)
    attributes = f" {{#{anchor}}}" if anchor else ""
    # Above the table, so that a reader knows what it is before its numbers.
    return "\n".join([f": {caption}{attributes}", "", *lines])


def _shares(columns: list[list[str]]) -> list[float]:
    """The share of a line for each column: more for longer texts, and room for its longest word in any case."""
    wanted = []
    for column in columns:
        words = [word for text in column for word in _BLANKS.split(text)]
        longest = min(max(map(len, words), default=1), _LONGEST_WORD)
        mean = sum(map(len, column)) / len(column)
        wanted.append(max(_NARROWEST, longest + 2, 4 * math.sqrt(mean) if mean > _LONGEST_WORD else mean + 2))
    return [each / sum(wanted) for each in wanted]
