"""The two searches of the thesis that lookalike grew out of, each ready after one line.

:class:`KDTreeSearch` searches real features with a k-d tree, :class:`LSHSearch` binary codes. Both
load a data set, and the features of its pictures: those that are shipped, and from the shipped
model those of pictures that have none.
"""

from lookalike.thesis.features import FEATURES, load_features
from lookalike.thesis.kdtree_search import KDTreeSearch
from lookalike.thesis.lsh_search import LSHSearch
from lookalike.thesis.search import Neighbour

__all__ = ["FEATURES", "KDTreeSearch", "LSHSearch", "Neighbour", "load_features"]
