"""Measures: what a finding can be of, declared once with its unit and its sentence in each language.

One file an analysis, in ``measures/``: a finding of a measure or an item that does not stand there is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from analysis import areas, indicators
from bounded.refusal import Refusal

# One file an analysis that states findings. Whole names: what a notebook is made from is looked for by them.
FILES = (
    "incidence.yml",
    "trends.yml",
    "routes.yml",
    "risk_factors.yml",
    "referral_mechanisms.yml",
    "case_records.yml",
)
LANGUAGES = ("en", "fr", "pt", "tr")
# What a number counts, or is per; `percent` and `percent_a_year` are of a hundred.
UNITS = (
    *("persons", "per_100000", "per_1000", "percent", "percent_a_year", "ratio", "countries", "areas", "indicators"),
    *("mentions", "reports", "treaties", "agreements", "children", "days", "years", "level", "score", "estimates"),
)


@dataclass(frozen=True)
class Measure:
    """One measure.

    Parameters
    ----------
    analysis : the notebook that states it.
    unit : one of UNITS. decimals : how many are printed.
    title : a noun phrase, by language.
    sentence : a statement with ``{area}``, ``{value}``, ``{period}``, ``{n}`` and ``{item}``, by language.
    items : names of items by language; empty where a measure has none. A dotted item is declared part by part.
    levels : of a measure whose unit is `level`, the words for each whole number, by language.
    better : whether less (``low``) or more (``high``) is the better, for pictures of change; empty where neither is.
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

    def declares(self, item: str) -> bool:
        """Whether each part of an item is declared: with the measure, or as an indicator of a study."""
        return all(part in self.items or (self.items and part in _of_studies()) for part in item.split("."))

    def item_words(self, item: str, language: str) -> str:
        """An item in words: its parts with commas between."""
        parts = [self.items.get(part) or {"en": _of_studies()[part]} for part in item.split(".") if item]
        return ", ".join(part.get(language, part["en"]) for part in parts)


@cache
def _of_studies() -> dict[str, str]:
    """The indicators that studies declare, with their words, which are in one language."""
    return {each.indicator: each.words for study in areas.STUDIES for each in indicators.of(study)}


@cache
def _read() -> dict[str, Measure]:
    found: dict[str, Measure] = {}
    folder = resources.files("analysis.findings") / "measures"
    for file in FILES:
        for name, said in yaml.safe_load((folder / file).read_text(encoding="utf-8")).items():
            said = {"decimals": 0, "items": {}, "levels": {}, **said}
            if name in found or said["unit"] not in UNITS:
                raise Refusal(
                    "invalid_measure",
                    f"{file}: {name} is declared twice, or its unit is not one of {', '.join(UNITS)}.",
                )
            found[name] = Measure(name=name, analysis=file.removesuffix(".yml"), **said)
    return found


MEASURES: Mapping[str, Measure] = _read()
