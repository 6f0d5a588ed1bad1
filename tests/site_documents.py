"""A report in four languages with every kind of block, for the tests of the site; no number in it is a finding."""

from __future__ import annotations

import io
from functools import cache

import pandas as pd
from PIL import Image, ImageDraw

from analysis.report.document import Document, Picture, Prose, Rows, Section

LANGUAGES = ("en", "fr", "pt", "tr")
DOWNLOADS = {
    **{f"pledge_report_SYNTHETIC_{language}.pdf": b"%PDF-" + b"x" * 1_250_000 for language in LANGUAGES},
    "pledge_report_SYNTHETIC_en.docx": b"PK" + b"x" * 8_000,
    "findings_SYNTHETIC.csv": b"finding_id\n",
    "findings_SYNTHETIC.parquet": b"PAR1",
}
TITLES = {
    "en": ("Trafficking in children: results of the pledge", "Evidence, gaps and recommendations in three studies"),
    "fr": ("Traite des enfants : résultats de l’engagement", "Données, lacunes et recommandations de trois études"),
    "pt": ("Tráfico de crianças: resultados do compromisso", "Dados, lacunas e recomendações de três estudos"),
    "tr": ("Çocuk ticareti: taahhüdün sonuçları", "Üç çalışmanın verileri, boşlukları ve önerileri"),
}
STATES = {
    "en": "State of the data: 31 January 2024",
    "fr": "État des données : 31 janvier 2024",
    "pt": "Estado dos dados: 31 de janeiro de 2024",
    "tr": "Verilerin durumu: 31 Ocak 2024",
}
# Title and text of parts, by language; what is left out stands in English.
SAID = {
    "summary": {"en": "Executive summary", "fr": "Résumé", "pt": "Sumário executivo", "tr": "Yönetici özeti"},
    "turkiye": {"en": "Türkiye", "fr": "Türkiye", "pt": "Türkiye", "tr": "Türkiye"},
    "west_africa": {"en": "West Africa", "fr": "Afrique de l’Ouest", "pt": "África Ocidental", "tr": "Batı Afrika"},
    "recommendations": {"en": "Recommendations", "fr": "Recommandations", "pt": "Recomendações", "tr": "Öneriler"},
    "sources": {"en": "Sources", "fr": "Sources", "pt": "Fontes", "tr": "Kaynaklar"},
    "key": {"en": "Key findings", "fr": "Résultats clés", "pt": "Resultados principais", "tr": "Temel bulgular"},
    "detail": {"en": "In detail", "fr": "En détail", "pt": "Em pormenor", "tr": "Ayrıntılar"},
    "text": {
        "en": "Children without papers are hardly ever detected; where nobody looks nothing is found.",
        "fr": "Les enfants sans papiers ne sont presque jamais détectés. Là où personne ne cherche, on ne trouve rien.",
        "pt": "As crianças sem documentos quase nunca são detetadas, e onde ninguém procura nada se encontra.",
        "tr": "Kimliği olmayan çocuklar neredeyse hiç tespit edilmez; kimsenin aramadığı yerde mağdurlar bulunmaz.",
    },
    "caption": {
        "en": "Detected victims by area, with their bounds",
        "fr": "Victimes détectées par zone, avec leurs bornes",
        "pt": "Vítimas detetadas por área, com os seus limites",
        "tr": "Bölgelere göre tespit edilen mağdurlar ve sınırları",
    },
    "alt": {
        "en": "Dots with lines, one an area: the bounds of most areas overlap.",
        "fr": "Des points et des traits, un par zone : les bornes de la plupart des zones se recouvrent.",
        "pt": "Pontos com linhas, um por área: os limites da maioria das áreas sobrepõem-se.",
        "tr": "Her bölge için bir nokta ve bir çizgi: çoğu bölgenin sınırları örtüşür.",
    },
}
AREAS = {
    "turkiye": {"TR-27": "Gaziantep", "TR-63": "Şanlıurfa", "TR-35": "İzmir"},
    "west_africa": {"SEN": "Senegal", "CIV": "Côte d’Ivoire", "MRT": "Mauritania"},
}


@cache
def picture(colour: str = "#0072b2") -> bytes:
    """A PNG of the size that figures have."""
    drawn = Image.new("RGB", (902, 520), "white")
    pen = ImageDraw.Draw(drawn)
    for number in range(9):
        pen.line((200 + 20 * number, 60 + 50 * number, 520 + 30 * number, 60 + 50 * number), fill=colour, width=3)
        pen.ellipse((340 + 25 * number, 52 + 50 * number, 356 + 25 * number, 68 + 50 * number), fill=colour)
    file = io.BytesIO()
    drawn.save(file, "PNG")
    return file.getvalue()


def prose(name: str, language: str, more: str = "") -> Prose:
    return Prose(f"<p>{SAID[name][language]}</p>{more}", language)


def findings(first: int, count: int, area: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    numbers = range(first, first + count)
    table = pd.DataFrame(
        {
            "No.": [f"F{number}" for number in numbers],
            "Finding": [
                f"In {area}, between 40 and 90 victims of trafficking were detected ({number})." for number in numbers
            ],
            "n": [str(100 * number) for number in numbers],
            "Method": ["Count as reported; of several sources the one with the definition of the protocol is drawn."]
            * count,
            "Limits": ["Detected victims show what was looked for and found; they are not incidence."] * count,
        }
    )
    return table, tuple(f"finding-{number}" for number in numbers)


def rows(name: str, number: int, language: str, table: pd.DataFrame, **said) -> Rows:
    return Rows(name, table, number, SAID["caption"][language], language, **said)


def area_page(area_id: str, name: str, number: int, language: str, synthetic: bool) -> Section:
    table, anchors = findings(10 * number, 3, name)
    return Section(
        f"area-{area_id}",
        name,
        (
            prose("text", language, f'<p>See <a href="#finding-{10 * number}">F{10 * number}</a>.</p>'),
            rows(f"of_{area_id.lower()}", number, language, table, numeric=("n",), anchors=anchors),
        ),
        (
            Section(
                f"picture-{area_id}",
                SAID["detail"][language],
                (
                    Picture(
                        f"dots_{area_id.lower()}",
                        picture("#d55e00"),
                        number,
                        SAID["caption"][language],
                        SAID["alt"][language],
                        language,
                        synthetic,
                    ),
                    Prose("<h2>Analyses</h2><h4>Deeper</h4><p>Only in English.</p>", "en"),
                ),
                kind="part",
            ),
            Section(f"more-{area_id}", SAID["key"][language], (prose("text", language),), kind="part"),
        ),
        "area",
        synthetic,
    )


def study(name: str, first: int, language: str, synthetic: bool) -> Section:
    wide = pd.DataFrame({f"Column number {at}": [f"value {at}.{row}" for row in range(5)] for at in range(14)})
    return Section(
        name,
        SAID[name][language],
        (
            prose("text", language, '<p><a href="#finding-1">F1</a> and <a href="#wide_' + name + '">a table</a>.</p>'),
            Picture(
                f"dots_{name}", picture(), first, SAID["caption"][language], SAID["alt"][language], language, synthetic
            ),
        ),
        (
            Section(
                f"key-{name}",
                SAID["key"][language],
                (
                    Prose("<p>This text exists in English only. <strong>Refuge</strong> is none.</p>", "en"),
                    rows(f"wide_{name}", first, language, wide, synthetic=synthetic, note="A note. F1 & <b>."),
                ),
                kind="part",
            ),
            *(
                area_page(area_id, title, first + 1 + at, language, synthetic)
                for at, (area_id, title) in enumerate(AREAS[name].items())
            ),
        ),
        "chapter",
        synthetic,
    )


def document(language: str) -> Document:
    title, subtitle = TITLES[language]
    first, anchors = findings(1, 3, "Senegal")
    many, of_many = findings(200, 60, "Senegal")
    recommended = pd.DataFrame(
        {
            "Recommendation": ["R-SEN-1", "R-SEN-2"],
            "What": ["Identify children in informal work. " * 4, "Fund shelters <script>alert(1)</script>. " * 3],
            "State": ["met", "not known"],
            "Evidence": ["F1, F20", "F200 (F9999)"],
        }
    )
    chapters = (
        Section(
            "summary",
            SAID["summary"][language],
            (
                prose("text", language, "<ul><li>One of many.</li><li>Another.</li></ul>"),
                rows("summary", 90, language, first, numeric=("n",), anchors=anchors),
            ),
        ),
        study("turkiye", 10, language, True),
        study("west_africa", 20, language, False),
        Section(
            "recommendations",
            SAID["recommendations"][language],
            (rows("asked", 91, language, recommended),),
            (Section("recommendation-R-SEN-2", "R-SEN-2", (prose("text", language),), kind="part"),),
        ),
        Section(
            "sources",
            SAID["sources"][language],
            (
                rows("all_findings", 92, language, many, numeric=("n",), anchors=of_many, folded=True),
                rows("again", 93, language, first, numeric=("n",), anchors=anchors),
            ),
            kind="annex",
        ),
    )
    return Document(language, title, subtitle, STATES[language], {}, chapters, True)


def documents() -> dict[str, Document]:
    return {language: document(language) for language in LANGUAGES}
