"""The released pages and the documentation, shown by the same server as JupyterLab and cut off from it."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from analysis.catalog import ROOT, shown

DOCUMENTATION = ROOT / "docs" / "site" / "index.html"
# Folders that are shown: what may leave the building, and what says how all this is used.
FOLDERS = ("reports", "docs/site")
PREFIX = "pages/"
# A page may draw, run its own programs and offer its downloads. It may ask nothing of JupyterLab, send it no form, open
# no other window and hold no frame, so that no page can do there what the person who looks at it could.
POLICY = "; ".join(
    (
        "default-src 'self' 'unsafe-inline' data:",
        "connect-src 'none'",
        "frame-src 'none'",
        "child-src 'none'",
        "worker-src 'none'",
        "object-src 'none'",
        f"form-action localhost:*/{PREFIX} 127.0.0.1:*/{PREFIX}",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "sandbox allow-scripts allow-same-origin allow-downloads allow-forms",
    )
)


class Page(JupyterHandler, web.StaticFileHandler):
    """A file of a folder that is shown, for whoever has given the token."""

    @property
    def content_security_policy(self) -> str:
        """What the page may do."""
        return POLICY

    @web.authenticated
    def head(self, path: str) -> Awaitable[None]:  # type: ignore[override]
        """Headers of a file."""
        return web.StaticFileHandler.head(self, path)

    @web.authenticated
    def get(self, path: str, include_body: bool = True) -> Awaitable[None]:  # type: ignore[override]
        """A file."""
        return web.StaticFileHandler.get(self, path, include_body)

    def set_extra_headers(self, path: str) -> None:
        """A page that was made again is shown as it is now."""
        self.set_header("Cache-Control", "no-cache")


def handlers(base_url: str) -> list[tuple[str, type[Page], dict[str, str]]]:
    """What Tornado is told: one handler a folder."""
    return [
        (rf"{base_url}{PREFIX}{folder}/(.*)", Page, {"path": str(ROOT / folder), "default_filename": "index.html"})
        for folder in FOLDERS
    ]


def address(page: Path) -> str:
    """Where a page of these folders stands below the server's address."""
    return PREFIX + shown(page)
