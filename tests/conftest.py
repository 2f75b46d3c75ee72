"""What all tests share: a clean environment, and a few real photographs."""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from file_server import Server, handler
from hub_server import Hub
from hypothesis import settings
from PIL import Image

# The first example compiles kernels, so no example has a time of its own. People's runs look for
# new examples; continuous integration says the same of the same commit.
settings.register_profile(
    "lookalike", deadline=None, derandomize=os.environ.get("CI", "") not in ("", "false", "0")
)
settings.load_profile("lookalike")

# Photographs that scikit-image carries in its package, all free to use.
NAMES = ("astronaut", "camera", "chelsea", "coffee", "coins", "grass", "gravel", "rocket")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, then those of many tests: no process waits for another's end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    count = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path not in slow, -count[item.path], str(item.path)))


@pytest.fixture(scope="session", autouse=True)
def no_settings_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests off the user's own library and data."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LOOKALIKE_LIBRARY", "LOOKALIKE_DATA"):
            patch.delenv(name, raising=False)
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("user-data")))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("user-cache")))
        yield


@pytest.fixture(autouse=True)
def logging_of_one_test() -> Iterator[None]:
    """Take back what the command line sets up for its one process: other tests read the log."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith("lookalike")]
    loggers = [logging.getLogger(name) for name in ("lookalike", *names)]
    for one in loggers:
        one.disabled = False  # as packages do that set up the log of a whole process
    logging.disable(logging.NOTSET)
    logging.getLogger("lookalike").setLevel(logging.NOTSET)
    logging.getLogger("lookalike").propagate = True
    before = [(one, one.level, one.propagate, one.handlers[:]) for one in loggers]
    yield
    for one, level, propagate, handlers in before:
        one.setLevel(level)
        one.propagate, one.handlers = propagate, handlers
    for name in logging.root.manager.loggerDict:
        if name.startswith("lookalike") and name not in names:
            one = logging.getLogger(name)
            one.setLevel(logging.NOTSET)
            one.propagate, one.handlers = True, []


@pytest.fixture(scope="session")
def skimage_pictures() -> Path:
    """The folder of the pictures that scikit-image carries; read only."""
    spec = importlib.util.find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data"


@pytest.fixture(scope="session")
def original_photos(skimage_pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of eight photographs as JPEG, the cat as ``chelsea.jpg``; read only."""
    folder = tmp_path_factory.mktemp("original") / "photos"
    folder.mkdir()
    for name in NAMES:
        source = next(skimage_pictures.glob(f"{name}.*"))
        with Image.open(source) as picture:
            picture.convert("RGB").save(folder / f"{name}.jpg", quality=90)
    return folder


@pytest.fixture
def photos(original_photos: Path, tmp_path: Path) -> Path:
    """A copy of :func:`original_photos` that a test may change: ``tmp_path / "photos"``."""
    return Path(shutil.copytree(original_photos, tmp_path / "photos"))


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """Start a server on this machine: ``serve(content, cuts=[...])``."""
    monkeypatch.setenv("no_proxy", "*")
    running: list[ThreadingHTTPServer] = []

    def start(content: bytes, **settings: object) -> Server:
        server = Server(content, **settings)  # type: ignore[arg-type]
        http = ThreadingHTTPServer(("127.0.0.1", 0), handler(server))
        server.url = f"http://127.0.0.1:{http.server_address[1]}/file.tar.gz"
        threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
        running.append(http)
        return server

    yield start
    for http in running:
        http.shutdown()
        http.server_close()


@pytest.fixture(scope="session")
def data_sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with CIFAR-10 and some classes of RESISC45, for tests of what is shipped."""
    root = Path(__file__).resolve().parent.parent
    folder = tmp_path_factory.mktemp("data-sets")
    for name in ("cifar-10-batches-py", "resisc45"):
        there = root / "data" / name
        if not there.is_dir():
            pytest.skip(f"{name} isn't there: put it, or a link to it, into data/")
        (folder / name).symlink_to(there.resolve(), target_is_directory=True)
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub on this machine, without models yet, and a cache of its own."""
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    # Where huggingface_hub looks for a login, which it asked the environment when it was imported.
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Hub()
    http = made.start()
    monkeypatch.setenv("HF_ENDPOINT", made.url)
    yield made
    http.shutdown()
    http.server_close()
