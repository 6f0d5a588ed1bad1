"""Choice among several figures for one thing: which of them is preferred, and why. Tables in, tables out.

A rule is the name of a rank and what the better figure is, in words. Rules are applied in their order.

Counts: the total of a period as a report prints it, or what its parts add up to where it has none. A report can give a
total, parts by form of exploitation, sex, age or actor, or one part alone. Parts that overlap are never added. A total
that is made here stands beside the printed rows: it is marked, and names its parts.

Estimates of prevalence: which of several prints of one figure is shown. None is a count of detected persons, and no row
is ever added to another: rows nest, and many repeat one figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from analysis import catalog
from analysis.data_read import remembered

# A row of a table, by column.
Row = dict[str, Any]
# How figures for one area, measure and period are told apart, first rule first: (rank, what the better figure is).
FIGURE_RULES = (
    ("status_rank", "more final (restated, definitive, preliminary, estimate)"),
    ("read_rank", "read, and not derived or remembered"),
    ("dated_rank", "from a dated page"),
    ("printed_rank", "printed by more sources"),
    ("year_rank", "published later"),
    ("decimals_rank", "printed to more decimals"),
)
REPORT_RULES = (
    ("year_rank", "of the later report, which restates the earlier"),
    ("exact_rank", "exact"),
    ("printed_rank", "printed by more sources"),
)
# Of the same period in several countries: what one series says of all of them.
SERIES_RULE = ("series_rank", "of the US reports, which are read alike for every country")
WORLD_BANK_RULE = ("world_bank_rank", "of the World Bank's mid-year series, which measures all countries alike")
_STATUS_RANK = {"estimate": 0, "preliminary": 1, "": 2, "definitive": 3, "restated": 4}
_READ_RANK = {"remembered": 0, "derived": 1, "read": 2}
_EXACT_RANK = {"at_least": 0, "approx": 1, "exact": 2}


def ranked(table: pd.DataFrame, years: pd.Series) -> pd.DataFrame:
    """`table` with the ranks that the rules compare: the higher, the better. `years` is when each source appeared."""
    ranks = {
        "year_rank": table["source_id"].map(years),
        "exact_rank": table["value_qualifier"].map(_EXACT_RANK),
        "decimals_rank": table["value"].str.extract(r"\.(\d+)$")[0].fillna("").str.len(),
    }
    if "provenance" in table:
        ranks["status_rank"] = table["figure_status"].map(_STATUS_RANK)
        ranks["read_rank"] = table["provenance"].map(_READ_RANK)
        ranks["dated_rank"] = ~table["date_inferred"].astype(bool)
    return table.assign(**ranks)


def with_preferred(table: pd.DataFrame, keys: list[str], rules: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """`table` with preferred, reason and conflict: of the rows that share `keys`, the rules prefer exactly one."""
    table = table.reset_index(drop=True)
    reasons = ["preferred: the only figure found"] * len(table)
    conflict = [False] * len(table)
    rivals = table[table.duplicated(keys, keep=False)]
    same = rivals.groupby([*keys, "low", "high"], dropna=False)
    rivals = rivals.assign(printed_rank=same["low"].transform("size"), figure=same.ngroup())
    # Plain lists from here on: there are hundreds of groups, of two or three rows each.
    ranks = rivals[[rank for rank, _ in rules]].to_numpy(dtype=float).tolist()
    figures = rivals["figure"].tolist()
    places = rivals.index.tolist()
    better = [words for _, words in rules]
    for group in rivals.reset_index().groupby(keys, dropna=False, sort=False).indices.values():
        differ = len({figures[row] for row in group}) > 1
        words = _reasons([ranks[row] for row in group], better) if differ else _alike(len(group))
        for row, reason in zip(group, words, strict=True):
            reasons[places[row]] = reason
            conflict[places[row]] = differ
    preferred = [reason.startswith("preferred") for reason in reasons]
    table = table.assign(preferred=preferred, reason=pd.Series(reasons, table.index, dtype="str"), conflict=conflict)
    return table.drop(columns=[column for column in table if str(column).endswith("_rank")])


def _alike(count: int) -> list[str]:
    return [f"preferred: {count} sources print it"] + ["not preferred: the preferred figure is the same"] * (count - 1)


def _reasons(ranks: list[list[float]], better: list[str]) -> list[str]:
    """Reasons why rows are preferred or not: rule by rule, rows that rank below the best of those left are dropped."""
    reasons = ["not preferred: it has an equal claim and stands later in the table"] * len(ranks)
    left, decisive = list(range(len(ranks))), []
    for rule, words in enumerate(better):
        # A row without a rank (NaN) is not below any.
        known = [ranks[row][rule] for row in left if ranks[row][rule] == ranks[row][rule]]
        below = [row for row in left if known and ranks[row][rule] < max(known)]
        if below:
            decisive.append(words)
            left = [row for row in left if row not in below]
        for row in below:
            reasons[row] = f"not preferred: the preferred figure is {words}"
    reasons[left[0]] = f"preferred: {'; '.join(decisive) or 'of equal claims it stands first in the table'}"
    return reasons


# What is older is the last that is known.
LONG_AGO = 5  # years


def is_long_ago(year: int) -> bool:
    """Return True for a year more than five years before that in which the public evidence was last added to."""
    return year < _read_in() - LONG_AGO


@cache
def _read_in() -> int:
    return max(int(each.date[:4]) for each in catalog.datasets().values() if each.kind == "public" and not each.study)


@remembered
def set_aside(dataset: str) -> pd.Series:
    """Return why figures of a table are kept and never preferred, a reason for each of its rows ("" for all others).

    `set_aside` of the catalogue names them by hand: area, first year, indicator (of forms of exploitation the form),
    breakdown (of UNODC's tables sex and age with ``;`` between), source and value; an empty cell stands for any.

    Parameters
    ----------
    dataset : name of a catalogued table.
    """
    table = catalog.load(dataset)
    reasons = pd.Series("", table.index)
    asked = catalog.load("set_aside")
    for row in asked[asked["dataset"] == dataset].to_dict("records"):
        here = named_by(row, table)
        if not here.any():
            given = {name: cell for name, cell in row.items() if not (pd.isna(cell) or cell == "")}
            named = {name: cell for name, cell in given.items() if name not in ("dataset", "reason")}
            raise catalog.CatalogError(
                "nothing_set_aside",
                f"The table set_aside names {named} of {dataset}, which has no such row: correct or delete the line.",
            )
        reasons = reasons.mask(here, row["reason"])
    return reasons


def named_by(line: Row, table: pd.DataFrame) -> pd.Series:
    """Return True for the rows that a line names.

    Parameters
    ----------
    line : of the table `set_aside`, by column. table : with the columns of the data set that the line names.
    """
    first_day = next((name for name in ("period_start", "date_low") if name in table), None)
    marks = pd.DataFrame(
        {
            "year": table[first_day].dt.year if first_day else table["year"],
            "breakdown": table["sex"] + ";" + table["age"] if "age" in table else table.get("breakdown", ""),
            **({"indicator": table["form"]} if "form" in table else {}),
            **{name: table[name] for name in ("area_id", "indicator", "source_id", "value") if name in table},
        }
    )
    named = {name: line[name] for name in marks if not pd.isna(line[name]) and line[name] != ""}
    return (marks[list(named)] == pd.Series(named)).all(axis=1)


TOTAL = "unspecified"
VICTIMS, CHILDREN = "victims_identified", "child_victims_identified"
# What was found in single operations, and is no count of a period.
IN_OPERATIONS = "in operations"
# Forms that do not overlap, and kinds of labour: these are used only where no figure of labour stands beside them.
_FORMS = ("labour", "sex_trafficking", "form unspecified")
_OF_LABOUR = ("begging", "armed_group", "fishing", "agriculture", "mining", "domestic_servitude")
_SEXES = {VICTIMS: ("female", "male"), CHILDREN: ("girls", "boys")}
_PERIOD = ["area_id", "period_start", "period_end"]
# Words of a breakdown for what other organisations found, or single operations.
_LESSER = re.compile(f";(?:by|via) |;{IN_OPERATIONS}")


def with_totals(printed: pd.DataFrame) -> pd.DataFrame:
    """Add a row for each period of which no total is printed: the sum of its disjoint parts, or its largest part.

    Tried in this order: adults and children; girls and boys, or female and male; forms of exploitation that do not
    overlap; the largest part. Only parts of one source are added. A sum of forms is the total where it holds persons of
    unspecified form, or where the same forms add up to the total of all victims of that report; else it is a minimum.
    The largest part is a minimum too, and so are the children of a period where nothing else is known of its victims.

    Parameters
    ----------
    printed : rows of one family of reports: area_id, indicator (``victims_identified``, ``child_victims_identified``,
        or another, such as ``convictions``), period_start, period_end, breakdown (words with ``;`` between them), low,
        high (persons or cases; infinite for a minimum), value_qualifier, source_id, note, preferred (bool: among
        rows of one breakdown), reason, conflict.

    Returns
    -------
    DataFrame: the rows, of which parts have `preferred` False, and the added ones: value_qualifier ``derived`` or
    ``at_least``, breakdown ``derived: ...``, and in `note` what they are made of. Of each period one row is preferred.
    """
    part = printed["breakdown"].ne(TOTAL)
    preferred = printed[printed["preferred"]]
    partial = "not preferred: a part of a total or an addition to it (" + printed["breakdown"] + ")"
    rows = printed.assign(preferred=printed["preferred"] & ~part, reason=printed["reason"].mask(part, partial))
    added = []
    # Plain dictionaries from here on: there are hundreds of periods, of a few rows each.
    for here in _grouped(preferred.dropna(subset=_PERIOD).sort_values(_PERIOD, kind="stable"), _PERIOD):
        parts = {indicator: [row for row in here if row["indicator"] == indicator] for indicator in _indicators(here)}
        found = {indicator: _total_of(rows, here) for indicator, rows in parts.items()}
        children, victims = found.get(CHILDREN), found.get(VICTIMS)
        if children is not None and (victims is None or _fewer(victims, children)):
            found[VICTIMS] = _made_of([children | {"indicator": VICTIMS, "breakdown": "children"}], whole=False)
        # That none of one part was found says nothing of all.
        added += [
            row for row in found.values() if row["breakdown"] != TOTAL and (row["low"] or not np.isinf(row["high"]))
        ]
    return pd.concat([rows, pd.DataFrame(added)], ignore_index=True)[list(printed.columns)] if added else rows


def _grouped(table: pd.DataFrame, keys: list[str]) -> Iterator[list[Row]]:
    """The rows that share `keys`, group by group, in the order of the table."""
    for _, group in groupby(table.to_dict("records"), lambda row: [row[key] for key in keys]):
        yield list(group)


def _indicators(rows: Sequence[Row]) -> list[str]:
    return sorted({row["indicator"] for row in rows})


def _fewer(row: Row, than: Row) -> bool:
    """True where a minimum of all victims is below the children among them."""
    return np.isinf(row["high"]) and row["breakdown"] != TOTAL and row["low"] < than["low"]


def _first_of_each(rows: Iterable[Row]) -> dict[str, Row]:
    """The first row of each breakdown."""
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row["breakdown"], row)
    return found


def _total_of(parts: list[Row], period: list[Row]) -> Row:
    """The row for one indicator in a period: its total, the first sum that can be made, or its largest part.

    `parts` are the rows of the indicator, `period` those of all.
    """
    total = next((row for row in parts if row["breakdown"] == TOTAL), None)
    if total is not None:
        return total
    of_sources = [[row for row in parts if row["source_id"] == each] for each in dict.fromkeys(map(_source, parts))]
    for by in (_by_age, _by_sex, _by_form):
        sums = [row for rows in of_sources if (row := by(rows, period)) is not None]
        if sums:
            return max(sums, key=lambda row: row["low"])
    # What other organisations found, or single operations, stands for a period only where nothing else does.
    own = [row for row in parts if not _LESSER.search(row["breakdown"])]
    return _made_of([max(own or parts, key=lambda row: row["low"])], whole=False)


def _source(row: Row) -> str:
    return row["source_id"]


def _by_age(parts: list[Row], period: list[Row]) -> Row | None:
    """Adults and children of one report, of the authorities or of one other actor, who then are not all."""
    for adults in [row for row in parts if row["breakdown"].endswith(";adults") and row["indicator"] == VICTIMS]:
        who = adults["breakdown"].removesuffix(";adults")
        wanted = (CHILDREN, adults["source_id"], who)
        children = next(
            (row for row in period if (row["indicator"], row["source_id"], row["breakdown"]) == wanted), None
        )
        if children is not None:
            named = children | {"indicator": VICTIMS, "breakdown": f"{who};children"}
            return _made_of([adults, named], whole=who == TOTAL)
    return None


def _by_sex(parts: list[Row], period: list[Row]) -> Row | None:
    wanted = [f"{TOTAL};{word}" for word in _SEXES.get(parts[0]["indicator"], ())]
    rows = _first_of_each(row for row in parts if row["breakdown"] in wanted)
    return _made_of(list(rows.values())) if len(rows) == len(wanted) > 0 else None


def _by_form(parts: list[Row], period: list[Row]) -> Row | None:
    """The sum over forms that do not overlap, each whole or as girls and boys; None where there is one form only."""
    by_breakdown = _first_of_each(parts)
    forms = {form: rows for form in _FORMS if (rows := _of_form(by_breakdown, form))}
    if "labour" not in forms:
        forms |= {form: rows for form in _OF_LABOUR if (rows := _of_form(by_breakdown, form))}
    if len(forms) < 2:
        return None
    source, indicator = parts[0]["source_id"], parts[0]["indicator"]
    of_all = _first_of_each(row for row in period if row["indicator"] == VICTIMS and row["source_id"] == source)
    # No other form is left if these make up the report's total of all victims.
    no_other = (
        indicator in (VICTIMS, CHILDREN)
        and TOTAL in of_all
        and set(forms) <= set(of_all)
        and sum(of_all[form]["low"] for form in forms) == of_all[TOTAL]["low"]
    )
    return _made_of([row for rows in forms.values() for row in rows], whole=no_other or "form unspecified" in forms)


def _of_form(by_breakdown: Mapping[str, Row], form: str) -> list[Row]:
    """The row of a form, or of its girls and boys; none where only another part of it is known."""
    name = f"{TOTAL};{form}" if form == "form unspecified" else form
    if name in by_breakdown:
        return [by_breakdown[name]]
    sexes = [row for breakdown, row in by_breakdown.items() if breakdown in (f"{name};girls", f"{name};boys")]
    return sexes if len(sexes) == 2 else []


def _made_of(parts: list[Row], whole: bool = True) -> Row:
    """One row for a period, made of parts of it; a minimum where they are not the whole."""
    named = [_words(row["breakdown"]) for row in parts]
    low, high = sum(row["low"] for row in parts), sum(row["high"] for row in parts) if whole else np.inf
    if len(parts) > 1:
        made = " + ".join(f"{row['low']:,.0f} {words}" for row, words in zip(parts, named, strict=True))
        what = f"the sum of its parts ({', '.join(named)})"
    else:
        made, what = f"{named[0]} alone", f"the largest part ({named[0]})"
    notes = [note for note in dict.fromkeys(row["note"] for row in parts) if isinstance(note, str) and note]
    return parts[0] | {
        "breakdown": f"derived: {'; '.join(named)}",
        "low": low,
        "high": high,
        "value_qualifier": "at_least" if np.isinf(high) else "derived",
        "note": "; ".join([made, *notes]),
        "preferred": True,
        "conflict": False,
        "reason": f"preferred: {what}, as no total is printed",
    }


def _words(breakdown: str) -> str:
    """A breakdown as it is read: without the word for what is not specified."""
    return ", ".join(word.replace("_", " ") for word in breakdown.split(";") if word != TOTAL)


MEASURED, MODELLED, EXPERT, SCORE, CONTEXT = "measured", "modelled", "expert", "score", "context"
# What a figure is about: exploitation itself; children's work, a risk and no trafficking; what else surrounds it.
EXPLOITATION, CHILD_LABOUR, FURTHER = "exploitation", "child labour", "further context"
OF_EXPLOITATION = (
    *("modern_slavery", "forced_labour", "child_trafficking", "sex_trafficking", "forced_begging"),
    *("descent_based_slavery", "forced_marriage"),
)
OF_CHILD_LABOUR = (
    *("child_labour", "hazardous_child_labour", "worst_forms_child_labour", "children_in_employment"),
    *("children_combining_work_and_school", "children_attending_school", "share_of_working_children"),
    *("sector_share_of_working_children", "children_in_mining", "children_in_fishing", "children_in_cocoa_work"),
    *("child_domestic_work", "child_domestic_work_law_violation", "children_in_household_chores", "street_children"),
)
SCORES = ("vulnerability_score", "government_response_score")
_RULES = (
    ("original_rank", "read in the original"),
    ("limits_rank", "printed with its bounds"),
    ("year_rank", "published later"),
    ("decimals_rank", "printed to more decimals"),
)
_ONE_FIGURE = [
    *("area_id", "place", "concept", "population_group", "age_low", "age_high", "sex", "measure"),
    *("period_start", "period_end"),
]
_COLUMNS = [
    *("estimate_id", "study", "area_id", "place", "population_group", "age_low", "age_high", "sex", "concept"),
    *("definition", "measure", "value", "low", "high", "value_qualifier", "n", "method", "period_start", "period_end"),
    *("modelled", "peer_reviewed", "source_id", "read_from", "locator", "note", "subject", "kind_of_evidence"),
    *("preferred", "shown", "reason"),
]


def kind_of_evidence(concept: str, method: str, modelled: bool) -> str:
    """Return the kind of evidence of a figure, by rule; the first that applies.

    A score is no share of people (SCORE). What a model made is MODELLED, whatever it is about. What is not about
    exploitation itself is CONTEXT: child labour, child marriage, violence, proxies, and shares of working children or
    of victims. What an expert, an organisation or a register states is EXPERT; the rest, surveys and mappings, is
    MEASURED.

    Parameters
    ----------
    concept, method : as in the table. modelled : whether the figure is a model's.
    """
    if concept in SCORES:
        return SCORE
    if modelled:
        return MODELLED
    if concept not in OF_EXPLOITATION:
        return CONTEXT
    return EXPERT if method in ("expert", "register", "modelled", "index") else MEASURED


def subject(concept: str) -> str:
    """Return the subject of a concept: exploitation itself, children's work, or further context."""
    return EXPLOITATION if concept in OF_EXPLOITATION else CHILD_LABOUR if concept in OF_CHILD_LABOUR else FURTHER


def with_preferred_print(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with preferred and reason: of several prints of one figure, one.

    Two rows print one figure if area, place, concept, group, ages, sex, measure and period agree, and the definition or
    the value as well. The original goes before a copy, then bounds before none, then the later publication.

    Parameters
    ----------
    table : columns as in the evidence, and published (year of the source; 0 where unknown).
    """
    ranked = table.assign(
        original_rank=table["read_from"].eq("original"),
        limits_rank=table["value_qualifier"].eq("range"),
        year_rank=table["published"],
        decimals_rank=table["value"].str.extract(r"\.(\d+)$")[0].fillna("").str.len(),
    )
    # Where prints are alike the first is preferred, and so the best stands first.
    best_first = ranked.sort_values([rank for rank, _ in _RULES], ascending=False, kind="stable")
    found = _chosen(best_first, [*_ONE_FIGURE, "definition"])
    again = _chosen(best_first[found["preferred"]], [*_ONE_FIGURE, "low", "high"])
    same = again.index[~again["preferred"]]
    found.loc[same, ["preferred", "reason"]] = [False, "not preferred: the preferred figure is the same"]
    return table.assign(preferred=found["preferred"], reason=found["reason"])


def _chosen(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """preferred and reason of each row, by the rules of this module, on the rows' own index."""
    return with_preferred(table, keys, _RULES)[["preferred", "reason"]].set_index(table.index)


@remembered
def estimates() -> pd.DataFrame:
    """All published estimates, in the columns of `evidence.prevalence`; whoever changes them takes a copy."""
    sources = catalog.load("sources").set_index("source_id")
    table = catalog.load("prevalence_estimates")
    years = sources["year"].str.extract(r"(\d{4})")[0].astype(float).fillna(0)
    homeless, aside = table["source_id"].map(sources["url"]).eq(""), set_aside("prevalence_estimates")
    chosen = with_preferred_print(table.assign(published=table["source_id"].map(years))[~homeless & aside.eq("")])
    table = table.assign(preferred=chosen["preferred"].reindex(table.index, fill_value=False), reason=chosen["reason"])
    kinds = [
        kind_of_evidence(concept, method, modelled == "yes")
        for concept, method, modelled in zip(table["concept"], table["method"], table["modelled"], strict=True)
    ]
    table = table.assign(
        high=table["high"].fillna(np.inf), kind_of_evidence=kinds, subject=table["concept"].map(subject)
    )
    implausible = table["measure"].eq("persons") & table["note"].str.contains("implausible")
    reason = table["reason"].mask(implausible, "not shown: implausible, as the note says")
    reason = reason.mask(homeless, "not shown: its source has no full address")
    reason = reason.mask(aside.ne(""), "not shown: " + aside)
    return table.assign(shown=table["preferred"] & ~implausible, reason=reason)[_COLUMNS]
