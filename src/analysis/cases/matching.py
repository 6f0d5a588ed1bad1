"""Matching: which pairs of records are compared, and what levels of agreement they reach.

Splink compares on DuckDB. Conditions are SQL over the two records of a pair, `_l` and `_r`, on the columns made here.
What agreement weighs is estimated in `analysis.cases.match_weights`; the values set here count where records are few.
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

from analysis.cases import token_comparisons
from analysis.cases.match_weights import weighed

_NEAR = "list_contains({0}_near_l, {1}_r)"
_TWO = "list_contains({0}_around_l, {0}_r)"
_SOUND_NEAR = "list_contains({0}_sound_near_l, {0}_sound_r)"
# All words of the shorter one: two brothers can have their father's name in common, as a second name.
_PART = "(list_has_all({0}_words_l, {0}_words_r) or list_has_all({0}_words_r, {0}_words_l))"
_CROSSED = "(list_has_any({0}_words_l, {1}_words_r) or {0}_sound_l = {1}_sound_r)"
_EXCHANGED = (
    f"({_CROSSED.format('given', 'family')} and {_CROSSED.format('family', 'given')} "
    "and given_sound_l <> given_sound_r)"
)
_GAP = "greatest(birth_low_l, birth_low_r) - least(birth_high_l, birth_high_r)"  # days between two spans of birth
_APART = "greatest(detected_low_l, detected_low_r) - least(detected_high_l, detected_high_r)"
_TWO_OF_THREE = " or ".join(
    f"birth_{part}_l = birth_{part}_r" for part in ("month", "day_and_year", "day_of_year", "turned")
)
_BOTH_DAYS = "birth_day_l is not null and birth_day_r is not null"

# Per level, from the closest: name, condition, m and u before anything is known. The values for m are a judgement in
# the range that linkages of names and dates of birth report (Winkler 2006; Harron et al. 2015).
Comparisons = dict[str, tuple[str, tuple[token_comparisons.Level, ...]]]
COMPARISONS: Comparisons = {
    "given": (
        "given_l is null or given_r is null",
        (
            ("exact", "given_l = given_r", 0.71, 0.005),
            ("same consonants", "given_sound_l = given_sound_r", 0.10, 0.005),
            ("one edit", _NEAR.format("given", "given"), 0.10, 0.005),
            ("exchanged", _EXCHANGED, 0.02, 0.00002),
            ("part of the other", _PART.format("given"), 0.03, 0.005),
            ("consonants within one edit", _SOUND_NEAR.format("given"), 0.02, 0.003),
            ("two edits", _TWO.format("given"), 0.01, 0.005),
            ("other", "", 0.01, 0.972),
        ),
    ),
    "family": (
        # Where given and family name are exchanged, the given name has said so for both.
        f"family_l is null or family_r is null or coalesce({_EXCHANGED}, false)",
        (
            ("exact", "family_l = family_r", 0.72, 0.005),
            ("same consonants", "family_sound_l = family_sound_r", 0.10, 0.005),
            ("one edit", _NEAR.format("family", "family"), 0.10, 0.005),
            ("part of the other", _PART.format("family"), 0.03, 0.005),
            ("consonants within one edit", _SOUND_NEAR.format("family"), 0.02, 0.003),
            ("two edits", _TWO.format("family"), 0.01, 0.005),
            ("other", "", 0.02, 0.972),
        ),
    ),
    "birth": (
        f"not ({_BOTH_DAYS})",
        (
            ("same day", "birth_day_l = birth_day_r", 0.86, 0.0003),
            ("two of day, month and year, or swapped", _TWO_OF_THREE, 0.08, 0.01),
            ("same year", "birth_year_l = birth_year_r", 0.03, 0.08),
            ("within a year", f"{_GAP} <= 366", 0.01, 0.1),
            ("other", "", 0.02, 0.81),
        ),
    ),
    "birth_year": (
        f"birth_low_l is null or birth_low_r is null or ({_BOTH_DAYS})",
        (
            ("compatible", f"{_GAP} <= 0", 0.93, 0.12),
            ("within a year", f"{_GAP} <= 366", 0.07, 0.15),
            ("excluded", "", 0.00001, 0.73),
        ),
    ),
    "sex": ("sex_l is null or sex_r is null", (("same", "sex_l = sex_r", 0.98, 0.5), ("other", "", 0.02, 0.5))),
    "nationality": (
        "nationality_l is null or nationality_r is null",
        (("same", "nationality_l = nationality_r", 0.95, 0.4), ("other", "", 0.05, 0.6)),
    ),
    "area": ("area_l is null or area_r is null", (("same", "area_l = area_r", 0.6, 0.15), ("other", "", 0.4, 0.85))),
    # The same person comes to several lists about the same time more often than two others do.
    "detected": (
        "detected_low_l is null or detected_low_r is null",
        (
            ("within a month", f"{_APART} <= 31", 0.4, 0.05),
            ("within a year", f"{_APART} <= 366", 0.3, 0.3),
            ("other", "", 0.3, 0.65),
        ),
    ),
    "exploitation": (
        "exploitation_l is null or exploitation_r is null",
        (("one in common", "list_has_any(exploitation_l, exploitation_r)", 0.7, 0.35), ("other", "", 0.3, 0.65)),
    ),
    "phone": (
        "phone_l is null or phone_r is null",
        (("same", "phone_l = phone_r", 0.6, 0.0005), ("other", "", 0.4, 0.9995)),
    ),
    "document": (
        "document_l is null or document_r is null",
        (("same", "document_l = document_r", 0.85, 0.000001), ("other", "", 0.15, 0.999999)),
    ),
}
KEYS: dict[str, tuple[str, ...]] = {
    "document": ("document",),
    "telephone": ("phone",),
    "both names": ("names",),
    "both by consonants, year": ("sounds", "year_low"),
    "both by consonants, last year": ("sounds", "year_high"),
    "both by consonants, area": ("sounds", "area"),
    "both by consonants": ("sounds",),
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


# Pairs below this probability are not scored further, by what is known beforehand.
LEAST_PROBABILITY = 0.0001
# Up to so many pairs all are compared: those of 2,000 records.
ALL_PAIRS = 2_000_000
# A key shared by more records than this finds no pairs: it says too little, and its pairs grow with the square.
LARGEST_BLOCK = 100
# Where a key would still find more pairs than this, the most common values are left out until it does not.
PAIRS_OF_A_KEY = 4_000_000
# So many pairs are scored at a time: memory grows with them.
PAIRS_AT_ONCE = 8_000_000
# Names of so many letters or fewer, or with more names around them, are not compared by two edits.
SHORT_NAME, MOST_AROUND = 4, 30
SAMPLED_PAIRS = 2_000_000
# The values of u set above count as much as this many sampled pairs.
PRIOR_SAMPLE = 20_000


@dataclass(frozen=True)
class Scores:
    """Pairs of records that may be one person, and by what they were weighed.

    Parameters
    ----------
    pairs : left, right (positions in the records), match_weight (bits), match_probability, and one column a comparison
        with the level that the pair reaches ("" if it is not weighed).
    weights : comparison, level, m, u, weight (bits).
    blocking : key, left_out (records whose key is shared by too many others).
    compared : number of pairs that were compared.
    """

    pairs: pd.DataFrame
    weights: pd.DataFrame
    blocking: pd.DataFrame
    compared: int


def score(records: pd.DataFrame, seed: int) -> Scores:
    """Score all pairs of records; where they are too many, those that share one of `KEYS`.

    Parameters
    ----------
    records : sorted by record_id, with the linkage columns; index from 0.
    seed : of the random sample of pairs.
    """
    columns = _comparable(records)
    compared_by, key_parts = COMPARISONS, KEYS
    if token_comparisons.encoded(records).any():
        compared_by, key_parts = COMPARISONS | token_comparisons.COMPARISONS, KEYS | token_comparisons.KEYS
        columns |= {token: codes(records[f"link_{token}"]) for token in token_comparisons.TOKENS}
    keys, blocking = _keys(columns, key_parts)
    table = _arrow(records, columns, keys)
    # Without a folder for what does not fit into memory: dates of birth are written nowhere.
    with duckdb.connect(config={"threads": 1, "temp_directory": ""}) as connection:
        database = DuckDBAPI(connection)
        registered = database.register(table)
        levels = _sampled(registered, len(records), seed, compared_by)
        linker = _linker(registered, levels, 1 / len(records), compared_by, list(keys))
        compared = _compared(connection, registered.physical_name, list(keys))
        found = _predicted(connection, linker, max(1, round(compared / PAIRS_AT_ONCE)), len(compared_by))
    pairs, weights = weighed(_pairs(found, compared_by), levels, columns)
    if len(compared_by) > len(COMPARISONS):
        pairs = pairs.drop(columns=list(token_comparisons.IN_CLEAR))
        weights = weights[~weights["comparison"].isin(token_comparisons.IN_CLEAR)].reset_index(drop=True)
    return Scores(pairs, weights, blocking, compared)


def _compared(connection: duckdb.DuckDBPyConnection, table: str, keys: Sequence[str]) -> int:
    """The number of pairs that share a key."""
    found = 0
    for number, key in enumerate(keys):
        before = "".join(f" and (l.{other} = r.{other}) is not true" for other in keys[:number])
        query = f"select count(*) from {table} l join {table} r on l.{key} = r.{key} and l.id < r.id{before}"
        found += connection.sql(query).fetchall()[0][0]
    return found


def _predicted(
    connection: duckdb.DuckDBPyConnection, linker: Linker, parts: int, comparisons: int
) -> dict[str, np.ndarray]:
    """The pairs that may be one person, scored part by part: id_l, id_r, and the level of each comparison.

    Of each part only what is read goes on, a byte a comparison; the rest that Splink says of a pair is dropped with it.
    """
    levels = ", ".join(f"gamma_c{number}::tinyint as gamma_c{number}" for number in range(comparisons))
    found = []
    for part in range(1, parts + 1):
        predicted = linker.inference.predict_chunk((part, parts), (1, 1), LEAST_PROBABILITY, warning_mode="never")
        found.append(connection.sql(f"select id_l, id_r, {levels} from {predicted.physical_name}").fetchnumpy())
        predicted.drop_table_from_database_and_remove_from_cache()
    return {name: np.concatenate([each[name] for each in found]) for name in found[0]}


def _priors(compared_by: Comparisons) -> pd.DataFrame:
    rows = [
        (comparison, level, m, u)
        for comparison, (_, levels) in compared_by.items()
        for level, _, m, u in levels
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["comparison", "level", "m", "u"])


def _settings(levels: pd.DataFrame, frequency: float, compared_by: Comparisons, keys: Sequence[str]) -> SettingsCreator:
    """Splink's settings with these m and u; `frequency` is the share of all pairs that are of one person."""
    known = levels.set_index(["comparison", "level"])
    comparisons: list[Any] = []
    for number, (comparison, (unknown, described)) in enumerate(compared_by.items()):
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


def _linker(
    registered: Any, levels: pd.DataFrame, frequency: float, compared_by: Comparisons, keys: Sequence[str] = ()
) -> Linker:
    settings = _settings(levels, frequency, compared_by, keys)
    return Linker(registered, settings, log_level=logging.ERROR, validate_settings=False)


def _sampled(registered: Any, records: int, seed: int, compared_by: Comparisons) -> pd.DataFrame:
    """Levels with m as it is set beforehand, and u from a random sample of pairs, those of one person among them."""
    levels = _priors(compared_by)
    linker = _linker(registered, levels, 1 / records, compared_by)
    linker.training.estimate_u_using_random_sampling(
        max_pairs=SAMPLED_PAIRS, seed=seed + 1, min_count_per_level=None, num_chunks=1
    )
    # What few pairs say is weighed with what is set.
    pairs = min(records * (records - 1) / 2, SAMPLED_PAIRS)
    sampled = _values(linker, "u_probability").fillna(0.0)
    stated = sampled.groupby(levels["comparison"]).transform("sum") > 0
    u = (sampled * pairs + levels["u"] * PRIOR_SAMPLE) / (pairs + PRIOR_SAMPLE)
    return levels.assign(u=u.where(stated, levels["u"]))


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
    # 1 January is what clerks write where they know the year alone.
    first = known & (low == high) & (low.dt.month == 1) & (low.dt.day == 1)
    high = high.where(~first, low + pd.DateOffset(months=12, days=-1))
    day = known & (low == high)
    years = (low.dt.year, high.dt.year)
    in_year = known & (years[0] == years[1])
    in_month = in_year & (low.dt.month == high.dt.month)
    smaller = np.minimum(low.dt.month, low.dt.day)
    larger = np.maximum(low.dt.month, low.dt.day)
    epoch = pd.Timestamp(0)
    detected = pd.to_datetime(records["date_low"]), pd.to_datetime(records["date_high"])
    dated = detected[0].notna() & detected[1].notna()
    for end, day_of in zip(("low", "high"), detected, strict=True):
        columns[f"detected_{end}"] = _whole((day_of - epoch).dt.days + 100_000, dated)
    columns["birth_low"] = _whole((low - epoch).dt.days + 100_000, known)  # no day before 1696
    columns["birth_high"] = _whole((high - epoch).dt.days + 100_000, known)
    columns["birth_day"] = np.where(day, columns["birth_low"], -1)
    columns["birth_month"] = _whole(years[0] * 12 + low.dt.month, in_month)
    columns["birth_year"] = _whole(years[0], in_year)
    columns["birth_turned"] = _whole(years[0] * 10_000 + smaller * 100 + larger, day)
    columns["birth_day_and_year"] = _whole(years[0] * 100 + low.dt.day, day)
    columns["birth_day_of_year"] = _whole(low.dt.month * 100 + low.dt.day, day)
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


def _keys(
    columns: dict[str, np.ndarray], key_parts: dict[str, tuple[str, ...]]
) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Keys by which pairs are found, one that all share where they are few; and how many records each leaves out."""
    records = len(columns["given"])
    if records * (records - 1) // 2 <= ALL_PAIRS:
        return {"key_0": np.zeros(records, np.int64)}, pd.DataFrame({"key": ["every pair"], "left_out": [0]})
    blocks = [_block([columns[part] for part in parts]) for parts in key_parts.values()]
    keys = {f"key_{number}": codes for number, (codes, _) in enumerate(blocks)}
    return keys, pd.DataFrame({"key": list(key_parts), "left_out": [left_out for _, left_out in blocks]})


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


def _arrow(records: pd.DataFrame, columns: dict[str, np.ndarray], keys: dict[str, np.ndarray]) -> pa.Table:
    """The table that Splink reads: numbers, and for each name the lists of names within one edit, and within two."""
    table = {"id": pa.array(np.arange(len(records), dtype=np.int32))}
    for name, numbers in {**columns, **keys}.items():
        table[name] = pa.array(numbers, mask=numbers < 0)
    near, around = _within_edits(records, columns, "near")
    sounds = {side: columns[f"{side}_sound"] for side in ("given", "family")}
    sound_near, _ = _within_edits(records, sounds, "sound_near")
    for side in ("given", "family"):
        for name, of, lists in (
            ("near", side, near),
            ("around", side, around),
            ("sound_near", f"{side}_sound", sound_near),
        ):
            table[f"{side}_{name}"] = lists.take(pa.array(columns[of], mask=columns[of] < 0))
    table |= _words(records)
    codes_of = [text.split(";") if text else None for text in records["exploitation"].astype(str)]
    table["exploitation"] = pa.array(codes_of, pa.list_(pa.string()))
    return pa.table(table)


def _words(records: pd.DataFrame) -> dict[str, pa.ListArray]:
    """The words of each name, by numbers that given and family names share."""
    sides = [records[f"link_{side}_words"] for side in ("given", "family")]
    found = sorted({word for side in sides for words in side for word in words})
    numbers = {word: number for number, word in enumerate(found)}
    return {
        f"{side}_words": pa.array(
            [[numbers[word] for word in words] or None for words in several], pa.list_(pa.int32())
        )
        for side, several in zip(("given", "family"), sides, strict=True)
    }


def _within_edits(
    records: pd.DataFrame, columns: dict[str, np.ndarray], shorter_by: str
) -> tuple[pa.ListArray, pa.ListArray]:
    """The names within one edit of each name, itself among them, and those within one edit of one of these.

    Names within one edit share a one-letter deletion (Mor and Fraenkel 1982). Names that are short, or have many names
    around them, have too many neighbours for a second edit to say anything.

    Parameters
    ----------
    columns : given, family: numbers of the names. shorter_by : ending of the columns with deletions.
    """
    parts = []
    for side in ("given", "family"):
        distinct, first = np.unique(columns[side], return_index=True)
        lists = records[f"link_{side}_{shorter_by}"].to_numpy()[first]
        parts.append(pd.DataFrame({"name": distinct, "left": lists})[distinct >= 0])
    names = pd.concat(parts).drop_duplicates("name")
    long = names["name"][names["left"].map(len) > SHORT_NAME + 1]
    shorter = names.explode("left").dropna()
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
    """The names that stand in pairs beside each of `count` names."""
    ordered = pairs.sort_values(["name", "name_near"])
    ends = np.searchsorted(ordered["name"], np.arange(count + 1))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(ordered["name_near"].to_numpy()))


def _pairs(found: dict[str, np.ndarray], compared_by: Comparisons) -> pd.DataFrame:
    """Splink's table of pairs with levels by name, in a fixed order."""
    pairs = pd.DataFrame({"left": found["id_l"].astype(int), "right": found["id_r"].astype(int)})
    for number, (comparison, (_, levels)) in enumerate(compared_by.items()):
        names = ["", *(level for level, *_ in reversed(levels))]  # Splink counts from -1, not stated, upwards
        reached = found[f"gamma_c{number}"] + np.int8(1)
        pairs[comparison] = pd.Categorical.from_codes(reached, categories=names)
    return pairs.sort_values(["left", "right"], ignore_index=True)
