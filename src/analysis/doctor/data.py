"""The data: files as they were catalogued, boundaries that fit the areas, and what protects persons' data."""

from __future__ import annotations

import datetime
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from analysis.doctor.check import FAIL, OK, WARN, Check, check, one_line, some


@check("catalogue")
def catalogue() -> Iterator[Check]:
    """Whether every catalogued file is there, byte for byte; and no table lies about that no catalogue lists."""
    from analysis import areas, catalog

    try:
        listed = catalog.datasets()
    except catalog.CatalogError as error:
        yield _as_said("catalogue", error)
        return
    # Catalogues of single studies that cannot be read.
    unreadable = catalog.faults().values()
    yield from (_as_said("catalogue", error) for error in unreadable)
    faults = len(unreadable)
    for name in listed:
        try:
            catalog.verify(name)
        except (catalog.CatalogError, OSError) as error:
            faults += 1
            yield _as_said("catalogue", error)
    if not faults:
        try:
            # What is left once each file is as it should be: descriptions that are missing, evidence nobody listed.
            catalog.verify_listing()
            without = catalog.faults().values()
            yield from (_as_said("catalogue", error) for error in without)
            if not without:
                yield Check("catalogue", OK, f"{len(listed)} data sets, byte for byte as they were catalogued")
        except catalog.CatalogError as error:
            yield _as_said("catalogue", error)
    for path in catalog.uncatalogued(areas.STUDIES):
        found = f"{catalog.shown(path)} is in no catalogue, so that nothing reads it"
        yield Check("catalogue", WARN, found, f"python -m analysis check {catalog.shown(path)} --accept")


def _as_said(name: str, error: Exception) -> Check:
    """A fault whose message ends with the sentence that says what would help."""
    what, _, fix = " ".join(str(error).split()).partition(". ")
    return Check(name, FAIL, what.rstrip("."), fix or "Put back the file as it was catalogued.")


@check("boundaries")
def boundaries() -> Iterator[Check]:
    """Whether the boundaries of each study can be read, are sound, and belong to its areas one to one."""
    from shapely.validation import explain_validity

    from analysis import areas

    sound = []
    for study in areas.STUDIES:
        name = f"boundaries of {study}"
        ids = areas.ids(study)
        try:
            shapes = areas.boundaries(study)
        except Exception as error:
            found = f"they cannot be read or joined: {one_line(error)}"
            yield Check(name, FAIL, found, "Put back the file of boundaries; its key must name each area once.")
            continue
        without = shapes.loc[shapes.geometry.isna() | shapes.geometry.is_empty, "area_id"]
        there = shapes[~shapes["area_id"].isin(without)]
        broken = there[~there.geometry.is_valid]
        if len(without) or list(shapes["area_id"]) != ids:
            missing = list(without) or sorted(set(ids) ^ set(shapes["area_id"]))
            fix = "Give the layer's key the id of each area, as the study's row of the table of studies says."
            yield Check(name, FAIL, f"without a shape of their own: {some(missing)}", fix)
        if shapes.crs is None or shapes.crs.to_epsg() != 4326:
            fix = "Write the layer in longitude and latitude: shapes.to_crs(4326).to_file(...)."
            yield Check(name, FAIL, f"they are in {shapes.crs or 'no known projection'}, not in EPSG:4326", fix)
        for area_id, shape in zip(broken["area_id"], broken.geometry, strict=True):
            fix = "Fix the layer with shapely.make_valid, and enter its new digest in the catalogue."
            yield Check(name, FAIL, f"the shape of {area_id} is not valid: {explain_validity(shape)}", fix)
        if not (len(without) or len(broken)) and list(shapes["area_id"]) == ids:
            sound.append(f"{study} {len(ids)}")
    if sound:
        yield Check("boundaries", OK, f"one valid shape an area: {', '.join(sound)}")


@check("persons' data")
def protection(today: datetime.date | None = None) -> Iterator[Check]:
    """Whether confidential data may still be kept, are kept encrypted, and lie nowhere as they were besides."""
    from analysis import areas, catalog, encryption, retention

    name = "persons' data"
    faults = 0
    for entry in retention.past(today):
        faults += 1
        found = f"'{entry.name}' ({catalog.shown(entry.path)}) was to be kept until {entry.retain_until}"
        fix = f"Delete the file and its entry in {entry.listed_in}, then python -m analysis forget {entry.study}"
        yield Check(name, FAIL, found, fix)
    confidential = [entry for entry in catalog.datasets().values() if entry.kind == "confidential"]
    for entry in confidential:
        if not encryption.is_encrypted(entry.path):
            faults += 1
            fix = f"python -m analysis encrypt {catalog.shown(entry.path)} --remove"
            yield Check(name, WARN, f"{catalog.shown(entry.path)} is confidential and not encrypted", fix)
    for path in encryption.left_plain(areas.STUDIES):
        faults += 1
        yield Check(name, WARN, f"{catalog.shown(path)} lies unencrypted beside what is encrypted", f"rm {path}")
    if not faults:
        number = len(confidential)
        kept = f"{number} confidential data sets, encrypted and within their time" if number else "none is confidential"
        yield Check(name, OK, kept)


@check("keys")
def secret_keys() -> Iterator[Check]:
    """Whether the secret keys can be read by their owner alone, and lie where they should."""
    from analysis import catalog, encryption
    from analysis.intake import pseudonyms

    own = catalog.ROOT / ".key"
    named = {
        "of the pseudonyms": os.environ.get(pseudonyms.KEY_FILE) or (str(own) if own.exists() else ""),
        "of encrypted files": os.environ.get(encryption.KEY_FILE, ""),
    }
    needed = any(encryption.is_encrypted(entry.path) for entry in catalog.datasets().values())
    if needed and not named["of encrypted files"]:
        fix = f"export {encryption.KEY_FILE}=PATH, with the path of the key's file"
        yield Check("keys", FAIL, "files are kept encrypted, and no key is at hand", fix)
    sound = []
    for what, path in named.items():
        if not path:
            continue
        fault = _of_key(Path(path).expanduser(), inside=path == str(own))
        if fault:
            yield fault
        else:
            sound.append(what)
    if sound:
        yield Check("keys", OK, f"the key {' and the key '.join(sound)}: for their owner alone")
    elif not any(named.values()) and not needed:
        yield Check("keys", OK, "none is needed yet")


def _of_key(path: Path, inside: bool) -> Check | None:
    """What is wrong with the file of a key; `inside` where it is the one that may lie in the project's folder."""
    from analysis.catalog import ROOT

    if not path.is_file():
        return Check("keys", FAIL, f"the key file {path} is missing", "Put it back from the copy that was kept apart.")
    if path.resolve().is_relative_to(ROOT) and not inside:
        return Check(
            "keys", FAIL, f"{path} lies in the project's folder, beside what it opens", f"mv {path} ~/.config/"
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        return Check("keys", FAIL, f"{path} can be read by others than its owner ({mode:o})", f"chmod 600 {path}")
    return None
