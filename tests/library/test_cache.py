"""The mapped code files: fresh, appended to, stale, damaged, missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from lookalike.library import cache
from lookalike.library.cache import CodeTable, cache_folder, load
from lookalike.library.catalog import Catalog
from lookalike.library.rows import EncoderRow
from lookalike.types import Decoded, Encoded, InputSpec, Pixels

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
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path / "c.lookalike")
    with catalog.writing():
        catalog.add_encoder("photo", "p", Small(), current=True)
    yield catalog
    catalog.close()


def row(catalog: Catalog) -> EncoderRow:
    return next(e for e in catalog.encoders() if e.current)


def code(n: int) -> npt.NDArray[np.uint8]:
    bits = np.random.default_rng(n).integers(0, 2, (1, BITS))
    return np.packbits(bits.astype(np.uint8), axis=1)[0]


def add(catalog: Catalog, *numbers: int) -> None:
    with catalog.writing():
        for n in numbers:
            digest = bytes([n]) * 32
            content = catalog.add_content(Decoded({}, digest, digest, 4, 3, "PNG", 9))
            embedding = np.array([n, -n, 1], np.int8)
            catalog.add_code(1, content, code(n).tobytes(), embedding.tobytes(), n)
            catalog.put_file(f"/p/{n}.png", 9, 0, content)


def check(table: CodeTable, numbers: list[int], visible: list[bool] | None = None) -> None:
    assert table.contents.tolist() == numbers
    expected = np.zeros((len(numbers), 16), np.uint8)
    for i, n in enumerate(numbers):
        expected[i, :13] = code(n)
    np.testing.assert_array_equal(table.words, expected.view("<u8"))
    assert table.quality.tolist() == numbers
    assert table.embeddings.tolist() == [[n, -n, 1] for n in numbers]
    assert table.visible.tolist() == (visible or [True] * len(numbers))


def is_mapped(table: CodeTable) -> bool:
    return not table.words.flags.writeable


def test_an_empty_library(catalog: Catalog) -> None:
    check(load(catalog, row(catalog)), [])


def test_what_is_written_is_mapped(catalog: Catalog) -> None:
    add(catalog, 1, 2, 3)
    table = load(catalog, row(catalog))
    check(table, [1, 2, 3])
    assert is_mapped(table)


def test_opening_a_fresh_cache_reads_no_rows(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(catalog, 1, 2, 3)
    load(catalog, row(catalog))
    monkeypatch.setattr(Catalog, "rows", lambda *_: pytest.fail("a pass over the rows"))
    check(load(catalog, row(catalog)), [1, 2, 3])


def test_appending_writes_only_what_is_new(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(catalog, 1, 2)
    old = load(catalog, row(catalog))
    add(catalog, 3)
    asked: list[int] = []
    blocks = cache._blocks

    def spy(
        catalog: Catalog, encoder: EncoderRow, last: int, fields: Any
    ) -> Iterator[dict[str, npt.NDArray[Any]]]:
        asked.append(last)
        return blocks(catalog, encoder, last, fields)

    monkeypatch.setattr(cache, "_blocks", spy)
    check(load(catalog, row(catalog)), [1, 2, 3])
    assert asked == [2]
    check(old, [1, 2])  # whoever holds the older table goes on undisturbed


def test_visibility_follows_the_files(catalog: Catalog) -> None:
    add(catalog, 1, 2, 3)
    load(catalog, row(catalog))
    with catalog.writing():
        catalog.set_present([2], False)
        catalog.touch()
    check(load(catalog, row(catalog)), [1, 2, 3], [True, False, True])


def test_a_code_out_of_order_makes_all_anew(catalog: Catalog) -> None:
    add(catalog, 1, 2, 3)
    with catalog.writing():
        catalog._run("DELETE FROM codes WHERE content = 2")
        catalog.touch(epoch=True)
    table = load(catalog, row(catalog))
    assert table.contents.tolist() == [1, 3]
    add(catalog, 2)
    check(load(catalog, row(catalog)), [1, 2, 3])


@pytest.mark.parametrize(
    "ending", ["contents", "words", "quality", "embeddings", "visible", "json"]
)
@pytest.mark.parametrize("damage", ["delete", "cut"])
def test_a_damaged_cache_is_made_again(catalog: Catalog, ending: str, damage: str) -> None:
    add(catalog, 1, 2, 3)
    load(catalog, row(catalog))
    (path,) = cache_folder(catalog.path).glob(f"*.{ending}")
    if damage == "delete":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    check(load(catalog, row(catalog)), [1, 2, 3])
    add(catalog, 4)
    check(load(catalog, row(catalog)), [1, 2, 3, 4])


def test_the_cache_of_another_library_is_not_taken(catalog: Catalog) -> None:
    add(catalog, 1)
    load(catalog, row(catalog))
    manifest = cache_folder(catalog.path) / "photo.json"
    text = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**text, "uuid": "somebody else's"}))
    check(load(catalog, row(catalog)), [1])


def test_a_disk_that_is_read_only_with_a_stale_cache(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(catalog, 1)
    load(catalog, row(catalog))
    add(catalog, 2)
    monkeypatch.setattr(cache, "is_writable", lambda folder: False)
    table = load(catalog, row(catalog))
    check(table, [1, 2])
    assert not is_mapped(table)
    assert json.loads((cache_folder(catalog.path) / "photo.json").read_text())["rows"] == 1


def test_old_files_go(catalog: Catalog) -> None:
    for n in range(1, 5):
        add(catalog, n)
        with catalog.writing():
            catalog.touch(epoch=True)
        load(catalog, row(catalog))
    names = sorted(p.suffix for p in cache_folder(catalog.path).glob("photo*"))
    assert names == [".contents", ".embeddings", ".json", ".quality", ".visible", ".words"]
    assert cache.size(catalog.path) > 0
    cache.delete(catalog.path)
    assert not cache_folder(catalog.path).exists()
