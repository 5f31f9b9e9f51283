"""The rows of a township's workbook, as literal tables."""

from __future__ import annotations

import datetime as dt
import tomllib
from importlib import resources
from typing import Any

import polars as pl

from fangpin.config.ledger_models import Ledger
from fangpin.config.site_models import Grade
from fangpin.ledgers.build import township_rows

LEDGER = Ledger.model_validate(
    tomllib.loads(resources.files("fangpin.config").joinpath("ledgers/township_tasks.toml").read_text(encoding="utf-8"))
)
GRADES = tuple(Grade(code=code, title=title, meaning="") for code, title in (("red", "红色"), ("yellow", "黄色")))
MEMBERS = {
    "household_no": pl.String,
    "person_no": pl.String,
    "person_name": pl.String,
    "relation": pl.String,
    "is_head": pl.Boolean,
}
HOUSEHOLDS = {
    "household_no": pl.String,
    "village_group": pl.String,
    "head_name": pl.String,
    "household_type": pl.String,
    "size": pl.Int64,
}


def _tasks(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Return tasks from (household, township, village)."""
    made = [{"task_id": f"2024-02:{no}", "household_no": no, "township": t, "village": v} for no, t, v in rows]
    return pl.DataFrame(made).with_columns(
        revision=pl.lit(2, pl.Int64),
        dispatched_at=pl.lit(dt.datetime(2024, 2, 29, 17, 0, tzinfo=dt.UTC)),  # 1 March in Shanghai
        due_on=pl.lit(dt.date(2024, 3, 8)),
    )


def _leads(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    """Return leads from (household of the task, month, grade, sentence)."""
    made = [{"task_id": f"2024-02:{no}", "period": p, "grade": g, "sentence": s} for no, p, g, s in rows]
    return pl.DataFrame(made).with_columns(pl.lit([], dtype=pl.List(pl.String)).alias("flags"))


def _rows(tasks: pl.DataFrame, leads: pl.DataFrame, members: Any = (), households: Any = ()) -> dict[str, pl.DataFrame]:
    return township_rows(
        tasks,
        leads,
        members=pl.DataFrame(list(members), schema=MEMBERS, orient="row"),
        households=pl.DataFrame(list(households), schema=HOUSEHOLDS, orient="row"),
        ledger=LEDGER,
        grades=GRADES,
    )


def test_a_row_tells_what_the_visit_needs() -> None:
    """Household, members with the head first, reason, days; the columns to fill in are empty."""
    rows = _rows(
        _tasks(("H1", "桐花镇", "下河村")),
        _leads(("H1", "2024-02", "red", "住院自付较高。")),
        [("H1", "P1", "李四", "配偶", False), ("H1", "P2", "张三", "户主", True), ("H1", "P3", "张五", None, False)],
        [("H1", "2组", "张三", "脱贫户", 3)],
    )
    row = rows["桐花镇"].row(0, named=True)

    assert {name: value for name, value in row.items() if value is not None} == {
        "no": "1",
        "task_id": "2024-02:H1",
        "revision": "2",
        "village": "下河村",
        "village_group": "2组",
        "head_name": "张三",
        "size": "3",
        "members": "张三（户主）、李四（配偶）、张五",
        "household_type": "脱贫户",
        "grade": "红色",
        "reasons": "住院自付较高。",
        "dispatched_on": "2024-03-01",
        "due_on": "2024-03-08",
        "row_check": "29386068ff",
    }
    assert [column.name for column in LEDGER.columns] == list(row)


def test_leads_of_several_months_say_their_month() -> None:
    """A task with two leads shows both in order of month, and the more urgent grade."""
    leads = _leads(("H1", "2024-02", "yellow", "辍学。"), ("H1", "2023-12", "red", "危房。"))
    row = _rows(_tasks(("H1", "桐花镇", "下河村")), leads)["桐花镇"].row(0, named=True)

    assert row["reasons"] == "【2023年12月】危房。\n【2024年2月】辍学。"
    assert row["grade"] == "红色"


def test_remarks_stand_behind_the_sentence() -> None:
    """What a comparison remarked on is told to the visitors, and refuses nothing."""
    leads = _leads(("H1", "2024-02", "red", "危房。")).with_columns(flags=pl.lit(["名下有车", "有商品房"]))
    row = _rows(_tasks(("H1", "桐花镇", "下河村")), leads)["桐花镇"].row(0, named=True)

    assert row["reasons"] == "危房。（比对提示：名下有车；有商品房）"


def test_an_unknown_household_leaves_its_cells_empty() -> None:
    """A household the register does not hold any more is still handed out."""
    row = _rows(_tasks(("H1", "桐花镇", "下河村")), _leads(("H1", "2024-02", "red", "危房。")))["桐花镇"].row(
        0, named=True
    )

    assert (row["head_name"], row["members"], row["size"]) == (None, None, None)


def test_a_grade_the_site_dropped_shows_its_code() -> None:
    """A grade code the site does not know is shown as it is, and ranks last."""
    leads = _leads(
        ("H1", "2024-01", "old", "危房。"), ("H1", "2024-02", "yellow", "辍学。"), ("H2", "2024-02", "old", "旧。")
    )
    rows = _rows(_tasks(("H1", "桐花镇", "下河村"), ("H2", "桐花镇", "下河村")), leads)["桐花镇"]

    assert rows["grade"].to_list() == ["黄色", "old"]


def test_each_township_is_numbered_by_itself() -> None:
    """Rows stand by village, then urgency, then household, numbered from 1 in each township."""
    tasks = _tasks(
        ("H1", "甲镇", "石桥村"), ("H2", "甲镇", "下河村"), ("H3", "甲镇", "下河村"), ("H4", "乙镇", "上河村")
    )
    leads = _leads(
        *((no, "2024-02", grade, "。") for no, grade in (("H1", "red"), ("H2", "yellow"), ("H3", "red"), ("H4", "red")))
    )
    rows = _rows(tasks, leads)

    assert rows["甲镇"].select("no", "task_id").rows() == [
        ("1", "2024-02:H3"),
        ("2", "2024-02:H2"),
        ("3", "2024-02:H1"),
    ]
    assert rows["乙镇"].select("no", "task_id").rows() == [("1", "2024-02:H4")]


def test_no_tasks_make_no_workbook() -> None:
    """Without tasks there is no township."""
    assert _rows(_tasks(("H1", "甲镇", "村")).clear(), _leads(("H1", "2024-02", "red", "。")).clear()) == {}
