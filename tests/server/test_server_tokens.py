"""Tokens and sessions: guessing leads nowhere, and locks nobody out."""

from __future__ import annotations

import time
from pathlib import Path

import anyio
import pytest
from serving import TOKEN, Serve, Server, refusal
from starlette.requests import Request

from lookalike.server.answers import ApiError
from lookalike.server.strangers import Strangers

API = "/api/v1"
ASKED = Request({"type": "http", "headers": []})
CHANGE = "another-token-that-also-changes"


def test_guessing_is_slow_and_locks_nobody_out(serve: Serve, filled: Path) -> None:
    """Whoever knew the token was refused, too, since it had the address of who guessed."""
    locked = serve(filled, token=TOKEN, wrong_tokens=3, hold_seconds=0, rate=5, burst=20)
    started = time.monotonic()
    with locked.stranger() as guessing, locked.stranger() as owner, locked.client() as program:
        for ask in (
            lambda n: guessing.post(f"{API}/login", json={"token": f"guess {n}"}),
            lambda n: guessing.get(f"{API}/status", headers={"Authorization": f"Bearer {n}"}),
        ):
            answers = [ask(n) for n in range(30)]
            assert refusal(answers[-1], 429) == "too_many_requests"
            assert int(answers[-1].headers["retry-after"]) >= 1
            assert program.get(f"{API}/status").status_code == 200
            assert owner.post(f"{API}/login", json={"token": TOKEN}).status_code == 204
            assert owner.get(f"{API}/status").status_code == 200
        # The second way shares the first one's account, which fills by one in two seconds.
        wrong = [answer.status_code for answer in answers].count(401)
        assert wrong <= (time.monotonic() - started) / 2


def test_one_too_many_waits_for_its_answer() -> None:
    now = [0.0]
    strangers = Strangers(100, 300, 2, hold=0.05, clock=lambda: now[0])
    refused = []

    async def guess(client: str) -> None:
        try:
            await strangers.guessed(ASKED, client)
        except ApiError as error:
            refused.append(error.status)

    async def many() -> None:
        await guess("a")
        await guess("a")
        assert refused == []
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(guess, "a")
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            assert refused == []  # they are held back
        assert refused == [429] * 20
        await guess("b")
        now[0] += 2
        await guess("a")
        assert len(refused) == 20

    anyio.run(many)


def test_many_addresses_guess_together() -> None:
    now = [0.0]
    strangers = Strangers(100, 300, 3, hold=0, clock=lambda: now[0])

    async def many() -> int:
        refused = 0
        for number in range(40):
            try:
                await strangers.guessed(ASKED, f"address {number}")
            except ApiError:
                refused += 1
        return refused

    assert anyio.run(many) == 10


def test_logging_out_ends_the_session(locked: Server) -> None:
    with locked.stranger() as browser, locked.stranger() as thief:
        assert browser.post(f"{API}/login", json={"token": TOKEN}).status_code == 204
        stolen = dict(browser.cookies)
        thief.cookies.update(stolen)
        assert thief.get(f"{API}/status").status_code == 200
        assert browser.post(f"{API}/logout").status_code == 204
        thief.cookies.update(stolen)
        assert refusal(thief.get(f"{API}/status"), 401) == "token_required"


@pytest.mark.parametrize("half", ["\\ud800", "\\udce9", "\\udfff"])
def test_half_a_letter_is_a_wrong_token(locked: Server, half: str) -> None:
    with locked.stranger() as client:
        response = client.post(f"{API}/login", content=f'{{"token": "{half}"}}')
        assert refusal(response, 401) == "wrong_token"


def test_a_token_allows_what_it_is_for(serve: Serve, filled: Path) -> None:
    """Without a token for changes nobody may change anything."""
    for settings in ({"token": TOKEN}, {}):
        server = serve(filled, change_token=CHANGE, wrong_tokens=1000, **settings)
        with server.stranger(headers={"Authorization": f"Bearer {CHANGE}"}) as client:
            assert client.get(f"{API}/status").status_code == 200
        with server.stranger(headers={"Authorization": f"Bearer {CHANGE}x"}) as client:
            assert client.get(f"{API}/status").status_code == 401
        with server.stranger() as browser:
            assert browser.post(f"{API}/login", json={"token": CHANGE}).status_code == 204
            assert browser.get(f"{API}/status").status_code == 200
            assert browser.post(f"{API}/login", json={"token": "wrong"}).status_code == 401


def test_asking_without_a_token_has_its_own_account() -> None:
    now = [0.0]
    strangers = Strangers(10, 20, 3, hold=0, clock=lambda: now[0])

    async def ask(times: int, what: str) -> int:
        refused = 0
        for _ in range(times):
            try:
                await strangers.asked(ASKED, "a", what)
            except ApiError as error:
                refused += error.status == 429
        return refused

    assert anyio.run(ask, 30, "the page") == 10
    assert anyio.run(ask, 20, "what takes it") == 0
    now[0] += 1
    assert anyio.run(ask, 11, "the page") == 1


def test_no_rate_is_for_who_has_the_token(serve: Serve, filled: Path) -> None:
    locked = serve(filled, token=TOKEN, rate=0.001, burst=3, hold_seconds=0)
    with locked.stranger() as stranger, locked.client() as client:
        answers = [stranger.get("/") for _ in range(5)]
        assert refusal(answers[-1], 429) == "too_many_requests"
        assert client.get(f"{API}/status").status_code == 200
        assert stranger.post(f"{API}/login", json={"token": TOKEN}).status_code == 204
