"""What tests of pages in a browser share: the size a page is seen at, and axe-core."""

from pathlib import Path

AXE = Path(__file__).parent / "axe" / "axe.min.js"
# WCAG 2.2 at level AA, and what is known to be good besides.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def seen_at(browser, width: int, height: int = 800, colours: str = "") -> None:
    """What the next page is seen at: so many pixels, and in ``light`` or ``dark`` colours where it is said."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    if colours:
        features = [{"name": "prefers-color-scheme", "value": colours}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def open_file(browser, folder, path: str, width: int = 1200, colours: str = "light"):
    """Open a page of a folder, with its anchor, at a width and in light or dark colours; the browser."""
    seen_at(browser, width, colours=colours)
    browser.get("about:blank")
    file, hash_, anchor = path.partition("#")
    browser.get((folder / file).as_uri() + hash_ + anchor)
    return browser


def checked(browser) -> dict:
    """What axe-core finds on the page that is open."""
    browser.execute_script(AXE.read_text(encoding="utf-8"))
    return browser.execute_async_script(
        "const [tags, done] = arguments; axe.run(document, {runOnly: {type: 'tag', values: tags}}).then(done)", RULES
    )


def violations(found: dict) -> list[str]:
    return [
        f"{rule['impact']}: {rule['id']}: {node['html'][:150]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
