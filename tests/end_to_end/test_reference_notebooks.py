"""The notebooks print on this machine what they printed when their references were committed."""

import nbformat
import pytest
from projects import NOTEBOOKS, ROOT
from reference_notebooks import COMPARED, FOLDER, STUDY, executed, lasting

OF_A_STUDY = {f"{analysis}_{STUDY}.ipynb": analysis for analysis in COMPARED}
NAMES = sorted({path.name for path in FOLDER.glob("*.ipynb")} - set(OF_A_STUDY))


def test_each_notebook_of_the_run_has_a_reference(released):
    assert sorted(executed(released)) == NAMES and len(NAMES) == NOTEBOOKS


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_prints_what_its_reference_prints(released, name):
    printed, reference = lasting(executed(released)[name]), lasting(FOLDER / name)
    assert [cell.source for cell in printed.cells] == [cell.source for cell in reference.cells]
    for number, (now, before) in enumerate(zip(printed.cells, reference.cells, strict=True)):
        assert now.get("outputs") == before.get("outputs"), f"cell {number}: {now.source}"


def test_a_number_that_changed_would_be_noticed(released, tmp_path):
    name = "trends_SEN.ipynb"
    text = executed(released)[name].read_text(encoding="utf-8")
    at = text.index("</td><td>") + len("</td><td>")
    changed = tmp_path / name
    changed.write_text(f"{text[:at]}9{text[at:]}", encoding="utf-8")
    assert lasting(changed) != lasting(executed(released)[name])


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_reference_holds_no_warning_whose_text_names_a_folder_of_one_machine(path):
    for number, cell in enumerate(lasting(path).cells):
        said = [output.text for output in cell.get("outputs", []) if output.get("name") == "stderr"]
        assert not said, f"cell {number} prints to the error stream: {said}"


@pytest.mark.parametrize("name", OF_A_STUDY)
def test_the_reference_of_a_study_has_the_cells_of_its_notebook(name):
    compared = ROOT / f"notebooks/{OF_A_STUDY[name]}_compared.ipynb"
    template = compared if compared.exists() else ROOT / f"notebooks/{OF_A_STUDY[name]}.ipynb"
    notebook = nbformat.read(template, as_version=4)
    reference = nbformat.read(FOLDER / name, as_version=4)
    ran = [cell.source for cell in reference.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    assert ran == [cell.source for cell in notebook.cells]
