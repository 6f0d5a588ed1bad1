"""Measures: what a finding can be of, declared once with its unit and its sentence in each language.

One file an analysis that states findings, in ``measures/`` under its name. A finding of a measure or an item that does
not stand there is refused.

Findings in words: numbers as each language writes them, values with their bounds, and whole sentences.
"""

from __future__ import annotations

import datetime
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal, format_percent

from analysis import areas, indicators
from analysis.catalog import shown
from analysis.data_read import remembered
from analysis.jobs import ALL
from analysis.preferred_values import is_long_ago
from bounded.refusal import Refusal

LANGUAGES = ("en", "fr", "pt", "tr")
# What a number counts, or is per; `percent` and `percent_a_year` are of a hundred. A finding can be per other
# inhabitants than its measure declares: then its own unit says so, as `per_1000`.
UNITS = (
    *("persons", "per_100000", "per_1000", "percent", "percent_a_year", "ratio", "countries", "areas", "indicators"),
    *("mentions", "reports", "treaties", "agreements", "children", "days", "years", "level", "score", "estimates"),
    *("events", "number"),
)
# How the unit of a rate begins; the inhabitants follow. LEVEL is that of intervals of which no other is said.
PER, LEVEL = "per_", 0.95
# What a measure says in its file, and what it is where it does not say it.
_REQUIRED = ("unit", "title", "sentence")
_OPTIONAL: Mapping[str, Any] = {
    **{"decimals": 0, "items": {}, "levels": {}, "better": ""},
    **{"latest": False, "as_printed": False, "item_is_title": False},
}
# The name of a measure in its file.
_NAME = re.compile(r"^(\w+):", re.MULTILINE)


@dataclass(frozen=True)
class Measure:
    """One measure.

    Parameters
    ----------
    analysis : the notebook that states it.
    unit : one of UNITS. decimals : how many are printed.
    title : a noun phrase, by language; `{per}` stands for the inhabitants that a rate is for.
    sentence : a statement with ``{area}``, ``{value}``, ``{period}``, ``{n}`` and ``{item}``, by language.
    items : names of items by language; empty where a measure has none. A dotted item is declared part by part.
    levels : of a measure whose unit is `level`, the words for each whole number, by language.
    as_printed : whether its figures are read and not computed, so that a whole number has no decimals.
    item_is_title : whether an item says what a finding is of without the title.
    better : whether less (``low``) or more (``high``) is the better, for pictures of change; empty where neither is.
    latest : whether its findings say how things stand, so that an old one is said to be the last known.
    """

    name: str
    analysis: str
    unit: str
    decimals: int
    title: Mapping[str, str]
    sentence: Mapping[str, str]
    items: Mapping[str, Mapping[str, str]]
    levels: Mapping[int, Mapping[str, str]]
    better: str = ""
    latest: bool = False
    as_printed: bool = False
    item_is_title: bool = False

    def declares(self, item: str) -> bool:
        """Return True if each part of an item is declared: with the measure, or as an indicator of a study."""
        return all(part in self.items or (self.items and part in _of_studies()) for part in item.split("."))

    def title_words(self, language: str, unit: str = "") -> str:
        """Return the title, with the inhabitants that a rate is for; those of the measure where no `unit` is given."""
        return self.title[language].format(per=_per(unit or self.unit, language))

    def item_words(self, item: str, language: str) -> str:
        """An item in words: its parts with commas between."""
        parts = [self.items.get(part) or {"en": _of_studies()[part]} for part in item.split(".") if item]
        return ", ".join(part.get(language, part["en"]) for part in parts)


@cache
def _of_studies() -> dict[str, str]:
    """The indicators that studies declare, with their words, which are in one language."""
    return {each.indicator: each.words for declared in indicators.of_each_study().values() for each in declared}


def declared(analysis: str, text: str, said: str) -> dict[str, Measure]:
    """The measures that the file of an analysis declares, by name, in its order.

    Parameters
    ----------
    analysis : whose file it is. text : what stands in it, as YAML. said : what the file is called in messages.

    Raises
    ------
    Refusal : it is no YAML, or a measure stands there twice, says too little or what no measure says, or has a unit
        that is none of UNITS; the message names the file and the measure.
    """
    twice = [name for name, times in Counter(_NAME.findall(text)).items() if times > 1]
    if twice:
        raise Refusal("invalid_measure", f"{said} declares {twice[0]} twice: take one of the two away.")
    # The loader in C takes a tenth of the time, and every page waits for it.
    try:
        read = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    except yaml.YAMLError as error:
        raise Refusal("invalid_measure", f"{said} cannot be read as YAML: {error}") from None
    return {name: _measure(name, analysis, each, said) for name, each in read.items()}


def _measure(name: str, analysis: str, says: Mapping[str, Any], said: str) -> Measure:
    if unknown := sorted(set(says) - {*_REQUIRED, *_OPTIONAL}):
        known = ", ".join((*_REQUIRED, *_OPTIONAL))
        raise Refusal("invalid_measure", f"{said}: {name} has '{unknown[0]}'; a measure has some of {known}.")
    if missing := [each for each in _REQUIRED if not says.get(each)]:
        raise Refusal("invalid_measure", f"{said}: {name} has no {missing[0]}, which each measure needs.")
    if says["unit"] not in UNITS:
        raise Refusal(
            "invalid_measure", f"{said}: the unit of {name} is '{says['unit']}', and must be one of {', '.join(UNITS)}."
        )
    for part in ("title", "sentence"):
        if missing := [language for language in LANGUAGES if language not in says[part]]:
            raise Refusal("invalid_measure", f"{said}: the {part} of {name} is missing in {', '.join(missing)}.")
    return Measure(name=name, analysis=analysis, **{**_OPTIONAL, **says})


def _file(analysis: str) -> Path:
    """The file that declares the measures of an analysis; it need not be there."""
    return Path(__file__).with_suffix("") / f"{analysis}.yml"


@cache
def _read() -> dict[str, Measure]:
    found: dict[str, Measure] = {}
    for analysis in [name for name in ALL if _file(name).is_file()]:
        file = _file(analysis)
        more = declared(analysis, file.read_text(encoding="utf-8"), shown(file))
        if twice := [name for name in more if name in found]:
            other = shown(_file(found[twice[0]].analysis))
            raise Refusal(
                "invalid_measure",
                f"{shown(file)}: {twice[0]} is declared in {other}, too. Give one of the two another name.",
            )
        found |= more
    return found


MEASURES: Mapping[str, Measure] = _read()


LOCALES = {"en": "en_GB", "fr": "fr_FR", "pt": "pt_PT", "tr": "tr_TR"}

# Asks the United Nations to be called so in every language, which CLDR does not follow.
_OWN_NAMES = {"CPV": "Cabo Verde"}


@cache
def words() -> dict[str, dict[str, str]]:
    """Phrases for values by name and language."""
    return yaml.safe_load(
        (resources.files("analysis.findings") / "templates" / "values.yml").read_text(encoding="utf-8")
    )


@lru_cache(maxsize=100_000)  # a report says the same numbers in each of its forms
def number(value: float, unit: str, decimals: int, language: str = "en") -> str:
    """A number as a language writes it, with its unit where the sentence does not say it."""
    if unit in ("percent", "percent_a_year"):
        changes = unit == "percent_a_year" and _shorter(value, decimals) != 0
        pattern = _pattern(decimals, language, "+" if changes else "")
        return format_percent(_shorter(value, decimals) / 100, format=pattern, locale=LOCALES[language])
    text = format_decimal(
        _shorter(value, decimals), format=f"#,##0.{'0' * decimals}".rstrip("."), locale=LOCALES[language]
    )
    if unit not in words():
        return words()["per"][language].format(v=text, per=_per(unit, language)) if unit.startswith(PER) else text
    return of_plural(words()[unit][language], _shorter(value, decimals), language).format(v=text)


def _per(unit: str, language: str) -> str:
    """The inhabitants that a rate is for, as a text writes them; empty where the unit is of no rate."""
    if not unit.startswith(PER):
        return ""
    return re.sub(r"\s", " ", format_decimal(int(unit.removeprefix(PER)), locale=LOCALES[language]))


def of_plural(said: str | Mapping[str, str], value: float, language: str) -> str:
    """The form of a phrase that goes with a number (plural rules of CLDR: in French one and a half is still one).

    Parameters
    ----------
    said : one form for all, or forms by the name of the plural: ``one``, and ``other`` where there is no closer one.
    """
    if isinstance(said, str):
        return said
    return said.get(Locale.parse(LOCALES[language]).plural_form(value), said["other"])


def count_words(count: object, language: str = "en") -> str:
    """Return how many were counted, as a language writes it; a dash where there is no such number."""
    if count is None or str(count) in ("", "<NA>", "nan"):
        return "–"
    return format_decimal(int(float(str(count))), locale=LOCALES[language])


def value_words(row: Mapping[str, object], language: str = "en") -> str:
    """The value of a finding with its bounds, in words; the reason where it is not known."""
    measure = MEASURES[str(row["measure"])]
    if row["status"] != "known":
        return words()[str(row["status"])][language]
    low, high = _float(row["low"]), _float(row["high"])
    unit = str(row.get("unit") or measure.unit)
    said = {name: _formatted(end, measure, unit, language) for name, end in (("low", low), ("high", high))}
    said["level"] = _level(row, language)
    how, _, of = str(row["interval"]).partition("_")
    if of:
        # A headline that is no national total says what it is of.
        return words()[how][language].format(kind=words()[f"of_{of}"][language], **said)
    if row["interval"] == "range" and low != high:
        return words()["range" if not math.isinf(high) else "range_from"][language].format(**said)
    if row["interval"] == "confidence" and math.isnan(_float(row["value"])):
        # Bounds of the figure and limits on top of them: no one value is the estimate.
        return words()["limits" if not math.isinf(high) else "lower_limit"][language].format(**said)
    if row["value"] is None or math.isnan(_float(row["value"])) or row["interval"] in ("figure", "bounds"):
        name = "exact" if low == high else "at_least" if math.isinf(high) else "between"
        return words()[name][language].format(v=said["low"], **said)
    said["v"] = _formatted(_float(row["value"]), measure, unit, language)
    return words()["confidence" if row["interval"] == "confidence" else "exact"][language].format(**said)


def sentence(row: Mapping[str, object], language: str = "en") -> str:
    """A finding as a sentence; of one that is not known with the reason, which is in English, in English alone.

    Parameters
    ----------
    row : a row of the table of findings. language : one of LANGUAGES.
    """
    measure = MEASURES[str(row["measure"])]
    place = area_name(str(row["area_id"]), language)
    if row["status"] != "known":
        said = {"status": words()[str(row["status"])][language], "why": str(row["why"]).rstrip(".")}
        return words()["not_known"][language].format(area=place, title=title(row, language), **said) + "."
    text = measure.sentence[language].format(
        area=place,
        value=value_words(row, language),
        period=dated(row, language),
        item=measure.item_words(str(row["item"]), language),
        n=count_words(row["n"], language),
    )
    return capital(text, language)


def marked_sentence(row: Mapping[str, object]) -> str:
    """A finding as an English sentence that says SYNTHETIC if it must."""
    return ("SYNTHETIC: " if row["kind"] == "synthetic" else "") + sentence(row)


def capital(text: str, language: str) -> str:
    """A text with a capital at its beginning; that of i has its dot in Turkish."""
    first = "İ" if language == "tr" and text.startswith("i") else text[:1].upper()
    return first + text[1:]


def title(row: Mapping[str, object], language: str = "en") -> str:
    """Return what a finding is of, as a noun phrase."""
    measure = MEASURES[str(row["measure"])]
    item = measure.item_words(str(row["item"]), language)
    if measure.item_is_title and item:
        return item
    return measure.title_words(language, str(row.get("unit") or "")) + (f" ({item})" if item else "")


def period_words(period: str, language: str = "en") -> str:
    """A period as a language writes it: a year, two years, months, or days."""
    parts = [_date_words(part, language) for part in period.split("/") if part]
    return "–".join(parts) if all(part.isdigit() for part in parts) else " – ".join(parts)


def dated(row: Mapping[str, object], language: str = "en") -> str:
    """The period of a finding in words; "last known" where it says how things stand, and is old."""
    said = period_words(str(row["period"]), language)
    year = str(row["period"]).rpartition("/")[2][:4]
    if not (MEASURES[str(row["measure"])].latest and row["status"] == "known" and year.isdigit()):
        return said
    return words()["last_known"][language].format(period=said) if is_long_ago(int(year)) else said


@remembered
def area_name(area_id: str, language: str = "en") -> str:
    """The name of an area: of a country in the language, of a province or an island its own."""
    if area_id in areas.STUDIES:
        return areas.STUDIES[area_id].called(language)
    if area_id in _OWN_NAMES:
        return _OWN_NAMES[area_id]
    place = areas.get(area_id)
    if place.level != "country":
        return place.own_name
    import pycountry

    country = pycountry.countries.get(alpha_3=place.iso3)
    if language == "en" or country is None:
        return place.name
    return Locale.parse(LOCALES[language]).territories[country.alpha_2]


def _date_words(part: str, language: str) -> str:
    numbers = [int(number) for number in part.split("-")]
    if len(numbers) == 1:
        return part
    day = datetime.date(*[*numbers, 1][:3])
    if len(numbers) == 2:
        return format_skeleton("yMMM", day, locale=LOCALES[language])
    return format_date(day, format="medium", locale=LOCALES[language])


def _level(row: Mapping[str, object], language: str) -> str:
    """The level of an interval in percent; findings of earlier versions, which do not name it, have 95."""
    return _level_words(_float(row.get("confidence") or None), language)


@lru_cache(maxsize=100)
def _level_words(level: float, language: str) -> str:
    text = format_decimal(100 * (LEVEL if math.isnan(level) else level), "#,##0.####", LOCALES[language])
    return words()["level"][language].format(v=text)


def _formatted(value: float, measure: Measure, unit: str, language: str) -> str:
    if measure.unit == "level":
        return measure.levels[int(value)][language]
    if math.isinf(value):
        return "∞"
    whole = measure.as_printed and value == int(value)
    return number(value, unit, 0 if whole else measure.decimals, language)


def _shorter(value: float, decimals: int) -> float:
    """A number with so many decimals; what is rounded to zero is zero, and never minus zero."""
    return round(value, decimals) + 0.0


@cache
def _pattern(decimals: int, language: str, sign: str) -> str:
    """The pattern of a percentage, which begins with % in Turkish; of a change with its sign."""
    digits = f"#,##0.{'0' * decimals}".rstrip(".")
    pattern = f"%{digits}" if language == "tr" else f"{digits}%" if language == "en" else f"{digits}\u00a0%"
    return f"{sign}{pattern};-{pattern}" if sign else pattern


def _float(value: object) -> float:
    return float("nan") if value is None else float(str(value))
