"""Tables that the notebooks of a run share, computed once: kernels are forked from a process that imported this.

`SHARED` names studies and analyses; of these the modules that notebooks import are loaded, and the tables of public
evidence that all their areas read. A kernel finds them as if it had computed them, and what it asks for counts as read.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Sequence

from analysis import areas, bibliography, catalog, evidence, evidence_coverage, texts
from analysis.batch.kernel_provisioner import shared_pairs
from analysis.batch.provenance import imported_by
from analysis.data_read import forget_reads
from analysis.exhibits import area_indicators, detection, referral_evidence, route
from analysis.findings import measures
from analysis.jobs import ALL
from analysis.plots.style import text_width

# Analyses from which on it is worth measuring letters for all kernels: a few notebooks measure few.
MANY = 6


def load(pairs: Sequence[tuple[str, str]]) -> None:
    """Load what notebooks share, by study and analysis; what cannot be read is left to the notebook that needs it."""
    for analysis in dict.fromkeys(analysis for _, analysis in pairs):
        for module in (name for template in ALL[analysis].templates for name in imported_by(template)):
            # Whatever is wrong with it is said by the notebook that imports it.
            with contextlib.suppress(Exception):
                importlib.import_module(module)
    studies = dict.fromkeys(study for study, _ in pairs)
    for name, entry in catalog.datasets().items():
        # Those of a study that is not run are read by none, and those of real persons by nobody before a notebook asks.
        if entry.kind != "confidential" and (entry.study is None or entry.study in studies):
            # Lists and boundaries are no tables of evidence.
            with contextlib.suppress(catalog.CatalogError):
                catalog.load(name)
    with contextlib.suppress(catalog.CatalogError):
        bibliography.source_ids()
        route.country_names()
    for study in studies:
        with contextlib.suppress(catalog.CatalogError):
            areas.boundaries(study)
            areas.surroundings(study)
            bibliography.sources((study,))
    if len(pairs) > MANY:
        # How wide letters are is measured before all figures are drawn, and not by each kernel.
        for line in texts.FILE.read_text(encoding="utf-8").splitlines():
            text_width(line, 10)
            text_width(line, 10, bold=True)
        # The first number in words loads the names and signs of a language.
        measures.number(0.5, "percent", 1)
        measures.words()
    for study, analysis in pairs:
        # Of records of persons each notebook reads its own tables.
        if analysis in _COMPUTED:
            with contextlib.suppress(catalog.CatalogError):
                _COMPUTED[analysis](study)
    forget_reads()


def _figures(study: str) -> None:
    evidence.detected_victims()
    evidence.facts(study=study)
    evidence.population(study=study)
    detection.names_of()


def _incidence(study: str) -> None:
    _figures(study)
    evidence_coverage.states(areas.ids(study))
    evidence.prevalence()
    for indicator in area_indicators.compared_indicators(study):
        area_indicators.counted(study, indicator)


def _routes(study: str) -> None:
    evidence.route_mentions()
    evidence.readable_reports()


def _referral(study: str) -> None:
    referral_evidence.answers()
    evidence.route_mentions()


_COMPUTED = {"incidence": _incidence, "trends": _figures, "routes": _routes, "referral_mechanisms": _referral}

load(shared_pairs(os.environ))
