"""Names exchanged, passed on, taken over: all that changes of known files, or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from contract_view import contract_of
from PIL import Image, ImageOps

from lookalike.library import IndexReport, Library
from lookalike.library.records import FileEntry
from lookalike.library.settling import Settling

Ids = dict[str, int]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "test.lookalike", workers=1) as library:
        yield library


@pytest.fixture
def few(photos: Path) -> Path:
    """Four pictures: coffee, coins, grass, rocket."""
    for path in photos.iterdir():
        if path.stem not in ("coffee", "coins", "grass", "rocket"):
            path.unlink()
    return photos


def ids(library: Library) -> Ids:
    """The pictures' ids by the names of their files."""
    return {Path(picture.path).name: picture.id for picture in library.pictures.page(100)}


def told(report: IndexReport) -> set[tuple[str, str, str | None]]:
    """Changes by the names of the files."""
    return {
        (c.what, Path(c.path).name, None if c.source is None else Path(c.source).name)
        for c in report.changes
    }


def rename(folder: Path, **names: str) -> None:
    """Give files other names, all at once."""
    for old in names:
        (folder / f"{old}.jpg").rename(folder / f"{old}.aside")
    for old, new in names.items():
        (folder / f"{old}.aside").rename(folder / f"{new}.jpg")


def invert(path: Path) -> None:
    """Put another picture in a file's place, at another time."""
    with Image.open(path) as image:
        turned = ImageOps.invert(image.convert("RGB"))
    status = path.stat()
    turned.save(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))


def check(library: Library, folder: Path) -> None:
    """Each file is found by its own bytes, and the next run has nothing to do."""
    for path in sorted(folder.rglob("*.jpg")):
        hits = [h for h in library.search(path, 9).hits if h.kind == "same-bytes"]
        assert str(path) in {hit.path for hit in hits}
    again = library.index()
    assert (again.unchanged, again.changes) == (len(list(folder.rglob("*.jpg"))), ())


@pytest.mark.parametrize(
    "names",
    [
        {"coffee": "coins", "coins": "coffee"},
        {"coffee": "coins", "coins": "grass", "grass": "coffee"},
        {"coffee": "coins", "coins": "grass", "grass": "new"},
        {"coffee": "rocket-2", "rocket": "coffee-2", "coins": "a", "grass": "z"},
    ],
)
def test_whoever_takes_whose_name_the_id_goes_along(
    library: Library, few: Path, names: dict[str, str]
) -> None:
    library.index(few)
    before = ids(library)
    rename(few, **names)
    report = library.index()
    assert (report.moved, report.unchanged) == (len(names), 4 - len(names))
    assert report.pictures_per_second == 0
    assert told(report) == {("moved", f"{new}.jpg", f"{old}.jpg") for old, new in names.items()}
    after = ids(library)
    for old, number in before.items():
        stem = Path(old).stem
        assert after[f"{names.get(stem, stem)}.jpg"] == number
    check(library, few)


def test_a_file_in_the_place_of_another(library: Library, few: Path) -> None:
    library.index(few)
    before = ids(library)
    (few / "coffee.jpg").replace(few / "coins.jpg")
    report = library.index()
    assert (report.moved, report.replaced, report.unchanged, report.missing) == (1, 1, 2, 0)
    assert told(report) == {
        ("moved", "coins.jpg", "coffee.jpg"),
        ("replaced", "coins.jpg", None),
    }
    assert ids(library)["coins.jpg"] == before["coffee.jpg"]
    assert library.status().distinct == 3
    check(library, few)


def test_a_new_content_where_a_moved_one_was(library: Library, few: Path) -> None:
    library.index(few)
    before = ids(library)
    shutil.copy(few / "rocket.jpg", few.parent / "rocket.jpg")
    (few / "coffee.jpg").rename(few / "new.jpg")
    (few.parent / "rocket.jpg").rename(few / "coffee.jpg")
    invert(few / "coffee.jpg")
    report = library.index()
    assert (report.added, report.moved, report.unchanged) == (1, 1, 3)
    after = ids(library)
    assert after["new.jpg"] == before["coffee.jpg"]
    assert after["coffee.jpg"] not in before.values()
    check(library, few)


def test_changed_in_place_and_copied(library: Library, few: Path) -> None:
    library.index(few)
    before = ids(library)
    invert(few / "coffee.jpg")
    shutil.copy(few / "rocket.jpg", few / "rocket-2.jpg")
    report = library.index()
    assert (report.added, report.updated, report.unchanged) == (1, 1, 3)
    assert told(report) == {("updated", "coffee.jpg", None)}
    after = ids(library)
    assert {name: after[name] for name in before} == before
    assert library.status().distinct == 4
    check(library, few)


def test_of_copies_that_move_each_keeps_its_name(library: Library, few: Path) -> None:
    shutil.copy(few / "rocket.jpg", few / "a-rocket.jpg")
    library.index(few)
    before = ids(library)
    below = few / "below"
    below.mkdir()
    for name in ("rocket.jpg", "a-rocket.jpg"):
        (few / name).rename(below / name)
    assert library.index().moved == 2
    assert ids(library) == before
    check(library, few)


def test_what_is_missing_comes_back_elsewhere(library: Library, few: Path) -> None:
    library.index(few)
    before = ids(library)
    (few / "rocket.jpg").rename(few.parent / "away.jpg")
    report = library.index()
    assert told(report) == {("missing", "rocket.jpg", None)}
    assert library.status().changes == report.changes
    (few.parent / "away.jpg").rename(few / "back.jpg")
    report = library.index()
    assert told(report) == {("moved", "back.jpg", "rocket.jpg")}
    assert ids(library)["back.jpg"] == before["rocket.jpg"]
    # A run that changes nothing leaves what the last one told.
    library.index()
    assert library.status().changes == report.changes


def test_until_the_end_everything_is_as_it_was(
    library: Library, few: Path, monkeypatch: pytest.MonkeyPatch, contents: Callable[..., object]
) -> None:
    """Broken off at the very end: the next run decodes nothing again."""
    library.index(few)
    before = {path.name: path.read_bytes() for path in few.iterdir()}
    known = ids(library)
    rename(few, coffee="coins", coins="coffee")
    invert(few / "grass.jpg")
    with monkeypatch.context() as patched:
        patched.setattr(Settling, "_place", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            library.index()
    assert ids(library) == known
    for name, data in before.items():
        hit = library.search(data, 1).hits[0]
        assert (Path(hit.path).name, hit.kind) == (name, "same-bytes")
    report = library.index()
    assert (report.moved, report.updated, report.pictures_per_second) == (2, 1, 0)
    check(library, few)
    library.close()
    assert contents(library.path)["unused"] == (0,)  # type: ignore[index]


def test_what_a_link_listed_twice_is_there_once(library: Library, few: Path) -> None:
    """As a library of before has it: a folder, and a link to it."""
    link = few.parent / "link"
    link.symlink_to(few)
    library.index(link)
    before = ids(library)
    assert library.index(few).moved == 4
    assert ids(library) == before
    files = [FileEntry(str(link / p.name), 1, 1, ()) for p in few.iterdir()]
    with contract_of(library) as (store, _):
        known = store.known([str(few / Path(file.path).name) for file in files])
        store.put_files([replace(f, members=next(iter(known.values())).members) for f in files])
    assert library.status().pictures == 8
    report = library.index(few)
    assert (report.unchanged, report.missing, report.same_place) == (4, 0, ((str(link), str(few)),))
    assert ids(library) == before
    assert library.status().missing == 0
    (few / "new.jpg").write_bytes((few / "coins.jpg").read_bytes())
    assert library.index(link).added == 1
    assert library.remove(link) == 0
    assert library.status().pictures == 5
