"""A report in four languages from few findings and short texts, for tests of it; no number in it is a finding."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import yaml
from PIL import Image, ImageDraw

from analysis import areas
from analysis.catalog import Dataset
from analysis.findings.finding import Finding, as_table
from analysis.monitoring import changes
from analysis.recommendations import texts as written
from analysis.report import edition, layout, typeset
from analysis.report.edition import Edition, Material
from analysis.report.site import site
from analysis.report.writer import Shown

LANGUAGES = ("en", "fr", "pt", "tr")
METHOD = "Read from <b>reports</b> & tables (UNODC, 2025)."
LIMITS = "Detected, not incidence."
WHY = "No figure was sent for any year."
# Bibliography: one of the sources of the project itself.
SOURCE, OTHER_SOURCE = "TIP2022_CPV", "UNICEF2021_GHA"
ALT = 'Dots, one an area: "Senegal" <leads>, 1 \\ 2 & it’s more.'


def found(area_id: str, measure: str, value: float | None = None, **said: object) -> Finding:
    """A finding; without a value and bounds one that nobody reported."""
    measure, _, item = measure.partition(".")
    known = {"value": value, "period": "2020", "n": value} if value is not None else {}
    if value is None and "low" not in said:
        known = {"status": "not reported", "why": WHY}
    texts = {"method": METHOD, "limits": LIMITS, "source_ids": (SOURCE,)}
    return Finding(areas.get(area_id), measure, **{"item": item, **texts, **known, **said})


UNSURE = {"low": 0, "high": 3, "interval": "bounds"}
FINDINGS = (
    found("west_africa", "detected_victims.unodc", 900),
    found("west_africa", "countries_with_gap.C2", 9),
    found("SEN", "detected_victims.unodc", 1234),
    found("SEN", "detected_victims.us_reports"),
    found("SEN", "detected_child_victims.us_reports", 0),
    found("SEN", "share_of_children.unodc", 41.5, n=200, source_ids=(SOURCE, OTHER_SOURCE)),
    # In place, a gap rated high, one rated low, and two of which nobody knows.
    found("SEN", "gap.A1", 0),
    found("SEN", "gap.A2", 3, source_ids=(OTHER_SOURCE,)),
    found("SEN", "gap.B1", 1),
    found("SEN", "gap.B2", status="not read", why="Not read."),
    found("SEN", "gap.B3", **UNSURE),
    found("SEN", "state.A1", 0, period="2022"),
    found("SEN", "state.A2", 2, source_ids=(OTHER_SOURCE,)),
    found("SEN", "state.B1", 1),
    found("SEN", "state.B2"),
    found("SEN", "state.B3"),
    # Asked of others: Senegal has no state of it.
    found("west_africa", "countries_with_gap.B4", 1),
    found("GMB", "detected_victims.unodc", low=1, high=4, interval="figure", period="2019"),
    found("GMB", "gap.A2", 3),
    found("TGO", "detected_victims.unodc"),
    found("turkiye", "detected_child_victims.unodc", 240),
    found("TR-27", "detected_victims.any_source"),
    found("TR-27", "official_persons.syrians_temporary_protection", 329101, period="2026-01-22"),
    found("TR-35", "detected_victims.any_source", 56, period="2023-04/2024-03"),
    found("cabo_verde", "official_reports.icca_child_sexual_abuse_reports", 77),
    found("CPV-SAL", "detected_victims.any_source", 5),
    found("CPV-SAL", "headline.victims", 5),
)
# The same of persons who do not exist.
FROM_SYNTHETIC = found("TR-27", "detected_victims.us_reports", 81, kind="synthetic", release_class="protected")

CHAPTERS = {
    ("summary", "en"): """# Summary

[[SEN/detected_victims.unodc]] victims in [[SEN/detected_victims.unodc|period]]; [[count:areas.turkiye]] provinces,
[[term:sdg]]. [[TGO/detected_victims.unodc|sentence]] More: [recommendations](#recommendations).

## Numbers

[[numbers:SEN/detected_victims.unodc GMB/detected_victims.unodc]]
""",
    ("turkiye", "en"): """[[TR-35/detected_victims.any_source]] victims (İzmir, Şanlıurfa); see the [summary](#summary).

## Provinces

[[table:provinces]]

[[figure:incidence/TR-27/over_the_years|Official figures of Gaziantep]]

[[actions:TR-one]]
""",
    ("west_africa", "en"): """[[west_africa/detected_victims.unodc]] victims.

## Sources

### Gaps

[[table:high_gaps]]

[[figure:incidence/SEN/detected_by_year|Detected in Senegal]]

[[figure:trends/SEN/nowhere|Not shown]]
""",
    ("cabo_verde", "en"): "On Sal [[CPV-SAL/detected_victims.any_source]].\n\n## Cases\n\n[[table:cases]]\n",
    ("method", "en"): "Read and counted.\n\n## Limits\n\nWhat is not known stays unknown.\n",
    ("lessons", "en"): "Few are known.\n",
    ("summary", "fr"): "# Résumé\n\nAu total [[west_africa/detected_victims.unodc]], où naît l’œuvre ; [[term:sdg]].\n",
    ("west_africa", "fr"): "## Sénégal\n\n[[SEN/detected_victims.unodc]].\n\n[[table:high_gaps]]\n\n"
    "[[figure:incidence/SEN/detected_by_year|Victimes au Sénégal]]\n",
    ("summary", "pt"): "Órgãos, ações, língua: [[CPV-SAL/detected_victims.any_source]].\n",
    ("cabo_verde", "pt"): "Na ilha do Sal [[CPV-SAL/detected_victims.any_source]].\n",
    ("summary", "tr"): "Iğdır, İzmir, Şanlıurfa, güçlü: [[turkiye/detected_child_victims.unodc]].\n",
    ("turkiye", "tr"): "Mağdurlar: [[TR-35/detected_victims.any_source]].\n\n## İller\n\n[[table:provinces]]\n",
}
BRIEFS = {
    ("turkiye", "en"): "## The answer\n\n[[turkiye/detected_child_victims.unodc]] children.\n\n## Numbers\n\n"
    "[[numbers:turkiye/detected_child_victims.unodc]]\n",
    ("west_africa", "en"): "## The answer\n\n[[west_africa/detected_victims.unodc]] victims.\n",
    ("west_africa", "fr"): "## La réponse\n\n[[west_africa/detected_victims.unodc]] victimes.\n",
}
# Cabo Verde has neither a layout of its own nor a brief, as a study has none that is new.
LAYOUT = {
    "tables": {
        "provinces": {
            "rows": "areas",
            "place": "turkiye",
            "caption": {"en": "What is known of each province", "tr": "Her il için bilinenler"},
            "columns": [{"head": {"en": "Victims", "tr": "Mağdurlar"}, "measures": ["detected_victims.any_source"]}],
        },
        "high_gaps": {
            **{"rows": "gaps", "place": "west_africa", "at_least": 3},
            "caption": {"en": "Gaps rated high", "fr": "Lacunes jugées élevées"},
        },
        "cases": {
            **{"rows": "counts", "place": "CPV", "caption": {"en": "Cases in US reports"}},
            "indicators": {"convictions": {"en": "Convictions"}},
        },
    },
    "areas": {
        "turkiye": {
            "opening": [["detected_victims.any_source"], ["official_persons.syrians_temporary_protection"]],
            "numbers": [["detected_victims.any_source"], ["official_persons.syrians_temporary_protection"]],
            "of_study": ["turkiye/detected_child_victims.unodc"],
            "unknown": ["detected_victims.any_source"],
            "figures": [{"analysis": "incidence", "name": "over_the_years"}],
        },
        "west_africa": {
            # Of each group the first that is known and not zero.
            "opening": [["detected_child_victims.us_reports", "detected_victims.unodc"], ["share_of_children"]],
            "numbers": [["detected_victims.us_reports", "detected_victims.unodc"], ["share_of_children"]],
            "of_study": ["west_africa/countries_with_gap.C2"],
            "unknown": ["detected_victims", "share_of_children"],
            "figures": [{"analysis": "incidence", "name": "detected_by_year"}],
        },
    },
}


def _advice(study: str, condition: object, *languages: str, **said: object) -> dict:
    text = {language: f"Ask in {study} ({language})." for language in ("en", *languages)}
    rules = {"priority": "high", "time_frame": "within_1_year", "sdg": ["8.7"], "rests_on": condition}
    return {"study": study, "text": text, "addressee": text, "action": text, **rules, **said}


SENEGAL = {"finding": "SEN/detected_victims.unodc", "above": 1000}
FILES: Mapping[str, object] = {
    "layout": LAYOUT,
    "recommendations": {
        "WA-one": _advice("west_africa", SENEGAL, "fr"),
        "WA-two": _advice("west_africa", {"finding": "TGO/detected_victims.unodc", "above": 0}, "fr", areas=["TGO"]),
        "TR-one": _advice("turkiye", {"finding": "TR-35/detected_victims.any_source", "above": 10}),
        "CV-one": _advice("cabo_verde", {"finding": "CPV-SAL/detected_victims.any_source", "above": 3}, "pt"),
    },
    "commitments": {
        "islands": {
            **{"title": {"en": "Islands"}, "text": {"en": "Assess all."}, "source": "https://www.icmpd.org/news"},
            "activities": [{"text": {"en": "Meet."}, "outputs": ["report"]}],
        }
    },
    "lessons": {"L1": {"text": {"en": "Few are known: [[GMB/detected_victims.unodc]]."}}},
    "terms": {"sdg": {"en": "SDG target 8.7", "fr": "cible 8.7 des ODD"}},
    "questions/west_africa": [
        {"question": {"en": "How many?"}, "place": "The answer", "cites": ["west_africa/detected_victims.unodc"]},
        {"question": {"en": "Why?"}, "unanswered": {"en": "Nobody asks in [[count:areas.west_africa]] countries."}},
    ],
}
DATASETS = (
    Dataset("public_one", "a.csv", "Public counts", "public", "CC0", "UNODC", "read", "2026-03-04", "a" * 64),
    Dataset("secret", "turkiye/c.csv", "List of Kanaryaoglu", "confidential", "none", "police", "x", "2024", "c" * 64),
)
DOWNLOADS = {
    **{f"pledge_report_{language}.pdf": b"%PDF-" + b"x" * 1_250_000 for language in LANGUAGES},
    "brief_SEN_en.pdf": b"%PDF-", "brief_SEN_fr.docx": b"PK", "findings.csv": b"finding_id\n",
    "monitoring_frame.csv": b"row_id\n",
}  # fmt: skip
ANALYSES = "../../index.html"


@cache
def picture(width: int = 902, height: int = 520) -> bytes:
    """A PNG of the size that figures have."""
    drawn = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(drawn).line((60, 60, width - 60, height - 60), fill="#0072b2", width=3)
    file = io.BytesIO()
    drawn.save(file, "PNG")
    return file.getvalue()


def shown(analysis: str, area_id: str, stem: str, language: str = "en", highest: int = 0) -> Shown | None:
    """What notebooks show: figures of `incidence` alone."""
    return Shown(picture(), ALT) if analysis == "incidence" else None


def fragment(markdown: str) -> str:
    """A text as HTML without a page around it."""
    return typeset.pandoc(["--to=html"], markdown).decode()


def written_to(folder: Path, chapters: Mapping[tuple[str, str], str] = CHAPTERS) -> Path:
    """The texts as people have them in a folder."""
    files = {f"{name}.yml": yaml.safe_dump(said, allow_unicode=True, sort_keys=False) for name, said in FILES.items()}
    files |= {f"chapters/{language}/{name}.md": text for (name, language), text in chapters.items()}
    files |= {f"briefs/{language}/{study}.md": text for (study, language), text in BRIEFS.items()}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def table(*more: Finding) -> pd.DataFrame:
    """The findings as the batch collects them."""
    made = {"notebook": "notebooks/incidence.ipynb", "notebook_sha256": "d" * 64, "inputs": "public_one:01;secret:45"}
    return as_table([{**finding.row(), **made} for finding in (*FINDINGS, *more)])


@cache
def material() -> Material:
    """What the report is made from."""
    now = table()
    with tempfile.TemporaryDirectory() as name:
        folder = written_to(Path(name) / "pledge")
        texts, rules = written.read(folder), layout.read(folder)
        briefs, questions = edition.read_briefs(folder), edition.read_questions(folder)
    then = now.copy()
    then.loc[then["finding_id"] == "SEN/detected_victims.unodc", ["value", "low", "high"]] = 200.0
    return Material(now, texts, rules, briefs, questions, shown, changes(then, now), DATASETS)


@cache
def synthetic() -> Material:
    """The same with a finding on persons who do not exist."""
    return replace(material(), table=table(FROM_SYNTHETIC))


def saying(name: str, text: str, language: str = "en") -> Material:
    """The same with another chapter."""
    chapters = {**material().texts.chapters, (name, language): text}
    return replace(material(), texts=replace(material().texts, chapters=chapters))


@cache
def in_print(language: str) -> Edition:
    """The edition for print."""
    return edition.in_print(material(), language)


@cache
def editions() -> tuple[Edition, ...]:
    """The editions for the site."""
    return tuple(edition.on_site(material(), language) for language in LANGUAGES)


@cache
def made_site() -> Mapping[str, bytes]:
    """The site as files."""
    return site(editions(), material(), DOWNLOADS, ANALYSES)


class Read(HTMLParser):
    """Links, anchors, headings and tags of a page."""

    def __init__(self, page: bytes | str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.levels: list[int] = []
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(page if isinstance(page, str) else page.decode())

    def handle_starttag(self, tag: str, attrs: list) -> None:
        said = dict(attrs)
        self.tags.append((tag, said))
        self.ids += [said["id"]] if "id" in said else []
        self.links += [said["href"]] if tag == "a" and "href" in said else []
        self.levels += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []

    def handle_data(self, data: str) -> None:
        self.text += data
