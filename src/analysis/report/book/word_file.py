"""What pandoc leaves to be done in a Word file: styles, heads and feet of pages, contents, and no trace of a clock."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from html import escape
from importlib import resources

from analysis.report.book.words import SYNTHETIC

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
