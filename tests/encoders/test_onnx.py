from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from tiny_model import CARD, SIZE, tiny

from lookalike.encoders.cards import Card
from lookalike.encoders.onnx import OnnxEncoder
from lookalike.encoders.registry import MODELS
from lookalike.errors import ModelError, UsageError
from lookalike.types import Encoder, InputSpec, Limits, Pixels

SHIPPED = MODELS / "photo-256.onnx"


def picture(*first: int) -> Pixels:
    pixels = np.zeros((SIZE, SIZE, 3), np.uint8)
    pixels[0, 0, : len(first)] = first
    return pixels


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny())
    return path


@pytest.fixture(scope="module")
def shipped() -> OnnxEncoder:
    return OnnxEncoder(SHIPPED)


@pytest.fixture(scope="module")
def inputs(original_photos: Path, shipped: OnnxEncoder) -> dict[str, Pixels]:
    from lookalike.images.decode import decode

    return {
        path.stem: decode(path.read_bytes(), {"photo": shipped.input}, Limits()).inputs["photo"]
        for path in sorted(original_photos.iterdir())
    }


def test_reads_its_card_from_the_file(model: Path) -> None:
    encoder = OnnxEncoder(model)
    assert isinstance(encoder, Encoder)
    assert (encoder.name, encoder.bits, encoder.embedding_size) == ("tiny-8", 8, 3)
    assert encoder.input == InputSpec(2, "stretch")
    assert encoder.fingerprint == hashlib.sha256(model.read_bytes()).hexdigest()[:16]


def test_the_card_beside_it_comes_first(model: Path) -> None:
    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
    beside = replace(CARD, name="renamed", sha256=sha256)
    model.with_suffix(".json").write_text(beside.to_json(), encoding="utf-8")
    encoder = OnnxEncoder(model)
    assert encoder.name == "renamed"
    assert encoder.card == beside


@pytest.mark.parametrize("count", [0, 1, 2, 33])
@pytest.mark.parametrize("threads", [1, 3])
def test_answers_are_in_the_order_of_the_pictures(model: Path, count: int, threads: int) -> None:
    encoder = OnnxEncoder(model, threads=threads)
    made = encoder.encode([picture(7 * i % 256, 128 + i, 128 - i) for i in range(count)])
    assert made.embeddings is not None
    assert (made.codes.shape, made.codes.dtype) == ((count, 1), np.uint8)
    assert (made.embeddings.shape, made.embeddings.dtype) == ((count, 3), np.int8)
    assert made.codes[:, 0].tolist() == [7 * i % 256 for i in range(count)]
    assert made.embeddings[:, 1].tolist() == list(range(count))
    assert made.embeddings[:, 2].tolist() == [-i for i in range(count)]


def test_a_card_without_embedding_gives_none(tmp_path: Path) -> None:
    path = tmp_path / "plain.onnx"
    path.write_bytes(tiny(replace(CARD, embedding_size=0)))
    assert OnnxEncoder(path).encode([picture(5)]).embeddings is None


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((SIZE, SIZE + 1, 3), np.uint8),
        np.zeros((SIZE, SIZE), np.uint8),
        np.zeros((SIZE, SIZE, 3), np.float32),
    ],
)
def test_pictures_of_another_shape_or_type_are_refused(model: Path, wrong: Pixels) -> None:
    with pytest.raises(UsageError, match=r"tiny-8 takes uint8 pictures of shape \(2, 2, 3\)"):
        OnnxEncoder(model).encode([picture(1), wrong])


def test_threads_below_one_are_refused(model: Path) -> None:
    with pytest.raises(UsageError, match="at least 1, not 0"):
        OnnxEncoder(model, threads=0)


def one_line(error: pytest.ExceptionInfo[ModelError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        OnnxEncoder(tmp_path / "none.onnx")
    assert "no such model file" in one_line(error)
    with pytest.raises(ModelError, match="can't be read"):
        OnnxEncoder(tmp_path)


@pytest.mark.parametrize("damage", ["empty", "text", "truncated", "flipped"])
def test_damaged_files_give_one_line_and_print_nothing(
    tmp_path: Path, damage: str, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = SHIPPED.read_bytes()
    data = {
        "empty": b"",
        "text": b"<!doctype html><title>404</title>",
        "truncated": whole[: len(whole) // 2],
        "flipped": bytes(byte ^ 0xFF for byte in whole[:2000]) + whole[2000:],
    }[damage]
    path = tmp_path / "broken.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelError) as error:
        OnnxEncoder(path)
    assert str(path) in one_line(error)
    assert capfd.readouterr() == ("", "")


def test_a_changed_file_is_noticed_by_its_checksum(tmp_path: Path) -> None:
    path = Path(shutil.copy(SHIPPED, tmp_path))
    shutil.copy(SHIPPED.with_suffix(".json"), tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError) as error:
        OnnxEncoder(path)
    assert "not the model that its card describes" in one_line(error)


def test_a_model_without_a_card_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.onnx"
    path.write_bytes(tiny(card=None))
    with pytest.raises(ModelError, match="without a card"):
        OnnxEncoder(path)
    assert OnnxEncoder(path, card=CARD).bits == 8


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (tiny(pixels="images"), "where one uint8 input named pixels is needed"),
        (tiny(code="bits"), "has no output code"),
        (tiny(replace(CARD, bits=16)), r"has no output code of type tensor\(uint8\) and width 2"),
        (tiny(replace(CARD, embedding_size=4)), "has no output embedding"),
        (tiny(replace(CARD, input=InputSpec(4, "stretch"))), "its card says 4 px"),
    ],
)
def test_models_of_another_kind_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=message) as error:
        OnnxEncoder(path)
    one_line(error)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps({"name": "x", "bits": 8, "embedding_size": 0, "input": 3}),
        CARD.to_json().replace('"stretch"', '"squeeze"'),
        CARD.to_json().replace('"bits": 8', '"bits": 5000'),
        CARD.to_json().replace('"figures": {}', '"figures": 7'),
    ],
)
def test_damaged_cards_are_refused(model: Path, text: str) -> None:
    model.with_suffix(".json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError) as error:
        OnnxEncoder(model)
    assert "tiny.json" in one_line(error)


def test_a_card_survives_its_own_text() -> None:
    card = replace(CARD, sha256="ab" * 32, figures={"mAP": 0.5}, licence="Apache-2.0")
    assert Card.parse(card.to_json(), "test") == card
    assert Card.parse(card.to_json(checksum=False), "test") == replace(card, sha256="")


def test_an_encoder_from_memory_keeps_its_model(model: Path) -> None:
    data = model.read_bytes()
    encoder = OnnxEncoder.from_bytes(data)
    assert encoder.model() == data
    assert encoder.encode([picture(9)]).codes.tolist() == [[9]]
    on_disk = OnnxEncoder(model)
    assert on_disk.model() == data
    model.write_bytes(b"another")
    with pytest.raises(ModelError, match="was replaced"):
        on_disk.model()


def test_the_shipped_model_is_the_one_of_its_card(shipped: OnnxEncoder) -> None:
    assert (shipped.name, shipped.bits, shipped.embedding_size) == ("photo-256", 256, 256)
    card = Card.read(SHIPPED.with_suffix(".json"))
    assert card.sha256 == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    assert json.loads(SHIPPED.with_suffix(".json").read_text())["fingerprint"] == card.fingerprint
    assert card.fingerprint == shipped.fingerprint
    assert SHIPPED.stat().st_size <= 10_000_000
    for field in (card.fitted_on, card.licence, card.attribution, card.command, card.figures):
        assert field


def test_codes_do_not_depend_on_company_or_threads(
    shipped: OnnxEncoder, inputs: dict[str, Pixels]
) -> None:
    pictures = list(inputs.values())
    together = shipped.encode(pictures)
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda p: shipped.encode([p]), pictures))
    np.testing.assert_array_equal(together.codes, np.concatenate([one.codes for one in alone]))
    reversed_codes = OnnxEncoder(SHIPPED, threads=1).encode(pictures[::-1]).codes
    np.testing.assert_array_equal(together.codes, reversed_codes[::-1])


def cosine(a: npt.NDArray[np.int8], b: npt.NDArray[np.int8]) -> float:
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    return float(wide_a @ wide_b / np.sqrt((wide_a @ wide_a) * (wide_b @ wide_b)))


def test_a_crop_is_nearer_than_another_picture(
    original_photos: Path, shipped: OnnxEncoder, inputs: dict[str, Pixels]
) -> None:
    from lookalike.images.decode import prepare

    database = shipped.encode(list(inputs.values()))
    assert database.embeddings is not None
    for row, name in enumerate(inputs):
        with Image.open(original_photos / f"{name}.jpg") as image:
            box = tuple(round(side * share) for share in (0.15, 0.85) for side in image.size)
            crop = image.crop(box)  # type: ignore[arg-type]
            made = shipped.encode(
                [prepare(crop, {"photo": shipped.input}, Limits()).inputs["photo"]]
            )
        assert made.embeddings is not None
        distances = np.bitwise_count(made.codes ^ database.codes).sum(1)
        assert int(distances.argmin()) == row, name
        similar = [cosine(made.embeddings[0], other) for other in database.embeddings]
        assert int(np.argmax(similar)) == row, name


def test_embeddings_are_unit_vectors_times_one_number(
    shipped: OnnxEncoder, inputs: dict[str, Pixels]
) -> None:
    made = shipped.encode(list(inputs.values())).embeddings
    assert made is not None
    lengths = np.linalg.norm(made.astype(np.float64), axis=1)
    # Rounding moves a length by a few thousandths; a clipped or unscaled vector by far more.
    np.testing.assert_allclose(lengths, lengths.mean(), rtol=0.01)
    assert lengths.mean() > 127


def test_importing_it_imports_no_runtime() -> None:
    import subprocess

    program = "import sys, lookalike.encoders.registry; print('onnxruntime' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert found.stdout == "False\n", found.stderr


def test_a_model_that_runs_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    """ONNX Runtime keeps an id of the device there, and reports of its use to send."""
    home = tmp_path / "home"
    home.mkdir()
    file = tmp_path / "grey.png"
    Image.new("RGB", (64, 64), "grey").save(file)
    kept_out = {"ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"}
    environment = {k: v for k, v in os.environ.items() if k not in kept_out}
    subprocess.run(
        [
            *(sys.executable, "-m", "lookalike", "encode", "--code", "photo"),
            *(str(file), "--out", str(tmp_path / "codes.npz")),
        ],
        env={**environment, "HOME": str(home)},
        check=True,
    )
    assert (tmp_path / "codes.npz").exists()
    assert not [path for path in home.rglob("*") if "Microsoft" in path.parts]
