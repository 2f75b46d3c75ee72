"""Models from a hub: a real server on this machine, with the layout and the answers of the hub."""

from __future__ import annotations

import hashlib
from pathlib import Path

import hub_models
import pytest
from hub_server import Hub

from lookalike.encoders import registry
from lookalike.encoders.fitted import FittedEncoder
from lookalike.encoders.hub import snapshot
from lookalike.errors import LookalikeError, ModelError

COMMIT, LATER = "a1" * 20, "b2" * 20


@pytest.fixture
def model(hub: Hub, tmp_path: Path) -> Path:
    """``Ana/clip`` on the hub; the folder that it serves."""
    folder = hub_models.clip(tmp_path / "served" / "clip")
    hub.models["Ana/clip"] = (folder, COMMIT)
    return folder


def one_line(error: pytest.ExceptionInfo[LookalikeError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_model_is_fetched_once_and_pinned(hub: Hub, model: Path) -> None:
    told: list[tuple[int, int]] = []
    name = registry.resolve("hub:Ana/clip", progress=lambda *both: told.append(both))
    assert name == f"hub:Ana/clip@{COMMIT}"
    # What was asked for: the list, and what the image tower takes. Nothing else left this machine.
    assert hub.asked == [
        "api/models/Ana/clip/revision/main",
        f"Ana/clip/resolve/{COMMIT}/preprocessor_config.json",
        f"Ana/clip/resolve/{COMMIT}/onnx/vision_model.onnx",
        f"cdn{model}/onnx/vision_model.onnx",
    ]
    sizes = [(model / n).stat().st_size for n in ("preprocessor_config.json",)]
    sizes.append((model / "onnx" / "vision_model.onnx").stat().st_size)
    assert told[-1] == (sum(sizes), sum(sizes))
    assert told == sorted(told)
    hub.asked.clear()
    encoder = registry.load(name)
    assert isinstance(encoder, FittedEncoder)
    assert (encoder.name, encoder.recipe.text) == ("clip", True)
    assert hub.asked == []  # a commit never changes
    # It is the same encoder as that of the folder itself.
    assert encoder.fingerprint == registry.load(f"hub:{model}").fingerprint


def test_a_revision_is_resolved_anew_and_a_commit_is_not(hub: Hub, model: Path) -> None:
    assert registry.resolve("hub:Ana/clip@v1") == f"hub:Ana/clip@{COMMIT}"
    (model / "README.md").write_text("news")
    hub.models["Ana/clip"] = (model, LATER)
    assert registry.resolve("hub:Ana/clip@v1") == f"hub:Ana/clip@{LATER}"
    assert registry.resolve(f"hub:Ana/clip@{COMMIT}") == f"hub:Ana/clip@{COMMIT}"


def test_precisions_are_files_of_their_own(hub: Hub, model: Path) -> None:
    assert registry.resolve("hub:Ana/clip:fp16") == f"hub:Ana/clip@{COMMIT}:fp16"
    assert f"Ana/clip/resolve/{COMMIT}/onnx/vision_model_fp16.onnx" in hub.asked
    assert registry.load(f"hub:Ana/clip@{COMMIT}:fp16").name == "clip-fp16"
    with pytest.raises(ModelError) as error:
        registry.resolve("hub:Ana/clip:q8")
    assert "there are fp32, fp16: add :fp32" in one_line(error)


def test_the_text_tower_is_fetched_when_it_is_asked_for(hub: Hub, model: Path) -> None:
    encoder = registry.load("hub:Ana/clip")
    assert isinstance(encoder, FittedEncoder)
    hub.asked.clear()
    tower = encoder.recipe.origin.text_tower(16)
    assert tower.features("a red picture").shape == (hub_models.WIDTH,)
    assert [path.removeprefix(f"Ana/clip/resolve/{COMMIT}/") for path in hub.asked] == [
        "tokenizer.json",
        "config.json",
        "tokenizer_config.json",
        "onnx/text_model.onnx",
        f"cdn{model}/onnx/text_model.onnx",
    ]
    hub.asked.clear()
    encoder.recipe.origin.text_tower(16)
    assert hub.asked == []


def test_a_cut_connection_is_gone_on_with(hub: Hub, model: Path) -> None:
    hub.cut = 5000
    registry.resolve("hub:Ana/clip")
    file = snapshot("Ana/clip", COMMIT).folder / "onnx" / "vision_model.onnx"
    assert file.read_bytes() == (model / "onnx" / "vision_model.onnx").read_bytes()
    assert hub.asked.count(f"Ana/clip/resolve/{COMMIT}/onnx/vision_model.onnx") == 2


@pytest.mark.parametrize("name", ["onnx/vision_model.onnx", "preprocessor_config.json"])
def test_what_has_another_checksum_is_refused(hub: Hub, model: Path, name: str) -> None:
    listed = snapshot("Ana/clip", "main")
    data = bytearray((model / name).read_bytes())
    data[len(data) // 2] ^= 1
    (model / name).write_bytes(data)
    with pytest.raises(ModelError) as error:
        listed.fetch([name])
    assert "isn't the published file" in one_line(error)
    assert listed.missing([name]) == [name]


def test_a_changed_file_in_the_cache_is_noticed(hub: Hub, model: Path) -> None:
    encoder = registry.load("hub:Ana/clip")
    assert isinstance(encoder, FittedEncoder)
    file = snapshot("Ana/clip", COMMIT).folder / "onnx" / "vision_model.onnx"
    data = bytearray(file.read_bytes())
    data[-3] ^= 1
    file.write_bytes(data)
    with pytest.raises(ModelError, match="was replaced"):
        encoder.recipe.tower()


def test_a_gated_model_takes_a_token(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.token = "hf_secret"
    with pytest.raises(ModelError) as error:
        registry.resolve("hub:Ana/clip")
    assert "set HF_TOKEN" in one_line(error)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert registry.resolve("hub:Ana/clip") == f"hub:Ana/clip@{COMMIT}"


def test_what_isn_t_there_is_said(hub: Hub, model: Path) -> None:
    for name in ("hub:Ana/other", "hub:Ana/clip@v7"):
        with pytest.raises(ModelError) as error:
            registry.resolve(name)
        assert "check both" in one_line(error)
    (model / "preprocessor_config.json").unlink()
    with pytest.raises(ModelError, match=r"has no preprocessor_config\.json"):
        registry.resolve("hub:Ana/clip")


def test_without_a_connection_what_was_fetched_is_taken(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError) as error:
        registry.resolve("hub:Ana/clip")
    assert "can't be asked" in one_line(error)
    assert "give hub:FOLDER" in one_line(error)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    registry.resolve("hub:Ana/clip")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert registry.resolve("hub:Ana/clip") == f"hub:Ana/clip@{COMMIT}"
    assert registry.load("hub:Ana/clip").name == "clip"


def test_the_user_can_forbid_to_ask(hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        registry.resolve("hub:Ana/clip")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    registry.resolve("hub:Ana/clip")
    hub.asked.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    registry.load("hub:Ana/clip")
    assert hub.asked == []


def test_a_server_of_another_kind_is_refused(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for commit, message in (("main", "named no commit"), ("../../etc", "named no commit")):
        hub.models["Ana/clip"] = (model, commit)
        with pytest.raises(ModelError, match=message) as error:
            registry.resolve("hub:Ana/clip")
        one_line(error)
    monkeypatch.setenv("HF_ENDPOINT", f"{hub.url}/cdn{model}/config.json?")
    with pytest.raises(ModelError, match="another form") as error:
        registry.resolve("hub:Ana/clip")
    one_line(error)


def test_large_weights_beside_the_model_come_too(hub: Hub, tmp_path: Path) -> None:
    import onnx

    folder = hub_models.dino(tmp_path / "served" / "dino")
    file = folder / "onnx" / "model.onnx"
    inside = registry.load(f"hub:{folder}")
    onnx.save(
        onnx.load(file),
        file,
        save_as_external_data=True,
        location="model.onnx_data",
        size_threshold=1000,
    )
    hub.models["Ana/dino"] = (folder, COMMIT)
    encoder = registry.load("hub:Ana/dino")
    assert isinstance(encoder, FittedEncoder)
    assert list(encoder.recipe.digests) == ["onnx/model.onnx", "onnx/model.onnx_data"]
    weights = snapshot("Ana/dino", COMMIT).folder / "onnx" / "model.onnx_data"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert encoder.recipe.digests["onnx/model.onnx_data"] == digest
    import numpy as np

    picture = np.full((20, 20, 3), 200, np.uint8)
    np.testing.assert_array_equal(encoder.encode([picture]).codes, inside.encode([picture]).codes)
