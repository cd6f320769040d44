"""An alert to telephones, by a gateway that takes SMS over HTTP; the commune's settings say in what words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Final
from urllib.parse import quote

from smartradio.station.alerts.calling import Answer, Call, Caller, CallError
from smartradio.station.alerts.channels.port import ChannelError, ChannelMessage
from smartradio.station.alerts.channels.settings import SmsChannel
from smartradio.station.alerts.channels.sms_text import fitted, plain
from smartradio.station.alerts.channels.wording import line_of

_OK = range(200, 300)
# The gateway has understood and does not take this number or text; every other answer may be better in a minute.
_FOR_GOOD: Final = (400, 404, 405, 410, 413, 414, 422)
_TYPES: Final = {"json": "application/json; charset=utf-8", "form": "application/x-www-form-urlencoded"}


class SmsTeller:
    """Tells each number of one gateway."""

    def __init__(self, settings: SmsChannel, caller: Caller, *, tz: tzinfo) -> None:
        self._settings = settings
        self._caller = caller
        self._tz = tz

    @property
    def recipients(self) -> Sequence[str]:
        """See the port."""
        return self._settings.numbers

    @property
    def per_minute(self) -> float:
        """See the port."""
        return self._settings.per_minute

    async def tell(self, message: ChannelMessage, recipient: str) -> str:
        """See the port."""
        try:
            answer = await self._caller.ask(self.call_of(self.text_of(message), recipient))
        except CallError as error:
            raise ChannelError(str(error)) from error
        said = _line(answer)
        if answer.status not in _OK:
            raise ChannelError(f"the gateway answers {answer.status}: {said}", for_good=answer.status in _FOR_GOOD)
        if self._settings.expect and self._settings.expect not in answer.body.decode("utf-8", "replace"):
            raise ChannelError(f"the gateway says no: {said}")
        return said

    def close(self) -> None:
        """See the port."""
        self._caller.close()

    def text_of(self, message: ChannelMessage) -> str:
        """Return what the telephones show."""
        line = line_of(message, self._tz)
        return fitted(plain(line) if self._settings.plain else line, self._settings.most_parts)

    def call_of(self, text: str, number: str) -> Call:
        """Return the question that the settings say, with number and text filled in so that they stay one value."""
        settings = self._settings
        values = {"{number}": number, "{text}": text}
        in_address = {name: quote(value, safe="") for name, value in values.items()}
        in_body = in_address if settings.encoding == "form" else {name: _in_json(v) for name, v in values.items()}
        headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
        if settings.body:
            headers = {"Content-Type": _TYPES[settings.encoding], **headers}
        url = _filled(settings.url, in_address)
        return Call(url, settings.method, headers, _filled(settings.body, in_body).encode())


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its fields filled in; what is filled in is not looked through again."""
    pattern = "|".join(re.escape(name) for name in values)
    return re.sub(pattern, lambda found: values[found[0]], template)


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _line(answer: Answer) -> str:
    return " ".join(answer.body.decode("utf-8", "replace").split())[:160]
