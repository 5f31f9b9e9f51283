"""Damage to identities on their way into a department's file: numbers, names, places.

Each function takes whole columns and returns the written text together with what was done to each row; a kind that
leaves the text as it was is told as ok.
"""

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangpin.demo import words
from fangpin.demo.profiles import OF_THOSE

Kinds = NDArray[np.object_]

FULL_WIDTH: Final = dict(zip("0123456789X", "０１２３４５６７８９Ｘ", strict=True))
EMPTY_IDS: Final = ("", "", "0", "无", "-")
DOTS: Final = ("•", "・", "．", ".", "‧")
SUFFIXES: Final = ("（已故）", "(大)", "（小）", "（户主）", "(兼)")
COMMITTEES: Final = ("村民委员会", "村委会")


def draw_kinds(
    count: int, chances: dict[str, float], possible: dict[str, pl.Series], rng: np.random.Generator
) -> pl.Series:
    """One kind of damage a row (String, ok for most); possible narrows a kind to the rows it can befall."""
    out = np.full(count, "ok", dtype=object)
    plain = {kind: share for kind, share in chances.items() if kind not in OF_THOSE}
    ladder = np.cumsum([*plain.values()])
    step = np.searchsorted(ladder, rng.random(count), side="right")
    names = np.array([*plain, "ok"], dtype=object)
    out = names[step]
    for kind in plain.keys() & possible.keys():
        out[(out == kind) & ~possible[kind].to_numpy()] = "ok"
    for kind in [k for k in chances if k in OF_THOSE]:
        out[possible[kind].to_numpy() & (rng.random(count) < chances[kind])] = kind
    return pl.Series(out.tolist(), dtype=pl.String)


def rewrite(
    clean: pl.Series, kinds: pl.Series, recipes: dict[str, pl.Expr], frame: pl.DataFrame
) -> tuple[pl.Series, pl.Series]:
    """Clean text with each row written by the recipe of its kind, and the kinds that changed something.

    frame holds v (the clean text), p and q (random integers) and whatever a recipe reads; one row a row of clean.
    """
    out = clean.clone()  # scatter writes in place
    for kind, recipe in recipes.items():
        rows = (kinds == kind).arg_true()
        if len(rows):
            out = out.scatter(rows, frame[rows].select(recipe.cast(pl.String).alias("v")).to_series())
    same = (
        pl.DataFrame({"k": kinds, "same": out == clean})
        .select(pl.when("same").then(pl.lit("ok")).otherwise("k"))
        .to_series()
    )
    return out, same


def swapped(place: pl.Expr) -> pl.Expr:
    """The text v with the characters at place and place + 1 exchanged."""
    v = pl.col("v")
    return v.str.slice(0, place) + v.str.slice(place + 1, 1) + v.str.slice(place, 1) + v.str.slice(place + 2)


def choice(pool: tuple[str, ...]) -> pl.Expr:
    """One of a pool by the random column q."""
    return (pl.col("q") % len(pool)).replace_strict(list(range(len(pool))), list(pool), return_dtype=pl.String)


def id_recipes() -> dict[str, pl.Expr]:
    """How each kind of damaged ID number is written, from v, p (0–17), q (0–999) and head_id."""
    v, p, q = pl.col("v"), pl.col("p"), pl.col("q")
    digit = ((v.str.slice(p % 17, 1).cast(pl.Int64) + 1 + q % 9) % 10).cast(pl.String)
    return {
        "mask64": v.str.slice(0, 6) + "********" + v.str.slice(14),
        "mask34": v.str.slice(0, 3) + "***********" + v.str.slice(14),
        "id15": v.str.slice(0, 6) + v.str.slice(8, 9),
        "full_width": v.str.replace_many(list(FULL_WIDTH), list(FULL_WIDTH.values())),
        "lower_x": v.str.to_lowercase(),
        "cross_x": v.str.slice(0, 17) + choice(("×", "Х", "х")),
        "quote": "'" + v,
        "space": pl.when(q % 3 == 0)
        .then(v + " ")
        .when(q % 3 == 1)
        .then(" " + v)
        .otherwise(v.str.slice(0, 6) + " " + v.str.slice(6, 8) + " " + v.str.slice(14)),
        "nbsp": v + "\u00a0",
        "zero_width": v.str.slice(0, 6) + "\u200b" + v.str.slice(6),
        "float_sci": v.str.slice(0, 1) + "." + v.str.slice(1, 5) + "E+17",
        "float_zero": v.str.slice(0, 15) + "000",
        "digit": v.str.slice(0, p % 17) + digit + v.str.slice(p % 17 + 1),
        "transpose": swapped(6 + p % 10),
        "lost": v.str.slice(0, p % 17) + v.str.slice(p % 17 + 1),
        "missing": choice(EMPTY_IDS),
        "father": pl.col("head_id"),
    }


def dirty_ids(rows: pl.DataFrame, chances: dict[str, float], rng: np.random.Generator) -> tuple[pl.Series, pl.Series]:
    """ID numbers as written and what was done: rows hold id_no, head_id, birth, years."""
    clean = rows["id_no"]
    ends_x = clean.str.ends_with("X")
    child = (rows["years"] < 24) & (rows["head_id"] != clean)
    possible = {"lower_x": ends_x, "cross_x": ends_x, "id15": rows["birth"].dt.year() < 2000, "father": child}
    kinds = draw_kinds(len(rows), chances, possible, rng)
    frame = rows.select(
        pl.col("id_no").alias("v"),
        "head_id",
        pl.Series("p", rng.integers(0, 18, len(rows))),
        pl.Series("q", rng.integers(0, 1000, len(rows))),
    )
    return rewrite(clean, kinds, id_recipes(), frame)


def one_letter(table: dict[str, str]) -> pl.Expr:
    """The text v with its last or else its second character replaced by the table."""
    v = pl.col("v")
    last, middle = v.str.slice(-1), v.str.slice(1, 1)
    by_last = v.str.head(-1) + last.replace(table)
    by_middle = v.str.slice(0, 1) + middle.replace(table) + v.str.slice(2)
    return pl.when(by_last != v).then(by_last).otherwise(by_middle)


def name_recipes() -> dict[str, pl.Expr]:
    """How each kind of damaged name is written, from v, q and former."""
    v = pl.col("v")
    size = v.str.len_chars()
    return {
        "space": pl.when(pl.col("q") % 2 == 0).then(v.str.slice(0, 1) + " " + v.str.slice(1)).otherwise(v + " "),
        "wide_space": v.str.slice(0, 1) + "\u3000" + v.str.slice(1),
        "dot_missing": v.str.replace_all("·", "", literal=True),
        "dot_variant": pl.concat_str(v.str.split("·").list.first(), choice(DOTS), v.str.split("·").list.last()),
        "homophone": one_letter(words.HOMOPHONES),
        "glyph": one_letter(words.GLYPHS),
        "traditional": v.str.replace_many(list(words.TRADITIONAL), list(words.TRADITIONAL.values())),
        "suffix": v + choice(SUFFIXES),
        "masked": v.str.slice(0, 1) + "*" + pl.when(size > 2).then(v.str.slice(2)).otherwise(pl.lit("")),
        "rare": v.str.replace_all(f"[{words.RARE}]", "?"),
        "former": pl.col("former").fill_null(v),
        "order": pl.when(size == 3).then(swapped(pl.lit(1))).otherwise(v),
    }


def dirty_names(rows: pl.DataFrame, chances: dict[str, float], rng: np.random.Generator) -> tuple[pl.Series, pl.Series]:
    """Names as written and what was done: rows hold name and former (null when never changed)."""
    clean = rows["name"]
    dotted = clean.str.contains("·", literal=True)
    possible = {
        "dot_missing": dotted,
        "dot_variant": dotted,
        "rare": clean.str.contains(f"[{words.RARE}]"),
        "former": rows["former"].is_not_null(),
        "order": clean.str.len_chars() == 3,
    }
    kinds = draw_kinds(len(rows), chances, possible, rng)
    frame = rows.select(pl.col("name").alias("v"), "former", pl.Series("q", rng.integers(0, 1000, len(rows))))
    return rewrite(clean, kinds, name_recipes(), frame)


def place_recipes() -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Township, village and group as written, from place_kind, q, the names of the place and those of a wrong one."""
    kind, q = pl.col("place_kind"), pl.col("q")
    home, none = pl.col("address").is_null(), pl.lit("")
    committee = (q % 2).replace_strict([0, 1], list(COMMITTEES), return_dtype=pl.String)
    towns = {"short": pl.col("town_short"), "county": words.COUNTY + pl.col("town_name"), "wrong": pl.col("wrong_town")}
    villages = {
        "short": pl.col("village_short"),
        "committee": pl.col("village_short") + committee,
        "merged": pl.col("former_name"),
        "wrong": pl.col("wrong_village"),
    }
    town: Any = pl.when(~home | kind.is_in(["missing", "town_dropped"])).then(none)
    village: Any = pl.when(kind == "missing").then(none).when(~home).then("address")
    for name, text in towns.items():
        town = town.when(kind == name).then(text)
    for name, text in villages.items():
        village = village.when(kind == name).then(text)
    told = home & (kind != "missing") & (q % 4 > 0)
    group = pl.when(told).then(pl.col("group").cast(pl.String) + "组").otherwise(none)
    return town.otherwise("town_name"), village.otherwise("village_name"), group


def dirty_places(
    rows: pl.DataFrame, villages: pl.DataFrame, *, chances: dict[str, float], rng: np.random.Generator
) -> pl.DataFrame:
    """Places as written: township, village and long address (String), and place_kind.

    rows hold the names of the place, group and address (String, given for outsiders only).
    """
    count = len(rows)
    kinds = draw_kinds(count, chances, {"merged": rows["former_name"].is_not_null()}, rng)
    drawn = pl.DataFrame({"k": kinds, "home": rows["address"].is_null()})
    kept = pl.when(pl.col("home") | (pl.col("k") == "missing")).then("k").otherwise(pl.lit("ok")).alias("place_kind")
    other = villages[rng.integers(0, len(villages), count).tolist()]
    frame = rows.with_columns(
        pl.Series("q", rng.integers(0, 1000, count)),
        other["town_name"].alias("wrong_town"),
        other["village_name"].alias("wrong_village"),
        drawn.select(kept).to_series(),
    )
    town, village, group = place_recipes()
    return frame.select(
        town.fill_null("").alias("township"),
        village.fill_null("").alias("village"),
        "place_kind",
        pl.concat_str(town, village, group, ignore_nulls=True).alias("address"),
    )
