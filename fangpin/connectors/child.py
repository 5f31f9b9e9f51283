"""The reading child as its parent sees it: a process that is asked for one file and answers in lines of JSON.

Floor 3. Nothing a child says is ever run. It gets no secrets: of the environment only what Python needs.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

_PIECE = 65536
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "LANG", "LC_ALL", "TMPDIR")
# Every thread and every arena of an allocator reserves address space, which is what is limited.
_SPARING = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost."""

    seconds: float = 50.0  # without a sign of life
    cpu_seconds: float = 120.0  # of computing, signs of life or not
    memory_bytes: int = 1536 * 1024**2  # address space
    file_bytes: int = 4 * 1024**3


class ChildDied(Exception):
    """The child is gone before its last answer."""


class Child:
    """A process that reads files one at a time."""

    def __init__(self, limits: Limits) -> None:
        """Start the process; it need not be waited for."""
        self._limits = limits
        self._lines: deque[bytes] = deque()
        self._rest = b""
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell, no word of the user
            [sys.executable, "-m", "fangpin.connectors.parse", str(limits.memory_bytes), str(limits.cpu_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            stderr=subprocess.DEVNULL,  # a parser that panics prints the text it stumbled over
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | _SPARING,
        )

    def ask(self, request: dict[str, str]) -> None:
        """Send a request; its answers are to be taken until one is final.

        Raises: ChildDied.
        """
        if self._process.stdin is None:
            raise ChildDied
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
        except BrokenPipeError as exc:
            raise ChildDied from exc

    def answer(self) -> dict[str, Any]:
        """Wait for the next line of the answer.

        Raises: TimeoutError with the limit of seconds that was passed, ChildDied.
        """
        if self._process.stdout is None:
            raise ChildDied
        give_up = time.monotonic() + self._limits.seconds
        while not self._lines:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, give_up - time.monotonic()))
            if not ready:
                raise TimeoutError(self._limits.seconds)
            piece = os.read(self._process.stdout.fileno(), _PIECE)
            if not piece:
                if self._process.wait() == -signal.SIGXCPU:
                    raise TimeoutError(self._limits.cpu_seconds)
                raise ChildDied
            *whole, self._rest = (self._rest + piece).split(b"\n")
            self._lines.extend(whole)
        return dict(json.loads(self._lines.popleft()))

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()  # a child that hangs in a parser hears nothing else
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
