"""Whoever reads the documentation can rely on it: it is built, leads where it says, and what it shows works.

The site is built once, as `make docs` builds it, with warnings as errors; external links are listed and not fetched.
"""

from __future__ import annotations

import fnmatch
import importlib
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import numpy as np
import pandas as pd
import pytest
import yaml
from browsers import checked, seen_at, violations
from kernels import Kernel
from matplotlib.testing.compare import compare_images
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from typed_commands import all_commands, understand

from analysis import areas, cli, plots
from analysis.cases import intake
from analysis.project_files import sources

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
sys.path[:0] = [str(DOCS / "_ext"), str(DOCS)]
house_docstrings, repository_pages, table_columns, accessible_pages, explained = (
    importlib.import_module(name)
    for name in (
        *("house_docstrings", "repository_pages", "table_columns", "accessible_pages"),
        "explanation.figures",
    )
)

# Pages as they are written; what a build leaves beside them is none.
SOURCES = [path for path in sorted(DOCS.rglob("*.md")) if DOCS / "site" not in path.parents]
READ_BY_ALL = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *SOURCES]
# Five kinds of page: the start, one with figure, tables and code, one of functions, one of words, and results.
OPENED = [
    *("index.html", "explanation/why_suppression.html", "reference/api/disclosure.html"),
    *("reference/glossary.html", "search.html?q=suppression"),
]

# The site is built for them.
pytestmark = pytest.mark.slow


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# The built site


def build(into: Path, seed: str) -> Path:
    """The site, built in a folder by a process whose sets have an order of their own."""
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-E", "-b", "html", "-d", str(into / "trees")]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(map(str, sources()))}
    command += [str(DOCS), str(into / "site")]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return into / "site"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("docs"), "1")


@dataclass
class Page(HTMLParser):
    """What a page of the site has that other pages can rely on."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.ids |= {has["id"]} if "id" in has else set()
        if tag == "a" and "href" in has:
            self.links.append(has["href"])
        if tag == "link" and has.get("rel") in ("stylesheet", "preload", "icon", "manifest", "preconnect"):
            self.loaded.append(has["href"])
        if tag in ("script", "img", "iframe", "source", "object", "embed"):
            self.loaded += [has[name] for name in ("src", "srcset", "data") if name in has]


@pytest.fixture(scope="module")
def pages(site) -> dict[str, Page]:
    found = {}
    for path in sorted(site.rglob("*.html")):
        found[path.relative_to(site).as_posix()] = page = Page()
        page.feed(path.read_text(encoding="utf-8"))
    return found


def test_the_site_is_built_without_a_warning_and_shows_every_page(pages):
    shown = {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in SOURCES}
    assert shown <= set(pages)
    menu = {link.partition("#")[0] for link in pages["index.html"].links}
    above_others = {path for path in shown if path.count("/") < 2 and path != "index.html"}
    assert above_others <= menu


def test_every_link_within_the_site_leads_to_a_page_and_to_a_place_on_it(site, pages):
    broken = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            goal = (site / name).parent / unquote(parts.path) if parts.path else site / name
            inside = goal.resolve().relative_to(site.resolve()).as_posix()
            # The theme's own "top of the page" has no id.
            if not goal.is_file() or (inside in pages and parts.fragment and parts.fragment not in pages[inside].ids):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_external_links_are_addresses_and_are_listed(pages, record_property):
    outside = sorted({link for page in pages.values() for link in page.links if urlsplit(link).scheme})
    record_property("external links", len(outside))
    print(f"{len(outside)} external links, not fetched:", *outside, sep="\n  ")
    assert len(outside) >= 5
    assert [link for link in outside if not re.fullmatch(r"https?://[\w.-]+\.[a-z]+(/\S*)?", link)] == []


def test_no_page_loads_anything_from_elsewhere(site, pages):
    elsewhere = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
    assert [(name, path) for name, page in pages.items() for path in page.loaded if elsewhere.match(path)] == []
    styles = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.css")}
    asked = {name: re.findall(r"(?:url\(\s*['\"]?|@import\s+['\"])([^'\")]+)", text) for name, text in styles.items()}
    assert len(styles) >= 3
    assert [path for paths in asked.values() for path in paths if elsewhere.match(path)] == []


def test_no_page_holds_a_folder_of_this_machine_or_an_address_in_memory(site):
    for path in [*site.rglob("*.html"), site / "searchindex.js"]:
        text = path.read_text(encoding="utf-8")
        assert str(ROOT) not in text and not re.search(r" at 0x[0-9a-f]{6,}", text), path


@pytest.mark.soak
def test_two_builds_give_the_same_bytes(site, tmp_path):
    other = build(tmp_path, "2")
    first, second = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (site, other)
    )
    assert first.keys() == second.keys()
    assert [path for path in first if first[path] != second[path]] == []


# The site in a browser


@pytest.fixture
def opened(browser, site):
    """Opens a page as a file, at a width, in light or dark colours."""

    def open_page(path: str, width: int = 1200, colours: str = "light"):
        seen_at(browser, width, colours=colours)
        browser.get(f"{site.as_uri()}/{path}")
        return browser

    return open_page


@pytest.mark.soak
@pytest.mark.parametrize("path", OPENED)
def test_no_kind_of_page_violates_a_rule_of_accessibility(opened, path):
    for colours, width in (("light", 1200), ("light", 360), ("dark", 1200)):
        found = checked(opened(path, width, colours))
        assert violations(found) == [], (colours, width)
        looked = {rule["id"]: len(rule["nodes"]) for rule in found["passes"]}
        assert looked["color-contrast"] >= 4 and "page-has-heading-one" in looked


@pytest.mark.soak
def test_nothing_is_lost_at_the_side_of_a_narrow_screen(opened):
    for path in OPENED:
        assert opened(path, 360).execute_script("return document.documentElement.scrollWidth") <= 360, path


def test_the_search_finds_a_page_without_a_server_and_nothing_is_asked_of_a_network(browser, opened):
    browser.get_log("performance")
    opened("search.html?q=suppression")
    found = "#search-results a[href*='why_suppression.html']"
    assert WebDriverWait(browser, 20).until(lambda b: b.find_elements(By.CSS_SELECTOR, found))
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert asked and [url for url in asked if not url.startswith(("file:", "data:"))] == []


# What pages show works


def survey() -> dict[str, object]:
    """Respondents as a page speaks of them: synthetic, with answers that have nothing to do with one another."""
    drawn = np.random.default_rng(1)
    n = 480
    answers = {name: drawn.integers(0, 2, n).astype(float) for name in ("child_labour", "debt")}
    codes = {"nationality": ("SYR", "TUR"), "sex": ("female", "male"), "age_group": ("5-11", "12-17")}
    rows = {name: drawn.choice(values, n) for name, values in codes.items()}
    unit = np.arange(n) // 12
    return {"respondents": pd.DataFrame({**answers, **rows, "weight": 1.0, "stratum": unit // 5, "psu_id": unit})}


def protected() -> dict[str, object]:
    """Tables of counts with their sums, synthetic."""
    counted = pd.DataFrame({"area": list("aabb"), "sex": ["f", "m"] * 2, "count": [4, 20, 30, 25]})
    sums = {f"by_{name}": counted.groupby(name, as_index=False)["count"].sum() for name in ("area", "sex")}
    footer = plots.Footer("synthetic", "none", "79 synthetic persons", "Nobody is counted here.", synthetic=True)
    return {"by_both": counted, **sums, "total": pd.DataFrame({"count": [79]}), "footer": footer}


def of_the_readme() -> dict[str, object]:
    """What the README calls by name."""
    lists = {"police": [1, 0, 0, 1, 1, 0, 1], "shelter": [0, 1, 0, 1, 0, 1, 1], "hotline": [0, 0, 1, 0, 1, 1, 1]}
    stops = [(str(person), seq, place, role) for person in range(4) for seq, (place, role) in enumerate(WAY, 1)]
    return {
        **survey(),
        "histories": pd.DataFrame({**lists, "count": [54, 41, 90, 12, 9, 7, 3]}),
        "series": pd.DataFrame({"period": range(2010, 2020), "count": [12, 15, 21, 26, 35, 44, 41, 38, 30, 27]}),
        "stops": pd.DataFrame(stops, columns=["journey_id", "seq", "place_id", "role"]),
        "tables": {"all": pd.DataFrame({"count": [79]})},
    }


WAY = (("SYR", "origin"), ("TR-79", "transit"), ("TR-27", "exploitation"))
# What a page speaks of without making it.
GIVEN = {
    "README.md": of_the_readme,
    "docs/disclosure.md": protected,
    "docs/how_to/add_an_analysis.md": lambda: {"area": "SEN"},
    "docs/risk_factors.md": survey,
}
# Packages that a page asks its reader to install: what it shows of them is read by Python, and not run.
OF_OTHERS = ("dask_jobqueue", "dask_kubernetes")
WITH_CODE = [path for path in [ROOT / "README.md", *SOURCES] if "```python" in path.read_text(encoding="utf-8")]
READMES = sorted(ROOT.glob("packages/*/README.md"))
GALLERY = sorted((DOCS / "gallery").glob("*.py"))


def blocks(path: Path) -> list[tuple[str, bool]]:
    """The Python blocks of a page, or the one that an example is, and whether a reader sees them."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return [(text, True)]
    found = re.findall(r"^(```python|<!--- invisible-code-block: python)\n(.*?)^(?:```|--->)", text, re.M | re.S)
    return [(as_typed(code), fence == "```python") for fence, code in found]


def as_typed(code: str) -> str:
    """What a reader types of a block that shows a session with its prompts."""
    return "\n".join(line[4:] for line in code.splitlines() if line[:4] in (">>> ", "... ")) if ">>> " in code else code


def unseen(kernel: Kernel, code: str) -> list[str]:
    """Statements of a block that make a figure which no notebook shows."""
    ran = list(kernel.run(code))
    dark = [each.text for each in ran if each.pictures < each.figures]
    return dark + [each.text for each in ran[-1:] if each.assigns_a_figure]


@pytest.mark.parametrize("path", [*WITH_CODE, *READMES, *GALLERY], ids=name_of)
def test_code_that_a_page_shows_runs_in_a_kernel_and_its_figures_are_pictures(path, tmp_path):
    ran, dark = 0, []
    with Kernel(ROOT) as kernel:
        kernel.give(GIVEN.get(name_of(path), dict)(), tmp_path / "given.pickle")
        for number, (code, is_seen) in enumerate(blocks(path), 1):
            compile(code, f"{name_of(path)}, block {number}", "exec")
            if not any(package in code for package in OF_OTHERS):
                dark += [f"block {number}: {text}" for text in unseen(kernel, code) if is_seen]
                ran += 1
    assert dark == []
    assert ran or "have not run them" in path.read_text(encoding="utf-8")


def test_a_figure_that_is_not_shown_is_noticed():
    plain = "from matplotlib.figure import Figure\nfrom bounded.result_plots import sheet\nFigure()"
    with Kernel(ROOT) as kernel:
        assert unseen(kernel, plain) == ["Figure()"]
        assert unseen(kernel, "figure = sheet('A', 2)[0]") == ["figure = sheet('A', 2)[0]"]
        assert unseen(kernel, "figure = sheet('A', 2)[0]\nfigure") == []
        assert unseen(kernel, "display(figure, figure)") == []
        assert unseen(kernel, "display(Figure(), figure)") == ["display(Figure(), figure)"]
        with pytest.raises(AssertionError, match="NameError"):
            unseen(kernel, "no_such_name")


def test_the_list_of_the_how_to_is_read_as_the_page_says(tmp_path):
    page = (DOCS / "how_to/read_case_records.md").read_text(encoding="utf-8")
    mapping, file = tmp_path / "hotline.mapping.yml", tmp_path / "hotline.csv"
    mapping.write_text(re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1], encoding="utf-8")
    rows = ["No;Tarih;Dogum tarihi;Cinsiyet;Il;Uyruk;Notlar", "1;03.02.2023;14.05.2010;K;Gaziantep;Suriye;x"]
    rows += [
        "2;11.02.2023;2009;E;Kilis;Türkiye;",
        "3;31.02.2023;01.01.2011;K;Kilis;Suriye;",
        "4;05.2023;;E;Hatay;Suriye;",
    ]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    read = intake(file, mapping)
    said = re.search(r"(\d+) rows in the file = (\d+) clean \+ (\d+) in quarantine", page)
    assert [*map(int, said.groups())] == [len(rows) - 1, len(read.records), len(read.quarantine)]
    found = read.quarantine.iloc[0]
    assert (found["rule"], found["row"]) == ("date", 4) and "'Tarih': 1 row (B4)" in page


@pytest.mark.varied
@pytest.mark.parametrize("name", sorted(explained.DRAWN, key="many_methods".__eq__))
def test_a_figure_of_an_explanation_is_what_the_functions_draw_today(name, tmp_path):
    drawn, reference = tmp_path / f"{name}.png", DOCS / "explanation" / f"{name}.png"
    drawn.write_bytes(plots.png(explained.DRAWN[name]()))
    assert compare_images(str(reference), str(drawn), tol=3) is None
    assert any(f"]({name}.png)" in path.read_text(encoding="utf-8") for path in SOURCES)


# What pages name is there


def fenced(path: Path) -> list[tuple[str, str]]:
    """Blocks of a page that stand as they are: the language, and the text."""
    return re.findall(r"^```(\w*)\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def inline(path: Path) -> list[str]:
    """What stands between backquotes in the prose of a page."""
    prose = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", prose)


def commands(path: Path) -> list[str]:
    """The lines of a page that call a program, each whole, without what is said of it."""
    lines = "\n".join(text for language, text in fenced(path) if language in ("", "bash", "console", "sh"))
    joined = re.sub(r"\\\n\s*", " ", lines).splitlines()
    said = [re.sub(r"\s{2,}#.*|\s#\s.*", "", line).strip().removeprefix("$ ") for line in joined]
    return [line for line in said if re.match(r"(\S*python3? -m analysis|make)\b", line)]


def parsed(line: str) -> str | None:
    """What is wrong with a call of `python -m analysis` or of make; None if it is understood."""
    words = shlex.split(line)
    if words[0] == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        if len(words) > 1 and words[1] not in targets:
            return f"there is no target {words[1]}"
        given = next((word.removeprefix("ARGS=") for word in words[2:] if word.startswith("ARGS=")), "")
        if words[1:2] not in (["run"], ["release"], ["lab"]):
            return None
        words = [words[1], *shlex.split(given)]
    else:
        words = words[words.index("analysis") + 1 :]
    try:
        understand(words)
    except click.UsageError as error:
        return str(error)
    except (click.exceptions.Exit, areas.UnknownArea):
        # Help, or an area of a study that a reader adds.
        pass
    return None


@pytest.mark.parametrize("path", [path for path in READ_BY_ALL if commands(path)], ids=name_of)
def test_every_command_of_a_page_is_understood(path):
    wrong = {line: fault for line in commands(path) if (fault := parsed(line))}
    assert wrong == {}


def test_a_command_that_does_not_exist_is_noticed(capsys):
    assert parsed("python -m analysis runn") and parsed('make run ARGS="--areas SEN"') and parsed("make everything")
    assert parsed('make run ARGS="--area SEN"') is None and parsed(".venv/bin/python -m analysis intake") is None


def test_commands_within_sentences_are_commands():
    known = set(all_commands()) | {"COMMAND", "--help"}
    called = {word for path in READ_BY_ALL for text in inline(path) for word in re.findall(r"-m analysis (\S+)", text)}
    assert called and called <= known


def test_the_commands_that_cost_nothing_say_what_pages_say_of_them(capsys):
    assert cli.main(["status", "--areas"]) == 0
    assert re.search(r"\bSEN\b.*Senegal", capsys.readouterr().out)
    assert cli.main(["status", "--area", "SEN"]) == 0
    said = capsys.readouterr().out
    assert all(word in said.splitlines()[0] for word in ("fresh", "stale", "failed", "missing"))


def test_every_path_that_a_page_names_is_there():
    tracked = re.compile(r"^(src|tools|docs|notebooks|benchmarks|tests|pledge|data/raw|data/baselines)/[\w./*{},-]+$")
    missing = []
    for path in READ_BY_ALL:
        for text in inline(path):
            if tracked.match(text) and not _is_there(text):
                missing.append(f"{name_of(path)}: {text}")
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                missing.append(f"{name_of(path)}: {target}")
    assert missing == []


# Written by a user, by a run, or by a how-to that is followed.
MADE_BY_READERS = ("docs/site/*", "data/baselines/*", "pledge/chapters/{*", "notebooks/change_compared.ipynb")
# Folders of data/raw that come with the project: what is named of any other is a study's own.
OURS = ("boundaries", "evidence", "referral", "synthetic")


def _is_there(text: str) -> bool:
    study = re.match(r"data/raw/(\w+)/", text)
    if (study and study[1] not in OURS) or any(fnmatch.fnmatch(text, pattern) for pattern in MADE_BY_READERS):
        return True
    return any(ROOT.glob(text)) if "*" in text else (ROOT / text).exists()


def gone() -> set[str]:
    """The names that modules had: the first column of the page on where they went."""
    page = (ROOT / "docs/reference/renamed.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([^`]+)` \|", page, flags=re.MULTILINE))


def test_every_function_that_a_page_names_can_be_imported():
    named = {text for path in READ_BY_ALL for text in inline(path)} - gone()
    dotted = {match[0] for text in named for match in [re.match(r"analysis(\.\w+)+", text)] if match}
    assert len(dotted) > 10
    assert [name for name in sorted(dotted) if not _imports(name)] == []


def _imports(name: str) -> bool:
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        try:
            for part in parts[count:]:
                found = getattr(found, part)
        except AttributeError:
            return False
        return True
    return False


# How pages are made


def test_a_parameter_is_told_with_what_it_is_and_no_letter_is_a_mark():
    made = house_docstrings.house_docstring(
        [
            "Count persons of *all* lists, see `rates` and ``code_``.",
            "",
            "Parameters",
            "----------",
            "low, high : bounds (persons);",
            "    `high` may be infinite.",
            "*names : of columns_",
            "",
            "Raises",
            "------",
            "ValueError : a count is below 0.",
        ],
        frozenset({"rates"}),
        "analysis.incidence",
    )
    text = "\n".join(made)
    assert r"Count persons of \*all\* lists, see :py:obj:`rates <analysis.incidence.rates>` and ``code_``." in text
    assert ":Parameters:\n    * **low, high** – bounds (persons); ``high`` may be infinite.\n" in text
    assert r"    * **\*names** – of columns\_" in text
    assert ":Raises:\n    * **ValueError** – a count is below 0." in text


def test_a_table_in_a_docstring_stays_a_table():
    table = ["=====  ========", "a      b_ and |", "=====  ========"]
    assert house_docstrings.house_docstring(["Kinds:", "", *table])[2:5] == table


def test_references_stand_apart():
    made = house_docstrings.house_docstring(
        [
            "x",
            "",
            "References",
            "----------",
            "Garwood, F. (1936). Limits.",
            "Biometrika 28.",
            "Wilson, E. (1927). JASA.",
        ]
    )
    assert made[made.index("Biometrika 28.") + 1] == ""


def test_a_link_to_a_file_that_is_shown_as_a_page_leads_to_the_page():
    text = (
        "See [the texts](../pledge/README.md#a-recommendation), [code](../benchmarks/batch.py), [web](https://a.org)."
    )
    assert repository_pages.as_page("findings", text) == (
        "See [the texts](how_to/write_for_the_report.md#a-recommendation), [code](../benchmarks/batch.py), "
        "[web](https://a.org)."
    )
    shown = repository_pages.as_page("reference/evidence", "only where it stands")
    assert shown == (ROOT / "data/raw/evidence/README.md").read_text(encoding="utf-8")


def test_columns_are_told_in_words():
    from analysis.schemas import SCHEMAS

    told = {name: table_columns.words(column) for name, column in SCHEMAS["population"].columns.items()}
    assert told["value_qualifier"].startswith("one of `exact`") and told["high"] == "a number, at least 0, may be empty"


def test_every_command_and_every_option_is_on_the_page_of_commands(site):
    page = (site / "reference/command_line.html").read_text(encoding="utf-8")
    for name, command in all_commands().items():
        assert f'id="{name.replace(" ", "-")}"' in page
        options = {word for each in command.params for word in each.opts if word.startswith("--")}
        assert [word for word in options if word not in page] == []


def test_every_table_that_is_checked_is_on_the_page_of_tables(site):
    from analysis.schemas import SCHEMAS

    page = (site / "reference/tables.html").read_text(encoding="utf-8")
    missing = [f"{name}.{column}" for name in SCHEMAS for column in SCHEMAS[name].columns if f">{column}<" not in page]
    assert missing == []


def test_what_the_theme_leaves_out_is_put_in_once():
    page = '<aside class="toc-drawer no-toc"><pre>x</pre><th class="head"><p></p></th>'
    once = accessible_pages.fixed(page)
    assert once == (
        '<aside class="toc-drawer no-toc" aria-label="On this page"><pre tabindex="0">x</pre><td class="head"></td>'
    )
    assert accessible_pages.fixed(once) == once


def test_what_cff_says_is_what_the_page_on_citing_says():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    page = " ".join((DOCS / "how_to/cite.md").read_text(encoding="utf-8").replace("\n> ", " ").split())
    assert cited["title"] in page and f"version {cited['version']}" in page
