"""What comes from outside is text: markup, ids of areas, names of parameters. Nothing of it runs or is a path."""

import ast
import html
import json
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import geopandas as gpd
import nbformat
import pandas as pd
import papermill
import pytest
from IPython.display import HTML
from refusals import refused
from shapely.geometry import box

from analysis import areas, catalog, plots
from analysis.batch.execute import ParameterError, checked, checked_parameters, declared
from analysis.cli import main
from analysis.exhibits.exhibit import Exhibit, heading, said
from analysis.exhibits.inputs import DataRead
from analysis.exhibits.plot import Plot
from analysis.jobs import ANALYSES, Job, NotPlanned, plan
from analysis.plots.interactive_flow_map import interactive_flow_map, show_page
from analysis.report import pages
from analysis.report.templating import template

pytestmark = pytest.mark.slow

# --- markup --------------------------------------------------------------------------------------------------------

CALL = "top.PWNED=window.PWNED=1;new Image().src='https://pwned.invalid/'"
PAYLOADS = {
    "script": f"<script>{CALL}</script>",
    "image": f'<img src=x onerror="{CALL}">',
    "svg": f'<svg onload="{CALL}"><script>{CALL}</script></svg>',
    "javascript link": f'<a id="pwn" href="jAvascript:{CALL}">open</a>',
    "data link": f'<a id="pwn" href="data:text/html,<script>{CALL}</script>">open</a>',
    "frame": f'<iframe srcdoc="<script>{html.escape(CALL)}</script>"></iframe>',
    "style": "<style>@import 'https://pwned.invalid/s.css';</style><p style=\"background:url(https://pwned.invalid/b)\">",
    "refresh": '<meta http-equiv="refresh" content="0;url=https://pwned.invalid/">',
    "base": '<base href="https://pwned.invalid/"><img src="picture.png">',
    "form": f'<form action="https://pwned.invalid/"><button id="pwn" formaction="javascript:{CALL}">x</button></form>',
    "noscript": f'<noscript><p title="</noscript><img src=x onerror={CALL}>"></noscript>',
    "math": f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror={CALL}&gt;">',
    "entities": f'<details open &#111;ntoggle=1 ontoggle="{CALL.replace("=", "&#61;")}"><summary>x</summary></details>',
    "markdown": f"[a](javascript:{CALL}) ![x](https://pwned.invalid/m.png) <javascript:{CALL}> <https://pwned.invalid>",
}
# Those that a page without any guard runs or asks for at once: the others wait for a click, or for a bad sanitiser.
AT_ONCE = ("script", "image", "svg", "frame", "style", "refresh", "base", "entities")


def output(shown) -> nbformat.NotebookNode:
    """What a kernel sends for an object that is shown, with its metadata."""
    if hasattr(shown, "_repr_mimebundle_"):
        bundle = shown._repr_mimebundle_()
        if bundle is not None:
            data, metadata = bundle
            return nbformat.v4.new_output("display_data", data, metadata=metadata)
    name, kind = ("_repr_html_", "text/html") if hasattr(shown, "_repr_html_") else ("_repr_markdown_", "text/markdown")
    data, metadata = getattr(shown, name)()
    return nbformat.v4.new_output("display_data", {kind: data}, metadata={kind: metadata})


def notebook_of(*shown) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell("x", outputs=[output(each)]) for each in shown]
    return nbformat.v4.new_notebook(cells=cells)


def flow_map(text: str) -> str:
    world = gpd.GeoDataFrame({"area_id": ["SEN"]}, geometry=[box(-17.5, 12.3, -11.4, 16.6)], crs=4326)
    places = pd.DataFrame({"id": ["SEN", "MLI"], "name": [text, text], "x": [-14.5, -4.0], "y": [14.5, 17.0]})
    flows = pd.DataFrame({"origin": ["SEN"], "destination": ["MLI"], "form": [text], "low": [3], "high": [4]})
    footer = plots.Footer(text, "2020", "4", text)
    return interactive_flow_map(
        flows,
        places,
        world,
        title=text,
        footer=footer,
        projection="+proj=laea",
        unit="persons",
        note=text,
        filters={"form": text},
    )


@cache
def page_with(text: str) -> str:
    """A page in which a text stands wherever a text of the data can stand, escaped by the exhibit and not."""
    figure = plots.style.nothing(title=text, footer=plots.Footer(text, "2020", "4", text), text=text)
    table = pd.DataFrame({"Area": [text], text: [text], "Form": pd.Categorical([text])})
    exhibit = Exhibit(
        "a_figure",
        text,
        table,
        limits=text,
        plot=Plot.ready(figure),
        alt=text,
        cautions=(text,),
        citations=(text,),
        synthetic_part=text,
    )
    entry = replace(next(iter(catalog.datasets().values())), title=text, publisher=text, date=text)
    forgotten = HTML(f"<div class='exhibit'><p>{text}</p></div>", metadata={"release_class": "public"})
    return pages.render_page(
        Job("trends", "west_africa", "SEN"),
        notebook_of(
            *(
                exhibit.image(),
                exhibit.show(),
                forgotten,
                DataRead((entry,)),
                show_page(flow_map(text), "a_map", text, "public"),
            ),
            *(
                heading(text, replace(areas.get("SEN"), name=text, name_local=text)),
                said(text),
                said(f"- {text}\n\n> {text}"),
            ),
            said(f"| {text} |\n|---|\n| {text} |"),
        ),
    )


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a page and everything that can be opened on it; returns what ran, and what was asked of a network."""

    def open_page(page: str) -> tuple[bool, list[str]]:
        file = tmp_path / "page.html"
        file.write_text(page, encoding="utf-8")
        browser.get_log("performance")
        browser.get(file.as_uri())
        ran = browser.execute_script(
            "document.querySelectorAll('details').forEach(e => e.open = true);"
            "document.querySelectorAll('#pwn').forEach(e => e.click());"
            "document.querySelectorAll('iframe').forEach(e => e.scrollIntoView());"
            "return new Promise(done => setTimeout(() => done(window.PWNED), 150))"
        )
        for frame in browser.find_elements("tag name", "iframe"):
            browser.switch_to.frame(frame)
            ran = ran or browser.execute_script("return window.PWNED")
            browser.switch_to.default_content()
        messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
        asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return bool(ran), [url for url in asked if not url.startswith(("file:", "data:", "about:"))]

    return open_page


@pytest.mark.parametrize("name", AT_ONCE)
def test_what_is_planted_would_run_or_ask_on_a_page_without_guard(opened, browser, name):
    file = f"<!doctype html><title>x</title><body><p>{PAYLOADS[name]}"
    ran, asked = opened(file)
    assert ran or asked
    browser.get("about:blank")


@pytest.mark.parametrize("guarded", ["with its policy", "by its content alone"])
@pytest.mark.parametrize("name", PAYLOADS)
def test_nothing_that_data_bring_onto_a_page_runs_or_asks_anything(opened, browser, name, guarded):
    page = page_with(PAYLOADS[name])
    if guarded == "by its content alone":
        before = page
        page = page.replace(' http-equiv="Content-Security-Policy"', "", 1)
        assert page != before
    assert opened(page) == (False, [])
    # The text is there to be read, and the only frame is the map's.
    assert len(browser.find_elements("tag name", "iframe")) == 1
    assert browser.execute_script("return document.querySelectorAll('.exhibit table').length") >= 2


class Elements(HTMLParser):
    def __init__(self, page: str):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_page_has_no_element_and_no_attribute_but_those_of_exhibits(name):
    found = Elements(page_with(PAYLOADS[name])).found
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "link",
        "style",
        "body",
        "nav",
        "span",
        "main",
        "footer",
        "a",
        "img",
        "figure",
    }
    tags = {tag for tag, _ in found}
    assert tags <= allowed | pages._TAGS | {"iframe"}
    assert [attributes["sandbox"] for tag, attributes in found if tag == "iframe"] == ["allow-scripts"]
    assert [tag for tag, _ in found].count("style") == 1 and [tag for tag, _ in found].count("link") == 1
    names = {name for _, attributes in found for name in attributes}
    assert not [each for each in names if each.startswith("on")] and not names & {
        "style",
        "action",
        "formaction",
        "background",
    }
    addresses = [attributes[name] for _, attributes in found for name in ("href", "src") if name in attributes]
    assert not [each for each in addresses if ":" in each and not each.startswith(("data:,", "data:image/png;base64,"))]


@pytest.mark.parametrize("name", PAYLOADS)
def test_the_index_escapes_names_of_areas_and_studies(opened, name):
    text = PAYLOADS[name]
    number = {"what": text, "value": text, "period": text}
    row = {
        "id": text,
        "name": text,
        "level": text,
        "measure": text,
        "numbers": {"victims": number, "mentions": {**number, "n": text}},
        "pages": [("trends", "a.html", "", text)],
        "failed": [],
        "missing": [],
    }
    study = {"title": text, "whole": row, "areas": [row], "map": "", "classes": [text], "mentioned": True}
    study["measure"] = {"title": text, "column": text}
    study |= {"name": text, "credit": text, "synthetic": False, "stands_still": True}
    page = template("index.html.j2").render(
        studies=[study],
        demonstrations=[study],
        demonstration=text,
        reports=[text],
        news=(text, [text]),
        older_report=text,
        made_from=text,
        policy="",
        filter_script="",
    )
    assert opened(page.replace("Content-Security-Policy", "x", 1)) == (False, [])


# --- ids of areas --------------------------------------------------------------------------------------------------

CANARY = "canary.txt"
HOSTILE_IDS = [
    "../../etc",
    "..",
    "/etc/passwd",
    "TR-27/../../../x",
    "TR-27'); import os; #",
    f"TR-27\"; open('{CANARY}', 'w'); #",
    f"$(touch {CANARY})",
    f"`touch {CANARY}`",
    f"TR-27; touch {CANARY}",
    f"TR-27\nopen('{CANARY}', 'w')",
    "TR-27\n",
    "TR-27\x00",
    "TR-27\u202e",
    "TR-27\u200b",
    "\u0422R-27",
    "\uff34\uff32-27",
    "TR-" + "2" * 100_000,
    "",
    "-",
    "None",
    "{area}",
    "{{7*7}}",
    "%s%n",
]
HOSTILE_NAMES = [
    f"area = 1; open('{CANARY}', 'w'); x",
    f"area\nopen('{CANARY}', 'w')\nx",
    f"open('{CANARY}', 'w')\nx",
    f"__import__('os').system('touch {CANARY}')\nx",
    f"x[open('{CANARY}', 'w').write('')]",
    f"!touch {CANARY}\nx",
    f"%%bash\ntouch {CANARY}\n#",
    f"get_ipython().system('touch {CANARY}')\nx",
    "area.__class__",
    "area, b",
    "area: int",
    "area #",
    "*area",
    "area ",
    " area",
    "\uff41rea",
    "ar\u0435a",
    "__builtins__",
    "display",
    "class",
    "",
    "area\x00",
    "{{area}}",
]


def everything(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def test_there_are_23_of_each_and_all_differ():
    assert len(set(HOSTILE_IDS)) == len(set(HOSTILE_NAMES)) == 23


@pytest.mark.parametrize("area_id", HOSTILE_IDS)
def test_an_id_that_is_none_is_refused_in_a_sentence_before_anything_is_run_or_written(
    area_id, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    for ask in (areas.get, lambda name: plan(area_ids=[name]), lambda name: areas.get(name, "turkiye")):
        with refused(areas.UnknownArea, "unknown_area") as error:
            ask(area_id)
        message = str(error.value)
        # One short line, which can bring no character that changes what stands beside it.
        assert len(message) < 200 and message.isprintable()
    with pytest.raises(areas.UnknownArea):
        areas.ids(area_id)
    # By the command line: exit code 2, one sentence. (No program can be given a NUL.)
    for command in (["run"], ["status"]) if "\x00" not in area_id else ():
        assert main([*command, f"--area={area_id}"]) == 2
        said_of_it = capsys.readouterr()
        assert said_of_it.out == "" and said_of_it.err.startswith("analysis: There is no area")
    assert everything(tmp_path) == set()


@pytest.mark.parametrize("area_id", HOSTILE_IDS)
def test_no_job_is_made_whose_name_could_be_a_path_or_a_program(area_id):
    harmless = area_id in ("", "None")  # no path and no program: there is no such area, that is all
    for fields in ({"area_id": area_id}, {"study": area_id}, {"analysis": area_id}):
        given = {"analysis": "trends", "study": "turkiye", "area_id": "TR-27"} | fields
        if not harmless:
            with refused(NotPlanned, "invalid_id"):
                Job(**given)
    if harmless:
        with pytest.raises(areas.UnknownArea):
            checked_parameters(Job("trends", "turkiye", area_id))


# --- parameters ----------------------------------------------------------------------------------------------------


def template_of(source: str = 'area = "SEN"') -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    return nbformat.v4.new_notebook(cells=[cell])


def test_a_name_of_an_area_is_given_to_a_notebook_as_the_id_and_is_no_part_of_a_path():
    for typed in ("SEN", "Senegal", "the senegal"):
        assert checked({"area": typed}, template_of()) == {"area": "SEN"}
        assert [job.area_id for job in plan(area_ids=[typed, "SEN"], analyses=["trends"])] == ["SEN"]
    # Products stand under the words of a job.
    assert checked_parameters(Job("trends", "west_africa", "SEN")) == {"area": "SEN"}
    for area_id in ("Senegal", "sen"):
        with refused(areas.UnknownArea, "unknown_area"):
            checked_parameters(Job("trends", "west_africa", area_id))


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_parameter_that_the_template_does_not_declare_is_refused_and_nothing_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with refused(ParameterError, "unknown_parameter") as error:
        checked({name: "SEN"}, template_of())
    assert str(error.value).isprintable() and "declares area" in str(error.value)
    assert everything(tmp_path) == set()


@pytest.mark.parametrize("value", [*HOSTILE_IDS, None, 7, ["SEN"], {"area": "SEN"}, b"SEN", True])
def test_a_parameter_whose_value_is_no_id_of_an_area_is_refused(value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(areas.UnknownArea):
        checked({"area": value}, template_of())
    assert everything(tmp_path) == set()


def test_a_name_would_run_if_it_were_not_refused(tmp_path, monkeypatch):
    """What the names are refused for: papermill writes them into a cell as they are."""
    cell = papermill.translators.PythonTranslator.codify({HOSTILE_NAMES[0]: "SEN"})
    monkeypatch.chdir(tmp_path)
    exec(compile(cell, "cell", "exec"), {})
    assert (tmp_path / CANARY).exists()


@pytest.mark.parametrize(
    "source",
    [
        'area = f"{1}"',
        "area = open('canary.txt', 'w')",
        'area = "SEN"; import os',
        'import os\narea = "SEN"',
        'area = other = "SEN"',
        'area.x = "SEN"',
        'area, b = "SN"',
        'area = ["SEN"]',
        'area: str = "SEN"',
        'if True:\n    area = "SEN"',
        '!touch canary.txt\narea = "SEN"',
        '%%bash\narea = "SEN"',
        "",
        "# area",
        'area = "SEN',
        'area = "S\x00N"',
    ],
)
def test_a_cell_of_parameters_gives_names_plain_values_and_does_nothing_else(source):
    with pytest.raises(ParameterError, match="cell of parameters"):
        declared(template_of(source))


def test_a_template_without_one_cell_of_parameters_is_refused():
    once = template_of().cells
    for cells in ([], [*once, *template_of().cells]):
        with refused(ParameterError, "not_one_parameter_cell", "'parameters'"):
            declared(nbformat.v4.new_notebook(cells=cells))


@pytest.mark.parametrize("analysis", ANALYSES)
def test_every_template_declares_the_area_alone_and_is_given_it(analysis):
    job = Job(analysis, "turkiye", "TR-27")
    notebook = nbformat.read(job.template, as_version=4)
    assert declared(notebook) == ("area",)
    assert checked_parameters(job) == {"area": "TR-27"}
    # What papermill makes of it is one assignment of one text.
    [statement] = ast.parse(papermill.translators.PythonTranslator.codify(checked_parameters(job))).body
    assert isinstance(statement, ast.Assign) and ast.literal_eval(statement.value) == "TR-27"


def test_an_area_of_another_study_is_no_area_of_this_one():
    with refused(areas.UnknownArea, "unknown_area"):
        checked_parameters(Job("trends", "turkiye", "SEN"))
