"""The plain twin of matching/candidates.py: pairs found by walking over all rows and persons."""

from __future__ import annotations

from typing import Any


def block_values(one: dict[str, Any]) -> dict[str, str | None]:
    """Every block key of a row or person by block name; None never matches."""
    name, village, birth = one["name_key"], one["village_key"], one["birth_on"]

    def joined(*parts: object) -> str | None:
        return None if any(p is None for p in parts) else "|".join(str(p) for p in parts)

    surname, given = (None, None) if name is None else (name[0], name[1:])
    return {
        "id_whole": one["id_text"],
        "id_left": one["id_left"],
        "id_right": one["id_right"],
        "id_ends": one["id_ends"],
        "id_last_name": joined(one["id_last"], name),
        "id_last_birth": joined(one["id_last"], birth),
        "id_last_village": joined(one["id_last"], village),
        "name": name,
        "name_town": joined(name, one["town_key"]),
        "sound": one["sound_key"],
        "sound_town": joined(one["sound_key"], one["town_key"]),
        "birth_surname": joined(birth, surname),
        "birth_town": joined(birth, one["town_key"]),
        "birth_given": joined(birth, given),
        "village_ends": joined(village, surname, name and name[-1]),
        "village_front": joined(village, name and name[:2]),
        "village_given": joined(village, given),
        "group_surname": joined(village, one["group_no"], surname),
        "surname_age_village": joined(village, surname, one["birth_year"]),
    }


def block_pairs(
    rows: list[dict[str, Any]], persons: list[dict[str, Any]], caps: dict[str, int]
) -> set[tuple[int, int]]:
    """Pairs that share a block held by no more persons than its cap."""
    pairs: set[tuple[int, int]] = set()
    mine = [(r["row_id"], block_values(r)) for r in rows]
    theirs = [(p["person_id"], block_values(p)) for p in persons]
    for block, cap in caps.items():
        for row_id, values in mine:
            held = [
                person_id for person_id, other in theirs if values[block] is not None and other[block] == values[block]
            ]
            if len(held) <= cap:
                pairs |= {(row_id, person_id) for person_id in held}
    return pairs
