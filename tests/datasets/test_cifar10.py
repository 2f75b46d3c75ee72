"""CIFAR-10 as a data set: from its batches, from class folders, fetched."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dataset_files import CLASSES, write_classes
from PIL import Image

from lookalike.datasets import load
from lookalike.datasets.cifar10 import (
    FOLDER,
    fetch_cifar10,
    load_cifar10,
    read_cifar10,
    unpack_cifar10,
)
from lookalike.download import Checksum
from lookalike.errors import LookalikeError

Serve = Callable[..., Any]

DATA = os.environ.get("LOOKALIKE_DATA")  # before the tests are kept off it


def test_the_batches_are_its_parts(cifar: Path) -> None:
    data = load_cifar10(cifar.parent)
    assert (data.name, data.kind, data.class_names) == ("cifar10", "cifar10", CLASSES)
    assert data.train.pictures.shape == (100, 32, 32, 3)  # type: ignore[union-attr]
    assert data.test.pictures.shape == (20, 32, 32, 3)  # type: ignore[union-attr]
    assert data.validation is None
    assert data.train.labels is not None
    assert data.train.labels.tolist() == [n % 10 for n in range(20)] * 5
    assert data.train.names[20] == "1_0.png"
    assert data.test.names[0] == "5_0.png"


def test_it_is_found_by_name_and_by_path(cifar: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_DATA", str(cifar.parent))
    wanted = load_cifar10(cifar.parent).train.pictures
    for data in (load("cifar10"), load("cifar"), load(cifar), load(str(cifar.parent))):
        assert data.kind == "cifar10"
        assert np.array_equal(data.train.pictures, wanted)


def test_what_is_missing_is_named(cifar: Path, tmp_path: Path) -> None:
    (cifar / "data_batch_4").unlink()
    with pytest.raises(LookalikeError, match="lacks data_batch_4"):
        load_cifar10(cifar.parent)
    with pytest.raises(LookalikeError, match="--download"):
        load_cifar10(tmp_path / "nowhere")


def test_class_folders_do_as_well(tmp_path: Path) -> None:
    write_classes(tmp_path / "cifar10" / "train", CLASSES, 3)
    write_classes(tmp_path / "cifar10" / "test", CLASSES, 1, first=100_000)
    data = load_cifar10(tmp_path)
    assert data.kind == "cifar10"
    assert data.train.pictures.shape == (30, 32, 32, 3)  # type: ignore[union-attr]
    assert data.test.names[3] == "test/class3/class3_000.png"
    with Image.open(tmp_path / "cifar10" / data.test.names[3]) as picture:
        assert np.array_equal(np.asarray(picture), data.test.pictures[3])


def test_other_class_folders_do_not(tmp_path: Path) -> None:
    write_classes(tmp_path / "cifar10", CLASSES[:3], 2)
    with pytest.raises(LookalikeError, match="3 class folders"):
        load_cifar10(tmp_path)


def test_it_is_fetched(archive: Path, serve: Serve, tmp_path: Path) -> None:
    content = archive.read_bytes()
    checksum = Checksum("md5", hashlib.md5(content).hexdigest(), len(content))
    server, target, told = serve(content, cuts=[len(content) // 2]), tmp_path / "new", []
    folder = fetch_cifar10(
        target, url=server.url, checksum=checksum, progress=lambda *both: told.append(both)
    )
    assert folder == target / FOLDER
    assert os.listdir(target) == [FOLDER]
    assert len(server.asked) == 2
    assert told[-1] == (len(content), len(content))
    fetched, known = load_cifar10(target), load_cifar10(tmp_path / "data")
    assert np.array_equal(fetched.test.pictures, known.test.pictures)


def test_archives_write_nowhere_else(cifar: Path, tmp_path: Path) -> None:
    file, target = tmp_path / "evil.tar.gz", tmp_path / "deep" / "target"
    target.mkdir(parents=True)
    with tarfile.open(file, "w:gz") as tar:
        tar.add(cifar, FOLDER)
        for name in ("../escaped", str(tmp_path / "escaped"), f"{FOLDER}/../../escaped"):
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b"evil"))
        link = tarfile.TarInfo(f"{FOLDER}/test_batch")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    folder = unpack_cifar10(file, target)
    assert os.listdir(target) == [FOLDER]
    assert sorted(os.listdir(folder)) == sorted(os.listdir(cifar))
    assert not (folder / "test_batch").is_symlink()
    assert not list(tmp_path.rglob("escaped"))


def test_a_link_is_no_batch(cifar: Path, tmp_path: Path) -> None:
    file = tmp_path / "links.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        for path in sorted(cifar.iterdir()):
            link = tarfile.TarInfo(f"{FOLDER}/{path.name}")
            link.type, link.linkname = tarfile.SYMTYPE, str(path)
            tar.addfile(link)
    (tmp_path / "new").mkdir()
    with pytest.raises(LookalikeError, match="lacks data_batch_1"):
        unpack_cifar10(file, tmp_path / "new")
    assert os.listdir(tmp_path / "new") == []


@pytest.mark.parametrize("keep", [0, 10, 1000, -1000])
def test_a_damaged_archive_leaves_nothing(archive: Path, tmp_path: Path, keep: int) -> None:
    archive.write_bytes(archive.read_bytes()[:keep])
    (tmp_path / "new").mkdir()
    with pytest.raises(LookalikeError, match="cifar-10-python"):
        unpack_cifar10(archive, tmp_path / "new")
    assert os.listdir(tmp_path / "new") == []


def test_an_archive_with_a_flaw_is_refused(archive: Path, tmp_path: Path) -> None:
    data = bytearray(archive.read_bytes())
    for place in range(2000, 3000):
        data[place] ^= 255
    archive.write_bytes(data)
    (tmp_path / "new").mkdir()
    with pytest.raises(LookalikeError, match=r"is damaged|lacks"):
        unpack_cifar10(archive, tmp_path / "new")
    assert os.listdir(tmp_path / "new") == []


@pytest.mark.data
@pytest.mark.skipif(
    DATA is None or not (Path(DATA) / FOLDER).is_dir(),
    reason=f"LOOKALIKE_DATA names no folder with {FOLDER}",
)
def test_the_real_one() -> None:
    assert DATA is not None
    whole = read_cifar10(Path(DATA) / FOLDER)
    assert (len(whole.train), len(whole.test)) == (50_000, 10_000)
    assert whole.class_names[3] == "cat"
    everything = whole.everything()
    assert everything.labels is not None
    assert np.bincount(everything.labels).tolist() == [6000] * 10
    assert len(set(everything.digests())) == 60_000
