"""What the notebook on referral mechanisms holds when it states its findings, by its own calls, for any place."""

from __future__ import annotations

from functools import cache

import pandas as pd

from analysis import catalog, evidence
from analysis.areas import Area
from analysis.exhibits import Exhibit, referral_cooperation, referral_evidence, referral_gaps, referral_law
from analysis.exhibits import findings_referral_mechanisms as found
from analysis.exhibits import referral_profile as profile
from analysis.findings.finding import Finding
from analysis.methods import origin_destination
from analysis.referral import agreements, answers, gaps, profiles

AS_OF, WITHIN = referral_evidence.AS_OF, referral_evidence.WITHIN
# The report whose suggested actions are compared, and the years of mentions.
REPORT_YEAR, YEARS = 2022, (2013, 2024)


@cache
def latest() -> pd.DataFrame:
    return answers.latest(referral_evidence.all_readings(), AS_OF, WITHIN)


@cache
def register() -> pd.DataFrame:
    known, framework = referral_evidence.answers(), referral_evidence.framework()
    treaties = referral_evidence.of_study("treaties")
    return gaps.gaps(latest(), referral_evidence.all_readings(), known, framework, treaties)


@cache
def states() -> pd.DataFrame:
    return referral_evidence.dated_states(referral_evidence.answers(), register())


@cache
def dimensions() -> pd.DataFrame:
    scored = answers.scored(referral_evidence.answers())
    return referral_evidence.with_heads(profiles.profile(scored, ["area_id", "dimension_id"]))


@cache
def cover() -> agreements.CorridorCover:
    countries = referral_evidence.area_ids()
    matrix = origin_destination.mention_matrix(evidence.route_mentions(), countries, YEARS)
    return agreements.corridor_cover(matrix, agreements.agreement_pairs(catalog.load("agreements")), countries)


def exhibits_of(place: Area) -> dict[str, Exhibit]:
    """The exhibits that findings are read from."""
    known, window, statuses = referral_evidence.answers(), "", referral_law.treaties(place)
    actions = referral_gaps.suggested(place, REPORT_YEAR)
    compared = gaps.beside_actions(
        actions, referral_evidence.rows_in(place, register()), referral_evidence.rows_in(place, states())
    )
    by = "country" if place.is_study else "dimension"
    return {
        "scores": profile.scores(place, known, dimensions(), profiles.composite(dimensions()), window),
        "answers": profile.indicator_states(place, known, states(), register(), window),
        "gaps": referral_gaps.gaps_by(place, register(), known, states(), window, by=by),
        "states": profile.states_by_country(place, states(), window),
        "treaties": referral_law.treaties_bound(place, statuses),
        "corridors": referral_cooperation.corridors_by_agreement(place, cover(), YEARS),
        "actions": referral_gaps.suggested_actions(place, actions, compared, register(), REPORT_YEAR)[-1],
    }


def findings(place: Area) -> list[Finding]:
    return found.of_referral_mechanisms(
        place,
        known=referral_evidence.answers(),
        states=states(),
        register=register(),
        treaties=referral_law.treaties(place),
        actions=referral_gaps.suggested(place, REPORT_YEAR),
        exhibits=exhibits_of(place),
    )
