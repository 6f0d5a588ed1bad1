"""An editor may reword every sentence: no number, no row and no status of a notebook follows from how one is worded."""

import json
import re

import pytest
import yaml
from projects import SELECTION, copy_of_the_project, run_analysis
from reference_notebooks import FOLDER, executed, lasting

MARK = "§"
# Digests of data sets and tables, which say that something was edited.
DIGEST = re.compile(r"\b[0-9a-f]{12}\b")
# A long cell of a preview ends after as many characters, the mark among them.
CUT = re.compile(r">([^<>]{40})[^<>]*\.\.\.<")


def reworded(text):
    """A sentence with a mark within it: what stands at its ends may be joined to others."""
    if isinstance(text, dict):
        return {key: reworded(each) for key, each in text.items()}
    head, blank, tail = text.lstrip().partition(" ")
    start = text[: len(text) - len(text.lstrip())]
    return f"{start}{head}{blank}{MARK}{tail}" if text.strip() else text


def shown(notebook) -> list[str]:
    """What the cells show, without marks and digests; of a table that is shown in two ways the one without widths."""
    found = []
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        for output in outputs:
            if "text/html" in output.get("data", {}):
                output["data"].pop("text/plain", None)
        text = json.dumps(outputs, ensure_ascii=False).replace(MARK, "")
        found.append(CUT.sub(r">\1<", DIGEST.sub("", text)))
    return found


@pytest.mark.soak
def test_with_every_sentence_reworded_notebooks_show_the_same(tmp_path):
    project = copy_of_the_project(tmp_path)
    file = project / "src/analysis/texts/en.yml"
    parts = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump(reworded(parts), allow_unicode=True, sort_keys=False), encoding="utf-8")
    ran = run_analysis("run", *SELECTION, "--jobs", "2", project=project)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = executed(project)
    assert len(found) == len(list(FOLDER.glob("*.ipynb"))) > 10
    differing = []
    for name, path in found.items():
        assert MARK in path.read_text(encoding="utf-8"), name
        differing += [name] * (shown(lasting(path)) != shown(lasting(FOLDER / name)))
    assert differing == []
