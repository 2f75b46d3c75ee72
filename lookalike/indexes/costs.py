"""What searching costs on this machine: measured when somebody asks, in a second or two, and kept.

No search waits for a measurement: an index chooses by the costs of a typical machine (see
:mod:`lookalike.indexes.paying`). The scan's cost is linear in the codes and in their words, at one
rate while they fit into the processor's cache and at another from memory. Multi-index hashing
counts its work in a unit of its own (see :mod:`lookalike.indexes.multihash_layout`); what is
measured is how long a unit takes.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

import lookalike
from lookalike.indexes.multihash_layout import cost
from lookalike.system.cache import cache_folder
from lookalike.system.processors import processors
from lookalike.system.replacing import replacing

__all__ = ["Costs", "kept_costs", "machine_costs", "measure"]

_log = logging.getLogger(__name__)

_CACHED_WORDS = 1 << 18  # 2 MiB: in the cache of anything that runs this
_MEMORY_WORDS = 1 << 23  # 64 MiB: beyond the cache of most machines
_BATCH = 256
_WIDE = 4  # words of a 256-bit code
_RADIUS = 4  # of 64-bit codes: few are that near
_K = 10
_RUNS = 5
_NAME = "index-costs.json"


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds; a word is 64 bits of a code.

    Attributes:
        machine: on which they were measured, with the versions.
        scan_call: of a single query, whatever the size.
        scan_single_code: of a single query, for each code.
        scan_single_word: of a single query, for each word while they are in the cache.
        scan_memory_word: likewise from memory.
        scan_batch_code: of each query of a batch, for each code.
        scan_batch_word: of each query of a batch, for each word.
        hash_call: of a single query, whatever the size.
        hash_single_unit: of a single query, for each unit of ``multihash_layout``.
        hash_batch_unit: of each query of a batch, for each unit.
    """

    machine: str
    scan_call: float
    scan_single_code: float
    scan_single_word: float
    scan_memory_word: float
    scan_batch_code: float
    scan_batch_word: float
    hash_call: float
    hash_single_unit: float
    hash_batch_unit: float

    def scan(self, n: int, words: int, *, batch: bool) -> float:
        """Seconds of a query that the scan compares with n codes of so many words each."""
        if batch:
            return n * (self.scan_batch_code + words * self.scan_batch_word)
        total = n * words
        if total < _MEMORY_WORDS // 2:
            compared = n * self.scan_single_code + total * self.scan_single_word
        else:
            compared = total * self.scan_memory_word
        return self.scan_call + compared

    def hashing(self, units: float, *, batch: bool) -> float:
        """Seconds of a query that takes multi-index hashing so many units."""
        if batch:
            return units * self.hash_batch_unit
        return self.hash_call + units * self.hash_single_unit


def machine_costs(
    *, threads: int | None = None, file: Path | None = None, anew: bool = False
) -> Costs:
    """The costs on this machine, from a file if they were measured there before.

    Where the file can't be written the costs are measured in each process that asks.

    Args:
        threads: that searches use; as many as there are processors if omitted.
        file: where costs are kept; ``index-costs.json`` in the user's cache folder if omitted.
        anew: measure in any case.
    """
    threads = threads or processors()
    kept = None if anew else kept_costs(threads=threads, file=file)
    if kept is not None:
        return kept
    costs = measure(threads)
    _write(file or _default_file(), costs)
    return costs


def kept_costs(*, threads: int | None = None, file: Path | None = None) -> Costs | None:
    """The costs on this machine if they were measured before; see :func:`machine_costs`."""
    return _read(file or _default_file(), _fingerprint(threads or processors()))


def _default_file() -> Path:
    return cache_folder("") / _NAME


def measure(threads: int) -> Costs:
    """Measure: a second or two beside compiling, and 100 MB of memory."""
    # Here, not above: choosing an index needs no compiler.
    from lookalike.indexes.multihash import MultiHash
    from lookalike.indexes.scan import Scan

    rng = np.random.default_rng(0)
    words = rng.integers(0, 1 << 64, (_MEMORY_WORDS, 1), dtype=np.uint64)
    narrow = words[:_CACHED_WORDS]
    queries = rng.integers(0, 256, (_BATCH, 8), dtype=np.uint8)
    wide_queries = rng.integers(0, 256, (_BATCH, 8 * _WIDE), dtype=np.uint8)
    few = Scan(words[:_K], 64, threads=threads)
    many = Scan(words, 64, threads=threads)
    thin = Scan(narrow, 64, threads=threads)
    wide = Scan(narrow.reshape(-1, _WIDE), 64 * _WIDE, threads=threads)
    call = _seconds(lambda: few.search(queries[:1], _K))
    memory = _seconds(lambda: many.search(queries[:1], _K)) - call
    single = _split(
        _seconds(lambda: thin.search(queries[:1], _K)) - call,
        _seconds(lambda: wide.search(wide_queries[:1], _K)) - call,
    )
    batch = _split(
        _seconds(lambda: thin.search(queries, _K)) / _BATCH,
        _seconds(lambda: wide.search(wide_queries, _K)) / _BATCH,
    )
    index = MultiHash(narrow, 64, radius=_RADIUS, threads=threads)
    units = cost(index.layout, _CACHED_WORDS, _RADIUS)
    hash_call = _seconds(lambda: index.within(queries[:1], 0))
    hash_single = _seconds(lambda: [index.within(query[None], _RADIUS) for query in queries[:16]])
    hash_batch = _seconds(lambda: index.within(queries, _RADIUS)) / _BATCH / units
    return Costs(
        machine=_fingerprint(threads),
        scan_call=call,
        scan_single_code=single[0],
        scan_single_word=single[1],
        scan_memory_word=max(0.0, memory) / _MEMORY_WORDS,
        scan_batch_code=batch[0],
        scan_batch_word=batch[1],
        hash_call=hash_call,
        hash_single_unit=max(hash_batch, (hash_single / 16 - hash_call) / units),
        hash_batch_unit=hash_batch,
    )


def _split(narrow: float, wide: float) -> tuple[float, float]:
    """What a code and what a word cost, by the same words in codes of one and of four each."""
    code = (narrow - wide) / (_CACHED_WORDS - _CACHED_WORDS // _WIDE)
    code = min(max(0.0, code), max(0.0, narrow) / _CACHED_WORDS)
    return code, max(0.0, narrow) / _CACHED_WORDS - code


def _seconds(action: Callable[[], object]) -> float:
    """The median of some runs after one that compiles and warms up."""
    action()
    seconds = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds))


def _fingerprint(threads: int) -> str:
    import llvmlite.binding
    import numba

    target = os.environ.get("NUMBA_CPU_NAME") or llvmlite.binding.get_host_cpu_name()
    return (
        f"{platform.machine()} {target}, {threads} threads, "
        f"lookalike {lookalike.__version__}, numba {numba.__version__}"
    )


def _read(file: Path, machine: str) -> Costs | None:
    """What the file says of this machine, if it says anything that can be used."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        costs = Costs(**kept)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        _log.warning("costs of searching are measured anew: %s: %s", file, error)
        return None
    numbers = [getattr(costs, part.name) for part in fields(costs) if part.name != "machine"]
    sound = all(isinstance(number, float) and 0 <= number < 1 for number in numbers)
    return costs if sound and costs.machine == machine else None


def _write(file: Path, costs: Costs) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as partial:
            partial.write_text(json.dumps(asdict(costs), indent=2), encoding="utf-8")
    except OSError as error:
        _log.warning("costs of searching can't be kept: %s", error)
