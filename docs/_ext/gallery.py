"""The directive `gallery`: every form of plot with an example on public data, which is run as the page is built."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "docs/gallery").glob("*.py"))


def drawn(example: Path) -> tuple[str, bytes, str]:
    """The sentence on an example's form, its figure as PNG, and the alternative text of the figure."""
    from analysis import plots

    made = runpy.run_path(str(example))
    sentence = made["__doc__"].strip()
    shown = plots.show(made["figure"], example.stem, alt=sentence)
    return sentence, shown.data, shown.alt


def described(example: Path, sentence: str, image: str, alt: str) -> str:
    """Markdown on a form: its name, the sentence, the figure and the code."""
    code = example.read_text(encoding="utf-8").split("\n", 1)[1].strip()
    return "\n\n".join(
        [
            f"## {example.stem.replace('_', ' ').capitalize()}",
            sentence,
            f"```{{image}} {image}\n:alt: {alt}\n```",
            f"```python\n{code}\n```",
        ]
    )


class Gallery(SphinxDirective):
    """The examples, in the order of their names."""

    def run(self) -> list[nodes.Node]:
        for path in [*EXAMPLES, *sorted((ROOT / "src/analysis/plots").glob("*.*"))]:
            self.env.note_dependency(str(path))
        folder = Path(self.env.doctreedir) / "gallery"
        folder.mkdir(exist_ok=True)
        here = Path(self.env.doc2path(self.env.docname)).parent
        found: list[nodes.Node] = []
        for example in EXAMPLES:
            sentence, png, alt = drawn(example)
            file = folder / f"{example.stem}.png"
            file.write_bytes(png)
            text = described(example, sentence, os.path.relpath(file, here), alt)
            found += self.parse_text_to_nodes(text, allow_section_headings=True)
        return found


def setup(app):
    """Make the directive known."""
    app.add_directive("gallery", Gallery)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
