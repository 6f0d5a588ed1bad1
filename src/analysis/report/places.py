"""What is said of each country, province and island: its profile in the report, and its brief of two pages.

Countries with indicators of referral mechanisms have a line a dimension: what is in place, what is a gap, what is
unknown, and what was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis import areas
from analysis.findings.measures import MEASURES, area_name, capital, sentence, title
from analysis.recommendations.texts import Recommendation
from analysis.report import markdown
from analysis.report.answers import UnknownReference, short_sources
from analysis.report.writer import Row, Writer, item_words, marked, template

# Languages that authorities of an area work in, where it is not English.
WORKING_LANGUAGE = {
    **dict.fromkeys(("BEN", "BFA", "CIV", "GIN", "MLI", "MRT", "NER", "SEN", "TGO", "west_africa"), "fr"),
    **dict.fromkeys(("CPV", "GNB", "cabo_verde"), "pt"),
    "turkiye": "tr",
}
# Of a brief.
NUMBERS, GAPS, ACTIONS, UNKNOWN = 5, 3, 3, 3
HIGH = 3  # level of a gap
_READ = 90  # letters of the sources of a dimension


def working_language(area_id: str) -> str:
    """The language in which the authorities of an area work."""
    place = areas.get(area_id)
    return WORKING_LANGUAGE.get(area_id, WORKING_LANGUAGE.get(place.study, "en") if place.level != "country" else "en")


@dataclass(frozen=True)
class Dimension:
    """A dimension of a referral mechanism in a country, each list as phrases of Markdown."""

    name: str
    in_place: Sequence[str]
    gaps: Sequence[str]
    unknown: Sequence[str]
    read: str


def profile(writer: Writer, area_id: str, *, opened: bool = True) -> str:
    """The profile of a country: its opening sentences unless they stand elsewhere, then a line a dimension."""
    return template("profile.md.j2").render(
        opening=opening(writer, area_id) if opened else [],
        dimensions=dimensions(writer, area_id),
        words=writer.words.said["profile"],
        colon=writer.words("colon"),
    )


def opening(writer: Writer, area_id: str) -> list[str]:
    """The first sentences on an area: what is known of victims, of the rest that opens it, and of referral."""
    groups = writer.layout.of(areas.get(area_id).study).opening
    found = [_linked(writer, row) for row in filter(None, (first_known(writer, area_id, group) for group in groups))]
    if not any(row["status"] == "known" for row in writer.of_area(area_id, groups[0])):
        found.insert(0, markdown.escaped(writer.words("brief", "no_victims", area=area_name(area_id, writer.language))))
    if summary := _of_referral(writer, area_id):
        found.append(summary)
    return found


def first_known(writer: Writer, area_id: str, measures: Sequence[str]) -> Row | None:
    """Of some measures the first finding on an area that is known and not zero; None where there is none."""
    rows = (row for row in writer.of_area(area_id, measures) if row["status"] == "known" and float(row["high"]) > 0)
    return next(rows, None)


def _of_referral(writer: Writer, area_id: str) -> str:
    """How many indicators of referral show a gap or none, how many are unknown, and which gaps are rated high."""
    rows = writer.of_area(area_id, ("gap",))
    if not rows:
        return ""
    gaps = [row for row in rows if is_gap(row)]
    none = sum(map(is_in_place, rows))
    said = {"n": len(rows), "none": none, "gaps": len(gaps), "unknown": len(rows) - none - len(gaps)}
    high = "; ".join(_indicator(writer, row) for row in gaps if float(row["low"]) == HIGH)
    text = markdown.escaped(writer.words("profile", "summary", **said))
    return f"{text} {markdown.escaped(writer.words('profile', 'high'))} {high}." if high else text


def dimensions(writer: Writer, area_id: str) -> list[Dimension]:
    """What the findings on gaps say of each dimension; none where there are no such findings."""
    by_dimension: dict[str, list[Row]] = {}
    for row in writer.of_area(area_id, ("gap",)):
        by_dimension.setdefault(str(row["item"])[0], []).append(row)
    return [_dimension(writer, letter, rows) for letter, rows in sorted(by_dimension.items())]


def _dimension(writer: Writer, letter: str, rows: Sequence[Row]) -> Dimension:
    name = MEASURES["score"].item_words(letter, writer.language)
    return Dimension(
        capital(name, writer.language),
        [_indicator(writer, row) for row in rows if is_in_place(row)],
        [_gap(writer, row) for row in rows if is_gap(row)],
        [_indicator(writer, row) for row in rows if not is_in_place(row) and not is_gap(row)],
        _read(rows, writer.language),
    )


def is_gap(row: Row) -> bool:
    """Whether a finding on an indicator shows a gap, whatever is unknown turns out to be."""
    return row["status"] == "known" and float(row["low"]) >= 1


def is_in_place(row: Row) -> bool:
    """Whether a finding on an indicator shows that there is no gap."""
    return row["status"] == "known" and float(row["high"]) == 0


def _indicator(writer: Writer, row: Row) -> str:
    return markdown.escaped(item_words(row, writer.language))


def _gap(writer: Writer, row: Row) -> str:
    level = writer.words("levels", str(int(float(row["low"]))))
    # In print the sources stand below; a row for each gap of each country would take ten pages.
    return f"{_indicator(writer, row)} ({markdown.link(level, writer.target(row) if writer.site else '')})"


def _read(rows: Sequence[Row], language: str) -> str:
    ids = [each for row in rows for each in str(row["source_ids"]).split(";")]
    return markdown.escaped(short_sources(ids, language, _READ))


def _linked(writer: Writer, row: Row) -> str:
    """The sentence of a finding, whose number leads to it."""
    said = markdown.escaped(sentence(row, writer.language))
    target = writer.target(row)
    number = markdown.link(f"F{writer.context.numbers[str(row['finding_id'])]}", target)
    return f"{marked(row)}{said} \\[{number}\\]" if target else f"{marked(row)}{said}"


def brief(writer: Writer, area_id: str, advice: Sequence[Recommendation], context: str = "") -> str:
    """The brief of an area: answer, five numbers, a figure, three gaps, three actions, what is not known.

    Parameters
    ----------
    advice : what is recommended for the area, the first first.
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
        actions=[writer.advice(writer, each, area_id) for each in advice[:ACTIONS]],
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
        if said := writer.figure(analysis, place, stem, caption):
            return said
    return ""


def _gap_with_sources(writer: Writer, row: Row) -> str:
    return f"{capital(_gap(writer, row), writer.language)}. {writer.sources(row)}"


def _unknown(writer: Writer, area_id: str, measures: Sequence[str], most: int) -> list[str]:
    """What is not known of an area, with whether it is not reported, not read or refused."""
    rows = [row for row in writer.of_area(area_id, measures) if row["status"] != "known"]
    found: dict[str, str] = {}
    for row in rows:
        said = capital(title(row, writer.language), writer.language)
        status: Mapping[str, str] = writer.words.said["statuses"]
        found.setdefault(said, f"{markdown.escaped(said)}{writer.words('colon')} {status[str(row['status'])]}")
    return list(found.values())[:most]
