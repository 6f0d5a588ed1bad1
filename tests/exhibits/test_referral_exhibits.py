"""What a reader takes from the page on referral mechanisms: each number traced, and unknown never taken for no."""

from __future__ import annotations

import csv
import itertools
import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import referral_results
from coding_sheets import Filled
from figure_texts import words
from IPython.display import Markdown
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from notebook_cells import run_cells

from analysis import areas, bibliography, catalog, evidence, plots
from analysis.batch import provenance
from analysis.batch.provenance import changes
from analysis.checking import accepted, check
from analysis.exhibits import (
    attempt,
    coder_agreement,
    referral_cooperation,
    referral_evidence,
    referral_gaps,
    referral_law,
    referral_profile,
)
from analysis.exhibits.exhibit import Exhibit
from analysis.exhibits.table import printed
from analysis.jobs import Job
from analysis.referral import answers, profiles, weighted_kappa
from analysis.referral.agreements import CorridorCover
from analysis.referral.attrition import Attrition, attrition

STUDY = "west_africa"
# Left ECOWAS in 2000, and in January 2025.
OUTSIDE = ("MRT", "BFA", "MLI", "NER")
PLACES = (STUDY, "SEN", "MRT", "NER", "GNB", "CPV")
# The pictures of the other pages are of the same functions with other numbers.
PICTURED = (STUDY, "SEN", "NER")
DRAWINGS = [(plots, name) for name in ("matrix", "dots", "timeline", "bars")]
PLOTS = [(CorridorCover, "plot"), (CorridorCover, "plot_matrix"), (Attrition, "plot")]
RAW = catalog.RAW
COUNTRIES = (
    *("BEN", "BFA", "CPV", "CIV", "GMB", "GHA", "GIN", "GNB", "LBR", "MLI", "MRT", "NER", "NGA", "SEN", "SLE", "TGO"),
)
# What only a program calls so, and ids of areas.
CODE = re.compile(
    r"[a-z]_[a-z]|`|\bnan\b|\bNaN\b|\binf\b|\bNone\b(?! found)|<NA>|NaT|\bTrue\b|\bFalse\b|\b("
    + "|".join(COUNTRIES)
    + r")\b"
)
# Columns in which ids stand because they are ids; and those that may be empty.
OF_IDS = ("Source", "Sources", "Gap", "Gaps")
MAY_BE_EMPTY = ("Note", "Doubt")
NOT_DECIDED = "not decided by what is known"


def rows_of(file: str) -> list[dict[str, str]]:
    """The rows of a table of data/raw, as they are written."""
    with open(RAW / f"{file}.csv", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@dataclass
class Page:
    """What the notebook's cells show of an area: exhibits by name in their order, and texts."""

    exhibits: dict[str, Exhibit] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    displayed: list[str] = field(default_factory=list)

    def table(self, name: str, **wanted: str) -> pd.DataFrame:
        """Rows of an exhibit's table that have these values; headings with _ for a space."""
        table = printed(self.exhibits[name].table)
        for heading, value in wanted.items():
            table = table[table[heading.replace("_", " ")] == value]
        return table

    def answer(self, indicator_id: str, column: str = "Bounds") -> str:
        """What the page of a country says of an indicator."""
        table = printed(self.exhibits["referral_answers"].table)
        (found,) = table.loc[table["Indicator"].str.startswith(indicator_id + " "), column]
        return found


@cache
def shown(area_id: str) -> Page:
    """The cells of the notebook, run for an area as the batch does; pictures are drawn of some."""
    page = Page()
    with pytest.MonkeyPatch.context() as patched:
        for name in ("show", "parts"):
            patched.setattr(Exhibit, name, _noting(page, name))
        for owner, name in [] if area_id in PICTURED else [*DRAWINGS, *PLOTS]:
            patched.setattr(owner, name, lambda *_, **__: Figure())
        # A sentence that `publish` shows in place of an exhibit is displayed too.
        patched.setattr(
            "analysis.exhibits.exhibit.display",
            lambda *each: page.displayed.extend(one.data for one in each if isinstance(one, Markdown)),
        )
        page.texts += run_cells("referral_mechanisms", area_id, page.displayed)
    return page


def _noting(page: Page, name: str):
    def noted(exhibit: Exhibit):
        assert page.exhibits.setdefault(exhibit.name, exhibit) is exhibit, f"{exhibit.name} is shown twice"
        return () if name == "parts" else None

    return noted


# What holds of every exhibit of every page


@pytest.mark.soak
@pytest.mark.parametrize("area_id", PLACES)
def test_every_exhibit_says_what_it_is_from_where_and_what_it_does_not_show(area_id):
    page, name = shown(area_id), areas.get(area_id).name
    assert len(page.exhibits) >= 12
    for exhibit in page.exhibits.values():
        assert exhibit.title.startswith((f"{name}: ", "ECOWAS's response")), exhibit.title
        assert len(exhibit.limits) > 20 and exhibit.limits.endswith("."), exhibit.name
        assert exhibit.kind == "public"
        cited = [*bibliography.citations(exhibit.source_ids)["citation"], *exhibit.citations]
        assert all(len(source) > 10 for source in cited)
        assert cited or exhibit.table.empty or no_ratio(exhibit), exhibit.name
        if exhibit.figure is not None:
            assert len(exhibit.alt) > 40
        in_words(exhibit)
        fit_to_read(exhibit)
    assert len(page.texts) == 2 and "not known" in page.texts[-1]
    # A study has its law and practice in a sentence, a country its tier and its membership.
    assert len(page.displayed) == 1 and not CODE.search(page.displayed[0].replace("**", ""))


def no_ratio(exhibit: Exhibit) -> bool:
    """Whether an exhibit says of each ratio why there is none: then there is nothing to cite."""
    return exhibit.name == "referral_ratios" and set(printed(exhibit.table)["Least to largest of a period"]) == {"–"}


def in_words(exhibit: Exhibit) -> None:
    """Raise if a title, a limit or the printed table speaks as a program does."""
    said = exhibit.show().data
    # Addresses of sources, and the catalogue's cautions, hold names with an underscore.
    words = re.sub(r"<[^>]+>", "|", said.partition("<details><summary>Sources")[0].partition("<summary>Cautions")[0])
    assert not re.search(r"\bnan\b|\bNaN\b|<NA>|&lt;NA&gt;|\binf\b|NaT\b|Series\(", words), exhibit.name
    for text in (exhibit.title, exhibit.limits, exhibit.alt):
        assert not CODE.search(text), text


def fit_to_read(exhibit: Exhibit) -> None:
    """Raise if a table repeats itself, has an empty cell, or holds a name that only a program knows."""
    table = printed(exhibit.table)
    assert table.columns.is_unique and all(str(name).strip() for name in table)
    assert not table.duplicated().any(), exhibit.name
    for column in table.columns:
        cells = table[column].dropna().astype(str)
        if column not in MAY_BE_EMPTY:
            assert cells.str.strip().ne("").all(), (exhibit.name, column)
        if column not in OF_IDS:
            wrong = [cell for cell in cells if CODE.search(re.sub(r"\b[A-Z]+_?[A-Z0-9_]*\d+[A-Za-z0-9_]*", "", cell))]
            assert not wrong, (exhibit.name, column, wrong[:2])


@pytest.mark.soak
@pytest.mark.parametrize("area_id", PICTURED)
def test_every_figure_says_from_where_when_and_of_how_many_and_no_word_covers_another(area_id, monkeypatch):
    drawn = [exhibit for exhibit in shown(area_id).exhibits.values() if exhibit.figure is not None]
    assert len(drawn) >= 5
    for exhibit in drawn:
        boxes = drawn_texts(exhibit.figure, monkeypatch)
        text = " ".join(" ".join(words for words, _ in boxes).split())
        footer = re.search(r"Source: (\S.*?) · Period: (\S.*?) · n = (\d.*?) · (\S.*)", text)
        assert footer, exhibit.name
        assert re.search(r"\d{4}|none", footer[2]) and exhibit.title.split(": ")[0] in text
        assert not CODE.search(text), (exhibit.name, CODE.search(text))
        width, height = exhibit.figure.bbox.width, exhibit.figure.bbox.height
        outside = [w for w, a in boxes if a.x0 < -1 or a.y0 < -1 or a.x1 > width + 1 or a.y1 > height + 1]
        covered = [
            (one, two)
            for (one, a), (two, b) in itertools.combinations(boxes, 2)
            # Two pixels: boxes are measured with the empty room above small letters.
            if min(a.x1, b.x1) - max(a.x0, b.x0) > 2 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2
        ]
        assert not outside and not covered, exhibit.name


def drawn_texts(figure: Figure, monkeypatch) -> list[tuple[str, Bbox]]:
    """The texts that are drawn, with their places: an axis has numbers beyond its ends that are not."""
    found: list[tuple[str, Bbox]] = []
    draw = Text.draw

    def noted(text, renderer, *rest, **options):
        if text.get_visible() and text.get_text().strip():
            found.append((text.get_text(), Text.get_window_extent(text, renderer)))
        return draw(text, renderer, *rest, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Text, "draw", noted)
        figure.draw(figure.canvas.get_renderer())  # type: ignore[attr-defined]
    return found


# Treaties


def test_treaties_are_counted_as_the_table_of_treaties_has_them():
    table = shown(STUDY).table("referral_treaties")
    statuses = table.groupby(["Treaty", "Status"]).size().to_dict()
    # Counted by hand in treaties.csv, 16 countries.
    assert statuses["Palermo TIP Protocol", "bound"] == 16
    assert (statuses["OPSC", "bound"], statuses["OPSC", "signed, not bound"]) == (14, 2)
    assert (statuses["ILO P029", "bound"], statuses["ILO P029", "not bound"], statuses["ILO P029", "unknown"]) == (
        5, 3, 8,
    )  # fmt: skip
    assert statuses["Kampala Convention", "signed, not bound"] == 3
    assert len(table) == 14 * 16


def test_a_treaty_that_is_signed_asks_nothing_of_a_state():
    signed = shown(STUDY).table("referral_treaties", Treaty="OPSC", Status="signed, not bound")
    assert list(signed["Country"]) == ["Ghana", "Liberia"] and set(signed["Since"]) == {"–"}
    register = shown(STUDY).table("referral_register")
    asked = register[register["Asked for by"].str.startswith("OPSC")]
    assert not asked["Country"].isin(["Ghana", "Liberia"]).any()
    ghana = register[(register["Country"] == "Ghana") & register["What is missing"].eq("Signed and not bound by OPSC")]
    assert list(ghana["Severity"]) == ["low"] and list(ghana["Asked for by"]) == ["–"]


def test_senegal_is_bound_by_eight_treaties_of_nine_and_the_ninth_is_open():
    # By treaties.csv bound by UNTOC, the two protocols, CRC, OPSC, OPAC, C138 and C182; of P029 nothing was found.
    assert shown("SEN").answer("A5") == "8 to 9 of 9"


# Answers


def test_a_country_outside_ecowas_is_not_asked_about_its_mechanism():
    page = shown("MRT")
    assert page.answer("H4") == page.answer("H5") == "does not apply"
    members = shown(STUDY).table("referral_members", Country="Mauritania")
    assert list(members["Member of ECOWAS"]) == ["no"]
    assert "Mauritania is no member of ECOWAS" in page.displayed[0]
    # H1 and H3 are measures, H2 alone is asked.
    (row,) = page.table("referral_gaps", Dimension="H Transnational/regional referral").to_dict("records")
    assert (row["Indicators that apply"], row["Does not apply"]) == (1, 2)
    gaps = page.table("referral_register")["Gap"]
    assert not gaps.str.startswith(("MRT-H4", "MRT-H5")).any()
    # The mechanism was validated in July 2023: for each member there is a draft at least; whether it is in operation is
    # unknown. Niger left in January 2025.
    assert shown("SEN").answer("H5") == "1 to 3 of 3"
    assert shown("SEN").answer("H5", "State") == "unknown: report silent"
    assert shown("NER").answer("H5") == "does not apply"


def test_a_cell_has_its_state_and_the_year_that_the_evidence_speaks_of():
    # The latest answers to formal_nrm in referral_indicators.csv, read by hand: TIP2022_GNB (launched, of 2021);
    # INDEPENDENT_LBR202411 (2024); TIP2023_MLI (2022); TIP2025_MRT (2024); TIP2022_NER (2021); TIP2024_NGA (2023);
    # TIP2024_SLE (2023); TIP2025_GMB (2024). Of Guinea the report of 2023 does not say whether a mechanism is
    # established, and KOACI_20250731 of Côte d'Ivoire (2025) that one was presented.
    yes = {
        "Guinea-Bissau": "2021", "Liberia": "2024", "Mali": "2022", "Mauritania": "2024", "Niger": "2021",
        "Nigeria": "2023", "Sierra Leone": "2023", "The Gambia": "2024",
    }  # fmt: skip
    # TIP2023_CIV (not yet fully operational, of 2022), TIP2022_CPV (of 2021), TIP2023_SEN (2022), INNOVAFRICA2022_TGO.
    partly = {"Côte d'Ivoire": "2022", "Cabo Verde": "2021", "Senegal": "2022", "Togo": "2022"}
    table = shown(STUDY).table("referral_answers")
    (said,) = table[table["Indicator"].str.startswith("A8 ")].drop(columns="Indicator").to_dict("records")
    assert {name: said[name] for name in yes} == {name: f"in place ({year})" for name, year in yes.items()}
    assert {name: said[name] for name in partly} == {name: f"partly ({year})" for name, year in partly.items()}
    assert {name: said[name] for name in ("Benin", "Burkina Faso", "Ghana")} == dict.fromkeys(
        ("Benin", "Burkina Faso", "Ghana"), "unknown: not read"
    )
    assert said["Guinea"] == "unknown: report silent"


def test_what_is_known_is_as_many_as_another_way_of_counting_finds():
    """Dimensions whose indicators rest on coded answers and readings of notes alone, by the files themselves."""
    # A measure has no top: it is known where it has a figure.
    framework = [*rows_of("referral/nrm_framework"), *rows_of("referral/nrm_reported")]
    top = {row["indicator_id"]: float(row["top"] or "nan") for row in framework}
    keys = ("area_id", "report_year", "indicator", "answer", "source_id")
    aside = {
        tuple(row[key] for key in keys)
        for row in rows_of("referral/nrm_answer_review")
        if row["verdict"] == "set aside"
    }
    means: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows_of("referral/nrm_crosswalk"):
        means.setdefault((row["coded_indicator"], row["answer"]), []).append(row)
    last: dict[tuple, tuple[int, set]] = {}

    def add(area_id: str, year: str, source: str, asked: str, bounds: dict[str, str]) -> None:
        key = (area_id, bounds["indicator_id"], asked)
        # The State Department's report of a year tells of the year before.
        if (named := re.match(r"(TIP|DOLX?|ILO)(?:_C\d+)?_?(\d{4})", source)) is not None:
            year = str(min(int(year), int(named[2]) - (named[1] == "TIP")))
        if area_id in COUNTRIES and 2018 <= int(year) <= 2025 and int(year) >= last.get(key, (0, set()))[0]:
            if int(year) > last.get(key, (0, set()))[0]:
                last[key] = (int(year), set())
            last[key][1].add((bounds["low"], bounds["high"]))

    for row in rows_of("evidence/referral_indicators"):
        for bounds in means.get((row["indicator"], row["answer"]), []):
            if tuple(row[key] for key in keys) not in aside:
                add(row["area_id"], row["report_year"], row["source_id"], row["indicator"], bounds)
    for row in rows_of("referral/nrm_readings"):
        add(row["area_id"], row["report_year"], row["source_id"], "a note", row)
    known = {
        (area_id, name)
        for (area_id, name, _), (_, said) in last.items()
        if any(
            (low and (float(low) > 0 or top[name] != top[name])) or (high and float(high) < top[name])
            for low, high in said
        )
    }
    counted = Counter((area_id, name[0]) for area_id, name in known)
    place = areas.get(STUDY)
    printed = referral_profile.coverage(place, referral_evidence.answers(), "").table.printed.set_index("Country")
    names = referral_evidence.names()
    for dimension, indicators in (("D", 8), ("F", 4)):
        expected = {names[area_id]: f"{counted[area_id, dimension]} of {indicators}" for area_id in COUNTRIES}
        assert printed[dimension].to_dict() == expected
    whole = printed.drop(columns=["All", "Known, %"]).map(lambda cell: int(cell.split(" of ")[0])).sum(axis=1)
    assert (
        whole.astype(str) + " of " + np.where(printed.index.isin([names[each] for each in OUTSIDE]), "63", "65")
    ).equals(printed["All"])


# Profiles


def test_bounds_of_a_dimension_are_those_worked_out_by_hand():
    # Niger, C, of 0 to 1: C1 procedures to identify yes (TIP2023_NER), to refer by the mechanism that is implemented by
    # TIP2022_NER, of which the weaker decides, 1/3 to 1; of C2 and C3 nothing was found, of C2b a recommendation alone,
    # and of C5 only that there is a hotline, 0 to 1 each; C6, C7 inspectors and police refer (DOLX2022) 1; C4, C8, C9
    # are measures.
    # (1/3 + 0 + 0 + 0 + 0 + 1 + 1) / 7 = 0.333; 7 / 7 = 1. Known: C1, C6, C7.
    (row,) = shown("NER").table("referral_profile", Dimension="C Identification & referral").to_dict("records")
    assert (row["Lowest possible"], row["Highest possible"], row["Known"]) == (0.33, 1.0, "3 of 7")
    assert row["Score"] == "none: too few known: 3 of 7"


def test_a_score_is_given_where_enough_is_known_and_is_the_middle_of_its_bounds():
    # Liberia, A, of 0 to 1: A1 yes 2/3 to 1; A2, A3, A4 yes 1; A5 bound by six of nine, OPSC and OPAC signed, P029 not
    # found, 6/9 to 7/9; A6 school ends at 14, work begins at 15, 0; A7 the plan ran out in June 2024, and A7b it had no
    # adequate funds, 0 to 2/3 each; A8, A9 yes 2/3 to 1 each.
    # Lowest (2/3 + 3 + 6/9 + 2 x 2/3) / 10 = 0.5667, highest (1 + 3 + 7/9 + 2 x 2/3 + 2) / 10 = 0.8111, middle 0.6889.
    table = referral_results.dimensions().set_index(["area_id", "dimension_id"])
    row = table.loc[("LBR", "A")]
    assert [row["low"], row["high"], row["estimate"]] == pytest.approx([0.5667, 0.8111, 0.6889], abs=5e-5)
    assert (row["known"], row["indicators"]) == (10, 10)


def test_no_score_stands_on_less_than_four_fifths_or_on_bounds_wider_than_a_third():
    table = referral_results.dimensions()
    given = table["estimate"].notna()
    carried = (table["known"] / table["indicators"] >= 0.8) & (table["high"] - table["low"] <= 1 / 3 + 1e-9)
    assert given.equals(carried) and 0 < given.sum() < 16
    for area_id in PLACES[1:]:
        for row in shown(area_id).table("referral_profile").to_dict("records"):
            known, indicators = map(int, row["Known"].split(" of "))
            if known / indicators < 0.8:
                assert row["Score"] == f"none: too few known: {row['Known']}"
    # Of the region no number but bounds is given, and a country has no score.
    assert "Score" not in shown(STUDY).table("referral_profile")


def test_whatever_the_unknown_turns_out_to_be_a_score_stays_within_its_bounds():
    scored = answers.scored(referral_evidence.answers())
    senegal = scored[scored["area_id"] == "SEN"]
    bounds = referral_results.dimensions().query("area_id == 'SEN'").set_index("dimension_id")
    random = np.random.default_rng(5)
    low, high = senegal["score_low"].to_numpy(), senegal["score_high"].to_numpy()
    # Extremes and all between: a share of nothing, a share of all, or any part of what is open.
    filled = low + (high - low) * random.choice([0, 1, 0.5, 0.3], (200, len(senegal))) * random.random((200, 1)).round()
    filled = np.vstack([filled, low + (high - low) * random.random((200, len(senegal))), low, high])
    means = pd.DataFrame(filled.T, index=senegal["dimension_id"]).groupby(level=0).mean()
    assert means.ge(bounds["low"] - 1e-12, axis=0).all(axis=None)
    assert means.le(bounds["high"] + 1e-12, axis=0).all(axis=None)
    # And the bounds are no wider than need be.
    assert means.min(axis=1).to_numpy() == pytest.approx(bounds["low"].to_numpy())
    assert means.max(axis=1).to_numpy() == pytest.approx(bounds["high"].to_numpy())


def test_bounds_shrink_with_each_indicator_that_becomes_known():
    scored = answers.scored(referral_evidence.answers())
    senegal = scored[scored["area_id"] == "SEN"].reset_index(drop=True)
    before = profiles.profile(senegal, ["dimension_id"]).set_index("dimension_id")
    unknown = senegal.index[~senegal["known"]]
    assert len(unknown) > 5
    for place, share in zip(unknown, np.random.default_rng(6).random(len(unknown)), strict=True):
        value = senegal.at[place, "score_low"] + share * (
            senegal.at[place, "score_high"] - senegal.at[place, "score_low"]
        )
        filled = senegal.copy()
        filled.loc[place, ["score_low", "score_high", "known"]] = [value, value, True]
        dimension = senegal.at[place, "dimension_id"]
        after = profiles.profile(filled, ["dimension_id"]).set_index("dimension_id").loc[dimension]
        was = before.loc[dimension]
        assert was["low"] <= after["low"] <= after["high"] <= was["high"]
        assert after["high"] - after["low"] < was["high"] - was["low"]
        assert after["known"] == was["known"] + 1


def test_law_is_ahead_of_practice_only_where_the_two_bars_do_not_touch():
    table = profiles.law_and_practice(answers.scored(referral_evidence.answers()))
    assert len(table) == 16
    for row in table.to_dict("records"):
        apart = row["law_low"] > row["practice_high"] or row["practice_low"] > row["law_high"]
        assert (row["verdict"] == NOT_DECIDED) == (not apart)
    decided = (table["verdict"] != NOT_DECIDED).sum()
    assert f"is decided in {decided} of 16 countries" in shown(STUDY).displayed[0]


def test_whether_countries_are_in_any_order_is_one_sentence_and_no_figure():
    ranking = profiles.rank_sensitivity(referral_results.dimensions(), draws=20, seed=1)
    assert ranking.order is None and shown(STUDY).displayed[0].startswith(ranking.reason)
    assert not {"referral_ranks", "referral_law_practice"} & set(shown(STUDY).exhibits)


# Gaps


def test_a_child_who_may_work_at_twelve_is_a_grave_gap_by_convention_138():
    said = [
        row for row in rows_of("evidence/child_labour_law")
        if (row["area_id"], row["indicator"], row["report_year"]) == ("NGA", "minimum_age_work", "2022")
    ]  # fmt: skip
    assert [(row["value"], row["source_id"]) for row in said] == [("12", "DOLX2022")]
    table = shown(STUDY).table("referral_register", Country="Nigeria", Severity="high")
    below = table[table["What is missing"].str.startswith("The minimum age for work is below 14")]
    (gap,) = below.to_dict("records")
    assert gap["Asked for by"] == "ILO C138, art. 2 and 3" and gap["Sources"] == "DOLX2022"
    assert gap["Evidence"].endswith("work from 12") and gap["Year it speaks of"] == "2022"
    # In all reports since 2013.
    assert gap["Since"] == "2013"


def test_what_is_unknown_is_never_a_gap_that_is_rated():
    answers, register = referral_evidence.answers(), referral_results.register()
    rated = register[register["severity"] != "not rated"]
    unread = answers[answers["basis"] == "none"]
    pairs = set(map(tuple, rated[["area_id", "indicator_id"]].to_numpy()))
    assert not pairs & set(map(tuple, unread[["area_id", "indicator_id"]].to_numpy()))
    # Each gap that is rated has its source, and says what was read there.
    assert rated["source_ids"].ne("").all() and rated["evidence"].ne("").all() and rated["missing"].ne("").all()
    bibliography.citations(referral_evidence.sources(rated))
    # What is not known is listed once an indicator, as one of data.
    open_ones = register[register["severity"] == "not rated"]
    assert set(open_ones["kind"]) == {"data"}
    assert len(open_ones) == referral_results.states()["state"].eq("unknown").sum()
    for area_id in PLACES:
        table = shown(area_id).table("referral_register")
        assert set(table["Severity"]) <= {"high", "medium", "low"}
        mine = open_ones if area_id == STUDY else open_ones[open_ones["area_id"] == area_id]
        assert shown(area_id).exhibits["referral_register"].limits.startswith(f"{len(mine)} further answers")


@pytest.mark.parametrize("area_id", PLACES)
def test_gaps_by_severity_and_what_is_unknown_add_up_to_the_indicators_asked(area_id):
    table = shown(area_id).table("referral_gaps").set_index(["Country" if area_id == STUDY else "Dimension"])
    assert table.drop("All").sum().equals(table.loc["All"])
    table = table.drop("All")
    parts = table[["High", "Medium", "Low", "Unknown", "In place"]]
    assert (parts.sum(axis=1) == table["Indicators that apply"]).all() and (parts >= 0).all(axis=None)
    assert table[["Partly", "Not in place"]].sum(axis=1).eq(table[["High", "Medium", "Low"]].sum(axis=1)).all()
    # 16 countries of 53 indicators with a scale, of which those outside ECOWAS are not asked two.
    asked = dict.fromkeys(OUTSIDE, 51) | {STUDY: 16 * 53 - 4 * 2}
    assert table["Indicators that apply"].sum() == asked.get(area_id, 53)
    assert (table["Indicators that apply"] + table["Does not apply"]).sum() == 53 * (16 if area_id == STUDY else 1)
    # Each indicator that the register rates is counted once.
    register = shown(area_id).table("referral_register")
    assert parts[["High", "Medium", "Low"]].to_numpy().sum() == register["Gap"].str.rsplit("-", n=1).str[0].nunique()


def test_suggested_actions_are_those_of_the_report_that_two_readers_gave_an_indicator():
    settled = {row["action_id"]: row["settled"] for row in rows_of("referral/action_coding")}
    of_2022 = [row for row in rows_of("evidence/suggested_actions") if row["report_year"] == "2022"]
    with_one = Counter(row["area_id"] for row in of_2022 if settled[row["action_id"]] != "none")
    # Counted by hand besides: of 273 actions 90 have an indicator; of Senegal's 20 there are 8.
    assert (len(of_2022), with_one.total(), with_one["SEN"]) == (273, 90, 8)
    page = shown(STUDY)
    (whole,) = page.table("referral_actions", Dimension="All").to_dict("records")
    assert whole["Actions with an indicator"] == 90
    assert whole["Found"] + whole["Nothing known"] + whole["Missed"] == 90
    assert page.exhibits["referral_actions"].limits.startswith("183 of 273 actions have no indicator")
    for area_id in PLACES[1:]:
        assert len(shown(area_id).table("referral_actions")) == with_one[area_id]
    # Each gap that an action was found in is one of the register.
    gaps = set(shown("SEN").table("referral_register")["Gap"])
    found = shown("SEN").table("referral_actions", In_the_register="found")["Gaps"]
    assert len(found) and {gap for cell in found for gap in cell.split(", ")} <= gaps


# What is printed follows from the call


def test_few_and_the_year_of_a_report_and_years_of_mentions_are_printed_as_they_were_asked_for():
    place, known, dimensions = areas.get("SEN"), referral_evidence.answers(), referral_results.dimensions()
    scores = referral_profile.scores(place, known, dimensions, profiles.composite(dimensions), "", few=0.9)
    assert "fewer than 90% of the indicators known" in words(scores.figure)
    assert scores.plot.table["few"].equals(scores.plot.table["known"] < 0.9 * scores.plot.table["indicators"])
    none = referral_gaps.suggested(place, 1999)
    (actions,) = referral_gaps.suggested_actions(place, none, none, referral_results.register(), 1999)
    assert actions.title.endswith("suggested in 1999") and "2022" not in actions.title
    detected = referral_cooperation.detected(place, referral_results.cover(), (2013, 2018))
    assert detected.limits.startswith("Citizens of one country detected in another, 2013 to 2018;")


def test_more_counts_as_absent_where_the_call_says_so():
    answers, register = referral_evidence.answers(), referral_results.register()
    third, two_thirds = (referral_evidence.dated_states(answers, register, absent=share) for share in (1 / 3, 2 / 3))
    pd.testing.assert_frame_equal(third, referral_results.states())
    keys = ["area_id", "indicator_id"]
    ends = answers.set_index(keys)[["low", "high", "top", "applies"]].loc[pd.MultiIndex.from_frame(third[keys])]
    share = (ends["high"] / ends["top"]).to_numpy()
    # Nothing is certain, and at most two thirds are possible.
    none = (ends["low"].to_numpy() == 0) & (share <= 2 / 3 + 1e-9) & ends["applies"].astype(bool).to_numpy()
    assert (two_thirds["state"].eq("not in place").to_numpy() == none).all()
    assert none.sum() > third["state"].eq("not in place").sum()


@pytest.mark.parametrize(("area_id", "by", "other"), [(STUDY, "country", "dimension"), ("SEN", "dimension", "country")])
def test_gaps_of_a_study_are_counted_by_country_and_those_of_a_country_by_dimension(area_id, by, other):
    given = (referral_results.register(), referral_evidence.answers(), referral_results.states(), "")
    here = referral_gaps.gaps_by(areas.get(area_id), *given, by=by)
    assert here.table.printed.columns[0] == by.capitalize() and not here.absent
    elsewhere = referral_gaps.gaps_by(areas.get(area_id), *given, by=other)
    assert elsewhere.absent and elsewhere.table.empty and f"by {other}" in elsewhere.title


def test_agreement_of_readers_is_of_a_study_and_its_reason_stands_where_it_is_refused():
    senegal, study = areas.get("SEN"), areas.get(STUDY)
    for pairs_of, agreement_of in (
        (coder_agreement.pairs_of_readings, coder_agreement.agreement_of_readings),
        (coder_agreement.pairs_of_actions, coder_agreement.agreement_of_actions),
    ):
        assert pairs_of(senegal).empty and len(pairs_of(study)) > 50
        refused = attempt(weighted_kappa.coder_agreement, pairs_of(senegal))
        assert agreement_of(senegal, refused).absent
        assert agreement_of(study, refused).limits == refused.reason and agreement_of(study, refused).table.empty


# Justice, tiers, coding


def test_a_country_without_a_figure_of_any_stage_says_so_and_has_no_zero():
    niger, counts = areas.get("NER"), evidence.stage_counts().assign(breakdown="total")
    none = attrition(counts[counts["area_id"] == "NER"].iloc[:0])
    stages, ratios = referral_law.stages(niger, none), referral_law.ratios(niger, none)
    assert stages.table.empty and "No figure of any stage was found" in stages.alt
    assert ratios.table.empty
    # Senegal's convictions: 20 in the year to March 2022, by the report of 2022.
    senegal = shown("SEN").table("referral_attrition", Stage="convictions", Period="Apr 2021 – Mar 2022")
    assert list(senegal["Figure"]) == ["20"] and list(senegal["Source"]) == ["TIP2022_SEN"]


@pytest.mark.parametrize("area_id", ["SEN", "NER"])
def test_the_number_of_each_stage_is_the_headline_on_the_page_of_the_country_and_of_the_study(area_id):
    own = shown(area_id).table("referral_latest_figures")
    (wide,) = shown(STUDY).table("referral_latest_figures", Country=areas.get(area_id).name).to_dict("records")
    assert set(own["Stage"]) == {"Detected victims", "Investigations", "Prosecutions", "Convictions"}
    for row in own.to_dict("records"):
        measure = {"Detected victims": "victims"}.get(row["Stage"], row["Stage"].lower())
        assert row["Number"] == wide[row["Stage"]] == evidence.headline(area_id, measure).words


def test_a_year_without_a_tier_is_not_found_and_no_tier_is_made_up():
    tiers = {(row["area_id"], row["report_year"]): row["tier"] for row in rows_of("evidence/tiers")}
    (said,) = shown(STUDY).table("referral_tiers", Country="Senegal").drop(columns="Country").to_dict("records")
    assert said == {year: tiers.get(("SEN", year), "not found") for year in said} and len(said) > 20
    own = {int(year): tier for (area_id, year), tier in tiers.items() if area_id == "SEN"}
    words = referral_law.seen_from_outside(areas.get("SEN")).data
    assert f"**{referral_law.TIERS[own[max(own)]]}** in the US Trafficking in Persons report of {max(own)}" in words
    assert f"In {len(own)} reports since {min(own)}" in words


def test_two_readers_of_the_actions_agree_on_as_many_as_were_counted():
    rows = rows_of("referral/action_coding")
    alike = sum(row["first"] == row["second"] for row in rows)
    # Counted by hand besides.
    assert (alike, len(rows)) == (535, 562)
    (agreement,) = shown(STUDY).table("referral_readers", Measure="percent agreement").to_dict("records")
    assert agreement["Estimate"] == f"{535 / 562:.3f}" and agreement["Coded by both"] == 562


# A coding sheet


@pytest.fixture(scope="module")
def coded_country(tmp_path_factory):
    """Senegal coded by two coders and an adjudicator, in a catalogue of its own: before and after."""
    before = _state()
    folder = tmp_path_factory.mktemp("coded") / "raw"
    for part in ("boundaries", "evidence", "referral"):
        shutil.copytree(RAW / part, folder / part)
    for file in (*RAW.glob("*.csv"), RAW / "catalog.yml"):
        shutil.copy(file, folder)
    (folder / STUDY).mkdir()
    with pytest.MonkeyPatch.context() as patched:
        for module in ("catalog", "checking"):
            patched.setattr(f"analysis.{module}.RAW", folder)
        _forget()
        without = {analysis: provenance.made_from(Job(analysis, STUDY, "SEN")) for analysis in JOBS}
        file = _sheet().saved(folder / STUDY)
        catalogue, content = accepted(file, check(file).described)
        catalogue.write_bytes(content)
        _forget()
        after = _state() | {"without": without}
        after["with"] = {analysis: provenance.made_from(Job(analysis, STUDY, "SEN")) for analysis in JOBS}
    _forget()
    return before, after


JOBS = REFERRAL_MECHANISMS, INCIDENCE = ("referral_mechanisms", "incidence")
# What follows from the sheet below: bounds, in the units of the scale, and whether the indicator is known.
CODED = {"B3": (0, 0), "C2": (3, 3), "C3": (0, 1), "D5": (1, 2)}
KNOWN = {"B3": True, "C2": True, "C3": False, "D5": True, "F3": False}


def _sheet() -> Filled:
    sheet = Filled()
    sheet.code("B3", "First", "0", "Decree 12, art. 4")
    sheet.code("B3", "Second", "0", "Decree 12")
    sheet.code("C2", "First", "3", "Circular 9")
    sheet.code("C2", "Second", "3", "Circular 9")
    sheet.code("C3", "First", "yes", "Law 5, art. 7")
    sheet.code("C3", "Second", "no", "Law 5, art. 8")
    sheet.code("D5", "First", "1", "Ministry of Health, report, p. 4")
    sheet.code("D5", "Second", "2", "Ministry of Health, report, p. 5")
    sheet.code("A8", "First", "unknown", "")
    sheet.code("F3", "First", "not applicable", "Nobody is returned")
    sheet.code("F3", "Second", "not applicable", "Nobody is returned")
    for name in ("E1", "E3", "E5", "G2", "G4", "G5"):
        sheet.code(name, "First", "unknown", "")
        sheet.code(name, "Second", "unknown", "")
    # Without evidence an answer is not used.
    sheet.code("I5", "First", "3", "")
    return sheet


def _forget() -> None:
    catalog.datasets.cache_clear()
    catalog._table.cache_clear()
    provenance._inputs.cache_clear()
    for module in (referral_evidence, referral_results):
        for function in vars(module).values():
            if hasattr(function, "cache_clear") and function.__module__ == module.__name__:
                function.cache_clear()


def _state() -> dict[str, object]:
    """What the page of Senegal says that a coding sheet can change."""
    place = areas.get("SEN")
    answers = referral_evidence.answers()
    return {
        "answers": answers[answers["area_id"] == "SEN"].set_index("indicator_id"),
        "others": answers[answers["area_id"] != "SEN"].reset_index(drop=True),
        "coverage": printed(referral_profile.coverage(place, answers, "").table).set_index("Dimension"),
        "register": printed(referral_gaps.gap_register(place, referral_results.register()).table),
        "dimensions": referral_results.dimensions().query("area_id == 'SEN'").set_index("dimension_id"),
        "sheets": coder_agreement.coding_status(place),
        "pairs": coder_agreement.pairs_of_coders(place),
    }


def test_a_coding_sheet_settles_what_public_evidence_left_unknown_and_nothing_of_another_country(coded_country):
    before, after = coded_country
    was, now = before["answers"], after["answers"]
    bounds = {name: (now.at[name, "low"], now.at[name, "high"], bool(now.at[name, "known"])) for name in now.index}
    # Where the two differ all between them is possible: of yes and no that is the whole scale.
    assert {name: bounds[name] for name in CODED} == {name: (*ends, KNOWN[name]) for name, ends in CODED.items()}
    assert now.at["B3", "basis"] == "coding sheet, agreed"
    # That coders did not find it takes nothing back; an answer without evidence is not used.
    for name in ("A8", "I5"):
        assert bounds[name] == (was.at[name, "low"], was.at[name, "high"], bool(was.at[name, "known"]))
    assert bounds["A8"] == (1, 2, True)
    assert not now.at["F3", "applies"] and was.at["F3", "applies"]
    same = now.index.difference(["B3", "C2", "C3", "D5", "F3"])
    pd.testing.assert_frame_equal(was.loc[same], now.loc[same])
    pd.testing.assert_frame_equal(before["others"], after["others"])
    assert now.at["B3", "note"] == "Decree 12, art. 4; Decree 12"


def test_a_coding_sheet_changes_coverage_profile_gaps_and_agreement(coded_country):
    before, after = coded_country
    was, now = before["coverage"]["Known"], after["coverage"]["Known"]
    # B3, C2 and D5 are known now; C3, on which they differ, is not, and F3 is no longer asked.
    old = before["answers"]
    more = {name: Counter({name[0]: int(known) - int(old.at[name, "known"])}) for name, known in KNOWN.items()}
    assert (now - was).to_dict() == {name: sum(each[name[0]] for each in more.values()) for name in was.index}
    assert (before["coverage"]["Apply"] - after["coverage"]["Apply"]).to_dict() == {
        name: int(name[0] == "F") for name in was.index
    }
    # The bounds of a dimension move by what its indicators do, each of them one of its many.
    for dimension in "BCD":
        wide, narrow = before["dimensions"].loc[dimension], after["dimensions"].loc[dimension]
        for end in ("low", "high"):
            moved = sum(
                (CODED[name][end == "high"] - old.at[name, end]) / old.at[name, "top"]
                for name in CODED
                if name[0] == dimension
            )
            assert narrow[end] == pytest.approx(wide[end] + moved / wide["indicators"])
    gaps = after["register"].set_index("Gap")
    assert gaps.at["SEN-B3-1", "What is missing"] == "Independent rapporteur: coded 0 of 3"
    assert gaps.at["SEN-B3-1", "Severity"] == "medium" and gaps.at["SEN-B3-1", "Sources"] == "coding sheet"
    assert "SEN-B3-1" not in set(before["register"]["Gap"])
    # Of C2 public evidence left the state unknown, and those who read the circular found no gap.
    assert not any(gaps.index.str.startswith("SEN-C2-"))
    without = before["sheets"]
    assert without.table.empty and "No coding sheet of Senegal" in without.limits and before["pairs"].empty
    sheets, agreed = after["sheets"], weighted_kappa.coder_agreement(after["pairs"], by="scale")
    agreement = coder_agreement.agreement_of_coders(areas.get("SEN"), after["pairs"], agreed)
    counts = printed(sheets.table).iloc[0].to_dict()
    assert {name: counts[name] for name in ("agreed", "disagree", "unknown", "not applicable", "not coded")} == {
        "agreed": 2, "disagree": 2, "unknown": 7, "not applicable": 1, "not coded": 48,
    }  # fmt: skip
    # Of the levels both coded B3, C2, D5, F3 and six that they did not find, all but D5 alike. One item of yes and no
    # is too few for a number.
    rows = printed(agreement.table)
    percent = rows[rows["Measure"] == "percent agreement"].set_index("Scale")
    assert percent.at["level", "Estimate"] == "0.900" and percent.at["level", "Coded by both"] == 10
    assert percent.at["answer", "Estimate"] == "not given" and percent.at["answer", "Note"].startswith("suppressed: ")
    for exhibit in (sheets, agreement):
        in_words(exhibit)


def test_a_coding_sheet_makes_the_page_of_its_study_stale_and_no_other(coded_country):
    _, after = coded_country
    then, now = after["without"][REFERRAL_MECHANISMS], after["with"][REFERRAL_MECHANISMS]
    assert "coding" not in then and list(now["coding"]) == ["coding_SEN"]
    assert "coding coding_SEN is new" in changes(then, now)
    # Another analysis may read no coding sheet: it is none of its inputs that a run of it names.
    assert "coding" not in after["with"][INCIDENCE]
    then, now = after["without"][INCIDENCE], after["with"][INCIDENCE]
    read = sorted(set(then["inputs"]) & set(now["inputs"]))
    assert "coding_SEN" not in read and changes(*(provenance.with_inputs(each, read) for each in (then, now))) == []


def test_the_repository_is_left_as_it_was(coded_country):
    before, _ = coded_country
    assert catalog.RAW == RAW and not catalog.coding_sheets(STUDY)
    pd.testing.assert_frame_equal(_state()["answers"], before["answers"])
    assert Path(catalog.dataset("nrm_framework").path).is_relative_to(RAW)
