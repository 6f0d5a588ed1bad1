"""Exhibits of how sure findings are: grades by analysis with their commonest reasons, and of each state of a matrix."""

from __future__ import annotations

import pandas as pd

from analysis import plots
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import Exhibit, absent
from analysis.exhibits.from_findings import own_findings, release_class_of
from analysis.exhibits.plot import Plot
from analysis.exhibits.referral_evidence import framework, names
from analysis.findings.confidence import GRADES, reason_words
from analysis.findings.finding import KNOWN
from analysis.jobs import ANALYSES
from analysis.plots.matrix import Category, ladder
from analysis.report.references import short_sources

LIMITS = "A grade says how sure the statement is, and nothing of how much trafficking there is. Rules: confidence.csv."
BEST_FIRST = GRADES[::-1]
# Levels of a state -> its letter, as the matrix of states has it.
_LETTERS = {0: "I", 1: "P", 2: "N"}


def by_analysis(place: Area, findings: pd.DataFrame, reasons: int = 3) -> Exhibit:
    """Return how many known findings of each analysis have which grade, and why most of them are not high.

    Parameters
    ----------
    findings : as `findings.collected.read` gives them.
    reasons : how many of the commonest reasons of an analysis are named.
    """
    known = _known(place, findings)
    counts = known.groupby(["analysis", "grade"]).size().unstack(fill_value=0).reindex(columns=BEST_FIRST, fill_value=0)
    counts = counts.reindex([name for name in ANALYSES if name in counts.index])
    printed = pd.DataFrame({"Analysis": [name.replace("_", " ") for name in counts.index]})
    for grade in BEST_FIRST:
        printed[grade.capitalize()] = counts[grade].to_numpy()
    printed["Why lower than high, most often"] = [
        _commonest(known[known["analysis"] == name], reasons) for name in counts.index
    ]
    drawn = counts.rename_axis(columns="grade").stack().rename("findings").reset_index()
    title = f"{place.name}: how sure its findings are"
    return Exhibit(
        "confidence_by_analysis",
        title,
        printed,
        limits=LIMITS,
        plot=Plot(
            plots.bars,
            drawn.assign(label=drawn["analysis"].str.replace("_", " ")),
            value="findings",
            part="grade",
            parts=list(BEST_FIRST),
            ordered=True,
            xlabel="known findings",
        ),
        alt=f"{title}. A bar an analysis, with a part a grade.",
        footer=_footer(known, "known findings"),
        release_class=release_class_of(known),
    )


def of_states(place: Area, findings: pd.DataFrame) -> Exhibit:
    """Return how sure the state of each indicator is in each area: a matrix whose shade is the grade.

    A cell has the letter of the state and the year of its evidence, as the matrix of states has them.

    Parameters
    ----------
    findings : as `findings.collected.read` gives them.
    """
    title = f"{place.name}: how sure the state of each indicator is"
    known = _known(place, findings)
    states = known[known["measure"] == "state"]
    if states.empty:
        return absent(place, title, "No finding here states what a referral mechanism has.")
    heads = framework().set_index("indicator_id")
    cells = states.assign(
        indicator=states["item"] + " " + states["item"].map(heads["short"]),
        dimension=states["item"].map(heads["dimension_id"] + " " + heads["dimension"]),
        area=states["area_id"].map(names()),
        text=states["value"].astype(int).map(_LETTERS) + states["period"].str[-2:],
    )
    order = [f"{name} {short}" for name, short in heads["short"].items() if name in set(states["item"])]
    listed = (
        cells.sort_values("area", kind="stable")
        .groupby(["indicator", "grade"])["area"]
        .agg(", ".join)
        .unstack(fill_value="–")
    )
    listed = listed.reindex(order, columns=BEST_FIRST, fill_value="–").rename(columns=str.capitalize)
    return Exhibit(
        "confidence_of_states",
        title,
        listed.rename_axis("Indicator").reset_index(),
        limits=LIMITS,
        plot=Plot(
            plots.matrix,
            cells,
            row="indicator",
            column="area",
            category="grade",
            text="text",
            row_group="dimension",
            rows=order,
            categories=[*ladder(list(GRADES), [""] * len(GRADES)), Category("unknown", hatch=plots.style.UNKNOWN)],
            columns=[name for name in names().values() if name in set(cells["area"])],
            key_title="confidence in a state; letter and year as in the matrix of states (P22 is partly, of 2022)",
        ),
        alt=f"{title}. A grid of areas and indicators, darker where the state is surer, hatched where it is unknown.",
        footer=_footer(states, "known states"),
        folded=True,
    )


def _known(place: Area, findings: pd.DataFrame) -> pd.DataFrame:
    own = own_findings(place, findings)
    return own[own["status"] == KNOWN]


def _commonest(findings: pd.DataFrame, most: int) -> str:
    """The commonest reasons of some findings, in words, each with how many findings it lowers."""
    found = findings["grade_reasons"].str.split(";").explode()
    counts = found[found.ne("")].value_counts(sort=False).sort_values(ascending=False, kind="stable")
    words = reason_words("en")
    return "; ".join(f"{words[name]} ({number:,})" for name, number in counts.head(most).items()) or "–"


def _footer(findings: pd.DataFrame, what: str) -> plots.Footer:
    years = findings["period"].str.findall(r"\d{4}").explode().dropna()
    sources = short_sources(findings["source_ids"].str.split(";").explode().loc[lambda ids: ids.ne("")].unique(), "en")
    synthetic = bool(findings["kind"].eq("synthetic").any())
    period = f"{years.min()} to {years.max()}" if len(years) else "none"
    return plots.Footer(sources or "none", period, f"{len(findings):,} {what}", LIMITS, synthetic=synthetic)


take_names(__name__)
