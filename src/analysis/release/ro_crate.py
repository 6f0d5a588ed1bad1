"""RO-Crate of a release: what was made from what, for machines (RO-Crate 1.2, JSON-LD).

The crate's root is the folder ``reports/``; it is staged, searched and released with the rest. Each run of a notebook
is an action by the profile Process Run Crate 0.5 (Leo et al., 2024, Recording provenance of workflow runs with
RO-Crate): its notebook, its data sets, its results. Of confidential data sets it says that there are some, and nothing
else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import yaml

from analysis import areas, catalog
from analysis.catalog import ROOT, Dataset, shown
from analysis.findings import collected
from analysis.jobs import STAGED, released, tables_of
from analysis.release import descriptions
from bounded.refusal import Refusal

# The crate's own file, in its root.
METADATA = "ro-crate-metadata.json"
CRATE_ROOT = "reports/"
CONTEXT = "https://w3id.org/ro/crate/1.2/context"
CRATE = "https://w3id.org/ro/crate/1.2"
PROCESS_RUNS = "https://w3id.org/ro/wfrun/process/0.5"
# Licences that are known by an address; any other stands as it is written.
LICENCES = {
    "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/",
}
# What describes the tables, and the standard that it follows: see `descriptions`.
PACKAGE, DATA_PACKAGE = descriptions.PACKAGE, descriptions.PROFILE
CONFIDENTIAL = "#confidential-data"
MEDIA_TYPES = {
    ".css": "text/css",
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".yml": "application/yaml",
}

Entity = dict[str, Any]


class CrateError(Refusal):
    """The crate cannot say where something comes from; the message says what is missing."""


def crate(
    files: Mapping[str, str],
    runs: Mapping[str, Mapping[str, Any]],
    datasets: Sequence[Dataset],
    citation: Mapping[str, Any],
    published: str,
) -> bytes:
    """The content of ``reports/ro-crate-metadata.json``, the same whenever it is made.

    Parameters
    ----------
    files : the sha256 of what is released, by its path below the project's folder: ``reports/…`` and ``figures/…``.
    runs : name of a run, as a job's -> the metadata of its executed notebook, or the report's manifest: ``made_from``
        and ``products``. A file that is not as a run left it, say of an earlier release, is not said to be its result.
    datasets : entries of the catalogue, and tables derived from them; those stand in the crate that a run read.
    citation : CITATION.cff as it is read. published : the day of the release, YYYY-MM-DD.

    Raises
    ------
    CrateError : a run read what is not among the data sets.
    """
    files = {path: sha256 for path, sha256 in files.items() if path != CRATE_ROOT + METADATA}
    by_name = {entry.name: entry for entry in datasets}
    read = {name for said in runs.values() for name in said["made_from"].get("inputs", {})}
    inputs = [entry for name, entry in sorted(by_name.items()) if name in read]
    authors = list(_authors(citation))
    said = [entity for name in sorted(runs) for entity in _run(name, runs[name], files, by_name, citation)]
    actions = [entity["@id"] for entity in said if entity["@type"] == "CreateAction"]
    inside = sorted(path for path in files if path.startswith(CRATE_ROOT))
    outside = sorted(set(files) - set(inside))
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": citation["title"],
        "description": " ".join(citation["abstract"].split()),
        "datePublished": published,
        "license": _reference(_licence(citation["license"])["@id"]),
        "author": _references(each["@id"] for each in authors),
        "publisher": _references(each["@id"] for each in authors),
        "keywords": sorted(citation.get("keywords", ())),
        "version": str(citation["version"]),
        "conformsTo": _reference(PROCESS_RUNS),
        "hasPart": _references(_file_id(path) for path in inside),
        "mentions": _references([*actions, *(_file_id(path) for path in outside)]),
    }
    entities = [
        *(_descriptor(), root, _profile(), _licence(citation["license"])),
        *([_data_package()] if any(PurePosixPath(path).name == PACKAGE for path in inside) else []),
        *authors,
        *(_file(path, files[path]) for path in [*inside, *outside]),
        *(_licence(entry.licence) for entry in inputs if entry.kind != "confidential"),
        *(_dataset(entry) for entry in inputs),
        *said,
    ]
    return _flattened(entities)


def _flattened(entities: Iterable[Entity]) -> bytes:
    """Entities once each: the descriptor and the root first, as people look for them, the others by their ids."""
    found: dict[str, Entity] = {}
    for entity in entities:
        if found.setdefault(entity["@id"], entity) != entity:
            raise CrateError(
                "duplicate_key", f"{entity['@id']} is said to be two different things: give one of them another name."
            )
    order = sorted(found.values(), key=lambda each: (each["@id"] != METADATA, each["@id"] != "./", each["@id"]))
    filled = [{name: value for name, value in each.items() if value not in ("", [], None)} for each in order]
    graph = {"@context": CONTEXT, "@graph": filled}
    return (json.dumps(graph, ensure_ascii=False, indent=1) + "\n").encode()


def _descriptor() -> Entity:
    return {
        "@id": METADATA,
        "@type": "CreativeWork",
        "name": "What was made from what",
        "about": _reference("./"),
        "conformsTo": _reference(CRATE),
    }


def _profile() -> Entity:
    return {"@id": PROCESS_RUNS, "@type": ["CreativeWork", "Profile"], "name": "Process Run Crate", "version": "0.5"}


def _data_package() -> Entity:
    return {"@id": DATA_PACKAGE, "@type": ["CreativeWork", "Profile"], "name": "Data Package", "version": "2.0"}


def _authors(citation: Mapping[str, Any]) -> Iterator[Entity]:
    for author in citation["authors"]:
        name = author.get("name") or f"{author['given-names']} {author['family-names']}"
        # An author with one name is an organisation (Citation File Format 1.2.0).
        kind = "Organization" if "name" in author else "Person"
        identifier = author.get("orcid") or author.get("website") or f"#author/{quote(name)}"
        yield {"@id": identifier, "@type": kind, "name": name}


def _licence(words: str) -> Entity:
    address = LICENCES.get(words) or f"#licence/{_digest(words)}"
    return {"@id": address, "@type": "CreativeWork", "name": words, "description": "Terms as the source states them."}


def _file(path: str, sha256: str) -> Entity:
    """A released file; a figure stands outside of the crate's root, and is described, but no part of it."""
    inside = path.startswith(CRATE_ROOT)
    return {
        "@id": _file_id(path),
        "@type": "File" if inside else ["CreativeWork", "ImageObject"],
        "name": path,
        "description": _what(path, inside),
        "encodingFormat": MEDIA_TYPES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream"),
        "sha256": sha256,
        "conformsTo": _reference(DATA_PACKAGE) if PurePosixPath(path).name == PACKAGE else "",
    }


def _what(path: str, inside: bool) -> str:
    """The kind of a file, in words."""
    synthetic = "SYNTHETIC, or in part so: follows from synthetic persons. " if "SYNTHETIC" in path else ""
    kind = PurePosixPath(path).suffix.lstrip(".").upper()
    if not inside:
        return f"{synthetic}Figure of the release, beside its reports"
    if PurePosixPath(path).name == PACKAGE:
        return "Data package: what each table of its folder and each of their columns is"
    more = f", described in {PACKAGE}" if kind == "CSV" else ""
    return f"{synthetic}{kind} file of the release{more}"


def _file_id(path: str) -> str:
    return quote(path.removeprefix(CRATE_ROOT)) if path.startswith(CRATE_ROOT) else f"#{quote(path)}"


def _dataset(entry: Dataset) -> Entity:
    if entry.kind == "confidential":
        return {
            "@id": CONFIDENTIAL,
            "@type": "CreativeWork",
            "name": "Confidential data",
            "description": "Data that stay with those who keep them; nothing else is said of them here.",
        }
    synthetic = "SYNTHETIC: about no real person." if entry.kind == "synthetic" else ""
    return {
        "@id": f"#data/{quote(entry.name)}",
        "@type": "CreativeWork",
        "additionalType": "https://schema.org/Dataset",
        "name": entry.title,
        "identifier": entry.name,
        "description": " ".join(filter(None, [synthetic, entry.source])),
        "creditText": entry.publisher,
        "dateModified": entry.date,
        "license": _reference(_licence(entry.licence)["@id"]),
        "sha256": entry.sha256,
        "keywords": entry.kind,
    }


def _run(
    name: str,
    said: Mapping[str, Any],
    files: Mapping[str, str],
    datasets: Mapping[str, Dataset],
    citation: Mapping[str, Any],
) -> Iterator[Entity]:
    """The action of a run, its parameters, and the program that it ran."""
    made_from = said["made_from"]
    staged = f"{shown(STAGED)}/"
    products = {path.removeprefix(staged): digest for path, digest in said["products"].items()}
    result = sorted(path for path, digest in products.items() if path in files and files[path] == digest)
    unknown = sorted(set(made_from.get("inputs", {})) - set(datasets))
    if unknown:
        raise CrateError(
            "unknown_dataset", f"{name} has read what is not among the data sets, so that its crate would not name it."
        )
    read = {_dataset(datasets[each])["@id"] for each in made_from.get("inputs", {})}
    parameters = [
        {
            "@id": f"#parameter/{quote(name)}/{quote(each)}",
            "@type": "PropertyValue",
            "name": each,
            "value": str(value),
        }
        for each, value in sorted(made_from.get("parameters", {}).items())
    ]
    program = list(_program(made_from, citation))
    yield {
        "@id": f"#run/{quote(name)}",
        "@type": "CreateAction",
        "name": f"Run of {name}",
        "description": f"{', '.join(made_from.get('notebook', ['The package']))} was run, and its results released.",
        "instrument": _reference(program[0]["@id"]),
        "object": _references([*sorted(read), *(each["@id"] for each in parameters)]),
        "result": _references(_file_id(path) for path in result),
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }
    yield from parameters
    yield from program


def _program(made_from: Mapping[str, Any], citation: Mapping[str, Any]) -> Iterator[Entity]:
    """The notebook with its cells' digest, and what it needs: the modules that it reaches, Python, the lock."""
    environment, library = made_from.get("environment", {}), made_from.get("library", {})
    version = str(citation["version"])
    # RO-Crate keeps SoftwareSourceCode for files of the crate; these stand in the project that holds it.
    modules: Entity = {
        "@id": f"#library/{_digest(library)}",
        "@type": "SoftwareApplication",
        "url": "../src/analysis",
        "name": f"Package analysis {version}, {len(library)} of its files",
        "version": version,
        "license": _reference(_licence(citation["license"])["@id"]),
        "sha256": _digest(library),
        "description": "sha256 of the JSON of the digests of these files by path.",
    }
    python = str(environment.get("python", ""))
    language: Entity = {
        "@id": f"#python/{python}",
        "@type": ["ComputerLanguage", "SoftwareApplication"],
        "name": f"Python {python}",
        "version": python,
        "url": "https://www.python.org/",
    }
    locked = str(environment.get("requirements.lock", ""))
    lock: Entity = {
        "@id": f"#requirements.lock/{locked}",
        "@type": "CreativeWork",
        "name": "requirements.lock: every package in its version, with digests",
        "sha256": locked,
    }
    needed = [language, *([lock] if locked else []), modules]
    for path, digest in sorted(made_from.get("notebook", {}).items()):
        yield {
            "@id": f"#{quote(path)}/{_digest([digest, environment, library])}",
            "@type": "SoftwareApplication",
            "name": path,
            "url": f"../{quote(path)}",
            "encodingFormat": "application/x-ipynb+json",
            "programmingLanguage": _reference(language["@id"]),
            "softwareRequirements": _references(each["@id"] for each in needed),
            "version": version,
            "sha256": digest,
            "description": "sha256 of its cells, whatever outputs stand beside them.",
        }
    # Where no notebook was run, the package itself was.
    yield from [modules, language, *([lock] if locked else [])]


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _reference(identifier: str) -> Entity:
    return {"@id": identifier}


def _references(identifiers: Iterable[str]) -> list[Entity] | Entity:
    """References once each; a single one stands without a list, as RO-Crate has it."""
    found = [_reference(each) for each in dict.fromkeys(identifiers)]
    return found[0] if len(found) == 1 else found


STAGED_CRATE = STAGED / "reports" / METADATA


def of_release(
    staged: Mapping[Path, str], standing: Mapping[Path, bytes], runs: Mapping[str, Mapping[str, Any]]
) -> bytes:
    """Return the description of a release: which files there are, and from what each was made.

    Parameters
    ----------
    staged : what goes: staged path -> digest. standing : released files of earlier releases that stay: path -> content.
    runs : name of a run -> the metadata of its executed notebook, or the manifest of the report.
    """
    files = {shown(path): hashlib.sha256(content).hexdigest() for path, content in standing.items()}
    files |= {shown(released(path)): expected for path, expected in staged.items()}
    datasets = _datasets()
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    # Not of the day: whoever makes the release again has the same bytes.
    published = max(entry.date for entry in datasets)
    return crate(files, runs, datasets, citation, published)


def _datasets() -> list[Dataset]:
    """Catalogued data, and what was derived of them for notebooks to read."""
    derived = [
        tables.as_dataset()
        for study in areas.STUDIES
        for tables in tables_of(study)
        if tables.kind and tables.manifest_content()
    ]
    findings = [collected.as_dataset(study) for study in areas.STUDIES if collected.said(study)]
    return [*catalog.datasets().values(), *derived, *findings]
