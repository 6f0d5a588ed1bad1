"""Statistical disclosure control: the package `disclosure` itself, under its promised name."""

import sys

import disclosure
from disclosure import *  # noqa: F403  (for editors and type checkers, which see no swap)

# `from analysis import disclosure` and `import disclosure` give one thing.
sys.modules[__name__] = disclosure
