"""Declarations: the shipped ones load, a county's own replace them, a wrong one is named by file and key."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from fangpin.config.loader import Declarations, digest_of, load, site_ids
from fangpin.config.source_models import Source
from fangpin.errors import DeclarationError, NotFound

SHIPPED = Path(str(resources.files("fangpin.config")))
Write = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def shipped() -> Declarations:
    """Return the shipped declarations."""
    return load("huaxi")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes one file of the county's own declarations and returns the county's home."""

    def put(place: str, text: str) -> Path:
        path = tmp_path / "config" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return tmp_path

    return put


def _shipped(place: str) -> str:
    return (SHIPPED / place).read_text(encoding="utf-8")


def _refusal(home: Path) -> str:
    with pytest.raises(DeclarationError) as refused:
        load("huaxi", home=home)
    return refused.value.sentence


@pytest.mark.parametrize("site_id", site_ids())
def test_every_shipped_site_loads(site_id: str) -> None:
    """Each shipped site loads with its sources and rules, all checked against each other."""
    declared = load(site_id)

    assert (set(declared.site.sources), set(declared.site.rules)) == (set(declared.sources), set(declared.rules))


@pytest.mark.parametrize("folder", ["sources", "rules", "ledgers"])
def test_every_shipped_file_is_used(folder: str, shipped: Declarations) -> None:
    """No shipped declaration lies about that no site uses."""
    files = {path.stem for path in (SHIPPED / folder).glob("*.toml")}
    used = {one for site_id in site_ids() for one in getattr(load(site_id), folder)}

    assert files == used
    assert getattr(shipped, folder)


def test_county_overrides_a_source(write: Write, shipped: Declarations) -> None:
    """A file of the county with a shipped id replaces that declaration and no other."""
    text = _shipped("sources/dibao_roster.toml").replace('agency = "民政"', 'agency = "民政局"')

    declared = load("huaxi", home=write("sources/dibao_roster.toml", text))

    assert declared.source("dibao_roster").agency == "民政局"
    assert declared.source("school_enrolment") == shipped.source("school_enrolment")


def test_county_adds_a_source(write: Write) -> None:
    """A new source and a site that names it are loaded from the county's own folder."""
    write("sources/roster_two.toml", _shipped("sources/dibao_roster.toml").replace('"dibao_roster"', '"roster_two"'))
    site = _shipped("sites/huaxi.toml").replace('"dibao_roster"', '"dibao_roster", "roster_two"', 1)

    declared = load("huaxi", home=write("sites/huaxi.toml", site))

    assert "roster_two" in declared.sources


def test_home_without_declarations(tmp_path: Path, shipped: Declarations) -> None:
    """A county without declarations of its own uses the shipped ones."""
    assert load("huaxi", home=tmp_path) == shipped


def test_other_files_are_let_be(write: Write, shipped: Declarations) -> None:
    """A note beside the declarations is no declaration."""
    assert load("huaxi", home=write("sources/README.txt", "x")) == shipped


SOURCE = _shipped("sources/dibao_roster.toml")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('mode = "full"', 'mode = "full"\ncolour = "red"', "键 colour没有这个键"),
        ('agency = "民政"\n', "", "键 agency缺失"),
        ('title = "低保特困对象花名册"', "title = 5", "键 title的类型不对；应为文字"),
        (
            'file_words = ["民政", "低保", "特困", "救助对象"]',
            'file_words = "低保"',
            "键 file_words的类型不对；应为列表 [ ]",
        ),
        ("id_no = { required = true }", "id_no = 1", "键 identity.id_no的类型不对；应为表 { }"),
        (
            "id_no = { required = true }",
            'id_no = { required = "要" }',
            "键 identity.id_no.required的类型不对；应为true 或 false",
        ),
        (
            "id_no = { required = true }",
            'id_no = { required = "yes" }',
            "键 identity.id_no.required的类型不对；应为true 或 false",
        ),
        (
            'mode = "full"',
            'mode = "full"\nkey = ["tier"]',
            '有误（key 只用于 mode = "monthly" 且 subject = "person" 的数据源）',
        ),
        (
            'mode = "full"',
            'mode = "monthly"\nkey = ["bill", "tier"]',
            "有误（key 提到“bill”，columns 中没有）",
        ),
        ('mode = "full"', 'mode = "weekly"', "键 mode的值不在允许之列；应为'full'、'monthly'"),
        ('role = "fact"', 'role = "other"', "键 role的值不在允许之列；应为'register'、'fact'"),
        ('name = "tier"', 'name = "档次"', "键 columns.1.name的写法不对；应为形如 ^[a-z][a-z0-9_]*$"),
        (
            'name = "tier"\ntitle = "保障档次"\nkind = "text"',
            'name = "tier"\ntitle = "保障档次"\nkind = "code"',
            '键 columns.1有误（tier: codes 只用于 kind = "code"，且不可缺）',
        ),
        ('id = "dibao_roster"', 'id = "other"', "id 为“other”；应为与文件名相同；请改文件名或 id"),
        ('mode = "full"', "mode = full", "第 6 行不是有效的 TOML"),
        ("[identity]", "[identity]\nshoe_size = {}", "identity 提到“shoe_size”"),
    ],
)
def test_wrong_source(old: str, new: str, expected: str, write: Write) -> None:
    """A wrong declaration is refused in Chinese, with file and key."""
    assert SOURCE.count(old) == 1

    sentence = _refusal(write("sources/dibao_roster.toml", SOURCE.replace(old, new)))

    assert sentence.startswith(f"声明 dibao_roster.toml：{expected}")
    assert sentence.endswith("。")


def test_not_utf8(write: Write) -> None:
    """A declaration in another encoding is refused."""
    home = write("sources/dibao_roster.toml", "")
    (home / "config/sources/dibao_roster.toml").write_bytes(SOURCE.encode("gb18030"))

    assert _refusal(home) == "声明 dibao_roster.toml：不是 UTF-8 文字；请另存为 UTF-8 后重试。"


def test_wrong_expectation(write: Write) -> None:
    """A number of the wrong kind is named by its whole path."""
    text = SOURCE.replace("rejected_share_max = 0.2", 'rows_min = "很多"\nrejected_share_max = 0.2', 1)

    expected = "声明 dibao_roster.toml：键 expect.rows_min的类型不对；应为整数；请改正后重试。"
    assert _refusal(write("sources/dibao_roster.toml", text)) == expected


TASKS = _shipped("ledgers/township_tasks.toml")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('name = "visited_on"', 'name = "seen_on"', "columns 缺少“visited_on”；应为task_id、revision、"),
        ('choices = "methods"', 'choices = "ways"', "有误（列 method 的 choices 提到“ways”，没有这个下拉选项表）"),
        ('choices = "methods"', 'choices = "reasons"', "列 method 的 choices 为“reasons”；应为methods"),
        ('choices = "reasons"\n', "", "列 reason 的 choices 为“”；应为reasons"),
        (
            'hidden = true\n\n[[columns]]\nname = "village"',
            'hidden = 1\n\n[[columns]]\nname = "village"',
            "键 columns.2.hidden的类型不对；应为true 或 false",
        ),
    ],
)
def test_wrong_task_sheet(old: str, new: str, expected: str, write: Write) -> None:
    """A task sheet whose answers could not be read back is refused when declarations are loaded."""
    assert TASKS.count(old) == 1

    sentence = _refusal(write("ledgers/township_tasks.toml", TASKS.replace(old, new)))

    assert sentence.startswith("声明 township_tasks.toml：")
    assert expected in sentence


def test_task_sheet_of_no_choices(write: Write) -> None:
    """A code list without an entry is refused: nothing could be answered."""
    text = TASKS[: TASKS.index("[[choices.methods]]")].replace("[[columns]]", "choices.methods = []\n\n[[columns]]", 1)

    assert "choices.methods 没有选项；应为至少一项" in _refusal(write("ledgers/township_tasks.toml", text))


def test_whole_numbers_may_stand_for_others(write: Write) -> None:
    """A whole number is taken where a number is asked for: only true and false are strict."""
    text = SOURCE.replace("rejected_share_max = 0.2", "rows_min = 1\nrejected_share_max = 1", 1)

    declared = load("huaxi", home=write("sources/dibao_roster.toml", text))

    assert declared.sources["dibao_roster"].expect.rejected_share_max == 1.0


@pytest.mark.parametrize(("key", "known"), [("sources", "dibao_roster"), ("rules", "school_dropout")])
def test_site_names_what_is_not_there(key: str, known: str, write: Write) -> None:
    """A site that names an unknown source or rule is refused with what there is."""
    text = _shipped("sites/huaxi.toml").replace(f'"{known}"', '"nowhere"', 1)

    sentence = _refusal(write("sites/huaxi.toml", text))

    assert sentence.startswith(f"声明 huaxi.toml：键 {key} 提到“nowhere”；应为")


@pytest.mark.parametrize(
    ("line", "expected"),
    [('grade = "紫"', "grade 为“紫”；应为"), ('needs = ["nowhere"]', "needs 为“nowhere”；应为")],
)
def test_rule_names_what_is_not_there(line: str, expected: str, write: Write) -> None:
    """A rule of an unknown grade or need is refused with what there is."""
    key = line.split(" = ", maxsplit=1)[0]
    lines = [line if one.startswith(f"{key} = ") else one for one in _shipped("rules/school_dropout.toml").splitlines()]

    sentence = _refusal(write("rules/school_dropout.toml", "\n".join(lines)))

    assert sentence.startswith(f"声明 school_dropout.toml：{expected}")


def test_unknown_site() -> None:
    """A site nobody declared is refused with those there are."""
    with pytest.raises(NotFound) as refused:
        load("nowhere")

    assert refused.value.sentence == f"县（--site）：收到“nowhere”；应为{'、'.join(site_ids())}；请改用其中之一。"


def test_unknown_source(shipped: Declarations) -> None:
    """A source that is not declared is refused with those there are."""
    with pytest.raises(NotFound) as refused:
        shipped.source("nowhere")

    assert "household_register" in refused.value.expected


def test_digest_follows_the_content(write: Write, shipped: Declarations) -> None:
    """The digest changes with any word of a declaration and is the same for the same content elsewhere."""
    same = load("huaxi", home=write("sources/dibao_roster.toml", SOURCE)).digest
    text = SOURCE.replace('"低保边缘户"', '"低保边缘户", "边缘户"')
    other = load("huaxi", home=write("sources/dibao_roster.toml", text)).digest

    assert (same == shipped.digest, other == shipped.digest) == (True, False)


def test_digest_does_not_follow_the_order(shipped: Declarations) -> None:
    """Declarations in another order have the same digest; a missing one has not."""
    sources: list[Source] = list(shipped.sources.values())

    assert digest_of(*sources) == digest_of(*reversed(sources))
    assert digest_of(*sources) != digest_of(*sources[1:])
