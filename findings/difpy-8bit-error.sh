#!/usr/bin/env bash
# difPy 4.2.1, a finder of duplicate pictures: its mean squared error (MSE) is computed in 8 bits. A
# difference of two values and its square both wrap around at 256, so a difference by any multiple of
# 16 counts as none (16 * 16 = 256), and white against black counts as 1 (255 * 255 = 254 * 256 + 1).
# With its defaults, a red and a blue sheet (128) are duplicates with an error of 0, and so are a
# photograph and the same with 64 more of red; one of each pair is listed as of lower quality, which
# is what move_to() and delete() act on. With similarity="similar" (an error of 5 at most) a white
# page is similar to a black one, while a photograph and the same brighter by 15 are not.
#
# Output seen:
#   blue and red: duplicates, MSE 0.0 (right: 10922.7), lower quality: 1 of 2
#   photograph and photograph-reddish: duplicates, MSE 0.0 (right: 1365.3), lower quality: 1 of 2
#   black and white: similar, MSE 1.0 (right: 65025.0)
#   photograph and photograph-by-15: neither (right: 225.0)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet difPy==4.2.1 numpy==2.4.6 pillow==13.0.0

cat >"$folder/show.py" <<'END'
import sys
from pathlib import Path

import difPy
import numpy as np
from PIL import Image


def compare(**pictures):
    """Give difPy two pictures; print what it says of them, and the error without wrapping."""
    names = " and ".join(name.replace("_", "-") for name in pictures)
    folder = Path(sys.argv[1], names.replace(" ", "-"))
    folder.mkdir()
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(folder / f"{name}.png")
    one, other = (pixels.astype(float) for pixels in pictures.values())
    right = f"right: {np.square(one - other).mean():.1f}"
    build = difPy.build(str(folder), show_progress=False)
    for similarity in ("duplicates", "similar"):
        search = difPy.search(build, similarity=similarity, show_progress=False)
        for matches in search.result.values():
            lower = f", lower quality: {len(search.lower_quality)} of 2"
            print(
                f"{names}: {similarity}, MSE {matches[0][1]} ({right})"
                f"{lower if similarity == 'duplicates' else ''}"
            )
            return
    print(f"{names}: neither ({right})")


if __name__ == "__main__":
    page = np.zeros((300, 200, 3), np.uint8)
    noise = np.random.default_rng(0).integers(40, 150, (6, 8, 3), dtype=np.uint8)
    photograph = np.asarray(Image.fromarray(noise).resize((640, 480), Image.Resampling.BILINEAR))
    compare(blue=page + np.uint8([0, 0, 128]), red=page + np.uint8([128, 0, 0]))
    compare(photograph=photograph, photograph_reddish=photograph + np.uint8([64, 0, 0]))
    compare(black=page, white=page + np.uint8(255))
    compare(photograph=photograph, photograph_by_15=photograph + np.uint8(15))
END
"$folder/venv/bin/python" "$folder/show.py" "$folder" | tee "$folder/output"
diff <(sed -n '/^# Output seen:/,/^set/s/^#   //p' "$0") "$folder/output"
