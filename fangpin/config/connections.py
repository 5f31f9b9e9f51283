"""What a connection declaration may say: where a department's files are fetched, how, and how patiently.

Floor 1. A secret never stands in a declaration: only the name of the environment variable that holds it. The hosts
named here are the only ones the program ever calls.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from string import Formatter
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StrictBool, field_validator, model_validator

from fangpin.config.declaration import Declaration

EnvName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
_HOST_KEY = r"^(ssh-|ecdsa-)[a-z0-9@.-]+ [A-Za-z0-9+/]+=*$"
_MONTH_NAMES = {"period", "year", "month"}
# What may hold any word: string literals, quoted names, comments. Matched from left to right, as a database reads.
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL)
_BOUND = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")  # as SQLAlchemy reads them
_WRITES = re.compile(
    r"\b(insert|update|delete|merge|replace\s+into|into|drop|alter|create|truncate|grant|revoke|call|exec|execute|copy|"
    r"load|lock|for\s+(?:no\s+key\s+)?(?:update|share)|attach|pragma|set)\b",
    re.IGNORECASE,
)


class Folder(Declaration):
    """A folder that somebody fills: a share, a gateway's outbox (监视目录)."""

    kind: Literal["folder"]
    path: str
    files: str = "*"  # which names are taken
    settled_seconds: float = Field(default=60, ge=0)  # a file changed later than this ago may still be growing

    @field_validator("path")
    @classmethod
    def _is_absolute(cls, path: str) -> str:
        if PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute():
            return path
        msg = "path 须为绝对路径"
        raise ValueError(msg)


class Sftp(Declaration):
    """A folder on a department's SFTP server (SFTP 目录)."""

    kind: Literal["sftp"]
    host: str = Field(min_length=1)
    port: int = Field(default=22, ge=1, le=65535)
    user: str = Field(min_length=1)
    folder: str = "."
    files: str = "*"
    host_key: str = Field(pattern=_HOST_KEY)  # the server's public key as in known_hosts, without the host
    password_env: EnvName | None = None
    key_env: EnvName | None = None  # holds the path of a private key file
    settled_seconds: float = Field(default=60, ge=0)

    @model_validator(mode="after")
    def _can_log_in(self) -> Sftp:
        if (self.password_env is None) == (self.key_env is None):
            msg = "password_env 和 key_env 须写且只写一个"
            raise ValueError(msg)
        return self


class Http(Declaration):
    """A department's HTTP(S) interface: records page by page as JSON, or one file (接口)."""

    kind: Literal["http"]
    url: str  # may hold {period} (2024-03), {year} and {month}
    answer: Literal["records", "file"] = "records"
    records: str = "data"  # key of the list of records, dotted; empty: the answer is the list
    next: str = ""  # key of the next page's address, dotted; empty: pages are counted
    page: str = ""  # name of the page-number parameter; empty with next empty: one page
    page_size: str = ""  # name of the page-size parameter
    rows_per_page: int = Field(default=1000, ge=1)
    total: str = ""  # key of the number of records in all, dotted: what is fetched must add up to it
    token_env: EnvName | None = None
    token_header: str = "Authorization"  # noqa: S105 - a header's name
    token_prefix: str = "Bearer "  # noqa: S105 - the word before a token
    ca_file: str = ""  # certificate of the authority the server is vouched for by; empty: the public ones
    plain_http: StrictBool = False  # allow an address without TLS, inside a closed network only

    @field_validator("url")
    @classmethod
    def _holds_no_secret_and_only_months(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            names = {name for _, name, _, _ in Formatter().parse(url) if name is not None}
        except ValueError:
            msg = "url 不是网址"
            raise ValueError(msg) from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            msg = "url 须以 https:// 开头并写明主机"
        elif parts.username is not None:
            msg = "url 中不得写用户名和密码，令牌放在 token_env 指的环境变量里"
        elif not names <= _MONTH_NAMES:
            msg = "url 中的 { } 只能是 {period}、{year}、{month}"
        else:
            return url
        raise ValueError(msg)

    @model_validator(mode="after")
    def _is_guarded_and_pages_one_way(self) -> Http:
        if urlsplit(self.url).scheme == "http" and not self.plain_http:
            msg = "url 不是 https；确在封闭内网的，写明 plain_http = true"
        elif self.next and self.page:
            msg = "next 和 page 只能写一个"
        else:
            return self
        raise ValueError(msg)


class Sql(Declaration):
    """A query on a department's database (数据库查询)."""

    kind: Literal["sql"]
    address_env: EnvName  # holds the SQLAlchemy address, password included
    query: str  # one SELECT; may hold :period, :year, :month

    @field_validator("query")
    @classmethod
    def _is_one_select(cls, query: str) -> str:
        wrong = wrong_in_query(query)
        if wrong:
            raise ValueError(wrong)
        return query


class Connection(Declaration):
    """One way in for a department's files (取数通道)."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(pattern=r'^[^\s/\\:*?"<>|.][^/\\:*?"<>|]*$', max_length=60)  # it begins the names of files
    source: str = ""  # the source its files are of; empty: recognised from each file
    attempts: int = Field(default=4, ge=1, le=20)  # in one go, each waiting longer than the last
    timeout_seconds: float = Field(default=60, gt=0)  # without a byte
    whole_seconds: float = Field(default=1800, gt=0)  # for everything
    transport: Folder | Sftp | Http | Sql = Field(discriminator="kind")


def wrong_in_query(query: str) -> str:
    """Return what keeps a query from being one SELECT over at most the month, empty when nothing does.

    A first look only: the account's rights on the department's side are the guard.

    >>> wrong_in_query("select 身份证号 from bills where month = :period and note <> 'update; x'")
    ''
    >>> wrong_in_query("select 1; delete from bills")
    'query 须为一个 SELECT，不得有分号隔开的多条语句'
    >>> wrong_in_query("with gone as (delete from bills returning *) select * from gone")
    'query 须为一个 SELECT，不得有 delete'
    >>> wrong_in_query("select :day")
    'query 中的参数只能是 :period、:year、:month'
    """
    plain = _QUOTED.sub(" '' ", query).strip().removesuffix(";")
    writes = _WRITES.search(plain)
    if "/*!" in query:  # MySQL runs what stands in such a comment
        return "query 须为一个 SELECT，不得有 /*! */"
    if not re.match(r"(select|with)\b", plain.lstrip("' \n"), re.IGNORECASE):
        return "query 须以 SELECT 或 WITH 开头"
    if ";" in plain:
        return "query 须为一个 SELECT，不得有分号隔开的多条语句"
    if writes:
        return f"query 须为一个 SELECT，不得有 {writes[1].lower()}"
    if not set(_BOUND.findall(plain)) <= _MONTH_NAMES:
        return "query 中的参数只能是 :period、:year、:month"
    return ""
