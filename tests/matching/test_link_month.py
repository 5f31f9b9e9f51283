"""A month at once: several batches, what people judged, what is told beside a link, what is learnt."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl
import pytest
from matching_people import FAMILIES, background, county, identity_frame, link_all, member, register_of, seen, valid

from fangpin.matching.evidence import EVIDENCE_COLUMNS, evidence
from fangpin.matching.link import Extract, link_month

PLACE = {"township": "云桥镇", "village": "柳沟村"}
NAMESAKE: dict[str, Any] = {"person_name": "张伟", "sex": "男", **PLACE}


def judged(row: dict[str, Any], person: str, verdict: str, source: str = "s") -> pl.DataFrame:
    """A judgement on a row of this identity."""
    identity = identity_frame([row]).drop("person_no")
    person_then = next((p for p in FAMILIES if p["person_no"] == person), {})
    return identity.with_columns(
        source_id=pl.lit(source),
        person_no=pl.lit(person),
        verdict=pl.lit(verdict),
        registered_id=pl.lit(person_then.get("id_no"), pl.String),
        registered_name=pl.lit(person_then.get("person_name"), pl.String),
    )


def decision(row: dict[str, Any], said: pl.DataFrame | None) -> tuple[Any, ...]:
    """Band, person and method of a row."""
    found = link_all([row], judged=said).links["b"].row(0, named=True)
    return found["band"], found["person_no"], found["method"]


def test_namesakes_wait_until_somebody_judged() -> None:
    """Two of one name in a village go to review; a judgement settles which of them is meant."""
    assert decision(NAMESAKE, None)[0] == "review"
    assert decision(NAMESAKE, judged(NAMESAKE, "P0005", "same")) == ("link", "P0005", "judgement")


def test_who_is_not_meant_leaves_the_field_to_the_other() -> None:
    """One of two namesakes judged not the same leaves the other, who is then linked by what speaks for him."""
    band, person, method = decision(NAMESAKE, judged(NAMESAKE, "P0005", "not_same"))

    assert (band, person, method) == ("link", "P0004", "name_place")


def test_a_judgement_overrules_the_exact_tier() -> None:
    """A whole number and name that somebody judged not the same person is not linked to him again."""
    row: dict[str, Any] = {"person_name": "陈国华", **valid(1)}

    assert decision(row, None) == ("link", "P0001", "id_exact")
    assert decision(row, judged(row, "P0001", "not_same"))[1] != "P0001"


def test_a_judgement_may_name_somebody_no_block_would_find() -> None:
    """A person who shares nothing with the row is linked when somebody said so."""
    row = {"person_name": "王五"}

    assert decision(row, judged(row, "P0007", "same")) == ("link", "P0007", "judgement")


def test_unsure_changes_nothing() -> None:
    """Somebody who is not sure leaves the decision as it was."""
    assert decision(NAMESAKE, judged(NAMESAKE, "P0005", "unsure")) == decision(NAMESAKE, None)


CONTRADICTIONS = [
    ("two persons the same", [("P0004", "same"), ("P0005", "same")]),
    ("one person the same and not", [("P0004", "same"), ("P0004", "not_same")]),
]


@pytest.mark.parametrize(("case", "words"), CONTRADICTIONS, ids=[c[0] for c in CONTRADICTIONS])
def test_contradicting_judgements_decide_nothing(case: str, words: list[tuple[str, str]]) -> None:
    """What was said of one identity in two rows and cannot both hold leaves the row to review."""
    said = pl.concat([judged(NAMESAKE, person, verdict) for person, verdict in words])

    assert decision(NAMESAKE, said) == decision(NAMESAKE, None), case


def test_a_judgement_outlives_a_birthday() -> None:
    """An age that grew is the same identity."""
    before, after = NAMESAKE | {"age": 33}, NAMESAKE | {"age": 34}

    assert decision(after, judged(before, "P0005", "same")) == ("link", "P0005", "judgement")


def test_a_judgement_follows_the_person_not_his_key() -> None:
    """A person who got another key keeps what was judged of him; whoever got his old key does not inherit it."""
    moved = [p | {"person_no": "P9005"} if p["person_no"] == "P0005" else p for p in FAMILIES]
    reused = [*moved, member(5, "H9", "王小丽", "20100909", sex="女", township="大井乡", village="竹口村")]
    said = judged(NAMESAKE, "P0005", "same")

    found = link_all([NAMESAKE], register_of([*reused, *background()]), judged=said).links["b"].row(0, named=True)

    assert (found["band"], found["person_no"], found["method"]) == ("link", "P9005", "judgement")


def test_a_judgement_holds_for_its_source_alone() -> None:
    """The same words of another department are not what was judged."""
    assert decision(NAMESAKE, judged(NAMESAKE, "P0005", "same", source="t")) == decision(NAMESAKE, None)


def test_batches_linked_together_get_what_each_gets_alone() -> None:
    """With one model, whichever batches are linked in one go changes no link."""
    one = [{"person_name": "陈国花", **PLACE}, NAMESAKE]
    other = [{"person_name": "欧阳凤霞", **seen("invalid", "8" + valid(7)["id_no"][1:])}]
    model = link_all(one).model

    with duckdb.connect() as con:
        together = link_month(
            [Extract("a", "s", identity_frame(one)), Extract("b", "t", identity_frame(other))],
            county(),
            con=con,
            model=model,
            county="松岚县",
        )

    assert together.links["a"].rows() == link_all(one, model=model, county="松岚县").links["b"].rows()


def test_nearest_candidates_are_told_of_rows_that_were_compared() -> None:
    """The exact tier keeps no candidates; a doubtful row keeps its best ones, best first."""
    found = link_all([{"person_name": "陈国华", **valid(1)}, NAMESAKE]).nearest["b"]

    assert found.select("row_number", "rank", "person_no").rows() == [(2, 1, "P0004"), (2, 2, "P0005")]
    assert found["score"].to_list() == pytest.approx([0.5, 0.5], abs=0.02)


def test_a_register_of_nobody_links_nobody() -> None:
    """Without a single registered person every row is left."""
    found = link_all([NAMESAKE, {"person_name": "陈国华", **valid(1)}], register_of([])).links["b"]

    assert found.select("band", "person_no").rows() == [("leave", None)] * 2


def test_evidence_adds_up_to_the_order_of_the_candidates() -> None:
    """Each candidate of a row has one line per field, with both values, the reason and a weight."""
    row = {"person_name": "陈国花", "sex": "男", "village_group": "3组", **PLACE}
    extract = Extract("b", "s", identity_frame([row]))
    with duckdb.connect() as con:
        found = evidence(extract, [1], county(), con=con, model=link_all([row]).model)

    best = found.filter(pl.col("rank") == 1)
    assert dict(found.schema) == EVIDENCE_COLUMNS
    assert best.select("field", "row_value", "person_value", "reason").rows() == [
        ("证件号码", None, valid(1)["id_no"], None),
        ("姓名", "陈国花", "陈国华", "姓名同音"),
        ("出生日期", None, "1970-03-05", None),
        ("性别", "男", "男", "性别一致"),
        ("住址", "云桥镇柳沟村", "云桥镇柳沟村", "乡镇、村一致"),
        ("村民小组", "3组", "3组", "村民小组一致"),
        ("户内成员", None, None, None),
        ("户主身份", None, "户主", "为户主"),
    ]
    assert best.filter(pl.col("reason").is_not_null())["weight"].min() > -3  # type: ignore[operator]


def test_a_source_that_errs_often_teaches_its_own_weights() -> None:
    """Where the sex is wrong in every other row, a differing sex weighs little; elsewhere it still weighs much."""
    people = background()
    exact = [
        {"person_name": p["person_name"], "id_kind": "valid", "id_no": p["id_no"], "id_seen": p["id_no"],
         "sex": ("女" if p["sex"] == "男" else "男") if i % 2 else p["sex"]}
        for i, p in enumerate(people)
    ]  # fmt: skip
    right = [row | {"sex": p["sex"]} for row, p in zip(exact, people, strict=True)]
    with duckdb.connect() as con:
        extracts = [Extract("a", "careless", identity_frame(exact)), Extract("b", "careful", identity_frame(right))]
        model = link_month(extracts, county(), con=con).model

    differs = {
        name: next(c for c in model.of(name).comparisons if c.name == "sex").m[2] for name in ("careless", "careful")
    }

    assert differs["careless"] > differs["careful"] + 0.1
