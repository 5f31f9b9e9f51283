"""Originals and published files: the same content once, whole or absent, closed to other accounts."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from fangpin.store.files import Kept, Originals, private_folder, publish_file, publish_folder


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def originals(tmp_path: Path) -> Originals:
    """Return an empty store of originals."""
    return Originals(tmp_path / "originals")


def _delivered(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("content", [b"", b"abc", bytes(3 * 1024 * 1024 + 1)], ids=["empty", "small", "large"])
def test_kept_as_it_came(content: bytes, originals: Originals, tmp_path: Path) -> None:
    """A delivered file is kept whole under the hash of its content, and the delivery itself is left alone."""
    delivered = _delivered(tmp_path, "a.csv", content)

    kept = originals.keep(delivered)

    assert kept == Kept(hashlib.sha256(content).hexdigest(), len(content))
    assert (originals.path(kept.sha256).read_bytes(), delivered.read_bytes()) == (content, content)


def test_same_content_once(originals: Originals, tmp_path: Path) -> None:
    """The same content under two names is kept once."""
    first = originals.keep(_delivered(tmp_path, "a.csv", b"abc"))
    second = originals.keep(_delivered(tmp_path, "b.csv", b"abc"))

    assert first == second
    assert _files(tmp_path / "originals") == [originals.path(first.sha256)]


def test_closed_to_others(originals: Originals, tmp_path: Path) -> None:
    """Files are 0600 and folders 0700, whatever the umask allows."""
    originals.keep(_delivered(tmp_path, "a.csv", b"abc"))

    everything = list((tmp_path / "originals").rglob("*"))
    assert {_mode(path) for path in everything if path.is_file()} == {0o600}
    assert {_mode(path) for path in everything if path.is_dir()} == {0o700}


def test_an_open_folder_is_closed(tmp_path: Path) -> None:
    """A folder that was there and open to others is closed."""
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)

    assert _mode(private_folder(folder)) == 0o700


def test_interrupted_copy_is_swept(originals: Originals, tmp_path: Path) -> None:
    """What an interrupted copy left behind long ago goes; what is kept, or may still be copied, stays."""
    kept = originals.keep(_delivered(tmp_path, "a.csv", b"abc"))
    left, young = (tmp_path / "originals/incoming" / name for name in ("left", "young"))
    for path in (left, young):
        path.write_bytes(b"ab")
    os.utime(left, (0, 0))

    originals.sweep()

    assert set(_files(tmp_path / "originals")) == {originals.path(kept.sha256), young}


def test_a_missing_delivery_leaves_nothing(originals: Originals, tmp_path: Path) -> None:
    """A delivery that cannot be opened leaves no trace."""
    with pytest.raises(FileNotFoundError):
        originals.keep(tmp_path / "absent.csv")

    assert _files(tmp_path / "originals") == []


def test_publish_file_replaces(tmp_path: Path) -> None:
    """A finished file takes the place of the old one, and is private."""
    target = _delivered(tmp_path, "now", b"old")
    aside = _delivered(tmp_path, "aside", b"new")

    publish_file(aside, target)

    assert (target.read_bytes(), _mode(target), aside.exists()) == (b"new", 0o600, False)


def test_publish_folder_keeps_the_first(tmp_path: Path) -> None:
    """A folder that is published already is not touched again; the second try is thrown away."""
    for name, content in (("one", b"first"), ("two", b"second")):
        (tmp_path / name).mkdir(mode=0o755)
        _delivered(tmp_path, f"{name}/part", content)
        publish_folder(tmp_path / name, tmp_path / "target")

    target = tmp_path / "target"
    assert ((target / "part").read_bytes(), _mode(target), _mode(target / "part")) == (b"first", 0o700, 0o600)
    assert not (tmp_path / "two").exists()
