"""Models from a hub: a real server on this machine, with the layout and the answers of the hub."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import hub_models
import huggingface_hub
import pytest
from hub_server import Hub

from lookalike.encoders import registry
from lookalike.encoders.fitted import FittedEncoder
from lookalike.encoders.hub import cache_folder, snapshot
from lookalike.errors import LookalikeError, MissingExtraError, ModelError, UsageError

unix = pytest.mark.skipif(os.name == "nt", reason="links need a right of their own there")

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
        f"Ana/clip/resolve/{COMMIT}/config.json",
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

    picture = np.full((16, 16, 3), 200, np.uint8)
    np.testing.assert_array_equal(encoder.encode([picture]).codes, inside.encode([picture]).codes)


def damage(file: Path) -> None:
    """Change a byte of a file in the cache, where the bytes are, and not its size."""
    file = file.resolve()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


FILES = ["onnx/vision_model.onnx", "preprocessor_config.json"]


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_in_the_cache_becomes_nobodys_model(
    hub: Hub, model: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = registry.load("hub:Ana/clip")
    file = snapshot("Ana/clip", COMMIT).folder / name
    damage(file)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for asked in ("hub:Ana/clip", f"hub:Ana/clip@{COMMIT}"):
        with pytest.raises(ModelError, match="isn't whole in the cache") as error:
            registry.load(asked)
        assert f"{file} is damaged" in one_line(error)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    # With a connection that one file is fetched again.
    hub.asked.clear()
    assert registry.load(f"hub:Ana/clip@{COMMIT}").fingerprint == encoder.fingerprint
    assert hub.asked[0] == f"Ana/clip/resolve/{COMMIT}/{name}"
    assert all(name in asked for asked in hub.asked)
    assert file.read_bytes() == (model / name).read_bytes()


def test_a_damaged_text_tower_answers_nobody(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = registry.load("hub:Ana/clip")
    assert isinstance(encoder, FittedEncoder)
    encoder.recipe.origin.text_tower(16)
    damage(snapshot("Ana/clip", COMMIT).folder / "onnx" / "text_model.onnx")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="isn't whole in the cache"):
        encoder.recipe.origin.text_tower(16)


def test_a_gated_model_shows_its_list_and_not_its_files(
    hub: Hub, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.token, hub.gated = "hf_secret", True
    with pytest.raises(ModelError, match=r"\(401\).*accept its conditions") as error:
        registry.resolve("hub:Ana/clip")
    assert "'hf auth login' or set HF_TOKEN" in one_line(error)
    # As 'hf auth login' leaves it.
    (tmp_path / "token").write_text("hf_secret\n")
    assert registry.resolve("hub:Ana/clip") == f"hub:Ana/clip@{COMMIT}"


def test_no_error_shows_a_token(hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.token = "hf_right"
    for wrong in ("hf_wrong", "hf_wr\u00f6ng", "hf_wrong\u2026"):
        monkeypatch.setenv("HF_TOKEN", wrong)
        with pytest.raises(LookalikeError) as error:
            registry.resolve("hub:Ana/clip")
        assert "hf_w" not in one_line(error)
    monkeypatch.setenv("HF_ENDPOINT", hub.url.replace("://", "://ana:secret@"))
    with pytest.raises(UsageError, match="set HF_TOKEN") as refused:
        registry.resolve("hub:Ana/clip")
    assert "secret" not in one_line(refused)


def test_a_hub_that_is_down(hub: Hub, model: Path) -> None:
    hub.broken = 503
    with pytest.raises(ModelError, match="503") as error:
        registry.resolve("hub:Ana/clip")
    assert "can't be asked" in one_line(error)
    hub.broken = None
    registry.resolve("hub:Ana/clip")
    hub.broken = 503
    assert registry.resolve("hub:Ana/clip") == f"hub:Ana/clip@{COMMIT}"


@unix
def test_what_another_program_fetched_is_taken(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FILES:
        huggingface_hub.hf_hub_download(
            "Ana/clip", name, cache_dir=cache_folder(), endpoint=hub.url, token=False
        )
    hub.asked.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert registry.resolve("hub:Ana/clip") == f"hub:Ana/clip@{COMMIT}"
    assert registry.load(f"hub:Ana/clip@{COMMIT}").name == "clip"
    damage(snapshot("Ana/clip", COMMIT).folder / FILES[0])
    with pytest.raises(ModelError, match="isn't whole in the cache"):
        registry.load(f"hub:Ana/clip@{COMMIT}")
    damage(snapshot("Ana/clip", COMMIT).folder / FILES[0])  # twice is not at all
    assert hub.asked == []
    # With a connection the list is asked for, and what the other program left out.
    monkeypatch.delenv("HF_HUB_OFFLINE")
    registry.load(f"hub:Ana/clip@{COMMIT}")
    assert hub.asked == [
        f"api/models/Ana/clip/revision/{COMMIT}",
        f"Ana/clip/resolve/{COMMIT}/config.json",
    ]


@unix
def test_other_programs_find_what_was_fetched(hub: Hub, model: Path) -> None:
    registry.resolve("hub:Ana/clip")
    found = huggingface_hub.scan_cache_dir(cache_folder())
    assert found.warnings == []
    (repository,) = found.repos
    (revision,) = repository.revisions
    assert (repository.repo_id, revision.commit_hash) == ("Ana/clip", COMMIT)
    assert {Path(file.file_path).name for file in revision.files} == {
        "vision_model.onnx",
        "preprocessor_config.json",
        "config.json",
    }
    hub.asked.clear()
    path = huggingface_hub.hf_hub_download(
        "Ana/clip", FILES[0], revision=COMMIT, cache_dir=cache_folder(), endpoint=hub.url
    )
    assert Path(path).read_bytes() == (model / FILES[0]).read_bytes()
    assert hub.asked == []


def test_without_links_the_files_are_there_once(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on a file system that has none: huggingface_hub copies then.
    monkeypatch.setattr("huggingface_hub.file_download.are_symlinks_supported", lambda *_: False)
    monkeypatch.setenv("HF_HUB_DISABLE_SYMLINKS_WARNING", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_SYMLINKS_WARNING", True)
    encoder = registry.load("hub:Ana/clip")
    there = [path for path in cache_folder().rglob("*") if path.name == "vision_model.onnx"]
    assert [path.is_symlink() for path in there] == [False]
    assert list(cache_folder().rglob("blobs/*")) == []
    hub.asked.clear()
    assert registry.load(f"hub:Ana/clip@{COMMIT}").fingerprint == encoder.fingerprint
    damage(there[0])
    assert registry.load(f"hub:Ana/clip@{COMMIT}").fingerprint == encoder.fingerprint
    assert len(hub.asked) == 2


def test_the_library_of_the_hub_is_asked_for_when_it_is_needed(
    hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = registry.resolve("hub:Ana/clip")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert registry.load(name).name == "clip"  # it is in the cache
    with pytest.raises(MissingExtraError, match=r"pip install '.+\[hub\]'"):
        registry.load("hub:Ana/clip")


def test_a_model_that_a_build_of_before_fetched(
    hub: Hub, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.resolve("hub:Ana/clip")
    old = tmp_path / "cache" / "lookalike" / "hub" / "Ana" / "clip" / COMMIT
    shutil.copytree(snapshot("Ana/clip", COMMIT).folder, old)
    shutil.rmtree(cache_folder())
    hub.asked.clear()
    encoder = registry.load(f"hub:Ana/clip@{COMMIT}")
    assert isinstance(encoder, FittedEncoder)
    assert encoder.recipe.folder == old
    assert hub.asked == []
    encoder.recipe.origin.text_tower(16)
    assert (old / "onnx" / "text_model.onnx").is_file()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"XDG_CACHE_HOME": "/x"},
        {"XDG_CACHE_HOME": "/x", "HF_HOME": "~/h"},
        {"HF_HOME": "/h", "HUGGINGFACE_HUB_CACHE": "/old"},
        {"HF_HUB_CACHE": "$HOME/c", "HUGGINGFACE_HUB_CACHE": "/old"},
    ],
)
def test_the_cache_is_where_huggingface_hub_has_it(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CACHE_HOME", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    code = "from huggingface_hub.constants import HF_HUB_CACHE; print(HF_HUB_CACHE)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert cache_folder() == Path(told.stdout.strip())
