"""What the site says of itself in a language: navigation, search, downloads."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml

from analysis.findings.measures import LANGUAGES
from bounded.refusal import Refusal


@cache
def words(language: str) -> dict[str, str]:
    """Phrases by name.

    Raises
    ------
    ValueError : the language is none of `LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise Refusal("unknown_choice", f"The site has no words in '{language}', only in {', '.join(LANGUAGES)}.")
    file = resources.files("analysis.report") / "templates" / "site_words.yml"
    return {name: said[language] for name, said in yaml.safe_load(file.read_text(encoding="utf-8")).items()}
