"""What a reader relies on in texts that people write: each brief answers ten questions, and nothing is synthetic."""

from __future__ import annotations

import re

import pytest
import yaml

from analysis import areas
from analysis.findings.measures import area_name
from analysis.jobs import PLEDGE
from analysis.recommendations.texts import read as read_texts
from analysis.report import layout
from analysis.report.edition import read_briefs, read_questions
from analysis.report.places import AREAS, working_language
from analysis.report.references import BLOCK, REFERENCE, cited

STUDIES = ("turkiye", "west_africa", "cabo_verde")
BRIEFS, QUESTIONS, LAYOUT = read_briefs(PLEDGE), read_questions(PLEDGE), layout.read(PLEDGE)
ACTIONS = read_texts(PLEDGE).gap_actions
TEXTS = sorted(PLEDGE.glob("chapters/*/*.md")) + sorted(PLEDGE.glob("briefs/*/*.md"))


@pytest.mark.parametrize("study", STUDIES)
def test_each_brief_answers_what_its_readers_ask_or_says_why_nobody_can(study: str):
    asked = QUESTIONS[study]
    languages = ("en", working_language(study))
    assert len(asked) == 10 and 2 <= sum("unanswered" in each for each in asked) <= 4
    for language in languages:
        there = set(cited(BRIEFS[study, language]))
        for each in asked:
            assert each["question"][language]
            if "unanswered" in each:
                assert each["unanswered"][language]
            else:
                assert each["cites"] and set(each["cites"]) <= there, (language, each["question"]["en"])


@pytest.mark.parametrize("study", STUDIES)
def test_a_brief_has_an_answer_a_figure_and_three_actions_and_its_table_has_five_numbers(study: str):
    for language in ("en", working_language(study)):
        blocks = [(found[1], found[2]) for found in BLOCK.finditer(BRIEFS[study, language])]
        numbers, figures, actions = (
            [what for kind, what in blocks if kind == each] for each in ("numbers", "figure", "actions")
        )
        # A study of many countries has the numbers of each in its text.
        assert [len(each.split()) for each in numbers] in ([5], []) and len(figures) == 1
        # One list, or each below the gap that it answers.
        assert len([name for each in actions for name in each.split()]) == 3


# Of the areas of a study together there can be a brief, as long as it needs to be.
TOGETHER = {f"{study}{AREAS}" for study in STUDIES}
COUNTRIES = sorted(area for area, language in BRIEFS if language == "en" and area not in {*STUDIES, *TOGETHER})
SECTIONS = [
    "The answer",
    "What is known",
    "Forms of exploitation, and where",
    "Routes",
    "What law and system have",
    "What is missing, and what to do",
    "What is not known, and what would settle it",
    "Who leads",
]


@pytest.mark.parametrize("area", COUNTRIES)
def test_a_brief_of_a_country_has_its_sections_five_numbers_a_figure_and_three_actions_of_its_own(area: str):
    text = BRIEFS[area, "en"]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    blocks = {found[1]: found[2] for found in BLOCK.finditer(text)}
    assert set(blocks) == {"numbers", "figure", "gaps"} and blocks["gaps"] == area
    assert len(blocks["numbers"].split()) == 5 and "|" in blocks["figure"]
    assert len([each for each in ACTIONS if each.area_id == area and "en" in each.action]) == 3
    # What is cited is of the country itself, but for what the study says of all.
    own = {place for study in STUDIES if areas.STUDIES[study].iso3 == area for place in (study, *areas.ids(study))}
    assert {each.partition("/")[0] for each in cited(text)} <= {area, areas.get(area).study, *own}


def test_an_action_answers_a_gap_of_its_place():
    assert all(each.gap.partition("/")[0] == each.area_id for each in ACTIONS)


TRANSLATED = sorted((area, language) for area, language in BRIEFS if language != "en" and area in COUNTRIES)


def citations(text: str) -> list[str]:
    """Return what a text cites, without what it asks of it and without captions."""
    return sorted(match[1].partition("|")[0] for match in REFERENCE.finditer(text))


@pytest.mark.parametrize("study", STUDIES)
def test_a_translation_cites_what_the_english_cites(study: str):
    for folder in ("chapters", "briefs"):
        english, other = (
            (PLEDGE / folder / each / f"{study}.md").read_text("utf-8") for each in ("en", working_language(study))
        )
        assert citations(english) == citations(other)


@pytest.mark.parametrize("name", sorted({name for name, _ in BRIEFS} & TOGETHER))
def test_a_brief_of_the_areas_of_a_study_names_each_with_evidence_and_says_the_same_in_its_language(name: str):
    study = name.removesuffix(AREAS)
    english, other = BRIEFS[name, "en"], BRIEFS[name, working_language(study)]
    assert citations(english) == citations(other) and english.count("\n## ") == other.count("\n## ")
    assert all(area_name(each, "en") in english for each in areas.ids(study))
    # No place is introduced by who lives there.
    assert not re.search(r"^## [^\n]+\n\n[^\n]*syrians_temporary_protection", english, re.MULTILINE)


@pytest.mark.parametrize(("area", "language"), TRANSLATED)
def test_a_translated_brief_of_a_country_cites_what_the_english_cites_and_has_its_actions(area: str, language: str):
    assert language == working_language(area)
    assert citations(BRIEFS[area, "en"]) == citations(BRIEFS[area, language])
    assert BRIEFS[area, language].count("\n## ") == len(SECTIONS)
    own = [each for each in ACTIONS if each.area_id == area]
    assert all(language in each.action for each in own)
    for field in ("missing", "action", "reason", "first_step", "target"):
        for each in own:
            said = getattr(each, field)
            assert citations(said["en"]) == citations(said[language]), (each.action_id, field)


def test_the_word_synthetic_stands_in_one_paragraph_of_each_language_and_nowhere_else():
    found: dict[str, int] = {}
    for path in TEXTS:
        paragraphs = re.split(r"\n\s*\n", path.read_text("utf-8"))
        found[path.parent.name] = found.get(path.parent.name, 0) + sum("SYNTHETIC" in each for each in paragraphs)
    assert max(found.values()) == 1
    advice = (PLEDGE / "recommendations.yml").read_text("utf-8")
    assert "SYNTHETIC" not in advice and "SYNTHETIC" not in (PLEDGE / "lessons.yml").read_text("utf-8")


def test_tables_and_figures_that_texts_ask_for_are_there():
    templates = yaml.safe_load((PLEDGE.parent / "src/analysis/report/templates/frame_en.yml").read_text("utf-8"))
    for path in TEXTS:
        for kind, what in ((found[1], found[2]) for found in BLOCK.finditer(path.read_text("utf-8"))):
            if kind == "table":
                assert what in LAYOUT.tables, (path, what)
            if kind == "figure":
                place, _, caption = what.partition("|")
                assert caption and areas.get(place.split("/")[1]), (path, what)
    for of_area in LAYOUT.areas.values():
        assert all(stem in templates["captions"] for _, stem, _ in of_area.figures)


def test_frames_have_the_same_words_and_fields_in_all_languages():
    def words(language: str) -> dict:
        path = PLEDGE.parent / f"src/analysis/report/templates/frame_{language}.yml"
        return yaml.safe_load(path.read_text("utf-8"))

    def flat(said: dict, above: str = "") -> dict[str, set[str]]:
        found = {}
        for name, value in said.items():
            if isinstance(value, dict):
                found |= flat(value, f"{above}{name}.")
            else:
                found[f"{above}{name}"] = set(re.findall(r"\{\w+\}", str(value)))
        return found

    english = flat(words("en"))
    for language in ("fr", "pt", "tr"):
        assert flat(words(language)) == english, language


# What a native reader stumbles over, by language. In French a no-break space stands before : ; ? ! » and after «.
FAULTS = {
    "fr": r"(?<=[^\u00a0\u202f])[:;?!»](?!\d)|«(?![\u00a0\u202f])|\bde (?:UNICEF|ONU)\b|\b1 autres|\bnon lu\b",
    "pt": r"\bde ICCA\b|\bNoticias\b",
    "tr": r"mağduru saymıyor|mağdurlar görülme sıklığı|mağdur tablosu",
}
# What a text has beside words: its head, references (the caption of a figure stays), programs and addresses.
NO_WORDS = re.compile(r"\A---\ntitle:|\[\[figure:[^|]*\||\[\[[^\]]*\]\]|`[^`]*`|https?://\S+")


def texts_in(language: str, said: object, own: bool = False) -> list[str]:
    """Return the texts of a language in what a YAML file holds: those below its name, or all where it is `own`."""
    if isinstance(said, dict):
        return [text for name, each in said.items() for text in texts_in(language, each, own or name == language)]
    return [said] if own and isinstance(said, str) else []


@pytest.mark.parametrize("language", sorted(FAULTS))
def test_texts_have_no_fault_that_a_native_reader_stumbles_over(language: str):
    texts = [path.read_text("utf-8") for path in TEXTS if path.parent.name == language]
    for path in [*PLEDGE.rglob("*.yml"), *(PLEDGE.parent / "src/analysis").rglob("*.yml")]:
        texts += texts_in(language, yaml.safe_load(path.read_text("utf-8")), path.stem == f"frame_{language}")
    assert len(texts) > 100
    words = [NO_WORDS.sub("", each) for each in texts]
    assert not [each[: at.end()][-60:] for each in words for at in re.finditer(FAULTS[language], each)]
