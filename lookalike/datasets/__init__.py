"""Labelled pictures for training and measuring, in the layouts in which they are published.

:func:`load` reads a data set by its name or its path; :mod:`lookalike.datasets.splits` divides it;
:mod:`lookalike.datasets.reading` decodes its pictures to what a network takes in.
"""

from __future__ import annotations

from lookalike.datasets.loading import NAMES, data_folder, load
from lookalike.datasets.reading import in_memory, prepared
from lookalike.datasets.subsets import Dataset, Subset, joined

__all__ = ["NAMES", "Dataset", "Subset", "data_folder", "in_memory", "joined", "load", "prepared"]
