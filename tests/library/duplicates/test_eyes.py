"""Processes that look at pictures: what goes in and comes out."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from lookalike.errors import LookalikeError
from lookalike.images.preview import pixels_of, preview_of
from lookalike.library.duplicates.eyes import Eyes, Sight, Task
from lookalike.library.duplicates.packed import (
    CLOSE,
    NAME,
    WHOLES,
    is_named,
    pack_verdict,
    unpack_verdict,
)
from lookalike.match import Box, NamedEdit
from lookalike.matching.edits import name_edits
from lookalike.matching.look import look
from lookalike.matching.verdict import Verdict
from lookalike.matching.view import View


def picture(seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (20, 26, 3), np.uint8)
    return Image.fromarray(noise).resize((220, 170), Image.Resampling.BICUBIC)


def sight(image: Image.Image, features: bytes | None = None) -> Sight:
    file = io.BytesIO()
    image.save(file, "PNG")
    name = hashlib.sha256(file.getvalue()).digest()
    return Sight(name, image.size, "PNG", 100_000, preview_of(np.asarray(image)), features)


def view(one: Sight) -> View:
    return View(pixels_of(one.preview), one.size, one.name, None, one.format, one.file_bytes)


def test_they_say_what_a_look_says() -> None:
    sights = [
        sight(picture(1)),
        sight(ImageOps.mirror(picture(1))),
        sight(picture(1).crop((40, 30, 220, 170))),
        sight(picture(2)),
    ]
    pairs = [(0, 1, WHOLES), (2, 0, CLOSE), (0, 3, CLOSE), (2, 0, WHOLES)]
    with Eyes(1) as eyes:
        (seen,) = eyes.look([Task(sights, pairs, [""] * 4)])
        found = [one for one in seen.verdicts if one is not None]
        assert [one.kind for one in found] == ["edited", "part", "alike", "alike"]
        for (a, b, how), verdict in zip(pairs, found, strict=True):
            own = look(view(sights[a]), view(sights[b]), by_features=how == CLOSE)
            assert verdict.kind == own.kind
            assert verdict.boxes == own.boxes
            assert verdict.agreement == own.agreement
        # Features that were made come back, to be handed over the next time.
        assert set(seen.features) == {0, 2, 3}
        again = [sights[0]._replace(features=seen.features[0]), sights[1]]
        named = Task(again, [(1, 0, NAME)], [pack_verdict(found[0].swapped())])
        (told,) = eyes.look([named])
        assert told.features == {}
        (verdict,) = told.verdicts
        assert verdict is not None
        own = look(view(sights[1]), view(sights[0]))
        assert verdict.edits == name_edits(view(sights[1]), view(sights[0]), own)
        assert [edit.name for edit in verdict.edits] == ["mirror"]


def test_what_is_damaged_costs_one_pair() -> None:
    good, wrong = sight(picture(1)), sight(picture(2))._replace(preview=b"\xff\xd8 no picture")
    other = sight(ImageOps.flip(picture(1)), b"no features")
    task = Task([good, wrong, other], [(0, 1, CLOSE), (2, 0, CLOSE)], ["", ""])
    with Eyes(1) as eyes:
        (seen,) = eyes.look([task])
    assert seen.verdicts[0] is None
    assert seen.verdicts[1] is not None
    assert seen.verdicts[1].kind == "edited"


def test_many_tasks_come_back_in_their_order() -> None:
    one, other = sight(picture(1)), sight(picture(2))
    tasks = [Task([one, other], [(0, number % 2, WHOLES)], [""]) for number in range(20)]
    with Eyes(2) as eyes:
        kinds = [seen.verdicts[0].kind for seen in eyes.look(tasks) if seen.verdicts[0]]
    assert kinds == ["edited", "alike"] * 10


def test_one_that_ends_is_an_error_and_after_closing_nothing_is_looked_at() -> None:
    task = Task([sight(picture(1))], [(0, 0, WHOLES)], [""])
    eyes = Eyes(1)
    assert len(list(eyes.look([task]))) == 1
    eyes._idle[0]._process.kill()
    with pytest.raises(LookalikeError, match="looks at pictures ended"):
        list(eyes.look([task]))
    eyes.close()
    with pytest.raises((LookalikeError, RuntimeError)):
        list(eyes.look([task]))


def test_a_verdict_as_text() -> None:
    verdict = Verdict(
        "part",
        0.9,
        (NamedEdit("overlay", of="query", at=(0.1, 0.2, 0.3, 0.4)), NamedEdit("blur", amount=1.5)),
        (Box("hit", (0.0, 0.1, 0.5, 1.0)),),
        np.array([[1.0, 0.0, 0.25], [0.0, 1.0, 0.0]]),
    )
    for named in (True, False):
        text = pack_verdict(verdict, named=named)
        again = unpack_verdict(text)
        assert is_named(text) == named
        assert again.edits == (verdict.edits if named else ())
        assert (again.kind, again.agreement, again.boxes) == ("part", 0.9, verdict.boxes)
        assert again.transform is not None
        assert np.array_equal(again.transform, verdict.transform)
    plain = unpack_verdict(pack_verdict(Verdict("alike", 0.1), named=True))
    assert (plain.edits, plain.transform) == ((), None)
    assert is_named(pack_verdict(Verdict("edited", 1.0), named=True))
    with pytest.raises((ValueError, TypeError)):
        unpack_verdict("[1, 2]")
