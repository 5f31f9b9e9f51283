"""The plain twin of matching/candidates.py: pairs found by walking over all rows and persons."""

from __future__ import annotations

from typing import Any


def block_values(one: dict[str, Any]) -> dict[str, str | None]:
    """Every block key of a row or person by block name; None never matches."""

    def joined(*names: str) -> str | None:
        parts = [one[name] for name in names]
        return None if any(part is None for part in parts) else "|".join(str(part) for part in parts)

    last, left, born, village = "id_last_hash", "id_left_hash", "born_hash", "village_key_hash"
    surname, given, town, sound = "surname_hash", "given_hash", "town_key_hash", "sound_key_hash"
    return {
        "id_whole": joined("id_text_hash"),
        "id_right": joined("id_right_hash"),
        "id_ends": joined("id_ends_hash"),
        "id_last_given": joined(last, given),
        "id_last_surname": joined(last, surname),
        "id_last_village": joined(last, village),
        "id_left_surname": joined(left, surname),
        "id_left_given": joined(left, given),
        "id_left_town": joined(left, town),
        "birth_surname": joined(born, surname),
        "birth_given": joined(born, given),
        "birth_village": joined(born, village),
        "birth_town": joined(born, town),
        "name": joined("name_key_hash"),
        "name_town": joined("name_key_hash", town),
        "sound": joined(sound),
        "sound_year": joined(sound, "birth_year"),
        "sound_town": joined(sound, town),
        "village_ends": joined(village, surname, "closing_hash"),
        "village_front": joined(village, "front_hash"),
        "village_given": joined(village, given),
        "surname_age_village": joined(village, surname, "birth_year"),
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
