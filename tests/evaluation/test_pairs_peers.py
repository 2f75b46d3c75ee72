"""Peers of the search for all pairs are timed, and what they miss is said."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pytest

from lookalike.errors import UsageError
from lookalike.evaluation.faiss_peers import FaissFlat
from lookalike.evaluation.pairs_benchmark import planted
from lookalike.evaluation.pairs_peers import PAIRS_PEERS, SCAN, PynearMIH, measure_peers
from lookalike.indexes.scan import Scan


@pytest.mark.parametrize("radius", [4, 20])
def test_peers_find_all(radius: int) -> None:
    pytest.importorskip("faiss")
    pytest.importorskip("pynear")
    codes, _ = planted(2000, 256, radius, "uniform")
    names = [SCAN, *PAIRS_PEERS]
    found = measure_peers(codes, 256, radius, 2, names, rounds=2, budget=0.01)
    assert [peer.name for peer in found] == names
    for peer in found:
        assert (peer.missing, peer.recall) == ("", 1.0)
        assert peer.version
        assert peer.asked > 0
        assert peer.seconds > 0


def test_what_a_peer_misses_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss")
    codes, _ = planted(500, 64, 5, "clustered")
    within = FaissFlat.within
    monkeypatch.setattr(FaissFlat, "within", lambda self, q, radius: within(self, q, radius - 3))
    found = measure_peers(codes, 64, 8, 1, ["faiss-flat"], budget=0.01)
    assert 0 < found[0].recall < 1


def test_pynear_finds_what_a_scan_finds() -> None:
    pytest.importorskip("pynear")
    codes, _ = planted(800, 128, 9, "clustered")
    peer = PynearMIH(1)
    peer.build(codes, 128, radius=9)
    peer.most = 100
    offsets, rows = peer.within(codes[:50], 9)
    true = Scan(codes, 128).within(codes[:50], 9)
    assert offsets.tolist() == true.offsets.tolist()
    for low, high in pairwise(offsets):
        assert set(rows[low:high].tolist()) == set(true.ids[low:high].tolist())
    assert (peer.search(codes[:5], 1)[:, 0] == np.arange(5)).all()


def test_a_peer_that_is_not_there_takes_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynear", None)
    codes, _ = planted(100, 64, 5, "uniform")
    found = measure_peers(codes, 64, 5, 1, ["pynear-mih", "scan"], budget=0.01)
    assert "pip install pynear" in found[0].missing
    assert found[1].missing == ""


def test_unknown_peers_are_refused() -> None:
    codes, _ = planted(100, 64, 5, "uniform")
    with pytest.raises(UsageError, match="no peer annoy"):
        measure_peers(codes, 64, 5, 1, ["annoy"])
