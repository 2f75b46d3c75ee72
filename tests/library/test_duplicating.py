"""Duplicates in a library: groups, what is kept of them, and what was decided."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from lookalike.errors import LibraryReadOnlyError, UsageError
from lookalike.evaluation.edits import EDITS
from lookalike.library import Filter, Library
from lookalike.library.duplicates.records import Duplicates, DuplicatesProgress, PictureGroup

pytestmark = pytest.mark.slow

PHOTO = "photo-fast-256"


def names(group: PictureGroup) -> dict[str, str]:
    """Kinds by name of file, ``keep`` included."""
    found = {os.path.basename(member.path): member.kind for member in group.members}
    return {os.path.basename(group.keep.path): "keep", **found}


def all_names(found: Duplicates) -> list[dict[str, str]]:
    return sorted((names(group) for group in found.groups), key=lambda one: sorted(one)[0])


@pytest.fixture
def copies(photos: Path) -> Path:
    """Copies beside the photographs: of the cat and of the cup."""
    more = photos / "more"
    more.mkdir()
    with Image.open(photos / "chelsea.jpg") as cat:
        cat.reduce(2).save(more / "cat-small.jpg", quality=60)
        cat.save(more / "cat-same.png")
        ImageOps.mirror(cat).save(more / "cat-mirror.jpg", quality=80)
        ImageOps.expand(cat, 40, (250, 250, 250)).save(more / "cat-framed.jpg", quality=90)
        width, height = cat.size
        cat.crop((width // 5, height // 5, width, height)).save(more / "cat-part.jpg", quality=90)
    shutil.copy(photos / "coffee.jpg", more / "cup.jpg")
    os.utime(photos / "chelsea.jpg", (10**9, 10**9))
    return photos


@pytest.fixture
def library(copies: Path, tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "l.lookalike", photo=PHOTO, workers=1) as opened:
        opened.index(copies)
        yield opened


def test_groups_around_what_is_kept(library: Library) -> None:
    told: list[DuplicatesProgress] = []
    found = library.duplicates(progress=told.append)
    assert all_names(found) == [
        {
            "chelsea.jpg": "keep",
            "cat-same.png": "same-pixels",
            "cat-small.jpg": "edited",
            "cat-mirror.jpg": "edited",
            "cat-framed.jpg": "edited",
        },
        {"coffee.jpg": "keep", "cup.jpg": "same-bytes"},
    ]
    cat, cup = sorted(found.groups, key=lambda group: group.keep.path)
    assert (cat.kind, cup.kind) == ("edited", "same-bytes")
    assert "more pixels" in cat.keep.why or "not the edited one" in cat.keep.why
    by_name = {os.path.basename(member.path): member for member in cat.members}
    assert {edit.name for edit in by_name["cat-mirror.jpg"].edits} == {"mirror"}
    assert "border" in {edit.name for edit in by_name["cat-framed.jpg"].edits}
    small = by_name["cat-small.jpg"]
    assert (small.width, small.height) == ((cat.keep.width + 1) // 2, (cat.keep.height + 1) // 2)
    assert small.distance is not None
    assert small.distance <= 30
    assert small.chance is not None
    assert small.frees
    assert by_name["cat-same.png"].chance is None
    assert cat.bytes_to_free == sum(os.path.getsize(member.path) for member in cat.members)
    assert found.groups[0].bytes_to_free >= found.groups[1].bytes_to_free
    assert found.exact
    assert not found.interrupted
    assert found.looked > 0
    assert {"pairs", "looks", "edits", "groups", "total"} <= found.seconds.keys()
    assert {progress.stage for progress in told} >= {"pairs", "looks"}
    assert all(0 <= progress.done <= progress.total for progress in told)
    assert sum(found.rules.values()) >= 2


def test_what_was_seen_once_is_not_looked_at_again(library: Library, copies: Path) -> None:
    kinds = ("same-bytes", "same-pixels", "edited", "part")
    first = library.duplicates(kinds=kinds)
    assert library.check().sound
    assert first.looked <= first.pairs + 10
    again = library.duplicates(kinds=kinds)
    assert again.looked == 0
    assert again.groups == first.groups
    # A new picture is joined with what was there, and only that is looked at.
    with Image.open(copies / "rocket.jpg") as picture:
        picture.reduce(2).save(copies / "rocket-small.jpg", quality=70)
    library.index()
    more = library.duplicates()
    assert {"rocket.jpg": "keep", "rocket-small.jpg": "edited"} in all_names(more)
    assert 0 < more.looked < first.looked
    with Library.open(library.path, create=False) as other:
        assert other.duplicates().groups == more.groups


def test_parts_are_beside_and_free_nothing(library: Library) -> None:
    found = library.duplicates(kinds=["part"])
    (group,) = [one for one in found.groups if "cat-part.jpg" in names(one)]
    assert names(group)["cat-part.jpg"] in ("part", "keep")
    assert (group.kind, group.bytes_to_free) == ("part", 0)
    assert not any(member.frees for member in group.members)
    both = library.duplicates(kinds=["edited", "part"])
    assert {one.kind for one in both.groups} == {"edited", "part"}
    assert library.duplicates().beside.get("part", 0) >= 1


def test_kinds_chance_folders_and_a_limit(library: Library, copies: Path) -> None:
    found = library.duplicates(kinds=["same-bytes"])
    assert all_names(found) == [{"coffee.jpg": "keep", "cup.jpg": "same-bytes"}]
    strict = library.duplicates(max_chance=0)
    assert all_names(strict) == [
        {"chelsea.jpg": "keep", "cat-same.png": "same-pixels"},
        {"coffee.jpg": "keep", "cup.jpg": "same-bytes"},
    ]
    assert len(library.duplicates(limit=1).groups) == 1
    inside = library.duplicates(only=Filter.parse(under=[copies / "more"]))
    (group,) = inside.groups
    assert set(names(group)) == {
        "cat-same.png",
        "cat-small.jpg",
        "cat-mirror.jpg",
        "cat-framed.jpg",
    }
    assert library.duplicates(across=[copies / "more", copies / "none"]).groups == ()
    assert len(library.duplicates(across=[copies, copies / "more"]).groups) == 2


def test_rules_of_ones_own(library: Library, copies: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(f'[folder]\nprefer = ["{copies}/more"]\n')
    found = library.duplicates(rules=rules, kinds=["same-bytes"])
    assert all_names(found) == [{"cup.jpg": "keep", "coffee.jpg": "same-bytes"}]
    (group,) = found.groups
    assert group.keep.why == f"in {copies}/more"
    assert [step.rule for step in group.keep.steps] == ["folder"]
    assert found.rules["folder"] == 1


def test_decided_once(library: Library, copies: Path, tmp_path: Path) -> None:
    def picture(name: str) -> int:
        found = library.pictures.find(copies / name)
        assert found is not None
        return found.id

    found = library.duplicates()
    (cup,) = [group for group in found.groups if "cup.jpg" in names(group)]
    library.reject(picture("more/cat-small.jpg"), picture("chelsea.jpg"))
    after = library.duplicates()
    cat = next(names(group) for group in after.groups if "chelsea.jpg" in names(group))
    assert "cat-small.jpg" not in cat
    assert library.settle(cup.id[:6]) == cup.id
    after = library.duplicates()
    assert (after.settled, len(after.groups)) == (1, len(found.groups) - 1 + (len(cat) < 4))
    assert not any("cup.jpg" in names(group) for group in after.groups)
    # Moved, renamed, indexed anew in another library: what they hold is the same.
    (copies / "more" / "cup.jpg").rename(copies / "elsewhere.jpg")
    library.index()
    assert library.duplicates().settled == 1
    text = library.export_decisions()
    with Library.open(tmp_path / "other.lookalike", photo=PHOTO, workers=1) as other:
        other.index(copies)
        assert tuple(other.import_decisions(text)) == (1, 1)
        fresh = other.duplicates()
        assert fresh.settled == 1
        cats = next(names(group) for group in fresh.groups if "chelsea.jpg" in names(group))
        assert "cat-small.jpg" not in cats
    # A further copy is something new.
    shutil.copy(copies / "coffee.jpg", copies / "third.jpg")
    library.index()
    back = next(g for g in library.duplicates().groups if "third.jpg" in names(g))
    assert back.changed == "1 more of the same bytes since it was settled"
    library.settle(cup.id, undo=True)
    (copies / "third.jpg").unlink()
    library.index()
    group = next(g for g in library.duplicates().groups if "coffee.jpg" in names(g))
    assert group.changed is None
    library.reject(picture("more/cat-small.jpg"), picture("chelsea.jpg"), undo=True)
    cat = next(names(g) for g in library.duplicates().groups if "chelsea.jpg" in names(g))
    assert "cat-small.jpg" in cat


def test_a_group_of_some_folders_can_be_settled(library: Library, copies: Path) -> None:
    only = Filter.parse(under=[copies / "more"])
    library.duplicates()
    (group,) = library.duplicates(only=only).groups
    with pytest.raises(UsageError, match="no group"):
        library.settle(group.id)
    assert library.settle(group.id, only=only) == group.id
    assert library.duplicates(only=only).groups == ()
    # With the original beside them there is something new.
    back = next(g for g in library.duplicates().groups if "chelsea.jpg" in names(g))
    assert back.changed == "1 new since it was settled"


def test_what_cant_be_decided(library: Library, copies: Path) -> None:
    cup, coffee = (library.pictures.find(copies / n) for n in ("more/cup.jpg", "coffee.jpg"))
    assert cup is not None
    assert coffee is not None
    with pytest.raises(UsageError, match="settle their group"):
        library.reject(cup.id, coffee.id)
    with pytest.raises(UsageError, match="no picture 4711"):
        library.reject(cup.id, 4711)
    with pytest.raises(UsageError, match="no group abc"):
        library.settle("abc")
    with pytest.raises(UsageError, match="letters and digits"):
        library.settle("../")
    library.duplicates()
    with pytest.raises(UsageError, match="no settled group"):
        library.settle("a", undo=True)
    assert library.pictures.find(copies / "none.jpg") is None


def test_wrong_arguments(library: Library, copies: Path) -> None:
    for wrong in ({"kinds": "edited"}, {"kinds": []}, {"kinds": ["alike"]}, {"max_chance": -1},
                  {"across": [copies]}, {"limit": 0}, {"rules": copies / "none"},
                  {"progress": 1}, {"stop": 1}, {"only": 1}):  # fmt: skip
        with pytest.raises(UsageError):
            library.duplicates(**wrong)  # type: ignore[arg-type]
    with Library.open(":memory:", photo=PHOTO) as empty:
        assert empty.duplicates().groups == ()


def test_stopped_it_tells_what_was_found(library: Library) -> None:
    stop = threading.Event()
    stop.set()
    found = library.duplicates(stop=stop)
    assert found.interrupted
    assert not found.exact
    # What takes no look is told: files of the same bytes.
    assert all_names(found) == [{"coffee.jpg": "keep", "cup.jpg": "same-bytes"}]
    assert len(library.duplicates().groups) == 2


def test_a_library_that_is_only_read_or_keeps_nothing(library: Library, copies: Path) -> None:
    with Library.open(library.path, read_only=True, workers=1) as reading:
        first = reading.duplicates()
        assert len(first.groups) == 2
        with pytest.raises(LibraryReadOnlyError):
            reading.settle(first.groups[0].id)
    with Library.open(":memory:", photo=PHOTO, workers=1) as memory:
        memory.index(copies, previews=False)
        found = memory.duplicates()
        assert all_names(found) == all_names(library.duplicates())
        assert {group.id for group in found.groups} == {
            group.id for group in library.duplicates().groups
        }


def test_links_to_one_file_are_no_duplicates(library: Library, copies: Path) -> None:
    (copies / "more" / "cup.jpg").unlink()
    os.link(copies / "coffee.jpg", copies / "more" / "cup.jpg")
    library.index()
    assert not any("cup.jpg" in names(group) for group in library.duplicates().groups)


def test_bytes_of_hard_links_are_freed_once(library: Library, copies: Path) -> None:
    cup, size = copies / "more" / "cup.jpg", (copies / "coffee.jpg").stat().st_size

    def told() -> tuple[int, int]:
        library.index()
        group = next(g for g in library.duplicates().groups if "coffee.jpg" in names(g))
        return len(group.members), group.bytes_to_free

    assert told() == (1, size)
    os.link(cup, copies / "more" / "second name.jpg")
    assert told() == (2, size)
    # A name that isn't in the library keeps the bytes where they are.
    os.link(cup, copies.parent / "elsewhere.jpg")
    assert told() == (2, 0)


def test_pages_of_one_file_are_no_duplicates_and_their_file_stays(
    photos: Path, tmp_path: Path
) -> None:
    with Image.open(photos / "rocket.jpg") as rocket, Image.open(photos / "coffee.jpg") as cup:
        pages = [rocket.copy(), rocket.reduce(2), cup.copy()]
        pages[0].save(photos / "pages.tif", save_all=True, append_images=pages[1:])
    for members in (1, 10):
        with Library.open(tmp_path / f"{members}.lookalike", photo=PHOTO, workers=1) as library:
            library.index(photos, members=members)
            found = library.duplicates()
            group = next(g for g in found.groups if "rocket.jpg" in names(g))
            # The file of several pages is the one to keep, and is never given up for one page.
            assert group.keep.path.endswith("pages.tif")
            assert [os.path.basename(m.path) for m in group.members] == ["rocket.jpg"]
            for other in found.groups:
                assert not any(m.path.endswith(".tif") and m.frees for m in other.members)


def test_frames_of_a_burst_and_raw_are_no_duplicates(photos: Path, tmp_path: Path) -> None:
    with Image.open(photos / "rocket.jpg") as picture:
        for number in (1, 2):
            exif = Image.Exif()
            exif[0x0110] = "Camera"
            exif.get_ifd(0x8769)[0x9003] = datetime(2020, 1, 1, 12, 0, number).strftime(
                "%Y:%m:%d %H:%M:%S"
            )
            picture.save(photos / f"burst-{number}.jpg", quality=80 + number, exif=exif)
    (photos / "rocket.jpg").unlink()
    with Library.open(tmp_path / "l.lookalike", photo=PHOTO, workers=1) as library:
        library.index(photos)
        assert library.duplicates().groups == ()
        (group,) = library.duplicates(kinds=["burst"]).groups
        assert (group.kind, group.bytes_to_free) == ("burst", 0)
        assert set(names(group)) == {"burst-1.jpg", "burst-2.jpg"}


def test_a_slow_morph_is_never_one_group(photos: Path, tmp_path: Path) -> None:
    with Image.open(photos / "coffee.jpg") as one, Image.open(photos / "rocket.jpg") as other:
        size = (320, 240)
        first = np.asarray(one.resize(size), np.float32)
        last = np.asarray(other.resize(size), np.float32)
    shutil.rmtree(photos)
    photos.mkdir()
    steps = 50
    for step in range(steps + 1):
        share = step / steps
        mixed = (first * (1 - share) + last * share).round().astype(np.uint8)
        Image.fromarray(mixed).save(photos / f"{step:02}.png")
    with Library.open(tmp_path / "l.lookalike", photo=PHOTO, workers=2) as library:
        library.index(photos)
        usual = library.duplicates()
        wide = library.duplicates(kinds=["edited", "same-pixels", "same-bytes", "part"])
    assert usual.groups
    assert wide.groups
    for group in (*usual.groups, *wide.groups):
        assert not {"00.png", "50.png"} <= names(group).keys()
        numbers = [int(name[:2]) for name in names(group)]
        # Around what is kept as far as it looks the same, and not from neighbour to neighbour.
        assert max(numbers) - min(numbers) < steps * 0.8


def test_flat_pictures_screens_and_pages_of_text_give_no_false_group(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(30):
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        Image.new("RGB", (300, 200), colour).save(folder / f"flat-{number}.png")
    for number in range(20):
        _page(rng).save(folder / f"page-{number}.png")
        _screen(rng, number).save(folder / f"screen-{number}.png")
    with Library.open(tmp_path / "l.lookalike", photo=PHOTO, workers=2) as library:
        library.index(folder)
        found = library.duplicates()
    assert [names(group) for group in found.groups] == []


def _page(rng: np.random.Generator) -> Image.Image:
    """Lines of words that differ from page to page."""
    page = Image.new("L", (420, 594), 250)
    pen = ImageDraw.Draw(page)
    for line in range(30):
        words = ["".join(rng.choice(list("abcdefghijklmnoprstuvw"), int(n)))
                 for n in rng.integers(2, 9, 8)]  # fmt: skip
        pen.text((40, 40 + 17 * line), " ".join(words)[:52], fill=20)
    return page.convert("RGB")


def _screen(rng: np.random.Generator, number: int) -> Image.Image:
    """One program's window with other contents each time."""
    screen = Image.new("RGB", (640, 400), (236, 236, 240))
    pen = ImageDraw.Draw(screen)
    pen.rectangle((0, 0, 640, 36), fill=(52, 73, 94))
    pen.text((12, 12), "File   Edit   View   Help", fill=(255, 255, 255))
    for row in range(9):
        pen.rectangle((10, 50 + 36 * row, 140, 76 + 36 * row), fill=(210, 214, 220))
        pen.text((18, 57 + 36 * row), f"Folder {row}", fill=(30, 30, 30))
    for row in range(18):
        words = "".join(rng.choice(list("abcdefghijk lmnop"), 60))
        pen.text((170, 52 + 18 * row), f"{number}-{row} {words}", fill=(40, 40, 40))
    return screen


@pytest.mark.parametrize(
    "edit", ["jpeg-20", "grey", "rotate-90", "text", "border-20", "screenshot"]
)
def test_edited_copies_are_found_and_the_original_is_kept(
    edit: str, photos: Path, tmp_path: Path
) -> None:
    with Image.open(photos / "chelsea.jpg") as picture:
        EDITS[edit](picture, 1).save(photos / "copy.jpg", quality=85)
    with Library.open(tmp_path / "l.lookalike", photo=PHOTO, workers=1) as library:
        library.index(photos)
        (group,) = library.duplicates().groups
    assert set(names(group)) == {"chelsea.jpg", "copy.jpg"}
    assert group.keep.path.endswith("chelsea.jpg")


@pytest.mark.parametrize("edit", ["mirror", "rotate-90"])
def test_one_that_was_edited_is_not_kept_for_its_quality_where_most_agree(
    edit: str, photos: Path, tmp_path: Path
) -> None:
    cat = photos / "chelsea.jpg"
    with Image.open(cat) as picture:
        picture.load()
    EDITS[edit](picture, 1).save(photos / "a.jpg", quality=98)
    picture.save(cat, quality=60)
    picture.reduce(2).save(photos / "small.jpg", quality=60)
    with Library.open(tmp_path / "l.lookalike", photo=PHOTO, workers=1) as library:
        library.index(photos)
        (group,) = library.duplicates().groups
    assert set(names(group)) == {"chelsea.jpg", "a.jpg", "small.jpg"}
    assert group.keep.path == str(cat)
    assert "most of the group" in group.keep.why


def test_files_of_the_same_pixels_agree(photos: Path, tmp_path: Path) -> None:
    """They aren't looked at, since nothing differs; they count all the same."""
    cat = photos / "chelsea.jpg"
    with Image.open(cat) as picture:
        picture.load()
    ImageOps.mirror(picture).save(photos / "a.jpg", quality=98)
    picture.save(cat, quality=60)
    with Image.open(cat) as saved:
        saved.save(photos / "same.png")
    with Library.open(tmp_path / "l.lookalike", photo=PHOTO, workers=1) as library:
        library.index(photos)
        (group,) = library.duplicates().groups
    assert set(names(group)) == {"chelsea.jpg", "a.jpg", "same.png"}
    assert group.keep.path == str(cat)
    assert "most of the group" in group.keep.why
