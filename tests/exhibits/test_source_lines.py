"""The source line of each figure names the sources of its section, and no others."""

import pytest
from figure_texts import words
from notebook_cells import run_cells

from analysis import bibliography
from analysis.exhibits import exhibit as exhibits
from analysis.exhibits.exhibit import exhibits_of

PAGES = [
    ("incidence", "west_africa"),
    ("incidence", "SEN"),
    ("incidence", "turkiye"),
    ("incidence", "cabo_verde"),
    ("trends", "turkiye"),
    ("trends", "cabo_verde"),
    ("routes", "west_africa"),
    ("routes", "SEN"),
    ("referral_mechanisms", "SEN"),
]


def sources_of(line: str) -> list[str]:
    """The sources that a footer names in full: what stands between "Source:" and "Period:", without "and 3 more"."""
    named = line.split("Source: ")[1].split(" · Period:")[0].split("; ")
    return [each for each in named if not (each.startswith("and ") and each.endswith(" more"))]


def makers(line: list[str]) -> set[str]:
    """Who published, without years and numbers of publications, of which a figure may draw some only."""
    return {each.split(" (in ")[0].rstrip("0123456789-– ").split(" (figures")[0] for each in line}


@pytest.mark.slow
@pytest.mark.parametrize(("analysis", "area_id"), PAGES)
def test_the_source_line_of_each_figure_names_the_sources_of_its_section_alone(analysis, area_id, monkeypatch):
    seen = {}

    def publish(given):
        for exhibit in exhibits_of(given):
            if exhibit.figure is not None and not getattr(exhibit.figure, "empty", ""):
                seen[exhibit.name] = (exhibit.figure, exhibit)

    monkeypatch.setattr(exhibits, "publish", publish)
    monkeypatch.setattr("analysis.exhibits.publish", publish)
    run_cells(analysis, area_id)
    assert seen
    for name, (figure, section) in seen.items():
        named = sources_of(words(figure))
        # A maker of several publications is called by its name, and that of one by the page that quotes it.
        together = bibliography.short_source(section.source_ids, 100_000)
        alone = "; ".join(bibliography.short_source([each]) for each in section.source_ids)
        cited = sources_of(f"Source: {together}; {alone} · Period:")
        assert named and makers(named) <= makers(cited), name
