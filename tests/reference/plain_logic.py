"""Yes, no and not known, in plain words: what a rule means when a figure is missing."""

from __future__ import annotations

from typing import Any

Answer = bool | None
Row = dict[str, Any]


def all_of(*answers: Answer) -> Answer:
    """No when one is no, else not known when one is not known, else yes."""
    if any(answer is False for answer in answers):
        return False
    return None if any(answer is None for answer in answers) else True


def any_of(*answers: Answer) -> Answer:
    """Yes when one is yes, else not known when one is not known, else no."""
    if any(answer is True for answer in answers):
        return True
    return None if any(answer is None for answer in answers) else False


def no(answer: Answer) -> Answer:
    """Yes turned to no and no to yes."""
    return None if answer is None else not answer


def at_least(figure: float | None, line: float | None) -> Answer:
    """Tell whether a figure reaches a line."""
    return None if figure is None or line is None else figure >= line


def below(figure: float | None, line: float | None) -> Answer:
    """Tell whether a figure stays under a line."""
    return None if figure is None or line is None else figure < line


def reaches(figure: float | None, line: float | None, *, is_whole: Answer) -> Answer:
    """Tell whether a sum reaches a line when it may lack months: it can reach the line, but then clears nobody."""
    reached = at_least(figure, line)
    return reached if reached or is_whole else None


def is_poor_type(row: Row) -> bool:
    """Tell whether a family counts as 脱贫户 or is monitored; a type left blank does not."""
    return row["household_type"] == "脱贫户" or row["monitored_type"] is not None
