"""Follow the Dockerfile without Docker, in bare Debian roots, and try what comes of it.

    sudo .venv/bin/python scripts/check_dockerfile.py [notebook] [server] [--data data]

debootstrap makes a root of Debian 12, whose own Python 3.11 stands in for the Python image. The
instructions that lead to a target are carried out one by one: RUN by chroot, as root or, after
USER, as that user; COPY from this repository, as .dockerignore allows. Then the command of the
target is started as the image would start it, and asked over the loopback device.

What stays unchecked: the Python image itself with its version of Python, and the engine's part,
such as layers, networks and volumes. It takes Linux, root, debootstrap, a few minutes and 4 GB. pip
is set up in the roots as it is for whoever runs this.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from debian_roots import Root, bind, bootstrap, connect, pip_settings
from dockerfile import REPOSITORY, Stage, read_stages

TARGETS = ("notebook", "server")
PICTURES = REPOSITORY / "docs" / "images"
FILES = "/opt/lookalike"
PATIENCE = 300  # seconds until a command that was started answers
INSTALLED = (
    "import importlib.metadata as m\n"
    "for d in m.distributions(): print(d.metadata['Name'] + '==' + d.version)"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="notebook, server; both")
    parser.add_argument("--data", type=Path, help="run the notebook, too, with these data sets")
    parser.add_argument("--folder", type=Path, help="for the roots; the system's, if omitted")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    targets = given.targets or list(TARGETS)
    if wrong := [target for target in targets if target not in TARGETS]:
        parser.error(f"there is no target {wrong[0]!r}: there are {' and '.join(TARGETS)}")
    if given.inside:
        follow(targets, given.folder, given.data)
        return
    missing = [name for name in ("debootstrap", "unshare", "chroot") if not shutil.which(name)]
    if os.geteuid() or missing:
        parser.error(f"this takes root, {' and '.join(missing) or 'which you are not'}")
    # In a mount namespace of its own: whatever happens, nothing stays mounted, so that nothing of
    # this machine is below the folder when it is removed.
    with tempfile.TemporaryDirectory(prefix="dockerfile-", dir=given.folder) as folder:
        words = ["unshare", "--mount", "--propagation", "private", sys.executable, __file__]
        words += [*targets, "--inside", "--folder", folder]
        words += ["--data", str(given.data.resolve())] if given.data else []
        sys.exit(subprocess.run(words, check=False).returncode)


def follow(targets: Sequence[str], folder: Path, data: Path | None) -> None:
    """Build the stages that the targets need, in their order, and try the targets."""
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    stages = {stage.name: stage for stage in read_stages(text)}
    needed = {name for target in targets for name in leading_to(target, stages)}
    pip, local = pip_settings()
    print("debootstrap", flush=True)
    bare = bootstrap(folder / "debian")
    roots: dict[str, Root] = {}
    for name, stage in stages.items():
        if name not in needed:
            continue
        root = roots.get(stage.base, bare).copy(folder / name)
        connect(root, local)
        for word, rest in stage.steps:
            print(f"{name}: {word} {' '.join(rest.split())}", flush=True)
            root.follow(word, rest, roots, pip)
        roots[name] = root
    for target in targets:
        print(f"\n{target}", flush=True)
        try_target(roots[target], stages[target], folder, data)


def leading_to(target: str, stages: dict[str, Stage]) -> set[str]:
    """The stages that a target is made from, itself among them."""
    stage = stages[target]
    copied = re.findall(r"--from=(\S+)", " ".join(rest for _, rest in stage.steps))
    before = [name for name in (stage.base, *copied) if name in stages]
    return {target}.union(*(leading_to(name, stages) for name in before))


def try_target(root: Root, stage: Stage, folder: Path, data: Path | None) -> None:
    """What is installed, then whether it runs."""
    size = told(["du", "-s", "--block-size=1M", str(root.within(FILES))]).split()[0]
    installed = {plain(pin) for pin in told(root.command(["python", "-c", INSTALLED])).split()}
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    loose = sorted(installed - {plain(line) for line in lines})
    loose = [pin for pin in loose if not pin.startswith("lookalike==")]
    check(not loose, f"{len(installed)} packages, {size} MiB; not pinned: {loose or 'none'}")
    tests = f"test -w ~ && test -w /data && ! test -w {FILES} && ! test -w {FILES}/bin && id -u"
    check(told(root.command(["sh", "-c", tests])) == "1000", f"user 1000 can't change {FILES}")
    port = int(stage.last("EXPOSE"))
    with socket.socket() as free:
        if free.connect_ex(("127.0.0.1", port)) == 0:
            raise SystemExit(f"port {port} of this machine is in use: end what listens there")
    try_it = try_notebook if stage.name == "notebook" else try_server
    try_it(root, stage, folder / f"{stage.name}.log", data)


def try_notebook(root: Root, stage: Stage, log: Path, data: Path | None) -> None:
    """JupyterLab answers, and shows the notebook to those with the token; the notebook runs."""
    address = f"http://127.0.0.1:{stage.last('EXPOSE')}"
    with started(root, json.loads(stage.last("CMD")), log):
        seconds = wait_until_healthy(root, stage, log)
        status, body = ask(f"{address}/api")
        check(status == 200, f"JupyterLab answers after {seconds:.0f} s: {body.decode().strip()}")
        notebook = f"{address}/api/contents/search.ipynb?content=0"
        check(ask(notebook)[0] == 403, "without a token it shows no notebook")
        token = re.search(r"127\.0\.0\.1\S+token=(\w+)", log.read_text())
        check(token is not None, "it prints an address with a token")
        status, body = ask(notebook, f"token {token[1] if token else ''}")
        check(status == 200 and json.loads(body)["writable"], "with it the notebook is there")
    if data is not None:
        for place in (place for place in data.iterdir() if place.is_dir()):
            bind(place.resolve(), root.within(f"/data/{place.name}"))
        begun = time.monotonic()
        told(root.command(["jupyter", "execute", "--inplace", "search.ipynb"]))
        cells = json.loads(root.within("search.ipynb").read_text(encoding="utf-8"))["cells"]
        shown = [out for cell in cells for out in cell.get("outputs", [])]
        pictures = sum("image/png" in out.get("data", {}) for out in shown)
        for out in shown:
            print("".join(out.get("text", [])), end="")
        check(pictures > 0, f"it runs in {time.monotonic() - begun:.0f} s, {pictures} figures")


def try_server(root: Root, stage: Stage, log: Path, _data: Path | None) -> None:
    """The server answers for pictures that were indexed by the same image, given the token."""
    program = json.loads(stage.last("ENTRYPOINT"))
    bind(PICTURES, root.within("/pictures"))
    print(told(root.command([*program, "index", "/pictures"])))
    address = f"http://127.0.0.1:{stage.last('EXPOSE')}/api/v1"
    with started(root, program + json.loads(stage.last("CMD")), log):
        seconds = wait_until_healthy(root, stage, log)
        check(True, f"the server answers after {seconds:.0f} s: {log.read_text().splitlines()[0]}")
        check(ask(f"{address}/pictures")[0] == 401, "without a token it shows no picture")
        token = re.search(r"#token=([\w-]+)", log.read_text())
        check(token is not None, "it prints an address with a token")
        status, body = ask(f"{address}/pictures", f"Bearer {token[1] if token else ''}")
        shown = len(json.loads(body)["pictures"]) if status == 200 else 0
        check(shown == len(list(PICTURES.iterdir())), f"with it {shown} pictures are there")


@contextmanager
def started(root: Root, words: Sequence[str], log: Path) -> Iterator[None]:
    """A command of an image, running until the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            root.command(words), stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)  # as docker stop does, to the first process alone
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            print("  it had to be killed: ten seconds after SIGTERM it was still there")


def wait_until_healthy(root: Root, stage: Stage, log: Path) -> float:
    """Run the image's own check until it passes; the seconds that took."""
    test = json.loads(stage.last("HEALTHCHECK").partition("CMD ")[2])
    begun = time.monotonic()
    while subprocess.run(root.command(test), capture_output=True, check=False).returncode:
        if time.monotonic() - begun > PATIENCE:
            raise SystemExit(f"{log.read_text()}\n{stage.name} doesn't become healthy")
        time.sleep(0.5)
    return time.monotonic() - begun


def ask(url: str, authorization: str | None = None) -> tuple[int, bytes]:
    """Status and body of an answer."""
    headers = {"Authorization": authorization} if authorization else {}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - to this machine
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def told(words: Sequence[str]) -> str:
    """What a command prints; with its errors if it fails."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{done.stdout}{done.stderr}\nfailed: {' '.join(words)}")
    return done.stdout.strip()


def check(holds: bool, what: str) -> None:
    """Print what was found, and end if it isn't what it should be."""
    if not holds:
        raise SystemExit(f"FAILED: {what}")
    print(f"  {what}", flush=True)


def plain(pin: str) -> str:
    """A pin with its name as all spellings of it give it."""
    name, _, version = pin.partition("==")
    return f"{re.sub('[-_.]+', '-', name).lower()}=={version}"


if __name__ == "__main__":
    main()
