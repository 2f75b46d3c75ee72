"""Which optimiser moves which weights."""

from __future__ import annotations

import torch

from lookalike.training.config import Config
from lookalike.training.muon import Muon
from lookalike.training.networks.hash_network import HashNetwork

__all__ = ["optimizers"]


def optimizers(network: HashNetwork, config: Config) -> list[torch.optim.Optimizer]:
    """The optimisers of a network's backbone and of its two last layers."""
    backbone = [p for p in network.backbone.parameters() if p.requires_grad]
    layers = (network.feature, network.classifier, network.nested)
    head = [parameter for layer in layers for parameter in layer.parameters()]
    if config.optimizer == "muon":
        turned = [p for p in backbone if p.dim() == 4]
        rest = [p for p in backbone if p.dim() != 4]
        dtype = torch.bfloat16 if config.bfloat16 else torch.float32
        others = torch.optim.AdamW(
            [*rest, *head], config.head_learning_rate, weight_decay=config.weight_decay
        )
        if not turned:
            return [others]
        return [Muon(turned, config.learning_rate, config.momentum, dtype=dtype), others]
    groups = [
        {"params": chosen, "lr": rate, "weight_decay": decay}
        for parameters, rate in (
            (backbone, config.learning_rate),
            (head, config.head_learning_rate),
        )
        for chosen, decay in (
            ([p for p in parameters if p.dim() > 1], config.weight_decay),
            ([p for p in parameters if p.dim() <= 1], 0.0),
        )
        if chosen
    ]
    if config.optimizer == "adamw":
        return [torch.optim.AdamW(groups)]
    return [torch.optim.SGD(groups, momentum=config.momentum, nesterov=config.momentum > 0)]
