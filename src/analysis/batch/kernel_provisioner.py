"""Kernels that are forked from a warm process, for whoever starts kernels through jupyter_client.

The entry point ``jupyter_client.kernel_provisioners`` names `WarmProvisioner` as ``warm``, and the environment variable
``JUPYTER_DEFAULT_PROVISIONER_NAME=warm`` chooses it. What cannot be forked as it would have been started (another
command, a system without fork) is started as jupyter_client starts it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TextIO, cast

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Float, Int, Unicode

from analysis.batch.provenance import KERNEL_ENVIRONMENT, libraries
from analysis.jobs import ALL

# What chooses between this provisioner and the one that starts every kernel afresh, and this one's name there.
CHOICE, WARM_PROVISIONER = "JUPYTER_DEFAULT_PROVISIONER_NAME", "warm"
WARM = Path(__file__).with_name("fork_server.py")
# Modules that a kernel loads when it starts, and the libraries when they are first used.
AT_START = (
    "ipykernel_launcher",
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "tornado.queues",
)
AT_FIRST_USE = (
    "pandas.core.methods.to_dict",
    "pandas.core.reshape.reshape",
    "pandas.io.formats.string",
    "pandera.accessors.pandas_accessor",
    "pandera.backends.pandas.error_formatters",
    "pandera.backends.pandas.register",
    "matplotlib.style.core",
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.PpmImagePlugin",
)
# Left to the few kernels that need them: they load much, and set environment variables for whoever comes after.
SELDOM = ("esda", "firthmodels", "libpysal")
# Environment variable: study/analysis of each notebook that is to be run, with spaces between them; and the module that
# then computes what they have in common.
SHARED, SHARED_TABLES = "KERNELS_SHARED", "analysis.batch.shared_tables"
# What differs from kernel to kernel, pytest's word of which test runs included, or is set by pandera in a worker that
# has rendered a page. With any other difference libraries might have started otherwise: another process is warmed.
OF_ONE_KERNEL = {
    *("JPY_PARENT_PID", "JPY_SESSION_NAME", "PYTEST_CURRENT_TEST"),
    *("SPARK_LOCAL_IP", "PYARROW_IGNORE_TIMEZONE"),
}
# Two threads that ask for one warm process at the same time are given the same.
STARTING = threading.Lock()


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel by forking it from a warm process; each stands for one kernel."""

    time_limit = Float(0.0, help="Seconds after which the kernel is killed; 0: never.").tag(config=True)
    memory_limit = Int(0, help="MiB of data that the kernel may hold, on Linux; 0: no limit.").tag(config=True)
    account = Unicode("", help="File that is told, as JSON, how the kernel ended.").tag(config=True)

    _kernel: ForkedKernel | subprocess.Popen | None = None
    _timer: threading.Timer | None = None
    _timed_out = False

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """The kernel that `cmd` asks for, forked where that is the same as starting it."""
        folder = kwargs.get("cwd") or os.getcwd()
        # A warm process that is still loading is waited for beside whatever else is served.
        forked = await asyncio.to_thread(fork, cmd, kwargs.get("env") or dict(os.environ), folder)
        if forked is None:
            connection = await super().launch_kernel(cmd, **kwargs)
        else:
            self.process, self.cwd = cast(Any, forked), folder
            self.pid = self.pgid = forked.pid
            connection = self.connection_info
        assert self.process is not None
        self._kernel = self.process
        self._limit(self.process.pid)
        return connection

    async def post_launch(self, **kwargs: Any) -> None:
        """Wait for the kernel to listen: a client that connects too early tries again only after 0.1 s."""
        manager = self.parent
        if manager is not None and manager.transport == "ipc":
            # A kernel opens its heartbeat last.
            socket_file = Path(f"{manager.ip}-{manager.hb_port}")
            while not socket_file.exists() and await self.poll() is None:
                await asyncio.sleep(0.002)
        await super().post_launch(**kwargs)

    async def wait(self) -> int | None:
        """As in the base class, which looks ten times a second; this is waited for at the end of every notebook."""
        while await self.poll() is None:
            await asyncio.sleep(0.002)
        return await super().wait()

    def get_shutdown_wait_time(self, recommended: float = 5.0) -> float:
        """A second: a kernel that has not ended by then hangs, and is killed."""
        return min(recommended, 1.0)

    async def cleanup(self, restart: bool = False) -> None:
        """Give an account of how the kernel ended."""
        if self._timer is not None:
            self._timer.cancel()
        if self.account:
            ended = {"peak_mib": getattr(self._kernel, "peak_mib", 0.0), "timed_out": self._timed_out}
            Path(self.account).write_text(json.dumps(ended), encoding="utf-8")
        await super().cleanup(restart)

    def _limit(self, pid: int) -> None:
        if self.memory_limit and sys.platform == "linux":
            import resource  # not there on Windows

            limit = self.memory_limit * 2**20
            resource.prlimit(pid, resource.RLIMIT_DATA, (limit, limit))
        if self.time_limit:
            self._timer = threading.Timer(self.time_limit, self._stop, [pid])
            self._timer.daemon = True
            self._timer.start()

    def _stop(self, pid: int) -> None:
        self._timed_out = True
        # The kernel leads a group of its own, with whatever it has started.
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def set_environment() -> None:
    """Give this process what its kernels are to find, and choose forked ones unless somebody has chosen already."""
    os.environ.update(KERNEL_ENVIRONMENT)
    os.environ.setdefault(CHOICE, WARM_PROVISIONER)


def warm_up() -> None:
    """Begin to load the libraries from which kernels are forked, so that the first notebook starts as the next do."""
    if can_fork() and os.environ[CHOICE] == WARM_PROVISIONER:
        warm_process(sys.executable, os.environ)


def shared_pairs(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Study and analysis of each notebook of the run, as `SHARED` names them; none where nothing is run."""
    return [(study, analysis) for study, _, analysis in (e.partition("/") for e in environment.get(SHARED, "").split())]


def can_fork() -> bool:
    """Return True if a process can be forked after libraries were imported; on macOS these do not survive it."""
    return sys.platform == "linux"


def fork(cmd: list[str], environment: dict[str, str], folder: str) -> ForkedKernel | None:
    """The kernel that `cmd` would start, forked from a warm process; None where that cannot be done."""
    if not can_fork() or cmd[1:3] != ["-m", "ipykernel_launcher"]:
        return None
    # One that was killed is replaced once; one that will not fork here is not asked for ever.
    for which in (1, 2):
        kernel = warm_process(cmd[0], environment, which).fork(cmd[3:], environment, folder)
        if kernel is not None:
            return kernel
    return None


def warm_process(python: str, environment: Mapping[str, str], which: int = 1) -> WarmProcess:
    """The first or second warm process for a Python and an environment; it is started when first asked for."""
    lasting = {name: value for name, value in environment.items() if name not in OF_ONE_KERNEL}
    with STARTING:
        return _warm_process(python, frozenset(lasting.items()), which)


@cache
def _warm_process(python: str, environment: frozenset[tuple[str, str]], which: int) -> WarmProcess:
    return WarmProcess(python, dict(environment))


class WarmProcess:
    """A process that forks kernels. Its standard input is a socket that we hold: when we end, so does it."""

    def __init__(self, python: str, environment: dict[str, str]) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            pairs = shared_pairs(environment)
            # A run loads what its own notebooks import; an open JupyterLab cannot know which will be opened.
            imported = libraries({analysis for _, analysis in pairs} or ALL)
            often = [name for name in imported if name.split(".")[0] not in SELDOM]
            shared = [SHARED_TABLES] if pairs else []
            command = [python, str(WARM), *AT_START, *often, *AT_FIRST_USE, *shared]
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), env=environment, start_new_session=True)

    def fork(self, argv: list[str], environment: dict[str, str], folder: str) -> ForkedKernel | None:
        """A new kernel, or None where the warm process could not start or has ended."""
        lease, theirs = socket.socketpair()
        request = {"argv": argv, "env": environment, "cwd": str(folder)}
        answers = lease.makefile("r")
        try:
            with theirs:
                socket.send_fds(self._control, [b"k"], [theirs.fileno()])
            lease.sendall(json.dumps(request).encode() + b"\n")
            started = answers.readline()
        except OSError:
            started = ""
        return ForkedKernel(lease, answers, json.loads(started)["pid"]) if started else None


class ForkedKernel:
    """A kernel that a warm process has forked, with the parts of `subprocess.Popen` that a provisioner uses."""

    stdin = stdout = stderr = None

    def __init__(self, lease: socket.socket, answers: TextIO, pid: int) -> None:
        self._lease, self._answers = lease, answers
        self.pid = pid
        self.returncode: int | None = None
        self.peak_mib = 0.0

    def poll(self) -> int | None:
        """The exit status, or None while the kernel runs."""
        ready = self.returncode is None and select.select([self._lease], [], [], 0)[0]
        return self.wait() if ready else self.returncode

    def wait(self) -> int:
        """Wait for the kernel's end; returns its exit status."""
        if self.returncode is None:
            line = self._answers.readline()
            # Where the warm process is killed its kernels go with it, and nobody tells how.
            ended = json.loads(line) if line else {"status": -signal.SIGKILL, "peak_kib": 0}
            self.returncode, self.peak_mib = ended["status"], ended["peak_kib"] / 1024
            self._answers.close()
            self._lease.close()
        return self.returncode

    def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)
