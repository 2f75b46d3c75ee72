"""What a library knows: the contract of every place that keeps one.

A store keeps the truth: folders, files and the pictures in them, contents, codes, encoders, the
ledger, settings. It decides nothing and searches nothing: :mod:`lookalike.library.engine` searches.
Calls take and give batches, for engines far away. No SQL and no row numbers pass through here.

*Atomic* are: each call that writes, by itself, and everything inside of :meth:`Store.writing`
together where :attr:`Capabilities.transactions` says so. Everything that writes can be repeated
with the same outcome, so that a run which was killed between two calls is simply run again.

To add a place: implement :class:`Store` and an engine, add it to :mod:`lookalike.library.opening`,
and run the suite of ``tests/library/contract.py`` on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from lookalike.library.checking import OnCheck, Problem
from lookalike.library.list_store import ListStore
from lookalike.library.look_store import LookStore
from lookalike.library.records import (
    Appearance,
    ContentKey,
    Counts,
    EncoderInfo,
    FileEntry,
    Folder,
    KnownFile,
    PictureInfo,
    Stamp,
    StoredCode,
)
from lookalike.library.run_store import RunStore
from lookalike.library.shot_store import ShotStore
from lookalike.library.verdict_store import VerdictStore
from lookalike.types import ContentId, Decoded, Encoder, EncoderId, FileId, PictureId, Slot

__all__ = ["Capabilities", "Store"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a place can do beyond answering.

    Attributes:
        durable: what was written is there after opening again.
        transactions: :meth:`Store.writing` keeps all or nothing.
        processes: several processes may use the library at a time.
        read_only: it can be opened without the right to write.
        fillers: several may fill shards at a time: runs that are shared go side by side.
        ordered: ids of contents ascend as they came; else they follow from what a content is.
        moments: a table shows one moment; else what is there when it is asked.
    """

    durable: bool
    transactions: bool
    processes: bool
    read_only: bool
    fillers: bool = False
    ordered: bool = True
    moments: bool = True


class Store(RunStore, ShotStore, ListStore, LookStore, VerdictStore, Protocol):
    """What one library knows. Any number of threads may ask; see the module for what is atomic."""

    @property
    def location(self) -> str:
        """Where it is, as a user names it; for messages."""

    @property
    def capabilities(self) -> Capabilities:
        """What this place can do."""

    @property
    def version(self) -> int:
        """Of the form in which it is kept."""

    @property
    def read_only(self) -> bool:
        """Whether it was opened for reading, or can't be written to."""

    def close(self) -> None:
        """Leave everything in its final form; every later call is a ``LibraryClosedError``."""

    # Order in time

    def writing(self) -> AbstractContextManager[None]:
        """Group writes: all of them are kept or none, where the place can do that."""

    def run(self, *, shared: bool = False) -> AbstractContextManager[None]:
        """Be the only one who indexes, reindexes or removes; small writes go on beside it.

        Runs that are ``shared`` go side by side where the place has ``capabilities.fillers``: they
        only add files, each of other paths.

        Raises:
            LibraryLockedError: somebody else is.
            LibraryReadOnlyError: nothing can be written here.
        """

    def settle(self) -> None:
        """Bring what was written into its final form, as far as readers allow."""

    @property
    def settled(self) -> float:
        """When this process last did so, by ``time.monotonic()``."""

    def stamp(self) -> Stamp:
        """The state that a search would find now."""

    def check(self, progress: OnCheck | None = None) -> Iterator[Problem]:
        """All that is wrong with what is kept, and what is harmless and worth a word.

        Raises:
            LibraryError: it can't be read at all.
        """

    def identity(self) -> object:
        """Tells this library from another one that takes its place at the same location."""

    # Settings and folders

    def setting(self, key: str) -> str | None:
        """A setting; ``None`` where it was never made."""

    def put_setting(self, key: str, value: str) -> None:
        """Make a setting."""

    def folders(self) -> list[Folder]:
        """All folders, by path."""

    def put_folder(self, folder: Folder) -> None:
        """Add a folder, or give it other patterns."""

    def drop_folder(self, path: str) -> None:
        """Forget a folder; its files are another matter."""

    # Encoders

    def encoders(self) -> list[EncoderInfo]:
        """All encoders by slot, the current one of each first."""

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
        """Make an encoder known, with what brings it back.

        One that is known already keeps its id and its codes; where it is from is noted anew.
        """

    def encoder_card(self, encoder: EncoderId) -> str | None:
        """The card (JSON) that is kept for an encoder."""

    def encoder_data(self, encoder: EncoderId) -> tuple[str, bytes] | None:
        """Card and data (such as the ONNX file) that are kept for an encoder."""

    def make_current(self, encoder: EncoderInfo) -> None:
        """Let an encoder answer for its slot, and forget all others there with their codes."""

    # Contents and codes

    def contents(self, keys: Sequence[ContentKey]) -> list[ContentId | None]:
        """The contents of these bytes and members, in the order of the keys."""

    def contents_with_pixels(self, pixel_digests: Sequence[bytes]) -> list[list[ContentId]]:
        """For each digest the contents with these pixels, ascending."""

    def appearances(self, contents: Sequence[ContentId]) -> dict[ContentId, Appearance]:
        """How contents look; those that are gone are left out."""

    def put_pixel_digests(self, digests: Mapping[ContentId, bytes]) -> None:
        """Keep digests of what contents show; of one that is gone nothing is kept.

        No stamp moves: whoever needs a digest that isn't known makes it, so that answers are the
        same before and after.
        """

    def members(
        self, digests: Sequence[bytes]
    ) -> dict[bytes, tuple[int | None, dict[str, ContentId]]]:
        """Of files' bytes: how many pictures they hold, and the known contents by member.

        The number is ``None`` where nobody has looked yet.
        """

    def held(self, contents: Sequence[ContentId]) -> list[int | None]:
        """How many pictures the files of contents hold; ``None`` where nobody has looked yet."""

    def sizes(self, sizes: Iterable[int]) -> set[int]:
        """Those of the sizes in bytes that some content's file has: hashing could pay there."""

    def lacking(
        self,
        contents: Sequence[ContentId],
        encoders: Sequence[EncoderId],
        parts: Iterable[EncoderId] = (),
        views: Iterable[EncoderId] = (),
    ) -> list[list[EncoderId]]:
        """For each content those of the encoders that gave it no code yet, ascending.

        Encoders in ``parts`` have to have given codes of its parts, too; those in ``views`` have to
        have been told what it holds.
        """

    def put_contents(self, pictures: Sequence[Decoded]) -> list[ContentId]:
        """Add contents, or find those that are there; in the order of the pictures."""

    def put_codes(self, codes: Sequence[StoredCode]) -> None:
        """Add codes, or replace them."""

    def codes(self, encoder: EncoderId, after: ContentId | None = None) -> Iterator[StoredCode]:
        """All codes of an encoder by ascending content, those behind ``after``."""

    def views(self, encoder: EncoderId) -> Iterator[tuple[ContentId, bytes]]:
        """The contents that hold pictures, ascending, with these ones' codes by an encoder.

        Packed as :mod:`lookalike.library.views` says.
        """

    def drop_parts(self) -> None:
        """Forget the codes of parts."""

    def drop_unused(self, contents: Iterable[ContentId]) -> None:
        """Forget those of the contents that no file holds any more, with their codes."""

    def unused(self) -> Iterator[ContentId]:
        """The contents that no file holds."""

    def visible(self) -> Iterator[ContentId]:
        """The contents that some present file holds, ascending."""

    # Files and pictures

    def known(self, paths: Sequence[str]) -> dict[str, KnownFile]:
        """The files of these paths, present or not; unknown ones are left out."""

    def holding(self, contents: Sequence[ContentId]) -> dict[ContentId, list[KnownFile]]:
        """For each content the files that hold it, or held it, by id."""

    def files_under(self, folder: str) -> Iterator[KnownFile]:
        """All files in a folder and below, by id."""

    def put_files(self, entries: Sequence[FileEntry]) -> list[FileId]:
        """Note that files are there with just these pictures; they leave the ledger.

        A file that is known keeps its id, and so does each of its pictures.
        """

    def leave_places(self, files: Sequence[FileId]) -> None:
        """Take files from their paths, so that others can have these.

        Within :meth:`writing`, and followed by :meth:`move_files` or :meth:`drop_files` of each.
        """

    def move_files(self, moves: Sequence[tuple[FileId, FileEntry]]) -> None:
        """Give files other paths and what they hold now; they leave the ledger.

        A file keeps its id, and so does each of its pictures; it is present. No other file may have
        one of these paths.
        """

    def set_present(self, files: Sequence[FileId], present: bool) -> None:
        """Let files leave the results, or come back."""

    def drop_files(self, files: Sequence[FileId]) -> None:
        """Forget files; the contents that they had may be left unused."""

    def pictures_of(
        self, contents: Sequence[ContentId]
    ) -> Mapping[ContentId, Sequence[PictureInfo]]:
        """For each content the present pictures that show it, by id."""

    def picture(self, picture: PictureId) -> PictureInfo | None:
        """The present picture of an id."""

    def copies(self, picture: PictureId) -> list[PictureId]:
        """The other present pictures with the same content, ascending."""

    # Counts

    def counts(self) -> Counts:
        """The library in numbers."""

    def count_pictures(self, folder: str | None = None) -> int:
        """Pictures that a search can find, of all folders or of one."""

    def count_codes(self, encoder: EncoderId) -> int:
        """Contents that have a code of an encoder."""
