"""What every implementation of a library's contract has to do: the suite that all of them run.

A test module takes part by a class that derives from :class:`Contract` and says how its place is
opened; see ``tests/library/test_contract.py``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookalike.codes.bits import hamming, to_words
from lookalike.errors import LibraryClosedError, LibraryLockedError
from lookalike.images.parts.nine import PARTS
from lookalike.library.engine import Engine, Table
from lookalike.library.filters import Filter
from lookalike.library.list_store import Order
from lookalike.library.look_store import Look
from lookalike.library.records import (
    Appearance,
    ContentKey,
    EncoderInfo,
    FileEntry,
    Folder,
    KnownFile,
    Member,
    Mount,
    Place,
    StoredCode,
)
from lookalike.library.run_records import Change, LossEntry, Refusal, Waiting
from lookalike.library.store import Store
from lookalike.library.verdict_store import Rejection, Settlement
from lookalike.library.views import pack
from lookalike.road import ViewCodes
from lookalike.shot import Shot
from lookalike.types import (
    Codes,
    ContentId,
    Decoded,
    Encoded,
    FileId,
    InputSpec,
    PictureId,
    Pixels,
)

BITS = 100  # no multiple of 8 or 64
SIZE = 5  # of an embedding

Opened = tuple[Store, Engine]


class Small:
    """An encoder as far as a store knows encoders; nothing is encoded here."""

    bits = BITS
    embedding_size = SIZE
    input = InputSpec(8, "stretch")

    def __init__(self, fingerprint: str = "f1") -> None:
        self.name, self.fingerprint = "small", fingerprint

    def encode(self, pictures: Sequence[Pixels]) -> Encoded:
        raise AssertionError("not asked for")


def picture(number: int, member: str = "", *, members: int | None = None) -> Decoded:
    digest = number.to_bytes(32, "big")
    return Decoded({}, digest, digest, 4 + number, 3, "PNG", 100 + number, member, members)


def random_codes(n: int, seed: int = 0) -> Codes:
    bits = np.random.default_rng(seed).integers(0, 2, (n, BITS), dtype=np.uint8)
    return np.packbits(bits, axis=1)


def fill(
    store: Store,
    codes: Codes,
    *,
    first: int = 0,
    parts: bool = False,
    slot: str = "photo",
) -> tuple[EncoderInfo, list[ContentId]]:
    """A library of so many files, each of one picture with this code.

    The contents are ascending, also where ids say nothing of the order in which they came: which
    picture is which file's follows from that.
    """
    assert slot in ("pdq", "photo")
    encoder = store.put_encoder(slot, "small", Small(), current=True)  # type: ignore[arg-type]
    rng = np.random.default_rng(first)
    with store.writing():
        contents = sorted(store.put_contents([picture(first + n) for n in range(len(codes))]))
        store.put_codes(
            [
                StoredCode(
                    encoder.id,
                    content,
                    code.tobytes(),
                    rng.integers(-100, 100, SIZE, dtype=np.int8).tobytes(),
                    int(rng.integers(0, 101)),
                    np.roll(codes, n, 0)[: len(PARTS)].tobytes() if parts else None,
                )
                for n, (content, code) in enumerate(zip(contents, codes, strict=True))
            ]
        )
        store.put_files(
            [
                FileEntry(f"/p/{first + n:03}.png", 100 + n, n, (Member("", content),))
                for n, content in enumerate(contents)
            ]
        )
    return encoder, contents


def shown_id(store: Store, file: KnownFile) -> PictureId:
    """The id of a file's first picture."""
    shown = store.pictures_of([file.members[0].content])[file.members[0].content]
    return next(picture.id for picture in shown if picture.path == file.path)


def table_of(engine: Engine, encoder: EncoderInfo) -> Table:
    return engine.tables([encoder])[encoder.id]


class Contract:
    """The suite. Subclasses override :meth:`open_new` and, if durable, :meth:`open_again`."""

    @contextmanager
    def open_new(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
        raise NotImplementedError

    def open_again(self, store: Store) -> Opened:
        """Another view of the same library, as another process would have it."""
        raise NotImplementedError

    @pytest.fixture
    def opened(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
        with self.open_new(tmp_path_factory) as opened:
            yield opened

    @pytest.fixture
    def store(self, opened: Opened) -> Store:
        return opened[0]

    @pytest.fixture
    def engine(self, opened: Opened) -> Engine:
        return opened[1]

    # Whether it is sound

    def test_a_check_of_a_sound_one(self, store: Store, engine: Engine) -> None:
        told: list[str] = []
        encoder, contents = fill(store, random_codes(20), parts=True)
        table_of(engine, encoder)
        found = [*store.check(lambda stage, done: told.append(stage)), *engine.check()]
        assert [problem for problem in found if not problem.harmless] == []
        known = store.known(["/p/000.png"])
        store.drop_files([known["/p/000.png"].id])
        store.put_contents([picture(99)])
        store.put_files([FileEntry("/p/x.png", 1, 1, (Member("", contents[1]),))])
        (note,) = store.check()
        assert (note.harmless, note.rows) == (True, 2)
        assert "no file holds" in note.what

    def test_a_check_finds_codes_of_the_wrong_size(self, store: Store, engine: Engine) -> None:
        encoder, contents = fill(store, random_codes(20))
        code = next(iter(store.codes(encoder.id)))
        wrong = [
            code._replace(code=code.code[:-1]),
            code._replace(code=code.code[:-1] + b"\xff"),  # bits behind its end
            code._replace(embedding=b"1"),
            code._replace(embedding=None),
            code._replace(quality=101),
            code._replace(parts=b"12"),
        ]
        for one, content in zip(wrong, contents, strict=False):
            store.put_codes([one._replace(content=content)])
        found = [problem for problem in store.check() if not problem.harmless]
        assert sum(problem.rows for problem in found) == len(wrong)
        assert all("codes" in p.where and p.what and p.remedy for p in found)

    def test_a_code_that_is_still_to_be_made_is_harmless(self, store: Store) -> None:
        fill(store, random_codes(5))
        store.put_files(
            [FileEntry("/p/new.png", 1, 1, (Member("", store.put_contents([picture(50)])[0]),))]
        )
        (note,) = store.check()
        assert (note.harmless, note.rows, note.what) == (True, 1, "pictures that lack a code")

    # Settings, folders, encoders

    def test_a_new_one_is_empty(self, store: Store, engine: Engine) -> None:
        counts = store.counts()
        assert (counts.pictures, counts.distinct, counts.missing) == (0, 0, 0)
        assert store.folders() == []
        assert store.encoders() == []
        assert list(store.ledger()) == []
        assert store.known(["/p/1.png"]) == {}
        assert store.page(10) == []
        assert store.setting("parts") == "0"
        assert store.setting("members") == "1"
        assert store.setting("no such") is None
        assert len(store.stamp().uuid) == 32
        assert store.version >= 1
        assert engine.tables([]) == {}

    def test_settings_and_folders(self, store: Store) -> None:
        store.put_setting("a", "1")
        store.put_setting("a", "2")
        assert store.setting("a") == "2"
        store.put_folder(Folder("/q", ("*.gif",)))
        store.put_folder(Folder("/p\udcff", ()))
        last = Folder(
            "/q",
            ("*.gif", "small/"),
            True,
            (Mount("/", "1f"), Mount("/q/\udcff", "")),
            (Place("/q/\udcff", "is empty", FileId(7)),),
        )
        store.put_folder(last)
        assert store.folders() == [Folder("/p\udcff", ()), last]
        store.drop_folder("/q")
        store.drop_folder("/nowhere")
        assert [folder.path for folder in store.folders()] == ["/p\udcff"]

    def test_encoders(self, store: Store, engine: Engine) -> None:
        first = store.put_encoder("photo", "one", Small(), current=True, card="{}", data=b"x")
        again = store.put_encoder("photo", "two", Small(), current=False, card="{1}", data=b"y")
        assert (again.id, again.origin, again.current) == (first.id, "two", True)
        assert store.encoder_card(first.id) == "{1}"
        assert store.encoder_data(first.id) == ("{1}", b"y")
        new = store.put_encoder("photo", "one", Small("f2"), current=False)
        pdq = store.put_encoder("pdq", "pdq", Small("f3"), current=True)
        assert store.encoder_data(new.id) is None
        assert [e.id for e in store.encoders()] == [pdq.id, first.id, new.id]
        fill(store, random_codes(3))
        before = store.stamp()
        store.make_current(new)
        assert [(e.id, e.current) for e in store.encoders()] == [(pdq.id, True), (new.id, True)]
        assert store.count_codes(first.id) == 0
        assert store.stamp() != before

    # Contents and codes

    def test_a_content_is_bytes_and_member(self, store: Store) -> None:
        pictures = [picture(1, members=2), picture(1, "page-2"), picture(2)]
        ids = store.put_contents(pictures)
        assert len(set(ids)) == 3
        assert store.put_contents(pictures[::-1]) == ids[::-1]
        one, two = picture(1).content_digest, picture(2).content_digest
        keys = [ContentKey(two), ContentKey(one, "page-2"), ContentKey(one, "page-3")]
        assert store.contents(keys) == [ids[2], ids[1], None]
        assert store.contents([ContentKey(b"0" * 32)]) == [None]
        assert store.members([one, b"0" * 32]) == {one: (2, {"": ids[0], "page-2": ids[1]})}
        assert store.held(ids) == [2, 2, None]
        assert store.contents_with_pixels([one, b"1" * 32]) == [[ids[0], ids[1]], []]
        assert store.sizes([101, 102, 103]) == {101, 102}
        assert store.contents([]) == []
        assert store.put_contents([]) == []

    def test_how_contents_look(self, store: Store) -> None:
        plain = replace(picture(1), pixel_digest=None)
        lost = replace(picture(2, "page-2"), loss="its lower half")
        ids = store.put_contents([plain, lost])
        before = store.stamp()
        seen = store.appearances([*ids, ContentId(99)])
        digests = ContentKey(plain.content_digest), ContentKey(lost.content_digest, "page-2")
        assert seen == {
            ids[0]: Appearance(digests[0], 5, 3, None, "", "PNG", 101),
            ids[1]: Appearance(digests[1], 6, 3, lost.pixel_digest, lost.loss, "PNG", 102),
        }
        made = b"7" * 32
        store.put_pixel_digests({ids[0]: made, ContentId(99): made})
        store.put_pixel_digests({})
        assert store.appearances([ids[0]])[ids[0]].pixel_digest == made
        assert store.contents_with_pixels([made]) == [[ids[0]]]
        assert store.stamp() == before
        # Whoever meets the content again, and makes no digest, leaves it as it is.
        assert store.put_contents([plain]) == [ids[0]]
        assert store.appearances([ids[0]])[ids[0]].pixel_digest == made
        # One that was made on the way is taken.
        store.put_contents([replace(plain, pixel_digest=b"8" * 32)])
        assert store.contents_with_pixels([made, b"8" * 32]) == [[], [ids[0]]]
        assert store.appearances([]) == {}

    def test_how_pictures_were_taken(self, store: Store) -> None:
        shot = Shot("2019-06-01T12:34:56.780", -90, "A 1", "B", "C", 6, 48.5, -11.0, None)
        one, other = store.put_contents([replace(picture(1), shot=shot), picture(2)])
        assert store.shots([one, other, ContentId(99)]) == {one: shot}
        store.put_contents([picture(1)])  # read by something that didn't look
        assert store.shots([one]) == {one: shot}
        newer = replace(shot, camera="A 2", altitude=-3.0)
        store.put_contents([replace(picture(1), shot=newer)])
        assert store.shots([one]) == {one: newer}
        store.drop_unused([one])
        assert store.shots([one]) == {}

    def test_what_fits_a_filter(self, store: Store) -> None:
        shown = [
            replace(picture(1), shot=Shot("2019-12-31T23:59:59.999"), width=400, height=300),
            replace(picture(2), shot=Shot("2020-01-01T00:00:00"), width=300, height=400),
            replace(picture(3), format="HEIF", width=2000, height=1000),
            replace(picture(4), shot=Shot(camera="A"), width=20, height=30),
            replace(picture(5), shot=Shot("2019-06-01T00:00:00")),
        ]
        made = store.put_contents(shown)
        paths = ["/a/1.jpg", "/a/b/2.jpg", "/ab/3.jpg", "/c/4.jpg", "/c/5.jpg"]
        files = store.put_files(
            [
                FileEntry(path, 1, 1, (Member("", content),))
                for path, content in zip(paths, made, strict=True)
            ]
        )
        store.put_files([FileEntry("/a/copy.jpg", 1, 1, (Member("", made[2]),))])
        store.set_present([files[4]], False)

        def fitting(**asked: Any) -> list[int]:
            found = store.matching(Filter.parse(**asked))
            assert found is not None
            assert found.dtype == np.int64
            assert found.tolist() == sorted(found.tolist())
            return sorted(made.index(ContentId(content)) + 1 for content in found.tolist())

        assert store.matching(Filter()) is None
        assert store.matching(Filter.parse(kinds="edited")) is None
        assert fitting(under=["/a"]) == [1, 2, 3]
        assert fitting(under=["/a/b", "/c/"]) == [2, 4]
        assert fitting(under=["/nowhere"]) == []
        assert fitting(taken="2019") == [1]
        assert fitting(taken="..2019-12-31") == [1]
        assert fitting(taken="2019-12..2020-01-01") == [1, 2]
        assert fitting(taken="2020..") == [2]
        assert fitting(larger="2MP") == [3]
        assert fitting(larger="400x300") == [1, 2, 3]
        assert fitting(formats="heic") == [3]
        assert fitting(under=["/a"], taken="2020", larger="0.1MP", formats="jpg,heic") == (
            [2] if shown[1].format in ("JPEG", "MPO") else []
        )

    def test_what_lacks_a_code(self, store: Store) -> None:
        encoder, contents = fill(store, random_codes(3))
        other = store.put_encoder("photo", "two", Small("f2"), current=False)
        (new,) = store.put_contents([picture(50)])
        both = [encoder.id, other.id]
        assert store.lacking([*contents[:1], new], both) == [[other.id], sorted(both)]
        assert store.lacking(contents[:1], [encoder.id]) == [[]]
        assert store.lacking(contents[:1], [encoder.id], parts=[encoder.id]) == [[encoder.id]]
        assert store.lacking([], both) == []
        code = next(store.codes(encoder.id))
        store.put_codes([code._replace(parts=b"p" * 9 * 13)])
        assert store.lacking(contents[:1], [encoder.id], parts=[encoder.id]) == [[]]
        store.drop_parts()
        assert store.lacking(contents[:1], [encoder.id], parts=[encoder.id]) == [[encoder.id]]
        assert store.lacking(contents[:1], [encoder.id], views=[encoder.id]) == [[encoder.id]]
        store.put_codes([code._replace(views=b"")])  # it holds nothing
        assert store.lacking(contents[:1], [encoder.id], views=[encoder.id]) == [[]]
        assert list(store.views(encoder.id)) == []

    def test_codes_come_by_content_and_are_replaced(self, store: Store) -> None:
        codes = random_codes(4)
        encoder, contents = fill(store, codes)
        found = list(store.codes(encoder.id))
        assert [code.content for code in found] == contents
        assert [code.code for code in found] == [code.tobytes() for code in codes]
        assert [c.content for c in store.codes(encoder.id, after=contents[1])] == contents[2:]
        store.put_codes([found[2]._replace(code=codes[0].tobytes())])
        assert [code.code for code in store.codes(encoder.id)][2] == codes[0].tobytes()
        assert store.count_codes(encoder.id) == 4

    def test_only_additions_keep_the_epoch(self, store: Store) -> None:
        encoder, _ = fill(store, random_codes(3))
        before = store.stamp()
        fill(store, random_codes(2, seed=1), first=10)
        after = store.stamp()
        assert after.epoch == before.epoch
        assert after.generation > before.generation
        store.put_codes([next(store.codes(encoder.id))])
        assert store.stamp().epoch > after.epoch

    def test_unused_contents_go_when_told(self, store: Store) -> None:
        encoder, contents = fill(store, random_codes(3))
        file = store.known(["/p/001.png"])["/p/001.png"]
        store.drop_files([file.id])
        assert list(store.unused()) == [contents[1]]
        assert store.count_codes(encoder.id) == 3
        store.drop_unused(contents)
        assert list(store.unused()) == []
        assert [code.content for code in store.codes(encoder.id)] == [contents[0], contents[2]]
        if store.capabilities.ordered:
            assert store.put_contents([picture(1)]) != [contents[1]]  # ids are given out once

    def test_a_code_below_a_forgotten_one_is_found(self, store: Store, engine: Engine) -> None:
        (low,) = store.put_contents([picture(90)])
        encoder, contents = fill(store, random_codes(3))
        assert table_of(engine, encoder).sample(9).tolist() == contents
        gone = [file.id for file in store.files_under("/p")][1:]
        store.drop_files(gone)
        store.drop_unused(contents)
        store.settle()
        assert table_of(engine, encoder).sample(9).tolist() == contents[:1]
        store.drop_files([file.id for file in store.files_under("/p")])
        store.drop_unused(contents)
        before = store.stamp()
        store.put_codes([StoredCode(encoder.id, low, b"\xf0" * 13, bytes(SIZE))])
        store.put_files([FileEntry("/p/low.png", 1, 1, (Member("", low),))])
        store.settle()
        if store.capabilities.ordered:
            assert store.stamp().epoch > before.epoch
        assert store.stamp() != before
        assert table_of(engine, encoder).sample(9).tolist() == [low]

    # Files and pictures

    def test_files_are_known_by_path(self, store: Store) -> None:
        _, contents = fill(store, random_codes(3))
        known = store.known(["/p/002.png", "/p/000.png", "/q"])
        assert set(known) == {"/p/002.png", "/p/000.png"}
        file = known["/p/002.png"]
        assert (file.size, file.mtime_ns, file.present) == (102, 2, True)
        assert file.members == (Member("", contents[2]),)
        assert [f.path for f in store.files_under("/p")] == [f"/p/00{n}.png" for n in range(3)]
        assert list(store.files_under("/p/0")) == []
        assert list(store.files_under("/")) == list(store.files_under("/p"))
        assert store.count_pictures() == store.count_pictures("/p") == 3
        assert store.count_pictures("/q") == 0

    def test_a_file_keeps_its_ids_whatever_it_holds(self, store: Store) -> None:
        _, contents = fill(store, random_codes(2))
        (before,) = store.pictures_of(contents[:1])[contents[0]]
        (file,) = store.put_files(
            [
                FileEntry(
                    "/p/000.png", 7, 8, (Member("", contents[1]), Member("page-2", contents[0]))
                )
            ]
        )
        shown = store.pictures_of(contents)
        assert file == store.known(["/p/000.png"])["/p/000.png"].id
        assert [p.member for p in shown[contents[0]]] == ["page-2"]
        assert [p.id for p in shown[contents[1]] if p.path == "/p/000.png"] == [before.id]
        assert store.count_pictures() == 3
        store.put_files(
            [
                FileEntry(
                    "/p/000.png",
                    7,
                    8,
                    (Member("", contents[1]), Member("frame-2", contents[0])),
                )
            ]
        )
        assert [p.member for p in store.pictures_of(contents)[contents[0]]] == ["frame-2"]
        assert store.count_pictures() == 3
        store.put_files([FileEntry("/p/000.png", 7, 8, (Member("", contents[0]),))])
        assert store.count_pictures() == 2
        assert [p.id for p in store.pictures_of(contents[:1])[contents[0]]] == [before.id]

    def test_a_moved_file_keeps_its_ids_and_leaves_the_ledger(self, store: Store) -> None:
        _, contents = fill(store, random_codes(2))
        (before,) = store.pictures_of(contents[:1])[contents[0]]
        file = store.known(["/p/000.png"])["/p/000.png"]
        store.set_present([file.id], False)
        store.refuse([Refusal("/q/a.png", 1, 1, "failed", "damaged")])
        entry = FileEntry("/q/a.png", 9, 9, file.members)
        store.move_files([(file.id, entry)])
        (after,) = store.pictures_of(contents[:1])[contents[0]]
        assert (after.id, after.path, after.file_bytes) == (before.id, "/q/a.png", 9)
        assert list(store.ledger()) == []
        assert "/p/000.png" not in store.known(["/p/000.png"])

    def test_files_exchange_their_places(self, store: Store) -> None:
        _, contents = fill(store, random_codes(3))
        files = list(store.files_under("/p"))
        ids = {file.path: shown_id(store, file) for file in files}
        with store.writing():
            store.leave_places([file.id for file in files])
            store.drop_files([files[2].id])
            first, second = files[0], files[1]
            more = (Member("", contents[1]), Member("page-2", contents[2]))
            store.move_files(
                [
                    (first.id, FileEntry("/p/001.png", 5, 6, first.members)),
                    (second.id, FileEntry("/p/000.png", 7, 8, more)),
                ]
            )
        known = store.known([f"/p/00{n}.png" for n in range(3)])
        assert set(known) == {"/p/000.png", "/p/001.png"}
        assert (known["/p/001.png"].id, known["/p/001.png"].size) == (first.id, 5)
        assert (known["/p/000.png"].id, known["/p/000.png"].members) == (second.id, more)
        assert shown_id(store, known["/p/001.png"]) == ids["/p/000.png"]
        assert shown_id(store, known["/p/000.png"]) == ids["/p/001.png"]
        assert store.count_pictures() == 3

    def test_who_holds_a_content(self, store: Store) -> None:
        _, contents = fill(store, random_codes(2))
        (copy,) = store.put_files([FileEntry("/q/c.png", 1, 1, (Member("", contents[0]),))])
        store.set_present([copy], False)
        held = store.holding(contents)
        assert [file.path for file in held[contents[0]]] == ["/p/000.png", "/q/c.png"]
        assert [file.present for file in held[contents[0]]] == [True, False]
        assert [file.path for file in held[contents[1]]] == ["/p/001.png"]
        assert store.holding([]) == {}

    def test_missing_files_leave_the_results_and_come_back(self, store: Store) -> None:
        _, contents = fill(store, random_codes(3))
        file = store.known(["/p/001.png"])["/p/001.png"]
        shown = store.pictures_of(contents)[contents[1]][0]
        store.set_present([file.id], False)
        counts = store.counts()
        assert (counts.pictures, counts.distinct, counts.missing) == (2, 2, 1)
        assert list(store.visible()) == [contents[0], contents[2]]
        assert store.picture(shown.id) is None
        assert [p.path for p in store.page(10)] == ["/p/000.png", "/p/002.png"]
        store.set_present([file.id], True)
        assert store.picture(shown.id) == shown

    def test_pages(self, store: Store) -> None:
        _, contents = fill(store, random_codes(5))
        look = store.appearances(contents)[contents[3]]
        every = store.page(10)
        assert [p.id for p in every] == sorted(p.id for p in every)
        assert store.page(2, after=every[1].id) == every[2:4]
        assert store.page(10, newest=True) == every[::-1]
        assert store.page(10, newest=True, after=every[2].id) == every[1::-1]
        assert store.picture(PictureId(10**9)) is None
        assert (every[3].width, every[3].format, every[3].digest) == (
            look.width,
            "PNG",
            look.key.digest,
        )

    def test_orders_months_and_directories(self, store: Store) -> None:
        times = ["2019-06-01T00:00:00", None, "2020-01-31T00:00:00", "2019-06-01T00:00:00"]
        shown = [
            replace(picture(n), shot=Shot(time) if time else None) for n, time in enumerate(times)
        ]
        made = store.put_contents(shown)
        paths, sizes = ["/b/1.jpg", "/a/2.jpg", "/a/b/3.jpg", "/b/0.jpg"], [3, 1, 3, 2]
        files = store.put_files(
            [
                FileEntry(path, size, 1, (Member("", content),))
                for path, size, content in zip(paths, sizes, made, strict=True)
            ]
        )
        store.put_files(
            [FileEntry("/c.tiff", 9, 1, (Member("", made[1]), Member("page-2", made[0])))]
        )
        every = store.page(10)
        known = {(p.path, p.member): n for n, p in enumerate(every)}
        tiff = [known["/c.tiff", ""], known["/c.tiff", "page-2"]]

        def ordered(by: Order, only: Filter | None = None) -> list[int]:
            found = store.ordered(by, only)
            assert found.dtype == np.int64
            ids = [p.id for p in every]
            return [ids.index(PictureId(number)) for number in found.tolist()]

        assert ordered("oldest") == list(range(6))
        assert ordered("newest") == list(range(6))[::-1]
        assert ordered("path") == [1, 2, 3, 0, *tiff]
        assert ordered("-path") == ordered("path")[::-1]
        assert ordered("size") == [1, 3, 0, 2, *tiff]
        assert ordered("-size") == ordered("size")[::-1]
        assert ordered("taken") == [0, 3, tiff[1], 2, 1, tiff[0]]
        assert ordered("-taken") == [2, tiff[1], 3, 0, tiff[0], 1]
        below = Filter.parse(under=["/a"])
        assert ordered("-path", below) == [2, 1]
        assert ordered("taken", Filter.parse(taken="2019")) == [0, 3, tiff[1]]
        assert store.months() == [("2020-01", 1), ("2019-06", 3), (None, 2)]
        assert store.months(below) == [("2020-01", 1), (None, 1)]
        assert dict(store.directories()) == {"/b": 2, "/a": 1, "/a/b": 1, "/": 2}
        assert dict(store.directories(Filter.parse(taken="2020"))) == {"/a/b": 1}
        ids = [every[3].id, every[0].id, PictureId(10**9)]
        assert store.pictures(ids) == {every[3].id: every[3], every[0].id: every[0]}
        store.set_present([files[3]], False)
        assert ordered("path") == [1, 2, 0, *tiff]
        assert store.pictures(ids) == {every[0].id: every[0]}
        assert store.months()[1] == ("2019-06", 2)

    def test_copies(self, store: Store) -> None:
        _, contents = fill(store, random_codes(2))
        store.put_files([FileEntry("/q/c.png", 1, 1, (Member("", contents[0]),))])
        first, second = store.pictures_of(contents[:1])[contents[0]]
        assert store.copies(first.id) == [second.id]
        assert store.copies(second.id) == [first.id]
        assert store.copies(store.pictures_of(contents[1:])[contents[1]][0].id) == []

    def test_the_ledger(self, store: Store) -> None:
        first = Refusal("/p/b\udcff.png", 3, 4, "failed", "denied", "access", "v 1", 77)
        second = Refusal("/p/a.png", 1, 2, "skipped", "not a picture")
        store.refuse([first, second])
        assert list(store.ledger()) == [second, first]
        assert list(store.ledger("/q")) == []
        assert store.refused(["/p/a.png", "/nowhere"]) == {"/p/a.png": second}
        store.refuse([Refusal("/p/a.png", 5, 6, "failed", "other")])
        assert store.refused(["/p/a.png"])["/p/a.png"].reason == "other"
        _, contents = fill(store, random_codes(1))
        store.put_files([FileEntry("/p/a.png", 1, 1, (Member("", contents[0]),))])
        store.unrefuse(["/nowhere"])
        assert list(store.ledger()) == [first]
        store.unrefuse([first.path])
        assert list(store.ledger()) == []

    def test_files_that_were_read_with_a_loss(self, store: Store) -> None:
        _, contents = fill(store, random_codes(3))
        assert list(store.losses()) == []
        torn = replace(picture(50), loss="its end is missing")
        later = replace(picture(51, "page-2"), loss="half of it")
        first, second = store.put_contents([torn, later])
        both = (Member("", contents[0]), Member("page-2", second))
        store.put_files(
            [
                FileEntry("/q/b.png", 1, 1, both),
                FileEntry("/q/a\udcff.png", 1, 1, (Member("", first),)),
                FileEntry("/p/000.png", 1, 1, (Member("", first), Member("page-2", second))),
            ]
        )
        told = [
            LossEntry("/p/000.png", "its end is missing"),
            LossEntry("/q/a\udcff.png", "its end is missing"),
            LossEntry("/q/b.png", "page-2: half of it"),
        ]
        assert list(store.losses()) == told
        assert list(store.losses("/q")) == told[1:]
        store.set_present([store.known(["/q/b.png"])["/q/b.png"].id], False)
        assert list(store.losses()) == told[:2]
        # It changes, and is whole; what a newer version reads whole is whole.
        store.put_files([FileEntry("/p/000.png", 2, 2, (Member("", contents[0]),))])
        assert list(store.losses()) == told[1:2]
        assert store.put_contents([replace(torn, loss="")]) == [first]
        assert list(store.losses()) == []

    # What waits, and what became of files

    def test_what_waits(self, store: Store) -> None:
        _, contents = fill(store, random_codes(2))
        stamp = store.stamp()
        first = Waiting("/p/b\udcff", 3, -4, (Member("", contents[0]), Member("p", contents[1])))
        second = Waiting("/p/a", 1, 2, (), silent=True)
        store.wait_for([first, Waiting("/p/a", 5, 6, ())])
        store.wait_for([second])
        assert list(store.waiting()) == [second, first]
        assert store.waiting_at(["/p/a", "/q", "/p"]) == {"/p/a": second}
        assert store.stamp() == stamp  # nothing to be seen yet
        store.drop_waiting()
        assert list(store.waiting()) == []

    def test_what_became_of_files(self, store: Store) -> None:
        assert store.changes() == ([], 0)
        moved = Change("moved", "/p/b\udcff", "/p/a")
        store.put_changes([moved], 1)
        missing = Change("missing", "/p/c")
        store.put_changes([missing, moved], 70)
        assert store.changes() == ([missing, moved], 70)

    # Order in time

    def test_everything_can_be_repeated(self, store: Store, engine: Engine) -> None:
        """But for the stamp: so a run that was killed between two calls is simply run again."""
        encoder, contents = fill(store, random_codes(4))
        store.refuse([Refusal("/p/x", 1, 1, "failed", "damaged")])
        before = [store.page(10), list(store.codes(encoder.id)), list(store.ledger())]
        again, same = fill(store, random_codes(4))
        store.refuse([Refusal("/p/x", 1, 1, "failed", "damaged")])
        assert (again.id, same) == (encoder.id, contents)
        assert [store.page(10), list(store.codes(encoder.id)), list(store.ledger())] == before
        assert len(table_of(engine, encoder)) == 4

    def test_a_group_of_writes_is_kept_whole_or_not_at_all(self, store: Store) -> None:
        if not store.capabilities.transactions:
            pytest.skip("this place keeps each call by itself")
        fill(store, random_codes(2))
        before = [store.page(10), store.stamp()]

        def interrupted() -> None:
            with store.writing():
                store.put_setting("a", "1")
                fill(store, random_codes(2, seed=1), first=5)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert [store.page(10), store.stamp()] == before
        assert store.setting("a") is None

    def test_one_run_at_a_time(self, store: Store) -> None:
        with store.run():
            refused = pytest.raises(LibraryLockedError)
            with refused, store.run():
                pass
        with store.run():
            pass

    def test_shards_side_by_side_where_the_place_can_do_that(self, store: Store) -> None:
        if not store.capabilities.processes:
            pytest.skip("nobody else can open it")
        other, engine = self.open_again(store)
        try:
            with store.run(shared=True):
                if store.capabilities.fillers:
                    with other.run(shared=True):
                        other.put_setting("a", "1")
                        assert store.setting("a") == "1"
                # Who settles, removes or reindexes is alone.
                for shared in {False, not store.capabilities.fillers}:
                    with pytest.raises(LibraryLockedError), other.run(shared=shared):
                        pass
            with other.run(), pytest.raises(LibraryLockedError), store.run(shared=True):
                pass
        finally:
            engine.close()
            other.close()

    def test_small_writes_go_on_beside_a_run(self, store: Store) -> None:
        done = threading.Event()

        def write() -> None:
            store.put_folder(Folder("/q", ()))
            store.put_setting("decision", "1")
            done.set()

        with store.run():
            store.put_setting("a", "1")
            thread = threading.Thread(target=write)
            thread.start()
            assert done.wait(20)
            thread.join()
        assert store.setting("decision") == "1"

    def test_closed_is_closed(self, store: Store) -> None:
        store.close()
        store.close()
        calls: list[Callable[[], object]] = [
            store.counts,
            store.folders,
            lambda: store.known(["/p"]),
            lambda: store.put_setting("a", "1"),
            store.stamp,
            store.check,
        ]
        for call in calls:
            with pytest.raises(LibraryClosedError, match="closed"):
                call()

    def test_what_was_written_stays(self, store: Store) -> None:
        if not store.capabilities.durable:
            pytest.skip("this place keeps nothing")
        encoder, _ = fill(store, random_codes(3))
        expected = [store.page(10), list(store.codes(encoder.id)), store.stamp()]
        again, engine = self.open_again(store)
        try:
            assert [again.page(10), list(again.codes(encoder.id)), again.stamp()] == expected
            assert again.identity() == store.identity()
            assert len(table_of(engine, encoder)) == 3
        finally:
            engine.close()
            again.close()

    def test_another_process_sees_what_is_added_and_hidden(
        self, store: Store, engine: Engine
    ) -> None:
        if not store.capabilities.processes:
            pytest.skip("this place is of one process")
        encoder, contents = fill(store, random_codes(3))
        again, reader = self.open_again(store)
        try:
            assert len(table_of(reader, encoder)) == 3
            fill(store, random_codes(2, seed=1), first=10)
            file = store.known(["/p/000.png"])["/p/000.png"]
            store.set_present([file.id], False)
            added = store.contents([ContentKey(picture(n).content_digest) for n in (10, 11)])
            shown = sorted([*contents[1:], *(content for content in added if content is not None)])
            other, searcher = self.open_again(store)
            with closing(other), closing(searcher):
                for one in (engine, searcher):
                    assert table_of(one, encoder).sample(10).tolist() == shown
        finally:
            reader.close()
            again.close()

    # The engine

    def test_distance_zero_is_found(self, store: Store, engine: Engine) -> None:
        codes = random_codes(50)
        encoder, contents = fill(store, codes)
        hits = table_of(engine, encoder).nearest(codes, 1)
        assert hits.exact
        assert hits.ids[:, 0].tolist() == contents
        assert not hits.distances.any()

    def test_answers_are_those_of_the_definition(self, store: Store, engine: Engine) -> None:
        codes, queries = random_codes(60), random_codes(7, seed=1)
        codes[10:20] = codes[0]  # ties
        encoder, contents = fill(store, codes)
        table = table_of(engine, encoder)
        distances = hamming(queries, codes)
        order = np.lexsort((np.broadcast_to(contents, distances.shape), distances), axis=1)
        for k in (1, 5, 60, 70):
            hits = table.nearest(queries, k)
            kept = min(k, 60)
            assert hits.ids[:, :kept].tolist() == np.array(contents)[order[:, :kept]].tolist()
            assert (hits.ids[:, kept:] == -1).all()
        for radius in (0, 31, 48, BITS):
            near = table.within(queries, radius)
            assert near.exact
            for query in range(len(queries)):
                found = [(hit.id, hit.distance) for hit in near[query]]
                rows = [row for row in order[query] if distances[query, row] <= radius]
                assert found == [(contents[r], int(distances[query, r])) for r in rows]

    def test_a_mask_over_all_codes_changes_nothing(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """Distances don't see an XOR: an engine that does looks at something else than bits."""
        codes, queries = random_codes(40), random_codes(5, seed=1)
        mask = random_codes(1, seed=2)
        answers = []
        for some in (np.zeros_like(mask), mask):
            with self.open_new(tmp_path_factory) as (store, engine):
                encoder, _ = fill(store, codes ^ some)
                table = table_of(engine, encoder)
                hits, near = table.nearest(queries ^ some, 10), table.within(queries ^ some, 45)
                answers.append([hits.ids.tolist(), hits.distances.tolist(), near.ids.tolist()])
        assert answers[0] == answers[1]

    def test_among_narrows_down(self, store: Store, engine: Engine) -> None:
        codes = random_codes(30)
        encoder, contents = fill(store, codes)
        table = table_of(engine, encoder)
        among = np.array(contents[5:15])
        assert set(table.nearest(codes[:3], 30, among=among).ids.ravel()) - {-1} == set(among)
        assert set(table.within(codes[:3], BITS, among=among).ids) == set(among)
        none = np.empty(0, np.int64)
        assert (table.nearest(codes[:3], 3, among=none).ids == -1).all()
        found, _ = table.by_vector(np.ones(SIZE, np.float32), 0, 30, among=among)
        assert set(found) == set(among)

    def test_what_is_hidden_is_not_found(self, store: Store, engine: Engine) -> None:
        codes = random_codes(10)
        encoder, contents = fill(store, codes)
        file = store.known(["/p/004.png"])["/p/004.png"]
        store.set_present([file.id], False)
        table = table_of(engine, encoder)
        assert len(table) == 9
        assert contents[4] not in table.nearest(codes, 10).ids
        assert contents[4] not in table.within(codes, BITS).ids
        assert contents[4] not in table.sample(10)
        assert contents[4] not in np.concatenate([p[0] for p in table.pairs(BITS)])
        assert table.stored(np.array([contents[4]])).there.tolist() == [True]

    def test_pairs(self, store: Store, engine: Engine) -> None:
        codes = random_codes(40)
        encoder, contents = fill(store, codes)
        found = {
            (int(i), int(j)): int(d)
            for first, second, distances in table_of(engine, encoder).pairs(42)
            for i, j, d in zip(first, second, distances, strict=True)
        }
        distances = hamming(codes, codes)
        assert found == {
            (contents[i], contents[j]): int(distances[i, j])
            for i in range(40)
            for j in range(i + 1, 40)
            if distances[i, j] <= 42
        }

    def test_parts(self, store: Store, engine: Engine) -> None:
        store.put_setting("parts", "1")
        codes = random_codes(12)
        encoder, contents = fill(store, codes, parts=True)
        table = table_of(engine, encoder)
        assert table.has_parts
        hits = table.nearest_parts(codes[:4], 5)
        everything = [
            (int(hamming(codes[q : q + 1], np.roll(codes, n, 0)[p : p + 1])[0, 0]), contents[n], p)
            for q in [2]
            for n in range(12)
            for p in range(len(PARTS))
        ]
        expected = sorted(everything)[:5]
        found = zip(hits.distances[2], hits.contents[2], hits.parts[2], strict=True)
        assert [(int(d), int(c), int(p)) for d, c, p in found] == expected

    def test_without_parts(self, store: Store, engine: Engine) -> None:
        encoder, _ = fill(store, random_codes(3))
        assert not table_of(engine, encoder).has_parts

    def test_what_pictures_hold_is_found_by_its_code(self, store: Store, engine: Engine) -> None:
        codes, inner = random_codes(6), random_codes(3, seed=1)
        encoder, contents = fill(store, codes)
        assert not table_of(engine, encoder).has_views
        boxes = ((0.1, 0.2, 0.5, 1.0), (0.5, 0.0, 1.0, 0.25))
        held = {
            contents[4]: pack(ViewCodes(inner[:2], np.array([30, 90], np.uint8), boxes)),
            contents[1]: pack(ViewCodes(inner[2:], None, boxes[:1])),
        }
        kept = {code.content: code for code in store.codes(encoder.id)}
        store.put_codes([kept[c]._replace(views=views) for c, views in held.items()])
        store.settle()
        assert list(store.views(encoder.id)) == sorted(held.items())
        table = table_of(engine, encoder)
        assert table.has_views
        hits = table.nearest_views(inner, 5)
        assert hits.exact
        assert hits.contents[:, 0].tolist() == [contents[4], contents[4], contents[1]]
        assert hits.distances[:, 0].tolist() == [0, 0, 0]
        assert hits.quality[:, 0].tolist() == [30, 90, 100]
        for row, box in enumerate((*boxes, boxes[0])):
            assert hits.boxes[row, 0] == pytest.approx(box, abs=1e-5)
        expected = hamming(inner, inner).tolist()
        assert hits.distances[:, :3].tolist() == [sorted(row) for row in expected]
        assert (hits.contents[:, 3:] == -1).all()
        some = table.nearest_views(inner, 5, among=np.array([contents[1]]))
        assert some.contents[:, :2].tolist() == [[contents[1], -1]] * 3
        (file,) = store.holding([contents[4]])[contents[4]]
        store.set_present([file.id], False)
        store.settle()
        hidden = table_of(engine, encoder).nearest_views(inner, 5)
        assert hidden.contents[:, :2].tolist() == [[contents[1], -1]] * 3

    def test_by_vector(self, store: Store, engine: Engine) -> None:
        encoder, contents = fill(store, random_codes(20))
        weights = np.linspace(-1, 1, SIZE).astype(np.float32)
        table = table_of(engine, encoder)
        kept = table.stored(np.array(contents))
        assert kept.embeddings is not None
        sums = kept.embeddings.astype(np.float32) @ weights + np.float32(2)
        order = np.lexsort((contents, -sums))
        found, values = table.by_vector(weights, 2.0, 6)
        assert found.tolist() == np.array(contents)[order[:6]].tolist()
        np.testing.assert_allclose(values, sums[order[:6]], rtol=1e-5)
        assert len(table.by_vector(weights, 0, 100)[0]) == 20

    def test_what_is_stored(self, store: Store, engine: Engine) -> None:
        codes = random_codes(6)
        encoder, contents = fill(store, codes)
        asked = np.array([contents[4], 10**6, contents[0]])
        kept = table_of(engine, encoder).stored(asked)
        assert kept.there.tolist() == [True, False, True]
        np.testing.assert_array_equal(kept.words[[0, 2]], to_words(codes[[4, 0]]))
        every = list(store.codes(encoder.id))
        assert kept.quality[[0, 2]].tolist() == [every[4].quality, every[0].quality]

    def test_a_sample_is_drawn_from_what_can_be_found(self, store: Store, engine: Engine) -> None:
        encoder, contents = fill(store, random_codes(30))
        table = table_of(engine, encoder)
        drawn = table.sample(10, seed=1)
        assert len(set(drawn.tolist())) == 10
        assert sorted(drawn) == drawn.tolist()
        assert set(drawn) <= set(contents)
        assert table.sample(10, seed=1).tolist() == drawn.tolist()
        assert table.sample(100).tolist() == contents

    def test_an_empty_table(self, store: Store, engine: Engine) -> None:
        encoder = store.put_encoder("photo", "small", Small(), current=True)
        table = table_of(engine, encoder)
        assert len(table) == 0
        assert (table.nearest(random_codes(2), 3).ids == -1).all()
        assert len(table.within(random_codes(2), BITS).ids) == 0
        assert list(table.pairs(BITS)) == []
        assert len(table.sample(5)) == 0
        assert len(table.by_vector(np.ones(SIZE, np.float32), 0, 3)[0]) == 0
        assert table.stored(np.array([1])).there.tolist() == [False]
        assert engine.explain(encoder)

    # Duplicates

    def test_pairs_and_looks(self, store: Store) -> None:
        _, contents = fill(store, random_codes(4))
        a, b, c, d = contents
        pairs = [Look(b, c, "pdq", 3, 1), Look(a, d, "photo", 40, 2), Look(a, b, "pdq", 1, 1)]
        store.put_pairs(pairs)
        store.put_pairs([])
        assert list(store.looks()) == sorted(pairs)
        seen = Look(a, b, "turned", 9, 1, 2, "edited", 0.9375, '{"boxes": []}')
        store.put_looks([seen])
        # What proposed a pair first stays, and so does the closest look that was wanted.
        kept = seen._replace(code="pdq", distance=1)
        store.put_pairs([Look(b, c, "photo", 50, 2), Look(a, b, "view", 2, 1)])
        closer = pairs[0]._replace(wanted=2)
        assert list(store.looks()) == [kept, pairs[1], closer]
        known = store.known(["/p/001.png"])["/p/001.png"]
        store.drop_files([known.id])
        store.drop_unused([b])
        assert list(store.looks()) == [pairs[1]]
        store.put_looks([seen])
        store.put_pairs([closer])
        assert list(store.looks()) == [pairs[1]]
        store.drop_looks()
        assert list(store.looks()) == []

    def test_contents_that_several_pictures_show(self, store: Store) -> None:
        _, contents = fill(store, random_codes(4))
        assert list(store.repeated()) == []
        entries = [(2, "/q/a.png"), (0, "/q/b.png"), (0, "/q/c.png")]
        store.put_files([FileEntry(p, 1, 1, (Member("", contents[n]),)) for n, p in entries])
        assert list(store.repeated()) == sorted([contents[0], contents[2]])
        store.set_present([store.known(["/q/a.png"])["/q/a.png"].id], False)
        assert list(store.repeated()) == [contents[0]]

    def test_decisions_about_duplicates(self, store: Store) -> None:
        keys = [ContentKey(bytes([n]) * 32, "page-2" if n == 3 else "") for n in range(4)]
        assert (store.rejections(), store.settlements()) == ([], [])
        pairs = [
            Rejection(keys[1], keys[3], "2026-11-28"),
            Rejection(keys[0], keys[2], "2026-11-29"),
        ]
        store.put_rejections(pairs)
        store.put_rejections([pairs[0]._replace(made="later")])
        assert store.rejections() == [pairs[1], pairs[0]]
        groups = [
            Settlement("b", {keys[3]: 1, keys[0]: 2}, "1"),
            Settlement("a", {keys[1]: 1}, "2"),
        ]
        store.put_settlements(groups)
        store.put_settlements([groups[1]._replace(made="3")])
        assert store.settlements() == [groups[1]._replace(made="3"), groups[0]]
        # They are about contents, be they there or not.
        fill(store, random_codes(3))
        store.drop_unused(list(store.unused()))
        assert len(store.rejections()) == len(store.settlements()) == 2
        assert [problem for problem in store.check() if not problem.harmless] == []
        store.drop_rejections(pairs[:1])
        store.drop_settlements(["a", "nothing"])
        assert (store.rejections(), store.settlements()) == ([pairs[1]], [groups[0]])

    def test_a_table_is_of_one_moment(self, store: Store, engine: Engine) -> None:
        codes = random_codes(5)
        encoder, contents = fill(store, codes)
        old = table_of(engine, encoder)
        fill(store, random_codes(3, seed=1), first=10)
        assert old.nearest(codes[:1], 10).ids[0, 0] == contents[0]
        if store.capabilities.moments:
            assert set(old.sample(100)) == set(contents)
        assert set(contents) <= set(old.sample(100))
        store.settle()
        assert len(table_of(engine, encoder)) == 8

    @settings(
        max_examples=15,
        deadline=None,
        # The suite is inherited: each place runs it as a test of its own.
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
        ],
    )
    @given(data=st.data())
    def test_whatever_is_written_the_library_is_what_was_said(
        self, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        self.live(data, tmp_path_factory)

    def live(self, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
        """Random files come, change, move, go and come back; a dictionary says what is there."""
        with self.open_new(tmp_path_factory) as (store, engine):
            encoder, contents = fill(store, random_codes(6))
            files = {f"/p/00{n}.png": (contents[n], True) for n in range(6)}
            for _ in range(data.draw(st.integers(1, 12))):
                path = data.draw(st.sampled_from([f"/p/00{n}.png" for n in range(8)]))
                content = data.draw(st.sampled_from(contents))
                known = store.known([path]).get(path)
                act = data.draw(st.sampled_from(["put", "hide", "show", "drop", "move"]))
                if act == "put":
                    store.put_files([FileEntry(path, 1, 1, (Member("", content),))])
                    files[path] = (content, True)
                elif known is None:
                    continue
                elif act == "drop":
                    store.drop_files([known.id])
                    del files[path]
                elif act == "move":
                    free = f"/q/{len(files)}-{known.id}-{path[3:6]}"
                    store.move_files([(known.id, FileEntry(free, 1, 1, known.members))])
                    files[free] = (files.pop(path)[0], True)
                else:
                    store.set_present([FileId(known.id)], act == "show")
                    files[path] = (files[path][0], act == "show")
            shown = sorted({content for content, there in files.values() if there})
            assert list(store.visible()) == shown
            assert table_of(engine, encoder).sample(100).tolist() == shown
            assert {p.path for p in store.page(100)} == {p for p, (_, t) in files.items() if t}
            held = {content for content, _ in files.values()}
            assert set(store.unused()) == set(contents) - held
