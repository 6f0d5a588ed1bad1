"""The workspace as `python -m analysis lab` opens it: who gets in, what it shows first, and what in it may run.

All of it is tried against settings of a person and of a machine that would open it to everybody.
"""

from __future__ import annotations

import ast
import contextlib
import http.cookiejar
import http.server
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import psutil
import pytest
from browsers import seen_at
from jupyter_client import BlockingKernelClient
from matplotlib.text import Text
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_code_cell, new_notebook, new_output
from projects import ROOT, copy_of_the_project, environment_of, run_analysis
from refusals import refused
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from analysis import areas, lab_server
from analysis import lab as workspace
from analysis.batch import products
from analysis.batch.provenance import KERNEL_ENVIRONMENT
from analysis.exhibits import detection
from analysis.jobs import Job, NotPlanned
from bounded.refusal import Refusal

# What a person may have set for good reasons of their own elsewhere.
KNOWN = "a-token-that-everybody-knows"
OPEN = {
    "ServerApp": {
        "ip": "0.0.0.0",
        "token": "",
        "password": "",
        "allow_remote_access": True,
        "disable_check_xsrf": True,
    },
    "IdentityProvider": {"token": ""},
    "ContentsManager": {"allow_hidden": True},
}
AS_ROOT = ["--allow-root"] if os.geteuid() == 0 else []
PAGE = '<h1>Released</h1><a href="other.html">Other</a>'
OTHER_PAGE = '<h1>Other</h1><a href="index.html">First</a>'
FIRST = "lab/tree/data/processed/lab/Welcome.ipynb"


class Lab:
    """A running workspace: its project, its process, its address and its token."""

    def __init__(self, project: Path, process: subprocess.Popen[str]) -> None:
        self.project, self.process = project, process
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.fullmatch(rf"JupyterLab: (http://localhost:\d+/){re.escape(FIRST)}\?token=(\w+)\n", said)
        assert found is not None
        self.address, self.token = found.groups()

    def ask(self, path: str, body: object = None, method: str | None = None, **headers: str) -> tuple[int, bytes]:
        """The status and the content that the server answers with; a redirection is not followed."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        opener = urllib.request.build_opener(NoRedirection)
        try:
            with opener.open(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def with_token(self, path: str, body: object = None, method: str | None = None) -> dict:
        status, content = self.ask(path, body, method, Authorization=f"token {self.token}")
        assert status < 300, (path, status, content)
        return json.loads(content)

    def trusted(self, path: str) -> list[bool]:
        """Of each code cell of a notebook, whether the server tells the browser to trust what it shows."""
        cells = self.with_token(f"api/contents/{path}")["content"]["cells"]
        return [cell["metadata"]["trusted"] for cell in cells if cell["cell_type"] == "code"]


class NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A workspace of a copy of the project, started in the home of a person whose settings would open it to all."""
    folder = tmp_path_factory.mktemp("lab")
    project = copy_of_the_project(folder)
    (project / "reports").mkdir()
    for name, page in (("index", PAGE), ("other", OTHER_PAGE)):
        (project / "reports" / f"{name}.html").write_text(page, encoding="utf-8")
    home = folder / "home"
    for place in (home / ".jupyter", project):
        place.mkdir(parents=True, exist_ok=True)
        (place / "jupyter_server_config.json").write_text(json.dumps(OPEN), encoding="utf-8")
        (place / "jupyter_config.json").write_text(json.dumps(OPEN), encoding="utf-8")
    told = {"HOME": str(home), "JUPYTER_TOKEN": KNOWN, "JUPYTER_CONFIG_DIR": str(home / ".jupyter")}
    # Which fonts there are is noted by matplotlib, once for each person and whenever it is loaded first.
    told["MPLCONFIGDIR"] = str(folder / "matplotlib")
    command = [sys.executable, "-m", "analysis", "lab", "--no-browser", "--port", "0", *AS_ROOT]
    # What conftest sets for all kernels is not what a person has.
    left_out = {*KERNEL_ENVIRONMENT, "JUPYTER_DEFAULT_PROVISIONER_NAME"}
    environment = {name: value for name, value in environment_of(project).items() if name not in left_out} | told
    with open(folder / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    with process:
        try:
            yield Lab(project, process)
        finally:
            process.terminate()


def shows(name: str) -> nbformat.NotebookNode:
    """A notebook that was run: what it shows leaves a mark in the browser, and tries to tell it to somebody."""
    script = f"window.ran = [...(window.ran || []), '{name}'];"
    output = new_output("display_data", {"text/html": f"<p>seen</p><script>{script}</script>"})
    return new_notebook(cells=[new_code_cell("1", outputs=[output], execution_count=1)])


# --- who gets in ---------------------------------------------------------------------------------------------------


def test_nothing_is_shown_without_the_token_of_this_start_whatever_else_is_set(lab):
    assert lab.ask("lab")[0] == 302
    assert lab.ask("login")[0] == 200
    for path in ("api/contents", "api/kernels", "api/terminals", "lab/extensions/none.js", "files/README.md"):
        assert lab.ask(path)[0] in (302, 403, 404), path
        assert lab.ask(f"{path}?token={KNOWN}")[0] in (302, 403, 404), path
    assert lab.ask("api/contents")[0] == 403
    assert lab.ask("api/contents", Authorization="token ")[0] == 403
    # 24 bytes, as hexadecimal digits.
    assert len(lab.token) == 48 and lab.token != KNOWN
    assert {entry["name"] for entry in lab.with_token("api/contents")["content"]} >= {"data", "notebooks", "src"}


def test_only_this_machine_reaches_it(lab):
    listening = {
        connection.laddr.ip
        for process in [psutil.Process(lab.process.pid), *psutil.Process(lab.process.pid).children(recursive=True)]
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening and listening <= {"127.0.0.1", "::1"}
    # A page elsewhere whose name was made to lead here.
    assert lab.ask(f"lab?token={lab.token}", Host="elsewhere.example")[0] == 403


def test_another_address_is_refused_with_what_would_help():
    ended = run_analysis("lab", "--ip", "0.0.0.0", "--no-browser")
    assert ended.returncode == 2
    assert "for this machine alone" in ended.stderr and "ssh -L 8888:localhost:8888" in ended.stderr


def test_root_is_asked_to_mean_it(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with refused(products.BatchError, "running_as_root"):
        lab_server.require_no_administrator(allow_root=False)
    lab_server.require_no_administrator(allow_root=True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    lab_server.require_no_administrator(allow_root=False)


def test_what_it_notes_is_for_its_owner_alone_and_hidden(lab):
    kept = lab.project / ".cache/lab"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert stat.S_IMODE((kept / "notebook_secret").stat().st_mode) == 0o600
    assert not {".cache", ".git"} & {entry["name"] for entry in lab.with_token("api/contents")["content"]}
    assert lab.ask("api/contents/.cache", Authorization=f"token {lab.token}")[0] == 404
    assert not [
        path for path in (lab.project.parent / "home").rglob("*") if path.is_file() and "config" not in path.name
    ]


def test_no_token_stands_in_the_list_of_processes(lab):
    for process in psutil.process_iter(["cmdline"]):
        assert not any(lab.token in word for word in process.info["cmdline"] or ())


def test_kernels_are_those_of_this_project_and_print_what_the_batch_prints(lab):
    assert set(lab.with_token("api/kernelspecs")["kernelspecs"]) == {"python3"}
    kernel = lab.with_token("api/kernels", {"name": "python3"}, "POST")["id"]
    client = BlockingKernelClient(
        connection_file=str(lab.project / f".cache/lab/runtime/kernel-{kernel}.json"),
    )
    client.load_connection_file()
    client.start_channels()
    try:
        # What a kernel says before its channels are connected is lost.
        client.wait_for_ready(timeout=60)
        said: list[str] = []
        names = [*KERNEL_ENVIRONMENT]
        client.execute_interactive(
            f"import os, sys; print([os.environ.get(name) for name in {names}], sys.executable)",
            timeout=60,
            output_hook=lambda message: said.append(message["content"].get("text", "")),
        )
        assert "".join(said) == f"{[*KERNEL_ENVIRONMENT.values()]} {sys.executable}\n"
    finally:
        client.stop_channels()
        lab.ask(f"api/kernels/{kernel}", method="DELETE", Authorization=f"token {lab.token}")


def test_released_pages_are_shown_to_who_has_the_token_and_can_do_nothing_there(lab):
    assert lab.ask("files/reports/index.html")[0] in (302, 403)
    authorised = {"Authorization": f"token {lab.token}"}
    assert lab.ask("files/reports/index.html", **authorised) == (200, PAGE.encode())
    for path in ("files/reports/../../none", "files/%2e%2e/%2e%2e/etc/passwd", "files/.cache/lab/notebook_secret"):
        assert lab.ask(path, **authorised)[0] in (403, 404), path


# --- which notebooks are ours --------------------------------------------------------------------------------------


def save(lab: Lab, path: str, notebook: nbformat.NotebookNode) -> None:
    lab.with_token(f"api/contents/{path}", {"type": "notebook", "content": notebook}, "PUT")


def test_a_notebook_that_arrives_by_mail_is_not_trusted_whatever_it_says_of_itself(lab):
    foreign = shows("foreign")
    foreign.cells[0].metadata["trusted"] = True
    nbformat.write(foreign, lab.project / "foreign.ipynb")
    assert lab.trusted("foreign.ipynb") == [False]
    # To save it as it was opened makes it no more so.
    save(lab, "foreign.ipynb", lab.with_token("api/contents/foreign.ipynb")["content"])
    assert lab.trusted("foreign.ipynb") == [False]


@pytest.fixture
def executed(lab, monkeypatch):
    """A notebook that the batch has executed and written in the workspace's project."""
    project = lab.project
    for module in ("analysis.jobs", "analysis.batch.products"):
        monkeypatch.setattr(f"{module}.ROOT", project)
    monkeypatch.setattr(products, "LAB", project / ".cache/lab")
    job = Job("incidence", "west_africa", "SEN")
    name = job.executed.relative_to(project).as_posix()
    products.store(job, {name: nbformat.writes(shows("executed")).encode()})
    return name


def test_what_the_batch_has_executed_here_is_trusted_until_it_is_changed_and_again_once_a_person_has_run_it(
    lab, executed
):
    path = lab.project / executed
    before = path.read_bytes()
    assert lab.trusted(executed) == [True]
    changed = shows("changed")
    nbformat.write(changed, path)
    assert lab.trusted(executed) == [False]
    # The browser says of a cell that was run in it that it is trusted.
    changed.cells[0].metadata["trusted"] = True
    save(lab, executed, changed)
    assert lab.trusted(executed) == [True]
    path.write_bytes(before)
    assert lab.trusted(executed) == [True]


def test_a_copy_of_ours_under_another_name_is_ours_and_a_changed_one_is_not(lab, executed):
    """What was signed is the content: a notebook is as it was wherever it lies."""
    copy = nbformat.read(lab.project / executed, as_version=4)
    nbformat.write(copy, lab.project / "copy.ipynb")
    assert lab.trusted("copy.ipynb") == [True]
    copy.cells[0].outputs[0].data["text/html"] += "<script>1</script>"
    nbformat.write(copy, lab.project / "copy.ipynb")
    assert lab.trusted("copy.ipynb") == [False]


def is_signed(folder: Path, content: bytes) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    return NotebookNotary(data_dir=str(folder)).check_signature(nbformat.reads(content.decode(), as_version=4))


@pytest.fixture
def own_key(monkeypatch, tmp_path):
    """A project's folder, and signatures, of the test's own."""
    for module in ("analysis.jobs", "analysis.batch.products"):
        monkeypatch.setattr(f"{module}.ROOT", tmp_path)
    monkeypatch.setattr(products, "LAB", tmp_path / ".cache/lab")
    monkeypatch.setattr(workspace, "LAB", tmp_path / ".cache/lab")
    return tmp_path


def test_a_signature_is_worth_nothing_on_another_machine(own_key):
    job, content = Job("incidence", "west_africa", "SEN"), nbformat.writes(shows("executed")).encode()
    products.store(job, {job.executed.relative_to(own_key).as_posix(): content})
    assert is_signed(products.LAB, content)
    assert stat.S_IMODE((products.LAB / "notebook_secret").stat().st_mode) == 0o600
    (products.LAB / "notebook_secret").write_bytes(b"another key")
    assert not is_signed(products.LAB, content)


def test_a_notebook_that_failed_is_not_ours(own_key):
    job, content = Job("incidence", "west_africa", "SEN"), nbformat.writes(shows("failed")).encode()
    products.store(job, {job.failed.relative_to(own_key).as_posix(): content})
    assert job.failed.exists() and not is_signed(products.LAB, content)


def test_what_is_no_notebook_or_cannot_be_signed_is_no_less_done(own_key):
    job = Job("incidence", "west_africa", "SEN")
    products.LAB.parent.mkdir()
    products.LAB.write_text("no folder", encoding="utf-8")
    for content in (b"executed", nbformat.writes(shows("executed")).encode()):
        products.store(job, {job.executed.relative_to(own_key).as_posix(): content})
        assert job.executed.read_bytes() == content


# --- templates -----------------------------------------------------------------------------------------------------


def executed_in_jupyterlab(content: dict) -> dict:
    """A notebook as JupyterLab saves one that was run: with results, numbers, and metadata of its own."""
    content["metadata"] = {
        "kernelspec": {"display_name": "Another Python", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "version": "3.13.1", "file_extension": ".py"},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}},
    }
    for number, cell in enumerate(content["cells"], 1):
        cell["metadata"] |= {"trusted": True, "collapsed": False, "jupyter": {"outputs_hidden": False}}
        if cell["cell_type"] == "code":
            cell["execution_count"], cell["outputs"] = number, [new_output("stream", text="a result")]
            cell["metadata"]["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
    return content


def test_a_template_that_was_run_and_saved_is_the_same_file(lab):
    templates = sorted((lab.project / "notebooks").glob("*.ipynb"))
    assert len(templates) > 10
    for path in templates:
        before, name = path.read_bytes(), path.relative_to(lab.project).as_posix()
        # As it is opened, and as it was run.
        for content in (lambda each: each, executed_in_jupyterlab):
            save(lab, name, content(lab.with_token(f"api/contents/{name}")["content"]))
            assert path.read_bytes() == before, name


def test_a_source_or_a_tag_that_was_changed_in_a_template_is_saved_and_no_result(lab):
    path = lab.project / "notebooks/of_the_test.ipynb"
    path.write_bytes((lab.project / "notebooks/trends.ipynb").read_bytes())
    expected = nbformat.read(path, as_version=4)
    content = executed_in_jupyterlab(lab.with_token("api/contents/notebooks/of_the_test.ipynb")["content"])
    content["cells"][2]["source"] = expected.cells[2].source = "1 + 1"
    content["cells"][2]["metadata"]["tags"] = expected.cells[2].metadata["tags"] = ["folded"]
    content["cells"][1]["metadata"]["tags"], expected.cells[1].metadata = [], {}
    save(lab, "notebooks/of_the_test.ipynb", content)
    assert path.read_text(encoding="utf-8") == nbformat.writes(expected) + "\n"
    path.unlink()


def test_a_notebook_elsewhere_keeps_its_results(lab):
    save(lab, "elsewhere.ipynb", shows("result"))
    assert (
        nbformat.read(lab.project / "elsewhere.ipynb", as_version=4).cells[0].outputs
        == shows("result").cells[0].outputs
    )


# --- a person's own copies -----------------------------------------------------------------------------------------


@pytest.fixture
def own_copies(own_key, monkeypatch):
    """Templates of the test's own, that of the explorer as it is written back; and where copies of them lie."""
    monkeypatch.setattr(workspace, "COPIES", own_key / "data/processed/lab")
    monkeypatch.setattr(workspace, "TEMPLATES", own_key)
    welcome = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Welcome")])
    nbformat.write(welcome, own_key / "welcome.ipynb")
    template = nbformat.read(ROOT / "notebooks" / "explore.ipynb", as_version=4)
    nbformat.write(template, own_key / "explore.ipynb")
    return template


def test_the_notebook_of_a_study_is_set_to_it_and_otherwise_as_the_template(own_copies):
    workspace.write_copies()
    path = workspace.COPIES / "cabo_verde.ipynb"
    copy = nbformat.read(path, as_version=4)
    [place] = [number for number, cell in enumerate(copy.cells) if "parameters" in cell.metadata.get("tags", [])]
    heading, parameters = copy.cells.pop(place - 1), copy.cells[place - 1]
    assert heading.source.startswith("## Parameters\n")
    assert parameters.source.endswith('\narea = "cabo_verde"')
    assert [cell.source for cell in copy.cells if cell is not parameters] == [
        cell.source for cell in own_copies.cells if "parameters" not in cell.metadata.get("tags", [])
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert is_signed(products.LAB, path.read_bytes())


def test_a_copy_follows_the_template_until_a_person_has_saved_it(own_copies):
    workspace.write_copies()
    path = workspace.COPIES / "turkiye.ipynb"
    own_copies.cells[0].source = "# A newer text"
    nbformat.write(own_copies, workspace.TEMPLATES / "explore.ipynb")
    workspace.write_copies()
    assert "A newer text" in path.read_text(encoding="utf-8")
    path.write_text("a person's work", encoding="utf-8")
    workspace.write_copies()
    assert path.read_text(encoding="utf-8") == "a person's work"


def set_to(path: Path) -> list[str]:
    """The lines of a notebook's cell of parameters that give a name a value."""
    cells = nbformat.read(path, as_version=4).cells
    [parameters] = [cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    return [line for line in parameters.splitlines() if not line.startswith("#")]


@pytest.fixture
def all_templates(own_copies, monkeypatch):
    """Copies of the test's own, made from the project's templates."""
    monkeypatch.setattr("analysis.jobs.ROOT", ROOT)
    monkeypatch.setattr(workspace, "TEMPLATES", ROOT / "notebooks")
    return workspace.COPIES


def test_a_copy_is_asked_for_by_analysis_and_area_and_a_link_leads_to_it(all_templates):
    said = workspace.copy("trends", "SEN", all_templates).data
    path = all_templates / "west_africa/trends_SEN.ipynb"
    assert said.startswith(
        "[Trends: Senegal](west_africa/trends_SEN.ipynb) is your own copy of `notebooks/trends.ipynb`"
    )
    assert set_to(path) == ['area = "SEN"'] and stat.S_IMODE(path.stat().st_mode) == 0o600
    # Of the persons of a demonstration the name says that there are none.
    workspace.copy("case_records", "XDP-FIG", all_templates)
    assert set_to(all_templates / "demo_provinces/case_records_SYNTHETIC_XDP-FIG.ipynb") == ['area = "XDP-FIG"']
    workspace.copy("explore", "turkiye", all_templates)
    assert set_to(all_templates / "turkiye.ipynb") == ['area = "turkiye"']


def test_what_a_person_saved_in_a_copy_is_kept_and_the_link_is_the_same(all_templates):
    first = workspace.copy("trends", "SEN", all_templates).data
    path = all_templates / "west_africa/trends_SEN.ipynb"
    made = path.read_bytes()
    saved = nbformat.read(path, as_version=4)
    # What is only opened is saved with other metadata: that is no work of a person, and needs no other file either.
    saved.metadata["language_info"]["version"] = "3.13"
    nbformat.write(saved, path)
    opened = path.read_bytes()
    assert opened != made and workspace.copy("trends", "SEN", all_templates).data == first
    assert path.read_bytes() == opened
    saved.cells[-1].outputs = [new_output("stream", text="a person's result")]
    nbformat.write(saved, path)
    kept = path.read_bytes()
    assert workspace.copy("trends", "SEN", all_templates).data == first and path.read_bytes() == kept


def test_an_analysis_or_an_area_that_there_is_not_is_refused_with_the_nearest(all_templates):
    with refused(Refusal, "unknown_analysis") as unknown:
        workspace.copy("trend", "SEN")
    assert "There is no analysis 'trend'. The nearest: trends" in str(unknown.value)
    assert "Those of Senegal are incidence, trends, routes, referral_mechanisms, explore." in str(unknown.value)
    with refused(areas.UnknownArea, "unknown_area") as unknown:
        workspace.copy("trends", "SNE")
    assert "SEN (Senegal)" in str(unknown.value)
    # What IPython shows of an error that has this method: the sentence alone, without the lines of the program.
    assert unknown.value._render_traceback_() == [str(unknown.value)]
    with refused(NotPlanned, "only_whole_study"):
        workspace.copy("recommendations", "SEN")
    with refused(NotPlanned, "no_public_evidence"):
        workspace.copy("trends", "XDP-FIG")
    assert not list(all_templates.rglob("*.ipynb"))


def cells_of_the_welcome() -> list[nbformat.NotebookNode]:
    return nbformat.read(ROOT / "notebooks/welcome.ipynb", as_version=4).cells


@pytest.mark.parametrize("area", ["SEN", "TR-27", "XDP-FIG", "west_africa"])
def test_no_cell_of_the_welcome_shows_nothing_wherever_it_is_asked(all_templates, monkeypatch, area):
    published: list[object] = []
    monkeypatch.setattr("analysis.exhibits.exhibit.display", lambda *shown: published.extend(shown))
    analysis = "case_records" if area == "XDP-FIG" else "trends"
    known: dict[str, object] = {"area": area, "analysis": analysis}
    for cell in cells_of_the_welcome():
        if cell.cell_type == "code" and not cell.source.startswith("# PARAMETERS"):
            *steps, last = ast.parse(cell.source).body
            exec(compile(ast.Module(steps, []), "cell", "exec"), known)
            assert isinstance(last, ast.Expr)
            before, shown = len(published), eval(compile(ast.Expression(last.value), "cell", "eval"), known)
            assert len(published) > before or (shown is not None and shown.data.strip()), cell.source


def test_the_welcome_says_of_hatching_what_the_key_of_its_figure_says():
    place = areas.get("SEN")
    victims = detection.preferred(place)
    figure = detection.detected_by_year(place, victims).figure
    [key] = [said for text in figure.findobj(Text) if (said := text.get_text()).startswith("<5")]
    [said] = [cell.source for cell in cells_of_the_welcome() if "hatched" in cell.source.lower()]
    assert f"A hatched bar is {key}." in said.replace("`", "")


# --- what a person sees --------------------------------------------------------------------------------------------

SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)"
OUTPUTS = f"{SHOWN} .jp-OutputArea-output"


@pytest.fixture(scope="module")
def opened(browser, lab):
    """The browser at the address that was printed."""
    seen_at(browser, 1200, 850)
    browser.get(f"{lab.address}{FIRST}?token={lab.token}")
    return browser


def until(browser, holds, seconds: float = 60):
    return WebDriverWait(browser, seconds, 0.2, [StaleElementReferenceException, NoSuchElementException]).until(holds)


def in_front(browser) -> str:
    """What the tab is called that is in front."""
    return browser.find_element(By.CSS_SELECTOR, ".lm-DockPanel .lm-TabBar-tab.lm-mod-current").text


def test_the_first_page_is_the_welcome_and_leads_to_every_study(opened):
    until(opened, lambda b: in_front(b) == "Welcome.ipynb")
    rows = "return [...document.querySelectorAll('.jp-OutputArea-output tbody tr')].map(r => r.cells[0].textContent)"
    analyses = [f"{name}: Senegal" for name in ("Incidence", "Trends", "Routes", "Referral mechanisms")]
    names = [*analyses, *(areas.get(study).name for study in areas.STUDIES)]
    # The last table stands in the notebook's own text.
    until(opened, lambda b: b.execute_script(rows) == names)


def test_the_welcome_says_what_there_is_before_anything_is_run_in_it(lab):
    cells = lab.with_token("api/contents/data/processed/lab/Welcome.ipynb")["content"]["cells"]
    shown = [output["data"]["text/markdown"] for cell in cells for output in cell.get("outputs", [])]
    assert shown[0].startswith("[Incidence: Senegal](west_africa/incidence_SEN.ipynb) is your own copy")
    assert [text.splitlines()[0].split(" | ")[0] for text in shown[1:3]] == [
        "| Your own copy",
        "| Explorer of the study",
    ]
    assert "Nothing has been run for Senegal yet: `python -m analysis run --area SEN`" in shown[1]
    assert "- Released pages: 2 in `reports`, [open](/files/reports/index.html)" in shown[3]
    assert lab.trusted("data/processed/lab/Welcome.ipynb").count(False) == 0


def test_every_link_of_the_welcome_leads_somewhere(lab):
    cells = lab.with_token("api/contents/data/processed/lab/Welcome.ipynb")["content"]["cells"]
    shown = [output["data"]["text/markdown"] for cell in cells for output in cell.get("outputs", [])]
    links = re.findall(r"\]\(([^)]*)\)", "".join(shown))
    assert len(links) > 9
    authorised = {"Authorization": f"token {lab.token}"}
    for link in links:
        path = link[1:] if link.startswith("/") else f"api/contents/data/processed/lab/{link}"
        assert lab.ask(path, **authorised)[0] == 200, link


def test_a_study_opens_in_its_own_notebook_which_runs(opened):
    until(opened, lambda b: b.find_elements(By.LINK_TEXT, "Cabo Verde"))
    opened.find_element(By.LINK_TEXT, "Cabo Verde").click()
    until(opened, lambda b: in_front(b) == "cabo_verde.ipynb")
    until(opened, lambda b: '"cabo_verde"' in b.find_element(By.CSS_SELECTOR, SHOWN).text)
    # What is run before the kernel has started is not run at all.
    until(opened, lambda b: "| Idle" in b.find_element(By.TAG_NAME, "body").text)
    first = opened.find_element(By.CSS_SELECTOR, f"{SHOWN} .jp-CodeCell .cm-content")
    opened.execute_script("arguments[0].focus()", first)
    ActionChains(opened).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
    prompt = f"{SHOWN} .jp-InputPrompt"
    until(opened, lambda b: "[1]:" in [e.text for e in b.find_elements(By.CSS_SELECTOR, prompt)])


def test_a_copy_for_an_area_opens_from_the_first_page_and_shows_where_its_parameters_are(opened):
    until(opened, lambda b: b.find_elements(By.CSS_SELECTOR, ".lm-TabBar-tab"))
    opened.find_element(By.XPATH, "//*[contains(@class, 'lm-TabBar-tabLabel') and text()='Welcome.ipynb']").click()
    until(opened, lambda b: in_front(b) == "Welcome.ipynb")
    until(opened, lambda b: b.find_element(By.LINK_TEXT, "Trends: Senegal")).click()
    until(opened, lambda b: in_front(b) == "trends_SEN.ipynb")
    # Cells are drawn one after another, texts after code.
    for drawn in (".jp-CodeCell .cm-content", ".jp-RenderedMarkdown h2", ".jp-RenderedMarkdown p"):
        until(opened, lambda b, drawn=drawn: b.find_elements(By.CSS_SELECTOR, f"{SHOWN} {drawn}"))
    headings = [each.text for each in opened.find_elements(By.CSS_SELECTOR, f"{SHOWN} .jp-RenderedMarkdown h2")]
    parameters = opened.find_element(By.CSS_SELECTOR, f"{SHOWN} .jp-CodeCell .cm-content").text
    assert headings[0].startswith("Parameters")
    assert parameters.startswith("# PARAMETERS: change the area here") and parameters.endswith('area = "SEN"')


def test_letters_are_large_enough_for_a_projector_and_lines_have_no_numbers(opened):
    text = opened.find_element(By.CSS_SELECTOR, f"{SHOWN} .jp-RenderedMarkdown p")
    code = opened.find_element(By.CSS_SELECTOR, f"{SHOWN} .cm-content")
    assert float(text.value_of_css_property("font-size").removesuffix("px")) >= 16
    assert float(code.value_of_css_property("font-size").removesuffix("px")) >= 15
    assert opened.find_elements(By.CSS_SELECTOR, f"{SHOWN} .cm-lineNumbers") == []


def test_until_here_nobody_else_was_asked_for_anything_and_nothing_went_wrong(lab, opened):
    messages = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert len(asked) > 100
    assert [url for url in asked if not url.startswith((lab.address, "data:", "blob:"))] == []
    answers = [m["params"]["response"] for m in messages if m["method"] == "Network.responseReceived"]
    assert [answer["url"] for answer in answers if answer["status"] >= 400] == []
    # On a busy machine JupyterLab warns of each part of itself that took long to begin.
    said = [entry for entry in opened.get_log("browser") if "ms to activate" not in entry["message"]]
    assert [entry for entry in said if entry["level"] in ("SEVERE", "WARNING")] == []


def test_a_released_page_can_ask_nothing_of_jupyterlab_though_the_person_could(lab, opened):
    opened.get(f"{lab.address}files/reports/index.html?token={lab.token}")
    assert opened.find_element(By.TAG_NAME, "h1").text == "Released"
    asking = "const done = arguments[0]; fetch('/api/contents').then(r => done(r.status), () => done('refused'))"
    assert opened.execute_async_script(asking) == "refused"
    assert opened.execute_script("return window.open('/lab')") is None


def test_a_reader_goes_from_the_first_page_to_released_pages_and_from_one_to_another(lab, opened):
    opened.get(f"{lab.address}{FIRST}")
    leads = "//a[@href='/files/reports/index.html' and text()='open']"
    first, link = opened.current_window_handle, until(opened, lambda b: b.find_element(By.XPATH, leads))
    opened.execute_script("arguments[0].scrollIntoView({block: 'center'}); arguments[0].click()", link)
    until(opened, lambda b: len(b.window_handles) == 2)
    [page] = {*opened.window_handles} - {first}
    opened.switch_to.window(page)
    try:
        until(opened, lambda b: b.find_element(By.TAG_NAME, "h1").text == "Released")
        opened.find_element(By.LINK_TEXT, "Other").click()
        until(opened, lambda b: b.find_element(By.TAG_NAME, "h1").text == "Other")
        # Only a page as a whole: what is in it cannot read another.
        asking = "const done = arguments[0]; fetch('index.html').then(r => done(r.status), () => done('refused'))"
        assert opened.execute_async_script(asking) == "refused"
    finally:
        opened.close()
        opened.switch_to.window(first)


def test_a_page_is_served_without_a_referrer_only_to_who_opens_it_as_a_whole(lab):
    cookies = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    opener.open(f"{lab.address}lab?token={lab.token}", timeout=60).close()

    def status(path: str, **headers: str) -> int:
        named = {f"Sec-Fetch-{name}": value for name, value in headers.items()}
        try:
            with opener.open(urllib.request.Request(f"{lab.address}files/{path}", headers=named), timeout=60) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    assert status("reports/index.html", Mode="navigate", Dest="document") == 200
    assert status("reports/index.html") == 403
    assert status("reports/index.html", Mode="navigate", Dest="iframe") == 403
    assert status("reports/index.html", Mode="no-cors", Dest="script") == 403
    for path in ("README.md", "notebooks/trends.ipynb", "reports/../pyproject.toml", "reports/%2e%2e/notebooks/a.html"):
        assert status(path, Mode="navigate", Dest="document") in (403, 404), path


def test_a_template_that_is_run_and_saved_in_jupyterlab_is_no_change_for_git(lab, opened):
    def git(*arguments: str) -> str:
        person = ("-c", "user.name=A person", "-c", "user.email=person@example.org")
        return subprocess.run(
            ["git", *person, *arguments], cwd=lab.project, check=True, capture_output=True, text=True
        ).stdout

    shutil.copy(ROOT / ".gitignore", lab.project)
    git("init", "--quiet")
    git("add", "notebooks")
    git("commit", "--quiet", "--message", "templates")
    path = lab.project / "notebooks/trends.ipynb"
    before, saved = path.read_bytes(), path.stat().st_mtime_ns
    opened.get(f"{lab.address}lab/tree/notebooks/trends.ipynb")
    until(opened, lambda b: in_front(b) == "trends.ipynb")
    until(opened, lambda b: "| Idle" in b.find_element(By.TAG_NAME, "body").text)
    for place in (0, 1):
        editor = opened.find_elements(By.CSS_SELECTOR, f"{SHOWN} .jp-CodeCell .cm-content")[place]
        opened.execute_script("arguments[0].scrollIntoView({block: 'center'}); arguments[0].focus()", editor)
        ActionChains(opened).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
    until(
        opened,
        lambda b: "SEN, country of the study" in "".join(e.text for e in b.find_elements(By.CSS_SELECTOR, OUTPUTS)),
    )
    ActionChains(opened).key_down(Keys.CONTROL).send_keys("s").key_up(Keys.CONTROL).perform()
    until(opened, lambda b: path.stat().st_mtime_ns != saved)
    until(opened, lambda b: not b.find_elements(By.CSS_SELECTOR, ".lm-DockPanel .lm-mod-current.jp-mod-dirty"))
    assert path.read_bytes() == before and git("status", "--porcelain", "notebooks") == ""


def figures_shown(browser) -> list[str]:
    """The figures that the notebook in front shows."""
    script = f"return [...document.querySelectorAll('{SHOWN} .jp-OutputArea-output img')].map(each => each.src)"
    return browser.execute_script(script)


def captions(browser) -> str:
    """What stands above the tables of the notebook in front, those that are folded too."""
    script = f"return [...document.querySelectorAll('{SHOWN} caption')].map(each => each.textContent).join()"
    return browser.execute_script(script)


def test_a_reader_changes_an_argument_in_a_cell_and_sees_another_figure(lab, opened):
    template = nbformat.read(ROOT / "notebooks" / "incidence.ipynb", as_version=4)
    wanted = ("incidence-01", "incidence-02", "incidence-detected", "incidence-rates", "incidence-09")
    template.cells = [cell for cell in template.cells if cell.id in wanted]
    save(lab, "mine.ipynb", template)
    opened.get(f"{lab.address}lab/tree/mine.ipynb")
    cells = f"{SHOWN} .jp-CodeCell"
    until(opened, lambda b: len(b.find_elements(By.CSS_SELECTOR, cells)) == len(wanted))
    # What is run before the kernel has started is not run at all.
    until(opened, lambda b: "| Idle" in b.find_element(By.TAG_NAME, "body").text)

    def into(place: int) -> None:
        """Put the cursor into a cell, wherever on the page it stands."""
        editor = opened.find_elements(By.CSS_SELECTOR, f"{cells} .cm-content")[place]
        opened.execute_script("arguments[0].scrollIntoView({block: 'center'}); arguments[0].focus()", editor)

    def run(*places: int) -> None:
        for place in places:
            into(place)
            ActionChains(opened).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()

    run(*range(len(wanted)))
    until(opened, lambda b: len(figures_shown(b)) == 1)
    (before,) = figures_shown(opened)
    # A figure may stand before the table below it does.
    until(opened, lambda b: "per 100,000 inhabitants" in captions(b))
    # The first line of the cell is ``per = 100_000``.
    into(3)
    whole_line = ActionChains(opened).key_down(Keys.CONTROL).send_keys(Keys.HOME).key_up(Keys.CONTROL)
    whole_line = whole_line.key_down(Keys.SHIFT).send_keys(Keys.END).key_up(Keys.SHIFT)
    whole_line.send_keys("per = 1_000_000").perform()
    run(3, 4)
    until(opened, lambda b: figures_shown(b) and figures_shown(b)[0] != before)
    until(opened, lambda b: "per 1,000,000 inhabitants" in captions(b))


@contextlib.contextmanager
def listener():
    """Somebody on another address who notes whatever is asked of them."""
    heard: list[str] = []

    class Noting(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Noting) as there:
        threading.Thread(target=there.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{there.server_port}", heard
        there.shutdown()


def test_what_a_notebook_shows_runs_only_if_it_is_ours_and_can_fetch_nothing_from_elsewhere_even_then(lab, opened):
    with listener() as (elsewhere, heard):
        urllib.request.urlopen(f"{elsewhere}/heard").close()
        telling = shows("ours")
        telling.cells[0].outputs[0].data["text/html"] += (
            f"<img src='{elsewhere}/picture'><script>fetch('{elsewhere}/fetched').catch(() => window.ran.push('kept'));"
            f"new Image().src = '{elsewhere}/image';</script>"
        )
        telling.cells[0].metadata["trusted"] = True
        save(lab, "telling.ipynb", telling)
        nbformat.write(shows("by_mail"), lab.project / "by_mail.ipynb")
        opened.get(f"{lab.address}lab/tree/by_mail.ipynb")
        until(opened, lambda b: b.find_elements(By.CSS_SELECTOR, f"{SHOWN} .jp-OutputArea-output p"))
        time.sleep(1)
        assert opened.execute_script("return window.ran || []") == []
        opened.get(f"{lab.address}lab/tree/telling.ipynb")
        until(opened, lambda b: b.execute_script("return (window.ran || []).includes('kept')"))
        assert opened.execute_script("return window.ran") == ["ours", "kept"]
        assert heard == ["/heard"]


# What a page's policy does not close, by the words that the documents have for it.
LEADING_AWAY = {
    "`location = ...`": "<script>location = '{elsewhere}/what-it-shows'</script>",
    '`<meta http-equiv="refresh">`': "<meta http-equiv='refresh' content='0;url={elsewhere}/what-it-shows'>",
}


def test_the_documents_say_what_can_still_be_sent():
    said = " ".join((ROOT / "docs/how_to/work_in_the_lab.md").read_text(encoding="utf-8").split())
    assert all(way in said for way in [*LEADING_AWAY, "**What is trusted can still send what it shows**", "a kernel"])
    assert "cannot tell anybody" not in said and "no output of a notebook can" not in " ".join(
        lab_server.__doc__.split()
    )


@pytest.mark.parametrize("way", LEADING_AWAY)
def test_what_is_not_trusted_leads_nowhere_and_what_is_trusted_can(lab, opened, way):
    with listener() as (elsewhere, heard):
        leading = shows("leading")
        leading.cells[0].outputs[0].data["text/html"] += LEADING_AWAY[way].format(elsewhere=elsewhere)
        nbformat.write(leading, lab.project / "leading_by_mail.ipynb")
        opened.get(f"{lab.address}lab/tree/leading_by_mail.ipynb")
        until(opened, lambda b: b.find_elements(By.CSS_SELECTOR, f"{SHOWN} .jp-OutputArea-output p"))
        time.sleep(2)
        assert heard == []
        leading.cells[0].metadata["trusted"] = True
        save(lab, "leading.ipynb", leading)
        opened.get(f"{lab.address}lab/tree/leading.ipynb")
        until(opened, lambda b: heard)
        assert heard == ["/what-it-shows"]


@pytest.mark.soak
def test_what_was_explored_of_a_study_goes_with_all_else_that_is_forgotten_of_it(lab):
    copy = lab.project / "data/processed/lab/turkiye.ipynb"
    kept = copy.parent / ".ipynb_checkpoints" / "turkiye-checkpoint.ipynb"
    of_an_area = copy.parent / "turkiye" / "routes_TR-27.ipynb"
    for path in (copy, kept, of_an_area):
        path.parent.mkdir(exist_ok=True)
        path.write_text("what a person saw", encoding="utf-8")
    other = copy.with_name("cabo_verde.ipynb").read_bytes()
    ended = run_analysis("forget", "turkiye", project=lab.project)
    assert ended.returncode == 0, ended.stderr
    assert not copy.exists() and not kept.exists() and not of_an_area.exists()
    assert copy.with_name("cabo_verde.ipynb").read_bytes() == other
