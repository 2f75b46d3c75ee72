"""Settings that ``compare_image_processors.py`` tries: published ones, and variations of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lookalike.encoders.image_processors import PROCESSORS, TIMM

__all__ = ["VARIATIONS", "cases", "files_of"]

CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
HALF = [0.5, 0.5, 0.5]
ON = {"do_resize": True, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True}

# As files on the hub have them, or had them, by the models that they belong to.
PUBLISHED: Mapping[str, Mapping[str, Any]] = {
    "CLIP ViT-B/32, old": {
        "crop_size": 224,
        "do_center_crop": True,
        "do_normalize": True,
        "do_resize": True,
        "feature_extractor_type": "CLIPFeatureExtractor",
        "image_mean": CLIP_MEAN,
        "image_std": CLIP_STD,
        "resample": 3,
        "size": 224,
    },
    "MobileCLIP": {
        "image_processor_type": "CLIPImageProcessor",
        "do_center_crop": True,
        "crop_size": {"height": 256, "width": 256},
        "size": {"shortest_edge": 256},
        "resample": 2,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": False,
    },
    "SigLIP 2, fixed size": {
        **ON,
        "image_processor_type": "SiglipImageProcessorFast",
        "do_convert_rgb": None,
        "data_format": "channels_first",
        "default_to_square": True,
        "image_mean": HALF,
        "image_std": HALF,
        "resample": 2,
        "size": {"height": 224, "width": 224},
        "do_center_crop": None,
        "crop_size": None,
    },
    "DINOv2": {
        **ON,
        "image_processor_type": "BitImageProcessor",
        "crop_size": {"height": 224, "width": 224},
        "do_center_crop": True,
        "do_convert_rgb": True,
        "image_mean": MEAN,
        "image_std": STD,
        "resample": 3,
        "size": {"shortest_edge": 256},
    },
    "DINOv3": {
        **ON,
        "image_processor_type": "DINOv3ViTImageProcessorFast",
        "image_mean": MEAN,
        "image_std": STD,
        "resample": 2,
        "default_to_square": True,
        "size": {"height": 224, "width": 224},
    },
    "ViT": {
        "do_normalize": True,
        "do_resize": True,
        "feature_extractor_type": "ViTFeatureExtractor",
        "image_mean": HALF,
        "image_std": HALF,
        "size": 224,
    },
    "Swin": {
        "do_normalize": True,
        "do_resize": True,
        "feature_extractor_type": "ViTFeatureExtractor",
        "image_mean": MEAN,
        "image_std": STD,
        "resample": 3,
        "size": 224,
    },
    "DeiT": {
        "crop_size": 224,
        "do_center_crop": True,
        "do_normalize": True,
        "do_resize": True,
        "feature_extractor_type": "DeiTFeatureExtractor",
        "image_mean": MEAN,
        "image_std": STD,
        "resample": 3,
        "size": 256,
    },
    "BEiT": {
        "crop_size": 224,
        "do_center_crop": False,
        "do_normalize": True,
        "do_resize": True,
        "feature_extractor_type": "BeitFeatureExtractor",
        "image_mean": HALF,
        "image_std": HALF,
        "resample": 2,
        "size": 224,
    },
    "ConvNeXT 224": {
        "crop_pct": 0.875,
        "do_normalize": True,
        "do_resize": True,
        "feature_extractor_type": "ConvNextFeatureExtractor",
        "image_mean": MEAN,
        "image_std": STD,
        "resample": 3,
        "size": 224,
    },
    "ConvNeXT 384": {
        **ON,
        "image_processor_type": "ConvNextImageProcessor",
        "crop_pct": 0.875,
        "image_mean": MEAN,
        "image_std": STD,
        "resample": 3,
        "size": {"shortest_edge": 384},
    },
    "LeViT": {
        "do_center_crop": True,
        "do_normalize": True,
        "do_resize": True,
        "feature_extractor_type": "LevitFeatureExtractor",
        "image_mean": MEAN,
        "image_std": STD,
        "resample": 3,
        "size": 224,
    },
    "EfficientNet-B0": {
        **ON,
        "image_processor_type": "EfficientNetImageProcessor",
        "crop_size": {"height": 289, "width": 289},
        "do_center_crop": False,
        "image_mean": MEAN,
        "image_std": [0.47853944, 0.4732864, 0.47434163],
        "include_top": True,
        "resample": 0,
        "rescale_offset": False,
        "size": {"height": 224, "width": 224},
    },
    "EfficientNet-B0, cubic": {
        **ON,
        "image_processor_type": "EfficientNetImageProcessor",
        "image_mean": MEAN,
        "image_std": [0.47853944, 0.4732864, 0.47434163],
        "include_top": True,
        "resample": 3,
        "rescale_offset": False,
        "size": {"height": 224, "width": 224},
    },
    "ALIGN": {
        **ON,
        "image_processor_type": "EfficientNetImageProcessor",
        "do_center_crop": True,
        "crop_size": {"height": 289, "width": 289},
        "do_normalize": False,
        "include_top": False,
        "rescale_offset": True,
        "rescale_factor": 1 / 127.5,
        "resample": 2,
        "size": {"height": 346, "width": 346},
    },
    "PoolFormer": {
        "crop_pct": 0.9,
        "do_normalize": True,
        "do_resize_and_center_crop": None,
        "feature_extractor_type": "PoolFormerFeatureExtractor",
        "image_mean": MEAN,
        "image_std": STD,
        "resample": 3,
        "size": 224,
    },
    "MobileViT": {
        "crop_size": 256,
        "do_center_crop": True,
        "do_flip_channel_order": True,
        "do_resize": True,
        "feature_extractor_type": "MobileViTFeatureExtractor",
        "resample": 2,
        "size": 288,
    },
    "MobileNetV2": {
        "crop_size": {"height": 224, "width": 224},
        "do_center_crop": True,
        "feature_extractor_type": "MobileNetV2FeatureExtractor",
        "image_mean": HALF,
        "image_std": HALF,
        "resample": 2,
        "size": {"shortest_edge": 256},
    },
    "PP-LCNet": {
        **ON,
        "image_processor_type": "PPLCNetImageProcessor",
        "resize_short": 256,
        "size_divisor": None,
        "crop_size": 224,
        "image_mean": [0.406, 0.456, 0.485],
        "image_std": [0.225, 0.224, 0.229],
    },
}

TIMM_MODELS: Mapping[str, Mapping[str, Any]] = {
    "ResNet-50": {"input_size": [3, 224, 224], "interpolation": "bicubic", "crop_pct": 0.95},
    "PE-Core T16": {
        "input_size": [3, 384, 384],
        "interpolation": "bicubic",
        "crop_pct": 1.0,
        "crop_mode": "squash",
        "mean": HALF,
        "std": HALF,
    },
    "MobileCLIP2": {
        "input_size": [3, 256, 256],
        "interpolation": "bicubic",
        "crop_pct": 0.95,
        "mean": [0.0, 0.0, 0.0],
        "std": [1.0, 1.0, 1.0],
    },
    "odd": {"input_size": [3, 101, 101], "interpolation": "bilinear", "crop_pct": 0.9},
    "squashed": {"input_size": [3, 101, 101], "crop_pct": 0.9, "crop_mode": "squash"},
    "with borders": {"input_size": [3, 101, 101], "crop_mode": "border"},
    "bare": {"num_classes": 1000},
}

VARIATIONS: tuple[Mapping[str, Any], ...] = (
    {},
    {"size": 96},
    {"size": [96, 96]},
    {"size": {"height": 96, "width": 96}},
    {"size": {"height": 96, "width": 96}, "do_center_crop": True, "crop_size": 64},
    {"size": {"shortest_edge": 96}},
    {"size": {"shortest_edge": 96}, "do_center_crop": True, "crop_size": 65},
    {"size": 96, "do_center_crop": True, "crop_size": {"height": 63, "width": 63}},
    {"size": 96, "default_to_square": True, "do_center_crop": False},
    {"size": 96, "default_to_square": False, "do_center_crop": True, "crop_size": 96},
    {"size": {"height": 96, "width": 97}},
    {"size": {"shortest_edge": 96, "longest_edge": 128}},
    {"size": 96, "crop_size": 96, "resample": 0},
    {"size": 96, "crop_size": 96, "resample": 1},
    {"size": 96, "crop_size": 96, "resample": 2},
    {"size": 96, "crop_size": 96, "resample": 3},
    {"size": 96, "crop_size": 96, "resample": 4},
    {"size": 96, "crop_size": 96, "resample": None},
    {"size": 96, "crop_size": 64, "do_rescale": None},
    {"size": 96, "crop_size": 64, "do_rescale": False, "do_normalize": None},
    {"size": 96, "crop_size": 64, "do_normalize": False},
    {"size": 96, "crop_size": 64, "image_mean": 0.3, "image_std": 0.2, "do_normalize": True},
    {"size": 96, "crop_size": 64, "image_mean": MEAN, "image_std": STD, "rescale_factor": 1 / 127},
    {"size": 96, "crop_size": 64, "crop_pct": 0.8},
    {"size": {"shortest_edge": 400}, "crop_size": 400, "crop_pct": 0.8},
    {"size": 96, "crop_size": 96, "crop_pct": None},
    {"size": 96, "crop_size": 64, "include_top": False},
    {"size": 96, "crop_size": 64, "include_top": True, "rescale_offset": True},
    {"size": 96, "crop_size": 64, "do_flip_channel_order": False},
    {"size": 96, "crop_size": 64, "do_flip_channel_order": True},
    {"resize_short": 96, "crop_size": 64},
    {"resize_short": None, "size": 96, "crop_size": 64},
    {"resize_short": 96, "crop_size": 64, "size_divisor": 32},
    {"size": 96, "crop_size": 128, "do_center_crop": True},
    {"size": 96, "crop_size": 96, "do_pad": True},
    {"do_resize": False},
)


def cases(classes: list[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Class, what it is, and the settings: for each class alone, published ones, variations."""
    for name in classes:
        if name in PROCESSORS:
            for values in VARIATIONS:
                yield name, "variation", {"image_processor_type": name, **values}
        elif name != TIMM:
            yield name, "defaults", {"image_processor_type": name}
    for model, published in PUBLISHED.items():
        named = published.get("image_processor_type") or published["feature_extractor_type"]
        name = str(named).replace("FeatureExtractor", "ImageProcessor").removesuffix("Fast")
        yield name, model, dict(published)
    for model, known in TIMM_MODELS.items():
        yield (
            TIMM,
            model,
            {
                "architecture": "resnet18",
                "num_classes": 1000,
                "pretrained_cfg": dict(known),
            },
        )


def files_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The file that the settings stand in, by its name."""
    timm = "pretrained_cfg" in settings
    return {"config.json" if timm else "preprocessor_config.json": dict(settings)}
