"""That a section says SYNTHETIC in title, name, table and figure if it rests on synthetic data, and else nowhere."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.exhibits.exhibit import Exhibit


def words(figure: Figure) -> str:
    """What can be read in a figure."""
    texts = [text.get_text() for text in figure.findobj(Text) if text.get_visible()]
    return " ".join(" ".join(texts).split())


def require_marked(section: Exhibit, is_synthetic: bool) -> None:
    page = section.show().data
    assert ("SYNTHETIC · " in page) == ("SYNTHETIC" in page) == is_synthetic
    if section.figure is None:
        return
    metadata = section.image()._repr_mimebundle_()[1]["image/png"]
    assert metadata["name"] == section.name + ("_SYNTHETIC" if is_synthetic else "")
    assert metadata.get("kind") == ("synthetic" if is_synthetic else None)
    assert ("SYNTHETIC" in words(section.figure)) == is_synthetic
    assert (", synthetic" in words(section.figure)) == is_synthetic
