"""A check of what any store holds, by its contract alone; for those that have no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from lookalike.library.checking import OnCheck, Problem, fault_of_code
from lookalike.library.store import Store

__all__ = ["check_codes"]

_PORTION = 1_000


def check_codes(store: Store, progress: OnCheck | None = None) -> Iterator[Problem]:
    """Codes of the wrong size; and as harmless, contents without a file, and without a code."""
    visible = list(store.visible())
    unused = list(store.unused())
    lacking = 0
    for encoder in store.encoders():
        faults: Counter[str] = Counter()
        stage = f"codes of {encoder.slot}"
        codes = store.codes(encoder.id)
        while portion := list(islice(codes, _PORTION)):
            for code in portion:
                fault = fault_of_code(encoder, code)
                if fault is not None:
                    faults[fault] += 1
            if progress is not None:
                progress(stage, portion[-1].content)
        for fault, count in faults.items():
            yield Problem(stage, fault, count, "'lookalike reindex' makes them anew")
        if encoder.current:
            lacking += sum(map(bool, store.lacking(visible, [encoder.id])))
    if unused:
        what, remedy = "pictures that no file holds any more", "a later run clears them away"
        yield Problem("contents", what, len(unused), remedy, harmless=True)
    if lacking:
        what = "pictures that lack a code"
        yield Problem("codes", what, lacking, "the next index makes it", harmless=True)
