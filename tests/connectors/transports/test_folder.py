"""A watched folder gives its complete files and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fangpin.config.connections import Folder
from fangpin.connectors.transports.base import Listing, Passing, Unsettled
from fangpin.connectors.transports.folder import FolderTransport


def _transport(folder: Path, *, later: float = 3600, files: str = "*") -> FolderTransport:
    """Return a transport whose clock stands so many seconds after the folder's last change."""
    declared = Folder(kind="folder", path=str(folder), files=files)
    return FolderTransport(declared, "取数通道 甲", lambda: folder.stat().st_ctime + later)


def _listing(folder: Path, **differing: float | str) -> Listing:
    return _transport(folder, **differing).listing()


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    """Return the folder that is watched."""
    folder = tmp_path / "outbox"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("低保名单.xlsx.part", "还没有传完"),
        ("低保名单.xlsx.filepart", "还没有传完"),
        ("低保名单.TMP", "还没有传完"),
        ("~$低保名单.xlsx", "还没有传完"),
        (".低保名单.xlsx.swp", "还没有传完"),
        ("低保名单.csv.crdownload", "还没有传完"),
        ("低保\n名单.csv", "文件名不能使用"),
    ],
)
def test_half_files_and_odd_names_are_left_alone(outbox: Path, name: str, why: str) -> None:
    """What an unfinished transfer is called is never taken, and is named."""
    (outbox / name).write_text("x", encoding="utf-8")

    assert _listing(outbox) == Listing((), {name: why})


def test_a_file_is_taken_once_it_has_not_changed_for_the_declared_time(outbox: Path) -> None:
    """Fresh files wait; a time carried over from elsewhere does not make a fresh file old."""
    fresh = outbox / "低保名单.csv"
    fresh.write_text("x", encoding="utf-8")
    os.utime(fresh, (1_000_000_000, 1_000_000_000))

    assert _listing(outbox, later=30).left == {"低保名单.csv": "可能还在写入"}
    assert [f.name for f in _listing(outbox, later=90).files] == ["低保名单.csv"]


def test_links_and_folders_are_not_followed(outbox: Path, tmp_path: Path) -> None:
    """A link that leads out of the folder is left alone, a folder is none of ours."""
    (tmp_path / "passwd.csv").write_text("secret", encoding="utf-8")
    (outbox / "link.csv").symlink_to(tmp_path / "passwd.csv")
    (outbox / "archive").mkdir()

    assert _listing(outbox) == Listing((), {"link.csv": "不是普通文件（链接不取）"})


def test_a_file_that_became_a_link_is_not_followed(outbox: Path, tmp_path: Path) -> None:
    """Between listing and reading, a file may be exchanged for a link."""
    (tmp_path / "passwd.csv").write_text("secret", encoding="utf-8")
    (outbox / "a.csv").write_text("x", encoding="utf-8")
    transport = _transport(outbox)
    (listed,) = transport.listing().files
    (outbox / "a.csv").unlink()
    (outbox / "a.csv").symlink_to(tmp_path / "passwd.csv")

    with pytest.raises(Passing, match="读不出"):
        transport.fetch(listed, tmp_path)


def test_a_file_is_copied_whole_and_left_where_it_is(outbox: Path, tmp_path: Path) -> None:
    """Only names that were asked for are taken; one in GB18030 is read as Chinese."""
    raw = os.fsencode(outbox) + b"/" + "救助.csv".encode("gb18030")
    with open(raw, "wb") as out:  # noqa: PTH123 - the name is not UTF-8
        out.write(b"1,2\n" * 300_000)
    (outbox / "说明.docx").write_text("x", encoding="utf-8")
    transport = _transport(outbox, files="*.csv")
    listing = transport.listing()
    copy = transport.fetch(listing.files[0], tmp_path)

    assert (listing.left, copy.name) == ({}, "救助.csv")
    assert copy.read_bytes() == b"1,2\n" * 300_000
    assert len(list(outbox.iterdir())) == 2


def test_a_file_that_changes_or_goes_while_it_is_read_is_left_for_the_next_time(outbox: Path, tmp_path: Path) -> None:
    """The state that was listed must still hold when all of it has been read."""
    (outbox / "a.csv").write_text("x", encoding="utf-8")
    transport = _transport(outbox)
    (listed,) = transport.listing().files
    (outbox / "a.csv").write_text("xy", encoding="utf-8")

    with pytest.raises(Unsettled, match=r"取数通道 甲：文件 a.csv 读取时仍在变化；下次取数时会再取。"):
        transport.fetch(listed, tmp_path)
    (outbox / "a.csv").unlink()
    with pytest.raises(Unsettled, match="已不在目录中"):
        transport.fetch(listed, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["outbox"]


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    """A share that is not mounted is a failure of the channel, not an empty folder."""
    transport = FolderTransport(Folder(kind="folder", path=str(tmp_path / "share")), "取数通道 甲")

    with pytest.raises(Passing) as failed:
        transport.listing()
    assert failed.value.sentence == "取数通道 甲：监视的目录不存在；请检查 path，或共享盘是否已挂上。"
