"""What people write down as their reason, and what may not stand in it.

Floor 4. A reason is kept for good: no ID and no telephone number may get into it.
"""

from __future__ import annotations

import re
from typing import Final

from fangpin.errors import UsageProblem

_NUMBER: Final = re.compile(r"\d{6,}")


def require_no_number(where: str, reason: str) -> None:
    """Refuse a reason with a number as long as those of people.

    Raises: UsageProblem, which never repeats what was written.

    >>> require_no_number("参数 --reason", "2024年3月已核实，自付1.2万元")
    """
    if _NUMBER.search(reason):
        raise UsageProblem(where, "写有一串数字", expected="不含证件号码、电话号码的说明")
