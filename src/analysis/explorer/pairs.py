"""Review of uncertain pairs in JupyterLab: two records side by side, answered by single keys.

A browser shows what this process sends; each answer is kept in the decisions of the study before the next pair is sent.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import Any

import anywidget

from analysis.areas import Place
from analysis.cases.pairs_to_review import Review
from bounded.refusal import Coded

Message = dict[str, Any]


class Answers:
    """What a page is answered: the pair that it asks for, after the answer that it gives was kept.

    Parameters
    ----------
    review : of one reviewer.
    """

    def __init__(self, review: Review) -> None:
        self.review = review

    def answer(self, message: Message) -> Message:
        """Return the pair that comes next, or a sentence on why an answer could not be kept."""
        try:
            if message.get("ask") == "answer":
                said = (int(message["number"]), str(message["answer"]), str(message.get("reason", "")).strip())
                self.review.answer([said])
            return self._pair(message)
        except Coded as error:
            return {"say": "failed", "sentence": str(error)}

    def _pair(self, message: Message) -> Message:
        still = self.review.open
        number = message.get("next", still[0] if still else 0)
        number = min(max(int(number), 0), len(self.review) - 1)
        pair = self.review.pairs[number]
        said, reason = self.review.answer_of(number)
        return {
            "say": "pair",
            "number": number,
            "of": len(self.review),
            "open": len(still),
            "kind": self.review.kind,
            "reviewer": self.review.initials + (", second reviewer" if self.review.second else ""),
            "places": list(pair.places),
            "weight": pair.weight,
            "lines": [asdict(line) for line in pair.lines],
            "answer": said,
            "reason": reason,
        }


class PairReview(anywidget.AnyWidget):
    """The pairs of a reviewer in a browser.

    Nothing of a record is part of the widget's state: a pair is sent as a message to whoever asks, so that no notebook
    that is saved holds a name, whatever JupyterLab has been told to save.

    Parameters
    ----------
    answers : what answers the page.
    """

    def __init__(self, answers: Answers) -> None:
        self._esm, self._css = module()
        super().__init__()
        self.answers = answers
        self.on_msg(lambda _widget, message, _buffers: self.send(self.answers.answer(message)))

    def __repr__(self) -> str:
        """The text that is seen where there is no kernel: a notebook that was saved and is read elsewhere."""
        return "Review of pairs of records: run this cell."


def review(study: Place, initials: str, second: bool = False) -> PairReview:
    """Judge pairs of records of a study, one after another: S the same person, N not the same, C cannot say.

    Parameters
    ----------
    study : its id or name. initials : of the reviewer, one to four letters. second : judge the tenth of the pairs that
        a second reviewer is given, who sees no other answers.

    Raises
    ------
    analysis.cases.pair_decisions.DecisionsError : see `cases.pairs_to_review.Review`.
    analysis.processed.ProcessedError : the tables of the study have not been made.
    """
    return PairReview(Answers(Review(study, initials, second)))


@cache
def module() -> tuple[str, str]:
    """The script and the style of the page, which come with the package and ask nothing of a network."""
    folder = resources.files("analysis.explorer") / "templates"
    script, style = (folder / f"pairs.{ending}" for ending in ("js", "css"))
    return script.read_text(encoding="utf-8"), style.read_text(encoding="utf-8")
