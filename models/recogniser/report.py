"""Write the pages of figures: `python -m models.recogniser.report RUN FIGURES.json`.

Makes `figures.md` and `curve.svg` beside this file from a training's learning curve and the evaluation's answer, and
writes SHA-256 and figures between two marks into `models/README.md`.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from models.recogniser.figures import Figures, cost_line, markdown

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_HERE = Path(__file__).parent
_MODELS = _HERE.parent / "README.md"
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


def page(columns: dict[str, list[float]], figures: Figures) -> str:
    """Return the page of figures in Markdown."""
    lines = [
        "# Figures of the built-in recogniser",
        "",
        "Written by `python -m models.recogniser.report`; do not edit.",
        "",
        *_identity(figures),
        "",
        "## By voice and condition",
        "",
        "Per cent of words wrong. **Bold**: as the product reads them, with its language model. Then from its",
        "posteriors alone: as spelled / as sounded (words that this voice speaks alike count as one) / when tones",
        "do not count either. Last the AUC of a known text against the same with two words changed, by the least",
        "of its words' confidences (`known_words.py`). `others` are variants, speeds and pitches held back from the",
        "training. With noise: mastered, Opus-coded speech through a horn across a square of house fronts (mirror",
        "images), so many dB above wind, traffic, a crowd or rain. Wind and traffic are the training's generator",
        "with other seeds; crowd, rain and squares are made otherwise than there.",
        "",
        markdown(figures),
        "",
        cost_line(figures),
        "",
        "## Learning curve",
        "",
        trained_line(columns),
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


def summary(columns: dict[str, list[float]], figures: Figures) -> str:
    """Return what the page of all models says of this one, in Markdown."""
    lines = [*_identity(figures), "", trained_line(columns), "", markdown(figures), "", cost_line(figures)]
    return "\n".join(lines)


def trained_line(columns: dict[str, list[float]]) -> str:
    """Return in one sentence how long the training was."""
    minutes, hours, pools = (columns[name][-1] for name in ("minutes", "hours_of_sound", "pool"))
    return f"Trained for {minutes:.0f} minutes on {hours:.0f} hours of made sound ({pools:.0f} pools), each heard once."


def _identity(figures: Figures) -> list[str]:
    lines = [f"`model.onnx`: SHA-256 `{figures.sha256}`"]
    if figures.language_model_sha256 is not None:
        lines += ["", f"`language_model.npz`: SHA-256 `{figures.language_model_sha256}`"]
    return lines


def put_between(page_before: str, text: str) -> str:
    """Return a page with `text` between its two marks; raises ValueError for a page that has not both."""
    head, begin, rest = page_before.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page does not have the marks {BEGIN} and {END}")
    return f"{head}{begin}\n\n{text}\n\n{end}{tail}"


def main() -> None:
    """Read the command line and write the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("figures", type=Path)
    given = parser.parse_args()
    columns = curve_rows(given.run / "curve.csv")
    figures = Figures.from_json(given.figures.read_text(encoding="utf-8"))
    (_HERE / "curve.svg").write_text(curve_svg(columns), encoding="utf-8")
    (_HERE / "figures.md").write_text(page(columns, figures), encoding="utf-8")
    _MODELS.write_text(put_between(_MODELS.read_text(encoding="utf-8"), summary(columns, figures)), encoding="utf-8")


if __name__ == "__main__":
    main()
