"""`smartradio demo`: the main job on one machine, from a written bulletin to what was heard."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import tempfile
import textwrap
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import typer
import yaml
from rich.console import Console
from rich.table import Table

from smartradio.audio.wavfile import write_wav
from smartradio.cli import demo_result
from smartradio.cli.commune import Commune, node_names, read_faults
from smartradio.cli.demo_progress import Progress
from smartradio.cli.inputs import read_bulletin
from smartradio.cli.logs import configure_logs
from smartradio.cli.recogniser_option import RECOGNISER, open_recogniser
from smartradio.cli.serving import ConsoleSettings, console, decode, listen
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.listening.recognisers.choosing import Choice, choice_of
from smartradio.speech.rendering import assemble, render
from smartradio.speech.script import utterances
from smartradio.speech.spoken.text import spoken_text
from smartradio.speech.voices.espeak import EspeakVoice
from smartradio.station.accounts import Accounts, Role
from smartradio.station.admin.people import password_for
from smartradio.station.keys import working_key
from smartradio.station.station import Station, utc_now
from smartradio.station.views import AiringView
from smartradio.web.report import write_report
from smartradio.wire.loopback import free_port
from smartradio.words import Words, words

PEOPLE = (
    ("phat-thanh", "Cán bộ truyền thanh", Role.BROADCASTER),
    ("duyet", "Lãnh đạo duyệt", Role.APPROVER),
    ("truc", "Cán bộ trực", Role.OFFICER),
    ("ky-thuat", "Cán bộ kỹ thuật", Role.TECHNICIAN),
    ("quan-tri", "Người quản trị", Role.ADMINISTRATOR),
    ("kiem-tra", "Người kiểm tra", Role.AUDITOR),
)
"""Who can log in at a demo's console: name, title, role; passwords are made anew each time."""
_OTHER_SPEECH = (
    "Chương trình ca nhạc theo yêu cầu thính giả xin được bắt đầu. "
    "Sau đây là một bài hát về mùa thu và con đường làng quen thuộc."
)
# Beyond the bulletin itself: planning lead, microphone tail, judging, a slow machine.
_PATIENCE_S = 90.0
# A node that is not linked by then is left to catch up.
_START_S = 30.0
_REPORT = "report.html"
_ALERT = (
    "--template so-tan-ngay --set 'ai=bà con thôn 2' --set 'vi_sao=nước tràn qua đê' "
    "--set 'den_dau=trường học' --exercise"
)


@dataclass
class DemoOptions:
    """What the command line asked for; `serving` says whether the console is up by now."""

    once: bool
    as_json: bool
    nodes: tuple[str, ...]
    faults: dict[str, str]
    text: str | None
    seed: int
    folder: Path
    recogniser: Choice
    serving: bool = False


def schedule_source() -> Path:
    """Return the demo's schedule file, in a checkout or in an installed package."""
    for folder in (
        Path(__file__).resolve().parents[2] / "schedules",
        Path(__file__).resolve().parents[1] / "schedules",
    ):
        if (folder / "demo.yaml").is_file():
            return folder / "demo.yaml"
    raise SmartradioError("schedules/demo.yaml is missing; install smartradio again")


def write_schedule(options: DemoOptions) -> Path:
    """Write this run's schedule: the shipped one for the nodes of this run, with the given text if any."""
    schedule = yaml.safe_load(schedule_source().read_text(encoding="utf-8"))
    programme = schedule["programmes"][0]
    programme["zones"] = list(options.nodes)
    if options.text is not None:
        programme.pop("text_file", None)
        first = next(line.strip() for line in options.text.splitlines() if line.strip())
        programme |= {"text": options.text, "title": textwrap.shorten(first, 80, placeholder=" …")}
    path = options.folder / "schedule.yaml"
    path.write_text(yaml.safe_dump({"programmes": [programme]}, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def _other_speech(path: Path) -> Path:
    with EspeakVoice("vi-vn-x-south") as voice:
        rendered = render(utterances(line.sentences for line in spoken_text(_OTHER_SPEECH)), voice)
    write_wav(path, assemble(rendered.segments, 16_000), 16_000)
    return path


def _start_nodes(commune: Commune, *, station_key: str, port: int) -> None:
    for name in commune.names:
        fault = commune.faults.get(name)
        if fault == "offline":
            continue
        substitute = _other_speech(commune.folder / "other.wav") if fault == "wrong" else None
        commune.write_node(name, station_key=station_key, host="127.0.0.1", port=port, substitute=substitute)
        commune.start_node(name)


async def _watch(commune: Commune) -> None:
    while True:
        commune.check_nodes()
        await asyncio.sleep(1.0)


async def _online(station: Station, commune: Commune) -> None:
    """Wait until the nodes that were started are linked, so that the airing can reach them."""
    started = {name for name in commune.names if commune.faults.get(name) != "offline"}
    deadline = asyncio.get_running_loop().time() + _START_S
    while asyncio.get_running_loop().time() < deadline:
        commune.check_nodes()
        online = {node.name for node in await asyncio.to_thread(station.node_views) if node.online}
        if started <= online:
            return
        await asyncio.sleep(0.1)


async def _aired(station: Station, commune: Commune) -> AiringView:
    """Wait until every node of the first airing has its verdict; a node that ends is told at once."""
    airing = station.store.airings(newest=1)[0]
    recording = station.store.recording(airing.recording_id)
    assert recording is not None
    patience_s = recording.duration_s + _PATIENCE_S
    watching = asyncio.create_task(_watch(commune))
    settling = asyncio.create_task(station.settled(airing.id, patience_s))
    try:
        done, _ = await asyncio.wait({watching, settling}, return_when=asyncio.FIRST_COMPLETED)
        if watching in done:
            watching.result()
        return await settling
    finally:
        for task in (watching, settling):
            task.cancel()
        await asyncio.gather(watching, settling, return_exceptions=True)


async def _write_report(station: Station, view: AiringView, path: Path) -> None:
    clips = {}
    for node in view.nodes:
        clip = await station.clip_audio(view.airing.id, node.node)
        if clip is not None:
            clips[node.node] = clip
    recording = await station.recording_audio(view.recording.id)
    await asyncio.to_thread(
        write_report,
        view,
        path=path,
        recording=recording,
        clips=clips,
        decode=decode,
        made_at=utc_now(),
        station=station.settings.title,
        zone_titles={zone.name: zone.title for zone in station.settings.zones},
    )


async def run(options: DemoOptions, say: Words, err: Console, listener: socket.socket | None) -> None:
    """Run the demo, and with a listener its console until stopped; leaves no process behind however it ends."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    airing = asyncio.create_task(_air(options, say, err, listener, stop))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({airing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    interrupted = not airing.done() and not options.serving
    if interrupted:
        airing.cancel()
    stopping.cancel()
    try:
        await airing
    except asyncio.CancelledError:
        if not interrupted:
            raise
        raise typer.Exit(130) from None


async def _air(
    options: DemoOptions, say: Words, err: Console, listener: socket.socket | None, stop: asyncio.Event
) -> None:
    commune = Commune(options.folder, options.nodes, options.faults, seed=options.seed)
    port = free_port()
    settings = commune.station_settings(
        schedules=[write_schedule(options)],
        broker={"listen_port": port},
        recogniser=options.recogniser,
    )
    station_key = working_key(settings.folder).public_hex
    station = Station(settings)
    with commune, Progress(options.nodes, say, err) as progress:
        following: asyncio.Task[None] | None = None
        try:
            await asyncio.to_thread(_start_nodes, commune, station_key=station_key, port=port)
            await station.start()
            following = asyncio.create_task(progress.follow(station.events()))
            await _online(station, commune)
            await station.load_schedules()
            view = await _aired(station, commune)
            progress.stop()
            _tell(view, options, say)
            report = options.folder / _REPORT
            await _write_report(station, view, report)
            err.print(say("Report: {path}", path=report), highlight=False, soft_wrap=True)
            if listener is not None:
                options.serving = True
                await _serve(station, listener, stop, say, err)
        finally:
            if following is not None:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
            await station.stop()


def _tell(view: AiringView, options: DemoOptions, say: Words) -> None:
    if options.as_json:
        typer.echo(json.dumps(demo_result.document(view), ensure_ascii=False, indent=1))
    else:
        out = Console(markup=False, emoji=False)
        out.print(demo_result.table(view, say))
        told = (demo_result.reasons(view, say), demo_result.transcripts(view, say), demo_result.sentences(view, say))
        for line in chain.from_iterable(told):
            out.print(line, highlight=False)


async def _serve(station: Station, listener: socket.socket, stop: asyncio.Event, say: Words, err: Console) -> None:
    """Keep the console up until Ctrl-C."""
    made = await asyncio.to_thread(make_people, station.accounts)
    async with console(station, listener) as address:
        err.print(say("Console: {address}", address=address), highlight=False, soft_wrap=True)
        table = Table(say("Account"), say("Password"), say("What for"), box=None, pad_edge=False)
        for name, _, role in PEOPLE:
            table.add_row(name, made[name], say.code("role", role.value))
        err.print(table)
        err.print(say("Each password was made for this demo alone. Ctrl-C ends it."), highlight=False)
        line = say(
            "From another terminal, an alert to all nodes as {name}, with {password}:",
            name="truc",
            password=made["truc"],
        )
        err.print(line, highlight=False, soft_wrap=True)
        err.print(
            f"  smartradio alert send --console {address} --account truc {_ALERT}", highlight=False, soft_wrap=True
        )
        # Last, where the eye stays: one address, one account that may do it all, and what to press there.
        name, word = "duyet", say("Write a bulletin")
        line = say(
            "Open {address}, log in as {name} with {password}, choose “{word}”, hand it in and approve it.",
            address=address,
            name=name,
            password=made[name],
            word=word,
        )
        err.print(line, highlight=False, soft_wrap=True)
        await stop.wait()


def make_people(accounts: Accounts) -> dict[str, str]:
    """Make an account for each role and return the passwords by account. Blocking."""
    made: dict[str, str] = {}
    for name, title, role in PEOPLE:
        made[name] = password_for(name)
        accounts.create(name, title, role, made[name])
    return made


def _make_folder(folder: Path | None) -> Path:
    try:
        if folder is None:
            return Path(tempfile.mkdtemp(prefix="smartradio-demo-"))
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"--folder {folder}: cannot be used: {error.strerror}") from error
    if any(folder.iterdir()):
        raise BadInputError(f"--folder {folder}: is not empty; an earlier demo's plan would be aired again")
    return folder


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def demo(
        once: bool = typer.Option(False, "--once", help="Stop after the table instead of serving the console."),
        as_json: bool = typer.Option(False, "--json", help="One JSON document on standard output."),
        nodes: int = typer.Option(3, help="How many loudspeaker nodes."),
        fault: list[str] = typer.Option(
            [], help="NODE=KIND: silent, neighbour, cut, wrong, muffled, noisy or offline; may be repeated."
        ),
        bulletin: str | None = typer.Option(None, help="A text file or .docx to air instead of the shipped bulletin."),
        seed: int = typer.Option(1, min=0, max=2**31 - 1, help="Seed of the simulated poles."),
        folder: Path | None = typer.Option(None, help="Keep everything in this folder instead of a new one."),
        port: int = typer.Option(8080, min=0, max=65_535, help="Port of the console; 0 takes a free one."),
        recogniser: str = RECOGNISER,
    ) -> None:
        """Air one bulletin from text to proof: broker, station and nodes on this machine."""
        names = node_names(nodes)
        faults = read_faults(fault, names)
        text = None if bulletin is None else read_bulletin(bulletin)
        # Tried here only to tell what is wrong with it before anything starts; the station opens its own.
        with ExitStack() as stack:
            open_recogniser(recogniser, stack)
        # Taken before anything starts: a port that cannot be had is told before the airing, not after it.
        listener = None if once else listen(ConsoleSettings(port=port))
        try:
            place = _make_folder(folder)
            options = DemoOptions(once, as_json, tuple(names), faults, text, seed, place, choice_of(recogniser))
            with (place / "station.log").open("a", encoding="utf-8") as log:
                configure_logs("info", stream=log)
                asyncio.run(run(options, words("vi"), Console(stderr=True), listener))
        finally:
            if listener is not None:
                listener.close()
