"""Numbers to what is shown: samples of any type and range to 8 bits, as a viewer made for them.

The rules stand in one table in ``docs/formats.md``, "What is shown".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Told", "bits_of", "to_bytes"]

Samples = npt.NDArray[Any]

_LOOKED_AT = 1_000_000  # samples, evenly spread, that decide what is black and what is white
_OUTLIERS = 1_000  # one of so many may be wild at either end
_FEW = 64  # samples; of fewer than these none is taken for wild
# What stands for "no data" where the file doesn't say, as GDAL and ESRI's programs write it.
_NO_DATA = (-32_768, -32_767, -9_999, -99_999, -(2.0**31))
_ENDLESS = 1e30  # floats beyond are no measurement; the least float32 is -3.4e38
# Grey that takes less than a 16th of its scale is stretched; or less than a quarter, where the
# scale is a guess, since some bits are never used.
_NARROW, _NARROW_OF_SOME = 16, 4
_OVERSHOOT = 0.1  # colours beyond 0 to 1 by so much are cut: sharpening makes them
_WHITE_SHARE = 0.99  # of what is brighter than white, so much is shown without being cut


@dataclass(frozen=True, slots=True)
class Told:
    """What a file says of its samples.

    Attributes:
        bits: of a whole number, where that are fewer than its type has; 0 where it isn't said.
        white_is_zero: whether the least is white.
        no_data: the value of pixels that were not measured.
        shown: the values that are shown as black and as white.
        colour: whether the samples are colours, which are shown as they are related to each other:
            nothing but their unused bits is stretched.
        linear: whether floats above 1 are light, which needs the curve of sRGB.
    """

    bits: int = 0
    white_is_zero: bool = False
    no_data: float | None = None
    shown: tuple[float, float] | None = None
    colour: bool = False
    linear: bool = True


@dataclass(frozen=True, slots=True)
class _Scale:
    """Black at ``low``; a step of one is ``gain`` of 255; rounded to the nearest, or down."""

    low: float
    gain: float
    nearest: bool = True
    curve: bool = False


def to_bytes(values: Samples, told: Told) -> npt.NDArray[np.uint8]:
    """Samples as they are shown, 0 (black) to 255 (white).

    Args:
        values: of any shape, of any type of whole numbers, floats or truth.
        told: what the file says of them.

    Returns:
        The same shape. What isn't a number, or is "no data", is as the darkest that was measured.

    Raises:
        ValueError: numbers of a type that can't be shown.
    """
    if values.dtype == np.bool_:
        values = values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind not in "uif":
        raise ValueError(f"numbers of type {values.dtype} can't be shown")
    if values.dtype.kind == "f" and values.dtype.itemsize == 2:
        values = values.astype(np.float32)
    no_data = _no_data(values, told)
    scale = _scale(_kept(values, no_data), told, values.dtype)
    if values.dtype.kind == "u" and values.dtype.itemsize <= 2:
        every = np.arange(1 << (8 * values.dtype.itemsize), dtype=np.float64)
        shown = _apply(every, scale, told.white_is_zero)[values]
    else:
        shown = np.empty(values.shape, np.uint8)
        rows = max(1, 4_000_000 // max(1, values[:1].size))  # so that floats take little memory
        for top in range(0, len(values), rows):
            part = values[top : top + rows]
            shown[top : top + rows] = _apply(part.astype(np.float64), scale, told.white_is_zero)
    if values.dtype.kind == "f" or no_data is not None:
        missing = _is_missing(values, no_data)
        if missing.any():
            shown[missing] = shown[~missing].min(initial=255) if not missing.all() else 0
    return shown


def bits_of(bits: int) -> int:
    """How many bits whole numbers have that use ``bits``: one fewer than 8, 16 or 32 is those.

    A dark picture may leave the uppermost bit of its type unused.
    """
    return bits + 1 if bits in (7, 15, 31) else bits


def _apply(values: npt.NDArray[np.float64], scale: _Scale, invert: bool) -> npt.NDArray[np.uint8]:
    with np.errstate(invalid="ignore", over="ignore"):
        shown = (values - scale.low) * scale.gain
        if scale.curve:  # IEC 61966-2-1
            light = np.clip(np.nan_to_num(shown / 255.0, nan=0.0), 0.0, 1.0)
            shown = 255.0 * np.where(
                light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055
            )
        shown = np.rint(shown) if scale.nearest else np.floor(shown)
        shown = np.clip(np.nan_to_num(shown, nan=0.0), 0, 255)
    made: npt.NDArray[np.uint8] = shown.astype(np.uint8)
    return np.uint8(255) - made if invert else made


def _scale(kept: Samples, told: Told, kind: np.dtype[Any]) -> _Scale:
    """What is black and what is white, by what the file says, else by the values."""
    whole = told.bits or 8 * kind.itemsize - (kind.kind == "i")
    if told.shown is not None and told.shown[1] > told.shown[0]:
        low, high = _ends(kept)
        if low < told.shown[1] and high > told.shown[0]:  # else it is of another picture
            return _between(*told.shown)
    if kind.kind == "u" and whole <= 8:
        return _Scale(0, 255 / ((1 << whole) - 1))
    if not kept.size:
        return _Scale(0, 0)
    low, high = _ends(kept)
    if kind.kind == "f":
        return _floats(low, high, kept, told)
    if low < 0:
        return _between(low, high)
    if kind.kind == "u" and not told.colour:
        low, high = _without_overflow(kept, whole, low, high)
    return _whole_numbers(low, high, whole, told)


def _whole_numbers(low: float, high: float, whole: int, told: Told) -> _Scale:
    bits = max(1, int(high).bit_length())
    bits = min(whole, whole if bits + 1 == told.bits else bits_of(bits))
    narrow = _NARROW if bits == whole else _NARROW_OF_SOME
    if not told.colour and low < high and (high - low) * narrow < 1 << bits:
        return _between(low, high)
    if bits <= 8:
        return _Scale(0, 255 / ((1 << bits) - 1))
    return _Scale(0, 256 / (1 << bits), nearest=False)  # the high byte


def _floats(low: float, high: float, kept: Samples, told: Told) -> _Scale:
    over = _OVERSHOOT if told.colour else 0.0
    if low >= -over and high <= 1 + over:
        if not told.colour and low < high and (high - low) * _NARROW < 1:
            return _between(low, high)
        return _Scale(0, 255)
    if told.colour and low > -high:
        if high > 2 and (kept == np.rint(kept)).all():  # whole numbers, kept as floats
            return _whole_numbers(low, high, 8 if high < 256 else 16, told)
        white = max(1.0, float(np.quantile(kept[kept > 0], _WHITE_SHARE)))
        return _Scale(0, 255 / white, curve=told.linear)
    if not told.colour and low >= 0 and high <= 255:
        if (kept == np.rint(kept)).all():
            return _whole_numbers(low, high, 16, told)
        if high > 127 and (high - low) * _NARROW >= 256:
            return _Scale(0, 1)
    return _between(low, high)


def _between(low: float, high: float) -> _Scale:
    """Stretched: one is black, the other white."""
    return _Scale(low, 255.0 / (high - low) if high > low else 0.0)


def _ends(kept: Samples) -> tuple[float, float]:
    """The least and the largest but for the outliers: one wild value mustn't hide a picture."""
    if not kept.size:
        return 0.0, 0.0
    drop = max(1, kept.size // _OUTLIERS) if kept.size >= _FEW else 0
    parted = np.partition(kept, (drop, kept.size - 1 - drop))
    low, high = parted[drop].item(), parted[kept.size - 1 - drop].item()
    if low == high:  # one value, and a few others: those are what there is to see
        low, high = kept.min().item(), kept.max().item()
    return low, high


def _without_overflow(kept: Samples, whole: int, low: float, high: float) -> tuple[float, float]:
    """The ends without the largest number there is, where all others are far below it.

    So areas without a label are marked, and the writing on X-ray pictures.
    """
    most = (1 << whole) - 1
    rest = kept[kept != most]
    if high != most or not rest.size or rest.min() == rest.max():
        return low, high
    low_rest, high_rest = _ends(rest)
    return (low_rest, high_rest) if high_rest * _NARROW < most else (low, high)


def _kept(values: Samples, no_data: float | None) -> Samples:
    """Samples to judge by: evenly spread, those that were measured."""
    flat = values.reshape(-1)
    flat = flat[:: max(1, flat.size // _LOOKED_AT) | 1]
    missing = _is_missing(flat, no_data)
    return flat[~missing] if missing.any() else flat


def _is_missing(values: Samples, no_data: float | None) -> npt.NDArray[np.bool_]:
    missing = np.zeros(values.shape, np.bool_)
    if values.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            missing |= ~(np.abs(values) < _ENDLESS)  # written so that NaN is missing, too
    if no_data is not None:
        with np.errstate(over="ignore"):
            missing |= values == values.dtype.type(no_data)
    return missing


def _no_data(values: Samples, told: Told) -> float | None:
    """The value of what wasn't measured: as the file says, or a usual one far from all others."""
    if told.no_data is not None:
        return told.no_data if _fits(told.no_data, values.dtype) else None
    if values.dtype.kind == "u" or told.colour:
        return None
    kept = _kept(values, None)
    if kept.size < 2:
        return None
    least = kept.min().item()
    rest = kept[kept > least]
    if least not in _NO_DATA or not rest.size:
        return None
    low, high = rest.min().item(), _ends(rest)[1]
    return float(least) if (low - least) * 8 > high - low else None


def _fits(number: float, kind: np.dtype[Any]) -> bool:
    """Whether a type has a number."""
    if kind.kind == "f":
        return number == number
    kinds = np.iinfo(kind)
    return kinds.min <= number <= kinds.max and number == int(number)
