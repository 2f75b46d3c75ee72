"""Kernels are loaded after a few uses, once, beside the work."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from lookalike.codes.loading import COMPILING, Loading, tell, wait


def test_first_uses_do_without() -> None:
    calls = []
    loading = Loading(lambda: calls.append(1) or "loaded", after=3)
    assert [loading.asked() for _ in range(3)] == [None] * 3
    assert calls == []
    loading.asked()
    wait(10)
    assert loading.asked() == "loaded"
    assert loading.now() == "loaded"
    assert calls == [1]


def test_a_batch_counts_as_many() -> None:
    loading = Loading(lambda: "loaded", after=10)
    loading.asked(11)
    wait(10)
    assert loading.asked() == "loaded"


def test_nobody_waits_while_it_loads() -> None:
    go, where = threading.Event(), []

    def load() -> str:
        where.append(threading.current_thread())
        assert go.wait(10)
        return "loaded"

    loading = Loading(load, after=0)
    assert [loading.asked() for _ in range(5)] == [None] * 5
    go.set()
    assert loading.now() == "loaded"  # waits for the thread, and loads nothing itself
    wait(10)
    assert len(where) == 1
    assert where != [threading.current_thread()]


def test_what_is_needed_now_is_loaded_now() -> None:
    loading = Loading(threading.current_thread, after=100)
    assert loading.now() is threading.current_thread()


def test_who_can_do_without_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    def load() -> str:
        raise ImportError("no compiler here")

    loading = Loading(load, after=0)
    with caplog.at_level(logging.WARNING):
        loading.asked()
        wait(10)
    assert loading.asked() is None
    assert "can't be loaded" in caplog.text
    with pytest.raises(ImportError, match="no compiler"):
        loading.now()


def test_without_threads_it_goes_on_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    loading = Loading(lambda: "loaded", after=0)
    assert [loading.asked(), loading.asked()] == [None, None]
    wait(10)
    assert loading.now() == "loaded"


class Told(logging.Handler):
    """Keeps what the logger of compiling is told, and lets a loader go on."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []
        self.go = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())
        self.go.set()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    logger, handler = logging.getLogger(COMPILING), Told()
    monkeypatch.setattr(logger, "handlers", [handler])
    level = logger.level
    logger.setLevel(logging.INFO)
    yield handler
    logger.setLevel(level)


def test_compiling_beside_the_work_is_told_when_somebody_waits(told: Told) -> None:
    begun = threading.Event()

    def load() -> str:
        tell("compiling")
        begun.set()
        assert told.go.wait(10)
        return "loaded"

    loading = Loading(load, after=0)
    loading.asked()
    assert begun.wait(10)
    assert told.messages == []
    wait(0.01)
    assert told.messages == ["compiling"]
    assert loading.asked() == "loaded"
    wait(0.01)
    assert told.messages == ["compiling"]


def test_compiling_in_front_of_the_work_is_told_at_once(told: Told) -> None:
    tell("compiling")
    assert told.messages == ["compiling"]
