"""The doctor names what was broken and what fixes it: each fault is made here, in a place of its own."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import yaml
from projects import TERMS, add_case_lists, copy_of_the_project, run_analysis
from refusals import refused

from analysis import areas, catalog, cli
from analysis.doctor import data, environment, installation
from analysis.doctor.check import FAIL, OK, WARN, Check, check
from analysis.doctor.examination import ALL, as_json, as_table, examine, has_fault

ROOT = Path(__file__).resolve().parents[2]


def only(found: list[Check]) -> Check:
    (one,) = found
    return one


def faulty(found: list[Check]) -> Check:
    """The one fault that was found; it says what fixes it."""
    one = only([each for each in found if each.state != OK])
    assert one.fix
    return one


# --- The outcome -----------------------------------------------------------------------------------------------------


def test_a_fault_without_its_mending_is_refused():
    with refused(ValueError, "missing_remedy"):
        Check("disk", FAIL, "full")


def test_a_check_that_stops_is_a_fault_and_the_others_go_on():
    @check("broken")
    def broken():
        yield Check("broken", OK, "so far")
        raise ZeroDivisionError("by nothing")

    assert [each.state for each in broken()] == [OK, FAIL]
    assert "ZeroDivisionError: by nothing" in faulty(broken()).found


def test_a_library_that_is_missing_is_mended_by_making_the_environment_anew():
    @check("figures")
    def figures():
        import no_such_library_as_this  # noqa: F401

        yield Check("figures", OK, "")

    found = faulty(figures())
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
    assert time.process_time() - began < 10 and len(found) >= len(ALL) - 1
    # What only the machine that runs this can be blamed for is left out.
    own = ("Python", "packages", "files of packages", "texts", "fonts", "kernel", "boundaries", "catalogue")
    assert [each for each in found if each.name.startswith(own) and each.state == FAIL] == []
    left_out = {each.name for each in found} - {each.name for each in examine(quick=True)}
    assert {"files of packages", "kernel", "boundaries"} <= left_out


# --- Python and packages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 14, 0)])
def test_a_python_that_is_too_old_or_too_new_is_named(version):
    found = faulty(installation.python(version))
    assert found.state == FAIL and ".".join(map(str, version)) in found.found and "3.13" in found.fix


def test_an_environment_made_from_older_files_is_told(tmp_path, monkeypatch):
    for name in ("build_environment.py", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setattr(installation, "is_made_by_make", lambda: True)
    assert "not made to its end" in faulty(installation.environment(tmp_path)).found
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").touch()
    inputs = hashlib.sha256()
    for name in ("requirements.lock", "pyproject.toml", "build_environment.py"):
        inputs.update(hashlib.sha256((tmp_path / name).read_bytes()).digest())
    stamp = {"inputs": inputs.hexdigest(), "place": str(tmp_path), "python": "python3", "development": False}
    (tmp_path / ".venv/made-from.json").write_text(json.dumps(stamp), encoding="utf-8")
    assert only(installation.environment(tmp_path)).state == OK
    with open(tmp_path / "requirements.lock", "a", encoding="utf-8") as lock:
        lock.write("# and one more\n")
    found = faulty(installation.environment(tmp_path))
    assert found.state == WARN and "requirements.lock" in found.found and found.fix == "make setup"


def installed(folder: Path, name: str, version: str, needs: str = "", **files: str) -> None:
    """A package as an installer leaves it: its files, the record of their digests and sizes, and what it needs."""
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir(parents=True)
    said = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + (f"Requires-Dist: {needs}\n" if needs else "")
    (about / "METADATA").write_text(said, encoding="utf-8")
    rows = [f"{about.name}/RECORD,,"]
    for stem, text in files.items():
        (folder / f"{stem}.py").write_text(text, encoding="utf-8")
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{stem}.py,sha256={digest},{len(text)}")
    (about / "RECORD").write_text("\n".join(rows) + "\n", encoding="utf-8")


LOCK = """\
numbers-of==1.2 \\
    --hash=sha256:0
    # via nothing
only-elsewhere==3.0 ; sys_platform == 'none' \\
    --hash=sha256:0
tables==2.0 \\
    --hash=sha256:0
test-runner==9.0 \\
    --hash=sha256:0
"""


@pytest.fixture
def locked(tmp_path, monkeypatch):
    """A folder with the two packages for running that a lock pins, of which one needs the other."""
    monkeypatch.setattr(installation, "is_made_by_make", lambda: True)
    (tmp_path / "requirements.lock").write_text(LOCK, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["tables>=1"]\n', encoding="utf-8")
    installed(tmp_path / "site", "numbers_of", "1.2", numbers="one = 1\n")
    installed(tmp_path / "site", "tables", "2.0", needs="numbers-of>=1", tables="rows = 3\n")
    return tmp_path


def test_packages_that_are_as_pinned_and_whole_are_fine(locked):
    site = [str(locked / "site")]
    assert only(installation.packages(locked / "requirements.lock", site)).found.startswith("2 as")
    assert only(installation.files(site)).state == OK


def test_a_package_that_is_missing_of_another_version_or_too_many_is_named(locked):
    site = locked / "site"
    shutil.rmtree(site / "numbers_of-1.2.dist-info")
    shutil.rmtree(site / "tables-2.0.dist-info")
    installed(site, "tables", "2.1", needs="numbers-of>=1")
    installed(site, "surplus", "1.0")
    found = installation.packages(locked / "requirements.lock", [str(site)])
    assert [(each.state, each.found) for each in found] == [
        (FAIL, "missing: numbers-of"),
        (FAIL, "other versions: tables 2.1 in place of 2.0"),
        (WARN, "not in requirements.lock: surplus"),
    ]
    assert {each.fix for each in found} == {installation.rebuild()}


def test_what_is_for_development_is_missed_only_where_it_was_installed(locked):
    lock, site = locked / "requirements.lock", locked / "site"
    installed(site, "test_runner", "9.1")
    assert faulty(installation.packages(lock, [str(site)])).found == "other versions: test-runner 9.1 in place of 9.0"
    shutil.rmtree(site / "test_runner-9.1.dist-info")
    assert only(installation.packages(lock, [str(site)])).state == OK
    (locked / ".venv").mkdir()
    (locked / ".venv/made-from.json").write_text('{"development": true}', encoding="utf-8")
    assert faulty(installation.packages(lock, [str(site)])).found == "missing: test-runner"


def test_an_extra_is_followed_only_where_it_is_asked_for(tmp_path):
    installed(tmp_path, "plain", "1", needs="proxies[socks]>=1")
    installed(tmp_path, "proxies", "1", needs="sockets ; extra == 'socks'")
    found = {each.name: each for each in metadata.distributions(path=[str(tmp_path)])}
    assert installation.with_theirs({"plain"}, found) == {"plain", "proxies", "sockets"}
    assert installation.with_theirs({"proxies"}, found) == {"proxies"}


@pytest.mark.parametrize("by", ["a change of the same length", "a cut", "its absence"])
def test_a_file_of_a_package_that_is_damaged_is_named(locked, by):
    path = locked / "site/tables.py"
    if by == "its absence":
        path.unlink()
    else:
        path.write_text("rows = 4\n" if by == "a change of the same length" else "rows", encoding="utf-8")
    found = faulty(installation.files([str(locked / "site")]))
    assert found.state == FAIL and "tables (tables.py)" in found.found and found.fix == installation.rebuild()


def test_the_environment_of_make_and_that_of_conda_are_made_anew_each_by_its_own_command(monkeypatch):
    for by_make, command in ((True, "&& make "), (False, "conda env update")):
        monkeypatch.setattr("analysis.doctor.check.is_made_by_make", lambda by_make=by_make: by_make)
        assert command in installation.rebuild()


@pytest.mark.parametrize(("held", "command"), [(False, "make setup"), (True, "make develop")])
def test_an_environment_is_made_anew_with_what_it_was_made_for(monkeypatch, held, command):
    monkeypatch.setattr("analysis.doctor.check.is_made_by_make", lambda: True)
    monkeypatch.setattr("analysis.doctor.check.is_for_development", lambda: held)
    assert installation.rebuild().endswith(command)


def test_a_package_that_is_another_copy_of_the_project_is_named(tmp_path):
    found = faulty(installation.own_package(tmp_path))
    assert str(ROOT) in found.found and str(tmp_path) in found.fix


# --- Surroundings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONHOME", "MPLBACKEND", "JUPYTER_PATH", "JUPYTER_CONFIG_DIR"])
def test_a_variable_that_changes_what_is_run_is_named(tmp_path, name):
    assert only(environment.hidden_state({"HOME": "x"}, tmp_path)).state == OK
    found = faulty(environment.hidden_state({name: "/elsewhere"}, tmp_path))
    assert found.found == f"{name} is set: /elsewhere" and found.fix == f"unset {name}"


def test_a_start_up_script_of_ipython_is_named(tmp_path):
    folder = tmp_path / ".ipython/profile_default/startup"
    folder.mkdir(parents=True)
    (folder / "00-mine.py").touch()
    found = faulty(environment.hidden_state({}, tmp_path))
    assert "00-mine.py" in found.found and str(folder) in found.fix


def test_packages_of_the_users_own_folder_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr("site.ENABLE_USER_SITE", True)
    monkeypatch.setattr("site.getusersitepackages", lambda: str(tmp_path))
    assert faulty(environment.hidden_state({}, tmp_path)).fix == "export PYTHONNOUSERSITE=1"


def test_an_encoding_that_is_not_utf_8_is_named():
    found = faulty(environment.texts({"files": "ISO-8859-9", "the terminal": "utf-8"}))
    assert "files in ISO-8859-9" in found.found and found.fix == "export PYTHONUTF8=1"


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
    told = run_analysis("doctor", "--quick", "--json", **turkish)
    (texts,) = [each for each in json.loads(told.stdout)["checks"] if each["name"] == "texts"]
    assert texts["state"] == OK and "tr_TR.UTF-8" in texts["found"]
    cli.main(["areas"])
    assert run_analysis("areas", **turkish).stdout == capsys.readouterr().out


def test_a_program_that_takes_the_turkish_language_over_is_told(turkish):
    """As a library could: months and numbers of that language would come into tables."""
    script = (
        "import locale; locale.setlocale(locale.LC_ALL, '');"
        "from analysis.doctor.environment import texts;"
        "print([(each.state, each.found, each.fix) for each in texts()])"
    )
    told = subprocess.run([sys.executable, "-c", script], env={**os.environ, **turkish}, capture_output=True, text=True)
    assert "January is Ocak" in told.stdout and "no decimal point" in told.stdout and "C.UTF-8" in told.stdout


def test_a_clock_that_is_before_the_newest_commit_is_told():
    found = faulty(environment.clock(now=datetime.datetime(2019, 5, 17, 12).timestamp()))
    assert found.state == FAIL and "2019-05-17" in found.found and "clock" in found.fix


def test_a_disk_with_another_clock_is_told(tmp_path, monkeypatch):
    (tmp_path / "requirements.lock").touch()
    real = os.stat
    monkeypatch.setattr(os, "stat", lambda path, **rules: _an_hour_older(real(path, **rules)))
    found = faulty(environment.clock(tmp_path))
    assert found.state == WARN and "3,600 s away" in found.found


def _an_hour_older(found: os.stat_result) -> os.stat_result:
    return os.stat_result([*found[:8], found.st_mtime - 3600, found[9]])


# --- The machine -----------------------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    assert only(environment.writing(tmp_path)).state == OK and list(tmp_path.iterdir()) == []
    (tmp_path / "figures").touch()
    found = faulty(environment.writing(tmp_path))
    assert found.state == FAIL and "figures/" in found.found and "figures" in found.fix


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else_is_named(tmp_path):
    (tmp_path / "reports").mkdir(mode=0o500)
    found = faulty(environment.writing(tmp_path))
    assert "reports/ (Permission denied)" in found.found and "chown" in found.fix


@pytest.mark.parametrize(("gib", "state"), [(0.5, FAIL), (3, WARN), (50, OK)])
def test_too_little_room_on_the_disk_is_told(tmp_path, gib, state):
    found = only(environment.disk(tmp_path, free=int(gib * 1024**3)))
    assert found.state == state and f"{gib:.1f} GiB" in found.found


@pytest.mark.parametrize(
    ("mib", "processors", "state", "fix"),
    [(300, 2, FAIL, "Close"), (1100, 4, WARN, 'make run ARGS="--jobs 2"'), (8192, 4, OK, "")],
)
def test_too_little_memory_for_the_notebooks_is_told(mib, processors, state, fix):
    found = only(environment.memory(mib * 1024**2, processors))
    assert found.state == state and found.fix.startswith(fix)


# --- Fonts -----------------------------------------------------------------------------------------------------------


def test_a_font_that_lacks_letters_is_named(monkeypatch):
    assert only(environment.fonts()).state == OK
    monkeypatch.setattr(environment, "LETTERS", "ığ語")
    found = faulty(environment.fonts())
    assert found.state == FAIL and found.found == "missing: 語 in DejaVuSans.ttf, 語 in DejaVuSans-Bold.ttf"


def test_a_font_that_is_not_there_is_named(monkeypatch):
    from analysis.plots import style

    monkeypatch.setattr(style, "FONT", "No Such Font")
    found = faulty(environment.fonts())
    assert found.state == FAIL and "No Such Font normal" in found.found


def test_a_font_of_the_same_name_from_elsewhere_is_told(tmp_path):
    found = faulty(environment.fonts(tmp_path))
    assert found.state == WARN and "DejaVuSans.ttf" in found.found and found.fix.startswith("rm -rf ")


def test_a_list_of_fonts_that_cannot_be_kept_is_told(tmp_path):
    assert only(environment.font_cache(tmp_path)).state == OK
    assert "MPLCONFIGDIR" in faulty(environment.font_cache(tmp_path / "missing")).fix
    temporary = tmp_path / "matplotlib-a1b2"
    temporary.mkdir()
    assert "each kernel" in faulty(environment.font_cache(temporary)).found


# --- Programs --------------------------------------------------------------------------------------------------------


def test_a_kernel_of_the_user_that_hides_the_own_one_is_named(tmp_path, monkeypatch):
    folder = tmp_path / "kernels/python3"
    folder.mkdir(parents=True)
    described = {"argv": ["false", "{connection_file}"], "display_name": "Mine", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(described), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    found = faulty(installation.kernel())
    assert found.state == FAIL and f"{folder} does not start" in found.found and found.fix == f"rm -r {folder}"


def test_a_kernel_that_is_another_python_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    found = faulty(installation.kernel())
    assert found.state == FAIL and "is another Python" in found.found


def test_a_front_end_of_widgets_that_is_missing_or_older_is_named(tmp_path):
    assert {each.state for each in installation.widgets()} == {OK}
    found = installation.widgets([str(tmp_path)])
    assert [each.state for each in found] == [FAIL, FAIL] and "does not find" in found[0].found
    older = tmp_path / "anywidget"
    older.mkdir()
    said = {"version": "0.1.0", "jupyterlab": {"_build": {"load": "static/remoteEntry.js"}}}
    (older / "package.json").write_text(json.dumps(said), encoding="utf-8")
    (anywidget,) = [each for each in installation.widgets([str(tmp_path)]) if "anywidget" in each.name]
    assert "front end 0.1.0" in anywidget.found and anywidget.fix == f"rm -r {older}"


def test_a_front_end_whose_script_is_gone_is_named(tmp_path):
    own = installation._brought("anywidget", "anywidget")
    (tmp_path / "anywidget").mkdir()
    shutil.copy(own / "package.json", tmp_path / "anywidget")
    (anywidget,) = [each for each in installation.widgets([str(tmp_path)]) if "anywidget" in each.name]
    assert anywidget.state == FAIL and "script" in anywidget.found


def test_a_program_that_sets_no_page_is_named(monkeypatch, tmp_path):
    broken = tmp_path / "pandoc"
    broken.write_text("#!/bin/sh\necho no such writer >&2\nexit 1\n", encoding="utf-8")
    broken.chmod(0o700)
    monkeypatch.setattr("pypandoc.get_pandoc_path", lambda: str(broken))
    monkeypatch.setattr("typst.compile", lambda *_, **__: b"nothing")
    pdf, docx = installation.typesetting()
    assert pdf.state == docx.state == FAIL and pdf.fix and "no such writer" in docx.found


def test_git_that_is_missing_and_a_hook_that_is_off_are_named(tmp_path):
    assert "apt-get install git" in faulty(installation.git(find=lambda name: None)).fix
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    assert only(installation.git(tmp_path, confidential=False)).state == OK
    assert faulty(installation.git(tmp_path, confidential=True)).fix.endswith("pre-commit install")
    (tmp_path / ".git/hooks").mkdir(exist_ok=True)
    (tmp_path / ".git/hooks/pre-commit").touch()
    assert only(installation.git(tmp_path, confidential=True)).state == OK


def test_a_browser_that_is_missing_is_a_caution_and_no_fault():
    """The assessment needs none; but whoever runs the tests without one must know that some of them are skipped."""
    found = only(installation.browser(find=lambda name: None))
    assert found.state == WARN and "chromium and chromedriver not installed" in found.found
    assert found.fix == "apt-get install chromium chromium-driver"
    found = only(installation.browser(find=lambda name: None if name == "chromedriver" else name))
    assert found.state == WARN and found.found.startswith("chromedriver not installed")
    assert only(installation.browser(find=lambda name: name)).state == OK


# --- Data ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def broken_data(tmp_path_factory) -> list[dict[str, str]]:
    """What is said of a project whose data have several faults at once; it has confidential lists of persons."""
    project = copy_of_the_project(tmp_path_factory.mktemp("broken"))
    folder = add_case_lists(project)
    listed = yaml.safe_load((folder / "catalog.yml").read_text(encoding="utf-8"))
    listed["turkiye_police"]["retain_until"] = "2020-01-31"
    (folder / "catalog.yml").write_text(yaml.safe_dump(listed), encoding="utf-8")
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


def test_data_past_their_last_day_and_data_that_anybody_can_read_are_named(broken_data):
    found = said_of(broken_data, "persons' data")
    (past,) = [fix for said, fix in found.items() if "to be kept until 2020-01-31" in said]
    assert past.endswith("python -m analysis forget turkiye")
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
    found = faulty(data.secret_keys())
    assert found.state == FAIL and "project's folder" in found.found and found.fix.startswith("mv ")


def test_encrypted_files_without_a_key_at_hand_are_told(monkeypatch):
    kept = dataclasses.replace(
        catalog.dataset("areas"), name="police", file="turkiye/police.csv.age", kind="confidential", **TERMS
    )
    monkeypatch.setattr(catalog, "datasets", lambda: {"police": kept})
    monkeypatch.delenv("ANALYSIS_AGE_KEY", raising=False)
    found = [each for each in data.secret_keys() if each.state != OK]
    assert "ANALYSIS_AGE_KEY" in only(found).fix


def shapes_of(study: str, broken: str) -> gpd.GeoDataFrame:
    """The boundaries of a study, one of which is not as it should be."""
    shapes = REAL(study)
    if study != "cabo_verde":
        return shapes
    first = shapes.index[0]
    if broken == "missing":
        shapes.loc[first, "geometry"] = None
    elif broken == "crossed":
        shapes.loc[first, "geometry"] = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    elif broken == "projected":
        shapes = shapes.to_crs(3857)
    elif broken == "unreadable":
        raise catalog.CatalogError("missing_layer", "The layer 'cv_island' is missing.")
    return shapes


REAL = areas.boundaries


@pytest.mark.parametrize(
    ("broken", "said", "fix"),
    [
        ("missing", "without a shape of their own: CPV-", "key"),
        ("crossed", "is not valid: Self-intersection", "make_valid"),
        ("projected", "not in EPSG:4326", "to_crs(4326)"),
        ("unreadable", "'cv_island' is missing", "Put back"),
    ],
)
def test_boundaries_that_do_not_fit_the_areas_are_named(monkeypatch, broken, said, fix):
    monkeypatch.setattr(areas, "boundaries", lambda study: shapes_of(study, broken))
    found = data.boundaries()
    one = faulty(found)
    assert one.state == FAIL and one.name == "boundaries of cabo_verde" and said in one.found and fix in one.fix
    # The other studies are as sound as before.
    assert any(each.state == OK and "turkiye 9" in each.found for each in found)
