"""Weights to start from, on a real server on this machine that answers as the hub does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hub_server import Hub
from safetensors.torch import save_file

from lookalike.errors import ModelError, UsageError
from lookalike.training.config import Config
from lookalike.training.networks.resnet50 import ResNet50
from lookalike.training.shipping import attribution
from lookalike.training.weights import FILE, located, pinned

COMMIT = "c3" * 20
PIXELS = torch.randint(0, 256, (2, 32, 32, 3), dtype=torch.uint8)


@pytest.fixture
def network(hub: Hub, tmp_path: Path) -> ResNet50:
    """A small one, whose weights are ``timm/small`` on the hub."""
    torch.manual_seed(3)
    made = ResNet50(blocks=(1, 1, 1, 1)).eval()
    folder = tmp_path / "served" / "small"
    folder.mkdir(parents=True)
    save_file(made.state_dict(), folder / FILE)
    hub.models["timm/small"] = (folder, COMMIT)
    return made


def test_weights_are_fetched_once_and_pinned(hub: Hub, network: ResNet50) -> None:
    told: list[tuple[int, int]] = []
    name = pinned("hub:timm/small", lambda *both: told.append(both))
    assert name == f"hub:timm/small@{COMMIT}"
    assert told
    assert told[-1][0] == told[-1][1]
    hub.asked.clear()
    loaded = ResNet50(located(name), blocks=(1, 1, 1, 1)).eval()
    with torch.inference_mode():
        torch.testing.assert_close(loaded(PIXELS), network(PIXELS))
    assert pinned(name) == name
    assert hub.asked == []
    assert attribution(Config(network="resnet50", weights=name)) == f"weights of {name}"


def test_a_cut_connection_is_gone_on_with(hub: Hub, network: ResNet50) -> None:
    hub.cut = 100_000
    assert pinned("hub:timm/small").endswith(COMMIT)
    assert hub.asked.count(f"timm/small/resolve/{COMMIT}/{FILE}") == 2


def test_other_weights_than_stated_are_refused(
    hub: Hub, network: ResNet50, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hub_server

    listing = hub_server.listing

    def wrong(folder: Path, commit: str) -> dict[str, object]:
        told = listing(folder, commit)
        told["siblings"][0]["blobId"] = "0" * 40
        return told

    monkeypatch.setattr(hub_server, "listing", wrong)
    with pytest.raises(ModelError, match="timm/small"):
        pinned("hub:timm/small")


def test_what_is_not_there_is_said(
    hub: Hub, network: ResNet50, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "served" / "empty"
    empty.mkdir()
    (empty / "README.md").write_text("nothing")
    hub.models["timm/empty"] = (empty, COMMIT)
    with pytest.raises(ModelError, match=r"no model\.safetensors"):
        pinned("hub:timm/empty")
    with pytest.raises(UsageError, match="give the file itself"):
        pinned("hub:./folder")
    name = pinned("hub:timm/small")
    located(name).unlink()
    with pytest.raises(ModelError, match="no longer in the cache"):
        located(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
        pinned("hub:timm/another")


def test_a_file_stays_what_it_is() -> None:
    assert pinned("weights.safetensors") == "weights.safetensors"
    assert located("weights.safetensors") == Path("weights.safetensors")
