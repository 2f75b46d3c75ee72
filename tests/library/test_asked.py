"""Pictures that are made ready once, and asked with as often as one likes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from lookalike import Library, Match, PictureError, UsageError


@pytest.fixture(scope="module")
def folder(original_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photographs, one of them with a wide border and one mirrored."""
    made = tmp_path_factory.mktemp("asked") / "pictures"
    shutil.copytree(original_photos, made, copy_function=shutil.copyfile)
    with Image.open(made / "coffee.jpg") as opened:
        small = ImageOps.contain(opened.convert("RGB"), (200, 200))
        ImageOps.expand(small, 150, "white").save(made / "framed.png")
        ImageOps.mirror(opened).save(made / "mirrored.png")
    return made


@pytest.fixture(scope="module", params=[False, True], ids=["whole", "parts"])
def library(request: pytest.FixtureRequest, folder: Path) -> Iterator[Library]:
    with Library.open(":memory:", workers=1) as opened:
        opened.index(folder, parts=request.param)
        yield opened


def names(hits: Iterable[Match]) -> list[tuple[str, str]]:
    return [(Path(hit.path).name, hit.kind) for hit in hits]


def test_a_picture_of_the_library_finds_what_its_file_finds(library: Library) -> None:
    for picture in library.pictures.page():
        asked = library.asked(picture.id)
        assert (asked.id, asked.name) == (picture.id, picture.path)
        assert asked.size == (picture.width, picture.height)
        by_id, by_file = library.search(asked, 20), library.search(picture.path, 20)
        copies = [hit for hit in names(by_file.hits) if hit[1] != "alike"]
        assert sorted(names(by_id.hits)[: len(copies)]) == sorted(copies)
        assert {hit.id for hit in by_id.hits} == {hit.id for hit in by_file.hits}
        assert by_id.hits[0].id == picture.id
        assert by_id.hits[0].distance == 0


def test_what_was_made_ready_is_not_made_again(library: Library, folder: Path) -> None:
    asked = library.asked(folder / "coffee.jpg")
    first, again = library.search(asked, 5), library.search(asked, 5)
    assert first.hits == again.hits == library.search(folder / "coffee.jpg", 5).hits
    assert "decode" not in again.seconds
    one, other = library.search_many([asked, asked], 5)
    assert not isinstance(one, PictureError)
    assert not isinstance(other, PictureError)
    assert one.hits == other.hits == first.hits
    for code in ("pdq", "photo"):
        wanted = library.search(folder / "coffee.jpg", 5, code=code).hits  # type: ignore[arg-type]
        assert library.search(asked, 5, code=code).hits == wanted  # type: ignore[arg-type]
    together = library.search_together([asked, folder / "coins.jpg"], [1, -0.5], 5)
    assert together.hits == library.search_together(
        [folder / "coffee.jpg", folder / "coins.jpg"], [1, -0.5], 5
    ).hits  # fmt: skip
    assert library.chance(asked, folder / "coins.jpg") == library.chance(
        folder / "coffee.jpg", folder / "coins.jpg"
    )


def test_a_part_of_what_was_made_ready(library: Library, folder: Path) -> None:
    part = (0.1, 0.1, 0.8, 0.9)
    wanted = library.search(folder / "coffee.jpg", 5, part=part).hits
    asked = library.asked(folder / "coffee.jpg")
    assert library.search(asked, 5, part=part).hits == wanted
    assert library.search(library.asked(asked, part=part), 5).hits == wanted
    known = library.pictures.find(folder / "coffee.jpg")
    assert known is not None
    cut = library.asked(known.id, part=part)
    assert cut.size == (round(0.7 * known.width), round(0.8 * known.height))
    assert library.search(cut, 5).hits == wanted


def test_its_file_need_not_be_there(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "pictures")
    with Library.open(tmp_path / "l.lookalike", workers=1) as library:
        library.index(tmp_path / "pictures")
        known = library.pictures.find(tmp_path / "pictures" / "coffee.jpg")
        assert known is not None
        before = library.search(library.asked(known.id), 5).hits
        shutil.rmtree(tmp_path / "pictures")
        assert library.search(library.asked(known.id), 5).hits == before
        cut = library.asked(known.id, part=(0.0, 0.0, 0.9, 0.9))  # of the preview
        assert library.search(cut, 5).hits[0].id == known.id
        mirrored = library.pictures.find(tmp_path / "pictures" / "mirrored.png")
        assert mirrored is not None
        found = library.compare(known.id, mirrored.id)
        assert found.previews
        assert found.comparison.kind == "edited"
        assert [edit.name for edit in found.comparison.edits] == ["mirror"]


def test_without_a_preview_the_codes_are_asked(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "pictures")
    with Library.open(tmp_path / "l.lookalike", workers=1) as library:
        library.index(tmp_path / "pictures", previews=False)
        known = library.pictures.find(tmp_path / "pictures" / "coffee.jpg")
        assert known is not None
        shutil.rmtree(tmp_path / "pictures")
        hits = library.search(library.asked(known.id), 3, code="pdq").hits
        assert {Path(hit.path).name for hit in hits[:2]} == {"coffee.jpg", "mirrored.png"}
        with pytest.raises(PictureError):
            library.asked(known.id, part=(0, 0, 0.5, 0.5))
        with pytest.raises(PictureError):
            library.compare(known.id, known.id)


def test_wrong_use(library: Library) -> None:
    with pytest.raises(UsageError, match="no picture 999999"):
        library.asked(999_999)
    with pytest.raises(UsageError):
        library.asked(np.zeros((8, 8)), part=(0, 0, 2, 1))
    with pytest.raises(UsageError):
        library.search(library.asked(np.full((64, 64), 0.5)), 0)


def test_the_state_moves_with_what_can_be_found(folder: Path) -> None:
    with Library.open(":memory:", workers=1) as library:
        empty = library.state()
        library.index(folder)
        full = library.state()
        assert empty != full
        library.index(folder)
        assert library.state() == full


def test_first_hits_come_without_a_look(library: Library, folder: Path) -> None:
    known = library.pictures.find(folder / "coffee.jpg")
    assert known is not None
    for picture in (known.id, folder / "coffee.jpg", library.asked(known.id)):
        asked = library.asked(picture, look=False)
        found = library.search(asked, 20)
        assert {hit.id for hit in found.hits} == set(library.pictures.ordered())
        kinds = {Path(hit.path).name: hit.kind for hit in found.hits}
        assert (kinds["coffee.jpg"], kinds["mirrored.png"]) == ("same-bytes", "edited")
        assert not any(hit.verified for hit in found.hits[1:])
        assert not any(hit.edits for hit in found.hits)
        assert all(hit.chance is not None for hit in found.hits)
    looked, not_looked = library.search_many([library.asked(known.id), asked], 5)
    assert not isinstance(looked, PictureError)
    assert not isinstance(not_looked, PictureError)
    assert any(hit.verified for hit in looked.hits[1:])
    assert not any(hit.verified for hit in not_looked.hits[1:])
