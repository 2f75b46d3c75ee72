"""What of a picture a search asks for: all of it, and the pictures that it seems to hold."""

from __future__ import annotations

from lookalike.images.parts.borders import without_borders
from lookalike.images.parts.panels import panels
from lookalike.types import Pixels

__all__ = ["views"]

# A part that is nearly all of what is asked anyway would be asked twice.
_NEARLY_ALL = 0.85


def views(pixels: Pixels) -> list[Pixels]:
    """The whole picture, then what is inside its plain borders, then its panels.

    Args:
        pixels: RGB, uint8 (height, width, 3).

    Returns:
        ``pixels`` itself, then views of it; for most photographs nothing else.
    """
    found = [pixels]
    inner = without_borders(pixels)
    if inner is not None:
        found.append(inner)
    least = min(_area(view) for view in found)
    found += [panel for panel in panels(pixels) if _area(panel) < _NEARLY_ALL * least]
    return found


def _area(pixels: Pixels) -> int:
    return int(pixels.shape[0] * pixels.shape[1])
