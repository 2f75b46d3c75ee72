"""Which index answers a question soonest, by what searching costs on this machine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lookalike.codes.bits import words_for
from lookalike.errors import UsageError
from lookalike.indexes.arguments import check_k, check_radius
from lookalike.indexes.costs import Costs, machine_costs
from lookalike.indexes.multihash_layout import choose as lay_out
from lookalike.indexes.multihash_layout import cost

__all__ = ["Choice", "choose", "expected_distance"]


@dataclass(frozen=True, slots=True)
class Choice:
    """An index, and why.

    Attributes:
        index: ``scan`` or ``multihash``; both are exact.
        reason: one line, for people.
        costs: microseconds a query that each would take.
    """

    index: Literal["scan", "multihash"]
    reason: str
    costs: dict[str, float]


def choose(
    size: int,
    bits: int,
    *,
    k: int | None = None,
    radius: int | None = None,
    distance: int | None = None,
    batch: bool = False,
    laid_out: int | None = None,
    costs: Costs | None = None,
) -> Choice:
    """The index that answers soonest.

    The scan takes the same time whatever is asked. Multi-index hashing takes a time that grows
    with the radius, and for the k nearest with the distance of the k-th: that is what it has to
    look up to before it can be sure.

    Args:
        size: number of codes.
        bits: their width.
        k: neighbours wanted; or
        radius: in bits.
        distance: with ``k``, at which the k-th neighbour usually is; if omitted, where it is
            expected among uniform codes, which is farther than among any others.
        batch: whether many queries come at once.
        laid_out: radius that the tables are laid out for; that of the question if omitted.
        costs: on this machine; measured at first use and kept if omitted.

    Raises:
        UsageError: an argument out of range, or not one of ``k`` and ``radius``.
    """
    if size < 0:
        raise UsageError(f"a database has at least 0 codes, not {size}")
    words = words_for(bits)
    if (k is None) == (radius is None):
        raise UsageError("choosing an index takes k or a radius: one of them")
    if radius is not None:
        reach = check_radius(radius)
        asked = f"{radius} of {bits} bits"
    elif k is not None:
        reach = expected_distance(size, bits, check_k(k)) if distance is None else distance
        asked = f"the {k} nearest, about {reach} of {bits} bits away"
    if costs is None:
        costs = machine_costs()
    reach = min(check_radius(reach), bits)
    scan = costs.scan(size, words, batch=batch)
    hashing = math.inf
    if size:
        layout = lay_out(size, bits, reach if laid_out is None else check_radius(laid_out))
        hashing = costs.hashing(cost(layout, size, reach), batch=batch)
    found = {"scan": 1e6 * scan, "multihash": 1e6 * hashing}
    index: Literal["scan", "multihash"] = "multihash" if hashing < scan else "scan"
    other = "scan" if index == "multihash" else "multihash"
    reason = (
        f"{size:,} codes, {asked}: {index} takes about {_time(found[index])} a query, "
        f"{other} {_time(found[other])}"
    )
    return Choice(index, reason, found)


def expected_distance(size: int, bits: int, k: int) -> int:
    """The distance within which k of ``size`` uniform codes of so many bits are expected.

    Raises:
        UsageError: ``bits`` or ``k`` out of range.
    """
    words_for(bits)
    k = check_k(k)
    if size <= k:
        return bits
    # Logarithms: the binomials of 4096 bits are beyond a float.
    shells = np.arange(bits + 1)
    logs = np.array([_log_binomial(bits, int(shell)) for shell in shells]) - bits * math.log(2)
    within = np.cumsum(np.exp(logs))
    return int(np.searchsorted(within, k / size))


def _log_binomial(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _time(microseconds: float) -> str:
    if math.isinf(microseconds):
        return "forever"
    if microseconds < 1000:
        return f"{microseconds:.3g} us"
    if microseconds < 1e6:
        return f"{microseconds / 1e3:.3g} ms"
    return f"{microseconds / 1e6:.3g} s"
