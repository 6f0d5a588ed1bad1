"""Figures of the report: those chosen of notebooks, and those drawn from findings in the reader's language.

A chapter for each study, and within it a page for each of its areas.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis import areas, catalog, evidence
from analysis.findings.measures import MEASURES, area_name, capital, number, title, value_words
from analysis.jobs import SYNTHETIC, analyses_of
from analysis.plots import Footer, dots, png
from analysis.report import chapters, pages, prose
from analysis.report.annexes import key_findings
from analysis.report.document import Block, Picture, Prose, Section
from analysis.report.material import Material, Shown, frame

# Why a finding is not known, as figures hatch it.
_REASONS = {"refused": "refused", "withheld": "suppressed", "not reported": "not reported", "not read": "not read"}
_PROTECTED = "suppressed: small number protected"
# Of a study: so many measures are drawn, each of which is known in so many places at least.
MOST, FEWEST_PLACES = 3, 3
_MOST_NUMBERS = 4
_LONGEST_SOURCE = 70  # letters
_FIRST_SENTENCE = re.compile(r"\A.*?(?:\.(?=\s|$)|$)", re.DOTALL)


@dataclass(frozen=True)
class WordedFooter(Footer):
    """A footer whose sentence is of another language than English.

    Parameters
    ----------
    worded : the whole sentence.
    """

    worded: str = ""

    @property
    def text(self) -> str:
        return self.worded or super().text


def of_study(material: Material, study: str) -> list[Picture]:
    """Figures of the measures that the outline names for areas, as far as enough places have a known value."""
    return [_figure(material, study, name) for name in drawn_measures(material, study)[:MOST]]


def drawn_measures(material: Material, study: str) -> list[str]:
    """Measures, each with one item, that can be drawn: those of the outline first, then those known in most places."""
    table = _of_places(material, study)
    known = table[table["status"].eq("known") & table["unit"].ne("level")]
    counts = known.groupby("name").size()
    counts = counts[counts >= FEWEST_PLACES]
    named = [
        name
        for measure in material.texts.outline.areas.measures
        for name in sorted(counts.index)
        if name == measure or name.startswith(f"{measure}.")
    ]
    others = sorted(counts.index, key=lambda name: (-int(counts[name]), name))
    first: dict[str, str] = {}
    for name in [*named, *others]:
        first.setdefault(name.partition(".")[0], name)
    return list(first.values())


def of_notebook(material: Material, analysis: str, area_id: str, name: str) -> tuple[Block, ...]:
    """A figure that a notebook shows; nothing where it shows none.

    It is in English, as its description is: in another language its caption says so, and the description follows.
    """
    # What follows from invented persons is named so.
    found = material.shown(analysis, area_id, name) or material.shown(analysis, area_id, name + SYNTHETIC)
    if found is None:
        return ()
    frame = material.frame
    english = material.language == "en"
    caption = caption_of(material, found, area_id, name)
    alt = found.alt if english else f"{caption} {frame('figures', 'in_english')}"
    picture = Picture(
        name=re.sub(r"[^a-z0-9_-]", "", f"{area_id}-{analysis}-{name}".lower()),
        png=found.png,
        number=0,
        caption=caption,
        alt=alt,
        language=material.language,
        synthetic=found.synthetic,
    )
    return (picture,) if english else (picture, _description(material, found.alt))


def caption_of(material: Material, found: Shown, area_id: str, name: str) -> str:
    """The caption of a notebook's figure in the document's language; without one, that of the English description."""
    captions = material.frame.said["captions"]
    place = area_name(area_id, material.language)
    if name in captions:
        return str(captions[name]).format(area=place)
    if material.language == "en":
        return f"{place}: {_FIRST_SENTENCE.findall(found.alt)[0]}"
    return f"{place}. {material.frame('figures', 'in_english')}"


def _description(material: Material, alt: str) -> Prose:
    said = html.escape(material.frame("figures", "description"))
    fragment = f'<details><summary>{said}</summary><p lang="en">{html.escape(alt)}</p></details>'
    return Prose(pages.prose(fragment), material.language)


def _of_places(material: Material, study: str) -> pd.DataFrame:
    """Findings on the areas of a study, and not on the study as a whole, with measure and item as one name."""
    table = material.table
    here = table[(table["study"] == study) & table["area_id"].isin(areas.ids(study))]
    return here.assign(name=[finding_id.partition("/")[2] for finding_id in here["finding_id"]])


def _figure(material: Material, study: str, name: str) -> Picture:
    words, language = material.frame, material.language
    table = _of_places(material, study)
    table = table[table["name"] == name].set_index("area_id").reindex(areas.ids(study)).dropna(subset=["finding_id"])
    rows = [{**row, "area_id": area_id} for area_id, row in table.to_dict("index").items()]
    numbers = _first_and_last(material.numbered([str(row["finding_id"]) for row in rows]))
    counts = {"known": sum(row["status"] == "known" for row in rows), "total": len(rows), "numbers": numbers}
    named = capital(title(rows[0], language), language)
    synthetic = material.invented(str(row["finding_id"]) for row in rows)
    said = words("figures", "footer", source=_sources(material, rows), period=_period(material, rows), **counts)
    footer = WordedFooter("–", "–", "–", "–", synthetic=synthetic, worded=said)
    figure = by_area(rows, language, title=words("figures", "title", measure=named), footer=footer)
    listed = "; ".join(
        f"{area_name(str(row['area_id']), language)}{words('colon')} {value_words(row, language)}" for row in rows
    )
    return Picture(
        name=re.sub(r"[^a-z0-9_-]", "_", f"{study}-{name}".lower()),
        png=png(figure),
        number=0,
        caption=words("figures", "caption", measure=named, **counts),
        alt=words("figures", "alt", title=words("figures", "title", measure=named), listed=listed),
        language=language,
        synthetic=synthetic,
    )


def by_area(rows: Sequence[dict[str, Any]], language: str, *, title: str, footer: Footer) -> Figure:
    """One finding of several areas, in the order given: all that is written is in the language.

    Parameters
    ----------
    rows : findings of one measure and item, one an area, as the table of findings has them.
    """
    said = frame(language).group("figures")
    ranges = {row["interval"] for row in rows if row["status"] == "known" and row["low"] != row["high"]} == {"range"}
    between = said["range" if ranges else "bounds"]
    # Over the hatching of each row stands why; the key need not say it.
    own = {"between bounds": between, "at least so many": said["no_upper"], "not known": "", _PROTECTED: ""}
    why = {_REASONS[row["status"]]: value_words(row, language) for row in rows if row["status"] != "known"}
    table = pd.DataFrame([_drawn(row, language) for row in rows])
    figure = dots(
        table,
        band=("band_low", "band_high"),
        text="text",
        reason="reason",
        estimate_label=said["dot"],
        interval_label=said["confidence"],
        band_label=between,
        words=own | why,
        title=title,
        footer=footer,
    )
    unit = MEASURES[str(rows[0]["measure"])].unit
    scale = figure.axes[0].xaxis
    scale.set_major_formatter(lambda value, _: _on_scale(value, unit, language))
    numbers = table[["estimate_low", "estimate_high", "low", "high"]].stack()
    if (numbers[np.isfinite(numbers)] % 1 == 0).all():
        scale.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], integer=True))
    return figure


def _drawn(row: dict[str, Any], language: str) -> dict[str, object]:
    """A finding as a row of dots: its value with limits around it, or the bounds between which it lies."""
    known, value = row["status"] == "known", float("nan") if row["value"] is None else float(row["value"])
    low, high = (float(row[end]) if known else float("nan") for end in ("low", "high"))
    limited = known and row["interval"] == "confidence"
    exact = known and (low == high or value == value)
    estimate = (low if low == high else value,) * 2 if exact else (low, high)
    # Of limits around bounds no value is known: they are drawn as what the figure lies between.
    around = (low, high) if exact and low < high else (float("nan"),) * 2
    bounds = dict(zip(("low", "high") if limited else ("band_low", "band_high"), around, strict=True))
    return {
        "label": area_name(str(row["area_id"]), language),
        "estimate_low": estimate[0],
        "estimate_high": estimate[1],
        **dict.fromkeys(("low", "high", "band_low", "band_high"), float("nan")),
        **bounds,
        "reason": "" if known else _REASONS[str(row["status"])],
        "text": value_words(row, language) if known else "",
    }


def _on_scale(value: float, unit: str, language: str) -> str:
    """A number on a scale: the unit is said beside the rows, but for per cent."""
    decimals = next((digits for digits in (0, 1, 2) if abs(value - round(value, digits)) < 1e-9), 3)
    return number(value, unit if unit in ("percent", "percent_a_year") else "", decimals, language)


def _sources(material: Material, rows: Sequence[dict]) -> str:
    ids = dict.fromkeys(each for row in rows for each in str(row["source_ids"]).split(";"))
    listed = set(catalog.load("sources")["source_id"])
    cited = [each for each in ids if each in listed]
    if not cited:
        return material.frame("figures", "no_source")
    return re.sub(r";? and (\d+) more$", r" + \1", evidence.short_source(cited, _LONGEST_SOURCE))


def _first_and_last(numbers: str) -> str:
    """Numbers of findings, of many the first and the last."""
    parts = numbers.split(", ")
    return numbers if len(parts) <= _MOST_NUMBERS else f"{parts[0]}, {parts[1]}, … {parts[-1]}"


def _period(material: Material, rows: Sequence[dict]) -> str:
    years = sorted({year for row in rows for year in re.findall(r"\d{4}", str(row["period"]))})
    return "–".join(dict.fromkeys([years[0], years[-1]])) if years else material.frame("figures", "undated")


# So many figures of notebooks stand on the page of an area.
MOST_FIGURES = 2


def chapter(material: Material, study: str) -> Section:
    """What a study found: its text, its key findings, its figures, and the pages of its areas."""
    outline = material.texts.outline.chapters[study]
    text, invented = prose.chapter(material, study)
    title = material.frame("key_findings", area=area_name(study, material.language))
    found = key_findings(material, outline.findings, f"findings-{study}", title)
    chosen = [of_notebook(material, each.analysis, each.area_id, each.name) for each in outline.figures]
    shown = [block for blocks in chosen for block in blocks]
    blocks = (*text, *found, *of_study(material, study), *shown, *links(material, study, study))
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
        of_notebook(material, analysis, area_id, name)
        for analysis, name in material.texts.outline.areas.figures.get(study, ())
    ]
    shown = [block for blocks in [each for each in figures if each][:MOST_FIGURES] for block in blocks]
    advice = prose.written(material, chapters.of_area(material, study, area_id))
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
