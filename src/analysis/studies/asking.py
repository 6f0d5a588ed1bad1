"""What is not given on the command line is asked where somebody sits at a terminal, and refused where nobody does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from analysis.studies.fault import StudyError


@dataclass
class Asking:
    """Answers to what must be known of a study.

    Parameters
    ----------
    given : what the command line says, by the name of its flag without dashes; None or "" where it says nothing.
    ask : shows a question and returns the line that was typed; None where there is no terminal.
    missing : flags that nobody could be asked for; filled as they are met.
    """

    given: dict[str, str | None]
    ask: Callable[[str], str] | None = None
    missing: dict[str, str] = field(default_factory=dict)

    def __call__(self, flag: str, question: str, default: str = "", choices: Sequence[str] = ()) -> str:
        """The answer to a question, from the command line or the terminal; "" if neither has one (see `refuse`).

        Parameters
        ----------
        flag : its flag on the command line. question : in a few words, without a question mark.
        default : what Enter answers; "": nothing does. choices : the answers that there are; none: any text.

        Raises
        ------
        StudyError : the command line gives an answer that is none of the choices.
        """
        given = (self.given.get(flag) or "").strip()
        if given:
            if choices and given not in choices:
                raise StudyError(f"--{flag} {given}: this must be one of {', '.join(choices)}.")
            return given
        if self.ask is None:
            self.missing[flag] = question
            return ""
        shown = f" ({', '.join(choices)})" if choices else ""
        ending = f" [{default}]: " if default else ": "
        while True:
            answer = self.ask(f"{question}{shown}{ending}").strip() or default
            if answer and (not choices or answer in choices):
                return answer

    def taken(self, flag: str, question: str, found: str, choices: Sequence[str] = ()) -> str:
        """The answer where the files themselves give one: it is asked at a terminal, and taken where there is none."""
        return self(flag, question, found, choices) if self.ask or self.given.get(flag) else found

    def refuse(self) -> None:
        """Raise StudyError for what nobody could be asked for."""
        if self.missing:
            flags = "".join(f"\n  --{flag} ...   {question}" for flag, question in self.missing.items())
            raise StudyError(
                f"There is no terminal on which these could be asked; say them on the command line:{flags}"
            )
