"""Telling a library that lookalike itself moved, linked or brought back files."""

from __future__ import annotations

from collections.abc import Sequence

from lookalike.errors import LookalikeError

__all__ = ["tell_library"]


def tell_library(library: str, changed: Sequence[str], taken: Sequence[str] = ()) -> str:
    """Index the library's folders in which something changed.

    A folder without pictures is taken for a disk that was unplugged, but not if all that the
    library had there are files that were taken away.

    Args:
        library: its location.
        changed: folders, as the reports of :mod:`lookalike.actions` name them.
        taken: files that were in them, and aren't now.

    Returns:
        What to do where the library could not be told; empty where it was, or has none of them.
    """
    from lookalike.actions.after import tell
    from lookalike.library import Library
    from lookalike.library.opening import exists

    if not changed or not exists(library):
        return ""
    try:
        with Library.open(library, create=False) as opened:
            tell(opened, changed, taken)
    except LookalikeError as error:
        return f"the library doesn't know of it yet ({error}): run 'lookalike index'"
    return ""
