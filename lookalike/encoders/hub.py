"""Files of a model on the Hugging Face hub: fetched once, checked, kept in the hub's cache.

huggingface_hub asks the hub which commit a revision is now and which files that has, knows the
user's login, and enters what was fetched into the cache that it shares with other programs. The
bytes come by :mod:`lookalike.download`: huggingface_hub 2.4 compares sizes, not checksums, and
starts again at the first byte in the next run. Only what lookalike reads is fetched, and each file
is compared with the checksum that the hub states whenever it is taken, be it from the hub or from
the cache: SHA-256 for large files, Git's own for small ones.

Environment, as of huggingface_hub: ``HF_ENDPOINT`` (another server), ``HF_TOKEN`` (for gated and
private models, where ``hf auth login`` isn't used), ``HF_HUB_OFFLINE`` (ask nobody), ``HF_HOME``
and ``HF_HUB_CACHE`` (where the cache is).
"""

from __future__ import annotations

import logging
import urllib.error
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lookalike.download import Checksum, download
from lookalike.encoders import hub_cache, hub_client
from lookalike.encoders.hub_cache import cache_folder, is_commit
from lookalike.encoders.hub_client import endpoint, is_offline, token
from lookalike.errors import LookalikeError, ModelError

__all__ = ["Snapshot", "cache_folder", "is_commit", "snapshot"]

_log = logging.getLogger(__name__)

OnBytes = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A model at one commit.

    Attributes:
        repository: ``OWNER/NAME``.
        commit: 40 hex digits.
        folder: in the cache, where the files are or will be.
        files: of each file in the repository that can be checked, what it must be.
    """

    repository: str
    commit: str
    folder: Path
    files: Mapping[str, Checksum]

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of the files that aren't in the cache, by their size."""
        return [name for name in names if not self._is_there(name)]

    def wrong(self, names: Iterable[str]) -> list[str]:
        """Those of the files that aren't in the cache or are damaged there, by their checksum."""
        return [name for name in names if not (self._is_there(name) and self._fits(name))]

    def fetch(self, names: Iterable[str], progress: OnBytes | None = None) -> None:
        """Make sure that files are in the cache, and are what the hub says.

        Args:
            names: of files.
            progress: called with the bytes that are there and the bytes in all.

        Raises:
            ModelError: the hub can't be reached, refuses, or sends something else.
            MissingExtraError: huggingface_hub isn't installed, and there is something to fetch.
            OSError: no space, or no right to write.
        """
        wanted = self.wrong(names)
        total = sum(self.files[name].size for name in wanted)
        before = 0
        for name in wanted:
            if is_offline():
                fault = "damaged" if (self.folder / name).is_file() else "missing"
                raise _unreachable(
                    self.repository,
                    f"HF_HUB_OFFLINE is set; {self.folder / name} is {fault}",
                )
            done = before

            def told(there: int, _size: int, done: int = done) -> None:
                if progress is not None:
                    progress(done + there, total)

            self._fetch(name, told)
            before += self.files[name].size

    def _fetch(self, name: str, progress: OnBytes) -> None:
        url = f"{endpoint()}/{self.repository}/resolve/{self.commit}/{urllib.parse.quote(name)}"
        target = hub_cache.blob(self.repository, self.commit, name, self.files[name])
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            download(url, target, self.files[name], progress=progress, token=token())
        except LookalikeError as error:
            cause = error.__cause__
            if isinstance(cause, urllib.error.HTTPError) and cause.code in (401, 403):
                raise hub_client.closed(self.repository, cause.code) from error
            raise ModelError(f"{self.repository}: {error}") from error
        if target == self.folder / name:
            return
        # The blob is there: this makes the link to it, and no second download.
        (self.folder / name).unlink(missing_ok=True)
        try:
            hub_client.link(self.repository, self.commit, name)
        except hub_client.UnreachableError as error:
            raise _unreachable(self.repository, str(error)) from error
        if not (self.folder / name).is_symlink():
            target.unlink(missing_ok=True)  # a file system without links: the file was copied
        if self.wrong([name]):
            raise ModelError(f"{self.folder / name} isn't what was fetched: try again")

    def _is_there(self, name: str) -> bool:
        file = self.folder / name
        return file.is_file() and file.stat().st_size == self.files[name].size

    def _fits(self, name: str) -> bool:
        return self.files[name].fits(self.folder / name)


def snapshot(repository: str, revision: str, *, ask: bool = True) -> Snapshot:
    """A model at the commit that a revision stands for now.

    Args:
        repository: ``OWNER/NAME``.
        revision: a branch, a tag, or a commit. A commit that is in the cache needs no request; of
            another revision, the commit of the last time is taken where the hub can't be reached.
        ask: whether the hub may be asked at all.

    Raises:
        ModelError: there is no such model or revision, or the hub can't be reached.
        MissingExtraError: huggingface_hub isn't installed, and the hub has to be asked.
        OSError: no space, or no right to write.
    """
    listed = hub_cache.listed(repository, revision)
    if listed is not None and is_commit(revision):
        return _snapshot(repository, listed)
    if not ask or is_offline():
        kept = listed or hub_cache.fetched_by_others(repository, revision)
        if kept is None:
            raise _unreachable(
                repository, "HF_HUB_OFFLINE is set" if is_offline() else "it wasn't asked"
            )
        return _snapshot(repository, kept)
    try:
        commit, files = hub_client.ask(repository, revision)
    except hub_client.UnreachableError as error:
        kept = listed or hub_cache.fetched_by_others(repository, revision)
        if kept is None:
            raise _unreachable(repository, str(error)) from error
        _log.warning("%s can't be reached: taking %s as it was, %s", endpoint(), revision, kept[0])
        return _snapshot(repository, kept)
    hub_cache.keep(repository, revision, commit, files)
    return _snapshot(repository, (commit, files))


def _snapshot(repository: str, known: tuple[str, Mapping[str, Checksum]]) -> Snapshot:
    commit, files = known
    return Snapshot(repository, commit, hub_cache.files_folder(repository, commit), files)


def _unreachable(repository: str, reason: str) -> ModelError:
    return ModelError(
        f"{repository} isn't whole in the cache, and {endpoint()} can't be asked ({reason}): "
        "connect once, or copy the model's folder from elsewhere and give hub:FOLDER"
    )
