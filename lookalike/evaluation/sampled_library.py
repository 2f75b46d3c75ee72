"""A library that is tested on a sample of its pictures, and that of copies which is made for it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lookalike.errors import LibraryNotFoundError, PictureError
from lookalike.evaluation.calibration_check import Stranger, check_calibration
from lookalike.evaluation.selftest_report import CalibrationPoint
from lookalike.library import Library, Progress, Status
from lookalike.library.calibration_sample import limits_of
from lookalike.library.calibrations import Calibrations
from lookalike.library.engine import Engine, Table
from lookalike.library.library import DEFAULT_PHOTO
from lookalike.library.models import SLOTS, Models
from lookalike.library.opening import open_library
from lookalike.library.records import EncoderInfo, PictureInfo
from lookalike.library.store import Store
from lookalike.road import Road
from lookalike.types import ContentId, Limits

__all__ = ["Facts", "Key", "SampledLibrary"]

_BESIDE = "copies.lookalike"
_OTHERS = "others"
_TURNINGS = 8  # codes of the whole picture, turned and flipped, of those that a search asks


class Key(NamedTuple):
    """Names a picture: the path of its file, and which of the file's pictures it is."""

    path: str
    member: str

    @classmethod
    def of(cls, info: PictureInfo) -> Key:
        """Of a picture that a library knows."""
        return cls(info.path, info.member)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a library without a test.

    Attributes:
        status: what it says of itself.
        parts: whether parts of its pictures have codes.
        absent: sampled pictures whose file can't be reached now.
        drawn: sampled pictures in all.
    """

    status: Status
    parts: bool
    absent: int
    drawn: int


class SampledLibrary:
    """A library that is read, and never written to.

    Args:
        store: of it.
        engine: of it.
    """

    def __init__(self, store: Store, engine: Engine) -> None:
        self.engine = engine
        self._store = store
        self._models = Models(store, DEFAULT_PHOTO)
        self._contents: dict[Key, ContentId] = {}
        self._absent = self._drawn = 0
        self._links: dict[str, Key] = {}
        self.library = Library(
            store,
            engine,
            limits=Limits(),
            workers=None,
            photo=DEFAULT_PHOTO,
        )
        self.location = store.location
        self.pictures = store.count_pictures()

    @classmethod
    @contextmanager
    def open(cls, location: str) -> Iterator[SampledLibrary]:
        """Open a library for reading.

        Raises:
            LibraryError: it can't be opened, or has no codes.
        """
        store, engine = open_library(location, create=False, read_only=True)
        try:
            opened = cls(store, engine)
        except BaseException:
            engine.close()
            store.close()
            raise
        with opened.library:
            yield opened

    def rows(self) -> list[EncoderInfo]:
        """Its encoders: of the perceptual hash, then of the photo code.

        Raises:
            LibraryNotFoundError: it has none.
        """
        current = self._models.current()
        if not all(slot in current for slot in SLOTS):
            raise LibraryNotFoundError(f"{self.location} holds no codes yet: index a folder first")
        return [current[slot] for slot in SLOTS]

    def tables(self) -> list[Table]:
        """Its codes, in the order of :meth:`rows`."""
        rows = self.rows()
        tables = self.engine.tables(rows)
        return [tables[row.id] for row in rows]

    def draw(
        self, most: int, further: int, seed: int
    ) -> tuple[list[PictureInfo], list[PictureInfo]]:
        """Pictures of different content whose files are there, and further ones.

        Args:
            most: pictures wanted.
            further: of the second kind.
            seed: of the draw.
        """
        drawn = self.tables()[0].sample(most + further, seed)
        order = np.random.default_rng(seed).permutation(drawn).tolist()
        pictures = self._store.pictures_of([ContentId(content) for content in order])
        found: list[PictureInfo] = []
        for content, held in pictures.items():
            there = next((one for one in held if os.path.exists(one.path)), None)
            if there is not None:
                found.append(there)
                self._contents[Key.of(there)] = content
        self._drawn, self._absent = len(order), len(order) - len(found)
        return found[:most], found[most:]

    def content(self, info: PictureInfo) -> ContentId:
        """Of a picture that :meth:`draw` gave."""
        return self._contents[Key.of(info)]

    def with_content(self, info: PictureInfo) -> set[Key]:
        """All pictures with the content of one that :meth:`draw` gave."""
        content = self.content(info)
        return {Key.of(one) for one in self._store.pictures_of([content])[content]}

    def contents(self, keys: Iterable[Key]) -> set[int]:
        """Of pictures that it holds."""
        wanted = set(keys)
        known = self._store.known(list({key.path for key in wanted}))
        return {
            int(member.content)
            for path, file in known.items()
            for member in file.members
            if Key(path, member.name) in wanted
        }

    def strangers(
        self, files: Sequence[tuple[Path, set[Key]]]
    ) -> tuple[list[Stranger], list[Stranger]]:
        """Pictures as what is new to the library, by the perceptual hash and by the photo code.

        Args:
            files: pictures, each with those of the library that are related to it.
        """
        rows = self.rows()
        road = Road({row.slot: self._models.encoder(row) for row in rows})
        by_hash: list[Stranger] = []
        by_photo: list[Stranger] = []
        with road:
            for known, asked in road.each(((keys, file) for file, keys in files), road.question):
                if isinstance(asked, PictureError) or asked.pdq is None or asked.photo is None:
                    continue
                related = self.contents(known)
                quality = 100 if asked.pdq_quality is None else int(asked.pdq_quality[0])
                by_hash.append(Stranger(asked.pdq[:_TURNINGS], quality, related))
                by_photo.append(Stranger(asked.photo.codes[:1], 100, related))
        return by_hash, by_photo

    def calibration(self, strangers: Sequence[Sequence[Stranger]]) -> list[CalibrationPoint]:
        """What the library expects of chance beside what these pictures found.

        Args:
            strangers: as :meth:`strangers` gives them, in the order of :meth:`tables`.
        """
        known = Calibrations(self._store, self.engine)
        found: list[CalibrationPoint] = []
        for table, asked in zip(self.tables(), strangers, strict=True):
            is_hash = table.encoder.slot == "pdq"
            least = limits_of(table.encoder).quality if is_hash else 0
            found += check_calibration(table, known.of(table), asked, least)
        return found

    def flat(self, chosen: Iterable[PictureInfo], least: int) -> set[Key]:
        """Those of some drawn pictures whose perceptual hash has a lower quality than ``least``."""
        infos = list(chosen)
        contents = np.array([self.content(info) for info in infos], np.int64)
        kept = self.tables()[0].stored(contents)
        low = kept.there & (kept.quality < least)
        return {Key.of(info) for info, is_flat in zip(infos, low.tolist(), strict=True) if is_flat}

    def facts(self) -> Facts:
        """What is known of it without a test."""
        return Facts(self.library.status(), self._has_parts(), self._absent, self._drawn)

    def _has_parts(self) -> bool:
        return self._store.setting("parts") == "1"

    @contextmanager
    def beside(
        self,
        folder: Path,
        others: Sequence[PictureInfo],
        stop: threading.Event,
        step: Callable[[int], object],
    ) -> Iterator[Library]:
        """A library of the copies in a folder and of other pictures, by the same encoders.

        Args:
            folder: of the copies; the library goes there, too.
            others: pictures to be found among them.
            stop: set it to end early.
            step: called with a number of copies that were indexed.
        """
        copies = sum(1 for entry in folder.iterdir() if entry.is_file())
        self._link(folder / _OTHERS, others)
        made = [(row.origin, self._models.encoder(row)) for row in self.rows()]
        store, engine = open_library(folder / _BESIDE, create=True, read_only=False)
        told = 0

        def show(progress: Progress) -> None:
            nonlocal told
            done = min(progress.done, copies)
            if progress.stage == "indexing" and done > told:
                step(done - told)
                told = done

        with Library(
            store, engine, limits=Limits(), workers=None, photo=made[1][0], made=made
        ) as library:
            library.index(folder, parts=self._has_parts(), progress=show, stop=stop)
            yield library

    def distractor(self, path: str) -> Key | None:
        """Which picture of the library under test a file beside the copies is."""
        return self._links.get(path)

    def _link(self, folder: Path, others: Sequence[PictureInfo]) -> None:
        """Put pictures into a folder, without copying them where the system has links."""
        folder.mkdir()
        self._links = {}
        for number, info in enumerate(others):
            place = folder / f"{number}{Path(info.path).suffix}"
            try:
                place.symlink_to(info.path)
            except OSError:  # Windows without the right to make links
                try:
                    shutil.copyfile(info.path, place)
                except OSError:  # gone meanwhile: one picture less to be told apart
                    continue
            self._links[str(place)] = Key.of(info)
