"""`smartradio alert templates`: which alerts stand ready, and whether a commune's own files can be used."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from smartradio.domain.errors import BadInputError

if TYPE_CHECKING:
    from smartradio.alerting.templates.template import Template


def add_templates(alert: typer.Typer) -> None:
    """Add the sub-command."""

    @alert.command()
    def templates(
        folder: Path | None = typer.Argument(None, help="The commune's own templates (*.yaml)."),
        said: str | None = typer.Option(None, "--said", help="Say what one is like, filled in as its examples show."),
        as_json: bool = typer.Option(False, "--json", help="One JSON document."),
    ) -> None:
        """Show the alert templates, the commune's own before the program's: 2 if a file of theirs is wrong."""
        from smartradio.station.alerts.template_files import load_templates

        known = load_templates(folder)
        if said is not None:
            if said not in known:
                raise BadInputError(f"there is no template {said!r}; there are {', '.join(known)}")
            typer.echo(_filled(known[said]))
        elif as_json:
            documents = [_document(template) for template in known.values()]
            typer.echo(json.dumps({"templates": documents}, ensure_ascii=False, indent=1))
        else:
            for template in known.values():
                needed = ", ".join(field.name for field in template.fields if field.required)
                typer.echo(f"{template.name}: {template.event} ({template.siren}; {needed})")


def _filled(template: Template) -> str:
    from smartradio.alerting.saying import Occasion, said
    from smartradio.alerting.templates.filling import fill

    now = datetime.now(UTC)
    values = {field.name: field.example for field in template.fields}
    # Whose name stands here is of no account: it is asked for beside the template's own fields.
    alert = fill(template, values, id=template.name, zones=(), at=now, issuer="UBND xã Yên Hòa")
    return said(alert, at=now, occasion=Occasion.FIRST, first_at=None)


def _document(template: Template) -> dict[str, Any]:
    return {
        "name": template.name,
        "event": template.event,
        "siren": template.siren,
        "issuer_needed": template.issuer_needed,
        "repeat_minutes": None if template.repeat_every is None else template.repeat_every.total_seconds() / 60,
        "valid_hours": template.valid_for.total_seconds() / 3_600,
        "fields": [
            {"name": each.name, "label": each.label, "kind": each.kind, "required": each.required, "unit": each.unit}
            for each in template.fields
        ],
    }
