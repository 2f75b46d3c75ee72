"""What the image processors of transformers do beyond the keys of ``preprocessor_config.json``.

That file names a class, and transformers runs the class: what the file leaves out is the class's
own, and some classes do what no key says. Here is all of that for the classes that make one square
picture of one size of any picture. ``scripts/compare_image_processors.py`` compares the table with
the real classes, pixel by pixel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

__all__ = ["MODEL_TYPES", "PROCESSORS", "READ_AGAINST", "TIMM", "ImageProcessor", "class_of"]

READ_AGAINST: Final = "5.24.0"
"""The version of transformers that the table was read against."""

TIMM: Final = "TimmWrapperImageProcessor"
"""The class of models of timm, which ``config.json`` describes; see ``timm_settings``."""

Rule = Literal["", "levit", "convnext", "poolformer", "short"]
Three = tuple[float, float, float]
Size = Mapping[str, int] | int

_HALF: Final = (0.5, 0.5, 0.5)
_ONE: Final = (1.0, 1.0, 1.0)
_IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
_IMAGENET_STD: Final = (0.229, 0.224, 0.225)
_CLIP_MEAN: Final = (0.48145466, 0.4578275, 0.40821073)
_CLIP_STD: Final = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, slots=True)
class ImageProcessor:
    """A class: its defaults, and what it does beyond the keys.

    Attributes:
        size: where the file has none.
        resample: Pillow's number of the filter, where the file has none.
        mean: of the channels, where the file has none; ``None`` if the class has none either.
        std: likewise.
        crops: whether the centre is cut out, where the file doesn't say.
        crop: what is cut out, where the file doesn't say.
        square: whether a plain number for a size is both sides, and not the shorter one.
        normalises: whether mean and deviation are applied, where the file doesn't say.
        never: keys that other classes follow and this one doesn't.
        factor: of the values, where the file has none.
        rule: how the size becomes the one that is scaled to, where that isn't the size itself.
        own: keys that this class follows and others don't, with their defaults.
        beside: how keys start that are about something else than the picture's values.
        blue_first: whether channels are swapped in the end, unless a key forbids it.
        torch: whether there is no class of it for Pillow. By torchvision, filters that overshoot
            give other pixels, so that bilinear alone is followed.
        floats: whether it resamples numbers between 0 and 1, so that it must rescale.
    """

    size: Size
    resample: int = 3
    mean: Three | None = _HALF
    std: Three | None = _HALF
    crops: bool = False
    crop: int | None = None
    square: bool = True
    normalises: bool = True
    never: tuple[str, ...] = ()
    factor: float = 1 / 255
    rule: Rule = ""
    own: Mapping[str, Any] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    blue_first: bool = False
    torch: bool = False
    floats: bool = False


def _clip(**changes: Any) -> ImageProcessor:
    made: dict[str, Any] = {
        "size": {"shortest_edge": 224},
        "mean": _CLIP_MEAN,
        "std": _CLIP_STD,
        "crops": True,
        "crop": 224,
        "square": False,
    }
    return ImageProcessor(**{**made, **changes})


_NO_CROP: Final = ("do_center_crop",)
_MOBILENET: Final = ImageProcessor({"shortest_edge": 256}, 2, crops=True, crop=224, square=False)
_TIPS: Final = ImageProcessor(448, 2, None, None, normalises=False, torch=True)

PROCESSORS: Final[Mapping[str, ImageProcessor]] = {
    "BeitImageProcessor": ImageProcessor(224, crop=224),
    "BitImageProcessor": _clip(),
    "BlipImageProcessor": ImageProcessor(384, 3, _CLIP_MEAN, _CLIP_STD),
    "CLIPImageProcessor": _clip(),
    "ChameleonImageProcessor": _clip(
        size={"shortest_edge": 512}, crop=512, resample=1, mean=_ONE, std=_ONE, factor=0.0078
    ),
    "ChineseCLIPImageProcessor": _clip(),
    # Below 384 a border is cut off, from it on the picture is stretched.
    "ConvNextImageProcessor": ImageProcessor(
        {"shortest_edge": 384}, square=False, rule="convnext", own={"crop_pct": 224 / 256}
    ),
    "DINOv3ViTImageProcessor": ImageProcessor(
        224, 2, _IMAGENET_MEAN, _IMAGENET_STD, torch=True, floats=True
    ),
    # A plain size is both sides, although a crop follows.
    "DeiTImageProcessor": ImageProcessor(256, crops=True, crop=224),
    # ``rescale_offset`` subtracts 1; ``include_top`` divides by the deviation once more.
    "EfficientNetImageProcessor": ImageProcessor(
        346, crop=289, own={"rescale_offset": False, "include_top": True}
    ),
    "FlavaImageProcessor": ImageProcessor(
        224,
        3,
        _CLIP_MEAN,
        _CLIP_STD,
        crops=True,
        crop=224,
        beside=("codebook_", "input_size_patches", "mask_group_", "total_mask_patches"),
    ),
    "Gemma3ImageProcessor": ImageProcessor(224, 2, never=_NO_CROP, beside=("pan_and_scan_",)),
    "IdeficsImageProcessor": ImageProcessor(224, 3, _CLIP_MEAN, _CLIP_STD),
    # The shorter edge times 256 / 224 is what is scaled to.
    "LevitImageProcessor": ImageProcessor(
        {"shortest_edge": 224},
        3,
        _IMAGENET_MEAN,
        _IMAGENET_STD,
        crops=True,
        crop=224,
        square=False,
        rule="levit",
    ),
    "LlavaImageProcessor": _clip(),
    "MobileNetV1ImageProcessor": _MOBILENET,
    "MobileNetV2ImageProcessor": _MOBILENET,
    # Never normalises, whatever the file says, and swaps the channels unless the file forbids it.
    "MobileViTImageProcessor": ImageProcessor(
        {"shortest_edge": 224},
        crops=True,
        crop=256,
        square=False,
        normalises=False,
        never=("do_normalize",),
        own={"do_flip_channel_order": True},
        blue_first=True,
    ),
    "OwlViTImageProcessor": ImageProcessor(768, 3, _CLIP_MEAN, _CLIP_STD, crop=768),
    "PPChart2TableImageProcessor": ImageProcessor(1024, 3, _CLIP_MEAN, _CLIP_STD),
    # ``resize_short`` goes before ``size``. Normalised first and swapped then: the file's first
    # mean is red's, although it is written as if blue came first.
    "PPLCNetImageProcessor": ImageProcessor(
        256,
        2,
        (0.406, 0.456, 0.485),
        (0.225, 0.224, 0.229),
        crops=True,
        crop=224,
        rule="short",
        own={"resize_short": 256, "size_divisor": 1},
        blue_first=True,
        torch=True,
    ),
    # The size divided by ``crop_pct`` is what is scaled to, at any size.
    "PoolFormerImageProcessor": ImageProcessor(
        {"shortest_edge": 224},
        3,
        _IMAGENET_MEAN,
        _IMAGENET_STD,
        crops=True,
        crop=224,
        square=False,
        rule="poolformer",
        own={"crop_pct": 0.9},
    ),
    "PvtImageProcessor": ImageProcessor(224, 3, _IMAGENET_MEAN, _IMAGENET_STD),
    "SegformerImageProcessor": ImageProcessor(
        512, 2, _IMAGENET_MEAN, _IMAGENET_STD, never=_NO_CROP
    ),
    # A plain size would be the shorter side, and the pictures of any shape: refused.
    "SiglipImageProcessor": ImageProcessor(224, square=False),
    "Tipsv2DptImageProcessor": _TIPS,
    "Tipsv2ImageProcessor": _TIPS,
    "ViTImageProcessor": ImageProcessor(224, 2),
}
"""The classes by their names, without the endings ``Fast`` and ``Pil``."""

_FAMILIES: Final[Mapping[str, str]] = {
    "Beit": "beit data2vec-vision",
    "Bit": "bit dinov2 focalnet hiera pixio",
    "Blip": "blip blip-2 instructblip",
    "CLIP": "clip aimv2 aimv2_vision_model altclip florence2 git groupvit kosmos-2 metaclip_2 mlcd "
    "vipllava xclip",
    "Chameleon": "chameleon",
    "ChineseCLIP": "chinese_clip",
    "ConvNext": "convnext convnextv2 cvt regnet resnet",
    "DINOv3ViT": "dinov3_vit",
    "DeiT": "deit",
    "EfficientNet": "align efficientnet",
    "Flava": "flava",
    "Gemma3": "gemma3 shieldgemma2 t5gemma2 t5gemma2_encoder",
    "Idefics": "idefics",
    "Levit": "levit",
    "Llava": "llava",
    "MobileNetV1": "mobilenet_v1",
    "MobileNetV2": "mobilenet_v2",
    "MobileViT": "mobilevit mobilevitv2",
    "OwlViT": "owlvit",
    "PPChart2Table": "pp_chart2table",
    "PPLCNet": "pp_lcnet",
    "PoolFormer": "poolformer",
    "Pvt": "pvt pvt_v2",
    "Segformer": "segformer upernet",
    "Siglip": "colpali gemma3n paligemma siglip",
    "TimmWrapper": "timm_wrapper",
    "Tipsv2": "tipsv2",
    "Tipsv2Dpt": "tipsv2_dpt",
    "ViT": "clipseg dinat ijepa mgp-str swiftformer swin swinv2 trocr vit vit_mae vit_msn",
}

MODEL_TYPES: Final[Mapping[str, str]] = {
    kind: f"{name}ImageProcessor" for name, kinds in _FAMILIES.items() for kind in kinds.split()
}
"""The class for each ``model_type`` of ``config.json``, where a preprocessor's file names none."""


def class_of(settings: Mapping[str, Any]) -> str:
    """The class that a preprocessor's file names, as :data:`PROCESSORS` does; "" where none is.

    Older files name a feature extractor; others a class for Pillow or for torchvision.
    """
    named = settings.get("image_processor_type") or settings.get("feature_extractor_type") or ""
    name = str(named).replace("FeatureExtractor", "ImageProcessor")
    return name.removesuffix("Fast").removesuffix("Pil")
