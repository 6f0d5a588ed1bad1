"""A chapter for each study, and within it a page for each of its areas."""

from __future__ import annotations

import html

from analysis import areas
from analysis.findings.sentences import area_name
from analysis.jobs import analyses_of
from analysis.report.contents import drawn, prose, recommended
from analysis.report.contents.finding_tables import key_findings
from analysis.report.contents.material import Material
from analysis.report.document import Block, Prose, Section

# So many figures of notebooks stand on the page of an area.
MOST_FIGURES = 2


def chapter(material: Material, study: str) -> Section:
    """What a study found: its text, its key findings, its figures, and the pages of its areas."""
    outline = material.texts.outline.chapters[study]
    text, invented = prose.chapter(material, study)
    title = material.frame("key_findings", area=area_name(study, material.language))
    found = key_findings(material, outline.findings, f"findings-{study}", title)
    chosen = [drawn.of_notebook(material, each.analysis, each.area_id, each.name) for each in outline.figures]
    shown = [block for blocks in chosen for block in blocks]
    blocks = (*text, *found, *drawn.of_study(material, study), *shown, *links(material, study, study))
    return Section(
        study,
        material.frame("chapters", study),
        blocks,
        tuple(area_page(material, study, area_id) for area_id in areas.ids(study)),
        synthetic=invented or _any_synthetic(blocks),
    )


def area_page(material: Material, study: str, area_id: str) -> Section:
    """The page of an area: its key findings, figures of its analyses, its recommendations, and links to these."""
    named = area_name(area_id, material.language)
    title = material.frame("key_findings", area=named)
    found = key_findings(material, material.chosen_of_area(study, area_id), f"findings-{area_id}".lower(), title)
    figures = [
        drawn.of_notebook(material, analysis, area_id, name)
        for analysis, name in material.texts.outline.areas.figures.get(study, ())
    ]
    shown = [block for blocks in [each for each in figures if each][:MOST_FIGURES] for block in blocks]
    advice = prose.written(material, recommended.of_area(material, study, area_id))
    blocks: tuple[Block, ...] = (*found, *shown, advice, *links(material, study, area_id))
    return Section(f"area-{area_id}", named, blocks, kind="area", synthetic=_any_synthetic(blocks))


def links(material: Material, study: str, area_id: str) -> tuple[Prose, ...]:
    """Links to the pages of all analyses of a place; nothing where it has none."""
    items = []
    for analysis in analyses_of(study, area_id):
        address, named = material.address(analysis, area_id), html.escape(material.frame("analyses", analysis))
        if address:
            items.append(f'<li><a href="{html.escape(address)}">{named}</a></li>')
    if not items:
        return ()
    said, headed = (html.escape(material.frame(name)) for name in ("analyses_of", "analyses_title"))
    return (prose.written(material, f"<h2>{headed}</h2><p>{said}</p><ul>{''.join(items)}</ul>"),)


def _any_synthetic(blocks: tuple[Block, ...]) -> bool:
    return any('class="synthetic"' in block.html if isinstance(block, Prose) else block.synthetic for block in blocks)
