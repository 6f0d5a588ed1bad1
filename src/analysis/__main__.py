"""``python -m analysis``, and the command ``analysis`` that `make setup` puts beside Python."""

from __future__ import annotations

import os
import sys
import threading

# Seconds that a stopped command has for its end; a thread of it may wait for what the interrupted one still holds.
PATIENCE = 5.0
# Whoever read what is printed has seen enough, say `| head`: the exit code that shells give for that.
UNREAD = 141


def main() -> int:
    """Run the command that was typed; returns the exit code. Without its libraries only `doctor` can be run."""
    try:
        from analysis.cli import STOPPED, main

        code = main()
        sys.stdout.flush()
    except ImportError as error:
        if (error.name or "analysis").startswith("analysis"):
            raise
        return _without_libraries(error)
    except BrokenPipeError:
        # Nothing more is to be written at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    if code == STOPPED:
        end = threading.Timer(PATIENCE, os._exit, (code,))
        end.daemon = True
        end.start()
    return code


def _without_libraries(error: ImportError) -> int:
    """The doctor, which needs none; of any other command only what fixes the installation."""
    if sys.argv[1:2] != ["doctor"]:
        print(f"analysis: {error}. `python -m analysis doctor` says what is wrong and what fixes it.", file=sys.stderr)
        return 2
    from analysis.doctor import as_json, as_table, examine

    found = examine(quick="--quick" in sys.argv)
    print(as_json(found) if "--json" in sys.argv else as_table(found, sys.stdout.encoding or "ascii"))
    return 1


if __name__ == "__main__":
    sys.exit(main())
