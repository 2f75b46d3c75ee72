"""Small models of real architectures, exported as the hub has them: run by a Python that has torch.

    VENV/bin/python scripts/export_models.py FOLDER WORD PICTURE...

``try_exports.py`` starts it and reads what comes out. WORD leaves out models without it in their
names, "" none. Nothing of lookalike runs here. Weights are
random. Each model gets a folder of its own with the files that an ONNX repository of its family
has, and ``features.npz`` the features that its authors would take, of each picture: the road is
``AutoImageProcessor`` and the library's own model.
"""

import json
import os
import sys
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="critical", TQDM_DISABLE="1")
# torchvision's own build goes with a torch for graphics cards. What is used here needs none of the
# operators whose registration would fail.
sys.modules["torchvision._meta_registrations"] = types.ModuleType("none")
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import timm  # noqa: E402
import torch  # noqa: E402
import transformers as hf  # noqa: E402
from PIL import Image  # noqa: E402
from timm.models._hub import save_config_for_hf  # noqa: E402
from torchvision import transforms  # noqa: E402

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
BLOCK = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
WIDE = {**BLOCK, "intermediate_size": 96}
SIDE = {"height": 64, "width": 64}
NORMAL = {"image_mean": MEAN, "image_std": STD, "do_normalize": True, "do_resize": True}


@dataclass
class Case:
    """A model, its files, and what is exported of it.

    Attributes:
        model: makes it.
        outputs: of the ONNX file: names, and what they are of the model.
        authors: what those who made it, or its own classifier, take of it for features.
        settings: of ``preprocessor_config.json``.
        side: of the model's pictures.
        file: the ONNX file.
        extra: further files, by their names.
        timm: whether it is one of timm, whose settings are in ``config.json``.
        card: whether it is one ONNX file with a card, the settings, as of descriptors of copies.
        dynamo: whether it takes torch's newer exporter.
        close: what the features may differ by: more where pictures are resampled by torchvision,
            in numbers that aren't whole.
    """

    model: Callable[[], Any]
    outputs: dict[str, Callable[[Any, Any], Any]]
    authors: Callable[[Any, Any], Any]
    settings: dict[str, Any] | None = None
    side: int = 64
    file: str = "onnx/model.onnx"
    extra: dict[str, Any] = field(default_factory=dict)
    timm: bool = False
    dynamo: bool = False
    card: bool = False
    close: float = 1e-3


def last(model: Any, x: Any) -> Any:
    """All tokens, or the last feature maps."""
    return model(x).last_hidden_state


def pooled(model: Any, x: Any) -> Any:
    """What the model pools by itself."""
    return model(x).pooler_output


def flat(model: Any, x: Any) -> Any:
    """The same without the axes of length 1 that ResNet has."""
    return pooled(model, x).flatten(1)


def first(model: Any, x: Any) -> Any:
    """The class token."""
    return last(model, x)[:, 0]


def mean(model: Any, x: Any) -> Any:
    """The mean over all places of the feature maps, or all tokens."""
    found = last(model, x)
    return found.mean((2, 3)) if found.ndim == 4 else found.mean(1)


LAST = {"last_hidden_state": last}
BOTH = {**LAST, "pooler_output": pooled}


def clip(vision: type, **more: Any) -> Any:
    """A tower of CLIP."""
    config = hf.CLIPVisionConfig(**WIDE, image_size=64, patch_size=16, projection_dim=32, **more)
    return vision(config)


def embeds(model: Any, x: Any) -> Any:
    """Projected into the space of texts."""
    return model(x).image_embeds


def siglip(model: str) -> Any:
    """The image tower of SigLIP."""
    config = getattr(hf, f"{model}VisionConfig")(**WIDE, image_size=64, patch_size=16)
    return getattr(hf, f"{model}VisionModel")(config)


def plain(name: str, **more: Any) -> Callable[[], Any]:
    """The base model of a family, by the family's name."""
    return lambda: getattr(hf, f"{name}Model")(getattr(hf, f"{name}Config")(**more))


def of_timm(name: str, **more: Any) -> Callable[[], Any]:
    """A model of timm."""
    return lambda: timm.create_model(name, pretrained=False, **more)


def head(model: Any, x: Any) -> Any:
    """What timm's own classifier reads."""
    return model.forward_head(model.forward_features(x), pre_logits=True)


def tokens(model: Any, x: Any) -> Any:
    """What timm's network makes, before it is pooled."""
    return model.forward_features(x)


def whole(model: Any, x: Any) -> Any:
    """What the whole model gives."""
    return model(x)


def preprocessor(kind: str, **more: Any) -> dict[str, Any]:
    """A preprocessor's file."""
    return {**NORMAL, "image_processor_type": f"{kind}ImageProcessor", **more}


DINO = preprocessor("Bit", size={"shortest_edge": 73}, crop_size=SIDE, do_center_crop=True)
CLIP = {
    **NORMAL,
    "feature_extractor_type": "CLIPFeatureExtractor",
    "size": {"shortest_edge": 64},
    "crop_size": SIDE,
    "do_center_crop": True,
    "resample": 3,
}
VIT = preprocessor("ViT", size=SIDE, resample=2)
SMALL = {"image_size": 64, "patch_size": 16}
STAGES = {"hidden_sizes": [16, 24, 32, 48], "depths": [1, 1, 1, 1]}
SWIN = {"image_size": 64, "patch_size": 4, "embed_dim": 24, "depths": [1, 1], "num_heads": [2, 4]}
LEVIT = {
    "image_size": 64,
    "hidden_sizes": [32, 48, 64],
    "num_attention_heads": [2, 3, 4],
    "depths": [1, 1, 1],
    "key_dim": [8, 8, 8],
}
PROJECTED = hf.CLIPVisionModelWithProjection
TINY_VIT = {"depth": 2, "embed_dim": 48, "num_heads": 4, "img_size": 64}
POOLING = {"word_embedding_dimension": 48, "pooling_mode_mean_tokens": True}
NOT_CLS = {"pooling_mode_cls_token": False, "pooling_mode_max_tokens": False}
VISION = "onnx/vision_model.onnx"


class GeneralisedMean(torch.nn.Module):
    """The mean of the cubes over all places, and its cube root."""

    def forward(self, maps: Any) -> Any:
        return maps.clamp(min=1e-6).pow(3).mean((2, 3)).pow(1 / 3)


class UnitLength(torch.nn.Module):
    """Rows of length 1."""

    def forward(self, rows: Any) -> Any:
        return torch.nn.functional.normalize(rows)


def sscd() -> Any:
    """SSCD's graph: Pizzi et al., "A self-supervised descriptor for image copy detection", 2022."""
    trunk = timm.create_model("resnet50", pretrained=False, num_classes=0, global_pool="")
    return torch.nn.Sequential(trunk, GeneralisedMean(), torch.nn.Linear(2048, 512), UnitLength())


def dinohash() -> Any:
    """DINOHash's: DINOv2 with registers, centred, and 96 principal components."""
    trunk = timm.create_model(
        "vit_small_patch14_reg4_dinov2", pretrained=False, img_size=224, depth=2, num_classes=0
    )
    return torch.nn.Sequential(trunk, torch.nn.Linear(384, 96))


def copies(side: int) -> dict[str, Any]:
    """The card of docs/encoders.md."""
    return {
        "image_processor_type": "ViTImageProcessor",
        "size": {"height": side, "width": side},
        "resample": 2,
        "image_mean": MEAN,
        "image_std": STD,
    }


CASES = {
    "SSCD": Case(sscd, {"image_embeds": whole}, whole, copies(320), 320, card=True),
    "DINOHash": Case(dinohash, {"output": whole}, whole, copies(224), 224, card=True),
    "CLIP": Case(lambda: clip(PROJECTED), {"image_embeds": embeds, **LAST}, embeds, CLIP,
                 file=VISION),
    "CLIP, no projection": Case(lambda: clip(hf.CLIPVisionModel), BOTH, pooled, CLIP),
    "SigLIP": Case(lambda: siglip("Siglip"), BOTH, pooled, preprocessor("Siglip", size=SIDE),
                   file=VISION),
    "SigLIP 2": Case(lambda: siglip("Siglip"), BOTH, pooled,
                     preprocessor("Siglip", size=SIDE, resample=2), file=VISION),
    "SigLIP 2 NaFlex": Case(lambda: siglip("Siglip"), BOTH, pooled,
                            preprocessor("Siglip2", patch_size=16, max_num_patches=16)),
    "DINOv2": Case(plain("Dinov2", **BLOCK, **SMALL), LAST, first, DINO),
    "DINOv2, pooled": Case(plain("Dinov2", **BLOCK, **SMALL), BOTH, pooled, DINO),
    "DINOv2, registers": Case(plain("Dinov2WithRegisters", **BLOCK, **SMALL), LAST, first, DINO,
                              dynamo=True),
    "DINOv3 ViT": Case(plain("DINOv3ViT", **WIDE, **SMALL, num_register_tokens=4), BOTH, pooled,
                       preprocessor("DINOv3ViT", size=SIDE), close=1e-2),
    "DINOv3 ConvNeXt": Case(plain("DINOv3ConvNext", **STAGES), BOTH, pooled,
                            preprocessor("DINOv3ViT", size=SIDE), close=1e-2),
    "ViT": Case(plain("ViT", **WIDE, **SMALL), LAST, first, VIT),
    "ViT, untrained pooler": Case(plain("ViT", **WIDE, **SMALL), BOTH, first, VIT),
    "ViT-MSN": Case(plain("ViTMSN", **WIDE, **SMALL), LAST, first, VIT),
    "ViT-MAE, masked": Case(plain("ViTMAE", **WIDE, **SMALL), LAST, first, VIT),
    "I-JEPA": Case(plain("IJepa", **WIDE, **SMALL), LAST, mean, VIT),
    "DeiT": Case(plain("DeiT", **WIDE, **SMALL), LAST, first, preprocessor(
        "DeiT", size=72, crop_size=64)),
    "DeiT, untrained pooler": Case(plain("DeiT", **WIDE, **SMALL), BOTH, first, preprocessor(
        "DeiT", size=72, crop_size=64)),
    "BEiT": Case(plain("Beit", **WIDE, **SMALL), BOTH, pooled, preprocessor("Beit", size=SIDE)),
    "BEiT, tokens alone": Case(plain("Beit", **WIDE, **SMALL), LAST, pooled,
                               preprocessor("Beit", size=SIDE)),
    "Swin": Case(plain("Swin", **SWIN, window_size=4), BOTH, pooled, VIT),
    "Swin, tokens alone": Case(plain("Swin", **SWIN, window_size=4), LAST, pooled, VIT),
    "Swin v2": Case(plain("Swinv2", **SWIN, window_size=4), BOTH, pooled, VIT),
    "ConvNeXt": Case(plain("ConvNext", **STAGES), BOTH, pooled,
                     preprocessor("ConvNext", size={"shortest_edge": 64}, crop_pct=0.875)),
    "ConvNeXt, maps alone": Case(plain("ConvNext", **STAGES), LAST, pooled,
                                 preprocessor("ConvNext", size={"shortest_edge": 64})),
    "ResNet": Case(plain("ResNet", **STAGES, embedding_size=16), BOTH, flat,
                   preprocessor("ConvNext", size={"shortest_edge": 64}, crop_pct=0.875)),
    "RegNet": Case(plain("RegNet", **STAGES, embedding_size=16, groups_width=8), BOTH, flat,
                   preprocessor("ConvNext", size={"shortest_edge": 64}, crop_pct=0.875)),
    "EfficientNet": Case(plain("EfficientNet", image_size=64, width_coefficient=0.25,
                               depth_coefficient=0.25, hidden_dim=320), BOTH, pooled,
                         preprocessor("EfficientNet", size=SIDE)),
    "LeViT": Case(plain("Levit", **LEVIT), BOTH, pooled, preprocessor("Levit", size=56,
                                                                      crop_size=64)),
    "LeViT, tokens alone": Case(plain("Levit", **LEVIT), LAST, pooled,
                                preprocessor("Levit", size=56, crop_size=64)),
    "PoolFormer": Case(plain("PoolFormer", **STAGES), LAST, mean,
                       preprocessor("PoolFormer", size=64, crop_size=64)),
    "MobileViT": Case(plain("MobileViT", image_size=64, hidden_sizes=[24, 32, 40],
                            neck_hidden_sizes=[8, 12, 16, 20, 24, 28, 64]), BOTH, pooled,
                      preprocessor("MobileViT", size={"shortest_edge": 73}, crop_size=SIDE)),
    "MobileNet v2": Case(plain("MobileNetV2", depth_multiplier=0.25), BOTH, pooled,
                         preprocessor("MobileNetV2", size={"shortest_edge": 73}, crop_size=SIDE)),
    "PVT v2": Case(plain("PvtV2", hidden_sizes=[16, 32, 40, 48], depths=[1] * 4), LAST, mean,
                   preprocessor("Pvt", size=SIDE)),
    "CvT": Case(plain("Cvt", embed_dim=[16, 24, 48], depth=[1, 2, 3], num_heads=[1, 2, 3]), {
        **LAST, "cls_token_value": lambda model, x: model(x).cls_token_value},
        lambda model, x: model(x).cls_token_value[:, 0],
        preprocessor("ConvNext", size={"shortest_edge": 64}, crop_pct=0.875)),
    "sentence-transformers": Case(
        plain("Dinov2", **BLOCK, **SMALL), LAST, mean, DINO,
        extra={"1_Pooling/config.json": {**POOLING, **NOT_CLS}, "modules.json": []}),
    "a classifier": Case(lambda: hf.ViTForImageClassification(hf.ViTConfig(**WIDE, **SMALL)),
                         {"logits": lambda model, x: model(x).logits}, lambda model, x: x, VIT),
    "timm: PE-Core": Case(of_timm("vit_pe_core_tiny_patch16_384", **TINY_VIT), {
        "last_hidden_state": tokens, "pooler_output": head}, head, timm=True),
    "timm: PE-Core, projected": Case(of_timm("vit_pe_core_tiny_patch16_384", **TINY_VIT,
                                             num_classes=32), {"image_embeds": whole}, whole,
                                     timm=True),
    "timm: MobileCLIP 2": Case(of_timm("fastvit_mci0", layers=(1, 1, 1, 1), num_classes=32,
                                       embed_dims=(16, 32, 64, 128)), {"image_embeds": whole},
                               whole, timm=True, file=VISION),
    "MobileCLIP 2": Case(of_timm("fastvit_mci0", layers=(1, 1, 1, 1), num_classes=32,
                                 embed_dims=(16, 32, 64, 128)), {"image_embeds": whole}, whole,
                         {**CLIP, "do_normalize": False, "resample": 2}, file=VISION),
    "timm: ResNet": Case(of_timm("test_resnet", num_classes=0), {
        "last_hidden_state": tokens, "pooler_output": head}, head, timm=True),
    "timm: ConvNeXt, maps alone": Case(of_timm("test_convnext", num_classes=0), {
        "last_hidden_state": tokens}, head, timm=True),
    "timm: ViT": Case(of_timm("vit_tiny_patch16_224", **TINY_VIT, num_classes=0), {
        "last_hidden_state": tokens}, head, timm=True),
    "timm: ViT, mean": Case(of_timm("vit_tiny_patch16_224", **TINY_VIT, num_classes=0,
                                    global_pool="avg"), {"last_hidden_state": tokens}, head,
                            timm=True),
    "timm: its own export": Case(of_timm("test_vit", num_classes=0), {"output0": whole}, head,
                                 timm=True),
    "timm: classes": Case(of_timm("test_vit", num_classes=10), {"output0": whole}, head,
                          timm=True),
}  # fmt: skip


def stretched(side: int) -> Callable[..., dict[str, Any]]:
    """What SSCD and DINOHash do to a picture first: the transforms that they publish."""
    steps = transforms.Compose(
        [
            transforms.Resize([side, side]),
            transforms.ToTensor(),
            transforms.Normalize(mean=MEAN, std=STD),
        ]
    )
    return lambda picture, **_: {"pixel_values": steps(picture)[None]}


class Exported(torch.nn.Module):
    """What an ONNX file gives."""

    def __init__(self, model: Any, outputs: dict[str, Any]) -> None:
        super().__init__()
        self.model, self.outputs = model, outputs

    def forward(self, pixel_values: Any) -> tuple[Any, ...]:
        return tuple(make(self.model, pixel_values) for make in self.outputs.values())


def spread_weights(model: Any) -> None:
    """Weights with which pictures get features of their own, as those that were learned do."""
    for name, weight in model.named_parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=(2 / weight[0].numel()) ** 0.5)
        elif "norm" not in name:
            torch.nn.init.normal_(weight, mean=1 if "weight" in name else 0, std=0.1)


def settle(model: Any, side: int) -> None:
    """Let batch normalisation know the values that come, as training does."""
    kept = [m for m in model.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    for module in kept:
        module.momentum = None  # the mean of all batches
        module.train()
    with torch.no_grad():
        if kept:
            model(torch.randn(4, 3, side, side))
    model.eval()


def make(folder: Path, case: Case, pictures: list[Any]) -> Any:
    """Write a model's folder; its authors' features, (pictures, d)."""
    torch.manual_seed(3)
    model = case.model().eval()
    with torch.no_grad():
        spread_weights(model)
    file = folder / ("model.onnx" if case.card else case.file)
    file.parent.mkdir(parents=True)
    if case.timm:
        side = model.pretrained_cfg["input_size"][1]
        if getattr(model, "patch_embed", None) is not None and hasattr(
            model.patch_embed, "img_size"
        ):
            side = model.patch_embed.img_size[0]
        model.pretrained_cfg.update(input_size=(3, side, side))
        save_config_for_hf(model, str(folder / "config.json"))
    else:
        side = case.side
    if case.card:
        (folder / "model.json").write_text(json.dumps(case.settings))
    elif case.settings is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(case.settings))
    if not case.timm and not case.card:
        config = getattr(model, "config", None)
        (folder / "config.json").write_text(
            json.dumps({"model_type": "clip"}) if not hasattr(config, "to_json_string")
            else config.to_json_string()
        )  # fmt: skip
    for name, values in case.extra.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(values))
    settle(model, side)
    wrapped = Exported(model, case.outputs).eval()
    blank = torch.rand(1, 3, side, side)
    axes = {name: {0: "batch_size"} for name in ("pixel_values", *case.outputs)}
    axes = {} if case.dynamo else {"dynamic_axes": axes}
    torch.onnx.export(
        wrapped, (blank,), str(file), input_names=["pixel_values"], dynamo=case.dynamo,
        output_names=list(case.outputs), opset_version=18, **axes,
    )  # fmt: skip
    if case.card:
        wrapper = stretched(case.side)
    else:
        more = {} if case.timm else {"backend": "pil"}
        wrapper = hf.AutoImageProcessor.from_pretrained(folder, **more)
    rows = []
    with torch.no_grad():
        for picture in pictures:
            fed = wrapper(picture, return_tensors="pt")
            values = fed["pixel_values"] if hasattr(fed, "keys") else fed
            if values.ndim == 4:
                rows.append(case.authors(model, values.float()).numpy()[0])
    return np.array(rows, np.float32)


def main() -> None:
    """Make all models."""
    root = Path(sys.argv[1])
    pictures = [Image.open(name).convert("RGB") for name in sys.argv[3:]]
    wanted = {name: case for name, case in CASES.items() if sys.argv[2].lower() in name.lower()}
    arrays, errors = {}, {}
    for number, (name, case) in enumerate(wanted.items()):
        try:
            arrays[name] = make(root / str(number), case, pictures)
        except Exception as error:
            lines = str(error).strip().splitlines() or [""]
            errors[name] = f"{type(error).__name__}: {lines[0]}"
    np.savez(root / "features.npz", **arrays)
    versions = {m.__name__: m.__version__ for m in (torch, hf, timm)}
    print(
        json.dumps(
            {
                "names": {n: case.close for n, case in wanted.items()},
                "errors": errors,
                "versions": versions,
            }
        )
    )


if __name__ == "__main__":
    main()
