"""Townships and villages of a month: what is counted, what is held against the usual, which are warned of."""

from __future__ import annotations

import datetime as dt
import math
import statistics
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warning_tables import Month, P, shipped_rules, shipped_site

from fangpin.config.rule_models import Parameter, Rule
from fangpin.config.site_models import KeyArea, Site
from fangpin.warnings.area_measures import AREA_MONTH
from fangpin.warnings.areas import AREA_HISTORY, AREA_WARNING, Areas, Earlier, look_at_areas, near_line
from fangpin.warnings.check import check_rules

SITE = shipped_site()
RULES = {rule.id: rule for rule in shipped_rules()}
FIRST = Earlier(pl.DataFrame(schema=AREA_HISTORY), pl.DataFrame(schema=AREA_WARNING))
COVERED = {"household_register": [P.ordinal]}


def county(homes: dict[str, int], *, covered: dict[str, list[int]] | None = None) -> Month:
    """Return a month of 甲镇 whose villages have so many households of one person, named 一村1 and so on."""
    month = Month(covered=COVERED if covered is None else covered)
    month.con.execute("delete from household; delete from person")
    for village, count in homes.items():
        keys = {"village": village, "count": count}
        month.con.execute(
            "insert into household by name select $village || n as household_no, '甲镇' as township,"
            " $village as village, 1 as size from range(1, $count + 1) told(n)",
            keys,
        )
        month.con.execute(
            "insert into person by name select 'P' || $village || n as person_no, $village || n as household_no,"
            " '甲镇' as township, $village as village from range(1, $count + 1) told(n)",
            keys,
        )
    return month


def seen(
    month: Month, *rules: Rule, leads: dict[str, int] | None = None, earlier: Earlier = FIRST, site: Site = SITE
) -> Areas:
    """Look at the areas of a month in which so many households of each village have a lead."""
    month.screen()
    return looked_at(month, *rules, leads=leads, earlier=earlier, site=site)


def looked_at(
    month: Month, *rules: Rule, leads: dict[str, int] | None = None, earlier: Earlier = FIRST, site: Site = SITE
) -> Areas:
    """Look at the areas of a month whose household tables are there."""
    numbers = [f"{village}{n}" for village, count in (leads or {}).items() for n in range(1, count + 1)]
    given = pl.DataFrame({"household_no": numbers}, schema={"household_no": pl.String})
    return look_at_areas(month.con, rules, leads=given, earlier=earlier, period=P, site=site)


def of(found: Areas, village: str | None, *columns: str) -> tuple[Any, ...]:
    """Return columns of one village, or of the township."""
    here = pl.col("village").is_null() if village is None else pl.col("village") == village
    return found.month.filter(here).select(*columns).row(0)


def before(village: str | None, counts: list[int | None], **more: int | bool | None) -> pl.DataFrame:
    """Return the history of an area: so many leads in the month before, in the one before that, and so on."""
    place: dict[str, object] = {"level": "village" if village else "township", "township": "甲镇", "village": village}
    rows = [
        place | {"period_no": P.ordinal - back, "leads": leads, "is_register_new": True} | more
        for back, leads in enumerate(counts, 1)
    ]
    return pl.DataFrame(rows, schema=AREA_HISTORY)


def went_before(*frames: pl.DataFrame) -> Earlier:
    """Return what the run before left, without a warning."""
    return Earlier(pl.concat(frames), FIRST.warnings)


def test_every_column_is_there_with_its_type() -> None:
    """area_month has the declared columns and no other."""
    month = county({"一村": 2})
    seen(month)
    told = month.con.execute("select column_name, lower(data_type) from duckdb_columns() where table_name='area_month'")

    assert dict(told.fetchall()) == AREA_MONTH


def test_households_are_counted_where_they_are_registered() -> None:
    """A household without a village counts for its township, one without a township nowhere."""
    month = county({"一村": 2, "二村": 1})
    month.add("household", household_no="X", township="甲镇", size=4)
    month.add("household", household_no="Y", size=5)
    found = seen(month, leads={"一村": 1})

    assert found.month.select("level", "village", "areas", "households", "persons", "leads").rows() == [
        ("township", None, 1, 4, 7, 1),
        ("village", "一村", 2, 2, 2, 1),
        ("village", "二村", 2, 1, 1, 0),
    ]


def test_a_register_that_marks_nobody_says_nothing_about_shares() -> None:
    """Not one monitored household in the county is unknown, not none."""
    assert of(seen(county({"一村": 2})), "一村", "monitored", "monitored_share", "exposed") == (None, None, None)


def test_the_share_counts_who_is_not_eliminated() -> None:
    """Of four households one stands open, one is eliminated, one is not said: one, and one unsure."""
    month = county({"一村": 4, "二村": 4})
    for number, eliminated in (("一村1", False), ("一村2", True), ("一村3", None)):
        month.con.execute(
            "update household set monitored_type = '边缘易致贫户', risk_eliminated = $e where household_no = $no",
            {"e": eliminated, "no": number},
        )
    found = seen(month)

    assert of(found, "一村", "monitored", "monitored_unsure", "monitored_share") == (1, 1, 0.25)
    assert of(found, "二村", "monitored", "monitored_unsure", "monitored_share") == (0, 0, 0.0)
    assert of(found, None, "monitored_share", "county_monitored_share") == (0.125, 0.125)


def test_the_lower_end_of_a_share_of_few_households_is_low() -> None:
    """Wilson's interval: 1 of 8 may be 2 %, 25 of 200 hardly less than 8.6 %."""
    month = county({"一村": 8, "二村": 200})
    month.con.execute(
        "update household set monitored_type = '边缘易致贫户', risk_eliminated = false"
        " where household_no = '一村1' or (village = '二村' and substr(household_no, 3)::int <= 25)"
    )
    found = seen(month)

    assert of(found, "一村", "monitored_share", "monitored_share_low") == (0.125, pytest.approx(0.0224, abs=1e-4))
    assert of(found, "二村", "monitored_share", "monitored_share_low") == (0.125, pytest.approx(0.0861, abs=1e-4))


@pytest.mark.parametrize(
    ("flags_before", "new_before", "covered", "expected"),
    [
        pytest.param(1, True, True, (1, 0), id="one more than the month before"),
        pytest.param(2, True, True, (0, 0), id="as many"),
        pytest.param(5, True, True, (0, 3), id="three fewer"),
        pytest.param(None, True, True, (None, None), id="unknown the month before"),
        pytest.param(1, False, True, (None, None), id="an older register the month before"),
        pytest.param(1, True, False, (None, None), id="an older register now"),
    ],
)
def test_the_net_change_needs_two_registers(
    flags_before: int | None, *, new_before: bool, covered: bool, expected: tuple[int | None, int | None]
) -> None:
    """Two un-eliminated households are held against the month before, when both months had a register."""
    month = county({"一村": 9}, covered=COVERED if covered else {})
    month.con.execute(
        "update household set monitored_type = '突发严重困难户', risk_eliminated = household_no > '一村2'"
    )
    past = before("一村", [0], monitored=flags_before, is_register_new=new_before)
    found = seen(month, earlier=went_before(past))

    assert of(found, "一村", "monitored_in", "monitored_out") == expected


def test_a_month_without_the_month_before_has_no_change() -> None:
    """Nothing to compare with is null, never zero."""
    month = county({"一村": 1})
    month.con.execute("update household set monitored_type = '突发严重困难户', risk_eliminated = false")

    assert of(seen(month), "一村", "monitored_in", "monitored_out", "leads_mean") == (None, None, None)


@pytest.mark.parametrize(
    ("covered", "expected"),
    [
        ({}, (None, None)),
        ({"disaster_loss": [P.ordinal]}, (1, 0.5)),
        ({"disaster_loss": [P.ordinal - 1]}, (None, None)),
    ],
)
def test_disaster_households_are_known_with_a_list_of_the_month(
    covered: dict[str, list[int]], expected: tuple[object, ...]
) -> None:
    """A household on two lines of this month's list counts once; without a list nobody knows."""
    month = county({"一村": 2}, covered=COVERED | covered)
    seen(month)
    month.con.execute("delete from fact_disaster_loss")
    for number, back in (("一村1", 0), ("一村1", 0), ("一村2", 1)):
        month.add("fact_disaster_loss", period_no=P.ordinal - back, household_no=number)
    found = seen(month)
    month.con.execute("delete from fact_disaster_loss")

    assert of(found, "一村", "disaster_households", "disaster_share") == expected


def test_elderly_homes_need_every_age_or_one_young_member() -> None:
    """Sixty is old; a young member settles it; an unknown age beside old ones leaves it open."""
    month = county({"一村": 4})
    for number, age in (("一村1", 60), ("一村2", 59), ("一村3", None)):
        month.con.execute("update person set age = $age where household_no = $no", {"age": age, "no": number})
    month.con.execute("update person set age = 70 where household_no = '一村4'")
    month.add("person", person_no="Q", household_no="一村4", age=30)

    assert of(seen(month), "一村", "elderly_share") == (pytest.approx(1 / 3),)


def of_households(column: str, values: list[object]) -> Areas:
    """Look at 一村 whose households say so in a column of household_month, in order."""
    month = county({"一村": len(values)})
    month.screen()
    for place, value in enumerate(values, 1):
        keys = {"value": value, "no": f"一村{place}"}
        month.con.execute(f"update household_month set {column} = $value where household_no = $no", keys).fetchall()
    return looked_at(month)


@pytest.mark.parametrize(
    ("column", "values", "counted", "expected"),
    [
        ("is_dibao_new", [True, False, None], "dibao_in", 1),
        ("is_dibao_new", [None, None], "dibao_in", None),
        ("is_unsafe_house", [True, True, False, None], "unsafe_houses", 2),
        ("is_unsafe_house", [None], "unsafe_houses", None),
        ("has_safety_net", [True, False, None, False, False], "dibao_share", 0.25),
        ("has_safety_net", [None], "dibao_share", None),
    ],
)
def test_what_households_say_is_counted_among_those_who_say_it(
    column: str, values: list[object], counted: str, expected: float | None
) -> None:
    """Who is unknown counts neither way; where everybody is, so is the village."""
    assert of(of_households(column, values), "一村", counted) == (expected,)


def test_who_is_near_the_line_and_not_monitored_is_exposed_with_the_monitored() -> None:
    """Under 8,040 (6,700 times 1.2) is near, exactly on it is not; the monitored household counts once."""
    month = county({"一村": 5, "二村": 1})
    month.con.execute(
        "update household set monitored_type = '脱贫不稳定户', risk_eliminated = false where household_no = '一村1'"
    )
    month.con.execute(
        "update household set monitored_type = '脱贫不稳定户', risk_eliminated = true where household_no = '一村2'"
    )
    month.screen()
    for number, income in (("一村1", 100), ("一村2", 8_039.99), ("一村3", 8_039.99), ("一村4", 8_040)):
        keys = {"income": income, "no": number}
        sql = "update household_month set income_per_head_yuan = $income where household_no = $no"
        month.con.execute(sql, keys).fetchall()
    found = looked_at(month)

    assert of(found, "一村", "monitored", "near_line", "exposed") == (1, 2, 3)
    assert of(found, "二村", "monitored", "near_line", "exposed") == (0, None, None)


def test_persons_make_their_household_disabled_or_without_labour() -> None:
    """One disabled member is enough; no labour means a labour count of exactly none; unknown counts neither way."""
    month = county({"一村": 4})
    month.con.execute("update household set labour_count = 0 where household_no = '一村1'")
    month.con.execute("update household set labour_count = 1 where household_no in ('一村2', '一村3')")
    month.add("person", person_no="Q", household_no="一村1")
    month.screen()
    month.con.execute(
        "update person_month set is_disabled = (person_no = 'Q') where household_no in ('一村1', '一村2')"
    )
    found = looked_at(month)

    assert of(found, "一村", "disabled_share", "no_labour_share") == (0.5, pytest.approx(1 / 3))


def test_deaths_and_accidents_count_persons_of_this_months_lists() -> None:
    """Two in one household are two; the same person twice is one; last month's list is another month's."""
    month = county({"一村": 2}, covered=COVERED | {"death_list": [P.ordinal], "traffic_accident": [P.ordinal]})
    seen(month)
    lists = {"fact_death_list": [("P一村1", 0), ("Q", 0), ("P一村1", 0)], "fact_traffic_accident": [("P一村1", 1)]}
    for table, rows in lists.items():
        for person, back in rows:
            month.add(table, period_no=P.ordinal - back, household_no="一村1", person_no=person)
    found = seen(month)
    for table in lists:
        month.con.execute(f"delete from {table}")

    assert of(found, "一村", "deaths", "accidents") == (2, 0)
    assert of(seen(county({"一村": 1})), "一村", "deaths", "accidents") == (None, None)


def test_leads_are_told_by_the_hundred_households() -> None:
    """Three leads among forty households are seven and a half in a hundred."""
    assert of(seen(county({"一村": 40}), leads={"一村": 3}), "一村", "leads_per_hundred") == (7.5,)


def test_the_usual_is_told_from_twelve_months_and_no_more() -> None:
    """The thirteenth month back is forgotten; a month nobody knows is no month of nothing."""
    past = before("一村", [2, None, 4, *[3] * 9, 1_000])
    found = seen(county({"一村": 50}), earlier=went_before(past))

    assert of(found, "一村", "leads_months", "leads_mean") == (11, 3.0)
    assert found.history.filter(pl.col("village") == "一村")["period_no"].min() == P.ordinal - 11


def test_what_rises_everywhere_is_expected_everywhere() -> None:
    """The rest of the county has two leads in ten households: a village of ten may expect two, whatever its past."""
    found = seen(
        county({"一村": 10, "二村": 10}), leads={"一村": 6, "二村": 2}, earlier=went_before(before("一村", [1, 1]))
    )

    assert of(found, "一村", "leads_expected") == (2.0,)


def test_a_key_area_is_marked() -> None:
    """A village or a whole township that the county lists carries its title."""
    keys = (
        KeyArea(township="甲镇", title="人口较多", document="甲"),
        KeyArea(township="甲镇", village="一村", title="易地搬迁安置区", document="乙"),
    )
    found = seen(county({"一村": 1, "二村": 1}), site=SITE.model_copy(update={"key_areas": keys}))

    assert [of(found, village, "key_area")[0] for village in (None, "一村", "二村")] == [
        "人口较多",
        "易地搬迁安置区",
        None,
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"monitoring_line_yuan": 6_700.0, "near_line_times": 1.2}, 8_040.0),
        ({"monitoring_line_yuan": 6_700.0}, None),
        ({"near_line_times": 1.2}, None),
        ({"income_list_yuan": 10_000.0, "monitoring_line_yuan": 6_700.0, "near_line_times": 1.2}, 10_000.0),
    ],
)
def test_the_line_that_counts_as_near(names: dict[str, float], expected: float | None) -> None:
    """A county's own list first, else its line so many times; neither: nobody is counted as near."""
    day = dt.date(2024, 1, 1)
    lines = tuple(Parameter(name=n, value=v, unit="元", since=day, document="甲") for n, v in names.items())

    assert near_line(SITE.model_copy(update={"parameters": lines}), on=day) == expected


def area_rule(**changes: object) -> Rule:
    """Return a rule that warns of villages with two leads or more, with the given keys changed."""
    body: dict[str, object] = {
        "id": "many",
        "title": "线索多",
        "kind": "other",
        "subject": "village",
        "risks": ["规模性风险"],
        "basis": ["S002-16"],
        "needs": [],
        "sql": "select township, village, leads::double as measured, 2::double as threshold, leads >= 2 as fires, leads"
        " from area_month where level = 'village'",
        "sentence": "{period}线索{leads}户",
        "examples": [],
    }
    return Rule.model_validate(body | changes)


def test_a_warning_tells_the_place_the_figure_and_the_line() -> None:
    """Exactly at the line is warned of, one under it is not."""
    found = seen(county({"一村": 5, "二村": 5}), area_rule(), leads={"一村": 2, "二村": 1})

    assert found.warnings.select("village", "measured", "threshold", "sentence", "months").rows() == [
        ("一村", 2.0, 2.0, "2024年6月线索2户", 1)
    ]
    assert found.unjudged.rows() == [("many", "village", 2, 0, [])]


def test_the_months_in_a_row_are_counted_from_the_month_before() -> None:
    """A warning of the month before goes on; one of two months before begins anew."""
    month = county({"一村": 5})
    first = seen(month, area_rule(), leads={"一村": 2}).warnings
    last = first.with_columns(period=pl.lit("2024-05"), months=pl.lit(3, pl.Int64))
    older = first.with_columns(period=pl.lit("2024-04"))
    again = [seen(month, area_rule(), leads={"一村": 2}, earlier=Earlier(FIRST.history, w)) for w in (last, older)]

    assert [found.warnings["months"].to_list() for found in again] == [[4], [1]]


def test_a_rule_that_fails_fails_alone() -> None:
    """Each broken rule is named with its step; the warning of the other stands."""
    broken = {
        "twice": "select township, null::varchar as village, 1.0::double as measured, 1.0::double as threshold,"
        " true as fires from area_month",
        "nowhere": "select '乙镇' as township, null::varchar as village, 1.0::double as measured,"
        " 1.0::double as threshold, true as fires",
        "homeless": "select null::varchar as township, null::varchar as village, 1.0::double as measured,"
        " 1.0::double as threshold, true as fires",
        "no_place": "select household_no, 1.0::double as measured, 1.0::double as threshold, true as fires"
        " from household_month",
    }
    rules = [area_rule(id=name, sql=sql) for name, sql in broken.items()]
    found = seen(county({"一村": 5}), *rules, area_rule(id="worded", sentence="{leads"), area_rule(), leads={"一村": 2})

    assert found.warnings["rule_id"].to_list() == ["many"]
    assert {(failure.rule_id, failure.step) for failure in found.failures} == {
        ("twice", "结果"),
        ("nowhere", "结果"),
        ("homeless", "结果"),
        ("no_place", "列"),
        ("worded", "文字"),
    }


def test_a_missing_source_judges_no_area() -> None:
    """Without the source a rule needs, every area is counted as not judged and none is warned of."""
    found = seen(county({"一村": 5}), area_rule(needs=["water_supply"]), leads={"一村": 4})

    assert found.warnings.is_empty()
    assert found.unjudged.rows() == [("many", "village", 1, 1, ["water_supply"])]


def test_rules_for_households_and_rules_switched_off_are_not_looked_at() -> None:
    """Only rules for areas that are in use count in this pass."""
    found = seen(county({"一村": 5}), area_rule(switched_on=False), RULES["unsafe_house"], leads={"一村": 4})

    assert (found.warnings.height, found.unjudged.height, found.failures) == (0, 0, ())


@pytest.mark.parametrize(("subject", "findings"), [("village", 0), ("household", 1)])
def test_only_rules_for_areas_read_what_is_made_after_the_leads(subject: str, findings: int) -> None:
    """The areas of a month are not there yet when the rules for households are looked at."""
    examples = [
        {"title": "到线", "expect": "fires", "areas": [{"leads": 2, "level": "village"}]},
        {"title": "不到线", "expect": "quiet", "areas": [{"leads": 1, "level": "village"}]},
        {"title": "不明", "expect": "unknown", "areas": [{"level": "village"}]},
    ]
    rule = area_rule(subject=subject, grade="yellow", examples=examples)

    assert len(check_rules([rule], site=SITE)) == findings


def test_an_example_may_name_columns_of_areas_alone() -> None:
    """A column that no table of areas has is said to be wrong."""
    examples = [{"title": word, "expect": word, "areas": [{"lead": 2}]} for word in ("fires", "quiet", "unknown")]
    found = check_rules([area_rule(examples=examples)], site=SITE)

    assert [finding.key for finding in found] == ["examples.1", "examples.2", "examples.3"]
    assert "用了不存在的列：lead" in found[0].sentence


BURST = RULES["area_leads_burst"].model_copy(update={"switched_on": True})


@pytest.mark.parametrize(
    ("homes", "past", "leads", "warned"),
    [
        pytest.param(30, [0] * 12, 2, False, id="two leads in a village of thirty"),
        pytest.param(80, [1, 3] * 6, 12, True, id="twelve where two were usual"),
        pytest.param(80, [1, 3] * 6, 5, False, id="beyond two deviations, but chance gives it"),
        pytest.param(80, [0] * 12, 5, True, id="five out of nothing"),
        pytest.param(80, [0] * 12, 4, False, id="under the least"),
        pytest.param(80, [1, 3] * 2 + [2], 12, False, id="five months known: not judged"),
        pytest.param(80, [1, 3] * 3, 12, True, id="six months known"),
    ],
)
def test_a_burst_is_more_than_usual_and_more_than_chance(
    homes: int, past: list[int | None], leads: int, *, warned: bool
) -> None:
    """The shipped rule, with its own numbers, over a village among quiet ones."""
    month = county({"一村": homes, "二村": 200, "三村": 200})
    found = seen(month, BURST, leads={"一村": leads}, earlier=went_before(before("一村", past)))

    assert ("一村" in found.warnings["village"].to_list()) is warned


@settings(max_examples=40, deadline=None)
@given(
    now=st.lists(st.integers(0, 14), min_size=2, max_size=4),
    past=st.lists(st.lists(st.none() | st.integers(0, 9), min_size=0, max_size=14), min_size=4, max_size=4),
)
def test_bursts_are_those_of_the_plain_twin(now: list[int], past: list[list[int | None]]) -> None:
    """Mean, deviation, expected count, chance and verdict are those that plain Python gives village by village."""
    names = ["一村", "二村", "三村", "四村"][: len(now)]
    homes = {name: 20 + 10 * place for place, name in enumerate(names)}
    leads = dict(zip(names, now, strict=True))
    histories = dict(zip(names, past, strict=False))
    found = seen(
        county(homes), BURST, leads=leads, earlier=went_before(*(before(n, counts) for n, counts in histories.items()))
    )
    warned = set(found.warnings.filter(pl.col("level") == "village")["village"])

    for name in names:
        told = of(found, name, "leads_months", "leads_mean", "leads_sd", "leads_expected", "leads_chance")
        plain = burst_twin(name, homes=homes, leads=leads, past=histories[name])
        assert told == pytest.approx(plain[:-1], abs=1e-9)
        assert (name in warned) is plain[-1]


def burst_twin(
    name: str, *, homes: dict[str, int], leads: dict[str, int], past: list[int | None]
) -> tuple[int, float | None, float | None, float | None, float | None, bool]:
    """Return months, mean, deviation, expected, chance and verdict of a village, the slow way."""
    known = [count for count in past[:12] if count is not None]
    mean = statistics.mean(known) if known else None
    deviation = statistics.stdev(known) if len(known) > 1 else None
    others = sum(leads.values()) - leads[name]
    rest = others / (sum(homes.values()) - homes[name]) * homes[name]
    expected = None if mean is None else max(mean, rest)
    chance = None if expected is None else poisson_or_more(leads[name], expected)
    fires = (
        leads[name] >= 5
        and len(known) >= 6
        and mean is not None
        and deviation is not None
        and chance is not None
        and leads[name] > mean + 2 * deviation
        and chance * len(homes) <= 0.1
    )
    return len(known), mean, deviation, expected, chance, fires


def poisson_or_more(count: int, mean: float) -> float:
    """Return the chance of a Poisson count of a mean to reach a count, from its other end: an endless sum, cut off."""
    if mean == 0:
        return 1.0 if count == 0 else 0.0
    return sum(math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(count, count + 200))
