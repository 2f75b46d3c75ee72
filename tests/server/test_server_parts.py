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
from lookalike.server.visitors import ALL_SCOPES, OPEN_SCOPES

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


def cookie_of(sessions: Sessions, token: str = "a good long token") -> str:
    response, known = Response(), sessions.knows(token)
    assert known is not None
    sessions.begin(response, known, secure=False)
    name, _, value = response.headers["set-cookie"].partition(";")[0].partition("=")
    assert name == sessions.cookie
    return value


def test_a_session_ends() -> None:
    now = [1_000_000.0]
    sessions = Sessions("a good long token", 1, clock=lambda: now[0])
    value, idle, left = (cookie_of(sessions) for _ in range(3))
    assert len({value, idle, left}) == 3
    cookies = {sessions.cookie: value}
    assert sessions.admits(None, cookies)
    for other in (Sessions("a good long token", 1), Sessions("another token, long", 1)):
        assert not other.admits(None, cookies)  # it is kept in memory
    sessions.end(Response(), {sessions.cookie: left}, secure=False)
    assert not sessions.admits(None, {sessions.cookie: left})
    for _ in range(6):
        now[0] += 24 * 3600
        assert sessions.admits(None, cookies)
    assert not sessions.admits(None, {sessions.cookie: idle})  # two days without a request
    now[0] += 24 * 3600
    assert not sessions.admits(None, cookies)  # a week


def test_sessions_are_not_without_number() -> None:
    sessions = Sessions("a good long token", 1)
    first = cookie_of(sessions)
    for _ in range(1_000):
        last = cookie_of(sessions)
    assert not sessions.admits(None, {sessions.cookie: first})
    assert sessions.admits(None, {sessions.cookie: last})


def test_an_invitation_is_good_once_and_for_minutes() -> None:
    now = [0.0]
    for later, lets_in in ((10, True), (301, False)):
        sessions = Sessions("a good long token", 1, None, "an invitation", clock=lambda: now[0])
        assert sessions.admits("Bearer an invitation", {}) is None  # it is for logging in alone
        now[0] += later
        found = sessions.enter("an invitation")
        assert (found is not None) is lets_in
        assert found is None or found.scopes == OPEN_SCOPES
        assert sessions.enter("an invitation") is None
        assert sessions.enter("a good long token") is not None


def test_tokens_allow_what_they_are_for() -> None:
    sessions = Sessions("a good long token", 1, "the token for changes")
    for token, scopes in (
        ("a good long token", OPEN_SCOPES),
        ("the token for changes", ALL_SCOPES),
    ):
        for known in (
            sessions.admits(f"Bearer {token}", {}),
            sessions.admits(None, {sessions.cookie: cookie_of(sessions, token)}),
        ):
            assert known is not None
            assert known.scopes == scopes
    assert sessions.admits(None, {}) is None
    unlocked = Sessions(None, 1, "the token for changes")
    known = unlocked.admits(None, {})
    assert known is not None
    assert known.scopes == OPEN_SCOPES
    assert unlocked.admits("Bearer a wrong one", {}) is None  # or it could be guessed at leisure
    assert Sessions(None, 1).admits("Bearer whatever", {}) is not None


@given(st.text(max_size=100))
def test_any_cookie_can_come(text: str) -> None:
    sessions = Sessions("a good long token", 1)
    assert not sessions.admits(None, {sessions.cookie: text})
    assert not sessions.admits(f"Bearer {text}", {})
    assert not sessions.knows(text)


@pytest.mark.parametrize("half", ["\udce9", "a good long token\udfff"])
def test_halves_of_letters_are_no_token(half: str) -> None:
    sessions = Sessions("a good long token", 1)
    assert sessions.knows(half) is None
    assert sessions.admits(f"Bearer {half}", {sessions.cookie: half}) is None


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
