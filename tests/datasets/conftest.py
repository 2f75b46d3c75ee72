"""Small data sets in the published layouts."""

from __future__ import annotations

import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
from dataset_files import CLASSES


@pytest.fixture
def cifar(tmp_path: Path) -> Path:
    """``data/cifar-10-batches-py`` with 20 pictures a batch, two of each class."""
    folder = tmp_path / "data" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    for number in range(6):
        name = f"data_batch_{number + 1}" if number < 5 else "test_batch"
        labels = [n % 10 for n in range(20)]
        fields = {
            b"data": rng.integers(0, 256, (20, 3072), dtype=np.uint8),
            b"labels": labels,
            b"filenames": [b"%d_%d.png" % (number, n) for n in range(20)],
        }
        (folder / name).write_bytes(pickle.dumps(fields, protocol=2))
    meta = {b"label_names": [name.encode() for name in CLASSES]}
    (folder / "batches.meta").write_bytes(pickle.dumps(meta))
    return folder


@pytest.fixture
def archive(cifar: Path, tmp_path: Path) -> Path:
    """The same as the published archive has it."""
    file = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        tar.add(cifar, "cifar-10-batches-py")
    return file
