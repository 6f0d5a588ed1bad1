"""What an output of a notebook becomes on a page: tags, pictures and frames that exhibits use, and nothing else.

Names of places, titles of lists and values of traits come from files that others wrote. Exhibits escape them; what is
done here holds where one of them does not.
"""

from __future__ import annotations

import html
import re
import struct
from functools import cache

import mistune
import nh3

from analysis.gate.documents import DRAWN
from bounded.refusal import Refusal

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Of a picture's chunks: what is needed to draw it, and how many pixels an inch has.
_DRAWN = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"pHYs")
# The notes that a figure carries: that it is synthetic, and its texts, which the search before a release reads.
_NOTES = {b"tEXt": b"Comment\x00SYNTHETIC", b"iTXt": DRAWN.encode() + b"\x00"}

_HEADINGS = {f"h{level}" for level in range(1, 7)}
_TAGS = _HEADINGS | {
    *("div", "p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary"),
}
_ATTRIBUTES = {"details": {"open"}, "ol": {"start"}}
_VALUES = {"th": {"scope": {"col", "row"}}}
# Those of style.css that exhibits use.
_CLASSES = {"div": {"exhibit"}, "p": {"synthetic"}, "td": {"number"}, "th": {"number"}}
# Of these the text goes, too: it was never meant to be read.
_WHOLE = {
    *("script", "style", "template", "noscript", "noembed", "noframes", "iframe", "object", "embed", "applet"),
    *("math", "svg", "title", "textarea", "select", "xmp", "plaintext", "head"),
}

# Where prose may lead: to an anchor, and to a page of an analysis, as it lies beside the site of the report.
_OWN = re.compile(r"#[A-Za-z][A-Za-z0-9_-]*|\.\./\.\./[a-z_]+/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+\.html")
_LANGUAGE = re.compile(r"[a-z]{2}")

# A framed page begins so: it asks nothing of the outside, and runs one script, whose digest it names.
_CLOSED = re.compile(
    r'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    r'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    r"style-src '(?P<style>sha256-[A-Za-z0-9+/]{43}=)'; script-src '(?P<script>sha256-[A-Za-z0-9+/]{43}=)'; "
    r"base-uri 'none'; form-action 'none'\">\n"
)


def clean(fragment: str) -> str:
    """A fragment of HTML with the tags, attributes and classes that exhibits use; the text of other tags remains.

    The fragment is parsed as a browser parses it and written anew (ammonia), so that nothing is left whose meaning
    depends on who reads it (Heiderich et al., 2013, mXSS attacks).
    """
    return nh3.clean(
        fragment,
        tags=_TAGS,
        clean_content_tags=_WHOLE,
        attributes=_ATTRIBUTES,
        tag_attribute_values=_VALUES,
        allowed_classes=_CLASSES,
        link_rel=None,
    )


def prose(fragment: str) -> str:
    """A fragment of the report's prose: as `clean`, with links to the report's own anchors and to pages of analyses.

    A link to anywhere else is text. A part in another language keeps its ``lang``, what is SYNTHETIC its class.
    """
    return nh3.clean(
        fragment,
        tags=_TAGS | {"a", "span"},
        clean_content_tags=_WHOLE,
        attributes=_ATTRIBUTES | {"a": {"href"}, "*": {"lang"}},
        tag_attribute_values=_VALUES,
        allowed_classes=_CLASSES | {"span": {"synthetic"}},
        attribute_filter=_of_prose,
        url_schemes=set(),
        link_rel=None,
    )


def is_own(address: str) -> bool:
    """Whether an address leads to an anchor of the report, or to the page of an analysis beside its site."""
    return bool(_OWN.fullmatch(address))


def _of_prose(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "href":
        return value if is_own(value) else None
    if attribute == "lang":
        return value if _LANGUAGE.fullmatch(value) else None
    return value


def from_markdown(text: str) -> str:
    """Markdown as HTML: tags in it are text, and so are links and pictures, since no exhibit has any."""
    return clean(str(_markdown()(text)))


def picture(content: bytes) -> bytes:
    """A PNG without what is not drawn: notes, times, profiles, and whatever follows its end. Its drawn texts stay.

    Raises ValueError if it is no whole PNG.
    """
    kept, place = [_SIGNATURE], len(_SIGNATURE)
    while content.startswith(_SIGNATURE) and place + 12 <= len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        kind, end = content[place + 4 : place + 8], place + 12 + length
        if kind in _DRAWN or _is_known(kind, content[place + 8 : end - 4]):
            kept.append(content[place:end])
        if kind == b"IEND" and end <= len(content):
            return b"".join(kept)
        place = end
    raise Refusal("not_whole_png", "A figure is no whole PNG: show it by figures.show.")


def _is_known(kind: bytes, note: bytes) -> bool:
    known = _NOTES.get(kind)
    return known is not None and (note.startswith(known) if kind == b"iTXt" else note == known)


def policy_of(page: str, name: str) -> tuple[str, str]:
    """Digests of the style and the script that a framed page allows itself.

    Raises ValueError if it does not begin with a policy that forbids all else.
    """
    closed = _CLOSED.match(page)
    if closed is None:
        raise Refusal(
            "missing_security_policy",
            f"The page '{name}' does not begin with the policy that closes it to the outside: make it by "
            "figures.interactive_flow_map.",
        )
    return closed["style"], closed["script"]


def frame(page: str, alt: str, height: int) -> str:
    """A page in a frame that can reach neither the page around it nor a network; `alt` is its title."""
    # Within single quotes only these two have to be written otherwise, and the page stays small and can be read.
    document = page.replace("&", "&amp;").replace("'", "&#39;")
    return (
        f'<figure class="framed"><iframe title="{html.escape(alt)}" sandbox="allow-scripts" loading="lazy" '
        f"height=\"{height:d}\" srcdoc='{document}'></iframe></figure>"
    )


@cache
def _markdown() -> mistune.Markdown:
    return mistune.create_markdown(escape=True, plugins=["strikethrough", "table"])
