"""What a commune may set for those who are rung; what cannot work is refused before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from smartradio.station.alarms.settings import MailSettings, RingSettings
from tests.station.commune import settings

SECRET = "0123456789abcdef"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "give a webhook or mail"),
        ({"webhook": "https://example.vn/x", "secret": SECRET, "mail": ["a@example.vn"]}, "one of the two"),
        ({"webhook": "http://example.vn/x", "secret": SECRET}, "must be https"),
        ({"webhook": "ftp://example.vn/x", "secret": SECRET, "local_network": True}, "must be https"),
        ({"webhook": "https://u:p@example.vn/x", "secret": SECRET}, "must be https"),
        ({"webhook": "https://example.vn/x y", "secret": SECRET}, "must be https"),
        ({"webhook": "https://example.vn/x"}, "needs a secret"),
        ({"webhook": "https://example.vn/x", "secret": "short"}, "needs a secret"),
        ({"mail": ["kỹ-thuật@example.vn"]}, "no e-mail address"),
        ({"mail": ["a@example.vn\r\nBcc: b@example.vn"]}, "no e-mail address"),
        ({"mail": ["a@example.vn, b@example.vn"]}, "no e-mail address"),
    ],
)
def test_a_ring_that_cannot_be_rung_is_refused_in_one_line(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        RingSettings.model_validate({"name": "ky-thuat", **fields})


def test_a_webhook_of_the_own_network_must_be_allowed() -> None:
    plain = {"name": "nha", "webhook": "http://192.168.1.9/x", "secret": SECRET, "local_network": True}
    assert RingSettings.model_validate(plain).webhook == "http://192.168.1.9/x"


def test_a_server_without_a_closed_way_is_for_this_machine_alone() -> None:
    with pytest.raises(ValidationError, match="this machine alone"):
        MailSettings(host="smtp.example.vn", security="none", sender="dai@example.vn")
    assert MailSettings(host="localhost", security="none", sender="dai@example.vn").port == 587


def test_letters_need_a_server_and_names_are_told_apart(tmp_path: Path) -> None:
    letters = {"name": "ky-thuat", "mail": ["a@example.vn"]}
    with pytest.raises(ValidationError, match="the server that takes letters"):
        settings(tmp_path, ring=[letters])
    server = {"host": "smtp.example.vn", "sender": "dai@example.vn"}
    with pytest.raises(ValidationError, match="two rings are named 'ky-thuat'"):
        settings(tmp_path, ring=[letters, letters], mail=server)
    assert settings(tmp_path, ring=[letters], mail=server).ring[0].shown == "ky-thuat"
