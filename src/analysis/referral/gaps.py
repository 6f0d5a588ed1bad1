"""The gap register: what is missing, how severe that is and by which rule, on what evidence, and who could close it.

Beside it, what changed since the first year that was coded; and which of the actions that the Labor Department's
reports suggest the register finds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import texts
from analysis.referral import states as five

TEXT = texts.of(__name__)

BETTER, WORSE, SAME, OPEN = "better", "worse", "same answer", "not decided"
# Every question is put so that "yes" is what is wanted.
ORDER = ("no", "partly", "yes")


def change(readings: pd.DataFrame, as_of: int) -> pd.DataFrame:
    """The first and the latest known answer to each question, and which of them is better.

    Only answers to one question (area, indicator, part, coded question) are compared: a rise is not a question that
    began to be asked. What changed is the answer; the level did for `certain` where the bounds do not touch.

    Parameters
    ----------
    readings : as `readings.from_answers` gives them, of all years.
    as_of : the last year that counts.

    Returns
    -------
    DataFrame, one row a question with known answers of two years or more: area_id, indicator_id, part, asked,
    first_year, first_answer, first_source, last_year, last_answer, last_source, years (number with an answer), change
    (``better``, ``worse``, ``same answer``, ``not decided``), certain (bool), turned (year of the last change of the
    answer, NA for none).
    """
    keys = ["area_id", "indicator_id", "part", "asked"]
    table = readings[(readings["year"] <= as_of) & readings["basis"].eq("coded answer")]
    words = [table[name] for name in (*keys, "year", "answer", "source_id")]
    bounds = [table[name].to_numpy(dtype=float).tolist() for name in ("low", "high")]
    said: dict[tuple, dict[int, list[tuple]]] = {}
    for *question, year, answer, source, low, high in zip(*words, *bounds, strict=True):
        said.setdefault(tuple(question), {}).setdefault(year, []).append((answer, source, low, high))
    rows = []
    for key in sorted(said):
        by_year = said[key]
        if len(by_year) < 2:
            continue
        years = sorted(by_year)
        answers = [" or ".join(dict.fromkeys(answer for answer, *_ in by_year[year])) for year in years]
        first, last = by_year[years[0]], by_year[years[-1]]
        (first_low, first_high), (last_low, last_high) = _bounds(first), _bounds(last)
        turns = [year for year, before, now in zip(years[1:], answers, answers[1:], strict=False) if now != before]
        rows.append(
            dict(zip(keys, key, strict=True))
            | {
                "first_year": years[0],
                "first_answer": answers[0],
                "first_source": _sources(first),
                "last_year": years[-1],
                "last_answer": answers[-1],
                "last_source": _sources(last),
                "years": len(years),
                "change": _verdict(answers[0], answers[-1]),
                "certain": last_low > first_high or last_high < first_low,
                "turned": turns[-1] if turns else pd.NA,
            }
        )
    columns = [*keys, "first_year", "first_answer", "first_source", "last_year", "last_answer", "last_source", "years"]
    return pd.DataFrame(rows, columns=[*columns, "change", "certain", "turned"]).astype({"turned": "Int64"})


def _sources(said: list[tuple]) -> str:
    """The sources of one year's answers to a question, each once."""
    return ";".join(dict.fromkeys(source for _, source, *_ in said))


def _bounds(said: list[tuple]) -> tuple[float, float]:
    """The least and the most that one year's answers to a question allow, of those that are bounded."""
    lows, highs = [low for *_, low, _ in said if low == low], [high for *_, high in said if high == high]
    return min(lows, default=np.nan), max(highs, default=np.nan)


def counted(changes: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return how many questions changed in which way: the columns of `by`, one for each way, and `questions`."""
    if changes.empty:
        return pd.DataFrame(columns=[*by, BETTER, WORSE, SAME, OPEN, "questions"])
    found = changes.groupby([*by, "change"]).size().unstack(fill_value=0)
    found = found.reindex(columns=[BETTER, WORSE, SAME, OPEN], fill_value=0)
    return found.assign(questions=found.sum(axis=1)).reset_index().rename_axis(columns=None)


def _verdict(first: str, last: str) -> str:
    if first == last:
        return SAME
    if first not in ORDER or last not in ORDER:
        return OPEN
    return BETTER if ORDER.index(last) > ORDER.index(first) else WORSE


HIGH, MEDIUM, LOW, NOT_RATED = "high", "medium", "low", "not rated"
SEVERITIES = (HIGH, MEDIUM, LOW, NOT_RATED)
RULES = {
    HIGH: TEXT["rules_high"],
    MEDIUM: TEXT["rules_medium"],
    LOW: TEXT["rules_low"],
    NOT_RATED: TEXT["rules_not_rated"],
}
GAP = [
    *("gap_id", "area_id", "dimension_id", "dimension", "indicator_id", "short", "kind", "missing", "severity", "rule"),
    *("evidence", "source_ids", "since", "year", "closed_by", "obligation"),
]
_KEYS = ["area_id", "indicator_id", "part", "asked"]


def gaps(
    latest: pd.DataFrame,
    readings: pd.DataFrame,
    answers: pd.DataFrame,
    framework: pd.DataFrame,
    treaties: pd.DataFrame,
    absent: float = five.ABSENT,
) -> pd.DataFrame:
    """One row a gap: what the latest reading of each question shows to be missing, and what nobody knows.

    There is a gap where the state of an indicator is *partly* or *not in place*, and nowhere else; a measure has none.

    Parameters
    ----------
    latest : as `readings.latest` gives it: of each question its latest reading, with `missing` in words.
    readings : all readings, from which it is seen since when a gap has stood without a break.
    answers : as `answers.answers` gives them; indicators whose state is unknown become gaps of data.
    framework : indicator_id, dimension_id, dimension, short, scale, top, combine, aspect, treaty, article, closed_by.
    treaties : area_id, treaty, status: obligations count where a state is ``bound``.
    absent : share of a scale (0 to 1) up to which a thing counts as absent; above it, as in place in part.

    Returns
    -------
    DataFrame: gap_id (area, indicator and number), area_id, dimension_id, dimension, indicator_id, short, kind
    (law|policy|practice|data), missing, severity (high|medium|low|not rated), rule, evidence, source_ids (";" between),
    since (first year of the unbroken run of readings that show it, NA where none is dated), year (that the latest
    speaks of), closed_by, obligation (treaty and article that bind the state, "" for none). Sorted by area, severity
    and indicator.
    """
    bound = treaties.loc[treaties["status"] == "bound", ["area_id", "treaty"]].drop_duplicates().assign(binds=True)
    keys = ["area_id", "indicator_id"]
    state = five.states(answers, framework, absent)
    short = state[state["state"].isin([five.PARTLY, five.NOT_IN_PLACE])]
    said = pd.concat([latest[latest["missing"] != ""], _without_words(short, latest, framework)], ignore_index=True)
    shown = said.merge(framework, on="indicator_id", validate="many_to_one")
    whole = answers[[*keys, "high"]].rename(columns={"high": "whole_high"})
    shown = shown.merge(short[[*keys, "state"]], on=keys).merge(whole, on=keys)
    shown = _once(shown.merge(bound, on=["area_id", "treaty"], how="left"))
    binds = shown["binds"].eq(True) & shown["obliged"].eq("yes")
    shown["severity"] = _severity(_absent(shown, absent), binds)
    shown["obligation"] = (shown["treaty"] + ", " + shown["article"]).where(binds, "")
    shown["kind"] = shown["aspect"]
    shown["evidence"] = [
        ": ".join(text for text in (asked.replace("_", " ") + (f" – {answer}" if answer else ""), note) if text)
        for asked, answer, note in shown[["asked", "answer", "note"]].itertuples(index=False)
    ]
    shown["since"] = shown[_KEYS].apply(tuple, axis=1).map(_since(readings)).astype("Int64")
    shown = shown.rename(columns={"source_id": "source_ids"})
    # A treaty that does not bind has no year since when, and what a release lacks is dated by the release.
    shown["since"] = shown["since"].mask(shown["asked"].isin(["treaties", "UNODC", "ECOWAS"]))
    table = pd.concat([shown, _unknown(state, framework)], ignore_index=True)
    table["rule"] = table["severity"].map(RULES)
    order = table["severity"].map(SEVERITIES.index)
    table = table.assign(order=order).sort_values(["area_id", "order", "indicator_id", "missing"], kind="stable")
    number = (table.groupby(["area_id", "indicator_id"]).cumcount() + 1).astype(str)
    table["gap_id"] = table["area_id"] + "-" + table["indicator_id"] + "-" + number
    return table.astype({"since": "Int64", "year": "Int64"})[GAP].reset_index(drop=True)


def _without_words(short: pd.DataFrame, latest: pd.DataFrame, framework: pd.DataFrame) -> pd.DataFrame:
    """Readings of indicators that fall short by several answers together, of which none says what is missing."""
    keys = ["area_id", "indicator_id"]
    told = pd.MultiIndex.from_frame(latest.loc[latest["missing"] != "", keys])
    table = short[~pd.MultiIndex.from_frame(short[keys]).isin(told)]
    missing = TEXT["falls_short"] + table["indicator_id"].map(framework.set_index("indicator_id")["short"])
    return table.rename(columns={"last": "year", "source_ids": "source_id"}).assign(
        part="", low=np.nan, high=np.nan, answer="", asked="answers", missing=missing, obliged="yes"
    )[[*_KEYS, "year", "low", "high", "answer", "missing", "source_id", "note", "obliged"]]


def _once(shown: pd.DataFrame) -> pd.DataFrame:
    """One row a part that is counted, whatever number of questions shows it to be missing, with the sources of all.

    The table of treaties is heard first: it tells what is signed from what is not.
    """
    keys = ["area_id", "indicator_id", "part"]
    counted = shown["combine"].eq("sum") & shown["part"].ne("")
    if not counted.any():
        return shown.reset_index(drop=True)
    parts = shown[counted].assign(later=shown["asked"].ne("treaties")).sort_values("later", kind="stable")
    every = parts.groupby(keys)["source_id"].transform(lambda ids: ";".join(dict.fromkeys(ids)))
    once = parts.assign(source_id=every).drop_duplicates(keys).drop(columns="later")
    return pd.concat([shown[~counted], once], ignore_index=True)


def _absent(shown: pd.DataFrame, most: float) -> pd.Series:
    """True if what is missing is missing altogether, or drafted at most: this share of the scale or less.

    That an indicator as a whole is not in place comes first: a part that is absent leaves the rest in place in part.
    One of several parts that are counted is judged by the indicator as a whole, of which the others are parts too.
    """
    counted_part = shown["combine"].eq("sum") & shown["part"].ne("")
    high = shown["high"].mask(counted_part | shown["high"].isna(), shown["whole_high"])
    return shown["state"].eq(five.NOT_IN_PLACE) & (high / shown["top"] <= most + 1e-9)


def _severity(absent: pd.Series, binds: pd.Series) -> np.ndarray:
    return np.select([absent & binds, absent | binds], [HIGH, MEDIUM], LOW)


def _since(readings: pd.DataFrame) -> dict[tuple, int]:
    """First year of the run of readings, up to the last, each of which shows something to be missing."""
    years = readings.assign(gap=readings["missing"].ne("")).groupby([*_KEYS, "year"], as_index=False)["gap"].max()
    closed = years[~years["gap"]].groupby(_KEYS)["year"].max().rename("closed")
    years = years[years["gap"]].join(closed, on=_KEYS)
    run = years[~(years["year"] <= years["closed"])]
    return run.groupby(_KEYS)["year"].min().to_dict()


def _unknown(state: pd.DataFrame, framework: pd.DataFrame) -> pd.DataFrame:
    """Indicators whose state is unknown, as gaps of data."""
    table = state[state["state"].eq(five.UNKNOWN)].merge(
        framework[["indicator_id", "dimension_id", "dimension", "short", "closed_by"]], on="indicator_id"
    )
    read = table["unknown_because"].eq(five.SILENT)
    table["missing"] = np.where(read, TEXT["what_is_known_does_not"], TEXT["no_public_evidence"]) + table["short"]
    return table.rename(columns={"last": "year"}).assign(
        kind="data",
        severity=NOT_RATED,
        evidence=table["note"],
        since=pd.NA,
        obligation="",
        closed_by="national coordinator",
    )


FOUND, OPEN_STATES, MISSED = "found", "nothing known", "missed"


def beside_actions(
    actions: pd.DataFrame, register: pd.DataFrame, states: pd.DataFrame, own: str = "DOL"
) -> pd.DataFrame:
    """Suggested actions that an indicator exists for, and whether the register has a gap of that indicator.

    An indicator in the wording of the reports (A7b, C2b) answers beside the one that it stands next to (A7, C2).

    Parameters
    ----------
    actions : area_id, action_id, report_year, action, indicators (";" between; "none" for no indicator).
    register : as `gaps.gaps` gives it. states : as `states.states` gives them.
    own : how the ids of the publisher's own reports begin: a gap that rests on them alone is no independent finding.

    Returns
    -------
    DataFrame, one row an action with an indicator: the columns of `actions`, outcome (``found``: a gap of one of its
    indicators is in the register; ``nothing known``: none is, and the state of one is unknown or there is none;
    ``missed``: all of them are in place, or do not apply), gap_ids (";" between), independent (bool: found by evidence
    of others too).
    """
    rated = register[register["severity"] != NOT_RATED]
    held = {key: group for key, group in rated.groupby(["area_id", "indicator_id"])}
    state = states.set_index(["area_id", "indicator_id"])["state"].to_dict()
    rows = []
    for action in actions[actions["indicators"] != "none"].to_dict("records"):
        pairs = [[(action["area_id"], each) for each in (name, f"{name}b")] for name in action["indicators"].split(";")]
        found = [held[key] for pair in pairs for key in pair if key in held]
        gaps = pd.concat(found) if found else rated.iloc[:0]
        sources = [source for ids in gaps["source_ids"] for source in ids.split(";")]
        # A measure alone has no state: nothing is known of it here.
        known = [{state[key] for key in pair if key in state} or {five.UNKNOWN} for pair in pairs]
        unknown = any(five.UNKNOWN in each for each in known)
        rows.append(
            action
            | {
                "outcome": FOUND if found else OPEN_STATES if unknown else MISSED,
                "gap_ids": ";".join(gaps["gap_id"]),
                "independent": any(not source.startswith(own) for source in sources),
            }
        )
    return pd.DataFrame(rows, columns=[*actions.columns, "outcome", "gap_ids", "independent"])


def recall(beside: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Share of actions whose gap the register has.

    Returns
    -------
    DataFrame: the columns of `by`, found, nothing known, missed, actions, independent (numbers of actions; found by
    evidence of others), recall (found of all), recall_known (found of those whose indicators are known).
    """
    counts = (
        beside.groupby([*by, "outcome"])
        .size()
        .unstack(fill_value=0)
        .reindex(columns=[FOUND, OPEN_STATES, MISSED], fill_value=0)
    )
    table = counts.assign(actions=counts.sum(axis=1), independent=beside.groupby(by)["independent"].sum())
    table["recall"] = table[FOUND] / table["actions"]
    settled = table[FOUND] + table[MISSED]
    table["recall_known"] = (table[FOUND] / settled).where(settled > 0)
    return table.reset_index().rename_axis(columns=None)
