"""A folder that somebody fills: only complete files are taken, and they are left where they are.

Floor 3. A link is never followed, so nothing outside the folder can be brought in by one.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fangpin.config.connections import Folder
from fangpin.connectors.transports.base import (
    CHUNK,
    SIZE_LIMIT,
    Listing,
    Passing,
    Remote,
    Unsettled,
    named,
    whole,
    why_left,
)


@dataclass(frozen=True, slots=True)
class FolderTransport:
    """Takes the files of a watched folder (监视目录)."""

    declared: Folder
    where: str
    clock: Callable[[], float] = time.time

    def listing(self) -> Listing:
        """Return the files that have not changed for the declared time, by name.

        Raises: TransportFailed when the folder cannot be read.
        """
        files, left = [], {}
        for entry in self._entries():
            name = named(entry.name)
            why = why_left(name, self.declared.files)
            if why == "":
                continue
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if stat.S_ISDIR(found.st_mode):
                continue
            why = why or self._why_not_yet(found)
            if why:
                left[name] = why
            else:
                files.append(_remote(name, found, entry.name))
        return Listing(tuple(sorted(files, key=lambda f: f.name)), left)

    def fetch(self, remote: Remote, into: Path) -> Path:
        """Copy a listed file; it must be the same before, while and after it is read.

        Raises: TransportFailed when it is gone, unreadable or changing.
        """
        target = into / remote.name
        path = os.path.join(os.fsencode(self.declared.path), remote.handle)  # noqa: PTH118 - names need not be UTF-8
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as source, whole(target) as aside:
                with aside.open("wb") as copy:
                    while chunk := source.read(CHUNK):
                        copy.write(chunk)
                states = (remote, *(_remote(remote.name, f, remote.handle) for f in (os.fstat(handle), os.lstat(path))))
                if len(set(states)) > 1 or aside.stat().st_size != remote.size_bytes:
                    raise Unsettled(self.where, f"文件 {remote.name} 读取时仍在变化", action="下次取数时会再取")
        except FileNotFoundError as exc:
            raise Unsettled(self.where, f"文件 {remote.name} 已不在目录中", action="如是误删请重新放入") from exc
        except OSError as exc:
            given = f"文件 {remote.name} 读不出（{type(exc).__name__}）"
            raise Passing(self.where, given, action="请检查目录权限和磁盘") from exc
        return target

    def _entries(self) -> list[os.DirEntry[bytes]]:
        try:
            with os.scandir(os.fsencode(self.declared.path)) as entries:
                return list(entries)
        except FileNotFoundError as exc:
            raise Passing(self.where, "监视的目录不存在", action="请检查 path，或共享盘是否已挂上") from exc
        except OSError as exc:
            given = f"监视的目录读不出（{type(exc).__name__}）"
            raise Passing(self.where, given, action="请检查目录权限，或共享盘是否已挂上") from exc

    def _why_not_yet(self, found: os.stat_result) -> str | None:
        if not stat.S_ISREG(found.st_mode):
            return "不是普通文件（链接不取）"
        if found.st_size > SIZE_LIMIT:
            return "文件过大"
        # The time of the last change of content may be carried over by a copying tool; that of the entry may not.
        if self.clock() - max(found.st_mtime, found.st_ctime) < self.declared.settled_seconds:
            return "可能还在写入"
        return None


def _remote(name: str, found: os.stat_result, handle: bytes) -> Remote:
    changed_at = dt.datetime.fromtimestamp(found.st_mtime, tz=dt.UTC)
    return Remote(name, found.st_size, f"{found.st_mtime_ns}", changed_at, handle)
