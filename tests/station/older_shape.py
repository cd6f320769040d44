"""How nodes read the station's messages before the alerts: their fields and no others, else refused whole."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ConfigDict, ValidationError, create_model

from smartradio.domain.evidence import Reason
from smartradio.wire import messages
from smartradio.wire.messages import Message, NodeConfig, Order, Plan, PlannedAiring
from smartradio.wire.signing import RefusedError, open_envelope

M = TypeVar("M", bound=Message)


def _without(kind: type[Message], *fields: str, **changed: Any) -> Any:
    """Return a shape of a kind's name and fields without some of them; what the fields hold is not looked at."""
    every = kind.model_fields.items()
    kept = {name: (Any, ... if field.is_required() else None) for name, field in every if name not in fields}
    return create_model(kind.__name__, __config__=ConfigDict(extra="forbid"), **(kept | changed))


_AIRING = _without(PlannedAiring, "grows", "replaces")
_ORDER = _without(Order, airing=(_AIRING | None, None))
_OLDER: dict[type[Message], Any] = {
    NodeConfig: _without(NodeConfig, "kept"),
    Order: _ORDER,
    Plan: _without(Plan, airings=(tuple[_AIRING, ...], ()), orders=(tuple[_ORDER, ...], ())),
}


def unseal(kind: type[M], topic: str, payload: bytes, public_hex: str) -> M:
    """Do what `smartradio.wire.messages.unseal` did before."""
    if kind in _OLDER:
        try:
            _OLDER[kind].model_validate(open_envelope(topic, payload, public_hex))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise RefusedError(Reason.MALFORMED, f"{kind.__name__}: {where}: {first['msg']}") from error
    return messages.unseal(kind, topic, payload, public_hex)
