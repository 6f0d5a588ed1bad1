"""One data set as it is explored: each column as small whole numbers, so that a million rows are counted at once.

What is chosen of a data set: areas, years and values; nothing chosen means all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import texts
from bounded.refusal import Refusal

TEXT = texts.of(__name__)

AREA, YEAR, SEX, AGE_GROUP, FORM, NATIONALITY, PAIR = (
    *("area", "year", "sex", "age_group", "form", "nationality"),
    "pair",
)
# What can be filtered, in the order in which it is asked for; the first is the map's, the second the trend's.
FILTERS = (AREA, YEAR, SEX, AGE_GROUP, FORM, NATIONALITY)
TITLES = {
    AREA: "Area",
    YEAR: "Year",
    SEX: "Sex",
    AGE_GROUP: "Age at detection",
    FORM: TEXT["titles_form"],
    NATIONALITY: "Nationality",
    PAIR: TEXT["titles_pair"],
}
# The two ends of a pair; as columns of a table they are called so.
ORIGIN, DESTINATION = "origin", "destination"
PUBLIC, SYNTHETIC, CONFIDENTIAL = "public", "synthetic", "confidential"
# Ages in a word, where no years are told.
CHILDREN, ADULTS = "children", "adults"


@dataclass(frozen=True, eq=False)
class Column:
    """One column: which of its values each row has, or may have.

    Rows with the same answer share a pattern. A column with one value a row has a pattern for each value; of a column
    with several values, and of one that is known as an interval, each set of values that occurs is a pattern.

    Parameters
    ----------
    name : one of FILTERS, or PAIR.
    labels : the values that can be chosen, in order: words, or ids of areas and years.
    shown : what each label is called.
    codes : (rows,) the pattern of each row.
    holds : (patterns, labels) which values a row of a pattern has, or may have.
    words : of each pattern, what a table says: "child, age not known", "2014-2015".
    several : True: a row has all values of its pattern; False: it has one of them, and which is not known if there are
        more.
    unknown : (labels,) which of the values say that nothing is known.
    groups : what several of the values are called together -> these values: "children".
    """

    name: str
    labels: tuple[str, ...]
    shown: tuple[str, ...]
    codes: NDArray[np.unsignedinteger]
    holds: NDArray[np.bool_]
    words: tuple[str, ...]
    several: bool
    unknown: NDArray[np.bool_]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return TITLES[self.name]

    @property
    def patterns(self) -> int:
        return len(self.words)

    @cached_property
    def values(self) -> pd.DataFrame:
        """Return what can be chosen: label, shown, unknown."""
        return pd.DataFrame({"label": self.labels, "shown": self.shown, "unknown": self.unknown})

    @property
    def not_known(self) -> NDArray[np.bool_]:
        """(patterns,) which patterns say nothing but that it is not known."""
        return np.asarray(~(self.holds & ~self.unknown).any(axis=1))

    @property
    def certain(self) -> NDArray[np.bool_]:
        """(patterns, labels) which values a row of a pattern is certain to have."""
        return self.holds if self.several else self.holds & (self.holds.sum(axis=1, keepdims=True) == 1)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Origin and destination of the journey of each row.

    Parameters
    ----------
    codes : (rows,) the number of the row's pair.
    origin, destination : (pairs,) ids of its two ends.
    names : id -> what the place is called.
    unknown : ids that say that an end is not known.
    """

    codes: NDArray[np.unsignedinteger]
    origin: tuple[str, ...]
    destination: tuple[str, ...]
    names: Mapping[str, str]
    unknown: frozenset[str]


@dataclass(frozen=True, eq=False)
class Records:
    """Rows of one data set that can be explored. Rows of two kinds, or of two units, are never in one.

    Parameters
    ----------
    name : for files: letters, digits and _.
    title : what it is called where it is chosen.
    study : the study whose areas it is about.
    kind : ``public``, ``synthetic`` or ``confidential``.
    unit : what is counted, in the plural: persons, mentions of a pair.
    period : the first and the last year.
    areas : area_id, name: all areas of the study, also those without a row.
    columns : FILTERS -> column; a filter that the data do not know is left out.
    pairs : the journeys; None where no row has one.
    sources : where the data were read, in words.
    limits : what they do not show, in words.
    of_persons : whether each row is a person on a list, or a record of one, so that what leaves is protected.
    counts : (rows,) how many a row stands for at least; None: one each.
    more : (rows,) how many more it can stand for (``<5``); None: all counts are exact.
    """

    name: str
    title: str
    study: str
    kind: str
    unit: str
    period: tuple[int, int]
    areas: pd.DataFrame
    columns: Mapping[str, Column]
    pairs: Pairs | None
    sources: str
    limits: str
    of_persons: bool = False
    counts: NDArray[np.float64] | None = field(default=None, repr=False)
    more: NDArray[np.float64] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.columns[YEAR].codes)

    @property
    def is_public(self) -> bool:
        return self.kind == PUBLIC

    @property
    def n(self) -> float:
        """Return how many are counted in all rows, at least."""
        return len(self) if self.counts is None else float(self.counts.sum())

    def digest(self) -> bytes:
        """Return 32 bytes that tell if two data sets hold the same rows, in whatever order.

        Whoever knows all rows but one can find the last by it: it is written nowhere, see `release_register.Persons`.
        """
        rows: list[NDArray] = [column.codes for column in self.columns.values()]
        rows += [each for each in (self.counts, self.more) if each is not None]
        rows += [self.pairs.codes] if self.pairs else []
        order = np.lexsort(rows)
        found = hashlib.sha256(repr((self.name, self.kind, self.unit)).encode())
        for name, column in self.columns.items():
            found.update(repr((name, column.labels, column.words)).encode())
            found.update(column.holds.tobytes() + column.codes[order].tobytes())
        for each in (self.counts, self.more):
            found.update(b"" if each is None else each[order].tobytes())
        if self.pairs:
            found.update(repr((self.pairs.origin, self.pairs.destination)).encode())
            found.update(self.pairs.codes[order].tobytes())
        return found.digest()


def titled(words: str, kind: str) -> str:
    """A title with the kind of what it is of, so that nobody takes one for another."""
    return f"{words} ({'SYNTHETIC' if kind == SYNTHETIC else kind})"


def one_value(
    name: str,
    values: pd.Series,
    labels: Sequence[str] = (),
    shown: Mapping[str, str] | None = None,
    unknown: Iterable[str] = (),
) -> Column:
    """A column of which each row has one value.

    Parameters
    ----------
    values : one text a row.
    labels : the values in order, also those that no row has; values that are not among them follow, by alphabet.
    shown : label -> what it is called, where it is called otherwise.
    unknown : the values that say that it is not known.
    """
    found = values.astype("category")
    known = [*labels, *sorted(set(map(str, found.cat.categories)) - set(labels))]
    codes = found.cat.set_categories(known).cat.codes.to_numpy()
    words = tuple((shown or {}).get(label, label) for label in known)
    return Column(
        name, tuple(known), words, _small(codes, len(known)), np.eye(len(known), dtype=bool), words, False,
        np.isin(known, list(unknown)),
    )  # fmt: skip


def several_values(
    name: str,
    row: NDArray[np.integer],
    value: pd.Series,
    rows: int,
    not_stated: str,
    labels: Sequence[str] = (),
    shown: Mapping[str, str] | None = None,
) -> Column:
    """A column of which a row can have several values at once.

    Parameters
    ----------
    row, value : which row has which value, a pair each; a pair that stands twice counts once.
    rows : how many rows there are.
    not_stated : the value of rows without any.
    labels, shown : as of `one_value`.
    """
    found = value.astype("category")
    known = [*labels, *sorted(set(map(str, found.cat.categories)) - {*labels, not_stated})]
    known = [each for each in known if each != not_stated] + [not_stated]
    codes = found.cat.set_categories(known).cat.codes.to_numpy()
    has = np.zeros((rows, len(known)), bool)
    has[np.asarray(row, dtype=np.int64), codes] = True
    has[:, -1] |= ~has.any(axis=1)
    patterns, pattern = _distinct(has)
    words = tuple((shown or {}).get(label, label) for label in known)
    said = tuple("; ".join(words[at] for at in np.flatnonzero(held)) for held in patterns)
    return Column(
        name, tuple(known), words, _small(pattern, len(patterns)), patterns, said, True,
        np.isin(known, [not_stated]),
    )  # fmt: skip


def interval(
    name: str,
    first: NDArray[np.integer],
    last: NDArray[np.integer],
    words: pd.Series,
    labels: Sequence[str],
    unknown: Iterable[str] = (),
    groups: Mapping[str, tuple[str, ...]] | None = None,
) -> Column:
    """A column of which each row has one value, known to lie between two of them.

    Parameters
    ----------
    first, last : (rows,) numbers of labels; all between them are possible.
    words : what a table says of each row; rows of one interval can differ in it.
    labels : the values in order.
    unknown : the labels that say that it is not known.
    groups : as of `Column`.
    """
    said = words.astype("category")
    key = (np.asarray(first, np.int64) * len(labels) + last) * len(said.cat.categories) + said.cat.codes.to_numpy()
    distinct, pattern = np.unique(key, return_inverse=True)
    ends, word = np.divmod(distinct, len(said.cat.categories))
    low, high = np.divmod(ends, len(labels))
    at = np.arange(len(labels))
    holds = (at >= low[:, None]) & (at <= high[:, None])
    called = tuple(str(said.cat.categories[each]) for each in word)
    return Column(
        name, tuple(labels), tuple(labels), _small(pattern, len(distinct)), holds, called, False,
        np.isin(labels, list(unknown)), groups or {},
    )  # fmt: skip


def pairs(origin: pd.Series, destination: pd.Series, names: Mapping[str, str], unknown: Iterable[str]) -> Pairs:
    """The journeys of rows: the ids of the two ends of each."""
    start, end = origin.astype("category"), destination.astype("category")
    size = len(end.cat.categories)
    key = start.cat.codes.to_numpy(np.int64) * size + end.cat.codes.to_numpy()
    distinct, code = np.unique(key, return_inverse=True)
    at, to = np.divmod(distinct, max(size, 1))
    return Pairs(
        _small(code, len(distinct)),
        tuple(str(start.cat.categories[each]) for each in at),
        tuple(str(end.cat.categories[each]) for each in to),
        names,
        frozenset(unknown),
    )


def _small(codes: NDArray[np.integer], patterns: int) -> NDArray[np.unsignedinteger]:
    """Codes in the fewest bytes that hold them all."""
    if len(codes) and codes.min() < 0:
        raise Refusal("missing_value", "A value is missing: what is not known is a value of its own, and says so.")
    return codes.astype(np.min_scalar_type(max(patterns - 1, 0)))


def _distinct(has: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.integer]]:
    """The distinct rows of a table of yes and no, and which of them each row is."""
    packed = np.packbits(has, axis=1)
    # Bytes of a row beside one another are one number of a kind that can be sorted at once.
    whole: NDArray = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    if packed.shape[1] <= 8:
        padded = np.zeros((len(packed), 8), np.uint8)
        padded[:, : packed.shape[1]] = packed
        whole = padded.view(np.uint64).ravel()
    _, first, pattern = np.unique(whole, return_index=True, return_inverse=True)
    return has[first], pattern


# Fields that hold chosen values -> the column that they choose from.
CHOSEN = {"area_ids": AREA, SEX: SEX, AGE_GROUP: AGE_GROUP, FORM: FORM, NATIONALITY: NATIONALITY}


class NoSuchChoice(Refusal):
    """Something was chosen that the data set does not have; the message says what there is."""


@dataclass(frozen=True)
class Selection:
    """Choices of a reader: filters by column, and a period.

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
        """The part of this selection that another data set knows: what it does not have is not chosen."""
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
