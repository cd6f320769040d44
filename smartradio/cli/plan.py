"""`smartradio plan`: what will be aired between two instants, and why not the rest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from smartradio.domain.errors import BadInputError

if TYPE_CHECKING:
    from smartradio.domain.days import DayCalendar
    from smartradio.domain.plan_checks import Finding
    from smartradio.domain.plan_items import Plan
    from smartradio.domain.plan_rules import PlanRules
    from smartradio.station.settings import StationSettings

LONGEST: Final = timedelta(days=366)
# The days before and after are looked at, too, and a year ahead for rules that bring nothing.
FIRST_YEAR: Final = 1901
LAST_YEAR: Final = 2198


@dataclass(frozen=True)
class _Planned:
    """A plan with what is needed to tell it; `titles` are what operators call zones, where they are known."""

    plan: Plan
    findings: tuple[Finding, ...]
    rules: PlanRules
    days: DayCalendar
    zones: tuple[str, ...]
    titles: dict[str, str]
    unmeasured: tuple[str, ...]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def plan(
        files: list[Path] = typer.Argument(None, help="Schedule files, or folders of them; else all of --config."),
        start: str = typer.Option(..., "--from", help="First instant by the wall clock, as 2026-11-23 or …T05:00."),
        end: str = typer.Option(..., "--to", help="The instant at which it ends; it is no longer in the plan."),
        as_json: bool = typer.Option(False, "--json", help="One JSON document with figures and reason codes."),
        config: Path = typer.Option(None, help="The station's settings file: its zones, nodes, quiet hours, limits."),
        holidays: Path = typer.Option(None, help="The commune's own days off; else those of --config."),
        language: str = typer.Option("vi", help="Language of what is said: vi or en."),
    ) -> None:
        """Show what will be aired, what will not, and why."""
        from smartradio.cli.plan_result import document, lines
        from smartradio.web.plan_words import Telling
        from smartradio.words import words

        say = words(language)
        made = _planned(files or [], start, end, config, holidays)
        telling = Telling(say, made.rules.tz, made.zones, made.titles)
        if as_json:
            told = document(made.plan, made.findings, telling, made.rules, made.zones)
            typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
            return
        for line in lines(
            made.plan, made.findings, telling, say, made.days, rules=made.rules, unmeasured=made.unmeasured
        ):
            typer.echo(line)


def _planned(files: Sequence[Path], start: str, end: str, config: Path | None, holidays: Path | None) -> _Planned:
    from smartradio.domain.plan import plan
    from smartradio.domain.plan_checks import check_plan
    from smartradio.station.commune_rules import USUAL_RULES, rules_of
    from smartradio.station.days import vietnam_days
    from smartradio.station.plan_inputs import MeasuredSounds, nodes_by_zone, recorded
    from smartradio.station.plan_lengths import scheduled
    from smartradio.station.schedule_kept import stands_at
    from smartradio.station.schedule_set import files_in, read_set

    station = None if config is None else _station(config)
    rules = USUAL_RULES if station is None else rules_of(station)
    first, last = _span(start, end, rules.tz)
    days = vietnam_days(holidays or (station.holidays if station else None))
    sounds = MeasuredSounds()
    names = None if station is None else station.zone_names
    listed = files_in(files or (station.schedules if station else ()))
    read = read_set(listed, now=first, days=days, take_sound=sounds.take, zones=names)
    nodes = None if station is None else nodes_by_zone(station)
    programmes = read.programmes if files or station is None else stands_at(station, read.programmes)
    if not programmes:
        raise BadInputError("plan: name at least one schedule file, or the --config of a station that has programmes")
    timed = scheduled(
        programmes,
        recorded=recorded(programmes, station) if station else None,
        rate_wpm=station.rate_wpm if station else None,
        sounds_s=sounds.seconds,
    )
    made = plan(timed, first, last, zones=nodes, rules=rules, days=days)
    zones = tuple(nodes or dict.fromkeys(zone for each in programmes for zone in each.zones))
    titles = {zone.name: zone.title for zone in station.zones} if station else {}
    unmeasured = tuple(zone.name for zone in station.zones if zone.dba_at_0_db is None) if station else ()
    findings = (*check_plan(made, timed, days), *read.findings)
    return _Planned(made, findings, rules, days, zones, titles, unmeasured)


def _station(config: Path) -> StationSettings:
    from smartradio.cli.serving import StationFile
    from smartradio.config import load_settings

    return load_settings(StationFile, config, prefix="SMARTRADIO_STATION_")


def _span(start: str, end: str, tz: tzinfo) -> tuple[datetime, datetime]:
    first, last = instant_of("--from", start, tz), instant_of("--to", end, tz)
    if last <= first:
        raise BadInputError(f"--to {end} is not after --from {start}; a day's plan goes from one date to the next")
    if last - first > LONGEST:
        raise BadInputError(f"from {start} to {end} is more than {LONGEST.days} days; plan a shorter time")
    return first, last


def instant_of(option: str, written: str, tz: tzinfo) -> datetime:
    """Return an instant of the years for which plans are made; without an offset it is one of the wall clock `tz`.

    Raises BadInputError that names the option.
    """
    try:
        found = datetime.fromisoformat(written)
        at = (found if found.tzinfo else found.replace(tzinfo=tz)).astimezone(tz)
    except (ValueError, OverflowError) as error:
        raise BadInputError(f"{option} {written[:40]!r}: write it as 2026-11-23 or 2026-11-23T05:00") from error
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise BadInputError(f"{option} {written[:40]}: plans are made for the years {FIRST_YEAR} to {LAST_YEAR}")
    return at
