"""Power cuts: an operation killed at a random moment and given again ends as if nothing had happened.

``make faults`` runs fifty kills, the test suite a few (FANGPIN_KILLS). A failing trial prints its operation and moment.
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

KILLS = int(os.environ.get("FANGPIN_KILLS", "4"))
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
            before = folder / f"before-{len(kept)}"
            shutil.copytree(home, before)
            seconds = run(home, arguments)
            kept.append(Phase(arguments, before, seconds, digest_of(home)))
    yield kept
    shutil.rmtree(folder)


@pytest.mark.parametrize("trial", range(KILLS))
def test_a_killed_operation_given_again_ends_as_undisturbed(
    trial: int, phases: list[Phase], start_seconds: float, tmp_path: Path
) -> None:
    """SIGKILL of the command and its child at a random moment, then the same command: the same digest."""
    draw = random.Random(SEED * 1000 + trial)  # noqa: S311 - chooses a moment, guards nothing
    phase = phases[trial % len(phases)]
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
