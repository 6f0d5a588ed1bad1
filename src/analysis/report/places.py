"""Texts on each country, province and island: its profile, its brief of two pages, and what is advised.

Countries with indicators of referral mechanisms have a line a dimension: what is in place, partly, or not, what is
unknown or does not apply, with the year that the evidence speaks of, and what was read. Recommendations say what to do
first, who is to act, and where the evidence shows the gap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analysis import areas, bibliography
from analysis.findings import measures
from analysis.findings.confidence import grade_words
from analysis.findings.measures import MEASURES, area_name, capital, sentence, title
from analysis.recommendations import evaluation
from analysis.recommendations.authorities import Authority
from analysis.recommendations.gap_actions import is_gap
from analysis.recommendations.texts import Recommendation, Texts
from analysis.report import typeset
from analysis.report.references import UnknownReference, in_language, short_sources
from analysis.report.writer import Row, Writer, item_words, marked, template

# Of a brief.
NUMBERS, GAPS, ACTIONS, UNKNOWN = 5, 3, 3, 3
HIGH = 3  # level of a gap
# The brief of a study's areas has the name of the study with this ending.
AREAS = "_areas"
_READ = 90  # letters of the sources of a dimension, and of a recommendation
_LETTERS = re.compile(r"\(([A-Z][A-Za-z/-]{2,})\)$")


def working_language(area_id: str) -> str:
    """The language in which the authorities of an area work."""
    return areas.get(area_id).language or "en"


def briefs_of(study: str) -> list[str]:
    """The names that briefs of a study can have: its own, that of its areas together, those of its areas."""
    return [study, f"{study}{AREAS}", *areas.ids(study)]


@dataclass(frozen=True)
class Dimension:
    """A dimension of a referral mechanism in a country: indicators by state, as phrases of Markdown.

    Parameters
    ----------
    states : label of a state and what is in it; those with nothing in them are left out.
    """

    name: str
    states: Sequence[tuple[str, Sequence[str]]]
    read: str


def profile(writer: Writer, area_id: str, *, opened: bool = True) -> str:
    """The profile of a country: its opening sentences unless they stand elsewhere, then a line a dimension."""
    return template("profile.md.j2").render(
        opening=opening(writer, area_id) if opened else [],
        dimensions=dimensions(writer, area_id),
        words=writer.words.said["profile"],
        colon=writer.words("colon"),
        semicolon=writer.words("semicolon"),
    )


def opening(writer: Writer, area_id: str) -> list[str]:
    """The first sentences on an area: what is known of victims, of the rest that opens it, and of referral."""
    groups = writer.layout.of(areas.get(area_id).study).opening
    found = [_linked(writer, row) for row in filter(None, (first_known(writer, area_id, group) for group in groups))]
    if not any(row["status"] == "known" for row in writer.of_area(area_id, groups[0])):
        found.insert(0, typeset.escaped(writer.words("brief", "no_victims", area=area_name(area_id, writer.language))))
    if summary := _of_referral(writer, area_id):
        found.append(summary)
    return found


def first_known(writer: Writer, area_id: str, wanted: Sequence[str]) -> Row | None:
    """Return the first finding of some measures on an area that is known and not zero; None where there is none."""
    rows = (row for row in writer.of_area(area_id, wanted) if row["status"] == "known" and float(row["high"]) > 0)
    return next(rows, None)


STATES = ("in_place", "partly", "not_in_place", "unknown", "does_not_apply")


def _of_referral(writer: Writer, area_id: str) -> str:
    """The number of indicators of referral in each state, and the gaps that are rated high."""
    rows = writer.of_area(area_id, ("state",))
    if not rows:
        return ""
    counts = {state: 0 for state in STATES} | {"n": len(rows)}
    for row in rows:
        counts[state_of(row)] += 1
    counts["does_not_apply"] = len(_not_asked(writer, area_id))
    gaps = writer.of_area(area_id, ("gap",))
    high = "; ".join(_dated(writer, row) for row in gaps if is_gap(row) and float(row["low"]) == HIGH)
    said = [writer.words("profile", "summary", **counts)]
    said += [writer.words("profile", "excused", **counts)] if counts["does_not_apply"] else []
    text = typeset.escaped(" ".join(said))
    return f"{text} {typeset.escaped(writer.words('profile', 'high'))} {high}." if high else text


def dimensions(writer: Writer, area_id: str) -> list[Dimension]:
    """Return what the findings say of the state of each indicator, by dimension; none where there are none."""
    by_dimension: dict[str, list[Row]] = {}
    for row in sorted(writer.of_area(area_id, ("state",)), key=lambda row: str(row["item"])):
        by_dimension.setdefault(str(row["item"])[0], []).append(row)
    not_asked = _not_asked(writer, area_id) if by_dimension else []
    return [_dimension(writer, letter, rows, not_asked) for letter, rows in sorted(by_dimension.items())]


def _dimension(writer: Writer, letter: str, rows: Sequence[Row], not_asked: Sequence[Row]) -> Dimension:
    gaps = {str(row["item"]): row for row in writer.of_area(str(rows[0]["area_id"]), ("gap",))}
    by_state: dict[str, list[str]] = {state: [] for state in STATES}
    for row in rows:
        gap, state = gaps.get(str(row["item"])), state_of(row)
        graded = gap is not None and is_gap(gap)
        by_state[state].append(_gap(writer, gap) if graded and gap is not None else _dated(writer, row))
    by_state["does_not_apply"] += [_indicator(writer, row) for row in not_asked if str(row["item"])[0] == letter]
    name = MEASURES["score"].item_words(letter, writer.language)
    return Dimension(
        capital(name, writer.language),
        [(writer.words("profile", state), said) for state, said in by_state.items() if said],
        _read(rows, writer.language),
    )


def _not_asked(writer: Writer, area_id: str) -> list[Row]:
    """The findings on the study of indicators that a country cannot be asked about."""
    own = {row["item"] for row in writer.of_area(area_id, ("state",))}
    of_study = writer.of_area(areas.get(area_id).study, ("countries_with_gap",))
    return sorted((row for row in of_study if row["item"] not in own), key=lambda row: str(row["item"]))


def state_of(row: Row) -> str:
    """The state that a finding on an indicator tells, one of STATES."""
    return STATES[int(float(row["low"]))] if row["status"] == "known" else "unknown"


def _indicator(writer: Writer, row: Row) -> str:
    return typeset.escaped(item_words(row, writer.language))


def _dated(writer: Writer, row: Row) -> str:
    """An indicator with the years that its evidence speaks of, where its state is known."""
    years = measures.dated(row, writer.language) if row["status"] == "known" else ""
    return f"{_indicator(writer, row)} ({typeset.escaped(years)})" if years else _indicator(writer, row)


def _gap(writer: Writer, row: Row) -> str:
    level = writer.words("levels", str(int(float(row["low"]))))
    # In print the sources stand below; a row for each gap of each country would take ten pages.
    linked = typeset.link(level, writer.target(row) if writer.site else "")
    return f"{_indicator(writer, row)} ({linked}, {typeset.escaped(measures.dated(row, writer.language))})"


def _read(rows: Sequence[Row], language: str) -> str:
    ids = [each for row in rows for each in str(row["source_ids"]).split(";")]
    return typeset.escaped(short_sources(ids, language, _READ))


def _linked(writer: Writer, row: Row) -> str:
    """The sentence of a finding, whose number leads to it."""
    said = typeset.escaped(sentence(row, writer.language))
    target = writer.target(row)
    number = typeset.link(f"F{writer.context.numbers[str(row['finding_id'])]}", target)
    return f"{marked(row)}{said} \\[{number}\\]" if target else f"{marked(row)}{said}"


def brief(writer: Writer, area_id: str, actions: Sequence[Recommendation], context: str = "") -> str:
    """The brief of an area: answer, five numbers, a figure, three gaps, three actions, what is not known.

    Parameters
    ----------
    actions : what is recommended for the area, the first first.
    context : what is known of the study as a whole, where little is known of the area itself.
    """
    shows = writer.layout.of(areas.get(area_id).study)
    numbers = [row for row in (first_known(writer, area_id, group) for group in shows.numbers) if row is not None]
    ids = [*(str(row["finding_id"]) for row in numbers), *shows.of_study][:NUMBERS]
    gaps = sorted((row for row in writer.of_area(area_id, ("gap",)) if is_gap(row)), key=lambda row: -float(row["low"]))
    named = area_name(area_id, writer.language)
    return template("brief.md.j2").render(
        opening=opening(writer, area_id),
        numbers=writer.numbers(ids, area_id) if ids else "",
        figure=_figure(writer, area_id, shows.figures),
        gaps=[_gap_with_sources(writer, row) for row in gaps[:GAPS]] or _unknown(writer, area_id, shows.unknown, GAPS),
        of_evidence=not gaps,
        actions=[writer.advice(writer, each, area_id) for each in actions[:ACTIONS]],
        unknown=_unknown(writer, area_id, shows.unknown, UNKNOWN) if gaps else [],
        settled=writer.words("brief", "settled_by_coding" if gaps else "settled_by", area=named),
        context="" if gaps else context,
        dimensions=profile(writer, area_id, opened=False) if gaps else "",
        words=writer.words.said["brief"],
    )


def _figure(writer: Writer, area_id: str, choices: Sequence[tuple[str, str, bool]]) -> str:
    for analysis, stem, of_study in choices:
        place = areas.get(area_id).study if of_study else area_id
        if stem not in writer.words.said["captions"]:
            said = f"pledge/layout.yml: the figure {stem} has no caption in templates/frame_{writer.language}.yml."
            raise UnknownReference("unknown_figure", said)
        caption = writer.words("captions", stem, area=area_name(place, writer.language))
        if said := writer.figure(analysis, place, stem, caption, language="en"):
            return said
    return ""


def _gap_with_sources(writer: Writer, row: Row) -> str:
    return f"{capital(_gap(writer, row), writer.language)}. {writer.sources(row)}"


def _unknown(writer: Writer, area_id: str, wanted: Sequence[str], most: int) -> list[str]:
    """The statements on an area that are not known, and if they are not reported, not read or refused."""
    rows = [row for row in writer.of_area(area_id, wanted) if row["status"] != "known"]
    found: dict[str, str] = {}
    for row in rows:
        said = capital(title(row, writer.language), writer.language)
        status: Mapping[str, str] = writer.words.said["statuses"]
        found.setdefault(said, f"{typeset.escaped(said)}{writer.words('colon')} {status[str(row['status'])]}")
    return list(found.values())[:most]


# What is advised


def advised(table: pd.DataFrame, texts: Texts, area_id: str, language: str) -> list[Recommendation]:
    """Return what is recommended for an area and supported by its findings, in the order in which it is to be done."""
    there = _written_in(texts, language)
    order = evaluation.order(there, table, area_id, language)
    supported = order.loc[order["group"] != evaluation.UNSUPPORTED, "recommendation_id"]
    by_id = {each.recommendation_id: each for each in there.recommendations}
    return [by_id[name] for name in supported]


def _written_in(texts: Texts, language: str) -> Texts:
    return replace(texts, recommendations=tuple(each for each in texts.recommendations if language in each.text))


def advice_line(writer: Writer, recommendation: Recommendation, area_id: str = "") -> str:
    """A recommendation in one line: who, what, by when, and its number where that leads to it."""
    name = recommendation.recommendation_id
    who = "; ".join(evaluation.addressees(recommendation, area_id, writer.language))
    if recommendation.areas and not area_id:
        # Bodies of several countries may bear one name.
        named = ", ".join(area_name(each, writer.language) for each in recommendation.areas)
        who = f"{named}{writer.words('colon')} {who}"
    line = writer.words(
        "advice",
        "by_when",
        who=typeset.escaped(capital(who, writer.language)),
        action=typeset.escaped(writer.in_language(recommendation.action)),
        when=writer.words("time_frames", recommendation.time_frame),
    )
    return f"{line} ({typeset.link(name, f'#recommendation-{name}')})" if name in writer.recommended else line


def recommendations(
    writer: Writer,
    table: pd.DataFrame,
    recommendations: Sequence[Recommendation],
    by_area: Callable[[Recommendation], pd.DataFrame],
) -> str:
    """All recommendations: do first, next, later, and last those that the evidence does not support yet.

    Parameters
    ----------
    by_area : what the findings of `table` say of a recommendation in each area, as `evaluation.by_area` has it.
    """
    texts = replace(writer.texts, recommendations=tuple(recommendations))
    order = evaluation.order(texts, table, language=writer.language)
    by_id = {each.recommendation_id: each for each in recommendations}
    parts = []
    for group in evaluation.GROUPS:
        rows = order[order["group"] == group].to_dict("records")
        if rows:
            parts.append(f"## {typeset.escaped(writer.words('advice', group))}")
            if group in (evaluation.DO_FIRST, evaluation.UNSUPPORTED):
                parts.append(typeset.escaped(writer.words("advice", f"{group}_note")))
            strength = _strengths(writer, texts, table)
            parts += [
                _one(writer, by_id[name], str(row["missing"]), strength[name], by_area)
                for row in rows
                for name in [str(row["recommendation_id"])]
            ]
    if mandates := _mandates(writer, recommendations):
        # In print they would take three pages.
        said = mandates if writer.site else typeset.escaped(writer.words("advice", "mandates_on_site"))
        parts += [f"## {typeset.escaped(writer.words('advice', 'mandate'))}", said]
    return "\n\n".join(parts)


def _strengths(writer: Writer, texts: Texts, table: pd.DataFrame) -> dict[str, str]:
    """How sure the evidence of each recommendation is, in words."""
    found = evaluation.recommendations(texts, table)
    grades = zip(found["recommendation_id"], found["grade"], strict=True)
    return {name: grade_words(grade, writer.language) for name, grade in grades}


def _one(
    writer: Writer,
    recommendation: Recommendation,
    missing: str,
    strength: str,
    by_area: Callable[[Recommendation], pd.DataFrame],
) -> str:
    """A recommendation with its text, who is to act, where it holds, and what is missing."""
    name = recommendation.recommendation_id
    there = by_area(recommendation)
    words = writer.words
    return template("recommendation.md.j2").render(
        anchor=f"recommendation-{name}",
        title=f"{name}. {capital(writer.in_language(recommendation.action), writer.language)}",
        text=writer.text(writer.in_language(recommendation.text), f"pledge/recommendations.yml, {name}"),
        who=_who(writer, recommendation, there),
        when=words("time_frames", recommendation.time_frame),
        sdg=", ".join(recommendation.sdg),
        places=[
            (words("advice", said), _names_of(writer, recommendation, there, state))
            for said, state in ((each.replace(" ", "_"), each) for each in evaluation.IN_AREA)
            if len(there) > 1 and (there["state"] == state).any()
        ],
        sources=short_sources(";".join(there["source_ids"]).split(";"), writer.language, _READ),
        missing=missing,
        strength=strength,
        words=words.said["advice"],
        colon=words("colon"),
    )


def _who(writer: Writer, recommendation: Recommendation, there: pd.DataFrame) -> str:
    """The body that is to act: the authority in general where several places show the gap, else that of the sources."""
    shown = list(there.loc[there["state"] == evaluation.SHOWN, "area_id"])
    if len(shown) > 1:
        return capital(writer.in_language(recommendation.addressee), writer.language)
    return capital("; ".join(evaluation.addressees(recommendation, "".join(shown), writer.language)), writer.language)


def _names_of(writer: Writer, recommendation: Recommendation, there: pd.DataFrame, state: str) -> str:
    """The places of a state, each with the level of its gap and, where it is shown, the bodies that are to act."""
    found = []
    for row in there[there["state"] == state].to_dict("records"):
        graded = state in (evaluation.SHOWN, evaluation.LESSER) and pd.notna(row["level"]) and row["level"] >= 1
        level = writer.words("levels", str(int(row["level"]))) if graded else ""
        bodies = evaluation.bodies(recommendation, row["area_id"]) if state == evaluation.SHOWN else ()
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
            head["addressee"]: typeset.escaped(body.called(writer.language)),
            head["area"]: typeset.escaped(_place(body.area, writer.language)),
            writer.words("advice", "mandate_column"): typeset.escaped(writer.in_language(body.mandate)),
            head["source"]: typeset.escaped(in_language(bibliography.named_source(body.source), writer.language)),
        }
        for body in _bodies(recommendations)
    ]
    return typeset.table(pd.DataFrame(rows)) if rows else ""


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
        for body in evaluation.bodies(each, area_id)
    }
    yield from sorted(found.values(), key=lambda body: body.area)
