"""The history of the registers kept as Parquet, by recipe; disposable like everything in the warehouse.

Floor 3. A history is a folder of frames, published whole or not at all; of older ones only the last few stay.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

import polars as pl

from fangpin.matching.history import PAST, History
from fangpin.store.files import private_folder, publish_folder

_MONTHS: Final = "months.json"
_KEPT: Final = 3  # a reader may be in the one before, and a correction may go back to it


def read_history(folder: Path) -> History | None:
    """Return the history that lies in a folder, None when there is none."""
    if not folder.exists():
        return None
    return History(
        months=tuple(json.loads((folder / _MONTHS).read_text(encoding="utf-8"))),
        lives=pl.read_parquet(folder / "lives.parquet"),
        homes=pl.read_parquet(folder / "homes.parquet"),
        past={name: pl.read_parquet(folder / f"past_{name}.parquet") for name in PAST},
        events=pl.read_parquet(folder / "events.parquet"),
    )


def write_history(history: History, folder: Path, *, aside: Path) -> None:
    """Keep a history in its folder, written first in ``aside`` on the same disk; forget all but the newest few."""
    private_folder(aside)
    now = {"lives": history.lives, "homes": history.homes, "events": history.events}
    for name, frame in (now | {f"past_{name}": over for name, over in history.past.items()}).items():
        frame.write_parquet(aside / f"{name}.parquet", compression="zstd", compression_level=1)
    (aside / _MONTHS).write_text(json.dumps(history.months), encoding="utf-8")
    private_folder(folder.parent)
    publish_folder(aside, folder)
    kept = sorted(folder.parent.iterdir(), key=lambda place: place.stat().st_mtime, reverse=True)
    for old in kept[_KEPT:]:
        shutil.rmtree(old)
