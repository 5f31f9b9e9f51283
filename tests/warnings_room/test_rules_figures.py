"""What the shipped rules show beside their verdict: a rule that states a fact measures one against one."""

from __future__ import annotations

import json
from typing import Any

import duckdb
from warning_tables import shipped_rules


def is_unlike_a_fact(sql: str) -> bool:
    """Tell whether a statement writes down both figures, measured and threshold, and not as one and one."""
    with duckdb.connect() as con:
        tree = json.loads(con.execute("select json_serialize_sql($sql::varchar)", {"sql": sql}).fetchall()[0][0])
    shown: dict[str, Any] = {column["alias"]: column for column in tree["statements"][0]["node"]["select_list"]}
    columns = [shown.get(name, {}) for name in ("measured", "threshold")]
    texts = [column.get("child", column).get("literal", {}).get("text") for column in columns]
    return None not in texts and texts != ["1", "1"]


def test_a_stated_fact_measures_one_against_one() -> None:
    """Where both figures are written down and neither is measured, they are one and one: a fact is there or is not."""
    assert [rule.id for rule in shipped_rules() if is_unlike_a_fact(rule.sql)] == []
