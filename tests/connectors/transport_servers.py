"""Real servers that can be cut, hung, restarted and made to lie: a cable, an SFTP server, an HTTP server, MariaDB."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncssh
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PASSWORD = "Secret-of-the-Server"  # noqa: S105 - of servers that live for a test
TOKEN = "token-0123456789"  # noqa: S105 - the same
LONG_AGO = 1_700_000_000


class Cable:
    """A line to a server: each connection may be cut or fall silent after so many bytes from the server."""

    def __init__(self, upstream: tuple[str, int] | str) -> None:
        """Open a port of our own that leads to the server, by address or by socket file."""
        self.upstream = upstream
        self.plans: list[tuple[str, int]] = []  # ("cut" or "hang", bytes) for the next connections, in order
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Pull the plug on everything."""
        for one in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            plan, after = self.plans.pop(0) if self.plans else ("", 0)
            if isinstance(self.upstream, str):
                far = socket.socket(socket.AF_UNIX)
                far.connect(self.upstream)
            else:
                far = socket.create_connection(self.upstream)
            self._open += [near, far]
            threading.Thread(target=self._pump, args=(near, far, "", 0), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, plan, after), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, plan: str, after: int) -> None:
        moved = 0
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                moved += len(data)
                if plan and moved > after:
                    if plan == "hang":
                        return
                    for one in (source, target):  # a reset, as a pulled plug gives
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        one.shutdown(socket.SHUT_RDWR)
                        one.close()
                    return
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


class SftpServer:
    """An SFTP server over a folder; ``on_read`` may answer a read in the server's place."""

    def __init__(self, root: Path) -> None:
        """Start on a port of its own."""
        self.root = root
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.users: list[str] = []  # who got as far as saying a name
        self.passwords: list[str] = []
        self.reads = 0
        self.files: list[Any] = []  # opened for clients, some of whom never say goodbye
        self.on_read: Callable[[int], Any] | None = None
        self.user_key: asyncssh.SSHKey | None = None
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.start()

    @property
    def host_key(self) -> str:
        """The server's public key as it stands in known_hosts."""
        return " ".join(self.key.export_public_key().decode().split()[:2])

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._acceptor = self._do(self._listen())
        self.port = self._acceptor.get_port()

    def stop(self) -> None:
        """Stop listening and break every connection."""

        async def stopped() -> None:
            self._acceptor.close()
            await self._acceptor.wait_closed()

        self._do(stopped())

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._do(_all_done())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for opened in self.files:
            opened.close()
        self._loop.close()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        outer = self

        class Door(asyncssh.SSHServer):
            def begin_auth(self, username: str) -> bool:
                outer.users.append(username)
                return True

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:  # noqa: ARG002 - asyncssh's signature
                outer.passwords.append(password)
                return password == PASSWORD

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002 - the same
                return key == outer.user_key

        class Files(asyncssh.SFTPServer):
            def __init__(self, chan: Any) -> None:
                super().__init__(chan, chroot=os.fsencode(outer.root))

            def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
                opened = super().open(path, pflags, attrs)
                outer.files.append(opened)
                return opened

            def read(self, file_obj: Any, offset: int, size: int) -> Any:
                outer.reads += 1
                answered = None if outer.on_read is None else outer.on_read(offset)
                return super().read(file_obj, offset, size) if answered is None else answered

        return await asyncssh.listen(
            "127.0.0.1", self.port, server_host_keys=[self.key], server_factory=Door, sftp_factory=Files
        )

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


async def _all_done() -> None:
    """Break off whatever a loop still does."""
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)


class WebServer:
    """An HTTP(S) server; ``answers`` maps a path to a function that writes the answer."""

    def __init__(self, certificate: Path | None = None) -> None:
        """Start on a port of its own, with TLS when a certificate is given."""
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[str] = []
        self.tokens: list[str | None] = []
        self.certificate = certificate
        self.port = 0
        self.start()

    def start(self) -> None:
        """Listen, on the same port as before."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked.append(self.path)
                outer.tokens.append(self.headers.get("Authorization"))
                with contextlib.suppress(OSError):
                    outer.answers[self.path.partition("?")[0]](self)

            def log_message(self, *_: Any) -> None:
                """Keep silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        if self.certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self.certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that distrusts us
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def say(self, path: str, body: bytes, *, status: int = 200, **headers: str) -> None:
        """Let a path answer with these bytes; a header given as empty is left out."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            told = {"Content-Length": str(len(body)), "Content-Type": "application/json"}
            for name, value in (told | {k.replace("_", "-"): v for k, v in headers.items()}).items():
                if value:
                    request.send_header(name, value)
            request.end_headers()
            request.wfile.write(body)
            if headers.get("Content_Length") is not None:  # a length of our own: the end is the end of the line
                request.close_connection = True

        self.answers[path] = answer


def self_signed(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 with its key into one file and return it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fangpin test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = folder / "server.pem"
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(encoding))
    return path


class MariaDb:
    """A MariaDB server with a database, a reader's account and one of its own to write with."""

    def __init__(self, folder: Path) -> None:
        """Make the data folder and start."""
        self.folder = folder
        self.socket = str(folder / "sock")
        install = ["mariadb-install-db", "--no-defaults", f"--datadir={folder / 'data'}", "--user=root"]
        quick = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        subprocess.run([*install, *quick], check=True, capture_output=True, timeout=60)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start and wait until it answers."""
        program = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
        options = [f"--datadir={self.folder / 'data'}", f"--socket={self.socket}", f"--tmpdir={self.folder}"]
        small = ["--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "--no-defaults", *options, *small, "--user=root"], stdout=subprocess.DEVNULL, stderr=log
            )
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            with contextlib.suppress(OSError), contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
                probe.connect(self.socket)
                return
            time.sleep(0.05)
        raise TimeoutError((self.folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:])

    def kill(self) -> None:
        """Stop it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def url(self, user: str, password: str, *, port: int | None = None) -> str:
        """Return the address of the database, by its socket or through a cable's port."""
        if port is None:
            return f"mysql+pymysql://{user}:{password}@/office?unix_socket={self.socket}"
        return f"mysql+pymysql://{user}:{password}@127.0.0.1:{port}/office"


@contextlib.contextmanager
def mariadb_server() -> Iterator[MariaDb]:
    """Give a running MariaDB in a folder of its own; the folder's path is short, as a socket's must be."""
    folder = Path(tempfile.mkdtemp(prefix="fangpin-my-"))
    try:
        server = MariaDb(folder)
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
