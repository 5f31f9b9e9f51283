"""Rows about places, told in the register's own names."""

from __future__ import annotations

import polars as pl
import pytest

from fangpin.matching.placed import PLACED, placed_rows

HOUSEHOLDS = pl.DataFrame(
    [
        ("云桥镇", "柳沟村", "1组"),
        ("云桥镇", "柳沟村", "一组"),
        ("云桥镇", "柳沟村", "2组"),
        ("云桥镇", "石门村", None),
        ("清水乡", "石门村", "3组"),
    ],
    schema=("township", "village", "village_group"),
    orient="row",
)
COLUMNS = ("township", "village", "village_group", "address")


def told(*cells: str | None, status: str = "accepted") -> list[tuple[object, ...]]:
    """Return the places of one delivered row."""
    row = dict(zip(COLUMNS, (*cells, *[None] * 4), strict=False)) | {"row_number": 7, "row_status": status}
    schema = {"row_number": pl.UInt32, "row_status": pl.String} | dict.fromkeys(COLUMNS, pl.String)
    found = placed_rows(pl.DataFrame([row], schema=schema), HOUSEHOLDS, county="花溪区")
    assert dict(found.schema) == PLACED
    assert found["row_number"].unique().to_list() in ([7], [])
    return found.drop("row_number").rows()


@pytest.mark.parametrize(
    ("cells", "places"),
    [
        (("云桥镇", "柳沟村"), [("云桥镇", "柳沟村", None)]),
        (("云桥镇人民政府", "柳沟村委会"), [("云桥镇", "柳沟村", None)]),
        # A group in every way the register writes it.
        (("云桥镇", "柳沟村", "第一组"), [("云桥镇", "柳沟村", "1组"), ("云桥镇", "柳沟村", "一组")]),
        # A group the register does not know is nobody's, not the whole village's.
        (("云桥镇", "柳沟村", "9组"), []),
        (("云桥镇", "石门村"), [("云桥镇", "石门村", None)]),
        # The township alone: all of it. A village that is not registered: nobody's.
        (("云桥镇",), [("云桥镇", None, None)]),
        (("云桥镇", "无此村"), []),
        (("无此镇", "柳沟村"), []),
    ],
)
def test_a_row_is_told_in_the_registers_names(cells: tuple[str, ...], places: list[tuple[str | None, ...]]) -> None:
    """What was delivered, and where it lies."""
    assert told(*cells) == places


def test_a_row_that_was_not_accepted_lies_nowhere() -> None:
    """Rejected and doubled rows have no facts either."""
    assert told("云桥镇", "柳沟村", status="rejected") == []
