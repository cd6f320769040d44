"""Fetching a stream: from the internet only, with few redirects, and no page in the place of sound."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from smartradio.domain.errors import BadInputError
from smartradio.domain.relay import Relay
from smartradio.station.relay.addresses import Door, RelayError, is_public
from smartradio.station.relay.fetching import fetch
from tests.station.relay.broadcaster import Broadcaster, on_air


@pytest.fixture(scope="module")
def radio() -> Iterator[Broadcaster]:
    with on_air() as broadcaster:
        yield broadcaster


OPEN = Door(local_allowed=True)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "::ffff:192.168.1.1", "2002:7f00:1::", "kein"],
)  # fmt: skip
def test_an_address_of_a_local_network_is_none_of_the_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "concat:a|b", "ftp://host/a", "rtmp://host/live", "http://", "http:///stream", "stream.mp3",
     "http://host:port/", "http://us er/", "http://name:word@host/stream", "http://host/" + "a" * 600],
)  # fmt: skip
def test_only_plain_addresses_of_http_are_taken(url: str) -> None:
    with pytest.raises(BadInputError):
        Relay(url, 30)


@pytest.mark.parametrize("minutes", [0, -1, 121, float("nan")])
def test_a_relay_has_a_length_that_can_be(minutes: float) -> None:
    with pytest.raises(BadInputError, match="minutes"):
        Relay("http://vov.example/1", minutes)


def test_a_station_does_not_ask_its_own_network(radio: Broadcaster) -> None:
    url = radio.serve("/geheim", b"secret", "audio/mpeg")
    with pytest.raises(RelayError, match="local network"):
        fetch(url, Door())
    assert "/geheim" not in radio.asked


def test_a_name_that_leads_into_the_local_network_is_refused(radio: Broadcaster) -> None:
    def lie(_host: str, _port: int) -> list[tuple[socket.AddressFamily, str]]:
        return [(socket.AF_INET, "127.0.0.1")]

    url = radio.root.replace("127.0.0.1", "stream.example") + "/geheim"
    with pytest.raises(RelayError, match="local network"):
        fetch(url, Door(resolve=lie))


def test_a_redirect_is_checked_like_the_address_itself(radio: Broadcaster) -> None:
    with pytest.raises(RelayError, match="begins with http"):
        fetch(radio.redirect("/weg", "file:///etc/passwd"), OPEN)


def test_redirects_are_followed_a_few_times_and_not_for_ever(radio: Broadcaster) -> None:
    radio.serve("/da", b"sound", "audio/mpeg")
    answer = fetch(radio.redirect("/zuerst", "/da"), OPEN)
    assert (answer.url, answer.whole(100)) == (radio.root + "/da", b"sound")
    answer.close()
    with pytest.raises(RelayError, match="more than 5 redirects"):
        fetch(radio.redirect("/kreis", "/kreis"), OPEN)


def test_a_web_page_is_no_sound(radio: Broadcaster) -> None:
    url = radio.serve("/trang", b"<html>Dang bao tri</html>", "text/html; charset=utf-8")
    with pytest.raises(RelayError, match="answers with a web page, not with sound"):
        fetch(url, OPEN)


def test_a_refusal_is_told_with_its_number(radio: Broadcaster) -> None:
    with pytest.raises(RelayError, match="answers 404"):
        fetch(radio.root + "/nicht-da", OPEN)


def test_more_than_was_allowed_is_not_taken(radio: Broadcaster) -> None:
    answer = fetch(radio.serve("/gross", b"x" * 10_000, "audio/mpeg"), OPEN)
    with pytest.raises(RelayError, match="more than 5000 bytes"):
        answer.whole(5_000)
    answer.close()


def test_a_host_that_does_not_answer_is_told_in_its_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(RelayError, match="does not answer"):
            fetch(f"http://127.0.0.1:{port}/stream", OPEN, timeout_s=0.2)


def test_a_port_where_nobody_is_is_told(unused_port: int) -> None:
    with pytest.raises(RelayError, match="does not answer"):
        fetch(f"http://127.0.0.1:{unused_port}/stream", OPEN)


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
