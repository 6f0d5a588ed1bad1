"""Contradictions that a policy adviser found in earlier briefs, planted one by one: each is found where it stands."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import report_material as m
from refusals import refused

from analysis.recommendations.conditions import Compared, Origin
from analysis.recommendations.gap_actions import GapAction
from analysis.recommendations.texts import Recommendation, Texts
from analysis.report import coherence, key_numbers
from analysis.report.coherence import IncoherentTexts, Pledge, check, faults, untraceable
from analysis.report.statements import statements

HERE = Origin("pledge/recommendations.yml", 1, "XX-01")
CASES = "cabo_verde/official_reports.trafficking_suspected_cases_prosecution"
CONVICTED = "CPV-SAL/official_reports.trafficking_convictions"


def row(finding_id: str, low: float, period: str = "2023", unit: str = "persons", **more: Any) -> dict[str, Any]:
    """A finding as a row of the table."""
    area_id, _, quantity = finding_id.partition("/")
    found = {"finding_id": finding_id, "area_id": area_id, "measure": quantity.partition(".")[0], "period": period}
    found |= {"item": quantity.partition(".")[2], "low": low, "high": low, "unit": unit, "n": None, "status": "known"}
    return found | {"source_ids": "TIP2023_SEN"} | more


ROWS = [
    row(CASES, 19, "2015-01/2025-11"),
    row(f"{CASES}_archived", 11, "2015-01/2025-11"),
    row(f"{CASES}_ongoing", 6, "2015-01/2025-11"),
    row(CONVICTED, 1, "2015-01/2025-11", source_ids="EXPRESSO20251116"),
    row("cabo_verde/official_reports.trafficking_convictions", 1, "2016/2024", source_ids="ILO_C29_2023_SEN"),
    row("west_africa/countries_without_conviction", 11, "2021/2025", "countries", n=16),
    row("west_africa/indicators_unknown", 432, "2018/2025", "indicators", n=952),
    row("west_africa/corridors_covered.own_agreement", 20, "2013/2024", "percent", n=173),
    row("west_africa/corridors_covered.none_found", 40, "2013/2024", "percent", n=173),
    row("SEN/headline.victims", 344, "2023"),
    row("SEN/headline.child_victims", 344, "2023"),
    row("SEN/share_of_children.headline", 94, "2022", "percent"),
    row("CPV-SAL/official_persons.potential_victims", 2, "2022"),
    row("turkiye/found_per_effort.child_victims_us_reports.per_interview.latest", 3, "2023", "per_1000", n=51),
    row("turkiye/published_share.paid_work.male.aged_15_17", 45.1, "2018", "percent"),
    row("CPV-SAL/route_mentions.destination", 6, "2015/2024", "mentions"),
    row("CPV-SANTIAGO/route_mentions.destination", 5, "2015/2024", "mentions"),
    row("CPV-BOAVISTA/route_mentions.destination", 4, "2015/2024", "mentions"),
    row("CPV-SAL/official_reports.icca_child_sexual_abuse_reports", 40, "2020-01/2020-07"),
    row("CPV-SAL/official_rate.icca_child_sexual_abuse_reports", 120, "2020-01/2020-07", "per_100000"),
    row("SEN/gap.C2b", 1, "2022", "level"),
    row("SEN/gap.A3", 3, "2024", "level"),
]
# What a text may say: each number with its period, its parts with the rest, its places by name.
SOUND = f"""---
title: "A brief"
---

## The answer

In [[{CASES}|period]] there were [[{CASES}]] suspected cases: [[{CASES}_archived]] were closed,
[[{CASES}_ongoing]] open, and the others ended in court ([[source:EXPRESSO20251116]]): [[{CONVICTED}]] in a conviction.
The law lacks an article: [[SEN/gap.A3|period]].

[[actions:XX-01]]

- In [[SEN/headline.victims|period]] the authorities identified [[SEN/headline.victims]] victims.
"""


def advice(name: str, finding: str) -> Recommendation:
    said = {"en": "Do it."}
    rests_on = Compared(HERE, finding, ">=", 1.0)
    return Recommendation(name, "west_africa", (), said, said, said, "high", "within_1_year", ("8.7",), rests_on)


def action(missing: str) -> GapAction:
    said, place = {"en": "Do it."}, SimpleNamespace()
    done = Compared(HERE, "SEN/gap.A3", "<=", 0.0)
    where = "pledge/actions/SEN.yml, line 7"
    return GapAction(
        "SEN-1", "SEN", "SEN/gap.A3", {"en": missing}, said, said, place, said, "2027-12-31", said, done, said, where
    )


def pledge(text: str = SOUND, *, name: str = "cabo_verde", missing: str = "", alt: str = "", other: str = "") -> Pledge:
    """A brief, with one action and one figure, beside another text."""
    written = {(f"pledge/briefs/en/{name}.md", "en"): text}
    if other:
        written["pledge/chapters/en/summary.md", "en"] = other
    advised = (advice("XX-01", "SEN/gap.A3"), advice("WA-01", "SEN/gap.C2b"))
    actions = (action(missing),) if missing else ()
    texts = Texts((), advised, (), {}, {"plan": {"en": "plan of 2022"}}, gap_actions=actions)
    figure = SimpleNamespace(alt=alt)
    return Pledge(written, texts, {str(each["finding_id"]): each for each in ROWS}, lambda *_: figure)


def found(of: Pledge) -> dict[str, list[str]]:
    by_rule: dict[str, list[str]] = {}
    for fault in faults(of):
        by_rule.setdefault(fault.rule, []).append(str(fault))
    return by_rule


def test_a_sound_text_has_no_fault():
    assert found(pledge(missing="The law has no such article ([[source:TIP2023_SEN]]).")) == {}
    check(pledge())


# What is planted: the rule that finds it, the line where it stands, and the text, the figure or the action that has it.
PLANTED = {
    "19 suspected cases: 11 closed, 6 open, 1 convicted, which makes 18": (
        "parts_sum",
        3,
        {
            "text": f"Of [[{CASES}|period]]:\n\n"
            f"Of [[{CASES}]] cases ([[{CASES}|period]], [[source:EXPRESSO20251116]]) [[{CASES}_archived]] were closed, "
            f"[[{CASES}_ongoing]] are open and [[{CONVICTED}]] ended in a conviction; all were suspected.\n"
        },
    ),
    "a conviction of 2015-2025 that another text dates 2016-2024": (
        "one_event_one_date",
        1,
        {
            "text": f"In [[{CONVICTED}|period]] there was [[{CONVICTED}]] conviction.\n",
            "other": "In [[cabo_verde/official_reports.trafficking_convictions|period]] there was "
            "[[cabo_verde/official_reports.trafficking_convictions]] conviction ([[source:ILO_C29_2023_SEN]]).\n",
        },
    ),
    "952 answers in the text, 960 in its figure": (
        "figures_agree",
        3,
        {
            "text": "Of [[west_africa/indicators_unknown|n]] answers, [[west_africa/indicators_unknown]] are unknown "
            "([[SEN/headline.victims|period]]).\n\n[[figure:referral_mechanisms/west_africa/referral_gaps|Answers]]\n",
            "alt": "West Africa: 494 of 960 answers known.",
        },
    ),
    "in 11 of 16 countries no conviction, without their names": (
        "places_are_named",
        1,
        {
            "text": "In [[west_africa/countries_without_conviction]] of [[west_africa/countries_without_conviction|n]] "
            "countries, Nigeria and Niger among them, no conviction was reported.\n"
        },
    ),
    "agreement 20 %, none 40 %, the rest unexplained": (
        "parts_sum",
        1,
        {
            "text": "Of [[west_africa/corridors_covered.none_found|n]] corridors "
            "[[west_africa/corridors_covered.own_agreement]] have an agreement and "
            "[[west_africa/corridors_covered.none_found]] have none.\n"
        },
    ),
    "344 children beside 94 % of another year": (
        "one_period",
        2,
        {
            "text": "In [[SEN/headline.victims|period]] the authorities identified\n"
            "many. There were [[SEN/headline.child_victims]] children, [[SEN/share_of_children.headline]] of all.\n"
        },
    ),
    "a count without its year": (
        "has_period",
        1,
        {"text": "The authorities identified [[SEN/headline.victims]] victims.\n"},
    ),
    "a gap worded as an achievement": (
        "missing_is_said",
        7,
        {"missing": "National action plan in force, costed and monitored ([[source:TIP2023_SEN]])."},
    ),
    "a gap that nobody is said to have found": (
        "missing_is_said",
        7,
        {"missing": "The law has no such article."},
    ),
    "an action that answers another gap than those of the brief": (
        "actions_answer_gaps",
        11,
        {"text": SOUND.replace("[[actions:XX-01]]", "[[actions:WA-01]]")},
    ),
    "potential victims who are called recorded": (
        "called_by_name",
        1,
        {
            "text": "Sal recorded [[CPV-SAL/official_persons.potential_victims]] victims in "
            "[[CPV-SAL/official_persons.potential_victims|period]].\n"
        },
    ),
    "a rate without the count that it rests on": (
        "rate_has_counts",
        1,
        {
            "text": "Child victims were "
            "[[turkiye/found_per_effort.child_victims_us_reports.per_interview.latest]] interviewed in "
            "[[turkiye/found_per_effort.child_victims_us_reports.per_interview.latest|period]].\n"
        },
    ),
    "45.1 % in paid work, of nobody": (
        "share_has_base",
        1,
        {
            "text": "In [[turkiye/published_share.paid_work.male.aged_15_17|period]] "
            "[[turkiye/published_share.paid_work.male.aged_15_17]] were in paid work.\n"
        },
    ),
    "6 name Sal and 4 Boa Vista, and Santiago is left out": (
        "ranking_is_whole",
        1,
        {
            "text": "Reports of [[CPV-SAL/route_mentions.destination|period]] name Sal in "
            "[[CPV-SAL/route_mentions.destination]] and Boa Vista in [[CPV-BOAVISTA/route_mentions.destination]].\n"
        },
    ),
    "reports of an island without its inhabitants": (
        "count_has_inhabitants",
        1,
        {
            "text": "In [[CPV-SAL/official_reports.icca_child_sexual_abuse_reports|period]] ICCA received "
            "[[CPV-SAL/official_reports.icca_child_sexual_abuse_reports]] reports on Sal.\n"
        },
    ),
    "a brief whose state would be the day on which it is made": (
        "has_state",
        1,
        {"text": "The islands are many.\n"},
    ),
    "a brief of a place that there is not": (
        "is_of_a_place",
        1,
        {"name": "cape_verde"},
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_contradiction_is_found_with_its_file_and_line(what):
    rule, line, planted = PLANTED[what]
    of = found(pledge(**planted))
    assert rule in of, f"{what}: not found; found were {sorted(of)}"
    file = "actions/SEN.yml" if rule == "missing_is_said" else f"briefs/en/{planted.get('name', 'cabo_verde')}.md"
    assert any(f"pledge/{file}, line {line}: " in fault for fault in of[rule]), of[rule]
    with pytest.raises(IncoherentTexts, match="line"):
        check(pledge(**planted))


def test_a_source_without_an_address_and_a_page_that_quotes_nobody_are_named(monkeypatch):
    kept = {"publisher": "A page", "original_publisher": "A ministry", "read_as": "quotation", "url": "https://a.org"}
    monkeypatch.setattr(coherence, "_source", lambda source_id: kept | known[source_id])
    known = {"WHOLE": {}, "NOT_KEPT": {"url": ""}, "NOBODY": {"original_publisher": ""}, "OWN": {"read_as": "derived"}}
    assert untraceable("WHOLE") == untraceable("OWN") == ""
    assert "no address" in untraceable("NOT_KEPT") and "not named" in untraceable("NOBODY")
    found_in = found(pledge("Interviews in [[SEN/gap.A3|period]] found none ([[source:NOT_KEPT]]).\n"))
    assert [fault.partition(": ")[0] for fault in found_in["traceable"]] == ["pledge/briefs/en/cabo_verde.md, line 1"]


def test_a_caption_names_those_first_that_the_map_shows_first():
    of = pledge("[[figure:routes/SEN/flow_map_mentions|Mali is named most often at the other end (sentences)]]\n")
    rows = dict(of.rows)
    for partner, mentions in (("MLI", 3.0), ("GNB", 9.0)):
        rows[f"SEN/partner_mentions.{partner}"] = row(f"SEN/partner_mentions.{partner}", mentions)
    wrong = found(Pledge(of.written, of.texts, rows, of.shown))["figures_agree"]
    assert len(wrong) == 1 and "Mali" in wrong[0]
    rows["SEN/partner_mentions.MLI"] = row("SEN/partner_mentions.MLI", 10.0)
    assert "figures_agree" not in found(Pledge(of.written, of.texts, rows, of.shown))


def test_the_name_of_a_survey_says_its_year():
    text = "Of the children of the [[term:plan]], [[SEN/share_of_children.headline]] are found.\n"
    assert "has_period" not in found(pledge(text))
    assert "has_period" in found(pledge(text.replace("[[term:plan]]", "plan")))


def test_sentences_begin_where_they_stand():
    text = "# Title\n\nOne [[SEN/headline.victims]]. Two of\nthem. A third (see e.g. there).\n\n- A point. Its end.\n"
    said = [(each.line, each.text) for each in statements("a.md", text, "en", {})]
    assert [line for line, _ in said] == [3, 3, 4, 6, 6]
    assert said[1][1] == "Two of\nthem." and said[3][1] == "- A point."


def test_all_faults_are_told_at_once():
    text = PLANTED["a count without its year"][2]["text"] + "\n" + PLANTED["45.1 % in paid work, of nobody"][2]["text"]
    with refused(IncoherentTexts, "incoherent_texts", "line 1", "line 3"):
        check(pledge(text))


def test_a_page_that_says_another_number_than_its_finding_is_named():
    rows = {str(each["finding_id"]): each for each in m.material().table.to_dict("records")}
    of_sal = [each for each in rows.values() if each["area_id"] == "CPV-SAL" and each["analysis"] == "incidence"]
    numbers = key_numbers.of_findings(of_sal, local=True)
    of = pledge()
    assert numbers["victims"]["value"] == "5"
    right = Pledge({}, of.texts, rows, of.shown, {("incidence", "CPV-SAL"): numbers})
    assert found(right) == {}
    wrong = replace(
        right, pages={("incidence", "CPV-SAL"): {**numbers, "victims": numbers["victims"] | {"value": "6"}}}
    )
    assert "CPV-SAL/incidence.html" in found(wrong)["pages_agree"][0]
