"""A ring by e-mail: one plain letter through the commune's server, every wait with an end."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from smartradio.domain.alarm import Severity
from smartradio.station.alarms.port import RingError, RingMessage
from smartradio.station.alarms.settings import MailSettings


def letter_of(message: RingMessage, sender: str, title: str, to: Sequence[str]) -> EmailMessage:
    """Return a message as a letter from the station titled `title`; a second copy has the same Message-ID."""
    letter = EmailMessage(policy=SMTP)
    # Folded titles and bulletins reach a header: a line break there would begin another header.
    letter["Subject"] = " ".join(message.subject.split())[:200]
    letter["From"] = Address(" ".join(title.split()), addr_spec=sender)
    letter["To"] = ", ".join(to)
    letter["Date"] = message.at
    letter["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    if message.severity is Severity.CRITICAL:
        letter["Importance"] = "high"
    letter.set_content(message.text)
    return letter


class Mail:
    """Rings at some addresses, all in one letter."""

    def __init__(
        self, settings: MailSettings, to: Sequence[str], *, title: str, tls: ssl.SSLContext | None = None
    ) -> None:
        self._settings = settings
        self._to = tuple(to)
        self._title = title
        self._tls = tls

    def ring(self, message: RingMessage) -> None:
        """See the port."""
        letter = letter_of(message, self._settings.sender, self._title, self._to)
        try:
            with self._connected() as server:
                if self._settings.username is not None and self._settings.password is not None:
                    server.login(self._settings.username, self._settings.password.get_secret_value())
                refused = server.send_message(letter, from_addr=self._settings.sender, to_addrs=list(self._to))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise RingError(f"{self._settings.host} takes no letter: {_line(error)}") from error
        if refused:
            raise RingError(f"{self._settings.host} takes no letter for {', '.join(sorted(refused))[:200]}")

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.security == "tls":
            context = self._tls or ssl.create_default_context()
            return smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout_s, context=context)
        server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
        if settings.security == "starttls":
            try:
                # Without it the password would travel in the open: a server that cannot is not used.
                server.starttls(context=self._tls or ssl.create_default_context())
            except BaseException:
                server.close()
                raise
        return server


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__} {error}".split())[:160]
