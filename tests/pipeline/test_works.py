"""What scheduled jobs do: each work by its own operation, with one sentence of what came of it."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fangpin.config.connections import Connection
from fangpin.config.site_models import Job
from fangpin.errors import StoreDamaged, TransportFailed
from fangpin.pipeline import works
from fangpin.pipeline.checking import Verified
from fangpin.pipeline.county import County
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.jobs import Turn
from fangpin.pipeline.works import do
from fangpin.store.verify import Check

NOW = dt.datetime(2024, 6, 14, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def turn(county: County, work: str, period: str = "2024-01", *, overtaken: bool = False, **job: Any) -> Turn:
    """Return a turn of a job."""
    told = Job.model_validate({"id": work, "work": work} | job)
    return Turn(told, period, NOW, overtaken, county.home / "backups")


def with_connections(county: County, **folders: Path) -> County:
    """Return the county with watched folders, by connection id."""
    declared = {
        name: Connection.model_validate(
            {
                "id": name,
                "title": name,
                "attempts": 1,
                "transport": {"kind": "folder", "path": str(path), "settled_seconds": 0},
            }
        )
        for name, path in folders.items()
    }
    return replace(county, declared=replace(county.declared, connections=declared))


def test_a_month_goes_its_way(county: County, invented: Path) -> None:
    """Screened, dispatched, checked, copied; an old month that was screened is not screened again."""
    with Intake(county) as intake:
        for file in (invented / "county" / "2024-01").iterdir():
            if "农户" in file.name or "收支" in file.name:
                intake.receive(file, now=NOW, by="甲")
    screened = do(county, turn(county, "screen"))
    told = [do(county, turn(county, work)) for work in ("dispatch", "rebuild_check", "backup")]
    again = do(county, turn(county, "screen", overtaken=True))

    assert screened.startswith("2024年1月线索 ")
    assert "缺少低保特困对象花名册" in screened
    assert told[0].startswith("2024年1月新交办 ")
    assert told[1] == "各项不变量成立，各月结果与重新计算的一致"
    assert told[2].startswith("已备份到 20240614-090000：")
    assert again == "2024年1月此前已筛查，之后的月份也已到期，不再重筛"


def test_pulling_takes_what_the_channels_hold(county: County, invented: Path, tmp_path: Path) -> None:
    """Every channel of the county, or those of the job's source; without any there is nothing to do."""
    folder = tmp_path / "outbox"
    folder.mkdir()
    register = next(f for f in (invented / "county" / "2024-01").iterdir() if "农户" in f.name)
    shutil.copy(register, folder)
    none = do(county, turn(county, "pull"))
    connected = with_connections(county, outbox=folder)
    taken = [do(connected, turn(connected, "pull", "2024-06-14", every="day")) for _ in range(2)]
    other = do(connected, turn(connected, "pull", source="dibao_roster"))

    assert none == other == "没有声明取数通道，无需取数"
    assert taken == ["1 个通道已取数，新收 1 份", "1 个通道已取数，没有新文件"]


def test_a_channel_that_fails_is_tried_again(county: County, tmp_path: Path) -> None:
    """The others are pulled all the same; the attempt has failed."""
    (tmp_path / "there").mkdir()
    connected = with_connections(county, there=tmp_path / "there", gone=tmp_path / "gone")

    with pytest.raises(TransportFailed, match="2 个通道中有 1 个未取成"):
        do(connected, turn(connected, "pull"))


def test_reminding_says_how_many_letters_it_wrote(county: County) -> None:
    """The second time of a day there is nothing new."""
    told = [do(county, turn(county, "remind", "2024-06-14", every="day")) for _ in range(2)]

    assert told[0].startswith("新写催报函 ")
    assert told[1] == "没有新的逾期数据"


def test_a_county_that_contradicts_itself_is_told(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the invariants."""
    wrong = Verified((Check("I4", ok=False, sentence="", count=1), Check("I1", ok=True, sentence="", count=0)), {})
    monkeypatch.setattr(works, "verify", lambda *_, **__: wrong)

    with pytest.raises(StoreDamaged, match="不变量 I4 不成立"):
        do(county, turn(county, "rebuild_check"))
