"""Water over a limit, with a real broker and gateway: a draft, an officer rung, the alert out, telephones told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from smartradio.domain.alarm import AlarmKind
from smartradio.domain.alert import AlertState
from smartradio.domain.approval import Person
from smartradio.station.station import Station
from smartradio.wire.client import LinkState
from tests.station.alerts.web_server import answering, serving
from tests.station.commune import TOPICS, run, until
from tests.station.test_station import on_air, quick

pytestmark = pytest.mark.contract

PASSWORD = "n-gauge-password-1"
RULE = {"name": "bd2", "template": "lu-bao-dong-2", "level_m": 4.0, "zones": ["thon-1", "thon-2"]}
GAUGE = {"name": "ben-de", "title": "trạm Bến Đế", "river": "sông Hoàng Long", "password": PASSWORD, "rules": [RULE]}
OFFICER = Person("Đỗ Khang", "khang", "phien-7")


class Sensor:
    """A gauge on the river, with a plain client of MQTT."""

    def __init__(self, station: Station) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="ben-de", protocol=mqtt.MQTTv311)
        self._client.username_pw_set("_gauge-ben-de", PASSWORD)
        self._client.connect("127.0.0.1", station._parts.broker_link.port)
        self._client.loop_start()

    def tells(self, at: datetime, level_m: float) -> None:
        payload = json.dumps({"at": at.isoformat(), "level_m": level_m})
        self._client.publish(TOPICS.gauge("ben-de"), payload, qos=1).wait_for_publish(10)

    def leaves(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def test_water_over_a_limit_becomes_an_alert_that_an_officer_sends_and_telephones_show(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(answering(b"ok")) as gateway:
            sms: dict[str, Any] = {
                "kind": "sms",
                "name": "to-truong",
                "url": gateway.url + "/send",
                "body": '{"to":"{number}","text":"{text}"}',
                "numbers": ["0912345678"],
                "local_network": True,
            }
            async with on_air(quick(tmp_path, alerts={"gauges": [GAUGE], "channels": [sms]})) as station:
                await until(lambda: station.link_state is LinkState.UP)
                sensor, now = Sensor(station), datetime.now(UTC)
                try:
                    sensor.tells(now - timedelta(seconds=4), 3.9)
                    sensor.tells(now - timedelta(seconds=2), 4.1)
                    sensor.tells(now, 4.15)
                    book = station.desks.book
                    await until(lambda: bool(book.drafts()), 20)
                finally:
                    sensor.leaves()
                (draft,) = book.drafts()
                assert "mực nước sông Hoàng Long tại trạm Bến Đế là 4,15 m" in draft.alert.text
                assert draft.drafted_by == "gauge:ben-de"
                (state,) = station.desks.gauges.states()
                assert (state.over, state.refused) == (("bd2",), "")

                def rung() -> list[str]:
                    return [each.subject for each in station.desks.alarms.open() if each.kind is AlarmKind.ALERT_WAITS]

                await until(lambda: rung() == [draft.id], 20)
                assert gateway.asked == []
                kept = await book.send(draft.id, by=OFFICER)
                assert kept.state is AlertState.OUT
                await gateway.until_asked(1, 20)
                told = json.loads(gateway.asked[0].body)
                assert told["to"] == "0912345678"
                assert "là 4,15 m" in told["text"]
                await until(lambda: rung() == [], 20)
                beside = station.store.beside.fan_out
                await until(lambda: [each.state.value for each in beside.of_alert(draft.id)] == ["sent"], 20)

    run(work, 120)
