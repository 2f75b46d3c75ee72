"""The tables of contents and their codes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from lookalike.library.records import Appearance, ContentKey, StoredCode
from lookalike.library.sql.shots import Shots
from lookalike.types import ContentId, Decoded, EncoderId

__all__ = ["Contents"]

_PORTION = 1_000


def _mark(encoder: EncoderId) -> str:
    """The setting of the last content that ever had a code of an encoder, if it was forgotten."""
    return f"coded {encoder}"


class Contents(Shots):
    """What files hold: a part of :class:`~lookalike.library.sql.store.SqlStore`."""

    # A place whose planner needs it names the small index over them.
    _VIEWS = (
        "SELECT content, views FROM codes WHERE encoder = ? AND length(views) > 0 ORDER BY content"
    )

    def contents(self, keys: Sequence[ContentKey]) -> list[ContentId | None]:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        known = self.members(list({key.digest for key in keys}))
        return [known[k.digest][1].get(k.member) if k.digest in known else None for k in keys]

    def contents_with_pixels(self, pixel_digests: Sequence[bytes]) -> list[list[ContentId]]:
        found: dict[bytes, list[ContentId]] = defaultdict(list)
        sql = "SELECT pixel_digest, id FROM contents WHERE pixel_digest IN ({keys}) ORDER BY id"
        for digest, content in self._database.fetch_for(sql, list(dict.fromkeys(pixel_digests))):
            found[digest].append(content)
        return [found[digest] for digest in pixel_digests]

    def appearances(self, contents: Sequence[ContentId]) -> dict[ContentId, Appearance]:
        sql = (
            "SELECT id, digest, member, width, height, pixel_digest, loss, format, bytes"
            " FROM contents WHERE id IN ({keys})"
        )
        return {
            content: Appearance(ContentKey(digest, member), *rest)
            for content, digest, member, *rest in self._database.fetch_for(sql, contents)
        }

    def put_pixel_digests(self, digests: Mapping[ContentId, bytes]) -> None:
        if not digests:
            return
        with self._database.writing():
            self._database.execute_many(
                "UPDATE contents SET pixel_digest = ? WHERE id = ?",
                [(digest, content) for content, digest in digests.items()],
            )

    def members(
        self, digests: Sequence[bytes]
    ) -> dict[bytes, tuple[int | None, dict[str, ContentId]]]:
        found: dict[bytes, tuple[int | None, dict[str, ContentId]]] = {}
        sql = "SELECT digest, member, id, members FROM contents WHERE digest IN ({keys}) ORDER BY 3"
        for digest, member, content, count in self._database.fetch_for(sql, digests):
            number, known = found.get(digest, (None, {}))
            known[member] = content
            found[digest] = (number if count is None else count, known)
        return found

    def held(self, contents: Sequence[ContentId]) -> list[int | None]:
        sql = (
            "SELECT one.id, first.members FROM contents AS one JOIN contents AS first"
            " ON first.digest = one.digest AND first.member = '' WHERE one.id IN ({keys})"
        )
        found = dict(self._database.fetch_for(sql, contents))
        return [found.get(content) for content in contents]

    def sizes(self, sizes: Iterable[int]) -> set[int]:
        sql = "SELECT DISTINCT bytes FROM contents WHERE bytes IN ({keys})"
        return {row[0] for row in self._database.fetch_for(sql, list(set(sizes)))}

    def lacking(
        self,
        contents: Sequence[ContentId],
        encoders: Sequence[EncoderId],
        parts: Iterable[EncoderId] = (),
        views: Iterable[EncoderId] = (),
    ) -> list[list[EncoderId]]:
        parted, viewed = set(parts), set(views)
        made: dict[ContentId, set[EncoderId]] = defaultdict(set)
        sql = (
            "SELECT content, encoder, parts IS NOT NULL, views IS NOT NULL FROM codes"
            " WHERE content IN ({keys})"
        )
        for content, encoder, has_parts, has_views in self._database.fetch_for(sql, contents):
            if (has_parts or encoder not in parted) and (has_views or encoder not in viewed):
                made[content].add(encoder)
        wanted = set(encoders)
        return [sorted(wanted - made[content]) for content in contents]

    def put_contents(self, pictures: Sequence[Decoded]) -> list[ContentId]:
        keys = [ContentKey(p.content_digest, p.member) for p in pictures]
        with self._database.writing():
            self._database.execute_many(
                "INSERT INTO contents"
                " (digest, member, pixel_digest, width, height, format, bytes, members, loss)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest, member)"
                " DO UPDATE SET members = coalesce(excluded.members, contents.members),"
                " pixel_digest = CASE WHEN excluded.loss = ''"
                " THEN coalesce(excluded.pixel_digest, contents.pixel_digest)"
                " ELSE excluded.pixel_digest END,"
                " loss = excluded.loss",
                [
                    (
                        p.content_digest,
                        p.member,
                        p.pixel_digest,
                        p.width,
                        p.height,
                        p.format,
                        p.file_bytes,
                        p.members,
                        p.loss,
                    )
                    for p in pictures
                ],
            )
            found = self.contents(keys)
            self._put_shots(found, pictures)
        return [content for content in found if content is not None]

    def put_codes(self, codes: Sequence[StoredCode]) -> None:
        """Codes that come out of the order of ids are no mere addition."""
        if not codes:
            return
        with self._database.writing():
            append = True
            last = {
                encoder: max(self._last_coded(encoder), int(self.setting(_mark(encoder)) or 0))
                for encoder in {code.encoder for code in codes}
            }
            for code in codes:
                append &= code.content > last[code.encoder]
                last[code.encoder] = max(last[code.encoder], code.content)
            self._database.execute_many(
                "INSERT INTO codes (encoder, content, code, embedding, quality, parts, views)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (encoder, content) DO UPDATE SET"
                " code = excluded.code, embedding = excluded.embedding,"
                " quality = excluded.quality, parts = excluded.parts, views = excluded.views",
                codes,
            )
            self._touch(epoch=not append)

    def codes(self, encoder: EncoderId, after: ContentId | None = None) -> Iterator[StoredCode]:
        rows = self._database.stream(
            "SELECT encoder, content, code, embedding, quality, parts, views FROM codes"
            " WHERE encoder = ? AND content > ? ORDER BY content",
            [encoder, 0 if after is None else after],
        )
        return map(StoredCode._make, rows)

    def views(self, encoder: EncoderId) -> Iterator[tuple[ContentId, bytes]]:
        yield from self._database.stream(self._VIEWS, [encoder])

    def drop_parts(self) -> None:
        with self._database.writing():
            self._database.execute("UPDATE codes SET parts = NULL WHERE parts IS NOT NULL")
            self._touch(epoch=True)

    def drop_unused(self, contents: Iterable[ContentId]) -> None:
        rest = iter(contents)
        with self._database.writing():
            encoders = [encoder.id for encoder in self.encoders()]
            before = {encoder: self._last_coded(encoder) for encoder in encoders}
            while some := list(islice(rest, _PORTION)):
                self._database.execute_many(
                    "DELETE FROM contents WHERE id = ?"
                    " AND NOT EXISTS (SELECT 1 FROM pictures WHERE content = contents.id)",
                    [(content,) for content in some],
                )
            for encoder in encoders:
                # Whoever keeps rows beside the file may still have the last one: a code below it
                # is no mere addition, though it is the last one now.
                if self._last_coded(encoder) < before[encoder]:
                    known = int(self.setting(_mark(encoder)) or 0)
                    self.put_setting(_mark(encoder), str(max(known, before[encoder])))

    def _last_coded(self, encoder: EncoderId) -> int:
        """The last content that has a code of an encoder, 0 without any."""
        sql = "SELECT coalesce(max(content), 0) FROM codes WHERE encoder = ?"
        return self._database.number(sql, [encoder])

    def unused(self) -> Iterator[ContentId]:
        for row in self._database.stream(
            "SELECT id FROM contents"
            " WHERE NOT EXISTS (SELECT 1 FROM pictures WHERE content = contents.id)"
        ):
            yield row[0]

    def visible(self) -> Iterator[ContentId]:
        rows = self._database.stream(
            "SELECT DISTINCT content FROM pictures WHERE present = 1 ORDER BY 1"
        )
        for row in rows:
            yield row[0]

    def count_codes(self, encoder: EncoderId) -> int:
        return self._database.number("SELECT count(*) FROM codes WHERE encoder = ?", [encoder])
