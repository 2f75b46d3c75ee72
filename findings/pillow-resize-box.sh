#!/usr/bin/env bash
# Pillow 13.0.0: a part of a picture that is resized by `resize(box=...)` has other pixels than the
# same part of the whole picture resized, although scale and grid are the same. A resize has two
# passes, and Pillow takes across or down first, whichever is less work for these sizes. Between the
# passes values are cut to 0..255, so that the order matters where a cubic filter overshoots.
#
# Output seen:
#   the whole is across first: True, down first: False
#   the part is across first: False, down first: True
#   whole and part differ by up to 28 of 255 levels
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0 numpy==2.4.6

cat >"$folder/show.py" <<'END'
import numpy as np
from PIL import Image

CUBIC = Image.Resampling.BICUBIC
noise = np.random.default_rng(0).integers(0, 2, (97, 61, 3)) * 255
image = Image.fromarray(noise.astype(np.uint8))
across = image.resize((96, 97), CUBIC).resize((96, 152), CUBIC)
down = image.resize((61, 152), CUBIC).resize((96, 152), CUBIC)
whole = np.asarray(image.resize((96, 152), CUBIC), int)
first, last = 43, 108  # rows of the part
part = image.resize((96, last - first), CUBIC, box=(0, first * 97 / 152, 61, last * 97 / 152))
part = np.asarray(part, int)


def same(values, other):
    return bool((values == np.asarray(other, int)).all())


print(f"the whole is across first: {same(whole, across)}, down first: {same(whole, down)}")
rows = (0, first, 96, last)
print(
    f"the part is across first: {same(part, across.crop(rows))}, "
    f"down first: {same(part, down.crop(rows))}"
)
print(f"whole and part differ by up to {np.abs(whole[first:last] - part).max()} of 255 levels")
END
seen=$("$folder/venv/bin/python" "$folder/show.py")
echo "$seen"
[ "$seen" = "the whole is across first: True, down first: False
the part is across first: False, down first: True
whole and part differ by up to 28 of 255 levels" ]
