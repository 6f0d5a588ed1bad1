"""Matching: agreement of pairs of records, and the Fellegi-Sunter model of how likely they are one person.

In what two records can agree, what that weighs before anything is known, and which records are compared at all.

Conditions are SQL over the two records of a pair, `_l` and `_r`, on the columns that `analysis.cases.matching` makes.

How likely it is that two records are one person: Fellegi and Sunter (1969), estimated by Splink.

Weights are logarithms to base 2 of m / u, where m is the share of pairs of one person that agree as two records do, and
u the share among pairs of two persons. u comes from a random sample of pairs, m from expectation maximisation (Winkler
1988); both lean on the values set here where the records are too few to tell.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.internals.exceptions import SplinkException

_NEAR = "list_contains({0}_near_l, {1}_r)"
_TWO = "list_contains({0}_around_l, {0}_r)"
# By skeletons: within one edit, Said İbrahim and İbrahim Sami would be exchanged.
_CROSSED = "given_sound_l = family_sound_r and family_sound_l = given_sound_r"
_EXCHANGED = f"({_CROSSED} and not {_NEAR.format('given', 'given')})"
_GAP = "greatest(birth_low_l, birth_low_r) - least(birth_high_l, birth_high_r)"  # days between two spans of birth
_BOTH_DAYS = "birth_day_l is not null and birth_day_r is not null"

# Ages that exclude each other by more than a year: no match, whatever the names say.
EXCLUDED_M = 0.00001
# Per level, from the closest: name, condition, m and u before anything is known. The values for m are a judgement in
# the range that linkages of names and dates of birth report (Winkler 2006; Harron et al. 2015); u of an identifier is
# set high on purpose, so that no number alone makes two records one person: numbers are shared and mistyped.
Level = tuple[str, str, float, float]
COMPARISONS: dict[str, tuple[str, tuple[Level, ...]]] = {
    "given": (
        "given_l is null or given_r is null",
        (
            ("exact", "given_l = given_r", 0.78, 0.005),
            ("one edit", _NEAR.format("given", "given"), 0.12, 0.005),
            ("exchanged", _EXCHANGED, 0.02, 0.00002),
            ("same skeleton", "given_sound_l = given_sound_r", 0.05, 0.005),
            ("two edits", _TWO.format("given"), 0.01, 0.005),
            ("other", "", 0.02, 0.98),
        ),
    ),
    "family": (
        # Where given and family name are exchanged, the given name has said so for both.
        f"family_l is null or family_r is null or coalesce({_EXCHANGED}, false)",
        (
            ("exact", "family_l = family_r", 0.80, 0.005),
            ("one edit", _NEAR.format("family", "family"), 0.12, 0.005),
            ("same skeleton", "family_sound_l = family_sound_r", 0.05, 0.005),
            ("two edits", _TWO.format("family"), 0.01, 0.005),
            ("other", "", 0.02, 0.98),
        ),
    ),
    "birth": (
        f"not ({_BOTH_DAYS})",
        (
            ("same day", "birth_day_l = birth_day_r", 0.86, 0.0003),
            (
                "same month, or swapped",
                "birth_month_l = birth_month_r or birth_turned_l = birth_turned_r",
                0.06,
                0.006,
            ),
            ("same year", "birth_year_l = birth_year_r", 0.04, 0.08),
            ("within a year", f"{_GAP} <= 366", 0.02, 0.1),
            ("other", "", 0.02, 0.81),
        ),
    ),
    "birth_year": (
        f"birth_low_l is null or birth_low_r is null or ({_BOTH_DAYS})",
        (
            ("compatible", f"{_GAP} <= 0", 0.93, 0.12),
            ("within a year", f"{_GAP} <= 366", 0.07, 0.15),
            ("excluded", "", EXCLUDED_M, 0.73),
        ),
    ),
    "sex": ("sex_l is null or sex_r is null", (("same", "sex_l = sex_r", 0.98, 0.5), ("other", "", 0.02, 0.5))),
    "nationality": (
        "nationality_l is null or nationality_r is null",
        (("same", "nationality_l = nationality_r", 0.95, 0.4), ("other", "", 0.05, 0.6)),
    ),
    "area": ("area_l is null or area_r is null", (("same", "area_l = area_r", 0.6, 0.15), ("other", "", 0.4, 0.85))),
    "phone": (
        "phone_l is null or phone_r is null",
        (("same", "phone_l = phone_r", 0.6, 0.005), ("other", "", 0.4, 0.995)),
    ),
    "document": (
        "document_l is null or document_r is null",
        (("same", "document_l = document_r", 0.85, 0.0001), ("other", "", 0.15, 0.9999)),
    ),
}
# Brothers and sisters agree on much that would otherwise tell persons apart. Where the given names differ, agreement on
# what a family shares is therefore not weighed when pairs are scored; m and u are of all pairs.
OTHER_GIVEN = (
    f"coalesce(given_l <> given_r and not {_NEAR.format('given', 'given')} and given_sound_l <> given_sound_r "
    f"and not {_EXCHANGED} and not {_TWO.format('given')}, false)"
)
FAMILIES_SHARE = {
    "family": f"(family_l = family_r or {_NEAR.format('family', 'family')} or family_sound_l = family_sound_r)",
    "nationality": "nationality_l = nationality_r",
    "area": "area_l = area_r",
    "phone": "phone_l = phone_r",
}
# How often a value occurs is weighed: Mohamed says less than a rare name, 1 January less than another day, and a
# skeleton that many names share less than one of few. No value counts as rarer than this.
FREQUENCIES = {
    ("given", "exact"): ("given", 0.001),
    ("given", "same skeleton"): ("given_sound", 0.001),
    ("family", "exact"): ("family", 0.001),
    ("family", "same skeleton"): ("family_sound", 0.001),
    ("birth", "same day"): ("birth_day", 0.0002),
}
# u of these is never taken for less than it is set: a family shares a telephone, and the sample is of few pairs.
SHARED = ("phone", "document")
# If more than half of the pairs of one person seem to disagree on these, the pairs found are not of one person.
IDENTIFYING = ("given", "family", "birth")

KEYS: dict[str, tuple[str, ...]] = {
    "document": ("document",),
    "telephone": ("phone",),
    "both names": ("names",),
    "both skeletons, year": ("sounds", "year_low"),
    "both skeletons, last year": ("sounds", "year_high"),
    "both skeletons, area": ("sounds", "area"),
    "both skeletons": ("sounds",),
    "day, given name": ("birth_turned", "given_sound"),
    "day, family name": ("birth_turned", "family_sound"),
    "day, sex, area": ("birth_turned", "sex", "area"),
    "given name, year, sex": ("given", "year_low", "sex"),
    "given name, last year, sex": ("given", "year_high", "sex"),
    "family name, year, sex": ("family", "year_low", "sex"),
    "family name, last year, sex": ("family", "year_high", "sex"),
    "given name, area, sex": ("given", "area", "sex"),
    "family name, area, sex": ("family", "area", "sex"),
    "year, sex, area": ("year_low", "sex", "area"),
    "last year, sex, area": ("year_high", "sex", "area"),
    "given name, year, area": ("given", "year_low", "area"),
    "given name, last year, area": ("given", "year_high", "area"),
    "family name, year, area": ("family", "year_low", "area"),
    "family name, last year, area": ("family", "year_high", "area"),
}


# Pairs below this probability are not kept: a threshold can be varied above it.
FLOOR = 0.01
# A key shared by more records than this finds no pairs: it says too little, and its pairs grow with the square.
LARGEST_BLOCK = 100
# Where a key would still find more pairs than this, the most common values are left out until it does not.
PAIRS_OF_A_KEY = 4_000_000
# So many pairs are scored at a time: memory grows with them.
PAIRS_AT_ONCE = 8_000_000
# Names of so many letters or fewer, or with more names around them, are not compared by two edits.
SHORT_NAME, MOST_AROUND = 4, 30
SAMPLED_PAIRS = 2_000_000
TRAINING_PAIRS = 1_000_000
# The values set above count as much as this many pairs of one person; fewer than the second teach nothing.
PRIOR_PAIRS = 20
LEAST_TRAINING_PAIRS = 50
# Sampled pairs include some of one person. What that adds to u is taken off, down to this share of u and no further.
LEAST_SHARE_OF_U = 0.25
# Of the pairs of one person, how many the strict rules find that say how frequent such pairs are.
STRICT_RECALL = 0.6


@dataclass(frozen=True)
class Scores:
    """Pairs of records that may be one person, and by what they were weighed.

    Parameters
    ----------
    pairs : left, right (positions in the records), match_weight (bits), match_probability, and one column a comparison
        with the level that the pair reaches ("" if it is not weighed).
    weights : comparison, level, m, u, weight (bits).
    blocking : key, left_out (records whose key is shared by too many others).
    """

    pairs: pd.DataFrame
    weights: pd.DataFrame
    blocking: pd.DataFrame


def score(records: pd.DataFrame, seed: int) -> Scores:
    """Score all pairs of records that share one of `agreement.KEYS`.

    Parameters
    ----------
    records : sorted by record_id, with the linkage columns; index from 0.
    seed : of the random sample of pairs.
    """
    columns = _comparable(records)
    blocks = [_block([columns[part] for part in parts]) for parts in KEYS.values()]
    keys = {f"key_{number}": codes for number, (codes, _) in enumerate(blocks)}
    blocking = pd.DataFrame({"key": list(KEYS), "left_out": [left_out for _, left_out in blocks]})
    pairs = sum(_pairs_sharing(keys, [name]) for name in keys)
    table = _arrow(records, columns, keys)
    # Without a folder for what does not fit into memory: dates of birth are written nowhere.
    with duckdb.connect(config={"threads": 1, "temp_directory": ""}) as connection:
        database = DuckDBAPI(connection)
        registered = database.register(table)
        levels, frequency = _estimated(registered, columns, seed)
        linker = _linker(registered, levels, frequency, list(keys))
        predicted = linker.inference.predict(
            threshold_match_probability=FLOOR,
            num_chunks_left=max(1, round(pairs / PAIRS_AT_ONCE)),
            num_chunks_right=1,
            warning_mode="never",
        )
        levels_reached = ", ".join(f"gamma_c{number}" for number in range(len(COMPARISONS)))
        found = connection.sql(
            f"select id_l, id_r, match_weight, match_probability, {levels_reached} from {predicted.physical_name}"
        ).df()
    weights = levels.assign(weight=np.log2(levels["m"] / levels["u"]).round(4)).round({"m": 8, "u": 10})
    return Scores(_pairs(found), weights, blocking)


def _priors() -> pd.DataFrame:
    rows = [
        (comparison, level, m, u)
        for comparison, (_, levels) in COMPARISONS.items()
        for level, _, m, u in levels
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["comparison", "level", "m", "u"])


def _settings(levels: pd.DataFrame, frequency: float, keys: Sequence[str]) -> SettingsCreator:
    """Splink's settings with these m and u; `frequency` is the share of all pairs that are of one person."""
    known = levels.set_index(["comparison", "level"])
    comparisons: list[Any] = []
    for number, (comparison, (unknown, described)) in enumerate(COMPARISONS.items()):
        if keys and comparison in FAMILIES_SHARE:
            unknown = f"{unknown} or coalesce({FAMILIES_SHARE[comparison]} and {OTHER_GIVEN}, false)"
        listed: list[dict[str, Any]] = [
            {"sql_condition": unknown, "label_for_charts": "not stated", "is_null_level": True}
        ]
        for level, condition, _, _ in described:
            entry = {
                "sql_condition": condition or "ELSE",
                "label_for_charts": level,
                "m_probability": float(known.at[(comparison, level), "m"]),
                "u_probability": float(known.at[(comparison, level), "u"]),
            }
            if (comparison, level) in FREQUENCIES:
                entry["tf_adjustment_column"], entry["tf_minimum_u_value"] = FREQUENCIES[comparison, level]
            listed.append(entry)
        comparisons.append({"output_column_name": f"c{number}", "comparison_levels": listed})
    return SettingsCreator(
        link_type="dedupe_only",  # one table that holds all lists: records of one list may be one person as well
        unique_id_column_name="id",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on(key) for key in keys],
        probability_two_random_records_match=frequency,
        retain_matching_columns=True,  # Splink keeps the levels reached only with these
        retain_intermediate_calculation_columns=False,
    )


def _linker(registered: Any, levels: pd.DataFrame, frequency: float, keys: Sequence[str] = ()) -> Linker:
    settings = _settings(levels, frequency, keys)
    return Linker(registered, settings, log_level=logging.ERROR, validate_settings=False)


def _estimated(registered: Any, columns: dict[str, np.ndarray], seed: int) -> tuple[pd.DataFrame, float]:
    """m and u of every level, and the share of all pairs that are of one person."""
    levels, frequency = _priors(), _frequency(columns)
    sampling = _linker(registered, levels, frequency)
    sampling.training.estimate_u_using_random_sampling(
        max_pairs=SAMPLED_PAIRS, seed=seed + 1, min_count_per_level=None, num_chunks=1
    )
    levels["u"] = _values(sampling, "u_probability").fillna(levels["u"])
    sums, counts = levels["m"] * PRIOR_PAIRS, pd.Series(float(PRIOR_PAIRS), levels.index)
    # What pairs are found by says nothing of how often they agree: each half is learnt from pairs found by the other.
    for parts, silent in ((("given", "family"), ("given", "family")), (("birth_day",), ("birth",))):
        m, matched = _maximised(_linker(registered, levels, frequency), columns, parts)
        for comparison, rows in levels.groupby("comparison", sort=False).groups.items():
            total = m[rows].sum()
            misled = comparison in IDENTIFYING and m[rows].iloc[-1] > 0.5 * total
            if total > 0 and not misled and comparison not in silent:
                sums[rows] += matched * m[rows] / total
                counts[rows] += matched
    levels["m"] = sums / counts
    levels.loc[levels["level"] == "excluded", "m"] = EXCLUDED_M
    for comparison, rows in levels.groupby("comparison", sort=False).groups.items():
        levels.loc[rows, "u"] = _of_two_persons(levels.loc[rows, "u"], levels.loc[rows, "m"], frequency, comparison)
    return levels, frequency


def _frequency(columns: dict[str, np.ndarray]) -> float:
    """The share of all pairs that are of one person, from the pairs that strict rules find."""
    strict = (("document",), ("given", "family", "birth_day"), ("given", "family", "year_low", "area"))
    found = max(_pairs_sharing(columns, parts) for parts in strict)
    records = len(columns["given"])
    return min(max(found / STRICT_RECALL, 1.0) / max(records * (records - 1) / 2, 1), 0.5)


def _maximised(linker: Linker, columns: dict[str, np.ndarray], parts: Sequence[str]) -> tuple[pd.Series, float]:
    """m by expectation maximisation over pairs that agree on `parts`, and how many of these pairs are of one person."""
    nothing = pd.Series(0.0, index=range(len(_priors()))), 0.0
    pairs = min(_pairs_sharing(columns, parts), TRAINING_PAIRS)
    if pairs < LEAST_TRAINING_PAIRS:
        return nothing
    try:
        session = linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*parts), estimate_without_term_frequencies=True, max_pairs=TRAINING_PAIRS
        )
    except (ValueError, SplinkException):  # a level vanishes in few pairs: the values set beforehand stand
        return nothing
    share = session.core_model_settings.probability_two_random_records_match
    return _values(linker, "m_probability").fillna(0.0), pairs * share


def _of_two_persons(sampled: pd.Series, m: pd.Series, frequency: float, comparison: str) -> pd.Series:
    """u without the pairs of one person that a random sample contains, summing to one."""
    u = ((sampled - frequency * m) / (1 - frequency)).clip(lower=LEAST_SHARE_OF_U * sampled)
    if comparison in SHARED:
        u.iloc[0] = max(u.iloc[0], COMPARISONS[comparison][1][0][3])
    u.iloc[-1] = max(1 - u.iloc[:-1].sum(), u.iloc[-1] * LEAST_SHARE_OF_U)
    return u / u.sum()


def _values(linker: Linker, name: str) -> pd.Series:
    """A parameter of all levels in the order of `_priors`; NaN where Splink has not observed the level."""
    values = [
        level.get(name)
        for comparison in linker.misc.save_model_to_json()["comparisons"]
        for level in comparison["comparison_levels"]
        if not level.get("is_null_level")
    ]
    return pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").astype(float)


def _comparable(records: pd.DataFrame) -> dict[str, np.ndarray]:
    """Whole numbers that stand for what is compared; -1 is not stated. Equal numbers are equal values."""
    count = len(records)
    names = codes(pd.concat([records["link_given"], records["link_family"]], ignore_index=True))
    sounds = codes(pd.concat([records["link_given_sound"], records["link_family_sound"]], ignore_index=True))
    columns = {"given": names[:count], "family": names[count:]}
    columns |= {"given_sound": sounds[:count], "family_sound": sounds[count:]}
    columns["names"] = _either_way(columns["given"], columns["family"])
    columns["sounds"] = _either_way(columns["given_sound"], columns["family_sound"])
    for name, source in {"sex": "sex", "nationality": "nationality", "area": "area_id"}.items():
        columns[name] = codes(records[source])
    columns |= {name: codes(records[f"link_{name}"]) for name in ("phone", "document")}
    low, high = pd.to_datetime(records["link_birth_low"]), pd.to_datetime(records["link_birth_high"])
    known = low.notna() & high.notna()
    day = known & (low == high)
    years = (low.dt.year, high.dt.year)
    in_year = known & (years[0] == years[1])
    in_month = in_year & (low.dt.month == high.dt.month)
    smaller = np.minimum(low.dt.month, low.dt.day)
    larger = np.maximum(low.dt.month, low.dt.day)
    epoch = pd.Timestamp(0)
    columns["birth_low"] = _whole((low - epoch).dt.days + 100_000, known)  # no day before 1696
    columns["birth_high"] = _whole((high - epoch).dt.days + 100_000, known)
    columns["birth_day"] = np.where(day, columns["birth_low"], -1)
    columns["birth_month"] = _whole(years[0] * 12 + low.dt.month, in_month)
    columns["birth_year"] = _whole(years[0], in_year)
    columns["birth_turned"] = _whole(years[0] * 10_000 + smaller * 100 + larger, day)
    narrow = known & (years[1] - years[0] <= 2)
    columns["year_low"], columns["year_high"] = _whole(years[0], narrow), _whole(years[1], narrow)
    return columns


def codes(values: pd.Series) -> np.ndarray:
    texts = values.astype(object)
    return pd.factorize(texts.where(texts.notna() & (texts != ""), None))[0]


def _whole(values: pd.Series, stated: pd.Series) -> np.ndarray:
    return values.where(stated, -1).fillna(-1).to_numpy(dtype=np.int64)


def _either_way(given: np.ndarray, family: np.ndarray) -> np.ndarray:
    """One number for the two names in either order; -1 where one is missing."""
    first, second = np.minimum(given, family), np.maximum(given, family)
    return np.where(first < 0, -1, first * (second.max(initial=0) + 1) + second)


def _combined(parts: Sequence[np.ndarray]) -> np.ndarray:
    codes = parts[0]
    for part in parts[1:]:
        together = pd.factorize(codes * (np.int64(part.max(initial=0)) + 1) + part)[0]
        codes = np.where((codes < 0) | (part < 0), -1, together)
    return codes


def _block(parts: Sequence[np.ndarray]) -> tuple[np.ndarray, int]:
    """A key made of several columns, -1 where one is missing or too many records share it; how many do."""
    codes, sizes = _sizes(_combined(parts))
    each = np.arange(LARGEST_BLOCK + 1)
    # A record in a block of n is in (n - 1) / 2 of its pairs.
    pairs = np.cumsum(np.bincount(sizes[sizes <= LARGEST_BLOCK], minlength=len(each)) * np.maximum(each - 1, 0) / 2)
    crowded = sizes >= np.searchsorted(pairs, PAIRS_OF_A_KEY, side="right")
    return np.where(crowded, -1, codes), int(crowded.sum())


def _sizes(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes = np.where(key < 0, -1, pd.factorize(key)[0])
    counted = np.bincount(codes[codes >= 0], minlength=1)
    return codes, np.where(codes < 0, 0, counted[codes])


def _pairs_sharing(columns: dict[str, np.ndarray], parts: Sequence[str]) -> int:
    codes, _ = _sizes(_combined([columns[part] for part in parts]))
    counted = np.bincount(codes[codes >= 0], minlength=1).astype(np.int64)
    return int((counted * (counted - 1) // 2).sum())


def _arrow(records: pd.DataFrame, columns: dict[str, np.ndarray], keys: dict[str, np.ndarray]) -> pa.Table:
    """What Splink reads: numbers, and for each name the lists of names within one edit, and within two."""
    table = {"id": pa.array(np.arange(len(records), dtype=np.int32))}
    for name, numbers in {**columns, **keys}.items():
        table[name] = pa.array(numbers, mask=numbers < 0)
    near, around = _within_edits(records, columns)
    for side in ("given", "family"):
        place = pa.array(columns[side], mask=columns[side] < 0)
        table[f"{side}_near"], table[f"{side}_around"] = near.take(place), around.take(place)
    return pa.table(table)


def _within_edits(records: pd.DataFrame, columns: dict[str, np.ndarray]) -> tuple[pa.ListArray, pa.ListArray]:
    """For each name those within one edit, itself among them, and those within one edit of one of these.

    Names within one edit share a one-letter deletion (Mor and Fraenkel 1982). Names that are short, or have many names
    around them, have too many neighbours for a second edit to say anything.
    """
    parts = []
    for side in ("given", "family"):
        distinct, first = np.unique(columns[side], return_index=True)
        lists = records[f"link_{side}_near"].to_numpy()[first]
        parts.append(pd.DataFrame({"name": distinct, "left": lists})[distinct >= 0])
    names = pd.concat(parts).drop_duplicates("name")
    long = names["name"][names["left"].map(len) > SHORT_NAME + 1]
    shorter = names.explode("left")
    shorter["left"] = pd.factorize(shorter["left"])[0]
    near = shorter.merge(shorter, on="left", suffixes=("", "_near"))[["name", "name_near"]].drop_duplicates()
    of_long = near[near["name"].isin(long) & near["name_near"].isin(long)]
    twice = of_long.merge(of_long, left_on="name_near", right_on="name", suffixes=("", "_next"))
    around = twice[["name", "name_near_next"]].set_axis(["name", "name_near"], axis=1).drop_duplicates()
    # Where nearly every name is near to many, two edits say nothing, and the lists would fill the memory.
    crowded = around["name"].value_counts().loc[lambda sizes: sizes > MOST_AROUND].index
    around = around[~around["name"].isin(crowded) & ~around["name_near"].isin(crowded)]
    count = int(names["name"].max()) + 1 if len(names) else 0
    return _lists(near, count), _lists(around, count)


def _lists(pairs: pd.DataFrame, count: int) -> pa.ListArray:
    """For each of `count` names the names that stand beside it in pairs."""
    ordered = pairs.sort_values(["name", "name_near"])
    ends = np.searchsorted(ordered["name"], np.arange(count + 1))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(ordered["name_near"].to_numpy()))


def _pairs(found: pd.DataFrame) -> pd.DataFrame:
    """Splink's table of pairs with levels by name, in a fixed order."""
    pairs = pd.DataFrame({"left": found["id_l"].astype(int), "right": found["id_r"].astype(int)})
    pairs["match_weight"] = found["match_weight"].round(6)
    pairs["match_probability"] = found["match_probability"].round(8)
    for number, (comparison, (_, levels)) in enumerate(COMPARISONS.items()):
        names = ["", *(level for level, *_ in reversed(levels))]  # Splink counts from -1, not stated, upwards
        reached = found[f"gamma_c{number}"].to_numpy(dtype=int) + 1
        pairs[comparison] = pd.Categorical.from_codes(reached, categories=names)
    return pairs.sort_values(["left", "right"], ignore_index=True)
