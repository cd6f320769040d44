"""A file that nobody reads or alters without its passphrase: scrypt, then AES-256-GCM in blocks.

Each block's nonce holds its number and whether it is the last, so that blocks that were moved, left out or cut off are
found. Source: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance" (STREAM), 2015.
"""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from smartradio.station.backup.faults import BackupError, Fault

MAGIC: Final = b"smartradio backup 1\n"
LEAST_PASSPHRASE_CHARS: Final = 12
MOST_PASSPHRASE_CHARS: Final = 200
_BLOCK_BYTES: Final = 1024 * 1024
_TAG_BYTES: Final = 16
_MOST_HEADER_BYTES: Final = 4_096
# 32 MB and a tenth of a second for whoever knows the passphrase, as much for every guess.
_SCRYPT: Final = {"n": 2**15, "r": 8, "p": 1}
# What another's file may make this machine spend before anything of it is believed.
_MOST_SCRYPT: Final = {"n": 2**17, "r": 8, "p": 4}


def check_passphrase(passphrase: str) -> str:
    """Return a passphrase that is worth its name; raises BadInputError."""
    if not LEAST_PASSPHRASE_CHARS <= len(passphrase) <= MOST_PASSPHRASE_CHARS:
        line = f"use {LEAST_PASSPHRASE_CHARS} to {MOST_PASSPHRASE_CHARS} characters, such as four words"
        raise BackupError(Fault.WEAK, f"the backup's passphrase: {line}")
    if len(set(passphrase)) < 5:
        raise BackupError(Fault.WEAK, "the backup's passphrase is easy to guess; use several words")
    return passphrase


class SealedWriter(io.RawIOBase):
    """Encrypts what is written to it; only after `close` the file is whole. The file below stays open."""

    def __init__(self, file: BinaryIO, passphrase: str, about: Mapping[str, Any]) -> None:
        super().__init__()
        salt, prefix = secrets.token_bytes(16), secrets.token_bytes(7)
        header = {"about": dict(about), "salt": salt.hex(), "nonce": prefix.hex(), "scrypt": _SCRYPT}
        self._head = MAGIC + json.dumps(header, ensure_ascii=True, sort_keys=True).encode() + b"\n"
        if len(self._head) > _MOST_HEADER_BYTES:
            raise BackupError(Fault.WEAK, "the backup's description is too long")
        self._file = file
        self._blocks = _Blocks(_key(passphrase, salt, _SCRYPT), prefix, self._head)
        self._waiting = bytearray()
        # The empty block first tells a wrong passphrase from a damaged file.
        file.write(self._head + self._blocks.seal(b"", last=False))

    def writable(self) -> bool:
        """It is written to."""
        return True

    def write(self, data: Any) -> int:
        """Take bytes; whole blocks go out at once."""
        self._waiting += data
        # The last block is told apart by its nonce, so one is always held back.
        while len(self._waiting) > _BLOCK_BYTES:
            self._file.write(self._blocks.seal(bytes(self._waiting[:_BLOCK_BYTES]), last=False))
            del self._waiting[:_BLOCK_BYTES]
        return len(data)

    def finish(self) -> None:
        """Write the last block; a file that was not finished is refused when it is read."""
        self._file.write(self._blocks.seal(bytes(self._waiting), last=True))
        self._waiting.clear()


class SealedReader(io.RawIOBase):
    """Decrypts a sealed file; `about` is what stands before the seal, held by it.

    Raises BackupError at once for a file of another kind, while reading for a wrong passphrase, or one that was
    altered or is not whole.
    """

    def __init__(self, file: BinaryIO, passphrase: str, name: str) -> None:
        super().__init__()
        self._name = name
        self._file = file
        head, header = _header(file, name)
        self.about: Mapping[str, Any] = header["about"]
        key = _key(passphrase, bytes.fromhex(header["salt"]), header["scrypt"])
        self._blocks = _Blocks(key, bytes.fromhex(header["nonce"]), head)
        self._ready = bytearray()
        self._coming = file.read(_TAG_BYTES)
        self._ended = False
        self._open_block()

    def readable(self) -> bool:
        """It is read from."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what was sealed."""
        while not self._ready and not self._ended:
            self._open_block()
        taken = min(len(buffer), len(self._ready))
        buffer[:taken] = self._ready[:taken]
        del self._ready[:taken]
        return taken

    def read_to_end(self) -> None:
        """Read what is left, so that a file whose end was cut off is found."""
        while not self._ended:
            self._open_block()

    def _open_block(self) -> None:
        block, self._coming = self._coming, self._file.read(_BLOCK_BYTES + _TAG_BYTES)
        self._ended = not self._coming
        try:
            self._ready += self._blocks.open(block, last=self._ended)
        except InvalidTag as error:
            code, what = Fault.WRONG_WORDS, "the passphrase is wrong, or the file was altered"
            if self._blocks.opened:
                code, what = Fault.DAMAGED, "it is not whole, or was altered: take another copy"
            raise BackupError(code, f"{self._name}: {what}") from error


def read_about(file: BinaryIO, name: str) -> Mapping[str, Any]:
    """Return what a backup says of itself before its seal; believed only once it was opened."""
    about: Mapping[str, Any] = _header(file, name)[1]["about"]
    return about


class _Blocks:
    """Seals and opens blocks in their order."""

    def __init__(self, key: bytes, prefix: bytes, head: bytes) -> None:
        self._cipher = AESGCM(key)
        self._prefix = prefix
        self._head = head
        self.opened = 0

    def seal(self, data: bytes, *, last: bool) -> bytes:
        sealed = self._cipher.encrypt(self._nonce(last), data, self._head)
        self.opened += 1
        return sealed

    def open(self, block: bytes, *, last: bool) -> bytes:
        data = self._cipher.decrypt(self._nonce(last), block, self._head)
        self.opened += 1
        return data

    def _nonce(self, last: bool) -> bytes:
        return self._prefix + self.opened.to_bytes(4, "big") + bytes([last])


def _key(passphrase: str, salt: bytes, cost: Mapping[str, int]) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost["n"], r=cost["r"], p=cost["p"]).derive(passphrase.encode())


def _header(file: BinaryIO, name: str) -> tuple[bytes, dict[str, Any]]:
    head = file.read(len(MAGIC))
    if head != MAGIC:
        raise BackupError(Fault.NO_BACKUP, f"{name}: is no backup of a smartradio station")
    line = file.readline(_MOST_HEADER_BYTES)
    try:
        header = json.loads(line)
        cost = header["scrypt"]
        fits = all(isinstance(cost[key], int) and 1 <= cost[key] <= most for key, most in _MOST_SCRYPT.items())
        sizes = (len(bytes.fromhex(header["salt"])), len(bytes.fromhex(header["nonce"])))
        whole = fits and cost["n"] & (cost["n"] - 1) == 0 and sizes == (16, 7) and isinstance(header["about"], dict)
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise BackupError(Fault.DAMAGED, f"{name}: its beginning is damaged: take another copy")
    return head + line, header
