"""Differences between two states of what is published: each once, with how much it is, and why it matters.

A number that stands in a finding, in tables, on pages and in briefs is one change, with the places where it stands; so
is one edit of a sentence that many pages have. Findings are compared by `analysis.monitoring.changes`.
"""

from __future__ import annotations

import filecmp
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from analysis import areas, monitoring
from analysis.findings.finding import COLUMNS as FINDING_COLUMNS
from analysis.findings.finding import WITHHELD, as_table
from analysis.jobs import SYNTHETIC
from analysis.report.page_links import bare
from analysis.review.page_texts import ALTERNATIVE, PRINTED
from analysis.review.published import (
    CELL,
    FIGURE,
    FILE,
    FINDING,
    NUMBER,
    RECOMMENDATION,
    SENTENCE,
    STATE,
    number,
    outputs,
)
from analysis.review.wording import paired, word_difference, word_edits

NEW, GONE, CHANGED = "new", "gone", "changed"
COLUMNS = (
    *("id", "status", "weight", "why_it_matters", "kind", "part", "study", "area_id", "analysis", "exhibit", "key"),
    *("old_value", "old_low", "old_high", "new_value", "new_low", "new_high", "interval", "unit", "old_period"),
    *("period", "relative_change", "beyond", "direction", "note", "places", "synthetic", "path"),
)
# Why a change matters, the most important first: the place of each is its weight.
(
    HEADLINE, TURNED, FLIPPED, SUPPRESSED, BEYOND, EXACT, KNOWN, WITHIN, STATES, WORDING, CONDITION, IN_SENTENCES,
    DRAWN, BYTES, NAMES_INPUT,
) = WHY = (
    "headline", "recommendation turned", "direction flipped", "suppressed otherwise", "beyond uncertainty",
    "no uncertainty is known", "new, gone or not comparable", "within uncertainty", "state", "wording",
    "what a condition rests on", "number within a sentence", "figure", "file", "digest of an input",
)  # fmt: skip
_OF_MONITORING = {monitoring.BEYOND: BEYOND, monitoring.NO_UNCERTAINTY: EXACT, monitoring.WITHIN: WITHIN}
_OF_DIRECTION = "trend_direction"
_DIGEST = re.compile(r"(?:\brows )?\b[0-9a-f]{12}\b")
BETWEEN = "; "
_OF_ROW = ["id", "kind", "part", "study", "area_id", "analysis", "exhibit", "key", "interval", "unit", "path", "period"]
_OF_RECOMMENDATIONS = "reports/pledge_report/en/recommendations.html"

Row = dict[str, object]
Pair = tuple[Mapping, Mapping | None, Mapping | None]


def differing(old: Path, new: Path, old_released: bool = False, new_released: bool = False) -> frozenset[str]:
    """Return the names of published files that are in one of two states alone, or have other bytes."""
    before, after = outputs(old, old_released), outputs(new, new_released)
    both = before.keys() & after.keys()
    return frozenset(before.keys() ^ after.keys()) | {name for name in both if not _same(before[name], after[name])}


def _same(one: Path, other: Path) -> bool:
    if filecmp.cmp(one, other, shallow=False):
        return True
    # What a page says of other pages does not follow from its notebook.
    return one.suffix == ".html" and bare(one.read_bytes()) == bare(other.read_bytes())


def differences(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return what differs between two tables of `published.published`.

    Parameters
    ----------
    old, new : of the same files, as `differing` names them, or of all.

    Returns
    -------
    DataFrame with COLUMNS, one row a change, the most important first. id: that of the new row, or of the old one that
    is gone. status: new, gone or changed. weight: place of `why_it_matters` in WHY. relative_change: of the value, or
    of both bounds; NaN where it has no sense. beyond: in the words of monitoring. places: all
    that say the same, with ``; `` between.
    """
    files = [set(table.loc[table["kind"].isin([FIGURE, FILE]), "path"]) for table in (old, new)]
    # A file that came or went is one change, and not one a cell.
    alone = files[0] ^ files[1]
    within = [table[~table["path"].isin(alone)] for table in (old, new)]
    found = [*_findings(*within), *_cells(*within)]
    numbers = _together(found)
    recommended = [*_recommendations(old, new)]
    texts = _edits(_texts(within[0], within[1], found))
    table = pd.DataFrame([*numbers, *recommended, *texts, *_files(old, new)], columns=list(COLUMNS))
    table["weight"] = table["why_it_matters"].map({why: place for place, why in enumerate(WHY)})
    table["relative_change"] = table["relative_change"].astype(float)
    size = table["relative_change"].abs().fillna(-1)
    table = table.assign(size=size).sort_values(["weight", "size", "id"], ascending=[True, False, True], kind="stable")
    return table.drop(columns="size").reset_index(drop=True)


def values(changes: pd.DataFrame, state: pd.DataFrame) -> dict[str, str]:
    """Return what each change is in a third state: "old", "new", or what stands there instead.

    Parameters
    ----------
    changes : of `differences`. state : of `published.published`; the same files as of the two, at least.
    """
    by_id = {row["id"]: row for row in state.to_dict("records")}
    stand: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in state[state["kind"].eq(SENTENCE)].itertuples():
        stand[row.path, row.part].add(row.value)
    found = {}
    for change in changes.to_dict("records"):
        row = by_id.get(change["id"])
        if change["kind"] == SENTENCE:
            there = stand[change["path"], change["part"]]
            is_new, is_old = (change[side] in there if change[side] else None for side in ("new_value", "old_value"))
            now = is_new if is_new is not None else not is_old
            found[change["id"]] = "new" if now else "old" if is_old in (True, None) else "other"
            continue
        said = _said(row) if row else ("", math.nan, math.nan)
        sides = {side: tuple(change[f"{side}_{name}"] for name in ("value", "low", "high")) for side in ("old", "new")}
        found[change["id"]] = next((side for side, was in sides.items() if _alike(was, said)), f"other: {said[0]}")
    return found


def _said(row: Mapping[str, object]) -> tuple[object, object, object]:
    return row["value"], row["low"], row["high"]


def _alike(one: Sequence[object], other: Sequence[object]) -> bool:
    return all(a == b or (a != a and b != b) for a, b in zip(one, other, strict=True))


def _change(old: Mapping | None, new: Mapping | None, why: str, **more: object) -> Row:
    one = new or old
    assert one is not None
    row: Row = {**{name: one[name] for name in _OF_ROW}, "why_it_matters": why}
    for side, said in (("old", old), ("new", new)):
        value, low, high = _said(said) if said else ("", math.nan, math.nan)
        row |= {f"{side}_value": value, f"{side}_low": low, f"{side}_high": high}
    row |= {"old_period": old["period"] if old else "", "direction": "", "note": "", "beyond": ""}
    row |= {"status": CHANGED if old and new else GONE if old else NEW, "relative_change": math.nan}
    return row | {"places": one["path"] or one["id"], "synthetic": _synthetic(one)} | more


def _synthetic(row: Mapping) -> bool:
    study = areas.STUDIES.get(str(row["study"]))
    of_finding = '"kind": "synthetic"' in str(row["detail"])
    return SYNTHETIC in str(row["path"]) or of_finding or (study is not None and study.is_synthetic)


def _pairs(old: pd.DataFrame, new: pd.DataFrame, column: str, *values: str) -> Iterator[Pair]:
    """Rows by id that differ, of those with such a value: the later one, the old and the new."""
    sides = [{row["id"]: row for row in table[table[column].isin(values)].to_dict("records")} for table in (old, new)]
    for id_ in {**sides[0], **sides[1]}:
        before, after = (side.get(id_) for side in sides)
        if not (before and after and _alike((*_said(before), before["detail"]), (*_said(after), after["detail"]))):
            one = after or before
            assert one is not None
            yield one, before, after


# Numbers and states


def _findings(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[Row]:
    """Findings whose number or status is another; words that they say beside it are sentences."""
    pairs = {one["id"]: (one, was, now) for one, was, now in _pairs(old, new, "part", FINDING)}
    tables = [
        as_table([json.loads(str(row["detail"])) for pair in pairs.values() if (row := pair[side])]).reindex(
            columns=list(FINDING_COLUMNS), fill_value=""
        )
        for side in (1, 2)
    ]
    for row in monitoring.changes(*tables).to_dict("records") if pairs else ():
        one, before, after = pairs[row["finding_id"]]
        if before and after and _alike((*_said(before), before["period"]), (*_said(after), after["period"])):
            continue
        why = _OF_MONITORING.get(row["change"], KNOWN)
        sides = [each for each in (before, after) if each]
        if STATE in {each["kind"] for each in sides} and why != KNOWN:
            why = STATES
        if WITHHELD in {each["value"] for each in sides}:
            why = SUPPRESSED
        elif _flipped(row, before, after):
            why = FLIPPED
        elif row["measure"] == "headline":
            why = HEADLINE
        note = "" if row["change"] in (monitoring.NEW, monitoring.GONE) else row["why"]
        yield _change(
            before, after, why, beyond=row["change"], direction=row["direction"], note=note,
            relative_change=_relative(before, after), places=_page(one),
        )  # fmt: skip


def _flipped(row: Mapping, before: Mapping | None, after: Mapping | None) -> bool:
    """True if another direction is shown, of what can fall; or if a gap opened or closed."""
    if row["direction"] in (monitoring.OPENED, monitoring.CLOSED):
        return True
    if before is None or after is None or row["status_then"] != row["status_now"]:
        return False
    then, now = (direction(row[f"low_{when}"], row[f"high_{when}"]) for when in ("then", "now"))
    return row["measure"] == _OF_DIRECTION or (min(row["low_then"], row["low_now"]) < 0 and then != now)


def direction(low: float, high: float) -> int:
    """Return the direction that the limits of a change show: 1 a rise, -1 a fall, 0 neither."""
    return int(low > 0) - int(high < 0)


def _relative(old: Mapping | None, new: Mapping | None) -> float:
    """The change of a value, or of its lower bound, relative to what it was."""
    if old is None or new is None:
        return math.nan
    numbers = [number(side["value"]) for side in (old, new)]
    then, now = numbers if not any(map(math.isnan, numbers)) else (old["low"], new["low"])
    # Of what was below zero and is above there is no share.
    same_side = math.isfinite(then) and math.isfinite(now) and then * now >= 0 and then != 0
    return (now - then) / abs(then) if same_side else math.nan


def _page(row: Mapping) -> str:
    """The page on which a finding stands, as files are named."""
    mark = SYNTHETIC if _synthetic(row) else ""
    return f"reports/{row['study']}/{row['area_id']}/{row['analysis']}{mark}.html"


def _cells(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[Row]:
    """Cells of tables; a row that came, went or is called otherwise is one change, and a column is told elsewhere."""
    # File -> name of the row -> column -> cell, on either side, of what the other has not.
    lost: dict[str, dict[str, dict[str, Mapping]]] = defaultdict(lambda: defaultdict(dict))
    come: dict[str, dict[str, dict[str, Mapping]]] = defaultdict(lambda: defaultdict(dict))
    for one, before, after in _pairs(old, new, "part", CELL):
        if before and after:
            yield _cell(before, after)
            continue
        side = come if after else lost
        name, _, column = str(one["key"]).rpartition(": ")
        side[str(one["path"])][name][column] = one
    for path in {**lost, **come}:
        gone, found = ([*side[path].values()] for side in (lost, come))
        if set(lost[path]) & set(come[path]):
            # The rows are the same: columns came or went, which the header tells.
            continue
        if len(gone) == len(found):
            # As many came as went: the words that told them apart were changed.
            for was, now in zip(gone, found, strict=True):
                both = [(was[column], now[column]) for column in was if column in now]
                yield from (_cell(*pair) for pair in both if not _alike(_said(pair[0]), _said(pair[1])))
            continue
        yield from (_line(cells, is_new) for rows, is_new in ((gone, False), (found, True)) for cells in rows)


def _line(cells: Mapping[str, Mapping], is_new: bool) -> Row:
    """A whole row that came or went, as the first number in it."""
    one = next((cell for cell in cells.values() if cell["kind"] == NUMBER), next(iter(cells.values())))
    said = BETWEEN.join(f"{column}: {cell['value']}" for column, cell in cells.items() if cell["value"])
    why = KNOWN if one["kind"] == NUMBER else WORDING
    return _change(None if is_new else one, one if is_new else None, why, note=f"The whole row. {said}")


def _cell(old: Mapping, new: Mapping) -> Row:
    values = {old["value"], new["value"]}
    if "suppressed" in values:
        return _change(old, new, SUPPRESSED)
    if new["kind"] != NUMBER or old["kind"] != NUMBER:
        why = STATES if new["kind"] == STATE else _why_of_text(str(old["value"]), str(new["value"]))
        return _change(old, new, why)
    bounds = [old["low"], old["high"], new["low"], new["high"]]
    if any(map(math.isnan, bounds)):
        return _change(old, new, KNOWN)
    exact = old["low"] == old["high"] and new["low"] == new["high"]
    apart = new["low"] > old["high"] or new["high"] < old["low"]
    beyond = monitoring.NO_UNCERTAINTY if exact else monitoring.BEYOND if apart else monitoring.WITHIN
    return _change(old, new, _OF_MONITORING[beyond], beyond=beyond, relative_change=_relative(old, new))


def _together(rows: Sequence[Row]) -> list[Row]:
    """Numbers of one place that changed alike in several exhibits as one: the finding, or the first that has it."""
    alike: dict[tuple, list[Row]] = defaultdict(list)
    kept: list[Row] = []
    for row in rows:
        if row["kind"] not in (NUMBER, STATE) or row["status"] != CHANGED:
            kept.append(row)
            continue
        limits = tuple(str(row[f"{side}_{name}"]) for side in ("old", "new") for name in ("low", "high"))
        said = limits if "nan" not in limits else (row["old_value"], row["new_value"])
        alike[(row["area_id"], row["kind"], *said)].append(row)
    for group in alike.values():
        files = Counter(row["path"] for row in group if row["part"] == CELL)
        # Of several in one table nobody can say which of them another table repeats.
        single = [row for row in group if files[row["path"]] < 2]
        kept += [row for row in group if files[row["path"]] > 1]
        # Two findings are two statements, even of one number: the headline among them goes first.
        single.sort(key=lambda row: (row["part"] == CELL, WHY.index(str(row["why_it_matters"]))))
        if single:
            places = dict.fromkeys(place for row in single for place in str(row["places"]).split(BETWEEN))
            also = dict.fromkeys(str(row["key"]) for row in single[1:] if row["part"] == FINDING)
            note = " ".join(filter(None, [str(single[0]["note"]), f"Also as: {BETWEEN.join(also)}." if also else ""]))
            kept.append({**single[0], "places": BETWEEN.join(places), "note": note})
    return kept


# Recommendations


def _recommendations(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[Row]:
    for one, before, after in _pairs(old, new, "kind", RECOMMENDATION):
        if before and after:
            turned, note = before["value"] != after["value"], word_difference(before["detail"], after["detail"])
        else:
            turned, note = True, one["detail"]
        yield _change(
            before, after, TURNED if turned else CONDITION, note=note, places=_OF_RECOMMENDATIONS,
            synthetic=_synthetic(one) or one["unit"] == "synthetic",
        )  # fmt: skip


# Texts


def _texts(old: pd.DataFrame, new: pd.DataFrame, numbers: Sequence[Row]) -> Iterator[Row]:
    """Texts that differ; rows that a page prints are left out where the table beside it or a finding has them."""
    in_tables = {(row["study"], row["analysis"], row["exhibit"]) for row in numbers if row["part"] == CELL}
    stated = {str(row["id"]) for row in numbers if row["part"] == FINDING}
    sides: list[dict[tuple, list[Mapping]]] = [defaultdict(list), defaultdict(list)]
    for side, table in zip(sides, (old, new), strict=True):
        for row in table[table["kind"].eq(SENTENCE) & table["part"].ne(CELL)].to_dict("records"):
            side[row["path"] or row["id"], row["exhibit"], row["part"]].append(row)
    for place in {**sides[0], **sides[1]}:
        for one, other in paired(*(side.get(place, []) for side in sides)):
            row = other or one
            assert row is not None
            if row["part"] == PRINTED and (
                (row["study"], row["analysis"], row["exhibit"]) in in_tables
                or str(row["value"]).rpartition(" | ")[2] in stated
            ):
                continue
            yield _change(one, other, _why_of_text(str(one and one["value"]), str(other and other["value"])))


def _why_of_text(old: str, new: str) -> str:
    if _DIGEST.search(old) and _DIGEST.sub("", old) == _DIGEST.sub("", new):
        return NAMES_INPUT
    digits = [re.sub(r"[-−+]?\d[\d,.]*", "0", text) for text in (old, new)]
    return IN_SENTENCES if digits[0] == digits[1] else WORDING


def _edits(rows: Iterator[Row]) -> list[Row]:
    """The same edit in many places as one change; one that only has another number must be of one sentence."""
    found: dict[tuple, list[Row]] = defaultdict(list)
    for row in rows:
        old, new = str(row["old_value"]), str(row["new_value"])
        wording = row["why_it_matters"] != IN_SENTENCES and row["status"] == CHANGED
        edit = tuple((was, now) for tag, was, now in word_edits(old, new) if tag != "equal") if wording else (old, new)
        found[row["synthetic"], row["status"], row["why_it_matters"], edit].append(row)
    merged = []
    for group in found.values():
        first = min(group, key=lambda row: (row["part"] in (ALTERNATIVE, PRINTED), not row["area_id"]))
        places = dict.fromkeys(str(row["path"] or row["id"]) for row in group)
        merged.append({**first, "places": BETWEEN.join(places)})
    return merged


# Figures and files


def _files(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[Row]:
    for one, before, after in _pairs(old, new, "kind", FIGURE, FILE):
        note = ""
        if before and after and one["kind"] == FIGURE:
            drawn = [set(str(row["detail"]).splitlines()) for row in (before, after)]
            parts = [("Gone", sorted(drawn[0] - drawn[1])), ("New", sorted(drawn[1] - drawn[0]))]
            note = " ".join(f"{word} on it: {' | '.join(each)}." for word, each in parts if each)
            note = note or "All its texts are the same."
        yield _change(before, after, DRAWN if one["kind"] == FIGURE else BYTES, note=note)
