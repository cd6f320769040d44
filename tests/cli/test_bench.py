from __future__ import annotations

import pytest

from smartradio.cli.bench import Figure, read_figures


def test_rows_are_gathered_and_talk_is_left_out() -> None:
    output = (
        "warming up | maybe\nstart skew p95 | 1.2 ms | ≤ 5 ms | ok\nmemory | 300 MB | ≤ 250 MB | over\nseen | 3 | | -\n"
    )
    assert read_figures(output) == [
        Figure("start skew p95", "1.2 ms", "≤ 5 ms", True),
        Figure("memory", "300 MB", "≤ 250 MB", False),
        Figure("seen", "3", "", None),
    ]


def test_a_printed_row_is_read_back(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    from _rows import row

    row("latency", 12.5, "ms", 10)
    row("share", 0.5, "", None, "of all")
    assert [figure.holds for figure in read_figures(capsys.readouterr().out)] == [False, None]
