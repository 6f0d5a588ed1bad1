"""The fonts of figures and of the report: the same for everybody, with the letters of all four languages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from analysis.doctor.check import FAIL, OK, WARN, Check, check, rebuild, some

# Letters of Turkish, Portuguese and French, and the signs of figures.
LETTERS = "çğıöşüÇĞİÖŞÜ ãõâêôáéíóúàÃÕÂÊÔÁÉÍÓÚÀ èëîïûùœÈÉËÎÏÛÙŒ –…·×≤≥∞→✓"


@check("fonts")
def fonts(folder: Path | None = None) -> Iterator[Check]:
    """Whether the font of figures is the one that matplotlib brings along, in plain and bold, with all letters.

    Parameters
    ----------
    folder : where the font is to lie; left out, in matplotlib's own data.
    """
    import matplotlib
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    from analysis.figures.style import SETTINGS

    family = str(SETTINGS["font.family"])
    own = folder or Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    lacking, elsewhere = [], []
    for weight in ("normal", "bold"):
        try:
            path = Path(findfont(FontProperties(family=family, weight=weight), fallback_to_default=False))
        except ValueError:
            lacking.append(f"{family} {weight}")
            continue
        if path.parent.resolve() != own.resolve():
            elsewhere.append(str(path))
        held = FT2Font(str(path)).get_charmap()
        unknown = [letter for letter in LETTERS if letter != " " and ord(letter) not in held]
        lacking += [f"{letter} in {path.name}" for letter in unknown]
    if lacking:
        yield Check("fonts", FAIL, f"missing: {some(lacking)}", rebuild())
    if elsewhere:
        found = f"{some(elsewhere)} is used in place of matplotlib's own: figures may differ from those of others"
        yield Check("fonts", WARN, found, f"rm -rf {matplotlib.get_cachedir()}")
    if not (lacking or elsewhere):
        yield Check("fonts", OK, f"{family}, plain and bold, with the letters of Turkish, Portuguese and French")


@check("font cache")
def font_cache(folder: Path | None = None) -> Iterator[Check]:
    """Whether matplotlib can keep its list of fonts, which every kernel would otherwise make anew.

    Parameters
    ----------
    folder : where it is kept; left out, where matplotlib says.
    """
    import matplotlib

    place = folder or Path(matplotlib.get_cachedir())
    if "MPLCONFIGDIR" not in os.environ and place.name.startswith("matplotlib-"):
        # Where it cannot write to the user's own folder it takes a new temporary one for each process.
        found = f"there is no folder to keep it in, so that each kernel makes its own in {place.parent}"
    elif not os.access(place, os.W_OK):
        found = f"{place} cannot be written to"
    else:
        yield Check("font cache", OK, str(place))
        return
    yield Check("font cache", WARN, found, "export MPLCONFIGDIR=$HOME/.matplotlib && mkdir -p $MPLCONFIGDIR")
