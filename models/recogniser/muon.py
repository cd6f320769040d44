"""Muon: momentum whose every step turns all directions of a weight matrix alike (Jordan et al. 2024)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

_QUINTIC = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5


class Muon(torch.optim.Optimizer):
    """For weights of two and more dimensions, taken as [out, all the rest]; AdamW is for the others."""

    def __init__(self, parameters: Iterable[Tensor], rate: float, momentum: float = 0.95, decay: float = 0.01) -> None:
        super().__init__(list(parameters), {"lr": rate, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:
        """Take one step along the gradients; `closure` is there for the interface and not used."""
        del closure
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if "velocity" not in state:
                    state["velocity"] = torch.zeros_like(weight)
                velocity = state["velocity"]
                velocity.lerp_(weight.grad, 1.0 - group["momentum"])
                ahead = weight.grad.lerp(velocity, group["momentum"])
                weight.mul_(1.0 - group["lr"] * group["decay"])
                weight.add_(orthogonal(ahead.flatten(1)).view_as(weight), alpha=-group["lr"])


def orthogonal(matrix: Tensor) -> Tensor:
    """Return a matrix [m, n], m ≤ n, with the same singular directions and all strengths near one (Newton-Schulz)."""
    first, second, third = _QUINTIC
    x = matrix.bfloat16()
    x = x / (x.norm() + 1e-7)
    for _ in range(_ROUNDS):
        square = x @ x.T
        x = first * x + (second * square + third * square @ square) @ x
    return x.to(matrix.dtype)
