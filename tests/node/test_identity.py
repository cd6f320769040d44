"""One node, one folder, one key."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from smartradio.domain.errors import SmartradioError
from smartradio.node.identity import hold_folder, new_boot, node_key, node_public_key


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    key = node_key(tmp_path)
    assert node_public_key(tmp_path) == key.public_hex
    path = tmp_path / "node.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["node.key"]


def test_a_key_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "node.key").write_text("nonsense")
    with pytest.raises(SmartradioError, match=r"node\.key.*64 hex digits"):
        node_key(tmp_path)


def test_two_processes_on_one_folder_are_told_apart_in_one_line(tmp_path: Path) -> None:
    lock = hold_folder(tmp_path)
    code = (
        "import sys, pathlib\nfrom smartradio.node.identity import hold_folder\n"
        "try:\n    hold_folder(pathlib.Path(sys.argv[1]))\nexcept Exception as error:\n    print(error)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r".* belongs to a running node \(process \d+\): give each node .*\n", told)
    lock.release()
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == ""


def test_a_later_start_has_a_later_token() -> None:
    boots = [new_boot() for _ in range(5)]
    assert [boot[:13] for boot in boots] == sorted(boot[:13] for boot in boots)
    assert len(set(boots)) == 5
