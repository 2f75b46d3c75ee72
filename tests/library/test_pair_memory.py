"""What the second look said of pairs is kept, and says the same as a look."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image, ImageOps

from lookalike import Library
from lookalike.library import Filter
from lookalike.library.local.previews import PreviewsFile, previews_file
from lookalike.library.pair_memory import Asker, PairMemory
from lookalike.library.records import ContentKey
from lookalike.matching.verdict import Verdict

ALIKE = Verdict("alike", 0.1)


def key(number: int) -> ContentKey:
    return ContentKey(number.to_bytes(32, "big"))


def asker(number: int, size: tuple[int, int] = (300, 200)) -> Asker:
    return Asker(key(number), size, "JPEG", 1000)


def test_a_pair_is_remembered_by_question_and_hit() -> None:
    memory = PairMemory()
    memory.put(asker(1), {key(2): ALIKE})
    memory.put(asker(1), {key(3): ALIKE})
    memory.put(asker(1), {})
    assert memory.get(asker(1), [key(2), key(3), key(4)]) == {key(2): ALIKE, key(3): ALIKE}
    assert memory.get(asker(2), [key(1)]) == {}
    assert memory.get(asker(1, (150, 100)), [key(2)]) == {}
    assert len(memory) == 2


def test_the_question_that_nobody_asked_longest_goes_first() -> None:
    memory = PairMemory(most=4)
    for number in (1, 2):
        memory.put(asker(number), {key(10): ALIKE, key(11): ALIKE})
    memory.get(asker(1), [])
    memory.put(asker(3), {key(10): ALIKE})
    assert len(memory) == 3
    assert memory.get(asker(2), [key(10)]) == {}
    assert memory.get(asker(1), [key(10)]) == {key(10): ALIKE}
    memory.put(asker(4), {key(number): ALIKE for number in range(9)})
    assert len(memory) == 9  # a single question stays whole


def test_a_search_says_the_same_by_what_was_seen_before(
    original_photos: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("coffee.jpg", "chelsea.jpg"):
        shutil.copyfile(original_photos / name, folder / name)
    with Image.open(folder / "coffee.jpg") as opened:
        coffee = opened.convert("RGB")
    ImageOps.mirror(coffee).save(folder / "mirrored.png")
    coffee.resize((150, 100)).save(folder / "small.jpg", quality=60)
    width, height = coffee.size
    coffee.crop((0, 0, int(width * 0.6), int(height * 0.8))).save(folder / "part.jpg")
    location = tmp_path / "pictures.lookalike"
    with Library.open(location, workers=1) as library:
        library.index(folder)
        ids = [picture.id for picture in library.pictures.page()]
        library.search(library.asked(ids[0]), 2)  # edits are named of as many as are listed
        told = [library.search(library.asked(one), 20).hits for one in ids]
        again = [library.search(library.asked(one), 20).hits for one in ids]
        only = Filter(kinds=("edited", "part"))
        copies = [library.search(library.asked(one), 20, only=only).hits for one in ids]
    assert {hit.kind for hits in told for hit in hits} >= {"edited", "part", "alike"}
    assert any(hit.edits for hits in told for hit in hits)
    assert again == told
    with Library.open(location, workers=1) as library:  # that remembers nothing
        assert [library.search(library.asked(one), 20).hits for one in ids] == told
    with Library.open(location, workers=1) as library:
        assert [library.search(library.asked(one), 20, only=only).hits for one in ids] == copies


def test_the_features_of_a_question_of_the_library_are_kept(
    original_photos: Path, tmp_path: Path
) -> None:
    folder, location = tmp_path / "pictures", tmp_path / "pictures.lookalike"
    folder.mkdir()
    for name in ("coffee.jpg", "chelsea.jpg"):
        shutil.copyfile(original_photos / name, folder / name)
    with Library.open(location, workers=1) as library:
        library.index(folder)
        library.search(library.asked(library.pictures.page()[0].id), 20)
    previews = PreviewsFile(previews_file(location), read_only=True)
    assert previews.count() == (2, 2)
    previews.close()
