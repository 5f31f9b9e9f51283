"""What a connection declaration is refused for: secrets, open doors, writing queries, unfinished logins."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from fangpin.config.connections import Connection, wrong_in_query

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKkk"
SFTP = {"kind": "sftp", "host": "10.0.0.1", "user": "fupin", "host_key": KEY, "password_env": "SFTP_PASSWORD"}
HTTP = {"kind": "http", "url": "https://10.0.0.1/rows?month={period}", "token_env": "API_TOKEN"}
SQL = {"kind": "sql", "address_env": "OFFICE_DB", "query": "select 1"}


def _declared(transport: dict[str, Any], **differing: Any) -> Connection:
    return Connection.model_validate({"id": "minzheng", "title": "民政", "transport": transport} | differing)


@pytest.mark.parametrize(
    "transport", [SFTP, HTTP, SQL, {"kind": "folder", "path": "/srv/outbox"}, {"kind": "folder", "path": "D:\\报送"}]
)
def test_each_kind_of_transport_is_declared_in_a_few_lines(transport: dict[str, Any]) -> None:
    """What is left out has a default."""
    assert _declared(transport).transport.kind == transport["kind"]


@pytest.mark.parametrize(
    ("transport", "expected"),
    [
        (SFTP | {"password": "secret"}, "Extra inputs"),
        (SFTP | {"key_env": "SFTP_KEY"}, "须写且只写一个"),
        (SFTP | {"password_env": None}, "须写且只写一个"),
        (SFTP | {"password_env": "secret word"}, "pattern"),
        (SFTP | {"host_key": "SHA256:abc"}, "pattern"),
        (SFTP | {"port": 0}, "greater than"),
        (HTTP | {"url": "http://10.0.0.1/rows"}, "url 不是 https"),
        (HTTP | {"url": "HTTP://10.0.0.1/rows"}, "url 不是 https"),
        (HTTP | {"url": "ftp://10.0.0.1/rows"}, "url 须以 https:// 开头并写明主机"),
        (HTTP | {"url": "https:///rows"}, "url 须以 https:// 开头并写明主机"),
        (HTTP | {"url": "https://user:secret@10.0.0.1/rows"}, "url 中不得写用户名和密码"),
        (HTTP | {"url": "https://10.0.0.1/{day}"}, "只能是 {period}、{year}、{month}"),
        (HTTP | {"url": "https://10.0.0.1/{period"}, "url 不是网址"),
        (HTTP | {"next": "next", "page": "page"}, "next 和 page 只能写一个"),
        (SQL | {"query": "delete from t"}, "query 须以 SELECT 或 WITH 开头"),
        ({"kind": "folder", "path": "outbox"}, "path 须为绝对路径"),
        ({"kind": "ftp"}, "tag"),
    ],
)
def test_a_declaration_that_would_not_do_is_refused(transport: dict[str, Any], expected: str) -> None:
    """Secrets in the file, doors left open, logins that cannot work."""
    with pytest.raises(ValidationError, match=expected.replace("{", "\\{").replace("}", "\\}")):
        _declared(transport)


@pytest.mark.parametrize("title", ["../民政", "民政/低保", ".民政", "民政:低保", ""])
def test_a_title_begins_the_names_of_files(title: str) -> None:
    """So it may not lead out of a folder."""
    with pytest.raises(ValidationError):
        _declared(SQL, title=title)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select * from t where m = :period and y = :year and n = :month", ""),
        ("-- 低保\nWITH a AS (SELECT 1) SELECT * FROM a;", ""),
        ("select updated_at, \"delete\", 'drop; :x', now()::date, '12:30' from t", ""),
        ("select 1; drop table t", "分号"),
        ("with a as (update t set x = 1 returning *) select * from a", "update"),
        ("select * into u from t", "into"),
        ("select * from t for update", "for update"),
        ("select 1 /*! into outfile '/tmp/x' */", "/*! */"),
        ("call rebuild()", "SELECT 或 WITH"),
        ("select :day", "参数"),
    ],
)
def test_a_query_is_one_select_over_the_month(query: str, expected: str) -> None:
    """Words inside quotes and comments are none of the query's own."""
    found = wrong_in_query(query)

    assert found == "" if not expected else expected in found
