"""The rules over lists (income, houses, basic living, certificates, labour, school), one subject at a time."""

from __future__ import annotations

from plain_logic import Answer, Row, all_of, at_least, below, no


def income_low(_person: Row, home: Row, _members: list[Row], line: Row) -> Row:
    """A year's income a head under the monitoring line, from visits enough."""
    return _under(home, line["monitoring_line_yuan"], line["months"])


def income_list(_person: Row, home: Row, _members: list[Row], line: Row) -> Row:
    """A year's income a head under the line of the county's list."""
    return _under(home, line["income_list_yuan"], line["months"])


def _under(home: Row, line: float, months: float) -> Row:
    a_head, visited = home["income_per_head_yuan"], home["months_visited"]
    fires = below(a_head, line) if at_least(visited, months) else None
    return {
        "fires": fires,
        "measured": a_head,
        "threshold": line,
        "per_head_yuan": a_head,
        "line_yuan": line,
        "months_visited": visited,
    }


def dibao_new(_person: Row, home: Row, _members: list[Row], _line: Row) -> Row:
    """A whole family new on the basic-living list."""
    fires = all_of(home["is_dibao_new"], home["is_dibao_whole_household"])
    return {"fires": fires, "measured": home["dibao_persons"], "threshold": home["size"], "size": home["size"]}


def dibao_single_new(_person: Row, home: Row, _members: list[Row], _line: Row) -> Row:
    """Part of a family new on the basic-living list."""
    fires = all_of(home["is_dibao_new"], no(home["is_dibao_whole_household"]))
    listed, size = home["dibao_persons"], home["size"]
    return {"fires": fires, "measured": listed, "threshold": size, "dibao_persons": listed, "size": size}


def unsafe_house(_person: Row, home: Row, _members: list[Row], _line: Row) -> Row:
    """Living in a C or D house that nobody is rebuilding."""
    shown = {"house_grade": home["house_grade"], "renovation": home["renovation"]}
    return {"fires": home["is_unsafe_house"], "measured": 1, "threshold": 1} | shown


def house_renovation_new(_person: Row, home: Row, _members: list[Row], _line: Row) -> Row:
    """Unsafe and not being rebuilt last month, being rebuilt this month."""
    if home["renovation"] == "改造中":
        fires: Answer = home["was_unsafe_house"]
    elif home["renovation"] is not None or home["is_unsafe_house"] is False:
        fires = False
    else:
        fires = None
    return {"fires": fires, "measured": 1, "threshold": 1, "house_grade": home["house_grade"]}


def no_labour(_person: Row, home: Row, _members: list[Row], _line: Row) -> Row:
    """Nobody able to work and no safety net."""
    labour = home["labour_count"]
    fires = all_of(None if labour is None else labour == 0, no(home["has_safety_net"]))
    return {"fires": fires, "measured": labour, "threshold": 0, "size": home["size"]}


def eliminated_no_labour(_person: Row, home: Row, _members: list[Row], _line: Row) -> Row | None:
    """A monitored family marked out of danger though nobody in it can work."""
    if home["monitored_type"] is None:
        return None
    labour = home["labour_count"]
    fires = all_of(home["risk_eliminated"], None if labour is None else labour == 0)
    shown = {"size": home["size"], "monitored_type": home["monitored_type"]}
    return {"fires": fires, "measured": labour, "threshold": 0} | shown


def disability_new(person: Row, _home: Row, _members: list[Row], _line: Row) -> Row:
    """A first certificate that is not a severe one."""
    return _certified(person, all_of(person["is_newly_disabled"], no(person["is_severely_disabled"])))


def disability_new_severe(person: Row, _home: Row, _members: list[Row], _line: Row) -> Row:
    """A first certificate, and a severe one."""
    return _certified(person, all_of(person["is_newly_disabled"], person["is_severely_disabled"]))


def _certified(person: Row, fires: Answer) -> Row:
    shown = {"disability_type": person["disability_type"], "disability_level": person["disability_level"]}
    return {"fires": fires, "measured": 1, "threshold": 1} | shown


def disabled_several(_person: Row, _home: Row, members: list[Row], line: Row) -> Row | None:
    """So many members hold a certificate."""
    return _several([member["is_disabled"] for member in members], line["persons"], "disabled")


def students_beyond_compulsory(_person: Row, _home: Row, members: list[Row], line: Row) -> Row | None:
    """So many members study beyond the compulsory years."""
    studying = [
        all_of(
            member["is_on_school_list"],
            None if member["enrolment_status"] is None else member["enrolment_status"] == "在读",
            at_least(member["school_year"], 10),
        )
        for member in members
    ]
    return _several(studying, line["students"], "students")


def _several(answers: list[Answer], line: float, shown: str) -> Row | None:
    if not answers:
        return None
    count = sum(answer is True for answer in answers)
    fires = True if count >= line else (None if None in answers else False)
    return {"fires": fires, "measured": count, "threshold": line, shown: count}


def school_dropout(person: Row, _home: Row, _members: list[Row], line: Row) -> Row | None:
    """Said to have dropped out, by the class or else the age of compulsory education."""
    age, status, year = person["age"], person["enrolment_status"], person["school_year"]
    if age is not None and not line["age_from"] <= age <= line["age_to"] + 3:
        return None
    if person["is_on_school_list"] is False:
        fires: Answer = False
    elif status is None:
        fires = None
    elif status != "辍学":
        fires = False
    elif year is not None:
        fires = 1 <= year <= 9
    else:
        fires = None if age is None else line["age_from"] <= age <= line["age_to"]
    return {"fires": fires, "measured": 1, "threshold": 1, "age": age}


def school_gone(person: Row, _home: Row, _members: list[Row], line: Row) -> Row | None:
    """Of school age and gone from the lists for so many months without a word of leaving."""
    age, away, year = person["age"], person["school_absent_months"], person["school_year"]
    if age is not None and not line["age_from"] <= age <= line["age_to"]:
        return None
    last_month = person["school_last_month"]
    left_by_rule = person["last_enrolment_status"] in ("转学", "毕业", "辍学")
    finished = year == 9 and last_month is not None and 5 <= last_month <= 8
    if away is None and person["is_on_school_list"] is None:
        fires: Answer = False if left_by_rule or finished else None
    elif away is None or away < line["months"] or left_by_rule or finished:
        fires = False
    else:
        fires = None if year is None else 1 <= year <= 9
    return {"fires": fires, "measured": away, "threshold": line["months"], "age": age, "absent_months": away}
