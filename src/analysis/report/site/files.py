"""What can be downloaded from the site, as it is listed in a language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from babel.numbers import format_decimal

from analysis.findings.measures import LANGUAGES
from analysis.findings.sentences import LOCALES

# The folder they lie in, beside those of the languages.
FOLDER = "downloads"
# In the order they are listed in.
_KINDS = ("pdf", "docx", "csv", "parquet", "json")
_LANGUAGE = re.compile(rf"[_.-]({'|'.join(LANGUAGES)})(?=[_.-])")


@dataclass(frozen=True)
class File:
    """One file: its name, what it is in words, how large it is, and its language; "" if it has none."""

    name: str
    words: str
    size: str
    language: str

    @property
    def address(self) -> str:
        """As a page of a language links to it."""
        return f"../{FOLDER}/{quote(self.name)}"


def listed(downloads: Mapping[str, bytes], words: Mapping[str, str], language: str) -> list[File]:
    """The files, those that are read first in front, with words in a language.

    A file is of a language if its name says so: ``report_fr.pdf``.
    """
    files = [
        File(name, words[_kind(name)], _size(len(content), words, language), _language_of(name))
        for name, content in downloads.items()
    ]
    kinds = [*_KINDS, "other"]
    return sorted(files, key=lambda file: (kinds.index(_kind(file.name)), file.language != language, file.name))


def _kind(name: str) -> str:
    ending = PurePosixPath(name).suffix.removeprefix(".").lower()
    return ending if ending in _KINDS else "other"


def _language_of(name: str) -> str:
    found = _LANGUAGE.findall(name)
    return found[-1] if found else ""


def _size(length: int, words: Mapping[str, str], language: str) -> str:
    """Kilobytes or megabytes, of a thousand, as a language writes them."""
    unit, size = ("megabytes", length / 1e6) if length >= 1e6 else ("kilobytes", length / 1e3)
    number = format_decimal(size, format="#,##0.#" if size < 10 else "#,##0", locale=LOCALES[language])
    return f"{number} {words[unit]}"
