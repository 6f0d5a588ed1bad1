"""Counts of a study's persons protected table by table: what cannot be protected fails alone, and it is said why.

A table that no choice of cells protects is withheld, or repeated from the release before; one that an entry of the
catalogue names in ``withhold`` is in no new release. Whatever else is wrong with the tables of a later release, the one
before is repeated. So no record, and no update of a list, keeps the other tables of a study from being made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

import disclosure
from analysis.catalog import shown
from analysis.jobs import Tables as OfPersons

Tables = Mapping[str, pd.DataFrame]
# What became of a table, and of a name in `withhold` that no table has.
WITHHELD, REPEATED, AS_ASKED, NO_TABLE = "withheld", "repeated from the release before", "withheld as asked", "no table"
ACCOUNT = ["table", "outcome", "why"]
# Tables named in a sentence.
FEW = 3


@dataclass(frozen=True)
class Protected:
    """Count tables as they may be released, and what became of those that are not among them, or are not new.

    Parameters
    ----------
    tables : name -> dimensions and ``count`` (persons, Int64), which is missing where it is suppressed.
    account : one row a table that is withheld or repeated: table, outcome and why, a sentence. Internal.
    """

    tables: dict[str, pd.DataFrame]
    account: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=ACCOUNT))

    def after(self, account: pd.DataFrame) -> Protected:
        """The same, with another account before its own."""
        return Protected(self.tables, pd.concat([account, self.account], ignore_index=True))


def without(
    tables: Tables, names: Collection[str], known: Callable[[], Collection[str]], totals: Collection[str] = ()
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """The tables but for those of some names, and an account of these.

    Parameters
    ----------
    names : of tables that are to be withheld.
    known : gives the names of all tables that there could be; those of a series may have been withheld before.
    totals : names of tables that stay, since no other says of how many persons it is.
    """
    rows = []
    for name in sorted(names):
        if name in totals:
            rows.append((name, NO_TABLE, "It is the total, which stays: other tables are shares of it."))
        elif name in tables or name in known():
            rows.append((name, AS_ASKED, "The catalogue names it."))
        else:
            listed = "; ".join(sorted({*known(), *tables} - set(totals)))
            rows.append((name, NO_TABLE, f"No table has this name. There are: {listed}."))
    left = {name: table for name, table in tables.items() if name in totals or name not in names}
    return left, pd.DataFrame(rows, columns=ACCOUNT)


def by_suppression(
    counted: Tables, lies_in: Tables, earlier: Sequence[Tables] = (), k: int = disclosure.K
) -> Protected:
    """Protect tables by suppression; one that no choice of cells protects is withheld, and the others go.

    Parameters
    ----------
    counted : true counts. lies_in, earlier, k : ``nested``, ``earlier`` and ``k`` of `disclosure.protect`.

    Returns
    -------
    Protected : no table at all where the tables contradict one another, or none can be protected.
    """
    tables, left_out = dict(counted), dict[str, str]()
    while tables:
        try:
            return Protected(disclosure.protect(tables, k, nested=lies_in, earlier=earlier), _account(left_out, {}))
        except disclosure.DisclosureError as error:
            if error.code not in disclosure.UNPROTECTED:
                left_out |= dict.fromkeys(tables, str(error))
                break
            named = [name for name in tables if f"'{name}'" in str(error)]
            # Where no table is named, the one with the most cells hangs together with most.
            gone = max(named or tables, key=lambda name: len(tables[name]))
            left_out[gone] = str(error)
            del tables[gone]
    return Protected({}, _account(left_out, {}))


def by_cell_key(
    counted: Tables,
    lies_in: Tables,
    releases: Sequence[Tables],
    secret: bytes,
    closed: Mapping[str, Collection[str]],
    besides: Sequence[Tables] = (),
) -> Protected:
    """Protect the tables of a later release of a series; whatever cannot be is as the release before has it.

    Parameters
    ----------
    counted : true counts, in the dimensions and values of the release before.
    lies_in, releases, secret, closed, besides : as of `disclosure.protect`, ``earlier`` being the releases.
    """
    before = releases[-1]
    try:
        found = disclosure.protection(
            counted, nested=lies_in, earlier=releases, method="cell_key", secret=secret, closed=closed, besides=besides
        )
    except disclosure.DisclosureError as error:
        # What is in print withstood the audit, and said once more it tells nothing new.
        return Protected(dict(before), _account(dict.fromkeys(before, str(error)), before))
    return Protected(found.tables, _account(found.left_out, before))


def _account(left_out: Mapping[str, str], before: Tables) -> pd.DataFrame:
    rows = [
        (name, REPEATED if name in before else WITHHELD, why.removesuffix(disclosure.ADVICE).strip())
        for name, why in left_out.items()
    ]
    return pd.DataFrame(rows, columns=ACCOUNT)


def sentences(account: pd.DataFrame, tables: OfPersons) -> list[str]:
    """Return what a data manager should know of tables withheld or repeated, and what can be done; one text each.

    Parameters
    ----------
    account : as of `Protected`. tables : whose they are.
    """
    catalogue = tables.entries[0].listed_in
    said = []
    for outcome, rows in account.groupby("outcome", sort=True):
        names = "'" + "', '".join(rows["table"].head(FEW)) + "'"
        names += f" and {len(rows) - FEW} more" if len(rows) > FEW else ""
        if outcome == NO_TABLE:
            named = zip(rows["table"], rows["why"], strict=True)
            said += [f"`withhold:` in {catalogue} names '{name}'. {why}" for name, why in named]
        elif outcome == AS_ASKED:
            said.append(
                f"count tables of {tables.study} in no new release, as `withhold:` in {catalogue} asks: {names}"
            )
        else:
            said.append(
                f"count tables of {tables.study} {outcome}: {names}. {rows['why'].iloc[0]} Nothing need be done; "
                f"{shown(tables.file(tables.account))} has all of them. A table is in no release from the next on if "
                f'an entry in {catalogue} names it: `withhold: ["{rows["table"].iloc[0]}"]`.'
            )
    return said
