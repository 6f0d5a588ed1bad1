"""The sentences that readers see, apart from the code: one file a language, one part a module.

A module asks for its part with ``TEXT = texts.of(__name__)``, and fills in what is in braces:
``TEXT["persons_left_out"].format(persons=12)``. The report has its own words in four languages, in `report/templates`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "en.yml"


def of(module: str) -> dict[str, str]:
    """The sentences of a module by their keys.

    Parameters
    ----------
    module : its ``__name__``, as ``analysis.exhibits.trend``.
    """
    return {key: text for key, text in part(module).items() if isinstance(text, str)}


def table(module: str, key: str) -> dict[str, str]:
    """Sentences of a module that stand together under one key, each by its own."""
    texts = part(module)[key]
    if isinstance(texts, str):
        raise TypeError(f"{FILE.name}: {key!r} of {module} is one sentence and not a table of sentences.")
    return dict(texts)


def part(module: str) -> dict[str, str | dict[str, str]]:
    """All that the file has of a module; nothing where it has none."""
    return _parts().get(module.removeprefix("analysis."), {})


@cache
def _parts() -> dict[str, dict[str, str | dict[str, str]]]:
    # The loader in C takes a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read: dict[str, dict[str, str | dict[str, str]]] = yaml.load(FILE.read_text(encoding="utf-8"), loader)
    return read
