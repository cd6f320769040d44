"""The figures of a recogniser: what was measured, as a table for people and as JSON for the report."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One voice under one condition: per cent of words wrong, and the AUC of a known text against a changed one.

    `read` is what the product writes down; the others owe nothing to a language model: as spelled, as sounded
    (spellings that the voice speaks alike count as one), and when tones do not count either.
    """

    read: float
    spelled: float
    sounded: float
    toneless: float
    auc: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What listening costs on one core: CPU seconds for a second of sound, seconds to load, megabytes.

    Memory is the child's proportional share beyond an idle interpreter's: after its clips, and the most during one.
    """

    real_time: float
    load_s: float
    memory_mb: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was measured of the model with these SHA-256; the table is by voice, then by condition."""

    sha256: str
    language_model_sha256: str | None
    folder_bytes: int
    sentences: int
    words: int
    table: Mapping[str, Mapping[str, Cell]]
    cost: Cost

    def to_json(self) -> str:
        """Return the figures as `from_json` reads them."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Figures:
        """Read what `to_json` wrote."""
        told = json.loads(text)
        table = {name: {each: Cell(**cell) for each, cell in row.items()} for name, row in told["table"].items()}
        return cls(**(told | {"table": table, "cost": Cost(**told["cost"])}))


def markdown(figures: Figures) -> str:
    """Return the table as Markdown: per cent of words wrong as read; spelled / sounded / without tones; AUC."""
    conditions = list(next(iter(figures.table.values())))
    lines = ["| voice | " + " | ".join(conditions) + " |", "|---" * (len(conditions) + 1) + "|"]
    for name, row in figures.table.items():
        cells = [
            f"**{cell.read:.1f}**; {cell.spelled:.1f} / {cell.sounded:.1f} / {cell.toneless:.1f}; {cell.auc:.4f}"
            for cell in row.values()
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cost_line(figures: Figures) -> str:
    """Return in one line what listening costs, and on how much the table stands."""
    cost = figures.cost
    return (
        f"{figures.sentences} sentences ({figures.words} words) in each cell. On one core, words and all: "
        f"{cost.real_time:.3f} × real time; loaded in {cost.load_s:.1f} s; {cost.memory_mb:.0f} MB more than an idle "
        f"interpreter, {cost.peak_mb:.0f} MB at most. {figures.folder_bytes / 1e6:.1f} MB on the disk."
    )
