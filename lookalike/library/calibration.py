"""How often unrelated pictures of a library come as near as a hit: what its distances mean.

A distance alone says little: in a library of pages of text many pictures are as near to each other
as copies are in a library of photographs. So for each code the *rate* is kept at which unrelated
pictures of the library come within a distance, and a hit has a *chance*: how many hits as near as
that an unrelated picture would be expected to get.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lookalike.library.calibration_counts import COSINE_STEPS, cosine_steps
from lookalike.library.calibration_prior import prior_of_cosines, prior_of_distances
from lookalike.library.records import EncoderInfo

__all__ = ["USUAL_RATE", "Calibration"]

Reals = npt.NDArray[np.float64]

USUAL_RATE = 0.03
"""Rate from which on a hit is one of those that unrelated pictures usually get. The line is one on
the rate, so that it is the same in a library of any size."""

_FORM = 1  # of what is kept; another one is measured anew


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What the distances and the cosines of one code mean in one library.

    Attributes:
        encoder: that made the codes.
        distances: decimal logarithms of the rates at 0, 1, ... bits, rising, float64 (bits + 1,).
        cosines: the same of the steps of a cosine, from 1 to -1, float64 (COSINE_STEPS + 1,);
            ``None`` where the encoder has no embeddings.
        contents: that could be found when it was measured.
        pairs: unrelated ones that it was measured on; 0 for what ships with the encoder.
        parts: whether the cosines are those of a library with codes of parts.
    """

    encoder: EncoderInfo
    distances: Reals
    cosines: Reals | None
    contents: int
    pairs: int
    parts: bool = False

    def rates(self, distances: npt.ArrayLike, cosines: npt.ArrayLike | None = None) -> Reals:
        """The share of unrelated pictures that are as near as that, or nearer.

        Args:
            distances: in bits, integers (n,).
            cosines: float (n,) of the same hits, which tell more; NaN, or ``None`` for all, where
                there is none.

        Returns:
            float64 (n,), above 0 and at most 1.
        """
        far = np.clip(np.asarray(distances, np.int64), 0, self.encoder.bits)
        logs = self.distances[far]
        if cosines is not None and self.cosines is not None:
            near = np.asarray(cosines, np.float64)
            known = ~np.isnan(near)
            steps = cosine_steps(np.where(known, near, 0.0))
            logs = np.where(known, self.cosines[steps], logs)
        rates: Reals = 10.0**logs
        return rates

    def chance(
        self,
        distances: npt.ArrayLike,
        n: int,
        cosines: npt.ArrayLike | None = None,
        *,
        views: int = 1,
    ) -> Reals:
        """How many hits as near as that an unrelated picture would be expected to get.

        Args:
            distances: in bits, integers (hits,).
            n: contents that can be found.
            cosines: as of :meth:`rates`.
            views: pictures that are looked for: the query, and those that it seems to hold.

        Returns:
            float64 (hits,), above 0 where n is.
        """
        return self.rates(distances, cosines) * (n * self.asked(views))

    def asked(self, views: float) -> float:
        """How many times as many hits a query of several views gets as one of a single view.

        The hash of a picture without its border is another one, and finds as many hits again. The
        photo codes of both are so near to each other that they find the same.
        """
        return views if self.encoder.slot == "pdq" else 1.0

    def usual(
        self,
        distances: npt.ArrayLike,
        cosines: npt.ArrayLike | None = None,
        factors: npt.ArrayLike = 1.0,
    ) -> npt.NDArray[np.bool_]:
        """Which hits are no nearer than unrelated pictures usually are, bool (hits,).

        Those whose rate is above :data:`USUAL_RATE` in this library, and above it among unrelated
        photographs in general, where the encoder was measured on such. In a library in which most
        pictures are of one kind nearly all pairs are near; a hit of another kind isn't to be hidden
        for that.

        Args:
            distances: as of :meth:`rates`.
            cosines: likewise.
            factors: what the rate of each hit is multiplied by, (hits,): more for hubs.
        """
        general = replace(
            self,
            distances=np.minimum(self.distances, prior_of_distances(self.encoder)),
            cosines=None
            if self.cosines is None
            else np.minimum(self.cosines, prior_of_cosines(self.encoder)),
        )
        return np.asarray(
            general.rates(distances, cosines) * np.asarray(factors, np.float64) > USUAL_RATE
        )

    def fits(self, encoder: EncoderInfo, contents: int, *, parts: bool) -> bool:
        """Whether it still tells of a library: one with these codes, that hasn't doubled."""
        near = self.contents <= 2 * contents and contents <= 2 * self.contents
        return near and self.parts == parts and self.encoder.fingerprint == encoder.fingerprint

    def to_json(self) -> str:
        """All of it, to be kept."""
        return json.dumps(
            {
                "form": _FORM,
                "fingerprint": self.encoder.fingerprint,
                "contents": self.contents,
                "pairs": self.pairs,
                "parts": self.parts,
                "distances": np.round(self.distances, 4).tolist(),
                "cosines": None if self.cosines is None else np.round(self.cosines, 4).tolist(),
            }
        )

    @classmethod
    def from_json(cls, text: str, encoder: EncoderInfo) -> Self | None:
        """What was kept; ``None`` if that is of another form or another encoder, or damaged."""
        try:
            kept: dict[str, Any] = json.loads(text)
            if kept["form"] != _FORM or kept["fingerprint"] != encoder.fingerprint:
                return None
            distances = np.array(kept["distances"], np.float64)
            cosines = None if kept["cosines"] is None else np.array(kept["cosines"], np.float64)
            contents, pairs, parts = int(kept["contents"]), int(kept["pairs"]), kept["parts"]
        except (ValueError, TypeError, KeyError):
            return None
        sizes = distances.shape, None if cosines is None else cosines.shape
        wanted = (COSINE_STEPS + 1,) if encoder.embedding_size else None
        if sizes != ((encoder.bits + 1,), wanted):
            return None
        return cls(encoder, distances, cosines, contents, pairs, bool(parts))
