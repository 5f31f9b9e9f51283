"""What the reading child may not do: eat memory or time, write much, reach the network, outlive its parent.

Floor 3. Runs in the reading child, before it sees a file. The limits of memory, time and writing are certain; the
network is cut off where the system lets an ordinary process do so.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_M_ARENA_MAX = -8  # from malloc.h
_PR_SET_PDEATHSIG = 1  # from prctl.h
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # from sched.h
_WRITTEN_MAX = 2 * 1024**3  # one file of scratch


def confine(address_space: int) -> None:
    """Cap the process's address space and the files it writes, cut it off the network, tie it to its parent."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):  # glibc reserves 64 MB of address space for each thread unless told not to
        library.mallopt(_M_ARENA_MAX, 1)
    if hasattr(library, "prctl"):  # without its parent nobody would ever stop it
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if hasattr(library, "unshare"):
        # root may do without a namespace of users, in which it could no longer read other people's files
        library.unshare(_CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWUSER | _CLONE_NEWNET)
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_WRITTEN_MAX, _WRITTEN_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextmanager
def computing_at_most(seconds: float) -> Iterator[None]:
    """Let the process compute for so many seconds, rounded up to a whole one; the kernel ends it then."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    before = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime + seconds), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, before)
