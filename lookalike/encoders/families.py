"""What the authors of a published model take of it for a picture's features.

An export has outputs, and its family decides which of them mean something: a ViT's
``pooler_output`` is a layer that most trainings never touched, and the features of BEiT are a mean
that the first token isn't. ``scripts/try_exports.py`` compares these rules with the real libraries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lookalike.encoders import layout
from lookalike.encoders.timm_settings import KEY as TIMM_KEY
from lookalike.encoders.towers import IMAGE_OUTPUTS, ImageTower, Pooling
from lookalike.errors import ModelError

__all__ = ["Features"]

_TOKENS: Final = "last_hidden_state"
# Their classifiers read the first token. The pooler is of another training, or of none.
_FIRST_TOKEN: Final = frozenset({"deit", "vit", "vit_mae", "vit_msn"})
# They pool, and then normalise or project: the last tokens or maps alone are something else.
_POOLED: Final = frozenset(
    {
        *("align", "altclip", "beit", "blip", "chinese_clip", "clip", "clip_vision_model"),
        *("clipseg", "convnext", "convnextv2", "data2vec-vision", "dinat", "flava", "hiera"),
        *("metaclip_2", "owlvit", "siglip", "siglip2", "siglip2_vision_model"),
        *("siglip_vision_model", "xclip"),
    }
)
_POOLINGS: Final[Mapping[str, Pooling]] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "cls": "cls",
    "mean": "mean",
}


@dataclass(frozen=True, slots=True)
class Features:
    """Which output is taken, and how it is pooled.

    Attributes:
        output: that one alone; ``None`` for the first that there is.
        pooling: of tokens; ``None`` for what their number tells.
        pooled: whether the export must pool by itself.
        classes: that the model tells apart, where its file says so; else 0.
    """

    output: str | None = None
    pooling: Pooling | None = None
    pooled: bool = False
    classes: int = 0

    @classmethod
    def of(cls, folder: Path, origin: str) -> Features:
        """What a model's folder says.

        Args:
            folder: in the layout of the hub.
            origin: names it in errors.

        Raises:
            ModelError: it is pooled in a way that lookalike doesn't follow, or a file is damaged.
        """
        steps = [name for name in layout.describing(layout.files_in(folder)) if "/" in name]
        config = folder / layout.CONFIG
        values = layout.read_json(config) if config.is_file() else {}
        if steps:
            return _of_steps(folder, steps, origin)
        if TIMM_KEY in values:
            first = values.get("global_pool") == "token"
            classes = values.get("num_classes")
            known = classes if type(classes) is int and classes != values.get("num_features") else 0
            return cls(None, "cls" if first else None, pooled=not first, classes=known)
        family = str(values.get("model_type", ""))
        if family in _FIRST_TOKEN:
            return cls(_TOKENS, "cls")
        if family == "cvt":  # its class token comes apart from the maps
            return cls("cls_token_value", "cls")
        return cls(pooled=family in _POOLED)

    def check(self, tower: ImageTower, origin: str) -> None:
        """Make sure that a tower gives features, and the same for the same picture.

        Raises:
            ModelError: it gives classes, or covers parts of a picture by chance.
        """
        if self.classes and tower.size == self.classes and tower.output not in IMAGE_OUTPUTS:
            raise ModelError(
                f"{origin}: gives {self.classes} numbers, as many as it has classes: take an "
                "export without its classifier; if these are features, call the output "
                "image_embeds"
            )
        if not tower.repeats():
            raise ModelError(
                f"{origin}: gives other features each time, as models do that hide parts of a "
                "picture by chance (ViT-MAE): export it without that (mask_ratio 0)"
            )


def _of_steps(folder: Path, steps: list[str], origin: str) -> Features:
    """What the steps of sentence-transformers make of the tokens."""
    further = [step for step in steps if "Pooling" not in step]
    if further or len(steps) > 1:
        raise ModelError(
            f"{origin}: {(further or steps)[-1].split('/')[0]} follows the model, which isn't "
            "supported: export it with that step inside, its output called image_embeds"
        )
    values = layout.read_json(folder / steps[0])
    chosen = _chosen(values)
    if len(chosen) != 1 or chosen[0] not in _POOLINGS:
        raise ModelError(
            f"{origin}: {steps[0]} pools by {' and '.join(chosen) or 'nothing'}, which isn't "
            "supported: there are the class token and the mean"
        )
    return Features(_TOKENS, _POOLINGS[chosen[0]])


def _chosen(values: Mapping[str, Any]) -> list[str]:
    """The ways of pooling: one word or several, or a key for each that is true."""
    mode = values.get("pooling_mode")
    if mode is not None:
        return [str(word) for word in (mode if isinstance(mode, list) else [mode])]
    return [key for key, on in values.items() if key.startswith("pooling_mode_") and on]
