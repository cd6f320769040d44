"""The card or disk that a node's data lies on: room, faults, wear.

An eMMC tells how much of its life is used (JESD84-B51: DEVICE_LIFE_TIME_EST_TYP_A and _B in steps of a tenth,
PRE_EOL_INFO). An SD card tells nothing of the kind: what was written to it is all that can be known.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from smartradio.node.machine.tree import Tree

Told = dict[str, float | str | bool | None]

INODES_LEAST_PERCENT: Final = 5.0
_WORN_FROM: Final = 0x0A
"""Ninety percent of its life, by its own estimate."""
_EOL_WARNING: Final = 0x02
_SECTOR_BYTES: Final = 512
_WRITTEN_SECTORS: Final = 6
"""Place in /sys/block/*/stat (Documentation/block/stat): sectors of 512 bytes, whatever the disk's own are."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written to a disk since the machine was switched on."""

    disk: str
    bytes: int


def room(folder: Path) -> Told:
    """Return what is free in a folder, and whether it can be written at all; raises OSError."""
    figures = os.statvfs(folder)
    told: Told = {"disk_free_mb": round(figures.f_bavail * figures.f_frsize / 1e6, 1)}
    if figures.f_files:
        told["inodes_free_percent"] = round(100 * figures.f_favail / figures.f_files, 1)
        if 100 * figures.f_favail / figures.f_files < INODES_LEAST_PERCENT:
            told["inodes_low"] = True
    if figures.f_flag & os.ST_RDONLY:
        told["disk_read_only"] = True
    return told


def faults(tree: Tree) -> Told:
    """Return how many faults the file systems of the machine have found in themselves (ext4)."""
    counts = [tree.number(path) for path in tree.found("sys/fs/ext4", "*/errors_count")]
    known = [count for count in counts if count is not None]
    if not known:
        return {}
    told: Told = {"disk_faults": float(sum(known))}
    if any(known):
        told["disk_errors"] = True
    return told


def disk_of(folder: Path, tree: Tree) -> str | None:
    """Return the name of the disk below a folder, as mmcblk0; None where there is none to be seen. Raises OSError."""
    device = folder.stat().st_dev
    entry = tree.root / f"sys/dev/block/{os.major(device)}:{os.minor(device)}"
    if not entry.exists():
        return None
    partition = entry.resolve()
    return partition.parent.name if (partition / "partition").exists() else partition.name


def wear(tree: Tree, disk: str) -> Told:
    """Return what kind of card or disk it is, and how much of its life it has used where it tells that."""
    device = f"sys/block/{disk}/device"
    kind = {"SD": "sd", "MMC": "emmc"}.get(tree.text(f"{device}/type") or "", "other")
    told: Told = {"disk_kind": kind}
    lives = [_hex(word) for word in (tree.text(f"{device}/life_time") or "").split()]
    used = max((life for life in lives if life is not None), default=0)
    end = _hex(tree.text(f"{device}/pre_eol_info") or "") or 0
    if used:
        # 0x01 is up to a tenth, 0x0B is past the end.
        told["disk_worn_percent"] = float(min(used, 11) * 10)
    if used >= _WORN_FROM or end >= _EOL_WARNING:
        told["disk_worn"] = True
    return told


def written(tree: Tree, disk: str) -> Written | None:
    """Return what was written to a disk since the machine was switched on."""
    figures = (tree.text(f"sys/block/{disk}/stat") or "").split()
    if len(figures) <= _WRITTEN_SECTORS or not figures[_WRITTEN_SECTORS].isdecimal():
        return None
    return Written(disk, int(figures[_WRITTEN_SECTORS]) * _SECTOR_BYTES)


def _hex(word: str) -> int | None:
    try:
        return int(word, 16)
    except ValueError:
        return None
