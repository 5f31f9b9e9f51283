"""Calls to one host over HTTP(S): TLS verified, nothing taken from the environment, nobody else called.

Floor 3. Redirects and page links are followed on the declared host only; what the host answers is either data or a
failure with its sentence.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from fangpin.config.connections import Http
from fangpin.connectors.transports.base import Passing, Patience, T, run_within, secret, silent
from fangpin.errors import TransportFailed

NO_CONTENT: Final = 204
_OK, _TOO_MANY, _UNAVAILABLE, _SERVER = 200, 429, 503, 500
_REDIRECTS: Final = 5
_PAGES_FOR_PEOPLE: Final = ("text/html", "application/xhtml+xml")
_REFUSED: Final = {
    401: ("令牌被拒绝（401）", "请核对环境变量中的令牌是否过期"),
    403: ("没有权限（403）", "请与对方核实令牌的权限"),
    404: ("没有这个地址（404）", "请核对 url，或与对方核实该月数据是否已报"),
}


@dataclass(frozen=True, slots=True)
class Host:
    """The declared host of an interface, and how it is called."""

    declared: Http
    where: str
    patience: Patience
    environ: Mapping[str, str]
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    def client(self) -> httpx.AsyncClient:
        """Return a client that takes no proxy, login or certificate from the environment."""
        declared, headers = self.declared, {"Accept-Encoding": "identity"}
        if declared.token_env:
            token = secret(self.environ, declared.token_env, where=self.where)
            if not (token.isascii() and token.isprintable()):
                given = f"环境变量 {declared.token_env} 中有不能用作令牌的字符"
                raise TransportFailed(self.where, given, action="请检查是否带了换行或中文")
            headers[declared.token_header] = declared.token_prefix + token
        try:
            trusted = ssl.create_default_context(cafile=declared.ca_file or None)
        except OSError as exc:
            raise TransportFailed(self.where, "ca_file 指的证书读不出", action="请检查路径和格式") from exc
        timeout = self.patience.timeout_seconds
        return httpx.AsyncClient(headers=headers, timeout=timeout, verify=trusted, trust_env=False)

    @asynccontextmanager
    async def answer(self, client: httpx.AsyncClient, url: httpx.URL) -> AsyncIterator[httpx.Response]:
        """Give the answer that holds data, after redirects within the host."""
        for _ in range(_REDIRECTS):
            async with client.stream("GET", url) as found:
                if not found.has_redirect_location:
                    self._check(found)
                    yield found
                    return
                url = self.link(url, found.headers["location"], what="转向的地址")
        raise TransportFailed(self.where, f"转向超过 {_REDIRECTS} 次", action="请核对 url")

    def link(self, url: httpx.URL, link: str, *, what: str) -> httpx.URL:
        """Return where a link that stands at an address leads.

        Raises: TransportFailed when that is another host.
        """
        try:
            leads = url.join(link)
        except httpx.InvalidURL as exc:
            raise TransportFailed(self.where, f"{what}不是网址", action="请与对方核实") from exc
        if (leads.scheme, leads.host, leads.port) != (url.scheme, url.host, url.port):
            raise TransportFailed(self.where, f"{what}在另一台主机上，没有跟去", action="请与对方核实")
        return leads

    def page_for_people(self) -> TransportFailed:
        """Return the failure of a web page coming where data were asked for."""
        return TransportFailed(
            self.where, "返回的是网页而不是数据，可能是登录页", action="请核对 url 和环境变量中的令牌"
        )

    def too_large(self, limit: int) -> TransportFailed:
        """Return the failure of an answer that passes a limit."""
        expected = f"不超过 {limit / 1024**2:,.0f} MB"
        return TransportFailed(self.where, "返回的内容过大", expected=expected, action="请对方分月或分页提供")

    def run(self, work: Awaitable[T]) -> T:
        """Run calls to the end within the time for everything, and say in a sentence what went wrong."""
        try:
            return run_within(self.patience, self.where, work)
        except httpx.TimeoutException as exc:
            raise silent(self.where, self.patience.timeout_seconds) from exc
        except httpx.ConnectError as exc:
            if _is_distrust(exc):
                given = "服务器证书不可信，没有发送任何内容"
                action = "请向对方核实证书；单位自建的根证书写在 ca_file"
                raise TransportFailed(self.where, given, action=action) from exc
            raise Passing(self.where, "连接不上", action="请核对 url 和网络") from exc
        except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as exc:
            raise Passing(self.where, "连接中断，传输不完整", action="稍后会再取") from exc

    def _check(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status in _REFUSED:
            given, action = _REFUSED[status]
            raise TransportFailed(self.where, given, action=action)
        if status in (_TOO_MANY, _UNAVAILABLE):
            busy = Passing(self.where, f"对方忙，要求稍后再取（{status}）", action="稍后会再取")
            busy.wait = waiting(answer.headers.get("retry-after", ""), now=self.now())
            raise busy
        if status >= _SERVER:
            raise Passing(self.where, f"对方服务出错（{status}）", action="请与对方核实服务是否正常，稍后会再取")
        if status not in (_OK, NO_CONTENT):
            raise TransportFailed(self.where, f"对方回答 {status}", expected="200", action="请核对接口说明")
        if media_type(answer) in _PAGES_FOR_PEOPLE:
            raise self.page_for_people()


def media_type(answer: httpx.Response) -> str:
    """Return what kind of content an answer says it is."""
    return str(answer.headers.get("content-type", "")).partition(";")[0].strip().lower()


def waiting(told: str, *, now: dt.datetime) -> float | None:
    """Return how many seconds a Retry-After asks for, None when it says nothing.

    >>> waiting("120", now=dt.datetime(2024, 3, 1, tzinfo=dt.UTC))
    120.0
    >>> waiting("Fri, 01 Mar 2024 00:00:30 GMT", now=dt.datetime(2024, 3, 1, tzinfo=dt.UTC))
    30.0
    """
    if told.isascii() and told.isdecimal():
        return float(told)
    try:
        until = email.utils.parsedate_to_datetime(told)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    return max(0.0, (until - now).total_seconds())


def _is_distrust(exc: BaseException | None) -> bool:
    """Say whether a failed connection goes back to a certificate that nobody vouches for."""
    while exc is not None:
        if isinstance(exc, ssl.SSLCertVerificationError):
            return True
        exc = exc.__cause__ or exc.__context__
    return False
