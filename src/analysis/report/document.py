"""The report as a document: chapters of prose, pictures and tables, from which site, PDF and Word file are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Prose:
    """Paragraphs, lists and headings below a section's own, as HTML that `sanitising` let pass.

    Parameters
    ----------
    html : references to findings are links to ``#finding-<number>`` by then.
    language : the language it is written in.
    """

    html: str
    language: str


@dataclass(frozen=True)
class Picture:
    """A figure with its number and its caption.

    Parameters
    ----------
    name : lower case letters, digits, - and _; the stem of its file, unlike any other of the document.
    png : its content. alt : what it shows, for people who cannot see it.
    number : counted through the document. language : of caption and alt text.
    synthetic : whether it follows from invented persons.
    """

    name: str
    png: bytes
    number: int
    caption: str
    alt: str
    language: str
    synthetic: bool = False


@dataclass(frozen=True)
class Rows:
    """A table with its number and its caption; every cell is text.

    Parameters
    ----------
    name : as a picture's. numeric : columns that are set to the right.
    anchors : one id a row, or none: rows that are numbered findings carry ``finding-<number>``.
    folded : whether a page shows it only when asked to. note : what stands below it.
    """

    name: str
    table: pd.DataFrame
    number: int
    caption: str
    language: str
    numeric: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    note: str = ""
    folded: bool = False
    synthetic: bool = False


Block = Prose | Picture | Rows


@dataclass(frozen=True)
class Section:
    """A chapter, or a part of one.

    Parameters
    ----------
    section_id : anchor and, of a chapter and of an area's page, the stem of its page: ``turkiye``, ``area-TR-27``.
    title : in the language of the document.
    blocks : what stands before its first part. parts : sections below it.
    kind : ``chapter``, ``area`` (a page of its own on the site), ``part`` or ``annex``.
    synthetic : whether something in it follows from invented persons.
    """

    section_id: str
    title: str
    blocks: tuple[Block, ...] = ()
    parts: tuple[Section, ...] = ()
    kind: str = "chapter"
    synthetic: bool = False

    def every(self) -> Iterator[Section]:
        """The section and all below it, in their order."""
        yield self
        for part in self.parts:
            yield from part.every()


@dataclass(frozen=True)
class Document:
    """The report in one language.

    Parameters
    ----------
    language : one of `analysis.findings.measures.LANGUAGES`.
    title, subtitle : in that language.
    state : the state of the data, in words: the date of the newest of them, never that of the day it is built.
    words : phrases of the frame by name, in that language: labels of figures and tables, navigation, search.
    chapters : in their order.
    synthetic : whether something in it follows from invented persons; then every page and every file's name says so.
    """

    language: str
    title: str
    subtitle: str
    state: str
    words: Mapping[str, str]
    chapters: tuple[Section, ...]
    synthetic: bool = False

    def pictures(self) -> list[Picture]:
        """Every picture, in its order."""
        sections = [section for chapter in self.chapters for section in chapter.every()]
        return [block for section in sections for block in section.blocks if isinstance(block, Picture)]
