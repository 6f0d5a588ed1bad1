"""A page holds what may leave and says what does not: outputs by their metadata, texts by the template."""

import base64
import html
import re
from dataclasses import replace

import nbformat
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat import v4
from refusals import refused

from analysis import areas, catalog, plots
from analysis.batch.execute import failed
from analysis.batch.products import Result
from analysis.exhibits import exhibit, inputs
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, PROTECTED, PUBLIC, Exhibit, heading, said
from analysis.exhibits.wording import plain
from analysis.jobs import Job
from analysis.plots.interactive_flow_map import show_page
from analysis.plots.style import png
from analysis.report import pages
from analysis.report.pages import NOT_RELEASED

JOB = Job("trends", "west_africa", "SEN")
CANARY = "Kanaryaoglu"
LEAVING = (PUBLIC, PROTECTED, ESTIMATE)
TEMPLATE = nbformat.read(JOB.template, as_version=4)
TEXTS = [cell.source for cell in TEMPLATE.cells if cell.cell_type == "markdown"]
FIGURE = png(plots.style.nothing(title="A", footer=plots.Footer("a", "2020", "4", "b")))


def code(*outputs: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return v4.new_code_cell(f"# {CANARY}", outputs=list(outputs))


def shown(data: dict, release_class: str | None = None, **metadata: str) -> nbformat.NotebookNode:
    """An output whose first type says by what it may leave."""
    if release_class is not None:
        metadata["release_class"] = release_class
    return v4.new_output("display_data", data, metadata={next(iter(data)): metadata})


def page_of(*cells: nbformat.NotebookNode) -> str:
    return pages.render_page(JOB, v4.new_notebook(cells=list(cells)))


def body(page: str) -> str:
    return page[page.index("<main>") : page.index("</main>")]


TABLE = {"text/html": f"<p>{CANARY}</p>"}
PICTURE = {"image/png": base64.b64encode(FIGURE).decode()}
WORDS = {"text/markdown": f"*{CANARY}*"}


def test_a_page_knows_the_gates_that_exhibits_have():
    assert pages.RELEASED == (exhibit.PUBLIC, exhibit.PROTECTED, exhibit.ESTIMATE) == LEAVING


@pytest.mark.parametrize("release_class", LEAVING)
@pytest.mark.parametrize("data", [TABLE, PICTURE, WORDS])
def test_what_says_by_what_it_may_leave_is_on_the_page(data, release_class):
    page = page_of(
        code(shown(data, release_class, name="a_figure", alt=CANARY) if data is PICTURE else shown(data, release_class))
    )
    assert CANARY in body(page) and "not released" not in body(page)


@pytest.mark.parametrize("release_class", [None, INTERNAL, "", "Public", "protected ", "released", "*"])
@pytest.mark.parametrize("data", [TABLE, PICTURE, WORDS])
def test_what_says_anything_else_or_nothing_stays_in_the_house(data, release_class):
    output = shown(data, release_class, name="a_figure", alt=CANARY)
    notebook = v4.new_notebook(cells=[code(output)])
    page = pages.render_page(JOB, notebook)
    assert CANARY not in page and NOT_RELEASED in page
    assert pages.figures(notebook) == {} and pages.framed_pages(notebook) == {}


DROPPED = {
    "printed": v4.new_output("stream", name="stdout", text=CANARY),
    "warned": v4.new_output("stream", name="stderr", text=CANARY),
    "error": v4.new_output("error", ename=CANARY, evalue=CANARY, traceback=[CANARY]),
    **{
        kind: v4.new_output(
            "execute_result", {kind: CANARY}, execution_count=1, metadata={kind: {"release_class": PUBLIC}}
        )
        for kind in (
            *("text/plain", "text/latex", "image/svg+xml", "image/jpeg", "application/pdf", "application/javascript"),
            *("application/json", "application/vnd.jupyter.widget-view+json", "text/x-unknown", "text/HTML"),
        )
    },
    # The release_class of one type is not that of another.
    "of another type": v4.new_output("display_data", TABLE, metadata={"text/plain": {"release_class": PUBLIC}}),
    "of no type": v4.new_output("display_data", TABLE, metadata={"release_class": PUBLIC}),
}


@pytest.mark.parametrize("name", DROPPED)
def test_no_other_kind_of_output_reaches_a_page(name):
    page = page_of(code(DROPPED[name], shown({"text/html": "<p>stands</p>"}, PUBLIC)))
    assert CANARY not in page and "stands" in page


def test_of_several_types_of_one_output_only_the_one_that_may_leave_is_shown():
    data = {"text/html": "<p>the table</p>", "text/plain": CANARY, "application/javascript": CANARY, **WORDS}
    page = page_of(code(shown(data, PUBLIC)))
    assert "the table" in page and CANARY not in page


def test_the_preview_of_a_table_is_not_on_a_page():
    table = pd.DataFrame({"name": [CANARY]})
    data = {"text/plain": repr(table), "text/html": table._repr_html_()}
    assert CANARY not in page_of(code(v4.new_output("execute_result", data, execution_count=1)))


def test_a_text_is_on_a_page_exactly_as_it_stands_in_the_template_or_not_at_all():
    heading = TEXTS[1].splitlines()[0].removeprefix("## ")
    assert heading in page_of(v4.new_markdown_cell(TEXTS[1]))
    for other in (f"{TEXTS[1]} {CANARY}", f"## {CANARY}", TEXTS[1].replace("##", "###"), TEXTS[1] + "\n"):
        page = page_of(v4.new_markdown_cell(other))
        assert CANARY not in page and f">{heading}</h" not in body(page)
    # Nor what hangs on one, nor a cell of another kind.
    attached = v4.new_markdown_cell(TEXTS[1], attachments={"a.png": {"image/png": CANARY, "text/plain": CANARY}})
    raw = v4.new_raw_cell(CANARY, metadata={"raw_mimetype": "text/html"})
    assert CANARY not in page_of(attached, raw)


def test_a_notebook_that_failed_has_no_page_and_its_traceback_would_reach_none():
    error = v4.new_output("error", ename="ValueError", evalue=CANARY, traceback=[CANARY])
    reason = f"ValueError: {CANARY}"
    result = failed(Result(JOB, reason=reason), v4.new_notebook(cells=[code(error)]), trace=CANARY)
    [(path, content)] = result.products.items()
    assert path.endswith("SEN/trends.failed.ipynb") and CANARY in content.decode()
    assert CANARY not in pages.render_page(JOB, nbformat.reads(content.decode(), as_version=4))


def test_neither_code_nor_what_a_notebook_says_of_itself_is_on_a_page():
    notebook = v4.new_notebook(cells=[code(shown({"text/html": "<p>stands</p>"}, PUBLIC))])
    notebook.metadata.update(title=CANARY, widgets={"application/vnd.jupyter.widget-state+json": {CANARY: 1}})
    notebook.cells[0].metadata.update(tags=[CANARY])
    assert CANARY not in pages.render_page(JOB, notebook)


def test_a_part_that_has_lost_all_its_outputs_keeps_its_text_and_says_why():
    first, second, third = (v4.new_markdown_cell(text) for text in TEXTS[1:4])
    table = shown({"text/html": "<p>stands</p>"}, PROTECTED)
    page = body(page_of(first, code(shown(TABLE)), code(shown(PICTURE)), second, code(table, shown(TABLE)), third))
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert headings == [text.splitlines()[0].removeprefix("## ") for text in TEXTS[1:4]]
    parts = page.split("<h2>")[1:]
    # The second part has something left, and the third never had anything.
    assert [NOT_RELEASED in part for part in parts] == [True, False, False]
    assert page.count("3 outputs of the notebook are not released") == 1
    assert page.index("3 outputs") > page.index(headings[-1])


def test_one_output_that_stays_is_one_and_an_empty_text_and_printed_lines_are_none():
    page = body(page_of(code(shown(WORDS, INTERNAL), shown({"text/markdown": " "}), DROPPED["warned"])))
    assert "1 output of the notebook is not released" in page
    assert "not released" not in body(page_of(code(shown({"text/markdown": ""}), DROPPED["printed"])))


def test_the_list_of_data_that_were_read_does_not_make_up_for_the_outputs_of_its_part():
    data, metadata = inputs.read()._repr_mimebundle_()
    read = v4.new_output("display_data", data, metadata=metadata)
    page = body(page_of(v4.new_markdown_cell(TEXTS[1]), code(shown(TABLE)), code(read)))
    assert NOT_RELEASED in page and "Data sets read for this page" in page
    assert "not released" not in body(page_of(v4.new_markdown_cell(TEXTS[1]), code(read)))


def test_of_confidential_data_a_page_names_title_publisher_and_date_and_no_file():
    fields = {"licence": "none", "source": CANARY, "date": "2023-01-31", "sha256": "abcdef" * 10}
    entry = catalog.Dataset(
        name=CANARY,
        file=f"turkiye/{CANARY}.xlsx",
        title="Children known",
        kind="confidential",
        publisher="Us",
        **fields,
    )
    data, metadata = inputs.DataRead((entry,), {}, ())._repr_mimebundle_()
    page = page_of(code(v4.new_output("execute_result", data, execution_count=1, metadata=metadata)))
    assert CANARY not in page and "abcdef" not in page
    assert all(f"<td>{cell}</td>" in page for cell in ("Children known", "Us", "2023-01-31", "confidential"))
    # The batch still knows what was read.
    assert data[catalog.READ] == {"data_sets": [CANARY], "by_rows": {}, "answers": {}}


# --- figures and frames --------------------------------------------------------------------------------------------


def test_a_figure_is_released_without_what_was_noted_in_it_on_the_page_and_beside_it():
    noted = base64.b64encode(FIGURE + CANARY.encode()).decode()
    notebook = v4.new_notebook(cells=[code(shown({"image/png": noted}, PUBLIC, name="a", alt="A figure."))])
    assert pages.figures(notebook) == {"a": FIGURE}
    [released] = re.findall(
        r'<img src="data:image/png;base64,([^"]*)" alt="A figure\.">', pages.render_page(JOB, notebook)
    )
    assert base64.b64decode(released) == FIGURE


def frame_of(page: str, release_class: str = PUBLIC) -> nbformat.NotebookNode:
    data, metadata = show_page(page, "a_map", "A map", release_class)._repr_html_()
    return v4.new_notebook(cells=[code(shown({"text/html": data}, **metadata))])


CLOSED = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" '
    f"content=\"default-src 'none'; img-src data:; style-src 'sha256-{'a' * 43}='; script-src 'sha256-{'b' * 43}='; "
    "base-uri 'none'; form-action 'none'\">\n</head><body><p>it's &amp; &lt;b&gt;</p></body></html>"
)


def test_a_framed_page_is_put_back_as_it_was_in_a_frame_without_rights():
    notebook = frame_of(CLOSED)
    page = pages.render_page(JOB, notebook)
    assert pages.framed_pages(notebook) == {"a_map": CLOSED.encode()}
    [opening] = re.findall(r"<iframe [^>]*?srcdoc='[^']*'></iframe>", page)
    assert 'sandbox="allow-scripts"' in opening and 'title="A map"' in opening and 'height="1010"' in opening
    assert CLOSED.replace("&", "&amp;").replace("'", "&#39;") in opening
    # What the frame's page allows itself the page around it allows too, for a frame takes its policy over.
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)">\n<meta name="viewport"', page)
    assert f"script-src 'sha256-{'b' * 43}='" in policy and f"'sha256-{'a' * 43}='" in policy
    assert "unsafe" not in policy


def test_a_page_without_a_frame_allows_no_script_at_all():
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)">', page_of(code(shown(TABLE, PUBLIC))))
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-") and "script-src" not in policy
    assert policy.endswith("base-uri 'none'; form-action 'none'")


@pytest.mark.parametrize(
    "page",
    [
        "<!doctype html><p>open to all",
        CLOSED.replace("default-src 'none'", "default-src *"),
        CLOSED.replace(f"'sha256-{'b' * 43}='", "'unsafe-inline'"),
        CLOSED.replace("form-action 'none'", "form-action https://example.invalid"),
        CLOSED.replace("<head>\n", "<head>\n<script>1</script>"),
        CLOSED.replace('<meta http-equiv="Content-', '<meta charset="utf-8"><meta http-equiv="Content-'),
    ],
)
def test_a_framed_page_that_is_not_closed_to_the_outside_stops_the_notebook(page):
    for release in (pages.framed_pages, lambda notebook: pages.render_page(JOB, notebook)):
        with refused(ValueError, "missing_security_policy"):
            release(frame_of(page))
    # One that stays in the house is nobody's business.
    assert pages.framed_pages(frame_of(page, INTERNAL)) == {}


# --- what exhibits print is not changed ----------------------------------------------------------------------------


def test_a_table_of_an_exhibit_is_on_the_page_as_it_was_printed():
    table = pd.DataFrame({"Area": ["Dakar & <Thiès>", "x"], "Persons": pd.array([12, None], "Int64")})
    long = pd.DataFrame({"Row": range(25)})
    for each in (
        Exhibit("a", "Title's", table, limits="<5 is 'few'", cautions=("a",), citations=("b", "c"), kind="synthetic"),
        Exhibit("a", "Title", long),
        Exhibit("a", "Title", table.iloc[:0]),
    ):
        printed = each.show().data
        # Only the spelling of what means the same: open, and an apostrophe.
        assert pages.clean(printed) == printed.replace("<details open>", '<details open="">').replace("&#x27;", "'")


def test_a_text_is_printed_with_its_emphasis_lists_and_headings():
    text = (
        "## A\n\n`TR-27` *at least* **<5**\n\n- one\n- two\n\n1. a\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nfrom $5 to $6"
    )
    printed = "".join(pages.from_markdown(text).split("\n"))
    assert printed == (
        "<h2>A</h2><p><code>TR-27</code> <em>at least</em> <strong>&lt;5</strong></p><ul><li>one</li><li>two</li></ul>"
        "<ol><li>a</li></ol><table><thead><tr>  <th>a</th>  <th>b</th></tr></thead><tbody><tr>  <td>1</td>  <td>2</td>"
        "</tr></tbody></table><p>from $5 to $6</p>"
    )
    assert said(text, PROTECTED)._repr_markdown_() == (text, {"release_class": PROTECTED})


@given(st.text(alphabet="ab*_`[]()<>|#~!&;\\\\.: 1-+=\n\t'\"", min_size=1, max_size=12).filter(str.strip))
def test_a_name_within_a_text_is_printed_as_it_is_whatever_signs_it_has(name):
    printed = pages.from_markdown(f"Of {plain(name)} here")
    assert html.unescape(re.sub(r"<[^>]*>", "", printed)).strip() == f"Of {' '.join(name.split())} here"


def test_a_heading_shows_the_name_of_an_area_and_no_mark_of_it():
    place = replace(areas.get("SEN"), name="[a](javascript:b) *c*", name_local="d\n\n# e")
    printed = pages.from_markdown(heading("What of {place}?", place).data)
    assert printed.startswith("<h2>[a](javascript:b) *c* (d # e)</h2>") and "What of [a](javascript:b) *c*?" in printed


def test_a_page_is_called_by_its_place_and_its_subject_and_says_the_id_at_its_end():
    metadata = {"text/markdown": {"release_class": PUBLIC, "heading": True}}
    mark = v4.new_output("display_data", {"text/markdown": heading("Why?", areas.get("SEN")).data}, metadata=metadata)
    page = page_of(v4.new_markdown_cell(TEXTS[0]), code(mark))
    assert "<title>Senegal: trends in detection</title>" in page and page.count("<h1>") == 1
    assert "<h1>Senegal: trends in detection</h1>" in body(page) and "<code>SEN</code>" not in body(page)
    assert "country of the study West Africa; in tables <code>SEN</code>" in page[page.index("<footer>") :]
