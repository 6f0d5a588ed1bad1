"""Numbers that somebody typed: digits and words for numbers, which no text of the report may have of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

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
