"""The one error by which a new study is refused, with every fault that was found in what was given."""

from __future__ import annotations

from collections.abc import Sequence

from bounded.refusal import Refusal

# More than these are counted, not listed: whoever mends so many looks at the file, not at the list.
LISTED = 20


class StudyError(Refusal):
    """A study cannot be made from what was given; one sentence a fault says where it is and what would help."""


def refuse(faults: Sequence[str]) -> None:
    """Raise StudyError with these faults; do nothing where there is none."""
    if faults:
        more = [f"and {len(faults) - LISTED} more"] if len(faults) > LISTED else []
        raise StudyError("faulty_input", "\n".join([*dict.fromkeys(faults[:LISTED]), *more]))
