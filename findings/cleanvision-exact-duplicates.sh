#!/usr/bin/env bash
# CleanVision 0.3.7 (of Cleanlab): its "exact duplicates" are pictures with the same MD5 of the bare
# array of values, without the palette, the width and height, the mode and the further frames. So a
# logo and the same logo in another colour, saved as GIF or as PNG with a palette, are exact
# duplicates; so are two empty masks of 320 x 200 and 200 x 320, and two animations with the same
# first frame. One picture with and without a palette, equal to the pixel, is not.
#
# Output seen:
#   red.gif and blue.gif: exact duplicates
#   red.png and blue.png: exact duplicates
#   wide.png and tall.png: exact duplicates
#   right.gif and left.gif: exact duplicates
#   palette.png and rgb.png: not
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet cleanvision==0.3.7 numpy==2.4.6 pillow==13.0.0

cat >"$folder/show.py" <<'END'
import contextlib
import io
import sys
from pathlib import Path

from cleanvision import Imagelab
from PIL import Image, ImageDraw


def compare(one, other, **options):
    """Say whether CleanVision takes two pictures, each (name, picture, more to save), for one."""
    folder = Path(sys.argv[1], f"{one[0]}-{other[0]}")
    folder.mkdir()
    for name, picture, *more in (one, other):
        picture.save(folder / name, **options, **(more[0] if more else {}))
    with contextlib.redirect_stdout(io.StringIO()):
        lab = Imagelab(data_path=str(folder))
        lab.find_issues({"exact_duplicates": {}}, n_jobs=1, verbose=False)
    found = lab.info["exact_duplicates"]["sets"]
    print(f"{one[0]} and {other[0]}: {'exact duplicates' if found else 'not'}")


def logo(colour, x=100):
    picture = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(picture).ellipse((x, 50, x + 100, 150), fill=colour)
    return picture


red, blue = logo("red"), logo("blue")
compare(("red.gif", red), ("blue.gif", blue))
compare(("red.png", red.quantize(2)), ("blue.png", blue.quantize(2)))
compare(("wide.png", Image.new("L", (320, 200))), ("tall.png", Image.new("L", (200, 320))))
compare(
    ("right.gif", red, {"append_images": [logo("red", 180)]}),
    ("left.gif", red, {"append_images": [logo("red", 20)]}),
    save_all=True,
)
assert red.quantize(2).convert("RGB").tobytes() == red.tobytes()
compare(("palette.png", red.quantize(2)), ("rgb.png", red))
END
"$folder/venv/bin/python" "$folder/show.py" "$folder" 2>"$folder/log" | tee "$folder/output" ||
    { cat "$folder/log" >&2; exit 1; }
diff <(sed -n '/^# Output seen:/,/^set/s/^#   //p' "$0") "$folder/output"
