"""Power cuts: an operation killed at a random moment and given again ends as if nothing had happened.

``make faults`` runs a hundred kills of each kind, the test suite a few (FANGPIN_KILLS). A failing trial prints its
operation and moment.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fangpin.demo import CountyPlan, write_county

KILLS = int(os.environ.get("FANGPIN_KILLS", "3"))
SEED = int(os.environ.get("FANGPIN_KILLS_SEED", "2024"))
COMMAND = [sys.executable, "-m", "fangpin"]


@dataclass(frozen=True, slots=True)
class Phase:
    """One operation of the undisturbed run: the folder before it, how long it took, the digest after it."""

    arguments: tuple[str, ...]
    before: Path
    seconds: float
    digest: dict[str, str]


def digest_of(home: Path) -> dict[str, str]:
    """Return the business digest of a county; every invariant must hold."""
    done = subprocess.run([*COMMAND, "--home", str(home), "verify", "--json"], capture_output=True, check=False)
    body = json.loads(done.stdout)
    assert body["ok"], [c for c in body["checks"] if not c["ok"]]
    return dict(body["digest"])


def run(home: Path, arguments: tuple[str, ...]) -> float:
    """Run a command to its end and return its seconds."""
    start = time.monotonic()
    subprocess.run([*COMMAND, "--home", str(home), *arguments], check=True, capture_output=True)
    return time.monotonic() - start


@pytest.fixture(scope="module")
def start_seconds() -> float:
    """Return how long a command takes before it does anything: kills earlier than that test nothing."""
    start = time.monotonic()
    subprocess.run([*COMMAND, "--version"], check=True, capture_output=True)
    return time.monotonic() - start


@pytest.fixture(scope="module")
def phases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Phase]]:
    """Take two months through undisturbed, and keep the folder before every operation."""
    folder = tmp_path_factory.mktemp("faults")
    write_county(CountyPlan(seed=3, people=1_200, months=2, townships=4), folder, processes=1)
    home = folder / "home"
    run(home, ("init", "--site", "huaxi"))
    kept = []
    for month in ("2024-01", "2024-02"):
        files = tuple(sorted(str(f) for f in (folder / "county" / month).iterdir()))
        for arguments in (("receive", *files), ("screen", month), ("dispatch", month)):
            kept.append(_phase(folder, home, arguments, number=len(kept)))
    last = sorted((folder / "county/2024-02").iterdir())
    corrections = [str(_corrected(file, folder / "corrected")) for file in last]
    kept.append(_phase(folder, home, ("receive", *corrections), number=len(kept)))
    yield kept
    shutil.rmtree(folder)


def _phase(folder: Path, home: Path, arguments: tuple[str, ...], *, number: int) -> Phase:
    before = folder / f"before-{number}"
    shutil.copytree(home, before)
    seconds = run(home, arguments)
    return Phase(arguments, before, seconds, digest_of(home))


def _corrected(file: Path, folder: Path) -> Path:
    """Return a file that says something else of the same month: a text file loses its last three lines."""
    folder.mkdir(exist_ok=True)
    if file.suffix != ".csv":
        return file
    lines = file.read_bytes().splitlines(keepends=True)
    (folder / file.name).write_bytes(b"".join(lines[:-3]))
    return folder / file.name


@pytest.mark.parametrize("trial", range(KILLS))
def test_a_killed_operation_given_again_ends_as_undisturbed(
    trial: int, phases: list[Phase], start_seconds: float, tmp_path: Path
) -> None:
    """SIGKILL of the command and its child at a random moment, then the same command: the same digest."""
    _kill_and_repeat(phases[trial % len(phases)], trial, start_seconds, tmp_path)


@pytest.mark.parametrize("trial", range(KILLS))
def test_a_killed_reception_given_again_ends_as_undisturbed(
    trial: int, phases: list[Phase], start_seconds: float, tmp_path: Path
) -> None:
    """SIGKILL while a month's files are received, read, conformed or landed, a month's corrections too."""
    receptions = [phase for phase in phases if phase.arguments[0] == "receive"]
    _kill_and_repeat(receptions[trial % len(receptions)], 10_000 + trial, start_seconds, tmp_path)


def _kill_and_repeat(phase: Phase, trial: int, start_seconds: float, tmp_path: Path) -> None:
    draw = random.Random(SEED * 1000 + trial)  # noqa: S311 - chooses a moment, guards nothing
    moment = draw.uniform(min(start_seconds, phase.seconds * 0.9), phase.seconds)
    home = tmp_path / "home"
    shutil.copytree(phase.before, home)

    process = subprocess.Popen(
        [*COMMAND, "--home", str(home), *phase.arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(moment)
    was_running = process.poll() is None
    if was_running:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    print(
        f"trial {trial}: {phase.arguments[0]} killed at {moment:.2f} s of {phase.seconds:.2f} s, running: {was_running}"
    )
    run(home, phase.arguments)

    assert digest_of(home) == phase.digest
