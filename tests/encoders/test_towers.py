"""Towers of other people's making: what they take and give is found out from the file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hub_models
import numpy as np
import numpy.typing as npt
import pytest
from onnx import TensorProto, helper

from lookalike.encoders.preprocessing import Preprocessing
from lookalike.encoders.towers import ImageTower
from lookalike.encoders.unit import unit
from lookalike.errors import ModelError, UsageError
from lookalike.types import Pixels

SETTINGS = {"size": 16, "image_mean": hub_models.MEAN, "image_std": hub_models.STD}
PLAIN = Preprocessing.parse(SETTINGS, "test")


def picture(seed: int, side: int = 16) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


def expected(pixels: Pixels) -> npt.NDArray[np.float64]:
    """What the tower makes of a picture, written out."""
    values = (pixels / 255 - hub_models.MEAN) / hub_models.STD
    cells = values.reshape(4, 4, 4, 4, 3).mean((1, 3))  # 4 x 4 cells of 4 x 4 pixels
    made = cells.transpose(2, 0, 1).ravel() @ hub_models.matrix().astype(np.float64)
    return np.asarray(made / np.linalg.norm(made))


@pytest.mark.parametrize("output", ["image_embeds", "pooler_output", "last_hidden_state", "mine"])
def test_features_are_those_of_the_model(tmp_path: Path, output: str) -> None:
    file = hub_models.image_model(tmp_path / "m.onnx", 16, output=output)
    tower = ImageTower(file, PLAIN, "test")
    pictures = [picture(n) for n in range(5)]
    found = tower.features(pictures)
    assert tower.size == hub_models.WIDTH
    assert (found.shape, found.dtype) == ((5, hub_models.WIDTH), np.float32)
    np.testing.assert_allclose(found, [expected(p) for p in pictures], atol=1e-5)
    assert tower.features([]).shape == (0, hub_models.WIDTH)


def test_half_precision_is_nearly_the_same(tmp_path: Path) -> None:
    file = hub_models.image_model(tmp_path / "m.onnx", 16, half=True)
    found = ImageTower(file, PLAIN, "test").features([picture(1)])
    np.testing.assert_allclose(found[0], expected(picture(1)), atol=5e-3)


def test_a_joint_model_needs_no_text(tmp_path: Path) -> None:
    file = hub_models.joint_model(tmp_path / "m.onnx", 16)
    found = ImageTower(file, PLAIN, "test").features([picture(1)])
    np.testing.assert_allclose(found[0], expected(picture(1)), atol=1e-5)


def graph(path: Path, nodes: list[Any], shape: list[Any], out: list[Any], **more: Any) -> Path:
    kind = more.pop("kind", TensorProto.FLOAT)
    inputs = {more.pop("name", "pixel_values"): (kind, shape)}
    return hub_models.save(path, nodes, inputs, {"x": (TensorProto.FLOAT, out)}, more)


def test_layouts_are_found_out(tmp_path: Path) -> None:
    """Channels last, pixels as bytes: the mean of each channel."""
    nodes = [
        helper.make_node("Cast", ["image"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["real"], ["x"], axes=[1, 2], keepdims=0),
    ]
    file = graph(
        tmp_path / "m.onnx", nodes, ["n", 16, 16, 3], ["n", 3], name="image", kind=TensorProto.UINT8
    )
    found = ImageTower(file, PLAIN, "test").features([picture(1)])
    mean = picture(1).mean((0, 1))
    np.testing.assert_allclose(found[0], mean / np.linalg.norm(mean), atol=1e-5)


def tokens(path: Path, count: int) -> Path:
    """A token for each of ``count`` equal parts of the pixels: (n, count, 3)."""
    nodes = [
        helper.make_node("Reshape", ["pixel_values", "flat"], ["parts"]),
        helper.make_node("ReduceMean", ["parts"], ["means"], axes=[3], keepdims=0),
        helper.make_node("Transpose", ["means"], ["x"], perm=[0, 2, 1]),
    ]
    flat = np.array([-1, 3, count, 256 // count])
    return graph(path, nodes, ["n", 3, 16, 16], ["n", count, 3], flat=flat)


def test_tokens_are_pooled_by_what_they_are(tmp_path: Path) -> None:
    values = PLAIN.apply(picture(1)).reshape(256, 3)
    mean = values.mean(0) / np.linalg.norm(values.mean(0))
    first = values[:128].mean(0) / np.linalg.norm(values[:128].mean(0))
    # A square number of tokens: patches alone, and their mean. Two: the first one.
    squares = ImageTower(tokens(tmp_path / "m.onnx", 16), PLAIN, "test")
    np.testing.assert_allclose(squares.features([picture(1)])[0], mean, atol=1e-5)
    two = tokens(tmp_path / "two.onnx", 2)
    np.testing.assert_allclose(
        ImageTower(two, PLAIN, "test").features([picture(1)])[0], first, atol=1e-5
    )
    asked = ImageTower(two, PLAIN, "test", pooling="mean")
    np.testing.assert_allclose(asked.features([picture(1)])[0], mean, atol=1e-5)


def test_maps_are_averaged(tmp_path: Path) -> None:
    nodes = [helper.make_node("Identity", ["pixel_values"], ["x"])]
    file = graph(tmp_path / "m.onnx", nodes, ["n", 3, 16, 16], ["n", 3, 16, 16])
    mean = PLAIN.apply(picture(1)).mean((0, 1))
    found = ImageTower(file, PLAIN, "test").features([picture(1)])
    np.testing.assert_allclose(found[0], mean / np.linalg.norm(mean), atol=1e-5)


def test_threads_and_company_change_nothing(tmp_path: Path) -> None:
    file = hub_models.image_model(tmp_path / "m.onnx", 16)
    pictures = [picture(n) for n in range(20)]
    tower = ImageTower(file, PLAIN, "test", threads=3)
    together = tower.features(pictures)
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda p: tower.features([p])[0], pictures))
    np.testing.assert_array_equal(together, alone)


def test_what_is_remembered_is_given_until_it_is_forgotten(tmp_path: Path) -> None:
    tower = ImageTower(hub_models.image_model(tmp_path / "m.onnx", 16), PLAIN, "test")
    true = tower.features([picture(1)])
    tower.remember([picture(1)], -true)
    np.testing.assert_array_equal(tower.features([picture(1)]), -true)
    assert (tower.features([picture(2)]) != -true).any()
    tower.forget()
    np.testing.assert_array_equal(tower.features([picture(1)]), true)


def test_pictures_of_another_shape_are_refused(tmp_path: Path) -> None:
    tower = ImageTower(hub_models.image_model(tmp_path / "m.onnx", 16), PLAIN, "test")
    with pytest.raises(UsageError, match=r"takes uint8 pictures of shape \(16, 16, 3\)"):
        tower.features([picture(1, 17)])
    with pytest.raises(UsageError, match="at least 1, not 0"):
        ImageTower(tmp_path / "m.onnx", PLAIN, "test", threads=0)


def test_vectors_without_a_direction_are_refused() -> None:
    for wrong in (np.zeros(3), np.array([np.nan, 1]), np.array([np.inf, 1])):
        with pytest.raises(ModelError, match="try another precision"):
            unit(wrong, "test")


IDENTITY = [helper.make_node("Identity", ["pixel_values"], ["x"])]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: p.write_bytes(b"nonsense"), "ONNX Runtime can't load it"),
        (lambda p: graph(p, IDENTITY, ["n", 3], ["n", 3]), "one input of pictures"),
        (
            lambda p: graph(p, IDENTITY, ["n", 3, 8, 8], ["n", 3, 8, 8]),
            "takes pictures of 8 ",
        ),
        (
            lambda p: graph(
                p,
                [helper.make_node("Reshape", ["pixel_values", "s"], ["x"])],
                ["n", 3, 16, 16],
                [1, 2, 2, 2, 96],
                s=np.array([1, 2, 2, 2, 96]),
            ),
            "has the shape",
        ),
        (
            lambda p: hub_models.image_model(p, 16, output="logits"),
            "take a model for feature extraction",
        ),
    ],
)
def test_models_of_another_kind_are_refused(tmp_path: Path, make: Any, message: str) -> None:
    make(tmp_path / "m.onnx")
    with pytest.raises(ModelError, match=message) as error:
        ImageTower(tmp_path / "m.onnx", PLAIN, "test")
    assert "\n" not in str(error.value)


def test_an_output_can_be_named(tmp_path: Path) -> None:
    file = hub_models.image_model(tmp_path / "m.onnx", 16, output="logits")
    tower = ImageTower(file, PLAIN, "test", output="logits")
    np.testing.assert_allclose(tower.features([picture(1)])[0], expected(picture(1)), atol=1e-5)
    with pytest.raises(ModelError, match="has no output nothing: there are logits"):
        ImageTower(file, PLAIN, "test", output="nothing")
