"""The indicator of SDG 16.2.2: victims of trafficking per 100,000 inhabitants, by sex, age and form of exploitation.

Every cell of the indicator of an area and year is a row, whether it has a count or not. What is not reported stays
empty: nothing is added up, divided or set to 0. A rate counts who was detected; it is not incidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.methods.rates import named, rate_table
from bounded import intervals
from bounded.arguments import checked, figures
from bounded.refusal import Refusal, require_columns, require_once, require_values

ALL, UNKNOWN = "all", "unknown"
# The cells of the indicator; in each dimension the whole stands first.
DIMENSIONS = {
    "form": (ALL, "sexual_exploitation", "forced_labour", "other"),
    "sex": (ALL, "female", "male"),
    "age": (ALL, "0-17", "18+"),
}
AREA, PERSONS = ["area_id", "year"], ["sex", "age"]
KEYS = [*AREA, *DIMENSIONS]
# Series of the UN's SDG database, which has a series a form and the dimensions Sex and Age. It counts servitude and
# slavery with forced labour, and the removal of organs alone; UNODC's release counts them with other forms.
SERIES = {ALL: "VC_HTF_DETVR", "sexual_exploitation": "VC_HTF_DETVSXR"}
REPORTED, NOT_KNOWN, NOT_REPORTED = "reported", "not known", "not reported"
ESTIMATED, NOT_ESTIMATED = "estimated", "not estimated"
CONTRADICTION = "the counts contradict each other"
COLUMNS = [
    "series", *KEYS, "status", "victims", "victims_low", "victims_high", "value_qualifier", "population",
    "population_of", "rate", "rate_low", "rate_high", "low", "high", "undetected", "estimated_low", "estimated_high",
    "estimated_rate_low", "estimated_rate_high", "source_ids", "note", "per", "confidence",
]  # fmt: skip


@checked(victims=figures("low", "high"), estimated=figures("low", "high"))
def indicator_16_2_2(
    victims: pd.DataFrame,
    population: pd.DataFrame,
    estimated: pd.DataFrame | None = None,
    per: float = 100_000,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Number of victims of human trafficking per 100,000 population, by sex, age and form of exploitation.

    The indicator is the ratio of victims, detected and undetected, to the residents of the country. Undetected victims
    are estimated nowhere by default: then the rates are of detected victims alone, and each row says so.

    Parameters
    ----------
    victims : detected persons, a row a cell: area_id, year, form, sex, age (`DIMENSIONS`, or "unknown"), low, high,
        value_qualifier (persons), source_id; and `note`, if any.
    population : area_id, year, population (residents), source_id; with `sex` and `age`, of that sex and age, else of
        all. A cell without a population of its own is divided by that of all, and `population_of` says which.
    estimated : detected and undetected persons, where an estimate exists: area_id, year, low, high (persons); with
        `form`, `sex` and `age`, of that cell, else of all.
    per : residents the rate is given for.
    confidence : level of `low` and `high`, between 0 and 1.

    Returns
    -------
    DataFrame, for each area and year that has a count the 36 cells, then those of unknown sex, age or form: series
        (code of the SDG database; missing where it counts other forms together), the keys, status ("reported", "not
        known" for a row without bounds, "not reported" for a cell without a row), victims, victims_low, victims_high,
        value_qualifier, population, population_of, rate, rate_low, rate_high (what the count allows), low, high (exact
        Poisson limits on top), undetected ("estimated", "not estimated"), estimated_low, estimated_high, and their
        rates, source_ids (`;` between them), note, per, confidence (both as given). A count that is more than a whole
        it is part of says so in `note`.

    Raises
    ------
    Refusal : a column is missing (``missing_column``), a cell or population stands twice (``duplicate_key``), a form,
        sex or age is none of the indicator's (``unknown_category``), an estimate is of no cell
        (``estimate_without_cell``), missing, negative or the wrong way round (``invalid_estimate``), or goes below what
        was detected (``more_detected_than_estimated``), or as `rate_table`.

    References
    ----------
    United Nations (2016, definition of 2023). SDG indicator metadata, indicator 16.2.2. Custodian: UNODC.
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437-442.
    """
    require_columns(victims, [*KEYS, *intervals.COLUMNS, "source_id"], "counts of victims")
    require_columns(population, [*AREA, "population", "source_id"], "rows of the population")
    for name, choices in DIMENSIONS.items():
        good = victims[name].isin([*choices, UNKNOWN]).to_numpy()
        why = f", which is none of {', '.join([*choices, UNKNOWN])}"
        require_values(victims[name], good, "unknown_category", why)
    require_once(victims, KEYS, "counts of victims", "choose one of several figures first")

    cells, keys = _cells(victims)
    people = _people(keys, population)
    divided_by = people[[*AREA, *PERSONS, "population"]].drop_duplicates([*AREA, *PERSONS])
    table = rate_table(cells[[*KEYS, *intervals.COLUMNS]], divided_by, per, confidence)
    table.columns = table.columns.str.replace("cases", "victims")
    reported = cells["there"].to_numpy(dtype=bool)
    return table.assign(
        series=table["form"].map(SERIES),
        status=np.select([~reported, table["victims_low"].isna()], [NOT_REPORTED, NOT_KNOWN], REPORTED),
        population_of=people["population_of"],
        source_ids=_joined(";", cells["source_id"], people["people_id"]),
        note=_joined(" ", cells["note"], table["note"].where(reported, ""), _exceeding(table)),
        **_estimates(table, keys, estimated, per),
    )[COLUMNS]


def _as_tuples(table: pd.DataFrame, columns: list[str]) -> Iterator[tuple]:
    return table[columns].itertuples(index=False, name=None)


def _cells(victims: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple]]:
    """The cells of every area and year with a count, those without one empty, then those outside; and their keys."""
    position = {key: number for number, key in enumerate(_as_tuples(victims, KEYS))}
    places = sorted({key[: len(AREA)] for key in position})
    inside = [(*place, *cell) for place in places for cell in product(*DIMENSIONS.values())]
    keys = [*inside, *sorted(key for key in position if UNKNOWN in key)]
    given = victims if "note" in victims else victims.assign(note="")
    given = given[[*intervals.COLUMNS, "source_id", "note"]].reset_index(drop=True)
    found = given.reindex([position.get(key, len(given)) for key in keys]).reset_index(drop=True)
    table = pd.concat([pd.DataFrame(keys, columns=KEYS), found], axis=1)
    return table.assign(there=[key in position for key in keys]), keys


def _people(keys: list[tuple], population: pd.DataFrame) -> pd.DataFrame:
    """The population of each cell's sex and age, or else of all; population_of says which, people_id from where."""
    given = population.assign(**{name: ALL for name in PERSONS if name not in population})
    require_once(given, [*AREA, *PERSONS], "rows of the population", "choose one of several figures first")
    given = given[given["population"].notna()]
    known = dict(zip(_as_tuples(given, [*AREA, *PERSONS]), _as_tuples(given, ["population", "source_id"]), strict=True))
    rows = []
    for area_id, year, _, sex, age in keys:
        key = (area_id, year, sex, age)
        used = key if key in known else (*key[: len(AREA)], ALL, ALL)
        of = " ".join(value for value in used[len(AREA) :] if value != ALL) or ALL
        rows.append((*key, *known.get(used, (np.nan, None)), of if used in known else None))
    return pd.DataFrame(rows, columns=[*AREA, *PERSONS, "population", "people_id", "population_of"])


def _exceeding(table: pd.DataFrame) -> NDArray[np.object_]:
    """A whole that has certainly fewer persons than this part of it, in words, row by row; "" where there is none."""
    inside = ~table[list(DIMENSIONS)].eq(UNKNOWN).any(axis=1)
    shape = (-1, *(len(choices) for choices in DIMENSIONS.values()))
    rows = table.loc[inside, ["victims_low", "victims_high"]].to_numpy(dtype=float)
    low, high = (rows[:, end].reshape(shape) for end in (0, 1))
    found = np.full(low.shape, "", dtype=object)
    # From the whole of everything to the nearest: the nearest is named.
    for whole in sorted(product((True, False), repeat=len(DIMENSIONS)), key=sum, reverse=True):
        most = high[:, *(slice(0, 1) if widened else slice(None) for widened in whole)]
        for at in zip(*np.nonzero(low > most), strict=True):
            cell = [0 if widened else place for widened, place in zip(whole, at[1:], strict=True)]
            found[at] = _more_than([choices[n] for choices, n in zip(DIMENSIONS.values(), cell, strict=True)])
    said = np.full(len(table), "", dtype=object)
    said[inside.to_numpy()] = found.ravel()
    return said


def _more_than(cell: list[str]) -> str:
    of = ", ".join(f"{name} {value.replace('_', ' ')}" for name, value in zip(DIMENSIONS, cell, strict=True))
    return f"More persons than are reported for the whole of {of}: {CONTRADICTION}."


def _joined(between: str, *columns: Iterable[object]) -> list[str]:
    """The texts of each row that say something, each once."""
    rows = zip(*columns, strict=True)
    return [between.join(dict.fromkeys(each for each in row if isinstance(each, str) and each)) for row in rows]


def _require_estimate(key: tuple, low: float, high: float) -> None:
    """Refuse bounds of an estimate that are missing, negative or the wrong way round."""
    if not (0 <= low <= high and np.isfinite(low)):
        raise Refusal(
            "invalid_estimate",
            f"The estimate of {named(dict(zip(KEYS, key, strict=True)), KEYS)} goes from {low:g} to {high:g}: give the "
            "least and the greatest number of persons, both known, from 0 up, and the least first.",
        )


def _estimates(
    table: pd.DataFrame, keys: list[tuple], estimated: pd.DataFrame | None, per: float
) -> dict[str, NDArray]:
    """The range of detected and undetected persons of each row, and its rates; missing where nothing was estimated."""
    found = np.full((len(table), 2), np.nan)
    if estimated is not None:
        require_columns(estimated, [*AREA, "low", "high"], "estimates")
        given = estimated.assign(**{name: ALL for name in DIMENSIONS if name not in estimated})
        require_once(given, KEYS, "estimates", "choose one of several estimates first")
        position = {key: number for number, key in enumerate(keys)}
        for key, bounds in zip(_as_tuples(given, KEYS), _as_tuples(given, ["low", "high"]), strict=True):
            if key not in position:
                which = named(dict(zip(KEYS, key, strict=True)), KEYS)
                raise Refusal("estimate_without_cell", f"The estimate of {which} is of no area and year with counts.")
            found[position[key]] = bounds
            _require_estimate(key, *bounds)
    below = found[:, 0] < table["victims_low"].to_numpy()
    if below.any():
        which = named(table[below].iloc[0], KEYS)
        raise Refusal(
            "more_detected_than_estimated",
            f"Of {which} more persons were detected than are estimated at least: the estimate counts those who were "
            "detected too, so that no limit lies below their number.",
        )
    size = table["population"].to_numpy()
    rates = found * np.divide(per, size, out=np.full(len(size), np.nan), where=size > 0)[:, None]
    return {
        "undetected": np.where(np.isnan(found[:, 0]), NOT_ESTIMATED, ESTIMATED),
        "estimated_low": found[:, 0],
        "estimated_high": found[:, 1],
        "estimated_rate_low": rates[:, 0],
        "estimated_rate_high": rates[:, 1],
    }
