"""A copy of what cannot be made again: the office store, the county's declarations, its originals and task workbooks.

Floor 4. The warehouse is not in it: ``rebuild`` makes it from the rest. A copy is whole or absent, lies in a folder of
its own, and is restored by copying that folder's content to where the county shall live. It is not encrypted: the
place it is kept in must be.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fangpin.errors import Busy, NeedsDecision, StoreDamaged
from fangpin.pipeline.county import County
from fangpin.store.batches import original_hashes
from fangpin.store.files import private_folder, sync_file, sync_folder, write_file
from fangpin.store.snapshot import write_snapshot
from fangpin.tasks.duedays import ZONE

MANIFEST: Final = "manifest.json"
_FOLDERS: Final = ("config", "tasks")
_NAME: Final = re.compile(r"\d{8}-\d{6}")
_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished copy: its folder, how many files and bytes it holds, how many of them were not in the one before."""

    path: Path
    files: int
    size_bytes: int
    new: int
    removed: int


@dataclass(frozen=True, slots=True)
class _Entry:
    sha256: str
    size_bytes: int
    linked: bool


def backup(county: County, target: Path, *, now: dt.datetime, keep: int | None = None) -> Backup:
    """Copy a county into a new folder under ``target`` and return it; older copies beyond ``keep`` are removed.

    An original that the copy before holds already is a hard link to it, so that a copy takes the room of what is new.
    Raises: StoreDamaged when an original is gone or not what it was; Busy while another copy to this place is made;
    NeedsDecision when a copy of this very second is there.
    """
    private_folder(target)
    with _alone(target):
        name = now.astimezone(ZONE).strftime("%Y%m%d-%H%M%S")
        if (target / name).exists():
            raise NeedsDecision("备份", f"{name} 已有一份", action="请稍后再试")
        before = _newest(target)
        aside = target / f".{name}.part"
        entries = _fill(county, private_folder(aside), before=before)
        _write_manifest(county, aside, entries, now=now)
        _flush(aside)
        aside.rename(target / name)
        sync_folder(target)
        removed = _thin(target, keep)
    sizes = sum(entry.size_bytes for entry in entries.values())
    new = sum(not entry.linked for entry in entries.values())
    return Backup(target / name, len(entries), sizes, new, removed)


def _fill(county: County, aside: Path, *, before: Path | None) -> dict[str, _Entry]:
    """Copy everything aside; the office store first, so that every original it knows of is there to be copied."""
    snapshot = write_snapshot(county.office, aside)
    entries = {snapshot.name: _Entry(_sha256(snapshot), snapshot.stat().st_size, linked=False)}
    with county.office.read() as connection:
        hashes = original_hashes(connection)
    for sha256 in hashes:
        place = f"originals/{sha256[:2]}/{sha256}"
        entries[place] = _original(county.originals.path(sha256), aside / place, before=before and before / place)
    for folder in _FOLDERS:
        for file in sorted(p for p in (county.home / folder).rglob("*") if p.is_file()):
            place = str(file.relative_to(county.home))
            entries[place] = _copied(file, aside / place)
    return entries


def _original(source: Path, target: Path, *, before: Path | None) -> _Entry:
    private_folder(target.parent)
    if before is not None and before.is_file() and source.is_file() and _same_size(before, source):
        with suppress(OSError):  # a disk without hard links holds it once more
            os.link(before, target)
            return _Entry(source.name, source.stat().st_size, linked=True)
    if not source.is_file():
        raise StoreDamaged("备份", f"原始文件 {source.name} 不在", action="请先运行 fangpin verify 查明")
    entry = _copied(source, target)
    if entry.sha256 != source.name:
        raise StoreDamaged("备份", f"原始文件 {source.name} 的内容已变", action="请先运行 fangpin verify 查明")
    return entry


def _same_size(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size


def _copied(source: Path, target: Path) -> _Entry:
    private_folder(target.parent)
    shutil.copyfile(source, target)
    return _Entry(_sha256(target), target.stat().st_size, linked=False)


def _write_manifest(county: County, aside: Path, entries: dict[str, _Entry], *, now: dt.datetime) -> None:
    files = {place: {"sha256": e.sha256, "size_bytes": e.size_bytes} for place, e in sorted(entries.items())}
    body = {"site": county.declared.site.id, "made_at": now.astimezone(ZONE).isoformat(), "files": files}
    write_file(aside / MANIFEST, json.dumps(body, ensure_ascii=False, indent=1).encode())


def _flush(folder: Path) -> None:
    """Flush a tree to disk, readable by its owner only."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o700 if path.is_dir() else 0o600)
        sync_file(path)
    sync_folder(folder)


def _copies(target: Path) -> list[Path]:
    """Return the finished copies in a folder, oldest first; whatever else lies there is not ours."""
    return sorted(p for p in target.iterdir() if _NAME.fullmatch(p.name) and (p / MANIFEST).is_file())


def _newest(target: Path) -> Path | None:
    found = _copies(target)
    return found[-1] if found else None


def _thin(target: Path, keep: int | None) -> int:
    """Remove the oldest copies beyond the number kept; renamed first, so that no half copy bears a copy's name."""
    old = [] if keep is None else _copies(target)[: -max(keep, 1)]
    for copy in old:
        gone = copy.with_name(f".{copy.name}.old")
        copy.rename(gone)
        shutil.rmtree(gone)
    return len(old)


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Hold the place for one copy at a time; what a killed one left aside is removed first."""
    handle = os.open(target / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("备份", "另一份备份正在写入同一目录", action="请等它完成后重试") from None
        for left in (*target.glob(".*.part"), *target.glob(".*.old")):
            shutil.rmtree(left)
        yield
    finally:
        os.close(handle)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
