"""The explorer in JupyterLab: the time from the hand that chooses to the frame that shows what is chosen.

    python benchmarks/explore_in_browser.py                 10,000, 100,000 and 1,000,000 records
    python benchmarks/explore_in_browser.py --most 100000   up to fewer
    python benchmarks/explore_in_browser.py --choices 3     fewer choices (default: 40)
    python benchmarks/explore_in_browser.py --into FOLDER   where the table goes (default: benchmarks/)

JupyterLab and Chromium (with its driver) run without a window, on this machine. The records are those of
`benchmarks/explore.py`: synthetic ones of the
demonstration provinces, repeated. A size has a notebook and a kernel of its own; there 40
choices are made one after the other, each when the last is drawn: a value, an area of the map, the first or the last
year. The page itself measures from the event to the frame after its last change, with `performance.now`: the way to the
kernel and back, the counting, and the drawing. Table: explore_in_browser_SYNTHETIC.csv.
"""

import argparse
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pandas as pd
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

from analysis.cases.processed import load

HERE = Path(__file__).resolve().parent
SIZES = (10_000, 100_000, 1_000_000)
CHOICES = 40
TOKEN = "of-this-measurement"
CELL = """\
import sys
sys.path.insert(0, {here!r})
from explore import repeated
from analysis.explorer import datasets, explore
from analysis.explorer.datasets import persons

table, stops, kind = repeated("demo_provinces", {size})
records = persons(table, stops, "demo_provinces", kind)
del table, stops
datasets.available = lambda place: {{records.title: lambda: records}}
explore("demo_provinces", live=True)"""
IS_READY = """
  const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
  return kernel?.connectionStatus === "connected" && kernel.status === "idle";"""
# One choice; how many answers have been drawn before it.
CHOOSE = """
  const [kind, pick] = arguments, root = document.querySelector(".xp"), before = root.dataset.drawn;
  const of = (what) => { const list = root.querySelectorAll(what); return list[Math.floor(pick * list.length)]; };
  if (kind === "value") of(".xp-choices .xp-chip:not([hidden])").click();
  else if (kind === "area") of(".xp-area").dispatchEvent(new MouseEvent("click", { bubbles: true }));
  else {
    const slider = root.querySelectorAll(".xp-period input")[kind === "first" ? 0 : 1], old = slider.value;
    slider.value = Number(slider.min) + Math.floor(pick * (slider.max - slider.min + 1));
    if (slider.value === old) slider.value = old === slider.min ? slider.max : slider.min;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }
  return before;"""


def lab(folder: Path, port: int) -> subprocess.Popen:
    """JupyterLab in a folder, with settings of its own."""
    own = {f"JUPYTER_{name.upper()}_DIR": str(folder / name) for name in ("config", "data", "runtime")}
    own |= {f"JUPYTERLAB_{name.upper()}_DIR": str(folder / name) for name in ("settings", "workspaces")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.expose_app_in_browser=True"]
    log = (folder / "log.txt").open("w")
    return subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=subprocess.STDOUT)


def browser() -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900"):
        options.add_argument(flag)
    return webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))


def measured(driver: webdriver.Chrome, address: str, folder: Path, size: int, choices: int) -> dict[str, float]:
    """Milliseconds of the counting, and of all, over the choices."""
    cell = nbformat.v4.new_code_cell(CELL.format(here=str(HERE), size=size))
    kernel = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), folder / f"of_{size}.ipynb")
    driver.get(f"{address}/lab/tree/of_{size}.ipynb?token={TOKEN}&reset")
    wait = WebDriverWait(driver, 600, poll_frequency=0.02)
    wait.until(lambda _: driver.execute_script(IS_READY))
    driver.execute_script("jupyterapp.commands.execute('notebook:run-all-cells')")
    wait.until(lambda _: driver.execute_script("return document.querySelector('.xp')?.dataset.drawn"))
    driver.execute_script("document.querySelector('.xp').scrollIntoView()")
    dice = random.Random(1)
    for _ in range(choices):
        kind = dice.choice(("value", "area", "first", "last"))
        before = driver.execute_script(CHOOSE, kind, dice.random())
        drawn = "const x = document.querySelector('.xp'); return x.dataset.drawn !== arguments[0]"
        wait.until(lambda _, before=before, drawn=drawn: driver.execute_script(drawn, before))
        # A hand rests for a moment, too; what follows at once is answered in the order of the kernel.
        time.sleep(0.1)
    found = pd.DataFrame(driver.execute_script("return document.querySelector('.xp').measures")).query("number > 0")
    rows = driver.execute_script("return document.querySelector('.xp-line').textContent")
    print(f"{size:,} records, {len(found)} choices; the last: {rows}", flush=True)
    driver.execute_script("jupyterapp.commands.execute('kernelmenu:shutdown')")
    return {
        "records": size,
        "counting median ms": found["counted"].median(),
        "counting worst ms": found["counted"].max(),
        "seen median ms": found["seen"].median(),
        "seen worst ms": found["seen"].max(),
        "within 500 ms": (found["seen"] <= 500).mean(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="most records (default: %(default)s)")
    parser.add_argument("--choices", type=int, default=CHOICES, help="with each size (default: %(default)s)")
    parser.add_argument("--into", type=Path, default=HERE, help="folder of the table")
    given = parser.parse_args()
    # Where they were never read, it is said here, and not waited for in a notebook.
    load("demo_provinces")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server, driver = lab(folder, port), browser()
        try:
            address = f"http://127.0.0.1:{port}"
            while server.poll() is None:
                try:
                    urllib.request.urlopen(f"{address}/api?token={TOKEN}").close()
                    break
                except urllib.error.URLError:
                    time.sleep(0.2)
            sizes = [size for size in SIZES if size <= given.most] or [given.most]
            table = pd.DataFrame([measured(driver, address, folder, size, given.choices) for size in sizes]).round(2)
        finally:
            driver.quit()
            server.terminate()
            server.wait(30)
    table.to_csv(given.into / "explore_in_browser_SYNTHETIC.csv", index=False, lineterminator="\n")
    print(table.set_index("records").T.to_string(float_format="{:,.2f}".format))


if __name__ == "__main__":
    main()
