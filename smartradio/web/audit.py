"""The evidence log for whoever checks it: by person, airing, node, step and day; its chain; as a table."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from smartradio.domain.evidence import Evidence, Step
from smartradio.station.admin.desk import AdminDesk
from smartradio.station.alerts.kept import CHAIN as ALERT_CHAIN
from smartradio.station.evidence_log import Verification
from smartradio.station.items import CHAIN_PREFIX
from smartradio.station.store.audit import Asked
from smartradio.station.views import LoggedEvidence
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.formats import LOCAL_ZONE, Reader
from smartradio.web.ordering import natural
from smartradio.web.rights import Right

_PAGE: Final = "/nhat-ky"
_SHOWN: Final = 50
_MOST_OFFERED: Final = 200
_MOST_ROWS: Final = 20_000
_MOST_CHARS: Final = 120
# A cell that begins so is taken for a formula (OWASP, CSV injection).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def add_audit(app: FastAPI, console: Console) -> None:
    """Put the log on the app."""
    pages = AuditPages(console)
    app.get(_PAGE, dependencies=[needs(Right.AUDIT)])(pages.show)
    app.post(f"{_PAGE}/kiem-tra", dependencies=[needs(Right.AUDIT)])(pages.verify)
    app.get("/nhat-ky.csv", dependencies=[needs(Right.AUDIT)])(pages.table)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the form asks for, as typed; a day that is none asks for all days."""

    person: str = ""
    airing: str = ""
    node: str = ""
    step: str = ""
    day: str = ""

    @classmethod
    def of(cls, request: Request) -> Filter:
        """Return what an address asks for."""
        asked = request.query_params
        fields = ("nguoi", "luot", "cum", "buoc", "ngay")
        return cls(*(" ".join(asked.get(name, "").split())[:_MOST_CHARS] for name in fields))

    def query(self) -> str:
        """Return it as the query of an address."""
        named = {"nguoi": self.person, "luot": self.airing, "cum": self.node, "buoc": self.step, "ngay": self.day}
        return urlencode({name: value for name, value in named.items() if value})

    def asked(self, nodes: Mapping[str, str]) -> Asked:
        """Return it as the store understands it; a node may be called by its title, as in `nodes` by name."""
        node = next((name for name, title in nodes.items() if title.casefold() == self.node.casefold()), self.node)
        since = self.since()
        step = Step(self.step) if self.step in list(Step) else None
        until = None if since is None else since + timedelta(days=1)
        return Asked(self.person, self.airing, node, step, since, until)

    def since(self) -> datetime | None:
        """Return the beginning of the day asked for, None for all days."""
        try:
            day = date.fromisoformat(self.day)
        except ValueError:
            return None
        return datetime.combine(day, time(), LOCAL_ZONE) if 2000 < day.year < 2200 else None


class AuditPages:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def _desk(self) -> AdminDesk:
        return self._console.desk.desks.admin

    async def show(self, request: Request) -> Response:
        """Show a page of the log, newest first."""
        return await self._show(request)

    async def verify(self, request: Request) -> Response:
        """Recompute the chain and say whether every entry holds."""
        await self._console.form(request)
        found = await asyncio.to_thread(self._desk.verify)
        return await self._show(request, found=found)

    async def table(self, request: Request) -> Response:
        """Return what the filter asks for as a table for spreadsheets."""
        asked = Filter.of(request).asked(await asyncio.to_thread(self._desk.log.nodes))
        entries = await asyncio.to_thread(self._desk.log.page, asked, most=_MOST_ROWS)
        own = self._console.reader(request)
        body = await asyncio.to_thread(as_csv, entries, own)
        name = f"nhat-ky-{self._console.clock().astimezone(LOCAL_ZONE):%Y%m%d}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(body, media_type="text/csv; charset=utf-8", headers=headers)

    async def _show(self, request: Request, *, found: Verification | None = None) -> Response:
        asked, own = Filter.of(request), self._console.reader(request)
        before = request.query_params.get("truoc", "")
        number = int(before) if before.isdecimal() and len(before) < 16 else None
        nodes = await asyncio.to_thread(self._desk.log.nodes)
        entries = await asyncio.to_thread(self._desk.log.page, asked.asked(nodes), before=number, most=_SHOWN + 1)
        context = {
            "asked": asked,
            "entries": [(entry, told(entry.evidence, own)) for entry in entries[:_SHOWN]],
            "titles": await asyncio.to_thread(self._desk.log.titles, entries[:_SHOWN]),
            "nodes": sorted(nodes.values(), key=natural)[:_MOST_OFFERED],
            "page_of": page_of,
            "older": entries[_SHOWN - 1].number if len(entries) > _SHOWN else None,
            "later": number is not None,
            "people": await asyncio.to_thread(self._desk.log.people),
            "steps": sorted(Step, key=lambda step: own.code("step", step.value)),
            "found": found,
            "total": await asyncio.to_thread(self._desk.log.count),
            "here": "audit",
        }
        visitor = self._console.visitor_of(request)
        return self._console.page(request, "audit.html", visitor=visitor, context=context)


def page_of(chain: str) -> str:
    """Return the address of what an entry is about: an airing, an alert, or what was written."""
    if chain.startswith(ALERT_CHAIN):
        return f"/khan/tin/{chain.removeprefix(ALERT_CHAIN)}"
    name = chain.removeprefix(CHAIN_PREFIX)
    return f"/airings/{chain}" if name == chain else f"/duyet/{name}"


def told(evidence: Evidence, own: Reader) -> str:
    """Return in a few words what an entry says beside its step."""
    if evidence.airing.startswith(ALERT_CHAIN):
        return own.code("alert_act", str(evidence.facts.get("act", "")))
    if evidence.step is not Step.ADMINISTERED:
        return ""
    facts = evidence.facts
    what, name = str(facts.get("what", "")), str(facts.get("name", ""))
    if what == "setting" and own.has("setting", name):
        name = own.code("setting", name)
    parts = [own.code("administered", what), name, own.code("change", str(facts.get("change", "")))]
    if "before" in facts:
        parts.append(f"{_plain(facts['before'], own)} → {_plain(facts.get('after'), own)}")
    elif "after" in facts:
        parts.append(_plain(facts["after"], own))
    return " · ".join(part for part in parts if part)


def _plain(value: Any, own: Reader) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, dict):
        return ", ".join(_named(key, each, own) for key, each in value.items())
    if isinstance(value, bool):
        return own._("yes") if value else own._("no")
    return str(value)


def _named(key: str, value: Any, own: Reader) -> str:
    if key == "role":
        return own.code("role", value)
    told = own.code("admin_value", value) if isinstance(value, str) else _plain(value, own)
    return told if key == "title" else f"{own.code('admin_fact', key)}: {told}"


def as_csv(entries: Sequence[LoggedEvidence], own: Reader) -> bytes:
    """Return entries in UTF-8 with a mark and semicolons, newest first; no text in it is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    heads = ("Number", "Time", "Step", "Who says so", "Person", "Airing", "Node", "Reason", "Facts", "Hash")
    writer.writerow([own._(head) for head in heads])
    for entry in entries:
        said = entry.evidence
        cells = (
            f"{entry.committed_at.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M:%S}",
            own.code("step", said.step.value),
            said.source,
            str(said.facts.get("by", "")),
            said.airing,
            said.node,
            "" if said.reason is None else own.code("reason", str(said.reason)),
            json.dumps(dict(said.facts), ensure_ascii=False, sort_keys=True),
            entry.hash,
        )
        writer.writerow([str(entry.number), *(_text(cell) for cell in cells)])
    # Without the mark a spreadsheet garbles every Vietnamese letter.
    return out.getvalue().encode("utf-8-sig")


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
