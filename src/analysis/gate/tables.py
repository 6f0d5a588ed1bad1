"""Workbooks and columnar files as texts: rows as they stand beside each other, and values that no row uses."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

from bounded.refusal import Refusal

# Elements for colours alone, and their attributes (ECMA-376, part 1: 18.3.1.15, 18.8, 20.1.2.3).
_COLOUR = re.compile(
    rb"(<(?:\w+:)?(?:color|fgColor|bgColor|tabColor|rgbColor|srgbClr|sysClr)\b[^<>]*?\b(?:\w+:)?(?:rgb|val|lastClr)=)"
    rb"\"(?:[0-9A-Fa-f]{2})?[0-9A-Fa-f]{6}\""
)
# What can be unpacked at once; a file of few bytes can hold any number of equal rows.
_MOST_CELLS = 200_000_000


def without_colours(part: bytes) -> bytes:
    """A part of an office file without the numbers of its colours, which are no text: rgb="000066CC"."""
    return _COLOUR.sub(rb"\1", part)


def sheets(content: bytes, left: int) -> Iterator[tuple[str, str]]:
    """The sheets of a workbook row by row, hidden ones too: a name can stand in two cells."""
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for number, name in enumerate(workbook.sheet_names, start=1):
        rows = workbook.get_sheet_by_name(name).to_python()
        yield f"sheet {number}", "\n".join("\t".join(map(_cell, row)) for row in rows)


def _cell(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def parquet_parts(content: bytes, left: int) -> Iterator[tuple[str, bytes | str]]:
    """Names, metadata and values of a Parquet file, with those in dictionaries that no row uses.

    Raises
    ------
    ValueError : the file holds more than `left` bytes. pyarrow.lib.ArrowException : it cannot be read.
    """
    import pyarrow.parquet as pq

    about = pq.ParquetFile(io.BytesIO(content))
    said = about.metadata
    size = sum(said.row_group(number).total_byte_size for number in range(said.num_row_groups))
    if size > left or said.num_rows * said.num_columns > _MOST_CELLS:
        raise Refusal("decompression_bomb", "a Parquet file bursts")
    yield from _metadata(said.metadata, "metadata of the file")
    yield "who wrote the file", str(said.created_by)
    yield from _fields(about.schema_arrow)
    texts = [said.schema.column(number).path for number in range(said.num_columns)]
    texts = [path for path in texts if "." not in path]
    for number in range(said.num_row_groups):
        # As dictionaries, so that values are seen which a category has and no row.
        yield from _values(pq.ParquetFile(io.BytesIO(content), read_dictionary=texts).read_row_group(number))


def arrow_parts(content: bytes, left: int) -> Iterator[tuple[str, bytes | str]]:
    """Names, metadata and values of an Arrow file. Raises as `parquet_parts` does."""
    import pyarrow.ipc

    with pyarrow.ipc.open_file(io.BytesIO(content)) as file:
        yield from _fields(file.schema)
        for number in range(file.num_record_batches):
            yield from _values(pyarrow.Table.from_batches([file.get_batch(number)]))


def _metadata(said: dict[bytes, bytes] | None, where: str) -> Iterator[tuple[str, bytes | str]]:
    for key, value in (said or {}).items():
        yield where, key
        yield where, value


def _fields(schema: Any) -> Iterator[tuple[str, bytes | str]]:
    yield from _metadata(schema.metadata, "metadata of the schema")
    yield "names of columns", "\n".join(schema.names) + "\n" + str(schema)
    for number, field in enumerate(schema, start=1):
        yield from _metadata(field.metadata, f"metadata of column {number}")


def _values(table: Any) -> Iterator[tuple[str, bytes | str]]:
    import pyarrow as pa

    beside = []
    for number, (name, column) in enumerate(zip(table.column_names, table.columns, strict=True), start=1):
        where = f"column {number} ({name})"
        if pa.types.is_dictionary(column.type):
            for chunk in column.chunks:
                yield from _distinct(chunk.dictionary, where)
            column = column.cast(column.type.value_type)
        else:
            yield from _distinct(pa.chunked_array(column).unique() if _can_be_unique(column.type) else column, where)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            beside.append(column.to_pylist())
    if len(beside) > 1:
        yield "rows", "\n".join(" ".join(filter(None, row)) for row in zip(*beside, strict=True))


def _can_be_unique(kind: Any) -> bool:
    import pyarrow as pa

    return not pa.types.is_nested(kind)


def _distinct(values: Any, where: str) -> Iterator[tuple[str, bytes | str]]:
    import pyarrow as pa

    found = values.to_pylist()
    if pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
        yield from ((where, value) for value in found if value)
        return
    if pa.types.is_nested(values.type):
        found = [json.dumps(value, ensure_ascii=False, default=str) for value in found]
    yield where, "\n".join(_cell(value) for value in found if value is not None)
