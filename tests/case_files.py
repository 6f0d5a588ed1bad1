"""Files of case records and their mappings, as tests write them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from analysis import cases
from analysis.cases.mapping import beside

# What begins every mapping; the fields of a list called police, and those of one called l.
POLICE = """\
list: police
title: Children
study: turkiye
kind: synthetic
publisher: Nobody
source: a test
date: 2024-01-31
"""
HEAD = "list: l\ntitle: T\nstudy: turkiye\nkind: synthetic\npublisher: P\nsource: S\ndate: 2024-01-31\n"


def read(folder: Path, rows: list[list[str]], columns: str, file: str = "") -> cases.Intake:
    """The intake of a CSV file with these rows, the first of which is its header."""
    path = folder / "l.csv"
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    beside(path).write_text(HEAD + (f"file: {{{file}}}\n" if file else "") + columns, encoding="utf-8")
    return cases.intake(path)
