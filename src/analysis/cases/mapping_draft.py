"""The first draft of a mapping, from what a file shows: a person decides what it leaves open, and reads the rest.

The text is meant to lie beside the file, among the raw data: it names columns, and lists the values of coded fields.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from analysis import areas
from analysis.cases import ages, file_profile, kobo, places
from analysis.cases.cell_words import as_code, phrase
from analysis.cases.date_formats import date_formats
from analysis.cases.htcds import FIELDS, ROLES
from analysis.catalog import plain
from analysis.intake import source
from analysis.intake.pseudonyms import fold

# A coded column has few values, and short ones; what has more is free text, of which nothing is shown.
FEW, SHORT = 30, 40
# What is not known is listed, among very many or after a number, where so many cells have it.
_OFTEN = 5
_DECIDE = "# decide: "
OPEN = '"?"'
_NAMES = {"given_name", "family_name", "full_name"}
# Signs that part the places of a journey.
_BETWEEN_PLACES = (";", ">", "→", " - ", "-", "/", ",")


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
    analysis.intake.source.SourceError : the file cannot be read.
    """
    path = Path(path)
    named = plain(path)
    encoding, delimiter = source.encoding_and_delimiter(path)
    parts = file_profile.parts(path, encoding, delimiter)
    main = file_profile.main_sheet(parts)
    persons, journeys = file_profile.repeats(parts, main)
    language = sum((part.languages for part in parts.values()), Counter[str]()).most_common(1)
    study = next((name for name in areas.STUDIES if name in path.parts), "")
    headed = language[0][0] if language else "-"
    guessed = study or next((name for name, declared in areas.STUDIES.items() if declared.language == headed), "")
    lines = [
        f"# A draft from {_word(named.name)}. Settle each line with `decide`, read the rest, delete these two lines.",
        "# It holds values of the file: keep it beside the file, outside version control.",
        f"list: {_name(named.stem)}",
        f"title:              {_DECIDE}what the list is, for people",
        f"study: {guessed or OPEN}" + ("" if study else f"   {_DECIDE}one of {', '.join(areas.STUDIES)}"),
        "kind: confidential",
        f"publisher:          {_DECIDE}who keeps the list",
        f"source:             {_DECIDE}how the file came here",
        f"date:               {_DECIDE}day of the export, as 2024-01-31",
    ]
    if language:
        lines.append(f"# The header is {file_profile.LANGUAGES[language[0][0]]}.")
    used = [main, *filter(None, [persons, journeys])]
    lines += _file(main, used, encoding, delimiter, several=len(parts) > 1)
    lines += ["columns:"]
    people = persons or main
    for name in FIELDS:
        owner = people if name in people.fields or name in people.one_hot else main
        # The number of a form is no number of each person on it, and one name is enough.
        if owner is not people and (name == "record" or (name in _NAMES and _NAMES & set(people.fields))):
            continue
        if name in owner.fields or name in owner.one_hot:
            lines += _field(name, owner, guessed, of_parent=owner is not people)
    if "today" in people.of_kobo + main.of_kobo and "detected" not in {*people.fields, *main.fields}:
        lines.append(f"  {_DECIDE}is `today`, the day of the interview, the day of detection? Then add `detected:`")
    stops = list(_stops(people, journeys, guessed))
    lines += ["stops:", *stops] if stops else []
    lines += [f"persons: {_word(persons.sheet.name)}"] if persons else []
    left_out = dict.fromkeys(name for part in used for name in part.left_out)
    own = dict.fromkeys(name for part in used for name in part.of_kobo)
    lines += ["drop:"] if left_out or own else []
    lines += [f"  - {_word(name)}" for name in left_out]
    lines += (
        ["  # KoboToolbox's own columns: they are about the form and the device, not about a person."] if own else []
    )
    lines += [f"  - {_word(name)}" for name in own if name not in left_out]
    lines += _not_approved(main)
    lines += _remarks(used, parts)
    return "\n".join(lines) + "\n"


# --- The text ------------------------------------------------------------------------------------------------------


def _file(
    main: file_profile.Part, used: Sequence[file_profile.Part], encoding: str, delimiter: str, several: bool
) -> Iterator[str]:
    yield "file:"
    if encoding:
        yield f"  encoding: {encoding}"
        yield f"  delimiter: {'tab' if delimiter == chr(9) else json.dumps(delimiter)}"
    else:
        yield f"  sheet: {_word(main.sheet.name)}" + (f"   {_DECIDE}is it this one?" if several else "")
    yield f"  header: {main.header[0] if len(main.header) == 1 else list(main.header)}"
    ages = [part.texts(part.fields[name]) for part in used for name in ("age", "age_exploited") if name in part.fields]
    if any(re.match(r"\d+,\d+", text) for texts in ages for text in texts):
        yield '  decimal: ","'
    yield from _missing(used)


def _missing(used: Sequence[file_profile.Part]) -> Iterator[str]:
    """The texts that mean "not stated"; a sign among codes can be an answer, which a person has to say."""
    missing, answers, doubtful = set[str](), set[str](), dict[str, None]()
    for part in used:
        coded = file_profile.coded(part)
        options = [column for columns in part.one_hot.values() for column in columns.values()]
        for column in [*part.fields.values(), *options, *file_profile.stop_columns(part).values()]:
            found = {text for text in part.texts(column, unknown_too=True) if file_profile.says_unknown(text)}
            answers |= found & part.answers
            if column != part.fields.get("recruiter"):
                missing |= found - part.answers
            if column in [*coded, *options] and any(map(file_profile.is_sign, found - part.answers)):
                doubtful[_word(column)] = None
    if missing:
        question = f"   {_DECIDE}not stated in {', '.join(doubtful)} too, or an answer such as no?" if doubtful else ""
        yield f"  missing: [{', '.join(map(_quoted, sorted(missing)))}]{question}"
    if answers:
        signs = ", ".join(map(_quoted, sorted(answers)))
        yield f"  {_DECIDE}beside other signs {signs} may be an answer; `missing:` would make it unknown everywhere"


def _name(stem: str) -> str:
    """A name of a list, which begins with a letter."""
    name = re.sub("[^a-z0-9]+", "_", fold(stem)).strip("_")
    if not name:
        return f"{OPEN}   {_DECIDE}a short name of small letters, digits and underscores"
    return name if name[0].isalpha() else f"list_{name}"


def _field(name: str, part: file_profile.Part, study: str, of_parent: bool = False) -> Iterator[str]:
    """The lines of one field."""
    yield f"  {name}:" + (f"   {_DECIDE}is it this column?" if name in part.unsure else "")
    if of_parent:
        yield "    of: parent" + (
            f"   {_DECIDE}is it the same for each person?" if name in file_profile.PERSONAL else ""
        )
    if name in part.one_hot:
        yield from _one_hot(name, part)
        return
    column = part.fields[name]
    # The word for an unknown person can mean a stranger, which a person has to decide.
    columns = [column, *part.also.get(name, [])]
    texts = sum((part.texts(each, unknown_too=name == "recruiter") for each in columns), Counter[str]())
    if len(columns) == 1:
        yield f"    column: {_word(column)}"
    else:
        question = "one question in several columns, of which never two are filled in?"
        yield f"    column: [{', '.join(map(_quoted, columns))}]   {_DECIDE}{question}"
    if name in part.units:
        yield f"    unit_column: {_word(part.units[name])}"
        yield from _unit_column(texts, part.texts(part.units[name]), "    ")
    else:
        yield from _reading(name, FIELDS[name].kind, texts, study, "    ")


def _reading(name: str, kind: str, texts: Counter[str], study: str, indent: str) -> Iterator[str]:
    """The way in which cells of a column are to be read."""
    if kind == "date":
        yield from _formats(texts, indent)
    elif kind == "age":
        yield from _units(texts, indent)
    elif kind in ("code", "codes", "role"):
        split = _split(texts, name) if kind == "codes" else ""
        if split:
            yield f"{indent}split: {json.dumps(split)}"
        yield from _codes(name, texts, split, indent)
    elif kind in ("place", "country"):
        yield from _places(name, kind, texts, study, indent)


def _formats(texts: Counter[str], indent: str) -> Iterator[str]:
    choices, unread = date_formats(texts)
    # ISO dates are always understood: they need a word only where nothing else does.
    formats = [name for name, _ in choices if name != "yyyy-mm-dd"] or (["yyyy-mm-dd"] if choices else ["?"])
    written = list(dict.fromkeys(map(_word, formats)))
    questions = "".join(f"   {_DECIDE}{question}" for question in dict.fromkeys(why for _, why in choices if why))
    listed = written[0] if len(written) == 1 else f"[{', '.join(written)}]"
    yield f"{indent}format: {listed}{questions}"
    if unread:
        yield f"{indent}{_DECIDE}{_texts(unread)} no date in any usual format; `values:` may say what a text means"


def _units(texts: Counter[str], indent: str) -> Iterator[str]:
    """Words beside the numbers of a column of ages; one that is not known is listed where many cells have it."""
    words, before, spelt, limits = Counter[str](), Counter[str](), dict[str, str](), 0
    for text, number in texts.items():
        leading, following = re.findall(r"^([^\W\d_][^\d]*?)\s*\d", text), re.findall(r"\d\s*([^\W\d_][^\d]*)", text)
        for counted, word in [*((before, word) for word in leading), *((words, word) for word in following)]:
            limits += number * bool(ages.bound(word))
            word = ages.unit_before_limit(word) or word
            if not ages.is_limit(word) and not ages.says_about(word):
                counted[phrase(word)] += number
                spelt.setdefault(phrase(word), word.strip())
    yield from _listed_units(words, spelt, indent)
    if often := [spelt[word] for word, number in before.items() if number >= _OFTEN and len(word) <= SHORT]:
        listed = ", ".join(map(_quoted, sorted(often)[:FEW]))
        choices = " or ".join(ages.BOUNDS)
        yield f"{indent}{_DECIDE}before numbers stands {listed}; if it makes a limit, `units:` says {choices}"
    if limits:
        yield f"{indent}# {_cells(limits)} a limit, such as under 18 or 18+. These words are known, and are no units."
    units = {word: unit for word in words if (unit := ages.unit(word))}
    read = [ages.read(list(texts), units, decimal)["rule"] == "" for decimal in ".,"]
    unread = sum(not any(ways) for ways in zip(*read, strict=True))
    if unread:
        what = "`units:` may name what stands beside the number, `values:` what a text means"
        yield f"{indent}{_DECIDE}{_texts(unread)} no age; {what}"


def _unit_column(texts: Counter[str], units: Counter[str], indent: str) -> Iterator[str]:
    """The words of a column of units."""
    yield from _listed_units(
        Counter({phrase(word): units[word] for word in units}), {phrase(word): word for word in units}, indent
    )
    if texts.total() > units.total():
        yield f'{indent}  {_DECIDE}"": years, if a number beside an empty cell of units is of years'


def _listed_units(words: Counter[str], spelt: dict[str, str], indent: str) -> Iterator[str]:
    known = {word: ages.unit(word) for word in words}
    open_words = [word for word, number in words.items() if not known[word] and number >= _OFTEN and len(word) <= SHORT]
    lines = [f"{indent}  {_word(spelt[word])}: {known[word]}" for word in sorted(words) if known[word]]
    if open_words:
        choices = f"{', '.join(ages.UNITS)}; of a limit {', '.join(ages.BOUNDS)}"
        lines.append(f"{indent}  # what each word makes of its number: {choices}")
    lines += [f"{indent}  {_word(spelt[word])}: {OPEN}   # decide" for word in sorted(open_words)[:FEW]]
    yield from ([f"{indent}units:", *lines] if lines else [])


def _one_hot(name: str, part: file_profile.Part) -> Iterator[str]:
    columns: dict[str, list[str]] = {}
    for option, column in part.one_hot[name].items():
        columns.setdefault(_code(name, option) or _unknown(name, option), []).append(column)
    yield "    columns:"
    yield from _allowed(name, "      ")
    for code, names in columns.items():
        listed = _word(names[0]) if len(names) == 1 else f"[{', '.join(map(_quoted, names))}]"
        # Not a comment: with an option left out, "none of them" would be read where there was one.
        question = "   # decide" + (": on a line of its own, the code of each" if len(names) > 1 else "")
        yield f"      {_word(code)}: {listed}{question if code == '?' else ''}"
    values = {text for column in part.one_hot[name].values() for text in part.texts(column)}
    for answer, says, usual in (("yes", file_profile.says_yes, "1"), ("no", file_profile.says_no, "0")):
        yield f"    {answer}: [{', '.join(map(_word, sorted(filter(says, values)))) or usual}]"


def _allowed(name: str, indent: str) -> Iterator[str]:
    """The codes of a field, as a comment."""
    codes = FIELDS[name].codes if name in FIELDS else ROLES
    none = ", None (the source says that there was none)" if name in FIELDS and FIELDS[name].kind == "codes" else ""
    sections = ", sections of ISIC rev. 4" if name == "sector" else ""
    said = f'Codes: {", ".join(codes or ())}{sections}{none}; "" where nothing is known.'
    yield from (f"{indent}# {line}" for line in textwrap.wrap(said, 110, break_long_words=False))


def _code(name: str, text: str) -> str | None:
    return file_profile.code(name, text.replace("_", " "))


def _unknown(name: str, text: str) -> str:
    """The draft for a text of no known code: "" where a word says that nothing is known, "?" otherwise."""
    word = file_profile.says_unknown(text.replace("_", " ")) and not file_profile.is_sign(text)
    return "" if word and name != "recruiter" else "?"


def _split(texts: Counter[str], name: str) -> str:
    """The sign between several codes in one cell: one that parts cells into words that other cells have too."""
    whole = {fold(text) for text in texts}
    for sign in (";", "|", ",", "/", "+", " - ", " "):
        pieces = [piece for text in texts if sign in text for piece in text.split(sign) if piece.strip()]
        known = [piece for piece in pieces if fold(piece) in whole or _code(name, piece)]
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
    listed = _worth_listing(name, values)
    if not listed:
        yield f"{indent}{_DECIDE}{len(values)} different texts are too many for codes; is it free text?"
        return
    if left := len(values) - len(listed):
        yield f"{indent}{_DECIDE}{_texts(left)} too long or too rare to be listed; their rows wait in quarantine"
    values = listed
    # What is compared folded is one text, however it is written; a sign is itself.
    groups = _groups(values, as_code)
    yield f"{indent}codes:"
    yield from _allowed(name, f"{indent}  ")
    for value, same in groups.items():
        guesses = {_code(name, text) for text in same} - {None}
        code = guesses.pop() if len(guesses) == 1 else "?" if guesses else _unknown(name, value)
        # With H for homem or homme, M is mulher, and says nothing in French.
        letters = {fold(text) for text in values}
        if name == "sex" and fold(value) == "m" and ("h" in letters or not letters & {"f", "female", "male"}):
            code = "?"
        yield f"{indent}  {_word(value)}: {f'{OPEN}   # decide' if code == '?' else code or json.dumps('')}"


def _worth_listing(name: str, values: Counter[str]) -> Counter[str]:
    """The texts of a coded column that are codes: all short ones; of very many, those that are known or frequent."""
    short = Counter({text: number for text, number in values.items() if len(text) <= SHORT})
    if len(short) <= FEW:
        return short
    often = max(_OFTEN, values.total() / 50)
    listed = {text: number for text, number in short.items() if number >= often or _code(name, text)}
    return Counter(listed) if len(listed) <= FEW else Counter()


def _groups(texts: Counter[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    """Texts that have one key, by the commonest of them; in the order of the alphabet."""
    same: dict[str, list[str]] = {}
    for text in sorted(texts, key=lambda text: (-texts[text], text)):
        same.setdefault(key(text), []).append(text)
    return dict(sorted((group[0], group) for group in same.values()))


def _places(name: str, kind: str, texts: Counter[str], study: str, indent: str) -> Iterator[str]:
    key = "codes" if kind == "country" else "places"
    if not study:
        yield f"{indent}{_DECIDE}once `study:` is known, list spellings that `check` does not find under `{key}:`"
        return
    found = places.match(list(texts), study, kind="country" if kind == "country" else "place")
    unmatched = Counter({text: texts[text] for text, place in zip(texts, found, strict=True) if place is None})
    if signs := sorted(filter(file_profile.is_sign, unmatched)):
        yield f"{indent}{_DECIDE}{', '.join(map(_quoted, signs))} is no {kind}; does it belong under `missing:`?"
        unmatched = Counter({text: number for text, number in unmatched.items() if text not in signs})
    several: set[str] = set()
    if name == "area":
        several = {text for sign in _BETWEEN_PLACES for text in unmatched if _several(text, sign, study)}
        if several:
            yield f"{indent}{_DECIDE}cells of several places: a record is of one; a journey belongs under `stops:`"
    elif kind == "place" and (split := _between(unmatched, study)):
        order = f"   {_DECIDE}are they in the order of the journey?" if split in "/," else ""
        yield f"{indent}split: {_quoted(split)}{order}"
        pieces = [piece for text in unmatched for piece in _pieces(text, split, study)]
        unmatched = Counter(piece for piece, known in pieces if not known)
    if not unmatched:
        return
    odd = [text for text in unmatched if len(text) > SHORT or any(map(str.isdigit, text))]
    # Beside many that are known, one with a number is a slip; elsewhere such a column holds addresses.
    if len(unmatched) > FEW or len(odd) > len(texts) / 10:
        yield f"{indent}{_DECIDE}{_texts(len(unmatched))} no known {kind}; are they addresses?"
        return
    if odd:
        yield f"{indent}{_DECIDE}{_texts(len(odd))} no known {kind}, and not listed"
        unmatched = Counter({text: number for text, number in unmatched.items() if text not in odd})
    yield from [f"{indent}{key}:"] if unmatched else []
    for text in _groups(unmatched, lambda text: fold(text).replace(" ", "")):
        line = f"{_word(text)}: {OPEN}"
        # What is not listed waits in quarantine, and so the line of a nationality may stay a comment.
        waits = kind == "country" or text in several
        yield f"{indent}  {_DECIDE}{line}" if waits else f"{indent}  {line}   # decide"


def _pieces(text: str, sign: str, study: str) -> list[tuple[str, bool]]:
    """The places between signs, and whether each is known; Guinée-Bissau is one, also where a hyphen parts places."""
    pieces = [piece.strip() for piece in text.split(sign) if piece.strip()]
    found, start = list[tuple[str, bool]](), 0
    while start < len(pieces):
        runs = [sign.join(pieces[start:end]) for end in range(len(pieces), start, -1)]
        known = [run for run, place in zip(runs, places.match(runs, study), strict=True) if place]
        found.append((known[0], True) if known else (pieces[start], False))
        start += len(runs) - runs.index(known[0]) if known else 1
    return found


def _several(text: str, sign: str, study: str) -> bool:
    """True if a text is several places that are all known."""
    found = _pieces(text, sign, study) if sign in text else []
    return len(found) > 1 and all(known for _, known in found)


def _between(unmatched: Counter[str], study: str) -> str:
    """The sign that parts most of the texts into places of which most are known, and leaves fewest that are not."""
    left: dict[str, int] = {}
    for sign in _BETWEEN_PLACES:
        with_sign = [text for text in unmatched if sign in text]
        found = [piece for text in with_sign for piece in _pieces(text, sign, study)]
        if found and 2 * len(with_sign) >= len(unmatched) and 2 * sum(known for _, known in found) >= len(found):
            left[sign] = len({piece for piece, known in found if not known}) + len(unmatched) - len(with_sign)
    return min(left, key=lambda sign: left[sign], default="")


def _stops(people: file_profile.Part, journeys: file_profile.Part | None, study: str) -> Iterator[str]:
    for role in ("origin", "recruitment", "transit", "exploitation", "detection", "return"):
        column = people.fields.get(f"stop:{role}")
        if column:
            yield f"  - role: {role}" + (f"   {_DECIDE}is it this column?" if f"stop:{role}" in people.unsure else "")
            yield from ("    place:", f"      column: {_word(column)}")
            yield from _reading("place", "place", people.texts(column), study, "      ")
    if journeys:
        of = file_profile.stop_columns(journeys)
        yield f"  - sheet: {_word(journeys.sheet.name)}"
        for part, kind in (("role", "role"), ("place", "place"), ("date", "date")):
            if part in of:
                yield from (f"    {part}:", f"      column: {_word(of[part])}")
                yield from _reading(part, kind, journeys.texts(of[part]), study, "      ")


def _not_approved(main: file_profile.Part) -> Iterator[str]:
    """Forms of KoboToolbox that a reviewer did not approve: whether they count is for a person to say."""
    for name in main.of_kobo:
        refused = [text for text in main.texts(name) if name == kobo.REVIEW and "not approved" in fold(text)]
        if refused:
            words = f"leave_out: {{{name}: [{', '.join(map(_quoted, sorted(refused)))}]}}"
            yield f"# decide: forms that are not approved are read; without them: {words}"


def _remarks(used: Sequence[file_profile.Part], parts: dict[str, file_profile.Part]) -> Iterator[str]:
    """Comments on what the draft leaves open: columns that nobody declares do not get in."""
    taken = {
        name for part in used for name in [*part.fields.values(), *part.units.values(), *part.left_out, *part.of_kobo]
    }
    taken |= {name for part in used for names in part.also.values() for name in names}
    options = [(part, name) for part in used for columns in part.one_hot.values() for name in columns.values()]
    taken |= {name for part, name in options if part.sheet.column(name)}
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


def _texts(number: int) -> str:
    return "1 text is" if number == 1 else f"{number} texts are"


def _cells(number: int) -> str:
    return "1 cell gives" if number == 1 else f"{number} cells give"


def _quoted(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)
    # JSON leaves as they are what ends a line in YAML, or may not stand there.
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda sign: f"\\u{ord(sign[0]):04x}", escaped)


def _word(text: str) -> str:
    """A text as YAML has it: plain where that is safe, quoted otherwise."""
    plain = re.fullmatch(r"[^\W\d][\w .()/+]*(?<! )|[\w.]+", text) and not re.fullmatch(r"[.~]+", text)
    return text if plain else _quoted(text)
