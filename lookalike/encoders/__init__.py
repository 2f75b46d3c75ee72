"""Pictures to codes: encoders by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lookalike.encoders.registry import card as card
    from lookalike.encoders.registry import load as load
    from lookalike.encoders.registry import names as names
    from lookalike.encoders.registry import resolve as resolve

__all__ = ["card", "load", "names", "resolve"]


def __getattr__(name: str) -> object:
    # Resolved at first use: whoever takes one encoder needs no others.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lookalike.encoders import registry

    return getattr(registry, name)


def __dir__() -> list[str]:
    return sorted(__all__)
