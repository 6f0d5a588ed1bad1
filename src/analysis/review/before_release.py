"""The register of releases as it stood when a release was made, in a copy of the project.

Tables of persons are made to withstand what was released before. The entry that a release itself made came after its
tables, and they come out otherwise beside it; one that it repeated was there. The digests of the tables, which the
release names, say which of the two it was.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from analysis.batch.products import digest

# Name of a chain of entries: of which records, and a mark of synthetic ones. Fields of its lines; the third is a file.
CHAIN = re.compile(r"(\w+?)_chain(_SYNTHETIC)?\.txt")
ENTRY = re.compile(r"_\d{3,}_\d{4}-\d\d-\d\d_[0-9a-f]+(_SYNTHETIC)?\.parquet")


def restore(copy: Path, digests: Mapping[str, str], run: Callable[[Path, Sequence[str]], str]) -> None:
    """Make the tables of persons of a copy as they were made for a release.

    Parameters
    ----------
    copy : of a project, without outputs. digests : name of tables, as ``case_records_<study>`` -> sha256 at the
        release. run : runs a command of the program in the copy.
    """
    register = copy / "data" / "register"
    for folder in sorted(path for path in register.glob("*") if path.is_dir()):
        named = {
            chain: f"{match[1]}_{folder.name}" for chain in folder.glob("*.txt") if (match := CHAIN.match(chain.name))
        }
        shortened = {chain: name for chain, name in named.items() if name in digests}
        if not shortened:
            continue
        kept = shutil.copytree(folder, copy / ".register" / folder.name)
        for chain in shortened:
            _without_newest(chain)
        run(copy, ["intake", "--study", folder.name])
        for chain, name in shortened.items():
            if _digest(copy, folder.name, chain) != digests[name]:
                # It repeated an earlier release, so that the entry was there.
                for path in kept.glob(f"{chain.name.split('_chain')[0]}_*"):
                    shutil.copy2(path, folder / path.name)
    shutil.rmtree(copy / ".register", ignore_errors=True)


def _without_newest(chain: Path) -> None:
    """Take the newest release, and what was taken out after it, out of a chain."""
    lines = chain.read_text(encoding="utf-8").splitlines(keepends=True)
    records = chain.name.split("_chain")[0]
    last = max((at for at, line in enumerate(lines) if _is_release(line, records)), default=len(lines))
    for line in lines[last:]:
        (chain.parent / line.split()[2]).unlink(missing_ok=True)
    chain.write_text("".join(lines[:last]), encoding="utf-8")
    if not last:
        chain.unlink()


def _is_release(line: str, records: str) -> bool:
    file = line.split()[2]
    return file.startswith(records) and ENTRY.fullmatch(file.removeprefix(records)) is not None


def _digest(copy: Path, study: str, chain: Path) -> str:
    """The digest of tables as a release names it; empty where they were not made."""
    manifest = copy / "data" / "processed" / study / chain.name.replace("_chain", "").replace(".txt", ".json")
    try:
        products = json.loads(manifest.read_text(encoding="utf-8"))["products"]
    except (OSError, ValueError, KeyError):
        return ""
    return digest(json.dumps(products, sort_keys=True).encode())
