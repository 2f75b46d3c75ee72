"""Affine maps between the pixels of two small pictures, and what of them meets."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.matching.opencv import cv2
from lookalike.matching.verdict import Transform

__all__ = [
    "Plane",
    "applied",
    "box_in",
    "chained",
    "grid",
    "in_shares",
    "inverse",
    "scale_of",
    "skew_of",
    "stretch_of",
    "warped",
]

Plane: TypeAlias = npt.NDArray[np.float64]
"""(2, 3): maps points of one picture to those of the other, in pixels from the upper left."""


def inverse(plane: Plane) -> Plane:
    """The map back."""
    turn = np.linalg.inv(plane[:, :2])
    return np.column_stack([turn, -turn @ plane[:, 2]])


def chained(first: Plane, then: Plane) -> Plane:
    """One map after another."""
    turn = then[:, :2] @ first[:, :2]
    return np.column_stack([turn, then[:, :2] @ first[:, 2] + then[:, 2]])


def applied(plane: Plane, points: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Where points (n, 2) go."""
    return np.asarray(points @ plane[:, :2].T + plane[:, 2], np.float64)


def in_shares(plane: Plane, first: tuple[int, int], second: tuple[int, int]) -> Transform:
    """The same map in shares of the sides of both pictures, whose sizes are given."""
    found = plane.copy()
    found[:, :2] *= np.array(first, np.float64)
    return np.asarray(found / np.array(second, np.float64)[:, None])


def scale_of(plane: Plane) -> float:
    """How many pixels of the second picture one of the first is long, on average."""
    return float(np.sqrt(abs(np.linalg.det(plane[:, :2]))))


def stretch_of(plane: Plane) -> float:
    """By which factor the sides of the first picture are stretched differently, 1 or more."""
    across, down = np.linalg.norm(plane[:, :2], axis=0)
    low, high = sorted((float(across), float(down)))
    return high / max(low, 1e-9)


def skew_of(plane: Plane) -> float:
    """How far its sides are from a right angle there: the cosine between them."""
    across, down = plane[:, 0], plane[:, 1]
    lengths = max(float(np.linalg.norm(across) * np.linalg.norm(down)), 1e-9)
    return abs(float(across @ down)) / lengths


def box_in(
    plane: Plane, size: tuple[float, float], inside: tuple[float, float], low: float = 0
) -> npt.NDArray[np.float64]:
    """The box around the first picture as it lies in the second, cut to that.

    Returns:
        left, top, right and bottom, in pixels of the second; empty boxes have no sides.
    """
    width, height = size
    corners = applied(
        plane, np.array([(0, 0), (width, 0), (0, height), (width, height)], np.float64)
    )
    least = np.clip(corners.min(axis=0), low, inside)
    most = np.clip(corners.max(axis=0), low, inside)
    return np.concatenate([least, most])


def grid(plane: Plane) -> Plane:
    """The same map between the middles of pixels, as OpenCV counts them."""
    found = plane.copy()
    found[:, 2] += plane[:, :2].sum(axis=1) / 2 - 0.5
    return found


def warped(
    levels: npt.NDArray[np.float32], plane: Plane, size: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """A picture as it lies in a frame; beyond it, the levels of its sides.

    Args:
        levels: of the picture, (height, width).
        plane: from the frame to the picture. One that shrinks it is preceded by averaging.
        size: of the frame, width and height.
    """
    across, down = np.linalg.norm(plane[:, :2], axis=1)
    height, width = levels.shape
    small = (max(1, round(width / max(across, 1))), max(1, round(height / max(down, 1))))
    if small[0] < 0.9 * width or small[1] < 0.9 * height:
        levels = np.asarray(cv2.resize(levels, small, interpolation=cv2.INTER_AREA), np.float32)
        plane = plane * (np.array(small) / np.array([width, height]))[:, None]
    return np.asarray(
        cv2.warpAffine(
            levels,
            grid(plane),
            size,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.float32,
    )
