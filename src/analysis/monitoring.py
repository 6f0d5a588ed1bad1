"""Monitoring: findings frozen under a name, and what changed since, with what such a change can mean.

A baseline is the table of findings as it stood on a day, never overwritten. Of each finding of two tables it is told
whether it changed, by how much, and what that can mean; of two estimates that have limits of their own, the limits of
their difference and of their ratio.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import math
import platform
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pandas as pd
import yaml

from analysis import texts
from analysis.findings.finding import (
    ADDED,
    BOUNDS,
    COLUMNS,
    CONFIDENCE,
    EXACT,
    FIGURE,
    GRADED,
    KNOWN,
    NUMBERS,
    FindingError,
    as_table,
)
from analysis.findings.measures import LEVEL, MEASURES, value_words
from analysis.spreadsheets import csv_bytes, unguarded
from bounded.intervals import percent, poisson_interval
from bounded.refusal import Refusal, require_columns

TEXT = texts.of(__name__)

DESCRIPTION = "baseline.yml"
_NAME = re.compile(r"[a-z0-9_-]+")

# What a measure meant, in English: unit, title, the words of its items that were used, and of its levels.
Definition = Mapping[str, object]


class BaselineError(Refusal):
    """A baseline cannot be made or read; the message says why, and what would help."""


@dataclass(frozen=True)
class Baseline:
    """Findings as they stood.

    Parameters
    ----------
    name : what it is called. day : when it was frozen.
    table : its findings, with the columns of `analysis.findings.finding.COLUMNS`.
    definitions : what each of their measures meant then.
    version, python : of this package and of Python, by which they were made.
    """

    name: str
    day: datetime.date
    table: pd.DataFrame
    definitions: Mapping[str, Definition]
    version: str = ""
    python: str = ""


def freeze(table: pd.DataFrame, name: str, day: datetime.date) -> dict[str, bytes]:
    """The files of a baseline.

    Parameters
    ----------
    table : all findings. name : small letters, digits, hyphens and underscores. day : of today; it is written down.

    Returns
    -------
    File name -> content: the findings as CSV, whose name says SYNTHETIC if any of them is, and ``baseline.yml``.

    Raises
    ------
    BaselineError : the name has other characters, or there are no findings.
    """
    if not _NAME.fullmatch(name):
        raise BaselineError(
            "invalid_id",
            f"'{name}' cannot be a baseline's name: use small letters, digits, hyphens and underscores, as first_2026.",
        )
    if table.empty:
        raise BaselineError("no_findings", f"There are no findings to freeze as '{name}': run the notebooks first.")
    table = as_table(table[list(COLUMNS)].to_dict("records"))
    kinds = {str(kind): int(count) for kind, count in table["kind"].value_counts().sort_index().items()}
    file = "findings_SYNTHETIC.csv" if "synthetic" in kinds else "findings.csv"
    content = csv_bytes(table)
    said = {
        "name": name,
        "day": day.isoformat(),
        "findings": len(table),
        "kinds": kinds,
        "file": file,
        "sha256": hashlib.sha256(content).hexdigest(),
        "package": metadata.version("analysis"),
        "python": platform.python_version(),
        "measures": definitions(table),
    }
    return {file: content, DESCRIPTION: yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=120).encode()}


def keep(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a baseline's files into a new folder: all of them, or none.

    Raises BaselineError if the folder is there already: a baseline is never overwritten.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".baseline-", dir=folder.parent))
    try:
        for file, content in files.items():
            (made / file).write_bytes(content)
        made.chmod(0o755)
        if folder.exists():
            raise BaselineError(
                "already_exists",
                f"The baseline '{folder.name}' is there already, and a baseline is never overwritten: "
                "choose another name.",
            )
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def read(folder: Path) -> Baseline:
    """A baseline as it was frozen.

    Raises
    ------
    BaselineError : there is none, a file is missing or was changed since, or its description does not fit it.
    """
    said = _description(folder)
    name, file = str(said["name"]), str(said["file"])
    if name != folder.name:
        raise BaselineError(
            "baseline_renamed",
            f"The baseline in the folder '{folder.name}' is called '{name}': a folder is not renamed or copied.",
        )
    path = folder / file
    if Path(file).name != file or not path.is_file():
        raise BaselineError(
            "missing_file",
            f"The baseline '{name}' lacks its findings, {file}: take the whole folder from a copy of the project.",
        )
    content = path.read_bytes()
    if (found := hashlib.sha256(content).hexdigest()) != said["sha256"]:
        raise BaselineError(
            "digest_changed",
            f"{file} of the baseline '{name}' is not what was frozen: its sha256 begins with {found[:12]}, not with "
            f"{str(said['sha256'])[:12]}. Take it from a copy of the project; a baseline is not corrected.",
        )
    table = from_csv(content)
    if len(table) != said["findings"]:
        raise BaselineError(
            "finding_count_differs",
            f"The baseline '{name}' has {len(table)} findings, and its description {said['findings']}.",
        )
    return Baseline(
        name=name,
        day=datetime.date.fromisoformat(str(said["day"])),
        table=table,
        definitions=said["measures"],
        version=str(said["package"]),
        python=str(said["python"]),
    )


def _description(folder: Path) -> dict:
    path = folder / DESCRIPTION
    if not path.is_file():
        others = sorted(found.parent.name for found in folder.parent.glob(f"*/{DESCRIPTION}"))
        raise BaselineError(
            "unknown_baseline",
            f"There is no baseline '{folder.name}'"
            + (f"; there are {', '.join(others)}." if others else ", nor any other: freeze one first."),
        )
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise BaselineError(
            "unreadable_file", f"{DESCRIPTION} of the baseline '{folder.name}' cannot be read: {fault}"
        ) from fault
    needed = ("name", "day", "findings", "kinds", "file", "sha256", "package", "python", "measures")
    missing = [key for key in needed if not isinstance(said, dict) or key not in said]
    if missing:
        raise BaselineError(
            "missing_field", f"{DESCRIPTION} of the baseline '{folder.name}' does not say {', '.join(missing)}."
        )
    return said


def from_csv(content: bytes) -> pd.DataFrame:
    """The table of findings from its CSV: the same values and types that `freeze` was given.

    Raises BaselineError if it has other columns, or a finding twice.
    """
    # Not by pandas: it takes a carriage return within a text for an end of the line.
    rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    # Baselines of earlier versions have another name of this column.
    head = ["release_class" if name == "gate" else name for name in next(rows, [])]
    # Those of earlier versions have no grades, or none of the columns that were added.
    if head not in [[name for name in COLUMNS if name not in left_out] for left_out in ((), GRADED, ADDED)]:
        raise BaselineError(
            "wrong_columns", f"The findings of a baseline have the columns {', '.join(COLUMNS)}; this has others."
        )
    read: list[dict[str, object]] = []
    for cells in rows:
        row: dict[str, object] = dict(zip(head, map(unguarded, cells), strict=True))
        row |= {name: float(str(row[name])) if row.get(name) else None for name in NUMBERS}
        read.append(row | {"n": int(str(row["n"])) if row["n"] else None})
    try:
        return as_table(read)
    except FindingError as fault:
        raise BaselineError(
            "contradictory_findings", f"The findings of a baseline contradict themselves: {fault}"
        ) from fault


def definitions(table: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Return what each measure of some findings means today, as plain values."""
    items = table.groupby("measure")["item"].unique()
    return {str(name): _defined(str(name), sorted(used)) for name, used in items.sort_index().items()}


def _defined(name: str, items: list[str]) -> dict[str, object]:
    measure = MEASURES[name]
    return {
        "unit": measure.unit,
        "title": measure.title_words("en"),
        **({"items": {item: measure.item_words(item, "en") for item in items if item}} if any(items) else {}),
        **({"levels": {level: words["en"] for level, words in measure.levels.items()}} if measure.levels else {}),
    }


@dataclass(frozen=True)
class Limits:
    """A value with its limits, in any unit; `high` may be infinite."""

    value: float
    low: float
    high: float


def of_count(count: float, confidence: float = LEVEL) -> Limits:
    """A count of events with its exact Poisson limits (Garwood, 1936). Raises ValueError if it is no whole number."""
    low, high = poisson_interval(count, confidence)
    return Limits(count, float(low), float(high))


def difference(then: Limits, now: Limits) -> tuple[float, float]:
    """Limits of `now` less `then`, by the method of variance estimates recovery (MOVER).

    The distance of each limit from its value stands for the error on that side; the two are added as squares, which
    holds if the estimates are independent. Positively correlated ones get limits that are too wide, negatively
    correlated ones limits that are too narrow.

    Returns
    -------
    low, high, in the unit of the values; infinite where a limit that enters is.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: comparison of
    eleven methods. Statistics in Medicine 17, 873-890 (method 10).
    Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect measures: a general approach.
    Statistics in Medicine 27, 1693-1702.
    """
    change = now.value - then.value
    if not math.isfinite(change):
        return -math.inf, math.inf
    return (
        change - math.hypot(now.value - now.low, then.high - then.value),
        change + math.hypot(now.high - now.value, then.value - then.low),
    )


def ratio(then: Limits, now: Limits) -> tuple[float, float] | None:
    """Limits of `now` divided by `then`: those of the difference of their logarithms; None unless all are above 0."""
    if min(then.low, now.low, then.value, now.value) <= 0:
        return None
    logarithms = (Limits(*(math.log(number) for number in (each.value, each.low, each.high))) for each in (then, now))
    # A ratio too large for a float is infinite.
    low, high = (math.exp(end) if end < 700 else math.inf for end in difference(*logarithms))
    return low, high


NEW, GONE, UNCHANGED = "new", "gone", "unchanged"
NEWLY_KNOWN, NO_LONGER_KNOWN = "newly known", "no longer known"
WITHIN, BEYOND = "changed within uncertainty", "changed beyond uncertainty"
NO_UNCERTAINTY = "changed (exact figure: no uncertainty is known)"
NOT_COMPARABLE = "not comparable"
# In the order in which they are counted and listed.
KINDS_OF_CHANGE = (
    *(BEYOND, NO_UNCERTAINTY, WITHIN, UNCHANGED, NEWLY_KNOWN, NO_LONGER_KNOWN, NEW, GONE, NOT_COMPARABLE),
)
# What decided where it was not limits of both, which the rule names with their level: bounds, which have none.
BY_BOUNDS = "bounds"
_ONE_IN = {20: "twenty", 10: "ten", 100: "a hundred"}
# Units that count events or persons: an exact count of them has Poisson limits.
COUNTS = ("persons", "children", "mentions", "reports", "events")
OPENED, CLOSED, GRAVER, LESS_GRAVE = "gap opened", "gap closed", "graver", "less grave"
GAP = "gap"
_SIDES = ("kind", "period", "status", "value", "low", "high", "interval")
CHANGES = (
    *("finding_id", "study", "area_id", "analysis", "measure", "item", "unit"),
    *(f"{name}_{when}" for name in _SIDES for when in ("then", "now")),
    *("difference", "difference_low", "difference_high", "ratio", "ratio_low", "ratio_high"),
    *("change", "direction", "revision", "rule", "why"),
)
_NUMBERS = tuple(name for name in CHANGES if name.startswith(("value", "low", "high", "difference", "ratio")))
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_SENTENCE = re.compile(r"(?<=\.) (?=[A-Z])")
_NOT_INDEPENDENT = TEXT["not_independent"]


def changes(then: pd.DataFrame, now: pd.DataFrame, meant: Mapping[str, Definition] | None = None) -> pd.DataFrame:
    """Each finding of either table: both values, their difference, and of which kind the change is.

    Parameters
    ----------
    then, now : tables of findings. meant : what the measures of `then` meant, as `Baseline.definitions` says it: one
        that meant something else is not comparable; None takes them to mean what they mean today.

    Returns
    -------
    DataFrame with the columns CHANGES, one row a finding_id, sorted by it: difference (now less then, in the unit) and
    its limits, for counts and ratios the ratio (now by then) and its limits, change (one of KINDS_OF_CHANGE), direction
    (of what changed beyond uncertainty or has none known, in words), revision (whether a figure of one period was
    changed), rule ("95 % limits", BY_BOUNDS or none), why. Limits are those of one level where both values have such,
    else the least and the most that the bounds allow; a count has Poisson limits at the level of the other value.

    Raises
    ------
    FindingError : a table lacks a column, or states a finding twice.

    References
    ----------
    MOVER (Newcombe, 1998; Zou and Donner, 2008), see `difference`. Garwood (1936), see `bounded.intervals`.
    """
    before, after = _by_id(then, "earlier"), _by_id(now, "later")
    other = _other_meanings(now, meant or {})
    rows = [_row(before.get(name), after.get(name), other) for name in sorted({*before, *after})]
    table = pd.DataFrame(rows, columns=list(CHANGES))
    table[list(_NUMBERS)] = table[list(_NUMBERS)].astype("float64")
    return table.astype({"revision": bool})


def _by_id(table: pd.DataFrame, which: str) -> dict[str, dict]:
    require_columns(table, COLUMNS, f"{which} findings", error=FindingError)
    twice = table.loc[table["finding_id"].duplicated(), "finding_id"]
    if len(twice):
        raise FindingError(
            "duplicate_key", f"{twice.iloc[0]} is stated twice in the {which} table: an id stands for one finding."
        )
    return {str(row["finding_id"]): row for row in table.to_dict("records")}


def _row(then: dict | None, now: dict | None, other_meanings: Mapping[tuple[str, str], str]) -> dict[str, object]:
    one = now if now is not None else then
    assert one is not None
    row: dict[str, object] = {name: one[name] for name in CHANGES[:7]}
    for when, side in (("then", then), ("now", now)):
        row |= {f"{name}_{when}": side[name] if side is not None else _NOTHING[name] for name in _SIDES}
    row |= {"direction": "", "revision": False, "rule": "", "why": ""}
    if then is None or now is None:
        return row | {"change": NEW if then is None else GONE, "why": _only_one(one, then is None)}
    return row | _change(then, now, other_meanings)


_NOTHING: dict[str, object] = {**dict.fromkeys(_SIDES, ""), **dict.fromkeys(("value", "low", "high"), math.nan)}


def _only_one(one: dict, new: bool) -> str:
    said = f"Now {value_words(one)}." if new else f"Then {value_words(one)}."
    return TEXT["that_is_no_change"].format(not_stated="Not stated then" if new else "No longer stated", said=said)


def _change(then: dict, now: dict, other_meanings: Mapping[tuple[str, str], str]) -> dict[str, object]:
    why_not = _why_not(then, now, other_meanings)
    if why_not:
        return {"change": NOT_COMPARABLE, "why": why_not}
    known = (then["status"] == KNOWN, now["status"] == KNOWN)
    if known == (False, False):
        same = then["status"] == now["status"]
        said = "" if same and then["why"] == now["why"] else f"Then {_unknown(then)}; now {_unknown(now)}."
        return {"change": UNCHANGED, "why": TEXT["still_not_known"].format(said=said).strip()}
    if known != (True, True):
        said = f"Then {_value_in_words(then)}; now {_value_in_words(now)}."
        what = TEXT["change_title"]
        return {"change": NEWLY_KNOWN if known[1] else NO_LONGER_KNOWN, "why": f"{said} {what}"}
    return _values(then, now)


def _why_not(then: dict, now: dict, other_meanings: Mapping[tuple[str, str], str]) -> str:
    """The reason why two findings of one id cannot be compared; empty where they can."""
    if then["kind"] != now["kind"]:
        synthetic = TEXT["why_not_synthetic"] if "synthetic" in (then["kind"], now["kind"]) else ""
        return TEXT["then_from_data_now_from"].format(kind=then["kind"], kind_2=now["kind"], synthetic=synthetic)
    if then["unit"] != now["unit"]:
        return TEXT["another_unit_then_now"].format(unit=then["unit"], unit_2=now["unit"])
    if meaning := other_meanings.get((now["measure"], now["item"])):
        return meaning
    if then["status"] == now["status"] == KNOWN and _way(then["method"]) != _way(now["method"]):
        return TEXT["another_method_then_now"].format(method=then["method"], method_2=now["method"])
    if len(levels := {_level(side): None for side in (then, now) if _basis(side) == CONFIDENCE}) > 1:
        before, after = map(percent, levels)
        return TEXT["another_level_then_now"].format(level=before, level_2=after)
    return ""


def _way(method: str) -> str:
    """The part of a method that has to be the same: its first sentence, without years, as the rest tells of one run."""
    return _plain(_YEAR.sub("", _SENTENCE.split(method)[0]))


def _other_meanings(now: pd.DataFrame, meant: Mapping[str, Definition]) -> dict[tuple[str, str], str]:
    """Measures and items whose definition is another than it was -> what differs."""
    found = {}
    means = definitions(now[now["measure"].isin(list(meant))]) if len(meant) else {}
    for measure, item in now[["measure", "item"]].drop_duplicates().itertuples(index=False):
        if measure not in meant:
            continue
        for what, was, is_now in _pairs(meant[measure], means[measure], item):
            if _plain(was) != _plain(is_now):
                found[measure, item] = TEXT["the_measure_was_defined_otherwise"].format(
                    what=what, was=was, is_now=is_now
                )
    return found


def _pairs(was: Definition, is_now: Definition, item: str) -> list[tuple[str, object, object]]:
    pairs = [(what, was.get(what, ""), is_now.get(what, "")) for what in ("unit", "title")]
    before, today = (dict(side.get("items") or {}) for side in (was, is_now))  # type: ignore[call-overload]
    if item in before and item in today:
        pairs.append(("item", before[item], today[item]))
    return [*pairs, ("levels", _levels(was), _levels(is_now))]


def _levels(side: Definition) -> str:
    levels = dict(side.get("levels") or {})  # type: ignore[call-overload]
    return "; ".join(f"{level} {words}" for level, words in sorted(levels.items()))


def _plain(words: object) -> str:
    """Words without capitals, signs and blanks: what is only written otherwise means the same."""
    return re.sub(r"[\W_]+", " ", str(words)).strip().casefold()


def _unknown(side: dict) -> str:
    return f"{side['status']} ({str(side['why']).rstrip('.')})"


def _value_in_words(side: dict) -> str:
    return value_words(side) if side["status"] == KNOWN else _unknown(side)


def _values(then: dict, now: dict) -> dict[str, object]:
    """The comparison of two known values."""
    same_period = bool(then["period"]) and then["period"] == now["period"]
    difference = _number(now["value"]) - _number(then["value"])
    alike = all(_same(then[name], now[name]) for name in ("value", "low", "high"))
    limits, rule = _limits(then, now)
    compared: dict[str, object] = {"rule": rule, **limits}
    if alike:
        # Equal and infinite: no difference.
        compared["difference"] = 0.0 if not math.isnan(_number(then["value"])) else math.nan
        other = (
            ""
            if same_period or then["period"] == now["period"]
            else TEXT["values_other"].format(spans=_spans(then, now))
        )
        return compared | {"change": UNCHANGED, "why": other}
    kind = _kind_of(then, now, limits, rule)
    notes = [_periods(then, now, same_period)]
    if _number(then["value"]) == _number(now["value"]):
        notes.insert(0, TEXT["the_same_value_with_other"])
    if _is_by_limits(rule) and "exact" in (_basis(then), _basis(now)):
        notes.append(_NOT_INDEPENDENT)
    if kind == BEYOND and _is_by_limits(rule):
        level = _level_of_both(then, now)
        one_in = round(1 / (1 - level))
        notes.append(TEXT["one_comparison_in"].format(one_in=_ONE_IN.get(one_in, one_in), level=percent(level)))
    if kind == WITHIN and rule == BY_BOUNDS:
        notes.append(TEXT["the_bounds_of_the_two"])
    shown = kind in (BEYOND, NO_UNCERTAINTY)
    return compared | {
        "difference": difference,
        "change": kind,
        "direction": _direction(then, now) if shown else "",
        "revision": same_period,
        "why": " ".join(note for note in notes if note),
    }


def _limits(then: dict, now: dict) -> tuple[dict[str, float], str]:
    """Limits of the difference, and of the ratio where it has a sense; and by what rule they were found."""
    nothing = dict.fromkeys(("ratio", "ratio_low", "ratio_high"), math.nan)
    level = _level_of_both(then, now)
    before, after = _corners(then, level), _corners(now, level)
    if before is None or after is None:
        low, high = _number(now["low"]) - _number(then["high"]), _number(now["high"]) - _number(then["low"])
        exact = then["interval"] == now["interval"] == EXACT
        return nothing | {"difference_low": low, "difference_high": high}, "" if exact else BY_BOUNDS
    (then_low, then_high), (now_low, now_high) = before, after
    # MOVER's limits rise with the later count and fall with the earlier one: the corners hold all counts within bounds.
    low, high = difference(then_high, now_low)[0], difference(then_low, now_high)[1]
    found = nothing | {"difference_low": low, "difference_high": high}
    if now["unit"] == "ratio" or now["unit"] in COUNTS:
        lower, upper = ratio(then_high, now_low), ratio(then_low, now_high)
        if lower and upper:
            by_value = _number(now["value"]) / _number(then["value"])
            found |= {"ratio": by_value, "ratio_low": lower[0], "ratio_high": upper[1]}
    return found, f"{percent(level)} limits"


def _is_by_limits(rule: str) -> bool:
    return rule not in ("", BY_BOUNDS)


def _level(side: dict) -> float:
    """The level of the limits of a finding; earlier versions of findings do not state it, as all were of one."""
    level = _number(side["confidence"])
    return LEVEL if math.isnan(level) else level


def _level_of_both(then: dict, now: dict) -> float:
    """The level of the limits that two findings have, or that of whichever has such; see `_why_not`."""
    return next((_level(side) for side in (then, now) if _basis(side) == CONFIDENCE), LEVEL)


def _basis(side: dict) -> str:
    """The basis of a value's limits: a sample or model, Poisson's law for a count, or nothing."""
    if side["interval"] == CONFIDENCE and not math.isnan(_number(side["value"])):
        return CONFIDENCE
    counted = side["unit"] in COUNTS and side["interval"] in (EXACT, FIGURE, BOUNDS)
    ends = [number for number in (_number(side["low"]), _number(side["high"])) if math.isfinite(number)]
    return "exact" if counted and all(end >= 0 and end == math.floor(end) for end in ends) else ""


def _corners(side: dict, level: float) -> tuple[Limits, Limits] | None:
    """The least and the most that a value can be, each with its limits; None where it has none."""
    basis = _basis(side)
    low, high = _number(side["low"]), _number(side["high"])
    if basis == CONFIDENCE:
        limits = Limits(_number(side["value"]), low, high)
        return limits, limits
    return (of_count(low, level), of_count(high, level)) if basis else None


def _kind_of(then: dict, now: dict, limits: Mapping[str, float], rule: str) -> str:
    """The kind of a change: within, or beyond, the uncertainty of the two values."""
    apart = limits["difference_low"] > 0 or limits["difference_high"] < 0
    if _is_by_limits(rule):
        # Where there is a ratio it has to say so, too: no row is beyond while one of its limits holds no change.
        held = limits["ratio_low"] <= 1 <= limits["ratio_high"]
        return BEYOND if apart and not held else WITHIN
    if not apart:
        return WITHIN
    # Of a value without bounds nobody knows how far it could be off, whatever is known of the other.
    bare = [side["interval"] == EXACT for side in (then, now)]
    partly = any(bare) and {then["interval"], now["interval"]} & {FIGURE, BOUNDS}
    return BEYOND if not any(bare) or partly else NO_UNCERTAINTY


def _direction(then: dict, now: dict) -> str:
    """More or less, and which of them is the better where the measure says; of gaps whether they opened or closed."""
    measure = MEASURES[str(now["measure"])]
    more = _middle(now) > _middle(then)
    if measure.name == GAP:
        if not more:
            return CLOSED if _number(now["high"]) == 0 else LESS_GRAVE
        return OPENED if _number(then["high"]) == 0 else GRAVER
    if not measure.better:
        return "more" if more else "less"
    return f"{'more' if more else 'less'}: {'better' if (measure.better == 'high') == more else 'worse'}"


def _middle(side: dict) -> float:
    """A value, or its lower bound: what lies apart is in the same order by either."""
    value = _number(side["value"])
    return _number(side["low"]) if math.isnan(value) else value


def _periods(then: dict, now: dict, same_period: bool) -> str:
    if same_period:
        return TEXT["a_revision_the_figure"].format(period=now["period"])
    if not then["period"] or not now["period"]:
        return TEXT["of_no_stated_period"]
    (first, last), (start, end) = _ends(then["period"]), _ends(now["period"])
    if end < first:
        return TEXT["the_later_table_has"].format(spans=_spans(then, now))
    if start <= last and first <= end:
        return TEXT["the_periods_overlap_so"].format(spans=_spans(then, now))
    return ""


def _spans(then: dict, now: dict) -> str:
    return f"{then['period'] or 'not stated'} then, {now['period'] or 'not stated'} now"


def _ends(period: str) -> tuple[str, str]:
    """First and last day of a period, as texts that sort."""
    parts = period.split("/")
    return f"{parts[0]}-01-01"[:10], f"{parts[-1]}-12-31"[:10]


def _same(one: object, other: object) -> bool:
    first, second = _number(one), _number(other)
    return first == second or (math.isnan(first) and math.isnan(second))


def _number(value: object) -> float:
    return math.nan if value is None or value is pd.NA else float(value)  # type: ignore[arg-type]
