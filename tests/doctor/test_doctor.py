"""The doctor names what was broken and what fixes it: each fault is made here, in a place of its own."""

from __future__ import annotations

import dataclasses
import json
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from projects import TERMS, add_case_lists, copy_of_the_project, run_analysis

from analysis import catalog, cli, doctor
from analysis.doctor import FAIL, OK, WARN, Check, as_json, as_table, checked, examine, has_fault

ROOT = Path(__file__).resolve().parents[2]


def only(found):
    """State, what was found and the fix of the one outcome of a check."""
    (one,) = found
    return one


def faulty(found) -> tuple[str, str, str]:
    """The one fault that was found; it says what fixes it."""
    state, said, fix = only([each for each in found if each[0] != OK])
    assert fix
    return state, said, fix


# --- The outcome -----------------------------------------------------------------------------------------------------


def test_a_check_that_stops_is_a_fault_and_the_others_go_on():
    def broken():
        yield OK, "so far", ""
        raise ZeroDivisionError("by nothing")

    so_far, fault = checked("broken", broken)
    assert (so_far.state, fault.state) == (OK, FAIL)
    assert "ZeroDivisionError: by nothing" in fault.found and fault.fix


def test_a_library_that_is_missing_is_mended_by_making_the_environment_anew():
    def figures():
        import no_such_library_as_this  # noqa: F401

        yield OK, "", ""

    (found,) = checked("figures", figures)
    assert "no_such_library_as_this" in found.found and "&& make " in found.fix


FOUND = [
    Check("disk", OK, "room"),
    Check("hidden state", WARN, "PYTHONPATH is set", "unset PYTHONPATH"),
    Check("catalogue", FAIL, "areas.csv is missing", "Put it back."),
]


def test_the_table_has_a_tick_what_was_found_and_what_mends_it():
    lines = as_table(FOUND).splitlines()
    assert lines[:5] == [
        "✓ disk          room",
        "! hidden state  PYTHONPATH is set",
        "                → unset PYTHONPATH",
        "✗ catalogue     areas.csv is missing",
        "                → Put it back.",
    ]
    assert lines[-1] == "1 fine, 1 to be settled, 1 to be fixed."


def test_a_terminal_without_ticks_is_written_to_in_letters():
    table = as_table(FOUND, "iso8859-9")
    assert table.encode("iso8859-9") and table.startswith("ok disk") and "-> unset PYTHONPATH" in table


def test_programs_read_the_same_as_json_and_only_a_fault_counts():
    assert json.loads(as_json(FOUND)) == {"sound": False, "checks": [dataclasses.asdict(each) for each in FOUND]}
    assert has_fault(FOUND) and not has_fault(FOUND[:2])


def test_this_installation_is_examined_in_full_within_ten_seconds():
    # Of computing: how long other programs keep it waiting is not its fault.
    began = time.process_time()
    found = examine()
    assert time.process_time() - began < 10 and {each.name for each in found} == {*doctor.CHECKS}
    # What only the machine that runs this can be blamed for is left out.
    own = ("Python", "packages", "kernel", "catalogue")
    assert [each for each in found if each.name in own and each.state == FAIL] == []
    assert {each.name for each in found} - {each.name for each in examine(quick=True)} == {"kernel"}


# --- Python and packages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 14, 0)])
def test_a_python_that_is_too_old_or_too_new_is_named(version):
    state, said, fix = faulty(doctor.python(version))
    assert state == FAIL and ".".join(map(str, version)) in said and "3.13" in fix


LOCK = """\
numpy==0.1 \\
    --hash=sha256:0
    # via nothing
only-elsewhere==3.0 ; sys_platform == 'none' \\
    --hash=sha256:0
pandas=={pandas} \\
    --hash=sha256:0
test-runner==9.0 \\
    --hash=sha256:0
"""


@pytest.mark.parametrize("for_development", [False, True])
def test_a_package_that_is_missing_or_of_another_version_is_named(tmp_path, monkeypatch, for_development):
    """What only tests need is missed only where it was installed."""
    import numpy
    import pandas

    monkeypatch.setattr(doctor, "is_made_by_make", lambda: True)
    monkeypatch.setattr(doctor, "is_for_development", lambda: for_development)
    (tmp_path / "requirements.lock").write_text(LOCK.format(pandas=pandas.__version__), encoding="utf-8")
    state, said, fix = faulty(doctor.packages(tmp_path / "requirements.lock"))
    missing = ", test-runner is missing" if for_development else ""
    assert (state, said) == (FAIL, f"numpy {numpy.__version__} in place of ==0.1{missing}")
    assert fix == doctor.rebuild()


def test_the_environment_of_make_and_that_of_conda_are_made_anew_each_by_its_own_command(monkeypatch):
    monkeypatch.setattr(doctor, "is_made_by_make", lambda: False)
    assert "conda env update" in doctor.rebuild()
    monkeypatch.setattr(doctor, "is_made_by_make", lambda: True)
    for held, command in ((False, "make setup"), (True, "make develop")):
        monkeypatch.setattr(doctor, "is_for_development", lambda held=held: held)
        assert doctor.rebuild().endswith(command)


# --- Surroundings ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def turkish(tmp_path_factory) -> dict[str, str]:
    """Variables of a Turkish user, whose small I is ı; the locale is made here, since few machines have it."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef") is None:
        pytest.skip("there is no localedef to make a Turkish locale with")
    made = subprocess.run(["localedef", "-i", "tr_TR", "-f", "UTF-8", str(folder / "tr_TR.UTF-8")], capture_output=True)
    if not (folder / "tr_TR.UTF-8").exists():
        pytest.skip(f"no Turkish locale could be made: {made.stderr.decode(errors='replace')[:100]}")
    return {"LOCPATH": str(folder), "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}


@pytest.mark.soak
def test_nothing_depends_on_the_turkish_i(turkish, capsys):
    cli.main(["status", "--areas"])
    assert run_analysis("status", "--areas", **turkish).stdout == capsys.readouterr().out


# --- The machine -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gib", "state"), [(0.5, FAIL), (3, WARN), (50, OK)])
def test_too_little_room_on_the_disk_is_told(gib, state):
    found = only(doctor.disk(free=int(gib * 1024**3)))
    assert found[0] == state and f"{gib:.1f} GiB" in found[1]


def test_a_kernel_of_the_user_that_hides_the_own_one_is_named(tmp_path, monkeypatch):
    folder = tmp_path / "kernels/python3"
    folder.mkdir(parents=True)
    described = {"argv": ["false", "{connection_file}"], "display_name": "Mine", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(described), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    state, said, fix = faulty(doctor.kernel())
    assert state == FAIL and f"{folder} does not start" in said and fix == f"rm -r {folder}"


def test_a_kernel_that_is_another_python_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    state, said, _ = faulty(doctor.kernel())
    assert state == FAIL and "is another Python" in said


def test_a_kernel_that_imports_another_copy_of_the_project_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "__file__", str(tmp_path / "analysis/doctor.py"))
    state, said, _ = faulty(doctor.kernel())
    assert state == WARN and "another copy of this project" in said


def test_a_browser_that_is_missing_is_a_caution_and_no_fault():
    """The assessment needs none; but whoever runs the tests without one must know that some of them are skipped."""
    state, said, fix = only(doctor.browser(find=lambda name: None))
    assert state == WARN and "chromium and chromedriver not installed" in said
    assert fix == "apt-get install chromium chromium-driver"
    state, said, _ = only(doctor.browser(find=lambda name: None if name == "chromedriver" else name))
    assert state == WARN and said.startswith("chromedriver not installed")
    assert only(doctor.browser(find=lambda name: name))[0] == OK


# --- Data ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def broken_data(tmp_path_factory) -> list[dict[str, str]]:
    """What is said of a project whose data have several faults at once; it has confidential lists of persons."""
    project = copy_of_the_project(tmp_path_factory.mktemp("broken"))
    add_case_lists(project)
    evidence = project / "data/raw/evidence"
    changed = sorted(evidence.glob("*.csv"))[0]
    changed.write_bytes(changed.read_bytes() + b"\n")
    sorted(evidence.glob("*.csv"))[1].unlink()
    (project / "data/raw/turkiye/new.xlsx").write_bytes(b"PK")
    (project / ".key").write_text("a1b2c3d4e5f6g7h8\n", encoding="utf-8")
    (project / ".key").chmod(0o644)
    told = run_analysis("doctor", "--quick", "--json", project=project, ANALYSIS_AGE_KEY=str(project / "age-key"))
    assert told.returncode == 1 and told.stderr == ""
    return json.loads(told.stdout)["checks"]


def said_of(found: list[dict[str, str]], name: str) -> dict[str, str]:
    """What is said of each thing that was found under a name, and what fixes it."""
    return {each["found"]: each["fix"] for each in found if each["name"] == name and each["state"] != OK}


def test_every_file_that_is_missing_changed_or_not_catalogued_is_named_with_its_mending(broken_data):
    found = said_of(broken_data, "catalogue")
    (changed,) = [fix for said, fix in found.items() if "its content has changed" in said]
    assert "set sha256: " in changed
    (missing,) = [fix for said, fix in found.items() if "is missing" in said]
    assert missing == "Put it back, or remove the entry."
    (unlisted,) = [fix for said, fix in found.items() if "new.xlsx is in no catalogue" in said]
    assert unlisted == "python -m analysis check data/raw/turkiye/new.xlsx --accept"
    assert len(found) == 3


def test_data_that_anybody_can_read_are_named(broken_data):
    found = said_of(broken_data, "persons' data")
    open_ = {fix for said, fix in found.items() if "not encrypted" in said}
    assert open_ == {
        f"python -m analysis encrypt data/raw/turkiye/{name}.csv --remove" for name in ("police", "shelter")
    }


def test_a_key_that_others_can_read_and_a_key_that_is_gone_are_named(broken_data):
    found = said_of(broken_data, "keys")
    (rights,) = [fix for said, fix in found.items() if "(644)" in said]
    assert rights.startswith("chmod 600 ") and rights.endswith("/.key")
    assert any("age-key is missing" in said for said in found)


def test_a_key_that_lies_beside_what_it_opens_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "ROOT", tmp_path)
    (tmp_path / "age-key").touch(mode=0o600)
    monkeypatch.setenv("ANALYSIS_AGE_KEY", str(tmp_path / "age-key"))
    monkeypatch.delenv("ANALYSIS_KEY", raising=False)
    state, said, fix = faulty(doctor.keys())
    assert state == FAIL and "project's folder" in said and fix.startswith("mv ")


def test_encrypted_files_without_a_key_at_hand_are_told(monkeypatch):
    kept = dataclasses.replace(
        catalog.dataset("areas"), name="police", file="turkiye/police.csv.age", kind="confidential", **TERMS
    )
    monkeypatch.setattr(catalog, "datasets", lambda: {"police": kept})
    monkeypatch.delenv("ANALYSIS_AGE_KEY", raising=False)
    assert "ANALYSIS_AGE_KEY" in faulty(doctor.keys())[2]


def test_confidential_files_without_the_hook_that_keeps_them_out_of_commits_are_told(tmp_path, monkeypatch):
    kept = dataclasses.replace(
        catalog.dataset("areas"), name="police", file="turkiye/police.csv.age", kind="confidential", **TERMS
    )
    monkeypatch.setattr(catalog, "datasets", lambda: {"police": kept})
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    command = faulty(doctor.protection())[2]
    (tmp_path / ".githooks").mkdir()
    shutil.copy(ROOT / ".githooks/pre-commit", tmp_path / ".githooks")
    subprocess.run(shlex.split(command), cwd=tmp_path, check=True)
    assert [each for each in doctor.protection() if each[0] != OK] == []
