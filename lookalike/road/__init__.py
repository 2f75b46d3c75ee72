"""The one road from a picture to its codes: decode, bring to each encoder's input, encode.

Indexing, asking, fitting, encoding and measuring take it, so that a query, a benchmark and a fit
see a picture as the library does that holds it.
"""

from lookalike.images.pool.item import Item
from lookalike.road.draw import draw
from lookalike.road.encoding import encode
from lookalike.road.lazy import LazyEncoder
from lookalike.road.made import Made, PictureCode, ViewCodes
from lookalike.road.pictures import FULL_SIZE, Picture
from lookalike.road.question import LARGE, Question
from lookalike.road.road import Road

__all__ = [
    "FULL_SIZE",
    "LARGE",
    "Item",
    "LazyEncoder",
    "Made",
    "Picture",
    "PictureCode",
    "Question",
    "Road",
    "ViewCodes",
    "draw",
    "encode",
]
