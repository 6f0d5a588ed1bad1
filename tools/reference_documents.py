"""Make the Word documents from whose styles the report takes its own: pandoc's default, in the colours of the house.

    python tools/reference_documents.py

writes ``reference.docx`` of the report's templates, and ``reference_SYNTHETIC.docx``, whose pages all say SYNTHETIC.
"""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from pathlib import Path

import pypandoc

TEMPLATES = Path(__file__).parents[1] / "src" / "analysis" / "report" / "templates"
DAY = (1980, 1, 1, 0, 0, 0)
HOUSE, QUIET = "00518F", "595959"
NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEADER = (
    f'<?xml version="1.0" encoding="UTF-8"?><w:hdr xmlns:w="{NAMESPACE}"><w:p><w:pPr><w:jc w:val="right"/></w:pPr>'
    '<w:r><w:rPr><w:b/><w:color w:val="8A2B00"/></w:rPr><w:t>SYNTHETIC</w:t></w:r></w:p></w:hdr>'
)
# A4 with margins of 1.7 and 1.8 cm, in twentieths of a point.
PAGE = (
    '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="964" w:right="1020" w:bottom="964" w:left="1020" '
    'w:header="567" w:footer="567" w:gutter="0"/>'
)


def styled(styles: str) -> str:
    """pandoc's styles with the report's colours, smaller type, and tables with lines."""
    styles = re.sub(r'w:val="(?:0F4761|156082|4F81BD|345A8A|2E74B5)"', f'w:val="{HOUSE}"', styles)
    styles = re.sub(r'(<w:docDefaults>.*?<w:sz w:val=")\d+("\s*/>)', r"\g<1>19\2", styles, flags=re.DOTALL)
    # Calibri is everywhere, by itself or as Carlito, which has the same widths.
    named = "".join(f' w:{script}="Calibri"' for script in ("ascii", "hAnsi", "cs", "eastAsia"))
    styles = re.sub(r"<w:rFonts [^>]*Theme[^>]*/>", f"<w:rFonts{named}/>", styles)
    styles = styles.replace('<w:spacing w:before="180" w:after="180" />', '<w:spacing w:before="40" w:after="60" />')
    styles = styles.replace('w:before="360" w:after="80"', 'w:before="200" w:after="60"')
    styles = styles.replace('w:before="160" w:after="80"', 'w:before="120" w:after="40"')
    grid = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="B8B8B8"/>' for edge in ("top", "bottom", "insideH")
    )
    return re.sub(
        r'(<w:style w:type="table"[^>]*w:styleId="Table">.*?<w:tblPr>)',
        rf"\1<w:tblBorders>{grid}</w:tblBorders>",
        styles,
        flags=re.DOTALL,
    )


def made(default: bytes, synthetic: bool) -> bytes:
    """A reference document; of a synthetic one each page has a header that says so."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(default)) as read, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for name in sorted(read.namelist()):
            content = read.read(name)
            if name == "word/styles.xml":
                content = styled(content.decode()).encode()
            if name == "word/fontTable.xml":
                # Digits of typefaces are no help to a reader, and look like identifiers to the search before a release.
                content = f'<?xml version="1.0" encoding="UTF-8"?><w:fonts xmlns:w="{NAMESPACE}"/>'.encode()
            if name == "word/document.xml":
                header = '<w:headerReference w:type="default" r:id="rIdSynthetic"/>' if synthetic else ""
                section = f"<w:sectPr>{header}{PAGE}</w:sectPr>"
                text = re.sub(r"<w:sectPr\s*/>|<w:sectPr.*?</w:sectPr>", section, content.decode(), flags=re.DOTALL)
                content = text.encode()
            if synthetic and name == "word/_rels/document.xml.rels":
                line = (
                    f'<Relationship Id="rIdSynthetic" Type="{RELATIONS}/header" Target="header1.xml"/></Relationships>'
                )
                content = content.decode().replace("</Relationships>", line).encode()
            if synthetic and name == "[Content_Types].xml":
                kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
                line = f'<Override PartName="/word/header1.xml" ContentType="{kind}"/></Types>'
                content = content.decode().replace("</Types>", line).encode()
            written.writestr(zipfile.ZipInfo(name, DAY), content, zipfile.ZIP_DEFLATED)
        if synthetic:
            written.writestr(zipfile.ZipInfo("word/header1.xml", DAY), HEADER, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def main() -> None:
    command = [pypandoc.get_pandoc_path(), "--print-default-data-file=reference.docx"]
    default = subprocess.run(command, check=True, capture_output=True).stdout
    for name, synthetic in (("reference.docx", False), ("reference_SYNTHETIC.docx", True)):
        (TEMPLATES / name).write_bytes(made(default, synthetic))


if __name__ == "__main__":
    main()
