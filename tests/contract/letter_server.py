"""A mail server as small as can be: real SMTP, with STARTTLS or TLS and a user; it keeps what it is given."""

from __future__ import annotations

import asyncio
import base64
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER = "dai-yen-hoa"
PASSWORD = "mat-khau-cua-dai"


@dataclass
class LetterServer:
    """What was handed in: who was named in the envelope, the letters, and whether the way was closed."""

    port: int = 0
    closed_way: bool = False
    letters: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    refuses: frozenset[str] = frozenset()
    hangs: bool = False


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the contexts of a server named localhost and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(pem)
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))


@contextmanager
def letter_server(tls: ssl.SSLContext | None, *, from_the_start: bool = False) -> Iterator[LetterServer]:
    """Serve in a thread of its own; with `tls` letters are taken on a closed way and from the user alone."""
    state = LetterServer()
    loop = asyncio.new_event_loop()
    ready, end = threading.Event(), asyncio.Event()

    async def serve() -> None:
        outer = tls if from_the_start else None
        server = await asyncio.start_server(
            lambda reader, writer: _serve(state, tls, reader, writer), "127.0.0.1", 0, ssl=outer
        )
        state.port = server.sockets[0].getsockname()[1]
        state.closed_way = from_the_start
        ready.set()
        await end.wait()
        server.close()
        talking = asyncio.all_tasks() - {asyncio.current_task()}
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="letter server")
    thread.start()
    try:
        assert ready.wait(10)
        yield state
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(10)
        loop.close()


async def _serve(
    state: LetterServer, tls: ssl.SSLContext | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    plain = writer.transport
    try:
        await _talk(state, tls, reader, writer)
    except OSError:
        # Who trusts another hangs up; what they sent before is in the state.
        plain.abort()
    finally:
        writer.close()
        plain.close()


async def _talk(
    state: LetterServer, tls: ssl.SSLContext | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    sender, to, known = "", list[str](), tls is None

    async def say(*lines: str) -> None:
        writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await writer.drain()

    if state.hangs:
        await asyncio.Event().wait()
    await say("220 localhost letters")
    while line := (await reader.readline()).decode().rstrip("\r\n"):
        verb = line.split(" ", 1)[0].upper()
        if verb == "EHLO":
            offers = ["250-AUTH PLAIN"] if state.closed_way or tls is None else ["250-STARTTLS"]
            await say("250-localhost", *offers, "250 8BITMIME")
        elif verb == "STARTTLS" and tls is not None:
            await say("220 go on")
            await writer.start_tls(tls)
            state.closed_way = True
        elif verb == "AUTH":
            known = base64.b64decode(line.split()[-1]) == f"\0{USER}\0{PASSWORD}".encode()
            await say("235 welcome" if known else "535 not you")
        elif verb == "MAIL":
            sender, to = line.split("<")[1].split(">")[0], []
            await say("250 yes" if known else "530 who are you")
        elif verb == "RCPT":
            address = line.split("<")[1].split(">")[0]
            to += [] if address in state.refuses else [address]
            await say("550 nobody here" if address in state.refuses else "250 yes")
        elif verb == "DATA":
            await say("354 go on")
            text = (await reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
            letter = message_from_bytes(text, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            state.letters.append(letter)
            state.envelopes.append((sender, tuple(to)))
            await say("250 taken")
        elif verb == "QUIT":
            await say("221 bye")
            break
        else:
            await say("250 yes")
