"""A result that ends a notebook's cell: its numbers, cautions and tables are short, escaped, and of no person."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pickle
import pkgutil
import re
from html.parser import HTMLParser

import captures
import numpy as np
import pandas as pd
import pytest
from stops import on

import capture_recapture
import disclosure
import journeys
import study_design
import survey_stats
import trends
from analysis import methods
from analysis.exhibits.attempt import _key
from bounded.notebook_result import NotebookResult, page
from bounded.refusal import Caution

PACKAGES = (capture_recapture, disclosure, journeys, study_design, survey_stats, trends, methods)
TAGS = {"div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
MARK = "<script>alert('a & b')</script>"
# Kilobytes of a notebook that a result may take: it is saved with every cell that shows one.
MOST = 20_000
SERIES = pd.DataFrame({"period": range(2010, 2020), "count": [10, 12, 15, 20, 22, 30, 33, 40, 44, 52]})


class Cells(HTMLParser):
    """What a reader sees: texts of cells, items and paragraphs, and how many rows the tables have."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)


def modules():
    for package in PACKAGES:
        yield package
        for each in pkgutil.iter_modules(package.__path__):
            yield importlib.import_module(f"{package.__name__}.{each.name}")


def results() -> dict[str, type]:
    """The frozen dataclasses that public functions of the packages, and methods of what they return, give."""
    known = {
        name: each
        for module in modules()
        for name, each in vars(module).items()
        if inspect.isclass(each) and dataclasses.is_dataclass(each) and each.__module__ == module.__name__
    }
    named: set[str] = set()
    for package in PACKAGES:
        offered = [getattr(package, name) for name in getattr(package, "__all__", ())]
        if package is methods:
            offered = [
                each
                for module in modules()
                if module.__name__.startswith("analysis.methods.")
                for name, each in vars(module).items()
                if not name.startswith("_") and inspect.isfunction(each) and each.__module__ == module.__name__
            ]
        for each in offered:
            if inspect.isclass(each):
                named |= {each.__name__}
                functions = [found for name, found in vars(each).items() if not name.startswith("_")]
            else:
                functions = [each]
            for function in filter(inspect.isfunction, functions):
                named |= set(re.findall(r"\w+", str(function.__annotations__.get("return", ""))))
    return {name: each for name, each in known.items() if name in named}


RESULTS = results()


def test_all_results_are_known_here():
    assert len(RESULTS) >= 40
    assert {"CountTrend", "MultipleSystems", "SmallAreas", "SpatialClustering", "RouteChange"} <= RESULTS.keys()


@pytest.mark.parametrize("name", RESULTS)
def test_every_result_shows_itself_in_a_notebook(name):
    assert issubclass(RESULTS[name], NotebookResult)


def filled(kind: type) -> object:
    """A result of a kind whose fields hold what is large, or would be run, whatever they should hold."""
    wide = pd.DataFrame({f"{MARK}{k}": [MARK * 20] * 500 for k in range(40)})
    by_type = {"DataFrame": wide, "Series": wide.iloc[:, 0], "str": MARK * 100, "float": 1234.5, "int": 7}
    made = object.__new__(kind)
    for each in dataclasses.fields(kind):
        text = each.type if isinstance(each.type, str) else each.type.__name__
        value = next((by_type[word] for word in re.findall(r"\w+", text) if word in by_type), np.zeros((300, 300)))
        if text.startswith("tuple"):
            value = (MARK,) * 200
        object.__setattr__(made, each.name, value)
    return made


@pytest.mark.parametrize("name", [name for name, each in RESULTS.items() if each._shown is NotebookResult._shown])
def test_whatever_a_result_holds_is_escaped_and_short(name):
    text = filled(RESULTS[name])._repr_html_()
    assert len(text) < MOST
    assert "<script" not in text and set(Cells(text).tags) <= TAGS
    assert Cells(text).texts[0] == name


def test_a_page_has_the_digits_that_a_reader_needs_and_the_first_rows():
    table = pd.DataFrame({"period": np.arange(2000.0, 2030), "rate": [0.123456] * 30, "note": ["<b>"] * 30})
    text = page(
        "Example",
        {
            "estimate": 2278.6,
            "p_value": 0.000123456,
            "n": np.int64(12345),
            "holds": np.True_,
            "high": float("inf"),
            "low": float("nan"),
            "lists": ("police", "shelter"),
            "drawn": np.zeros((200, 3)),
            "warnings": (Caution("few_periods", "Few & short."),),
            "assumption": "Nobody moved.",
            "table": table,
        },
    )
    seen = Cells(text).texts
    for name, value in (
        ("estimate", "2,279"),
        ("p value", "0.0001235"),
        ("n", "12,345"),
        ("holds", "True"),
        ("high", "∞"),
    ):
        assert seen[seen.index(name) + 1] == value
    assert seen[seen.index("low") + 1] == "–"
    assert seen[seen.index("lists") + 1] == "police, shelter"
    assert seen[seen.index("drawn") + 1] == "array of 200 × 3"
    assert seen[seen.index("warnings") + 1] == "Few & short." and "Nobody moved." in seen
    assert "table: 30 rows, 3 columns" in seen and "2009" in seen and "2010" not in seen and "0.1235" in seen


def respondents() -> pd.DataFrame:
    count = 40
    return pd.DataFrame(
        {
            "respondent": [f"Person-{k}" for k in range(count)],
            "weight": [2.5] * count,
            "stratum": [k % 2 for k in range(count)],
            "psu": [k % 8 for k in range(count)],
            "works": [(k * 7) % 3 == 0 for k in range(count)],
            "sex": ["f" if k % 5 < 2 else "m" for k in range(count)],
        }
    )


def test_a_survey_design_says_how_it_was_drawn_and_prints_nobodys_answers():
    design = survey_stats.SurveyDesign(respondents(), "weight", "stratum", "psu")
    for shown in (design, design.domain(respondents()["sex"] == "f"), design.logistic("works", ["sex"])):
        for text in (repr(shown), shown._repr_html_()):
            assert "Person-" not in text and len(text) < MOST
    # Strata 0 and 1 with four units each; 40 respondents of weight 2.5 are 100 persons.
    assert "respondents=40" in repr(design) and "strata=2, primary_sampling_units=8" in repr(design)
    assert "sum_of_weights=100.0" in repr(design)
    seen = Cells(design._repr_html_()).texts
    assert seen[seen.index("primary sampling units") + 1] == "8" and seen[seen.index("sum of weights") + 1] == "100"
    assert "in_the_domain=16" in repr(design.domain(respondents()["sex"] == "f"))
    purposive = survey_stats.SurveyDesign(respondents(), sampling="purposive")
    assert "purposive" in repr(purposive) and "Person-" not in repr(purposive)


def test_journeys_and_chains_of_persons_are_counted():
    read = journeys.journeys(on(("A>B>C", "Person-1"), ("A>C", "Person-2")))
    for text in (repr(read), read._repr_html_()):
        assert "Person-" not in text and "journeys" in text
    assert repr(read).startswith("Journeys(journeys=2, persons=2, stops=5, places=3")


def test_why_a_cell_is_suppressed_stays_with_those_who_keep_the_data():
    table = pd.DataFrame({"area": ["Xa", "Xb", "Xc", "Xd"], "count": [2, 30, 40, 3]})
    protected = disclosure.protection({"areas": table}, k=11)
    text = protected._repr_html_()
    assert len(protected.suppressed) >= 2 and "suppressed" in text
    assert not any(name in text for name in table["area"])


@pytest.mark.parametrize(
    "made",
    [
        lambda: trends.count_trend(SERIES),
        lambda: trends.mann_kendall(SERIES["count"]),
        lambda: trends.agreement({"police": SERIES}),
        lambda: capture_recapture.chapman(captures.histories({"11": 30, "10": 40, "01": 50}, "AB")),
        lambda: survey_stats.SurveyDesign(respondents(), "weight", "stratum", "psu"),
    ],
)
def test_showing_a_result_changes_nothing_of_it(made):
    result = made()
    before = pickle.dumps(result), hash(result), _key(inspect.isclass, (result,), {})
    text = result._repr_html_()
    assert (pickle.dumps(result), hash(result), _key(inspect.isclass, (result,), {})) == before
    assert pickle.loads(pickle.dumps(result))._repr_html_() == text


def test_joinpoints_are_shown_as_tables_and_no_test_is_run_for_it():
    result = trends.joinpoint(SERIES.rename(columns={"count": "rate"}), selection="bic", max_joinpoints=1)
    seen = Cells(result._repr_html_()).texts
    assert "tests" not in vars(result)
    assert any(text.startswith("segments: ") for text in seen) and "bic" in seen
