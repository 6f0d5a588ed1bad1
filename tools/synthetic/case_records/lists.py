"""Which lists see which persons, when, and when they enter them: captures that depend on each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tools.synthetic.case_records.design import Capture, Design

# From the first day on which lists can see a person, so many days at most until one does; never in a later year.
WITHIN = 120
REFERRED_WITHIN = 10


def captures(design: Design, persons: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Every capture of a person by a list, in the order in which the list entered them.

    Parameters
    ----------
    persons : as `population.people` gives them.

    Returns
    -------
    DataFrame: list (place in ``design.lists``), person (place in `persons`), entry (1, or 2 for a second one),
    detected and reported (days, datetime64), referred (day of referral between the two lists that refer; NaT for none),
    exported (whether it was entered by the day of the export).
    """
    n = len(persons)
    visibility = rng.standard_normal(n)
    captured: dict[str, np.ndarray] = {}
    detected: dict[str, np.ndarray] = {}
    first = persons["visible"].to_numpy().astype("datetime64[D]")
    last = first.astype("datetime64[Y]").astype("datetime64[D]") + 364
    found = []
    for place, capture in enumerate(design.lists):
        odds = log_odds(capture, persons, visibility, captured)
        caught = rng.random(n) < 1 / (1 + np.exp(-odds))
        left = (last - first).astype(int)
        day = first + (rng.random(n) * (np.minimum(WITHIN, left) + 1)).astype(int)
        sender, receiver = design.referral
        if capture.list_id == receiver:
            sent = captured[sender]
            day = np.where(sent, np.minimum(detected[sender] + rng.integers(1, REFERRED_WITHIN, n), last), day)
        captured[capture.list_id], detected[capture.list_id] = caught, day
        who = np.flatnonzero(caught)
        again = who[rng.random(len(who)) < capture.twice]
        later = day[again] + (rng.random(len(again)) * ((last[again] - day[again]).astype(int) + 1)).astype(int)
        found.append(
            pd.DataFrame(
                {
                    "list": np.int8(place),
                    "person": np.concatenate([who, again]).astype(np.int32),
                    "entry": np.repeat(np.array([1, 2], np.int8), [len(who), len(again)]),
                    "detected": np.concatenate([day[who], later]).astype("datetime64[s]"),
                }
            )
        )
    table = pd.concat(found, ignore_index=True)
    table["reported"] = table["detected"] + _delays(design, table["list"].to_numpy(), rng).astype(
        "timedelta64[D]"
    ).astype("timedelta64[s]")
    table["referred"] = _referrals(design, table, captured, detected)
    table["exported"] = table["reported"] <= pd.Timestamp(design.export)
    return table.sort_values(["list", "reported", "person", "entry"], kind="stable", ignore_index=True)


def log_odds(
    capture: Capture, persons: pd.DataFrame, visibility: np.ndarray, captured: dict[str, np.ndarray]
) -> np.ndarray:
    """Log-odds with which a list captures each person, given which other lists have.

    Parameters
    ----------
    visibility : standard normal, one number a person. captured : list -> whether it has each person.
    """
    odds = capture.intercept + capture.individual * visibility
    for (attribute, value), effect in capture.effects.items():
        odds = odds + effect * (persons[attribute] == value).to_numpy()
    for other, effect in capture.after.items():
        odds = odds + effect * captured[other]
    return odds


def _delays(design: Design, place: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    medians = np.array([capture.delay_median for capture in design.lists])
    sigmas = np.array([capture.delay_sigma for capture in design.lists])
    return np.floor(medians[place] * np.exp(sigmas[place] * rng.standard_normal(len(place)))).astype(int)


def _referrals(
    design: Design, table: pd.DataFrame, captured: dict[str, np.ndarray], detected: dict[str, np.ndarray]
) -> np.ndarray:
    """The day on which the second list of the pair received a person from the first, on the first entry of both."""
    sender, receiver = design.referral
    ids = [capture.list_id for capture in design.lists]
    person = table["person"].to_numpy()
    both = (captured[sender] & captured[receiver])[person] & (table["entry"] == 1).to_numpy()
    both &= table["list"].isin([ids.index(sender), ids.index(receiver)]).to_numpy()
    return np.where(both, detected[receiver][person], np.datetime64("NaT", "D")).astype("datetime64[s]")


def parameters_table(design: Design, table: pd.DataFrame, persons: int) -> pd.DataFrame:
    """How the lists capture: list_id, term, value, unit. Log-odds of the model, and what came of it.

    The terms `persons`, `captured` and `on_more_lists` are true totals: of the study, of the list, and of the persons
    on this list and on another one.
    """
    ids = [capture.list_id for capture in design.lists]
    lists_of = table.groupby("person")["list"].nunique()
    on_more = set(lists_of.index[lists_of > 1])
    rows: list[tuple[str, str, float, str]] = []
    for place, capture in enumerate(design.lists):
        here = table.loc[table["list"] == place, "person"].unique()
        rows.append((ids[place], "intercept", capture.intercept, "log-odds"))
        rows += [
            (ids[place], f"{what}={value}", effect, "log-odds") for (what, value), effect in capture.effects.items()
        ]
        rows += [(ids[place], f"captured_by={other}", effect, "log-odds") for other, effect in capture.after.items()]
        rows.append((ids[place], "individual", capture.individual, "log-odds a standard deviation"))
        rows.append((ids[place], "listed_twice", capture.twice, "share of persons captured"))
        rows.append((ids[place], "persons", persons, "persons"))
        rows.append((ids[place], "captured", len(here), "persons"))
        rows.append((ids[place], "on_more_lists", sum(one in on_more for one in here.tolist()), "persons"))
    return pd.DataFrame(rows, columns=["list_id", "term", "value", "unit"])


def delay_table(design: Design, table: pd.DataFrame) -> pd.DataFrame:
    """Delay from detection to entry: list_id, distribution, median_days, sigma, export, captures, not_yet_entered."""
    rows = []
    for place, capture in enumerate(design.lists):
        here = table[table["list"] == place]
        rows.append(
            (
                capture.list_id,
                "lognormal, whole days, rounded down",
                capture.delay_median,
                capture.delay_sigma,
                design.export.isoformat(),
                len(here),
                int((~here["exported"]).sum()),
            )
        )
    columns = ["list_id", "distribution", "median_days", "sigma", "export", "captures", "not_yet_entered"]
    return pd.DataFrame(rows, columns=columns)
