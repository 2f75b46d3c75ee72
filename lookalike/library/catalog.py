"""The truth of a library: typed reads and writes of its SQLite file, without any policy."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, cast

from lookalike.library.database import Database
from lookalike.library.rows import (
    UNDER,
    EncoderRow,
    FileRow,
    PictureRow,
    file_row,
)
from lookalike.sources.folders import bounds, is_under
from lookalike.types import Decoded, Encoder

__all__ = ["Catalog"]


class Catalog(Database):
    """What a library keeps, table by table; see :class:`Database` for threads and transactions."""

    # Settings

    def has_regions(self) -> bool:
        """Whether pictures get codes of their parts, too."""
        return self.setting("regions") == "1"

    def set_regions(self, wanted: bool) -> None:
        """Say whether they do; those that aren't wanted any more are dropped."""
        self._run("UPDATE settings SET value = ? WHERE key = 'regions'", [str(int(wanted))])
        if not wanted:
            self._run("UPDATE codes SET regions = NULL WHERE regions IS NOT NULL")
        self.touch(epoch=True)

    # Encoders

    def encoders(self) -> list[EncoderRow]:
        """All encoders, the current one of each slot first."""
        rows = self._all(
            "SELECT id, slot, name, source, fingerprint, bits, embedding_size, current"
            " FROM encoders ORDER BY slot, current DESC, id"
        )
        return [EncoderRow(*row) for row in rows]

    def model(self, encoder: int) -> tuple[str, bytes] | None:
        """The card (JSON) and the ONNX file that are kept for an encoder."""
        row = self._all("SELECT card, model FROM encoders WHERE id = ?", [encoder])
        return None if not row or row[0][1] is None else (row[0][0], row[0][1])

    def card(self, encoder: int) -> str | None:
        """The card (JSON) that is kept for an encoder, without its model."""
        row = self._all("SELECT card FROM encoders WHERE id = ?", [encoder])
        return row[0][0] if row else None

    def add_encoder(
        self,
        slot: str,
        source: str,
        encoder: Encoder,
        *,
        current: bool,
        card: str | None = None,
        model: bytes | None = None,
    ) -> int:
        """Make an encoder known and return its id.

        One that is known already keeps its id and its codes; where it is from is noted anew.
        """
        self._run(
            "INSERT INTO encoders"
            " (slot, name, source, fingerprint, bits, embedding_size, current, card, model)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (slot, fingerprint) DO UPDATE SET source = excluded.source,"
            " card = excluded.card, model = excluded.model",
            [
                slot,
                encoder.name,
                source,
                encoder.fingerprint,
                encoder.bits,
                encoder.embedding_size,
                current,
                card,
                model,
            ],
        )
        row = self._all(
            "SELECT id FROM encoders WHERE slot = ? AND fingerprint = ?",
            [slot, encoder.fingerprint],
        )
        return cast(int, row[0][0])

    def make_current(self, encoder: EncoderRow) -> None:
        """Let an encoder answer for its slot and drop the codes of all others there."""
        self._run("DELETE FROM encoders WHERE slot = ? AND id <> ?", [encoder.slot, encoder.id])
        self._run("UPDATE encoders SET current = 1 WHERE id = ?", [encoder.id])
        self.touch(epoch=True)

    # Contents and codes

    def content_of(self, digest: bytes) -> int | None:
        """The content with this SHA-256."""
        row = self._all("SELECT id FROM contents WHERE digest = ?", [digest])
        return row[0][0] if row else None

    def contents_with_pixels(self, pixel_digest: bytes) -> list[int]:
        """The contents whose pixels are the same."""
        rows = self._all(
            "SELECT id FROM contents WHERE pixel_digest = ? ORDER BY id", [pixel_digest]
        )
        return [row[0] for row in rows]

    def has_size(self, size: int) -> bool:
        """Whether some content has this many bytes, so that hashing a new file could pay."""
        return bool(self._all("SELECT 1 FROM contents WHERE bytes = ? LIMIT 1", [size]))

    def lacks_code(
        self, content: int, encoders: Iterable[int], regions: Iterable[int] = ()
    ) -> list[int]:
        """Those of the encoders that gave this content no code yet.

        Encoders in ``regions`` have to have given codes of its parts, too.
        """
        rows = self._all(
            "SELECT encoder, regions IS NOT NULL FROM codes WHERE content = ?", [content]
        )
        parted = set(regions)
        return sorted(set(encoders) - {row[0] for row in rows if row[1] or row[0] not in parted})

    def add_content(self, picture: Decoded) -> int:
        """Add a content, or find the one that is there, and return its id."""
        known = self.content_of(picture.content_digest)
        if known is not None:
            return known
        cursor = self._run(
            "INSERT INTO contents (digest, pixel_digest, width, height, format, bytes)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                picture.content_digest,
                picture.pixel_digest,
                picture.width,
                picture.height,
                picture.format,
                picture.file_bytes,
            ],
        )
        return cast(int, cursor.lastrowid)

    def add_code(
        self,
        encoder: int,
        content: int,
        code: bytes,
        embedding: bytes | None,
        quality: int | None,
        regions: bytes | None = None,
    ) -> None:
        """Add a code; one that comes out of the order of ids is no append."""
        last = self._all("SELECT max(content) FROM codes WHERE encoder = ?", [encoder])[0][0]
        self._run(
            "INSERT OR REPLACE INTO codes VALUES (?, ?, ?, ?, ?, ?)",
            [encoder, content, code, embedding, quality, regions],
        )
        self.touch(epoch=last is not None and content <= last)

    def drop_unused(self, contents: Iterable[int]) -> None:
        """Delete those of the contents that no file holds any more, with their codes."""
        for content in contents:
            self._run(
                "DELETE FROM contents WHERE id = ?1"
                " AND NOT EXISTS (SELECT 1 FROM files WHERE content = ?1)",
                [content],
            )

    # Files

    def file(self, path: str) -> FileRow | None:
        """The file of this path, present or not."""
        rows = self._all(
            "SELECT id, path, size, mtime_ns, content, present FROM files WHERE path = ?",
            [os.fsencode(path)],
        )
        return file_row(rows[0]) if rows else None

    def files_of(self, content: int) -> list[FileRow]:
        """All files that hold, or held, a content."""
        rows = self._all(
            "SELECT id, path, size, mtime_ns, content, present FROM files"
            " WHERE content = ? ORDER BY id",
            [content],
        )
        return [file_row(row) for row in rows]

    def files_under(self, folder: str) -> Iterator[FileRow]:
        """All files in a folder and below, in the order of their ids."""
        rows = self.rows(
            "SELECT id, path, size, mtime_ns, content, present FROM files"  # noqa: S608
            f" WHERE {UNDER} ORDER BY id",
            bounds(folder),
        )
        return map(file_row, rows)

    def put_file(self, path: str, size: int, mtime_ns: int, content: int) -> None:
        """Note that a file is there with this content; it leaves the ledger."""
        raw = os.fsencode(path)
        self._run(
            "INSERT INTO files (path, size, mtime_ns, content, present) VALUES (?, ?, ?, ?, 1)"
            " ON CONFLICT (path) DO UPDATE SET size = excluded.size, present = 1,"
            " mtime_ns = excluded.mtime_ns, content = excluded.content",
            [raw, size, mtime_ns, content],
        )
        self._run("DELETE FROM ledger WHERE path = ?", [raw])

    def move_file(self, file: int, path: str, size: int, mtime_ns: int) -> None:
        """Give a file another path; it keeps its id."""
        raw = os.fsencode(path)
        self._run("DELETE FROM ledger WHERE path = ?", [raw])
        self._run(
            "UPDATE files SET path = ?, size = ?, mtime_ns = ?, present = 1 WHERE id = ?",
            [raw, size, mtime_ns, file],
        )

    def set_present(self, files: Iterable[int], present: bool) -> None:
        """Let files leave the results, or come back."""
        for file in files:
            self._run("UPDATE files SET present = ? WHERE id = ?", [present, file])

    def drop_file(self, path: str) -> None:
        """Forget a file; the content that it had may be left unused."""
        self._run("DELETE FROM files WHERE path = ?", [os.fsencode(path)])

    def visible_contents(self) -> Iterator[int]:
        """Ids of contents that some present file holds, ascending."""
        for row in self.rows("SELECT DISTINCT content FROM files WHERE present = 1 ORDER BY 1"):
            yield row[0]

    def pictures_of(self, contents: Sequence[int]) -> dict[int, list[PictureRow]]:
        """For each content the present files that hold it, by id."""
        found: dict[int, list[PictureRow]] = {content: [] for content in contents}
        for start in range(0, len(contents), 500):
            part = list(contents[start : start + 500])
            marks = ",".join("?" * len(part))
            rows = self._all(
                "SELECT files.id, path, content, width, height FROM files JOIN contents"  # noqa: S608
                f" ON contents.id = content WHERE present = 1 AND content IN ({marks})"
                " ORDER BY files.id",
                part,
            )
            for row in rows:
                found[row[2]].append(PictureRow(row[0], os.fsdecode(row[1]), *row[2:]))
        return found

    def drop_under(self, folder: str, kept: Sequence[str]) -> int:
        """Forget the files of a folder, but for those in ``kept`` folders; returns how many."""
        rows = [f for f in self.files_under(folder) if not any(is_under(f.path, k) for k in kept)]
        for row in rows:
            self._run("DELETE FROM files WHERE id = ?", [row.id])
        self.drop_unused({row.content for row in rows})
        for path, *_ in self.ledger(folder):
            if not any(is_under(path, k) for k in kept):
                self._run("DELETE FROM ledger WHERE path = ?", [os.fsencode(path)])
        self.touch()
        return len(rows)

    # The ledger

    def refused(self, path: str) -> tuple[int, int, str] | None:
        """(size, mtime_ns, status) of the try that a file failed at."""
        rows = self._all(
            "SELECT size, mtime_ns, status FROM ledger WHERE path = ?", [os.fsencode(path)]
        )
        return rows[0] if rows else None

    def refuse(self, path: str, size: int, mtime_ns: int, status: str, reason: str) -> None:
        """Put a file into the ledger."""
        self._run(
            "INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, ?, ?)",
            [os.fsencode(path), size, mtime_ns, status, reason],
        )

    def unrefuse(self, path: str) -> None:
        """Take a file out of the ledger."""
        self._run("DELETE FROM ledger WHERE path = ?", [os.fsencode(path)])

    def ledger(
        self, folder: str | None = None
    ) -> Iterator[tuple[str, Literal["skipped", "failed"], str]]:
        """(path, status, reason) by path, of all folders or of one."""
        where, values = ("", []) if folder is None else (f"WHERE {UNDER}", bounds(folder))
        sql = f"SELECT path, status, reason FROM ledger {where} ORDER BY path"  # noqa: S608
        for path, status, reason in self._all(sql, values):
            yield os.fsdecode(path), status, reason

    # Folders

    def folders(self) -> list[tuple[str, tuple[str, ...]]]:
        """(path, patterns that leave files out) of every folder, by path."""
        rows = self._all("SELECT path, exclude FROM folders ORDER BY path")
        return [(os.fsdecode(path), tuple(json.loads(exclude))) for path, exclude in rows]

    def put_folder(self, path: str, exclude: Sequence[str]) -> None:
        """Add a folder, or give it other patterns."""
        self._run(
            "INSERT INTO folders (path, exclude) VALUES (?, ?)"
            " ON CONFLICT (path) DO UPDATE SET exclude = excluded.exclude",
            [os.fsencode(path), json.dumps(list(exclude))],
        )

    def drop_folder(self, path: str) -> None:
        """Forget a folder; its files are another matter."""
        self._run("DELETE FROM folders WHERE path = ?", [os.fsencode(path)])

    # Counts

    def count(self, sql: str, values: Sequence[object] = ()) -> int:
        """The one number that a query gives."""
        return cast(int, self._all(sql, values)[0][0])

    def count_present(self, folder: str | None = None) -> int:
        """Files that a search can find, of all folders or of one."""
        if folder is None:
            return self.count("SELECT count(*) FROM files WHERE present = 1")
        return self.count(
            f"SELECT count(*) FROM files WHERE present = 1 AND {UNDER}",  # noqa: S608
            bounds(folder),
        )
