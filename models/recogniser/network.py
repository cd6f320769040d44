"""The acoustic network: dense convolutions over time, which modern processors multiply fast, at 30 ms a frame."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from smartradio.listening.features import BANDS
from smartradio.listening.syllables import UNITS

STRIDE = 3
"""Input frames for one output frame: T' = ceil(T / STRIDE)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the network is; the dilations of its blocks, one after the other."""

    width: int = 288
    kernel: int = 5
    dilations: tuple[int, ...] = (1, 2, 1, 2, 1, 4, 1, 2, 1, 4)


class Block(nn.Module):
    """Normalise, bend, convolve, add."""

    def __init__(self, width: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Conv1d(width, width, kernel)
        self.reach, self.dilation = dilation * (kernel // 2), dilation
        self.scale = nn.Parameter(torch.full((width,), 0.3))

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, width] → [B, T, width]."""
        y = self.norm(x)
        if torch.is_autocast_enabled("cpu"):
            y = y.bfloat16()
        # As an image one pixel high whose channels come last: the library then convolves without copying.
        image = nnf.silu(y).unsqueeze(1).permute(0, 3, 1, 2)
        weight = self.mix.weight.unsqueeze(2).to(memory_format=torch.channels_last)
        image = nnf.conv2d(image, weight, self.mix.bias, 1, (0, self.reach), (1, self.dilation))
        return torch.addcmul(x, self.scale, image.permute(0, 2, 3, 1).squeeze(1).float())


class Network(nn.Module):
    """features [B, T, BANDS] → log posteriors [B, ceil(T / STRIDE), UNITS]."""

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        shape = shape or Shape()
        self.stem = nn.Conv1d(BANDS, shape.width, 7, stride=STRIDE, padding=3)
        self.blocks = nn.ModuleList(Block(shape.width, shape.kernel, dilation) for dilation in shape.dilations)
        self.norm = nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, UNITS)

    def forward(self, features: Tensor) -> Tensor:
        """Return log posteriors; whatever the type of the sums within, the answer is float32."""
        x = self.stem(features.transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        return nnf.log_softmax(self.head(self.norm(x)).float(), dim=-1)
