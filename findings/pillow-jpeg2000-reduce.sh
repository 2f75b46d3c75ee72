#!/usr/bin/env bash
# Pillow 13.0.0 (OpenJPEG 2.5.4): a JPEG 2000 picture can be decoded at a half, a quarter and so on,
# by setting `reduce` on the opened image. That works only where both sides divide by the factor.
# With 2001 x 1501 pixels the sound file is refused as broken: the size that Pillow expects is
# rounded, the one of the format is rounded up (ISO/IEC 15444-1, B.5). Without `reduce` it is read.
#
# Output seen:
#   2000 x 1500 at a quarter: 500 x 375
#   2001 x 1501 at a quarter: OSError: broken data stream when reading image file
#   2001 x 1501 in full: 2001 x 1501
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0

cat >"$folder/show.py" <<'END'
import io

from PIL import Image


def tell(width, height, reduce):
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, "JPEG2000")
    image = Image.open(io.BytesIO(file.getvalue()))
    image.reduce = reduce
    try:
        image.load()
        found = f"{image.width} x {image.height}"
    except OSError as error:
        found = f"{type(error).__name__}: {error}"
    print(f"{width} x {height} {'at a quarter' if reduce else 'in full'}: {found}")


tell(2000, 1500, 2)
tell(2001, 1501, 2)
tell(2001, 1501, 0)
END
seen=$("$folder/venv/bin/python" "$folder/show.py")
echo "$seen"
[ "$seen" = "2000 x 1500 at a quarter: 500 x 375
2001 x 1501 at a quarter: OSError: broken data stream when reading image file
2001 x 1501 in full: 2001 x 1501" ]
