"""What a user relies on in the files of the pledge: they are read as written, and a mistake is named with its place."""

from __future__ import annotations

import pytest
from refusals import refused
from test_recommendations import declared, row, table

from analysis.recommendations import MET, NOT_KNOWN, TextsError, UnknownFinding
from analysis.recommendations import texts as pledge
from analysis.recommendations.evaluation import check, progress, recommendations

__all__ = ["declared"]
SENEGAL = table(row("SEN/tried", 2, 5))


RECOMMENDATION = """\
WA-01:
  study: west_africa
  areas: [SEN]
  text: {en: Do it., fr: Faites-le.}
  addressee: {en: the ministry, fr: le ministère}
  action: {en: doing it, fr: le faire}
  priority: high
  time_frame: within_1_year
  sdg: ["8.7"]
  rests_on: {finding: SEN/tried, above: 1}
"""
COMMITMENTS = """\
PL-01:
  title: {en: A study}
  text: {en: It is made.}
  source: a page
  activities:
  - text: {en: Counting}
    outputs: [incidence]
    rests_on: {finding: SEN/tried, kind: public}
  - text: {en: Agreeing}
    outputs: [report]
"""
AUTHORITIES = """\
SEN-CNLTP:
  area: SEN
  name: {en: National unit, fr: Cellule nationale}
  roles: [coordination]
  mandate: {en: Coordinates.}
  source: DOL2021_SEN
"""


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "pledge"
    (place / "chapters" / "en").mkdir(parents=True)
    for name in pledge.CHAPTERS:
        (place / "chapters" / "en" / f"{name}.md").write_text("A text.\n", encoding="utf-8")
    written = {
        "recommendations.yml": RECOMMENDATION,
        "commitments.yml": COMMITMENTS,
        "lessons.yml": "LL-01: {text: {en: Look twice.}}\n",
        "terms.yml": "sdg: {en: SDG target 8.7}\n",
        "authorities.yml": AUTHORITIES,
    }
    for name, text in written.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


def test_texts_are_read_as_they_are_written(folder):
    texts = pledge.read(folder)
    (only,) = texts.recommendations
    assert (only.recommendation_id, only.areas, only.sdg, only.text["fr"]) == (
        "WA-01",
        ("SEN",),
        ("8.7",),
        "Faites-le.",
    )
    assert texts.chapters["turkiye", "en"] == "A text.\n"
    assert texts.terms["sdg"]["en"] == "SDG target 8.7"
    (body,) = texts.authorities
    assert (body.called("fr"), body.called("tr"), body.roles) == (
        "Cellule nationale",
        "National unit",
        ("coordination",),
    )
    # Without the file of bodies none is named.
    (folder / "authorities.yml").unlink()
    assert pledge.read(folder).authorities == ()


def test_states_are_computed_and_an_activity_without_evidence_is_not_known(folder):
    texts = pledge.read(folder)
    (said,) = recommendations(texts, SENEGAL).to_dict("records")
    assert (said["state"], said["evidence"], said["synthetic"]) == (MET, "SEN/tried", False)
    states = progress(texts, SENEGAL).set_index("activity")["state"].to_dict()
    assert states == {1: MET, 2: NOT_KNOWN}
    check(texts, SENEGAL)
    with refused(UnknownFinding, "unknown_finding", "pledge/recommendations.yml"):
        check(texts, SENEGAL[SENEGAL["finding_id"] != "SEN/tried"])


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("recommendations.yml", "priority: high", "priority: urgent", "line 7: there is no priority 'urgent'"),
        ("recommendations.yml", "  priority: high\n", "", "line 2: `priority:` is missing"),
        (
            "recommendations.yml",
            "priority:",
            "prority:",
            "line 7: there is no `prority:` here. The nearest are: priority",
        ),
        ("recommendations.yml", "within_1_year", "soon", "line 8: there is no time frame 'soon'"),
        ("recommendations.yml", '["8.7"]', '["18.7"]', "line 9: there is no SDG target '18.7'"),
        ("recommendations.yml", '["8.7"]', "[]", "line 9: `sdg:` names no target"),
        ("recommendations.yml", "[SEN]", "[TR-27]", "line 3: there is no area of west_africa 'TR-27'"),
        ("recommendations.yml", ", fr: le faire", "", "line 6: `action:` is not there in 'fr'"),
        ("recommendations.yml", "en: Do it., ", "", "line 4: `en:` is missing"),
        ("recommendations.yml", "en: Do it.", "en: ", "line 4: a text must stand here"),
        ("recommendations.yml", "fr: Faites", "de: Faites", "line 4: there is no `de:` here"),
        ("recommendations.yml", "WA-01:", "WA 01:", "'WA 01' is no id"),
        ("recommendations.yml", RECOMMENDATION, 2 * RECOMMENDATION, "line 11: `WA-01:` stands twice"),
        ("recommendations.yml", RECOMMENDATION, "", "is empty"),
        ("recommendations.yml", "study: west", "study: [west", "is no YAML"),
        (
            "commitments.yml",
            "[incidence]",
            "[incidnce]",
            "line 7: there is no output 'incidnce'. The nearest are: incidence",
        ),
        ("commitments.yml", "source: a page\n  ", "", "line 2: `source:` is missing"),
        ("lessons.yml", "text", "txt", "line 1: there is no `txt:`"),
        ("recommendations.yml", "rests_on:", "role: cordination\n  rests_on:", "The nearest are: coordination"),
        ("recommendations.yml", "rests_on:", "authorities: [SEN-CNLT]\n  rests_on:", "Known are: SEN-CNLTP"),
        ("authorities.yml", "area: SEN", "area: SEG", "line 2: there is no country or study 'SEG'"),
        ("authorities.yml", "[coordination]", "[]", "line 4: `roles:` names none"),
        ("authorities.yml", "DOL2021_SEN", "DOL2021_SEM", "line 6: there is no source 'DOL2021_SEM'"),
        ("authorities.yml", "  mandate: {en: Coordinates.}\n", "", "line 2: `mandate:` is missing"),
        ("chapters/en/method.md", "A text.", " ", "pledge/chapters/en/method.md is empty"),
    ],
)
def test_a_mistake_in_a_text_is_named_with_its_file_and_line(folder, file, old, new, said):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TextsError) as error:
        pledge.read(folder)
    assert said in str(error.value) and f"pledge/{file}" in str(error.value)


def test_files_that_are_missing_or_of_an_unknown_name_are_named(folder):
    (folder / "chapters" / "en" / "method.md").rename(folder / "chapters" / "en" / "methods.md")
    with refused(TextsError, "unknown_chapter", "methods.md"):
        pledge.read(folder)
    (folder / "chapters" / "en" / "methods.md").unlink()
    with refused(TextsError, "missing_english_chapter", "method.md"):
        pledge.read(folder)
    (folder / "chapters" / "en" / "method.md").write_text("A text.", encoding="utf-8")
    (folder / "terms.yml").unlink()
    with refused(TextsError, "missing_file", "pledge/terms.yml"):
        pledge.read(folder)
