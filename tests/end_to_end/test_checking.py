"""Commands for whoever keeps the data: draft, check and accept, from a file as received to a run; and synthetic."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from projects import CANARIES, add_case_lists, copy_of_the_project, products, run_analysis

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
    terms = ["--purpose", "a test", "--retain-until", "2099-12-31", "--access", "the data manager"]
    checked = run_analysis("check", str(file), "--accept", *terms, project=project)
    assert checked.returncode == 0, checked.stderr
    assert "3 rows in the file = 2 clean + 1 in quarantine" in checked.stdout
    assert "D4" in checked.stdout
    assert {path for path in products(project) if "checks" in path} == {
        "data/processed/checks/turkiye/police.html",
        "data/processed/checks/turkiye/police_quarantine.csv",
        "data/processed/checks/turkiye/police_quarantine.xlsx",
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
    received = (project / "data/raw/turkiye/police.csv").read_text(encoding="utf-8")
    (folder / "police.csv").write_text(received.replace("Kilis", "Fig"), encoding="utf-8")
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
    # Its places do not exist in Cabo Verde: by them no row could be read, and a list without a row is refused for that.
    placed = [line for line in mapping.read_text(encoding="utf-8").splitlines(True) if "Ilha" in line or "Nac" in line]
    there = {"demo_islands": "cabo_verde", "stops:\n": "", **dict.fromkeys(placed, "")}
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
    assert "check data/raw/turkiye/police_2024.csv --accept --replaces turkiye_police`" in ended.stderr


def test_what_comes_of_a_synthetic_list_says_so(project, tmp_path):
    for name in (LIST, LIST.replace(".xlsx", ".mapping.yml")):
        shutil.copy(project / "data/raw/synthetic/demo_provinces" / name, tmp_path / name.replace("_SYNTHETIC", ""))
    ended = run_analysis("check", str(tmp_path / "police.xlsx"), project=project)
    assert ended.returncode == 0, ended.stderr
    assert "(SYNTHETIC)" in ended.stdout
    report = (project / "data/processed/checks/demo_provinces/police_SYNTHETIC.html").read_text(encoding="utf-8")
    assert "SYNTHETIC" in report
    assert (project / "data/processed/checks/demo_provinces/police_SYNTHETIC_quarantine.csv").exists()


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
    source = project / "src/analysis/cases/records.py"
    sound = source.read_text(encoding="utf-8")
    broken = sound.replace("    if not missing:", "    raise KeyError(list(texts))\n    if not missing:", 1)
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
    assert "KeyError at src/analysis/cases/records.py" in ended.stderr
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
    ended = run_analysis("form", "questionnaire", project=project)
    assert ended.returncode == 0 and ended.stdout == "written: questionnaire.xlsx\n"
    sheets = pd.read_excel(project / "questionnaire.xlsx", sheet_name=None, dtype=str, engine="openpyxl")
    assert list(sheets) == ["survey", "choices", "settings"] and "psu_id" in set(sheets["survey"]["name"])
    frame = tmp_path / "frame.csv"
    header = "psu_id,stratum,area_id,psus_in_stratum,households_in_psu,urban\n"
    frame.write_text(header + "27-002,TR-27 SY,TR-27,30,120,yes\n27-001,TR-27 SY,TR-27,30,95,no\n", encoding="utf-8")
    form = tmp_path / "form.xlsx"
    ended = run_analysis("form", "questionnaire", str(form), "--frame", str(frame), project=project)
    assert ended.returncode == 0, ended.stderr
    assert form.read_bytes() == (project / "questionnaire.xlsx").read_bytes()
    units = (tmp_path / "psu.csv").read_text(encoding="utf-8").splitlines()
    assert units == ["name,label,area_id", "27-001,27-001,TR-27", "27-002,27-002,TR-27"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("form.csv",), "form.csv does not end in .xlsx"),
        (("form.xlsx", "--frame", "nothing.csv"), "nothing.csv, the sampling frame, is not there"),
        (("form.xlsx", "--frame", "data/raw/areas.csv"), "The rows of the sampling frame have no columns 'psu_id'"),
    ],
)
def test_a_form_that_cannot_be_written_is_refused_in_a_sentence(project, arguments, sentence):
    ended = run_analysis("form", "questionnaire", *arguments, project=project)
    assert (ended.returncode, ended.stdout) == (2, "") and sentence in ended.stderr
    assert not (project / "form.xlsx").exists()


# --- Several files, files of no use, and days that cannot be ---------------------------------------------------------

POLICE, SHELTER, NOTHING = (f"data/raw/turkiye/{name}.csv" for name in ("police", "shelter", "nothing"))
UNTIL = ("--purpose", "a test", "--retain-until", "2099-12-31")


@pytest.fixture(scope="module")
def with_lists(tmp_path_factory) -> Path:
    """A project with two lists of 61 rows each that no catalogue lists; the last row of each has a wrong date."""
    project = copy_of_the_project(tmp_path_factory.mktemp("lists"))
    (add_case_lists(project) / "catalog.yml").unlink()
    return project


@pytest.fixture
def lists(with_lists, tmp_path) -> Path:
    """The same, for a test that enters them."""
    return shutil.copytree(with_lists, tmp_path / "project")


def entered(project: Path) -> dict[str, dict]:
    """What the catalogue of Türkiye lists."""
    path = project / "data/raw/turkiye/catalog.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}


def with_codes(project: Path, codes: str, name: str = "police") -> None:
    """Declare other words for the sex of children: half of the 60 sound rows say K, half E; the unsound one says K."""
    mapping = project / f"data/raw/turkiye/{name}.mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    assert "{K: female, E: male}" in text
    mapping.write_text(text.replace("{K: female, E: male}", codes), encoding="utf-8")


@pytest.mark.parametrize("day", ["2020-12-31", "2999-12-31", "20280-12-31", "2028-02-30", "soon", ""])
def test_a_last_day_that_cannot_be_is_refused_before_anything_is_read(with_lists, day):
    ended = run_analysis("check", POLICE, "--accept", *UNTIL[:3], day, project=with_lists)
    assert (ended.returncode, ended.stdout) == (2, "") and "--retain-until" in ended.stderr
    assert entered(with_lists) == {} and not (with_lists / "data/processed/checks").exists()


def test_what_the_catalogue_is_to_say_needs_accept(with_lists):
    ended = run_analysis("check", POLICE, *UNTIL, project=with_lists)
    assert (ended.returncode, ended.stdout) == (2, "") and "--accept" in ended.stderr


def test_a_day_that_was_mistyped_is_corrected_by_the_same_command_and_stops_its_own_study_alone(lists):
    assert run_analysis("check", POLICE, "--accept", *UNTIL, project=lists).returncode == 0
    catalogue = lists / "data/raw/turkiye/catalog.yml"
    catalogue.write_text(catalogue.read_text(encoding="utf-8").replace("2099-12-31", "2020-12-31"), encoding="utf-8")
    # The list itself, its study, and what rests on all studies stand still; each refusal says what settles it.
    for words in (["check", POLICE], ["run", "--area", "TR-27"], ["intake", "--study", "turkiye"], ["run", "--report"]):
        ended = run_analysis(*words, project=lists)
        assert ended.returncode == 2 and f"check {POLICE} --accept --retain-until" in ended.stderr, words
    ended = run_analysis("check", POLICE, "--accept", project=lists)
    assert ended.returncode == 2 and entered(lists)["turkiye_police"]["retain_until"] == "2020-12-31"
    # Another list of the study is looked at, and the other studies are as they were.
    assert run_analysis("check", SHELTER, project=lists).returncode == 0
    status = run_analysis("status", "--study", "turkiye", project=lists)
    assert status.returncode == 1 and "turkiye stands still" in status.stdout and "until 2020-12-31" in status.stdout
    assert run_analysis("intake", "--study", "cabo_verde", project=lists).returncode == 0

    unexplained = run_analysis("check", POLICE, "--accept", "--retain-until", "2028-12-31", project=lists)
    assert unexplained.returncode == 2 and "--retention-reason" in unexplained.stderr
    later = ["--retain-until", "2028-12-31", "--retention-reason", "the year was mistyped"]
    ended = run_analysis("check", POLICE, "--accept", *later, project=lists)
    assert ended.returncode == 0, ended.stderr
    assert "until 2028-12-31 (put off: the year was mistyped)" in ended.stdout
    entry = entered(lists)["turkiye_police"]
    assert (entry["retain_until"], entry["purpose"]) == ("2028-12-31", "a test")
    assert run_analysis("check", POLICE, project=lists).returncode == 0


@pytest.mark.varied
@pytest.mark.parametrize("day", ["2028-31-12", "soon", "2020-12-31"])
def test_a_day_that_was_written_wrongly_by_hand_is_corrected_by_the_command_too(lists, day):
    assert run_analysis("check", POLICE, "--accept", *UNTIL, project=lists).returncode == 0
    catalogue = lists / "data/raw/turkiye/catalog.yml"
    catalogue.write_text(catalogue.read_text(encoding="utf-8").replace("2099-12-31", day), encoding="utf-8")
    assert run_analysis("intake", "--study", "turkiye", project=lists).returncode == 2
    later = ["--retain-until", "2028-12-31", "--retention-reason", "the day was mistyped"]
    ended = run_analysis("check", POLICE, "--accept", *later, project=lists)
    assert ended.returncode == 0, ended.stderr
    assert entered(lists)["turkiye_police"]["retain_until"] == "2028-12-31"
    assert run_analysis("status", "--study", "turkiye", project=lists).returncode == 0


def test_a_catalogue_that_is_no_yaml_is_named_and_left_as_it_is(lists):
    catalogue = lists / "data/raw/turkiye/catalog.yml"
    catalogue.write_text("turkiye_police: [", encoding="utf-8")
    ended = run_analysis("check", POLICE, "--accept", *UNTIL, project=lists)
    assert ended.returncode == 2 and "data/raw/turkiye/catalog.yml" in ended.stderr
    assert catalogue.read_text(encoding="utf-8") == "turkiye_police: ["


def test_a_list_without_a_clean_row_is_not_entered_and_one_with_few_is_with_a_caution(lists):
    with_codes(lists, "{X: female}")
    for accepting in ([], ["--accept", *UNTIL]):
        ended = run_analysis("check", POLICE, *accepting, project=lists)
        assert ended.returncode == 1 and "61 rows in the file = 0 clean + 61 in quarantine" in ended.stdout
        assert "None of its 61 rows" in ended.stderr and entered(lists) == {}
    # What is to be looked at is named, and lies in the report.
    assert "code in 'Cinsiyet': 61 rows" in ended.stdout
    assert (lists / "data/processed/checks/turkiye/police_quarantine.csv").exists()

    with_codes(lists, "{K: female}", "shelter")
    ended = run_analysis("check", SHELTER, "--accept", *UNTIL, project=lists)
    # Of 60 sound rows those 30 that say K.
    assert ended.returncode == 0 and "caution: Only 30 of 61 rows (49 %)" in ended.stdout, ended.stdout
    assert set(entered(lists)) == {"turkiye_shelter"}


def test_of_several_files_each_is_looked_at_and_the_worst_gives_the_exit_code(lists):
    with_codes(lists, "{X: female}")
    (lists / "data/raw/turkiye/empty.csv").write_bytes(b"")
    (lists / "data/raw/turkiye/empty.mapping.yml").write_text("list: [", encoding="utf-8")
    broken, folder = "data/raw/turkiye/empty.csv", "data/raw/turkiye"
    ended = run_analysis("check", POLICE, broken, NOTHING, folder, SHELTER, "--accept", *UNTIL, project=lists)
    assert ended.returncode == 2
    assert set(entered(lists)) == {"turkiye_shelter"}
    assert {"police.html", "shelter.html"} <= {path.name for path in (lists / "data/processed/checks").rglob("*.html")}
    said = [line for line in ended.stderr.splitlines() if line.startswith("analysis: ")]
    assert len(said) == 4 and [line.split()[1].rstrip(":") for line in said] == [POLICE, broken, NOTHING, folder]
    assert ended.stdout.splitlines()[-1].startswith("5 files: ") and "1 entered" in ended.stdout.splitlines()[-1]
    # Without what was refused, the worst is the list of which nothing could be read.
    assert run_analysis("check", SHELTER, POLICE, project=lists).returncode == 1
    assert run_analysis("check", SHELTER, SHELTER, project=lists).returncode == 0


def test_of_several_lists_each_is_drafted_whatever_becomes_of_the_others(lists):
    folder = lists / "data/raw/turkiye"
    for name in ("one", "two"):
        shutil.copy(folder / "police.csv", folder / f"{name}.csv")
    one, two = (f"data/raw/turkiye/{name}.csv" for name in ("one", "two"))
    ended = run_analysis("draft", one, NOTHING, POLICE, two, project=lists)
    assert ended.returncode == 2 and "--again" in ended.stderr and NOTHING in ended.stderr
    assert ended.stdout.splitlines()[-1] == "4 files: 2 drafted, 2 refused."
    assert all((folder / f"{name}.mapping.yml").exists() for name in ("one", "two"))
    assert run_analysis("draft", one, two, "--again", project=lists).returncode == 0


@pytest.mark.parametrize("command", ["check", "draft"])
def test_of_a_folder_it_is_said_which_tables_lie_in_it(with_lists, command):
    ended = run_analysis(command, "data/raw/turkiye", project=with_lists)
    assert ended.returncode == 2
    assert "is a folder" in ended.stderr and "police.csv, shelter.csv" in ended.stderr
    assert "mapping" not in ended.stderr


def test_two_lists_of_one_name_in_two_studies_have_a_report_each(lists):
    folder = lists / "data/raw/cabo_verde"
    folder.mkdir()
    for ending in ("csv", "mapping.yml"):
        shutil.copy(lists / f"data/raw/turkiye/police.{ending}", folder)
    mapping = folder / "police.mapping.yml"
    text = mapping.read_text(encoding="utf-8").replace("study: turkiye", "study: cabo_verde")
    mapping.write_text(text, encoding="utf-8")
    run_analysis("check", POLICE, "data/raw/cabo_verde/police.csv", project=lists)
    reports = {path.relative_to(lists).as_posix() for path in (lists / "data/processed/checks").rglob("*.html")}
    assert reports == {f"data/processed/checks/{study}/police.html" for study in ("turkiye", "cabo_verde")}
