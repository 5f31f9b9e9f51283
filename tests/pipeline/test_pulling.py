"""Pulling from real servers into a county: nothing twice, nothing lost, one channel's trouble is its own."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from toys import CHILD, MAN, WOMAN
from transport_servers import LONG_AGO, PASSWORD, TOKEN, SftpServer, WebServer

from fangpin.cli.context import use_home
from fangpin.cli.pulling import channels as channels_command
from fangpin.cli.pulling import pull as pull_command
from fangpin.connectors.transports.choose import Outside
from fangpin.errors import Busy, FangpinError, NotFound, TransportFailed
from fangpin.pipeline import pulling
from fangpin.pipeline.county import County, create_county, open_county
from fangpin.pipeline.pulling import ChannelState, Pulled, channel_states, pull
from fangpin.store.batches import batches
from fangpin.store.channels import Outcome, taken_of
from fangpin.types import Period

NOW = dt.datetime(2024, 4, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
BY = "测试"
PEOPLE = (("甲一", MAN), ("乙二", WOMAN), ("丙三", CHILD))
Connected = Callable[..., County]


def _roster(people: tuple[tuple[str, str], ...] = PEOPLE, *, amount: int = 430) -> str:
    rows = [f"{n},{name},{number},农村低保,{amount}" for n, (name, number) in enumerate(people, 1)]
    return "\n".join(["序号,姓名,身份证号,低保类别,月保障金额", *rows, ""])


def _outside(**environ: str) -> Outside:
    """Return an outside whose clock is a day ahead, so that files lie settled, and that waits for nothing."""
    return Outside({**os.environ, **environ}, lambda: time.time() + 86_400, 0, 0, 0)


OUTSIDE = _outside(SFTP_PASSWORD=PASSWORD, API_TOKEN=TOKEN)


def _pull(county: County, *ids: str, outside: Outside = OUTSIDE, **differing: object) -> tuple[Pulled, ...]:
    return pull(county, ids, **{"now": NOW, "by": BY, "outside": outside} | differing)  # type: ignore[arg-type]


def _outcomes(pulled: Pulled) -> dict[str, Outcome]:
    return {brought.name: brought.outcome for brought in pulled.brought}


@pytest.fixture
def connected(tmp_path: Path) -> Iterator[Connected]:
    """Return a function that opens a county with these connections, each the body of its declaration."""
    opened: list[County] = []

    def make(**declared: str) -> County:
        home = tmp_path / "home"
        create_county(home, "huaxi", office_url=None, now=NOW).close()
        folder = home / "config" / "connections"
        folder.mkdir(parents=True, exist_ok=True)
        for name, body in declared.items():
            (folder / f"{name}.toml").write_text(f'id = "{name}"\nattempts = 2\n{body}', encoding="utf-8")
        opened.append(open_county(home, office_url=None))
        return opened[-1]

    yield make
    for county in opened:
        county.close()


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    """Return a folder that a department fills."""
    folder = tmp_path / "outbox"
    folder.mkdir()
    return folder


def _folder(path: Path) -> str:
    return f'title = "民政目录"\n[transport]\nkind = "folder"\npath = "{path}"\n'


def _sftp(server: SftpServer) -> str:
    body = (
        'title = "民政SFTP"\nsource = "dibao_roster"\n[transport]\nkind = "sftp"\nhost = "127.0.0.1"\nuser = "fupin"\n'
    )
    return body + f'port = {server.port}\nhost_key = "{server.host_key}"\npassword_env = "SFTP_PASSWORD"\n'


def _http(server: WebServer) -> str:
    body = 'title = "低保接口"\nsource = "dibao_roster"\ntimeout_seconds = 5\n[transport]\nkind = "http"\n'
    return (
        body
        + f'plain_http = true\nurl = "http://127.0.0.1:{server.port}/dibao?month={{period}}"\ntoken_env = "API_TOKEN"\n'
    )


SQL = """title = "低保库"
source = "dibao_roster"
[transport]
kind = "sql"
address_env = "OFFICE_DB"
query = "select 姓名, 身份证号, 低保类别, 月保障金额 from 低保 where 月份 = :period"
"""


def _say_records(server: WebServer, *, amount: int = 430) -> None:
    records = [{"姓名": n, "身份证号": i, "低保类别": "农村低保", "月保障金额": amount} for n, i in PEOPLE]
    server.say("/dibao", json.dumps({"data": records}, ensure_ascii=False).encode())


def _effect(county: County) -> list[tuple[str, str, int]]:
    """Return source, month and accepted rows of the batches in effect."""
    with county.office.read() as connection:
        landed = batches(connection).filter(pl.col("state") == "landed")
    return landed.select("source_id", "period", "accepted").sort("period").rows()


def test_a_folder_s_files_are_received_once(connected: Connected, outbox: Path) -> None:
    """Good files land, a bad one is refused, half a file waits; the second pull takes nothing."""
    (outbox / "低保名单2024年2月.csv").write_text(_roster(), encoding="utf-8")
    (outbox / "低保名单2024年3月.csv").write_text(_roster(amount=450), encoding="utf-8")
    (outbox / "会议通知2024年3月.csv").write_text("通知\n明天开会\n", encoding="utf-8")
    (outbox / "低保名单2024年4月.csv.part").write_text("姓名", encoding="utf-8")
    county = connected(minzheng=_folder(outbox))
    (first,) = _pull(county)
    (second,) = _pull(county)

    assert _outcomes(first) == {
        "低保名单2024年2月.csv": Outcome.RECEIVED,
        "低保名单2024年3月.csv": Outcome.RECEIVED,
        "会议通知2024年3月.csv": Outcome.REFUSED,
    }
    assert (first.left, first.failure) == ({"低保名单2024年4月.csv.part": "还没有传完"}, None)
    assert (second.brought, second.failure) == ([], None)
    assert _effect(county) == [("dibao_roster", "2024-02", 3), ("dibao_roster", "2024-03", 3)]
    assert len(list(outbox.iterdir())) == 4  # what is not ours is left where it is


def test_a_refused_file_is_taken_again_when_asked_or_changed(connected: Connected, outbox: Path) -> None:
    """After its declaration was mended, or the department laid out a better one."""
    bad = outbox / "低保名单2024年3月.csv"
    bad.write_text("姓名,身份证号\n甲一,1\n", encoding="utf-8")
    county = connected(minzheng=_folder(outbox))
    outcomes = [_outcomes(_pull(county, again=again)[0]) for again in (False, False, True)]
    bad.write_text(_roster(), encoding="utf-8")
    outcomes.append(_outcomes(_pull(county)[0]))
    with county.office.read() as connection:
        known = taken_of(connection, "minzheng").select("outcome").to_series().to_list()

    refused, received = {bad.name: Outcome.REFUSED}, {bad.name: Outcome.RECEIVED}
    assert outcomes == [refused, {}, refused, received]
    assert known == ["refused", "received"]


def test_a_part_of_a_month_is_held_and_the_next_file_goes_on(connected: Connected, outbox: Path) -> None:
    """What waits for a person does not stop the file behind it."""
    county = connected(minzheng=_folder(outbox))
    (outbox / "低保名单2024年3月.csv").write_text(_roster(), encoding="utf-8")
    _pull(county)
    (outbox / "低保名单2024年3月更正.csv").write_text(_roster(PEOPLE[:1]), encoding="utf-8")
    (outbox / "低保名单2024年4月.csv").write_text(_roster(amount=450), encoding="utf-8")
    (pulled,) = _pull(county)
    with county.office.read() as connection:
        told = taken_of(connection, "minzheng").filter(pl.col("outcome") == "held")["sentence"].to_list()

    assert _outcomes(pulled) == {
        "低保名单2024年3月更正.csv": Outcome.HELD,
        "低保名单2024年4月.csv": Outcome.RECEIVED,
    }
    assert len(told) == 1
    assert told[0]


def test_interfaces_and_databases_are_asked_for_the_month(
    connected: Connected, web_server: WebServer, sftp_server: SftpServer, tmp_path: Path
) -> None:
    """Three ways in for one county; the same content again, by whatever way, is known."""
    _say_records(web_server)
    served = sftp_server.root / "低保名单2024年1月.csv"
    served.write_text(_roster(), encoding="utf-8")
    os.utime(served, (LONG_AGO, LONG_AGO))
    with sqlite3.connect(tmp_path / "office.db") as office:
        office.execute("create table 低保 (姓名, 身份证号, 低保类别, 月保障金额, 月份)")
        rows = [(name, number, "农村低保", "410", "2024-02") for name, number in PEOPLE]
        office.executemany("insert into 低保 values (?, ?, ?, ?, ?)", rows)
    office.close()
    county = connected(jiekou=_http(web_server), ku=SQL, sftp=_sftp(sftp_server))
    outside = _outside(SFTP_PASSWORD=PASSWORD, API_TOKEN=TOKEN, OFFICE_DB=f"sqlite:///{tmp_path}/office.db")
    first = [
        *_pull(county, "jiekou", "sftp", outside=outside),
        *_pull(county, "ku", period=Period(2024, 2), outside=outside),
    ]
    (known,) = _pull(county, "jiekou", outside=outside)
    (empty,) = _pull(county, "ku", outside=outside)

    assert [_outcomes(p) for p in first] == [
        {"低保接口_2024年03月.csv": Outcome.RECEIVED},
        {"低保名单2024年1月.csv": Outcome.RECEIVED},
        {"低保库_2024年02月.csv": Outcome.RECEIVED},
    ]
    assert web_server.asked == ["/dibao?month=2024-03"] * 2
    assert _outcomes(known) == {"低保接口_2024年03月.csv": Outcome.KNOWN}
    assert (empty.brought, empty.failure) == ([], None)
    assert _effect(county) == [("dibao_roster", f"2024-0{month}", 3) for month in (1, 2, 3)]


def test_a_channel_s_failures_are_counted_until_it_works(
    connected: Connected, web_server: WebServer, outbox: Path
) -> None:
    """One that fails stops no other; its health says since when, how often and why."""
    (outbox / "低保名单2024年2月.csv").write_text(_roster(), encoding="utf-8")
    web_server.say("/dibao", b"{}", status=500)
    county = connected(jiekou=_http(web_server), minzheng=_folder(outbox))
    never = channel_states(county)[0]
    pulls = [_pull(county, now=NOW + dt.timedelta(hours=hour)) for hour in (0, 1)]
    failing = channel_states(county)
    _say_records(web_server)
    _pull(county, now=NOW + dt.timedelta(hours=2))
    working = channel_states(county)[0]

    sentence = "取数通道 低保接口：对方服务出错（500）；请与对方核实服务是否正常，稍后会再取。"
    usual = ("jiekou", "低保接口", "接口", "低保特困对象花名册")
    later = NOW + dt.timedelta(hours=1)
    assert never == ChannelState(*usual, None, None, 0, None)
    assert [[p.failure and p.failure.sentence for p in both] for both in pulls] == [[sentence, None]] * 2
    assert _outcomes(pulls[0][1]) == {"低保名单2024年2月.csv": Outcome.RECEIVED}
    assert failing[0] == ChannelState(*usual, later, None, 2, sentence)
    assert (failing[1].worked_at, failing[1].failures) == (later, 0)
    assert working == ChannelState(*usual, NOW + dt.timedelta(hours=2), NOW + dt.timedelta(hours=2), 0, None)


def test_an_interface_that_gives_another_month_is_refused(connected: Connected, web_server: WebServer) -> None:
    """Its rows say February, and March was asked for: nobody guesses."""
    records = [{"统计月份": "2024-02", "姓名": n, "身份证号": i, "低保类别": "农村低保"} for n, i in PEOPLE]
    web_server.say("/dibao", json.dumps({"data": records}, ensure_ascii=False).encode())
    county = connected(jiekou=_http(web_server))
    (pulled,) = _pull(county)

    assert _outcomes(pulled) == {"低保接口_2024年03月.csv": Outcome.REFUSED}
    assert "月份不一致" in (pulled.brought[0].sentence or "")
    assert _effect(county) == []


def test_a_pull_that_ended_before_it_was_written_down_goes_on(
    connected: Connected, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between landing and the record of it: the next pull finds the file known, and one batch."""
    (outbox / "低保名单2024年3月.csv").write_text(_roster(), encoding="utf-8")
    county = connected(minzheng=_folder(outbox))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pulling, "record_taken", killed)
        with pytest.raises(KeyboardInterrupt):
            _pull(county)
    (pulled,) = _pull(county)

    assert _outcomes(pulled) == {"低保名单2024年3月.csv": Outcome.KNOWN}
    assert _effect(county) == [("dibao_roster", "2024-03", 3)]


_PULLING = """
import datetime as dt, sys
from pathlib import Path
from fangpin.pipeline.county import open_county
from fangpin.pipeline.pulling import pull
pull(open_county(Path(sys.argv[1]), office_url=None), now=dt.datetime.now(dt.UTC), by="测试")
"""


def test_a_pull_killed_in_the_middle_of_a_file_leaves_no_part_of_it(
    connected: Connected, web_server: WebServer
) -> None:
    """A real process, really killed while the other side is silent; nothing of it is received."""
    body = _http(web_server).replace('kind = "http"', 'kind = "http"\nanswer = "file"').replace("= 5\n", "= 60\n")
    county = connected(jiekou=body)
    begun: list[float] = []

    def answer(request: object) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000000")
        request.end_headers()
        request.wfile.write(_roster().encode())
        request.wfile.flush()
        begun.append(time.monotonic())
        time.sleep(30)

    web_server.answers["/dibao"] = answer
    command = [sys.executable, "-c", _PULLING, str(county.home)]
    with subprocess.Popen(command, env={**os.environ, "API_TOKEN": TOKEN}) as process:
        give_up = time.monotonic() + 40
        while not begun and time.monotonic() < give_up:
            time.sleep(0.05)
        time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
    left = list((county.home / "pulls" / "jiekou").iterdir())
    _say_records(web_server)
    web_server.say("/dibao", _roster().encode(), Content_Type="text/csv")
    (pulled,) = _pull(county)

    assert [path.name for path in left] == [".aside"]
    assert _outcomes(pulled) == {"低保接口_2024年03月.csv": Outcome.RECEIVED}
    assert _effect(county) == [("dibao_roster", "2024-03", 3)]
    assert list((county.home / "pulls" / "jiekou").iterdir()) == []


def test_two_pulls_of_one_connection_do_not_meet(connected: Connected, outbox: Path) -> None:
    """The second says that another is at it, and the channel's health does not suffer."""
    county = connected(minzheng=_folder(outbox))
    _pull(county)
    with (county.home / "pulls" / "minzheng.lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        (pulled,) = _pull(county, now=NOW + dt.timedelta(hours=1))

    assert isinstance(pulled.failure, Busy)
    assert pulled.failure.sentence == "取数通道 民政目录：另一个进程正在取；请等它完成。"
    assert (channel_states(county)[0].tried_at, channel_states(county)[0].failures) == (NOW, 0)


def test_an_undeclared_connection_says_which_there_are(connected: Connected, outbox: Path) -> None:
    """Nothing is pulled when one of the names is wrong."""
    county = connected(minzheng=_folder(outbox))

    with pytest.raises(NotFound) as missing:
        _pull(county, "minzheng", "yibao")
    assert missing.value.sentence == "取数通道：收到“yibao”；应为minzheng。"


def test_no_secret_is_kept_or_told(
    connected: Connected, web_server: WebServer, sftp_server: SftpServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the county's folder, nor a sentence, nor a log holds the password, the token or the address."""
    _say_records(web_server)
    county = connected(jiekou=_http(web_server), ku=SQL, sftp=_sftp(sftp_server))
    environ = {
        "API_TOKEN": TOKEN,
        "SFTP_PASSWORD": PASSWORD,
        "OFFICE_DB": f"mysql+pymysql://u:{PASSWORD}@127.0.0.1:9/x",
    }
    outside = _outside(**environ)
    with caplog.at_level(logging.DEBUG):
        pulls = [*_pull(county, outside=outside)]
        web_server.say("/dibao", b"", status=401)
        pulls += _pull(county, "jiekou", outside=outside)
    sentences = [p.failure.sentence for p in pulls if p.failure is not None]
    kept = b"".join(path.read_bytes() for path in county.home.rglob("*") if path.is_file())
    spoken = caplog.text + "".join(sentences) + repr(outside) + repr(pulls)

    assert len(sentences) == 2
    assert not [secret for secret in (TOKEN, PASSWORD) if secret in spoken or secret.encode() in kept]


def test_the_commands_tell_what_came_and_how_channels_fare(
    connected: Connected, outbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refused file ends the command with its category; the list shows times and failures."""
    county = connected(minzheng=_folder(outbox))
    use_home(county.home)
    channels_command()
    (outbox / "会议通知2024年3月.csv").write_text("通知\n明天开会\n", encoding="utf-8")
    os.utime(outbox / "会议通知2024年3月.csv", (LONG_AGO, LONG_AGO))
    pull_command()  # it is too fresh: its entry changed a moment ago
    folder = county.home / "config" / "connections" / "minzheng.toml"
    folder.write_text(folder.read_text(encoding="utf-8") + "settled_seconds = 0\n", encoding="utf-8")
    with pytest.raises(FangpinError) as refused:
        pull_command()
    outbox.rename(outbox.with_name("gone"))
    folder.write_text(folder.read_text(encoding="utf-8").replace("attempts = 2", "attempts = 1"), encoding="utf-8")
    with pytest.raises(TransportFailed):
        pull_command("minzheng")
    channels_command()
    told = capsys.readouterr()

    assert refused.value.exit_code == 4
    assert refused.value.sentence == "取数：有 1 处没有成功，其余已收妥；请按上面的说明处理。"
    assert "会议通知2024年3月.csv：可能还在写入，没有取" in told.out
    assert "监视的目录不存在" in told.err
    lines = told.out.splitlines()
    assert lines[0] == "· 民政目录（minzheng，监视目录）：还没有取过"
    assert lines[-1].startswith("✗ 民政目录（minzheng，监视目录）：上次成功 20")
    assert "；连续失败 1 次，最近 20" in lines[-1]
