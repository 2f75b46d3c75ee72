from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from pictures import FORMATS, encode, png_bomb, scene
from PIL import Image

from lookalike.errors import LookalikeError, PictureError, PictureFailed, PictureSkipped, UsageError
from lookalike.images.decode import decode
from lookalike.images.pool.pool import DecodePool
from lookalike.types import Decoded, InputSpec, Limits

INPUTS = {"pdq": InputSpec(512, "within"), "photo": InputSpec(224, "stretch")}
AWKWARD = [sys.executable, "-P", str(Path(__file__).with_name("awkward_worker.py")), *sys.path]


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodePool]:
    with DecodePool(INPUTS, workers=2) as pool:
        yield pool


@pytest.fixture(scope="module")
def awkward() -> Iterator[DecodePool]:
    limits = Limits(seconds=6, memory_bytes=400_000_000)
    with DecodePool(INPUTS, workers=2, limits=limits, command=AWKWARD) as pool:
        yield pool


def children_of(pool: DecodePool) -> list[int]:
    return [place.child.process_id for place in pool._places if place.child is not None]


@pytest.mark.parametrize("name", FORMATS)
def test_the_child_gives_what_the_function_gives(
    pool: DecodePool, name: str, tmp_path: Path
) -> None:
    data = encode(scene(700, 300), name)
    (tmp_path / "picture").write_bytes(data)
    expected = decode(data, INPUTS, Limits())
    for source in (data, tmp_path / "picture", str(tmp_path / "picture")):
        got = pool.decode(source)
        assert (got.content_digest, got.pixel_digest) == (
            expected.content_digest,
            expected.pixel_digest,
        )
        assert (got.width, got.height, got.format) == (700, 300, expected.format)
        assert got.inputs["pdq"].shape == (219, 512, 3)
        assert got.inputs["photo"].shape == (224, 224, 3)
        for key in INPUTS:
            assert np.array_equal(got.inputs[key], expected.inputs[key])


def test_a_folder_of_hostile_files(tmp_path: Path) -> None:
    good = encode(scene(300, 200), "JPEG")
    expected: dict[str, type[object]] = {}

    def put(name: str, data: bytes, kind: type[object]) -> None:
        (tmp_path / name).write_bytes(data)
        expected[name] = kind

    put("good.jpg", good, Decoded)
    put("bomb.png", png_bomb(50_000, 50_000), PictureSkipped)
    put("bomb within the limit.png", png_bomb(8_000, 8_000), Decoded)
    put("empty.jpg", b"", PictureSkipped)
    put("text.jpg", b"not a picture at all", PictureSkipped)
    damaged = bytearray(encode(scene(64, 48), "PNG"))
    damaged[29] ^= 255
    put("checksum.png", bytes(damaged), PictureFailed)
    for kind in FORMATS:
        whole = encode(scene(256, 192), kind)
        # What shows as a whole first, or holds whole frames, is shown as far as it goes.
        shown = kind in ("progressive JPEG", "animated PNG", "animated GIF")
        put(f"truncated {kind}", whole[: len(whole) // 5], Decoded if shown else PictureFailed)
    gif = encode(scene(64, 48), "GIF")
    frame = gif[gif.index(b",", 781) : -1]
    put("endless.gif", gif[:-1] + frame * 3000, Decoded)  # no trailer: frames without end
    put("huge frame.gif", b"GIF89a" + b"\xff" * 4 + b"\x00\x00\x00" + gif[781:], PictureError)
    if os.name != "nt":
        os.mkfifo(tmp_path / "pipe.jpg")
        expected["pipe.jpg"] = PictureSkipped
        (tmp_path / "circle.jpg").symlink_to("circle.jpg")
        expected["circle.jpg"] = PictureFailed
        (tmp_path / "folder.jpg").mkdir()
        expected["folder.jpg"] = PictureSkipped
    expected["missing.jpg"] = PictureFailed

    with DecodePool(INPUTS, workers=2) as pool:
        answers = dict(pool.map((name, tmp_path / name) for name in expected))
        assert isinstance(pool.decode(good), Decoded)
    assert answers.keys() == expected.keys()
    for name, answer in answers.items():
        assert isinstance(answer, expected[name]), (name, answer)
        if isinstance(answer, PictureError):
            assert str(answer)
            assert "\n" not in str(answer)


def test_limits(tmp_path: Path) -> None:
    data = encode(scene(300, 200), "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with DecodePool(INPUTS, workers=1, limits=Limits(file_bytes=len(data) - 1)) as pool:
        for source in (data, path):
            with pytest.raises(PictureSkipped, match="more than the limit"):
                pool.decode(source)
    with DecodePool(INPUTS, workers=1, limits=Limits(pixels=59_999)) as pool:
        with pytest.raises(PictureSkipped, match="60,000 pixels: more than the limit of 59,999"):
            pool.decode(path)
        with pytest.raises(PictureSkipped, match=r"^empty file$"):
            pool.decode(b"")


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is enforced on Linux")
def test_memory_limit() -> None:
    buffer = io.BytesIO()
    Image.new("L", (11_000, 11_000)).save(buffer, "PNG")
    with DecodePool(INPUTS, workers=1, limits=Limits(memory_bytes=100_000_000)) as pool:
        with pytest.raises(PictureFailed, match="needs more than 100,000,000 bytes of memory"):
            pool.decode(buffer.getvalue())
        pool.decode(encode(scene(64, 48), "PNG"))


def test_what_hangs_or_crashes_costs_one_picture(awkward: DecodePool) -> None:
    reasons = {
        b"HANG": "took more than 6 seconds",
        b"EXIT": "crashed its decoder: .* with code 7",
        b"ODD": "can't be decoded: RuntimeError: two lines",
        b"LIE": "crashed its decoder",
    }
    if os.name != "nt":
        reasons[b"SEGV"] = "crashed its decoder: .*SIGSEGV"
    if sys.platform == "linux":
        reasons[b"HOG"] = "needs more than 400,000,000 bytes of memory"
    for data, reason in reasons.items():
        with pytest.raises(PictureFailed, match=reason):
            awkward.decode(data)
        assert awkward.decode(encode(scene(64, 48), "PNG")).width == 64


def test_the_good_ones_among_the_bad(awkward: DecodePool) -> None:
    good = encode(scene(64, 48), "PNG")
    jobs = [(i, b"EXIT" if i % 5 == 0 else b"HANG" if i == 7 else good) for i in range(40)]
    answers = dict(awkward.map(jobs))
    assert len(answers) == 40
    failed = {i for i, answer in answers.items() if isinstance(answer, PictureFailed)}
    assert failed == {i for i, data in jobs if data != good}


def test_noise_on_standard_output_does_no_harm(awkward: DecodePool) -> None:
    assert awkward.decode(b"PRINT" + encode(scene(64, 48), "PNG")).width == 64


def test_a_child_killed_while_idle_is_replaced(pool: DecodePool) -> None:
    data = encode(scene(64, 48), "PNG")
    pool.decode(data)
    for process_id in children_of(pool):
        psutil.Process(process_id).kill()
    for _ in range(4):
        assert pool.decode(data).width == 64


def test_many_threads_share_a_pool(pool: DecodePool) -> None:
    wrong: list[object] = []

    def work(width: int) -> None:
        data = encode(scene(width, 48), "PNG")
        widths = [pool.decode(data).width for _ in range(10)]
        wrong.extend(w for w in widths if w != width)

    threads = [threading.Thread(target=work, args=(64 + i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def test_other_inputs_for_one_picture(pool: DecodePool) -> None:
    got = pool.decode(encode(scene(64, 48), "PNG"), inputs={"thumbnail": InputSpec(32, "within")})
    assert {name: a.shape for name, a in got.inputs.items()} == {"thumbnail": (24, 32, 3)}


def test_large_pictures_pass_one_at_a_time(pool: DecodePool) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (7000, 5000), (90, 0, 0)).save(buffer, "PNG", compress_level=1)
    data = buffer.getvalue()
    answers = list(pool.map((i, data) for i in range(4)))
    assert [a.width for _, a in answers if isinstance(a, Decoded)] == [7000] * 4


def test_map_runs_ahead_no_further_than_it_may(pool: DecodePool) -> None:
    drawn = 0
    data = encode(scene(64, 48), "PNG")

    def jobs() -> Iterator[tuple[int, bytes]]:
        nonlocal drawn
        for i in range(50):
            drawn += 1
            yield i, data

    answers = pool.map(jobs(), in_flight=5)
    seen = []
    for key, _ in answers:
        seen.append(key)
        assert drawn <= len(seen) + 5
    assert sorted(seen) == list(range(50))


def test_map_can_be_left(pool: DecodePool) -> None:
    data = encode(scene(64, 48), "PNG")
    answers = pool.map(((i, data) for i in range(1000)), in_flight=50)
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert pool.decode(data).width == 64


def test_map_passes_on_what_its_jobs_raise(pool: DecodePool) -> None:
    def jobs() -> Iterator[tuple[int, bytes]]:
        yield 1, encode(scene(64, 48), "PNG")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(pool.map(jobs()))
    assert list(pool.map([])) == []


def test_wrong_use(pool: DecodePool) -> None:
    with pytest.raises(UsageError, match="workers is a whole number from 1 to 1,024, not 0"):
        DecodePool(INPUTS, workers=0)
    with pytest.raises(UsageError, match="without inputs"):
        DecodePool({})
    with pytest.raises(UsageError, match="give a path or bytes"):
        pool.decode(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="0 pictures in flight"):
        pool.map([], in_flight=0)
    with pytest.raises(PictureFailed, match="null character"):
        pool.decode("a\0b")


def test_closing_ends_the_children() -> None:
    pool = DecodePool(INPUTS, workers=2)
    pool.warm()
    process_ids = children_of(pool)
    assert len(process_ids) == 2
    pool.close()
    pool.close()
    assert not any(psutil.pid_exists(p) for p in process_ids)
    with pytest.raises(LookalikeError, match="closed"):
        pool.decode(b"x")


def test_closing_while_at_work() -> None:
    pool = DecodePool(INPUTS, workers=1, command=AWKWARD)
    pool.decode(encode(scene(64, 48), "PNG"))
    threading.Timer(0.3, pool.close).start()
    with pytest.raises(LookalikeError, match="closed"):
        pool.decode(b"HANG")


def test_a_child_that_cannot_start_is_no_picture_failure() -> None:
    code = "raise SystemExit('no such thing')"
    with DecodePool(INPUTS, workers=1, command=[sys.executable, "-c", code]) as pool:
        with pytest.raises(
            LookalikeError, match=r"no decoding process can be started.*no such thing"
        ) as caught:
            pool.decode(b"x")
        assert not isinstance(caught.value, PictureError)
    pool = DecodePool(INPUTS, workers=1, command=["/nonexistent/python"])
    with pool, pytest.raises(LookalikeError, match="no decoding process can be started"):
        list(pool.map([(1, b"x")]))


SCRIPT = """
import os, signal, sys, time
# What runs in the background of a shell ignores SIGINT, and its children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path[:] = sys.argv[3:]
from lookalike.images.pool.pool import DecodePool
from lookalike.types import InputSpec
print("imported", flush=True)
pool = DecodePool({"a": InputSpec(64, "within")}, workers=2)
pool.decode(sys.argv[1])
pool.warm()
print(*[place.child.process_id for place in pool._places], flush=True)
if sys.argv[2] == "wait":
    time.sleep(100)
"""


def run_script(tmp_path: Path, mode: str) -> tuple[subprocess.Popen[str], list[int]]:
    (tmp_path / "a.png").write_bytes(encode(scene(64, 48), "PNG"))
    # Neither a main guard nor a module of the name of one that the child imports may matter.
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    process = subprocess.Popen(
        [sys.executable, "-P", str(script), str(tmp_path / "a.png"), mode, *sys.path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "imported\n"
    return process, [int(word) for word in process.stdout.readline().split()]


def wait_gone(process_ids: list[int]) -> bool:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if not any(psutil.pid_exists(p) for p in process_ids):
            return True
        time.sleep(0.05)
    return False


def test_children_end_with_the_interpreter(tmp_path: Path) -> None:
    process, children = run_script(tmp_path, "end")
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, errors) == (0, "", "")
    assert len(children) == 2
    assert wait_gone(children)


def test_children_end_when_the_parent_is_killed(tmp_path: Path) -> None:
    process, children = run_script(tmp_path, "wait")
    process.kill()
    process.communicate(timeout=60)
    assert wait_gone(children)


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_ctrl_c_prints_nothing_from_the_children(tmp_path: Path) -> None:
    process, children = run_script(tmp_path, "wait")
    for child in children:
        os.kill(child, signal.SIGINT)
    time.sleep(0.2)
    assert all(psutil.pid_exists(child) for child in children)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert errors.count("Traceback") == 1  # the script's own
    assert wait_gone(children)
