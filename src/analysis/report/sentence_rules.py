"""Rules that one sentence of the report keeps, whatever the others say.

Each rule takes a sentence with what it cites and gives what is wrong with it: parts that do not sum to their total,
numbers of several periods, a share without its base, a count of places without the places. What the rules know of
measures stands in ``templates/coherence.yml``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from analysis import areas
from analysis.findings import measures
from analysis.recommendations.authorities import country_of
from analysis.report import templating
from analysis.report.references import REFERENCE
from analysis.report.statements import Citation, Statement

# A rounded percentage of a base is a whole number within half a unit of its last digit.
_ROUNDING = 0.5


def one_period(said: Statement) -> Iterator[str]:
    """Numbers of one sentence are of one period, or the sentence says the period of each."""
    periods = {each.period for each in said.values if each.period and not _is(each, "windows")}
    stated = _stated(said.cites)
    if len(periods) > 1 and periods - stated:
        unsaid = ", ".join(sorted(periods - stated))
        yield f"the numbers of this sentence are of {len(periods)} periods, and it does not say {unsaid}: cite |period."


def _stated(cites: Sequence[Citation]) -> set[str]:
    """The periods that citations print; what is open at the end of a period is of its last day."""
    periods = {each.period for each in cites if each.asked == "period"}
    return periods | {each.rpartition("/")[2] for each in periods}


def has_period(said: Statement) -> Iterator[str]:
    """A count says its period in its own paragraph, or a name there has the year, as that of a survey."""
    stated = _stated(said.cites_around)
    for each in said.values:
        by_name = each.period[:4] in said.named
        if each.period and not _is(each, "windows") and each.period not in stated and not by_name:
            yield f"{each.reference} is of {each.period}, which its paragraph does not say: cite |period."


def parts_sum(said: Statement) -> Iterator[str]:
    """Parts sum to their total, or the sentence names the rest."""
    for total, parts in _wholes(said.values):
        low, high = sum(each.low for each in parts), sum(each.high for each in parts)
        names = " + ".join(each.quantity for each in parts)
        if low > total[1]:
            yield f"{names} is more than their total, {total[1]:.10g}: correct the one or the other."
        elif len(parts) > 1 and high < total[0] and not _says(said, "rest"):
            yield f"{names} is {high:.10g} of {total[0]:.10g}: name the rest."


def _wholes(values: Sequence[Citation]) -> Iterator[tuple[tuple[float, float], list[Citation]]]:
    """Limits of a total, and its parts, of which there are some among the numbers of a sentence."""
    by_quantity = {each.quantity: each for each in values}
    for declared in known()["totals"]:
        total = by_quantity.get(declared["total"])
        parts = [by_quantity[each] for each in declared["parts"] if each in by_quantity]
        parts = [each for each in parts if total and same_place(total, each) and meet(total.period, each.period)]
        if total and parts:
            yield (total.low, total.high), parts
    for group in known()["of_their_base"]:
        parts = [by_quantity[each] for each in group if each in by_quantity]
        if len(parts) > 1 and len({(each.area_id, each.n) for each in parts}) == 1 and not math.isnan(parts[0].n):
            whole = 100.0 if parts[0].unit == "percent" else parts[0].n
            slack = _ROUNDING * len(parts) if parts[0].unit == "percent" else 0
            yield (whole - slack, whole + slack), parts
    counts = [each for each in values if each.reference.startswith("reported:")]
    for total in counts:
        tags = set(total.quantity.partition("/")[2].split(";")) - {"unspecified"}
        parts = [each for each in counts if each != total and _is_part(each, total, tags)]
        if parts:
            yield (total.low, total.high), parts


def _is_part(each: Citation, total: Citation, tags: set[str]) -> bool:
    """True if a count of a report is of some of those whom another count is of."""
    indicator, _, breakdown = each.quantity.partition("/")
    own = set(breakdown.split(";")) - {"unspecified"}
    same = (indicator, each.period, each.sources) == (total.quantity.partition("/")[0], total.period, total.sources)
    return same and len(own) == len(tags) + 1 and own > tags


def share_has_base(said: Statement) -> Iterator[str]:
    """A share says what it is a share of."""
    of_n = {each.reference for each in said.cites if each.asked == "n"}
    for each in said.values:
        base = said.language != "en" or re.search(r"\bof\b", said.plain, re.IGNORECASE) or each.reference in of_n
        if each.unit == "percent" and not base:
            yield f"{each.reference} is a share; say of what, or cite |n."


def places_are_named(said: Statement) -> Iterator[str]:
    """A count of places names them, or those that are left, in its paragraph."""
    whole = REFERENCE.sub("", said.paragraph)
    listed = {each.reference for each in said.cites_around if each.asked == "who"}
    for each in said.values:
        if not _is(each, "count_areas") or each.reference in listed or not each.low:
            continue
        names = [measures.area_name(area, said.language) for area in areas.ids(each.area_id)]
        there = sum(name.replace("'", "’") in whole or name in whole for name in names)
        # All of them need no names.
        if there < min(each.low, each.n - each.low):
            yield f"{each.reference} counts places, and names {there}: name them, or those that are left, or cite |who."


def rate_has_counts(said: Statement) -> Iterator[str]:
    """A rate stands with the count that it is of."""
    of_n = {each.reference for each in said.cites_around if each.asked == "n"}
    for each in said.values:
        if _is(each, "rates") and each.reference not in of_n:
            yield f"{each.reference} is a rate: cite |n, the count that it rests on."


def count_has_inhabitants(said: Statement) -> Iterator[str]:
    """A count of an island or province that grows with its inhabitants speaks of them."""
    around = REFERENCE.sub("", said.paragraph).casefold()
    based = any(known_by in each.quantity for each in said.cites_around for known_by in ("rate", "population"))
    if based or any(word in around for word in known()["inhabitants"]):
        return
    for each in said.values:
        if _is(each, "by_inhabitants") and areas.get(each.area_id).is_local:
            yield f"{each.reference} is a count of a place of its size: cite its rate or its inhabitants as well."


def called_by_name(said: Statement) -> Iterator[str]:
    """Potential victims are not called victims, nor suspected cases cases."""
    if said.language != "en":
        return
    around = REFERENCE.sub("", said.paragraph).casefold()
    for each in said.values:
        for mark, words in known()["called"].items():
            if re.search(mark, each.quantity) and not any(word in around for word in words):
                yield f"{each.reference} counts what is not sure: say {' or '.join(words)}."


OF_SENTENCES: tuple[Callable[[Statement], Iterator[str]], ...] = (
    one_period,
    has_period,
    parts_sum,
    share_has_base,
    places_are_named,
    rate_has_counts,
    count_has_inhabitants,
    called_by_name,
)


# What the rules know


@cache
def known() -> Mapping[str, Any]:
    return templating.from_yaml("coherence.yml")


def _is(each: Citation, kind: str) -> bool:
    return any(is_named(each.quantity, name) for name in known()[kind])


def is_named(quantity: str, name: str) -> bool:
    return quantity == name.removesuffix(".*") or (name.endswith("*") and quantity.startswith(name[:-1]))


def _says(said: Statement, kind: str) -> bool:
    return said.language != "en" or any(re.search(rf"\b{word}\b", said.plain, re.IGNORECASE) for word in known()[kind])


def same_place(one: Citation, other: Citation) -> bool:
    """True if two counts are of one country, or of a part of it and the whole."""
    return _country(one.area_id) == _country(other.area_id)


@cache
def _country(area_id: str) -> str:
    # Counts of a country that is a study bear its code.
    if area_id in {study.iso3 for study in areas.STUDIES.values()}:
        return area_id
    place = areas.get(area_id)
    return country_of(place.study, "" if place.is_study else place.area_id)


def meet(one: str, other: str) -> bool:
    """True if two periods have a day in common."""
    if not one or not other:
        return False
    (first, last), (begin, end) = _ends(one), _ends(other)
    return first <= end and begin <= last


def _ends(period: str) -> tuple[str, str]:
    first, _, last = period.partition("/")
    last = last or first
    return f"{first}-01-01"[:10] if len(first) == 4 else f"{first}-01"[:10], f"{last}-12-31"[:10] if len(
        last
    ) == 4 else f"{last}-31"[:10]
