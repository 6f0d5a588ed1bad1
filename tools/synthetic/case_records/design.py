"""The words in which a synthetic study is stated: every number of its truth stands in one of these."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

import numpy as np

# What surrounds every synthetic person in every file.
WARNING = "SYNTHETIC: no row is about a real person"


@dataclass(frozen=True)
class Trend:
    """The true yearly number of persons in an area: log-linear pieces that meet at the joinpoints.

    Parameters
    ----------
    apc : annual percent change of each piece, in order. joinpoints : years in which one piece ends and the next begins.
    """

    apc: tuple[float, ...]
    joinpoints: tuple[int, ...] = ()

    def relative(self, years: np.ndarray) -> np.ndarray:
        """The curve at `years`, 1 in the first of them."""
        ends = [years[0], *self.joinpoints, np.inf]
        logs = np.zeros(len(years))
        for change, begin, end in zip(self.apc, ends[:-1], ends[1:], strict=True):
            logs += np.log1p(change / 100) * (np.clip(years, begin, end) - begin)
        return np.exp(logs)


@dataclass(frozen=True)
class Form:
    """A form of exploitation. `weight` is its share within `group`; codes are those of ``htcds``.

    Parameters
    ----------
    child, adult : exploitation, as of children and of adults. male : share of males.
    """

    name: str
    group: str
    weight: float
    child: str
    adult: str
    male: float
    sector: str = ""
    sex_exploitation: str = ""


@dataclass(frozen=True)
class Corridor:
    """A journey of persons of one nationality: `weight` is its share among those exploited at its destination."""

    nationality: str
    origin: str
    transit: tuple[str, ...]
    destination: str
    weight: float

    @property
    def places(self) -> tuple[str, ...]:
        return (self.origin, *self.transit, self.destination)


@dataclass(frozen=True)
class Capture:
    """How one list captures persons: a logistic model, and a delay of entry that is lognormal.

    Parameters
    ----------
    intercept : log-odds of a person for whom all effects are 0.
    effects : (attribute, value) -> log-odds added. after : list -> log-odds added for those it has captured.
    individual : log-odds added for one standard deviation of what makes a person visible to every list.
    delay_median, delay_sigma : days from detection to entry; standard deviation of their logarithm.
    twice : share of persons on the list who stand on it a second time.
    not_stated : field -> share of records that leave it blank; 0.04 where nothing else is said.
    """

    list_id: str
    intercept: float
    effects: dict[tuple[str, str], float]
    after: dict[str, float]
    individual: float
    delay_median: float
    delay_sigma: float
    twice: float = 0.0
    not_stated: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Design:
    """A study: who there is, how they came, and which lists see them.

    Parameters
    ----------
    weights : area -> share of all persons (any scale). trends : area -> its curve.
    groups : group of forms -> share of children. tilt : (area, group) -> how much likelier there than elsewhere.
    ages : (first, last year of age at exploitation) -> share of children. adults : share of persons of 18 and more.
    nationalities : area -> nationality -> share ("" for areas that are not named).
    pools : nationality -> pool of names. means, recruitment, recruiter : code -> probability.
    places : place id -> name in the language of the lists. local : area -> further places in it, as (id, name).
    referral : pair of lists between which persons are referred within days. persons : size as committed.
    """

    study: str
    language: str
    first_year: int
    last_year: int
    export: datetime.date
    persons: int
    weights: dict[str, float]
    trends: dict[str, Trend]
    forms: tuple[Form, ...]
    groups: dict[str, float]
    tilt: dict[tuple[str, str], float]
    ages: dict[tuple[int, int], float]
    adults: float
    nationalities: dict[str, dict[str, float]]
    pools: dict[str, str]
    means: dict[str, float]
    recruitment: dict[str, float]
    recruiter: dict[str, float]
    corridors: tuple[Corridor, ...]
    lists: tuple[Capture, ...]
    referral: tuple[str, str]
    places: dict[str, str]
    local: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @property
    def years(self) -> np.ndarray:
        return np.arange(self.first_year, self.last_year + 1)

    def shares_of_nationalities(self, area: str) -> dict[str, float]:
        return self.nationalities.get(area, self.nationalities[""])


def with_direct_ways(
    planted: tuple[Corridor, ...], areas: list[str], nationalities: dict[str, dict[str, float]], home: str
) -> tuple[Corridor, ...]:
    """The simulated corridors, and for all others of an area: from home within it, from abroad straight to it."""
    ways = []
    for area in areas:
        for nationality in nationalities.get(area, nationalities[""]):
            own = [way for way in planted if way.destination == area and way.nationality == nationality]
            rest = 1 - sum(way.weight for way in own)
            origin = area if nationality == home else nationality
            ways += own + ([Corridor(nationality, origin, (), area, round(rest, 6))] if rest > 1e-9 else [])
    return tuple(ways)
