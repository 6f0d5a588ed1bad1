"""Trends of detected victims over time: the package `trends` itself, under its promised name."""

import sys

import trends
from trends import *  # noqa: F403  (for editors and type checkers, which see no swap)

# `from analysis import trends` and `import trends` give one thing.
sys.modules[__name__] = trends
