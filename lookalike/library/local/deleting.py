"""Deleting a library's file with all that lies beside it."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from lookalike.library.local import mapped, schema
from lookalike.library.local.connection import writer_lock
from lookalike.library.local.database import Database
from lookalike.library.local.migrating import saved_copy

__all__ = ["delete"]


def delete(path: Path) -> None:
    """Delete a library; its lock goes last, while it is held.

    Raises:
        LibraryError: there is none, it is no library, or somebody is writing to it.
    """
    Database(path, create=False).close()  # never delete a file that isn't a library
    with writer_lock(path):
        mapped.delete(path)
        for version in range(1, len(schema.MIGRATIONS)):
            saved_copy(path, version).unlink(missing_ok=True)
        for name in os.listdir(path.parent):  # as they were before repairs
            if re.fullmatch(r"\.damaged(-\d+)?(-wal)?", name.removeprefix(path.name)):
                path.with_name(name).unlink(missing_ok=True)
        for ending in ("-wal", "-shm", "-journal", ""):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        # While it is held: who waits for it notices, and makes another. Windows won't have it.
        with suppress(PermissionError):
            Path(f"{path}.lock").unlink(missing_ok=True)
