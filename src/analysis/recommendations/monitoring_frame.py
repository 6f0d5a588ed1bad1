"""The monitoring frame: indicator, baseline, target and next reading of each recommendation and action of a place.

All of it follows from the findings: the indicator is what the advice rests on, the baseline its value today, the
target what `targets` says, and the next reading that of who published the baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis import bibliography
from analysis.catalog import strictest
from analysis.findings.finding import KNOWN
from analysis.findings.measures import area_name, period_words, value_words
from analysis.monitoring import BEYOND, NO_UNCERTAINTY, NOT_COMPARABLE
from analysis.recommendations import evaluation
from analysis.recommendations.conditions import (
    MET,
    NOT_KNOWN,
    NOT_MET,
    Compared,
    Condition,
    InAreas,
    Leaf,
    Row,
    areas_of,
    findings_of,
    kind_of,
    leaves,
    of_row,
)
from analysis.recommendations.gap_actions import GapAction
from analysis.recommendations.targets import by_item, indicator, phrases, places, state, target, target_words
from analysis.recommendations.texts import Recommendation, Texts

# Name of its file, among what can be downloaded.
FILE = "monitoring_frame"
RECOMMENDATION, ACTION = "recommendation", "action"
# Names of who publishes the next reading; more would fill a cell.
_MAKERS = 2
COLUMNS = (
    *("row_id", "type", "study", "area_ids", "what", "indicator", "finding_ids", "baseline", "period", "status"),
    *("value", "low", "high", "unit", "areas_met", "areas_not_met", "areas_unknown"),
    *("target", "target_state", "next_reading", "by", "kind"),
)
NEARER, FARTHER, UNCHANGED, UNKNOWN = "nearer", "farther", "unchanged", "unknown"
# What has become of a target since a baseline, in the order in which it is counted.
MOVES = (MET, NEARER, FARTHER, UNCHANGED, NOT_COMPARABLE, UNKNOWN)


@dataclass(frozen=True)
class FrameRow:
    """A row of the monitoring frame.

    Parameters
    ----------
    asked : findings that the advice rests on, or the gap that an action closes, by id, in the order of its condition.
    evidence : the condition that it rests on; of an action none.
    condition : its target; None where no finding shows it.
    """

    row_id: str
    type: str
    study: str
    area_ids: tuple[str, ...]
    asked: Mapping[str, Row]
    evidence: Condition | None
    condition: Condition | None
    advice: Recommendation | GapAction

    def what(self, language: str = "en") -> str:
        """Return what is to be done, as a noun phrase; of an action the gap that it closes."""
        if isinstance(self.advice, Recommendation):
            return self.advice.action.get(language, self.advice.action["en"])
        return _listed([area_name(self.advice.area_id, language), self.indicator(language)], language, "colon")

    def indicator(self, language: str = "en") -> str:
        """Return what its findings are of, each once."""
        return _listed(dict.fromkeys(indicator(row, language) for row in self.asked.values()), language)

    @property
    def known(self) -> list[Row]:
        """The findings that are known."""
        return [row for row in self.asked.values() if row["status"] == KNOWN]

    @property
    def period(self) -> str:
        """The period of the baseline: that of one finding, or the years from the first to the last of several."""
        periods = list(dict.fromkeys(str(row["period"]) for row in self.known if row["period"]))
        if len(periods) < 2:
            return "".join(periods)
        first, last = min(each[:4] for each in periods), max(each.rpartition("/")[2][:4] for each in periods)
        return first if first == last else f"{first}/{last}"

    @property
    def states(self) -> dict[str, str]:
        """The state of the target by area; of what has none the state of the condition that the advice rests on."""
        condition = self.condition or self.evidence
        return {} if condition is None else places(condition, self.asked)

    @property
    def target_state(self) -> str:
        """Return whether the target is reached: met, not met, not known, or `targets.NO_FINDING`."""
        return state(self.condition, self.asked)

    def baseline(self, language: str = "en", named: bool = True) -> str:
        """The baseline in words, without its period: in how many areas the target is met, else the values.

        Parameters
        ----------
        named : whether values of several indicators are named by them; without, they stand in their order.
        """
        said = phrases()["words"]
        if not self.known:
            return said["unknown"][language]
        if len(self.states) > 1:
            there = list(self.states.values())
            met, open_ = there.count(MET), there.count(NOT_KNOWN)
            text = said["met_in" if self.condition else "shown_in"][language].format(met=met, n=len(there))
            return text + (said["and_unknown"][language].format(open=open_) if open_ else "")
        return _listed(self._values(language, named), language)

    def _values(self, language: str, named: bool) -> Iterator[str]:
        rows = list(self.asked.values())
        of_areas = len({row["area_id"] for row in rows}) > 1
        of_several = named and len({indicator(row, language) for row in rows}) > 1
        for row in rows:
            names = [area_name(str(row["area_id"]), language)] * of_areas + [indicator(row, language)] * of_several
            value = value_words(row, language) if row["status"] == KNOWN else phrases()["words"]["unknown"][language]
            yield _listed([", ".join(names), value] if names else [value], language, "colon")

    def target(self, language: str = "en", named: bool = True) -> str:
        """The target in words; where no finding shows it, that the action is done. `named` as in `target_words`."""
        if isinstance(self.advice, GapAction) and language in self.advice.target:
            return self.advice.target[language]
        if self.condition is None:
            return phrases()["words"]["done"][language].format(action=self.what(language))
        return target_words(self.condition, self.asked, language, named)

    def readings(self, language: str = "en", named: Callable[[str], str] = str) -> tuple[list[str], list[str]]:
        """Return where the next reading comes from; and from where that of what is unknown today, beside what is known.

        Parameters
        ----------
        named : the name of a maker of figures in the language.
        """
        said = phrases()
        if isinstance(self.advice, GapAction) and language in self.advice.next_reading:
            return [self.advice.next_reading[language]], []
        found = [] if self.condition else [said["words"]["by_body"][language]]
        makers = [_maker_words(maker, language, named) for maker in bibliography.makers(self._sources(self.known))]
        regular = list(dict.fromkeys(words for is_regular, words in makers if is_regular))[:_MAKERS]
        # A figure of an authority is followed by another of it; what a page of news said need not be.
        counted = any(str(row["measure"]).startswith("official_") for row in self.known)
        others = [words for _, words in makers][:_MAKERS] if counted and self.condition else []
        found += regular or others or ([] if found else self._otherwise(self.known, language))
        fresh = [each for each in self._otherwise(self._open, language) if each not in found]
        return (found, fresh) if self.known else ([*found, *fresh], [])

    @property
    def _open(self) -> list[Row]:
        return [row for row in self.asked.values() if row["status"] != KNOWN]

    @staticmethod
    def _sources(of: Sequence[Row]) -> list[str]:
        return [each for row in of for each in str(row["source_ids"]).split(";") if each]

    @staticmethod
    def _otherwise(of: Sequence[Row], language: str) -> list[str]:
        """Return what would give the next reading of findings whose source does not publish again."""
        other = phrases()["otherwise"]["other"]
        return list(dict.fromkeys((by_item("otherwise", row) or other)[language] for row in of))

    def next_reading(self, language: str = "en", named: Callable[[str], str] = str, dated: bool = True) -> str:
        """The next reading in words: who publishes it, and of which period it is."""
        found, unknown = self.readings(language, named)
        where = phrases()["words"]["where_unknown"][language]
        after = self.after(language) if dated else []
        return _listed([*found, *(where.format(reading=each) for each in unknown), *after], language)

    def after(self, language: str = "en") -> list[str]:
        """The period after which the next reading is, in words; none where the baseline has none."""
        end = self.period.rpartition("/")[2]
        return [phrases()["words"]["after"][language].format(period=period_words(end, language))] if end else []

    @property
    def by(self) -> str:
        """The day or the time frame by which it is to be done."""
        return self.advice.by if isinstance(self.advice, GapAction) else self.advice.time_frame


def _listed(said: Iterable[str], language: str, sign: str = "semicolon") -> str:
    return phrases()["words"][sign][language].join(said)


def _maker_words(maker: str, language: str, named: Callable[[str], str]) -> tuple[bool, str]:
    """True where it is known how often the maker of a figure publishes; and its next reading in words."""
    said = phrases()
    for begins, by_language in said["makers"].items():
        if maker.startswith(begins):
            return True, by_language[language]
    return False, said["other_maker"][language].format(maker=named(maker.split(" (")[0]))


def rows(texts: Texts, table: pd.DataFrame) -> list[FrameRow]:
    """Every recommendation and every action of the pledge, in the order of their files.

    Parameters
    ----------
    table : of findings.

    Raises
    ------
    UnknownFinding, ConditionError : a condition or a target rests on what does not exist, or could never fail.
    """
    conditions = [each.rests_on for each in texts.recommendations]
    targets = [each.met_by for each in texts.recommendations if each.met_by is not None]
    targets += [each.met_by for each in texts.gap_actions]
    evaluation.rows_of_each([*conditions, *targets], table)
    return _rows(texts, table)


def _rows(texts: Texts, table: pd.DataFrame) -> list[FrameRow]:
    """The same where findings may be missing, as in a baseline of earlier days."""
    ids = _asked_of(texts)
    there = table[table["finding_id"].isin({finding for each in ids.values() for finding in each})]
    by_id: dict[str, Row] = {str(row["finding_id"]): row for row in there.to_dict("records")}
    found = []
    for each in texts.recommendations:
        asked = {finding: by_id[finding] for finding in ids[each.recommendation_id] if finding in by_id}
        own = each.areas or areas_of(each.rests_on) or (each.study,)
        found.append(
            FrameRow(
                each.recommendation_id, RECOMMENDATION, each.study, own, asked, each.rests_on, target(each, asked), each
            )
        )
    for action in texts.gap_actions:
        asked = {finding: by_id[finding] for finding in ids[action.action_id] if finding in by_id}
        study = str(by_id[action.gap]["study"]) if action.gap in by_id else ""
        found.append(FrameRow(action.action_id, ACTION, study, (action.area_id,), asked, None, action.met_by, action))
    return found


def _asked_of(texts: Texts) -> dict[str, list[str]]:
    """The findings of each row by its id: those of its condition, then those of its target alone."""
    found = {}
    for each in texts.recommendations:
        conditions = [each.rests_on, *([each.met_by] if each.met_by else [])]
        found[each.recommendation_id] = _findings(conditions)
    return found | {
        each.action_id: list(dict.fromkeys([each.gap, *_findings([each.met_by])])) for each in texts.gap_actions
    }


def _findings(conditions: Sequence[Condition]) -> list[str]:
    return list(dict.fromkeys(i for each in conditions for leaf in leaves(each) for i in findings_of(leaf)))


def as_table(frame: Sequence[FrameRow]) -> pd.DataFrame:
    """The monitoring frame as a table in English, with the columns COLUMNS, one row a recommendation or action.

    Value, low, high and unit are those of the finding of a row that rests on one alone; the numbers of areas are of
    rows whose target is asked area by area.
    """
    found = pd.DataFrame([_cells(each) for each in frame], columns=list(COLUMNS))
    counts = ["areas_met", "areas_not_met", "areas_unknown"]
    return found.astype({"value": "float64", "low": "float64", "high": "float64"} | dict.fromkeys(counts, "Int64"))


def _cells(each: FrameRow) -> dict[str, object]:
    only = next(iter(each.asked.values())) if len(each.asked) == 1 else {}
    there = list(each.states.values()) if each.condition is not None and len(each.states) > 1 else None
    counts = {"areas_met": MET, "areas_not_met": NOT_MET, "areas_unknown": NOT_KNOWN}
    return {
        "row_id": each.row_id,
        "type": each.type,
        "study": each.study,
        "area_ids": ";".join(each.area_ids),
        "what": each.what(),
        "indicator": each.indicator(),
        "finding_ids": ";".join(each.asked),
        "baseline": each.baseline(),
        "period": each.period,
        "status": KNOWN if each.known else UNKNOWN,
        **{name: only.get(name) for name in ("value", "low", "high")},
        "unit": only.get("unit", ""),
        **{name: None if there is None else there.count(state) for name, state in counts.items()},
        "target": each.target(),
        "target_state": each.target_state,
        "next_reading": each.next_reading(),
        "by": each.by,
        "kind": strictest([str(row["kind"]) for row in each.asked.values()]),
    }


def since(texts: Texts, then: pd.DataFrame, now: pd.DataFrame, changed: pd.DataFrame) -> pd.DataFrame:
    """The monitoring frame with the baseline as it was frozen, the value now, and what has become of each target.

    A target that is met today is met. Else it is nearer or farther by the findings that it asks for: what cannot be
    compared is not, and what changed within its uncertainty did not change.

    Parameters
    ----------
    then, now : tables of findings. changed : of the two, as `analysis.monitoring.changes` returns it.

    Returns
    -------
    DataFrame, one row a recommendation or action: row_id, type, study, what, indicator, baseline, baseline_period,
    now, now_period, target, move (one of MOVES), findings_nearer, findings_farther, findings_not_comparable, kind.

    Raises
    ------
    UnknownFinding, ConditionError : a condition or a target rests on what does not exist, or could never fail.
    """
    asked = {finding for ids in _asked_of(texts).values() for finding in ids}
    of_asked = changed[changed["finding_id"].isin(asked)].to_dict("records")
    compared: dict[str, Row] = {str(row["finding_id"]): row for row in of_asked}
    found = []
    for was, each in zip(_rows(texts, then), rows(texts, now), strict=True):
        moves, cells = _moves(each, was.asked, compared), _cells(each)
        said = {name: cells[name] for name in ("row_id", "type", "study", "what", "indicator")}
        said |= {"baseline": was.baseline(), "baseline_period": was.period}
        said |= {"now": cells["baseline"], "now_period": cells["period"], "target": cells["target"]}
        said |= {"move": _move(each, moves)}
        counted = (NEARER, FARTHER, NOT_COMPARABLE)
        said |= {f"findings_{name.replace(' ', '_')}": moves.count(name) for name in counted}
        found.append(said | {"kind": cells["kind"]})
    return pd.DataFrame(found)


def _move(each: FrameRow, moves: Sequence[str]) -> str:
    """Return what has become of a target, from the moves of its findings: the greater number decides."""
    if each.condition is None:
        return UNKNOWN
    if each.target_state == MET:
        return MET
    nearer, farther = moves.count(NEARER), moves.count(FARTHER)
    if nearer != farther:
        return NEARER if nearer > farther else FARTHER
    if nearer:
        return UNCHANGED
    there = set(moves) - {UNKNOWN}
    return UNKNOWN if not there else NOT_COMPARABLE if there == {NOT_COMPARABLE} else UNCHANGED


def _moves(each: FrameRow, before: Mapping[str, Row], compared: Mapping[str, Row]) -> list[str]:
    """The move of each finding that a target asks for: nearer, farther, unchanged, not comparable or unknown."""
    return [
        _moved(leaf, before[finding], each.asked[finding], compared[finding])
        for leaf in (leaves(each.condition) if each.condition is not None else ())
        for finding in findings_of(leaf)
        if finding in before and finding in each.asked
    ]


def _moved(leaf: Leaf, then: Row, now: Row, change: Row) -> str:
    if change["change"] == NOT_COMPARABLE:
        return NOT_COMPARABLE
    if kind_of(leaf) is not None:
        was, is_now = of_row(leaf, then), of_row(leaf, now)
        return UNCHANGED if was == is_now else NEARER if is_now == MET else FARTHER
    assert isinstance(leaf, Compared | InAreas)
    # Of two findings the distance has no limits.
    if isinstance(leaf.against, str) or KNOWN not in (then["status"], now["status"]) or then["status"] != now["status"]:
        return UNKNOWN
    reached = of_row(leaf, then) == of_row(leaf, now) == MET
    if reached or change["change"] not in (BEYOND, NO_UNCERTAINTY):
        return UNCHANGED
    less = float(str(change["difference_high"])) < 0
    return NEARER if less == (leaf.operator in ("at_most", "below")) else FARTHER
