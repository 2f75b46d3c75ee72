"""What a library knows, in dictionaries."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

from lookalike.errors import LibraryLockedError
from lookalike.library.checking import OnCheck, Problem
from lookalike.library.checking_codes import check_codes
from lookalike.library.memory.looks import MemoryLooks
from lookalike.library.memory.pictures import LOCATION
from lookalike.library.records import (
    Appearance,
    ContentKey,
    Counts,
    EncoderInfo,
    Folder,
    Stamp,
    StoredCode,
)
from lookalike.library.store import Capabilities
from lookalike.types import ContentId, Decoded, Encoder, EncoderId, Slot

__all__ = ["MemoryStore"]


class MemoryStore(MemoryLooks):
    """The :class:`~lookalike.library.store.Store` of this process; gone when it is closed."""

    capabilities = Capabilities(durable=False, transactions=False, processes=False, read_only=False)
    location = LOCATION
    version = 1
    read_only = False

    def __init__(self) -> None:
        super().__init__()
        self._uuid = uuid.uuid4().hex
        self._settings = {"parts": "0", "members": "1"}
        self._folders: dict[str, Folder] = {}
        self._encoders: dict[EncoderId, EncoderInfo] = {}
        self._data: dict[EncoderId, tuple[str | None, bytes | None]] = {}
        self._codes: dict[EncoderId, dict[ContentId, StoredCode]] = {}
        self._last_coded: dict[EncoderId, int] = {}  # contents, be they forgotten by now
        self._encoder_ids = count(1)
        self._running = threading.Lock()
        self.settled = time.monotonic()

    def close(self) -> None:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        self._closed = True

    @contextmanager
    def run(self, *, shared: bool = False) -> Iterator[None]:
        with self.writing():  # open?
            pass
        if not self._running.acquire(blocking=False):
            raise LibraryLockedError(
                f"another thread is writing to {LOCATION}: wait until it ends (searching goes on)"
            )
        try:
            yield
        finally:
            self._running.release()

    def settle(self) -> None:
        self.settled = time.monotonic()

    def stamp(self) -> Stamp:
        with self.writing():
            return Stamp(self._uuid, self._epoch, self._generation)

    def check(self, progress: OnCheck | None = None) -> Iterator[Problem]:
        with self.writing():
            return iter(list(check_codes(self, progress)))

    def identity(self) -> object:
        return self._uuid

    def setting(self, key: str) -> str | None:
        with self.writing():
            return self._uuid if key == "uuid" else self._settings.get(key)

    def put_setting(self, key: str, value: str) -> None:
        with self.writing():
            self._settings[key] = value

    def folders(self) -> list[Folder]:
        with self.writing():
            return sorted(self._folders.values(), key=lambda folder: os.fsencode(folder.path))

    def put_folder(self, folder: Folder) -> None:
        with self.writing():
            self._folders[folder.path] = folder

    def drop_folder(self, path: str) -> None:
        with self.writing():
            self._folders.pop(path, None)

    def encoders(self) -> list[EncoderInfo]:
        with self.writing():
            found = self._encoders.values()
            return sorted(found, key=lambda e: (e.slot, not e.current, e.id))

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
        with self.writing():
            same = [
                e
                for e in self._encoders.values()
                if (e.slot, e.fingerprint) == (slot, encoder.fingerprint)
            ]
            if same:
                made = replace(same[0], origin=origin)
            else:
                made = EncoderInfo(
                    EncoderId(next(self._encoder_ids)),
                    slot,
                    encoder.name,
                    origin,
                    encoder.fingerprint,
                    encoder.bits,
                    encoder.embedding_size,
                    current,
                )
            self._encoders[made.id] = made
            self._data[made.id] = (card, data)
            self._codes.setdefault(made.id, {})
            return made

    def encoder_card(self, encoder: EncoderId) -> str | None:
        with self.writing():
            return self._data.get(encoder, (None, None))[0]

    def encoder_data(self, encoder: EncoderId) -> tuple[str, bytes] | None:
        with self.writing():
            card, data = self._data.get(encoder, (None, None))
            return None if card is None or data is None else (card, data)

    def make_current(self, encoder: EncoderInfo) -> None:
        with self.writing():
            for other in list(self._encoders.values()):
                if other.slot == encoder.slot and other.id != encoder.id:
                    for kept in (self._encoders, self._data, self._codes):
                        del kept[other.id]
            self._encoders[encoder.id] = replace(self._encoders[encoder.id], current=True)
            self._touch(epoch=True)

    # Contents and codes

    def contents(self, keys: Sequence[ContentKey]) -> list[ContentId | None]:
        with self.writing():
            return [self._contents_by_key.get(key) for key in keys]

    def contents_with_pixels(self, pixel_digests: Sequence[bytes]) -> list[list[ContentId]]:
        with self.writing():
            return [
                sorted(c for c, known in self._contents.items() if known.pixel_digest == digest)
                for digest in pixel_digests
            ]

    def appearances(self, contents: Sequence[ContentId]) -> dict[ContentId, Appearance]:
        with self.writing():
            there = {c: self._contents[c] for c in contents if c in self._contents}
        return {
            content: Appearance(
                ContentKey(known.content_digest, known.member),
                known.width,
                known.height,
                known.pixel_digest,
                known.loss,
                known.format,
                known.file_bytes,
            )
            for content, known in there.items()
        }

    def put_pixel_digests(self, digests: Mapping[ContentId, bytes]) -> None:
        with self.writing():
            for content, digest in digests.items():
                if content in self._contents:
                    known = self._contents[content]
                    self._contents[content] = replace(known, pixel_digest=digest)

    def members(
        self, digests: Sequence[bytes]
    ) -> dict[bytes, tuple[int | None, dict[str, ContentId]]]:
        found: dict[bytes, tuple[int | None, dict[str, ContentId]]] = {}
        with self.writing():
            for key, content in self._contents_by_key.items():
                if key.digest in digests:
                    number = self._contents[content].members
                    before = found.get(key.digest, (None, {}))
                    number = before[0] if number is None else number
                    found[key.digest] = (number, {**before[1], key.member: content})
        return found

    def held(self, contents: Sequence[ContentId]) -> list[int | None]:
        with self.writing():
            digests = [self._contents[content].content_digest for content in contents]
            known = self.members(digests)
            return [known[digest][0] for digest in digests]

    def sizes(self, sizes: Iterable[int]) -> set[int]:
        with self.writing():
            return set(sizes) & {known.file_bytes for known in self._contents.values()}

    def lacking(
        self,
        contents: Sequence[ContentId],
        encoders: Sequence[EncoderId],
        parts: Iterable[EncoderId] = (),
        views: Iterable[EncoderId] = (),
    ) -> list[list[EncoderId]]:
        parted, viewed = set(parts), set(views)

        def has(content: ContentId, encoder: EncoderId) -> bool:
            code = self._codes.get(encoder, {}).get(content)
            return (
                code is not None
                and (code.parts is not None or encoder not in parted)
                and (code.views is not None or encoder not in viewed)
            )

        with self.writing():
            return [sorted(e for e in set(encoders) if not has(c, e)) for c in contents]

    def put_contents(self, pictures: Sequence[Decoded]) -> list[ContentId]:
        with self.writing():
            return [self._put_content(picture) for picture in pictures]

    def put_codes(self, codes: Sequence[StoredCode]) -> None:
        with self.writing():
            for code in codes:
                kept = self._codes[code.encoder]
                last = self._last_coded.get(code.encoder, 0)
                kept[code.content] = code
                self._last_coded[code.encoder] = max(last, code.content)
                self._touch(epoch=code.content <= last)

    def codes(self, encoder: EncoderId, after: ContentId | None = None) -> Iterator[StoredCode]:
        with self.writing():
            kept = self._codes.get(encoder, {})
            least = ContentId(0) if after is None else after
            return iter([kept[content] for content in sorted(kept) if content > least])

    def views(self, encoder: EncoderId) -> Iterator[tuple[ContentId, bytes]]:
        for code in self.codes(encoder):
            if code.views:
                yield code.content, code.views

    def drop_parts(self) -> None:
        with self.writing():
            for kept in self._codes.values():
                for content, code in kept.items():
                    kept[content] = code._replace(parts=None)
            self._touch(epoch=True)

    def drop_unused(self, contents: Iterable[ContentId]) -> None:
        with self.writing():
            for content in set(contents) & set(self.unused()):
                self._drop_content(content)
                for kept in self._codes.values():
                    kept.pop(content, None)

    def count_codes(self, encoder: EncoderId) -> int:
        with self.writing():
            return len(self._codes.get(encoder, {}))

    def counts(self) -> Counts:
        with self.writing():
            return Counts(
                pictures=self.count_pictures(),
                distinct=len(list(self.visible())),
                missing=sum(not file.present for file in self._files.values()),
                store_bytes=0,
            )
