"""The children's survey as its sections use it: respondents with their outcomes, its design, and what it cannot say.

A notebook takes the steps itself; `asked_of` takes them for the findings, with the same arguments. A share is released
with its numerator and its complement: both are cells of the protected tables, and suppressed there is suppressed here.
The answers give the weighted share; every number of children is read from the tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from analysis import areas, catalog, plots, texts
from analysis.areas import Area
from analysis.data_read import remembered
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import INTERNAL, PROTECTED, PUBLIC, Exhibit, said, unless_refused
from analysis.exhibits.wording import periods, sentences
from analysis.methods.outcomes import outcomes
from analysis.survey import counts
from analysis.survey.counts import AGE, AREA, NATIONALITY, NEEDS, OUTCOME, SEX, K
from analysis.survey.processed import Survey, load, protected
from survey_stats import FEW, SurveyDesign, reliable
from survey_stats.contingency import releasable
from survey_stats.design import SAMPLING

TEXT = texts.of(__name__)

LIMITS = TEXT["limits"]
NATIONALITIES = {"TR": "Turkish children", "SY": "Syrian children"}
SEXES = {"female": "girls", "male": "boys"}
SECTORS = ("agriculture", "industry", "services")
# Outcomes that are told sector by sector, of all children.
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
# What a figure says of an estimate that is not printed, or not without a caution.
FLAGS = texts.table(__name__, "flags")
# What the methods call things, where it is not what a reader calls them.
_CALLED = texts.table(__name__, "called")


def survey_of(place: Area) -> Survey:
    """The survey of the area's study, as the batch has made its tables."""
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
    """What follows from several answers, as yes or no; missing where it is not known.

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
    """The children asked in an area, or in the study as a whole, one row each."""
    table = _joined(place.study)
    return table if place.is_study else table[table["area_id"] == place.area_id].reset_index(drop=True)


def asked_of(place: Area) -> SurveyDesign | NoResult:
    """The sample of an area as it was drawn, with Turkish and Syrian children as its domain.

    Strata lie within provinces, so that a province is a sample of its own. Sampling units are taken to be drawn with
    replacement, which is the safe choice where children were drawn within them once more.
    """
    children, sampling = respondents_of(place), survey_of(place).sampling
    design = attempt(SurveyDesign, children, weight="weight", stratum="stratum", psu="psu_id", sampling=sampling)
    return attempt(SurveyDesign.domain, design, children["nationality"].isin(list(NATIONALITIES)))


def percent(table: pd.DataFrame) -> list[str]:
    """Estimates from 0 to 1 in words: "12.3 (10.1–14.9)", with what must be said of them."""
    return [_percent(row) for row in table[["estimate", "low", "high", "flag"]].to_dict("records")]


def _percent(row: Mapping[str, float | str]) -> str:
    if row["flag"] == "suppressed":
        return SUPPRESSED
    value, low, high = (100 * float(row[name]) for name in ("estimate", "low", "high"))
    if value != value:
        return "not known"
    limits = f" ({low:.1f}–{high:.1f})" if low == low else TEXT["percent_limits"]
    return f"{value:.1f}{limits}" + (" imprecise" if row["flag"] == "imprecise" else "")


@unless_refused
def rows(shares: pd.DataFrame, *names: str, with_it: bool = True) -> pd.DataFrame:
    """Shares as people read them, beside the columns that name them.

    Parameters
    ----------
    with_it : whether the number of children of whom it is true stands in the table.
    """
    columns: dict[str, object] = {name: shares[name] for name in names}
    columns |= {"Share, % (95 % limits)": percent(shares), "Design effect": effects(shares)}
    columns |= {"Children asked (n)": asked(shares)} | ({"With it (n)": told(shares["cases"])} if with_it else {})
    return pd.DataFrame(columns)


@unless_refused
def panels(
    shares: pd.DataFrame,
    section: Exhibit,
    *,
    label: str,
    panel: str | None = None,
    group: str | None = None,
    text: str | None = None,
    text_label: str = TEXT["children_asked"],
    xlabel: str = TEXT["share_of_children"],
) -> Figure:
    """Shares of Turkish and of Syrian children beside one another, always in the same order and colours.

    Parameters
    ----------
    label, panel, group : columns that name the rows of the figure, its panels of the same rows, and headings above
        rows.
    text, text_label : column of what stands at the right, and its head; by default how many children were asked.
    xlabel : what the shares are shares of.
    """
    known = shares["estimate"].notna() & shares["flag"].ne("suppressed")
    points = shares.assign(
        asked=[f"{n:,.0f}" if n == n else "" for n in shown_n(shares)],
        reason=shares["flag"].map(FLAGS).replace("", "not known").where(~known, ""),
        imprecise=known & shares["flag"].eq("imprecise"),
    )
    return plots.dots(
        points,
        label=label,
        estimate="estimate",
        series="Children",
        order=list(NATIONALITIES.values()),
        panel=panel,
        group=group,
        text=text or "asked",
        text_label=text_label,
        reason="reason",
        hollow="imprecise",
        hollow_label=FLAGS["imprecise"],
        percent=True,
        xlabel=xlabel,
        **section.frame,
    )


def asked(table: pd.DataFrame) -> list[str]:
    """How many children an estimate rests on, in words; not how many where they are few, or suppressed."""
    return [SUPPRESSED if pd.isna(n) else f"<{FEW}" if n < FEW else f"{n:,}" for n in table["n"]]


def shown_n(table: pd.DataFrame) -> pd.Series:
    """The same as numbers for a figure, missing where they are not told."""
    n = table["n"].astype("Float64")
    return n.mask(n < FEW).astype(float)


def effects(table: pd.DataFrame) -> list[str]:
    """Design effects in words; a stroke where nothing is shown, or nobody or everybody has it."""
    return ["–" if effect != effect else f"{effect:.2f}" for effect in table["design_effect"].astype(float)]


def told(counts: pd.Series) -> list[str]:
    """Counts of protected tables in words."""
    return [SUPPRESSED if pd.isna(count) else f"{count:,}" for count in counts]


def titled(place: Area, what: str) -> str:
    """The title of an exhibit: a study's survey is of the provinces in which children were asked, and of no other."""
    return f"{surveyed(place)}: {what}"


def surveyed(place: Area) -> str:
    """What the survey speaks of: an area, or as many areas of a study as it asked children in."""
    if not place.is_study:
        return place.name
    asked_in = areas_asked(place.study)
    return f"{place.name}, {asked_in} province{'' if asked_in == 1 else 's'}"


def in_words(said: str) -> str:
    """A sentence of a method as a page can print it: without names of columns, levels and functions."""
    said = re.sub(r" \(`[^`]*`\)", "", said)
    said = re.sub(r"`([^`]*)`", lambda hit: _CALLED.get(hit[1], hit[1]), said)
    said = re.sub(r"(?<=\]):(?=\w)", " with ", said)
    said = re.sub(r"(\w+)\[([^\]]*)\]", r"\1 \2", said)
    said = re.sub(
        r"\w*[a-z]_[a-z]\w*|\btrafficked\b(?=')", lambda hit: _CALLED.get(hit[0], hit[0].replace("_", " ")), said
    )
    return said[:1].upper() + said[1:]


def of_survey(
    place: Area,
    name: str,
    what: str,
    limits: str,
    result: object = None,
    more: str = "",
    source_ids: tuple[str, ...] = (),
    invented: str = TEXT["an_invented_survey_of_children"],
    release_class: str = PROTECTED,
) -> Exhibit:
    """What surrounds a figure or a table made from a study's survey: it cites the survey, and says of what kind it is.

    Parameters
    ----------
    limits, more : what the section does not show; `more` stands below the table alone, and not in the figure.
    result : what is shown; of what was refused the section says the reason alone. A reason that can tell of few
        children is internal.
    release_class : its numbers of children are those of protected tables, unless it says that it is internal.
    """
    if isinstance(result, NoResult):
        limits, more = reason_of(place, result), ""
        release_class = PROTECTED if tells_of_none(place, result) else INTERNAL
    found = survey_of(place)
    title = titled(place, what)
    citation = f"{found.title}. {found.publisher}. {found.date}."
    cautions = tuple(
        dict.fromkeys(caution for entry in catalog.survey_exports(place.study) for caution in entry.cautions)
    )
    return Exhibit(
        name,
        title,
        source_ids=source_ids,
        limits=sentences(limits, more, LIMITS),
        alt=TEXT["the_numbers_stand"].format(title=title, children_asked=_children_asked(place)),
        cautions=cautions,
        citations=(citation,),
        kind=found.kind,
        invented=invented,
        release_class=release_class,
        footer=survey_footer(place, limits),
    )


def reason_of(place: Area, refused: NoResult) -> str:
    """Why there is no number, in words of a page."""
    said = {"empty_table": TEXT["area_not_surveyed"].format(place=place.name), "empty_domain": TEXT["empty_group"]}
    return said.get(refused.code, in_words(refused.reason))


def tells_of_none(place: Area, refused: NoResult) -> bool:
    """Whether a reason may be told: it is of the sample, or that numbers are suppressed, or that nobody was asked.

    Numbers of children may be a part of others.
    """
    sampling = SAMPLING[survey_of(place).sampling]
    return refused.code in (*SUPPRESSED_CODES, "empty_table") or (sampling != "" and sampling in refused.reason)


def survey_footer(place: Area, limits: str) -> plots.Footer:
    """The footer of a figure of an area's survey. Of the fieldwork it tells the last day, which the survey is cited by:
    the days of an area would be those of single children."""
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
    return TEXT["turkish_and_syrian_children_asked"].format(asked=SUPPRESSED if count is None else f"{count:,}")


def about(place: Area) -> Markdown:
    """Of what kind the survey is, before any number of its own."""
    found = survey_of(place)
    synthetic = TEXT["about_synthetic"] if found.is_synthetic else ""
    counts = {name: number(place, EVERYBODY, **{NATIONALITY: code}) for code, name in NATIONALITIES.items()}
    groups = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    text = TEXT["about_text"].format(
        synthetic=synthetic,
        children_asked=_children_asked(place),
        surveyed=surveyed(place),
        colon=": " * bool(groups),
        groups=groups,
    )
    text += TEXT["about_text_children_of_other"].format(k=K)
    if found.sampling != "probability":
        refused = attempt(SurveyDesign.require_probability, asked_of(place), "prevalence")
        text += f"\n\n**{reason_of(place, refused)}**" if isinstance(refused, NoResult) else ""
    return said(text, PROTECTED)


def limits_of(place: Area) -> Markdown:
    """What the survey of an area does not show."""
    found = survey_of(place)
    synthetic = TEXT["limits_of_synthetic"] if found.is_synthetic else ""
    return said(
        TEXT["a_household_survey_misses"].format(synthetic=synthetic, few=FEW, k=K, name=areas.get(place.study).name),
        PUBLIC,
    )


GROUPS = (NATIONALITY, SEX, AGE)
SECTOR = "sector_group"
# Cells of a table: its stem, and the values that are asked for in its other dimensions.
Cells = tuple[str, Mapping[str, str]]
EVERYBODY: Cells = ("children", {})
AT_WORK: Cells = ("working", {OUTCOME: "working"})
NEEDY: Cells = ("needs", {"help": "needs something"})
# Whose cells are told under another name.
_NAMED: dict[str, Cells] = {
    "attends_school": ("out_of_school", {"out_of_school": counts.REST}),
    "separated": ("lives_with_parents", {"lives_with_parents": "neither"}),
    "debt": ("debt", {"debt": "debt"}),
    "debt_to_employer": ("debt_to_employer", {"debt": "to an employer"}),
    "both": ("both", {"trafficked": counts.YES, OUTCOME: "child_labour"}),
}
_NEEDS = {"need": "needs it", "met": "gets it", "gap": "goes without"}
# Codes of reasons that tell of no few children; no method of `survey_stats` refuses by one of them.
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
    """In how many areas of a study children were asked."""
    found = _tables(study).get(counts.name("children", (AREA, NATIONALITY)))
    return len(found[2]) if found else 0


def is_counted(place: Area, stem: str, by: Iterable[str]) -> bool:
    """Whether there is such a table: one that would be mostly suppressed is left out."""
    return counts.name(stem, _by(place, by)) in _tables(place.study)


def number(place: Area, cells: Cells, **group: str) -> int | None:
    """How many of the children asked in an area stand in some cells of a protected table.

    Parameters
    ----------
    cells : stem of the table, and values of its dimensions; cells of all other values are added up.
    group : nationality, sex and age_group, as far as they are told apart: without a nationality both are added up.

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
    """Where the children with an answer or an outcome are counted; in one sector, of those who work in it."""
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


def protected_shares(*estimates: pd.DataFrame | NoResult, place: Area, k: int = counts.K) -> pd.DataFrame | NoResult:
    """Proportions as far as the protected tables tell whom they are of; marked where they are imprecise.

    Parameters
    ----------
    estimates : of `SurveyDesign.proportion`, by nationality, sex, age_group or sector_group. A variable that is told of
        children of one sector among all is called "working:agriculture".
    place : the area that they are of.
    k : the smallest group of children that may be told; never fewer than the protected tables tell.

    Returns
    -------
    As `SurveyDesign.proportion`, with n (children asked) and cases (those who have it) from the protected tables,
    missing where they are suppressed there, and flag: see `survey_stats.contingency.releasable`. Of estimates of which
    one was refused, the reason.
    """
    parts = []
    for estimate in estimates:
        if isinstance(estimate, NoResult):
            return estimate
        parts.append(_protected(place, reliable(estimate), max(k, counts.K)))
    found = pd.concat(parts, ignore_index=True)
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
    told = pd.DataFrame({"with_it": with_it, "asked": asked}, found.index, dtype="Int64")
    return releasable(found, told["with_it"], told["asked"], k)


def released(*estimates: pd.DataFrame | NoResult, place: Area, k: int = counts.K) -> pd.DataFrame | NoResult:
    """The same, as a page shows it: refused where every share is suppressed."""
    found = protected_shares(*estimates, place=place, k=k)
    if isinstance(found, NoResult) or not found["flag"].eq("suppressed").all():
        return found
    more = "" if place.is_study else TEXT["all_withheld_more"]
    return NoResult(TEXT["all_withheld"].format(k=k, few=FEW, more=more), "all_withheld")


take_names(__name__)
