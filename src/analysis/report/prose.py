"""Prose of the report: what people wrote in Markdown, and standard sentences, as clean HTML that says its language."""

from __future__ import annotations

import html
import re

from analysis.report import pages
from analysis.report.document import Prose
from analysis.report.material import Material

# The title of a chapter is the frame's; one that its text begins with would stand twice.
_OWN_TITLE = re.compile(r"\A\s*# [^\n]*\n")


def chapter(material: Material, name: str) -> tuple[tuple[Prose, ...], bool]:
    """The text of a chapter, and whether it cites invented persons; in English, and says so, where there is no other.

    Raises UnknownReference.
    """
    texts = material.texts.chapters
    language = material.language if (name, material.language) in texts else "en"
    text = texts.get((name, language), "")
    if not text.strip():
        return (), False
    where = f"pledge/chapters/{language}/{name}.md"
    written = Prose(material.html(_OWN_TITLE.sub("", text), language, where), language)
    invented = material.cites_invented(text)
    return (*only_english(material, language), written), invented


def only_english(material: Material, language: str) -> tuple[Prose, ...]:
    """The sentence that a part exists in English only, where it does."""
    return () if language == material.language else (paragraph(material, material.frame("only_english")),)


def paragraph(material: Material, *sentences: str) -> Prose:
    """Standard sentences, one paragraph each."""
    return Prose("".join(f"<p>{html.escape(each)}</p>" for each in sentences), material.language)


def written(material: Material, fragment: str) -> Prose:
    """A fragment of HTML, made clean."""
    return Prose(pages.prose(fragment), material.language)


def in_language(material: Material, text: str, language: str) -> str:
    """A text as HTML that says its language where that is another than the document's."""
    shown = html.escape(text)
    return shown if language == material.language else f'<span lang="{language}">{shown}</span>'


def marked_html(text: str, synthetic: bool) -> str:
    """HTML of a line that says SYNTHETIC if it must."""
    return f'<span class="synthetic">SYNTHETIC</span> {text}' if synthetic and "SYNTHETIC" not in text else text
