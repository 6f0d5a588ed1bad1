"""What a newer edition turned: which can be replayed, what stands in the place of what, and what is compared."""

from __future__ import annotations

import hashlib
import re
import shutil

import pandas as pd
import pytest
import report_material
import yaml
from refusals import refused
from report_material import found

from analysis import catalog, cli_review
from analysis.findings.finding import as_table
from analysis.project_files import ROOT
from analysis.review import replay, trees, turned
from analysis.review.wording import word_diff
from bounded.refusal import Refusal

UNODC = "UNODC"


@pytest.mark.parametrize("asked", ["UNODC", "unodc", "United Nations Office on Drugs and Crime", "UNODC_GLOTIP_2023"])
def test_a_publisher_is_named_by_its_releases_or_as_the_catalogue_has_it(asked):
    entries = replay.editions_of(asked)
    assert {entry.edition for entry in entries} == {"UNODC_GLOTIP_2023"}
    assert {entry.edition_of for entry in entries} == {
        *("unodc_detected_victims", "unodc_forms_of_exploitation", "unodc_citizenship_flows"),
        "unodc_persons_and_offences",
    }


def test_a_publisher_with_one_edition_is_refused_and_those_with_more_are_named():
    with refused(Refusal, "one_edition", "ILO", UNODC):
        replay.editions_of("ILO")


def test_no_program_and_no_notebook_names_an_earlier_edition():
    names = [*catalog.editions(), "evidence/editions"]
    for path in [*ROOT.glob("src/**/*.py"), *ROOT.glob("packages/**/*.py"), *ROOT.glob("notebooks/*.ipynb")]:
        text = path.read_text(encoding="utf-8")
        assert not [name for name in names if name in text], path


@pytest.fixture
def tree(tmp_path):
    """The catalogue and the evidence of a copy of the project."""
    shutil.copytree(catalog.RAW / "evidence", tmp_path / "data/raw/evidence")
    shutil.copy(catalog.RAW / catalog.CATALOGUE, tmp_path / "data/raw")
    return tmp_path


def test_an_earlier_edition_stands_in_the_place_of_the_newer_and_is_catalogued_so(tree):
    entries = replay.editions_of(UNODC)
    replay.put_in_place(tree, entries)
    listed = yaml.safe_load((tree / "data/raw" / catalog.CATALOGUE).read_text(encoding="utf-8"))
    for entry in entries:
        content = (tree / "data/raw" / catalog.dataset(entry.edition_of).file).read_bytes()
        assert content == entry.path.read_bytes()
        assert listed[entry.edition_of]["sha256"] == hashlib.sha256(content).hexdigest()
        assert listed[entry.edition_of]["title"] == entry.title
    others = set(catalog.datasets()) - {entry.edition_of for entry in entries} - {"set_aside"}
    now = yaml.safe_load((catalog.RAW / catalog.CATALOGUE).read_text(encoding="utf-8"))
    assert [name for name in others & set(now) if listed[name] != now[name]] == []


def test_what_was_set_aside_of_the_newer_edition_alone_is_left_out(tree):
    left_out = replay.put_in_place(tree, replay.editions_of(UNODC))
    before = pd.read_csv(catalog.dataset("set_aside").path, dtype=str, keep_default_na=False)
    after = pd.read_csv(tree / "data/raw/evidence/set_aside.csv", dtype=str, keep_default_na=False)
    gone = before.merge(after, how="left", indicator=True).query("_merge == 'left_only'")
    assert len(gone) == left_out == len(before) - len(after) > 0
    assert gone["dataset"].str.startswith("unodc_").all()
    listed = yaml.safe_load((tree / "data/raw" / catalog.CATALOGUE).read_text(encoding="utf-8"))
    content = (tree / "data/raw/evidence/set_aside.csv").read_bytes()
    assert listed["set_aside"]["sha256"] == hashlib.sha256(content).hexdigest()


def _turned(*then):
    """What turned if findings of the material were these before."""
    material = report_material.material()
    rows = {str(row["finding_id"]): row for row in material.table.to_dict("records")}
    rows |= {each.finding_id: rows[each.finding_id] | each.row() for each in then}
    return turned.turned(as_table([*rows.values()]), material.table, material.texts, material.briefs)


def _only(table, kind):
    return table[table["kind"].eq(kind)].set_index("id")


def test_nothing_turns_where_both_editions_say_the_same():
    assert _turned().empty


def test_a_headline_and_the_sentences_that_cite_a_number_turn():
    table = _turned(found("CPV-SAL", "headline.victims", 50), found("SEN", "detected_victims.unodc", 900))
    headline = _only(table, turned.HEADLINE).loc["CPV-SAL/headline.victims"]
    assert (headline["then"], headline["now"], headline["beyond"]) == ("50", "5", True)
    sentences = _only(table, turned.SENTENCE)
    assert sentences["then"].str.contains("900").any() and sentences["now"].str.contains("1,234").any()
    assert set(sentences["language"]) == {"en", "fr"}
    assert set(_only(table, turned.NUMBER).index) == {"SEN/detected_victims.unodc"}


def test_a_change_within_uncertainty_is_no_turn():
    number = _only(_turned(found("SEN", "detected_victims.unodc", 1233)), turned.NUMBER)
    assert number["beyond"].tolist() == [False]


def test_a_state_that_turned_is_a_direction_and_its_gap_is_counted_once():
    table = _turned(found("SEN", "state.A1", 2, period="2022"), found("SEN", "gap.A1", 3))
    assert set(_only(table, turned.DIRECTION).index) == {"SEN/state.A1"}


def test_advice_turns_with_its_condition():
    advice = _only(_turned(found("SEN", "detected_victims.unodc", 900)), turned.ADVICE)
    assert advice.loc["WA-one", ["then", "now"]].tolist() == ["not met", "met"] and len(advice) == 1


@pytest.mark.parametrize(
    ("low", "high", "then_low", "then_high", "flips"),
    [(1, 5, -2, 4, True), (-5, -1, 1, 5, True), (-1, 5, -2, 4, False), (1, 5, 2, 6, False)],
)
def test_a_yearly_change_turns_where_its_limits_show_another_direction(low, high, then_low, then_high, flips):
    def change(low, high):
        limits = {"low": low, "high": high, "interval": "confidence", "confidence": 0.95}
        return found("SEN", "annual_change.victims_unodc", (low + high) / 2, period="2010/2020", **limits).row()

    rows = [*turned._findings(as_table([change(then_low, then_high)]), as_table([change(low, high)]))]
    assert [row["kind"] == turned.DIRECTION for row in rows] == [flips]


def test_lost_and_new_words_are_marked_and_marks_of_a_text_are_escaped():
    said = word_diff("In 2019 309 <b> victims", "In 2022 1,451 <b> victims")
    assert str(said) == ("In <del>2019</del> <ins>2022</ins> <del>309</del> <ins>1,451</ins> &lt;b&gt; victims")


def test_the_page_opens_with_its_answer_and_loads_nothing():
    table = _turned(found("CPV-SAL", "headline.victims", 50), found("SEN", "detected_victims.unodc", 900))
    page = replay.render(
        replay.Replay(UNODC, "Then, 2023", "Now, 2025", ("a_table",), 2, ("west_africa/SEN/incidence",), table, 30)
    )
    assert page.lstrip().startswith("<!doctype html>")
    assert page.index("Answer") < page.index("Then, 2023") < page.index("Headline numbers")
    assert not re.search(r"(src|href)=\"(?!#|data:)", page) and "default-src 'none'" in page
    assert "<strong>1 headline numbers</strong>" in page


def test_the_command_says_what_turned_and_where_it_is_written(monkeypatch, capsys, tmp_path):
    table = _turned(found("CPV-SAL", "headline.victims", 50))
    made = replay.Replay(UNODC, "Then", "Now", ("a_table",), 0, (), table, 30)
    monkeypatch.setattr(replay, "replay", lambda publisher: made)
    monkeypatch.setattr(replay.write, "__defaults__", (tmp_path,))
    assert cli_review.review.callback(None, (), False, UNODC, 10.0, False) == 0
    said = capsys.readouterr().out
    assert "1 headline numbers" in said and "replay_UNODC.html" in said
    assert pd.read_csv(tmp_path / "replay_UNODC.csv")["kind"].tolist().count("headline") == 1


@pytest.mark.slow
@pytest.mark.end_to_end
def test_one_country_is_run_with_the_earlier_edition(tmp_path):
    tree = trees.copy(ROOT, tmp_path / "tree")
    replay.put_in_place(tree, replay.editions_of(UNODC))
    catalog.verify_all()
    trees.run(tree, ["west_africa/BEN/incidence"])
    table = pd.read_csv(tree / "data/processed/staged/reports/west_africa/BEN/incidence_headline_numbers.csv")
    assert "UNODC_GLOTIP_2025" not in table.to_csv()
    said = pd.read_csv(catalog.editions()["unodc_detected_victims_2023"].path, dtype=str)
    newest = said[said["area_id"].eq("BEN") & said["sex"].eq("all") & said["age"].eq("all")].iloc[-1]
    assert newest["value"] in table.to_csv()
