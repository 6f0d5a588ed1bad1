"""The explorer without JupyterLab: what can be explored is given, and a browser draws what Python answers."""

from __future__ import annotations

import json

import pytest
from browsers import seen_at
from explorer_page import SAL, Page, records_of

from analysis.explorer import Exploration, module
from analysis.explorer.records import Records


@pytest.fixture
def offer(monkeypatch):
    """Has data sets be all that can be explored."""

    def offered(*made: Records) -> None:
        there = {each.title: lambda each=each: each for each in made}
        monkeypatch.setattr("analysis.explorer.datasets.available", lambda place: there)

    return offered


@pytest.fixture(scope="module")
def document(tmp_path_factory) -> str:
    """A page that is given the script as JupyterLab gives it, with a kernel that answers when it is told to."""
    script, look = module()
    script = script.replace("export default { render };", "globalThis.explorer = { render };")
    kernel = """
      globalThis.sent = [];
      const model = { on: (_, receive) => { globalThis.receive = receive; }, off() {}, send: (m) => { sent.push(m); } };
      explorer.render({ model, el: document.querySelector("main") });"""
    page = tmp_path_factory.mktemp("explorer") / "page.html"
    dark = (
        "background: #111; color: #e0e0e0; --jp-ui-font-color1: #e0e0e0; --jp-layout-color1: #111; "
        "--jp-layout-color2: #212121; --jp-border-color1: #616161; --jp-border-color2: #424242"
    )
    page.write_text(
        f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Explorer</title>
        <link rel="icon" href="data:,"><style>body {{ margin: 8px }} [data-jp-theme-light="false"] {{ {dark} }}
        {look}</style></head><body><main><h1>A notebook</h1><h2>Explorer</h2></main>
        <script>(() => {{ {script}\n{kernel} }})();</script></body></html>""",
        encoding="utf-8",
    )
    return page.as_uri()


@pytest.fixture
def opened(browser, document, offer):
    """Opens the explorer at a width, and holds it to having asked for nothing else and having no error."""

    def open_page(
        *made: Records, place=SAL, width: int = 960, dark: bool = False, exploration: Exploration | None = None
    ) -> Page:
        if exploration is None:
            offer(*(made or [records_of()]))
        seen_at(browser, width, 1000)
        for log in ("browser", "performance"):
            browser.get_log(log)
        browser.get(document)
        if dark:
            browser.execute_script("document.body.dataset.jpThemeLight = 'false'")
        return Page(browser, exploration or Exploration(place)).settle()

    yield open_page
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    assert urls and {url.split(":")[0] for url in urls} <= {"file", "data", "blob"}, urls
    assert browser.get_log("browser") == []
