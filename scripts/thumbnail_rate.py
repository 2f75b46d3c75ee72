"""Small pictures a second, of a running server and of nginx with the same bytes as files.

    lookalike serve --rate 0 & python scripts/thumbnail_rate.py http://127.0.0.1:5665

nginx has nothing to look up, so it is the limit. Takes nginx and wrk (both in Debian), starts an
nginx of its own on a free port, and asks both in turn for the same small pictures, drawn from all
of the library, by 1, 8 and 32 clients. Prints the median of the rounds, and how many times as many
nginx gave; first each answer is compared, byte by byte.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import httpx

_CONFIGURATION = """
pid {folder}/pid;
error_log {folder}/error.log;
worker_processes auto;
daemon off;
events {{}}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    open_file_cache max=10000;
    types {{ image/jpeg jpg; }}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""

# Each thread of wrk goes through all of them.
_ASKING = """
local paths = {}
for line in io.lines("%s") do paths[#paths + 1] = line end
local at = 0
local token = "%s"
if token ~= "" then wrk.headers["Authorization"] = "Bearer " .. token end
request = function()
    at = at %% #paths + 1
    return wrk.format("GET", paths[at])
end
done = function(summary, latency)
    local errors = summary.errors
    print("RESULT", summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3,
        errors.status + errors.read + errors.write + errors.timeout + errors.connect)
end
"""


def drawn(client: httpx.Client, count: int) -> list[str]:
    """Addresses of small pictures, from all over the library."""
    total = client.get("/api/v1/pictures", params={"limit": 1}).json()["total"]
    step = max(1, total // count)
    found = []
    for skip in range(0, total, step):
        page = client.get("/api/v1/pictures", params={"limit": 1, "skip": skip}).json()
        found.append(f"/api/v1/pictures/{page['pictures'][0]['id']}/thumbnail?size=256")
    return found[:count]


def asked(
    url: str, paths: Path, clients: int, seconds: float, token: str
) -> tuple[float, float, float]:
    """Answers a second, and the median and 99th percentile of their milliseconds."""
    script = paths.with_suffix(".lua")
    script.write_text(_ASKING % (paths, token))
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds:.0f}s", "-s", str(script), url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"RESULT\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)", done.stdout)
    if found is None or float(found[4]):
        sys.exit(f"{url} didn't answer everything:\n{done.stdout}")
    rate, median, last = (float(found[place]) for place in (1, 2, 3))
    return rate, median, last


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("--token", default="")
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    for program in ("nginx", "wrk"):
        if shutil.which(program) is None:
            sys.exit(f"{program} isn't installed: apt-get install {program}")
    headers = {"Authorization": f"Bearer {given.token}"} if given.token else {}
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        httpx.Client(base_url=given.url, headers=headers, timeout=60) as client,
        socket.socket() as probe,
    ):
        folder = Path(name)
        folder.chmod(0o755)  # nginx serves as another user
        (folder / "files").mkdir()
        addresses = drawn(client, given.pictures)
        plain = []
        for number, address in enumerate(addresses):
            made = client.get(address).raise_for_status().content
            (folder / "files" / f"{number}.jpg").write_bytes(made)
            plain.append(f"/{number}.jpg")
        (folder / "server").write_text("\n".join(addresses))
        (folder / "nginx").write_text("\n".join(plain))
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        (folder / "nginx.conf").write_text(_CONFIGURATION.format(folder=folder, port=port))
        command = ["nginx", "-p", name, "-e", f"{name}/error.log", "-c", f"{name}/nginx.conf"]
        server = subprocess.Popen(command)
        try:
            time.sleep(1)
            for address, path in zip(addresses, plain, strict=True):
                same = httpx.get(f"http://127.0.0.1:{port}{path}").raise_for_status().content
                if same != client.get(address).content:
                    sys.exit(f"{address} gives other bytes than nginx")
            measured = defaultdict(list)
            for _ in range(given.rounds):
                for clients in (1, 8, 32):
                    for who, url in (("server", given.url), ("nginx", f"http://127.0.0.1:{port}")):
                        one = asked(url, folder / who, clients, given.seconds, given.token)
                        measured[clients, who].append(one)
        finally:
            server.terminate()
            server.wait()
    for clients in (1, 8, 32):
        medians = {
            who: [statistics.median(row) for row in zip(*measured[clients, who], strict=True)]
            for who in ("server", "nginx")
        }
        for who, (rate, median, last) in medians.items():
            print(
                f"{clients:3} clients, {who:6}: {rate:8.0f} a second, p50 {median:6.2f} ms,"
                f" p99 {last:6.2f} ms"
            )
        print(f"{clients:3} clients: nginx {medians['nginx'][0] / medians['server'][0]:.1f} x")
    print(json.dumps({f"{c} {who}": rows for (c, who), rows in measured.items()}))


if __name__ == "__main__":
    main()
