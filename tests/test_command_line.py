"""The command line explains itself: every command's help teaches, a mistyped word is answered, shells complete."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from projects import PLAIN, copy_of_the_project, run_analysis

from analysis import areas, cli, cli_studies
from analysis.cli_help import PROGRAM, WIDTH
from analysis.cli_maintenance import COMPLETED, SHELLS, completed
from analysis.jobs import ANALYSES

COMMAND = Path(sys.prefix) / "bin" / "analysis"


def all_parsers(parser: argparse.ArgumentParser | None = None) -> dict[str, argparse.ArgumentParser]:
    """The parser of each command and each step of one, by what is typed."""
    parser = parser or cli.parser()
    found = {parser.prog: parser}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                found |= all_parsers(each)
    return found


def examples(text: str) -> list[list[str]]:
    """What a help's examples type, word by word; what stands two spaces apart from it explains it."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    typed = [line.strip().removeprefix(f"{PROGRAM} ") for line in lines if line.startswith(f"  {PROGRAM} ")]
    return [shlex.split(re.split(r"  +| > ", line)[0]) for line in typed]


NAMES = sorted(name for name in all_parsers() if name != PROGRAM)


def test_there_are_the_commands_that_the_readme_names():
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    named = {f"{PROGRAM} {word}" for word in re.findall(r"python -m analysis ([a-z-]+)", text)}
    assert named and named <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_each_command_says_what_it_does_how_it_ends_and_has_examples_that_work(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    parser = all_parsers()[name]
    assert parser.description and parser.description.rstrip().endswith(".")
    told = parser.format_help()
    assert max(map(len, told.splitlines())) <= WIDTH, [line for line in told.splitlines() if len(line) > WIDTH]
    assert re.search(r"exit codes: 0 .*; 2 .*; 130 ", " ".join(told.split()))
    typed = examples(told)
    assert typed, told
    for words in typed:
        assert " ".join([PROGRAM, *words]).startswith(name)
        assert callable(cli.parser().parse_args(words).command)


def test_help_fits_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    told = cli.parser().format_help()
    assert max(map(len, told.splitlines())) <= 70


def test_what_to_do_first_is_said_where_nothing_is_asked(capsys):
    assert cli.main([]) == 0
    told = capsys.readouterr().out
    assert told.startswith("What to do first") and max(map(len, told.splitlines())) <= WIDTH
    for words in examples(told):
        assert cli.parser().parse_args(words)


MISTYPED = [
    ("runn", "command 'runn'", "run"),
    ("statsu", "command 'statsu'", "status"),
    ("baseline comapre", "step 'comapre'", "compare"),
    ("run --studdy turkiye", "'--studdy'", "--study"),
    ("run --analysis rutes", "analysis 'rutes'", "routes"),
    ("run --study turkye", "study 'turkye'", "turkiye"),
    ("run --area SENN", "area 'SENN'", "SEN"),
    ("status --area TR-7", "area 'TR-7'", "TR-27"),
    ("intake --study cabo-vert", "study 'cabo-vert'", "cabo_verde"),
    ("run --area Gazantep", "area 'Gazantep'", "TR-27"),
    ("forget west-africa", "study 'west-africa'", "west_africa"),
    ("coding-sheet SEM", "area 'SEM'", "SEN"),
    ("findings --study turky", "study 'turky'", "turkiye"),
    ("findings --area CPV-SOL", "area 'CPV-SOL'", "CPV-SAL"),
    ("findings --measure detected_victim", "measure 'detected_victim'", "detected_victims"),
    ("findings --kind synthetc", "kind 'synthetc'", "synthetic"),
    ("findings --status refuse", "status 'refuse'", "refused"),
    ("findings --analysis trend", "analysis 'trend'", "trends"),
    ("completion fsh", "shell 'fsh'", "fish"),
]


@pytest.mark.parametrize(("typed", "what", "meant"), MISTYPED)
def test_a_mistyped_word_is_answered_with_the_nearest(capsys, typed, what, meant):
    try:
        code = cli.main(typed.split())
    except SystemExit as left:
        code = left.code
    told = capsys.readouterr().err
    nearest = re.search(r"The nearest (?:is|are): (.*?)\.", told)
    # Of an area and a study its name stands beside the id.
    assert code == 2 and what in told and meant in re.sub(r" \([^)]*\)", "", nearest[1]).split(", "), told


@pytest.mark.parametrize(
    ("typed", "shown", "not_shown"),
    [
        ("status --each --area Gaziantep", "turkiye/TR-27/", "TR-34"),
        ("status --each --study turkiye --area sanliurfa", "turkiye/TR-63/", "TR-27"),
        ("status --each --study Türkiye", "turkiye/TR-34/", "west_africa"),
        ("status --each --area 'west africa' --analysis trends", "west_africa/west_africa/trends", "SEN"),
    ],
)
def test_areas_and_studies_are_understood_by_their_names(capsys, typed, shown, not_shown):
    assert cli.main(shlex.split(typed)) == 0
    (listed,) = [capsys.readouterr().out]
    jobs = [line.split()[1] for line in listed.splitlines() if line.count("/") >= 2]
    assert any(job.startswith(shown) for job in jobs) and not any(not_shown in job for job in jobs)


def test_an_area_of_another_study_is_said_to_be_one(capsys):
    assert cli.main(["status", "--study", "cabo_verde", "--area", "Gaziantep"]) == 2
    assert "TR-27 belongs to the study turkiye" in capsys.readouterr().err


def test_what_is_made_or_deleted_is_called_by_its_id_alone(capsys):
    """A name that is understood elsewhere is not enough for a command that deletes."""
    assert cli.main(["forget", "West Africa"]) == 2
    assert "west_africa (West Africa as a whole)" in capsys.readouterr().err


WRONG = [
    ("check nothing_there.xlsx", "nothing_there.xlsx"),
    ("check", "FILE"),
    ("draft nothing_there.csv", "nothing_there.csv"),
    ("encrypt nothing_there.csv", "nothing_there.csv"),
    ("new-key nowhere/key", "nowhere"),
    ("questionnaire form.txt", ".xlsx"),
    ("questionnaire --frame nothing_there.csv", "nothing_there.csv"),
    ("questionnaire --frame .", "is not there"),
    ("draft .", "is a folder"),
    ("check .", "is a folder"),
    ("coding-sheet --join nothing_there.xlsx", "nothing_there.xlsx"),
    ("baseline compare no_such_name", "no_such_name"),
    ("run --jobs 0", "--jobs"),
    ("run --jobs many", "--jobs"),
    ("run turkiye", "--study"),
    ("intake turkiye", "--study"),
    ("lab --port 65536", "--port"),
    ("encrypt .", "is a folder"),
    ("coding-sheet TR-27", "west_africa"),
    ("findings --status nope", "withheld"),
    ("report --jobs 0", "--jobs"),
    ("areas surplus", "surplus"),
    ("run --study", "--study"),
    ("", "What to do first"),
]


@pytest.mark.parametrize(("typed", "named"), WRONG)
def test_a_users_error_is_answered_in_a_sentence_and_never_with_a_traceback(
    capsys, tmp_path, monkeypatch, typed, named
):
    monkeypatch.chdir(tmp_path)
    try:
        code = cli.main(typed.split())
    except SystemExit as left:
        code = left.code
    told = capsys.readouterr()
    assert code == (2 if typed else 0)
    assert named in told.err + told.out and "Traceback" not in told.err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named_in_a_sentence(capsys, monkeypatch):
    def full(options):
        raise OSError(28, "No space left on device", "figures/x.png")

    monkeypatch.setattr(cli_studies, "_areas", full)
    assert cli.main(["areas"]) == 2
    assert capsys.readouterr().err == "analysis: figures/x.png: No space left on device.\n"


def test_a_fault_of_the_program_is_not_hidden(monkeypatch):
    def broken(options):
        raise ZeroDivisionError

    monkeypatch.setattr(cli_studies, "_areas", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["areas"])


@pytest.mark.parametrize("typed", ["--help", "completion fish"])
def test_who_reads_no_further_gets_no_traceback(typed):
    command = [sys.executable, "-m", "analysis", *typed.split()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        running.stdout.close()
        assert running.stderr.read() == ""
    # As shells say of it; help is printed by argparse, which leaves it at that.
    assert running.returncode in (141, 0)


@pytest.mark.slow
def test_help_and_doctor_need_no_catalogue_that_can_be_read(tmp_path):
    project = copy_of_the_project(tmp_path)
    (project / "data/raw/catalog.yml").write_text("areas: [", encoding="utf-8")
    assert run_analysis("run", "--help", project=project).returncode == 0
    asked = run_analysis("areas", project=project)
    assert asked.returncode == 2 and "catalog.yml" in asked.stderr and "Traceback" not in asked.stderr
    told = run_analysis("doctor", "--quick", "--json", project=project)
    found = yaml.safe_load(told.stdout)
    assert told.returncode == 1 and told.stderr == ""
    assert any("catalog.yml" in each["found"] for each in found["checks"] if each["state"] == "fail")


def test_without_a_library_every_command_leads_to_the_doctor_who_needs_none(tmp_path):
    (tmp_path / "yaml.py").write_text("raise ModuleNotFoundError(\"No module named 'yaml'\", name='yaml')\n")
    environment = {**os.environ, **PLAIN, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "analysis"]
    areas_, doctor = (
        subprocess.run([*command, *words], env=environment, capture_output=True, text=True)
        for words in (["areas"], ["doctor", "--quick"])
    )
    assert areas_.returncode == 2 and areas_.stdout == ""
    assert "No module named 'yaml'" in areas_.stderr and "python -m analysis doctor" in areas_.stderr
    assert "Traceback" not in areas_.stderr + doctor.stderr
    assert doctor.returncode == 1 and "No module named 'yaml'" in doctor.stdout


def test_the_command_that_shells_complete_is_the_same_as_the_module():
    told = subprocess.run([COMMAND, "run", "--help"], capture_output=True, text=True).stdout
    assert told.startswith("usage:") and told == run_analysis("run", "--help").stdout
    assert subprocess.run([COMMAND, "runn"], capture_output=True).returncode == 2


TYPED = {
    "analysis sta": {"status"},
    "analysis run --s": {"--study", "--scheduler"},
    "analysis run --study ": set(areas.STUDIES),
    "analysis run --area TR-2": {"TR-27"},
    "analysis run --area TR-27 --area SE": {"SEN"},
    "analysis status --area west": {"west_africa"},
    "analysis run --analysis ": set(ANALYSES),
    "analysis baseline ": {"freeze", "compare"},
    "analysis baseline compare --study cabo": {"cabo_verde"},
    "analysis forget tur": {"turkiye"},
    "analysis coding-sheet SE": {"SEN"},
    "analysis completion ": set(SHELLS),
    "analysis check pol": {"police.xlsx"},
    "analysis encrypt pol": {"police.xlsx"},
    "analysis coding-sheet --into sh": {"sheets"},
}


def test_bash_completes_commands_options_studies_areas_analyses_and_files(tmp_path):
    """In a bash that has read the script, through the function that it calls when the tab key is pressed."""
    (tmp_path / "police.xlsx").write_bytes(b"")
    (tmp_path / "sheets").mkdir()
    (tmp_path / "completion").write_text(completed("bash", cli.parser(COMPLETED)), encoding="utf-8")
    asking = r"""
      source ./completion
      wanted=$(complete -p analysis | sed 's/.*-F \([^ ]*\).*/\1/')
      while IFS= read -r typed; do
        COMP_WORDS=($typed); [[ $typed == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
        "$wanted" analysis "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        echo "${COMPREPLY[*]}"
      done"""
    lines = "".join(f"{typed}\n" for typed in TYPED)
    answer = subprocess.run(["bash", "-c", asking], cwd=tmp_path, input=lines, capture_output=True, text=True)
    assert answer.stderr == ""
    offered = [set(line.split()) for line in answer.stdout.splitlines()]
    assert dict(zip(TYPED, offered, strict=True)) == TYPED


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shells_script_knows_commands_studies_and_areas(shell):
    script = completed(shell, cli.parser(COMPLETED))
    for word in ("analysis", "release", "--study", "turkiye", "CPV-SAL", "referral_mechanisms"):
        assert word in script, word
