"""The warm process: it has imported the libraries, and forks a kernel for each connection that it is sent.

It is run by its path (``python fork_server.py MODULE...``) and never imports `analysis`: a module edited after it
started would live on, unedited, in every kernel. Its standard input is a socket. When that is closed, which happens
however its owner ends, it ends and its kernels with it; a kernel also ends when its own connection is closed.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import selectors
import signal
import socket
import sys
import time

# What a kernel sets before it loads matplotlib, and what keeps its debugger from warning of what nobody debugs here.
WHILE_IMPORTING = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
PR_SET_PDEATHSIG = 1


def import_libraries(names: list[str]) -> dict[str, str]:
    """Import modules as a kernel would: what is not installed is left for the notebook to report.

    The inline backend itself must stay away: it hooks into IPython when it is first imported, in each kernel.
    Returns the environment variables that libraries have set.
    """
    before = dict(os.environ)
    os.environ.update({name: value for name, value in WHILE_IMPORTING.items() if name not in before})
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    return {name: os.environ[name] for name in os.environ if name not in {*before, *WHILE_IMPORTING}}


def open_threads() -> int:
    """Threads of this process, those of compiled libraries included; a fork would lose all but one."""
    return len(os.listdir("/proc/self/task"))


def serve(control: socket.socket) -> dict | None:
    """Fork a kernel for each connection that is sent over `control`.

    Returns the request, in the fork that is to be its kernel; None, in the warm process, when `control` is closed.
    """
    wake, woken = socket.socketpair()
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    kernels: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is wake:
                    wake.recv(4096)
                elif key.fileobj is control:
                    message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
                    if not message:
                        # Nobody waits for these ends: the sockets that would be told of them are closed by then.
                        signal.set_wakeup_fd(-1)
                        for pid in kernels:
                            kill(pid)
                        return None
                    lease = socket.socket(fileno=descriptors[0])
                    request = json.loads(lease.makefile("r").readline() or "null")
                    if request is None:
                        lease.close()
                        continue
                    pid = os.fork()
                    if pid == 0:
                        signal.set_wakeup_fd(-1)
                        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                        selector.close()
                        for held in (wake, woken, control, lease, *kernels.values()):
                            held.close()
                        return request
                    answer(lease, {"pid": pid})
                    kernels[pid] = lease
                    selector.register(lease, selectors.EVENT_READ, pid)
                else:
                    # Whoever asked for this kernel has gone.
                    selector.unregister(key.fileobj)
                    kill(key.data)
            for pid in ended(kernels):
                lease = kernels.pop(pid)
                with contextlib.suppress(KeyError):
                    selector.unregister(lease)
                lease.close()


def ended(kernels: dict[int, socket.socket]) -> list[int]:
    """Kernels that have ended; the client of each is told its exit status and its peak memory."""
    gone = []
    for pid in kernels:
        found, status, usage = os.wait4(pid, os.WNOHANG)
        if found:
            code = os.waitstatus_to_exitcode(status)
            answer(kernels[pid], {"status": code, "peak_kib": usage.ru_maxrss})
            gone.append(pid)
    return gone


def answer(lease: socket.socket, message: dict) -> None:
    # A client that has gone needs no answer.
    with contextlib.suppress(OSError):
        lease.sendall(json.dumps(message).encode() + b"\n")


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def become_kernel(request: dict, parent: int, set_by_libraries: dict[str, str]) -> None:
    """Make this fork what ``python -m ipykernel_launcher`` would have been, and run the kernel."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)
    # The control socket was descriptor 0.
    os.open(os.devnull, os.O_RDONLY)
    os.environ.clear()
    os.environ.update({**set_by_libraries, **request["env"], "JPY_PARENT_PID": str(parent)})
    os.chdir(request["cwd"])
    time.tzset()
    # Every fork has the same generators: without new seeds all kernels would draw the same numbers.
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "pandas" in sys.modules:
        # Imported outside a kernel it took this for a terminal, whose width would decide which columns are printed.
        sys.modules["pandas"].set_option("display.max_columns", 20)
    import ipykernel_launcher
    from ipykernel.kernelapp import launch_new_instance

    sys.argv = [ipykernel_launcher.__file__, *request["argv"]]
    launch_new_instance(parent_handle=parent)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # Taking the libraries down again, object by object, would last a second a notebook.
    os._exit(0)


def main() -> None:
    # This folder is no place to import from.
    del sys.path[0]
    set_by_libraries = import_libraries(sys.argv[1:])
    if open_threads() > 1:
        sys.exit(f"Kernels are started one by one: {open_threads()} threads are open, and a fork would lose them.")
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getpid()
    request = serve(socket.socket(fileno=0))
    if request is not None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        become_kernel(request, parent, set_by_libraries)


if __name__ == "__main__":
    main()
