"""The first draft of a mapping, from what a file shows: a person decides what it leaves open, and reads the rest.

The text is meant to lie beside the file, among the raw data: it names columns, and lists the values of coded fields.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from analysis import areas
from analysis.cases import headers, places, shape
from analysis.cases.dates import month_names
from analysis.cases.htcds import FIELDS
from analysis.cases.identity import fold

# A coded column has few values, and short ones; what has more is free text, of which nothing is shown.
FEW, SHORT = 30, 40
_DECIDE = "# decide: "
OPEN = '"?"'
_STUDY_OF = {"tr": "turkiye", "pt": "cabo_verde", "fr": "west_africa"}


def draft(path: str | Path) -> str:
    """A mapping in YAML for a file as received, to be completed by hand.

    Parameters
    ----------
    path : .xlsx or CSV.

    Returns
    -------
    The text of the mapping. ``"?"`` and the lines with ``# decide:`` are for a person; `mapping.load` refuses the text
    until what it needs has been settled. Values are listed only for coded fields and for places that were not found.

    Raises
    ------
    analysis.cases.source.SourceError : the file cannot be read.
    """
    path = Path(path)
    encoding, delimiter = shape.written(path)
    parts = shape.parts(path, encoding, delimiter)
    main = shape.main_sheet(parts)
    persons, journeys = shape.repeats(parts, main)
    language = sum((part.languages for part in parts.values()), Counter[str]()).most_common(1)
    study = next((name for name in areas.STUDIES if name in path.parts), "")
    guessed = study or (_STUDY_OF.get(language[0][0], "") if language else "")
    lines = [
        f"# A draft from {_word(path.name)}. Settle each line with `decide`, read the rest, delete these two lines.",
        "# It holds values of the file: keep it beside the file, outside version control.",
        f"list: {re.sub('[^a-z0-9]+', '_', fold(path.stem)).strip('_') or OPEN}",
        f"title:              {_DECIDE}what the list is, for people",
        f"study: {guessed or OPEN}" + ("" if study else f"   {_DECIDE}one of {', '.join(areas.STUDIES)}"),
        "kind: confidential",
        f"publisher:          {_DECIDE}who keeps the list",
        f"source:             {_DECIDE}how the file came here",
        f"date:               {_DECIDE}day of the export, as 2024-01-31",
    ]
    if language:
        lines.append(f"# The header is {headers.LANGUAGES[language[0][0]]}.")
    used = [main, *filter(None, [persons, journeys])]
    lines += _file(main, used, encoding, delimiter, several=len(parts) > 1)
    lines += ["columns:"]
    people = persons or main
    for name in FIELDS:
        owner = people if name in people.fields or name in people.one_hot else main
        # The number of a form is no number of each person on it.
        if name == "record" and owner is not people:
            continue
        if name in owner.fields or name in owner.one_hot:
            lines += _field(name, owner, guessed, of_parent=owner is not people)
    stops = list(_stops(people, journeys, guessed))
    lines += ["stops:", *stops] if stops else []
    lines += [f"persons: {_word(persons.sheet.name)}"] if persons else []
    left_out = dict.fromkeys(name for part in used for name in part.left_out)
    lines += ["drop:", *(f"  - {_word(name)}" for name in left_out)] if left_out else []
    lines += _remarks(used, parts)
    return "\n".join(lines) + "\n"


# --- The text ------------------------------------------------------------------------------------------------------


def _file(main: shape.Part, used: Sequence[shape.Part], encoding: str, delimiter: str, several: bool) -> Iterator[str]:
    yield "file:"
    if encoding:
        yield f"  encoding: {encoding}"
        yield f"  delimiter: {'tab' if delimiter == chr(9) else json.dumps(delimiter)}"
    else:
        yield f"  sheet: {_word(main.sheet.name)}" + (f"   {_DECIDE}is it this one?" if several else "")
    yield f"  header: {main.header[0] if len(main.header) == 1 else list(main.header)}"
    ages = [part.texts(part.fields[name]) for part in used for name in ("age", "age_exploited") if name in part.fields]
    if any(re.fullmatch(r"\d+,\d+", text) for texts in ages for text in texts):
        yield '  decimal: ","'
    missing = {
        text
        for part in used
        for known, name in part.fields.items()
        if known != "recruiter"
        for text in part.texts(name, unknown_too=True)
        if headers.says_unknown(text)
    }
    if missing:
        yield f"  missing: [{', '.join(map(_quoted, sorted(missing)))}]"


def _field(name: str, part: shape.Part, study: str, of_parent: bool = False) -> Iterator[str]:
    """The lines of one field."""
    yield f"  {name}:" + (f"   {_DECIDE}is it this column?" if name in part.unsure else "")
    if name in part.one_hot:
        yield from _one_hot(name, part)
        return
    column = part.fields[name]
    # The word for an unknown person can mean a stranger, which a person has to decide.
    texts = part.texts(column, unknown_too=name == "recruiter")
    yield f"    column: {_word(column)}"
    if of_parent:
        yield "    of: parent"
    yield from _reading(name, FIELDS[name].kind, texts, study, "    ")


def _reading(name: str, kind: str, texts: Counter[str], study: str, indent: str) -> Iterator[str]:
    """How the cells of a column are to be read."""
    if kind == "date":
        yield from _formats(texts, indent)
    elif kind in ("code", "codes", "role"):
        split = _split(texts, name) if kind == "codes" else ""
        if split:
            yield f"{indent}split: {json.dumps(split)}"
        yield from _codes(name, texts, split, indent)
    elif kind in ("place", "country"):
        yield from _places(kind, texts, study, indent)


def _one_hot(name: str, part: shape.Part) -> Iterator[str]:
    taken: set[str] = set()
    yield "    columns:"
    for option, column in part.one_hot[name].items():
        code = headers.code(name, option.replace("_", " "))
        if code == "None":
            yield f"      # {_word(column)} says again that all others are no."
        elif code and code not in taken:
            yield f"      {code}: {_word(column)}"
            taken.add(code)
        else:
            # Not a comment: with an option left out, "none of them" would be read where there was one.
            yield f"      {OPEN}: {_word(column)}   # decide"
    values = {text for column in part.one_hot[name].values() for text in part.texts(column)}
    yield f"    yes: [{', '.join(sorted(values & {'1', 'TRUE', 'True', 'true'})) or 1}]"
    yield f"    no: [{', '.join(sorted(values & {'0', 'FALSE', 'False', 'false'})) or 0}]"


def _split(texts: Counter[str], name: str) -> str:
    """The sign between several codes in one cell: one that parts cells into words that other cells have too."""
    whole = {fold(text) for text in texts}
    for sign in (";", "|", ",", "/", "+", " "):
        pieces = [piece for text in texts if sign in text for piece in text.split(sign) if piece.strip()]
        known = [piece for piece in pieces if fold(piece) in whole or headers.code(name, piece.replace("_", " "))]
        if pieces and (sign in ";|" or len(known) >= len(pieces) / 2):
            return sign
    return ""


def _codes(name: str, texts: Counter[str], split: str, indent: str) -> Iterator[str]:
    values = Counter[str]()
    for text, number in texts.items():
        for piece in text.split(split) if split else [text]:
            values[piece.strip()] += number
    del values[""]
    if not values:
        return
    if not _few(values):
        yield f"{indent}{_DECIDE}{len(values)} different texts are too many for codes; is it free text?"
        return
    folded = {fold(value) for value in values}
    yield f"{indent}codes:"
    for value in sorted(values):
        code = headers.code(name, value.replace("_", " "))
        # With H for homem or homme, M is mulher, and says nothing in French.
        if name == "sex" and fold(value) == "m" and ("h" in folded or not folded & {"f", "female", "male"}):
            code = None
        yield f"{indent}  {_word(value)}: {f'{OPEN}   # decide' if code is None else code or json.dumps('')}"


def _few(values: Counter[str]) -> bool:
    return len(values) <= FEW and all(len(value) <= SHORT for value in values)


def _places(kind: str, texts: Counter[str], study: str, indent: str) -> Iterator[str]:
    if not study:
        yield f"{indent}{_DECIDE}once `study:` is known, list spellings that `check` does not find under `places:`"
        return
    found = places.match(list(texts), study, kind="country" if kind == "country" else "place")
    unmatched = Counter({text: texts[text] for text, place in zip(texts, found, strict=True) if place is None})
    split = next((sign for sign in (";", ">", "→", " - ", "-", "/", ",") if _parts_match(unmatched, sign, study)), "")
    if kind == "place" and split:
        yield f"{indent}split: {_quoted(split)}"
        pieces = [piece.strip() for text in unmatched for piece in text.split(split) if piece.strip()]
        found = places.match(pieces, study)
        unmatched = Counter(piece for piece, place in zip(pieces, found, strict=True) if place is None)
    if not unmatched:
        return
    if not _few(unmatched) or any(any(map(str.isdigit, text)) for text in unmatched):
        yield f"{indent}{_DECIDE}{len(unmatched)} texts are no known {kind}; are they addresses?"
        return
    yield f"{indent}{'codes' if kind == 'country' else 'places'}:"
    for text in sorted(unmatched):
        line = f"{_word(text)}: {OPEN}"
        # A nationality that is not listed waits in quarantine, and so its line may stay a comment.
        yield f"{indent}  {_DECIDE}{line}" if kind == "country" else f"{indent}  {line}   # decide"


def _parts_match(unmatched: Counter[str], sign: str, study: str) -> bool:
    """Whether a sign parts most of the texts that are no place into texts of which most are."""
    pieces = [piece for text in unmatched if sign in text for piece in text.split(sign) if piece.strip()]
    with_sign = sum(sign in text for text in unmatched)
    found = places.match(pieces, study)
    return bool(pieces) and 2 * with_sign >= len(unmatched) and 2 * sum(map(bool, found)) >= len(pieces)


_NUMERIC = re.compile(r"(\d{1,2})([./ -])(\d{1,2})\2(\d{4}|\d{2})")
# 3/2021 is a month or a quarter; months above 4, or written 03, show which.
_QUARTER = "quarter or month "
_OTHERS = (
    (re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?"), lambda found: "yyyy-mm-dd"),
    (re.compile(r"\d{4}([./])\d{1,2}\1\d{1,2}"), lambda found: f"yyyy{found[1]}mm{found[1]}dd"),
    (re.compile(r"[1-4]([./ -])\d{4}"), lambda found: f"{_QUARTER}{found[1]}yyyy"),
    (re.compile(r"\d{1,2}([./ -])\d{4}"), lambda found: f"mm{found[1]}yyyy"),
    (re.compile(r"\d{4}([./-])\d{1,2}"), lambda found: f"yyyy{found[1]}mm"),
    (re.compile(r"Q[1-4]([./ -])\d{4}", re.I), lambda found: f"q{found[1]}yyyy"),
    (re.compile(r"\d{4}"), lambda found: "yyyy"),
)
_NAMED = re.compile(r"(\d{1,2}[ ./-])?([^\W\d_]+)(\.?[ ./-])(\d{4})")


def _formats(texts: Counter[str], indent: str) -> Iterator[str]:
    """The formats of a column, the commonest first; which of two numbers is the day, only where one shows it."""
    found, order, unread = Counter[str](), Counter[str](), 0
    for text, number in texts.items():
        if match := _NUMERIC.fullmatch(text):
            found[f"{match[2]}{'yyyy' if len(match[4]) == 4 else 'yy'}"] += number
            order["first"] += int(match[1]) > 12
            order["second"] += int(match[3]) > 12
        elif match := next((match for pattern, _ in _OTHERS if (match := pattern.fullmatch(text))), None):
            found[next(name(match) for pattern, name in _OTHERS if pattern.fullmatch(text))] += number
        elif (match := _NAMED.fullmatch(text)) and fold(match[2]) in month_names():
            day = f"dd{match[1][-1]}" if match[1] else ""
            found[f"{day}month{match[3].lstrip('.')}yyyy"] += number
        else:
            unread += 1
    choices = [_choice(name, found, order) for name, _ in found.most_common()]
    # ISO dates are always understood: they need a word only where nothing else does.
    formats = [name for name, _ in choices if name != "yyyy-mm-dd"] or (["yyyy-mm-dd"] if choices else [OPEN])
    written = list(dict.fromkeys(name if name == OPEN else _word(name) for name in formats))
    open_questions = "".join(f"   {_DECIDE}{question}" for _, question in choices if question)
    listed = written[0] if len(written) == 1 else f"[{', '.join(written)}]"
    yield f"{indent}format: {listed}{open_questions}"
    if unread:
        yield f"{indent}{_DECIDE}{unread} texts are no date in any usual format"


def _choice(name: str, found: Counter[str], order: Counter[str]) -> tuple[str, str]:
    """The format that texts of a kind have, and the question that they leave open."""
    if name.startswith(_QUARTER):
        rest = name.removeprefix(_QUARTER)
        return (f"mm{rest}", "") if f"mm{rest}" in found else (OPEN, f"mm{rest} or q{rest}? No number is above 4.")
    if name[0] not in "./ -":
        return name, ""
    sign, year = name[0], name[1:]
    day_first, month_first = f"dd{sign}mm{sign}{year}", f"mm{sign}dd{sign}{year}"
    if order["first"] and not order["second"]:
        return day_first, ""
    if order["second"] and not order["first"]:
        return month_first, ""
    why = "Days above 12 stand in both places." if order["first"] else "No day is above 12."
    return OPEN, f"{day_first} or {month_first}? {why}"


def _stops(people: shape.Part, journeys: shape.Part | None, study: str) -> Iterator[str]:
    for role in ("origin", "recruitment", "transit", "exploitation", "detection", "return"):
        column = people.fields.get(f"stop:{role}")
        if column:
            yield f"  - role: {role}" + (f"   {_DECIDE}is it this column?" if f"stop:{role}" in people.unsure else "")
            yield from ("    place:", f"      column: {_word(column)}")
            yield from _reading("area", "place", people.texts(column), study, "      ")
    if journeys:
        of = {headers.stop_column(name): name for name in reversed(journeys.sheet.header.values()) if name}
        yield f"  - sheet: {_word(journeys.sheet.name)}"
        for part, kind in (("role", "role"), ("place", "place"), ("date", "date")):
            if part in of:
                yield from (f"    {part}:", f"      column: {_word(of[part])}")
                yield from _reading(part, kind, journeys.texts(of[part]), study, "      ")


def _remarks(used: Sequence[shape.Part], parts: dict[str, shape.Part]) -> Iterator[str]:
    """What the draft leaves open, as comments: columns that nobody declares do not get in."""
    taken = {name for part in used for name in [*part.fields.values(), *part.left_out]}
    unknown = [name for part in used for name in part.unknown]
    twice = [name for part in used for name in part.twice]
    for title, names in (
        ("a field above, or a line under `drop:`, for each of these columns", unknown),
        ("columns of one name cannot be told apart; rename them at the source if one is needed", twice),
    ):
        names = [name for name in dict.fromkeys(names) if name not in taken]
        yield from ([f"{_DECIDE}{title}", *(f"#   {_word(name)}" for name in names)] if names else [])
    for name, part in parts.items():
        if part not in used:
            yield f"# The sheet {_word(name)} is not read."


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _word(text: str) -> str:
    """A text as YAML has it: plain where that is safe, quoted otherwise."""
    plain = re.fullmatch(r"[^\W\d][\w .()/+]*(?<! )|[\w.]+", text) and not re.fullmatch(r"[.~]+", text)
    return text if plain else _quoted(text)
