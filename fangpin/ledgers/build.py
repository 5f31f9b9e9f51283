"""The rows of the township task workbook: what a village cadre needs to know before the visit.

Floor 2. Frames in, one frame of text per township out. Names and relations come in here and go
nowhere else; no ID number, phone or account ever does.
"""

from __future__ import annotations

import polars as pl

from fangpin.config.ledger_models import Ledger
from fangpin.config.site_models import Grade
from fangpin.ledgers.keys import row_checks
from fangpin.tasks.lifecycle import TIME_ZONE


def township_rows(
    tasks: pl.DataFrame,
    leads: pl.DataFrame,
    *,
    members: pl.DataFrame,
    households: pl.DataFrame,
    ledger: Ledger,
    grades: tuple[Grade, ...],
) -> dict[str, pl.DataFrame]:
    """Return the rows of each township's workbook, by township.

    Rows in: ``tasks`` task_id, household_no, township, village str, revision i64, dispatched_at
    datetime UTC, due_on date, one row per task; ``leads`` task_id, period, grade, sentence str, flags
    list of str, one row per lead in force; ``members`` household_no, person_no, person_name, relation str (null:
    unknown), is_head bool; ``households`` household_no, village_group, head_name, household_type str,
    size i64, one row per household (a household missing here leaves its cells empty).
    Rows out: the ledger's columns in its order, all str, null where nothing is known or the township
    fills in; one row per task, by village, then most urgent grade, group, household.
    Source: process §5.2 (预警线索交办单), §4.1 (b): one task may hold many leads.

    >>> import datetime as dt
    >>> from fangpin.config.ledger_models import LedgerColumn
    >>> task = {"task_id": "2024-01:H1", "household_no": "H1", "township": "桐花镇", "village": "下河村", "revision": 1}
    >>> days = {"dispatched_at": [dt.datetime(2024, 2, 1, tzinfo=dt.UTC)], "due_on": [dt.date(2024, 2, 8)]}
    >>> tasks = pl.DataFrame([task]).with_columns(**{k: pl.Series(v) for k, v in days.items()})
    >>> lead = {"task_id": "2024-01:H1", "period": "2024-01", "grade": "red", "sentence": "自付高。", "flags": ["车"]}
    >>> who = {"household_no": "H1", "person_no": "P1", "person_name": "张三", "relation": "户主", "is_head": True}
    >>> house = {"household_no": "H1", "village_group": "2组", "head_name": "张三", "size": 1, "household_type": None}
    >>> names = (LedgerColumn(name=n, title=n, width=9) for n in ("head_name", "members", "grade", "reasons", "due_on"))
    >>> rows = township_rows(tasks, pl.DataFrame([lead]), members=pl.DataFrame([who]), households=pl.DataFrame([house]),
    ...     ledger=Ledger(id="x", title="表", document="", columns=tuple(names)),
    ...     grades=(Grade(code="red", title="红色", meaning=""),))
    >>> rows["桐花镇"].rows()
    [('张三', '张三（户主）', '红色', '自付高。（比对提示：车）', '2024-02-08')]
    """
    filled = (
        tasks.join(_reasons(leads, grades), on="task_id", how="left")
        .join(_families(members), on="household_no", how="left")
        .join(households.select("household_no", *_HOUSEHOLD), on="household_no", how="left")
        .sort("township", "village", "urgency", "village_group", "household_no", nulls_last=True)
        .with_columns(
            pl.int_range(1, pl.len() + 1).over("township").cast(pl.String).alias("no"),
            pl.col("revision").cast(pl.String),
            pl.col("size").cast(pl.String),
            pl.col("dispatched_at").dt.convert_time_zone(TIME_ZONE).dt.date().cast(pl.String).alias("dispatched_on"),
            pl.col("due_on").cast(pl.String),
        )
    )
    filled = filled.with_columns(row_checks(filled))
    written = [
        pl.col(column.name) if column.name in filled.columns else pl.lit(None, pl.String).alias(column.name)
        for column in ledger.columns
    ]
    parts = filled.partition_by("township", as_dict=True, maintain_order=True)
    return {str(township): part.select(written) for (township,), part in parts.items()}


_HOUSEHOLD = ("village_group", "head_name", "household_type", "size")


def _reasons(leads: pl.DataFrame, grades: tuple[Grade, ...]) -> pl.DataFrame:
    """Return for each task its sentences by month, and the title and rank of its most urgent grade.

    The month stands before a sentence only where a task holds leads of several months. A grade that
    the site no longer has ranks last and shows its code.
    """
    ranks = {grade.code: rank for rank, grade in enumerate(grades)}
    titles = {grade.code: grade.title for grade in grades}
    flags = pl.format("（比对提示：{}）", pl.col("flags").list.join("；"))
    said = pl.when(pl.col("flags").list.len() > 0).then(pl.col("sentence") + flags).otherwise("sentence")
    year, month = pl.col("period").str.head(4), pl.col("period").str.tail(2).cast(pl.Int64).cast(pl.String)
    dated = pl.format("【{}年{}月】{}", year, month, said)
    ranked = leads.with_columns(
        pl.col("grade").replace_strict(ranks, default=len(grades), return_dtype=pl.Int64).alias("urgency"),
        pl.when(pl.len().over("task_id") > 1).then(dated).otherwise(said).alias("told"),
    )
    return (
        ranked.sort("task_id", "period")
        .group_by("task_id", maintain_order=True)
        .agg(
            pl.col("told").str.join("\n").alias("reasons"),
            pl.col("grade").sort_by("urgency").first().replace(titles).alias("grade"),
            pl.col("urgency").min(),
        )
    )


def _families(members: pl.DataFrame) -> pl.DataFrame:
    """Return for each household its members in one line, the head first; an unknown relation is left out."""
    named = pl.when(pl.col("relation").is_null()).then("person_name")
    line = named.otherwise(pl.format("{}（{}）", "person_name", "relation"))
    return (
        members.drop_nulls("person_name")
        .sort("household_no", pl.col("is_head").not_(), "person_no")
        .group_by("household_no", maintain_order=True)
        .agg(line.str.join("、").alias("members"))
    )
