"""A folder on an SFTP server: host key pinned, half files left alone, cut transfers noticed.

Floor 3. Every attempt is a connection of its own, so that a cut or restarted server costs one attempt and no state.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import asyncssh

from fangpin.config.connections import Sftp
from fangpin.connectors.transports.base import (
    SIZE_LIMIT,
    Listing,
    Passing,
    Patience,
    Remote,
    Unsettled,
    named,
    out_of_time,
    run_within,
    secret,
    whole,
    why_left,
)
from fangpin.errors import TransportFailed

T = TypeVar("T")

_BLOCK, _REQUESTS = 32 * 1024, 64  # small enough that a slow line is heard of, many enough for a long one
_GRACE: Final = 2.0  # a connection broken off at the end of the time takes its work with it

# What no further attempt can get over, the particular before the general.
_FINAL: Final = (
    (
        asyncssh.HostKeyNotVerifiable,
        "主机密钥不符，没有发送任何内容",
        "请向对方核实是否换了服务器或密钥，核实前不要改 host_key",
    ),
    (
        asyncssh.KeyExchangeFailed,
        "主机密钥不符或加密方式不一致，没有发送任何内容",
        "请向对方核实服务器密钥，核实前不要改 host_key",
    ),
    (asyncssh.PermissionDenied, "登录被拒绝", "请核对账号和环境变量中的密码或私钥"),
    (asyncssh.SFTPNoSuchFile, "目录或文件不存在", "请核对 folder；文件可能已被移走"),
    (asyncssh.SFTPNoSuchPath, "目录或文件不存在", "请核对 folder；文件可能已被移走"),
    (asyncssh.SFTPPermissionDenied, "没有读取权限", "请与对方核实账号的权限"),
)


class _Line:
    """Watches a connection and breaks it off when nothing is heard for a while.

    Cancelling would not do: the library then says goodbye to every open file, and waits for the answer.
    """

    def __init__(self, connection: asyncssh.SSHClientConnection, seconds: float) -> None:
        """Begin to listen."""
        self.silent = False
        self._connection = connection
        self._seconds = seconds
        self.watch = asyncio.get_running_loop().call_later(seconds, self._break_off)

    def alive(self) -> None:
        """Be told that something was heard."""
        self.watch.cancel()
        self.watch = asyncio.get_running_loop().call_later(self._seconds, self._break_off)

    def _break_off(self) -> None:
        self.silent = True
        self._connection.abort()


@dataclass(frozen=True, slots=True)
class SftpTransport:
    """Takes the files of a folder on a department's SFTP server (SFTP 目录)."""

    declared: Sftp
    where: str
    patience: Patience
    environ: Mapping[str, str]
    clock: Callable[[], float] = time.time

    def listing(self) -> Listing:
        """Return the files that have not changed for the declared time, by name.

        Raises: TransportFailed when the server does not answer, is not the declared one or refuses us.
        """
        return self._run(self._list())

    def fetch(self, remote: Remote, into: Path) -> Path:
        """Download a listed file; the server must say the same size and time before and after.

        Raises: TransportFailed when it is cut, silent, changing or gone.
        """
        target = into / remote.name
        with whole(target) as aside:
            self._run(self._download(remote, aside))
        return target

    async def _list(self) -> Listing:
        files, left = [], {}
        async with self._session() as (sftp, _):
            entries = await sftp.readdir(self._path(b""))
        for entry in entries:
            raw = entry.filename if isinstance(entry.filename, bytes) else entry.filename.encode()
            name = named(raw)
            if raw in (b".", b"..") or entry.attrs.type == asyncssh.FILEXFER_TYPE_DIRECTORY:
                continue
            why = why_left(name, self.declared.files)
            if why == "":
                continue
            why = why or self._why_not_yet(entry.attrs)
            if why:
                left[name] = why
            else:
                files.append(_remote(name, entry.attrs, raw))
        return Listing(tuple(sorted(files, key=lambda f: f.name)), left)

    async def _download(self, remote: Remote, aside: Path) -> None:
        path, received = self._path(remote.handle), 0
        async with self._session() as (sftp, line):
            await self._check_same(sftp, path, remote)
            source = await sftp.open(path, "rb", block_size=_BLOCK, max_requests=_REQUESTS)
            with aside.open("wb") as copy:
                async for offset, piece in await source.read_parallel(remote.size_bytes or 0):
                    copy.seek(offset)
                    copy.write(piece)
                    received += len(piece)
                    line.alive()
            await self._check_same(sftp, path, remote)
        if received != remote.size_bytes:  # a hole may hide in a file of the right length
            raise Passing(self.where, f"文件 {remote.name} 传输不完整", action="稍后会再取")

    async def _check_same(self, sftp: asyncssh.SFTPClient, path: bytes, remote: Remote) -> None:
        try:
            seen = await sftp.lstat(path)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath) as exc:
            raise Unsettled(self.where, f"文件 {remote.name} 已被移走", action="如是误删请对方重新放入") from exc
        if _remote(remote.name, seen, remote.handle) != remote:
            raise Unsettled(self.where, f"文件 {remote.name} 读取时仍在变化", action="下次取数时会再取")

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[tuple[asyncssh.SFTPClient, _Line]]:
        """Give a session with the declared server; nothing is sent to one with another key."""
        declared, limit = self.declared, min(self.patience.timeout_seconds, self.patience.left)
        password = keys = None
        if declared.password_env:
            password = secret(self.environ, declared.password_env, where=self.where)
        if declared.key_env:
            keys = [self._private_key(secret(self.environ, declared.key_env, where=self.where))]
        connection = await asyncssh.connect(
            declared.host,
            declared.port,
            username=declared.user,
            password=password,
            client_keys=keys,
            agent_path=None,
            config=None,  # what stands in ~/.ssh is no declaration
            known_hosts=([self._host_key()], [], []),
            preferred_auth=("password", "keyboard-interactive") if password else ("publickey",),
            connect_timeout=limit,
            login_timeout=limit,
        )
        line = _Line(connection, limit)
        overall = asyncio.get_running_loop().call_later(self.patience.left, connection.abort)
        try:
            sftp = await connection.start_sftp_client(path_encoding=None)
            line.alive()
            yield sftp, line
        except (asyncssh.Error, OSError) as exc:
            if line.silent:
                raise TimeoutError from exc
            raise
        finally:
            line.watch.cancel()
            overall.cancel()
            connection.abort()  # a polite goodbye would wait for a server that hangs

    def _host_key(self) -> asyncssh.SSHKey:
        try:
            return asyncssh.import_public_key(self.declared.host_key)
        except asyncssh.KeyImportError as exc:
            raise TransportFailed(self.where, "host_key 不是公钥", expected="ssh-ed25519 AAAA…") from exc

    def _private_key(self, path: str) -> asyncssh.SSHKey:
        try:
            return asyncssh.read_private_key(path)
        except (OSError, ValueError) as exc:  # the library's own errors of a key are ValueErrors
            given = f"环境变量 {self.declared.key_env} 指的私钥文件读不出"
            raise TransportFailed(self.where, given, action="请检查路径、权限和格式") from exc

    def _path(self, name: bytes) -> bytes:
        folder = self.declared.folder.rstrip("/") or "/"
        return folder.encode() + b"/" + name if name else folder.encode()

    def _why_not_yet(self, found: asyncssh.SFTPAttrs) -> str | None:
        if found.type != asyncssh.FILEXFER_TYPE_REGULAR:
            return "不是普通文件（链接不取）"
        if found.size is None or found.mtime is None:
            return "对方没有说明大小和时间"
        if found.size > SIZE_LIMIT:
            return "文件过大"
        if self.clock() - found.mtime < self.declared.settled_seconds:
            return "可能还在写入"
        return None

    def _run(self, work: Awaitable[T]) -> T:
        """Run to the end within the time for everything, and say in a sentence what went wrong."""
        try:
            return run_within(self.patience, self.where, work, grace=_GRACE)
        except TransportFailed:
            raise
        except (OSError, asyncssh.Error) as exc:
            if not self.patience.left:
                raise out_of_time(self.where, self.patience.whole_seconds) from exc
            raise self._failure(exc) from exc

    def _failure(self, exc: Exception) -> TransportFailed:
        for kind, given, action in _FINAL:
            if isinstance(exc, kind):
                return TransportFailed(self.where, given, action=action)
        if isinstance(exc, asyncssh.Error | BrokenPipeError | ConnectionResetError):
            return Passing(self.where, "连接中断，传输不完整", action="稍后会再取")
        return Passing(self.where, f"连接不上（{type(exc).__name__}）", action="请核对主机、端口和网络")


def _remote(name: str, found: asyncssh.SFTPAttrs, raw: bytes) -> Remote:
    mtime = found.mtime or 0
    changed_at = dt.datetime.fromtimestamp(mtime, tz=dt.UTC)
    return Remote(name, found.size, str(mtime), changed_at, raw)
