"""The command line explains itself: every command's help teaches, a mistyped word is answered, shells complete."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner
from projects import PLAIN, copy_of_the_project, run_analysis
from typed_commands import all_commands, understand

from analysis import areas, cli, progress
from analysis.cli import PROGRAM, WIDTH, Command
from analysis.jobs import ANALYSES

COMMAND = Path(sys.prefix) / "bin" / "analysis"


def told(command: click.Command, name: str) -> str:
    """The help of a command on a wide terminal."""
    context = click.Context(command, info_name=f"{PROGRAM} {name}", max_content_width=WIDTH, terminal_width=WIDTH)
    return command.get_help(context)


NAMES = sorted(all_commands())


def test_there_are_fifteen_commands_and_those_that_the_readme_names():
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"python -m analysis ([a-z-]+)", text))
    assert named and named <= set(NAMES) and len(cli.COMMANDS) == 15


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_each_command_says_what_it_does_how_it_ends_and_has_examples_that_work(name):
    command = all_commands()[name]
    said = told(command, name)
    assert command.help.split("\n\n")[0].endswith(".")
    assert re.search(r"Exit codes: 0 .*; 2 .*; 130 ", " ".join(said.split()))
    if isinstance(command, Command):
        assert command.examples
        for typed, _ in command.examples:
            assert f"{PROGRAM} {typed}" in said and typed.startswith(name)
            understand(shlex.split(typed))
    shown = [line for line in said.splitlines() if PROGRAM not in line]
    assert max(map(len, shown)) <= WIDTH


def test_help_loads_no_command_and_no_library_that_takes_long():
    code = "import sys\nfrom analysis.cli import main\nmain(['--help'])\n"
    code += "print(sorted({*sys.modules} & {'pandas', 'analysis.jobs'}))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_a_run_begins_before_libraries_of_data_are_loaded():
    """Its workers load them, at the same time; the batch itself only hands out notebooks."""
    code = "import sys, analysis.cli_batch\n"
    code += "print(sorted({*sys.modules} & {'pandas', 'numpy', 'matplotlib', 'nbformat'}))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_what_to_do_first_is_said_where_nothing_is_asked(capsys):
    assert cli.main([]) == 0
    assert "What to do first" in capsys.readouterr().out


MISTYPED = [
    ("runn", "command 'runn'", "run"),
    ("statsu", "command 'statsu'", "status"),
    ("form qestionnaire", "command 'qestionnaire'", "questionnaire"),
    ("run --studdy turkiye", "'--studdy'", "--study"),
    ("run --analysis rutes", "analysis 'rutes'", "routes"),
    ("run --study turkye", "study 'turkye'", "turkiye"),
    ("run --area SENN", "area 'SENN'", "SEN"),
    ("status --area TR-7", "area 'TR-7'", "TR-27"),
    ("intake --study cabo-vert", "study 'cabo-vert'", "cabo_verde"),
    ("run --area Gazantep", "area 'Gazantep'", "TR-27"),
    ("forget west-africa", "study 'west-africa'", "west_africa"),
    ("form coding-sheet SEM", "area 'SEM'", "SEN"),
    ("findings --study turky", "study 'turky'", "turkiye"),
    ("findings --area CPV-SOL", "area 'CPV-SOL'", "CPV-SAL"),
    ("findings --measure detected_victim", "measure 'detected_victim'", "detected_victims"),
    ("findings --kind synthetc", "kind 'synthetc'", "synthetic"),
    ("findings --status refuse", "status 'refuse'", "refused"),
    ("findings --analysis trend", "analysis 'trend'", "trends"),
]


@pytest.mark.parametrize(("typed", "what", "meant"), MISTYPED)
def test_a_mistyped_word_is_answered_with_the_nearest(capsys, typed, what, meant):
    assert cli.main(typed.split()) == 2
    said = capsys.readouterr().err
    # Of an area and a study its name stands beside the id.
    nearest = re.search(r"(?:The nearest (?:is|are):|Did you mean) ([^.?]*)[.?]", said)[1]
    assert what in said and meant in re.sub(r" \([^)]*\)|'|one of: ", "", nearest).split(", "), said


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
    ("encrypt --new-key nowhere/key", "nowhere"),
    ("form questionnaire form.txt", ".xlsx"),
    ("form questionnaire --frame nothing_there.csv", "nothing_there.csv"),
    ("form questionnaire --frame .", "is not there"),
    ("draft .", "is a folder"),
    ("check .", "is a folder"),
    ("form coding-sheet --join nothing_there.xlsx other.xlsx", "nothing_there.xlsx"),
    ("findings --since no_such_name", "no_such_name"),
    ("findings --freeze now --flagged", "--since"),
    ("run --jobs 0", "--jobs"),
    ("run --jobs many", "--jobs"),
    ("run turkiye", "--study"),
    ("intake turkiye", "--study"),
    ("lab --port 65536", "--port"),
    ("encrypt .", "is a folder"),
    ("form coding-sheet TR-27", "west_africa"),
    ("findings --status nope", "withheld"),
    ("run --report --study turkiye", "--report"),
    ("doctor surplus", "surplus"),
    ("run --study", "--study"),
    ("", "What to do first"),
]


@pytest.mark.parametrize(("typed", "named"), WRONG)
def test_a_users_error_is_answered_in_a_sentence_and_never_with_a_traceback(
    capsys, tmp_path, monkeypatch, typed, named
):
    monkeypatch.chdir(tmp_path)
    assert cli.main(typed.split()) == (2 if typed else 0)
    said = capsys.readouterr()
    assert named in said.err + said.out and "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named_in_a_sentence(capsys, monkeypatch):
    def full(quick):
        raise OSError(28, "No space left on device", "figures/x.png")

    monkeypatch.setattr("analysis.doctor.examine", full)
    assert cli.main(["doctor"]) == 2
    assert capsys.readouterr().err == "analysis: figures/x.png: No space left on device.\n"


def test_a_fault_of_the_program_is_not_hidden(monkeypatch):
    def broken(quick):
        raise ZeroDivisionError

    monkeypatch.setattr("analysis.doctor.examine", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["doctor"])


@pytest.mark.parametrize("typed", ["--help", "status --areas"])
def test_who_reads_no_further_gets_no_traceback(typed):
    command = [sys.executable, "-m", "analysis", *typed.split()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        running.stdout.close()
        assert running.stderr.read() == ""
    # As shells say of it.
    assert running.returncode == 141


@pytest.mark.slow
def test_help_and_doctor_need_no_catalogue_that_can_be_read(tmp_path):
    project = copy_of_the_project(tmp_path)
    (project / "data/raw/catalog.yml").write_text("areas: [", encoding="utf-8")
    assert run_analysis("run", "--help", project=project).returncode == 0
    asked = run_analysis("status", "--areas", project=project)
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
        for words in (["status", "--areas"], ["doctor", "--quick"])
    )
    assert areas_.returncode == 2 and areas_.stdout == ""
    assert "No module named 'yaml'" in areas_.stderr and "python -m analysis doctor" in areas_.stderr
    assert "Traceback" not in areas_.stderr + doctor.stderr
    assert doctor.returncode == 1 and "No module named 'yaml'" in doctor.stdout


def test_the_command_that_shells_complete_is_the_same_as_the_module():
    told = subprocess.run([COMMAND, "run", "--help"], capture_output=True, text=True).stdout
    assert told.startswith("Usage:") and told == run_analysis("run", "--help").stdout
    assert subprocess.run([COMMAND, "runn"], capture_output=True).returncode == 2


TYPED = {
    "sta": {"status"},
    "run --s": {"--study", "--scheduler"},
    "run --study ": set(areas.STUDIES),
    "run --area TR-2": {"TR-27"},
    "run --area TR-27 --area SE": {"SEN"},
    "status --area west": {"west_africa"},
    "run --analysis ": set(ANALYSES),
    "form ": {"questionnaire", "coding-sheet", "second-coding"},
    "findings --since x --study cabo": {"cabo_verde"},
    "forget tur": {"turkiye"},
    "form coding-sheet SE": {"SEN"},
}


@pytest.mark.parametrize(("typed", "offered"), TYPED.items())
def test_commands_options_studies_areas_and_analyses_are_completed(typed, offered):
    """What a shell is given that asks as click has it ask: one line a word, of its kind."""
    *before, begun = f"analysis {typed}".split(" ")
    asking = {
        cli.COMPLETE: "bash_complete",
        "COMP_WORDS": " ".join([*before, begun]),
        "COMP_CWORD": str(len(before)),
    }
    answer = CliRunner(env=asking).invoke(click.Command("program", callback=lambda: cli.main([])))
    assert {line.removeprefix("plain,") for line in answer.output.splitlines()} == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_given_a_script_that_calls_the_command(shell):
    asking = {**os.environ, cli.COMPLETE: f"{shell}_source"}
    script = subprocess.run([COMMAND], env=asking, capture_output=True, text=True).stdout
    assert "analysis" in script and cli.COMPLETE in script


def test_where_there_is_no_terminal_a_line_says_now_and_then_how_far_it_is(capsys, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.02)
    with progress.progress("Run", 3, "notebook") as advance:
        advance()
        time.sleep(0.2)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 1 and all(line.endswith("1 of 3 notebooks are done.") for line in lines)
    assert lines[0].startswith("Run: going on for 0 seconds.")


def test_what_is_done_at_once_says_nothing_of_how_far_it_is(capsys):
    with progress.progress("Run", 3, "notebook") as advance:
        advance()
    assert capsys.readouterr().err == ""


def test_a_run_or_a_release_of_all_says_what_was_noted_where_nothing_has_changed(capsys, monkeypatch):
    asked = []

    def noted(command):
        asked.append(command)
        return f"All is up to date, says {command}."

    monkeypatch.setattr(cli, "noted", noted)
    assert [cli.main(["run"]), cli.main(["release"])] == [0, 0]
    assert capsys.readouterr().out == "All is up to date, says run.\nAll is up to date, says release.\n"
    # Whoever asks for more than that has it looked at.
    for typed in (["run", "--help"], ["release", "--help"], ["status", "--help"]):
        cli.main(typed)
    assert asked == ["run", "release"]
