"""YAML that people write, read so that every mistake can be named with its file and its line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import yaml

from analysis.findings.measures import LANGUAGES
from bounded.refusal import Refusal


class TextsError(Refusal):
    """A text of the pledge is not complete, or says what cannot be; the message says where and what to write."""


class Written:
    """A piece of a YAML file that still knows where it stands.

    Parameters
    ----------
    node : as composed, not yet read. file : its name as messages print it.
    """

    def __init__(self, node: yaml.Node, file: str) -> None:
        self.node = node
        self.file = file

    @property
    def line(self) -> int:
        """The line it begins in, counted from 1."""
        return self.node.start_mark.line + 1

    @property
    def is_mapping(self) -> bool:
        """Whether names with values stand here."""
        return isinstance(self.node, yaml.MappingNode)

    def error(self, code: str, what: str) -> TextsError:
        """A mistake at this place; to be raised."""
        return TextsError(code, f"{self.file}, line {self.line}: {what}")

    def text(self) -> str:
        """A text that is not empty; its line breaks are blanks.

        Raises TextsError.
        """
        if not isinstance(self.node, yaml.ScalarNode) or not str(self.node.value).strip():
            raise self.error("empty", "a text must stand here.")
        return " ".join(str(self.node.value).split())

    def choice(self, allowed: Sequence[str], what: str) -> str:
        """A text that is one of those allowed. Raises TextsError with the nearest of them."""
        said = self.text()
        if said not in allowed:
            raise self.error("unknown_choice", f"there is no {what} '{said}'. {nearest(said, allowed)}")
        return said

    def number(self) -> float:
        """A finite number. Raises TextsError."""
        said = self.text()
        try:
            value = float(said)
        except ValueError:
            value = float("nan")
        if value != value or value in (float("inf"), float("-inf")):
            raise self.error("not_a_number", f"'{said}' is no number.")
        return value

    def whole(self) -> int:
        """A whole number. Raises TextsError."""
        value = self.number()
        if value != int(value):
            raise self.error("not_whole_number", f"{value} is no whole number.")
        return int(value)

    def items(self) -> list[Written]:
        """The entries of a list. Raises TextsError where this is none."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("not_a_list", "a list must stand here, each entry on a line that begins with '- '.")
        return [Written(node, self.file) for node in self.node.value]

    def fields(self, required: Iterable[str] | None = None, optional: Iterable[str] = ()) -> dict[str, Written]:
        """The fields of a mapping by name.

        Parameters
        ----------
        required : names that must stand; None: any name may, and none must.
        optional : names that may stand beside them.

        Raises
        ------
        TextsError : it is no mapping, a name stands twice, is unknown, or is missing.
        """
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error("not_a_mapping", "names with values must stand here, as `name: value`.")
        found: dict[str, Written] = {}
        for key, value in self.node.value:
            name = str(key.value)
            at = Written(key, self.file)
            if name in found:
                raise at.error("duplicate_name", f"`{name}:` stands twice; keep one of the two.")
            if required is not None and name not in (*required, *optional):
                raise at.error("unknown_field", f"there is no `{name}:` here. {nearest(name, [*required, *optional])}")
            found[name] = Written(value, self.file)
        for name in required or ():
            if name not in found:
                raise self.error("missing_field", f"`{name}:` is missing.")
        return found

    def by_language(self) -> Mapping[str, str]:
        """A text in English, and in other languages where there is one. Raises TextsError."""
        return {name: at.text() for name, at in self.fields(("en",), LANGUAGES[1:]).items()}


def opened(path: Path, shown: str) -> Written:
    """The content of a YAML file.

    Parameters
    ----------
    path : of the file. shown : its name as messages print it.

    Raises
    ------
    TextsError : it is not there, is no YAML, or is empty.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise TextsError("missing_file", f"{shown} is not there; see pledge/README.md for what it holds.") from None
    except UnicodeDecodeError:
        raise TextsError("not_utf8", f"{shown} is not written in UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise TextsError("unreadable_yaml", f"{shown}{line} is no YAML: {error.problem or error.context}.") from None
    except (yaml.YAMLError, RecursionError):
        raise TextsError("unreadable_yaml", f"{shown} is no YAML that can be read.") from None
    if node is None:
        raise TextsError("empty", f"{shown} is empty.")
    return Written(node, shown)


def nearest(said: str, known: Iterable[str]) -> str:
    """The names nearest to one that is not known, as a sentence; all of them where there are few."""
    names = sorted(known)
    near = difflib.get_close_matches(said, names, n=3, cutoff=0.5) or names
    if len(near) > 12:
        return "Nothing that exists is called much like it."
    return ("The nearest are: " if len(near) < len(names) else "Known are: ") + ", ".join(near) + "."
