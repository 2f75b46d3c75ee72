"""Every error that lookalike raises on purpose.

Each is of the kind above it::

    LookalikeError
    +-- UsageError (also ValueError)      an argument that can't be worked with
    |   +-- NoTextError                   words, for a model that knows no texts
    +-- PictureError                      a picture that can't be used
    |   +-- PictureSkipped                by policy: not a picture, too many pixels or bytes
    |   +-- PictureFailed                 unreadable, truncated, too slow, crashed its decoder
    +-- ModelError                        an encoder's file is missing, damaged or of another kind
    +-- MissingExtraError (also ImportError)  an optional dependency isn't installed
    +-- ActionError                       files can't be acted on: no journal, another run
    +-- ServerError                       a server refused what it was asked, or can't be reached
    +-- LibraryError                      a library file that can't be used as asked
        +-- LibraryNotFoundError
        +-- LibraryLockedError            another process is writing
        +-- LibraryReadOnlyError          a write to a library on a read-only disk
        +-- LibraryUnmergedError          read-only, with a write-ahead log still to be merged
        +-- LibraryVersionError           made by a newer lookalike
        +-- LibraryDamagedError           not a library, or damaged
        +-- LibraryFullError              no space left on its disk
        +-- LibraryAwayError              its server doesn't answer
        +-- LibraryClosedError            it was closed before
        +-- EncoderMismatchError          codes of another model: reindex first

Messages are one line: what is wrong, the value and the limit, and what to do.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = [
    "ActionError",
    "Cause",
    "EncoderMismatchError",
    "LibraryAwayError",
    "LibraryClosedError",
    "LibraryDamagedError",
    "LibraryError",
    "LibraryFullError",
    "LibraryLockedError",
    "LibraryNotFoundError",
    "LibraryReadOnlyError",
    "LibraryUnmergedError",
    "LibraryVersionError",
    "LookalikeError",
    "MissingExtraError",
    "ModelError",
    "NoTextError",
    "PictureError",
    "PictureFailed",
    "PictureSkipped",
    "ServerError",
    "UsageError",
]


Cause: TypeAlias = Literal["file", "access", "time", "memory", "extra", "limit", "kind"]
"""Why a picture gave no code: for what is in its file, or for what is not.

``file``: it is damaged, or no picture. ``access``: the system would not open or read it. ``time``,
``memory``: reading it took more than is allowed. ``extra``: an optional dependency is missing.
``limit``: it is larger than what is read. ``kind``: it is sound, of a kind that isn't read.
"""


class LookalikeError(Exception):
    """Base of every error that lookalike raises on purpose."""


class UsageError(LookalikeError, ValueError):
    """An argument that can't be worked with: wrong shape, width, range or name."""


class NoTextError(UsageError):
    """The library's photo model knows no texts, so that words find nothing."""


class PictureError(LookalikeError):
    """A picture that can't be used; the message is the reason that the ledger keeps.

    Args:
        message: one line.
        cause: whether it is for what is in the file, or for something that may be mended without
            changing it.
    """

    status: Literal["skipped", "failed"] = "failed"

    def __init__(self, message: str = "", *, cause: Cause = "file") -> None:
        super().__init__(message)
        self.cause: Cause = cause


class PictureSkipped(PictureError):  # noqa: N818 - named for what the ledger says
    """A file that is left out by policy: not a picture, or beyond a limit on size."""

    status: Literal["skipped", "failed"] = "skipped"


class PictureFailed(PictureError):  # noqa: N818 - named for what the ledger says
    """A file that should be a picture and can't be read: truncated, damaged, too slow."""


class ModelError(LookalikeError):
    """An encoder's file is missing, damaged or not of the kind that was asked for."""


class MissingExtraError(LookalikeError, ImportError):
    """An optional dependency isn't installed; the message says which extra brings it."""


class ActionError(LookalikeError):
    """Files can't be acted on, or that can't be undone: no journal, or another run is at it."""


class ServerError(LookalikeError):
    """A server refused what :mod:`lookalike.client` asked, or can't be reached.

    Args:
        message: one line, mostly the server's own.
        status: of HTTP; 0 where there was no answer.
        code: that names what is wrong, and stays the same between versions.
    """

    def __init__(self, message: str, status: int = 0, code: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


class LibraryError(LookalikeError):
    """A library file that can't be used as asked."""


class LibraryNotFoundError(LibraryError):
    """There is no library at this path."""


class LibraryLockedError(LibraryError):
    """Another process is writing to this library."""


class LibraryReadOnlyError(LibraryError):
    """A write to a library that can only be read."""


class LibraryUnmergedError(LibraryError):
    """A read-only library whose write-ahead log was never merged."""


class LibraryVersionError(LibraryError):
    """A library that a newer lookalike made."""


class LibraryDamagedError(LibraryError):
    """A file that isn't a lookalike library, or that is damaged."""


class LibraryFullError(LibraryError):
    """No space is left on the library's disk."""


class LibraryAwayError(LibraryError):
    """The server that keeps a library doesn't answer, or went away in the middle of something."""


class LibraryClosedError(LibraryError):
    """A library that was closed is asked."""


class EncoderMismatchError(LibraryError):
    """A library holds codes of another model or model version than was asked for."""
