"""Pages that are files of the repository, and links to such files: each text has one home, and is read in two places.

A page that only says which file it stands for shows that file. A link to the file leads to the page.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# Packages that can be installed by themselves, each with a README of its own.
PACKAGES = ("bounded", "capture_recapture", "trends", "journeys", "survey_stats", "disclosure", "study_design")
# Page -> the file of the repository that it shows.
SHOWN = {
    "reference/architecture": "ARCHITECTURE.md",
    "reference/changes": "CHANGELOG.md",
    "reference/evidence": "data/raw/evidence/README.md",
    "reference/referral_framework": "data/raw/referral/README.md",
    "how_to/write_for_the_report": "pledge/README.md",
    **{f"reference/packages/{package}": f"packages/{package}/README.md" for package in PACKAGES},
}
LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)\s#]+)")


def as_page(docname: str, text: str) -> str:
    """The text of a page of the site: that of the file it shows, with links that lead to pages where there are some.

    Parameters
    ----------
    docname : path of the page below ``docs``, without its ending.
    text : what stands in its own file.
    """
    folder = (DOCS / docname).parent
    if docname in SHOWN:
        file = ROOT / SHOWN[docname]
        return LINK.sub(lambda link: _from(folder, file.parent, link[1]), file.read_text(encoding="utf-8"))
    return LINK.sub(lambda link: _from(folder, folder, link[1]), text)


def _from(page: Path, written_in: Path, target: str) -> str:
    """A link that was written in one folder, for a page in another; one to a shown file leads to its page."""
    goal = Path(os.path.normpath(written_in / target))
    pages = {ROOT / file: DOCS / f"{name}.md" for name, file in SHOWN.items()}
    pages[ROOT / "README.md"] = DOCS / "index.md"
    return Path(os.path.relpath(pages.get(goal, goal), page)).as_posix()


def setup(app):
    """Read pages so."""

    def read(app, docname, source):
        if app.env.doc2path(docname, base=False).as_posix().endswith(".md"):
            source[0] = as_page(docname, source[0])
            if docname in SHOWN:
                app.env.note_dependency(str(ROOT / SHOWN[docname]), docname=docname)

    app.connect("source-read", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
