"""The photo models that ship: their cards, their size, and that copies are near their originals."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.codes.bits import hamming
from lookalike.encoders import registry
from lookalike.images.decode import prepare
from lookalike.types import InputSpec, Limits, Pixels

MODELS = ("photo-fast-256", "photo-256", "photo-best-256")
LARGEST = 10_000_000
HELD_OUT = "kinds held out: mAP and precision at 1"


def small_copy(image: Image.Image) -> Image.Image:
    """Half the size, as JPEG of quality 50."""
    file = io.BytesIO()
    image.resize((image.width // 2, image.height // 2)).save(file, "JPEG", quality=50)
    return Image.open(file)


def seen(image: Image.Image, spec: InputSpec) -> Pixels:
    return prepare(image, {"photo": spec}, Limits()).inputs["photo"]


@pytest.mark.parametrize("name", MODELS)
def test_each_is_small_and_its_card_says_what_it_is(name: str) -> None:
    assert registry.model_path(name).stat().st_size <= LARGEST
    card = registry.card(name)
    assert (card.bits, card.embedding_size) == (256, 256)
    assert card.licence == "Apache-2.0"
    network = "Lite2" if "best" in name else "Lite0"
    assert card.attribution.startswith(f"EfficientNet-{network}, weights trained on ImageNet")
    assert ("--int8" in card.command) == (name != "photo-256")
    found = card.figures[HELD_OUT]
    assert set(found) >= {"features of the network as floats", "code", "code, rescored"}
    floats = found["features of the network as floats"][0]
    assert found["code and embedding, in the order of a search"][0] >= floats + 0.02
    assert found["code alone, in the order of a search"][0] >= floats
    notice = Path(registry.MODELS).parents[2] / "NOTICE"
    if notice.is_file():  # not where the package is installed
        assert f"{name}.onnx" in notice.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MODELS)
def test_a_copy_is_nearest_to_its_original(name: str, original_photos: Path) -> None:
    encoder = registry.load(name)
    originals, copies = [], []
    for path in sorted(original_photos.iterdir()):
        with Image.open(path) as image:
            originals.append(seen(image, encoder.input))
            copies.append(seen(small_copy(image), encoder.input))
    known, asked = encoder.encode(originals), encoder.encode(copies)
    distances = hamming(asked.codes, known.codes)
    own = np.arange(len(originals))
    assert (distances.argmin(1) == own).all()
    assert np.diag(distances).max() < 0.3 * 256
    assert known.embeddings is not None
    assert asked.embeddings is not None
    cosines = asked.embeddings.astype(np.int32) @ known.embeddings.astype(np.int32).T
    assert (cosines.argmax(1) == own).all()
