"""A whole library as a folder of Parquet files, which other programs can read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lookalike.errors import LibraryDamagedError, LibraryNotFoundError, UsageError
from lookalike.library.moving.ends import Origin
from lookalike.library.moving.parquet import count_rows, pyarrow, read_rows, write_rows
from lookalike.library.moving.rows import Column, Row, Sum, Table
from lookalike.system.replacing import replacing

__all__ = ["MANIFEST", "Archive", "is_archive"]

MANIFEST: Final = "manifest.json"
_VERSION = 1


class Archive:
    """Reads and writes a folder; see :mod:`lookalike.library.moving.ends`.

    Each portion of rows is a file, ``TABLE/000000000000.parquet``, named for the rows before it.
    The manifest names the tables, and at the end how many rows each has, with checksums.

    Args:
        folder: to read, or to write to.
    """

    def __init__(self, folder: Path) -> None:
        pyarrow()  # says if it isn't installed
        self._folder = folder
        self._manifest: dict[str, Any] = {}

    @property
    def told(self) -> str:
        """See :class:`~lookalike.library.moving.ends.Target`, as for all that follow."""
        return str(self._folder)

    @property
    def origin(self) -> Origin:
        """The library that was written here.

        Raises:
            LibraryDamagedError: it isn't whole.
        """
        manifest = self._read()
        if "sums" not in manifest:
            raise LibraryDamagedError(
                f"{self.told} isn't whole: run 'lookalike export' to it again, which goes on"
            )
        return Origin(*manifest["from"])

    def tables(self) -> list[Table]:
        """In the order in which they were written."""
        return [
            Table(
                one["name"],
                tuple(Column(*column) for column in one["columns"]),
                one["slot"],
                one["fingerprint"],
            )
            for one in self._read()["tables"]
        ]

    def count(self, table: Table) -> int:
        """How many rows it had."""
        return int(self._read().get("sums", {}).get(table.name, {}).get("rows", 0))

    def read(self, table: Table, skip: int = 0) -> Iterator[Row]:
        """The rows, without the first ones."""
        for path in self._files(table):
            before = int(path.stem)
            if skip > before and skip >= before + count_rows(path):
                continue
            for number, row in enumerate(read_rows(path, table), before):
                if number >= skip:
                    yield row

    def begin(self, origin: Origin, tables: Sequence[Table]) -> Mapping[str, int]:
        """What is there from a run that was ended.

        Raises:
            UsageError: it holds something else.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise UsageError(f"{self.told} is a file, not a folder") from error
        if not (self._folder / MANIFEST).exists():
            if any(self._folder.iterdir()):
                raise UsageError(f"{self.told} holds other files: name an empty folder")
            self._manifest = {
                "lookalike_archive": _VERSION,
                "from": list(origin),
                "tables": [table._asdict() for table in tables],
            }
            self._save()
        if self._read()["from"] != list(origin):
            raise UsageError(
                f"{self.told} was filled from another library, or from this one before it changed:"
                " name an empty folder, or delete that one first"
            )
        return {table.name: self._rows(table) for table in tables}

    def write(self, table: Table, rows: Sequence[Row], before: int) -> None:
        """One file of rows."""
        (self._folder / table.name).mkdir(exist_ok=True)
        write_rows(self._folder / table.name / f"{before:012}.parquet", table, rows)

    def finish(self, sums: Mapping[str, Sum]) -> None:
        """Note the sums, which make it whole."""
        self._manifest["sums"] = {name: one.to_json() for name, one in sums.items()}
        self._save()

    def noted(self) -> Mapping[str, Mapping[str, int | str]]:
        """What was noted."""
        return dict(self._read()["sums"])

    @property
    def turned(self) -> bool:
        """Rows stay as they are in files."""
        return False

    def _files(self, table: Table) -> list[Path]:
        return sorted((self._folder / table.name).glob("*.parquet"))

    def _rows(self, table: Table) -> int:
        files = self._files(table)
        return int(files[-1].stem) + count_rows(files[-1]) if files else 0

    def _read(self) -> dict[str, Any]:
        if not self._manifest:
            path = self._folder / MANIFEST
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
                version = found["lookalike_archive"]
            except FileNotFoundError as error:
                raise LibraryNotFoundError(
                    f"{self.told} is no archive of a library: {MANIFEST} is missing"
                ) from error
            except (ValueError, KeyError, TypeError) as error:
                raise LibraryDamagedError(f"{path} is damaged, or of another program") from error
            if version != _VERSION:
                raise LibraryDamagedError(
                    f"{path} is of version {version!r}, and {_VERSION} is known: upgrade lookalike"
                )
            self._manifest = found
        return self._manifest

    def _save(self) -> None:
        with replacing(self._folder / MANIFEST) as partial:
            partial.write_text(json.dumps(self._manifest, indent=1) + "\n", encoding="utf-8")


def is_archive(path: Path) -> bool:
    """Whether a folder has the manifest of an archive."""
    return (path / MANIFEST).is_file()
