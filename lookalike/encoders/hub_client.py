"""What the Hugging Face hub is asked, by its own library, and what goes wrong with that.

huggingface_hub takes half a second to import, and is an extra: so it is imported when there is
something to ask, and never for what was fetched before.
"""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import responses
from types import ModuleType
from typing import TYPE_CHECKING

from lookalike.download import Checksum
from lookalike.encoders import hub_cache
from lookalike.errors import MissingExtraError, ModelError, UsageError
from lookalike.system.installing import install_command

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

__all__ = ["UnreachableError", "ask", "closed", "endpoint", "is_offline", "link", "token"]

ENDPOINT = "https://huggingface.co"
_TIMEOUT = 30.0  # seconds


class UnreachableError(Exception):
    """The hub doesn't answer, or only that it can't now."""


def is_offline() -> bool:
    """Whether the user forbids to ask the hub."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def endpoint() -> str:
    """The hub's address.

    Raises:
        UsageError: ``HF_ENDPOINT`` is no address of a server.
    """
    given = (os.environ.get("HF_ENDPOINT") or ENDPOINT).rstrip("/")
    if not given.startswith(("https://", "http://")):
        raise UsageError(
            f"HF_ENDPOINT is {given!r}, which isn't fetched: only http:// and https://"
        )
    if "@" in urllib.parse.urlsplit(given).netloc:
        raise UsageError("HF_ENDPOINT holds a name or password: take it out, and set HF_TOKEN")
    return given


def token() -> str | None:
    """What shows the hub who asks: of the environment, or of ``hf auth login``.

    Raises:
        MissingExtraError: huggingface_hub isn't installed.
        ModelError: the login is broken.
        UsageError: the token can't be one.
    """
    found = _library().get_token()
    if found and not (found.isascii() and found.isprintable()):
        raise UsageError(
            "the token for the hub has characters that no token has: set HF_TOKEN anew"
        )
    return found or None


def ask(repository: str, revision: str) -> tuple[str, dict[str, Checksum]]:
    """The commit that a revision is now, and the files that come with a checksum.

    Raises:
        UnreachableError: there is no connection.
        ModelError: there is no such model or revision, or no hub.
        MissingExtraError: huggingface_hub isn't installed.
    """
    hub = _library()
    asked = hub.HfApi(endpoint(), token=token() or False, library_name="lookalike")
    with _told_in_one_line(repository, revision):
        info = asked.model_info(
            repository, revision=revision, files_metadata=True, timeout=_TIMEOUT
        )
    return _parsed(repository, info)


def _parsed(repository: str, info: ModelInfo) -> tuple[str, dict[str, Checksum]]:
    commit = str(info.sha)
    if not hub_cache.is_commit(commit):
        raise ModelError(f"{repository}: {endpoint()} named no commit, but {commit[:60]!r}")
    files = {}
    try:
        for entry in info.siblings or ():
            if entry.lfs:
                large = hub_cache.checksum(entry.lfs.sha256, int(entry.lfs.size), git=False)
                files[entry.rfilename] = large
            elif entry.blob_id and entry.size is not None:
                small = hub_cache.checksum(entry.blob_id, int(entry.size), git=True)
                files[entry.rfilename] = small
    except (TypeError, ValueError, AttributeError) as error:
        raise _another_form(repository, error) from error
    return commit, files


def link(repository: str, commit: str, name: str) -> None:
    """Enter a file into the cache whose bytes are there: it gets its name in the commit's folder.

    Raises:
        UnreachableError: there is no connection.
        ModelError: the hub refuses.
        OSError: no space, or no right to write.
    """
    hub, known = _library(), token()
    with _told_in_one_line(repository, commit):
        hub.hf_hub_download(
            repository,
            name,
            revision=commit,
            cache_dir=hub_cache.cache_folder(),
            endpoint=endpoint(),
            token=known or False,
            library_name="lookalike",
        )


@contextmanager
def _told_in_one_line(repository: str, revision: str) -> Iterator[None]:
    """What goes wrong in huggingface_hub, as an error of ours.

    Raises:
        UnreachableError: there is no connection.
        ModelError: everything else.
    """
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    # Its errors are also those of the HTTP library that it uses, which was requests, then httpx,
    # now httpx2: so this is what they call a failure of any kind.
    failure: type[BaseException] = HfHubHTTPError.__mro__[1]
    try:
        yield
    except HfHubHTTPError as error:
        code = error.response.status_code
        if code in (401, 403):
            raise closed(repository, code) from error
        if code == 404:
            raise ModelError(
                f"{endpoint()} has no model {repository} with the revision {revision}: check both"
            ) from error
        reason = f"it answers {code} {responses.get(code, '')}".rstrip()
        raise UnreachableError(reason) from error
    except HFValidationError as error:
        raise ModelError(f"{repository} can't be the name of a model: check it") from error
    except ValueError as error:
        raise ModelError(
            f"{repository}: {endpoint()} sent no list of files: is it a hub? (HF_ENDPOINT)"
        ) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise _another_form(repository, error) from error
    except (failure, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
            raise  # the disk's
        first = error.__cause__ or error  # huggingface_hub wraps some in a longer sentence
        reason = str(first).splitlines()[0] if str(first) else type(first).__name__
        raise UnreachableError(reason) from error


def _library() -> ModuleType:
    try:
        import huggingface_hub
    except ImportError as error:
        raise MissingExtraError(
            f"models of the hub take huggingface_hub: {install_command('hub')}, or copy the "
            "model's folder from elsewhere and give hub:FOLDER"
        ) from error
    return huggingface_hub


def _another_form(repository: str, error: Exception) -> ModelError:
    return ModelError(
        f"{repository}: {endpoint()} sent a list of files of another form ({error}): "
        "upgrade lookalike and huggingface_hub"
    )


def closed(repository: str, code: int) -> ModelError:
    """What to say where the hub answers 401 or 403."""
    return ModelError(
        f"{endpoint()} doesn't show {repository} to everybody, or doesn't have it ({code}): check "
        "the name; for a gated or private model accept its conditions on its page, then type "
        "'hf auth login' or set HF_TOKEN"
    )
