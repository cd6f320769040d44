"""Write the pages of figures: `python -m models.recogniser.report RUN FIGURES.json`.

Makes `figures.md` and `curve.svg` beside this file from a training's learning curve and the evaluation's answer.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np

from models.recogniser.evaluate import markdown

_HERE = Path(__file__).parent
_WIDTH, _HEIGHT, _EDGE = 640, 320, 44
_ROWS = 16
_SMOOTH = 7


def curve_rows(path: Path) -> dict[str, list[float]]:
    """Return the columns of a learning curve."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def smoothed(values: list[float]) -> list[float]:
    """Return running means over `_SMOOTH` pools, fewer at the ends."""
    reach = _SMOOTH // 2
    return [float(np.mean(values[max(0, at - reach) : at + reach + 1])) for at in range(len(values))]


def curve_svg(columns: dict[str, list[float]]) -> str:
    """Return a drawing: word errors on clips not seen before, by hours of sound heard."""
    hours, errors = columns["hours_of_sound"], smoothed(columns["word_errors"])
    across = (_WIDTH - 2 * _EDGE) / max(hours)
    up = _HEIGHT - 2 * _EDGE
    points = " ".join(
        f"{_EDGE + hour * across:.1f},{_EDGE + (1 - min(share, 1.0)) * up:.1f}"
        for hour, share in zip(hours, errors, strict=True)
    )
    marks = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        height = _EDGE + (1 - share) * up
        marks.append(f'<path d="M{_EDGE} {height:.1f}H{_WIDTH - _EDGE}" stroke="#ccc"/>')
        marks.append(f'<text x="{_EDGE - 6}" y="{height + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    for hour in np.linspace(0, max(hours), 5):
        place = _EDGE + hour * across
        marks.append(f'<text x="{place:.1f}" y="{_HEIGHT - _EDGE + 18}" text-anchor="middle">{hour:.0f} h</text>')
    title = "Words wrong on clips not seen before, as they are spoilt for the training, by hours of sound heard"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12"><rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
        f'<text x="{_WIDTH / 2:.0f}" y="20" text-anchor="middle">{title}</text>{"".join(marks)}'
        f'<polyline points="{points}" fill="none" stroke="#b01030" stroke-width="2"/></svg>\n'
    )


def page(columns: dict[str, list[float]], figures: dict[str, object]) -> str:
    """Return the page of figures in Markdown."""
    real_time = figures["real_time"]
    lines = [
        "# Figures of the built-in recogniser",
        "",
        "Written by `python -m models.recogniser.report`; do not edit.",
        "",
        "## By voice and condition",
        "",
        "Per cent of words wrong. **Bold**: as the product reads them, with its language model. Then without any",
        "language model: as spelled / as sounded (words that this voice speaks alike count as one) / when tones do not",
        "count either. Last the AUC of a known text against the same with two words changed, by CTC's forward sum.",
        "`others` are variants, speeds and pitches held back from the training. With noise: mastered, Opus-coded",
        "speech through a horn across a square of house fronts (mirror images), so many dB above wind, traffic, a",
        "crowd or rain.",
        "",
        markdown(figures),
        "",
        f"{figures['sentences']} sentences in each cell; {real_time:.4f} × real time on one thread, features included.",
        "",
        "## Learning curve",
        "",
        "![learning curve](curve.svg)",
        "",
        "| pool | minutes | hours of sound | loss a unit | words wrong |",
        "|---|---|---|---|---|",
    ]
    loss, wrong = smoothed(columns["loss"]), smoothed(columns["word_errors"])
    lines += [
        f"| {columns['pool'][at]:.0f} | {columns['minutes'][at]:.1f} | {columns['hours_of_sound'][at]:.1f} "
        f"| {loss[at]:.3f} | {wrong[at]:.1%} |"
        for at in np.linspace(0, len(loss) - 1, min(_ROWS, len(loss))).round().astype(int)
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the command line and write the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("figures", type=Path)
    given = parser.parse_args()
    columns = curve_rows(given.run / "curve.csv")
    (_HERE / "curve.svg").write_text(curve_svg(columns), encoding="utf-8")
    figures = json.loads(given.figures.read_text(encoding="utf-8"))
    (_HERE / "figures.md").write_text(page(columns, figures), encoding="utf-8")


if __name__ == "__main__":
    main()
