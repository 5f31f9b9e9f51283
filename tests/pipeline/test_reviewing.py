"""The review queue of a screened month: listed, judged, taken back, out in a workbook and in again."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from command_line import run

from fangpin.connectors.readers import Readers
from fangpin.errors import IntakeRefused, NeedsDecision, NotFound, UsageProblem
from fangpin.ledgers.review_returned import COLUMNS
from fangpin.matching.judgements import ReviewKind, Verdict
from fangpin.matching.review_items import items
from fangpin.pipeline import review_sheets, reviewing
from fangpin.pipeline.county import County, create_county, open_county
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.review_effects import NO_GAINS, lead_gains
from fangpin.pipeline.review_month import COUNTY_AREA, ReviewMonth, review_month
from fangpin.pipeline.review_sheets import take_review_sheet, write_review_sheet
from fangpin.pipeline.screening import screen
from fangpin.store.judgements import judgements_of
from fangpin.types import Period

NOW = dt.datetime(2024, 5, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
MONTH = Period(2024, 1)
NAMES = [column.name for column in COLUMNS]


def no_progress(_title: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def run_month(county: County) -> str:
    """Screen the month and return the run."""
    return screen(county, MONTH, now=NOW, by="测试", progress=no_progress).run_id


@pytest.fixture(scope="module")
def screened(invented: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Take one month in and screen it, once for all tests."""
    home = tmp_path_factory.mktemp("screened") / "home"
    county = create_county(home, "huaxi", office_url=None, now=NOW)
    with Intake(county) as intake:
        for file in sorted((invented / "county" / str(MONTH)).iterdir()):
            intake.receive(file, now=NOW, by="测试")
    run_month(county)
    county.close()
    return home


@pytest.fixture
def county(screened: Path, tmp_path: Path) -> Iterator[County]:
    """Open a copy of the screened county."""
    shutil.copytree(screened, tmp_path / "home")
    opened = open_county(tmp_path / "home", office_url=None)
    yield opened
    opened.close()


def an_item(month: ReviewMonth, *, needed: int = 1, kind: ReviewKind = ReviewKind.CHECK) -> str:
    """Return an item of a township that so many reviewers judge."""
    of_kind = month.items.filter(
        pl.col("township").is_not_null(), pl.col("kind") == kind, pl.col("reviewers_needed") == needed
    )
    return str(of_kind["item"][0])


def judge(county: County, item: str, verdict: Verdict, *, by: str, reason: str | None = None) -> bool:
    """Judge an item."""
    return reviewing.judge(county, item, verdict, reason=reason, now=NOW, by=by)


def test_a_judgement_makes_a_new_run_and_taking_it_back_the_old_one(county: County) -> None:
    """What a person decided changes the next screening, and undoing it gives the very run there was."""
    before = run_month(county)
    month = review_month(county, MONTH)
    item = an_item(month)
    row = month.item(item, township=None)

    assert judge(county, item, Verdict.NOT_SAME, by="甲")
    assert not judge(county, item, Verdict.NOT_SAME, by="甲")
    judged = run_month(county)
    with county.warehouse.open_run(judged) as con:
        link = con.execute(
            "select person_no from link where batch_id = $1 and row_number = $2", [row["batch_id"], row["row_number"]]
        ).fetchall()
    assert reviewing.undo(county, item, now=NOW, by="甲") == 1

    assert link != [(row["person_no"],)]
    assert judged != before
    assert run_month(county) == before


def test_what_others_settled_is_not_reopened(county: County) -> None:
    """A settled item takes no word of somebody else; whoever settled it may take it back."""
    item = an_item(review_month(county, MONTH))
    judge(county, item, Verdict.SAME, by="甲")

    with pytest.raises(NeedsDecision, match="已有定论"):
        judge(county, item, Verdict.NOT_SAME, by="乙")


def test_who_cannot_tell_leaves_it_to_another(county: County) -> None:
    """One unsure reviewer leaves the item open; the next one settles it."""
    item = an_item(review_month(county, MONTH))
    judge(county, item, Verdict.UNSURE, by="甲")
    waiting = review_month(county, MONTH)
    judge(county, item, Verdict.SAME, by="乙")

    assert item in waiting.open_for(township=None, by="乙")["item"]
    assert review_month(county, MONTH).item(item, township=None)["verdict"] == "same"


def test_a_number_in_a_reason_is_refused(county: County) -> None:
    """A reason stays in the office store for good, so no ID or telephone number goes into it."""
    item = an_item(review_month(county, MONTH))

    with pytest.raises(UsageProblem, match="一串数字"):
        judge(county, item, Verdict.SAME, by="甲", reason="户口簿13800000000")


def test_two_judge_apart_and_a_third_settles(county: County) -> None:
    """A second reviewer may judge what waits; those who disagree may not settle it themselves."""
    item = an_item(review_month(county, MONTH), needed=2)
    judge(county, item, Verdict.SAME, by="甲")
    waiting = review_month(county, MONTH)
    judge(county, item, Verdict.NOT_SAME, by="乙")
    disputed = review_month(county, MONTH)
    with pytest.raises(NeedsDecision, match="乙是其中之一"):
        judge(county, item, Verdict.SAME, by="乙")
    judge(county, item, Verdict.SAME, by="丙")
    with county.office.read() as connection:
        kinds = judgements_of(connection)["kind"].to_list()

    assert waiting.item(item, township=None)["state"] == "waiting"
    assert item not in waiting.open_for(township=None, by="甲")["item"]
    assert item in waiting.open_for(township=None, by="乙")["item"]
    assert disputed.item(item, township=None)["state"] == "disputed"
    assert kinds == ["check", "second", "arbitration"]
    assert review_month(county, MONTH).item(item, township=None)["verdict"] == "same"
    assert reviewing.agreement_of(county).rows() == [("check", 1, 0, 0.0)]


def test_blind_pairs_show_no_score(county: County) -> None:
    """Who judges blind sees both sides, but neither score nor certainty."""
    item = an_item(review_month(county, MONTH), needed=2)
    judge(county, item, Verdict.SAME, by="甲")
    found = reviewing.show(county, item, township=None)

    assert found.item["score"] is None
    assert found.said.height == 0
    assert found.sides["score"].null_count() == found.sides.height
    assert not found.sides["reasons"].str.contains("把握").any()


def test_a_township_reaches_only_its_own(county: County) -> None:
    """Another township's item is not there, whatever is asked of it; the amounts are the county's."""
    month = review_month(county, MONTH)
    item = an_item(month)
    own = month.item(item, township=None)["township"]
    other = next(t for t in month.items["township"].drop_nulls().unique().sort() if t != own)

    assert reviewing.show(county, item, township=own).facts == {}
    assert set(month.in_area(own)["township"]) == {own}
    assert month.in_area(COUNTY_AREA)["township"].null_count() == month.in_area(COUNTY_AREA).height
    for reach in (
        lambda: reviewing.show(county, item, township=other),
        lambda: reviewing.judge(county, item, Verdict.SAME, township=other, now=NOW, by="甲"),
        lambda: reviewing.show(county, item, township="无此镇"),
    ):
        with pytest.raises(NotFound):
            reach()


@pytest.mark.parametrize("item", ["x", "x:y", "x:1"])
def test_what_is_no_item_is_told(county: County, item: str) -> None:
    """A name that is no item, or of no batch, is not found."""
    with pytest.raises(NotFound):
        judge(county, item, Verdict.SAME, by="甲")


def test_only_a_candidate_can_be_the_person(county: County) -> None:
    """A row is judged to be one of those it comes near to."""
    item = an_item(review_month(county, MONTH))
    with pytest.raises(NotFound, match="不是这一项的候选人"):
        reviewing.judge(county, item, Verdict.SAME, person_no="P0", now=NOW, by="甲")


def test_a_month_that_was_not_screened_has_no_items(county: County) -> None:
    """The queue stands on a run."""
    with pytest.raises(NeedsDecision, match="还没有筛查"):
        review_month(county, Period(2024, 3))


def test_a_month_without_rows_of_people_has_no_items(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    """A month in which only the register came in puts nothing before anybody."""
    monkeypatch.setattr("fangpin.pipeline.review_month.month_links", lambda _county, _period: [])
    with pytest.raises(NeedsDecision, match="没有需要匹配到人的数据"):
        review_month(county, MONTH)


def test_an_area_with_an_odd_name_gets_a_file_name(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    """A township whose name cannot be a file name is told apart by a digest."""
    month = review_month(county, MONTH)
    odd = dataclasses.replace(month, items=month.items.with_columns(township=pl.lit("东/西镇")))
    monkeypatch.setattr(ReviewMonth, "in_area", lambda self, _township: self.items)
    monkeypatch.setattr(review_sheets, "review_month", lambda _county, _period: odd)
    made = write_review_sheet(county, MONTH, township="东/西镇", kind=ReviewKind.CHECK, gains=NO_GAINS)

    assert made is not None
    assert made.path.name.startswith("匹配复核_抽查已关联_东_西镇_")


def test_effects_are_known_until_the_month_changes(county: County) -> None:
    """What linking the rows under review would bring is computed once a run, and kept beside later judgements."""
    item = an_item(review_month(county, MONTH))
    gains = lead_gains(county, MONTH, progress=no_progress)
    judge(county, item, Verdict.NOT_SAME, by="甲")
    again = lead_gains(county, MONTH, progress=no_progress)
    shutil.rmtree(county.warehouse.folder / "reviews")

    assert gains is not None
    assert again is not None
    assert gains.equals(again)
    assert gains.schema == NO_GAINS.schema
    assert lead_gains(county, MONTH, progress=no_progress) is None


def filled(county: County, tmp_path: Path, *, rows: int, by: str = "赵一", verdict: str = "同一人") -> tuple[Path, int]:
    """Write the sheet of the first township, fill in so many rows, and return it with its number of pairs."""
    month = review_month(county, MONTH)
    township = str(month.items.filter(pl.col("kind") == "check")["township"].drop_nulls().sort()[0])
    made = write_review_sheet(county, MONTH, township=township, kind=ReviewKind.CHECK, gains=NO_GAINS)
    assert made is not None
    book = openpyxl.load_workbook(made.path)
    for row in range(4, 4 + rows):
        book.worksheets[0].cell(row, NAMES.index("verdict") + 1).value = verdict
        book.worksheets[0].cell(row, NAMES.index("reviewer") + 1).value = by
    path = tmp_path / f"报回_{by}_{verdict}_{rows}.xlsx"
    book.save(path)
    return path, made.pairs


def take(county: County, path: Path) -> review_sheets.SheetJudged:
    """Take a workbook."""
    with Readers(county.scratch) as readers:
        return take_review_sheet(county, path, readers=readers, now=NOW, by="县")


def words(county: County) -> int:
    """Return how many judgements there are."""
    with county.office.read() as connection:
        return judgements_of(connection).height


def test_a_workbook_is_taken_once(county: County, tmp_path: Path) -> None:
    """Returned again, as the same file or saved anew, it changes nothing; a later word is not undone by it."""
    path, pairs = filled(county, tmp_path, rows=3)
    first = take(county, path)
    with county.office.read() as connection:
        row = judgements_of(connection).row(0, named=True)
    judge(county, f"{row['batch_id']}:{row['row_number']}", Verdict.UNSURE, by="赵一")
    again = take(county, path)

    assert (first.new, first.already, first.blank, first.refused.height) == (3, 0, pairs - 3, 0)
    assert (again.new, again.already) == (0, 3)
    assert words(county) == 4


def test_a_workbook_saved_anew_adds_what_is_new(county: County, tmp_path: Path) -> None:
    """A fuller return of the same sheet records the further rows only."""
    few, _ = filled(county, tmp_path, rows=2)
    more, _ = filled(county, tmp_path, rows=4)
    take(county, few)
    taken = take(county, more)

    assert (taken.new, taken.already, taken.refused.height) == (2, 2, 0)


def test_a_workbook_with_an_error_is_taken_not_at_all(county: County, tmp_path: Path) -> None:
    """All problems are told at once, and nothing is written down."""
    path, _ = filled(county, tmp_path, rows=3)
    book = openpyxl.load_workbook(path)
    book.worksheets[0].cell(4, NAMES.index("verdict") + 1).value = "也许"
    book.worksheets[0].cell(5, NAMES.index("reviewer") + 1).value = None
    book.save(path)
    found = take(county, path)

    assert (found.new, words(county)) == (0, 0)
    assert found.refused.select("sheet_row", "column").rows() == [(4, "判定"), (5, "复核人")]


def test_what_others_have_settled_is_told(county: County, tmp_path: Path) -> None:
    """Another reviewer who says otherwise of a settled pair is refused; who says the same changes nothing."""
    first, _ = filled(county, tmp_path, rows=5)
    agreeing, _ = filled(county, tmp_path, rows=5, by="钱二")
    objecting, _ = filled(county, tmp_path, rows=5, by="孙三", verdict="不是同一人")
    take(county, first)
    single = review_month(county, MONTH).items.filter(state="settled").height
    taken = take(county, agreeing)
    refused = take(county, objecting).refused

    assert taken.new == 5 - single
    assert refused.height == 5
    assert refused["expected"].str.contains("已有定论").all()


def test_pairs_that_are_not_asked_about_are_told(county: County, tmp_path: Path) -> None:
    """A workbook whose pairs another area judges, or that new data have answered, is refused row by row."""
    path, _ = filled(county, tmp_path, rows=2)
    book = openpyxl.load_workbook(path)
    book["_form"]["B3"].value = ""
    book.save(path)

    assert take(county, path).refused["expected"].to_list() == ["仍待复核的一项；数据已更新，请用新下发的表"] * 2


def test_who_disputes_a_pair_cannot_settle_it_by_workbook(
    county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two who disagree neither may answer again; a third may."""
    monkeypatch.setattr("fangpin.pipeline.review_month.items", partial(items, double_share=1.0))  # two judge each pair
    path, _ = filled(county, tmp_path, rows=1, by="甲", verdict="不确定")
    third, _ = filled(county, tmp_path, rows=1, by="丙", verdict="不确定")
    item = openpyxl.load_workbook(path).worksheets[0].cell(4, NAMES.index("item") + 1).value
    judge(county, str(item), Verdict.SAME, by="甲")
    judge(county, str(item), Verdict.NOT_SAME, by="乙")

    assert take(county, path).refused.select("sheet_row", "column").rows() == [(4, "复核人")]
    assert take(county, third).new == 1


def test_another_countys_workbook_is_refused(county: County, tmp_path: Path) -> None:
    """A sheet belongs to the county that made it."""
    path, _ = filled(county, tmp_path, rows=1)
    book = openpyxl.load_workbook(path)
    book["_form"]["B2"].value = "laiyuan"
    book.save(path)
    with pytest.raises(IntakeRefused, match="属于“laiyuan”"):
        take(county, path)


def test_a_workbook_that_is_not_there_is_not_found(county: County, tmp_path: Path) -> None:
    """The name is told, not a crash."""
    with pytest.raises(NotFound, match="不存在"):
        take(county, tmp_path / "没有.xlsx")


def test_killed_while_writing_down_nothing_is_there(
    county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut in the middle leaves no judgement, and the same workbook is taken whole afterwards."""
    path, _ = filled(county, tmp_path, rows=3)
    add = review_sheets.add_judgements

    def killed(*args: object, **kwargs: object) -> int:
        add(*args, **kwargs)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(review_sheets, "add_judgements", killed)
        with pytest.raises(KeyboardInterrupt):
            take(county, path)
    assert words(county) == 0

    assert take(county, path).new == 3


def test_an_area_without_pairs_gets_no_workbook(county: County) -> None:
    """Where nothing waits there is nothing to hand out."""
    month = review_month(county, MONTH)
    areas = [*month.register.households["township"].drop_nulls().unique().sort(), COUNTY_AREA]
    kinds = (ReviewKind.REVIEW, ReviewKind.CHECK, ReviewKind.MISSED)
    empty = [(a, k) for a in areas for k in kinds if month.in_area(a).filter(kind=k.value).is_empty()]

    for area, kind in empty:
        assert write_review_sheet(county, MONTH, township=area, kind=kind, gains=NO_GAINS) is None


def test_the_queue_on_the_command_line(
    county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Listed, shown, judged in Chinese words, taken back, sent out and received, with one sentence each."""
    monkeypatch.setenv("FANGPIN_HOME", str(county.home))
    monkeypatch.setenv("COLUMNS", "400")
    month = review_month(county, MONTH)
    item = an_item(month)
    own = str(month.item(item, township=None)["township"])
    path, _ = filled(county, tmp_path, rows=2)
    said = []
    for arguments, code in (
        (("list", "--kind", "check", "--limit", "1"), 0),
        (("show", item, "--township", own), 0),
        (("judge", item, "不是同一人", "--by", "甲", "--reason", "已核户口簿"), 0),
        (("judge", item, "不是同一人", "--by", "甲"), 0),
        (("show", item), 0),
        (("undo", item, "--by", "甲"), 0),
        (("undo", item, "--by", "甲"), 6),
        (("judge", item, "也许"), 2),
        (("list", "--kind", "也许"), 2),
        (("list", "--period", "2024-02"), 6),
        (("sheet", "--township", own, "--kind", "check"), 0),
        (("receive", str(path)), 0),
        (("agreement",), 0),
    ):
        assert run("review", *arguments) == code, arguments
        printed = capsys.readouterr()
        said.append(printed.out + printed.err)

    told = iter(said)
    assert "另有" in next(told)
    assert "户内成员" in next(told)
    assert "甲判定不是同一人，已记下" in next(told)
    assert "此前已记下，没有变化" in next(told)
    assert "已核户口簿" in next(told)
    assert "已撤回甲的判定 1 条" in next(told)
    assert "甲没有现行的判定" in next(told)
    assert "应为同一人、不是同一人、不确定" in next(told)
    assert "应为review、check、missed" in next(told)
    assert "还没有筛查" in next(told)
    assert "匹配复核_抽查已关联" in next(told)
    assert "新判定 2 项" in next(told)
    assert "还没有两人都判定过的匹配" in next(told)


def test_no_identity_is_said_aloud(county: County, capsys: pytest.CaptureFixture[str]) -> None:
    """No whole ID and no birth day beside its last digits stands in what is shown."""
    month = review_month(county, MONTH)
    numbers = set(month.identity["id_seen"].drop_nulls()) | set(month.register.persons["id_no"].drop_nulls())
    for item in month.items["item"].head(10):
        found = reviewing.show(county, item, township=None)
        text = str(found.sides.rows()) + str(found.item) + str(found.facts)

        assert not any(number in text for number in numbers if len(number) > 6)
    assert capsys.readouterr().out == ""
