"""The children's survey as its exhibits use it: respondents with their outcomes, its design, and what it cannot say.

A notebook takes the steps itself; `asked_of` takes them for the findings, with the same arguments. A share is released
with its numerator and its complement: both are cells of the protected tables, and suppressed there is suppressed here.
The answers give the weighted share; every number of children is read from the tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from IPython.display import Markdown

from analysis import areas, catalog, plots, texts
from analysis.areas import Area
from analysis.data_read import remembered
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import INTERNAL, PROTECTED, PUBLIC, Exhibit, said
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import Table, Words
from analysis.exhibits.wording import periods, sentences
from analysis.methods.outcomes import outcomes
from analysis.survey import counts
from analysis.survey.counts import AGE, AREA, NATIONALITIES, NATIONALITY, NEEDS, OUTCOME, SECTORS, SEX, K
from analysis.survey.processed import Survey, load, protected
from bounded import intervals
from survey_stats import FEW, IMPRECISE, SurveyDesign, reliable
from survey_stats.contingency import releasable
from survey_stats.design import SAMPLING

LIMITS = "Children of 5–17 years in households; those on the street, in unlisted tents or in institutions are not."
SEXES = {"female": "girls", "male": "boys"}
# Outcomes that are counted sector by sector, of all children.
IN_SECTORS = ("working", "child_labour", "forced_labour")
ORDERED = {
    "nationality": [*NATIONALITIES, "other"],
    "sex": list(SEXES),
    "age_group": ["5-11", "12-14", "15-17"],
    "sector_group": list(SECTORS),
}
# Outcomes in the order in which one lies within another; trafficking stands apart.
OUTCOMES = texts.table(__name__, "outcomes")
SUPPRESSED = "suppressed"
# An estimate and its limits.
ENDS = ("estimate", "low", "high")
# Labels of estimates that are not printed, or not without a caution.
FLAGS = texts.table(__name__, "flags")
# Names of the methods' own -> words of a reader.
_CALLED = texts.table(__name__, "called")


def survey_of(place: Area) -> Survey:
    """Return the survey of the area's study, as the batch has made its tables."""
    return load(place.study)


@remembered
def _joined(study: str) -> pd.DataFrame:
    """Respondents of a study with their outcomes; other nationalities stay in, as a group of their own."""
    table = load(study).respondents
    found = outcomes(table)
    own = found[[name for name in found if name not in table or name == "working"]]
    joined = pd.concat([table.drop(columns="working", errors="ignore"), own], axis=1)
    joined = pd.concat([joined, _derived(joined)], axis=1)
    # Groups stand in this order wherever they are shown.
    columns = {name: pd.Categorical(joined[name], order) for name, order in ORDERED.items()}
    # Who owes nothing owes no employer.
    columns["debt_to_employer"] = _yes(joined["debt_to_employer"]).mask(joined["debt"].eq(False), False)
    return joined.assign(**columns)


def _derived(data: pd.DataFrame) -> pd.DataFrame:
    """Return answers that follow from several others, as yes or no; missing where it is not known.

    Columns: no_turkish; paid_to_others and unpaid (of children at work); both (child labour and trafficking);
    "working:agriculture" (has an outcome, and works in the sector); met_X and gap_X of each need X.
    """
    paid, turkish = data["paid_to"], data["turkish"]
    found = {
        "no_turkish": _yes(turkish.eq("none")).mask(turkish.isna()),
        "paid_to_others": _yes(paid.isin(["parents", "intermediary"])).mask(paid.isna()),
        "unpaid": _yes(paid.eq("nobody")).mask(paid.isna()),
        "both": _yes(data["child_labour"]) & _yes(data["trafficked"]),
    }
    for sector in SECTORS:
        there = _yes(data["sector_group"].eq(sector)).mask(data["sector_group"].isna())
        for outcome in IN_SECTORS:
            # Whoever does not work is in child labour by chores only, and in no sector.
            found[f"{outcome}:{sector}"] = _yes(data[outcome]) & _yes(data["working"]) & there
    for need in NEEDS:
        needed, received = _yes(data[f"need_{need}"]), _yes(data[f"received_{need}"])
        # Three-valued: no need is no gap, whatever was received.
        found |= {f"met_{need}": needed & received, f"gap_{need}": needed & ~received}
    # Of children that a register counts as well.
    return pd.DataFrame(found, data.index).assign(one=1)


def _yes(answers: pd.Series) -> pd.Series:
    return answers.astype("boolean")


def respondents_of(place: Area) -> pd.DataFrame:
    """Return the children asked in an area, or in the study as a whole, one row each."""
    table = _joined(place.study)
    return table if place.is_study else table[table["area_id"] == place.area_id].reset_index(drop=True)


def asked_of(place: Area) -> SurveyDesign | NoResult:
    """Return the sample of an area as it was drawn, with Turkish and Syrian children as its domain.

    Strata lie within provinces, so that a province is a sample of its own. Sampling units are taken to be drawn with
    replacement, which is the safe choice where children were drawn within them once more.
    """
    children, sampling = respondents_of(place), survey_of(place).sampling
    design = attempt(SurveyDesign, children, weight="weight", stratum="stratum", psu="psu_id", sampling=sampling)
    return attempt(SurveyDesign.domain, design, children["nationality"].isin(list(NATIONALITIES)))


def percent(table: pd.DataFrame) -> list[str]:
    """Estimates from 0 to 1 in words: "12.3 (10.1–14.9)", with their caution."""
    value, low, high = (100 * table[name].astype(float) for name in ENDS)
    return in_percent(value, low, high, table["flag"])


def in_percent(value: pd.Series, low: pd.Series, high: pd.Series, flag: pd.Series) -> list[str]:
    """Shares in percent in words: "12.3 (10.1–14.9)", with their caution.

    Parameters
    ----------
    value, low, high : percent. flag : "", ``imprecise`` or ``suppressed``.
    """
    return [_percent(*row) for row in zip(value, low, high, flag, strict=True)]


def _percent(value: float, low: float, high: float, flag: str) -> str:
    if flag == "suppressed":
        return SUPPRESSED
    if value != value:
        return "not known"
    limits = f" ({low:.1f}–{high:.1f})" if low == low else " (no limits: one sampling unit)"
    return f"{value:.1f}{limits}" + (" imprecise" if flag == "imprecise" else "")


@dataclass(frozen=True)
class NamedShares:
    """Shares as an exhibit has them: its name, the columns that name a share, and what gives shares these columns."""

    exhibit: str
    names: tuple[str, ...]
    named: Callable[[pd.DataFrame], pd.DataFrame]

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the file that tell a row from all others."""
        return tuple(map(column_of, self.names))

    def numbers(self, named: pd.DataFrame) -> pd.DataFrame:
        """Return shares with their names as the page prints them; see `share_numbers`."""
        return share_numbers(named, self.names)


def of_shares(
    place: Area,
    shown: NamedShares,
    what: str,
    limits: str | Callable[[pd.DataFrame], str],
    shares: pd.DataFrame | NoResult,
    *,
    counted: bool = True,
    where: str = "",
    **drawn: str,
) -> Exhibit:
    """Return an exhibit of weighted shares: a row a share, and Turkish and Syrian children beside one another.

    Parameters
    ----------
    shown : which exhibit it is. what, limits : as for `of_survey`.
    shares : as `protected_shares` gives them; refused where all are suppressed.
    counted : whether the number of children of whom it is true stands in the table.
    where : rows that the figure draws, as `DataFrame.query` reads it; left out, all.
    drawn : columns and labels of the figure, as `_panels` takes them; left out, there is no figure.
    """

    def plot(found: pd.DataFrame) -> Plot:
        return _panels(found.query(where) if where else found, **drawn)

    told = unless_suppressed(place, shares)
    named = told if isinstance(told, NoResult) else shown.named(told)
    rows = partial(_share_table, shown=shown, counted=counted)
    return of_survey(place, shown.exhibit, what, limits, named, rows=rows, plot=plot if drawn else None)


def column_of(heading: str) -> str:
    """Return the column of a file for a heading of a page: ``sex_and_age``."""
    return heading.lower().replace(" ", "_")


def share_numbers(shares: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Return shares as a page prints them and its file has them, on the same rows: nothing that is suppressed, nothing
    finer than it is printed.

    Parameters
    ----------
    shares : as `protected_shares` gives them. names : columns that name them.

    Returns
    -------
    DataFrame: these columns, called as `column_of` has it; share_percent, share_percent_low, share_percent_high; flag;
    design_effect; n (children asked) and n_status, why it is missing; cases; confidence.
    """
    hidden = shares["flag"].eq("suppressed")
    n = shares["n"].astype("Int64")
    return shares[list(names)].rename(columns=column_of).assign(
        **in_percents(shares, "share_percent"),
        flag=shares["flag"],
        design_effect=rounded(shares["design_effect"].mask(hidden), 2),
        n=n.mask(n < FEW),
        n_status=[SUPPRESSED if pd.isna(each) else f"<{FEW}" if each < FEW else "" for each in n],
        cases=shares["cases"].astype("Int64").mask(hidden),
        confidence=shares["confidence"],
    )  # fmt: skip


def rounded(numbers: pd.Series, digits: int) -> pd.Series:
    """Return numbers as they are printed with so many digits."""
    return pd.Series([round(float(number), digits) for number in numbers], numbers.index, dtype=float)


def in_percents(shares: pd.DataFrame, name: str, suffix: str = "") -> dict[str, pd.Series]:
    """Return the columns of a share in percent and its limits, to one digit and missing where it is suppressed.

    Parameters
    ----------
    shares : estimate, low, high (0 to 1) and flag, each with `suffix`. name : of the column of the share.
    """
    hidden = shares[f"flag{suffix}"].eq("suppressed")
    ends = dict(zip((name, f"{name}_low", f"{name}_high"), ENDS, strict=True))
    return {column: rounded((100 * shares[end + suffix].astype(float)).mask(hidden), 1) for column, end in ends.items()}


def _share_table(shares: pd.DataFrame, shown: NamedShares, counted: bool) -> Table:
    """Shares beside the columns that name them."""
    share = Words(in_percent, "share_percent", "share_percent_low", "share_percent_high", "flag")
    page: dict[str, str | Words] = dict(zip(shown.names, shown.keys, strict=True))
    page |= {f"Share, % ({intervals.confidence_level(shares)} limits)": share, "Design effect": EFFECT}
    page |= {"Children asked (n)": ASKED} | ({"With it (n)": Words(count_text, "cases")} if counted else {})
    return Table(shown.numbers(shares), page, also=("confidence",))


def _panels(
    shares: pd.DataFrame,
    *,
    label: str,
    text: str = "asked",
    text_label: str = "asked",
    xlabel: str = "share of children",
    **columns: str,
) -> Plot:
    """Shares of Turkish and of Syrian children beside one another, always in the same order and colours.

    Parameters
    ----------
    label : column that names the rows of the figure. columns : those of its panels, and of headings above rows.
    text, text_label : column of the words at the right, and its head; left out, how many children were asked.
    xlabel : denominator of the shares, in words.
    """
    known = shares["estimate"].notna() & shares["flag"].ne("suppressed")
    points = shares.assign(
        asked=[f"{n:,.0f}" if n == n else "" for n in shown_n(shares)],
        reason=shares["flag"].map(FLAGS).replace("", "not known").where(~known, ""),
        imprecise=known & shares["flag"].eq("imprecise"),
    )
    return Plot(
        plots.dots,
        points,
        label=label,
        estimate="estimate",
        series="Children",
        order=list(NATIONALITIES.values()),
        text=text,
        text_label=text_label,
        reason="reason",
        hollow="imprecise",
        hollow_label=FLAGS["imprecise"],
        percent=True,
        xlabel=xlabel,
        **columns,
    )


def missed(confidence: float) -> str:
    """Return how many intervals of a level miss the true value, in words: "one in twenty" of 95 %."""
    names = {2: "two", 5: "five", 10: "ten", 20: "twenty", 100: "a hundred"}
    every = round(1 / (1 - confidence), 6)
    return f"one in {names[int(every)]}" if every in names else f"{100 * (1 - confidence):.6g} in 100"


def shown_n(table: pd.DataFrame) -> pd.Series:
    """Numbers of children behind estimates for a figure, missing where they are few or suppressed."""
    n = table["n"].astype("Float64")
    return n.mask(n < FEW).astype(float)


def _effects(effects: pd.Series) -> list[str]:
    """Design effects in words; a stroke where nothing is shown, or nobody or everybody has it."""
    return ["–" if effect != effect else f"{effect:.2f}" for effect in effects]


def count_text(counts: pd.Series) -> list[str]:
    """Counts of protected tables in words."""
    return [SUPPRESSED if pd.isna(count) else f"{count:,}" for count in counts]


def _asked(counts: pd.Series, status: pd.Series) -> list[str]:
    """Children behind estimates, in words; the status alone where they are few, or suppressed."""
    return [why or f"{n:,}" for n, why in zip(counts, status, strict=True)]


# Columns of `share_numbers` in words.
EFFECT, ASKED = Words(_effects, "design_effect"), Words(_asked, "n", "n_status")


def surveyed(place: Area) -> str:
    """Return where children were asked: the area, or the study with the number of its areas."""
    if not place.is_study:
        return place.name
    asked_in = areas_asked(place.study)
    return f"{place.name}, {asked_in} province{'' if asked_in == 1 else 's'}"


def in_words(text: str) -> str:
    """A sentence of a method as a page can print it: without names of columns, levels and functions."""
    text = re.sub(r" \(`[^`]*`\)", "", text)
    text = re.sub(r"`([^`]*)`", lambda hit: _CALLED.get(hit[1], hit[1]), text)
    text = re.sub(r"(?<=\]):(?=\w)", " with ", text)
    text = re.sub(r"(\w+)\[([^\]]*)\]", r"\1 \2", text)
    text = re.sub(
        r"\w*[a-z]_[a-z]\w*|\btrafficked\b(?=')", lambda hit: _CALLED.get(hit[0], hit[0].replace("_", " ")), text
    )
    return text[:1].upper() + text[1:]


def of_survey(
    place: Area,
    name: str,
    what: str,
    limits: str | Callable[[Any], str],
    result: Any = None,
    *,
    rows: pd.DataFrame | Callable[[Any], pd.DataFrame | Table] | None = None,
    plot: Callable[[Any], Plot] | None = None,
    more: str = "",
    source_ids: tuple[str, ...] = (),
    synthetic_part: str = "",
    release_class: str = PROTECTED,
) -> Exhibit:
    """Return an exhibit of a study's survey, which it cites, with the kind of the survey.

    Parameters
    ----------
    what : its title, after the area or the number of provinces in which children were asked.
    limits, more : what it does not show; `more` stands below the table alone, and not in the figure.
    result : the result behind it; of one that was refused the exhibit gives the reason alone. A reason that can tell of
        few children is internal.
    rows, plot : the table, and the plot; functions, as `limits` can be one, make them from the result.
    release_class : its numbers of children are those of protected tables, unless it is internal.
    """
    if isinstance(result, NoResult):
        limits, more, rows, plot = reason_of(place, result), "", None, None
        release_class = PROTECTED if tells_of_none(place, result) else INTERNAL
    limits = limits(result) if callable(limits) else limits
    found, title = survey_of(place), f"{surveyed(place)}: {what}"
    cautions = (caution for entry in catalog.survey_exports(place.study) for caution in entry.cautions)
    return Exhibit(
        name,
        title,
        table=rows(result) if callable(rows) else pd.DataFrame() if rows is None else rows,
        plot=plot(result) if plot is not None else None,
        source_ids=source_ids,
        limits=sentences(limits, more, LIMITS),
        alt=f"{title}: {_children_asked(place)}. The numbers are in the table that follows.",
        cautions=tuple(dict.fromkeys(cautions)),
        citations=(f"{found.title}. {found.publisher}. {found.date}.",),
        kind=found.kind,
        synthetic_part=synthetic_part or "a synthetic survey of children who do not exist.",
        release_class=release_class,
        footer=survey_footer(place, limits),
    )


def reason_of(place: Area, refused: NoResult) -> str:
    """Return why there is no number, in words of a page."""
    reasons = {
        "empty_table": f"The survey asked no child in {place.name}: of its children it can say nothing.",
        "empty_domain": "None of the children asked here is of the group in question: of it nothing is known.",
    }
    return reasons.get(refused.code, in_words(refused.reason))


def tells_of_none(place: Area, refused: NoResult) -> bool:
    """Return true of a reason that may be released: it is of the sample, of suppression, or nobody was asked.

    Numbers of children may be a part of others.
    """
    sampling = SAMPLING[survey_of(place).sampling]
    return refused.code in (*SUPPRESSED_CODES, "empty_table") or (sampling != "" and sampling in refused.reason)


def survey_footer(place: Area, limits: str) -> plots.Footer:
    """Return the footer of a figure of an area's survey.

    Of the fieldwork it has the last day, by which the survey is cited: days of an area would be those of few children.
    """
    found = survey_of(place)
    day = pd.Series([pd.Timestamp(found.date)])
    source = found.title.removesuffix(" (SYNTHETIC)") + (", synthetic" if found.is_synthetic else "")
    return plots.Footer(
        source,
        f"fieldwork until {periods(day, day)[0]}",
        _children_asked(place),
        f"{limits} {LIMITS}",
        synthetic=found.is_synthetic,
    )


def _children_asked(place: Area) -> str:
    count = number(place, EVERYBODY)
    return f"{SUPPRESSED if count is None else f'{count:,}'} Turkish and Syrian children asked"


def about(place: Area) -> Markdown:
    """Return the kind and the size of the survey in words, which stand before any number of its own."""
    found = survey_of(place)
    synthetic = (
        "**SYNTHETIC: this survey describes no real child.** It shows what the analysis does with a survey. Its truth "
        "is known, so that the analysis can be tested.\n\n"
    )
    counts = {name: number(place, EVERYBODY, **{NATIONALITY: code}) for code, name in NATIONALITIES.items()}
    groups = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    text = (
        f"{synthetic if found.is_synthetic else ''}{_children_asked(place)} in {surveyed(place)}, of 5–17 "
        f"years{': ' * bool(groups)}{groups}. Children of other nationalities, of whom few are asked, are in no number "
        "here. Numbers of children are suppressed where they, or what remains when they are subtracted, would "
        f"identify fewer than {K}."
    )
    if found.sampling != "probability":
        refused = attempt(SurveyDesign.require_probability, asked_of(place), "prevalence")
        text += f"\n\n**{reason_of(place, refused)}**" if isinstance(refused, NoResult) else ""
    return said(text, PROTECTED)


def limits_of(place: Area, confidence: float) -> Markdown:
    """Return what the survey of an area does not show.

    Parameters
    ----------
    confidence : level of the limits of the page.
    """
    found, study = survey_of(place), areas.get(place.study).name
    points = [
        "**A household survey misses the most hidden.** Children on the street, in unlisted tents, in institutions, or "
        "kept from the door are not in it, and trafficked children are more often among them.",
        "**Associations are not causes.** An odds ratio says who is affected more often, not why; the outcome may "
        "change the factor, as work does school. Nothing here says what a measure would achieve.",
        "**Answers can be untrue.** A child or guardian may be afraid to answer; not known is counted as such, and is "
        "never a no.",
        f"**Small numbers.** Estimates on fewer than {FEW} children are suppressed, and shares that fewer than {K} of "
        "those asked have or do not have; numbers from which these could be worked out by subtraction are suppressed "
        f"as well. Estimates with a coefficient of variation above {intervals.percent(IMPRECISE)} are marked. Limits "
        f"are of {intervals.percent(confidence)}: {missed(confidence)} misses the true value.",
        f"**{study} is not only these provinces.** Nothing is estimated for other provinces.",
    ]
    if found.is_synthetic:
        points.insert(
            0,
            "**SYNTHETIC.** Children, answers and every error in them are synthetic. They show nothing about "
            "children in Türkiye.",
        )
    return said("\n".join(f"- {point}" for point in points), PUBLIC)


GROUPS = (NATIONALITY, SEX, AGE)
SECTOR = "sector_group"
# Cells of a table: its stem, and values of its other dimensions.
Cells = tuple[str, Mapping[str, str]]
EVERYBODY: Cells = ("children", {})
AT_WORK: Cells = ("working", {OUTCOME: "working"})
NEEDY: Cells = ("needs", {"help": "needs something"})
# Variables whose cells have another name.
_NAMED: dict[str, Cells] = {
    "attends_school": ("out_of_school", {"out_of_school": counts.REST}),
    "separated": ("lives_with_parents", {"lives_with_parents": "neither"}),
    "debt": ("debt", {"debt": "debt"}),
    "debt_to_employer": ("debt_to_employer", {"debt": "to an employer"}),
    "both": ("both", {"trafficked": counts.YES, OUTCOME: "child_labour"}),
}
_NEEDS = {"need": "needs it", "met": "gets it", "gap": "goes without"}
# Codes of reasons without a number of children; no method of `survey_stats` refuses by one of them.
SUPPRESSED_CODES = frozenset({"all_withheld", "few_at_work", "few_trafficked"})


@remembered
def _tables(study: str) -> dict[str, tuple[dict[tuple[str, ...], int | None], tuple[str, ...], frozenset[str]]]:
    """The protected tables by name: cell -> count (None where it is suppressed), the dimensions, the areas."""
    found = {}
    for name, table in protected(study).items():
        dimensions = tuple(column for column in table if column != "count")
        keys = list(zip(*(table[column].astype(str) for column in dimensions), strict=True)) if dimensions else [()]
        numbers = [None if pd.isna(count) else int(count) for count in table["count"]]
        areas_in = frozenset(table[AREA].astype(str)) if AREA in table else frozenset()
        found[name] = (dict(zip(keys, numbers, strict=True)), dimensions, areas_in)
    return found


def areas_asked(study: str) -> int:
    """Return the number of areas of a study in which children were asked."""
    found = _tables(study).get(counts.name("children", (AREA, NATIONALITY)))
    return len(found[2]) if found else 0


def is_counted(place: Area, stem: str, by: Iterable[str]) -> bool:
    """Return true where there is such a table: one that would be mostly suppressed is left out."""
    return counts.name(stem, _by(place, by)) in _tables(place.study)


def number(place: Area, cells: Cells, **group: str) -> int | None:
    """Number of the children asked in an area who stand in some cells of a protected table.

    Parameters
    ----------
    cells : stem of the table, and values of its dimensions; cells of all other values are added up.
    group : nationality, sex and age_group, as far as they are asked for: without a nationality both are added up.

    Returns
    -------
    Unweighted number; None where one of the cells is suppressed, or there is no such table.
    """
    if NATIONALITY not in group:
        parts = [number(place, cells, **{NATIONALITY: code, **group}) for code in NATIONALITIES]
        return None if None in parts else sum(part for part in parts if part is not None)
    stem, values = cells
    found = _tables(place.study).get(counts.name(stem, _by(place, (name for name in GROUPS if name in group))))
    if found is None:
        return None
    table, dimensions, _ = found
    wanted = {**group, **values} | ({} if place.is_study else {AREA: place.area_id})
    places = [(dimensions.index(name), value) for name, value in wanted.items()]
    numbers = [count for cell, count in table.items() if all(cell[at] == value for at, value in places)]
    # A combination that is not listed is a zero.
    return None if None in numbers else sum(count for count in numbers if count is not None)


def _by(place: Area, groups: Iterable[str]) -> list[str]:
    return [*(() if place.is_study else (AREA,)), *groups]


def having(variable: str, category: object = True, sector: str = "") -> Cells:
    """Cells in which the children with an answer or an outcome are counted; in one sector, of those who work in it."""
    if sector:
        return _in_sector(variable, sector)
    if variable in _NAMED:
        return _NAMED[variable]
    part, _, need = variable.partition("_")
    if part in _NEEDS and need in counts.NEEDS:
        value = _NEEDS[part]
        return ("need" if part == "need" else "gap") + f"_{need}", {f"need: {need}": value}
    if variable in counts.CODES:
        return variable, {variable: str(category)}
    if variable == "received_from":
        return variable, {"help": str(category)}
    if variable in counts.TRAITS:
        trait = counts.TRAITS[variable]
        return trait, {trait: str(category)}
    if variable in (*counts.ANSWERS, *counts.TOO_LONG, "trafficked"):
        return variable, {variable: counts.YES}
    return variable, {OUTCOME: variable}


def _in_sector(variable: str, sector: str) -> Cells:
    stem = counts.by_sector(variable)
    if variable in ("paid_to_others", "unpaid"):
        return stem, {"pay": variable, OUTCOME: sector}
    if variable == "working":
        return stem, {OUTCOME: sector}
    if variable in ("seasonal_migration", "trafficked"):
        return stem, {variable: counts.YES, OUTCOME: sector}
    if variable in (*counts.TOO_LONG, *counts.HARDSHIPS):
        outer = "child_labour" if variable in counts.TOO_LONG else "hazardous_work"
        outer = "forced_labour" if variable in counts.COERCION else outer
        return stem, {variable: counts.YES, OUTCOME: counts.within(sector, outer)}
    return stem, {OUTCOME: counts.within(sector, variable)}


def protected_shares(
    *estimates: pd.DataFrame | NoResult,
    place: Area,
    k: int = counts.K,
    optional: Iterable[pd.DataFrame | NoResult] = (),
) -> pd.DataFrame | NoResult:
    """Proportions as far as the protected tables have their counts; marked where they are imprecise.

    Parameters
    ----------
    estimates : of `SurveyDesign.proportion`, by nationality, sex, age_group or sector_group. A variable of
        children of one sector among all is called "working:agriculture".
    place : the area that they are of.
    k : the smallest number of children that is released; never fewer than in the protected tables.
    optional : further estimates, left out where they were refused, as of children who need something where nobody does.

    Returns
    -------
    As `SurveyDesign.proportion`, with n (children asked) and cases (those who have it) from the protected tables,
    missing where they are suppressed there, flag (see `survey_stats.contingency.releasable`), and k. Of estimates of
    which one was refused, the reason.
    """
    parts, k = [], max(k, counts.K)
    for estimate in [*estimates, *(each for each in optional if not isinstance(each, NoResult))]:
        if isinstance(estimate, NoResult):
            return estimate
        parts.append(_protected(place, reliable(estimate), k))
    found = pd.concat(parts, ignore_index=True).assign(k=k)
    return found[[*(name for name in GROUPS if name in found), *(name for name in found if name not in GROUPS)]]


def _protected(place: Area, found: pd.DataFrame, k: int) -> pd.DataFrame:
    with_it, asked = [], []
    for row in found.to_dict("records"):
        who = {name: str(row[name]) for name in GROUPS if name in row}
        variable, _, sector = str(row["variable"]).partition(":")
        if SECTOR in row:
            sector = str(row[SECTOR])
        of = having("working", sector=sector) if SECTOR in row else NEEDY if variable == "received_from" else EVERYBODY
        with_it.append(number(place, having(variable, row["category"], sector), **who))
        asked.append(number(place, of, **who))
    numbers = pd.DataFrame({"with_it": with_it, "asked": asked}, found.index, dtype="Int64")
    return releasable(found, numbers["with_it"], numbers["asked"], k)


def unless_suppressed(place: Area, shares: pd.DataFrame | NoResult) -> pd.DataFrame | NoResult:
    """Return shares, as `protected_shares` gives them; refused where every one is suppressed."""
    if isinstance(shares, NoResult) or not shares.filter(regex="^flag").eq("suppressed").all(axis=None):
        return shares
    reason = (
        f"Every number is suppressed: fewer than {shares['k'].max()} children would be identified by it or by a "
        f"difference, or fewer than {FEW} were asked."
    )
    return NoResult(sentences(reason, "" if place.is_study else "The study as a whole may show more."), "all_withheld")


take_names(__name__)
