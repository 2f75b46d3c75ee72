"""Parts of the server that need no network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from lookalike.errors import UsageError
from lookalike.server.answers import ApiError
from lookalike.server.ids import OpaqueIds
from lookalike.server.rates import Rates, client_of
from lookalike.server.security import is_loopback
from lookalike.server.sessions import Sessions
from lookalike.server.settings import check_token, new_token

IDS = OpaqueIds("one library")


@given(st.integers(0, 2**63 - 1))
def test_ids_go_there_and_back(number: int) -> None:
    sealed = IDS.seal(number)
    assert IDS.number(sealed) == number
    assert OpaqueIds("one library").seal(number) == sealed
    assert OpaqueIds("another").number(sealed) is None


@given(st.integers(0, 2**40), st.integers(0, 23), st.sampled_from("AQgw059_-"))
def test_a_changed_id_is_none(number: int, at: int, letter: str) -> None:
    sealed = IDS.seal(number)
    changed = sealed[:at] + letter + sealed[at + 1 :]
    assert IDS.number(changed) in ((number,) if changed == sealed else (None,))


@given(st.text(max_size=30))
def test_any_text_is_taken_for_an_id(text: str) -> None:
    assert IDS.number(text) is None


def test_neighbours_have_nothing_in_common() -> None:
    first, second = IDS.seal(1), IDS.seal(2)
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 8


def test_a_bucket_empties_and_fills() -> None:
    now = [0.0]
    rates = Rates(rate=10, burst=20, clock=lambda: now[0])
    for _ in range(20):
        rates.charge("a", 1)
    with pytest.raises(ApiError) as caught:
        rates.charge("a", 1)
    assert caught.value.status == 429
    rates.charge("b", 1)  # others have their own
    now[0] = 0.1
    rates.charge("a", 1)
    with pytest.raises(ApiError):
        rates.charge("a", 1)
    now[0] = 1000.0
    for _ in range(20):  # no more than the bucket holds
        rates.charge("a", 1)
    with pytest.raises(ApiError):
        rates.charge("a", 1)


def test_a_dear_request_leaves_a_debt() -> None:
    now = [0.0]
    rates = Rates(rate=10, burst=20, clock=lambda: now[0])
    rates.charge("a", 60)
    now[0] = 3.9
    with pytest.raises(ApiError) as caught:
        rates.charge("a", 1)
    assert caught.value.headers == {"Retry-After": "1"}
    now[0] = 4.2
    rates.charge("a", 1)


def test_no_rate_is_no_limit() -> None:
    rates = Rates(rate=0, burst=0)
    for _ in range(10_000):
        rates.charge("a", 100)


def test_buckets_are_forgotten() -> None:
    rates = Rates(rate=1, burst=1)
    for number in range(20_000):
        rates.charge(str(number), 1)
    assert len(rates._buckets) == 10_000


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "an unknown client"),
    ],
)
def test_clients(address: str, client: str) -> None:
    assert client_of(address) == client


@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("192.168.1.1", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("2130706433", False),
    ],
)
def test_loopback(name: str, here: bool) -> None:
    assert is_loopback(name) is here


def cookie_of(sessions: Sessions) -> str:
    response = Response()
    sessions.begin(response, secure=False)
    name, _, value = response.headers["set-cookie"].partition(";")[0].partition("=")
    assert name == sessions.cookie
    return value


def test_a_session_ends_after_a_week() -> None:
    now = [1_000_000.0]
    sessions = Sessions("a good long token", 1, clock=lambda: now[0])
    value = cookie_of(sessions)
    assert sessions.admits(None, {sessions.cookie: value})
    assert Sessions("a good long token", 1, lambda: now[0]).admits(None, {sessions.cookie: value})
    assert not Sessions("another token, long", 1).admits(None, {sessions.cookie: value})
    now[0] += 7 * 24 * 3600 + 1
    assert not sessions.admits(None, {sessions.cookie: value})
    until, _, signature = value.partition(".")
    longer = f"{int(until) * 2}.{signature}"
    assert not sessions.admits(None, {sessions.cookie: longer})


@given(st.text(max_size=100))
def test_any_cookie_can_come(text: str) -> None:
    sessions = Sessions("a good long token", 1)
    assert not sessions.admits(None, {sessions.cookie: text})
    assert not sessions.admits(f"Bearer {text}", {})


def test_tokens() -> None:
    assert check_token(new_token())
    assert new_token() != new_token()
    for wrong in (
        "short",
        "a" * 201,
        "with some blanks in it",
        "not-ascii-ä-ä-ä-ä-ä",
        "line\nfeed" * 3,
    ):
        with pytest.raises(UsageError):
            check_token(wrong)
