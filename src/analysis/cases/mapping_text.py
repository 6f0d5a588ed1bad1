"""A mapping's YAML as texts: every word as it was written, and sentences on what has another shape than asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from analysis.catalog import shown
from analysis.intake.source import SourceError, require_inside
from bounded.refusal import Coded

OPEN = "?"  # what a draft leaves for a person
# No mapping is longer, and no other file is read as one.
_LONGEST = 2 * 1024**2


class MappingError(Coded):
    """A mapping is not complete, or says something that cannot be; the message says where and what to write."""


class Nothing(str):
    """Stands after a colon that nothing follows: "" in quotes is a text, and says that nothing is known."""


def read(path: Path, names: Collection[str]) -> Any:
    """The content of a YAML file, with texts alone. Raises MappingError, which says where it must be fixed.

    Parameters
    ----------
    names : words of mappings, which a message may show; others can be words of the file.
    """
    where = shown(path)
    try:
        require_inside(path)
        if path.exists() and path.stat().st_size > _LONGEST:
            raise MappingError("too_large", f"{where} is larger than a mapping can be ({_LONGEST // 1024**2} MB).")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise MappingError(
            "missing_file", f"{where} is not there. `python -m analysis draft FILE` writes a first one."
        ) from None
    except SourceError as error:
        raise MappingError("link_outside", str(error)) from None
    except UnicodeDecodeError:
        raise MappingError("not_utf8", f"{where} is not written in UTF-8.") from None
    try:
        return _Texts(text, names).get_single_data()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise MappingError(
            "control_character", f"{where}, line {line} is no YAML: it holds a control character. Delete it."
        ) from None
    except yaml.MarkedYAMLError as error:
        line_of, problem = f", line {error.problem_mark.line + 1}" if error.problem_mark else "", error.problem
        # A word of the file can begin so, and is not shown.
        if problem and ("found undefined alias" in problem or "found duplicate anchor" in problem):
            problem = "a text that begins with * or & must stand in quotes"
        raise MappingError("unreadable_yaml", f"{where}{line_of} is no YAML: {problem or error.context}.") from None
    except (yaml.YAMLError, RecursionError):
        raise MappingError("unreadable_yaml", f"{where} is no YAML that can be read.") from None


class _Texts(yaml.BaseLoader):
    """Reads every word as a text: NO is Norway, 007 a number of a file, and 2024-01-31 what was written.

    What YAML leaves to chance is refused: a name that stands twice, of which the last would count, and tags.
    """

    def __init__(self, text: str, names: Collection[str]) -> None:
        super().__init__(text)
        self.names = names

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if node.tag.rpartition(":")[2] in ("str", "seq", "map"):
            is_nothing = isinstance(node, yaml.ScalarNode) and node.style is None and node.value == ""
            return Nothing() if is_nothing else super().construct_object(node, deep)
        raise _refused("a text that begins with ! must stand in quotes", node)

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for at, value in node.value:
            name = self.construct_object(at)
            if not isinstance(name, str):
                raise _refused("a name before a colon must be a text", at)
            if name in found:
                said = f"`{name}:`" if name in self.names else "this name"  # which may be a word of the file
                raise _refused(f"{said} stands twice; keep one of the two", at)
            found[name] = self.construct_object(value, deep)
        return found


def _refused(problem: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


# --- Shapes --------------------------------------------------------------------------------------------------------


def keys(content: Any, allowed: set[str] | None, where: str) -> Mapping[str, Any]:
    """Names with values; only those that are allowed, or any where None is given."""
    if not isinstance(content, dict):
        raise MappingError("not_a_mapping", f"{where} must hold names with values, as `name: value`.")
    unknown = sorted(set(content) - allowed) if allowed is not None else []
    if unknown:
        raise MappingError(
            "unknown_field", f"{where} has no '{unknown[0]}'. Known are {', '.join(sorted(allowed or ()))}."
        )
    return content


def text(entry: Mapping[str, Any], key: str, where: str = "", default: str = "") -> str:
    """Return what stands after a name, which must be one text."""
    value = entry.get(key, default)
    if not isinstance(value, str):
        raise MappingError("not_one_text", f"{where}{': ' if where else ''}`{key}:` must be one text.")
    return value or default


def texts(entry: Mapping[str, Any], key: str, where: str = "") -> tuple[str, ...]:
    """Return what stands after a name, which must be a text or a list of texts."""
    value = entry.get(key, "")
    listed = value if isinstance(value, list) else [value] if value != "" else []
    if not all(isinstance(one, str) for one in listed):
        raise MappingError(
            "not_text_list", f"{where}{': ' if where else ''}`{key}:` must be a text, or a list of texts as [a, b]."
        )
    return tuple(listed)


def settled(said: str, where: str) -> str:
    """A text that a draft does not leave open."""
    if said == OPEN:
        raise MappingError("unsettled_draft", f'{where} is still "?", which a draft leaves open: settle it.')
    return said
