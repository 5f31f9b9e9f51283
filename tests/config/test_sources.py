"""The shipped sources: each is known by its own heads, takes nobody else's file, asks for nothing it may not hold."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from identity import whole

from fangpin.config.loader import load
from fangpin.config.source_models import ColumnKind, Source
from fangpin.connectors.grid import Grid
from fangpin.connectors.heads import head_key
from fangpin.connectors.readers import Readers
from fangpin.connectors.recognise import recognise
from fangpin.ledgers.asked import Asked, asked_columns
from fangpin.types import Period

MARCH = Period(2024, 3)
DECLARED = load("huaxi")
SOURCES = sorted(DECLARED.sources)
SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "samples" / "yunling" / "county"
CELLS = {
    ColumnKind.NAME: "甲某",
    ColumnKind.ID_NO: whole("990101", "19900101", "001"),
    ColumnKind.MONEY: "1,234.50",
    ColumnKind.DATE: "2024-03-02",
    ColumnKind.INTEGER: "3",
    ColumnKind.PLACE: "桐花镇",
}

# Heads as departments are known to send them (data dictionary 3.2-3.8), under a file name that says nothing.
SENT = {
    "dibao_roster": "所属年份 所属月份 姓名 身份证号 基本生活保障类型",
    "medical_settlement": "所属年份 所属月份 姓名 身份证号 个人自付金额",
    "disability_certificate": "所属年份 所属月份 姓名 身份证号 残疾证号 残疾类别 残疾等级 残疾详情 持证状态",
    "death_list": "所属年份 所属月份 姓名 身份证号 死亡时间 是否死亡 数据来源",
    "employment_roster": (
        "所属年份 所属月份 姓名 身份证号 补贴类型 培训时间 是否失业 参保状态 月待遇金额 就业单位 补贴金额 培训工种"
    ),
    "insurance_enrolment": "姓名 身份证号 险种类型 参保状态 特殊身份 是否资助参保 资助金额 个人缴费",
    "temporary_aid": "序号 姓名 身份证号 乡镇 村 救助类型 救助事由 救助金额 救助日期",
    "disability_subsidy": "序号 姓名 身份证号 残疾人补贴类型 补贴金额",
    "student_aid": "序号 学生姓名 身份证号 学校名称 学段 学费 住宿费 教科书费 资助项目 资助金额",
    "serious_illness": "序号 患者姓名 身份证号 病种 确诊日期 是否签约",
    "asset_check": "序号 姓名 身份证号 乡镇 村 核对项目 数量 金额(元) 核对日期 授权书编号 车牌号 坐落",
    "security_event": "序号 姓名 身份证号 情形 案发日期 办案单位",
    "accident_event": "序号 姓名 身份证号 意外类型 发生时间 伤亡情况 财产损失(元) 赔付金额(元)",
    "loan_overdue": "序号 借款人 身份证号 贷款余额(万元) 逾期天数 到期日 评级授信档次",
    "petition": "序号 诉求人 身份证号 乡镇 村 诉求类型 受理渠道 受理日期 诉求内容",
    "self_report": "序号 申报人 身份证号 申报渠道 困难类型 申报日期 情况说明",
    "cadre_report": "序号 乡镇 村 组 户主姓名 身份证号 困难类型 排查日期 排查人 情况说明",
    "help_measure": "序号 乡镇 村 户编号 户主姓名 帮扶类型 开始时间 实施情况 帮扶责任人",
    "residence_change": "姓名 公民身份号码 户号 户籍地址 与户主关系 变动类型 变动日期",
    "traffic_accident": "序号 姓名 身份证号 事故日期 事故地点 伤亡情况 责任",
    "disaster_loss": (
        "灾害种类 受灾时间 户主 户主身份证号 受灾人口 农作物受灾面积(亩) 绝收面积 倒塌间数 严重损坏间数"
        " 一般损坏间数 直接经济损失(万元) 救助金额(元)"
    ),
    "farm_claim": "序号 姓名 身份证号 理赔金额 理赔原因 理赔日期",
    "farm_subsidy": "序号 姓名 身份证号 补贴类型 面积(亩) 金额 发放状态",
    "water_supply": (
        "序号 乡(镇) 行政村 供水工程名称 供水方式 受益户 受益人口 人均日供水量(升) 水质检测结果 取水时间(分钟)"
        " 供水保证率(%) 停水开始 停水结束 是否安全饮水"
    ),
    "upper_clue_list": "序号 乡镇 村 户编号 姓名 证件号码 疑点类型 疑点描述 下发日期",
    "monitored_roster": (
        "户编号 人编号 姓名 证件号码 与户主关系 户类型 监测对象类别 致贫/返贫风险1 致贫/返贫风险2 风险是否已消除"
        " 风险消除方式 风险识别时间"
    ),
    "household_register": (
        "乡（镇） 行政村 自然村（组） 户编号 人编号 姓名 性别 证件号码 人数 与户主关系 民族 健康状况 劳动技能 户类型"
        " 监测对象类型 风险是否消除 识别时间"
    ),
}

# National headers (dictionary 3.8, [A1]) are those of both lists of 乡村振兴: there the words decide.
NATIONAL = (
    "序号 数据日期 县(市、区、旗) 乡(镇) 行政村 自然村 户编号 人编号 姓名 证件号码 人数 与户主关系 民族 文化程度"
    " 在校生状况 健康状况 劳动技能 务工时间（月） 是否参加大病保险 致贫原因1 危房户 是否解决安全饮用水 人均纯收入"
    " 户联系电话 人联系电话 首次识别时间 人员识别时间 户类型 易返贫致贫户(监测对象)类型 风险是否消除 风险识别时间"
    " 风险消除时间"
)


def _cell(one: Asked) -> str:
    if one.choices:
        return one.choices[0]
    return CELLS.get(one.column.kind, "某某")


def _sheet(*rows: list[str]) -> Grid:
    width = max(len(row) for row in rows)
    cells = {f"c{place}": [row[place] if place < len(row) else None for row in rows] for place in range(width)}
    numbers = pl.Series("sheet_row", range(1, len(rows) + 1), dtype=pl.UInt32)
    return Grid(
        "Sheet1",
        visible=True,
        rows=pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String)).insert_column(0, numbers),
    )


def _taken_for(*rows: list[str], file_name: str = "来件.xlsx") -> str:
    return recognise([_sheet(*rows)], DECLARED, file_name=file_name, source_id=None, period=MARCH).source_id


def _blank(source_id: str) -> tuple[list[str], list[str]]:
    """Return the heads of a source's blank workbook, and one invented row."""
    asked = asked_columns(DECLARED.sources[source_id], DECLARED.identity)
    return [one.head for one in asked], [_cell(one) for one in asked]


@pytest.mark.parametrize("source_id", SOURCES)
def test_a_blank_workbook_is_known_by_its_heads_alone(source_id: str) -> None:
    """A file without any word in its name or title is taken for the source whose heads it has."""
    assert _taken_for(*_blank(source_id)) == source_id


@pytest.mark.parametrize("source_id", SOURCES)
def test_the_words_of_a_source_lead_to_it(source_id: str) -> None:
    """A file named and titled as the source is titled is not taken for another."""
    title = DECLARED.sources[source_id].title

    assert _taken_for([f"某县2024年3月{title}"], *_blank(source_id), file_name=f"{title}_2024年3月.xlsx") == source_id


@pytest.mark.parametrize("source_id", SOURCES)
def test_a_source_is_known_by_its_agencys_name_and_its_heads(source_id: str) -> None:
    """A file that bears no more than the agency's name still goes to the right one of its extracts."""
    agency = DECLARED.sources[source_id].agency

    assert _taken_for(*_blank(source_id), file_name=f"{agency}_2024年3月.xlsx") == source_id


@pytest.mark.parametrize("source_id", sorted(SENT))
def test_heads_as_they_are_sent_are_known(source_id: str) -> None:
    """The short forms known from departments are taken for the right source without a word of help."""
    heads = SENT[source_id].split()

    assert _taken_for(heads, ["甲某"] * len(heads)) == source_id


@pytest.mark.parametrize(
    ("file_name", "source_id"),
    [
        ("农户信息台账.xlsx", "household_register"),
        ("边缘易致贫人口名单.xlsx", "monitored_roster"),
        ("防返贫监测对象花名册.xlsx", "monitored_roster"),
    ],
)
def test_lists_with_the_national_headers_are_told_apart_by_their_words(file_name: str, source_id: str) -> None:
    """Two lists of the same headers are told apart by file name."""
    heads = NATIONAL.split()

    assert _taken_for(heads, ["甲某"] * len(heads), file_name=file_name) == source_id


@pytest.mark.parametrize("source_id", sorted(SENT))
def test_no_head_that_is_sent_is_unknown(source_id: str) -> None:
    """Every head of the known forms is taken in or ignored by name."""
    source = DECLARED.sources[source_id]
    known = {head_key(h) for one in asked_columns(source, DECLARED.identity) for h in one.column.heads}
    known |= {head_key(h) for h in source.ignored}
    known |= {head_key(h) for name in ("period", "period_year", "period_month") for h in DECLARED.identity[name].heads}

    assert [h for h in SENT[source_id].split() if head_key(h) not in known] == []


def _heads(source: Source) -> list[str]:
    return [head for column in source.columns for head in column.heads]


@pytest.mark.parametrize("source_id", SOURCES)
def test_no_source_takes_in_bank_accounts_or_telephones(source_id: str) -> None:
    """What the dictionary says must not come in has no column in any source."""
    found = [h for h in _heads(DECLARED.sources[source_id]) if re.search("账号|卡号|账户|开户|电话|手机", h)]

    assert found == []


@pytest.mark.parametrize("source_id", SOURCES)
def test_every_source_says_on_what_it_rests(source_id: str) -> None:
    """A source names the clauses it is collected under, and what for."""
    source = DECLARED.sources[source_id]

    assert re.search(r"S00\d-\d", source.legal_basis)
    assert source.agreement.purpose


@pytest.mark.parametrize("source_id", SOURCES)
def test_bands_are_set_on_what_a_file_always_has(source_id: str) -> None:
    """A share of filled cells is asked of required columns only, for others may be absent; a sum of money only."""
    source = DECLARED.sources[source_id]
    required = {c.name for c in source.columns if c.required} | {
        n for n, use in source.identity.items() if use.required
    }
    money = {c.name for c in source.columns if c.kind is ColumnKind.MONEY}

    assert set(source.expect.fill_min) <= required
    assert set(source.expect.sums) <= money


@pytest.mark.parametrize("source_id", SOURCES)
def test_no_head_stands_for_two_columns(source_id: str) -> None:
    """Within a source a head is declared once: taken in for one column, or ignored."""
    source = DECLARED.sources[source_id]
    columns = [
        DECLARED.identity[name].model_copy(update={"heads": tuple({*use.heads, *DECLARED.identity[name].heads})})
        for name, use in source.identity.items()
    ]
    heads = [head_key(h) for c in (*columns, *source.columns) for h in {head_key(h) for h in c.heads}]
    heads += [head_key(h) for h in source.ignored]

    assert sorted({h for h in heads if heads.count(h) > 1}) == []


def test_the_jobs_of_the_county_do_each_work_once() -> None:
    """The shipped schedule pulls, reminds, screens, dispatches, checks and backs up."""
    assert sorted(job.work for job in DECLARED.site.jobs) == [
        "backup",
        "dispatch",
        "pull",
        "rebuild_check",
        "remind",
        "screen",
    ]


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the sample county is not beside this checkout")
@pytest.mark.parametrize("month", ["2024-01", "2024-08"])
def test_the_sample_countys_files_are_known_by_their_heads(month: str, tmp_path: Path) -> None:
    """With names and titles taken away, each file of the sample county is still of its own source."""
    expected = {
        "农户信息台账": "household_register",
        "走访收支台账": "visit_ledger",
        "医保": "medical_settlement",
        "民政": "dibao_roster",
        "住建": "housing_appraisal",
        "教育": "school_enrolment",
        "残联": "disability_certificate",
    }
    found = {}
    with Readers(tmp_path) as readers:
        for file in sorted((SAMPLE / month).iterdir()):
            with readers.read(file, file_name=file.name) as grids:
                titles = 0 if file.name.startswith("教育") else 1
                untitled = [Grid(g.name, g.visible, g.rows.slice(titles)) for g in grids]
                taken = recognise(untitled, DECLARED, file_name="来件", source_id=None, period=Period.parse(month))
            found[file.name.split("_")[0]] = taken.source_id

    assert found == expected
