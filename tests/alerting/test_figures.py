from __future__ import annotations

import pytest

from smartradio.alerting.figures import Figure, figures, sentences_with_figures


def line(written: str, **read: str) -> dict[str, object]:
    """A line as the reading rules leave it: pieces that were changed and what is read in their place."""
    pieces = [
        {"start": (start := written.index(piece)), "end": start + len(piece), "written": piece, "spoken": spoken}
        for piece, spoken in read.items()
    ]
    return {"written": written, "pieces": pieces}


def test_every_figure_is_read_back_once_as_it_will_be_spoken_and_among_its_words() -> None:
    first = line(
        "Tin mới. Mực nước sông Hoàng Long tại trạm Bến Đế là 4,5 m lúc này và còn lên.",
        **{"Tin mới. Mực nước": "tin mới. mực nước", "4,5 m": "bốn phẩy năm mét"},
    )
    again = line("Nhắc lại: 4,5 m.", **{"4,5 m": "bốn phẩy năm mét"})
    call = line("Gọi số 112.", **{"112": "một một hai"})
    assert figures([first, again, call]) == (
        Figure("4,5 m", "bốn phẩy năm mét", "tại trạm Bến Đế là", "lúc này"),
        Figure("112", "một một hai", "Gọi số", "."),
    )


def test_the_same_digits_read_in_two_ways_are_read_back_twice() -> None:
    number = line("Có 112 hộ.", **{"112": "một trăm mười hai"})
    call = line("Gọi số 112.", **{"112": "một một hai"})
    assert len(figures([number, call])) == 2


@pytest.mark.parametrize(
    ("sentence", "is_measured"),
    [
        ("Nước sâu 1,5 m!", True),
        ("Mưa trên 200 mm.", True),
        ("Mưa 200-300mm.", True),
        ("Xả 1.200 m³/s.", True),
        ("Ngập 60% số nhà.", True),
        ("Gió giật 100 km/h.", True),
        ("Tin lúc 3 giờ 05 phút.", False),
        ("Quốc lộ 1 ngập.", False),
        ("Có 12 hộ bị cô lập ở thôn 4.", False),
        ("Đội 4 mang 2 máy bơm.", False),
    ],
)
def test_what_is_measured_is_told_from_times_roads_and_counts(sentence: str, is_measured: bool) -> None:
    assert sentences_with_figures(f"Nguy hiểm! {sentence} Bà con lên chỗ cao.") == ((sentence,) if is_measured else ())
