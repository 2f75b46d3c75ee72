"""Which questions tables pay for."""

from __future__ import annotations

from index_twin import members

from lookalike.indexes import paying
from lookalike.indexes.multihash import MultiHash


def test_size_radius_and_batch_decide() -> None:
    """By size, radius and batch; figures are in the docstring of KeptIndex."""

    def chosen(n: int, reach: int, batch: bool = False) -> bool:
        return paying.pays(n, 256, 31, reach, batch)

    for n in (10**4, 10**5):
        assert not any(chosen(n, reach) for reach in (8, 31, 48, 64))
        assert not any(chosen(n, reach, True) for reach in (31, 48, 64))
    assert chosen(10**6, 8)
    assert chosen(10**6, 31)
    assert chosen(10**6, 48)
    assert not chosen(10**6, 64)
    assert chosen(10**6, 31, True)
    assert not chosen(10**6, 48, True)
    assert chosen(10**7, 48, True)
    assert not chosen(10**7, 64)
    assert not chosen(10**7, 90)


def test_bytes_are_those_of_the_tables() -> None:
    index = MultiHash(members(3000, 256), 256)
    assert abs(paying.table_bytes(3000, 256, 31) / index.nbytes - 1) < 0.01
    assert paying.tables_of(3000, 256, 31) == index.layout.tables
