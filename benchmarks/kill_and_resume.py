"""Kills a run of the project's own notebooks again and again, at random times, and looks whether anything is lost.

    python benchmarks/kill_and_resume.py             thirty kills (about a quarter of an hour)
    python benchmarks/kill_and_resume.py --kills 5
    python benchmarks/kill_and_resume.py --area SEN --analysis trends   one notebook, not all of Cabo Verde
    python benchmarks/kill_and_resume.py --kind "a warm process"        always the same, of the five kinds
    python benchmarks/kill_and_resume.py --seed 2                       at other times (default: 1)

Each time a run is started that goes on where the last was killed; when all is done, it begins again from nothing. What
is killed, with the signal that cannot be caught: the batch itself, every process of it at once, or one of its workers,
warm processes or kernels. In the end the products must be, byte for byte, those of a run that nobody disturbed. Each
kind must have been seen in that run: what nobody recognises would never be killed, and nothing would be found.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import psutil
from batch import STAGED, copy_of_the_project

from analysis.batch.kernel_provisioner import WARM
from analysis.project_files import sources

STUDY = "cabo_verde"
PROCESSED = "data/processed"
KINDS = ("the batch", "all at once", "a worker", "a warm process", "a kernel")


def start(project: Path, selection: Sequence[str]) -> subprocess.Popen:
    """A run in the background; what it leaves among temporary files lies beside the project."""
    command = [sys.executable, "-m", "analysis", "run", *selection, "--jobs", "2"]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, sources(project))),
        "TMPDIR": str(temporary(project)),
    }
    return subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True)


def temporary(project: Path) -> Path:
    """Where a run has its temporary files."""
    return project.with_name("temporary")


def products(project: Path) -> dict[str, bytes]:
    """Every file that the batch has left, by path."""
    paths = [path for path in (project / PROCESSED).rglob("*") if path.is_file()]
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in paths}


def processes(run: subprocess.Popen) -> dict[str, list[psutil.Process]]:
    """The processes of a run by kind."""
    found: dict[str, list[psutil.Process]] = {kind: [] for kind in KINDS}
    batch = psutil.Process(run.pid)
    found["the batch"] = [batch]
    for process in batch.children(recursive=True):
        if _is_warm(process):
            # A kernel is a fork of a warm process, and is called as that is.
            found["a kernel" if _is_warm(process.parent()) else "a warm process"].append(process)
        elif "forkserver" in " ".join(process.cmdline()) and process.parent().pid != run.pid:
            found["a worker"].append(process)
    found["all at once"] = [batch, *batch.children(recursive=True)]
    return found


def _is_warm(process: psutil.Process | None) -> bool:
    return process is not None and any(Path(word).name == WARM.name for word in process.cmdline())


def undisturbed_run(project: Path, selection: Sequence[str]) -> float:
    """How many seconds an undisturbed run takes; the program ends if it fails, or if a kind is never seen in it."""
    begun, seen = time.monotonic(), set()
    run = start(project, selection)
    while run.poll() is None:
        with contextlib.suppress(psutil.Error):
            seen |= {kind for kind, found in processes(run).items() if found}
        time.sleep(0.02)
    if run.returncode:
        sys.exit(f"The run failed: {run.communicate()[0]}")
    if missing := sorted(set(KINDS) - seen):
        sys.exit(f"Never seen in a run, and so never killed: {', '.join(missing)}.")
    return time.monotonic() - begun


def kill(run: subprocess.Popen, kind: str, moments: random.Random) -> bool:
    """Kill one of a kind, as soon as there is one; whether anything was killed before the run ended."""
    while run.poll() is None:
        with contextlib.suppress(psutil.Error):
            if found := processes(run)[kind]:
                for victim in found if kind == "all at once" else [moments.choice(found)]:
                    victim.send_signal(signal.SIGKILL)
                return True
        time.sleep(0.02)
    return False


def left_behind(project: Path, within: float = 10.0) -> list[str]:
    """Processes that outlive a killed run by ten seconds."""
    end = time.monotonic() + within
    while True:
        found = []
        for process in psutil.process_iter():
            try:
                if Path(process.cwd()) == project:
                    found.append(f"{process.pid} {' '.join(process.cmdline())[:80]}")
            except psutil.Error:
                continue
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.05)


def main() -> None:
    """Kill, resume, compare, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30, metavar="N")
    parser.add_argument("--kind", choices=KINDS, default="", help="only this kind (default: any)")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--area", help=f"only this area (default: all of {STUDY})")
    parser.add_argument("--analysis", help="only this analysis (default: all)")
    options = parser.parse_args()
    selection = ["--area", options.area] if options.area else ["--study", STUDY]
    selection += ["--analysis", options.analysis] if options.analysis else []
    moments = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        project = copy_of_the_project(Path(name).resolve())
        temporary(project).mkdir()
        whole = undisturbed_run(project, selection)
        undisturbed = products(project)
        print(f"{len(undisturbed)} files in an undisturbed run of {whole:.0f} s", flush=True)
        killed: Counter[str] = Counter()
        faults: list[str] = []
        empty(project)
        while sum(killed.values()) < options.kills:
            run = start(project, selection)
            time.sleep(moments.uniform(0.3, whole))
            kind = options.kind or moments.choice(KINDS)
            kind = kind if kill(run, kind, moments) else ""
            run.communicate()
            if kind:
                killed[kind] += 1
            faults += [f"left behind after {kind}: {process}" for process in left_behind(project)]
            now = products(project)
            # A page or figure that stands is whole and right, whatever was killed.
            faults += [
                f"wrong after {kind}: {path}" for path, content in now.items() if is_wrong(path, content, undisturbed)
            ]
            print(f"kill {sum(killed.values()):>3}: {kind or 'it had ended':<16}{len(now):>5} files", flush=True)
            if run.returncode == 0:
                faults += [f"missing or wrong at the end: {path}" for path in differing(now, undisturbed)]
                empty(project)
        assert start(project, selection).wait() == 0
        faults += [f"missing or wrong at the end: {path}" for path in differing(products(project), undisturbed)]
        faults += [f"left behind: {path}" for path in temporary(project).glob("analysis-*")]
    print(f"killed: {dict(killed)}")
    print(f"wrong, missing or left behind: {faults or 'nothing'}")


def is_wrong(path: str, content: bytes, undisturbed: dict[str, bytes]) -> bool:
    """Whether a staged file is not what it should be; the index changes with the pages that stand."""
    is_index = path == f"{STAGED}/reports/index.html"
    return (
        path.startswith(f"{STAGED}/") and not is_index and "unfinished" not in path and content != undisturbed.get(path)
    )


def differing(found: dict[str, bytes], undisturbed: dict[str, bytes]) -> list[str]:
    """Files that are not those of an undisturbed run."""
    return sorted(path for path in {*found, *undisturbed} if found.get(path) != undisturbed.get(path))


def empty(project: Path) -> None:
    """Begin again from nothing."""
    shutil.rmtree(project / PROCESSED, ignore_errors=True)


if __name__ == "__main__":
    main()
