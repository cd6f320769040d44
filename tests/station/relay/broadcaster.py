"""A small broadcaster on this machine: real HTTP, real MP3, AAC and HLS, and what goes wrong with them."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import av
import numpy as np
import numpy.typing as npt

RATE = 44_100
Signal = npt.NDArray[np.float32]

_CODECS = {"mp3": ("libmp3lame", "mp3"), "aac": ("aac", "adts"), "ts": ("aac", "mpegts"), "ogg": ("libopus", "ogg")}


def voice(seconds: float, *, rate: int = RATE, level: float = 0.2, hz: float = 440.0) -> Signal:
    """A sound with syllables, three a second, as loud as `level`."""
    at_s = np.arange(round(seconds * rate)) / rate
    syllables = 0.5 - 0.5 * np.cos(2 * np.pi * 3 * at_s)
    return np.asarray(level * syllables * np.sin(2 * np.pi * hz * at_s), dtype=np.float32)


def encoded(pcm: Signal, kind: str, *, rate: int = RATE, layout: str = "stereo") -> bytes:
    """The sound as MP3, ADTS, MPEG-TS or Ogg Opus."""
    codec, form = _CODECS[kind]
    rate = 48_000 if kind == "ogg" else rate
    sink = io.BytesIO()
    with av.open(sink, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = 64_000
        channels = np.stack([pcm] * (2 if layout == "stereo" else 1))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels), format="fltp", layout=layout)
        frame.sample_rate = rate
        frame.pts = 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return sink.getvalue()


class Broadcaster:
    """Answers by path; `pages` may be changed while it runs."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.pages: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[str] = []
        self.over = threading.Event()

    def serve(self, path: str, body: bytes, content_type: str, status: int = 200) -> str:
        """Answer with a whole body."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            request.send_header("Content-Type", content_type)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)

        self.pages[path] = answer
        return self.root + path

    def stream(self, path: str, pieces: Callable[[], Iterator[bytes]], content_type: str) -> str:
        """Answer with bytes as they come, without a length, as an Icecast server does."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Type", content_type)
            request.end_headers()
            for piece in pieces():
                request.wfile.write(piece)
                request.wfile.flush()

        self.pages[path] = answer
        return self.root + path

    def redirect(self, path: str, to: str) -> str:
        """Answer with a redirect."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(302)
            request.send_header("Location", to)
            request.send_header("Content-Length", "0")
            request.end_headers()

        self.pages[path] = answer
        return self.root + path

    def paced(self, data: bytes, *, seconds: float, speed: float = 1.0, stops_after: float = 1.0) -> Iterator[bytes]:
        """Yield data that lasts so many seconds at its own pace, up to a share of it; then nothing more comes."""
        step = max(1, round(len(data) / (seconds * 10)))
        for at in range(0, round(len(data) * stops_after), step):
            yield data[at : at + step]
            if self.over.wait(0.1 / speed):
                return
        if stops_after < 1.0:
            self.over.wait(60.0)


@contextmanager
def on_air() -> Iterator[Broadcaster]:
    """A broadcaster on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            broadcaster.asked.append(self.path)
            page = broadcaster.pages.get(self.path)
            try:
                if page is None:
                    self.send_error(404)
                else:
                    page(self)
            except (BrokenPipeError, ConnectionResetError):
                # The listener has hung up.
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's word
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    broadcaster = Broadcaster(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield broadcaster
    finally:
        broadcaster.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5.0)
