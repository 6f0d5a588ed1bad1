"""What is chosen of a data set: areas, years and values; nothing chosen means all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from analysis.explore.records import AGE_GROUP, AREA, FORM, NATIONALITY, SEX, TITLES, YEAR, Records
from bounded.refusal import Refusal

# Fields that hold chosen values -> the column that they choose from.
CHOSEN = {"area_ids": AREA, SEX: SEX, AGE_GROUP: AGE_GROUP, FORM: FORM, NATIONALITY: NATIONALITY}


class NoSuchChoice(Refusal):
    """Something was chosen that the data set does not have; the message says what there is."""


@dataclass(frozen=True)
class Selection:
    """What is chosen.

    Parameters
    ----------
    area_ids : ids of areas; empty: all, and those rows whose area is not known.
    period : the first and the last year.
    sex, age_group, form, nationality : labels of the column; empty: all. A row with several values, or of which only
        some possible values are known, is chosen if any of them is.
    """

    area_ids: tuple[str, ...] = ()
    period: tuple[int, int] = (0, 9999)
    sex: tuple[str, ...] = ()
    age_group: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    nationality: tuple[str, ...] = ()

    @classmethod
    def all(cls, records: Records) -> Selection:
        """Everything of a data set."""
        return cls(period=records.period)

    @classmethod
    def of_message(cls, message: dict[str, Any]) -> Selection:
        """A selection as a page sends it: lists, and whole numbers for years."""
        known = {each.name for each in fields(cls)}
        strange = sorted(set(message) - known)
        if strange:
            raise NoSuchChoice(
                "unknown_filter", f"There is no filter '{strange[0]}': there are {', '.join(sorted(known))}."
            )
        chosen = {name: tuple(map(str, value)) for name, value in message.items() if name != "period"}
        first, last = message.get("period", (0, 9999))
        return cls(**chosen, period=(int(first), int(last)))

    def as_message(self) -> dict[str, Any]:
        """The same for a page: lists in the place of tuples."""
        return {each.name: list(getattr(self, each.name)) for each in fields(self)}

    def __str__(self) -> str:
        """The line of Python that makes it, without what is left as it is."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        told = ", ".join(f"{name}={value!r}" for name, value in said.items() if value)
        return f"Selection({told})"

    def chosen(self, records: Records) -> dict[str, tuple[str, ...]]:
        """The filters that leave something out: column -> its chosen labels.

        Raises
        ------
        NoSuchChoice : a label, or a whole filter, is none of the data set's; or the period is empty.
        """
        first, last = self.period
        if first > last:
            raise NoSuchChoice(
                "dates_reversed", f"The period {first} to {last} is empty: begin it with the earlier year."
            )
        found = {}
        if first > records.period[0] or last < records.period[1]:
            years = records.columns[YEAR]
            within = [label.isdigit() and first <= int(label) <= last for label in years.labels]
            found[YEAR] = tuple(label for label, inside in zip(years.labels, within, strict=True) if inside)
        for name, column in CHOSEN.items():
            labels = getattr(self, name)
            if not labels:
                continue
            if column not in records.columns:
                raise NoSuchChoice(
                    "missing_column",
                    f"'{records.title}' says nothing of {TITLES[column].lower()}: leave this filter out, or choose "
                    "another data set.",
                )
            known = records.columns[column].labels
            strange = [label for label in labels if label not in known]
            if strange:
                raise NoSuchChoice(
                    "unknown_choice",
                    f"'{strange[0]}' is no {TITLES[column].lower()} of '{records.title}'. There are: {_few(known)}.",
                )
            found[column] = tuple(labels)
        return found

    def within(self, records: Records) -> Selection:
        """As much of this selection as another data set knows: what it does not have is not chosen."""
        kept = {}
        for name, column in CHOSEN.items():
            known = records.columns[column].labels if column in records.columns else ()
            kept[name] = tuple(label for label in getattr(self, name) if label in known)
        low, high = records.period
        first, last = max(self.period[0], low), min(self.period[1], high)
        return replace(self, **kept, period=(first, last) if first <= last else records.period)


def _few(labels: Iterable[str]) -> str:
    labels = list(labels)
    return ", ".join(labels[:12]) + (f" and {len(labels) - 12} more" if len(labels) > 12 else "")
