"""The lines of a correction sheet: which problems a department must answer, in which order, and what it is told.

Floor 2. Frames in, frames and Chinese sentences out; what a cell held comes in masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from fangpin.config.source_models import Column
from fangpin.connectors.problem_words import PROBLEM_WORDS

LINES_MAX: Final = 5000  # more are a fault of the system that made the file, not of its clerks

_SEVERITIES: Final = ("退回", "提示")  # in this order; a duplicate has nothing to put right


def problem_lines(issues: pl.DataFrame, columns: Mapping[str, Column], *, taken: list[str]) -> pl.DataFrame:
    """Return the problems a department must answer, worst first; those of one cell are one line.

    Rows in: ``issues`` ISSUE_SCHEMA; ``columns`` the source's declared columns by name, ``taken`` the names of
    those the file has. Rows out: row_number u32, sheet str, sheet_row u32, name str (null: the whole row), column,
    severity, problem, expected str; a row that lacks every one of several columns has a line for each of them.

    >>> from fangpin.connectors.problems import ISSUE_SCHEMA
    >>> told = [(1, "S", 5, "姓名或证件号码", "person_name", "row_unfilled", "退回", "填写")]
    >>> titles = {"person_name": "姓名", "id_no": "证件号码"}
    >>> columns = {name: Column(name=name, title=title, kind="text") for name, title in titles.items()}
    >>> lines = problem_lines(pl.DataFrame(told, schema=ISSUE_SCHEMA, orient="row"), columns, taken=["id_no"])
    >>> lines.select("name", "column", "problem").rows()
    [('id_no', '证件号码', '退回：必填项空缺或无法识别')]
    """
    named = {column.title: name for name, column in columns.items()}
    told = issues.select("column", "name").unique(maintain_order=True)
    split: list[tuple[str, str | None, str | None]] = []
    for title, name in told.iter_rows():
        ones = [named.get(part) for part in str(title).split("或")]
        alike: list[str | None] = [one for one in ones if one is not None and one in taken] if len(ones) > 1 else []
        split += [(title, name, one) for one in alike or [name if name in taken else None]]
    schema = {"column": pl.String, "name": pl.String, "taken": pl.String}
    cells = pl.DataFrame(split, schema=schema, orient="row")
    rank = pl.col("severity").replace_strict({word: n for n, word in enumerate(_SEVERITIES)}, return_dtype=pl.Int8)
    return (
        issues.filter(pl.col("severity").is_in(_SEVERITIES))
        .join(cells, on=["column", "name"], nulls_equal=True, maintain_order="left_right")
        .with_columns(
            name="taken",
            column=pl.col("taken").replace_strict({n: c.title for n, c in columns.items()}, default=pl.col("column")),
            problem=pl.col("severity") + "：" + pl.col("code").replace_strict(PROBLEM_WORDS, default="与要求不符"),
        )
        .sort(rank, "row_number", maintain_order=True)
        .group_by("row_number", "sheet", "sheet_row", "name", _whole_row(), maintain_order=True)
        .agg(
            pl.col("column", "severity", "problem").first(),
            pl.col("expected").unique(maintain_order=True).str.join("；"),
        )
    )


def _whole_row() -> pl.Expr:
    """Tell problems of a whole row apart; those of one cell are answered together."""
    return pl.when(pl.col("name").is_null()).then(pl.col("code")).alias("whole_row")


def with_given(lines: pl.DataFrame, masked: pl.DataFrame) -> pl.DataFrame:
    """Return the lines with ``given``, what their cell held, masked; null for a whole row and for a row not at hand.

    Rows in: ``lines`` see ``problem_lines``; ``masked`` row_number and a str column per declared column, masked.

    >>> lines = pl.DataFrame({"row_number": [1, 2], "name": ["tier", None]})
    >>> with_given(lines, pl.DataFrame({"row_number": [1, 2], "tier": ["Z", "A"]}))["given"].to_list()
    ['Z', None]
    """
    cells = masked.unpivot(index="row_number", variable_name="name", value_name="given")
    return lines.join(cells, on=["row_number", "name"], how="left", maintain_order="left")


def sheet_notes(file_name: str, issues: pl.DataFrame, lines: pl.DataFrame) -> list[str]:
    """Return what the clerk must know, the most pressing last so that it stands right above the heads.

    Rows in: ``issues`` ISSUE_SCHEMA, ``lines`` all of ``problem_lines``, those that do not fit in included.

    >>> from fangpin.connectors.problems import ISSUE_SCHEMA
    >>> none = pl.DataFrame(schema=ISSUE_SCHEMA)
    >>> sheet_notes("低保.xlsx", none, problem_lines(none, {}, taken=[]))[0]
    '文件：低保.xlsx。共 0 处问题，退回 0 行。'
    """
    rejected = lines.filter(pl.col("severity") == "退回")["row_number"].n_unique()
    doubled = issues.filter(pl.col("severity") == "重复").height
    notes = [
        f"文件：{file_name}。共 {lines.height:,} 处问题，退回 {rejected:,} 行。",
        "标“退回”的整行没有收；标“提示”的行已收，该处没有采用或须核对。",
        "请在“处理”列选一项：更正（在“更正值”列填完整的值，应当为空的填“无”）、删除该行、确认无误；暂不处理的留空。",
        "点“行号”可看原始行。证件号码、姓名、出生日期已遮盖，请对照本单位原文件填写，带*的值不收。",
        "填好后报回本表即可，只更正所列各处；请不要改动其他单元格，不要另建新表。",
    ]
    if doubled:
        notes.append(f"另有 {doubled:,} 行与前面的行完全相同，只计一次，不必更正。")
    return notes + _beyond(lines)


def _beyond(lines: pl.DataFrame) -> list[str]:
    """Return the sentence on what did not fit in, by kind, most frequent first."""
    rest = lines.slice(LINES_MAX)
    if rest.is_empty():
        return []
    kinds = rest.group_by("column", "problem").len().sort("len", "column", "problem", descending=[True, False, False])
    told = "、".join(f"“{column}”{problem} {count:,} 处" for column, problem, count in kinds.rows())
    return [f"本表只列前 {LINES_MAX:,} 处，另有 {rest.height:,} 处没有列出：{told}。请在业务系统中改正后整份重报。"]
