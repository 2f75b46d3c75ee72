#!/usr/bin/env bash
# watchfiles 1.3.0: where a folder is polled (`force_polling=True`, and by itself on WSL, since such
# drives send no events), a file that is written again within the same second is not reported, though
# its size is another. Polling compares times of change by whole seconds, and no sizes. A program
# that saves a picture twice in a second, or an import that puts times back, goes unnoticed until
# something else changes. By events the same change is reported.
#
# Output seen:
#   events, 12:00:00.2 -> 12:00:00.7 and larger: seen
#   polling, 12:00:00.2 -> 12:00:00.7 and larger: not seen
#   polling, 12:00:00.2 -> 12:00:01.2: seen
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet watchfiles==1.3.0

cat >"$folder/show.py" <<'END'
import os
import tempfile
import threading
import time

from watchfiles import watch

NOON = 1_700_000_000
TENTH = 100_000_000


def write(path, size, tenths):
    # Beside it first, so that the file is never there with another time.
    with open(path + ".part", "wb") as file:
        file.write(b"x" * size)
    os.utime(path + ".part", ns=(0, NOON * 10**9 + tenths * TENTH))
    os.replace(path + ".part", path)


def is_seen(polling, size, tenths):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.jpg")
        write(path, 10, 2)
        stop, seen = threading.Event(), threading.Event()

        def look():
            for changes in watch(folder, force_polling=polling, poll_delay_ms=100, stop_event=stop):
                if any(name == path for _, name in changes):
                    seen.set()

        thread = threading.Thread(target=look)
        thread.start()
        time.sleep(2)
        write(path, size, tenths)
        seen.wait(4)
        stop.set()
        thread.join()
        return "seen" if seen.is_set() else "not seen"


print("events, 12:00:00.2 -> 12:00:00.7 and larger:", is_seen(False, 5000, 7))
print("polling, 12:00:00.2 -> 12:00:00.7 and larger:", is_seen(True, 5000, 7))
print("polling, 12:00:00.2 -> 12:00:01.2:", is_seen(True, 10, 12))
END
seen=$("$folder/venv/bin/python" "$folder/show.py")
echo "$seen"
[ "$seen" = "events, 12:00:00.2 -> 12:00:00.7 and larger: seen
polling, 12:00:00.2 -> 12:00:00.7 and larger: not seen
polling, 12:00:00.2 -> 12:00:01.2: seen" ]
