"""What must be known of a study: said on the command line or in a file of answers, asked at a terminal, or refused."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from analysis.catalog import shown
from analysis.studies.fault import StudyError

# Flags that name files; in a file of answers, they lie where it lies.
FILES = ("boundaries", "counts", "population", "sources")


@dataclass
class Asking:
    """Answers to what must be known of a study.

    Parameters
    ----------
    given : what is said already, by the name of its flag without dashes; None or "" where nothing is.
    ask : shows a question and returns the line that was typed; None where there is no terminal.
    missing : flags that nobody could be asked for; filled as they are met.
    typed : answers that were typed, by flag; filled likewise.
    """

    given: dict[str, str | None]
    ask: Callable[[str], str] | None = None
    missing: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)

    def __call__(self, flag: str, question: str, default: str = "", choices: Sequence[str] = ()) -> str:
        """The answer to a question, as given or from the terminal; "" if neither has one (see `refuse`).

        Parameters
        ----------
        flag : its flag on the command line. question : in a few words, without a question mark.
        default : what Enter answers; "": nothing does. choices : the answers that there are; none: any text.

        Raises
        ------
        StudyError : what is given is none of the choices.
        """
        given = (self.given.get(flag) or "").strip()
        if given:
            if choices and given not in choices:
                raise StudyError("unknown_choice", f"--{flag} {given}: this must be one of {', '.join(choices)}.")
            return given
        if self.ask is None:
            self.missing[flag] = question
            return ""
        if flag not in self.typed:
            self.typed[flag] = self._asked(question, default, choices)
        return self.typed[flag]

    def taken(self, flag: str, question: str, found: str, choices: Sequence[str] = ()) -> str:
        """The answer where the files themselves give one: it is asked at a terminal, and taken where there is none."""
        return self(flag, question, found, choices) if self.ask or self.given.get(flag) else found

    def refuse(self) -> None:
        """Raise StudyError for what nobody could be asked for."""
        if self.missing:
            flags = "".join(f"\n  --{flag} ...   {question}" for flag, question in self.missing.items())
            raise StudyError(
                "no_terminal",
                f"There is no terminal on which these could be asked; say them on the command line:{flags}",
            )

    def command(self, study: str) -> str:
        """The command that says what was given and typed, so that nobody types it twice; "" if nothing was typed."""
        said = {flag: text for flag, text in {**self.given, **self.typed}.items() if text}
        flags = " ".join(f"--{flag} {shlex.quote(text)}" for flag, text in said.items())
        return f"python -m analysis new-study {study} {flags}" if self.typed else ""

    def _asked(self, question: str, default: str, choices: Sequence[str]) -> str:
        assert self.ask is not None
        offered = f" ({', '.join(choices)})" if choices else ""
        ending = f" [{default}]: " if default else ": "
        while True:
            answer = self.ask(f"{question[:1].upper()}{question[1:]}{offered}{ending}").strip() or default
            if answer and (not choices or answer in choices):
                return answer


def from_file(path: Path, known: Collection[str]) -> dict[str, str | None]:
    """Answers from a file, one ``flag: answer`` a line (YAML); files that it names lie where it lies.

    Raises
    ------
    StudyError : it is not there, is no such file, or answers what nobody asks.
    """
    if not path.is_file():
        raise StudyError("missing_file", f"{shown(path)} is not there.")
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        said = None
    if not isinstance(said, dict):
        raise StudyError("not_a_mapping", f"{shown(path)}: write one flag and its answer a line, as `iso3: GHA`.")
    for flag, text in said.items():
        if flag not in known:
            raise StudyError("unknown_flag", f"{shown(path)}: '{flag}' is no flag. Those known are {', '.join(known)}.")
        if isinstance(text, (dict, list)) or text is None:
            raise StudyError("wrong_type", f"{shown(path)}: '{flag}' needs one text as its answer.")
    return {flag: str(path.parent / str(text)) if flag in FILES else str(text) for flag, text in said.items()}
