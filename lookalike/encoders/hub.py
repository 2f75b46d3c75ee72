"""Files of a model on the Hugging Face hub: fetched once, checked, kept in the user's cache.

A revision is resolved to a commit by one request, which also lists the files with their sizes and
checksums: SHA-256 of large files, Git's own of small ones. The list is kept beside the files, so
that a commit that was fetched is never asked for again. Only what lookalike reads is fetched.

Environment, as of the hub's own library: ``HF_ENDPOINT`` (another server), ``HF_TOKEN`` (for gated
and private models; sent to that server only), ``HF_HUB_OFFLINE`` (ask nobody).
"""

from __future__ import annotations

import json
import logging
import os
import re
import urllib.error
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookalike.download import BrokenError, Checksum, download, opened, request
from lookalike.errors import LookalikeError, ModelError

__all__ = ["Snapshot", "cache_folder", "is_commit", "snapshot"]

_log = logging.getLogger(__name__)

ENDPOINT = "https://huggingface.co"
_LARGEST_LIST = 50_000_000
_COMMIT = re.compile(r"[0-9a-f]{40}")
_DIGEST = {40: "sha1", 64: "sha256"}

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

    def fetch(self, names: Iterable[str], progress: OnBytes | None = None) -> None:
        """Make sure that files are in the cache.

        Args:
            names: of files.
            progress: called with the bytes that are there and the bytes in all.

        Raises:
            ModelError: the hub can't be reached, refuses, or sends something else.
            OSError: no space, or no right to write.
        """
        wanted = self.missing(names)
        total = sum(self.files[name].size for name in wanted)
        before = 0
        for name in wanted:
            if is_offline():
                raise _unreachable(self.repository, "HF_HUB_OFFLINE is set")
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            path = urllib.parse.quote(name)
            url = f"{endpoint()}/{self.repository}/resolve/{self.commit}/{path}"
            done = before

            def told(there: int, _size: int, done: int = done) -> None:
                if progress is not None:
                    progress(done + there, total)

            try:
                download(url, target, self.files[name], progress=told, token=token())
            except LookalikeError as error:
                raise ModelError(f"{self.repository}: {error}") from error
            before += self.files[name].size

    def _is_there(self, name: str) -> bool:
        file = self.folder / name
        return file.is_file() and file.stat().st_size == self.files[name].size


def cache_folder() -> Path:
    """Where fetched models are kept; it may be deleted, and is filled again on demand."""
    # Here, not above: most runs name no model of the hub.
    import platformdirs

    return Path(platformdirs.user_cache_dir("lookalike", appauthor=False)) / "hub"


def is_commit(revision: str) -> bool:
    """Whether a revision is a commit, which never changes."""
    return _COMMIT.fullmatch(revision) is not None


def is_offline() -> bool:
    """Whether the user forbids to ask the hub."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def endpoint() -> str:
    """The hub's address."""
    return (os.environ.get("HF_ENDPOINT") or ENDPOINT).rstrip("/")


def token() -> str | None:
    """What shows the hub who asks, if the user set it."""
    return os.environ.get("HF_TOKEN") or None


def snapshot(repository: str, revision: str, *, ask: bool = True) -> Snapshot:
    """A model at the commit that a revision stands for now.

    Args:
        repository: ``OWNER/NAME``.
        revision: a branch, a tag, or a commit. A commit that is in the cache needs no request; of
            another revision, the commit of the last time is taken where the hub can't be reached.
        ask: whether the hub may be asked at all.

    Raises:
        ModelError: there is no such model or revision, or the hub can't be reached.
        OSError: no space, or no right to write.
    """
    home = cache_folder() / repository
    kept = _kept(repository, revision, home)
    if kept is not None and (is_commit(revision) or not ask or is_offline()):
        return kept
    if not ask or is_offline():
        raise _unreachable(repository, "HF_HUB_OFFLINE is set" if ask else "it wasn't asked")
    try:
        listed = _ask(repository, revision)
    except BrokenError as error:
        if kept is not None:
            _log.warning(
                "%s can't be reached: taking %s as it was, %s", endpoint(), revision, kept.commit
            )
            return kept
        raise _unreachable(repository, str(error)) from error
    commit, files = _parsed(repository, listed)
    home.mkdir(parents=True, exist_ok=True)
    _write(home / f"{commit}.json", {name: _packed(file) for name, file in files.items()})
    _write(home / f"ref-{urllib.parse.quote(revision, safe='')}.json", {"commit": commit})
    return Snapshot(repository, commit, home / commit, files)


def _kept(repository: str, revision: str, home: Path) -> Snapshot | None:
    """What the cache knows of a revision."""
    try:
        commit = revision
        if not is_commit(revision):
            name = f"ref-{urllib.parse.quote(revision, safe='')}.json"
            commit = str(json.loads((home / name).read_text())["commit"])
        listed = json.loads((home / f"{commit}.json").read_text())
        files = {
            str(name): Checksum(str(f[0]), str(f[1]), int(f[2]), str(f[3]).encode())
            for name, f in listed.items()
        }
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
    return Snapshot(repository, commit, home / commit, files)


def _packed(file: Checksum) -> list[object]:
    return [file.algorithm, file.hexdigest, file.size, file.prefix.decode()]


def _ask(repository: str, revision: str) -> Any:
    """The hub's answer: the commit, and its files."""
    quoted = urllib.parse.quote(revision, safe="")
    url = f"{endpoint()}/api/models/{repository}/revision/{quoted}?blobs=true"
    try:
        with opened(request(url, token())) as response:
            text = response.read(_LARGEST_LIST + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise _refused(repository, revision, error) from error
    except OSError as error:  # the connection broke after the headers
        raise BrokenError(str(error)) from error
    try:
        return json.loads(text)
    except ValueError as error:
        raise ModelError(
            f"{url} sent no list of files: is {endpoint()} a hub? (HF_ENDPOINT)"
        ) from error


def _parsed(repository: str, listed: Any) -> tuple[str, dict[str, Checksum]]:
    """The commit, and the files that come with a checksum."""
    try:
        commit = str(listed["sha"])
        files = {}
        for entry in listed["siblings"]:
            size, large = entry.get("size"), entry.get("lfs")
            if large:
                files[str(entry["rfilename"])] = _checksum(large["sha256"], int(large["size"]))
            elif entry.get("blobId") and size is not None:
                files[str(entry["rfilename"])] = _checksum(entry["blobId"], int(size), git=True)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{repository}: {endpoint()} sent a list of files of another form ({error}): "
            "upgrade lookalike"
        ) from error
    if not is_commit(commit):
        raise ModelError(f"{repository}: {endpoint()} named no commit, but {commit[:60]!r}")
    return commit, files


def _checksum(digest: object, size: int, *, git: bool = False) -> Checksum:
    text = str(digest).lower()
    algorithm = _DIGEST.get(len(text))
    if algorithm is None or not re.fullmatch("[0-9a-f]+", text) or size < 0:
        raise ValueError(f"{text[:80]!r} is no checksum")
    return Checksum(algorithm, text, size, f"blob {size}\0".encode() if git else b"")


def _write(file: Path, values: Mapping[str, object]) -> None:
    partial = file.with_name(f"{file.name}.{os.getpid()}.new")
    partial.write_text(json.dumps(values))
    partial.replace(file)


def _refused(repository: str, revision: str, error: urllib.error.HTTPError) -> ModelError:
    if error.code in (401, 403):
        return ModelError(
            f"{endpoint()} doesn't show {repository} to everybody, or doesn't have it "
            f"({error.code}): check the name; for a gated or private model set HF_TOKEN"
        )
    if error.code == 404:
        return ModelError(
            f"{endpoint()} has no model {repository} with the revision {revision}: check both"
        )
    return ModelError(f"{endpoint()} answers {error.code} {error.reason}: try again later")


def _unreachable(repository: str, reason: str) -> ModelError:
    return ModelError(
        f"{repository} isn't in the cache, and {endpoint()} can't be asked ({reason}): connect "
        "once, or copy the model's folder from elsewhere and give hub:FOLDER"
    )
