"""Files for Mosquitto 2: passwords, rules and configuration, from the same table as the embedded broker's.

Mosquitto reads passwords and rules again on SIGHUP. It grants every subscription and drops forbidden
messages at delivery, so a forbidden subscribe is silent there, not refused.
"""

from __future__ import annotations

import base64
import hashlib
import os
import pwd
import secrets
from dataclasses import dataclass
from pathlib import Path

from smartradio.broker.users import UserTable, write_private

# mosquitto_passwd's own figures. More rounds would only slow the broker's one thread: our passwords are
# random tokens, which no dictionary holds.
_ROUNDS = 101
_SALT_BYTES = 12
_HASH_BYTES = 64
# Changes of retained messages or queues until the next save; a kill -9 loses at most these.
_SAVE_AFTER_CHANGES = 50


@dataclass(frozen=True, slots=True)
class MosquittoFiles:
    """Where the files are; `config` is what `mosquitto -c` takes."""

    config: Path
    passwords: Path
    rules: Path


def password_line(user: str, password: str, salt: bytes | None = None) -> str:
    """Return one line of a password file: PBKDF2 with SHA-512, format `$7$` (mosquitto_passwd(1))."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS, _HASH_BYTES)
    return f"{user}:$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def rules_text(table: UserTable) -> str:
    """Return the rule file: what is not named there is forbidden, for the anonymous as well."""
    blocks = []
    for user, grants in table.entries():
        lines = [f"user {user.name}"]
        lines += [f"topic write {topic}" for topic in grants.publish]
        lines += [f"topic read {topic}" for topic in grants.subscribe]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def write_users(folder: Path, table: UserTable) -> tuple[Path, Path]:
    """Write password and rule files; SIGHUP makes a running Mosquitto read them."""
    passwords, rules = folder / "passwords", folder / "rules"
    lines = [password_line(user.name, user.password) for user, _ in table.entries()]
    # Rules first: a user who can log in already has its limits.
    write_private(rules, rules_text(table))
    write_private(passwords, "".join(f"{line}\n" for line in lines))
    return passwords, rules


def write_files(
    folder: Path, table: UserTable, *, host: str = "127.0.0.1", port: int = 1883, run_as: str | None = None
) -> MosquittoFiles:
    """Write all that Mosquitto needs into one folder; `run_as` is the system user, None is the present one.

    Mosquitto started by root changes to `run_as`, who must be able to read the files. Raises SmartradioError.
    """
    passwords, rules = write_users(folder, table)
    owner = run_as or pwd.getpwuid(os.geteuid()).pw_name
    config = folder / "mosquitto.conf"
    lines = [
        f"user {owner}",
        f"listener {port} {host}",
        "allow_anonymous false",
        f"password_file {passwords}",
        f"acl_file {rules}",
        "set_tcp_nodelay true",
        "persistence true",
        f"persistence_location {folder}/",
        "autosave_on_changes true",
        f"autosave_interval {_SAVE_AFTER_CHANGES}",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
    ]
    write_private(config, "\n".join(lines) + "\n")
    return MosquittoFiles(config, passwords, rules)
