"""OpenCV, with its own BLAS kept to the thread that calls it.

The wheels of OpenCV bring an OpenBLAS of their own, which ``cv2.gemm`` uses. Its threads wait
busily: on two processors a search took 147 ms instead of 115, and a third more processor time. It
reads its number of threads when it is loaded, so that NumPy's, which was loaded before, keeps its.
"""

from __future__ import annotations

import os

import numpy as np  # noqa: F401 - loads its BLAS first

__all__ = ["cv2"]

_THREADS = "OPENBLAS_NUM_THREADS"

_kept = os.environ.get(_THREADS)
os.environ[_THREADS] = "1"
try:
    import cv2
finally:
    if _kept is None:
        del os.environ[_THREADS]
    else:
        os.environ[_THREADS] = _kept
