"""Who is who between two registers: each person of a month led back to the life (一生) it continues.

Floor 2. A life keeps for ever the first 人编号 it had. The county's number carries it on unless it was plainly given
to somebody else; who vanished is looked for under a new number. Doubt makes a new life, never a joined one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from fangpin.types import Period

_IDENTITY: Final = ("person_name", "id_no", "birth_on", "sex")
_PLACES: Final = ("township", "village", "village_group")
_STAY: Final = ("household_no", "relation", "is_head", *_PLACES)
FACTS: Final = (*_IDENTITY, *_STAY)
"""What a register tells of a person and a life remembers."""
LIVES: Final = pl.Schema(
    {
        "life_no": pl.String,
        "person_no": pl.String,
        **dict.fromkeys(("person_name", "id_no"), pl.String),
        "birth_on": pl.Date,
        **dict.fromkeys(("sex", "household_no", "relation"), pl.String),
        "is_head": pl.Boolean,
        **dict.fromkeys(_PLACES, pl.String),
        "here": pl.Boolean,
        **dict.fromkeys(("seen_no", "number_from", "identity_from", "spell_from"), pl.Int64),
    }
)
"""One row per life: its number, identity and facts as last told; here: it stood in the last register; seen_no: the last
register it stood in; since when it has this number, this identity, this unbroken stay. Null: never told."""
_HEAD: Final = "户主"
_HIDDEN: Final = r"[*＊?？□�]"


def led_back(persons: pl.DataFrame, lives: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each person with the life it continues, and the lives that nobody continues.

    In this order, each rule with what the rules before left over:
    1. The same 人编号 as a life had last, unless name, ID and birth date all differ and so does the household, or the
       new name and ID are those of another life: then the number was given to somebody else.
    2. The same ID number and the same name, or the same ID number, household and relation, of one life only.
    3. The same name, birth date and household, sex not contradicting, of one life only that stood in the last register.
    Rows in: persons as Register.persons; lives (LIVES). Rows out: persons' number and FACTS, and of the life continued
    the same columns of LIVES ending in _was, all null for a new life; the lives left over (LIVES).
    """
    told = persons.select("person_no", *FACTS)
    known = lives.with_row_index("place").with_columns(number=pl.col("person_no"))
    latest = known
    if lives["person_no"].is_duplicated().any():  # a number once given again belongs to the life that had it last
        latest = known.sort("seen_no", "life_no").filter(pl.col("person_no").is_last_distinct())
    was = latest.rename({name: f"{name}_was" for name in LIVES})
    by_number = told.join(was, left_on="person_no", right_on="number", how="left", maintain_order="left")
    given_away = _given_away(by_number, lives)
    found = by_number.filter(pl.col("place").is_not_null() & ~given_away)
    loose = by_number.filter(pl.col("place").is_null() | given_away).select(told.columns)
    carried, free = [found], _free(known, found)
    for rule in (_by_id, _by_name):
        more = rule(loose, free.rename({name: f"{name}_was" for name in LIVES})).select(found.columns)
        carried.append(more)
        loose = loose.join(more, on="person_no", how="anti", maintain_order="left")
        free = _free(known, pl.concat(carried)) if more.height else free
    carried.append(loose.join(was.clear(), left_on="person_no", right_on="number", how="left").select(found.columns))
    return pl.concat(carried).drop("place"), free.drop("place", "number")


def _free(known: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    taken = np.zeros(known.height, dtype=np.bool_)
    taken[found["place"].drop_nulls().to_numpy()] = True
    return known.filter(~pl.Series(taken))


def _given_away(by_number: pl.DataFrame, lives: pl.DataFrame) -> pl.Series:
    """Say of each row whether its number was given to somebody else."""
    other = pl.all_horizontal(pl.col(c) != pl.col(f"{c}_was") for c in ("person_name", "id_no", "birth_on"))
    odd = by_number.with_row_index("row").filter(other)
    moved = odd.filter(pl.col("household_no") != pl.col("household_no_was"))
    swapped = odd.join(lives.select("person_name", "id_no"), on=["person_name", "id_no"], how="semi")
    away = np.zeros(by_number.height, dtype=np.bool_)
    away[pl.concat([moved["row"], swapped["row"]]).to_numpy()] = True
    return pl.Series(away)


def _by_id(loose: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    pairs = loose.join(free, left_on="id_no", right_on="id_no_was", how="inner", coalesce=False)
    same_name = pl.col("person_name") == pl.col("person_name_was")
    same_seat = (pl.col("household_no") == pl.col("household_no_was")) & (pl.col("relation") == pl.col("relation_was"))
    return _single(pairs.filter(same_name | same_seat))


def _by_name(loose: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    keys = ["person_name", "birth_on", "household_no"]
    pairs = loose.join(
        free.filter("here_was"), left_on=keys, right_on=[f"{k}_was" for k in keys], how="inner", coalesce=False
    )
    return _single(pairs.filter((pl.col("sex") == pl.col("sex_was")).fill_null(value=True)))


def _single(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs in which person and life each have no other candidate."""
    once = pl.col("person_no").is_unique() & pl.col("life_no_was").is_unique()
    return pairs.filter(once)


def carried_on(found: pl.DataFrame, *, lives: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Found persons (see led_back) as lives of this month: what was not told keeps what was told before.

    Rows out: LIVES and the _was columns. A name with hidden characters does not take the place of a whole one. The
    number of a new life is its 人编号, with the month behind it when another life has had that number.
    """
    whole = pl.when(~pl.col("person_name").str.contains(_HIDDEN)).then("person_name")
    relation = pl.coalesce("relation", "relation_was")
    kept = found.with_columns(
        pl.coalesce(whole, "person_name_was", "person_name").alias("person_name"),
        *(pl.coalesce(c, f"{c}_was").alias(c) for c in ("id_no", "birth_on", "sex", *_PLACES)),
        relation.alias("relation"),
        (relation == _HEAD).fill_null(value=False).alias("is_head"),
        pl.coalesce("life_no_was", _first_number(found, lives, period)).alias("life_no"),
        pl.lit(value=True).alias("here"),
        pl.lit(period.ordinal, pl.Int64).alias("seen_no"),
    )
    return kept.with_columns(
        _since("number_from", changed("person_no"), period.ordinal),
        _since("identity_from", changed(*_IDENTITY), period.ordinal),
        _since("spell_from", changed(*_STAY) | ~pl.col("here_was"), period.ordinal),
    )


def _first_number(found: pl.DataFrame, lives: pl.DataFrame, period: Period) -> pl.Expr:
    new = found.filter(pl.col("life_no_was").is_null()).select("person_no")
    taken = lives.join(new, left_on="life_no", right_on="person_no", how="semi")["life_no"].implode()
    again = pl.concat_str("person_no", pl.lit(f"@{period}"))
    return pl.when(pl.col("person_no").is_in(taken)).then(again).otherwise("person_no")


def changed(*columns: str) -> pl.Expr:
    """Say whether any of the columns differs from its _was; null is a value like any other."""
    return pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"{c}_was")) for c in columns)


def _since(name: str, new: pl.Expr, period_no: int) -> pl.Expr:
    was = pl.col(f"{name}_was")
    return pl.when(was.is_null() | new).then(pl.lit(period_no, pl.Int64)).otherwise(was).alias(name)
