from __future__ import annotations

import pytest
import torch

from lookalike.training.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(6, 20), (20, 6), (8, 8)])
def test_orthogonal_keeps_directions_and_evens_their_sizes(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    left, _ = torch.linalg.qr(torch.randn(shape[0], 6, generator=generator))
    right, _ = torch.linalg.qr(torch.randn(shape[1], 6, generator=generator))
    sizes = torch.tensor([1.0, 0.9, 0.7, 0.5, 0.4, 0.3])
    made = orthogonal(left * sizes @ right.T * 1000)
    inner = left.T @ made @ right
    assert inner.diagonal().min() > 0.5
    assert inner.diagonal().max() < 1.5
    assert (inner - inner.diagonal().diag()).abs().max() < 1e-3


def test_a_step_turns_by_its_rate_and_keeps_the_norm() -> None:
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(8, 8, 3, bias=False)
    optimizer = Muon(layer.parameters(), 0.01)
    x = torch.randn(2, 8, 6, 6)
    before = layer.weight.detach().clone()
    before *= 8**0.5 / before.norm()
    layer(x).square().mean().backward()
    optimizer.step()
    after = layer.weight.detach()
    assert 0.004 < (after - before).norm() / after.norm() < 0.016
    for _ in range(20):
        optimizer.zero_grad()
        loss = layer(x).square().mean()
        loss.backward()
        optimizer.step()
    assert layer.weight.norm().item() == pytest.approx(8**0.5, rel=0.05)


def test_steps_go_downhill() -> None:
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(4, 4, 3, padding=1, bias=False)
    wanted = torch.nn.Conv2d(4, 4, 3, padding=1, bias=False)
    with torch.no_grad():
        wanted.weight.mul_(2 / wanted.weight.norm())
    optimizer = Muon(layer.parameters(), 0.05)
    x = torch.randn(8, 4, 8, 8)
    losses = []
    for _ in range(40):
        loss = (layer(x) - wanted(x).detach()).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[1]
