"""Asking servers of others over real sockets: whatever they do there is an end, and nothing of ours is held up."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from smartradio.station.alerts.calling import Answer, Call, Caller, CallError
from smartradio.station.relay.addresses import Door
from tests.contract.letter_server import certificate
from tests.station.alerts.web_server import (
    Handler,
    Request,
    WebServer,
    answer,
    answering,
    dripping,
    hanging,
    serving,
)

ANYWHERE = Door(local_allowed=True)


def asking(handler: Handler, call: Callable[[str], Call] = Call, **how: Any) -> tuple[Answer, WebServer]:
    async def run() -> tuple[Answer, WebServer]:
        async with serving(handler) as server:
            caller = Caller("test", ANYWHERE, **how)
            try:
                return await caller.ask(call(server.url + "/a?b=c")), server
            finally:
                caller.close()

    return asyncio.run(run())


def refusal(handler: Handler, **how: Any) -> str:
    with pytest.raises(CallError) as caught:
        asking(handler, **how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_answer_comes_whole_with_its_headers() -> None:
    got, server = asking(answering(b"lu ve", headers={"ETag": '"7"'}))
    assert (got.status, got.body, got.headers["etag"]) == (200, b"lu ve", '"7"')
    assert server.targets == ["/a?b=c"]
    assert server.asked[0].headers["user-agent"].startswith("smartradio/")


def test_what_is_posted_arrives_as_it_is() -> None:
    _, server = asking(answering(b""), lambda url: Call(url, "POST", {"X-Ky": "1"}, "lũ".encode()))
    assert (server.asked[0].method, server.asked[0].body, server.asked[0].headers["x-ky"]) == (
        "POST",
        b"l\xc5\xa9",
        "1",
    )


def test_a_packed_answer_is_unpacked() -> None:
    how = {"headers": {"Content-Encoding": "gzip"}}
    got, _ = asking(answering(gzip.compress(b"a" * 5_000), **how))
    assert got.body == b"a" * 5_000


def test_a_small_answer_that_unpacks_to_a_huge_one_is_refused() -> None:
    how = {"headers": {"Content-Encoding": "gzip"}}
    bomb = answering(gzip.compress(bytes(20_000_000)), **how)
    assert "more than 1048576 bytes" in refusal(bomb)


def test_an_answer_without_end_is_cut_off() -> None:
    assert "more than 1000 bytes" in refusal(answering(b"x" * 5_000), most_bytes=1_000)


def test_an_answer_that_breaks_off_is_none() -> None:
    assert "broke off" in refusal(answering(b"half", headers={"Content-Length": "8"}))


@pytest.mark.parametrize("server", [dripping, hanging], ids=["drips", "hangs"])
def test_a_server_that_never_ends_is_hung_up_on(server: Handler) -> None:
    begun = time.monotonic()
    assert "no whole answer within 0.3 s" in refusal(server, timeout_s=0.3)
    assert time.monotonic() - begun < 3


def test_an_answer_that_is_no_http_is_told_in_one_line() -> None:
    async def rubbish(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-rubbish\r\n\r\n")
        await writer.drain()

    assert "gives no answer" in refusal(rubbish)


def test_redirects_are_followed_a_few_times_and_for_questions_alone() -> None:
    async def moved(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target == "/new":
            return await answer(writer, b"here")
        return await answer(writer, status="302 Found", headers={"Location": "/new"})

    got, _ = asking(moved)
    assert (got.body, got.url.endswith("/new")) == (b"here", True)
    posted, server = asking(moved, lambda url: Call(url, "POST", body=b"x"))
    assert (posted.status, server.targets) == (302, ["/a?b=c"])


def test_redirects_in_a_circle_end() -> None:
    assert "redirects" in refusal(answering(b"", status="302 Found", headers={"Location": "/a"}))


def test_an_address_of_the_own_network_is_not_asked() -> None:
    async def run() -> list[str]:
        async with serving(answering(b"secret")) as server:
            caller = Caller("test", Door())
            with pytest.raises(CallError, match="local network"):
                await caller.ask(Call(server.url))
            caller.close()
            return server.targets

    assert asyncio.run(run()) == []


def test_a_redirect_into_the_own_network_is_not_followed() -> None:
    class Lenient(Door):
        def connect(self, host: str, port: int, timeout_s: float) -> socket.socket:
            return (ANYWHERE if host == "127.0.0.1" else Door()).connect(host, port, timeout_s)

    async def run() -> None:
        where = {"Location": "http://10.0.0.1/admin"}
        async with serving(answering(b"", status="302 Found", headers=where)) as server:
            caller = Caller("test", Lenient())
            with pytest.raises(CallError, match="local network"):
                await caller.ask(Call(server.url))
            caller.close()

    asyncio.run(run())


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://example.vn/a", "http://", "http://[", "//example.vn"])
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    async def run() -> None:
        caller = Caller("test", ANYWHERE)
        with pytest.raises(CallError, match="address"):
            await caller.ask(Call(url))
        caller.close()

    asyncio.run(run())


class TestClosedWay:
    @pytest.fixture
    def contexts(self, tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        return certificate(tmp_path)

    def test_an_answer_comes_over_tls(self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
        async def run() -> bytes:
            async with serving(answering(b"closed"), contexts[0]) as server:
                caller = Caller("test", ANYWHERE, tls=contexts[1])
                try:
                    return (await caller.ask(Call(server.url.replace("127.0.0.1", "localhost")))).body
                finally:
                    caller.close()

        assert asyncio.run(run()) == b"closed"

    def test_anothers_certificate_is_refused(self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
        async def run() -> list[str]:
            async with serving(answering(b"closed"), contexts[0]) as server:
                caller = Caller("test", ANYWHERE)
                with pytest.raises(CallError, match="certificate"):
                    await caller.ask(Call(server.url))
                caller.close()
                return server.targets

        assert asyncio.run(run()) == []


def test_servers_that_hang_hold_nothing_that_the_store_needs() -> None:
    """The pool of `asyncio.to_thread` has six threads on two cores; twenty servers hang, and it is free."""

    async def run() -> float:
        async with serving(hanging) as server:
            callers = [Caller(f"hangs-{number}", ANYWHERE, timeout_s=2.0) for number in range(20)]
            asked = [asyncio.create_task(_caught(caller.ask(Call(server.url)))) for caller in callers]
            await server.until_asked(len(callers))
            begun = time.monotonic()
            for _ in range(20):
                await asyncio.to_thread(int)
            took_s = time.monotonic() - begun
            for caller in callers:
                caller.close()
            assert all(isinstance(each, CallError) for each in await asyncio.gather(*asked))
            return took_s

    assert asyncio.run(run()) < 1.0


async def _caught(work: Awaitable[Answer]) -> Answer | CallError:
    try:
        return await work
    except CallError as error:
        return error
