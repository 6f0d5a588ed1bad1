"""What can be explored of a study: its data sets by title, and what is said of each where it is shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from analysis import areas, evidence, indicators
from analysis.areas import Area
from analysis.exhibits import detection, route
from analysis.explore import of_evidence, of_persons
from analysis.explore.records import PUBLIC, Records, titled
from analysis.jobs import CaseTables


def available(place: Area) -> dict[str, Callable[[], Records]]:
    """The data sets that can be explored for the study of a place: title -> what reads it.

    Case records come first where the study has some, then its own figures by area, then what others publish of its
    countries. A title says of what kind they are; a data set without a row is left out. Each call of a reader makes its
    data set anew, in well under a second for all but long lists.
    """
    whole = areas.get(place.study)
    found: dict[str, Callable[[], Records]] = {}
    tables = CaseTables(place.study)
    # Lists that no run has read yet are no tables: the way to make them is told where they are shown.
    if tables.may_be_shown and tables.said():
        found[of_persons.title_of(place.study, tables.kind)] = partial(of_persons.case_records, place.study)
    for each in indicators.of(place.study):
        if (records := of_evidence.figures_of(whole, each)) is not None:
            found[records.title] = partial(_made, records)
    own = detection.countries(whole)
    citizenship, mentions = route.sources_of(whole)
    public = {
        of_evidence.MENTIONS: (mentions, of_evidence.mentions),
        of_evidence.DETECTED: (evidence.detected_by_sex_age(own), of_evidence.by_sex_and_age),
        of_evidence.FORMS: (evidence.detected_by_form(own), of_evidence.by_form),
        of_evidence.CITIZENSHIP: (citizenship, of_evidence.by_citizenship),
    }
    return found | {
        titled(words, PUBLIC): partial(reader, whole) for words, (table, reader) in public.items() if len(table)
    }


def _made(records: Records) -> Records:
    return records
