"""Words of the printed report by language, and who it is by."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml

# As CITATION.cff says.
AUTHORS = ("The assessment repository's maintainers",)
SYNTHETIC = "SYNTHETIC"


@cache
def words(language: str) -> dict[str, str]:
    """Words by name: ``contents``, ``figure``, ``table``, ``synthetic`` (what the mark SYNTHETIC means)."""
    said = yaml.safe_load((resources.files("analysis.report") / "templates" / "book_words.yml").read_text("utf-8"))
    return {name: by_language[language] for name, by_language in said.items()}
