"""Commands for whoever keeps the data: draft, check and accept, from a file as received to a run; and synthetic."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from projects import CANARIES, copy_of_the_project, products, run_analysis

ROOT = Path(__file__).resolve().parents[2]
LIST = "police_SYNTHETIC.xlsx"
OFFICIAL = Path(os.environ.get("ANALYSIS_OFFICIAL") or ROOT.parent / "shared" / "official")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return copy_of_the_project(tmp_path_factory.mktemp("checking"))


def settle(mapping: Path) -> None:
    """Answer what a draft leaves to a person, and say that it is confidential."""
    text = mapping.read_text(encoding="utf-8")
    for name, value in {"title": "Police", "publisher": "P", "source": "S", "date": "2024-01-31"}.items():
        text = text.replace(f"\n{name}:", f"\n{name}: {value}", 1)
    mapping.write_text(text, encoding="utf-8")


def test_from_a_file_as_received_to_a_list_that_a_run_reads(project):
    folder = project / "data/raw/turkiye"
    folder.mkdir()
    file = folder / "police.csv"
    file.write_text(
        "Dosya No;Adı;Soyadı;Tespit Tarihi;İl;Cinsiyet;Notlar\n"
        f"1;Ali;{CANARIES[0]};05.06.2021;Kilis;erkek;{CANARIES[1]}\n"
        f"2;Ayşe;{CANARIES[0]};25.06.2021;Kilis;kadın;\n"
        f"3;Can;{CANARIES[0]};31.02.2021;Kilis;erkek;\n",
        encoding="utf-8",
    )
    noted = run_analysis("status", "--study", "turkiye", project=project)
    assert "data/raw/turkiye/police.csv is not catalogued" in noted.stdout

    drafted = run_analysis("draft", str(file), project=project)
    assert drafted.returncode == 0, drafted.stderr
    mapping = file.with_suffix(".mapping.yml")
    refused = run_analysis("draft", str(file), project=project)
    assert (refused.returncode, "--again" in refused.stderr) == (2, True)
    settle(mapping)

    unsaid = run_analysis("check", str(file), "--accept", project=project)
    assert (unsaid.returncode, "the last day on which they may be kept" in unsaid.stderr) == (2, True)
    assert not (folder / "catalog.yml").exists()
    terms = ["--purpose", "a test", "--retain-until", "2999-12-31", "--access", "the data manager"]
    checked = run_analysis("check", str(file), "--accept", *terms, project=project)
    assert checked.returncode == 0, checked.stderr
    assert "3 rows in the file = 2 clean + 1 in quarantine" in checked.stdout
    assert "D4" in checked.stdout
    assert {path for path in products(project) if "checks" in path} == {
        "data/processed/checks/police.html",
        "data/processed/checks/police_quarantine.csv",
    }
    entry = yaml.safe_load((folder / "catalog.yml").read_text(encoding="utf-8"))["turkiye_police"]
    assert (entry["file"], entry["mapping"], entry["kind"]) == ("police.csv", "police.mapping.yml", "confidential")

    ready = run_analysis("status", "--study", "turkiye", project=project)
    assert "case records of turkiye are confidential" in ready.stdout
    # A name that nobody may read stands in no product and on no screen.
    written = b"".join(products(project).values()).decode(errors="replace")
    for said in (written, drafted.stdout, checked.stdout, checked.stderr, ready.stdout):
        assert not any(word in said for word in CANARIES)

    file.write_text(file.read_text(encoding="utf-8") + "4;Su;Su;05.06.2021;Kilis;kadın;\n", encoding="utf-8")
    changed = run_analysis("run", "--study", "turkiye", project=project)
    assert (changed.returncode, "its content has changed" in changed.stderr) == (2, True)
    assert run_analysis("check", str(file), "--accept", project=project).returncode == 0
    assert run_analysis("status", project=project).returncode == 0


def test_a_list_is_accepted_only_where_lists_of_its_study_lie(project, tmp_path):
    for name in ("police.csv", "police.mapping.yml"):
        shutil.copy(project / "data/raw/turkiye" / name, tmp_path)
    ended = run_analysis("check", str(tmp_path / "police.csv"), "--accept", project=project)
    assert ended.returncode == 2
    assert (
        "does not lie in data/raw/turkiye" in ended.stderr and "Copy it there with police.mapping.yml" in ended.stderr
    )


def test_nothing_is_added_to_a_demonstration(project):
    committed = project / "data/raw/synthetic/demo_provinces" / LIST
    folder = project / "data/raw/demo_provinces"
    folder.mkdir()
    text = (project / "data/raw/turkiye/police.mapping.yml").read_text(encoding="utf-8")
    (folder / "police.mapping.yml").write_text(
        text.replace("study: turkiye", "study: demo_provinces"), encoding="utf-8"
    )
    shutil.copy(project / "data/raw/turkiye/police.csv", folder)
    # Neither what is there already, nor what somebody says is of real persons.
    for file in (committed, folder / "police.csv"):
        ended = run_analysis("check", str(file), "--accept", project=project)
        assert ended.returncode == 2 and "demo_provinces is a demonstration on synthetic data" in ended.stderr
    assert not (folder / "catalog.yml").exists()
    shutil.rmtree(folder)


@pytest.mark.soak
def test_synthetic_lists_are_not_entered_among_real_ones(project):
    folder = project / "data/raw/cabo_verde"
    folder.mkdir()
    source = project / "data/raw/synthetic/demo_islands"
    for name in ("icca_SYNTHETIC.csv", "icca_SYNTHETIC.mapping.yml"):
        shutil.copy(source / name, folder / name.replace("_SYNTHETIC", ""))
    mapping = folder / "icca.mapping.yml"
    there = {"demo_islands": "cabo_verde", "XIC-RUBY": "CPV-SAL", "XIC-OPAL": "CPV-FOGO", "XIG": "GIN", "XIS": "SEN"}
    for changes, said in (
        ({}, "demo_islands is a demonstration"),
        (there, "is for real lists"),
        ({"kind: synthetic": "kind: confidential"}, "is one of the synthetic files"),
    ):
        text = mapping.read_text(encoding="utf-8")
        for before, after in changes.items():
            assert before in text
            text = text.replace(before, after)
        mapping.write_text(text, encoding="utf-8")
        ended = run_analysis("check", str(folder / "icca.csv"), "--accept", project=project)
        assert ended.returncode == 2 and said in ended.stderr
    assert not (folder / "catalog.yml").exists()
    shutil.rmtree(folder)


def test_another_file_does_not_take_the_place_of_a_list_unasked(project):
    folder = project / "data/raw/turkiye"
    for ending in (".csv", ".mapping.yml"):
        shutil.copy(folder / f"police{ending}", folder / f"police_2024{ending}")
    ended = run_analysis("check", str(folder / "police_2024.csv"), "--accept", project=project)
    assert ended.returncode == 2 and "already entered with another file, police.csv" in ended.stderr


def test_what_comes_of_a_synthetic_list_says_so(project, tmp_path):
    for name in (LIST, LIST.replace(".xlsx", ".mapping.yml")):
        shutil.copy(project / "data/raw/synthetic/demo_provinces" / name, tmp_path / name.replace("_SYNTHETIC", ""))
    ended = run_analysis("check", str(tmp_path / "police.xlsx"), project=project)
    assert ended.returncode == 0, ended.stderr
    assert "(SYNTHETIC)" in ended.stdout
    report = (project / "data/processed/checks/police_SYNTHETIC.html").read_text(encoding="utf-8")
    assert "SYNTHETIC" in report
    assert (project / "data/processed/checks/police_SYNTHETIC_quarantine.csv").exists()


@pytest.mark.parametrize(
    ("file", "sentence"),
    [("nothing.csv", "nothing.csv is not there"), ("README.md", "`python -m analysis draft FILE` writes a first one")],
)
def test_a_file_that_cannot_be_checked(project, file, sentence):
    shutil.copy(ROOT / "README.md", project / "README.md")
    ended = run_analysis("check", file, project=project)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_error_of_a_library_says_its_place_and_not_what_it_met(project, tmp_path):
    text = f"No;Ad\n1;{CANARIES[0]}\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    source = project / "src/analysis/cases/fields.py"
    sound = source.read_text(encoding="utf-8")
    broken = sound.replace("    nothing = {fold", "    raise KeyError(list(texts))\n    nothing = {fold", 1)
    assert broken != sound
    (tmp_path / "a.mapping.yml").write_text(
        "{list: a, title: a, study: turkiye, kind: confidential, publisher: a, source: a, date: 2024-01-31, "
        "file: {delimiter: ';'}, columns: {record: No, given_name: Ad}}",
        encoding="utf-8",
    )
    try:
        source.write_text(broken, encoding="utf-8")
        ended = run_analysis("check", str(tmp_path / "a.csv"), project=project)
    finally:
        source.write_text(sound, encoding="utf-8")
    assert ended.returncode == 2
    assert "KeyError at src/analysis/cases/fields.py" in ended.stderr
    assert CANARIES[0] not in ended.stdout + ended.stderr


@pytest.mark.soak
@pytest.mark.skipif(
    not OFFICIAL.is_dir(), reason="the official releases are not here (ANALYSIS_OFFICIAL names a folder)"
)
def test_a_release_is_recognised_without_a_mapping(project):
    glotip = next(OFFICIAL.glob("unodc_glotip/*.xlsx"))
    ended = run_analysis("check", str(glotip), project=project)
    assert "46,556 rows read = 46,301 in the table + 255 exact duplicates + 0 refused" in ended.stdout
    usdol = OFFICIAL / "usdol_ilab" / "countries_report2022.xml"
    assert "12,170 rows read" in run_analysis("check", str(usdol), project=project).stdout


def test_the_form_of_the_survey_is_written_with_the_sampling_units_that_it_offers(project, tmp_path):
    ended = run_analysis("questionnaire", project=project)
    assert ended.returncode == 0 and ended.stdout == "written: questionnaire.xlsx\n"
    sheets = pd.read_excel(project / "questionnaire.xlsx", sheet_name=None, dtype=str, engine="openpyxl")
    assert list(sheets) == ["survey", "choices", "settings"] and "psu_id" in set(sheets["survey"]["name"])
    frame = tmp_path / "frame.csv"
    header = "psu_id,stratum,area_id,psus_in_stratum,households_in_psu,urban\n"
    frame.write_text(header + "27-002,TR-27 SY,TR-27,30,120,yes\n27-001,TR-27 SY,TR-27,30,95,no\n", encoding="utf-8")
    form = tmp_path / "form.xlsx"
    ended = run_analysis("questionnaire", str(form), "--frame", str(frame), project=project)
    assert ended.returncode == 0, ended.stderr
    assert form.read_bytes() == (project / "questionnaire.xlsx").read_bytes()
    units = (tmp_path / "psu.csv").read_text(encoding="utf-8").splitlines()
    assert units == ["name,label,area_id", "27-001,27-001,TR-27", "27-002,27-002,TR-27"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("form.csv",), "form.csv does not end in .xlsx"),
        (("form.xlsx", "--frame", "nothing.csv"), "nothing.csv, the sampling frame, is not there"),
        (("form.xlsx", "--frame", "data/raw/areas.csv"), "The sampling frame has no column 'psu_id'"),
    ],
)
def test_a_form_that_cannot_be_written_is_refused_in_a_sentence(project, arguments, sentence):
    ended = run_analysis("questionnaire", *arguments, project=project)
    assert (ended.returncode, ended.stdout) == (2, "") and sentence in ended.stderr
    assert not (project / "form.xlsx").exists()
