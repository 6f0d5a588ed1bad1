"""Figures that texts of the report show: in the language of the text, and legible as wide as they are printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from figure_texts import faults, smallest, texts
from notebook_cells import run_cells

from analysis import areas, plots
from analysis.batch.figures import redrawn
from analysis.batch.kept_results import NUMBERS
from analysis.data_read import forget_reads, read_so_far
from analysis.exhibits import Exhibit
from analysis.exhibits.plot_as_data import as_data, from_data
from analysis.jobs import PLEDGE
from analysis.plots.printing import drawn_for
from analysis.project_files import shown
from analysis.report import figure_words
from analysis.report.edition import HIGHEST_MM
from analysis.report.places import AREAS
from analysis.report.references import BLOCK
from analysis.report.writer import WIDE_MM, Writer, printed_width
from bounded.refusal import Refusal

LEAST = 7  # points on paper
# Words that stand in nearly every English sentence, and in none of another language of the report.
ENGLISH = re.compile(
    r"\b(the|of|and|by|not|from|with|without|which|each|number|years?|reports?|routes?|drawn|pairs?|known|found|named|"
    r"countr(y|ies)|children|victims|at least|is|are)\b",
    re.IGNORECASE,
)
# Names of sources stay as they are.
SOURCES = re.compile(r"(Source|Fonte|Kaynak)\s*:.*?·", re.DOTALL)
Cited = tuple[str, str, str]  # figure, language, and what shows it: report, study, area or areas


def cited() -> Iterator[Cited]:
    """The figures that texts show, once for each language and height."""
    for path in sorted(PLEDGE.glob("*/*/*.md")):
        kind = "report"
        if path.parts[-3] == "briefs":
            kind = "areas" if path.stem.endswith(AREAS) else "study" if path.stem in areas.STUDIES else "area"
        for found in BLOCK.finditer(path.read_text("utf-8")):
            if found[1] == "figure":
                yield found[2].partition("|")[0], path.parent.name, kind


ALL = sorted({*cited()})
# One of each form of plot, and of each language; `make test` has them all.
QUICK = ("referral_mechanisms/west_africa/", "incidence/cabo_verde/", "routes/GNB/", "trends/turkiye/")
CASES = [pytest.param(*each, marks=() if each[0].startswith(QUICK) else pytest.mark.slow) for each in ALL]
TRANSLATED = [case for case in CASES if case.values[1] != "en"]


@cache
def exhibits_of(analysis: str, area_id: str) -> dict[str, Exhibit]:
    """What a notebook publishes for an area, by name; nothing is drawn."""
    found: dict[str, Exhibit] = {}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("analysis.exhibits.exhibit._publish", lambda each: found.setdefault(each.name, each))
        patched.setattr("analysis.exhibits.exhibit.display", lambda *_: None)
        run_cells(analysis, area_id)
    return found


def data_of(figure: str) -> dict[str, Any]:
    """What a notebook keeps of a figure, through the file that keeps it."""
    analysis, area_id, name = figure.split("/")
    exhibit = exhibits_of(analysis, area_id)[name]
    kept = as_data(exhibit.plot, **exhibit.frame)
    assert kept is not None, f"{figure} is drawn from what cannot be kept"
    return json.loads(json.dumps(kept, allow_nan=False))


def english(figure) -> list[str]:
    """The texts of a figure that have English words in them."""
    said = (" ".join(SOURCES.sub("", text.get_text()).split()) for text in texts(figure))
    return [text for text in said if ENGLISH.search(text)]


def points(figure, kind: str) -> float:
    """Points of the smallest text on paper."""
    wide, high = figure.get_size_inches()
    return smallest(figure) * WIDE_MM * printed_width((wide, high), HIGHEST_MM[kind]) / 100 / 25.4 / wide


@pytest.mark.parametrize(("figure", "language", "kind"), TRANSLATED)
def test_a_figure_is_in_the_language_of_the_text_that_shows_it(figure, language, kind):
    drawn, _, said = redrawn(data_of(figure), figure, language, HIGHEST_MM[kind])
    assert not english(drawn)
    assert not ENGLISH.search(said)


@pytest.mark.parametrize(("figure", "language", "kind"), CASES)
def test_a_figure_is_legible_on_paper(figure, language, kind):
    drawn, _, _ = redrawn(data_of(figure), figure, language, HIGHEST_MM[kind])
    assert points(drawn, kind) >= LEAST
    assert not [fault for fault in faults(drawn) if isinstance(fault, str)]


@pytest.mark.parametrize(("figure", "language", "kind"), TRANSLATED)
def test_a_drawing_reads_places_and_boundaries_alone(figure, language, kind):
    """Tables of numbers count for nothing where a drawing is kept: see `kept_results`."""
    data = data_of(figure)
    forget_reads()
    redrawn(data, figure, language, HIGHEST_MM[kind])
    read = [shown(entry.path).removeprefix("data/raw/") for entry in read_so_far()]
    assert not [path for path in read if path.startswith(NUMBERS)]


def test_english_is_found_where_it_stands_and_small_letters_too():
    data = data_of("routes/GNB/flow_map_mentions")
    drawn, _, _ = redrawn(data, "routes/GNB/flow_map_mentions", "en", HIGHEST_MM["area"])
    assert len(english(drawn)) > 3
    # As its notebook shows it, it would be printed half as wide as a line.
    plot, title, footer = from_data(data)
    assert points(plot.draw(title, footer), "area") < LEAST


@pytest.mark.parametrize("phrase", ["ring: within one place", "{place}: routes named in US reports", "mentions"])
def test_a_word_without_a_translation_stops_the_report_and_is_named(phrase, monkeypatch):
    figure, phrases = "routes/GNB/flow_map_mentions", dict(figure_words._phrases())
    data = data_of(figure)
    del phrases[phrase]
    monkeypatch.setattr(figure_words, "_phrases", lambda: phrases)
    figure_words._patterns.cache_clear()
    with pytest.raises(Refusal, match=r"The figure routes/GNB/flow_map_mentions cannot be drawn in 'pt'") as refused:
        redrawn(data, figure, "pt", 92)
    figure_words._patterns.cache_clear()
    assert refused.value.code == "missing_translation"
    assert phrase.partition("}: ")[2] in str(refused.value)


def test_a_text_of_the_data_that_nobody_translated_stops_the_report_too():
    data = data_of("incidence/cabo_verde/over_the_years")
    data["arguments"]["panels"] = {"list": ["Child sexual abuse reports to ICCA", "Something new"]}
    with pytest.raises(Refusal, match=r"'Something new' has no translation"):
        redrawn(data, "incidence/cabo_verde/over_the_years", "pt", 96)


def test_every_phrase_has_its_fields_in_every_language():
    for phrase, translations in figure_words._phrases().items():
        fields = {*re.findall(r"\{\w+\}", phrase)}
        for language, text in translations.items():
            assert {*re.findall(r"\{\w+\}", text)} <= fields, (phrase, language)
            assert not ENGLISH.search(re.sub(r"\{\w+\}", "", text)), (phrase, language)


@pytest.mark.parametrize("figure", [each for each in dict.fromkeys(each[0] for each in ALL) if each.startswith(QUICK)])
def test_a_plot_that_is_kept_draws_what_the_notebook_shows(figure):
    analysis, area_id, name = figure.split("/")
    exhibit = exhibits_of(analysis, area_id)[name]
    plot, title, footer = from_data(data_of(figure))
    assert plots.png(plot.draw(title, footer)) == plots.png(exhibit.plot.draw(**exhibit.frame))


def test_the_same_picture_is_made_again():
    figure = "routes/GNB/flow_map_mentions"
    first, second = (redrawn(data_of(figure), figure, "pt", 92)[1] for _ in range(2))
    assert first == second and b"tIME" not in first


def test_numbers_and_months_follow_the_language():
    words = figure_words.FigureWords
    assert words("tr", "").number("1,234.5") == "1.234,5"
    assert words("tr", "").number("95 %") == "%95"
    assert words("fr", "").number("≥12,345") == "≥12\u202f345"
    assert words("pt", "").known("Jan – Jul 2020") == "jan. – jul. 2020"
    assert words("tr", "").known("31 Dec 2022") == "31 Ara 2022"
    assert words("fr", "").known("Guinea-Bissau") == "Guinée-Bissau"


def test_a_figure_in_english_is_drawn_with_nobody_s_words():
    with drawn_for(None, 4):
        assert figure_words.FigureWords("fr", "").known("no such phrase") is None


def test_a_plot_of_a_method_is_not_kept():
    plot = exhibits_of("trends", "turkiye")["effort"].plot
    assert (
        as_data(
            plot.change(chart=lambda *_, **__: None),
            "Title",
            exhibits_of("trends", "turkiye")["effort"].frame["footer"],
        )
        is None
    )
    assert as_data(None, "Title", None) is None


def test_a_figure_that_no_text_asks_for_stays_in_english():
    asked: list[dict] = []
    writer = Writer("fr", None, None, None, lambda *_, **given: asked.append(given), None)  # type: ignore[arg-type]
    for site in (False, True):
        writer.site = site
        writer.figure("incidence", "SEN", "by_form", "Caption", language="en")
        writer.figure("incidence", "SEN", "by_form", "Caption")
    assert asked == [{"language": "en"}, {}, {"language": "en", "highest": 0}, {}]
