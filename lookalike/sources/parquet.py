"""Pictures in Parquet files: columns of bytes, or of bytes and path as Hugging Face writes them."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from lookalike.errors import MissingExtraError
from lookalike.images.reasons import one_line
from lookalike.sources.archives import ArchiveError, Member
from lookalike.sources.reading_at import At, Stream
from lookalike.system.installing import install_command

__all__ = ["Parquet"]

_BATCH_BYTES = 32_000_000  # of rows that are read at a time
_BATCH_ROWS = 256
_KEPT_BYTES = 64_000_000  # of pictures that were read and not yet asked for
_BUFFER = 1_000_000


class Parquet:
    """A Parquet file: a picture is called by its column, its row and, where there is one, its name.

    Args:
        file: to read; closed with it.

    Raises:
        ArchiveError: it is damaged, or has no column of pictures.
        MissingExtraError: pyarrow isn't installed.
    """

    def __init__(self, file: At) -> None:
        try:
            import pyarrow
            from pyarrow.parquet import ParquetFile
        except ImportError as error:
            raise MissingExtraError(
                f"reading Parquet takes pyarrow: {install_command('cloud')}"
            ) from error
        self._file = file
        self._errors = (pyarrow.ArrowException, OSError, ValueError)
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._kept_bytes = 0
        try:
            self._table: Any = ParquetFile(
                Stream(file), buffer_size=_BUFFER, pre_buffer=False, memory_map=False
            )
            self._columns = _columns(self._table.schema_arrow)
        except self._errors as error:
            raise ArchiveError(f"is damaged: {one_line(str(error))}") from error
        if not self._columns:
            raise ArchiveError("has no column of bytes, or of bytes and path")

    def members(self) -> Iterator[Member]:
        """See :class:`~lookalike.sources.archives.Archive`, as for all that follow."""
        for number in range(self._table.num_row_groups):
            for name, data in self._rows(number):
                self._keep(name, data)
                yield Member(name, len(data))

    def read(self, name: str) -> bytes:
        """A member."""
        with self._lock:
            data = self._kept.pop(name, None)
            self._kept_bytes -= len(data or b"")
        if data is not None:
            return data
        row = name.rpartition("/")[2][:9]
        if row.isdecimal():
            first = 0
            for number in range(self._table.num_row_groups):
                behind = first + self._table.metadata.row_group(number).num_rows
                if int(row) < behind:
                    for found, data in self._rows(number, first):
                        if found == name:
                            return data
                    break
                first = behind
        raise ArchiveError("is not in the file any more")

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            self._kept.clear()
        self._file.close()

    def _keep(self, name: str, data: bytes) -> None:
        """Remember what will be asked for soon, so that it isn't read twice."""
        with self._lock:
            self._kept[name] = data
            self._kept_bytes += len(data)
            while self._kept_bytes > _KEPT_BYTES and len(self._kept) > 1:
                self._kept_bytes -= len(self._kept.popitem(last=False)[1])

    def _rows(self, group: int, first: int | None = None) -> Iterator[tuple[str, bytes]]:
        about = self._table.metadata
        if first is None:
            first = sum(about.row_group(number).num_rows for number in range(group))
        rows = about.row_group(group)
        each = max(rows.total_byte_size // max(rows.num_rows, 1), 1)
        size = max(1, min(_BATCH_ROWS, _BATCH_BYTES // each))
        for column, wanted in self._columns.items():
            row = first
            batches = self._table.iter_batches(size, [group], wanted, use_threads=False)
            while (batch := self._next(batches)) is not None:
                for data, path in _values(batch.column(0)):
                    if data is not None:
                        yield f"{_label(column)}/{row:09}{_suffix(path)}", data
                    row += 1

    def _next(self, batches: Iterator[Any]) -> Any:
        # One at a time: a Parquet file is no place for several threads.
        try:
            with self._lock:
                return next(batches, None)
        except self._errors as error:
            raise ArchiveError(f"is damaged: {one_line(str(error))}") from error


def _columns(schema: Any) -> dict[str, list[str]]:
    """The columns of pictures, and what to read of each."""
    from pyarrow import types

    def is_bytes(kind: Any) -> bool:
        return bool(types.is_binary(kind) or types.is_large_binary(kind))

    pairs, plain = {}, {}
    for field in schema:
        if types.is_struct(field.type):
            inner = {part.name: part.type for part in field.type}
            if "bytes" in inner and is_bytes(inner["bytes"]):
                wanted = [name for name in ("bytes", "path") if name in inner]
                pairs[field.name] = [f"{field.name}.{name}" for name in wanted]
        elif is_bytes(field.type):
            plain[field.name] = [field.name]
    told = _told(schema)
    if told is not None:
        both = {**pairs, **plain}
        return {name: both[name] for name in told if name in both}
    return pairs or plain


def _told(schema: Any) -> list[str] | None:
    """The columns that Hugging Face calls images; ``None`` where it doesn't say."""
    try:
        about = json.loads((schema.metadata or {})[b"huggingface"])
        features = about["info"]["features"]
        return [name for name, one in features.items() if one.get("_type") == "Image"]
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _values(column: Any) -> Iterator[tuple[bytes | None, str]]:
    from pyarrow import types

    if not types.is_struct(column.type):
        for one in column:
            yield one.as_py(), ""
        return
    for one in column:
        held = one.as_py() or {}
        yield held.get("bytes"), held.get("path") or ""


def _label(column: str) -> str:
    """A column as part of a path."""
    return column.replace("/", "_").replace("\0", "") if column.strip(".") else "column"


def _suffix(path: object) -> str:
    """What a path adds to the name of its row: its last part."""
    last = str(path).replace("\\", "/").rpartition("/")[2].replace("\0", "")
    return f"-{last}" if last.strip(".") else ""
