"""Somebody is rung over real sockets: letters by SMTP, webhooks by HTTP."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from smartradio.domain.alarm import Severity
from smartradio.station.alarms.mail import Mail
from smartradio.station.alarms.port import RingError, RingMessage
from smartradio.station.alarms.settings import MailSettings
from smartradio.station.alarms.webhook import ID, SIGNATURE, TIMESTAMP, Webhook, signature_of
from smartradio.station.relay.addresses import Door
from tests.contract.letter_server import PASSWORD, USER, LetterServer, certificate, letter_server

AT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
SECRET = "0123456789abcdef"
MESSAGE = RingMessage(
    id="0af1",
    station="yen-hoa",
    at=AT,
    severity=Severity.CRITICAL,
    subject="Tin khẩn cấp “Lũ về” không nghe được ở Cụm loa thôn 3",
    text="Đài xã Yên Hòa, 12:00 ngày 22/11/2026:\n\n• Tin khẩn cấp “Lũ về”.\n. một dòng bắt đầu bằng dấu chấm\n",
    alarms=[{"id": 1, "event": "raised", "kind": "emergency_not_heard", "facts": {"title": "Cụm loa thôn 3"}}],
)


def mail_of(server: LetterServer, security: str, **changes: Any) -> MailSettings:
    values: dict[str, Any] = {
        "host": "localhost",
        "port": server.port,
        "security": security,
        "username": USER,
        "password": SecretStr(PASSWORD),
        "sender": "dai@example.vn",
        "timeout_s": 5.0,
    }
    return MailSettings.model_validate(values | changes)


def letter(settings: MailSettings, tls: ssl.SSLContext, *to: str) -> None:
    Mail(settings, to or ("tu@example.vn", "nam@example.vn"), title="Đài xã Yên Hòa", tls=tls).ring(MESSAGE)


class TestLetters:
    @pytest.fixture
    def contexts(self, tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        return certificate(tmp_path)

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    def test_a_letter_arrives_whole_over_a_closed_way(
        self, contexts: tuple[ssl.SSLContext, ssl.SSLContext], security: str
    ) -> None:
        own, trusting = contexts
        with letter_server(own, from_the_start=security == "tls") as server:
            letter(mail_of(server, security), trusting)
            (got,) = server.letters
            assert server.closed_way
        assert server.envelopes == [("dai@example.vn", ("tu@example.vn", "nam@example.vn"))]
        assert got["Subject"] == MESSAGE.subject
        assert got["From"].addresses[0].display_name == "Đài xã Yên Hòa"
        assert (got["Message-ID"], got["Importance"], got["Date"].datetime) == ("<0af1@example.vn>", "high", AT)
        assert got.get_content().replace("\r\n", "\n") == MESSAGE.text

    def test_a_server_that_offers_no_closed_way_gets_no_password(
        self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
    ) -> None:
        with letter_server(None) as server:
            with pytest.raises(RingError, match="STARTTLS"):
                letter(mail_of(server, "starttls"), contexts[1])
            assert server.letters == []

    def test_a_server_with_anothers_certificate_gets_no_password(
        self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
    ) -> None:
        with letter_server(contexts[0]) as server:
            with pytest.raises(RingError, match="CERTIFICATE"):
                letter(mail_of(server, "starttls"), ssl.create_default_context())
            assert server.letters == []

    def test_a_wrong_password_is_one_line(self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
        own, trusting = contexts
        with letter_server(own) as server, pytest.raises(RingError, match=r"takes no letter: .*535"):
            letter(mail_of(server, "starttls", password=SecretStr("another-password")), trusting)

    def test_an_address_that_is_refused_is_named(self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
        own, trusting = contexts
        with letter_server(own) as server:
            server.refuses = frozenset({"nam@example.vn"})
            with pytest.raises(RingError, match=r"no letter for nam@example\.vn"):
                letter(mail_of(server, "starttls"), trusting)
            assert len(server.letters) == 1

    def test_a_server_that_says_nothing_is_given_up_in_time(
        self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
    ) -> None:
        own, trusting = contexts
        with letter_server(own) as server:
            server.hangs = True
            with pytest.raises(RingError, match="timed out"):
                letter(mail_of(server, "starttls", timeout_s=0.2), trusting)

    def test_nobody_there_is_one_line(self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
        with letter_server(None) as server:
            gone = mail_of(server, "starttls")
        with pytest.raises(RingError, match="localhost takes no letter"):
            letter(gone, contexts[1])


class _Hook(BaseHTTPRequestHandler):
    server: _Hooks

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


class _Hooks(ThreadingHTTPServer):
    status = 204

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.got: list[tuple[str, dict[str, str], bytes]] = []

    def hook(self, *, local_allowed: bool = True) -> Webhook:
        url = f"http://127.0.0.1:{self.server_port}/hook?from=dai"
        return Webhook(url, SECRET, Door(local_allowed=local_allowed), clock=lambda: AT, timeout_s=5.0)


class TestWebhooks:
    @pytest.fixture
    def hooks(self) -> Iterator[_Hooks]:
        with _Hooks() as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            yield server
            server.shutdown()
            thread.join(10)

    def test_it_is_sent_what_is_wrong_with_a_signature_it_can_check(self, hooks: _Hooks) -> None:
        hooks.hook().ring(MESSAGE)
        ((path, headers, body),) = hooks.got
        assert path == "/hook?from=dai"
        assert headers[ID] == "0af1"
        assert headers[SIGNATURE] == signature_of(SECRET, headers[TIMESTAMP], body)
        assert headers[SIGNATURE] != signature_of("another secret 00", headers[TIMESTAMP], body)
        told = json.loads(body)
        assert (told["subject"], told["severity"], told["alarms"]) == (MESSAGE.subject, "critical", MESSAGE.alarms)

    @pytest.mark.parametrize("status", [302, 404, 500])
    def test_any_other_answer_takes_nothing_and_leads_nowhere(self, hooks: _Hooks, status: int) -> None:
        hooks.status = status
        with pytest.raises(RingError, match=f"answers {status}"):
            hooks.hook().ring(MESSAGE)
        assert len(hooks.got) == 1

    def test_the_stations_own_network_is_not_asked_unless_it_is_allowed(self, hooks: _Hooks) -> None:
        with pytest.raises(RingError, match="local network"):
            hooks.hook(local_allowed=False).ring(MESSAGE)
        assert hooks.got == []

    def test_nobody_there_is_one_line(self) -> None:
        with _Hooks() as gone:
            hook = gone.hook()
        with pytest.raises(RingError, match="does not answer"):
            hook.ring(MESSAGE)
