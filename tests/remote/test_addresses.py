"""Addresses of libraries on servers: what they say, and what of them may be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import UsageError
from lookalike.remote.addresses import Address


def test_an_address_in_full() -> None:
    found = Address.parse("Milvus://ann:a%2Fb@Host.example:19530/name?secure=true&token=t1")
    assert (found.scheme, found.user, found.secret) == ("milvus", "ann", "a/b")
    assert (found.host, found.port, found.names) == ("host.example", 19530, ("name",))
    assert found.options == {"secure": "true", "token": "t1"}
    assert found.shown == "milvus://ann@host.example:19530/name?secure=true"
    assert "a/b" not in repr(found)
    assert "t1" not in repr(found)


def test_what_is_left_out() -> None:
    found = Address.parse("postgresql:///photos/holidays/")
    assert (found.user, found.host, found.port) == ("", "", None)
    assert found.names == ("photos", "holidays")
    assert found.shown == "postgresql:///photos/holidays"
    socket = Address.parse("postgresql://ann@%2Fvar%2FRun/photos")
    assert socket.host == "/var/Run"
    assert Address.parse(socket.shown) == socket
    assert Address.parse("milvus://[::1]:1/a").shown == "milvus://[::1]:1/a"


def test_the_secret_is_remembered_under_what_is_shown() -> None:
    full = Address.parse("postgresql://ann:secret@remembered/x?password=other")
    again = Address.parse(full.shown)
    assert again == full
    assert again.secret == "secret"
    assert again.options["password"] == "other"
    assert Address.parse("postgresql://bob@remembered/x").secret == ""


def test_the_digest_is_of_the_library_and_not_of_who_asks() -> None:
    plain = Address.parse("postgresql://host/photos")
    assert plain.digest(5432) == Address.parse("postgresql://ann:x@HOST:5432/photos").digest(5432)
    others = [
        "postgresql://host/photos2",
        "postgresql://host2/photos",
        "postgresql://host:1/photos",
    ]
    assert len({plain.digest(5432), *(Address.parse(o).digest(5432) for o in others)}) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        "postgresql://ann:hunter2@host",
        "postgresql://ann:hunter2@host/",
        "postgresql://ann:hunter2@host:99999/x",
        "postgresql://ann:hunter2@host:port/x",
        "postgresql://ann:hun/ter2@host/x",
        "postgresql://ann:1/hunter2@host/x",
        "postgresql://ann:hun#ter2@host/x",
        "postgresql://ann:hunter2@host/x#y",
        "postgresql://ann:hunter2@host/x?alone",
        "postgresql://ann:hunter2@host/x?a=1&a=2",
        "postgresql://ann:hunter2@[::1/x",
        "postgresql://ann:hunter2@host/x\n",
    ],
)
def test_wrong_ones_are_refused_and_not_repeated(wrong: str) -> None:
    with pytest.raises(UsageError) as refused:
        Address.parse(wrong)
    assert "ter2" not in str(refused.value)
    assert "postgresql://" in str(refused.value)


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_whatever_the_password_it_is_never_shown(password: str) -> None:
    from urllib.parse import quote

    marked = f"<{password}>"
    found = Address.parse(f"postgresql://ann:{quote(marked, safe='')}@host/name")
    assert found.secret == marked
    assert found.shown == "postgresql://ann@host/name"
    assert marked not in repr(found)
