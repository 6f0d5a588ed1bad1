"""The words of a figure in the other languages of the report, from how the figure says them in English.

A figure's plot is data: its texts are translated before it is drawn, its own words while it is. Phrases stand in
``templates/figures.yml``; names of places and sources, months and numbers follow the language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

import pandas as pd
from babel import Locale
from babel.dates import get_month_names
from babel.numbers import format_decimal, get_decimal_symbol

from analysis import areas
from analysis.findings.measures import LOCALES, area_name
from analysis.plots.matrix import Category
from analysis.plots.style import Footer, is_suppressed
from analysis.report import templating
from analysis.report.references import in_language
from bounded.refusal import Refusal

FILE = "src/analysis/report/templates/figures.yml"
# Arguments of charts that a reader sees; other texts among them name columns.
SEEN = frozenset(
    {
        *("xlabel", "ylabel", "unit", "note", "none", "subtitle", "key_title", "text_label", "row_text_label"),
        *("estimate_label", "interval_label", "hollow_label", "band_label", "fit_label", "joinpoint_label"),
    }
)
# Columns that nobody reads: codes by which rows are told apart.
_CODES = re.compile(r"(.*_)?ids?|origin|destination|value_qualifier|kind|source|indicator|note")
_NUMBER = r"[≥≤<≈ ]*\d[\d.,]*(?:–\d[\d.,]*)?"
_FIELDS = {
    **dict.fromkeys(("n", "m", "k"), _NUMBER),
    **dict.fromkeys(("year", "year2"), r"[\d/–’-]+"),
    **dict.fromkeys(("place", "where", "what", "items", "list", "list2"), r".+?"),
}
_FIELD = re.compile(r"\{(\w+)\}")
_IN_DIGITS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(rf"(?:(\d{{1,2}}) )?({'|'.join(_MONTHS)})(?: (\d{{4}}))?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
# Left where all words of a language are taken out of a text: codes of countries, units, the sign of a count.
_NO_WORDS = re.compile(r"(?<![^\W\d_])(?:[A-Z]{3}|n|km|m)(?![^\W\d_])|[\W\d_]+")


@dataclass
class FigureWords:
    """The translator of one figure.

    Parameters
    ----------
    language : one of the report. figure : how a sentence names the figure: analysis, area and name.
    shown : all that was translated so far, which the figure may show.
    """

    language: str
    figure: str
    shown: set[str] = field(default_factory=set)

    def words(self, english: str) -> str:
        """Return a phrase with its fields. Raises Refusal where the language has none."""
        found = _phrases().get(english, {}).get(self.language)
        if found is None:
            raise self._missing(english)
        return self.said(_spaced(found, self.language))

    def number(self, english: str) -> str:
        """Return numbers in a text without words as the language writes them."""
        text = _IN_DIGITS.sub(lambda found: _digits(found[0], self.language), english)
        if self.language == "tr" and text.endswith(" %"):
            text = f"%{text.removesuffix(' %')}"
        return text

    def said(self, text: str) -> str:
        """Return a text that the figure may show."""
        self.shown.add(text)
        return text

    def of(self, english: str) -> str:
        """Return a text of the figure in the language. Raises Refusal where a part of it has no translation."""
        found = self.known(english)
        if found is None:
            raise self._missing(english)
        return found

    def known(self, english: str) -> str | None:
        """Return a text in the language; None where it has no translation."""
        if not any(letter.isalpha() for letter in english):
            return self.number(english)
        found = self._phrase(english) or self._name(english) or self._pattern(english) or self._date(english)
        if found is None and len(parts := _SENTENCE.split(english)) > 1:
            sentences = [self.known(part) for part in parts]
            found = None if None in sentences else " ".join(map(str, sentences))
        return None if found is None else self.said(_spaced(found, self.language))

    def arguments(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a chart in the language: those that a reader sees, and names in lists and tables."""
        return {
            name: self.of(value) if name in SEEN and value else self.table(value) for name, value in arguments.items()
        }

    def footer(self, footer: Footer) -> Footer:
        """Return a footer in the language."""
        return replace(
            footer,
            source=self.said(in_language(footer.source, self.language)),
            period=self.of(footer.period),
            n=self.of(footer.n),
            limits=self.of(footer.limits),
        )

    def check(self, texts: Iterable[str]) -> None:
        """Raise Refusal if a drawn text has words that were not translated."""
        taken = sorted({"".join(each.split()) for each in self.shown} - {""}, key=len, reverse=True)
        for text in texts:
            left = "".join(text.split())
            for each in taken:
                left = left.replace(each, " ")
            if _NO_WORDS.sub("", left):
                raise self._missing(text)

    def _missing(self, text: str) -> Refusal:
        said = " ".join(text.split())
        return Refusal(
            "missing_translation",
            f"The figure {self.figure} cannot be drawn in '{self.language}': '{said}' has no translation. Add one to "
            f"{FILE}, or have no text in that language show the figure.",
        )

    def _phrase(self, english: str) -> str | None:
        return None if "{" in english else _phrases().get(english, {}).get(self.language)

    def _name(self, english: str) -> str | None:
        return _names(self.language).get(english)

    def _pattern(self, english: str) -> str | None:
        for pattern, translations in _patterns():
            if (found := pattern.fullmatch(english)) and self.language in translations:
                fields = {name: self._field(name, text) for name, text in found.groupdict().items()}
                if None not in fields.values():
                    return translations[self.language].format(**fields)
        return None

    def _field(self, name: str, text: str) -> str | None:
        if name in ("place", "where", "what"):
            return self.known(text)
        if name == "items":
            items = [self.known(each) for each in text.split("; ")]
            return None if None in items else "; ".join(map(str, items))
        return self.number(text) if name in ("n", "m", "k") else text

    def _date(self, english: str) -> str | None:
        """Months with or without day and year, one or two of them: "Jan – Jul 2020", "31 Dec 2022"."""
        if _DATE.sub("", english).strip(" –"):
            return None
        return _DATE.sub(lambda found: _date_words(self.language, *found.groups()), english)

    def table(self, value: Any) -> Any:
        """Return a table, a list or a mapping with the texts that are known; a text by itself may name a column."""
        if isinstance(value, pd.DataFrame):
            return value.assign(**{str(name): self._column(str(name), column) for name, column in value.items()})
        if isinstance(value, Mapping):
            return {self._text(key): self._text(each) for key, each in value.items()}
        if isinstance(value, list) or (isinstance(value, tuple) and any(isinstance(each, Category) for each in value)):
            return [self._text(each) for each in value]
        return value

    def _column(self, name: str, column: pd.Series) -> pd.Series:
        kind = column.dtype
        if isinstance(kind, pd.CategoricalDtype):
            return column.cat.rename_categories(self._text)
        is_text = isinstance(kind, pd.StringDtype) or pd.api.types.is_object_dtype(kind)
        return column.map(self._text) if is_text and not _CODES.fullmatch(name) else column

    def _text(self, value: Any) -> Any:
        if isinstance(value, Category):
            return replace(value, name=self._text(value.name))
        # By these words a chart knows what it may not draw.
        if not isinstance(value, str) or is_suppressed(value) or value.startswith("not asked"):
            return value
        if value not in self._texts:
            self._texts[value] = self.known(value)
        found = self._texts[value]
        return value if found is None else found

    @cached_property
    def _texts(self) -> dict[str, str | None]:
        return {}


@cache
def _phrases() -> Mapping[str, Mapping[str, str]]:
    return templating.from_yaml("figures.yml")


@cache
def _patterns() -> list[tuple[re.Pattern[str], Mapping[str, str]]]:
    """Phrases whose fields can be read from a text."""
    found = []
    for phrase, translations in _phrases().items():
        fields = _FIELD.findall(phrase)
        if fields and set(fields) <= set(_FIELDS):
            parts = _FIELD.split(phrase)
            text = "".join(
                f"(?P<{part}>{_FIELDS[part]})" if at % 2 else re.escape(part) for at, part in enumerate(parts)
            )
            found.append((re.compile(text), translations))
    return found


@cache
def _names(language: str) -> dict[str, str]:
    """Names of countries, and of the studies and their areas, from those in English."""
    import pycountry

    territories = Locale.parse(LOCALES[language]).territories
    found = {
        areas.country_name(country.alpha_3): territories[country.alpha_2]
        for country in pycountry.countries
        if country.alpha_2 in territories
    }
    for study in areas.reported():
        for place in (study, *areas.ids(study)):
            found[areas.get(place).name] = area_name(place, language)
    return found


def _digits(english: str, language: str) -> str:
    whole, _, decimals = english.replace(",", "").partition(".")
    text = format_decimal(int(whole), locale=LOCALES[language])
    return f"{text}{get_decimal_symbol(LOCALES[language])}{decimals}" if decimals else text


def _date_words(language: str, day: str | None, month: str, year: str | None) -> str:
    number = _MONTHS.index(month) + 1
    name = get_month_names("abbreviated", locale=LOCALES[language])[number]
    if year is not None:
        name = f"{name} {year}"
    return f"{day} {name}" if day else name


def _spaced(text: str, language: str) -> str:
    """French with the spaces before its double signs, at which no line breaks."""
    return re.sub(r" (?=[:;!?»%])|(?<=«) ", "\u00a0", text) if language == "fr" else text
