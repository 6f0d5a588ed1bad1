"""What is refused or warned of, asked for by its code: sentences can be improved without breaking a test."""

from collections.abc import Iterable

import pytest

from bounded.refusal import Caution


def refused(error: type[Exception], code: str, *named: object):
    """`pytest.raises` for an error with this code, whose sentence names all that is given: a file, a row, a value."""

    def is_it(found: Exception) -> bool:
        said = getattr(found, "code", None)
        assert said == code, f"refused as {said!r} and not as {code!r}: {found}"
        absent = [str(each) for each in named if str(each) not in str(found)]
        assert not absent, f"the sentence does not name {absent}: {found}"
        return True

    return pytest.raises(error, check=is_it)


def codes(cautions: Iterable[Caution]) -> list[str]:
    """The codes of cautions, in their order; every one has to have one."""
    return [caution.code for caution in cautions]


def warned(cautions: Iterable[Caution], code: str, *named: object) -> bool:
    """Whether a caution with this code is among them, whose sentence names all that is given: a year, a number."""
    return any(each.code == code and all(str(one) in each for one in named) for each in cautions)
