"""A page of HTML as a notebook shows it: in a frame of its own, which can reach neither the notebook nor a network."""

from __future__ import annotations

import html

from IPython.display import HTML

from analysis.figures.style import released_as

_SYNTHETIC = '<meta name="data-kind" content="SYNTHETIC">'


def show_page(page: str, name: str, alt: str, gate: str = "in_house", *, height: int = 1010) -> HTML:
    """A page for a notebook, with the name it will be released under and a text that says what it is.

    Parameters
    ----------
    page : a whole HTML document that asks nothing of any other place, from `interactive_flow_map`.
    name : small letters, digits and underscores; a synthetic page's name gets the suffix ``_SYNTHETIC``.
    alt : one or two sentences: what is drawn, and what it shows. It is the frame's title.
    gate : by what it may leave the building; without one it stays in the house.
    height : of the frame, pixels; what is longer is scrolled within it.

    Returns
    -------
    HTML whose output metadata holds ``name``, ``alt`` and ``gate``, and ``kind`` = "synthetic" where it is.

    Raises
    ------
    ValueError : the name has other characters, or `alt` is empty.
    """
    metadata = {"alt": alt, "gate": gate} | released_as(name, alt, "page", _SYNTHETIC in page)
    # Within single quotes only these two have to be written otherwise, and the page stays small and can be read.
    document = page.replace("&", "&amp;").replace("'", "&#39;")
    return HTML(
        f'<figure style="margin:1rem 0"><iframe title="{html.escape(alt)}" sandbox="allow-scripts" loading="lazy" '
        f'style="box-sizing:border-box;width:100%;height:{int(height)}px;border:1px solid #bcbcbc" '
        f"srcdoc='{document}'></iframe></figure>",
        metadata=metadata,
    )
