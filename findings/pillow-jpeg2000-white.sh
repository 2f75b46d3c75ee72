#!/usr/bin/env bash
# Pillow 13.0.0 (OpenJPEG 2.5.4): JPEG 2000 in colour with 16 bits a sample shows white as black.
# Such a file opens as RGB of 8 bits. Samples are rounded to 8 bits, and those of 65,408 and above
# become 256, which is kept as 0. So the brightest half level of each channel comes out as none:
# clipped skies turn black, and single channels drop out. imagecodecs reads the same file exactly.
#
# Output seen:
#   imagecodecs reads what was written: True
#   Pillow opens it as RGB; of 65535 it makes 0, of 60000 it makes 234
#   the least sample that becomes 0 though it is bright: 65408
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0 imagecodecs==2026.3.6 numpy==2.4.6

cat >"$folder/show.py" <<'END'
import io

import imagecodecs
import numpy as np
from PIL import Image

grey = np.arange(65536, dtype=np.uint16).reshape(256, 256)
rgb = np.stack([grey] * 3, axis=-1)
data = imagecodecs.jpeg2k_encode(rgb, level=0, codecformat="jp2", reversible=True)
exact = np.array_equal(imagecodecs.jpeg2k_decode(data), rgb)
print(f"imagecodecs reads what was written: {exact}")
image = Image.open(io.BytesIO(data))
shown = np.asarray(image)[..., 0]
print(
    f"Pillow opens it as {image.mode}; of 65535 it makes {shown[-1, -1]}, "
    f"of 60000 it makes {shown[grey == 60000][0]}"
)
least = grey[(shown == 0) & (grey > 1000)].min()
print(f"the least sample that becomes 0 though it is bright: {least}")
END
seen=$("$folder/venv/bin/python" "$folder/show.py")
echo "$seen"
[ "$seen" = "imagecodecs reads what was written: True
Pillow opens it as RGB; of 65535 it makes 0, of 60000 it makes 234
the least sample that becomes 0 though it is bright: 65408" ]
