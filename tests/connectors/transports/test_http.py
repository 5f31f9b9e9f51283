"""An HTTP(S) interface, honest and otherwise: all records or a sentence, never some of them."""

from __future__ import annotations

import csv
import json
import logging
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from transport_servers import TOKEN, Cable, WebServer, self_signed

from fangpin.config.connections import Http
from fangpin.connectors.transports.base import Patience
from fangpin.connectors.transports.http import HttpTransport
from fangpin.connectors.transports.web import Host
from fangpin.errors import TransportFailed
from fangpin.types import Period

Fetch = Callable[..., Path | None]
MARCH = Period(2024, 3)
RECORDS = [{"证件号码": 990101199001011231 + n, "金额": f"{n}.50"} for n in range(5)]


def _transport(server: WebServer, patience: Patience, path: str = "/rows", **differing: Any) -> HttpTransport:
    scheme = "https" if server.certificate else "http"
    url = f"{scheme}://127.0.0.1:{differing.pop('port', server.port)}{path}"
    usual = {"url": url, "plain_http": True, "token_env": "API_TOKEN"}
    limits = {name: differing.pop(name) for name in ("size_limit",) if name in differing}
    declared = Http.model_validate({"kind": "http", **usual, **differing})
    return HttpTransport(
        Host(declared, "取数通道 甲", patience, {"API_TOKEN": TOKEN}), "甲_2024年03月", MARCH, **limits
    )


def _sentence(work: Callable[[], object]) -> str:
    with pytest.raises(TransportFailed) as failed:
        work()
    return failed.value.sentence


def _rows(path: Path | None) -> list[list[str]]:
    assert path is not None
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def _say(server: WebServer, answer: object, path: str = "/rows") -> None:
    server.say(path, json.dumps(answer, ensure_ascii=False).encode())


def _in_pages(server: WebServer, *, size: int = 2, total: int | None = 5, path: str = "/rows") -> None:
    """Let a path give the five records in pages, at most so many at a time whatever is asked for."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        page = int(parse_qs(urlsplit(request.path).query)["page"][0])
        told = {"data": {"list": RECORDS[(page - 1) * size : page * size], "total": total}}
        body = json.dumps(told, ensure_ascii=False).encode()
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    server.answers[path] = answer


PAGED = {"records": "data.list", "page": "page", "page_size": "size", "rows_per_page": 100}


def test_records_become_text_with_every_digit(web_server: WebServer, patience: Patience, brought: Fetch) -> None:
    """Numbers stay as written; heads are the union of the keys; null is empty, nested values stay JSON."""
    first = '{"证件号码": 990101199001011231, "金额": 1.50}'
    second = '{"金额": 1e2, "备注": null, "参保": true, "标签": ["a"]}'
    web_server.say("/rows", f'{{"data": [{first}, {second}]}}'.encode())
    path = brought(_transport(web_server, patience))

    assert path is not None
    assert path.name == "甲_2024年03月.csv"
    assert _rows(path) == [
        ["证件号码", "金额", "备注", "参保", "标签"],
        ["990101199001011231", "1.50", "", "", ""],
        ["", "1e2", "", "true", '["a"]'],
    ]
    assert web_server.tokens == [f"Bearer {TOKEN}"]


def test_the_month_is_asked_for(web_server: WebServer, patience: Patience, brought: Fetch) -> None:
    """The address may hold the month in three ways."""
    _say(web_server, {"data": RECORDS})
    brought(_transport(web_server, patience, "/rows?p={period}&y={year}&m={month}"))

    assert web_server.asked == ["/rows?p=2024-03&y=2024&m=03"]


def test_counted_pages_are_walked_until_the_total_is_there(
    web_server: WebServer, patience: Patience, brought: Fetch
) -> None:
    """A server that gives fewer a page than asked for is asked on."""
    _in_pages(web_server)
    path = brought(_transport(web_server, patience, total="data.total", **PAGED))

    assert [row[0] for row in _rows(path)[1:]] == [str(r["证件号码"]) for r in RECORDS]
    assert web_server.asked == [f"/rows?page={n}&size=100" for n in (1, 2, 3)]


def test_counted_pages_without_a_total_end_with_an_empty_one(
    web_server: WebServer, patience: Patience, brought: Fetch
) -> None:
    """A short page is not taken for the last."""
    _in_pages(web_server)
    path = brought(_transport(web_server, patience, **PAGED))

    assert (len(_rows(path)), len(web_server.asked)) == (6, 4)


def test_page_links_are_followed_on_the_same_host(web_server: WebServer, patience: Patience, brought: Fetch) -> None:
    """A relative link leads on, none ends it."""
    _say(web_server, {"data": RECORDS[:3], "links": {"next": "/more?cursor=x"}})
    _say(web_server, {"data": RECORDS[3:], "links": {"next": None}}, "/more")

    assert len(_rows(brought(_transport(web_server, patience, next="links.next")))) == 6


def test_a_total_that_does_not_add_up_is_refused(
    web_server: WebServer, patience: Patience, brought: Fetch, tmp_path: Path
) -> None:
    """Six were told, five came: tried again, then nothing is taken."""
    _in_pages(web_server, total=6)

    assert _sentence(lambda: brought(_transport(web_server, patience, total="data.total", **PAGED))) == (
        "取数通道 甲：对方称共 6 条，实际给了 5 条，没有采用；请与对方核实数据是否完整。"
    )
    assert len(web_server.asked) == 4 * 3  # an empty page each time, three attempts
    assert list((tmp_path / "brought").iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "differing", "expected"),
    [
        ({"code": 401, "msg": "未登录"}, {}, "第 1 页返回内容的“data”下没有记录列表"),
        ({"data": ["a"]}, {}, "第 1 页返回内容的“data”下没有记录列表"),
        ({"data": RECORDS}, {"total": "total"}, "第 1 页返回内容的“total”下没有总数"),
        ({"data": RECORDS, "total": 9}, {"total": "total"}, "对方称共 9 条，实际给了 5 条，没有采用"),
        (
            {"data": RECORDS, "next": "https://example.invalid/x"},
            {"next": "next"},
            "下一页的地址在另一台主机上，没有跟去",
        ),
        ({"data": RECORDS, "next": "/rows"}, {"next": "next"}, "下一页的地址绕回了前面的页"),
        ({"data": RECORDS}, {"page": "page"}, "第 2 页与上一页完全相同"),
    ],
)
def test_an_answer_that_is_not_whole_is_refused(
    web_server: WebServer, patience: Patience, brought: Fetch, answer: object, differing: dict[str, str], expected: str
) -> None:
    """An error in the dress of an answer, a missing total, a link elsewhere or in a circle, a page that repeats."""
    _say(web_server, answer)

    assert expected in _sentence(lambda: brought(_transport(web_server, patience, **differing)))


def test_a_token_is_not_carried_to_another_host(web_server: WebServer, patience: Patience, brought: Fetch) -> None:
    """A redirect to another host is not followed; one within the host is."""
    other = WebServer()
    web_server.say("/rows", b"", status=302, Location=f"http://127.0.0.1:{other.port}/rows")
    sentence = _sentence(lambda: brought(_transport(web_server, patience)))
    web_server.say("/rows", b"", status=302, Location="/v2/rows")
    _say(web_server, {"data": RECORDS}, "/v2/rows")
    path = brought(_transport(web_server, patience))
    web_server.say("/rows", b"", status=302, Location="/rows")
    circle = _sentence(lambda: brought(_transport(web_server, patience)))
    other.stop()

    assert sentence == "取数通道 甲：转向的地址在另一台主机上，没有跟去；请与对方核实。"
    assert other.asked == []
    assert len(_rows(path)) == 6
    assert circle == "取数通道 甲：转向超过 5 次；请核对 url。"


@pytest.mark.parametrize(
    ("status", "expected", "attempts"),
    [
        (401, "令牌被拒绝（401）", 1),
        (403, "没有权限（403）", 1),
        (404, "没有这个地址（404）", 1),
        (418, "对方回答 418；应为200", 1),
        (206, "对方回答 206；应为200", 1),
        (500, "对方服务出错（500）", 3),
        (502, "对方服务出错（502）", 3),
        (429, "对方忙，要求稍后再取（429）", 3),
        (503, "对方忙，要求稍后再取（503）", 3),
    ],
)
def test_a_status_says_whether_to_try_again(
    web_server: WebServer, patience: Patience, brought: Fetch, status: int, expected: str, attempts: int
) -> None:
    """What the server says no to is not repeated, what it stumbles over is."""
    web_server.say("/rows", b"{}", status=status)

    assert expected in _sentence(lambda: brought(_transport(web_server, patience)))
    assert len(web_server.asked) == attempts


def test_a_busy_server_is_left_alone_as_long_as_it_asks(
    web_server: WebServer, patience: Patience, brought: Fetch
) -> None:
    """Retry-After is kept; one longer than the whole time ends the pull at once."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        _say(web_server, {"data": RECORDS})
        request.send_response(429)
        request.send_header("Retry-After", "1")
        request.send_header("Content-Length", "0")
        request.end_headers()

    web_server.answers["/rows"] = answer
    began = time.monotonic()
    rows = _rows(brought(_transport(web_server, patience)))
    waited = time.monotonic() - began
    web_server.say("/busy", b"", status=503, Retry_After="3600")
    sentence = _sentence(lambda: brought(_transport(web_server, patience, "/busy")))

    assert (len(rows), waited >= 1) == (6, True)
    assert "要求稍后再取（503）" in sentence
    assert web_server.asked.count("/busy") == 1


@pytest.mark.parametrize("answer", ["records", "file"])
@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/octet-stream"])
def test_a_login_page_is_no_data(
    web_server: WebServer, patience: Patience, brought: Fetch, answer: str, kind: str
) -> None:
    """A page for people comes with 200, whatever it calls itself."""
    web_server.say("/rows", b"\r\n<!DOCTYPE html><html>login</html>", Content_Type=kind)

    assert _sentence(lambda: brought(_transport(web_server, patience, answer=answer))) == (
        "取数通道 甲：返回的是网页而不是数据，可能是登录页；请核对 url 和环境变量中的令牌。"
    )


def test_a_file_comes_whole_under_the_name_of_its_month(
    web_server: WebServer, patience: Patience, brought: Fetch
) -> None:
    """The suffix is the sender's, the address's or the content's."""
    content = b"PK\x03\x04" + bytes(300_000)
    disposition = "attachment; filename*=UTF-8''%E5%90%8D%E5%8D%95.xls"
    web_server.say("/export", content, Content_Type="application/octet-stream")
    web_server.say("/named", content, Content_Type="", Content_Disposition=disposition)
    web_server.say("/list.csv", content, Content_Type="text/csv")
    paths = [
        brought(_transport(web_server, patience, path, answer="file")) for path in ("/export", "/named", "/list.csv")
    ]

    assert [p and p.name for p in paths] == ["甲_2024年03月.xlsx", "甲_2024年03月.xls", "甲_2024年03月.csv"]
    assert [p and p.read_bytes() == content for p in paths] == [True, True, True]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Content_Length": "9999999"}, "连接中断，传输不完整"),
        ({"Content_Length": ""}, "没有说明文件长度，无法确认完整"),
        ({"Content_Encoding": "gzip"}, "返回的文件另加了压缩，无法核对长度"),
        ({"Content_Type": "application/json"}, "返回的是一段说明而不是文件"),
    ],
)
def test_a_file_that_may_not_be_whole_is_refused(
    web_server: WebServer, patience: Patience, brought: Fetch, headers: dict[str, str], expected: str
) -> None:
    """Less than was said, a length nobody told, a coding nobody asked for, words instead of a file."""
    web_server.say("/f", bytes(1000), **{"Content_Type": "application/octet-stream", **headers})

    assert expected in _sentence(lambda: brought(_transport(web_server, patience, "/f", answer="file")))


def test_a_file_larger_than_the_limit_is_given_up(web_server: WebServer, patience: Patience, brought: Fetch) -> None:
    """The limit holds while it streams."""
    web_server.say("/f", bytes(5 * 1024**2), Content_Type="text/csv")
    transport = _transport(web_server, patience, "/f", answer="file", size_limit=2 * 1024**2)

    assert _sentence(lambda: brought(transport)) == (
        "取数通道 甲：返回的内容过大；应为不超过 2 MB；请对方分月或分页提供。"
    )


def test_nothing_there_yet_is_no_failure(web_server: WebServer, patience: Patience, brought: Fetch) -> None:
    """No record, or no content, before the month is reported."""
    _say(web_server, {"data": [], "total": 0})
    web_server.say("/none", b"", status=204)
    found = [
        brought(_transport(web_server, patience, total="total")),
        brought(_transport(web_server, patience, "/none")),
        brought(_transport(web_server, patience, "/none", answer="file")),
    ]

    assert found == [None, None, None]


def test_a_cut_line_costs_an_attempt(
    web_server: WebServer, patience: Patience, brought: Fetch, cable: Callable[..., Cable]
) -> None:
    """Cut in the middle of a file, and of a page; then whole."""
    line = cable(("127.0.0.1", web_server.port))
    content = bytes(1_000_000)
    web_server.say("/f", content, Content_Type="text/csv")
    _say(web_server, {"data": RECORDS * 1000})
    line.plans = [("cut", 500_000), ("", 0), ("cut", 100_000)]
    path = brought(_transport(web_server, patience, "/f", answer="file", port=line.port))
    whole = path is not None and path.read_bytes() == content
    rows = _rows(brought(_transport(web_server, patience, port=line.port)))

    assert (whole, len(rows), line.connections) == (True, 5001, 4)


@pytest.mark.parametrize("after", [0, 10, 500_000])
def test_a_server_that_falls_silent_is_given_up(
    web_server: WebServer, cable: Callable[..., Cable], after: int, tmp_path: Path
) -> None:
    """Silent before, in the head, or in the middle of the answer."""
    line = cable(("127.0.0.1", web_server.port))
    line.plans = [("hang", after)] * 9
    web_server.say("/f", bytes(1_000_000), Content_Type="text/csv")
    patience = Patience(2, 0.3, 10, wait_initial=0, wait_max=0, wait_jitter=0)
    transport = _transport(web_server, patience, "/f", answer="file", port=line.port)

    assert _sentence(
        lambda: patience.persist("甲", lambda: transport.fetch(transport.listing().files[0], tmp_path))
    ) == ("取数通道 甲：对方 0.3 秒没有响应；请与对方核实服务是否正常，稍后会再取。")
    assert line.connections == 2


def test_a_server_slower_than_the_whole_time_is_given_up(web_server: WebServer, tmp_path: Path) -> None:
    """A byte of the head now and then keeps the line alive, not the whole."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        for _ in range(100):
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX: "[:1])
            time.sleep(0.2)

    web_server.answers["/rows"] = answer
    transport = _transport(web_server, Patience(2, 1.0, 1.0, wait_initial=0, wait_max=0, wait_jitter=0))

    assert "全部取数超过 1 秒，已中止" in _sentence(lambda: transport.fetch(transport.listing().files[0], tmp_path))


def test_a_restarted_server_costs_an_attempt(web_server: WebServer, tmp_path: Path) -> None:
    """It is away, and back a moment later."""
    _say(web_server, {"data": RECORDS})
    patience = Patience(9, 1.0, 10.0, wait_initial=0, wait_max=0, wait_jitter=0)
    transport = _transport(web_server, patience)
    web_server.stop()
    sentences = []

    def attempt() -> Path | None:
        try:
            return transport.fetch(transport.listing().files[0], tmp_path)
        except TransportFailed as exc:
            sentences.append(exc.sentence)
            if len(sentences) == 2:
                web_server.start()
            raise

    assert len(_rows(patience.persist("甲", attempt))) == 6
    assert sentences == ["取数通道 甲：连接不上；请核对 url 和网络。"] * 2


def test_tls_is_verified(patience: Patience, brought: Fetch, tmp_path: Path) -> None:
    """A certificate nobody vouches for ends it before the token is sent; the declared authority makes it good."""
    certificate = self_signed(tmp_path)
    server = WebServer(certificate)
    _say(server, {"data": RECORDS})
    sentence = _sentence(lambda: brought(_transport(server, patience)))
    unseen = list(server.tokens)
    path = brought(_transport(server, patience, ca_file=str(certificate)))
    missing = _sentence(lambda: brought(_transport(server, patience, ca_file=str(tmp_path / "none.pem"))))
    server.stop()

    assert sentence == (
        "取数通道 甲：服务器证书不可信，没有发送任何内容；请向对方核实证书；单位自建的根证书写在 ca_file。"
    )
    assert (unseen, server.tokens) == ([], [f"Bearer {TOKEN}"])
    assert len(_rows(path)) == 6
    assert "ca_file 指的证书读不出" in missing


def test_the_token_is_in_no_log(
    web_server: WebServer, patience: Patience, brought: Fetch, caplog: pytest.LogCaptureFixture
) -> None:
    """With every logger at its most talkative, neither success nor failure tells it."""
    with caplog.at_level(logging.DEBUG, logger="fangpin"), caplog.at_level(logging.INFO):
        _say(web_server, {"data": RECORDS})
        brought(_transport(web_server, patience))
        web_server.say("/rows", b"{}", status=401)
        sentence = _sentence(lambda: brought(_transport(web_server, patience)))

    assert TOKEN not in caplog.text + sentence
