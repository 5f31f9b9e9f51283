"""Files that must be whole or absent: originals by content hash, and atomic replacement.

Floor 3. Nothing is acknowledged before it is durable: write aside, flush to disk, rename, flush the
folder. Readable by the service's own account only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1024 * 1024
_ABANDONED_SECONDS = 3600.0
_PRIVATE_FILE, _PRIVATE_FOLDER, _OTHERS = 0o600, 0o700, 0o077


@dataclass(frozen=True, slots=True)
class Kept:
    """An original in safe keeping."""

    sha256: str
    size_bytes: int


class Originals:
    """Delivered files as they came, by SHA-256 of their content; never changed."""

    def __init__(self, folder: Path) -> None:
        """Use (and make) the folder."""
        self._folder = private_folder(folder)
        self._incoming = private_folder(folder / "incoming")

    def keep(self, source: Path) -> Kept:
        """Copy a file in under its content hash and return the hash; the same content is kept once."""
        aside = self._incoming / uuid.uuid4().hex
        digest = hashlib.sha256()
        with source.open("rb") as stream, os.fdopen(_create(aside), "wb") as copy:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
        target = self.path(digest.hexdigest())
        private_folder(target.parent)
        aside.replace(target)
        sync_folder(target.parent)
        sync_folder(self._folder)  # the two-letter folder may be new itself
        return Kept(digest.hexdigest(), target.stat().st_size)

    def path(self, sha256: str) -> Path:
        """Return where an original of that hash lies or would lie."""
        return self._folder / sha256[:2] / sha256

    def sweep(self) -> None:
        """Remove what an interrupted copy left behind an hour ago or more; a copy may be under way."""
        sweep_folder(self._incoming, older_than=_ABANDONED_SECONDS)


def private_folder(folder: Path) -> Path:
    """Make a folder only this account can enter, and return it; one that is there is closed to others too."""
    folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
    if folder.stat().st_mode & _OTHERS:
        folder.chmod(_PRIVATE_FOLDER)
    return folder


def sweep_folder(folder: Path, *, older_than: float = 0) -> None:
    """Empty a folder of what interrupted work left in it, whatever it is; what is younger (seconds) may be in use."""
    for left in folder.iterdir():
        if older_than and time.time() - left.lstat().st_mtime < older_than:
            continue
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def sync_file(path: Path) -> None:
    """Flush a written file to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename survives a power cut."""
    sync_file(folder)


def write_file(target: Path, content: bytes) -> None:
    """Write a file whole or not at all, for its owner only; its folder is made private if need be."""
    private_folder(target.parent)
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    with os.fdopen(_create(aside), "wb") as copy:
        copy.write(content)
    publish_file(aside, target)


def publish_file(aside: Path, target: Path) -> None:
    """Move a finished file into place, durable and private: readers see the old or the new one, whole."""
    aside.chmod(_PRIVATE_FILE)
    sync_file(aside)
    aside.replace(target)
    sync_folder(target.parent)


def publish_folder(aside: Path, target: Path) -> None:
    """Move a finished folder into place unless it is there already; its files are flushed first."""
    aside.chmod(_PRIVATE_FOLDER)
    for file in sorted(aside.iterdir()):
        file.chmod(_PRIVATE_FILE)
        sync_file(file)
    sync_folder(aside)
    if target.exists():
        shutil.rmtree(aside)
        return
    aside.rename(target)
    sync_folder(target.parent)


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
