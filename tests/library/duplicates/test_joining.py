"""Which contents were joined: each pair is proposed once, however a library grew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lookalike.codes.bits import pack, unpack
from lookalike.encoders import load
from lookalike.encoders.turned_codes import turned_codes
from lookalike.library.calibrations import Calibrations
from lookalike.library.duplicates.joining import Joining
from lookalike.library.duplicates.looking import LOOK
from lookalike.library.duplicates.proposing import COPIES, PARTS
from lookalike.library.engine import Engine
from lookalike.library.look_store import Look
from lookalike.library.opening import MEMORY, open_library
from lookalike.library.records import FileEntry, Member, StoredCode
from lookalike.library.store import Store
from lookalike.library.views import pack as pack_views
from lookalike.matching.features import Features, no_features
from lookalike.road import ViewCodes
from lookalike.types import Codes, ContentId, Decoded, EncoderId, Slot

Opened = tuple[Store, Engine, dict[Slot, EncoderId]]


@pytest.fixture(params=["memory", "file"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    location = MEMORY if request.param == "memory" else tmp_path / "l.lookalike"
    store, engine = open_library(location, create=True, read_only=False)
    ids: dict[Slot, EncoderId] = {
        "pdq": store.put_encoder("pdq", "pdq-area", load("pdq-area"), current=True).id,
        "photo": store.put_encoder("photo", "x", load("photo-fast-256"), current=True).id,
    }
    yield store, engine, ids
    engine.close()
    store.close()


INSIDE = (0.1, 0.1, 0.9, 0.9)


def add(opened: Opened, codes: Codes, views: dict[int, Codes] | None = None) -> list[ContentId]:
    """Contents of these hashes; the photo codes are as far from each other as they can be."""
    store, _, ids = opened
    first = store.count_pictures()
    rng = np.random.default_rng(first)
    photos = rng.integers(0, 256, (len(codes), 32), dtype=np.uint8)
    size = next(e.embedding_size for e in store.encoders() if e.slot == "photo")
    with store.writing():
        contents = store.put_contents(
            [
                Decoded({}, (first + n).to_bytes(32, "big"), None, 40, 30, "PNG", 99, "", 1)
                for n in range(len(codes))
            ]
        )
        held = {
            n: pack_views(ViewCodes(rows, np.full(len(rows), 90, np.uint8), (INSIDE,) * len(rows)))
            for n, rows in (views or {}).items()
        }
        store.put_codes(
            [
                StoredCode(ids["pdq"], content, code.tobytes(), None, 100, None, held.get(n, b""))
                for n, (content, code) in enumerate(zip(contents, codes, strict=True))
            ]
        )
        store.put_codes(
            [
                StoredCode(
                    ids["photo"], content, photo.tobytes(),
                    rng.integers(-99, 99, size, dtype=np.int8).tobytes() if size else None,
                    None, None, b"",
                )
                for content, photo in zip(contents, photos, strict=True)
            ]
        )  # fmt: skip
        store.put_files([FileEntry(f"/{c}.png", 99, 1, (Member("", c),)) for c in contents])
    store.settle()
    return contents


def joining(opened: Opened) -> Joining:
    store, engine, ids = opened
    tables = engine.tables([e for e in store.encoders() if e.current])
    by_slot: dict[Slot, object] = {slot: tables[ids[slot]] for slot in ids}

    def features(contents: list[ContentId]) -> Iterator[Features]:
        return (no_features() for _ in contents)

    calibrations = Calibrations(store, engine)
    return Joining(store, store, by_slot, calibrations, features)  # type: ignore[arg-type]


def go_on(done: int, total: int) -> bool:
    assert 0 <= done <= total
    return True


def proposed(opened: Opened) -> dict[tuple[int, int], Look]:
    return {(look.first, look.second): look for look in opened[0].looks()}


def flipped(code: Codes, bits: int, seed: int = 0) -> Codes:
    """With so many other bits."""
    found = unpack(code[None], 256)
    found[0, np.random.default_rng(seed).choice(256, bits, replace=False)] ^= 1
    return pack(found)[0]


def hashes(n: int, seed: int = 0) -> Codes:
    """As of unrelated pictures: half of the bits are set."""
    rng = np.random.default_rng(seed)
    return pack(np.stack([rng.permutation(np.arange(256) % 2) for _ in range(n)]))


def test_copies_as_they_are_turned_and_held(opened: Opened) -> None:
    codes = hashes(8)
    codes[1] = flipped(codes[0], 20)
    codes[2] = flipped(codes[0], 50, seed=1)
    codes[4] = turned_codes(codes[3:4])[1, 0]
    contents = add(opened, codes, {6: np.stack([flipped(codes[5], 9)])})
    one = joining(opened)
    assert not one.is_joined(COPIES)
    assert one.join(COPIES, go_on)
    assert one.is_joined(COPIES)
    found = proposed(opened)
    kinds = {pair: (look.code, look.wanted) for pair, look in found.items()}
    assert kinds[contents[0], contents[1]] == ("pdq", 2)
    assert kinds[contents[0], contents[2]] == ("pdq", 1)
    assert kinds[contents[3], contents[4]][0] == "turned"
    assert kinds[contents[5], contents[6]][0] == "view"
    assert found[contents[5], contents[6]].distance == 9
    assert (contents[0], contents[7]) not in found
    assert not one.cut
    assert one.hubs == {}


@pytest.mark.parametrize("first", [1, 4, 30, 39])
def test_however_it_grew_the_same_pairs_are_proposed(opened: Opened, first: int) -> None:
    codes = hashes(40)
    rng = np.random.default_rng(3)
    for n in range(0, 40, 2):
        turn = int(rng.integers(8))
        codes[n + 1] = flipped(turned_codes(codes[n : n + 1])[turn, 0], 6, seed=n)
    add(opened, codes[:first])
    assert joining(opened).join(COPIES, go_on)
    before = set(proposed(opened))
    add(opened, codes[first:])
    one = joining(opened)
    assert not one.is_joined(COPIES)
    assert one.join(COPIES, go_on)
    found = proposed(opened)
    assert before <= set(found)
    assert {(2 * n + 1, 2 * n + 2) for n in range(20)} <= set(found)
    assert joining(opened).is_joined(COPIES)


def test_parts_are_the_nearest_by_the_photo_code(opened: Opened) -> None:
    contents = add(opened, hashes(30))
    one = joining(opened)
    assert one.join(PARTS, go_on)
    assert one.is_joined(COPIES)
    assert one.is_joined(PARTS)
    found = proposed(opened)
    assert {end for pair in found for end in pair} == set(contents)
    assert {look.code for look in found.values()} == {"photo"}


def test_stopped_nothing_is_noted_as_joined(opened: Opened) -> None:
    add(opened, hashes(4))
    one = joining(opened)
    assert not one.join(COPIES, lambda done, total: False)
    assert not joining(opened).is_joined(COPIES)


def test_what_was_kept_by_another_look_or_is_damaged_is_made_anew(opened: Opened) -> None:
    codes = hashes(4)
    codes[1] = flipped(codes[0], 5)
    add(opened, codes)
    store = opened[0]
    assert joining(opened).join(COPIES, go_on)
    kept = store.setting("duplicates")
    assert kept is not None
    older = kept.replace(f'"look": {LOOK}', f'"look": {LOOK - 1}')
    assert older != kept
    for wrong in ("", "{", "[]", '{"form": 1}', older):
        store.put_setting("duplicates", wrong)
        again = joining(opened)
        assert not again.is_joined(COPIES)
        assert list(store.looks()) == []
        assert again.join(COPIES, go_on)
        assert len(list(store.looks())) == 1


def test_codes_that_were_made_anew_are_joined_anew_and_looks_stay(opened: Opened) -> None:
    codes = hashes(4)
    codes[1] = flipped(codes[0], 5)
    add(opened, codes)
    store, _, ids = opened
    assert joining(opened).join(COPIES, go_on)
    store.put_codes([next(iter(store.codes(ids["pdq"])))])  # not behind the others
    store.settle()
    assert not joining(opened).is_joined(COPIES)
    assert len(list(store.looks())) == 1
