"""What pandoc reads: nodes of prose, tables and pictures as its syntax tree (pandoc-types 1.23).

What pandoc leaves to be done in a Word file: styles, heads and feet of pages, contents, and no trace of a clock.

The report as a Word file, made by pandoc: headings, tables and captions are those of Word, and can be edited.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from analysis.findings.measures import LOCALES
from analysis.report.document import Document, Picture, Prose, Rows, Section
from analysis.report.print_layout import (
    AUTHORS,
    SYNTHETIC,
    Item,
    Links,
    Node,
    Once,
    breakable,
    label,
    layout,
    leaves,
    printed,
    prose,
    width_mm,
    words,
)

API_VERSION = [1, 23, 1]
Element = dict[str, Any]


def element(kind: str, content: Any = None) -> Element:
    """One element of the tree."""
    return {"t": kind} if content is None else {"t": kind, "c": content}


def attributes(identifier: str = "", language: str = "", **more: str) -> list[Any]:
    """An element's id, and its attributes: ``custom_style`` names a paragraph style of the Word file."""
    said = {"lang": language, **{name.replace("_", "-"): value for name, value in more.items()}}
    return [identifier, [], [[name, value] for name, value in said.items() if value]]


def text(words: str) -> list[Element]:
    return [element("Str", words)] if words else []


def styled(style: str, inlines: Sequence[Element], language: str = "") -> Element:
    """A paragraph in a style."""
    return element("Div", [attributes("", language, custom_style=style), [element("Para", list(inlines))]])


def raw(xml: str) -> Element:
    """A part of the Word file as it is."""
    return element("RawBlock", ["openxml", xml])


def runs(parts: Sequence[Any]) -> list[Element]:
    """Runs of a paragraph."""
    return [each for part in parts for each in _run_node(part)]


def _run_node(part: Any) -> list[Element]:
    if isinstance(part, str):
        return text(part)
    inner = runs(part["parts"])
    anchored = attributes(part.get("id", ""), part.get("lang", ""))
    if part["tag"] == "a":
        inner = [element("Link", [attributes(), inner, [part["href"], ""]])]
    elif part["tag"] == "code":
        inner = [element("Code", [attributes(), "".join(str(each.get("c", " ")) for each in inner)])]
    elif part["tag"] == "br":
        inner = [element("LineBreak")]
    elif part["tag"] in _MARKS:
        inner = [element(_MARKS[part["tag"]], inner)]
    return [element("Span", [anchored, inner])] if anchored != attributes() else inner


_MARKS = {"strong": "Strong", "em": "Emph", "del": "Strikeout"}


def blocks(nodes: Sequence[Node], tight: bool = False) -> list[Element]:
    """Blocks of prose; those of a tight list stand close to each other."""
    return [each for node in nodes for each in _block(node, tight)]


def _block(node: Node, tight: bool) -> list[Element]:
    tag, inner = node["tag"], node["parts"]
    said = attributes(node.get("id", ""), node.get("lang", ""))
    if tag == "h":
        return [element("Header", [node["level"], attributes(node.get("id", "")), runs(inner)])]
    if tag == "p":
        made = [element("Plain" if tight else "Para", runs(inner))]
    elif tag in ("ul", "ol"):
        close = all(len(item["parts"]) <= 1 for item in inner)
        items = [
            _held(attributes(item.get("id", ""), item.get("lang", "")), blocks(item["parts"], close)) for item in inner
        ]
        numbering = [node.get("start", 1), element("Decimal"), element("Period")]
        made = [element("BulletList", items) if tag == "ul" else element("OrderedList", [numbering, items])]
    elif tag == "pre":
        made = [element("CodeBlock", [attributes(), inner[0]])]
    elif tag == "hr":
        made = [element("HorizontalRule")]
    elif tag == "table":
        width = max((len(row) for row in [*node["head"], *node["rows"]]), default=0)
        head = [[element("Plain", runs(cell))] for cell in (node["head"] or [[[]] * width])[0]]
        rows = [[[element("Plain", runs(cell))] for cell in row] for row in node["rows"]]
        made = [table(head, rows, runs(node["caption"]))] if width else []
    else:
        made = blocks(inner)
        made = [element("BlockQuote", made)] if tag == "blockquote" else made
    return _held(said, made)


def _held(said: list[Any], made: list[Element]) -> list[Element]:
    """Blocks with an id or a language, which stand in one that bears it."""
    return made if said == attributes() else [element("Div", [said, made])]


def table(
    head: Sequence[list[Element]],
    rows: Sequence[Sequence[list[Element]]],
    caption: Sequence[Element],
    shares: Sequence[float] = (),
    to_the_right: Sequence[bool] = (),
    name: str = "",
) -> Element:
    """A table of cells, each a list of blocks; `shares` are widths of columns in parts of the line."""
    widths = [element("ColWidth", share) for share in shares] or [element("ColWidthDefault")] * len(head)
    sides = [element("AlignRight" if right else "AlignLeft") for right in to_the_right or [False] * len(head)]
    said = [None, [element("Plain", list(caption))] if caption else []]
    body = [attributes(), 0, [], [_row(cells) for cells in rows]]
    columns = [list(pair) for pair in zip(sides, widths, strict=True)]
    return element("Table", [attributes(name), said, columns, [attributes(), [_row(head)]], [body], [attributes(), []]])


def _row(cells: Sequence[list[Element]]) -> list[Any]:
    return [attributes(), [[attributes(), element("AlignDefault"), 1, 1, cell] for cell in cells]]


def picture(file: str, alt: str, caption: Sequence[Element], name: str, width: str) -> Element:
    """A picture with its caption and a text for people who cannot see it."""
    image = element("Image", [attributes(width=width), text(alt), [file, ""]])
    return element("Figure", [attributes(name), [None, [element("Plain", list(caption))]], [element("Plain", [image])]])


def tree_of(blocks_of_it: Sequence[Element], metadata: Mapping[str, str | Sequence[str]]) -> dict[str, Any]:
    """A document as pandoc reads it."""
    said = {
        name: element("MetaInlines", text(value))
        if isinstance(value, str)
        else element("MetaList", [element("MetaInlines", text(each)) for each in value])
        for name, value in metadata.items()
    }
    return {"pandoc-api-version": API_VERSION, "meta": said, "blocks": list(blocks_of_it)}


# Width and height of A4 in twentieths of a point, upright and on its side.
UPRIGHT, SIDEWAYS = (11906, 16838), (16838, 11906)
_MARGIN = 1361
# ZIP files know no earlier time.
_TIME = (1980, 1, 1, 0, 0, 0)
# Word's own limit for names of places in a file; pandoc names longer ones by their digest.
_LONGEST_NAME = 40
_NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:w10="urn:schemas-microsoft-com:office:word"'
)
# Signs that no XML may hold.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DECLARED = '<?xml version="1.0" encoding="UTF-8"?>'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
# What stands above and below the text: of the first page, and of all others.
_EDGES = (
    *(("Head", "header", "default"), ("FirstHead", "header", "first")),
    *(("Foot", "footer", "default"), ("FirstFoot", "footer", "first")),
)


def contents(title: str, listed: Sequence[tuple[int, str, str]]) -> str:
    """The contents as a field that Word brings up to date, filled with what it will hold.

    Parameters
    ----------
    listed : level, anchor and title of every heading in it.
    """
    begin = _mark("begin") + _code(r' TOC \o "1-3" \h \z \u ') + _mark("separate")
    lines = [_listed(*each, begin if number == 0 else "") for number, each in enumerate(listed)]
    head = _paragraph("TOCHeading", _run(title))
    return "".join([head, *lines, _paragraph("TOC1", _mark("end"))]) if lines else head


def _listed(level: int, anchor: str, title: str, begin: str) -> str:
    name = escape(_place(anchor))
    # The number of its page is for Word to find.
    page = _mark("begin") + _code(rf" PAGEREF {name} \h ") + _mark("separate") + "<w:r><w:t></w:t></w:r>" + _mark("end")
    line = f'<w:hyperlink w:anchor="{name}" w:history="1">{_run(title)}<w:r><w:tab/></w:r>{page}</w:hyperlink>'
    return _paragraph(f"TOC{level}", begin + line)


def _paragraph(style: str, inner: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{inner}</w:p>'


def _mark(kind: str) -> str:
    """Beginning, middle or end of a field."""
    # Word works out a field that is said to be out of date when it opens the file.
    dirty = ' w:dirty="true"' if kind == "begin" else ""
    return f'<w:r><w:fldChar w:fldCharType="{kind}"{dirty}/></w:r>'


def _run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(_UNSEEN.sub("", text), quote=False)}</w:t></w:r>'


def _code(text: str) -> str:
    return f'<w:r><w:instrText xml:space="preserve">{escape(text, quote=False)}</w:instrText></w:r>'


def _place(anchor: str) -> str:
    """What pandoc calls a place in a Word file."""
    if len(anchor) <= _LONGEST_NAME and anchor[:1].isalpha():
        return anchor
    return "X" + hashlib.sha1(anchor.encode()).hexdigest()[1:]


def end_of_pages(size: tuple[int, int], first: bool = False) -> str:
    """The end of a run of pages of one size; the next run begins a new page."""
    # The paragraph that must hold it takes no room.
    return (
        '<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>'
        f'{_pages(size, first)}<w:rPr><w:sz w:val="2"/></w:rPr></w:pPr></w:p>'
    )


def _pages(size: tuple[int, int], first: bool) -> str:
    width, height = size
    edges = "".join(f'<w:{kind}Reference w:type="{when}" r:id="r{name}"/>' for name, kind, when in _EDGES)
    side = ' w:orient="landscape"' if width > height else ""
    margins = " ".join(f'w:{name}="{_MARGIN}"' for name in ("top", "right", "bottom", "left"))
    return (
        f'<w:sectPr>{edges}<w:type w:val="nextPage"/><w:pgSz w:w="{width}" w:h="{height}"{side}/>'
        f'<w:pgMar {margins} w:header="680" w:footer="680" w:gutter="0"/>{"<w:titlePg/>" if first else ""}</w:sectPr>'
    )


def finished(content: bytes, title: str, synthetic: bool, new_pages: Sequence[str]) -> bytes:
    """The Word file that pandoc made, with all it lacks.

    Parameters
    ----------
    title : stands at the head of each page but the first. synthetic : whether SYNTHETIC stands across each page.
    new_pages : anchors of the headings that begin a page.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change = {
        "word/document.xml": lambda xml: _document(xml, new_pages),
        "word/styles.xml": _styles,
        # How letters look and which there are, in digits that could be somebody's number.
        "word/fontTable.xml": lambda xml: re.sub(r"<w:(panose1|sig)\b[^>]*/>", "", xml),
        "docProps/core.xml": lambda xml: re.sub(r"<dcterms:(created|modified).*?</dcterms:\1>", "", xml),
        "docProps/app.xml": lambda xml: re.sub(r"<(Properties[^>]*)>.*</Properties>", r"<\1/>", xml, flags=re.DOTALL),
        "word/_rels/document.xml.rels": _relations,
        "[Content_Types].xml": _types,
    }
    parts = {
        name: change[name](each.decode("utf-8")).encode("utf-8") if name in change else each
        for name, each in parts.items()
    }
    parts |= {
        "word/Head.xml": _head(title, synthetic).encode("utf-8"),
        "word/FirstHead.xml": _head("", synthetic).encode("utf-8"),
        "word/Foot.xml": _foot(numbered=True).encode("utf-8"),
        "word/FirstFoot.xml": _foot(numbered=False).encode("utf-8"),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts, key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            is_packed = name.endswith(".png")
            entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
            archive.writestr(entry, parts[name])
    return packed.getvalue()


def _document(xml: str, new_pages: Sequence[str]) -> str:
    """Headings that begin a page, rows that are kept together, and the last run of pages."""
    for anchor in new_pages:
        place = rf'<w:bookmarkStart w:id="\d+" w:name="{re.escape(_place(anchor))}" />'
        mark = rf'({place}\s*<w:p><w:pPr><w:pStyle w:val="Heading\d" />)'
        xml = re.sub(mark, r"\1<w:pageBreakBefore/>", xml, count=1)
    xml = xml.replace("<w:tr><w:trPr>", "<w:tr><w:trPr><w:cantSplit/>").replace(
        "<w:tr><w:tc>", "<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc>"
    )
    # The last end of pages is pandoc's own.
    body, _, _ = xml.rpartition("<w:sectPr>")
    return f"{body}{_pages(UPRIGHT, first='<w:sectPr>' not in body)}</w:body></w:document>"


def _styles(xml: str) -> str:
    """The styles of the report in the place of pandoc's."""
    for style in re.findall(r"<w:style .*?</w:style>", _template("book_styles.xml"), flags=re.DOTALL):
        name = style.split('w:styleId="')[1].split('"')[0]
        xml = re.sub(rf'<w:style [^>]*w:styleId="{name}".*?</w:style>', "", xml, count=1, flags=re.DOTALL)
        xml = xml.replace("</w:styles>", f"{style}</w:styles>")
    return xml


def _template(name: str) -> str:
    return (resources.files("analysis.report") / "templates" / name).read_text("utf-8")


def _relations(xml: str) -> str:
    """The parts above and below the text, named to the file."""
    added = "".join(
        f'<Relationship Type="{_RELATIONS}/{kind}" Id="r{name}" Target="{name}.xml"/>' for name, kind, _ in _EDGES
    )
    return xml.replace("</Relationships>", f"{added}</Relationships>")


def _types(xml: str) -> str:
    added = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_TYPES}.{kind}+xml"/>' for name, kind, _ in _EDGES
    )
    return xml.replace("</Types>", f"{added}</Types>")


def _head(title: str, synthetic: bool) -> str:
    said = f"{_run(title)}<w:r><w:tab/></w:r>" if title else ""
    if synthetic:
        look = '<w:rPr><w:b/><w:color w:val="8A2B00"/></w:rPr>'
        said += f"<w:r>{look}<w:t>{SYNTHETIC}</w:t></w:r>{_template('book_watermark.xml')}"
    return f"{_DECLARED}<w:hdr {_NAMES}>{_paragraph('Header', said)}</w:hdr>"


def _foot(numbered: bool) -> str:
    field = '<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>' if numbered else ""
    return f"{_DECLARED}<w:ftr {_NAMES}>{_paragraph('Footer', field)}</w:ftr>"


# Deeper headings stand in no contents.
_DEEPEST_LISTED = 3


def docx(document: Document) -> bytes:
    """The report as a Word file on A4, in fonts that Word has.

    Parameters
    ----------
    document : in one language.

    Raises
    ------
    BrokenLink : a link leads to no part of the document.
    """
    import pypandoc  # only where the program is wanted

    blocks, new_pages = _blocks(document)
    metadata: dict[str, str | Sequence[str]] = {
        "title": document.title,
        "subtitle": document.subtitle,
        "author": list(AUTHORS),
        "date": document.state,
        "description": document.state,
        "keywords": [SYNTHETIC] if document.synthetic else [],
        "lang": tag(document.language),
    }
    with tempfile.TemporaryDirectory(prefix="book-") as folder:
        for picture in document.pictures():
            Path(folder, f"{picture.name}.png").write_bytes(picture.png)
        made = Path(folder, "book.docx")
        subprocess.run(
            [pypandoc.get_pandoc_path(), "--from=json", "--to=docx", f"--output={made}"],
            input=json.dumps(tree_of(blocks, metadata)).encode(),
            cwd=folder,
            # The time of its parts; what would still tell a time is taken out below.
            env={**os.environ, "SOURCE_DATE_EPOCH": "315532800"},
            check=True,
            capture_output=True,
        )
        return finished(made.read_bytes(), document.title, document.synthetic, new_pages)


def tag(language: str) -> str:
    """A language as Word names it, with a country: it has dictionaries for these."""
    return LOCALES[language].replace("_", "-") if language in LOCALES else language


def _blocks(document: Document) -> tuple[list[Element], list[str]]:
    """All blocks, and the anchors of headings that begin a page."""
    document, links = printed(document)
    given = Once()
    runs = leaves(document)
    items = [item for _, run in runs for item in run]
    listed = [
        (item.level, item.what.section_id, item.what.title)
        for item in items
        if isinstance(item.what, Section) and item.level <= _DEEPEST_LISTED
    ]
    note = [*text(SYNTHETIC), *text(f" · {words(document.language)['synthetic']}")]
    found = [styled("Synthetic Note", note)] if document.synthetic else []
    found.append(raw(contents(words(document.language)["contents"], listed)))
    for number, (sideways, run) in enumerate(runs):
        found += [block for item in run for block in _item(item, document.language, links, given)]
        if number + 1 < len(runs):
            found.append(raw(end_of_pages(SIDEWAYS if sideways else UPRIGHT, first=number == 0)))
    return found, [item.what.section_id for item in items if isinstance(item.what, Section) and item.new_page]


def _item(item: Item, language: str, links: Links, given: Once) -> list[Element]:
    what = item.what
    if isinstance(what, Section):
        anchor = attributes(given(what.section_id))
        return [element("Header", [item.level, anchor, text(what.title)])]
    if isinstance(what, Prose):
        return _in(what.language, language, blocks([_once(node, given) for node in prose(what, item.level, links)]))
    caption = [element("Strong", text(f"{label(what, language)}. ")), *text(what.caption)]
    if isinstance(what, Picture):
        made = [picture(f"{what.name}.png", what.alt, caption, given(what.name), f"{width_mm(what):.1f}mm")]
    else:
        made = [_table(what, caption, given)]
        made += [styled("Table Note", text(what.note))] if what.note else []
    return _in(what.language, language, made)


def _in(language: str, around: str, made: list[Element]) -> list[Element]:
    """Blocks that say their language where it is not that of the document."""
    return made if language == around else [element("Div", [attributes("", tag(language)), made])]


def _table(block: Rows, caption: list[Element], given: Once) -> Element:
    how = layout(block)
    style = "Table Text Small" if how.small else "Table Text"
    head = [[styled(style, text(breakable(str(name))))] for name in block.table]
    rows = []
    for at, cells in enumerate(block.table.itertuples(index=False)):
        made = [[styled(style, text(breakable(str(cell))))] for cell in cells]
        anchor = given(block.anchors[at]) if block.anchors else ""
        if anchor:
            # A place to jump to, in the first cell of its row.
            inner = text(breakable(str(cells[0])))
            made[0] = [styled(style, [element("Span", [attributes(anchor), inner])])]
        rows.append(made)
    numeric = [str(name) in block.numeric for name in block.table]
    return table(head, rows, caption, how.shares, numeric, given(block.name))


def _once(node: Any, given: Once) -> Any:
    """A node whose anchors are new, and whose languages Word knows."""
    if isinstance(node, str):
        return node
    said = {name: change(node[name]) for name, change in (("id", given), ("lang", tag)) if name in node}
    parts = {name: [_once(each, given) for each in node[name]] for name in ("parts", "caption") if name in node}
    cells = {
        name: [[[_once(part, given) for part in cell] for cell in row] for row in node[name]]
        for name in ("head", "rows")
        if name in node
    }
    return {**node, **said, **parts, **cells}
