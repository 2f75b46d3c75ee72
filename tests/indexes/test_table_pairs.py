"""Pairs by tables: each once, and never much at a time."""

from __future__ import annotations

import numpy as np
import pytest
from index_twin import listed, members, same_pairs

from lookalike.codes.bits import to_words
from lookalike.indexes import table_pairs
from lookalike.indexes.scan import Scan


@pytest.mark.parametrize("bits", [1, 60, 64, 65, 256])
@pytest.mark.parametrize("words", [False, True])
def test_equals_all_pairs(bits: int, words: bool) -> None:
    codes = members(400, bits)
    scan = Scan(codes, bits)
    given = to_words(codes) if words else codes
    found = table_pairs.table_pairs(
        lambda queries: scan.within(queries, bits // 12), given, bits, np.arange(400)
    )
    same_pairs(listed(found), codes, np.arange(400), bits // 12)


def test_many_copies_are_found_little_by_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_pairs, "_FOUND", 2000)
    codes = members(700, 64)
    codes[200:500] = codes[0]
    scan, sizes, all_found = Scan(codes, 64), [], []
    found = table_pairs.table_pairs(lambda q: scan.within(q, 3), codes, 64, np.arange(700))
    for pairs in found:
        sizes.append(len(pairs[0]))
        all_found.append(pairs)
    assert max(sizes[5:]) < 6000
    same_pairs(listed(iter(all_found)), codes, np.arange(700), 3)
