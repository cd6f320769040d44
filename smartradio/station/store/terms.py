"""Gain, end and going on of an airing, its growing and whom it replaces, as its row keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from smartradio.domain.airing import Airing
from smartradio.station.evidence_log import instant_text, read_instant


def terms_row(airing: Airing) -> dict[str, Any] | None:
    """Return the terms as JSON values; None for an airing without any."""
    told: dict[str, Any] = {}
    if airing.gain_db:
        told["gain_db"] = airing.gain_db
    for name, at in (("ends_by", airing.ends_by), ("resume_until", airing.resume_until)):
        if at is not None:
            told[name] = instant_text(at)
    if airing.grows:
        told["grows"] = True
    if airing.replaces:
        told["replaces"] = list(airing.replaces)
    return told or None


def terms_from(row: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the fields of an airing that a row keeps."""
    told = row or {}
    return {
        "gain_db": float(told.get("gain_db", 0.0)),
        "ends_by": _instant(told.get("ends_by")),
        "resume_until": _instant(told.get("resume_until")),
        "grows": bool(told.get("grows")),
        "replaces": tuple(told.get("replaces", ())),
    }


def _instant(text: str | None) -> datetime | None:
    return None if text is None else read_instant(text)
