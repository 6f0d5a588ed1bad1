"""Recommendations in the report: what to do first, who is to act, and in which places the evidence shows the gap."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from analysis import areas, bibliography
from analysis.findings.measures import area_name, capital
from analysis.recommendations import advice
from analysis.recommendations.texts import Authority, Recommendation, Texts
from analysis.report import markdown
from analysis.report.answers import in_language, short_sources
from analysis.report.writer import Writer, template

_SOURCES = 90  # letters
_LETTERS = re.compile(r"\(([A-Z][A-Za-z/-]{2,})\)$")


def of_area(table: pd.DataFrame, texts: Texts, area_id: str, language: str) -> list[Recommendation]:
    """What is recommended for an area and supported by the findings there, in the order in which it is to be done."""
    there = _in_language(texts, language)
    order = advice.order(there, table, area_id, language)
    supported = order.loc[order["group"] != advice.UNSUPPORTED, "recommendation_id"]
    by_id = {each.recommendation_id: each for each in there.recommendations}
    return [by_id[name] for name in supported]


def _in_language(texts: Texts, language: str) -> Texts:
    return replace(texts, recommendations=tuple(each for each in texts.recommendations if language in each.text))


def line(writer: Writer, recommendation: Recommendation, area_id: str = "") -> str:
    """A recommendation in one line: who, what, by when."""
    who = "; ".join(advice.addressees(recommendation, area_id, writer.language))
    if recommendation.areas and not area_id:
        # Bodies of several countries may bear one name.
        named = ", ".join(area_name(each, writer.language) for each in recommendation.areas)
        who = f"{named}{writer.words('colon')} {who}"
    return writer.words(
        "advice",
        "by_when",
        who=markdown.escaped(capital(who, writer.language)),
        action=markdown.escaped(writer.in_language(recommendation.action)),
        when=writer.words("time_frames", recommendation.time_frame),
        id=recommendation.recommendation_id,
    )


def chapter(writer: Writer, table: pd.DataFrame, recommendations: Sequence[Recommendation]) -> str:
    """All recommendations: do first, next, later, and last those that the evidence does not support yet."""
    texts = replace(writer.texts, recommendations=tuple(recommendations))
    order = advice.order(texts, table, language=writer.language)
    by_id = {each.recommendation_id: each for each in recommendations}
    parts = []
    for group in advice.GROUPS:
        rows = order[order["group"] == group].to_dict("records")
        if rows:
            parts.append(f"## {markdown.escaped(writer.words('advice', group))}")
            if group in (advice.DO_FIRST, advice.UNSUPPORTED):
                parts.append(markdown.escaped(writer.words("advice", f"{group}_note")))
            parts += [_one(writer, by_id[row["recommendation_id"]], str(row["missing"]), table) for row in rows]
    if mandates := _mandates(writer, recommendations):
        # In print they would take three pages.
        said = mandates if writer.site else markdown.escaped(writer.words("advice", "mandates_on_site"))
        parts += [f"## {markdown.escaped(writer.words('advice', 'mandate'))}", said]
    return "\n\n".join(parts)


def _one(writer: Writer, recommendation: Recommendation, missing: str, table: pd.DataFrame) -> str:
    """A recommendation with its text, who is to act, where it holds, and what is missing."""
    name = recommendation.recommendation_id
    there = advice.by_area(recommendation, table)
    words = writer.words
    return template("recommendation.md.j2").render(
        anchor=f"recommendation-{name}",
        title=f"{name}. {capital(writer.in_language(recommendation.action), writer.language)}",
        text=writer.text(writer.in_language(recommendation.text), f"pledge/recommendations.yml, {name}"),
        who=_who(writer, recommendation, there),
        when=words("time_frames", recommendation.time_frame),
        sdg=", ".join(recommendation.sdg),
        places=[
            (words("advice", said), _names(writer, recommendation, there, state))
            for said, state in (
                ("shown", advice.SHOWN),
                ("unknown", advice.UNKNOWN),
                ("not_concerned", advice.NOT_CONCERNED),
            )
            if len(there) > 1 and (there["state"] == state).any()
        ],
        sources=short_sources(";".join(there["source_ids"]).split(";"), writer.language, _SOURCES),
        missing=missing,
        words=words.said["advice"],
        colon=words("colon"),
    )


def _who(writer: Writer, recommendation: Recommendation, there: pd.DataFrame) -> str:
    """Who is to act: the authority in general where several places show the gap, else the body that sources name."""
    shown = list(there.loc[there["state"] == advice.SHOWN, "area_id"])
    if len(shown) > 1:
        return capital(writer.in_language(recommendation.addressee), writer.language)
    return capital("; ".join(advice.addressees(recommendation, "".join(shown), writer.language)), writer.language)


def _names(writer: Writer, recommendation: Recommendation, there: pd.DataFrame, state: str) -> str:
    """The places of a state, each with the level of its gap and, where it is shown, the bodies that are to act."""
    found = []
    for row in there[there["state"] == state].to_dict("records"):
        level = "" if pd.isna(row["level"]) or row["level"] < 1 else writer.words("levels", str(int(row["level"])))
        bodies = advice.bodies(recommendation, row["area_id"]) if state == advice.SHOWN else ()
        own = [_short(body.called(writer.language)) for body in bodies if body.area == row["area_id"]]
        said = "; ".join(filter(None, [level, ", ".join(own)]))
        named = area_name(row["area_id"], writer.language)
        found.append(f"{named} ({said})" if said else named)
    return ", ".join(found)


def _short(name: str) -> str:
    """The letters by which a body is known, where its name has them: NAPTIP."""
    found = _LETTERS.search(name)
    return found[1] if found else name


def _mandates(writer: Writer, recommendations: Sequence[Recommendation]) -> str:
    """The named bodies of the recommendations with what their sources say they are charged with."""
    head = writer.words.said["columns"]
    rows = [
        {
            head["addressee"]: markdown.escaped(body.called(writer.language)),
            head["area"]: markdown.escaped(_place(body.area, writer.language)),
            writer.words("advice", "mandate_column"): markdown.escaped(writer.in_language(body.mandate)),
            head["source"]: markdown.escaped(in_language(bibliography.named_source(body.source), writer.language)),
        }
        for body in _bodies(recommendations)
    ]
    return markdown.table(pd.DataFrame(rows)) if rows else ""


def _place(country: str, language: str) -> str:
    """The name of a country, or of the study whose areas lie in it."""
    of_study = next((study for study in areas.reported() if areas.STUDIES[study].iso3 == country), country)
    return area_name(of_study, language)


def _bodies(recommendations: Sequence[Recommendation]) -> Iterator[Authority]:
    """The bodies that recommendations go to, once each, country by country."""
    found = {
        body.authority_id: body
        for each in recommendations
        for area_id in ("", *areas.ids(each.study))
        for body in advice.bodies(each, area_id)
    }
    yield from sorted(found.values(), key=lambda body: body.area)
