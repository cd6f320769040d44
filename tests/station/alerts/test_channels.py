"""Ways beside the horns over real sockets: what other systems and telephones are told, and what counts as taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from smartradio.domain.alert import Alert, AlertStatus, RiskLevel
from smartradio.station.alarms.webhook import signature_of
from smartradio.station.alerts.calling import Caller
from smartradio.station.alerts.channels.port import Channel, ChannelError, ChannelEvent, ChannelMessage
from smartradio.station.alerts.channels.settings import ChannelSettings, SmsChannel, WebhookChannel
from smartradio.station.alerts.channels.sms import SmsTeller
from smartradio.station.alerts.channels.sms_text import parts_of
from smartradio.station.alerts.channels.webhook import WebhookTeller
from smartradio.station.relay.addresses import Door
from tests.station.alerts.web_server import Handler, Request, WebServer, answering, hanging, serving

AT = datetime(2026, 10, 11, 20, 32, tzinfo=UTC)
TZ = ZoneInfo("Asia/Ho_Chi_Minh")
ALERT = Alert(
    id="a1",
    title="Lũ trên sông Lũ",
    text="Lũ trên báo động hai.\nMực nước 4,5 mét; bà con ven sông đến “nhà văn hóa”.",
    zones=("thon-1", "thon-2"),
    issued_at=AT,
    issuer="Đài Khí tượng Thủy văn tỉnh",
    risk_level=RiskLevel.ORANGE,
)
MESSAGE = ChannelMessage(
    id="m1",
    event=ChannelEvent.SENT,
    at=AT,
    alert=ALERT,
    station=("yen-hoa", "Đài xã Yên Hòa"),
    zones={"thon-1": "Thôn 1", "thon-2": "Thôn 2"},
)
SECRET = "0123456789abcdef"


def setting(**values: Any) -> Any:
    return TypeAdapter(ChannelSettings).validate_python(values)


def sms(**changes: Any) -> SmsChannel:
    values = {
        "kind": "sms",
        "name": "to-truong",
        "url": "http://127.0.0.1/send",
        "body": '{"to":"{number}","msg":"{text}"}',
        "numbers": ("0912345678",),
        "local_network": True,
    }
    made = setting(**(values | changes))
    assert isinstance(made, SmsChannel)
    return made


def telling(handler: Handler, make: Callable[[str, Caller], Channel], message: ChannelMessage = MESSAGE) -> WebServer:
    async def run() -> WebServer:
        async with serving(handler) as server:
            channel = make(server.url, Caller("test", Door(local_allowed=True), timeout_s=0.5))
            try:
                for recipient in channel.recipients:
                    await channel.tell(message, recipient)
            finally:
                channel.close()
            return server

    return asyncio.run(run())


def webhook(url: str, caller: Caller) -> Channel:
    made = setting(kind="webhook", name="tinh", url=url, secret=SECRET, local_network=True)
    assert isinstance(made, WebhookChannel)
    return WebhookTeller(made, caller, clock=lambda: AT)


def by_sms(**changes: Any) -> Callable[[str, Caller], Channel]:
    return lambda url, caller: SmsTeller(sms(**{"url": url + "/send", **changes}), caller, tz=TZ)


def asked(server: WebServer) -> Request:
    (request,) = server.asked
    return request


class TestWebhook:
    def test_another_system_is_told_the_whole_alert_and_can_prove_whose_it_is(self) -> None:
        request = asked(telling(answering(b""), webhook))
        told = json.loads(request.body)
        assert (told["event"], told["id"], request.headers["smartradio-id"]) == ("sent", "m1", "m1")
        assert told["alert"]["text"] == ALERT.text
        assert told["alert"]["zones"] == [{"name": "thon-1", "title": "Thôn 1"}, {"name": "thon-2", "title": "Thôn 2"}]
        assert (told["alert"]["risk_level"], told["alert"]["status"]) == (3, "actual")
        at = request.headers["smartradio-timestamp"]
        assert request.headers["smartradio-signature"] == signature_of(SECRET, at, request.body)

    @pytest.mark.parametrize("status", ["302 Found", "401 Unauthorized", "500 Oops"])
    def test_any_other_answer_is_none(self, status: str) -> None:
        with pytest.raises(ChannelError, match=status[:3]):
            telling(answering(b"", status=status, headers={"Location": "/else"}), webhook)

    def test_a_system_that_hangs_is_told_as_such(self) -> None:
        with pytest.raises(ChannelError, match="no whole answer"):
            telling(hanging, webhook)


class TestSms:
    def test_every_number_is_told_in_the_gateways_own_words(self) -> None:
        server = telling(answering(b"ok"), by_sms(numbers=("0912 345 678", "+84987654321")))
        bodies = [json.loads(request.body) for request in server.asked]
        assert [body["to"] for body in bodies] == ["0912345678", "+84987654321"]
        assert bodies[0]["msg"].startswith("Đài xã Yên Hòa, 03:32 12/10: Lũ trên báo động hai. Mực nước 4,5 mét;")
        assert bodies[0]["msg"].endswith("đến “nhà văn hóa”.")
        assert server.asked[0].headers["content-type"].startswith("application/json")

    def test_what_a_text_holds_cannot_break_out_of_its_field(self) -> None:
        evil = replace(MESSAGE, alert=replace(ALERT, text='x","to":"{number}&to=1\\'))
        body = json.loads(asked(telling(answering(b""), by_sms(), evil)).body)
        assert body["to"] == "0912345678"
        assert body["msg"].endswith('x","to":"{number}&to=1\\')
        form = by_sms(body="to={number}&msg={text}", encoding="form")
        fields = parse_qs(asked(telling(answering(b""), form, evil)).body.decode())
        assert fields["to"] == ["0912345678"]
        assert fields["msg"][0].endswith('x","to":"{number}&to=1\\')

    def test_a_gateway_that_takes_all_in_the_address_gets_it_there(self) -> None:
        def make(url: str, caller: Caller) -> Channel:
            made = sms(url=url + "/send?to={number}&text={text}", method="GET", body="", headers={"X-Key": "k"})
            return SmsTeller(made, caller, tz=TZ)

        request = asked(telling(answering(b""), make))
        query = parse_qs(urlsplit(request.target).query)
        assert (request.method, request.headers["x-key"], query["to"]) == ("GET", "k", ["0912345678"])
        assert "báo động hai" in query["text"][0]

    def test_without_marks_and_cut_to_one_part(self) -> None:
        body = json.loads(asked(telling(answering(b""), by_sms(plain=True, most_parts=1))).body)
        assert body["msg"].startswith("Dai xa Yen Hoa, 03:32 12/10: Lu tren bao dong hai.")
        assert parts_of(body["msg"]) == 1

    def test_an_exercise_says_so_before_anything_else(self) -> None:
        drill = replace(MESSAGE, alert=replace(ALERT, status=AlertStatus.EXERCISE))
        assert json.loads(asked(telling(answering(b""), by_sms(), drill)).body)["msg"].startswith("DIỄN TẬP. Đài")

    def test_a_cancellation_names_what_is_cancelled(self) -> None:
        over = replace(MESSAGE, event=ChannelEvent.CANCELLED)
        body = json.loads(asked(telling(answering(b""), by_sms(), over)).body)
        assert body["msg"] == "Đài xã Yên Hòa: tin “Lũ trên sông Lũ” lúc 03:32 12/10 đã được hủy."

    def test_a_gateway_that_says_no_with_a_yes_is_understood(self) -> None:
        with pytest.raises(ChannelError, match=r"says no: .*no credit") as caught:
            telling(answering(b'{"code": 99, "error": "no credit"}'), by_sms(expect='"code": 0'))
        assert not caught.value.for_good

    @pytest.mark.parametrize(("status", "for_good"), [("422 No", True), ("429 Slow", False), ("503 No", False)])
    def test_what_another_try_may_mend_is_told_apart(self, status: str, for_good: bool) -> None:
        with pytest.raises(ChannelError) as caught:
            telling(answering(b"", status=status), by_sms())
        assert caught.value.for_good is for_good


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"numbers": ("012345678x",)}, "no telephone number"),
        ({"numbers": ("0912345678", "0912 345678")}, "twice"),
        ({"numbers": ()}, "at least 1"),
        ({"url": "http://sms.example.vn/send", "local_network": False}, "plain http"),
        ({"url": "https://{text}.example.vn/"}, "nothing is filled in before the path"),
        ({"url": "https://user:x@example.vn/"}, "https://host/path"),
        ({"url": "nonsense"}, "https://host/path"),
        ({"method": "GET"}, "a GET has no body"),
        ({"body": '{"to":"{number}"}'}, "{text} stands neither"),
        ({"headers": {"X-Key": "a\nHost: evil"}}, "cannot be sent"),
        ({"kind": "fax"}, "fax"),
    ],
    ids=str,
)
def test_a_setting_that_cannot_work_is_refused_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ValidationError, match=line):
        sms(**changes)


def test_a_webhook_needs_a_secret_that_is_one() -> None:
    with pytest.raises(ValidationError, match="16 characters"):
        setting(kind="webhook", name="tinh", url="https://example.vn/", secret="short")


def test_no_secret_stands_in_what_is_logged() -> None:
    assert SECRET not in repr(setting(kind="webhook", name="tinh", url="https://example.vn/", secret=SECRET))
    assert "geheim" not in repr(sms(headers={"Authorization": "geheim"}))
