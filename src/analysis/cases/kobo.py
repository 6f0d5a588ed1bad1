"""Exports of KoboToolbox: the columns that are of the form and no person's, and forms that were sent more than once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.cases.htcds import FIELDS
from analysis.cases.mapping import Mapping

if TYPE_CHECKING:
    from analysis.cases.intake import Part

# How forms are numbered, and how a row of a repeat group points to the form that it belongs to.
FORM, FORM_OF = "_index", "_parent_index"
# By what else rows are numbered, which nobody needs to declare.
NUMBERING = (FORM, FORM_OF, "_parent_table_name")
# Which record a row is and when it was sent.
RECORD, REPORTED = "_id", "_submission_time"
# What a reviewer said of a form.
REVIEW = "_validation_status"
# Columns that are added to an export, the beginnings of others, and the questions of XLSForm that the device answers by
# itself (support.kobotoolbox.org/metadata_xls.html).
_ADDED = {
    *("__version__", "_attachments", "_bamboo_dataset_id", "_geolocation", "_id", "_index", "_media_all_received"),
    *("_notes", "_parent_index", "_parent_table_name", "_status", "_submission_time", "_submitted_by", "_tags"),
    *("_uuid", "_validation_status", "_version_", "_xform_id_string", "instanceid"),
}
_GROUPS = ("_submission_", "meta/", "formhub/", "_version_")
_OF_DEVICE = {
    *("audit", "background-audio", "deviceid", "end", "phonenumber", "simserial", "start", "start-geopoint"),
    *("subscriberid", "today", "username"),
}
# What tells one sending of a form from another: the number that the device gave it.
_NUMBERS = ("_uuid", "meta/instanceid", "instanceid", "_submission__uuid")
_DEVICES = ("deviceid", "subscriberid")
_BEGUN = "start"


def own_columns(headers: Sequence[str]) -> list[str]:
    """The columns that KoboToolbox has added to an export, or the device has filled in; none in any other file."""
    own = [name for name in headers if name.lower() in _ADDED or name.lower().startswith(_GROUPS)]
    device = [name for name in headers if own and name.rpartition("/")[2].lower() in _OF_DEVICE]
    return [name for name in headers if name in own or name in device]


def resubmitted(part: Part, mapping: Mapping) -> np.ndarray:
    """The rows without a fault that repeat a form which another has already; the one that was sent first is kept.

    They have the number of the other form, or come from the same device with the same answers in all columns that the
    mapping declares; the answers alone are no sign where nobody is named in them, unless the form was also begun at the
    same moment.
    """
    found = np.zeros(len(part), bool)
    letter_of = {name: letter for letter, name in part.sheet.header.items() if letter in part.sheet.table}
    own = {name.lower(): _texts(part, letter_of[name]) for name in own_columns(list(letter_of))}
    # In a repeat group many rows belong to one form.
    if not own or FORM_OF in own:
        return found
    among, order = part.clean, _as_sent(own.get(REPORTED), len(part))
    for name in _NUMBERS:
        if name in own:
            found |= _later(pd.DataFrame({"number": own[name]}), among & own[name].ne("").to_numpy(), order)
    ends = {name.rpartition("/")[2]: texts for name, texts in own.items()}
    device = next((ends[name] for name in _DEVICES if name in ends), None)
    declared = [
        (name, header) for name, each in mapping.columns.items() for header in each.declared if name != "record"
    ]
    answers = {
        (name, header): _texts(part, part.columns[header])
        for name, header in declared
        if header in part.columns and part.sheet.header.get(part.columns[header], "").lower() not in own
    }
    if device is None or not answers:
        return found
    named = [part.filled(header) for name, header in answers if FIELDS[name].kind == "identity"]
    said = pd.DataFrame({place: texts.to_numpy() for place, texts in enumerate(answers.values())})
    known = among & device.ne("").to_numpy() & said.ne("").any(axis=1).to_numpy()
    said["device"] = device.to_numpy()
    identified = np.any(named, axis=0) if named else np.zeros(len(part), bool)
    found |= _later(said, known & identified & ~found, order)
    if _BEGUN in ends:
        begun = ends[_BEGUN].ne("").to_numpy()
        found |= _later(said.assign(begun=ends[_BEGUN].to_numpy()), known & begun & ~found, order)
    return found


def _texts(part: Part, letter: str) -> pd.Series:
    return part.sheet.table[letter].astype(object).str.strip()


def _as_sent(sent: pd.Series | None, rows: int) -> np.ndarray:
    """The rows in the order in which they were sent, where each says when; else in that of the sheet."""
    if sent is None:
        return np.arange(rows)
    times = pd.to_datetime(sent, errors="coerce", utc=True, format="ISO8601")
    return np.argsort(times.to_numpy(), kind="stable") if times.notna().all() else np.arange(rows)


def _later(texts: pd.DataFrame, among: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The rows whose text an earlier row has too, in a given order."""
    places = order[among[order]]
    found = np.zeros(len(texts), bool)
    found[places] = texts.iloc[places].duplicated().to_numpy()
    return found
