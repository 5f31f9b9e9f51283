"""A month's records or file from a department's HTTP(S) interface, whole or not at all.

Floor 3. A total that does not add up, a length that is not kept, a page for people instead of data are failures,
never a short file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import httpx

from fangpin.connectors.transports.base import SIZE_LIMIT, Listing, Passing, Remote, whole
from fangpin.connectors.transports.records import BadRecords, Record, Spool, dug, parse_json, records_of, total_of
from fangpin.connectors.transports.web import NO_CONTENT, Host, media_type
from fangpin.errors import TransportFailed
from fangpin.types import Period

_PAGE_LIMIT: Final = 64 * 1024**2
_HEAD: Final = 512
_SUFFIXES: Final = (".xlsx", ".xls", ".csv", ".txt", ".tsv", ".zip")
_MAGIC: Final = {b"PK\x03\x04": ".xlsx", b"\xd0\xcf\x11\xe0": ".xls"}


@dataclass(frozen=True, slots=True)
class _Page:
    """One answer of a paged interface; ``following`` is the next page's address as the answer gives it."""

    records: tuple[Record, ...]
    total: int | None
    following: str


@dataclass(frozen=True, slots=True)
class HttpTransport:
    """Takes a month's records or file from an interface (接口)."""

    host: Host
    stem: str  # what the file is called, without a suffix
    period: Period
    size_limit: int = SIZE_LIMIT

    def listing(self) -> Listing:
        """Return the one thing there is to ask for; nobody is asked yet."""
        return Listing((Remote(f"{self.stem}.csv"),))

    def fetch(self, remote: Remote, into: Path) -> Path | None:
        """Bring all records as one CSV, or the file; None when the other side has none yet.

        Raises: TransportFailed when it does not answer, refuses us, or what it gives is not whole.
        """
        target, suffix = into / remote.name, ".csv"
        with whole(target) as aside:
            if self.host.declared.answer == "file":
                suffix = self.host.run(self._file(aside))
            else:
                self.host.run(self._records(aside))
        return target.rename(target.with_suffix(suffix)) if target.exists() else None

    async def _file(self, aside: Path) -> str:
        """Write the file aside, nothing when there is none, and return the suffix that tells its format."""
        async with self.host.client() as client, self.host.answer(client, self._url()) as answer:
            if answer.status_code == NO_CONTENT:
                return ".csv"
            self._check_whole_can_be_told(answer)
            head, size = b"", 0
            with aside.open("wb") as out:
                async for chunk in answer.aiter_raw():
                    head, size = (head + chunk)[:_HEAD], size + len(chunk)
                    if size > self.size_limit:
                        raise self.host.too_large(self.size_limit)
                    out.write(chunk)
            if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html")):
                raise self.host.page_for_people()
            return _suffix(answer, head)

    def _check_whole_can_be_told(self, answer: httpx.Response) -> None:
        where, told = self.host.where, answer.headers
        if media_type(answer).endswith("json"):
            raise TransportFailed(where, "返回的是一段说明而不是文件", action="请核对 url 和令牌")
        if told.get("content-encoding", "identity").lower() != "identity":
            raise TransportFailed(where, "返回的文件另加了压缩，无法核对长度", action="请对方按原样提供文件")
        if "content-length" not in told and "chunked" not in told.get("transfer-encoding", "").lower():
            raise TransportFailed(where, "没有说明文件长度，无法确认完整", action="请对方补上 Content-Length")

    async def _records(self, aside: Path) -> None:
        with Spool(aside.parent) as spool:
            async with self.host.client() as client:
                await self._pages(client, spool)
            if spool.rows:
                spool.write_csv(aside)

    async def _pages(self, client: httpx.AsyncClient, spool: Spool) -> None:
        """Walk the pages to the last one, and hold their records against the total they tell."""
        where, before, total = self.host.where, b"", None
        url: httpx.URL | None = self._url(page=1)
        seen: set[httpx.URL] = set()
        while url is not None:
            seen.add(url)
            body, page = await self._page(client, url, number=len(seen))
            if page.records and body == before:
                raise TransportFailed(where, f"第 {len(seen)} 页与上一页完全相同", action="请核对翻页参数的名称")
            if total not in (None, page.total):
                raise Passing(where, "翻页途中总数变了", action="数据可能正在更新，稍后会重新取")
            before, total = body, page.total
            spool.add(page.records)
            url = self._following(url, page, seen, more=bool(page.records) and spool.rows != total)
        if total is not None and spool.rows != total:
            given = f"对方称共 {total:,} 条，实际给了 {spool.rows:,} 条，没有采用"
            raise Passing(where, given, action="请与对方核实数据是否完整")

    async def _page(self, client: httpx.AsyncClient, url: httpx.URL, *, number: int) -> tuple[bytes, _Page]:
        async with self.host.answer(client, url) as answer:
            if answer.status_code == NO_CONTENT:
                return b"", _Page((), None, "")
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > _PAGE_LIMIT:
                    raise self.host.too_large(_PAGE_LIMIT)
            return bytes(body), self._understood(bytes(body), answer.charset_encoding or "utf-8", number=number)

    def _understood(self, body: bytes, encoding: str, *, number: int) -> _Page:
        declared = self.host.declared
        try:
            answer = parse_json(body, encoding=encoding)
            total = total_of(answer, declared.total) if declared.total else None
            link = dug(answer, declared.next) if declared.next else None
            return _Page(tuple(records_of(answer, declared.records)), total, link if isinstance(link, str) else "")
        except BadRecords as exc:
            if body.lstrip().startswith(b"<"):
                raise self.host.page_for_people() from exc
            raise TransportFailed(self.host.where, f"第 {number} 页{exc}", action="请核对接口说明和令牌") from exc

    def _following(self, url: httpx.URL, page: _Page, seen: set[httpx.URL], *, more: bool) -> httpx.URL | None:
        """Return the next page's address, None after the last.

        Counted pages end with an empty one or when the total is reached, never with a short one: many interfaces give
        fewer than they were asked for.
        """
        if self.host.declared.page:
            return self._url(page=len(seen) + 1) if more else None
        if not page.following:
            return None
        following = self.host.link(url, page.following, what="下一页的地址")
        if following in seen:
            raise TransportFailed(self.host.where, "下一页的地址绕回了前面的页", action="请与对方核实")
        return following

    def _url(self, *, page: int | None = None) -> httpx.URL:
        declared, period = self.host.declared, self.period
        url = httpx.URL(declared.url.format(period=period, year=period.year, month=f"{period.month:02d}"))
        if page is not None and declared.page:
            url = url.copy_set_param(declared.page, page)
        if page is not None and declared.page_size:
            url = url.copy_set_param(declared.page_size, declared.rows_per_page)
        return url


def _suffix(answer: httpx.Response, head: bytes) -> str:
    _, _, said = answer.headers.get("content-disposition", "").rpartition("filename")
    suffixes = [PurePosixPath(name).suffix.lower() for name in (said.strip(" \"';="), answer.url.path)]
    return next((s for s in suffixes if s in _SUFFIXES), _MAGIC.get(head[:4], ".csv"))
