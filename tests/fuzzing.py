"""How many examples a property is tried on."""

import os

SOAK = "SOAK" in os.environ


def examples(number: int) -> int:
    """So many examples, the same ones each time; under `make soak` ten times as many, and other ones each time."""
    return number * 10 if SOAK else number
