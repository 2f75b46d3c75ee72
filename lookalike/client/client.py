"""The client: one method for each question that programs ask."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias
from urllib.parse import quote

from lookalike.client.failures import refused, unreached
from lookalike.client.records import Hit, Hits, Job, Picture, SentPicture, made
from lookalike.errors import MissingExtraError, ServerError, UsageError
from lookalike.system.installing import install_command

if TYPE_CHECKING:
    pass

__all__ = ["Client"]

_PREFIX = "/api/v1"

File: TypeAlias = "str | os.PathLike[str] | bytes"
"""A picture's file: its path here, or its bytes."""

What: TypeAlias = Literal["duplicates", "index", "selftest", "map"]


class Client:
    """Asks one server; any number of threads may use it. It is a context manager.

    Args:
        url: of the server, as ``lookalike serve`` prints it.
        token: that the server takes; by default that of the variable ``LOOKALIKE_TOKEN``, if it is
            set.
        timeout: seconds for one answer.

    Raises:
        MissingExtraError: httpx isn't installed.
    """

    def __init__(
        self, url: str = "http://127.0.0.1:5665", token: str | None = None, timeout: float = 60.0
    ) -> None:
        try:
            import httpx
        except ImportError as error:
            raise MissingExtraError(
                f"asking a server takes httpx ({error}): {install_command('client')}"
            ) from error
        token = token or os.environ.get("LOOKALIKE_TOKEN")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout)
        self._failure = httpx.HTTPError

    def close(self) -> None:
        """Let go of its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def search(self, picture: File, k: int = 20, **asked: Any) -> Hits:
        """Search with a picture that is sent, and forgotten afterwards.

        Args:
            picture: a file.
            k: hits at most.
            asked: further parameters of the server's ``search``, such as ``code``, ``all``,
                ``max_chance``, ``under``, ``taken``, ``larger``, ``format`` and ``kind``.

        Raises:
            ServerError: the server refused, or can't be reached.
        """
        return _hits(self._send("/search", picture, {"k": k, **asked}))

    def send(self, picture: File) -> SentPicture:
        """Send a picture once, to search with it as often as wanted.

        Args:
            picture: a file.

        Raises:
            ServerError: the server refused, or can't be reached.
        """
        return made(SentPicture, self._send("/queries", picture, {}))

    def similar(self, picture: str | Picture | SentPicture, k: int = 20, **asked: Any) -> Hits:
        """Search with a picture of the library, or with one that was sent.

        Args:
            picture: it, or its id.
            k: hits at most.
            asked: further parameters, such as those of :meth:`search`, ``after``, ``part``,
                ``more``, ``less`` and ``look``.

        Raises:
            ServerError: the server refused, or can't be reached.
        """
        sent = isinstance(picture, SentPicture)
        named = quote(picture if isinstance(picture, str) else picture.id, safe="")
        addresses = [f"/queries/{named}/results", f"/pictures/{named}/similar"]
        if isinstance(picture, Picture):
            addresses = addresses[1:]
        for address in addresses:
            try:
                return _hits(self._get(address, {"k": k, **asked}))
            except ServerError as error:
                if error.status != 404 or sent or address == addresses[-1]:
                    raise
        raise AssertionError(addresses)

    def search_text(self, text: str, k: int = 20, **asked: Any) -> Hits:
        """Search by words, where the model of the server's library knows texts.

        Args:
            text: what the pictures show, best in the words of a caption.
            k: hits at most.
            asked: further parameters: ``after``, ``under``, ``taken``, ``larger`` and ``format``.

        Raises:
            ServerError: the server refused, or can't be reached; its ``code`` is ``no_text`` where
                the model knows none.
        """
        return _hits(self._get("/text", {"text": text, "k": k, **asked}))

    def compare(self, a: str, b: str) -> dict[str, Any]:
        """What two pictures are to each other, by their ids: as ``lookalike compare --json`` says.

        Raises:
            ServerError: the server refused, or can't be reached.
        """
        return self._get("/compare", {"a": a, "b": b})

    # The library

    def pictures(self, **asked: Any) -> Iterator[Picture]:
        """The pictures of the library, one after the other; pages are fetched as they are needed.

        Args:
            asked: parameters, such as ``order``, ``under``, ``taken``, ``larger`` and ``format``.

        Raises:
            ServerError: the server refused, or can't be reached.
        """
        after: dict[str, str] = {}
        while True:
            page = self._get("/pictures", {"limit": 200, **asked, **after})
            yield from (made(Picture, one) for one in page["pictures"])
            if page["next"] is None:
                return
            after = {"after": page["next"]}
            asked.pop("skip", None)

    def thumbnail(self, picture: str, size: int = 256) -> bytes:
        """A small JPEG of a picture of the library, by its id.

        Raises:
            ServerError: the server refused, or can't be reached.
        """
        return self._ask("GET", f"/pictures/{quote(picture, safe='')}/thumbnail", {"size": size})

    def original(self, picture: str) -> bytes:
        """The file of a picture of the library, by its id.

        Raises:
            ServerError: the server refused, or can't be reached.
        """
        return self._ask("GET", f"/pictures/{quote(picture, safe='')}/original", {})

    def status(self) -> dict[str, Any]:
        """What the library holds.

        Raises:
            ServerError: the server refused, or can't be reached.
        """
        return self._get("/status", {})

    def duplicates(self, **asked: Any) -> Iterator[dict[str, Any]]:
        """The groups that the last job ``duplicates`` found, one after the other.

        Args:
            asked: parameters, such as ``sort``, ``kind``, ``under`` and ``max_chance``.

        Raises:
            ServerError: the server refused, or can't be reached.
        """
        after: int | None = 0
        while after is not None:
            page = self._get("/duplicates", {"limit": 100, **asked, "after": after})
            yield from page["groups"]
            after = page["next"]

    def begin(self, what: What, **options: Any) -> Job:
        """Begin something that takes the server a while.

        Args:
            what: is done.
            options: of it, such as ``kinds`` of duplicates.

        Raises:
            ServerError: the server refused, or can't be reached.
        """
        body = json.dumps({"what": what, **options}).encode()
        return made(Job, json.loads(self._ask("POST", "/jobs", {}, body)))

    def wait(self, job: Job, progress: Callable[[Job], object] | None = None) -> Job:
        """The same job when it has ended.

        Args:
            job: that was begun.
            progress: called whenever it gets on.

        Raises:
            ServerError: the server refused, or can't be reached.
        """
        address = f"{_PREFIX}/jobs/{quote(job.id, safe='')}/events"
        try:
            with self._http.stream("GET", address) as response:
                if not response.is_success:
                    response.read()
                    raise refused(response)
                for line in response.iter_lines():
                    if line.startswith("data: "):
                        job = made(Job, json.loads(line.removeprefix("data: ")))
                        if progress is not None:
                            progress(job)
        except self._failure as error:
            raise unreached(self._http, error) from error
        return job

    # Asking

    def _send(self, address: str, picture: File, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Send a file as a form, so that the ending of its name goes with it."""
        name, data = "picture", picture
        if not isinstance(picture, bytes):
            path = Path(picture)
            try:
                name, data = path.name, path.read_bytes()
            except OSError as error:
                raise UsageError(f"{path} can't be read: {error.strerror}") from error
        found = self._ask("POST", address, asked, files={"picture": (name, data)})
        return _object(found)

    def _get(self, address: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        return _object(self._ask("GET", address, asked))

    def _ask(
        self,
        method: str,
        address: str,
        asked: Mapping[str, Any],
        body: bytes | None = None,
        files: Any = None,
    ) -> bytes:
        given = {name: _text(value) for name, value in asked.items() if value is not None}
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            response = self._http.request(
                method, _PREFIX + address, params=given, content=body, files=files, headers=headers
            )
        except self._failure as error:
            raise unreached(self._http, error) from error
        if not response.is_success:
            raise refused(response)
        return response.content


def _hits(answer: Mapping[str, Any]) -> Hits:
    return made(Hits, {**answer, "hits": [made(Hit, hit) for hit in answer["hits"]]})


def _object(data: bytes) -> dict[str, Any]:
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ServerError("this is no server of lookalike", 0, "unknown")
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(map(str, value))
    return str(value)
