"""Kernels forked from a warm process: they must be what a kernel started by itself would have been."""

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import papermill
import pytest
from jupyter_client.provisioning import KernelProvisionerFactory
from projects import ROOT
from traitlets.config import Config

from analysis.batch.kernel_provisioner import warm_process
from analysis.batch.run import local

pytestmark = pytest.mark.slow

PROBE = """
import json, locale, os, random, signal, sys, threading, time
import geopandas, matplotlib, pandera.pandas, pyogrio, statsmodels.api  # some set variables when they are imported
ours = {"JPY_PARENT_PID", "JUPYTER_DEFAULT_PROVISIONER_NAME"}
print(json.dumps({
    "path": sys.path,
    "arguments": [os.path.basename(sys.argv[0]), sys.argv[1]],
    "flags": str(sys.flags),
    "main": sys.modules["__main__"].__name__,
    "names": sorted(name for name in globals() if not name.startswith("_")),
    "folder": os.getcwd(),
    "umask": os.umask(0o22),
    "leads its group": os.getpgid(0) == os.getpid(),
    "leads its session": os.getsid(0) == os.getpid(),
    "environment": {name: value for name, value in os.environ.items() if name not in ours},
    "text": [sys.stdout.encoding, sys.getfilesystemencoding(), locale.setlocale(locale.LC_ALL)],
    "time zone": time.tzname,
    "hash": hash("x"),
    "signals": [str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGCHLD, signal.SIGTERM)],
    "threads": sorted(thread.name.split("-")[0] for thread in threading.enumerate()),
}))
"""
PICTURE = """
import matplotlib.pyplot as plt
figure, axes = plt.subplots()
axes.plot([1, 3, 2])
"""


def run_cells(*sources: str, provisioner: str = "warm", **limits: object) -> nbformat.NotebookNode:
    """A notebook of these cells, executed by papermill with the kernels of a provisioner."""
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernelspec})
    before = os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"]
    os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"] = provisioner
    KernelProvisionerFactory.clear_instance()
    try:
        return papermill.execute_notebook(
            notebook, None, progress_bar=False, cwd=ROOT, config=Config({"WarmProvisioner": limits})
        )
    finally:
        os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"] = before
        KernelProvisionerFactory.clear_instance()


def printed(notebook: nbformat.NotebookNode) -> str:
    return notebook.cells[0].outputs[0]["text"].strip()


def is_gone(pid: int, within: float = 10.0) -> bool:
    """Whether a process ends in so many seconds."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def plain_and_warm() -> tuple[nbformat.NotebookNode, nbformat.NotebookNode]:
    return tuple(run_cells(PROBE, PICTURE, provisioner=name) for name in ("local-provisioner", "warm"))


def test_a_forked_kernel_is_what_a_started_one_is(plain_and_warm):
    plain, warm = (json.loads(printed(notebook)) for notebook in plain_and_warm)
    assert plain == warm


def test_a_picture_drawn_with_pyplot_is_the_same_in_both(plain_and_warm):
    plain, warm = (notebook.cells[1].outputs for notebook in plain_and_warm)
    assert [output["output_type"] for output in plain] == ["execute_result", "display_data"]
    assert plain[1]["data"]["image/png"] == warm[1]["data"]["image/png"]


def test_the_libraries_are_loaded_and_the_project_is_not():
    loaded = printed(
        run_cells("import sys; print([name in sys.modules for name in ('pandas', 'geopandas', 'pandera', 'analysis')])")
    )
    assert loaded == "[True, True, True, False]"


def test_the_inline_backend_is_left_for_the_kernel_to_load():
    assert printed(run_cells("import sys; print('matplotlib_inline.backend_inline' in sys.modules)")) == "False"


def test_two_kernels_do_not_draw_the_same_random_numbers():
    draw = "import random, numpy; print(random.random(), numpy.random.rand())"
    first, second = printed(run_cells(draw)).split(), printed(run_cells(draw)).split()
    assert first[0] != second[0] and first[1] != second[1]


def test_a_kernel_is_a_process_of_its_own():
    name = "import os; x = globals().get('x', 0) + 1; print(x)"
    assert printed(run_cells(name)) == printed(run_cells(name)) == "1"


@pytest.mark.soak
def test_a_kernel_that_takes_too_long_is_ended():
    start = time.monotonic()
    with pytest.raises(RuntimeError, match=r"kernel|Kernel"):
        run_cells("import time; time.sleep(60)", time_limit=3.0)
    assert time.monotonic() - start < 30


def test_a_kernel_that_takes_too_much_memory_says_so_in_its_notebook():
    with pytest.raises(papermill.PapermillExecutionError) as failure:
        run_cells("content = bytearray(3 * 2**30)", memory_limit=1024)
    assert failure.value.ename == "MemoryError"


def test_a_kernel_ends_with_whoever_asked_for_it_however_that_ends():
    program = """
import os, sys
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3")
client.execute_interactive("import os; print(os.getpid(), os.getppid(), flush=True)")
sys.stdout.flush()
os.kill(os.getpid(), 9)
"""
    environment = {**os.environ, "JUPYTER_DEFAULT_PROVISIONER_NAME": "warm"}
    ended = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    kernel, warm = map(int, ended.stdout.split())
    assert is_gone(kernel) and is_gone(warm)


def test_a_run_says_so_where_nothing_can_be_forked(monkeypatch, capsys):
    monkeypatch.setattr("analysis.batch.kernel_provisioner.can_fork", lambda: False)
    with local(1):
        pass
    assert capsys.readouterr().err == (
        "Every kernel is started afresh, which takes longer: only Linux can fork them.\n"
    )


def test_kernels_of_all_tests_and_notebooks_are_forked_from_one_warm_process():
    of_one, of_other = (warm_process(sys.executable, {**os.environ, "PYTEST_CURRENT_TEST": name}) for name in "ab")
    assert of_one is of_other


@pytest.mark.soak
def test_a_warm_process_that_was_killed_is_replaced():
    ask = "import os, sys; print(os.getppid(), 'geopandas' in sys.modules)"
    first = printed(run_cells(ask)).split()
    os.kill(int(first[0]), signal.SIGKILL)
    second = printed(run_cells(ask)).split()
    assert first[1] == second[1] == "True" and first[0] != second[0]


@pytest.mark.soak
def test_where_nothing_can_be_forked_the_kernel_is_started_as_jupyter_does(monkeypatch):
    monkeypatch.setattr("analysis.batch.kernel_provisioner.can_fork", lambda: False)
    assert printed(run_cells("import sys; print('geopandas' in sys.modules)")) == "False"


TWO_NOTEBOOKS = """
import os, sys
from analysis.batch import kernel_provisioner
from analysis.batch.execute import execute
from analysis.batch.products import Limits
from analysis.batch.provenance import made_from
from analysis.jobs import Job

for area_id in ("TR-27", "TR-31"):
    job = Job("routes", "turkiye", area_id)
    result = execute(job, made_from(job), Limits())
    assert result.ok, result.reason
print(kernel_provisioner._warm_process.cache_info().currsize)
"""


def test_one_process_is_warmed_for_all_notebooks_of_a_worker():
    environment = {**os.environ, "JUPYTER_DEFAULT_PROVISIONER_NAME": "warm"}
    ended = subprocess.run(
        [sys.executable, "-c", TWO_NOTEBOOKS], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split()[-1] == "1"


BEGUN = """
import os, sys, time
from analysis.batch.kernel_provisioner import SHARED
from analysis.batch.run import begin, local
from analysis.jobs import Job
from multiprocessing import forkserver

def asked(_):
    return os.environ[SHARED], os.getppid()

if __name__ == "__main__":
    begin([Job("trends", "cabo_verde", "CPV-SAL")])
    server = forkserver._forkserver._forkserver_pid
    with local(1, [Job("routes", "cabo_verde", "CPV-SAL")]) as (pool, _):
        print(*pool.submit(asked, 0).result(), server)
"""


def test_what_was_begun_beside_the_states_is_what_workers_are_forked_from(tmp_path):
    program = tmp_path / "begun.py"
    program.write_text(BEGUN, encoding="utf-8")
    ended = subprocess.run([sys.executable, str(program)], cwd=ROOT, capture_output=True, text=True, check=True)
    shared, parent, server = ended.stdout.split()
    assert shared == "cabo_verde/trends" and parent == server
