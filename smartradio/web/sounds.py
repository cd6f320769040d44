"""Recordings and microphone clips to listen to, and their pictures."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable

import structlog
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from smartradio.domain.errors import SmartradioError
from smartradio.station.views import AiringView, NodeAiring
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.pictures import Marks, SentenceMark, sound_picture
from smartradio.web.port import PCM_RATE, Decode
from smartradio.web.ranges import Held, ranged
from smartradio.web.rights import Right
from smartradio.web.said import spans_of

BEFORE_S = 2.0
AFTER_S = 3.0
"""How long the microphone opens before and after an airing; pictures show the same stretch."""

_OPUS = "audio/ogg; codecs=opus"
_SVG = "image/svg+xml"
_log = structlog.get_logger(__name__)


class Album:
    """Pictures already drawn, the newest kept. One is drawn at a time: a phone must not tie up the station."""

    def __init__(self, keep: int = 64) -> None:
        self._keep = keep
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._drawing = asyncio.Lock()

    async def get(self, key: str, draw: Callable[[], str]) -> bytes:
        """Return the picture of this key, drawn in a thread if it is new."""
        async with self._drawing:
            if key not in self._held:
                self._held[key] = (await asyncio.to_thread(draw)).encode()
                while len(self._held) > self._keep:
                    self._held.popitem(last=False)
            self._held.move_to_end(key)
            return self._held[key]


def window(view: AiringView) -> tuple[float, float]:
    """Return the stretch that all pictures of an airing show, in seconds from its planned instant."""
    return (-BEFORE_S, view.recording.duration_s + AFTER_S)


def draw_recording(view: AiringView, audio: bytes, decode: Decode) -> str:
    """Return the picture of an airing's recording. Raises ValueError for audio that cannot be decoded."""
    marks = Marks(spans=view.recording.spans())
    return sound_picture(decode(audio), window_s=window(view), marks=marks)


def draw_clip(view: AiringView, node: NodeAiring, audio: bytes, decode: Decode) -> str:
    """Return the picture of a node's clip. Raises ValueError for audio that cannot be decoded.

    Without the clip's start nothing is laid over it: where its parts belong is not known.
    """
    pcm = decode(audio)
    if node.clip_starts_s is None:
        return sound_picture(pcm, window_s=(0.0, max(len(pcm) / PCM_RATE, 1.0)))
    sentences = _sentence_marks(view, node, node.clip_starts_s)
    marks = Marks(spans=view.recording.spans(), presence=node.presence, sentences=sentences)
    return sound_picture(pcm, window_s=window(view), starts_s=node.clip_starts_s, marks=marks)


def _sentence_marks(view: AiringView, node: NodeAiring, clip_starts_s: float) -> list[SentenceMark]:
    marks = []
    for number, (sentence, span) in enumerate(zip(node.sentences, spans_of(view, node), strict=True), start=1):
        if span is None:
            continue
        words = [
            (clip_starts_s + word.start_s, clip_starts_s + word.end_s, word.state)
            for word in sentence.words
            if word.start_s is not None and word.end_s is not None
        ]
        marks.append(SentenceMark(number, span, sentence.state, words))
    return marks


def clip_axis(view: AiringView, node: NodeAiring) -> tuple[float, float] | None:
    """Return the seconds of the clip at which its picture begins and ends, None where that is not known."""
    if node.clip_starts_s is None:
        return None
    begin, end = window(view)
    return begin - node.clip_starts_s, end - node.clip_starts_s


def add_sounds(app: FastAPI, console: Console) -> None:
    """Put players' sources and pictures on the app."""
    sounds, look = Sounds(console), [needs(Right.LOOK)]
    app.get("/recordings/{recording_id}.opus", dependencies=look)(sounds.recording)
    app.get("/recordings/{recording_id}/{number}.opus", dependencies=look)(sounds.segment)
    app.get("/airings/{airing_id}/clips/{node}.opus", dependencies=[needs(Right.LISTEN)])(sounds.clip)
    app.get("/airings/{airing_id}/picture.svg", dependencies=look)(sounds.recording_picture)
    app.get("/airings/{airing_id}/nodes/{node_name}/picture.svg", dependencies=look)(sounds.clip_picture)


class Sounds:
    """One method a sound or picture."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._album = Album()

    async def recording(self, request: Request, recording_id: str) -> Response:
        """Play a recording."""
        try:
            audio = await self._console.desk.recording_audio(recording_id)
        except SmartradioError:
            return self._absent(request)
        return ranged(request.headers, audio, media_type=_OPUS, etag=_etag(audio))

    async def segment(self, request: Request, recording_id: str, number: str) -> Response:
        """Play one segment of a recording, counted from 0: a sentence, a chime."""
        wanted = int(number) if number.isdecimal() and len(number) < 6 else -1
        audio = await self._console.desk.desks.alert.segment_audio(recording_id, wanted)
        return (
            self._absent(request)
            if audio is None
            else ranged(request.headers, audio, media_type=_OPUS, etag=_etag(audio))
        )

    async def clip(self, request: Request, airing_id: str, node: str) -> Response:
        """Play what a node's microphone heard, and keep who listened."""
        visitor = self._console.visitor_of(request)
        # A microphone in a village: who listened goes into the evidence log.
        audio = await self._console.desk.clip_audio(airing_id, node, by=visitor.account.title)
        if audio is None:
            return self._absent(request)
        # Kept by an office's browser it would be heard without a login, after its days, and by nobody on record.
        return ranged(request.headers, audio, media_type=_OPUS, etag=_etag(audio), held=Held.NEVER)

    async def recording_picture(self, request: Request, airing_id: str) -> Response:
        """Show the recording of an airing."""
        view = await self._console.airing(airing_id)
        if view is None:
            return self._absent(request)
        decode = self._console.decode
        try:
            audio = await self._console.desk.recording_audio(view.recording.id)
            drawn = await self._album.get(view.recording.id, lambda: draw_recording(view, audio, decode))
        except (SmartradioError, ValueError) as error:
            _log.warning("recording_not_drawn", airing=airing_id, reason=str(error))
            return self._absent(request)
        return ranged(request.headers, drawn, media_type=_SVG, etag=_etag(drawn))

    async def clip_picture(self, request: Request, airing_id: str, node_name: str) -> Response:
        """Show what a node's microphone heard."""
        view = await self._console.airing(airing_id, (node_name,))
        node = next((node for node in view.nodes if node.node == node_name), None) if view else None
        audio = await self._console.desk.clip_audio(airing_id, node_name) if node else None
        if view is None or node is None or audio is None:
            return self._absent(request)
        decode = self._console.decode
        key = f"{view.airing.id} {node.node} {node.clip} {hash((node.presence, node.clip_starts_s, node.sentences))}"
        try:
            drawn = await self._album.get(key, lambda: draw_clip(view, node, audio, decode))
        except ValueError as error:
            _log.warning("clip_not_drawn", airing=airing_id, node=node_name, reason=str(error))
            return self._absent(request)
        return ranged(request.headers, drawn, media_type=_SVG, etag=_etag(drawn), held=Held.ASKING)

    def _absent(self, request: Request) -> Response:
        _ = self._console.reader(request)._
        return self._console.problem(
            request,
            title=_("There is no such sound"),
            line=_("It was not recorded, or its time to be kept is over."),
            status=404,
        )


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
