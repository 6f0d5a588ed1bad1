"""Why notebooks failed: what the batch itself knows reaches whoever runs them, and is said once for all of them."""

import dataclasses

import pytest

from analysis import catalog
from analysis.batch.execute import failed
from analysis.batch.products import Result
from analysis.batch.run import summary
from analysis.jobs import Job

WHY = "its case records could not be made: data/raw/turkiye/ngo.csv: no column 'Dogum'. Correct the mapping."


@pytest.fixture
def confidential(monkeypatch):
    """A catalogue with confidential data, where what a cell raises is never said."""
    name, entry = next(iter(catalog.datasets().items()))
    found = {**catalog.datasets(), name: dataclasses.replace(entry, kind="confidential")}
    monkeypatch.setattr(catalog, "datasets", lambda: found)


def test_what_the_batch_knows_is_said_beside_confidential_data_and_what_a_cell_raised_is_not(confidential):
    job = Job("trends", "west_africa", "SEN")
    assert failed(Result(job, reason=WHY), ours=True).reason == WHY
    assert WHY in next(iter(failed(Result(job, reason=WHY), ours=True).products.values())).decode()
    raised = failed(Result(job, reason="ValueError: Amina, 9 years"))
    assert raised.reason.startswith("ValueError: the message is suppressed")
    assert all(b"Amina" not in content for content in raised.products.values())


def test_a_reason_for_which_many_fail_is_said_once_with_the_first_of_them():
    jobs = [Job("trends", "west_africa", area) for area in ("SEN", "GMB", "MLI", "BEN")]
    results = [Result(job, reason=WHY) for job in jobs] + [Result(Job("routes", "west_africa", "SEN"), reason="other")]
    lines = [line for line in summary(results, 0).splitlines() if line.startswith("  failed")]
    several = "4 notebooks, west_africa/SEN/trends, west_africa/GMB/trends, west_africa/MLI/trends and 1 more"
    assert lines[0].startswith(f"  failed: {several}: {WHY} (see ")
    assert lines[1].startswith("  failed: west_africa/SEN/routes: other (see ") and len(lines) == 2
