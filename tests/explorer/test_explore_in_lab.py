"""The explorer in JupyterLab itself, as a person's browser sees it: what is chosen changes map, years and routes."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from browsers import seen_at
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

pytestmark = pytest.mark.soak

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-of-this-test"
# What the page shows of the views: areas with their counts, bars of years by height, routes with their counts.
SHOWN = """
  const all = (what, read) => [...document.querySelectorAll(what)].map(read);
  return {
    map: all(".xp-area", (e) => e.getAttribute("aria-label") + e.getAttribute("style")),
    years: all("rect.xp-bar:not(.xp-possible)", (e) => e.getAttribute("height")),
    flows: all(".xp-flows li", (e) => e.getAttribute("aria-label")),
    line: document.querySelector(".xp-line").textContent,
    drawn: Number(document.querySelector(".xp").dataset.drawn),
  };"""

IS_READY = """
  const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
  return kernel?.connectionStatus === "connected" && kernel.status === "idle";"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab in a folder of its own, with the notebook; its address."""
    folder = tmp_path_factory.mktemp("lab")
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    text = (ROOT / "notebooks/explore.ipynb").read_text(encoding="utf-8")
    notebooks.joinpath("explore.ipynb").write_text(
        re.sub(r'area = \\"[\w-]+\\"', r'area = \\"SEN\\"', text), encoding="utf-8"
    )
    # The worst case for what is kept: JupyterLab has been told to save the state of widgets.
    keeps = folder / "settings/@jupyter-widgets/jupyterlab-manager"
    keeps.mkdir(parents=True)
    keeps.joinpath("plugin.jupyterlab-settings").write_text('{"saveState": true}', encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: str(folder / name) for name in ("config", "data", "runtime", "settings", "workspaces")}
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": own["config"],
        "JUPYTER_DATA_DIR": own["data"],
        "JUPYTER_RUNTIME_DIR": own["runtime"],
        "JUPYTERLAB_SETTINGS_DIR": own["settings"],
        "JUPYTERLAB_WORKSPACES_DIR": own["workspaces"],
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={notebooks}"]
    # The page's own commands, for what this test does not test: opening, running, saving.
    command += ["--LabApp.expose_app_in_browser=True"]
    log = folder / "log.txt"
    with log.open("w") as said:
        server = subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT, cwd=folder)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, server, log)
        yield address, notebooks
    finally:
        # It ends its kernel first, which can take long where much else runs.
        server.terminate()
        server.wait(120)


def _wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api?token={TOKEN}").close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


def wait(browser, what, seconds: float = 30):
    return WebDriverWait(browser, seconds, poll_frequency=0.05).until(what)


def shown(browser) -> dict:
    return browser.execute_script(SHOWN)


def after(browser, act) -> dict:
    """What is shown once the page has drawn the answer to the last that `act` made it ask."""
    before = shown(browser)["drawn"]
    act()
    wait(browser, lambda _: shown(browser)["drawn"] > before)
    wait(browser, lambda _: not browser.find_elements(By.CSS_SELECTOR, ".xp-busy"))
    return shown(browser)


@pytest.fixture(scope="module")
def explorer(browser, lab):
    """The notebook of Senegal, opened and run."""
    address, _ = lab
    seen_at(browser, 1400, 900)
    browser.get(f"{address}/lab/tree/explore.ipynb?token={TOKEN}")
    # A kernel that is asked before it is connected may be replaced, and what it was asked is lost.
    wait(browser, lambda _: browser.execute_script(IS_READY), 60)
    browser.execute_script("jupyterapp.commands.execute('notebook:run-all-cells')")
    wait(browser, lambda _: browser.find_elements(By.CSS_SELECTOR, ".xp[data-drawn]"), 60)
    browser.execute_script("document.querySelector('.xp').scrollIntoView()")
    return browser


def test_the_area_that_is_picked_and_the_period_that_is_slid_to_change_map_years_and_routes(explorer):
    first = shown(explorer)
    assert "in Senegal, 20" in first["line"]
    assert len(first["map"]) == 16 and len(first["flows"]) > 3 and len(set(first["years"])) > 3
    search = explorer.find_element(By.CSS_SELECTOR, ".xp-search")
    of_two = after(explorer, lambda: search.send_keys("nigeria", Keys.ENTER))
    search.send_keys(Keys.ESCAPE)
    assert "in Nigeria and Senegal" in of_two["line"] or "in Senegal and Nigeria" in of_two["line"]
    # The map keeps all areas; years and routes are those of both.
    assert of_two["map"] == first["map"]
    assert of_two["years"] != first["years"] and of_two["flows"] != first["flows"]
    slider = explorer.find_element(By.CSS_SELECTOR, ".xp-period input")
    # By arrows, which JupyterLab would take for a command of the notebook.
    later = after(explorer, lambda: slider.send_keys(Keys.ARROW_RIGHT * 8))
    assert later["line"] != of_two["line"] and later["map"] != of_two["map"] and later["flows"] != of_two["flows"]
    clicked = after(explorer, lambda: explorer.find_element(By.CSS_SELECTOR, '[data-area="MLI"]').click())
    assert "in Mali, 20" in clicked["line"] and clicked["map"] == later["map"]


def test_it_follows_the_theme_and_fits_a_narrow_window(explorer, lab):
    """Pictures of it stay in the folder of the test."""
    ground = "return getComputedStyle(document.querySelector('.xp')).backgroundColor"
    colours = "return [...document.querySelectorAll('.xp-area')].map((e) => getComputedStyle(e).fill)"
    wide = "const e = document.querySelector('.xp'); return [e.scrollWidth - e.clientWidth, e.clientWidth]"
    pictures = lab[1].parent
    explorer.save_screenshot(str(pictures / "light.png"))
    light = explorer.execute_script(ground), explorer.execute_script(colours)
    change = "jupyterapp.commands.execute('apputils:change-theme', { theme: arguments[0] })"
    explorer.execute_script(change, "JupyterLab Dark")
    wait(explorer, lambda _: explorer.execute_script(ground) != light[0])
    # The ramp is turned round.
    wait(explorer, lambda _: explorer.execute_script(colours) != light[1])
    explorer.save_screenshot(str(pictures / "dark.png"))
    for across in (700, 1400):
        seen_at(explorer, across, 900)
        wait(explorer, lambda _, across=across: (explorer.execute_script(wide)[1] < 640) == (across == 700))
        assert explorer.execute_script(wide)[0] <= 0
        explorer.save_screenshot(str(pictures / f"dark_{across}.png"))
    explorer.execute_script(change, "JupyterLab Light")


def test_letters_that_are_commands_of_a_notebook_do_nothing_to_it_within_the_explorer(explorer):
    cells = "return document.querySelectorAll('.jp-Notebook .jp-Cell').length"
    before = explorer.execute_script(cells)
    chip = explorer.find_element(By.CSS_SELECTOR, ".xp-chip")
    explorer.execute_script("arguments[0].focus()", chip)
    # a and b add a cell, x cuts one.
    ActionChains(explorer).send_keys("abx").perform()
    assert explorer.execute_script(cells) == before


def test_a_saved_notebook_holds_nothing_that_was_counted_even_where_widgets_are_saved(explorer, lab):
    path = lab[1] / "explore.ipynb"
    line, told = shown(explorer)["line"], shown(explorer)["flows"]
    explorer.execute_script("jupyterapp.commands.execute('docmanager:save')")
    wait(explorer, lambda _: "widget-state+json" in path.read_text(encoding="utf-8"))
    notebook = json.loads(path.read_text(encoding="utf-8"))
    models = notebook["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
    (own,) = [model["state"] for model in models if model["model_module"] == "anywidget"]
    assert set(own) <= {"_esm", "_css", "_anywidget_id", "layout", "tabbable", "tooltip"} | {
        name for name in own if name.startswith(("_model_", "_view_")) or name == "_dom_classes"
    }
    text = json.dumps(notebook, ensure_ascii=False)
    assert line not in text and not any(flow in text for flow in told)
    (output,) = next(cell for cell in notebook["cells"] if cell["id"] == "explore-04")["outputs"]
    assert output["data"]["text/plain"] == ["Explorer of Senegal: run this cell to see it. Counts are not saved."]


def test_the_browser_asks_nothing_of_any_other_machine(explorer, lab):
    messages = [json.loads(entry["message"])["message"] for entry in explorer.get_log("performance")]
    asked = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    asked += [each["params"]["url"] for each in messages if each["method"] == "Network.webSocketCreated"]
    assert any("/static/lab/" in url for url in asked) and any(url.startswith("ws://") for url in asked)
    here = lab[0].removeprefix("http:")
    assert {url for url in asked if not url.startswith(("data:", "blob:", f"http:{here}", f"ws:{here}"))} == set()
