"""What each table of ``data/raw`` must look like (pandera). A column that a schema does not name is refused."""

from __future__ import annotations

import pandera.pandas as pa

AREA_ID = r"^([A-Z]{3}|TR-\d{2}|CPV-[A-Z0-9]+|CV-[A-Z]{2})$"


def _text(pattern: str | None = None, **rules) -> pa.Column:
    checks = [pa.Check.str_matches(pattern)] if pattern else []
    return pa.Column(str, checks=checks, **rules)


def _one_of(*values: str) -> pa.Column:
    return pa.Column(str, pa.Check.isin(values))


def _table(columns: dict[str, pa.Column], **rules) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(columns, strict=True, coerce=True, **rules)


SCHEMAS: dict[str, pa.DataFrameSchema] = {
    "areas": _table(
        {
            "area_id": _text(r"^([A-Z]{3}|TR-\d{2}|CPV-[A-Z]+)$"),
            "study": _one_of("turkiye", "west_africa", "cabo_verde"),
            "name": _text(r".+"),
            "name_local": _text(r".+"),
            "level": _one_of("province", "country", "island"),
            "parent_id": _text(r"^([A-Z]{3})?$"),
            "iso3": _text(r"^[A-Z]{3}$"),
            "pcode": _text(r"^(TUR\d{3}|[A-Z]{2})?$"),
            "valid_from": _text(r"^(\d{4}-\d{2}-\d{2})?$"),
            "valid_to": _text(r"^(\d{4}-\d{2}-\d{2})?$"),
        },
        unique=["study", "area_id"],
    ),
}
