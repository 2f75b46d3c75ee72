"""The items of a HEIF file, from sound, damaged and made-up bytes."""

from __future__ import annotations

import io
import struct
from functools import cache

import pillow_heif
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lookalike.images.formats.heif import FORMAT
from lookalike.images.heif.boxes import MalformedError
from lookalike.images.heif.items import Items, read_items
from lookalike.images.heif.layout import coded_size, grid_of
from lookalike.images.heif.writing import write_items


@cache
def sound() -> bytes:
    """A grid of 3 x 2 tiles with a thumbnail, turned."""
    file, made = pillow_heif.HeifFile(), io.BytesIO()  # type: ignore[no-untyped-call]
    file.add_from_pillow(Image.linear_gradient("L").convert("RGB").resize((190, 100)))
    exif = Image.Exif()
    exif[0x0112] = 6
    file[0].info["exif"] = exif.tobytes()
    file[0].info["thumbnails"] = [32]
    file.save(made, tile_size=64)
    return made.getvalue()


def look_at_all(items: Items | None) -> None:
    """Whatever is asked of what was read."""
    if items is None:
        return
    for number, item in items.items.items():
        grid_of(items, number)
        coded_size(item, kinds=None)
        items.thumbnails(number)
        try:
            assert items.content(number)
        except MalformedError:
            continue


def test_reads_what_libheif_writes() -> None:
    items = read_items(sound())
    assert items is not None
    grid = grid_of(items, items.primary)
    assert grid is not None
    assert (grid.size, grid.tile, grid.columns, len(grid.numbers)) == ((190, 100), (64, 64), 3, 6)
    assert grid.turns == (Image.Transpose.ROTATE_270,)
    assert grid.box(5) == (128, 64, 190, 100)
    (thumbnail,) = items.thumbnails(items.primary)
    assert coded_size(items.items[thumbnail]) is not None


def test_what_is_written_anew_is_the_same_picture() -> None:
    items = read_items(sound())
    assert items is not None
    all_of_them = {n: (item, items.content(n)) for n, item in items.items.items()}
    written = write_items(all_of_them, items.primary)
    FORMAT.load_reader()
    one, other = (Image.open(io.BytesIO(data)) for data in (sound(), written))
    assert one.tobytes() == other.tobytes()
    assert one.n_frames == other.n_frames == 1  # type: ignore[attr-defined]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage_gives_nothing_or_items(data: st.DataObject) -> None:
    changed = bytearray(sound())
    head = changed.index(b"mdat")
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, head))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(changed)) | st.just(len(changed)))
    look_at_all(read_items(bytes(changed[:end])))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_nothing_or_items(data: bytes) -> None:
    look_at_all(read_items(data))
    look_at_all(read_items(struct.pack(">I4sI", 12 + len(data), b"meta", 0) + data))


def test_a_grid_that_refers_to_itself_is_no_grid() -> None:
    items = read_items(sound())
    assert items is not None
    primary = items.items[items.primary]
    primary.references[b"dimg"] = [items.primary] * 6
    assert grid_of(items, items.primary) is None


def test_a_grid_with_a_wrong_number_of_tiles_is_no_grid() -> None:
    items = read_items(sound())
    assert items is not None
    items.items[items.primary].references[b"dimg"].pop()
    assert grid_of(items, items.primary) is None
