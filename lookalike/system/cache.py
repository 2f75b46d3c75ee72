"""Where lookalike keeps what it can make again: the user's cache folder."""

from __future__ import annotations

from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder(name: str) -> Path:
    """A folder in the user's cache; it may be missing, and may be deleted at any time."""
    # Here, not above: most of what imports this asks for no folder.
    import platformdirs

    return Path(platformdirs.user_cache_dir("lookalike", appauthor=False)) / name
