"""Tables of all persons behind a selection: each filter is a dimension, with those chosen and those not.

Whoever knows how many girls there are, and how many persons, knows how many are no girls. So a table of a selection is
one of everybody (`Partition`). Each value is one of the finest that the tables of a release have, or several of them
together. What is taken out is the part that was chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import texts
from analysis.cases.person_counts import AND, FEWEST, age_classes, first_year, kept, periods, pooled
from analysis.cases.record_linkage import NOT_STATED
from analysis.explorer.counts import COUNT, Refused, in_order, tabled
from analysis.explorer.records import (
    AGE_GROUP,
    AREA,
    DESTINATION,
    FORM,
    NATIONALITY,
    ORIGIN,
    SEX,
    YEAR,
    Column,
    Records,
    Selection,
)

TEXT = texts.of(__name__)

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
    selection, by : as of `counts.tabled`.
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
