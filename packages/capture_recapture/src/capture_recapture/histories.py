"""Capture histories: the counts of all patterns of lists, in all and in strata, checked once for every method.

Strata are areas, years or sexes; the unknown ones are included.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded.arguments import as_numbers
from bounded.refusal import Caution, Refusal, Said, require_columns, require_values
from capture_recapture.loglinear import Floats


class NotIdentifiable(Refusal):
    """The data cannot carry the estimate that was asked for; the message says why, and what would help."""


# With more, a table of all patterns has too many cells that nobody can have filled: merge lists first.
MOST_LISTS = 10
# With fewer persons on several lists an estimate is likely to be too low (Robson and Regier 1964, for two lists).
FEWEST_ON_SEVERAL = 7


@dataclass(frozen=True)
class CaptureTable:
    """Persons by pattern of lists.

    Parameters
    ----------
    lists : names of the lists.
    counts : persons (2**len(lists),); in the place of a pattern, bit i is set where list i knows the person. Place 0,
        the persons on no list, is not observed and holds 0.
    patterns : the place of each row of the table that this was read from.
    """

    lists: tuple[str, ...]
    counts: NDArray[np.float64]
    patterns: NDArray[np.int64]

    @property
    def n(self) -> int:
        """Persons observed."""
        return int(self.counts.sum())

    @property
    def on_several(self) -> int:
        """Persons on two lists or more."""
        return int(self.counts[[place.bit_count() > 1 for place in range(len(self.counts))]].sum())

    @property
    def caution(self) -> Said:
        """A sentence where so few persons are on several lists that an estimate is likely to be too low."""
        if self.on_several >= FEWEST_ON_SEVERAL:
            return ""
        who = "1 person is" if self.on_several == 1 else f"{self.on_several} persons are"
        return Caution(
            "sparse_overlap",
            f"Only {who} on several lists: an estimate is likely to be too low, and one missed link changes it much.",
        )

    @property
    def histories(self) -> pd.DataFrame:
        """The patterns that are not empty, as `capture_table` reads them: one 0/1 column a list, and `count`."""
        filled = np.flatnonzero(self.counts)
        columns = {name: filled >> bit & 1 for bit, name in enumerate(self.lists)}
        return pd.DataFrame({**columns, "count": self.counts[filled].astype(np.int64)})

    def place(self, names: Iterable[str]) -> int:
        """The place of the pattern of these lists: of a term of a model too, as terms are sets of lists."""
        names = list(names)
        unknown = [name for name in names if name not in self.lists]
        if unknown:
            raise Refusal("unknown_list", f"There is no list '{unknown[0]}'; the lists are {', '.join(self.lists)}.")
        return sum(1 << self.lists.index(name) for name in set(names))

    def term(self, names: Iterable[str]) -> int:
        """The place of a term of a model: a tuple of different lists."""
        members = () if isinstance(names, str) else tuple(names)
        if not members or len(set(members)) < len(members):
            raise Refusal(
                "invalid_term",
                f"{names!r} is no term: a term is a tuple of different lists, and terms are a list of tuples, as in "
                f"[('{self.lists[0]}', '{self.lists[-1]}')].",
            )
        return self.place(members)

    def names(self, place: int) -> tuple[str, ...]:
        """The lists of a pattern or term, in the order of the table."""
        return tuple(name for bit, name in enumerate(self.lists) if place >> bit & 1)

    def on_all_of(self, place: int) -> int:
        """Persons who stand on every list of a pattern, and perhaps on others: the overlap of these lists."""
        places = np.arange(len(self.counts))
        return int(self.counts[(places & place) == place].sum())


def capture_table(histories: pd.DataFrame) -> CaptureTable:
    """Check capture histories and count every pattern.

    Parameters
    ----------
    histories : one 0/1 column a list, and `count` (persons, whole numbers). A pattern that is missing has count 0; rows
        of one pattern are added.

    Raises
    ------
    ValueError : a column or row that is not so; the message names it.
    """
    require_columns(histories, ["count"], "capture histories")
    lists = [column for column in histories if column != "count"]
    if len(set(histories.columns)) < len(histories.columns):
        raise Refusal(
            "duplicate_name",
            "Two columns of the capture histories have the same name: give each list a name of its own.",
        )
    if not lists:
        raise Refusal("no_lists", "Capture histories need one 0/1 column for each list.")
    for name in lists:
        values = histories[name]
        numbers = pd.to_numeric(values, errors="coerce")
        bad = ~numbers.isin([0, 1]).to_numpy()
        if bad.any():
            raise Refusal(
                "not_binary",
                f"Column '{name}', row {values.index[bad.argmax()]}: '{values[bad].iloc[0]}' is neither 0 nor 1. A "
                "list is a 0/1 column; take the rows of one area or year, and leave out the columns that say which.",
            )
    if len(lists) > MOST_LISTS:
        raise Refusal(
            "too_many_lists",
            f"There are {len(lists)} lists, and at most {MOST_LISTS} can be used at once: merge lists of one kind, so "
            "that a person is on the merged list who is on any of them.",
        )
    persons = as_numbers(histories["count"]).to_numpy(dtype=float, na_value=np.nan)
    require_values(
        histories["count"],
        np.isfinite(persons) & (persons >= 0) & (persons == np.floor(persons)),
        "not_whole_number",
        "; a count of persons is a whole number from 0 up. A count known as an interval only cannot be used here: "
        "estimate once with each bound",
    )
    seen = histories[lists].apply(pd.to_numeric).to_numpy(dtype=np.int64)
    patterns = seen @ (1 << np.arange(len(lists)))
    counts = np.bincount(patterns, weights=persons, minlength=1 << len(lists)).astype(float)
    if counts[0]:
        raise Refusal(
            "unobserved_persons_given",
            f"{counts[0]:,.0f} persons are said to be on no list. Those are to be estimated: leave the row out.",
        )
    return CaptureTable(tuple(map(str, lists)), counts, patterns)


UNKNOWN = "unknown"
# Results are tables with these columns beside those of the strata.
RESERVED = {
    "count", "n", "hidden", "estimate", "low", "high", "naive_low", "naive_high", "term", "terms", "note",
    "coefficient", "standard_error", "label",
}  # fmt: skip


@dataclass(frozen=True)
class StratumTable:
    """Persons by pattern of lists and stratum.

    Parameters
    ----------
    by : names of the columns that say the stratum.
    strata : one row a stratum, the columns `by`; sorted, the unknown last.
    lists : names of the lists.
    counts : (2**lists, strata) persons; places of patterns as in `CaptureTable`.
    """

    by: tuple[str, ...]
    strata: pd.DataFrame
    lists: tuple[str, ...]
    counts: Floats

    @property
    def n(self) -> NDArray[np.int64]:
        """(strata,) persons observed."""
        return self.counts.sum(axis=0).astype(np.int64)

    @property
    def labels(self) -> list[str]:
        """The strata in words."""
        return in_words(self.strata)

    @property
    def pooled(self) -> CaptureTable:
        """The persons of all strata in one table."""
        return CaptureTable(self.lists, self.counts.sum(axis=1), np.arange(len(self.counts)))

    def histories(self, which: Sequence[int]) -> pd.DataFrame:
        """Capture histories of some strata together: every pattern but the empty one, in the order of places."""
        places = np.arange(1, len(self.counts))
        seen = {name: places >> bit & 1 for bit, name in enumerate(self.lists)}
        return pd.DataFrame({**seen, "count": self.counts[1:, list(which)].sum(axis=1)})

    def without_persons(self, number: int) -> list[str]:
        """The lists on which nobody of a stratum stands."""
        on = np.arange(len(self.counts))[:, None] >> np.arange(len(self.lists)) & 1
        return [name for name, persons in zip(self.lists, self.counts[:, number] @ on, strict=True) if not persons]


def require_persons(number: float) -> None:
    """Refuse lists that nobody is on."""
    if not number:
        raise NotIdentifiable("no_persons", "No person is on any list: there is nothing to estimate from.")


def require_lists(lists: Sequence[str], least: int = 2) -> None:
    """Refuse fewer lists than say anything of persons on none (two), or of how persons differ (three)."""
    if len(lists) < least:
        what = ("One list says nothing of the persons it does not know", "Two lists cannot show that persons differ")
        more = "A second and a third list" if len(lists) < 2 else "A third list"
        raise NotIdentifiable("too_few_lists", f"{what[least - 2]}. {more} of the same persons would help.")


def require_pairs(persons: float) -> None:
    """Refuse lists of which no person is on exactly two."""
    if not persons:
        raise NotIdentifiable(
            "no_pairwise_overlap",
            "Chao's lower bound rests on the persons on exactly two lists, and there are none. More lists, longer "
            "periods or larger areas would help.",
        )


def require_overlap(table: CaptureTable) -> None:
    """Refuse fewer than two lists, lists that nobody is on, or nobody on two of them."""
    require_lists(table.lists)
    require_persons(table.n)
    if not table.on_several:
        raise NotIdentifiable(
            "no_overlap",
            f"None of the {table.n:,} persons is on two lists. Without overlap the number on no list may be anything: "
            "longer periods, larger areas, a better linkage, or a list that meets the same persons would help.",
        )


def in_words(strata: pd.DataFrame) -> list[str]:
    """The name of each stratum, a row of the columns that say it."""
    return [", ".join(map(str, row)) for row in strata.itertuples(index=False)]


def stratum_table(histories: pd.DataFrame, by: str | Sequence[str]) -> StratumTable:
    """Check capture histories in strata and count every pattern in each.

    Parameters
    ----------
    histories : one 0/1 column a list, `count` (persons, whole numbers), and the columns `by`. Rows of one pattern and
        stratum are added.
    by : columns that say the stratum. Missing, "" and "unknown" are one value, "unknown": its persons were seen, and
        belong to one of the strata, or to none that is named.

    Raises
    ------
    ValueError : a column of `by` is missing or has a name that the results need, two strata have the same name, or the
        histories are no capture histories; the message names it.
    """
    columns = [by] if isinstance(by, str) else list(by)
    if not columns:
        raise Refusal("empty", "Name at least one column that says the stratum, as area_id, year or sex.")
    require_columns(histories, columns, "capture histories")
    for column in columns:
        if column in RESERVED or columns.count(column) > 1:
            raise Refusal(
                "reserved_or_repeated_name",
                f"'{column}' cannot be a column of strata: give each a name of its own, as area_id.",
            )
    whole = capture_table(histories.drop(columns=columns))
    coded = [_coded(histories[column]) for column in columns]
    keys, stratum = np.unique(np.column_stack([codes for codes, _ in coded]), axis=0, return_inverse=True)
    strata = pd.DataFrame(
        {
            column: pd.Series([names[code] for code in codes], dtype=object).infer_objects()
            for column, (_, names), codes in zip(columns, coded, keys.T, strict=True)
        }
    )
    counts = np.zeros((len(whole.counts), len(keys)))
    persons = pd.to_numeric(histories["count"]).to_numpy(dtype=float)
    np.add.at(counts, (whole.patterns, stratum.ravel()), persons)
    table = StratumTable(tuple(columns), strata, whole.lists, counts)
    twice = pd.Series(table.labels).loc[lambda labels: labels.duplicated()]
    if len(twice):
        raise Refusal(
            "duplicate_name",
            f"Two strata are called '{twice.iloc[0]}': write each value in one way, as text or as number.",
        )
    return table


def _coded(column: pd.Series) -> tuple[NDArray[np.int64], list]:
    """Each value's number among the sorted names, of which the last is that of the unknown."""
    values = column.convert_dtypes()
    unknown = values.isna() | values.astype(str).str.strip().str.lower().isin(["", UNKNOWN])
    codes, known = pd.factorize(values.mask(unknown), sort=True)
    return np.where(codes < 0, len(known), codes), [*known, UNKNOWN]
