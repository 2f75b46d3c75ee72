"""The mapped code files: fresh, appended to, stale, damaged, missing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from lookalike.library import mapped
from lookalike.library.local.store import LocalStore
from lookalike.library.mapped import cache_folder
from lookalike.library.records import EncoderInfo, FileEntry, Member, StoredCode
from lookalike.library.tables import ArrayTable
from lookalike.types import Decoded, Encoded, FileId, InputSpec, Pixels

BITS = 100  # no multiple of 8 or 64


class Small:
    """An encoder as far as a catalog knows encoders; nothing is encoded here."""

    name = "p"
    fingerprint = "f1"
    bits = BITS
    embedding_size = 3
    input = InputSpec(8, "stretch")

    def encode(self, pictures: Sequence[Pixels]) -> Encoded:
        raise AssertionError("not asked for")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    store = LocalStore(tmp_path / "c.lookalike")
    store.put_encoder("photo", "p", Small(), current=True)
    yield store
    store.close()


def row(store: LocalStore) -> EncoderInfo:
    return next(e for e in store.encoders() if e.current)


def load(store: LocalStore, encoder: EncoderInfo, *, writable: bool = True) -> ArrayTable:
    return mapped.load(store, encoder, cache_folder(store.path), writable=writable)


def code(n: int) -> npt.NDArray[np.uint8]:
    bits = np.random.default_rng(n).integers(0, 2, (1, BITS))
    return np.packbits(bits.astype(np.uint8), axis=1)[0]


def add(store: LocalStore, *numbers: int) -> None:
    with store.writing():
        for n in numbers:
            digest = bytes([n]) * 32
            (content,) = store.put_contents([Decoded({}, digest, digest, 4, 3, "PNG", 9)])
            embedding = np.array([n, -n, 1], np.int8).tobytes()
            store.put_codes([StoredCode(row(store).id, content, code(n).tobytes(), embedding, n)])
            store.put_files([FileEntry(f"/p/{n}.png", 9, 0, (Member("", content),))])


def check(table: ArrayTable, numbers: list[int], visible: list[bool] | None = None) -> None:
    assert table.contents.tolist() == numbers
    expected = np.zeros((len(numbers), 16), np.uint8)
    for i, n in enumerate(numbers):
        expected[i, :13] = code(n)
    np.testing.assert_array_equal(table.words, expected.view("<u8"))
    assert table.quality.tolist() == numbers
    assert table.embeddings.tolist() == [[n, -n, 1] for n in numbers]
    assert table.visible.tolist() == (visible or [True] * len(numbers))


def is_mapped(table: ArrayTable) -> bool:
    return not table.words.flags.writeable


def test_an_empty_library(store: LocalStore) -> None:
    check(load(store, row(store)), [])


def test_what_is_written_is_mapped(store: LocalStore) -> None:
    add(store, 1, 2, 3)
    table = load(store, row(store))
    check(table, [1, 2, 3])
    assert is_mapped(table)


def test_opening_a_fresh_cache_reads_no_rows(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, 1, 2, 3)
    load(store, row(store))
    monkeypatch.setattr(LocalStore, "codes", lambda *_: pytest.fail("a pass over the rows"))
    check(load(store, row(store)), [1, 2, 3])


def test_appending_writes_only_what_is_new(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, 1, 2)
    old = load(store, row(store))
    add(store, 3)
    asked: list[int] = []
    blocks = mapped.blocks

    def spy(
        store: LocalStore, encoder: EncoderInfo, last: int, fields: Any
    ) -> Iterator[dict[str, npt.NDArray[Any]]]:
        asked.append(last)
        return blocks(store, encoder, last, fields)

    monkeypatch.setattr(mapped, "blocks", spy)
    check(load(store, row(store)), [1, 2, 3])
    assert asked == [2]
    check(old, [1, 2])  # whoever holds the older table goes on undisturbed


def test_visibility_follows_the_files(store: LocalStore) -> None:
    add(store, 1, 2, 3)
    load(store, row(store))
    store.set_present([FileId(2)], False)
    check(load(store, row(store)), [1, 2, 3], [True, False, True])


def test_a_code_out_of_order_makes_all_anew(store: LocalStore) -> None:
    add(store, 1, 2, 3)
    with sqlite3.connect(store.path) as raw:
        raw.execute("DELETE FROM codes WHERE content = 2")
    raw.close()
    store.put_codes([next(store.codes(row(store).id))])  # out of order: all is made anew
    table = load(store, row(store))
    assert table.contents.tolist() == [1, 3]
    add(store, 2)
    check(load(store, row(store)), [1, 2, 3])


@pytest.mark.parametrize(
    "ending", ["contents", "words", "quality", "embeddings", "visible", "json"]
)
@pytest.mark.parametrize("damage", ["delete", "cut"])
def test_a_damaged_cache_is_made_again(store: LocalStore, ending: str, damage: str) -> None:
    add(store, 1, 2, 3)
    load(store, row(store))
    (path,) = cache_folder(store.path).glob(f"*.{ending}")
    if damage == "delete":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    check(load(store, row(store)), [1, 2, 3])
    add(store, 4)
    check(load(store, row(store)), [1, 2, 3, 4])


def test_the_cache_of_another_library_is_not_taken(store: LocalStore) -> None:
    add(store, 1)
    load(store, row(store))
    manifest = cache_folder(store.path) / "photo.json"
    text = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**text, "uuid": "somebody else's"}))
    check(load(store, row(store)), [1])


def test_a_disk_that_is_read_only_with_a_stale_cache(store: LocalStore) -> None:
    add(store, 1)
    load(store, row(store))
    add(store, 2)
    table = load(store, row(store), writable=False)
    check(table, [1, 2])
    assert not is_mapped(table)
    assert json.loads((cache_folder(store.path) / "photo.json").read_text())["rows"] == 1


def test_old_files_go(store: LocalStore) -> None:
    for n in range(1, 5):
        add(store, n)
        store.put_codes([next(store.codes(row(store).id))])  # no append: another epoch
        load(store, row(store))
    names = sorted(p.suffix for p in cache_folder(store.path).glob("photo*"))
    assert names == [".contents", ".embeddings", ".json", ".quality", ".visible", ".words"]
    assert mapped.size(cache_folder(store.path)) > 0
    mapped.delete(store.path)
    assert not cache_folder(store.path).exists()
