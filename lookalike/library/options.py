"""What a run of indexing is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from lookalike.errors import UsageError
from lookalike.library.arguments import check_switch
from lookalike.sources.shards import Shard, shard_of
from lookalike.sources.source import Found
from lookalike.types import EncoderId, Limits

__all__ = ["Options", "index_options"]


@dataclass(frozen=True, slots=True)
class Options:
    """What one run is told.

    Attributes:
        limits: what one picture may cost.
        parts: the encoders that make codes of a picture's parts, too.
        views: the encoders that make codes anew of pictures of which nobody looked what they hold.
        members: pictures of a file that get codes, at most.
        gone: whether files of folders that look unplugged are gone.
        verify: whether files that seem to be as they were are read, to make sure.
        verify_rate: bytes a second that this may read; ``None`` for as many as it can.
        shard: which files are looked at; ``None`` for all. What changed or is gone is settled only
            by a run over all.
        waits: whether a file is still being written, so that it stays as it is known in this run.
    """

    limits: Limits = field(default_factory=Limits)
    parts: Collection[EncoderId] = ()
    views: Collection[EncoderId] = ()
    members: int = 1
    gone: bool = False
    verify: bool = False
    verify_rate: float | None = None
    shard: Shard | None = None
    waits: Callable[[Found], bool] | None = None


def index_options(gone: Any, verify: Any, verify_rate: Any, shard: Any = None) -> Options:
    """What a user tells a run.

    Raises:
        UsageError: a value of another type, a rate without anything to verify, or a shard that is
            to say what is gone.
    """
    for what, value in (("gone", gone), ("verify", verify)):
        if value is None or check_switch(what, value) is None:
            raise UsageError(f"{what} is True or False, not {value!r}")
    if verify_rate is not None:
        number = isinstance(verify_rate, int | float) and not isinstance(verify_rate, bool)
        if not number or not 1 <= verify_rate < math.inf:
            raise UsageError(f"verify_rate is bytes a second, 1 or more, not {verify_rate!r}")
        if not verify:
            raise UsageError("verify_rate limits what verify reads: give verify=True, too")
    part = shard_of(shard)
    if gone and part is not None:
        raise UsageError("what is gone is settled by the run over all: give gone without a shard")
    return Options(gone=bool(gone), verify=bool(verify), verify_rate=verify_rate, shard=part)
