"""Numbers that somebody typed: digits and words for numbers, which no text of the report may have of its own.

References in texts of the report: ``[[SEN/detected_victims.unodc]]`` becomes a number with a link to its finding.

Nobody types a number: a text cites a finding, a term or a count, and the words follow from the findings as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import pandas as pd
import yaml

from analysis.findings.measures import LANGUAGES
from analysis.recommendations import texts as written
from analysis.report import layout
from analysis.report.answers import FINDING_ID, Context, Counts, UnknownReference, answer, context_of
from bounded.refusal import Refusal

_WITH_ENDINGS = "iki üç dört beş yedi sekiz dokuz yirmi otuz elli altmış yetmiş seksen doksan"
# Words for numbers from two on, for parts and for many; "one" is an article in three of the languages.
_WORDS = {
    "en": "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundreds? thousands? millions? billions? "
    "half halves dozens?",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingts? "
    "trente quarante cinquante soixante septante huitante nonante cents? centaines? mille milliers? millions? "
    "milliards? moitié demie?s? dizaines? douzaines? quinzaines? vingtaines?",
    "pt": "dois duas três quatro cinco seis sete oito nove dez onze doze treze catorze quatorze quinze dezass?eis "
    "dezesseis dezass?ete dezessete dezoito dezanove dezenove vinte trinta quarenta cinquenta sessenta setenta oitenta "
    "noventa cem cento centenas? duzent[oa]s trezent[oa]s quatrocent[oa]s quinhent[oa]s seiscent[oa]s setecent[oa]s "
    "oitocent[oa]s novecent[oa]s mil milhar(?:es)? milhão milhões metade dezenas? dúzias?",
    # Those that are words of another meaning with an ending (on, altı, kırk, yüz, bin) stand without one.
    "tr": "on altı kırk yüz bin milyon milyar yarı yarısı yarım düzine çeyrek onbir oniki "
    + " ".join(f"{stem}(?:s?[iıuü]|[dt][ea]|[dt][ea]n|[sş]?[ea]r)?" for stem in _WITH_ENDINGS.split()),
}
_DIGITS = re.compile(r"[+\-−]?[\w.,]*\d[\w.,%‰]*|[^\W\d]?[²³¹½¼¾⅓⅔⅛]+")
_MARKER = re.compile(r"^[ \t>]*\d{1,3}[.)](?=[ \t])", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s)\]>\"']+")


def typed(text: str, language: str) -> Iterator[tuple[int, str]]:
    """Where numbers stand in a text, and how they are written, in their order.

    Addresses and the markers of numbered lists have digits that say nothing.

    Parameters
    ----------
    text : without references. language : whose words for numbers are looked for.
    """
    plain = blank(_ADDRESS, blank(_MARKER, text))
    found = {(match.start(), match[0].rstrip(".,")) for match in _DIGITS.finditer(plain)}
    digits = _DIGITS.sub(lambda match: " " * len(match[0]), plain)
    found |= {(match.start(), match[0]) for match in _words(language).finditer(digits)}
    return iter(sorted(found))


def blank(pattern: re.Pattern[str], text: str) -> str:
    """A text with blanks where a pattern matches, so that all else stays in its line and column."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


@cache
def _words(language: str) -> re.Pattern[str]:
    each = "|".join(_WORDS[language].split())
    # Joined ones are one number: twenty-one, quatre-vingt-dix, vinte e cinco.
    return re.compile(rf"(?<!\w)(?:{each})(?:(?:[-\s]|\s(?:e|et|and)\s)(?:{each}))*(?!\w)", re.IGNORECASE)


__all__ = [
    "Context",
    "Counts",
    "Fault",
    "FaultyTexts",
    "UnknownReference",
    "check",
    "cited",
    "context_of",
    "faults",
    "faults_in",
    "in_words",
    "resolve",
]

REFERENCE = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
# A block of the report stands on a line of its own: a table, a figure, findings as a table, recommendations as a list.
BLOCK = re.compile(r"^[ \t]*\[\[(table|figure|numbers|actions):([^\]]+)\]\][ \t]*$", re.MULTILINE)
# Files whose texts may have digits, since that is what they are for, and those that are no part of the report.
_NAMES, _NO_TEXT = "terms.yml", ("README.md",)
_WRITTEN_BY_NUMBER = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})")


def resolve(text: str, context: Context, language: str) -> str:
    """A text in Markdown, each reference in it as what it says, with a link to its finding.

    What follows from synthetic data says so before its value.

    Parameters
    ----------
    text : Markdown with references, and without blocks. language : that it is written in.

    Raises
    ------
    UnknownReference : a reference leads nowhere.
    """
    return REFERENCE.sub(lambda found: answer(found[1], context, language).markdown, text)


def in_words(text: str, context: Context, language: str) -> tuple[str, bool]:
    """A text as a cell or a title has it, without marks or links, and whether it cites what is synthetic.

    Raises UnknownReference.
    """
    found = [answer(match[1], context, language) for match in REFERENCE.finditer(text)]
    answers = iter(found)
    said = REFERENCE.sub(lambda _: next(answers).text, text)
    return re.sub(r"(?<!\w)[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}(?!\w)|`", "", said), any(each.synthetic for each in found)


def cited(text: str) -> list[str]:
    """Ids of the findings that a text cites, in their order, those of its tables of numbers with them."""
    parts: list[str] = []
    for match in REFERENCE.finditer(text):
        kind, _, names = match[1].partition(":")
        parts += names.split() if kind == "numbers" else [match[1].partition("|")[0]]
    return [part for part in dict.fromkeys(parts) if FINDING_ID.fullmatch(part)]


@dataclass(frozen=True, order=True)
class Fault:
    """A typed number or a reference that leads nowhere, with its place in a file that people write."""

    file: str
    line: int
    column: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, column {self.column}: {self.what}"


class FaultyTexts(Refusal):
    """Texts have typed numbers, or references that lead nowhere; the message lists them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("faulty_texts", "\n".join(map(str, faults)))
        self.faults = tuple(faults)


def faults(folder: Path, table: pd.DataFrame) -> list[Fault]:
    """Typed numbers, and references that lead nowhere, in the folder of the texts of the pledge.

    Parameters
    ----------
    folder : ``pledge/``. table : of findings.

    Raises
    ------
    TextsError : a file is not as it should be. UnknownFinding, ConditionError : a condition rests on what is not there.
    """
    texts = written.read(folder)
    files = {
        f"{folder.name}/{path.relative_to(folder).as_posix()}": path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".md", ".yml")
    }
    names = [
        *(each.recommendation_id for each in texts.recommendations),
        *(each.commitment_id for each in texts.commitments),
        *(each.lesson_id for each in texts.lessons),
    ]
    return faults_in(files, context_of(texts, table), names, layout.read(folder).tables)


def check(folder: Path, table: pd.DataFrame) -> None:
    """Refuse texts with typed numbers, or with references that lead nowhere.

    Raises
    ------
    FaultyTexts : there are some; it lists them all. Besides, what `faults` raises.
    """
    found = faults(folder, table)
    if found:
        raise FaultyTexts(found)


def faults_in(
    files: Mapping[str, str],
    context: Context | None = None,
    names: Iterable[str] = (),
    tables: Iterable[str] = (),
) -> list[Fault]:
    """Typed numbers, and references that lead nowhere, in the texts of the pledge.

    Parameters
    ----------
    files : what each file holds by its path: Markdown, and YAML whose texts stand by language.
    context : what references can lead to; without it none are followed.
    names : what may stand in a text as it is: ids of recommendations. tables : that a text may ask for.

    Returns
    -------
    In the order of files, lines and columns.
    """
    names = list(names)
    allowed = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(names)) or r"(?!)")
    found: list[Fault] = []
    for file, content in sorted(files.items()):
        if PurePosixPath(file).name in _NO_TEXT:
            continue
        for language, start, text in _texts(file, content):
            followed = (
                _not_found(text, context, language, {"actions": set(names), "table": set(tables)}) if context else ()
            )
            plain = blank(allowed, blank(REFERENCE, text))
            for within, what in [*followed, *_numbers(plain, language)]:
                place = start + within
                line = content.count("\n", 0, place) + 1
                found.append(Fault(file, line, place - content.rfind("\n", 0, place), what))
    return sorted(set(found))


def _numbers(text: str, language: str) -> list[tuple[int, str]]:
    return [
        (place, f"'{number}' is typed. Cite the finding that it is, as [[AREA/measure]], or a term or a count.")
        for place, number in typed(text, language)
    ]


def _not_found(text: str, context: Context, language: str, there: Mapping[str, set[str]]) -> list[tuple[int, str]]:
    """References that lead nowhere; `there` has the names of tables and of recommendations that a block may ask for."""
    found = []
    blocks = {match.start(1) - 2: match for match in BLOCK.finditer(text)}
    for match in REFERENCE.finditer(text):
        block = blocks.get(match.start())
        asked = [match[1]] if block is None else block[2].split() if block[1] == "numbers" else []
        if block is not None and block[1] in there:
            unknown = [name for name in block[2].split() if name not in there[block[1]]]
            found += [(match.start(), f"there is no {block[1].rstrip('s')} '{name}'.") for name in unknown]
        for reference in asked:
            try:
                answer(reference, context, language)
            except UnknownReference as error:
                found.append((match.start(), str(error)))
    return found


def _texts(file: str, content: str) -> list[tuple[str, int, str]]:
    """The texts of a file by language, each with the place where it begins."""
    path = PurePosixPath(file)
    if path.suffix == ".md":
        return [(next((part for part in path.parts if part in LANGUAGES), "en"), 0, content)]
    if path.name == _NAMES:
        return []
    found = []
    for language, node in _by_language(yaml.compose(content, Loader=yaml.SafeLoader)):
        start, end = node.start_mark.index, node.end_mark.index
        if node.style in ("|", ">"):
            start = content.index("\n", start)
        # Letters that are written by their numbers are no numbers.
        inside = blank(_WRITTEN_BY_NUMBER, content[start:end]) if node.style == '"' else content[start:end]
        found.append((language, start, inside))
    return found


def _by_language(node: yaml.Node | None) -> Iterator[tuple[str, yaml.ScalarNode]]:
    """Texts that stand below the name of a language, wherever in a file."""
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _by_language(each)
    elif isinstance(node, yaml.MappingNode):
        for name, each in node.value:
            if name.value in LANGUAGES and isinstance(each, yaml.ScalarNode):
                yield name.value, each
            else:
                yield from _by_language(each)
