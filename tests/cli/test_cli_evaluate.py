"""``lookalike evaluate``."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Run = Callable[..., Any]

KEYS = (
    "model bits by data protocol queries database map map_at precision_at recall_at "
    "class_precision class_map precision_within found_within map_bounds tied_at unique_codes "
    "collisions seen seconds stages published"
)


@pytest.fixture
def kinds(photos: Path, tmp_path: Path) -> Path:
    """``kinds/alive`` and ``kinds/dead`` with four photographs each."""
    alive = ("astronaut", "chelsea", "camera", "grass")
    for photo in photos.iterdir():
        folder = tmp_path / "kinds" / ("alive" if photo.stem in alive else "dead")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(photo, folder)
    return tmp_path / "kinds"


def test_json_has_the_keys_and_nothing_else(run: Run, kinds: Path) -> None:
    done = run("evaluate", "pdq", "kinds", "--protocol", "folder-80-20", "--json")
    assert done.code == 0
    assert " ".join(done.json) == KEYS
    found = done.json
    assert (found["model"], found["bits"], found["data"]) == ("pdq", 256, "kinds")
    assert (found["queries"], found["database"]) == (2, 6)
    assert found["protocol"] == "folder-80-20"
    assert 0 <= found["map"] <= 1
    assert set(found["class_precision"]) == {"alive", "dead"}
    again = run("evaluate", "pdq", "kinds", "--protocol", "resisc-80-20", "--json")
    assert again.json | {"seconds": 0} == found | {"seconds": 0}


def test_figures_for_people(run: Run, kinds: Path) -> None:
    done = run("evaluate", "pdq", "kinds", "--protocol", "thesis", "-k", "3")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "pdq (256 bits), kinds by thesis: 8 queries in 8 pictures"
    # By this protocol each picture finds itself first.
    assert any(line.split() == ["1", "1.0000", "0.2500", "1.0000", "1.0"] for line in lines)
    assert "\t" not in done.out
    assert any(line.startswith("mean average precision") for line in lines)
    assert any(line.split()[0] == "alive" for line in lines if line)


def test_a_data_set_has_a_protocol_of_its_own(run: Run, kinds: Path) -> None:
    kinds.rename(kinds.parent / "my\tpictures")
    done = run("evaluate", "pdq", "my\tpictures")
    assert done.code == 0
    assert '"my\\tpictures" by folder-80-20: 2 queries in 6 pictures' in done.out
    assert "\t" not in done.out
    # Its old name is still understood.
    old = run("evaluate", "pdq", "my\tpictures", "--protocol", "resisc-80-20", "--json")
    assert old.json["protocol"] == "folder-80-20"


def test_codes_of_a_file_and_real_features(run: Run, kinds: Path) -> None:
    assert run("encode", "kinds", "--code", "photo", "--out", "codes.npz").code == 0
    wanted = run("evaluate", "photo", "kinds", "--protocol", "thesis", "--json").json
    kept = run("evaluate", "codes.npz", "kinds", "--protocol", "thesis", "--json").json
    changed = {"seconds": 0, "model": "", "seen": None}  # of a file of codes nobody knows
    assert kept | changed == wanted | changed
    real = run("evaluate", "codes.npz", "kinds", "--protocol", "thesis", "--json", "--embeddings")
    assert real.code == 0
    assert real.json["bits"] is None
    assert (real.json["by"], real.json["precision_at"]["1"]) == ("embedding", 1.0)


def test_the_first_bits_of_codes(run: Run, kinds: Path) -> None:
    words = ("evaluate", "pdq", "kinds", "--protocol", "thesis")
    done = run(*words, "--bits", "20")
    assert done.code == 0
    assert done.out.splitlines()[0] == "pdq (20 bits), kinds by thesis: 8 queries in 8 pictures"
    whole = run(*words, "--json").json
    assert run(*words, "--bits", "256", "--json").json["map"] == whole["map"]
    refused = run(*words, "--bits", "257")
    assert refused.code == 2
    assert "pdq has 256 bits: its first 257 can't be taken" in refused.err
    assert run(*words, "--bits", "20", "--embeddings").code == 2


def test_a_database_that_grows(run: Run, kinds: Path) -> None:
    shutil.copytree(kinds / "dead", kinds / "more")
    for path in (kinds / "more").iterdir():
        with Image.open(path) as image:
            image.convert("L").rotate(90).save(path.with_suffix(".png"))
        path.unlink()
    done = run("evaluate", "pdq", "kinds", "--protocol", "incremental")
    assert done.code == 0
    assert "while the database grows, and no code is made again:" in done.out
    table = [line.split() for line in done.out.splitlines()[-3:]]
    assert table[0][:3] == ["classes", "pictures", "queries"]
    assert [row[:3] for row in table[1:]] == [["2", "6", "2"], ["3", "9", "3"]]
    (before, after) = run("evaluate", "pdq", "kinds", "--protocol", "incremental", "--json").json[
        "stages"
    ]
    assert (before["added"], before["map_added"]) == (None, None)
    assert after["added"] in ("alive", "dead", "more")


def test_the_order_of_a_search(run: Run, kinds: Path) -> None:
    command = ("evaluate", "photo", "kinds", "--protocol", "thesis", "--search")
    found = run(*command, "--json").json
    assert (found["by"], found["bits"], found["precision_at"]["1"]) == ("search", 256, 1.0)
    lines = run(*command).out.splitlines()
    assert lines[0].startswith("photo-256 (256 bits, in the order of a search), kinds by thesis")
    assert not any(line.startswith("precision within") for line in lines)
    by_codes = run("evaluate", "pdq", "kinds", "--protocol", "thesis", "--search", "--json")
    assert (by_codes.json["by"], by_codes.json["precision_at"]["1"]) == ("search", 1.0)


def test_codes_are_kept(run: Run, kinds: Path, tmp_path: Path) -> None:
    done = run("evaluate", "photo", "kinds", "--protocol", "thesis", "--keep", "k.npz", "--json")
    assert done.code == 0
    assert done.err.endswith("8 codes written: k.npz\n")
    with np.load(tmp_path / "k.npz") as file:
        assert {name: (file[name].shape, str(file[name].dtype)) for name in file.files} == {
            "codes": ((8, 32), "uint8"),
            "bits": ((), "int64"),
            "digests": ((8, 32), "uint8"),
            "embeddings": ((8, 256), "float16"),
            "learned_digests": ((1510, 8), "uint8"),
            "learned_codes": ((1509, 32), "uint8"),
            "learned_complete": ((), "bool"),
        }
    for path in list(kinds.rglob("*.jpg")):  # found by content, whatever their names
        path.rename(path.with_name(f"renamed {path.name}"))
    for extra in ((), ("--embeddings",)):
        arguments = ("kinds", "--protocol", "resisc-80-20", "--json", *extra)
        wanted, kept = run("evaluate", "photo", *arguments), run("evaluate", "k.npz", *arguments)
        assert kept.code == 0
        assert kept.json["map"] == pytest.approx(wanted.json["map"], abs=1e-3)
    assert run("evaluate", "pdq", "kinds", "--protocol", "thesis", "--keep", "k.txt").code == 2


def test_plots(run: Run, kinds: Path, tmp_path: Path) -> None:
    done = run(
        *("evaluate", "pdq", "kinds", "--protocol", "thesis", "--plots", "plots"),
        *("--query", "chelsea.jpg"),
    )
    assert done.code == 0
    names = ["confusion", "distances", "map", "neighbours", "precision-recall"]
    assert sorted(path.stem for path in (tmp_path / "plots").iterdir()) == names
    assert "plots/map.png" in done.err


def test_cifar10_is_found_in_the_data_folder(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "somewhere" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]:
        data = rng.integers(0, 256, (10, 3072), dtype=np.uint8)
        fields = {b"data": data, b"labels": list(range(10)), b"filenames": [b"x.png"] * 10}
        (folder / name).write_bytes(pickle.dumps(fields))
    names = {b"label_names": [b"c%d" % n for n in range(10)]}
    (folder / "batches.meta").write_bytes(pickle.dumps(names))
    done = run(
        *("evaluate", "pdq", "cifar10", "--protocol", "cifar10-full", "--json"),
        *("--data-dir", "somewhere"),
    )
    assert done.code == 0
    assert (done.json["queries"], done.json["database"]) == (10, 50)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("pdq", "kinds", "--protocol", "cifar10-full"), 2, "is for CIFAR-10"),
        (("pdq", "nowhere", "--protocol", "thesis"), 2, "no data set"),
        (("pdk", "kinds", "--protocol", "thesis"), 2, "no encoder"),
        (("gone.npz", "kinds", "--protocol", "thesis"), 1, "gone.npz"),
        (("pdq", "cifar10", "--protocol", "thesis", "--data-dir", "kinds"), 1, "--download"),
        (("pdq", "resisc45", "--protocol", "thesis", "--data-dir", "kinds"), 1, "RESISC45"),
        (("pdq", "photos", "--protocol", "thesis"), 2, "no labels"),
        (("pdq", "kinds", "--protocol", "best"), 2, "best"),
        (("pdq", "kinds", "--protocol", "thesis", "--embeddings"), 2, "no embeddings"),
        (("pdq", "kinds", "--protocol", "thesis", "--query", "a"), 2, "--plots"),
        (
            ("photo", "kinds", "--protocol", "thesis", "--embeddings", "--plots", "p"),
            2,
            "plots are of codes",
        ),
        (
            ("photo", "kinds", "--protocol", "thesis", "--search", "--plots", "p"),
            2,
            "plots are of codes",
        ),
        (
            ("photo", "kinds", "--protocol", "thesis", "--search", "--embeddings"),
            2,
            "--search or --embeddings",
        ),
        (
            ("pdq", "kinds", "--protocol", "thesis", "--plots", "p", "--query", "zebra"),
            2,
            "no query is named",
        ),
    ],
)
def test_what_can_not_be_measured(
    run: Run, kinds: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    done = run("evaluate", *arguments)
    assert done.code == code
    assert done.out == ""
    lines = done.err.strip().splitlines()
    # Before it there may be lines about steps, where they take long.
    assert sum(line.startswith("lookalike: ") for line in lines) == 1
    assert told in lines[-1]
