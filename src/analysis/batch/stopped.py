"""Which studies stand still, while the batch and the release go on with the others: a fault stays where it is."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from analysis import catalog, retention
from analysis.analyses import require_usable
from analysis.jobs import ANALYSES


class StudyStopped(catalog.CatalogError):
    """What was asked for is of studies alone that stand still; the message says why."""


def stopped(studies: Sequence[str], *, whole: bool, today: datetime.date | None = None) -> dict[str, str]:
    """Those of some studies of which nothing may be made, and why: a sentence or two each.

    One stands still whose data are not as they were catalogued, or are past their last day.

    Parameters
    ----------
    whole : whether all studies are meant, so that those count, too, whose declaration cannot be read.
    today : the day by which data are past their last; the computer's clock has it where it is not given.

    Raises
    ------
    CatalogError : what belongs to all studies is missing or has changed.
    """
    catalog.verify_all()
    require_usable(ANALYSES)
    faults = catalog.faults()
    asked = dict.fromkeys([*studies, *(faults if whole else ())])
    expired = retention.barred([study for study in asked if study not in faults], today)
    return {
        study: str(faults[study]) if study in faults else expired[study]
        for study in asked
        if study in {*faults, *expired}
    }


def require_some(studies: Sequence[str], standing_still: dict[str, str]) -> None:
    """Raise StudyStopped where studies are asked for and none of them can be worked on."""
    if studies and set(studies) <= set(standing_still):
        raise StudyStopped("study_stopped", " ".join(standing_still[study] for study in studies))
