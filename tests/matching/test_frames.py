"""Linking any two frames: levels by kind, weights learnt without labels, bands, one to one, errors in a sentence."""

from __future__ import annotations

import datetime as dt
import doctest
import tomllib
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fangpin.errors import DeclarationError, NeedsDecision, UsageProblem
from fangpin.matching import Block, Comparison, FrameSpec, link_frames, spec_from_toml
from fangpin.matching.frame_levels import level_codes

PAGE = Path(__file__).parents[2] / "docs" / "matching.md"
SPEC = FrameSpec(
    key="id",
    blocks=(Block("name", ("name",), 50), Block("born", ("born",), 50)),
    comparisons=(
        Comparison(column="name", kind="edits", steps=(1,), by_frequency=True),
        Comparison(column="born", kind="date"),
    ),
)


def people(count: int) -> pl.DataFrame:
    """Invented people: one in three is called Smith, birth dates are spread over forty years."""
    names = ["Smith" if n % 3 == 0 else f"Name{n:03d}" for n in range(count)]
    born = [dt.date(1950, 1, 1) + dt.timedelta(days=n * 37 % 14_600) for n in range(count)]
    return pl.DataFrame({"id": [f"r{n}" for n in range(count)], "name": names, "born": born})


def link(left: pl.DataFrame, right: pl.DataFrame, spec: FrameSpec = SPEC) -> pl.DataFrame:
    """The links of two frames, with two threads and no way out."""
    with duckdb.connect(config={"enable_external_access": False, "threads": 2}) as con:
        return link_frames(left, right, spec, con=con)


def level(one: object, other: object, **comparison: object) -> str:
    """The level that two cells show."""
    compared = Comparison.model_validate({"column": "x", **comparison})
    return compared.levels[level_codes(pl.Series([one]), pl.Series([other]), compared)[0]]


@pytest.mark.parametrize(
    ("comparison", "one", "other", "expected"),
    [
        ({"kind": "exact"}, "a", "a", "same"),
        ({"kind": "exact"}, "a", "A", "differs"),
        ({"kind": "exact"}, 3, 3, "same"),
        ({"kind": "exact"}, " ", "a", "unknown"),
        ({"kind": "exact"}, None, "a", "unknown"),
        ({"kind": "exact"}, " a", "a ", "same"),
        ({"kind": "edits", "steps": (1, 2)}, "smith", "smiht", "within_1"),
        ({"kind": "edits", "steps": (1, 2)}, "smith", "smxxh", "within_2"),
        ({"kind": "edits", "steps": (1, 2)}, "smith", "jones", "differs"),
        ({"kind": "edits", "steps": (2,)}, "smith", "smith", "same"),
        ({"kind": "digits", "steps": (1,)}, "030-1234", "0301234", "same"),
        ({"kind": "digits", "steps": (1,)}, "030-1234", "030/1244", "within_1"),
        ({"kind": "digits", "steps": (1,)}, "none", "0301234", "unknown"),
        ({"kind": "similarity", "steps": (0.9, 0.7)}, "martha", "marhta", "from_0.9"),
        ({"kind": "similarity", "steps": (0.9, 0.7)}, "martha", "marten", "from_0.7"),
        ({"kind": "similarity", "steps": (0.9, 0.7)}, "martha", "oscar", "differs"),
        ({"kind": "date"}, dt.date(1961, 3, 7), dt.date(1961, 3, 7), "same"),
        ({"kind": "date"}, "1961-03-07", "19610307", "same"),
        ({"kind": "date"}, "1961-03-07", "1961-07-03", "swapped"),
        ({"kind": "date"}, "1961-03-07", "1961-08-07", "one_digit"),
        ({"kind": "date"}, "1961-03-07", "1916-03-07", "one_digit"),
        ({"kind": "date"}, "1961-03-07", "1961-11-25", "same_year"),
        ({"kind": "date"}, "1961-03-07", "1974-11-25", "differs"),
        ({"kind": "date"}, None, "1974-11-25", "unknown"),
    ],
)
def test_levels_of_two_cells(comparison: dict[str, object], one: object, other: object, expected: str) -> None:
    """Two cells show the level that their kind of comparison names."""
    assert level(one, other, **comparison) == expected


def test_the_same_rows_find_each_other() -> None:
    """A frame linked to itself finds itself, Smiths by their birth dates."""
    frame = people(300)

    links = link(frame, frame)

    assert links["left_id"].to_list() == links["right_id"].to_list() == frame["id"].to_list()
    assert set(links["band"]) == {"link"}


def test_strangers_are_left() -> None:
    """A row that shares nothing has no candidate; one that shares a common name and no more is not linked."""
    left = pl.DataFrame({"id": ["x", "y"], "name": ["Nobody", "Smith"], "born": [dt.date(1900, 1, 1)] * 2})

    links = link(pl.concat([people(300).head(100), left]), people(300)).tail(2)

    assert links["right_id"].to_list()[0] is None
    assert links["band"].to_list() == ["leave", "leave"]


def test_two_equal_candidates_are_never_chosen_between() -> None:
    """Two right rows that agree alike have at most one half each: a question for a person."""
    right = pl.concat([people(300), people(300).filter(id="r1").with_columns(id=pl.lit("twin"))])

    links = link(people(300).head(100), right).filter(left_id="r1")

    assert links.select("right_id", "band").row(0) == ("r1", "review")
    assert links["probability"][0] <= 0.5


def test_a_rare_value_weighs_more() -> None:
    """Agreement on a name of one person in 300 says more than on Smith."""
    links = link(people(300), people(300)).filter(pl.col("left_id").is_in(["r0", "r1"]))

    common, rare = links["name_weight"].to_list()

    assert common < 2
    assert rare > 7


def test_one_to_one_gives_a_person_once() -> None:
    """Two left rows that mean the same right row: with one_to_one neither is sure of it and only one may have it."""
    left = pl.concat([people(100), people(100).filter(id="r4").with_columns(id=pl.lit("copy"))])

    free = link(left, people(300)).filter(pl.col("left_id").is_in(["r4", "copy"]))
    bound = link(left, people(300), SPEC.model_copy(update={"one_to_one": True}))

    assert free["right_id"].to_list() == ["r4", "r4"]
    assert bound["right_id"].drop_nulls().is_unique().all()
    assert bound.filter(pl.col("left_id").is_in(["r4", "copy"]))["band"].to_list() == ["review", "leave"]


def test_a_following_choice_takes_the_next_best() -> None:
    """Who lost his best to a better one gets the best of what is left."""
    right = pl.DataFrame({"id": ["a", "b"], "name": ["Smith", "Smith"], "born": ["19500101", "19500201"]})
    left = pl.DataFrame({"id": ["1", "2"], "name": ["Smith", "Smith"], "born": ["19500101", "19500111"]})
    spec = SPEC.model_copy(update={"one_to_one": True})

    assert link(left, right, spec).select("left_id", "right_id").rows() == [("1", "a"), ("2", "b")]


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(40)))
def test_order_changes_nothing(order: list[int]) -> None:
    """A row gets the same answer wherever it stands, on either side."""
    straight = link(people(40), people(40)).sort("left_id").select("left_id", "right_id", "band")

    mixed = link(people(40)[order], people(40)[order[::-1]]).sort("left_id").select("left_id", "right_id", "band")

    assert straight.equals(mixed)


def test_no_pairs_leave_everybody() -> None:
    """When blocks find nothing every row is left, with the same columns."""
    left = people(5).with_columns(name=pl.lit("X"), born=pl.lit(dt.date(1800, 1, 1)))

    links = link(left, people(5))

    assert links.columns == ["left_id", "right_id", "probability", "band", "name", "name_weight", "born", "born_weight"]
    assert links["band"].to_list() == ["leave"] * 5


@pytest.mark.parametrize(("left", "right"), [(0, 5), (5, 0), (0, 0)])
@pytest.mark.parametrize("one_to_one", [False, True])
def test_empty_frames_link_nothing(left: int, right: int, *, one_to_one: bool) -> None:
    """An empty side makes no error and no link."""
    spec = SPEC.model_copy(update={"one_to_one": one_to_one})

    assert link(people(5).head(left), people(5).head(right), spec)["right_id"].to_list() == [None] * left


def test_a_missing_column_is_said() -> None:
    """A frame without a declared column is refused in one sentence."""
    with pytest.raises(UsageProblem, match="匹配右表：没有列 born；应为id、name"):
        link(people(3), people(3).drop("born"))


def test_a_block_key_that_cannot_be_is_said() -> None:
    """A key that names no column of both frames, or is no SQL, is refused in one sentence."""
    for key in ("nowhere", "nothing(id)", "1 +"):
        wrong = SPEC.model_copy(update={"blocks": (Block("wrong", (key,), 5),)})
        with pytest.raises(UsageProblem, match="匹配分块：有的键无法计算"):
            link(people(3), people(3), wrong)


def test_too_many_pairs_are_refused() -> None:
    """The limit of a specification holds before a pair is made."""
    with pytest.raises(NeedsDecision, match="不超过3对"):
        link(people(9), people(9), SPEC.model_copy(update={"at_most": 3}))


def test_a_specification_reads_the_same_from_toml() -> None:
    """What is declared in TOML equals what is declared in Python."""
    text = """
    key = "id"
    blocks = [{name = "name", keys = ["name"], cap = 50}, {name = "born", keys = ["born"], cap = 50}]
    [[comparisons]]
    column = "name"
    kind = "edits"
    steps = [1]
    by_frequency = true
    [[comparisons]]
    column = "born"
    kind = "date"
    """

    assert spec_from_toml(text) == SPEC


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("key = ", "匹配规格：不是有效的 TOML"),
        ('key = "id"\nblocks = []\ncomparisons = [{column = "a", kind = "exact"}]', "匹配规格：键 blocks 有误"),
        ('key = "id"\nblocks = [{name = "a", keys = ["a"]}]\ncomparisons = []', "键 blocks.0.cap 有误"),
        (
            'key = "id"\nblock = 1\nblocks = [{name = "a", keys = ["a"], cap = 1}]\ncomparisons = []',
            "键 comparisons 有误",
        ),
    ],
)
def test_a_wrong_specification_is_said(text: str, said: str) -> None:
    """The first wrong key is named."""
    with pytest.raises(DeclarationError, match=said):
        spec_from_toml(text)


@pytest.mark.parametrize(
    "comparison",
    [
        {"kind": "edits"},
        {"kind": "exact", "steps": (1,)},
        {"kind": "edits", "steps": (2, 1)},
        {"kind": "similarity", "steps": (0.8, 0.9)},
        {"kind": "soundex"},
    ],
)
def test_a_comparison_that_cannot_be_is_refused(comparison: dict[str, object]) -> None:
    """Steps belong to the kinds that have them and go from near to far."""
    with pytest.raises(ValidationError):
        Comparison.model_validate({"column": "a", **comparison})


def test_the_page_of_the_documentation_is_true() -> None:
    """Every example of docs/matching.md gives what it says, and its TOML is a specification."""
    assert doctest.testfile(str(PAGE), module_relative=False).failed == 0
    declared = PAGE.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    assert spec_from_toml(declared).comparisons[0].by_frequency
    assert tomllib.loads(declared)["one_to_one"]
