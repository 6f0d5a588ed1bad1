"""Notebooks and their pages have one look, can be read at the back of a room, and tell who cannot see what is seen."""

from __future__ import annotations

import ast
import re
from functools import cache
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path

import exhibits_of_incidence as exhibits
import nbformat
import pytest
import referral_results
from matplotlib.figure import Figure
from matplotlib.text import Text
from projects import STAGED

from analysis import areas, evidence, plots
from analysis.exhibits import (
    Exhibit,
    attempt,
    case_records,
    detection,
    record_flows,
    record_network,
    record_paths,
    referral_cooperation,
    referral_evidence,
    referral_law,
    referral_profile,
    risk_outcomes,
    risk_survey,
    route,
    trend,
)
from analysis.methods.origin_destination import mention_matrix
from analysis.plots import style
from analysis.referral import agreements, attrition, profiles
from survey_stats import SurveyDesign

DRAWING = sorted(Path(plots.__file__).parent.glob("*.py"))
# What a text for those who cannot see must name: the marks that they would see.
SEEN = re.compile(
    r"\b(arrows?|bands?|bars?|bounds|boxes|cell|dots?|field|grid|heat maps|lanes?|lines?|maps?|marks?|matrix|panels?"
    r"|rows?|steps|table)\b",
    re.IGNORECASE,
)
SHORTEST = 60  # letters


class Shown(HTMLParser):
    """The pictures and frames of a page, with the texts that describe them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.described: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "img":
            self.described.append(said.get("alt") or "")
        elif tag == "iframe":
            self.described.append(said.get("title") or "")


def faults(described: list[str]) -> list[str]:
    """Texts that are missing, or no sentence on what is seen."""
    return [
        text or "(no text)"
        for text in described
        if len(text) < SHORTEST or not text.endswith(".") or not SEEN.search(text) or ".." in text
    ]


@pytest.mark.parametrize(
    "text", ["", "Detected victims.", "Senegal: detected victims by year and by source, as UNODC has it."]
)
def test_a_picture_without_a_text_or_with_its_title_alone_is_found(text):
    assert faults([text]) == [text or "(no text)"]
    assert (
        Shown(f'<p><img src="data:," alt="{text}"><iframe srcdoc="" title="{text}"></iframe>').described == [text] * 2
    )


def test_every_picture_on_every_page_is_described_in_sentences_that_say_what_is_seen(released):
    pages = sorted((released / STAGED).rglob("*.html"))
    notebooks = [page for page in pages if "pledge_report" not in page.as_posix() and page.name != "index.html"]
    shown = {str(page): Shown(page.read_text(encoding="utf-8")).described for page in notebooks}
    assert sum(map(len, shown.values())) > 40
    assert {name: faults(texts) for name, texts in shown.items() if faults(texts)} == {}
    # Two pictures of a page are told apart by their texts.
    assert [name for name, texts in shown.items() if len(set(texts)) < len(texts)] == []


def test_every_picture_in_the_house_is_described_too(released):
    described = [
        output.metadata["image/png"].get("alt", "")
        for path in (released / "data/processed/runs").rglob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(described) > 60 and faults(described) == []


@pytest.mark.parametrize("path", DRAWING, ids=lambda path: path.stem)
def test_no_figure_has_a_colour_or_a_font_of_its_own(path):
    if path.name in ("style.py", "colours.py"):
        return
    texts = [
        node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Constant)
    ]
    colours = [text for text in texts if isinstance(text, str) and re.fullmatch(r"#[0-9a-fA-F]{3,8}", text)]
    assert colours == []
    assert not re.search(r"rcParams|pyplot|font(family|name)|family=|colormaps", path.read_text(encoding="utf-8"))


SENEGAL, FIG = "SEN", "XDP-FIG"


def routes_named(place: areas.Area) -> Exhibit:
    _, mentions = route.sources_of(place)
    return route.flow_map(place, mention_matrix(mentions, detection.countries(place)), mentions)


def flows_of_persons(place: areas.Area) -> Exhibit:
    return record_flows.flow_map(place, record_flows.flows_of(place))


def periods(place: areas.Area) -> Exhibit:
    read = record_paths.journeys(place.area_id)
    return record_network.periods(place, read, record_network.flows_by_period(read))


def national_trend(place):
    found = trend.series(place)
    return trend.detected(place, "victims", found, trend.changes_of(found))


def of_answers(area_id):
    known, states = referral_evidence.answers(), referral_results.states()
    return referral_profile.indicator_states(areas.get(area_id), known, states, "")


def of_profile(area_id):
    dimensions = referral_results.dimensions()
    means = profiles.composite(dimensions)
    return referral_profile.scores(areas.get(area_id), referral_evidence.answers(), dimensions, means, "")


def of_stages(area_id):
    counts = evidence.stage_counts([area_id]).assign(breakdown="total")
    return referral_law.stages(areas.get(area_id), attrition.attrition(counts)).figure


def of_corridors(area_id):
    cover = referral_results.cover()
    return referral_cooperation.corridors_of_country(areas.get(area_id), cover, agreements.YEARS, top=25)


def nested_outcomes(place: areas.Area) -> Exhibit:
    asked = risk_survey.asked_of(place)
    estimates = attempt(SurveyDesign.proportion, asked, list(risk_outcomes.NESTED), by="nationality", method="kish")
    return risk_outcomes.within(place, risk_survey.protected_shares(estimates, place=place))


def lists_of(place: areas.Area) -> Exhibit:
    return case_records.pattern(place, case_records.patterns(place))


FIGURES = {
    "detected": lambda: exhibits.detected_by_year(SENEGAL),
    "ranking": lambda: exhibits.ranking(SENEGAL),
    "maps": lambda: exhibits.maps(SENEGAL),
    "trend": lambda: national_trend(areas.get("turkiye")),
    "routes": lambda: routes_named(areas.get("west_africa")),
    "flows of persons": lambda: flows_of_persons(areas.get(FIG)),
    "islands": lambda: exhibits.islands(),
    "answers": lambda: of_answers("west_africa"),
    "answers of one": lambda: of_answers(SENEGAL),
    "profile": lambda: of_profile("west_africa"),
    "stages": lambda: of_stages(SENEGAL),
    "corridors": lambda: of_corridors(SENEGAL),
    "lists": lambda: lists_of(areas.get(FIG)),
    "periods": lambda: periods(areas.get(FIG)),
    "outcomes": lambda: nested_outcomes(areas.get(FIG)),
}


@cache
def drawn(name: str) -> Figure:
    made = FIGURES[name]()
    figure = made if isinstance(made, Figure) else made.figure
    assert figure is not None
    return figure


@pytest.mark.soak
@pytest.mark.parametrize("name", list(FIGURES))
def test_text_on_a_figure_is_large_enough_for_a_projector_and_in_the_one_font(name):
    figure = drawn(name)
    texts = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    assert len(texts) > 3
    assert [text.get_text() for text in texts if text.get_fontsize() < style.LEAST] == []
    assert {text.get_fontname() for text in texts} == {style.FONT}


@pytest.mark.varied
@pytest.mark.parametrize("name", list(FIGURES))
def test_all_figures_are_of_one_width(name):
    assert drawn(name).get_size_inches()[0] == style.WIDTH and drawn(name).dpi == style.DPI


def test_the_smallest_text_is_9_points_where_a_page_shows_it():
    """A page shows a pixel of a figure as a pixel, of which a screen has 96 to an inch, and an inch has 72 points."""
    pixels = style.LEAST * style.DPI / 72
    assert pixels * 72 / 96 >= 9
    # JupyterLab beside its file browser leaves 850 of the 1280 pixels of a projector to a figure.
    assert pixels * 850 / (style.WIDTH * style.DPI) * 72 / 96 >= 9


@pytest.mark.varied
@pytest.mark.parametrize("study", ["west_africa", "cabo_verde", "turkiye"])
def test_no_text_on_the_map_of_routes_of_a_study_covers_another(study):
    figure = routes_named(areas.get(study)).figure
    figure.canvas.draw()
    texts = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    boxes = [(text.get_text(), text.get_window_extent(figure.canvas.get_renderer()).padded(-0.5)) for text in texts]
    assert len(boxes) > 12
    covering = [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)]
    assert covering == []


def test_what_is_seen_is_told_after_what_it_is_about():
    _, said = plots.show(drawn("islands"), "islands", "Reports by island")._repr_mimebundle_()
    assert said["image/png"]["alt"] == (
        "Reports by island. Dots in rows, each with its interval; a thick line where only bounds are known; hatched "
        "where nothing is known."
    )
