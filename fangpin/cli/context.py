"""What every command needs from outside: the county's folder, the time, who is at the keyboard.

Floor 5. Set once by the launcher; commands ask here.
"""

from __future__ import annotations

import datetime as dt
import getpass
import os
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fangpin.errors import UsageProblem
from fangpin.types import Period

if TYPE_CHECKING:
    from fangpin.pipeline.county import County

_HOME: ContextVar[Path | None] = ContextVar("home", default=None)
_ZONE = ZoneInfo("Asia/Shanghai")


def use_home(home: Path | None) -> None:
    """Remember the county's folder for this command."""
    _HOME.set(home)


def home() -> Path:
    """Return the county's folder.

    Raises: UsageProblem when neither option nor environment names it.
    """
    found = _HOME.get()
    if found is None:
        raise UsageProblem(
            "县库目录", "没有指定", expected="--home 目录", action="请加上 --home，或设置环境变量 FANGPIN_HOME"
        )
    return found.resolve()


def office_url() -> str | None:
    """Return the office store's address from the environment (it may hold a password), None for the default."""
    return os.environ.get("FANGPIN_OFFICE_URL") or None


def county() -> County:
    """Open the county of this command."""
    from fangpin.pipeline.county import open_county  # noqa: PLC0415 - a command that needs no county loads no store

    return open_county(home(), office_url=office_url())


def now() -> dt.datetime:
    """Return the present moment in the office's time zone."""
    return dt.datetime.now(_ZONE)


def login() -> str:
    """Return who is at the keyboard, for the records."""
    return getpass.getuser()


def month(text: str, *, option: str) -> Period:
    """Return a month given on the command line.

    Raises: UsageProblem when it is not YYYY-MM.
    """
    try:
        return Period.parse(text)
    except ValueError:
        raise UsageProblem(
            f"参数 {option}", f"收到“{text}”", expected="YYYY-MM，如 2024-03", action="请改正后重试"
        ) from None


def home_or_none() -> Path | None:
    """Return the county's folder when one was named: declarations can be checked without any."""
    found = _HOME.get()
    return None if found is None else found.resolve()
