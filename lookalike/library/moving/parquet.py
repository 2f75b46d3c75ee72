"""Rows in Parquet files, and what other programs make of such files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from lookalike.errors import LibraryDamagedError, MissingExtraError
from lookalike.library.moving.rows import Column, Row, Table
from lookalike.system.installing import install_command
from lookalike.system.replacing import replacing

__all__ = ["count_rows", "metadata_of", "pyarrow", "read_rows", "write_rows"]

_ROWS = 10_000  # that are read at a time


def pyarrow() -> ModuleType:
    """The package that reads and writes Parquet.

    Raises:
        MissingExtraError: it isn't installed.
    """
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError(f"Parquet takes pyarrow: {install_command('move')}") from error
    module: ModuleType = pyarrow
    return module


def write_rows(
    path: Path, table: Table, rows: Sequence[Row], metadata: dict[str, str] | None = None
) -> None:
    """Write a file, whole or not at all; bytes of one width as fixed-size binary."""
    arrow = pyarrow()
    fields = [arrow.field(column.name, _type(arrow, column)) for column in table.columns]
    schema = arrow.schema(fields, metadata or {})
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(fields)
    arrays = [arrow.array(values, one.type) for values, one in zip(columns, fields, strict=True)]
    with replacing(path) as partial:
        arrow.parquet.write_table(
            arrow.Table.from_arrays(arrays, schema=schema), partial, compression="zstd"
        )


def _type(arrow: Any, column: Column) -> Any:
    if column.kind == "bytes":
        return arrow.binary(column.width) if column.width else arrow.binary()
    kinds = {"text": arrow.string, "int": arrow.int64, "float": arrow.float64}
    return kinds[column.kind]()


def _opened(path: Path) -> Any:
    arrow = pyarrow()
    try:
        return arrow.parquet.ParquetFile(path)
    except (arrow.ArrowInvalid, arrow.ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise LibraryDamagedError(f"{path} is no Parquet file, or is damaged") from error


def count_rows(path: Path) -> int:
    """How many rows a file has.

    Raises:
        LibraryDamagedError: it is no such file.
    """
    with _opened(path) as file:
        return int(file.metadata.num_rows)


def metadata_of(path: Path) -> dict[str, str]:
    """What a file says of itself.

    Raises:
        LibraryDamagedError: it is no such file.
    """
    with _opened(path) as file:
        found = file.schema_arrow.metadata or {}
    return {key.decode(): value.decode("utf-8", "replace") for key, value in found.items()}


def read_rows(path: Path, table: Table, *, lacking: bool = False) -> Iterator[Row]:
    """The rows of a file; a width of bytes may be variable in it, if every value has the right one.

    Args:
        path: of the file.
        table: what it should hold; other columns are left.
        lacking: take columns that aren't there for empty ones.

    Raises:
        LibraryDamagedError: it is no such file, it lacks a column, or a value is of another kind or
            width.
    """
    arrow = pyarrow()
    with _opened(path) as file:
        there = set(file.schema_arrow.names)
        names = [column.name for column in table.columns if column.name in there]
        missing = [column.name for column in table.columns if column.name not in there]
        if missing and not lacking:
            raise LibraryDamagedError(f"{path} has no column {missing[0]!r} of {table.name}")
        row = 0
        try:
            for batch in file.iter_batches(batch_size=_ROWS, columns=names):
                found = {name: batch.column(name).to_pylist() for name in names}
                for column in table.columns:
                    if column.name in found:
                        found[column.name] = [
                            _checked(value, column, path, row + n)
                            for n, value in enumerate(found[column.name])
                        ]
                none = [None] * len(batch)
                lists = [found.get(column.name, none) for column in table.columns]
                yield from zip(*lists, strict=True)
                row += len(batch)
        except (arrow.ArrowInvalid, arrow.ArrowException, OSError) as error:
            raise LibraryDamagedError(f"{path} is damaged behind row {row:,}") from error


_KINDS: dict[str, type[Any]] = {"bytes": bytes, "text": str, "int": int, "float": float}


def _checked(value: Any, column: Column, path: Path, row: int) -> Any:
    if value is None:
        return None
    if column.kind == "bytes" and isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    if column.kind in ("int", "float") and isinstance(value, int | float):
        value = float(value) if column.kind == "float" else int(value)
    kind: Any = _KINDS[column.kind]
    if not isinstance(value, kind):
        raise LibraryDamagedError(
            f"{path}, row {row:,}: {column.name} is {type(value).__name__}, not {column.kind}"
        )
    if column.width and len(value) != column.width:
        raise LibraryDamagedError(
            f"{path}, row {row:,}: {column.name} has {len(value):,} bytes, not {column.width:,}:"
            " write it again as lookalike wrote it"
        )
    return value
