"""Exports of KoboToolbox: the columns that are of the form and no person's, and forms that were sent more than once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

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


def sent_before(
    own: dict[str, pd.Series], answers: pd.DataFrame, identified: np.ndarray, among: np.ndarray
) -> np.ndarray:
    """The rows that repeat a form which another row has already, of which the one that was sent first is kept.

    They have the number of the other form, or come from the same device with the same answers; the answers alone are
    no sign where nobody is named in them, unless the form was also begun at the same moment.

    Parameters
    ----------
    own : texts of the form's own columns (`own_columns`) by their name, "" for empty cells.
    answers : what the rows state in the columns that are read, without those of the form.
    identified : whether each row names somebody. among : the rows that are looked at.
    """
    rows = len(answers)
    found = np.zeros(rows, bool)
    own = {name.lower(): texts for name, texts in own.items()}
    # In a repeat group many rows belong to one form.
    if not own or FORM_OF in own:
        return found
    order = _as_sent(own.get(REPORTED), rows)
    for name in _NUMBERS:
        if name in own:
            found |= _later(pd.DataFrame({"number": own[name]}), among & own[name].ne("").to_numpy(), order)
    ends = {name.rpartition("/")[2]: texts for name, texts in own.items()}
    device = next((ends[name] for name in _DEVICES if name in ends), None)
    if device is None or not len(answers.columns):
        return found
    said = answers.assign(device=device.to_numpy())
    known = among & device.ne("").to_numpy() & answers.ne("").any(axis=1).to_numpy()
    found |= _later(said, known & identified & ~found, order)
    if _BEGUN in ends:
        begun = ends[_BEGUN].ne("").to_numpy()
        found |= _later(said.assign(begun=ends[_BEGUN].to_numpy()), known & begun & ~found, order)
    return found


def _as_sent(sent: pd.Series | None, rows: int) -> np.ndarray:
    """The rows in the order in which they were sent, where each says when; else in that of the sheet."""
    if sent is None:
        return np.arange(rows)
    times = pd.to_datetime(sent, errors="coerce", utc=True, format="ISO8601")
    return np.argsort(times.to_numpy(), kind="stable") if times.notna().all() else np.arange(rows)


def _later(texts: pd.DataFrame, among: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Of the rows with equal texts, all but the first in an order."""
    places = order[among[order]]
    found = np.zeros(len(texts), bool)
    found[places] = texts.iloc[places].duplicated().to_numpy()
    return found
