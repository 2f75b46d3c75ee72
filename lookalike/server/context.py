"""What all requests share."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lookalike.server.places import Places
from lookalike.server.rates import Rates
from lookalike.server.sessions import Sessions
from lookalike.server.settings import Settings
from lookalike.server.shelf import Shelf
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
        ready: set when the first search will be as fast as the others.
        document: the interface in the form of OpenAPI.
    """

    settings: Settings
    shelf: Shelf
    thumbnails: Thumbnails
    sessions: Sessions
    rates: Rates
    searching: Places
    shrinking: Places
    uploading: Places
    document: Mapping[str, Any]
    ready: threading.Event = field(default_factory=threading.Event)
