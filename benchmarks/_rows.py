"""How a benchmark prints what it measured, for `smartradio bench` to gather."""

from __future__ import annotations


def row(name: str, measured: float, unit: str, limit: float | None = None, note: str = "") -> None:
    """Print one row: a figure with its unit, its upper limit if it has one, and whether it holds."""
    figure = f"{measured:.3g} {unit}" + (f" ({note})" if note else "")
    shown, holds = ("", "-") if limit is None else (f"≤ {limit:g} {unit}", "ok" if measured <= limit else "over")
    print(f"{name} | {figure} | {shown} | {holds}", flush=True)
