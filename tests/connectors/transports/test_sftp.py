"""An SFTP server, honest and otherwise: whole files or a sentence, never half of one."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest
from transport_servers import LONG_AGO, PASSWORD, Cable, SftpServer

from fangpin.config.connections import Sftp
from fangpin.connectors.transports.base import Patience, Unsettled
from fangpin.connectors.transports.sftp import SftpTransport
from fangpin.errors import TransportFailed

Fetch = Callable[..., Path | None]
CONTENT = os.urandom(3_000_000)


@pytest.fixture
def served(sftp_server: SftpServer) -> SftpServer:
    """Return a server on which one settled file of three megabytes lies."""
    _lay(sftp_server.root / "低保名单.csv", CONTENT)
    return sftp_server


def _lay(path: Path, content: bytes = b"x", *, changed: float = LONG_AGO) -> None:
    path.write_bytes(content)
    os.utime(path, (changed, changed))


def _transport(server: SftpServer, patience: Patience, *, port: int | None = None, **differing: str) -> SftpTransport:
    usual = {"host": "127.0.0.1", "user": "fupin", "host_key": server.host_key, "password_env": "SFTP_PASSWORD"}
    declared = Sftp.model_validate({"kind": "sftp", "port": port or server.port, **usual, **differing})
    return SftpTransport(declared, "取数通道 甲", patience, {"SFTP_PASSWORD": PASSWORD})


def _sentence(work: Callable[[], object]) -> str:
    with pytest.raises(TransportFailed) as failed:
        work()
    return failed.value.sentence


def test_a_file_comes_whole(served: SftpServer, patience: Patience, brought: Fetch) -> None:
    """The bytes are those on the server, and the file stays there."""
    path = brought(_transport(served, patience))

    assert path is not None
    assert (path.name, path.read_bytes() == CONTENT) == ("低保名单.csv", True)
    assert [p.name for p in served.root.iterdir()] == ["低保名单.csv"]


def test_only_settled_plain_files_of_the_folder_are_listed(sftp_server: SftpServer, patience: Patience) -> None:
    """Half files, fresh files, links and folders are left alone; a name in GB18030 is read as Chinese."""
    folder = sftp_server.root / "上报"
    folder.mkdir()
    for name in ("a.csv", "b.csv.part", "说明.docx"):
        _lay(folder / name)
    _lay(folder / "fresh.csv", changed=time.time())
    (folder / "link.csv").symlink_to("/etc/passwd")
    (folder / "old.csv").mkdir()
    with open(os.fsencode(folder) + b"/" + "救助.csv".encode("gb18030"), "wb") as out:  # noqa: PTH123 - not UTF-8
        os.utime(out.fileno(), (LONG_AGO, LONG_AGO))
    listing = _transport(sftp_server, patience, folder="上报", files="*.csv").listing()

    assert [f.name for f in listing.files] == ["a.csv", "救助.csv"]
    assert listing.left == {
        "b.csv.part": "还没有传完",
        "fresh.csv": "可能还在写入",
        "link.csv": "不是普通文件（链接不取）",
    }


def test_another_host_key_is_refused_before_anything_is_sent(served: SftpServer, patience: Patience) -> None:
    """The server that answers must hold the declared key: not even the user name is told to another."""
    other = " ".join(asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()[:2])
    sentence = _sentence(_transport(served, patience, host_key=other).listing)

    assert sentence == (
        "取数通道 甲：主机密钥不符，没有发送任何内容；请向对方核实是否换了服务器或密钥，核实前不要改 host_key。"
    )
    assert (served.users, served.passwords) == ([], [])


def test_a_host_key_of_another_kind_is_refused_too(served: SftpServer, patience: Patience) -> None:
    """The server holds no key of the declared kind; whichever side hangs up first, nothing is sent."""
    rsa = " ".join(asyncssh.generate_private_key("ssh-rsa").export_public_key().decode().split()[:2])
    transport = _transport(served, patience, host_key=rsa)

    assert _sentence(lambda: patience.persist("取数通道 甲", transport.listing)) in (
        "取数通道 甲：主机密钥不符或加密方式不一致，没有发送任何内容；请向对方核实服务器密钥，核实前不要改 host_key。",
        "取数通道 甲：连接中断，传输不完整；稍后会再取。",
    )
    assert (served.users, served.passwords) == ([], [])


def test_a_wrong_password_is_not_tried_again(served: SftpServer, patience: Patience, brought: Fetch) -> None:
    """Accounts are locked by repetition; and the sentence holds neither the password nor the user."""
    transport = SftpTransport(
        _transport(served, patience).declared, "取数通道 甲", patience, {"SFTP_PASSWORD": "Wrong-One"}
    )

    assert _sentence(lambda: brought(transport)) == ("取数通道 甲：登录被拒绝；请核对账号和环境变量中的密码或私钥。")
    assert served.passwords == ["Wrong-One"]


def test_a_private_key_logs_in(served: SftpServer, patience: Patience, brought: Fetch, tmp_path: Path) -> None:
    """The environment names the key's file; one that cannot be read is said."""
    mine = asyncssh.generate_private_key("ssh-ed25519")
    mine.write_private_key(tmp_path / "id")
    served.user_key = mine.convert_to_public()
    usual = {"host": "127.0.0.1", "port": served.port, "user": "fupin", "host_key": served.host_key}
    declared = Sftp.model_validate({"kind": "sftp", **usual, "key_env": "SFTP_KEY"})
    transport = SftpTransport(declared, "取数通道 甲", patience, {"SFTP_KEY": str(tmp_path / "id")})
    without = SftpTransport(declared, "取数通道 甲", patience, {"SFTP_KEY": str(tmp_path / "none")})

    assert brought(transport) is not None
    assert "环境变量 SFTP_KEY 指的私钥文件读不出" in _sentence(without.listing)


def test_a_missing_secret_names_its_variable(served: SftpServer, patience: Patience) -> None:
    """Nothing is sent without a password."""
    transport = SftpTransport(_transport(served, patience).declared, "取数通道 甲", patience, {})

    assert _sentence(transport.listing) == "取数通道 甲：环境变量 SFTP_PASSWORD 没有设置；请在运行环境中设置后重试。"
    assert served.users == []


def test_a_cut_line_costs_an_attempt(
    served: SftpServer, patience: Patience, brought: Fetch, cable: Callable[..., Cable]
) -> None:
    """A transfer cut twice comes whole at the third attempt."""
    line = cable(("127.0.0.1", served.port))
    line.plans = [("", 0), ("cut", 1_000_000), ("cut", 2_000_000)]
    path = brought(_transport(served, patience, port=line.port))

    assert path is not None
    assert path.read_bytes() == CONTENT
    assert line.connections == 4  # listing, two that were cut, the whole one


def test_a_line_cut_every_time_leaves_nothing(
    served: SftpServer, patience: Patience, brought: Fetch, cable: Callable[..., Cable], tmp_path: Path
) -> None:
    """After the last attempt there is a sentence and no file."""
    line = cable(("127.0.0.1", served.port))
    line.plans = [("", 0), *[("cut", 1_000_000)] * 9]
    transport = _transport(served, patience, port=line.port)

    assert _sentence(lambda: brought(transport)) == "取数通道 甲：连接中断，传输不完整；稍后会再取。"
    assert (line.connections, list((tmp_path / "brought").iterdir())) == (4, [])


@pytest.mark.parametrize("after", [0, 500, 5_000, 1_000_000])
def test_a_server_that_falls_silent_is_given_up(
    served: SftpServer, cable: Callable[..., Cable], tmp_path: Path, after: int
) -> None:
    """Silent before the greeting, in the handshake, at login or in the middle of a file: never waited for for long."""
    line = cable(("127.0.0.1", served.port))
    (listed,) = _transport(served, Patience(1, 5.0, 10.0)).listing().files
    line.plans = [("hang", after)]
    transport = _transport(served, Patience(1, 0.5, 10.0), port=line.port)
    began = time.monotonic()

    assert _sentence(lambda: transport.fetch(listed, tmp_path)) == (
        "取数通道 甲：对方 0.5 秒没有响应；请与对方核实服务是否正常，稍后会再取。"
    )
    assert time.monotonic() - began < 4


def test_a_server_slower_than_the_whole_time_is_given_up(served: SftpServer, brought: Fetch) -> None:
    """Bytes that trickle in keep the line alive, not the whole."""
    served.on_read = lambda _offset: _later(served)
    patience = Patience(2, 1.0, 1.5, wait_initial=0, wait_max=0, wait_jitter=0)

    assert "全部取数超过 1.5 秒，已中止" in _sentence(lambda: brought(_transport(served, patience)))


async def _later(served: SftpServer) -> bytes:
    await asyncio.sleep(0.2 * served.reads)
    return b"x"


def test_a_restarted_server_costs_an_attempt(served: SftpServer, brought: Fetch) -> None:
    """The server goes down in the middle of a file and is back a moment later."""

    def down(offset: int) -> None:
        if offset and served.on_read is not None:
            served.on_read = None
            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(_restart(served)))

    served.on_read = down
    patience = Patience(5, 1.0, 10.0, wait_initial=0.2, wait_max=0.2, wait_jitter=0)
    path = brought(_transport(served, patience))

    assert path is not None
    assert path.read_bytes() == CONTENT


async def _restart(served: SftpServer) -> None:
    served._acceptor.close()  # noqa: SLF001 - inside the server's own loop
    await served._acceptor.wait_closed()  # noqa: SLF001 - the same
    await asyncio.sleep(0.1)
    served._acceptor = await served._listen()  # noqa: SLF001 - the same


def test_a_file_shorter_than_said_is_not_taken(served: SftpServer, patience: Patience, brought: Fetch) -> None:
    """The server says three megabytes and gives one."""
    served.on_read = lambda offset: b"" if offset >= 1_000_000 else None

    assert _sentence(lambda: brought(_transport(served, patience))) == (
        "取数通道 甲：文件 低保名单.csv 传输不完整；稍后会再取。"
    )


def test_a_hole_in_a_file_is_no_whole_file(served: SftpServer, patience: Patience, brought: Fetch) -> None:
    """The end is there and the middle is not: the length alone would not tell."""
    served.on_read = lambda offset: b"" if 1_000_000 <= offset < 1_100_000 else None

    assert "传输不完整" in _sentence(lambda: brought(_transport(served, patience)))


def test_a_file_that_grows_while_it_is_read_is_left_for_the_next_time(
    served: SftpServer, patience: Patience, brought: Fetch
) -> None:
    """Size and time must be the same after the transfer as in the listing."""
    path = served.root / "低保名单.csv"

    def grow(_offset: int) -> None:
        with path.open("ab") as more:
            more.write(b"x")

    served.on_read = grow

    with pytest.raises(Unsettled, match=r"低保名单.csv 读取时仍在变化"):
        brought(_transport(served, patience))


def test_a_file_that_was_moved_away_is_left(served: SftpServer, patience: Patience, tmp_path: Path) -> None:
    """Between listing and reading it is gone: no fault of the channel."""
    transport = _transport(served, patience)
    (listed,) = transport.listing().files
    (served.root / "低保名单.csv").unlink()

    with pytest.raises(Unsettled, match="已被移走"):
        transport.fetch(listed, tmp_path)


def test_a_folder_that_is_not_there_says_so(sftp_server: SftpServer, patience: Patience) -> None:
    """A wrong folder is not an empty one."""
    transport = _transport(sftp_server, patience, folder="/none")

    assert _sentence(transport.listing) == "取数通道 甲：目录或文件不存在；请核对 folder；文件可能已被移走。"


def test_the_password_is_in_no_log(
    served: SftpServer, patience: Patience, brought: Fetch, caplog: pytest.LogCaptureFixture
) -> None:
    """With every logger at its most talkative, neither success nor failure tells it."""
    with caplog.at_level(logging.DEBUG):
        brought(_transport(served, patience))
        served.on_read = lambda _offset: b""
        sentence = _sentence(lambda: brought(_transport(served, patience)))

    assert PASSWORD not in caplog.text + sentence
    assert repr(PASSWORD) not in repr(_transport(served, patience).declared)
