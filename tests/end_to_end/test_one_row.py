"""One corrected row: only the pages that asked for it are run, and all is byte for byte as after a full run."""

import csv
import hashlib
import io
import random
import re
import shutil

import pytest
from projects import products, run_analysis

# Tables of the evidence, and the columns of which a row says something else after a correction.
TABLES = {
    "official_counts": ("value", "low", "high"),
    "unodc_detected_victims": ("value", "low", "high"),
    "unodc_forms_of_exploitation": ("value", "low", "high"),
    "unodc_citizenship_flows": ("value", "low", "high"),
    "population": ("value", "low", "high"),
    "turkiye_facts": ("note",),
    "cabo_verde_facts": ("note",),
    "route_mentions": ("form", "note"),
    "treaties": ("note",),
    "tiers": ("note",),
    "prevalence_estimates": ("note",),
    "forms_of_exploitation": ("note",),
    "suggested_actions": ("action",),
    "sources": ("title",),
}
# The areas whose pages are run: rows of others are corrected as well, and concern few of these pages or none.
AREAS = ("TR-27", "SEN", "CPV-SAL")
CHOSEN = [word for area_id in AREAS for word in ("--area", area_id)]
NAMED = {"SEN", "TR-27", "TUR", "CPV-SAL", "CPV"}
MADE_BY_A_RUN = ("data/processed/runs/", "data/processed/staged/")


@pytest.fixture(scope="module")
def projects(released, tmp_path_factory):
    """Two projects whose notebooks are up to date: of one only those that a row concerns are run, of the other all."""
    folder = tmp_path_factory.mktemp("rows")
    return tuple(shutil.copytree(released, folder / name) for name in ("by_rows", "full"))


def corrected(project, seed: int) -> str:
    """Correct a row of a table, drawn at random, and its digest in the catalogue; returns which."""
    draw, table = random.Random(seed), list(TABLES)[seed % len(TABLES)]
    path, catalogue = project / f"data/raw/evidence/{table}.csv", project / "data/raw/catalog.yml"
    header, *rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    ours = [at for at, row in enumerate(rows) if NAMED & set(row)]
    # Two of three rows are of the areas that are run.
    at = draw.choice(ours if ours and draw.random() < 2 / 3 else range(len(rows)))
    for column in TABLES[table]:
        place = header.index(column)
        cell = rows[at][place]
        rows[at][place] = str(int(cell) + 1) if re.fullmatch(r"\d+", cell) else cell
        if column in ("note", "title", "action"):
            rows[at][place] = f"{cell} Corrected."
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows([header, *rows])
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text(sink.getvalue(), encoding="utf-8")
    listed = catalogue.read_text(encoding="utf-8")
    assert before in listed
    catalogue.write_text(listed.replace(before, hashlib.sha256(path.read_bytes()).hexdigest()), encoding="utf-8")
    return f"{table}, row {at + 2}"


def made(project) -> dict[str, bytes]:
    return {path: content for path, content in products(project).items() if path.startswith(MADE_BY_A_RUN)}


def as_after_a_full_run(projects, seed: int) -> int:
    """Correct a row in both projects, run, and compare; returns how many notebooks the row concerned."""
    by_rows, full = projects
    which = {corrected(project, seed) for project in projects}
    ran = run_analysis("run", *CHOSEN, project=by_rows)
    again = run_analysis("run", *CHOSEN, "--again", project=full)
    assert (ran.returncode, again.returncode) == (0, 0), ran.stderr + again.stderr
    one, all_of_them = made(by_rows), made(full)
    differing = [path for path in sorted({*one, *all_of_them}) if one.get(path) != all_of_them.get(path)]
    assert not differing, (which, differing)
    number = re.search(r"(\d+) notebooks? ran", ran.stdout)
    return int(number[1]) if number else 0


@pytest.mark.slow
@pytest.mark.end_to_end
@pytest.mark.parametrize("seed", [0, 1, 7])
def test_a_corrected_row_leads_to_the_bytes_of_a_full_run(projects, seed):
    assert as_after_a_full_run(projects, seed) < 10


@pytest.mark.soak
def test_forty_corrected_rows_lead_to_the_bytes_of_full_runs_one_by_one(projects):
    numbers = [as_after_a_full_run(projects, seed) for seed in range(40)]
    # A row concerns few pages, and some rows none of these areas.
    assert sum(numbers) / len(numbers) < 5 and 0 in numbers
