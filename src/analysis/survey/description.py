"""The description of a survey: a short YAML file beside its export, that says what it is and how it was drawn."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis import areas
from analysis.catalog import KINDS, plain, shown
from analysis.survey.intake import PROBABILITY, SAMPLING
from bounded.refusal import Coded

SUFFIX = ".survey.yml"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_REQUIRED = ("survey", "title", "study", "kind", "publisher", "source", "date", "sampling")
_OPTIONAL = ("frame", "licence", "sheet")


class DescriptionError(Coded):
    """The description of a survey is not complete, or says what cannot be; the message says where and what to write."""


@dataclass(frozen=True)
class Description:
    """One survey: what it is, and how its children were drawn.

    Parameters
    ----------
    survey : short name. study, kind : as in the catalogue. date : the last day of fieldwork.
    sampling : ``probability``, ``purposive`` or ``respondent_driven``.
    frame : file of the sampling frame beside the description, "" for none; a probability sample has one.
    sheet : of the export; "" for the first that is not hidden.
    """

    survey: str
    title: str
    study: str
    kind: str
    publisher: str
    source: str
    date: datetime.date
    sampling: str
    frame: str = ""
    licence: str = ""
    sheet: str = ""


def beside(file: Path) -> Path:
    """The description of an export: of the same name beside it, ``children.survey.yml`` for ``children.xlsx``."""
    return file.with_name(plain(file).stem + SUFFIX)


def load(path: Path) -> Description:
    """The description that stands in a YAML file. Raises DescriptionError, which says where it must be fixed."""
    where = shown(path)
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Texts)
        return _description(content)
    except FileNotFoundError:
        raise DescriptionError(
            "missing_file",
            f"{where} is not there. Write it beside the export, with {', '.join(_REQUIRED)}, each on its own line.",
        ) from None
    except UnicodeDecodeError:
        raise DescriptionError("unreadable_file", f"{where} is not written in UTF-8.") from None
    except DescriptionError as error:
        raise DescriptionError("invalid_description", f"{where}: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise DescriptionError(
            "unreadable_yaml", f"{where}{line} is no YAML: {error.problem or error.context}."
        ) from None
    except (yaml.YAMLError, RecursionError):
        raise DescriptionError("unreadable_yaml", f"{where} is no YAML that can be read.") from None


class _Texts(yaml.BaseLoader):
    """Reads every word as a text, and refuses a name that stands twice, of which the last would count."""

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[str, Any]:
        names = [at.value for at, _ in node.value]
        for at, name in zip(node.value, names, strict=True):
            if names.count(name) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"`{name}:` stands twice; keep one of the two", at[0].start_mark
                )
        return super().construct_mapping(node, deep)


def _description(content: Any) -> Description:
    if not isinstance(content, dict):
        raise DescriptionError("not_a_mapping", "it must hold names with values, as `name: value`.")
    known = (*_REQUIRED, *_OPTIONAL)
    if unknown := sorted(set(content) - set(known)):
        raise DescriptionError("unknown_field", f"it has no `{unknown[0]}:`. Known are {', '.join(known)}.")
    if no_text := [name for name, value in content.items() if not isinstance(value, str)]:
        raise DescriptionError("wrong_type", f"`{no_text[0]}:` must be one text.")
    said = {name: content.get(name, "").strip() for name in known}
    if missing := [name for name in _REQUIRED if not said[name]]:
        raise DescriptionError("missing_field", f"`{missing[0]}:` is missing.")
    if not _NAME.fullmatch(said["survey"]):
        raise DescriptionError("invalid_id", "`survey:` must be a short name of small letters, digits and underscores.")
    for name, allowed in (("study", tuple(areas.STUDIES)), ("kind", KINDS), ("sampling", SAMPLING)):
        if said[name] not in allowed:
            raise DescriptionError("unknown_choice", f"`{name}:` must be one of {', '.join(allowed)}.")
    if said["sampling"] == PROBABILITY and not said["frame"]:
        raise DescriptionError(
            "missing_frame",
            "`frame:` is missing: a probability sample is weighted by its sampling frame. Name its file, or say by "
            "`sampling:` that the children were not drawn by chance.",
        )
    if Path(said["frame"]).name != said["frame"]:
        raise DescriptionError(
            "outside_folder", "`frame:` must be the name of a file that lies beside the description, without a folder."
        )
    try:
        date = datetime.date.fromisoformat(said["date"])
    except ValueError:
        raise DescriptionError("invalid_date", "`date:` must be the last day of fieldwork, as 2026-04-30.") from None
    return Description(**{**said, "date": date})
