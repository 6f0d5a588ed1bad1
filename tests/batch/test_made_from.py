"""What a page is made from: the modules that its notebook reaches, read from their sources."""

import ast
import dataclasses
import re
from types import SimpleNamespace

import nbformat
import pytest

from analysis import texts
from analysis.batch import provenance, status
from analysis.findings.finding import FINDINGS
from analysis.jobs import CaseTables, Job
from analysis.project_files import sources

MODULES = sorted(path for folder in sources() for path in folder.rglob("*.py"))


def test_a_notebook_reaches_modules_through_imports_anywhere_in_a_module():
    reached = provenance.made_from(Job("trends", "west_africa", "SEN"))["library"]
    assert "src/analysis/schemas.py" in reached  # imported inside a function of `catalog`
    assert "src/analysis/report/pages.py" in reached and "src/analysis/report/templates/page.html.j2" in reached
    assert "src/analysis/report/index.py" not in reached and "src/analysis/batch/run.py" not in reached
    # How something is released changes nothing in a page.
    assert not [path for path in reached if path.startswith("src/analysis/release/")]


def test_a_sentence_that_is_edited_counts_for_the_notebooks_that_show_it(monkeypatch):
    def digests(analysis):
        return provenance._digests(provenance._reached([*provenance.imported_by(template(analysis))]))

    def template(analysis):
        return Job(analysis, "west_africa", "SEN").template

    before = {analysis: digests(analysis) for analysis in ("incidence", "referral_mechanisms")}
    part = texts.part
    edited = {"analysis.exhibits.findings_detection": {"no_count": "Another sentence."}}
    monkeypatch.setattr(texts, "part", lambda name: {**part(name), **edited.get(name, {})})
    changed = {name for name, digest in digests("incidence").items() if digest != before["incidence"][name]}
    assert changed == {"src/analysis/texts/en.yml: analysis.exhibits.findings_detection"}
    assert digests("referral_mechanisms") == before["referral_mechanisms"]


def test_no_module_hides_an_import_from_the_digests():
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*from \.", text, flags=re.MULTILINE), path
        assert "__import__(" not in text or path.name == "execute.py", path
        # Loaded by their names are commands, which no notebook reaches, and what the digests of notebooks name.
        loading = ("fork_server.py", "cli.py", "shared_tables.py", "answers.py")
        assert "import_module" not in text or path.name in loading, path


def imported(source: str) -> set[str]:
    """What a source imports, as Python itself reads it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_imports_are_those_that_python_reads():
    found = {path: set(provenance._imports(path.read_text(encoding="utf-8"))) for path in MODULES}
    assert found == {path: imported(path.read_text(encoding="utf-8")) for path in MODULES}


@pytest.mark.parametrize(
    "source",
    [
        "import analysis.trends as t, numpy",
        "if x: import analysis.trends",
        "a = 1; import analysis.trends; from analysis import routes as r, areas",
        "from analysis import (  # the (first) of two\n    trends,\n    routes as r,\n)",
        "from analysis import trends, \\\n    routes",
        "def f():\n\tfrom analysis.trends import mann_kendall  # here, too",
    ],
)
def test_an_import_is_found_in_whatever_form_it_is_written(source):
    assert set(provenance._imports(source)) == imported(source)


def test_a_later_last_day_makes_no_table_stale_and_another_file_or_correction_does(monkeypatch):
    entry = CaseTables("demo_provinces").entries[0]

    def digest(**changed):
        monkeypatch.setattr(CaseTables, "entries", [dataclasses.replace(entry, **changed)])
        return provenance.tables_made_from(CaseTables("demo_provinces"), "", "")["entry"]

    before = digest(retain_until="2027-12-31", purpose="a", access="b")
    assert digest(retain_until="2029-06-30", purpose="c", access="d", retention_reason="a second round") == before
    for changed in ({"sha256": "0" * 64}, {"corrections_sha256": "0" * 64}, {"publisher": "another"}):
        assert digest(**changed) != before, changed


@pytest.mark.parametrize("kind", ["confidential", "synthetic"])
def test_the_list_of_findings_has_no_digest_of_what_was_made_of_confidential_persons(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(CaseTables, "kind", kind)
    template = Job("case_records", "turkiye", "TR-27").template
    output = nbformat.v4.new_output("display_data", {FINDINGS: {"findings": [{"finding_id": "a", "high": None}]}})
    cell = nbformat.v4.new_code_cell("1", outputs=[output])
    read = {name: "0123456789abcdef" for name in ("areas", "case_records_turkiye", "findings_turkiye")}
    made_from = {"inputs": read, "notebook": {"notebooks/case_records.ipynb": "5" * 64}}
    executed = tmp_path / "case_records.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"made_from": made_from}), executed)
    (row,) = status._stated(SimpleNamespace(study="turkiye", executed=executed, template=template))
    told = [name for name in read if kind == "synthetic" or name == "areas"]
    assert row["inputs"] == ";".join(f"{name}:0123456789ab" for name in told)
