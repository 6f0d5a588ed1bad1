"""What an authority relies on: where advice holds, that it is addressed to it by name, and what comes first."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_recommendations import LEVEL, declared, lacking, row, table

from analysis.recommendations import MET, NOT_KNOWN, NOT_MET, Recommendation, Texts, evaluate, evaluation
from analysis.recommendations.authorities import ROLES, Authority
from analysis.recommendations.conditions import STATES, Compared, InAreas, Origin
from analysis.recommendations.texts import PRIORITIES, TIME_FRAMES

__all__ = ["declared"]
PLACES = ("GHA", "MLI", "NER", "SEN")
HERE = Origin("pledge/recommendations.yml", 1, "WA-01")
GENERAL = {"en": "the ministry", "fr": "le ministère"}


def each(at_least: float = 2, area_ids=PLACES) -> InAreas:
    return InAreas(HERE, "lacking.A3", "west_africa", tuple(area_ids), "at_least", at_least, None, "each", 1)


def advised(name: str = "WA-01", condition=None, **said) -> Recommendation:
    text = {"en": "Do it.", "fr": "Faites-le."}
    plain = {"areas": (), "priority": "medium", "time_frame": "within_3_years", "sdg": ("8.7",), **said}
    rests_on = condition or each()
    return Recommendation(name, "west_africa", text=text, addressee=GENERAL, action=text, rests_on=rests_on, **plain)


def texts(*recommendations: Recommendation) -> Texts:
    return Texts((), recommendations, (), {}, {})


def known(levels) -> object:
    return table(*(lacking(area_id, level) for area_id, level in levels.items()))


LEVELS = st.dictionaries(st.sampled_from(PLACES), LEVEL, min_size=1)


@given(LEVELS, st.sampled_from([1, 2, 3]))
def test_the_whole_is_met_where_one_area_shows_it_and_open_where_none_does_and_some_are_unknown(levels, at_least):
    only, found = advised(condition=each(at_least)), known(levels)
    places = evaluation.by_area(only, found).set_index("area_id")
    assert list(places.index) == sorted(PLACES, key=["GHA", "MLI", "NER", "SEN"].index)
    for area_id in PLACES:
        # What is not stated of an area does not apply there; a level of 0 is in place, and one below what is asked
        # for is a lesser gap, not none.
        level = levels.get(area_id, -1)
        short = "lesser gap" if level is None or level > 0 else "in place" if level == 0 else "does not apply"
        expected = "unknown" if level is None else "shown" if level >= at_least else short
        assert places.at[area_id, "state"] == expected
        assert places.isna().at[area_id, "level"] == (levels.get(area_id) is None)
        assert places.at[area_id, "finding_ids"] == (f"{area_id}/lacking.A3" if area_id in levels else "")
    states = set(places["state"])
    whole = MET if "shown" in states else NOT_KNOWN if "unknown" in states else NOT_MET
    assert evaluate(only.rests_on, found).state == whole


def test_what_each_area_shows_has_its_level_its_period_and_its_sources():
    found = table(row("SEN/lacking.A3", 3, period="2024", source_ids="B;A"), row("GHA/lacking.A3", 1, period="2022"))
    senegal, ghana = (
        evaluation.by_area(advised(), found).set_index("area_id").loc[area_id] for area_id in ("SEN", "GHA")
    )
    assert (senegal["level"], senegal["period"], senegal["source_ids"]) == (3, "2024", "B;A")
    assert (ghana["state"], ghana["level"]) == ("lesser gap", 1)


def test_no_mention_of_a_place_is_unknown_and_never_that_there_is_nothing_there():
    def asked(operator: str, against: float) -> InAreas:
        return InAreas(HERE, "named", "west_africa", PLACES, operator, against, None, "each", 1)

    def mentions(area_id: str, number: int) -> dict[str, object]:
        return row(f"{area_id}/named", number, unit="mentions")

    found = table(mentions("SEN", 4), mentions("GHA", 0))
    named = evaluation.by_area(advised(condition=asked("at_least", 1)), found).set_index("area_id")["state"]
    assert (named["SEN"], named["GHA"]) == ("shown", "unknown")
    # What reports do not name is asked of the reports themselves, and is so.
    unnamed = evaluation.by_area(advised(condition=asked("below", 1)), found).set_index("area_id")["state"]
    assert (unnamed["SEN"], unnamed["GHA"]) == ("not so", "shown")


def test_areas_that_share_one_condition_have_one_state():
    found = table(row("SEN/tried", 5), row("GHA/tried", status="not reported"))
    for finding, state in (("SEN/tried", "shown"), ("GHA/tried", "unknown")):
        only = advised(condition=Compared(HERE, finding, "above", 1.0), areas=("GHA", "SEN"))
        places = evaluation.by_area(only, found)
        assert list(places["state"]) == [state, state]
    assert evaluation.by_area(advised(condition=Compared(HERE, "SEN/tried", "above", 1.0)), found).empty


def test_a_group_follows_from_state_gap_priority_and_time():
    for state, level, priority, time_frame in itertools.product(STATES, [0, 1, 2, 3], PRIORITIES, TIME_FRAMES):
        group = evaluation.group_of(state, level, priority, time_frame)
        assert (group == "unsupported") == (state != MET)
        if state != MET:
            continue
        pressing = level == 3 or (priority, time_frame) == ("high", "within_1_year")
        assert (group == "do_first") == pressing
        assert (group == "later") == (not pressing and priority != "high")


RECOMMENDED = st.lists(
    st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from(PRIORITIES), st.sampled_from(TIME_FRAMES), st.booleans()),
    min_size=1,
    max_size=6,
)


@settings(max_examples=50)
@given(RECOMMENDED, LEVELS, st.sampled_from(["", *PLACES]))
def test_the_order_is_of_groups_and_nothing_is_lost_or_left_without_a_reason(recommended, levels, area_id):
    """Some recommendations ask all areas, some one alone."""
    by_id = {
        f"WA-{n}": advised(
            f"WA-{n}",
            each(at_least, tuple(levels)[:1] if own else PLACES),
            priority=priority,
            time_frame=time_frame,
        )
        for n, (at_least, priority, time_frame, own) in enumerate(recommended)
    }
    found = known(levels)
    order = evaluation.order(texts(*by_id.values()), found, area_id)
    places = {name: evaluation.by_area(one, found).set_index("area_id")["state"] for name, one in by_id.items()}
    concerned = [name for name in by_id if not area_id or places[name].get(area_id) in evaluation.CONCERNED]
    assert sorted(order["recommendation_id"]) == concerned
    assert order["group"].map(evaluation.GROUPS.index).is_monotonic_increasing
    assert (order["missing"].ne("") == order["group"].eq("unsupported")).all()
    for group in ("next", "later"):
        ranks = order.loc[order["group"] == group, "recommendation_id"].map(
            lambda name: PRIORITIES.index(by_id[name].priority)
        )
        assert ranks.is_monotonic_increasing
    # A gap rated high that anything answers comes before all else.
    asked = [area_id] if area_id else PLACES
    if any(levels.get(place) == 3 and place in by_id[name].rests_on.area_ids for name in concerned for place in asked):
        assert order["group"].iloc[0] == "do_first" and order["level"].iloc[0] == 3


def test_a_gap_with_a_recommendation_of_its_own_is_answered_there():
    found = known({"SEN": 3, "GHA": 2})
    general = advised("WA-01", each(2))
    own = advised("WA-02", Compared(HERE, "SEN/lacking.A3", "equals", 3.0), areas=("SEN",))
    order = evaluation.order(texts(general, own), found).set_index("recommendation_id")
    assert order["group"].to_dict() == {"WA-02": "do_first", "WA-01": "later"}
    assert list(evaluation.order(texts(general, own), found, "SEN")["recommendation_id"]) == ["WA-02"]
    assert list(evaluation.order(texts(general, own), found, "GHA")["recommendation_id"]) == ["WA-01"]
    assert evaluation.order(texts(general), found)["group"].tolist() == ["do_first"]


def test_synthetic_data_support_no_advice():
    found = known({"SEN": 3}).assign(kind="synthetic")
    (said,) = evaluation.order(texts(advised()), found).to_dict("records")
    assert (said["group"], said["state"]) == ("unsupported", NOT_KNOWN) and "SYNTHETIC" in said["missing"]


def body(name: str, area: str, *roles: str) -> Authority:
    return Authority(name, area, {"en": f"Body {name}", "fr": f"Organe {name}"}, roles, {"en": "Acts."}, "DOL2021_SEN")


BODIES = (
    body("REGION", "west_africa", "regional"),
    body("SEN-ONE", "SEN", "coordination"),
    body("SEN-TWO", "SEN", "protection", "coordination"),
    body("GHA-ONE", "GHA", "protection"),
)


@pytest.mark.parametrize(
    ("role", "named", "area_id", "expected"),
    [
        ("coordination", (), "SEN", ["SEN-ONE", "SEN-TWO"]),
        ("coordination", (), "GHA", []),
        ("protection", ("SEN-ONE",), "SEN", ["SEN-ONE"]),
        ("protection", ("SEN-ONE",), "GHA", ["GHA-ONE"]),
        ("coordination", ("REGION",), "SEN", ["SEN-ONE", "SEN-TWO", "REGION"]),
        ("coordination", ("REGION",), "", ["REGION"]),
        ("", (), "SEN", []),
        ("", ("SEN-TWO", "SEN-ONE"), "SEN", ["SEN-TWO", "SEN-ONE"]),
    ],
)
def test_advice_goes_to_the_bodies_that_it_names_or_to_those_with_the_role(role, named, area_id, expected):
    chosen = tuple(one for one in BODIES if role in one.roles or one.authority_id in named)
    only = advised(role=role, authorities=named, bodies=chosen)
    assert [one.authority_id for one in evaluation.bodies(only, area_id)] == expected
    assert evaluation.addressees(only, area_id, "fr") == (
        tuple(f"Organe {name}" for name in expected) or ("le ministère",)
    )


@given(st.sampled_from(ROLES), st.sampled_from(PLACES))
def test_nobody_of_another_country_is_addressed_and_somebody_always_is(role, area_id):
    only = advised(role=role, bodies=tuple(one for one in BODIES if role in one.roles))
    assert {one.area for one in evaluation.bodies(only, area_id)} <= {area_id}
    assert evaluation.addressees(only, area_id)


def test_advice_on_one_area_goes_to_its_bodies():
    only = advised(areas=("SEN",), role="coordination", bodies=BODIES[1:3], condition=each(2, ("SEN",)))
    assert evaluation.addressees(only) == ("Body SEN-ONE", "Body SEN-TWO")
