"""The tables of settings, folders and encoders."""

from __future__ import annotations

import json
import os

from lookalike.library.records import EncoderInfo, Folder, Mount, Place, Stamp
from lookalike.library.sql.database import Database
from lookalike.types import Encoder, EncoderId, Slot

__all__ = ["Settings"]


class Settings:
    """What a library is told: a part of :class:`~lookalike.library.sql.store.SqlStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stamp(self) -> Stamp:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        found = dict(
            self._database.fetch(
                "SELECT key, value FROM settings WHERE key IN ('uuid', 'epoch', 'generation')"
            )
        )
        return Stamp(found["uuid"], int(found["epoch"]), int(found["generation"]))

    def _touch(self, *, epoch: bool = False) -> None:
        """Note that a search could notice what is being written; ``epoch`` if it is no append."""
        keys = ("generation", "epoch") if epoch else ("generation",)
        for key in keys:
            self._database.execute(
                "UPDATE settings SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE key = ?",
                [key],
            )

    def setting(self, key: str) -> str | None:
        rows = self._database.fetch("SELECT value FROM settings WHERE key = ?", [key])
        return rows[0][0] if rows else None

    def put_setting(self, key: str, value: str) -> None:
        with self._database.writing():
            self._database.execute(
                "INSERT INTO settings (key, value) VALUES (?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [key, value],
            )

    def folders(self) -> list[Folder]:
        rows = self._database.fetch(
            "SELECT path, exclude, everything, mounts, offline FROM folders ORDER BY path"
        )
        return [
            Folder(
                os.fsdecode(path),
                tuple(json.loads(exclude)),
                bool(everything),
                tuple(Mount(*mount) for mount in json.loads(mounts)),
                tuple(Place(*place) for place in json.loads(offline)),
            )
            for path, exclude, everything, mounts, offline in rows
        ]

    def put_folder(self, folder: Folder) -> None:
        with self._database.writing():
            self._database.execute(
                "INSERT INTO folders (path, exclude, everything, mounts, offline)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET"
                " exclude = excluded.exclude, everything = excluded.everything,"
                " mounts = excluded.mounts, offline = excluded.offline",
                [
                    os.fsencode(folder.path),
                    json.dumps(list(folder.exclude)),
                    int(folder.everything),
                    json.dumps(folder.mounts),
                    json.dumps(folder.offline),
                ],
            )

    def drop_folder(self, path: str) -> None:
        with self._database.writing():
            self._database.execute("DELETE FROM folders WHERE path = ?", [os.fsencode(path)])

    def encoders(self) -> list[EncoderInfo]:
        rows = self._database.fetch(
            "SELECT id, slot, name, source, fingerprint, bits, embedding_size, current"
            " FROM encoders ORDER BY slot, current DESC, id"
        )
        return [EncoderInfo(*(*row[:-1], bool(row[-1]))) for row in rows]

    def put_encoder(
        self,
        slot: Slot,
        origin: str,
        encoder: Encoder,
        *,
        current: bool,
        card: str | None = None,
        data: bytes | None = None,
    ) -> EncoderInfo:
        with self._database.writing():
            self._database.execute(
                "INSERT INTO encoders"
                " (slot, name, source, fingerprint, bits, embedding_size, current, card, model)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (slot, fingerprint) DO UPDATE SET source = excluded.source,"
                " card = excluded.card, model = excluded.model",
                [
                    slot,
                    encoder.name,
                    origin,
                    encoder.fingerprint,
                    encoder.bits,
                    encoder.embedding_size,
                    int(current),
                    card,
                    data,
                ],
            )
        fingerprint = encoder.fingerprint
        return next(e for e in self.encoders() if (e.slot, e.fingerprint) == (slot, fingerprint))

    def encoder_card(self, encoder: EncoderId) -> str | None:
        rows = self._database.fetch("SELECT card FROM encoders WHERE id = ?", [encoder])
        return rows[0][0] if rows else None

    def encoder_data(self, encoder: EncoderId) -> tuple[str, bytes] | None:
        rows = self._database.fetch("SELECT card, model FROM encoders WHERE id = ?", [encoder])
        return None if not rows or rows[0][1] is None else (rows[0][0], rows[0][1])

    def make_current(self, encoder: EncoderInfo) -> None:
        with self._database.writing():
            self._database.execute(
                "DELETE FROM encoders WHERE slot = ? AND id <> ?", [encoder.slot, encoder.id]
            )
            self._database.execute("UPDATE encoders SET current = 1 WHERE id = ?", [encoder.id])
            self._touch(epoch=True)
