"""Runs commands of the project, or code, in processes that are forked from this one, which has the libraries loaded.

A test starts it once and asks for as many commands as it likes; each loads the project's own modules anew, from the
folder it is run in. One line of JSON asks, one line answers with the exit code.
"""

import atexit
import gc
import json
import os
import runpy
import sys
import threading
import time
import traceback

# What many commands load, and no module of the project. pandera loads hypothesis with the first schema that is checked.
LIBRARIES = (
    "pandas",
    "pandera.pandas",
    "pandera.backends.pandas.builtin_checks",
    "pandera.backends.pandas.register",
    "geopandas",
    "matplotlib.figure",
    "mpl_toolkits.axes_grid1",
    "nbformat",
    "pyarrow.parquet",
    "scipy.stats",
    "yaml",
    "babel.support",
    "click",
    "highspy",
    "IPython.display",
    "jinja2",
    "jupyter_client",
    "psutil",
    "xlsxwriter",
)


def main() -> None:
    """Answer one command after another; return in the process that is forked to run one."""
    for name in LIBRARIES:
        __import__(name)
    gc.collect()
    gc.freeze()
    own_path = sys.path[1:]
    while line := sys.stdin.readline():
        asked = json.loads(line)
        pid = os.fork()
        if not pid:
            become(asked, own_path)
            return
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    os._exit(0)


def become(asked: dict, own_path: list[str]) -> None:
    """Take on the folder, environment, arguments and files that a process started for this command would have."""
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    for number, path in enumerate((os.devnull, asked["stdout"], asked["stderr"])):
        file = os.open(path, os.O_RDWR if number else os.O_RDONLY)
        os.dup2(file, number)
        os.close(file)
    # As `python -m` has it: the folder, PYTHONPATH, and what Python brings.
    given = asked["environment"].get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [asked["folder"], *filter(None, given), *own_path]
    sys.path_importer_cache.clear()
    sys.argv = [asked["called"], *asked["arguments"]]


def run() -> int:
    """Run the command and all that a process does at its end, and return the exit code."""
    try:
        if sys.argv[0] == "-c":
            exec(compile(sys.argv.pop(1), "<string>", "exec"), {"__name__": "__main__"})
        else:
            runpy.run_module("analysis", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code or 0


if __name__ == "__main__":
    main()
    # Taking the libraries down again, object by object, would last a second.
    os._exit(run())
