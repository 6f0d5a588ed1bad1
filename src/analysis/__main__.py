"""``python -m analysis``."""

import os
import sys
import threading

from analysis.cli import STOPPED, main

# Seconds that a stopped command has for its end; a thread of it may wait for what the interrupted one still holds.
PATIENCE = 5.0

if __name__ == "__main__":
    code = main()
    if code == STOPPED:
        end = threading.Timer(PATIENCE, os._exit, (code,))
        end.daemon = True
        end.start()
    sys.exit(code)
