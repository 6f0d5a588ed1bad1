"""The words of the report's frame, one file a language: titles, labels, standard sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from analysis import areas
from analysis.findings.measures import LANGUAGES
from bounded.refusal import Refusal


@dataclass(frozen=True)
class Frame:
    """The words of one language, by their names in ``templates/frame_<language>.yml``."""

    language: str
    said: Mapping[str, Any]

    def __call__(self, *names: str, **fields: object) -> str:
        """A phrase with its fields filled in; names lead into groups: ``frame("states", "not met")``."""
        found: Any = self.said
        for name in names:
            found = found[name]
        return str(found).format(**fields) if fields else str(found)

    def group(self, name: str) -> Mapping[str, str]:
        """The phrases of a group by name, in the order of the file."""
        return self.said[name]


@cache
def frame(language: str) -> Frame:
    """The words of a language. Raises ValueError if the report has none in it."""
    if language not in LANGUAGES:
        raise Refusal("unknown_choice", f"The report is written in {', '.join(LANGUAGES)}, and not in '{language}'.")
    file = resources.files("analysis.report") / "templates" / f"frame_{language}.yml"
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    named = {*said["of_study"]} - {""}
    # Of a study that the file does not name, what its own table calls it.
    for study in areas.reported():
        for group in ("chapters", "of_study"):
            said[group].setdefault(study, areas.STUDIES[study].called(language))
    # The title names three studies in a sentence; others are listed.
    if named != {*areas.reported()}:
        said["title"] = said["title_of"].format(studies=", ".join(said["of_study"][each] for each in areas.reported()))
    return Frame(language, said)
