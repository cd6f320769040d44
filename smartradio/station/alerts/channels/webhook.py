"""An alert to another system: JSON by POST, signed as alarms are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from smartradio.station.alarms.webhook import ID, SIGNATURE, TIMESTAMP, signature_of
from smartradio.station.alerts.calling import Call, Caller, CallError
from smartradio.station.alerts.channels.port import ChannelError, ChannelMessage
from smartradio.station.alerts.channels.settings import WebhookChannel
from smartradio.station.alerts.channels.wording import json_of

_OK = range(200, 300)
_PER_MINUTE = 600.0


class WebhookTeller:
    """Tells one address; redirects are not followed, any answer but 2xx is none."""

    def __init__(self, settings: WebhookChannel, caller: Caller, *, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._caller = caller
        self._clock = clock

    @property
    def recipients(self) -> Sequence[str]:
        """See the port."""
        return ("",)

    @property
    def per_minute(self) -> float:
        """See the port."""
        return _PER_MINUTE

    async def tell(self, message: ChannelMessage, recipient: str) -> str:
        """See the port."""
        del recipient
        body, timestamp = json_of(message), self._clock().isoformat(timespec="seconds")
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            ID: message.id,
            TIMESTAMP: timestamp,
            SIGNATURE: signature_of(self._settings.secret.get_secret_value(), timestamp, body),
        }
        try:
            answer = await self._caller.ask(Call(self._settings.url, "POST", headers, body))
        except CallError as error:
            raise ChannelError(str(error)) from error
        if answer.status not in _OK:
            raise ChannelError(f"it answers {answer.status}")
        return str(answer.status)

    def close(self) -> None:
        """See the port."""
        self._caller.close()
