"""Whose turn it is: work and bodies are shared by client."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st
from lines_of import Line, needs_addresses, request
from serving import Serve, refusal

from lookalike.server.answers import ApiError
from lookalike.server.bodies import BODY, Bodies
from lookalike.server.places import Places
from lookalike.server.visitors import VISITOR, Visitor

API = "/api/v1"


class Crowd:
    """Clients that take places, and leave them when they are told to."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.in_place: list[str] = []
        self.refused: list[str] = []
        self._leaving: dict[str, list[anyio.Event]] = {}

    async def come(self, client: str) -> None:
        VISITOR.set(Visitor(client, client))
        leaving = anyio.Event()
        try:
            async with self.places.place():
                self.in_place.append(client)
                self._leaving.setdefault(client, []).append(leaving)
                await leaving.wait()
                self.in_place.remove(client)
        except ApiError:
            self.refused.append(client)

    def leave(self, client: str) -> None:
        self._leaving[client].pop(0).set()


Come = Callable[..., Awaitable[None]]


async def settle() -> None:
    """Let everybody do what there is to do."""
    for _ in range(10):
        await checkpoint()


def crowded(places: Places, play: Callable[[Crowd, Come], Awaitable[None]]) -> None:
    """Play with places, which have to be free in the end."""

    async def main() -> None:
        crowd = Crowd(places)
        async with anyio.create_task_group() as group:

            async def come(*clients: str) -> None:
                for client in clients:
                    group.start_soon(crowd.come, client)
                    await settle()

            await play(crowd, come)
            group.cancel_scope.cancel()
        await settle()
        assert places.running == places.waiting == 0

    anyio.run(main)


def test_who_waits_comes_in_turn_one_of_each_client() -> None:
    async def play(crowd: Crowd, come: Come) -> None:
        await come("a", "a", "a", "a", "b", "b", "c")
        # One of another client than the only one at work needs no place of its own.
        assert crowd.in_place == ["a", "b"]
        order = []
        for _ in range(4):
            crowd.leave(crowd.in_place[0])
            await settle()
            order.append(crowd.in_place[-1])
        assert order == ["a", "b", "c", "a"]
        assert crowd.refused == []

    crowded(Places(1, 10), play)


def test_nobody_waits_for_a_single_other_client() -> None:
    async def play(crowd: Crowd, come: Come) -> None:
        await come(*["a"] * 8)
        assert crowd.in_place == ["a", "a"]
        await come("b")
        assert crowd.in_place == ["a", "a", "b"]
        await come("c")
        assert len(crowd.in_place) == 3  # which is one more than there are places, and no more

    crowded(Places(2, 10), play)


def test_who_has_most_waiting_loses_one_to_who_has_fewer() -> None:
    async def play(crowd: Crowd, come: Come) -> None:
        await come(*["a"] * 5)  # one at work, four wait
        await come("a")
        assert crowd.refused == ["a"]
        await come("b", "b")
        assert crowd.refused == ["a", "a"]
        assert crowd.places.waiting == 4
        await come("b", "b", "b")
        assert crowd.refused == ["a", "a", "a", "b", "b"]  # two of each wait

    crowded(Places(1, 4), play)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(0, 5),
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40),
)
def test_places_are_never_lost(count: int, waiting: int, events: list[tuple[str, bool]]) -> None:
    """Whoever comes and goes in whatever order: all places that can be taken are taken."""

    async def play(crowd: Crowd, come: Come) -> None:
        came = 0
        for client, comes in events:
            if comes:
                await come(client)
                came += 1
            elif client in crowd.in_place:
                crowd.leave(client)
                await settle()
            places = crowd.places
            assert places.running == len(crowd.in_place) <= count + 1
            assert places.waiting <= waiting
            if places.waiting:
                assert places.running >= count

    crowded(Places(count, waiting), play)


def test_a_slow_body_gives_way() -> None:
    async def main() -> None:
        now = [0.0]
        bodies = Bodies(1000, clock=lambda: now[0])
        ended: list[int] = []

        async def slow(number: int) -> None:
            VISITOR.set(Visitor("slow", ""))
            async with bodies.place():
                body = BODY.get()
                assert body is not None
                with anyio.CancelScope() as scope:
                    body.scope, body.since = scope, now[0]
                    await anyio.sleep_forever()
                assert body.ended
                ended.append(number)

        async with anyio.create_task_group() as group:
            for number in range(32):
                group.start_soon(slow, number)
                await checkpoint()
                now[0] += 0.01
            assert bodies.count == 32
            VISITOR.set(Visitor("slow", ""))
            with pytest.raises(ApiError):  # by this clock none has kept us waiting for long
                async with bodies.place():
                    pass
            now[0] += 2
            async with bodies.place():
                await settle()
                assert ended == [0]
            VISITOR.set(Visitor("another", ""))
            async with bodies.place():
                pass
            group.cancel_scope.cancel()
        assert bodies.count == bodies.bytes == 0

    anyio.run(main)


def test_memory_for_bodies_is_shared() -> None:
    async def main() -> None:
        now = [0.0]
        bodies = Bodies(1000, clock=lambda: now[0])
        VISITOR.set(Visitor("greedy", ""))
        async with bodies.place():
            greedy = BODY.get()
            assert greedy is not None
            greedy.grow(900)
            greedy.scope = anyio.CancelScope()
            now[0] = 5.0
            VISITOR.set(Visitor("modest", ""))
            async with bodies.place():
                modest = BODY.get()
                assert modest is not None
                modest.grow(200)
                assert greedy.ended
                assert bodies.bytes == 1100
            VISITOR.set(Visitor("greedy", ""))
            with pytest.raises(ApiError):
                greedy.grow(200)
        assert bodies.bytes == 0

    anyio.run(main)


def test_slow_uploads_stop_nobody(serve: Serve, filled: Path, query: bytes) -> None:
    """Six of them stopped all searches by file for a minute."""
    server = serve(filled, rate=0)
    head = request("POST", f"{API}/search", f"Content-Length: {len(query)}")
    with ExitStack() as stack, server.client() as client:
        for _ in range(40):
            stack.enter_context(Line(server)).say(head).say(query[:100])
        for _ in range(3):
            assert client.post(f"{API}/search", content=query).status_code == 200


@needs_addresses
def test_one_client_can_not_hold_all_places(serve: Serve, filled: Path, query: bytes) -> None:
    server = serve(filled, rate=0, waiting=4)
    big = request("POST", f"{API}/search", f"Content-Length: {len(query)}").encode() + query
    enough = threading.Event()

    def flood() -> None:
        while not enough.is_set():
            with ExitStack() as stack:
                lines = [stack.enter_context(Line(server, "127.0.0.2")) for _ in range(20)]
                for line in lines:
                    line.say(big)
                for line in lines:
                    line.status()

    with server.client() as client:
        assert client.post(f"{API}/search", content=query).status_code == 200
        thread = threading.Thread(target=flood)
        thread.start()
        try:
            answers = [client.post(f"{API}/search", content=query) for _ in range(10)]
        finally:
            enough.set()
            thread.join()
    assert [answer.status_code for answer in answers] == [200] * 10


def test_requests_at_the_same_time_have_a_limit(
    serve: Serve, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.server.security._MOST_OF_ONE", 3)
    server = serve(filled, rate=0)
    head = request("POST", f"{API}/search", "Content-Length: 1000")
    with ExitStack() as stack, server.client() as client:
        for _ in range(3):
            stack.enter_context(Line(server)).say(head)
        for _ in range(100):
            answer = client.get(f"{API}/status")
            if answer.status_code != 200:
                break
        assert refusal(answer, 503) == "busy"
        for path in ("/", "/livez", f"{API}/health", "/static/main.js"):
            assert client.get(path).status_code == 200
