"""A table that a researcher takes out: protected, attacked with all that left before, searched, entered, and written.

It is a small release. What it tells of persons is entered in the register, so that the next release and the next table
are attacked with it; the file is written last. Public figures stand in no attack: they are published, and are written
with their sources.

Whoever knows how many girls there are, and how many persons, knows how many are no girls. So a table of a selection is
one of everybody (`Partition`): each filter is a dimension with those chosen and those not, and each value is one of the
finest that the tables of a release have, or several of them together. What is taken out is the part that was chosen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

import disclosure
from analysis import release_register, texts
from analysis.cases.person_counts import AND, FEWEST, age_classes, first_year, kept, nested, periods, pooled
from analysis.cases.record_linkage import NOT_STATED
from analysis.catalog import ROOT, shown
from analysis.exhibits.record_counts import spoken
from analysis.explorer import figures
from analysis.explorer.counts import AREA_ID, COUNT, HIGH, Refused, TakenOut, in_order, tabled
from analysis.explorer.records import (
    AGE_GROUP,
    AREA,
    CONFIDENTIAL,
    DESTINATION,
    FORM,
    NATIONALITY,
    ORIGIN,
    SEX,
    SYNTHETIC,
    TITLES,
    YEAR,
    Column,
    Records,
    Selection,
)
from analysis.file_writing import WriteError, exclusive, write_whole
from analysis.intake.pseudonyms import IdentityError
from analysis.jobs import SYNTHETIC as ENDING
from analysis.jobs import CaseTables
from analysis.processed import ProcessedError
from analysis.spreadsheets import csv_bytes
from disclosure.histogram import histogram
from disclosure.tables import all_in_words, read

TEXT = texts.of(__name__)

WHAT_HELPS = TEXT["what_helps"]
Tables = Mapping[str, pd.DataFrame]
# Told of the persons in any case, so that whoever attacks knows that no two tables are of different persons.
EVERYBODY = "everybody"
# A table of which a larger share of cells is suppressed is gutted.
GUTTED = 0.5
# Cells of the joint histogram up to which a table is attacked while somebody waits; of 2,500 it took minutes.
MOST_CELLS = 1_500
# What the columns are called in the tables of a release.
CALLED = {AREA: "area_id", YEAR: "year", SEX: "sex", AGE_GROUP: "age_detected", NATIONALITY: "nationality"}
# Columns and filters together: of more, nearly all cells are small, and an attack on them takes too long.
MOST_DIMENSIONS = 4
YES, NO = "yes", "no"


@dataclass(frozen=True)
class Partition:
    """Tables of all persons, and which of their cells are of the selection.

    Parameters
    ----------
    tables : name -> dimensions and ``count`` (Int64): one, or one for each form of exploitation.
    chosen : dimension -> the values of the selection; a dimension that is not listed has no others.
    by : the columns that were asked for -> the dimension that tells each; "form" is told by the tables.
    forms : name of a table -> the form that it is of; empty where forms were not asked for.
    everybody : how many persons there are.
    """

    tables: dict[str, pd.DataFrame]
    chosen: dict[str, frozenset[str]]
    by: dict[str, str]
    forms: dict[str, str]
    everybody: int

    def inside(self, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
        """The cells of the selection of some protected tables: the columns asked for, and ``count``."""
        parts = []
        for name, table in tables.items():
            wanted = dict(self.chosen) | ({_flag(self.forms[name]): frozenset({YES})} if name in self.forms else {})
            is_in = np.ones(len(table), bool)
            for dimension, values in wanted.items():
                is_in &= table[dimension].isin(values).to_numpy()
            part = table.loc[is_in, [*self.by.values(), COUNT]].rename(columns={v: k for k, v in self.by.items()})
            parts.append(part.assign(**{FORM: self.forms[name]}) if name in self.forms else part)
        columns = [*(name for name in (*CALLED, FORM) if name in self.by or (name == FORM and self.forms)), COUNT]
        return pd.concat(parts, ignore_index=True)[columns]


def partition(records: Records, selection: Selection, by: Sequence[str], is_coarse: bool = False) -> Partition:
    """The tables behind a selection.

    Parameters
    ----------
    records : persons of lists.
    selection, by : as of `table.tabled`.
    is_coarse : take values together, and years to periods, where otherwise most cells would be small.

    Raises
    ------
    Refused : what is asked for cannot be attacked, or has too many dimensions.
    NoSuchChoice : something is chosen, or asked for, that the data set does not have.
    """
    asked, chosen = in_order(records, by), selection.chosen(records)
    forms = _forms(records, asked, chosen)
    _check(asked, chosen)
    plain = [name for name in CALLED if name in asked or name in chosen]
    finest = {name: _finest(records, name) for name in plain}
    inside = {name: _inside(records.columns[name], finest[name], chosen[name]) for name in plain if name in chosen}
    cells = _cells(records, Selection.all(records), finest)
    values = {name: list(dict.fromkeys(finest[name])) for name in plain}
    told = {name: _told(values[name], inside.get(name), name in asked) for name in plain}
    if is_coarse:
        told |= _coarser(cells, told, inside, [name for name in asked if name in CALLED])
    tells = [name for name in inside if len(set(told[name].values())) > 1]
    of_values = {name: frozenset(told[name][value] for value in inside[name]) for name in tells}
    whole = _renamed(cells, told)
    tables, of_forms = {}, {}
    for form in forms or [""]:
        table = whole
        if form:
            with_form = Selection(form=(form,), period=records.period)
            table = _flagged(whole, _renamed(_cells(records, with_form, finest), told), form)
        name = " by ".join([*(CALLED.get(each, each) for each in plain), *([_flag(form)] if form else [])]) or "all"
        tables[name] = table
        if form and FORM in asked:
            of_forms[name] = form
    of_forms_chosen = {_flag(forms[0]): frozenset({YES})} if forms and FORM in chosen else {}
    return Partition(
        tables=tables,
        chosen={CALLED[name]: found for name, found in of_values.items()} | of_forms_chosen,
        by={name: CALLED[name] for name in asked if name in CALLED},
        forms=of_forms,
        everybody=len(records),
    )


def _check(asked: Sequence[str], chosen: dict[str, tuple[str, ...]]) -> None:
    if {ORIGIN, DESTINATION} & set(asked):
        raise Refused(
            "routes_not_released",
            "From where to where persons are taken leaves by the pages on routes alone, where rare pairs of places are "
            "counted together. Leave these columns out.",
        )
    together = {*asked, *chosen}
    if len(together) > MOST_DIMENSIONS:
        raise Refused(
            "too_many_dimensions",
            f"A table by {len(together)} columns and filters together would be of small groups alone: at most "
            f"{MOST_DIMENSIONS} can be taken out. Leave {len(together) - MOST_DIMENSIONS} of them out.",
        )


def _forms(records: Records, asked: Sequence[str], chosen: dict[str, tuple[str, ...]]) -> list[str]:
    """The forms of exploitation that need a dimension each."""
    if FORM not in asked and FORM not in chosen:
        return []
    if FORM in asked and FORM in chosen:
        raise Refused(
            "filter_and_column",
            "Forms of exploitation can be a filter or a column, and not both: leave one of them out.",
        )
    column = records.columns[FORM]
    counts = np.bincount(column.codes, minlength=column.patterns) @ column.holds
    if FORM in asked:
        return [label for label, count in zip(column.labels, counts, strict=True) if count >= FEWEST]
    if len(chosen[FORM]) > 1:
        raise Refused(
            "overlapping_groups",
            "A person can have several forms of exploitation, so that any of several is no group that can be told "
            "beside each of them: choose one form, or take the forms as a column.",
        )
    if counts[column.labels.index(chosen[FORM][0])] < FEWEST:
        raise Refused("too_few_persons", TEXT["has_too_few_persons"].format(value=chosen[FORM][0]))
    return list(chosen[FORM])


def _finest(records: Records, name: str) -> tuple[str, ...]:
    """The names of each pattern of a column in the finest tables of a release."""
    column = records.columns[name]
    words = pd.Series(column.words, dtype=object)
    if name in (AREA, YEAR):
        label = np.array(column.labels, dtype=object)[column.certain.argmax(axis=1)]
        return tuple(np.where(column.certain.any(axis=1), label, NOT_STATED))
    counts = np.bincount(column.codes, minlength=column.patterns)
    # What nobody has is called nothing.
    each = pd.Series(np.repeat(np.arange(column.patterns), counts))
    found = kept(each.map(words), 1 if name == AGE_GROUP else FEWEST)
    named = found.groupby(each).first()
    return tuple(words.where(~words.index.isin(named.index), named.reindex(words.index)))


def _inside(column: Column, finest: tuple[str, ...], labels: tuple[str, ...]) -> frozenset[str]:
    """The finest values whose persons are certain to be chosen.

    Raises
    ------
    Refused : a label that is chosen is counted together with others that are not.
    """
    chosen = np.isin(column.labels, labels)
    there = np.bincount(column.codes, minlength=column.patterns) > 0
    within = ~(column.holds & ~chosen).any(axis=1)
    words = np.array(finest, dtype=object)
    certain = frozenset(words[there]) - frozenset(words[there & ~within])
    for label in labels:
        only = there & column.certain[:, column.labels.index(label)]
        apart = sorted(set(words[only]) - certain)
        if apart:
            raise Refused(
                "merged_category",
                f"'{label}' is counted together with others, as '{apart[0]}': choose all of these, or leave it out.",
            )
    if not certain:
        raise Refused("empty_selection", "Nobody is certain to be in this selection: choose more of it.")
    return certain


def _told(values: list[str], inside: frozenset[str] | None, is_asked: bool) -> dict[str, str]:
    """The value as which each of the finest is told: itself, or the chosen and the others together."""
    if inside is None:
        return {value: value for value in values}
    out = _joined(value for value in values if value not in inside)
    into = _joined(inside)
    return {value: out if value not in inside else value if is_asked else into for value in values}


def _joined(values: Iterable[str]) -> str:
    return AND.join(sorted(values))


def _coarser(
    cells: pd.DataFrame, told: dict[str, dict[str, str]], inside: dict[str, frozenset[str]], asked: list[str]
) -> dict[str, dict[str, str]]:
    """The same with values of the columns taken together, by the rule of the tables of a release."""
    here = cells
    for name, values in inside.items():
        here = here[here[name].isin(values)]
    n = here[COUNT].sum()
    found = {}
    for name in asked:
        others = [other for other in asked if other != name]
        if name == AREA or not n:
            continue
        each = here[name].repeat(here[COUNT]).reset_index(drop=True)
        persons = here.groupby(others)[COUNT].sum().median() if others else n
        if name == YEAR:
            known = each.where(each != NOT_STATED, "")
            coarse = periods(known, first_year(cells[YEAR].repeat(cells[COUNT]).replace(NOT_STATED, "")), persons)
        else:
            coarse = (age_classes if name == AGE_GROUP else pooled)(each, FEWEST * n / max(persons, 1))
        words = coarse.groupby(each).first().to_dict()
        found[name] = {value: words.get(value, said) for value, said in told[name].items()}
    return found


def _cells(records: Records, selection: Selection, finest: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    """The number of persons of a selection in each combination of finest values."""
    table = tabled(records, selection, list(finest))
    if AREA in finest:
        table = table.drop(columns=AREA).rename(columns={"area_id": AREA})
    for name, words in finest.items():
        column = records.columns[name]
        said = column.labels if name == AREA else column.words
        table[name] = table[name].map(dict(zip(said, words, strict=True)))
    return _summed(table, list(finest))


def _renamed(cells: pd.DataFrame, told: dict[str, dict[str, str]]) -> pd.DataFrame:
    """The cells by what is told, under the names of a release; a dimension of one value tells nothing."""
    table = cells.copy()
    for name, words in told.items():
        table[name] = table[name].map(words)
    names = [name for name in told if len(set(told[name].values())) > 1]
    return _summed(table[[*names, COUNT]].rename(columns=CALLED), [CALLED[name] for name in names])


def _flagged(whole: pd.DataFrame, with_form: pd.DataFrame, form: str) -> pd.DataFrame:
    """Everybody by whether they have a form."""
    names = [name for name in whole if name != COUNT]
    rest = pd.concat([whole, with_form.assign(**{COUNT: -with_form[COUNT]})], ignore_index=True)
    both = pd.concat([with_form.assign(**{_flag(form): YES}), _summed(rest, names).assign(**{_flag(form): NO})])
    return _summed(both, [*names, _flag(form)])


def _flag(form: str) -> str:
    return f"{FORM}: {form}"


def _summed(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    if names:
        table = table.groupby(names, sort=True, as_index=False)[COUNT].sum()
    else:
        table = pd.DataFrame({COUNT: [table[COUNT].sum()]})
    return table[table[COUNT] != 0].astype({COUNT: "Int64"}).reset_index(drop=True)


# What of the tables may be told


def let_out(
    candidates: Sequence[Partition], same: Tables, earlier: Sequence[Tables] = (), k: int = disclosure.K
) -> tuple[Partition, dict[str, pd.DataFrame]]:
    """The tables of a selection with what must not be told of them missing.

    Parameters
    ----------
    candidates : the tables, as fine as they were asked for first, then coarser ones. Those go out that are told
        already, else those that are safe by themselves and with all others, else those that can be protected with
        regard to all; of several the one that tells of most persons of the selection.
    same : what else is told of the very same persons: the tables of their release, and what was taken out before.
    earlier : releases of these persons as they were, oldest first.
    k : no group of fewer persons is told.

    Returns
    -------
    The tables that go out, and these with counts missing where they are suppressed.

    Raises
    ------
    Refused : at most half of the groups of the selection can be told, or none can be protected. Whatever is taken out
        leaves less to be told later, so that no table goes out that says next to nothing.
    """
    why = TEXT["let_out_why"].format(k=k, what_helps=WHAT_HELPS)
    for way in (_told_already, _by_itself, _with_all):
        found: list[tuple[float, int, Partition, dict[str, pd.DataFrame]]] = []
        for number, each in enumerate(candidates):
            try:
                safe = way(each, same, earlier, k)
            except disclosure.DisclosureError as error:
                why = f"{error} {WHAT_HELPS}"
                continue
            told = each.inside(safe)[COUNT].notna()
            if len(told) and told.mean() > GUTTED:
                found.append((-float(each.inside(safe)[COUNT].sum()), number, each, safe))
            else:
                why = TEXT["let_out_why_of_its_groups"].format(
                    groups=len(told), shown=told.sum(), what_helps=WHAT_HELPS
                )
        if found:
            _, _, best, safe = min(found, key=lambda each: each[:2])
            return best, safe
    raise Refused("not_releasable", f"This table is not let out. {why}")


def _told_already(each: Partition, same: Tables, earlier: Sequence[Tables], k: int) -> dict[str, pd.DataFrame]:
    """The tables as they are told of the same persons. Raises DisclosureError where one of them is not."""
    found = {name: _as_told(table, same) for name, table in each.tables.items()}
    if any(table is None for table in found.values()):
        raise disclosure.DisclosureError("not_released_elsewhere", "It is told in no other table.")
    return {name: table for name, table in found.items() if table is not None}


def _as_told(table: pd.DataFrame, same: Tables) -> pd.DataFrame | None:
    names = [name for name in table if name != COUNT]
    for other in same.values():
        if set(other.columns) == set(table.columns):
            both = (
                table.astype(dict.fromkeys(names, str)).merge(
                    other.astype(dict.fromkeys(names, str)), "outer", names, indicator=True, suffixes=("", "_told")
                )
                if names
                else table.assign(**{f"{COUNT}_told": other[COUNT], "_merge": "both"})
            )
            told = both[f"{COUNT}_told"].astype("Int64")
            alike = (told == both[COUNT]) | told.isna()
            # A zero that is suppressed is listed there alone.
            if (both["_merge"] != "left_only").all() and alike.all():
                return both[names].assign(**{COUNT: told})
    return None


def _by_itself(each: Partition, same: Tables, earlier: Sequence[Tables], k: int) -> dict[str, pd.DataFrame]:
    """The tables protected without regard to others, if they withstand an attack with these. Raises DisclosureError."""
    _require_small(each, same)
    now = {**each.tables, EVERYBODY: _everybody(each)}
    return _attacked(each, disclosure.protect(now, k, nested(now)), same, earlier, k)


def _with_all(each: Partition, same: Tables, earlier: Sequence[Tables], k: int) -> dict[str, pd.DataFrame]:
    """The tables protected with regard to all others. Raises DisclosureError."""
    _require_small(each, same)
    now = {**each.tables, EVERYBODY: _everybody(each)}
    # What is out can be suppressed no more: it is an earlier release, since which, as all know, nobody has come.
    before = [*earlier, {**same, EVERYBODY: _everybody(each)}]
    return _attacked(each, disclosure.protect(now, k, nested(now, *before), before), same, earlier, k)


def _attacked(
    each: Partition, safe: Tables, same: Tables, earlier: Sequence[Tables], k: int
) -> dict[str, pd.DataFrame]:
    """The tables, if an attack on them with all others finds nothing. Raises DisclosureError."""
    found = {name: safe[name] for name in each.tables}
    together = {**found, EVERYBODY: _everybody(each), **same}
    breaches = disclosure.audit(together, k, nested(together, *earlier), earlier)
    # A large group that others give away already can as well be told.
    known = breaches[(breaches["kind"] == "exact") & (breaches["low"] >= k) & breaches["table"].isin(list(found))]
    for row in known.itertuples():
        table = found[row.table]
        dimensions = table.drop(columns=COUNT).astype(str)
        is_it = np.array(all_in_words(dimensions)) == row.cell
        found[row.table] = table.assign(**{COUNT: table[COUNT].mask(is_it, int(row.low))})
    breaches = breaches.drop(known.index)
    if len(breaches):
        some = "one group" if len(breaches) == 1 else f"{len(breaches)} groups"
        raise disclosure.DisclosureError(
            "disclosure_risk", f"With what is told of these persons elsewhere, too much could be worked out of {some}."
        )
    return found


def _require_small(each: Partition, same: Tables) -> None:
    together = {**each.tables, **same}
    cells = histogram(read(together), nested(together)).variables
    if cells > MOST_CELLS:
        raise disclosure.DisclosureError(
            "too_large",
            f"It hangs together with other tables in {cells:,} groups; at most {MOST_CELLS:,} can be attacked while "
            "somebody waits.",
        )


def _everybody(each: Partition) -> pd.DataFrame:
    return pd.DataFrame({COUNT: pd.array([each.everybody], dtype="Int64")})


# Where tables stand that were taken out.
EXPLORED = ROOT / "data" / "processed" / "explored"
CERTAIN = TEXT["certain"]
SEVERAL = TEXT["several"]


def take_out(records: Records, selection: Selection, by: Sequence[str], today: date | None = None) -> TakenOut:
    """Take a table out, if nothing in it tells of a group that is too small.

    Parameters
    ----------
    records, selection, by : as of `tabled`.
    today : the day on which it is taken out, which the register keeps; None: that of the computer's clock.

    Raises
    ------
    Refused : it may not leave; the message says what would help. Nothing is written then.
    NoSuchChoice : something is chosen, or asked for, that the data set does not have.
    """
    if not (records.of_persons and records.kind in (CONFIDENTIAL, SYNTHETIC)):
        table = tabled(records, selection, by)
        return _written(records, selection, by, table, "")
    tables = CaseTables(records.study)
    try:
        with exclusive():
            return _of_persons(records, selection, by, tables, today or date.today())
    except (WriteError, IdentityError, ProcessedError, release_register.RegisterError) as error:
        raise Refused("release_unavailable", f"Nothing can be taken out now. {error}") from None


def _of_persons(records: Records, selection: Selection, by: Sequence[str], tables: CaseTables, today: date) -> TakenOut:
    from analysis.cases.processed import protected

    candidates = [partition(records, selection, by, is_coarse) for is_coarse in (False, True)]
    persons = release_register.Persons(records.digest(), records.digest_in_order())
    released = protected(records.study)
    _require_no_series(tables, released)
    beside = release_register.digest(disclosure.stacked(released))
    release_register.settle(tables, write_whole)
    earlier = release_register.earlier(records.study, tables.records, beside, persons)
    best, safe = let_out(candidates, {**released, **release_register.taken_of(tables, beside, persons)}, earlier)
    stacked = disclosure.stacked(safe)
    called = f"{release_register.digest(stacked)}: "
    entered = release_register.taken_entry(
        tables, {called + name: table for name, table in safe.items()}, today, disclosure.K, beside, persons
    )
    return _written(records, selection, by, best.inside(safe), f"{CERTAIN} {SEVERAL if best.forms else ''}", entered)


def _require_no_series(tables: CaseTables, released: Tables) -> None:
    """Refuse true counts beside a release of other persons, or in a series: they would tell who came or went.

    Raises
    ------
    Refused : persons came or went since the last release, or the numbers in print are adjusted.
    """
    from analysis.release.publish import changed_since_release

    if any("adjusted_by" in table for table in released.values()):
        raise Refused("in_a_series", TEXT["in_a_series"])
    if changed_since_release(tables):
        raise Refused("changed_since_release", TEXT["changed_since_release"])


def _written(
    records: Records,
    selection: Selection,
    by: Sequence[str],
    table: pd.DataFrame,
    limits: str,
    entered: release_register.New | None = None,
) -> TakenOut:
    content = csv_bytes(_described(records, selection, table, limits))
    name = "_by_".join([records.name, "_".join(in_order(records, by)) or "all"])
    ending = ENDING if records.kind == SYNTHETIC else ""
    path = EXPLORED / records.study / f"{name}_{hashlib.sha256(content).hexdigest()[:8]}{ending}.csv"
    private = records.kind == CONFIDENTIAL
    if records.of_persons and not records.is_public:
        _search(path, content, records.study)
    try:
        # Entered first: nothing stands outside that the register does not know of.
        if entered is not None:
            release_register.enter(entered, write_whole)
        write_whole(path, content, private)
    except WriteError as error:
        raise Refused("cannot_write", str(error)) from None
    return TakenOut(path, content, table, _sentence(records, table, path))


def _described(records: Records, selection: Selection, table: pd.DataFrame, limits: str) -> pd.DataFrame:
    """A table as it is read by who was not there: words for what is suppressed, and in each row what it is of."""
    counts = table[COUNT]
    suppressed = counts.isna()
    first, last = figures.years(records, selection)
    columns = {name: title for name, title in TITLES.items() if name in table}
    # Values that are told together: "Female, or not stated".
    told = {name: table[name].map(spoken) for name in columns if name != AREA}
    found = table.assign(**told).rename(columns=columns)
    if AREA in table and AREA_ID not in table:
        names = dict(zip(records.areas["area_id"], records.areas["name"], strict=True))
        found.insert(0, AREA_ID, table[AREA])
        found[TITLES[AREA]] = table[AREA].map(lambda value: _together(value, names))
    found[COUNT] = counts.astype(object).where(~suppressed, disclosure.SUPPRESSED)
    return found.assign(
        counted=records.unit,
        n=_in_all(table),
        of=_in_words(selection, records),
        period=f"{first}-{last}",
        source=records.sources,
        not_shown=" ".join(f"{records.limits} {limits}".split()),
        kind="SYNTHETIC" if records.kind == SYNTHETIC else records.kind,
    )


def _in_all(table: pd.DataFrame) -> str:
    """The total of all rows; where persons can stand in several, that is nobody's number."""
    if FORM in table:
        return TEXT["each_form_by_itself"]
    if table[COUNT].isna().any():
        return disclosure.SUPPRESSED
    low, high = table[COUNT].sum(), table[HIGH if HIGH in table else COUNT].sum()
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"


def _together(value: str, names: dict[str, str]) -> str:
    return AND.join(names.get(part, part) for part in value.split(AND))


def _in_words(selection: Selection, records: Records) -> str:
    """The selection in words: "Area: Gaziantep; Sex: Female"."""
    said = []
    for name, labels in selection.chosen(records).items():
        if name != YEAR:
            column = records.columns[name]
            called = dict(zip(column.labels, column.shown, strict=True))
            said.append(f"{TITLES[name]}: {', '.join(called[label] for label in labels)}")
    return "; ".join(said) or "all"


def _search(path: Path, content: bytes, study: str) -> None:
    """Raise Refused if something in a file identifies a person of its study."""
    from analysis.release import direct_identifiers
    from analysis.release.direct_identifiers import of_study
    from analysis.release.identifier_matches import Index
    from analysis.release.scanner import findings

    index = Index(of_study(study, with_public_words=True))
    text = f"{path.name}\n{content.decode()}"
    found = index.words_in(text)
    # What public texts have as well shows nobody; they are many, and are read until all that was found is.
    for each in direct_identifiers.public_texts() if found else ():
        found -= Index(found).words_in(each)
        if not found:
            break
    # Whatever is left is judged by the search that a release makes, which knows more of what leads to nobody.
    if found and findings(shown(path), path.name, content, Index(of_study(study))):
        raise Refused(
            "identifying_values",
            "Something in this table identifies a person: see what its values are called, and keep it internal.",
        )


def _sentence(records: Records, table: pd.DataFrame, path: Path) -> str:
    suppressed = int(table[COUNT].isna().sum())
    rows = f"{len(table):,} row{'' if len(table) == 1 else 's'}"
    said = TEXT["sentence_said"].format(rows=rows, unit=records.unit, path=shown(path))
    if suppressed:
        said += TEXT["sentence_said_of_these_withheld"].format(
            suppressed=suppressed, are="is" if suppressed == 1 else "are", k=disclosure.K
        )
    return said
