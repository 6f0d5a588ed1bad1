"""The children's survey as exhibits use it: its respondents with their outcomes, its design, and what it cannot say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from analysis import areas, catalog, plots, texts
from analysis.areas import Area
from analysis.methods.outcomes import outcomes
from analysis.sections.risk_shares import EVERYBODY, Suppressed, areas_asked, number
from analysis.sections.section import INTERNAL, PROTECTED, PUBLIC, Section, periods, said
from analysis.survey.counts import NATIONALITY, K
from analysis.survey.processed import Survey, load
from survey_stats import FEW, NotEstimable, SurveyDesign
from survey_stats.design import SAMPLING

TEXT = texts.of(__name__)

LIMITS = TEXT["limits"]
NATIONALITIES = {"TR": "Turkish children", "SY": "Syrian children"}
SEXES = {"female": "girls", "male": "boys"}
SECTORS = ("agriculture", "industry", "services")
ORDERED = {
    "nationality": [*NATIONALITIES, "other"],
    "sex": list(SEXES),
    "age_group": ["5-11", "12-14", "15-17"],
    "sector_group": list(SECTORS),
}
# Outcomes in the order in which one lies within another; trafficking stands apart.
OUTCOMES = {
    "working": "working",
    "child_labour": "child labour",
    "hazardous_work": "hazardous work",
    "forced_labour": "forced labour",
    "trafficked": "trafficking",
}
SUPPRESSED = "suppressed"
# What a figure says of an estimate that is not printed, or not without a caution.
FLAGS = texts.table(__name__, "flags")
# What the methods call things, where it is not what a reader calls them.
_CALLED = texts.table(__name__, "called")


def survey_of(place: Area) -> Survey:
    """The survey of the area's study, as the batch has made its tables."""
    return load(place.study)


@cache
def _joined(study: str) -> pd.DataFrame:
    """Respondents of a study with their outcomes; other nationalities stay in, as a group of their own."""
    table = load(study).respondents
    found = outcomes(table)
    own = found[[name for name in found if name not in table or name == "working"]]
    joined = pd.concat([table.drop(columns="working", errors="ignore"), own], axis=1)
    # Groups stand in this order wherever they are shown.
    return joined.assign(**{name: pd.Categorical(joined[name], order) for name, order in ORDERED.items()})


def respondents_of(place: Area) -> pd.DataFrame:
    """The children asked in an area, or in the study as a whole, one row each."""
    table = _joined(place.study)
    return table if place.is_study else table[table["area_id"] == place.area_id].reset_index(drop=True)


@cache
def design_of(place: Area) -> SurveyDesign:
    """The sample of an area as it was drawn: strata lie within provinces, so that a province is a sample of its own.

    Sampling units are taken to be drawn with replacement, which is the safe choice where children were drawn within
    them once more.
    """
    here = respondents_of(place)
    if here.empty:
        raise Suppressed(
            "area_not_surveyed", f"The survey asked no child in {place.name}: of its children it can say nothing."
        )
    return SurveyDesign(here, weight="weight", stratum="stratum", psu="psu_id", sampling=survey_of(place).sampling)


def of_nationalities(design: SurveyDesign) -> SurveyDesign:
    """The same sample, with Turkish and Syrian children as its domain."""
    return design.domain(design.data["nationality"].isin(list(NATIONALITIES)))


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


def drawn(table: pd.DataFrame, **names: pd.Series | str) -> pd.DataFrame:
    """Estimates as figures of shares take them, beside columns that name their rows."""
    shown = {"share": table["estimate"], "low": table["low"], "high": table["high"]}
    shown |= {"n": shown_n(table), "flag": table["flag"].map(FLAGS)}
    return pd.DataFrame({**names, **shown}, index=table.index)


def panels(
    place: Area, what: str, points: pd.DataFrame, limits: str, xlabel: str = TEXT["share_of_children"]
) -> Figure:
    """Shares of Turkish and of Syrian children beside one another, always in the same order and colours."""
    return plots.prevalence_panels(
        points,
        title=titled(place, what),
        footer=survey_footer(place, limits),
        xlabel=xlabel,
        groups=list(NATIONALITIES.values()),
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
    table: pd.DataFrame,
    limits: str,
    figure: Figure | None = None,
    source_ids: tuple[str, ...] = (),
    invented: str = TEXT["an_invented_survey_of_children"],
    release_class: str = PROTECTED,
) -> Section:
    """An exhibit made from a study's survey: it cites the survey, and says of what kind it is.

    Parameters
    ----------
    release_class : its numbers of children are those of protected tables, unless it says that
        it is internal.
    """
    found = survey_of(place)
    title = titled(place, what)
    citation = f"{found.title}. {found.publisher}. {found.date}."
    cautions = tuple(
        dict.fromkeys(caution for entry in catalog.survey_exports(place.study) for caution in entry.cautions)
    )
    return Section(
        name,
        title,
        table,
        source_ids,
        f"{limits} {LIMITS}",
        figure,
        TEXT["the_numbers_stand"].format(title=title, children_asked=_children_asked(place)),
        cautions,
        (citation,),
        found.kind,
        invented,
        release_class,
    )


def refused(place: Area, name: str, what: str, reason: str, release_class: str = INTERNAL) -> Section:
    """An exhibit that shows only why there is no number. What a method says can tell of few children, and stays in."""
    return of_survey(place, name, what, pd.DataFrame(), reason, release_class=release_class)


def or_refused(make: Callable[[Area], Section], place: Area, name: str, what: str) -> Section:
    """The exhibit, or the reason why the survey cannot carry it."""
    try:
        return make(place)
    except NotEstimable as error:
        return refused(place, name, what, in_words(str(error)), PROTECTED if is_of_all(place, error) else INTERNAL)


def is_of_all(place: Area, error: NotEstimable) -> bool:
    """Whether a reason may leave: it is of the sample, or Suppressed; of others numbers of children may be a part."""
    sampling = SAMPLING[survey_of(place).sampling]
    return isinstance(error, Suppressed) or (sampling != "" and sampling in str(error))


def survey_footer(place: Area, limits: str, n: str = "") -> plots.Footer:
    """The footer of a figure of an area's survey. Of the fieldwork it tells the last day, which the survey is cited by:
    the days of an area would be those of single children."""
    found = survey_of(place)
    day = pd.Series([pd.Timestamp(found.date)])
    source = found.title.removesuffix(" (SYNTHETIC)") + (", synthetic" if found.is_synthetic else "")
    return plots.Footer(
        source,
        f"fieldwork until {periods(day, day)[0]}",
        n or _children_asked(place),
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
        text += f"\n\n**{_why_no_prevalence(place)}**"
    return said(text, PROTECTED)


def _why_no_prevalence(place: Area) -> str:
    try:
        design_of(place).require_probability("prevalence")
    except NotEstimable as error:
        return in_words(str(error))
    return ""


def limits_of(place: Area) -> Markdown:
    """What the survey of an area does not show."""
    found = survey_of(place)
    synthetic = TEXT["limits_of_synthetic"] if found.is_synthetic else ""
    return said(
        TEXT["a_household_survey_misses"].format(synthetic=synthetic, few=FEW, k=K, name=areas.get(place.study).name),
        PUBLIC,
    )
