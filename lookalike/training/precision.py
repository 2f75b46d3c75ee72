"""What numbers a training computes with."""

from __future__ import annotations

import torch

from lookalike.training.config import Config

__all__ = ["faster_in_bfloat16"]


def faster_in_bfloat16(config: Config) -> bool:
    """Whether to compute in bfloat16: three times as fast where the processor has it."""
    if config.bfloat16 is not None:
        return config.bfloat16
    # Private names of PyTorch, and not in each version: without them float32 is what is safe.
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)()) or bool(
        getattr(torch.cpu, "_is_amx_tile_supported", bool)()
    )
