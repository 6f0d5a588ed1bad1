"""How many examples a property is tried on."""

import os

SOAK = "SOAK" in os.environ


def examples(number: int) -> int:
    """So many examples, the same ones each time; under `make soak` twenty times as many, and other ones each time."""
    return number * 20 if SOAK else number
