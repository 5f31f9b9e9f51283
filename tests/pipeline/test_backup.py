"""A copy of the county: whole or absent, taking the room of what is new, and good for starting again elsewhere."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from fangpin.errors import Busy, NeedsDecision, NotFound, StoreDamaged
from fangpin.pipeline import backup as module
from fangpin.pipeline.backup import backup
from fangpin.pipeline.checking import rebuild, verify
from fangpin.pipeline.county import County, create_county, open_county
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.screening import screen
from fangpin.pipeline.tasking import dispatch_month
from fangpin.store.batches import register_original
from fangpin.store.digest import office_digest
from fangpin.types import Period

NOW = dt.datetime(2024, 5, 6, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
MINUTE = dt.timedelta(minutes=1)


def no_progress(_title: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def keep(county: County, content: bytes) -> Path:
    """Keep a delivered file and return where it lies."""
    given = county.home / "given"
    given.write_bytes(content)
    kept = county.originals.keep(given)
    with county.office.write() as connection:
        register_original(connection, kept.sha256, file_name="来件.csv", size_bytes=kept.size_bytes, now=NOW, by="甲")
    return county.originals.path(kept.sha256)


def test_a_copy_starts_the_county_again_elsewhere(county: County, invented: Path, tmp_path: Path) -> None:
    """Copied to another folder and rebuilt, it verifies with the digest of the day it was made."""
    with Intake(county) as intake:
        for file in (invented / "county" / "2024-01").iterdir():
            if "农户" in file.name or "收支" in file.name:
                intake.receive(file, now=NOW, by="甲")
    screen(county, Period(2024, 1), now=NOW, by="甲", progress=no_progress)
    dispatch_month(county, Period(2024, 1), now=NOW, by="甲")
    made = backup(county, tmp_path / "backups", now=NOW)
    before = verify(county, progress=no_progress)
    shutil.rmtree(county.home)
    shutil.copytree(made.path, county.home)
    restored = open_county(county.home, office_url=None)
    months = rebuild(restored, now=NOW, by="甲", progress=no_progress)
    after = verify(restored, progress=no_progress)
    restored.close()

    assert months == [(Period(2024, 1), True)]
    assert (after.ok, after.digest) == (True, before.digest)


def test_a_copy_holds_what_cannot_be_made_again(county: County, tmp_path: Path) -> None:
    """Office store, declarations, originals and task workbooks, each with its hash; nothing of the warehouse."""
    original = keep(county, b"a")
    for name in ("config/sources/x.toml", "tasks/2024-01/t.xlsx", "warehouse/runs/r", "scratch/s"):
        (county.home / name).parent.mkdir(parents=True, exist_ok=True)
        (county.home / name).write_bytes(b"b")
    made = backup(county, tmp_path / "backups", now=NOW)
    files = {str(p.relative_to(made.path)): p for p in made.path.rglob("*") if p.is_file()}
    manifest = json.loads(files.pop("manifest.json").read_text(encoding="utf-8"))

    place = f"originals/{original.name[:2]}/{original.name}"
    assert set(files) == {"office.db", place, "config/sources/x.toml", "tasks/2024-01/t.xlsx"}
    assert {name: hashlib.sha256(p.read_bytes()).hexdigest() for name, p in files.items()} == {
        name: told["sha256"] for name, told in manifest["files"].items()
    }
    assert (manifest["site"], made.path.name) == ("huaxi", "20240506-090000")
    assert {oct(p.stat().st_mode & 0o777) for p in made.path.rglob("*")} == {"0o600", "0o700"}


def test_an_original_lies_once_however_often_it_is_copied(county: County, tmp_path: Path) -> None:
    """The next copy holds only what is new; a copy removed takes nothing from those that stay."""
    keep(county, b"a")
    backup(county, tmp_path / "backups", now=NOW)
    new = keep(county, b"b")
    second = backup(county, tmp_path / "backups", now=NOW + MINUTE)
    third = backup(county, tmp_path / "backups", now=NOW + 2 * MINUTE, keep=2)
    left = sorted(p.name for p in (tmp_path / "backups").iterdir() if not p.name.startswith("."))

    assert (second.files, second.new, third.new, third.removed) == (3, 2, 1, 1)
    assert left == ["20240506-090100", "20240506-090200"]
    assert (third.path / "originals" / new.name[:2] / new.name).stat().st_nlink == 2
    assert (third.path / "originals" / new.name[:2] / new.name).read_bytes() == b"b"


def test_the_county_writes_on_while_it_is_copied(county: County, tmp_path: Path) -> None:
    """A writer does not stop the copy, nor stand half in it."""
    with county.office.write() as connection:
        register_original(connection, "0" * 64, file_name="x", size_bytes=1, now=NOW, by="甲")
        made = backup(county, tmp_path / "backups", now=NOW)
    engine = create_engine(f"sqlite:///{made.path / 'office.db'}")
    with engine.connect() as connection:
        found = connection.execute(text("select count(*) from original")).scalar()
    engine.dispose()

    assert found == 0


@pytest.mark.parametrize(("change", "words"), [("gone", "不在"), ("changed", "内容已变")])
def test_a_damaged_original_stops_the_copy(change: str, words: str, county: County, tmp_path: Path) -> None:
    """What would not help anybody is not called a copy; what was left aside goes with the next one."""
    original = keep(county, b"a")
    original.unlink() if change == "gone" else original.write_bytes(b"c")
    with pytest.raises(StoreDamaged, match=words):
        backup(county, tmp_path / "backups", now=NOW)
    left = [p.name for p in (tmp_path / "backups").iterdir() if p.is_dir()]
    original.write_bytes(b"a")
    made = backup(county, tmp_path / "backups", now=NOW)

    assert left == [".20240506-090000.part"]
    assert [p for p in (tmp_path / "backups").iterdir() if p.is_dir()] == [made.path]


def test_one_copy_at_a_time(county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one to the same place is told to wait, and a second one of the same second is none."""

    def meanwhile(*_: Any) -> Path:
        backup(county, tmp_path / "backups", now=NOW + MINUTE)
        raise AssertionError

    with monkeypatch.context() as patched:
        patched.setattr(module, "write_snapshot", meanwhile)
        with pytest.raises(Busy, match="另一份备份"):
            backup(county, tmp_path / "backups", now=NOW)
    backup(county, tmp_path / "backups", now=NOW)

    with pytest.raises(NeedsDecision, match="已有一份"):
        backup(county, tmp_path / "backups", now=NOW)


def tools_of(engine: Engine) -> Path:
    """Return the folder of the server's own programs: a dump is made by the server's version."""
    with engine.connect() as connection:
        folder = connection.execute(text("select setting from pg_config where name = 'BINDIR'")).scalar_one()
    return Path(str(folder))


def test_postgresql_is_dumped_and_restored(
    postgresql_url: str, empty_postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dump restored into an empty database says the same."""
    county = create_county(tmp_path / "home", "huaxi", office_url=postgresql_url, now=NOW)
    tools = tools_of(county.office.engine)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    keep(county, b"a")
    made = backup(county, tmp_path / "backups", now=NOW)
    with county.office.read() as connection:
        before = office_digest(connection)
    county.close()
    target = empty_postgresql_url.replace("postgresql+psycopg", "postgresql")
    dump = made.path / "office.dump"
    subprocess.run([tools / "pg_restore", "--no-owner", f"--dbname={target}", dump], check=True, capture_output=True)
    restored = open_county(county.home, office_url=empty_postgresql_url)
    with restored.office.read() as connection:
        after = office_digest(connection)
    restored.close()

    assert after == before


def test_without_pg_dump_the_user_is_told(postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names what to install; no copy is left."""
    county = create_county(tmp_path / "home", "huaxi", office_url=postgresql_url, now=NOW)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotFound, match="没有 pg_dump"):
        backup(county, tmp_path / "backups", now=NOW)
    county.close()

    assert not [p for p in (tmp_path / "backups").iterdir() if p.name.startswith("2024")]
