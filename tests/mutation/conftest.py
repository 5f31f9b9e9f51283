"""The mutation script is started by itself (make mutation): it sets Hypothesis up for a whole process."""

from __future__ import annotations

collect_ignore = ["sql_mutants.py"]
