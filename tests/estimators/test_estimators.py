"""The estimators pass scikit-learn's checks, and say which extra they take."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import parametrize_with_checks

import lookalike
from lookalike.estimators import EXPECTED_FAILED_CHECKS, HammingNeighbors, HashingTransformer

METHODS = ("itq", "pca", "hyperplanes", "sign")


def expected_failures(estimator: Any) -> dict[str, str]:
    packed = isinstance(estimator, HammingNeighbors) and estimator.packed
    return EXPECTED_FAILED_CHECKS if packed else {}


@parametrize_with_checks(
    [
        HammingNeighbors(packed=False),
        HammingNeighbors(packed=True),
        *(HashingTransformer(method=m, packed=p) for m in METHODS for p in (True, False)),
    ],
    expected_failed_checks=expected_failures,
)
def test_checks_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


def test_names_of_the_package() -> None:
    assert lookalike.HammingNeighbors is HammingNeighbors
    assert lookalike.HashingTransformer is HashingTransformer


def test_without_scikit_learn() -> None:
    code = (
        "import sys; sys.modules['sklearn.base'] = None\n"
        "import lookalike, lookalike.indexes.minhash, lookalike.indexes.kdtree\n"
        "for name in ('HammingNeighbors', 'HashingTransformer'):\n"
        "    try: getattr(lookalike, name)\n"
        "    except lookalike.errors.MissingExtraError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.count("[sklearn]") == 2
