"""Years that each list covers, and that all of them cover: multiple systems estimation compares lists of one period.

A person of a year that one list does not cover cannot be on it. Where such persons are counted all the same, they look
as persons whom that list has missed, the overlaps are too small, and the estimated total is far too large: the
population has to be closed, and each list has to be able to record each person (International Working Group for Disease
Monitoring and Forecasting, 1995, American Journal of Epidemiology 142).

A list covers what its mapping declares (``covers: 2019-2023``). Where it declares nothing, it covers the years from the
first to the last of its records: of those at the ends, a year with less than a quarter of the records of its usual year
is left out, since a few strays, or the first weeks of a year, do not make a year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.cases.record_linkage import stratum
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal

DECLARED, INFERRED, UNDATED = "declared", "inferred from dates of records", "no year known"
# The share of the records of a usual year that a first or last year has to have.
ENOUGH = 0.25
# Of a list with as many records in a usual year, one without any is no chance (Poisson: 1 in 22,000).
USUAL = 10
Years = tuple[int, int]


@dataclass(frozen=True, repr=False)
class CommonPeriod(NotebookResult):
    """The years that all lists cover, and the records and persons of them.

    Parameters
    ----------
    first, last : years. lists : of `list_periods`.
    records : those of persons who were first detected in these years, up to the last of them.
    persons_elsewhere : persons first detected in other years, whose records are left out.
    persons_undated : persons without a certain year who are left out; none where all lists cover the same years.
    """

    first: int
    last: int
    lists: pd.DataFrame
    records: pd.DataFrame
    persons_elsewhere: int
    persons_undated: int

    def _shown(self) -> dict[str, object]:
        """Return the years and the lists: the records are those of persons."""
        return {"years": spoken(self.first, self.last), "cautions": self.cautions, "lists": self.lists}

    def __repr__(self) -> str:
        """A summary in one line."""
        return self._in_short()

    @property
    def is_whole(self) -> bool:
        """Return whether no list covers other years, and nobody is left out."""
        return not self.persons_elsewhere and not self.persons_undated and not self.differing

    @property
    def differing(self) -> list[str]:
        """The lists that cover more than the common period."""
        other = self.lists["first"].ne(self.first) | self.lists["last"].ne(self.last)
        return self.lists.loc[other, "list_id"].tolist()

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """``lists_differ_in_period``, ``undated_left_out`` and ``year_without_records``, where they hold."""
        other = self.lists[self.lists["list_id"].isin(self.differing)]
        named = ", ".join(f"{row.list_id} {spoken(row.first, row.last)}" for row in other.itertuples())
        gaps = self.lists[self.lists["gaps"] != ""]
        silent = ", ".join(f"{row.list_id} of {row.gaps}" for row in gaps.itertuples())
        return Caution.kept(
            Caution.when(
                self.differing,
                "lists_differ_in_period",
                f"Lists cover different years; compared are {spoken(self.first, self.last)}, which all of them cover. "
                f"More than these: {named}.",
            ),
            Caution.when(
                self.persons_undated,
                "undated_left_out",
                "Persons without a known year of detection are left out, since it is not known which lists could have "
                "recorded them.",
            ),
            Caution.when(
                silent,
                "year_without_records",
                f"Of years between others there is no record: {silent}. If the list recorded nobody then, estimate "
                f"from the years before or after alone.",
            ),
        )


def list_periods(records: pd.DataFrame, covers: Mapping[str, Years] | None = None) -> pd.DataFrame:
    """Return the years that each list covers.

    Parameters
    ----------
    records : list_id, date_low, date_high, date_precision; one row a record.
    covers : of lists that declare it, first and last year.

    Returns
    -------
    DataFrame of one row a list, by its name: list_id, first, last (Int64; missing where no record has a certain year),
    how (one of `DECLARED`, `INFERRED`, `UNDATED`), records, undated (records without a certain year), outside (records
    of years that it does not cover), and gaps (years in between without a record, where a usual year has ten or more).
    """
    covers = covers or {}
    years = _years(records)
    rows = []
    for list_id, of_list in years.groupby(records["list_id"].astype(str), sort=True):
        known = of_list.dropna().astype(int)
        span = covers.get(str(list_id)) or _inferred(known)
        first, last = span or (pd.NA, pd.NA)
        rows.append(
            {
                "list_id": list_id,
                "first": first,
                "last": last,
                "how": DECLARED if list_id in covers else INFERRED if span else UNDATED,
                "records": len(of_list),
                "undated": int(of_list.isna().sum()),
                "outside": int((~known.between(*span)).sum()) if span else 0,
                "gaps": _gaps(known, span) if span else "",
            }
        )
    columns = ["list_id", "first", "last", "how", "records", "undated", "outside", "gaps"]
    return pd.DataFrame(rows, columns=columns).astype({"first": "Int64", "last": "Int64"})


def common_period(records: pd.DataFrame, covers: Mapping[str, Years] | None = None) -> CommonPeriod:
    """The years that all lists cover, and the records to estimate from.

    A person is of the year of the first detection, as in counts and capture histories. Records after the last common
    year are left out, so that no list has a longer time to record the same persons. A person without a certain year is
    kept where all lists cover the same years, and left out where they do not.

    Parameters
    ----------
    records : linked: person_id, record_id, list_id, date_low, date_high, date_precision.
    covers : as of `list_periods`.

    Raises
    ------
    Refusal : ``no_common_year``: no year is covered by all lists; ``dates_missing``: of a list no year is known. The
        sentence names the lists and their years, and what would help.
    """
    lists = list_periods(records, covers)
    silent = lists.loc[lists["first"].isna(), "list_id"].tolist()
    if silent:
        raise Refusal(
            "dates_missing",
            f"No record of {', '.join(silent)} has a known year, so that it is not known which years the lists have in "
            f"common. Declare them in the list's mapping, as `covers: 2019-2023`, or take its entry out "
            f"of data/raw/<study>/catalog.yml.",
        )
    first, last = int(lists["first"].max()), int(lists["last"].min())
    if first > last:
        spans = ", ".join(f"{row.list_id} {spoken(row.first, row.last)}" for row in lists.itertuples())
        raise Refusal(
            "no_common_year",
            f"No year is covered by all lists: {spans}. Ask for records of the missing years, or leave out a list of "
            f"other years. If a list covers more years than its records show, declare them in its mapping, as "
            f"`covers: 2019-2023`.",
        )
    year = pd.to_numeric(stratum(records, "year").replace("", None)).astype("Int64")
    same = bool((lists["first"].eq(first) & lists["last"].eq(last)).all())
    inside = year.between(first, last).fillna(same)
    later = _years(records).gt(last).fillna(False)
    kept = records[records["person_id"].map(inside).astype(bool) & ~later.astype(bool)]
    elsewhere, undated = int((~inside & year.notna()).sum()), 0 if same else int(year.isna().sum())
    return CommonPeriod(first, last, lists, kept, elsewhere, undated)


def spoken(first: int, last: int) -> str:
    """Years as people write them: 2019–2023."""
    return str(first) if first == last else f"{first}–{last}"


def _inferred(years: pd.Series) -> Years | None:
    """The first and the last year of a list's records, without years at the ends that have hardly any."""
    counts = years.value_counts().sort_index()
    enough = counts.index[counts >= ENOUGH * counts.median()]
    return (int(enough.min()), int(enough.max())) if len(enough) else None


def _gaps(years: pd.Series, span: Years) -> str:
    """The years without a record between those with some, of a list that has ten records or more in a usual year."""
    counts = years.value_counts()
    if counts.median() < USUAL:
        return ""
    missing = sorted(set(range(span[0], span[1] + 1)) - set(counts.index))
    return ", ".join(map(str, missing))


def _years(records: pd.DataFrame) -> pd.Series:
    """The year of each record where its date lies in one; else missing."""
    low, high = pd.to_datetime(records["date_low"]), pd.to_datetime(records["date_high"])
    certain = records["date_precision"].astype(str).ne("unknown") & (low.dt.year == high.dt.year)
    return low.dt.year.where(certain).astype("Int64")
