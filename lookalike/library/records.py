"""What a library knows, record by record: what goes in and out of a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from lookalike.types import ContentId, EncoderId, FileId, PictureId, Slot

__all__ = [
    "Appearance",
    "ContentKey",
    "Counts",
    "EncoderInfo",
    "FileEntry",
    "Folder",
    "KnownFile",
    "Member",
    "Mount",
    "PictureInfo",
    "Place",
    "Stamp",
    "StoredCode",
]


class Stamp(NamedTuple):
    """A state of a library: equal stamps mean equal answers to every search.

    Attributes:
        uuid: names the library.
        epoch: grows with every change that is no mere addition of codes.
        generation: grows with every change that a search could notice.
    """

    uuid: str
    epoch: int
    generation: int


class ContentKey(NamedTuple):
    """What makes a content: the bytes of a file, and which of its pictures.

    Attributes:
        digest: SHA-256 of the file, 32 bytes.
        member: which picture; empty for the only or the first one.
    """

    digest: bytes
    member: str = ""


class Appearance(NamedTuple):
    """What is known of how a content looks, beside its codes.

    Attributes:
        key: what makes the content.
        width: in pixels, upright.
        height: likewise.
        pixel_digest: of all that the file shows, or that one later picture of it; ``None`` where
            that isn't known yet, or can't be told.
        loss: what of the file is lost; empty where nothing is known to be.
        format: Pillow's name of the file's format.
        file_bytes: size of the file.
    """

    key: ContentKey
    width: int
    height: int
    pixel_digest: bytes | None
    loss: str
    format: str
    file_bytes: int


class Mount(NamedTuple):
    """Where a file system begins.

    Attributes:
        path: absolute.
        disk: names the file system, as far as the system can tell it from others.
    """

    path: str
    disk: str


class Place(NamedTuple):
    """A folder, or a place in one, of whose files nothing can be said.

    Attributes:
        path: absolute.
        why: in words, to be put behind the path.
        since: the last file there that was known before: only such files show that it is the place
            of before.
    """

    path: str
    why: str
    since: FileId


class Folder(NamedTuple):
    """A folder whose pictures the library holds.

    Attributes:
        path: absolute.
        exclude: patterns that leave files out.
        everything: whether folders that programs make for themselves are looked through, too.
        mounts: where file systems began, at the last run: the nearest place at or above the
            folder, and all below it.
        offline: what of it, if not all, was left as it is at the last run.
    """

    path: str
    exclude: tuple[str, ...]
    everything: bool = False
    mounts: tuple[Mount, ...] = ()
    offline: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """An encoder as a library knows it.

    Attributes:
        id: in this library.
        slot: which of the two codes it makes.
        name: of the code.
        origin: what the user named: an encoder's name or the path of a file, where a reindex looks
            for a newer version.
        fingerprint: changes whenever the same picture could get another code.
        bits: width of the code.
        embedding_size: width of the embedding, 0 where there is none.
        current: whether it answers; one of each slot does.
    """

    id: EncoderId
    slot: Slot
    name: str
    origin: str
    fingerprint: str
    bits: int
    embedding_size: int
    current: bool


class Member(NamedTuple):
    """One picture of a file.

    Attributes:
        name: empty for the only or the first one; else such as ``page-2``.
        content: what it shows.
    """

    name: str
    content: ContentId


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file as it is now, and its pictures.

    Attributes:
        path: absolute; undecodable bytes as lone surrogates (PEP 383).
        size: in bytes.
        mtime_ns: time of its last change, in nanoseconds since 1970.
        members: its pictures, the first one first; at least one.
    """

    path: str
    size: int
    mtime_ns: int
    members: tuple[Member, ...]


class KnownFile(NamedTuple):
    """A file that the library has pictures of, as it was when it was last seen.

    A tuple, since every run makes one of each file.

    Attributes:
        id: in this library.
        path: as of :class:`FileEntry`.
        size: likewise.
        mtime_ns: likewise.
        present: whether it was there then.
        members: its pictures that have codes, the first one first.
    """

    id: FileId
    path: str
    size: int
    mtime_ns: int
    present: bool
    members: tuple[Member, ...]


class StoredCode(NamedTuple):
    """What one encoder made of one content; a tuple, since there are as many as pictures.

    Attributes:
        encoder: which.
        content: which.
        code: packed bits.
        embedding: int8, where the encoder has one.
        quality: 0 to 100, where the encoder says.
        parts: the codes of the content's nine parts, one after the other; ``None`` where they
            were not made.
        views: the codes of the pictures that it holds, as :mod:`lookalike.library.views` packs
            them: no bytes where it holds none, ``None`` where nobody looked.
    """

    encoder: EncoderId
    content: ContentId
    code: bytes
    embedding: bytes | None = None
    quality: int | None = None
    parts: bytes | None = None
    views: bytes | None = None


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """A picture of a library as it was when it was last indexed.

    Attributes:
        id: the picture's id in its library; stable while the file stays.
        path: of the file; undecodable bytes as lone surrogates (PEP 383).
        file_bytes: size of the file.
        mtime_ns: time of its last change, in nanoseconds since 1970.
        width: of the picture, in pixels.
        height: likewise.
        format: Pillow's name of the format, ``RAW`` for camera raw.
        digest: SHA-256 of the file, 32 bytes.
        member: which picture of the file it is, such as ``page-2``; empty for the only or the
            first one.
    """

    id: PictureId
    path: str
    file_bytes: int
    mtime_ns: int
    width: int
    height: int
    format: str
    digest: bytes
    member: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """A library in numbers.

    Attributes:
        pictures: that a search can find.
        distinct: contents among them.
        missing: files that were indexed and are gone from their folders.
        store_bytes: that the library takes where it is kept.
    """

    pictures: int
    distinct: int
    missing: int
    store_bytes: int
