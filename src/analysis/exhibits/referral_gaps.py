"""Gaps of referral mechanisms: the most severe, counts by severity, the register, and the actions suggested."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis import catalog, evidence, plots
from analysis.areas import Area
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import Exhibit, absent
from analysis.exhibits.plot import Plot
from analysis.exhibits.referral_evidence import (
    JUDGED,
    NOT_NO,
    dated,
    footer,
    names,
    rows_in,
    sources,
    states_known,
)
from analysis.exhibits.table import Table, Words, in_a_list, or_dash
from analysis.plots import style
from analysis.referral import gaps
from analysis.referral import states as five
from analysis.referral.gaps import HIGH, LOW, MEDIUM, NOT_RATED, RULES, SEVERITIES

RATED = (HIGH, MEDIUM, LOW)
# Severity of the most severe gap -> its level, 0 where all is in place; and the level of a state, 0 in place.
GAP_LEVELS = {LOW: 1, MEDIUM: 2, HIGH: 3}
STATE_LEVELS = {five.IN_PLACE: 0, five.PARTLY: 1, five.NOT_IN_PLACE: 2}
LEVELS = ("state_level", "gap_level")
RULE = "Severity: " + "; ".join(f"{severity}: {RULES[severity]}" for severity in RATED) + "."
# The label of the row of all dimensions, or all countries.
ALL = "All"
FOUND, UNKNOWN = "gaps found", "unknown: may be a gap or not"


def most_severe(register: pd.DataFrame) -> pd.DataFrame:
    """Return the most severe gap of each indicator and area, of equals the newest: one row of the register a pair."""
    order = register["severity"].map(SEVERITIES.index)
    table = register.assign(order=order, newest=-register["year"].fillna(0))
    return table.sort_values(["order", "newest"], kind="stable").drop_duplicates(["area_id", "indicator_id"])


def with_levels(states: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
    """Return states with `state_level` and `gap_level`; both are missing where the state is unknown or does not apply.

    Parameters
    ----------
    states : of `referral_evidence.dated_states`. register : of `gaps.gaps`.
    """
    keys = ["area_id", "indicator_id"]
    severity = most_severe(register).set_index(keys)["severity"].reindex(pd.MultiIndex.from_frame(states[keys]))
    level = severity.map(GAP_LEVELS).where(severity.notna(), 0.0).to_numpy()
    return states.assign(
        state_level=states["state"].map(STATE_LEVELS).astype(float),
        gap_level=pd.Series(level, states.index).where(states["state"].ne(five.DOES_NOT_APPLY)),
    )


def high_gaps(place: Area, register: pd.DataFrame) -> Exhibit:
    """Return the gaps that are rated high: where to begin.

    Parameters
    ----------
    register : of `gaps.gaps`.
    """
    table = rows_in(place, register)
    high = table[table["severity"] == HIGH].sort_values(["area_id", "indicator_id"])
    unknown = int((table["severity"] == NOT_RATED).sum())
    return Exhibit(
        "referral_grave_gaps",
        f"{place.name}: {len(high)} gaps rated high",
        _gap_table(place, high, set(_HEADINGS) - {"Gap", "Dimension", "Kind", "Severity", "Evidence"}),
        sources(high),
        f"Rated high: {RULES[HIGH]}. {unknown} answers are not known and may be gaps of any severity. {JUDGED}",
    )


def gap_register(place: Area, register: pd.DataFrame) -> Exhibit:
    """Return the gap register: one row a gap that is rated; those of data are counted.

    Parameters
    ----------
    register : of `gaps.gaps`.
    """
    table = rows_in(place, register)
    rated = table[table["severity"] != NOT_RATED]
    order = rated["severity"].map(SEVERITIES.index)
    rated = rated.assign(order=order).sort_values(["order", "indicator_id", "area_id"])
    return Exhibit(
        "referral_register",
        f"{place.name}: register of {len(rated)} gaps",
        _gap_table(place, rated, set(_HEADINGS)),
        sources(rated),
        f"{len(table) - len(rated)} further answers are not known; they are gaps of data and are not rated. Since: the "
        f"first year of an unbroken run of answers that show the gap; it may be older. {RULE} {JUDGED}",
        folded=True,
    )


# What coders found stands in the evidence, which they name.
_HEADINGS: dict[str, str | Words] = {
    "Gap": "gap_id",
    "Country": "name",
    "Dimension": "dimension",
    "Kind": "gap_kind",
    "What is missing": "missing",
    "Severity": "severity",
    "Asked for by": Words(or_dash, "obligation"),
    "Evidence": "evidence",
    "Since": Words(lambda years: years.astype("string").fillna("not known"), "since"),
    "Year it speaks of": Words(lambda years: [dated(str(year)) for year in years], "year"),
    "Who could close it": "closed_by",
    "Sources": Words(lambda ids: ids.str.replace(";", ", ").replace("", "coding sheet"), "source_ids"),
}


def _gap_table(place: Area, found: pd.DataFrame, headings: set[str]) -> Table:
    shown = headings if place.is_study else headings - {"Country"}
    return Table(
        found.assign(name=found["area_id"].map(names()), gap_kind=found["kind"]),
        {heading: column for heading, column in _HEADINGS.items() if heading in shown},
        also=("gap_id", "area_id", "indicator_id"),
    )


def gap_counts(place: Area, register: pd.DataFrame, states: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return indicators with a gap by the severity of the most severe, and indicators by state.

    Parameters
    ----------
    register : of `gaps.gaps`. states : of `referral_evidence.dated_states`. by : ``country`` or ``dimension``.

    Returns
    -------
    DataFrame: label; high, medium, low (gaps); in place, partly, not in place, unknown, does not apply (indicators with
    a scale); not read, report silent (parts of the unknown); total (those that apply).
    """
    rows, asked = (
        table.assign(
            label=table["area_id"].map(names()) if by == "country" else table["dimension_id"] + " " + table["dimension"]
        )
        for table in (most_severe(rows_in(place, register)), rows_in(place, states))
    )
    found = rows.groupby(["label", "severity"]).size().unstack(fill_value=0).reindex(columns=RATED, fill_value=0)
    counted = five.counted(asked, "label").set_index("label")
    why = asked.groupby(["label", "unknown_because"]).size().unstack(fill_value=0)
    why = why.reindex(columns=[five.NOT_READ, five.SILENT], fill_value=0)
    found = found.reindex(counted.index, fill_value=0).join(counted).join(why)
    found["total"] = found["total"] - found[five.DOES_NOT_APPLY]
    return found.reset_index()


def gaps_by(
    place: Area, register: pd.DataFrame, known: pd.DataFrame, states: pd.DataFrame, window: str, by: str
) -> Exhibit:
    """Return the numbers of gaps by severity, and beside them what is unknown: by country of a study, or by dimension.

    Parameters
    ----------
    register, states, by : as `gap_counts` takes them. known, window : as `referral_profile.scores` takes them.
    """
    if place.is_study != (by == "country"):
        why = "comparison" if by == "country" else "A study has them by country."
        return absent(place, f"gaps by {by}, and what is not known", why)
    counts, answered = gap_counts(place, register, states, by), rows_in(place, known)
    title = f"{place.name}: gaps by severity, and what is not known"
    limits = f"Each indicator is counted once, by its most severe gap. {NOT_NO}"
    return Exhibit(
        "referral_gaps",
        title,
        _counts_table(counts, by),
        sources(rows_in(place, register)),
        f"{RULE} {window} {limits} {JUDGED}",
        _gap_bars(counts),
        f"{title}. Each row has a bar of gaps by severity, followed by the number of unknown indicators.",
        footer=footer(answered, limits, states_known(rows_in(place, states))),
    )


def _counts_table(counts: pd.DataFrame, by: str) -> Table:
    """Return the counts with their sums; an indicator whose state is unknown may have a gap of any severity."""
    counts = pd.concat([counts, counts.drop(columns="label").sum().to_frame().T.assign(label=ALL)], ignore_index=True)
    most = {f"gaps_{severity}_most": counts[severity] + counts[five.UNKNOWN] for severity in RATED}
    of_gaps = {severity: f"gaps_{severity}_least" for severity in RATED}
    of_states = {state: state_column(state) for state in five.STATES}
    why = {reason: state_column(reason) for reason in (five.NOT_READ, five.SILENT)}
    return Table(
        counts.assign(**most).rename(columns={"total": "indicators"} | of_gaps | of_states | why),
        {
            by.capitalize(): "label",
            **{name.capitalize(): column for name, column in (of_gaps | of_states).items()},
            "Indicators that apply": "indicators",
        },
        also=(*most, *why.values()),
    )


def state_column(state: str) -> str:
    """Return the column of the number of indicators that are in a state, or unknown for a reason."""
    return f"state_{state.replace(' ', '_')}"


def _gap_bars(counts: pd.DataFrame) -> Plot:
    """Return a bar of gaps by severity for each row, and beside it what is unknown."""
    parts = [*RATED, five.UNKNOWN]
    rows = counts.melt(["label", "total"], parts, "severity", "indicators")
    unknown = rows["severity"] == five.UNKNOWN
    return Plot(
        plots.bars,
        # The number of indicators stands once, at the right of all.
        rows.assign(
            panel=unknown.map({False: FOUND, True: UNKNOWN}), asked=rows["total"].map("{:,}".format).where(unknown, "")
        ),
        value="indicators",
        part="severity",
        panel="panel",
        panels=[FOUND, UNKNOWN],
        text="asked",
        text_label="asked",
        parts=parts,
        hatched={five.UNKNOWN: style.UNKNOWN},
        ordered=True,
        xlabel="indicators",
    )


def suggested(place: Area, report_year: int) -> pd.DataFrame:
    """Return actions that the Labor Department's report suggested, with the indicators that two readers settled on."""
    coding = catalog.load("action_coding").rename(columns={"settled": "indicators"})
    table = evidence.suggested_actions(detection.countries(place))
    return table[table["report_year"] == report_year].merge(coding, on="action_id", validate="one_to_one")


def suggested_actions(
    place: Area, actions: pd.DataFrame, compared: pd.DataFrame, register: pd.DataFrame, report_year: int
) -> tuple[Exhibit, ...]:
    """Return the register beside the actions that the Labor Department's report of a year suggests.

    The last exhibit has shares by dimension; of a country the one before it has each action.

    Parameters
    ----------
    actions : of `suggested`. compared : those that have an indicator, of `gaps.beside_actions`.
    """
    title = f"{place.name}: gaps and the actions that the Labor Department suggested in {report_year}"
    limits = (
        f"{len(actions) - len(compared)} of {len(actions)} actions have no indicator in the framework, as those on "
        "schools and light work. Found: the register has a gap of the same indicator, which need not be the same "
        "thing: the share is an upper bound. Nothing known: the state is unknown, or a measure has none. Missed: all "
        "is in place, or does not apply."
    )
    if compared.empty:
        return (Exhibit("referral_actions", title, limits=f"No action has an indicator. {limits}"),)
    cited = tuple(dict.fromkeys([*actions["source_id"], *sources(rows_in(place, register))]))
    cautions = evidence.cautions("suggested_actions")
    shares = Exhibit("referral_actions", title, _shares_found(compared), cited, limits, cautions=cautions)
    if place.is_study:
        return (shares,)
    return (
        replace(shares, table=_each_action(compared)),
        replace(shares, name="referral_actions_found", title=f"{title}, in numbers", folded=True),
    )


def _shares_found(compared: pd.DataFrame) -> Table:
    share = pd.concat(
        [
            gaps.recall(compared.assign(dimension_id=dimension), ["dimension_id"])
            for dimension in (compared["indicators"].str[0], ALL)
        ],
        ignore_index=True,
    )
    return Table(
        share.rename(columns={gaps.FOUND: "found", gaps.OPEN_STATES: "open", gaps.MISSED: "missed"}).assign(
            found_percent=100 * share["recall"],
            open_percent=100 * share[gaps.OPEN_STATES] / share["actions"],
            missed_percent=100 * share[gaps.MISSED] / share["actions"],
            found_where_known_percent=100 * share["recall_known"],
        ),
        {
            "Dimension": "dimension_id",
            "Actions with an indicator": "actions",
            "Found": "found",
            "Found without the Labor Department's own reports": "independent",
            "Nothing known": "open",
            "Missed": "missed",
            "Found of all, %": Words(lambda percent: percent.round(0), "found_percent"),
            "Found where known, %": Words(lambda percent: percent.round(0), "found_where_known_percent"),
        },
        also=("open_percent", "missed_percent"),
    )


def _each_action(compared: pd.DataFrame) -> Table:
    return Table(
        compared.assign(indicator_ids=compared["indicators"]),
        {
            "Suggested action": "action",
            "Indicators": Words(in_a_list, "indicator_ids"),
            "In the register": "outcome",
            "Gaps": Words(in_a_list, "gap_ids"),
        },
    )


take_names(__name__)
