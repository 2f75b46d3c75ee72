"""Measure searches over binary codes: lookalike's and its peers', in one run, on the same codes.

Nothing here trusts an index. Distances are recomputed from the rows that it returns, rows that come
twice or don't exist are rejected, and recall counts ties. What is to be found is computed by faiss
or NumPy, and the scan must agree with that.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from lookalike.codes.bits import bytes_for
from lookalike.errors import LookalikeError, UsageError
from lookalike.evaluation.code_sets import CodeSet
from lookalike.evaluation.contenders import OWN, Contender, Unavailable
from lookalike.evaluation.faiss_peers import FAISS_PEERS
from lookalike.evaluation.ground_truth import (
    Answer,
    Truth,
    judge,
    judge_radius,
    nearest_truth,
    radius_truth,
)
from lookalike.evaluation.machine import available_memory
from lookalike.evaluation.other_peers import OTHER_PEERS, KDTree
from lookalike.evaluation.search_report import REFERENCE, Measured, Plan, Report, Skipped
from lookalike.types import Codes

__all__ = ["CONTENDERS", "choose_contenders", "run"]

CONTENDERS: dict[str, type[Contender]] = {
    kind.name: kind for kind in (*OWN, *FAISS_PEERS, *OTHER_PEERS)
}
"""All contenders by name, lookalike's own first."""

_SAMPLE = 5_000  # codes that the cost of building is estimated from
_FIRST = 1000  # rows of the first index of a kind, which is not timed
_MEMORY_SHARE = 0.7  # of what is available
_FEW = 4  # queries that the cost of searching is estimated from
_MORE = 64
_FEWEST = 20  # queries that are worth measuring


def choose_contenders(names: Sequence[str]) -> list[type[Contender]]:
    """The contenders of these names; the scan always, since ratios refer to it.

    Args:
        names: of contenders, or the beginnings of names, such as ``faiss``; ``all`` and ``none``.

    Raises:
        UsageError: a name fits none.
    """
    chosen = {REFERENCE}
    for name in names:
        if name == "none":
            continue
        fitting = [n for n in CONTENDERS if name == "all" or n == name or n.startswith(name + "-")]
        if not fitting:
            raise UsageError(
                f"no contender is named {name!r}; there are {', '.join(CONTENDERS)}, all and none"
            )
        chosen.update(fitting)
    return [kind for name, kind in CONTENDERS.items() if name in chosen]


def run(
    data: CodeSet,
    plan: Plan,
    contenders: Iterable[type[Contender]],
    *,
    tell: Callable[[str], object] = lambda _line: None,
) -> Report:
    """Measure contenders one after the other.

    Args:
        data: database and queries.
        plan: how to measure.
        contenders: see :func:`choose_contenders`.
        tell: is called with a line before every step that takes time.

    Raises:
        LookalikeError: the scan is wrong, or what claims to be exact isn't.
        UsageError: no queries.
    """
    if not len(data.queries) or not len(data.codes):
        raise UsageError("measuring takes at least 1 query and 1 code")
    tell("computing what is to be found")
    with _limited(plan.threads):
        if plan.radius is None:
            truth = nearest_truth(data.codes, data.queries, data.bits, plan.k, plan.threads)
        else:
            truth = radius_truth(data.codes, data.queries, data.bits, plan.radius, plan.threads)
        report = Report(
            data.name,
            data.description,
            len(data.codes),
            data.bits,
            len(data.queries),
            plan,
            truth.source,
        )
        for kind in contenders:
            tell(f"measuring {kind.name}")
            try:
                report.methods.extend(_measure(kind, data, plan, truth))
            except Unavailable as reason:
                report.skipped.append(Skipped(kind.name, str(reason)))
    return report


def _measure(kind: type[Contender], data: CodeSet, plan: Plan, truth: Truth) -> Iterator[Measured]:
    if plan.radius is not None and not kind.has_radius:
        raise Unavailable("has no search by radius")
    _foresee(kind, data, plan)
    contender = kind(plan.threads)
    started = time.perf_counter()
    contender.build(data.codes, data.bits, radius=plan.radius)
    built = time.perf_counter() - started
    used = contender.size()
    settings = [kind.usual] if kind.knob else [None]
    if kind.knob and plan.sweep and plan.radius is None:
        settings = [*kind.settings]
    for setting in settings:
        if setting is not None:
            contender.turn(setting)
        yield _measure_setting(contender, data, plan, truth, setting, built, used)


def _measure_setting(
    contender: Contender,
    data: CodeSet,
    plan: Plan,
    truth: Truth,
    setting: int | None,
    built: float,
    used: int | None,
) -> Measured:
    def ask(queries: Codes) -> Any:
        if plan.radius is None:
            return contender.search(queries, plan.k)
        return contender.within(queries, plan.radius)

    queries = data.queries[: _affordable(ask, data.queries, plan)]
    found = ask(queries)  # the warm-up, and what is judged
    answer = _judge(contender, truth, data.codes, queries, plan, found)
    batches = [_timed(lambda: ask(queries)) for _ in range(plan.runs)]
    singles = [queries[n : n + 1] for n in range(min(plan.singles, len(queries)))]
    ask(singles[0])
    one_by_one = [_timed(lambda: [ask(query) for query in singles]) for _ in range(plan.runs)]
    batch_us = [1e6 * seconds / len(queries) for seconds in batches]
    single_us = [1e6 * seconds / len(singles) for seconds in one_by_one]
    note = contender.description if isinstance(contender, KDTree) else ""
    return Measured(
        contender.name,
        contender.package,
        "" if setting is None or plan.radius is not None else f"{contender.knob}={setting}",
        setting is None or setting == contender.usual,
        built,
        None if used is None else used / len(data.codes),
        statistics.median(single_us),
        statistics.median(batch_us),
        single_us,
        batch_us,
        answer.recall,
        answer.exact,
        answer.rejected,
        len(queries),
        note,
    )


def _judge(
    contender: Contender, truth: Truth, codes: Codes, queries: Codes, plan: Plan, found: Any
) -> Answer:
    if isinstance(contender, KDTree):
        recall = contender.recall(found, plan.k)
        return Answer(recall, recall == 1.0, 0)
    some = truth.first(len(queries))
    if plan.radius is None:
        answer = judge(some, codes, queries, found)
    else:
        answer = judge_radius(some, codes, queries, *found)
    if contender.claims_exact and not answer.exact:
        raise LookalikeError(
            f"{contender.name} claims to be exact, and its recall is {answer.recall:.4f} with "
            f"{answer.rejected} rows rejected"
        )
    return answer


def _foresee(kind: type[Contender], data: CodeSet, plan: Plan) -> None:
    """Leave out what would take too long or too much memory, going by a sample."""
    n = len(data.codes)
    if n <= 4 * _SAMPLE:
        return
    kind(plan.threads).build(data.codes[:_FIRST], data.bits, radius=plan.radius)  # imports
    sample = kind(plan.threads)
    seconds = _timed(lambda: sample.build(data.codes[:_SAMPLE], data.bits, radius=plan.radius))
    predicted = seconds * n / _SAMPLE
    if seconds > 0.01 and predicted > plan.budget:
        raise Unavailable(
            f"building it would take about {predicted:,.0f} s, and the budget is "
            f"{plan.budget:,.0f} s"
        )
    used = sample.size()
    room = available_memory()
    if used is not None and room is not None:
        needed = (used / _SAMPLE - bytes_for(data.bits)) * n
        if needed > _MEMORY_SHARE * room:
            raise Unavailable(
                f"it would take about {needed / 1e9:,.1f} GB, and {room / 1e9:,.1f} GB are free"
            )


def _affordable(ask: Callable[[Codes], Any], queries: Codes, plan: Plan) -> int:
    """How many queries the budget allows, by asking some first."""
    ask(queries[:1])  # may compile
    single = _timed(lambda: ask(queries[:1]))

    def total(some: int) -> float:
        """Seconds of the warm-up and all runs, if a batch goes on as its first queries do."""
        each = _timed(lambda: ask(queries[:some])) / len(queries[:some])
        return (plan.runs + 1) * (len(queries) * each + plan.singles * single)

    seconds = total(_FEW)
    if seconds > plan.budget and seconds * _MORE / len(queries) < plan.budget:
        seconds = total(_MORE)  # a batch shares work, which a few queries don't show
    if seconds <= plan.budget:
        return len(queries)
    number = int(len(queries) * plan.budget / seconds)
    if number < min(_FEWEST, len(queries)):
        raise Unavailable(
            f"searching would take about {seconds:,.0f} s ({1000 * single:,.1f} ms a single "
            f"query), and the budget is {plan.budget:,.0f} s"
        )
    return number


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


@contextlib.contextmanager
def _limited(threads: int) -> Iterator[None]:
    """Keep the thread pools of peers and of linear algebra to so many threads."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
        return
    with threadpool_limits(limits=threads):
        yield
