"""What happens in folders, as the system tells it, or as looking again and again does."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lookalike.errors import MissingExtraError, UsageError
from lookalike.images.reasons import os_reason
from lookalike.sources.ground import Identity, identity
from lookalike.system.installing import install_command

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

__all__ = ["Happened", "Watcher"]

_log = logging.getLogger(__name__)

# Milliseconds. Events that come as near to each other are handed over together, at most so long.
_STEP, _TOGETHER = 100, 500


class Happened(NamedTuple):
    """What was heard in some half a second.

    Attributes:
        paths: of files and folders that came, changed, moved or went; of a folder that was moved
            its own path may be all.
        lost: whether more may have happened, anywhere.
    """

    paths: AbstractSet[str]
    lost: bool = False


class Watcher:
    """Hears what happens in folders and below them.

    It listens again where a folder comes back, as a drive does, and where a name that isn't UTF-8
    ended the listening (watchfiles 1.3 gives up at one).

    Args:
        folders: absolute paths; those that aren't there now are listened to once they are.
        stop: set it to end.
        poll: seconds between two looks through the folders, in place of events from the system;
            ``None`` for events.

    Attributes:
        polls: whether it looks, and doesn't hear: as asked, or since the system refused.
        why: the system's reason for that, one line; empty for none.

    Raises:
        MissingExtraError: watchfiles isn't installed.
        UsageError: a folder has a name that can't be watched, or the system refuses even to look.
    """

    def __init__(
        self, folders: Sequence[str], stop: threading.Event, *, poll: float | None = None
    ) -> None:
        try:
            import watchfiles  # noqa: F401
        except ImportError as error:
            raise MissingExtraError(
                f"watching takes watchfiles: {install_command('watch')}"
            ) from error
        for folder in folders:
            if _undecodable(folder):
                raise UsageError(
                    f"{folder!r} can't be watched, since its name is not UTF-8: rename it, or index"
                    " it now and then"
                )
        self._folders, self._stop = folders, stop
        self._poll = poll
        self.polls = poll is not None
        self.why = ""

    def __iter__(self) -> Iterator[Happened]:
        """What happens, at least twice a second, be it nothing, until it is stopped.

        From the first on nothing is missed.
        """
        lost = False
        while not self._stop.is_set():
            there = self._there()
            if not there:
                lost = True
                self._stop.wait(_TOGETHER / 1000)
                yield Happened(frozenset())
                continue
            for happened in self._listen(list(there)):
                yield Happened(happened, lost)
                lost = False
                if self._there() != there:
                    break
            lost = True
            self._stop.wait(_TOGETHER / 1000)

    def _there(self) -> dict[str, Identity | None]:
        """The folders that can be reached, and what they are: another disk is another folder."""
        found: dict[str, Identity | None] = {}
        for folder in self._folders:
            try:
                found[folder] = identity(os.stat(folder))
            except OSError:
                continue
        return found

    def _listen(self, folders: Sequence[str]) -> Iterator[frozenset[str]]:
        """Paths, until that breaks off."""
        import watchfiles

        heard = False
        try:
            for changes in watchfiles.watch(
                *folders,
                watch_filter=None,
                debounce=_TOGETHER,
                step=_STEP,
                stop_event=self._stop,
                rust_timeout=_TOGETHER,
                yield_on_timeout=True,
                force_polling=self.polls,
                poll_delay_ms=round(1000 * (self._poll or 10.0)),
                ignore_permission_denied=True,
            ):
                heard = True
                # That something happened in a folder is told of that, too.
                modified = watchfiles.Change.modified
                yield frozenset(
                    path
                    for change, path in changes
                    if change != modified or not os.path.isdir(path)
                )
        except FileNotFoundError:  # it went away just now
            return
        except (OSError, RuntimeError) as error:
            reason = os_reason(error) if isinstance(error, OSError) else str(error)
            _log.warning("listening broke off: %s", reason)
            if heard:
                return
            if self.polls:
                raise UsageError(f"the folders can't be watched: {reason}") from error
            # Such as a system that listens to so many folders only.
            self.polls, self.why = True, reason


def _undecodable(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return True
    return False
