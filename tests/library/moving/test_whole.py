"""Whole libraries from place to place: all of it, in any order of ends and beginnings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookalike.errors import LibraryDamagedError, UsageError
from lookalike.library.local.engine import LocalEngine
from lookalike.library.local.store import LocalStore
from lookalike.library.look_store import Look
from lookalike.library.memory.store import MemoryStore
from lookalike.library.moving.archive import Archive
from lookalike.library.moving.ends import Target
from lookalike.library.moving.place import PlaceEnd
from lookalike.library.moving.whole import Moved, move_all
from lookalike.library.records import ContentKey, FileEntry, Folder, Member, Mount, Place
from lookalike.library.run_records import Change, Refusal, Waiting
from lookalike.library.store import Store
from lookalike.library.verdict_store import Rejection, Settlement
from lookalike.library.views import pack
from lookalike.road import ViewCodes
from lookalike.shot import Shot
from tests.library.contract import Small, fill, picture, random_codes

N = 60


def filled(store: Store) -> Store:
    """Everything that a library can know, with gaps in its ids."""
    codes = random_codes(N)
    codes[7] = codes[3]
    encoder, ids = fill(store, codes, parts=True)
    store.put_encoder("photo", "newer", Small("f2"), current=False, card="{}", data=b"\0model")
    fill(store, random_codes(9, 1), first=40, slot="pdq")
    gone = store.known([f"/p/{n:03}.png" for n in range(5)])
    store.drop_files([file.id for file in gone.values()])
    store.drop_unused(ids[:4])  # one stays, and no file holds it
    shot = Shot("2019-06-01T12:34:56.780", -90, "A 1", "B", "C", 6, 48.5, -11.0, None)
    pages = store.put_contents(
        [
            replace(picture(500, members=3), shot=shot, format="TIFF"),
            replace(picture(500, "page-2", members=3), loss="its lower half", pixel_digest=None),
        ]
    )
    odd = b"/p/\xff.tif".decode("utf-8", "surrogateescape")
    members = Member("", pages[0]), Member("page-2", pages[1])
    missing, _ = store.put_files(
        [FileEntry(odd, 7, 8, members), FileEntry("s3://b/a.png", 3, 4, (Member("", ids[9]),))]
    )
    store.set_present([missing], False)
    seen = next(store.codes(encoder.id))
    held = np.frombuffer(seen.code, np.uint8)[None]
    view = pack(ViewCodes(held, np.array([50], np.uint8), ((0.0, 0.0, 0.5, 1.0),)))
    store.put_codes([seen._replace(views=view)])
    store.put_setting("parts", "1")
    store.put_setting("members", "4")
    store.put_setting(f"calibration-{encoder.id}", '{"form": 1}')
    store.put_folder(
        Folder("/p", ("*.x",), True, (Mount("/p", "d"),), (Place("/p", "is away", missing),))
    )
    store.refuse([Refusal("/p/bad.png", 1, 2, "failed", "is no picture", "file", "v1", 9)])
    store.wait_for([Waiting("/p/new.png", 3, 4, (Member("", ids[20]),), True)])
    store.put_changes([Change("moved", "/p/a", "/p/b")], 12)
    first, second = ContentKey(b"1" * 32), ContentKey(b"2" * 32, "page-2")
    store.put_rejections([Rejection(first, second, "2024-01-01T00:00:00+00:00")])
    store.put_settlements([Settlement("ab12", {first: 2, second: 1}, "2024-01-02T00:00:00+00:00")])
    store.put_looks([Look(ids[7], ids[30], "pdq", 3, 2, 2, "edited", 0.75, '{"a": 1}')])
    store.put_pairs([Look(ids[8], ids[31], "photo", 9, 1)])
    return store


class Ended(BaseException):
    """In the place of a killed process: nothing handles it."""


def ending(after: int) -> Callable[[str, int, int], None]:
    left = iter(range(after))

    def show(_what: str, _done: int, _every: int) -> None:
        if next(left, None) is None:
            raise Ended

    return show


@pytest.fixture
def source() -> Iterator[PlaceEnd]:
    store = filled(MemoryStore())
    yield PlaceEnd(store)
    store.close()


def into(path: Path, source: PlaceEnd, **more: object) -> Moved:
    store = LocalStore(path)
    try:
        with store.run():
            return move_all(source, PlaceEnd(store), **more)  # type: ignore[arg-type]
    finally:
        store.close()


def rows(end: Target) -> dict[str, list[object]]:
    return {table.name: sorted(map(repr, end.read(table))) for table in end.tables()}


def test_everything_arrives(source: PlaceEnd, tmp_path: Path) -> None:
    moved = into(tmp_path / "l", source)
    assert (moved.pictures, moved.encoders, moved.resumed) == (N - 4 + 2, 3, 0)
    store = LocalStore(tmp_path / "l", read_only=True)
    assert rows(PlaceEnd(store)) == rows(source)
    assert store.known(["s3://b/a.png"])["s3://b/a.png"].present
    (folder,) = store.folders()
    odd = b"/p/\xff.tif".decode("utf-8", "surrogateescape")
    assert folder.offline[0].since == store.known([odd])[odd].id
    wrong = [problem for problem in store.check() if not problem.harmless]
    assert [problem.where for problem in wrong] == ["table encoders"]  # which is no real model
    store.close()


def test_answers_are_the_same_up_to_ids(tmp_path: Path) -> None:
    first = filled(LocalStore(tmp_path / "a"))
    move_all(PlaceEnd(first), PlaceEnd(second := LocalStore(tmp_path / "b")))
    answers = []
    for store in (first, second):
        engine = LocalEngine(store)  # type: ignore[arg-type]
        found = []
        for table in engine.tables([e for e in store.encoders() if e.current]).values():
            hits = table.nearest(random_codes(5, 3), 8)
            ids = hits.ids.ravel().tolist()
            keys = store.appearances(ids)
            found.append(([keys[c].key for c in ids], hits.distances.tolist()))
        answers.append(found)
        engine.close()
        store.close()
    assert answers[0] == answers[1]


def test_through_an_archive(source: PlaceEnd, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    move_all(source, Archive(tmp_path / "a"), portion=7)
    moved = into(tmp_path / "l", Archive(tmp_path / "a"))  # type: ignore[arg-type]
    assert moved.encoders == 3
    store = LocalStore(tmp_path / "l", read_only=True)
    assert rows(PlaceEnd(store)) == rows(source)
    store.close()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(ends=st.lists(st.integers(0, 60), max_size=4), through=st.booleans())
def test_ended_at_any_point_and_begun_again(
    ends: list[int], through: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, store = tmp_path_factory.mktemp("ends"), filled(MemoryStore())
    source = PlaceEnd(store)
    for after in ends:
        try:
            if through:
                move_all(source, Archive(folder / "a"), ending(after), portion=7)
            else:
                into(folder / "l", source, progress=ending(after), portion=7)
        except Ended:
            continue
    if through:
        move_all(source, Archive(folder / "a"), portion=7)
        into(folder / "l", Archive(folder / "a"), portion=7)  # type: ignore[arg-type]
    else:
        into(folder / "l", source, portion=7)
    copy = LocalStore(folder / "l", read_only=True)
    assert rows(PlaceEnd(copy)) == rows(source)
    copy.close()
    store.close()


def test_a_place_that_holds_something_else(source: PlaceEnd, tmp_path: Path) -> None:
    filled(store := LocalStore(tmp_path / "l")).close()
    before = (tmp_path / "l").read_bytes()
    with pytest.raises(UsageError, match="pictures of its own: name a place where nothing is"):
        into(tmp_path / "l", source)
    assert (tmp_path / "l").read_bytes() == before
    into(tmp_path / "m", source)
    assert into(tmp_path / "m", source).resumed > 0  # again: nothing to do
    other = filled(MemoryStore())
    with pytest.raises(UsageError, match="filled from another library"):
        into(tmp_path / "m", PlaceEnd(other))
    del store


def test_an_archive_that_is_damaged(source: PlaceEnd, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "mine.txt").touch()
    with pytest.raises(UsageError, match="holds other files"):
        move_all(source, Archive(tmp_path / "a"))
    archive = Archive(tmp_path / "b")
    with pytest.raises(Ended):
        move_all(source, archive, ending(5))
    with pytest.raises(LibraryDamagedError, match="isn't whole"):
        into(tmp_path / "l", Archive(tmp_path / "b"))  # type: ignore[arg-type]
    move_all(source, Archive(tmp_path / "b"))
    (tmp_path / "b" / "ledger" / "000000000000.parquet").unlink()
    with pytest.raises(LibraryDamagedError, match="ledger has 0 rows for 1"):
        into(tmp_path / "l", Archive(tmp_path / "b"))  # type: ignore[arg-type]
    (next((tmp_path / "b").glob("codes-*/*.parquet"))).write_bytes(b"PAR1")
    with pytest.raises(LibraryDamagedError, match="is no Parquet file"):
        into(tmp_path / "m", Archive(tmp_path / "b"))  # type: ignore[arg-type]
