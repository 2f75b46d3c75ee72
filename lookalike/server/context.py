"""What all requests share."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from anyio import CapacityLimiter

from lookalike.library.pairing import ComparedPictures
from lookalike.server.bodies import Bodies
from lookalike.server.fixed import Fixed
from lookalike.server.found import Kept
from lookalike.server.jobs import Jobs
from lookalike.server.latest import Latest
from lookalike.server.lru import Lru
from lookalike.server.places import Places
from lookalike.server.plans import Plans
from lookalike.server.queries import Queries
from lookalike.server.rates import Rates
from lookalike.server.sessions import Sessions
from lookalike.server.settings import Settings
from lookalike.server.shelf import Shelf
from lookalike.server.strangers import Strangers
from lookalike.server.thumbnails import Thumbnails

__all__ = ["Context"]


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of a running server.

    Attributes:
        settings: what it was told.
        shelf: lends the library.
        thumbnails: makes small pictures.
        sessions: checks tokens.
        rates: what clients may still ask for.
        searching: places of searches.
        shrinking: places of thumbnails.
        uploading: places of bodies that are taken in; they are held in memory.
        strangers: slows down who has no token, and asks much or guesses.
        looking: threads that only look whether the library is there.
        ready: set when the first search will be as fast as the others.
        document: the interface in the form of OpenAPI.
        queries: pictures that were sent to search by.
        found: what searches found.
        pairs: that were compared last; some six megabytes each.
        orders: the ids of pictures in the orders that were asked for last.
        directories: that hold pictures, and how many.
        maps: of libraries, by their names.
        map_answers: bytes of the last answer with one.
        jobs: what takes a while.
        latest: what these found last.
        plans: that were made.
    """

    settings: Settings
    shelf: Shelf
    thumbnails: Thumbnails
    sessions: Sessions
    rates: Rates
    searching: Places
    shrinking: Places
    uploading: Bodies
    strangers: Strangers
    looking: CapacityLimiter
    document: Fixed
    queries: Queries
    found: Kept = field(default_factory=Kept)
    pairs: Lru[ComparedPictures] = field(default_factory=lambda: Lru(8))
    orders: Lru[npt.NDArray[np.int64]] = field(default_factory=lambda: Lru(8))
    directories: Lru[Mapping[str, int]] = field(default_factory=lambda: Lru(4))
    maps: dict[str, object] = field(default_factory=dict)
    map_answers: Lru[bytes] = field(default_factory=lambda: Lru(1))
    jobs: Jobs = field(default_factory=Jobs)
    latest: Latest = field(default_factory=Latest)
    plans: Plans = field(default_factory=Plans)
    ready: threading.Event = field(default_factory=threading.Event)
