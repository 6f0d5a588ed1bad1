"""From readings to answers: what is known of each indicator in each area, as bounds on its scale."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bounded.refusal import Refusal

ANSWER = [
    *("area_id", "indicator_id", "low", "high", "top", "known", "applies", "year", "basis", "source_ids", "note"),
    "differ",
]


def answers(
    latest: pd.DataFrame, framework: pd.DataFrame, area_ids: list[str], exempt: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The answer to every indicator in every area, unknown ones included.

    Questions about the same part of an indicator narrow one another; where they contradict one another the bounds reach
    over both. Parts are then counted (`sum`: each is 0 to 1) or the weakest of them decides (`weakest`); a part that
    nobody asked about is unknown, which is its whole scale. A reading of the indicator as a whole (part "") narrows
    that.

    Parameters
    ----------
    latest : as `readings.latest` gives it.
    framework : indicator_id, top (NaN for a measure), parts (";" between), combine.
    area_ids : the areas.
    exempt : area_id, indicator_id, note: what an area cannot be asked.

    Returns
    -------
    DataFrame, one row an area and indicator: area_id, indicator_id, low, high (in the units of the scale; of a measure
    NaN where it is not known, and inf where it has no upper bound), top, known (bool: narrower than the scale; of a
    measure: it has a bound), applies (bool), year (the latest reading, NA without one), basis, source_ids (";"
    between), note, differ (bool: sources contradict one another).
    """
    found: dict[tuple[str, str], list[dict]] = {}
    for row in latest.to_dict("records"):
        found.setdefault((row["area_id"], row["indicator_id"]), []).append(row)
    excused = {} if exempt is None else {(row.area_id, row.indicator_id): row.note for row in exempt.itertuples()}
    indicators = framework[["indicator_id", "top", "parts", "combine"]].to_dict("records")
    rows = []
    for area_id in area_ids:
        for indicator in indicators:
            key = (area_id, indicator["indicator_id"])
            if key in excused:
                row = _row(key, indicator["top"], np.nan, np.nan, [])
                rows.append(row | {"applies": False, "note": excused[key]})
            elif key not in found:
                rows.append(_row(key, indicator["top"], *_unknown(indicator["top"]), []))
            else:
                low, high, contradict = _combined(found[key], indicator)
                row = _row(key, indicator["top"], low, high, found[key])
                rows.append(row | {"differ": contradict or any(reading["differ"] for reading in found[key])})
    table = pd.DataFrame(rows, columns=ANSWER).astype({"year": "Int64"})
    return table.astype({name: bool for name in ("known", "applies", "differ")})


def scored(table: pd.DataFrame) -> pd.DataFrame:
    """Answers that have a scale and apply, with `score_low` and `score_high` (0 to 1) beside them."""
    part = table[table["top"].notna() & table["applies"]]
    return part.assign(score_low=part["low"] / part["top"], score_high=part["high"] / part["top"])


def _unknown(top: float) -> tuple[float, float]:
    return (np.nan, np.nan) if np.isnan(top) else (0.0, float(top))


def _combined(found: list[dict], indicator: dict) -> tuple[float, float, bool]:
    """Bounds of one indicator in one area, and whether any two questions contradict each other."""
    named = [part for part in indicator["parts"].split(";") if part]
    measure = np.isnan(indicator["top"])
    whole = (-np.inf, np.inf) if measure else (0.0, float(indicator["top"]))
    each = (0.0, 1.0) if indicator["combine"] == "sum" else whole
    unplaced = {reading["part"] for reading in found} - {"", *named}
    if unplaced:
        raise Refusal(
            "unknown_part",
            f"{indicator['indicator_id']} has no part '{sorted(unplaced)[0]}': its parts are "
            f"{', '.join(named) or 'none'}.",
        )
    bounds, contradict = {}, False
    for part in ["", *named]:
        said = [_within(reading, whole if part == "" else each) for reading in found if reading["part"] == part]
        bounds[part], against = _narrowed([whole if part == "" else each, *said])
        contradict |= against
    low, high = bounds.pop("")
    if bounds:
        join = sum if indicator["combine"] == "sum" else min
        of_parts = (join(part[0] for part in bounds.values()), join(part[1] for part in bounds.values()))
        (low, high), against = _narrowed([(low, high), of_parts])
        contradict |= against
    if measure:
        return (np.nan, np.nan, contradict) if (low, high) == whole else (max(low, 0.0), high, contradict)
    return low, high, contradict


def _within(reading: dict, scale: tuple[float, float]) -> tuple[float, float]:
    """The bounds of a reading, those of the scale where not known. Raises ValueError if they are no part of it."""
    low = scale[0] if np.isnan(reading["low"]) else reading["low"]
    high = scale[1] if np.isnan(reading["high"]) else reading["high"]
    if not scale[0] <= low <= high <= scale[1]:
        raise Refusal(
            "out_of_range",
            f"{reading['area_id']}, {reading['indicator_id']}: the bounds {low:g} to {high:g} of "
            f"'{reading['asked']}' are no part of the scale {scale[0]:g} to {scale[1]:g}.",
        )
    return low, high


def _narrowed(bounds: list[tuple[float, float]]) -> tuple[tuple[float, float], bool]:
    """What all bounds leave; what the ones after the first, the widest, reach over where they leave nothing."""
    low, high = max(first for first, _ in bounds), min(last for _, last in bounds)
    if low <= high:
        return (low, high), False
    said = bounds[1:] if len(bounds) > 2 else bounds
    return (min(first for first, _ in said), max(last for _, last in said)), True


def _row(key: tuple[str, str], top: float, low: float, high: float, found: list[dict]) -> dict:
    area_id, indicator_id = key
    known = low == low if np.isnan(top) else low > 0 or high < top
    sources = [source for reading in found for source in reading["source_id"].split(";") if source]
    return {
        "area_id": area_id,
        "indicator_id": indicator_id,
        "low": low,
        "high": high,
        "top": top,
        "known": bool(known),
        "applies": True,
        "year": max((reading["year"] for reading in found), default=pd.NA),
        "basis": "; ".join(dict.fromkeys(reading["basis"] for reading in found)) or "none",
        "source_ids": ";".join(dict.fromkeys(sources)),
        "note": "; ".join(dict.fromkeys(reading["note"] for reading in found if reading["note"])),
        "differ": False,
    }
