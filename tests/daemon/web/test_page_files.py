"""The page's files and the way in: real server, real HTTP, no browser."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import trio
from starlette.applications import Starlette

from daemon.secrets import Secret
from daemon.web import pages
from daemon.web.guard import COOKIE, Guard
from daemon.web.pages import TYPES, Pages, assets, login_page
from daemon.web.shield import Shield

TOKEN = "a token of a test"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@asynccontextmanager
async def served(token: str = TOKEN, *, loopback: bool = False) -> AsyncIterator[httpx.AsyncClient]:
    guard = Guard(loopback, Secret(token) if token else None, "PERKD_STATUS_TOKEN")
    app = Shield(Starlette(routes=Pages(guard).routes()), guard)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def test_files_are_kept_by_the_browser_and_asked_for_again_by_their_etag() -> None:
    async with served(loopback=True) as client:
        first = await client.get("/static/main.js")
        assert first.headers["content-type"] == "text/javascript; charset=utf-8"
        assert first.headers["cache-control"] == "no-cache"
        again = await client.get(
            "/static/main.js", headers={"if-none-match": f'"x", {first.headers["etag"]}'}
        )
        assert (again.status_code, again.content) == (304, b"")
        other = await client.get("/static/main.js", headers={"if-none-match": '"another"'})
        assert other.status_code == 200
        assert (await client.get("/static/none.js")).status_code == 404
        assert (await client.get("/static/..%2fguard.py")).status_code == 404


def test_nothing_in_the_page_is_from_elsewhere_or_inline() -> None:
    for name, asset in assets().items():
        text = asset.content.decode()
        assert name.rpartition(".")[2] in TYPES
        urls = set(re.findall(r"https?://[^\"'` )]+", text))
        assert urls <= {"http://www.w3.org/2000/svg"}, name
        if name.endswith(".html"):
            assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", text), name
        if name.endswith(".js"):
            assert not re.search(r"innerHTML|outerHTML|AdjacentHTML|document\.write|\beval\(", text), name


def test_every_module_that_a_module_imports_is_there() -> None:
    for name, asset in assets().items():
        for imported in re.findall(r'from "\./([a-z]+\.js)"', asset.content.decode()):
            assert imported in assets(), name


async def test_without_the_token_a_person_is_led_to_the_form() -> None:
    async with served() as client:
        led = await client.get("/", headers={"accept": "text/html"})
        assert (led.status_code, led.headers["location"]) == (303, "/login")
        form = await client.get("/login")
        assert form.status_code == 200
        assert 'name="token"' in form.text
        assert (await client.get("/static/main.js")).status_code == 401
        assert (await client.get("/static/page.css")).status_code == 200


async def test_the_right_token_gives_a_cookie_that_scripts_and_other_sites_cannot_use() -> None:
    async with served() as client:
        given = await client.post("/login", data={"token": f" {TOKEN} "})
        assert (given.status_code, given.headers["location"]) == (303, "/")
        cookie = given.headers["set-cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        assert TOKEN not in cookie
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        assert (await client.get("/", headers={"accept": "text/html"})).status_code == 200
        left = await client.post("/logout")
        assert "Max-Age=0" in left.headers["set-cookie"]
        assert (await client.get("/")).status_code == 401


async def test_behind_tls_the_cookie_is_never_sent_without_it() -> None:
    async with served() as client:
        proxies = {"x-forwarded-proto": "https, http"}  # two in a row
        given = await client.post("/login", data={"token": TOKEN}, headers=proxies)
        assert "Secure" in given.headers["set-cookie"].split("; ")


@pytest.mark.parametrize("content", [b"token=wrong", b"token=", b"", b"\xff\xfe", b"a=1&b=2&c=3&d=4&e=5"])
async def test_a_wrong_token_is_refused_after_a_second(autojump_clock: object, content: bytes) -> None:
    async with served() as client:
        began = trio.current_time()
        refused = await client.post("/login", content=content, headers=FORM)
        assert trio.current_time() - began == pytest.approx(pages.WRONG_TOKEN_DELAY)
        assert refused.status_code == 403
        assert "That is not the token." in refused.text
        assert "set-cookie" not in refused.headers


async def test_so_many_tries_at_once_and_no_more(autojump_clock: object) -> None:
    codes: list[int] = []

    async def attempt(client: httpx.AsyncClient) -> None:
        codes.append((await client.post("/login", data={"token": "wrong"})).status_code)

    async with served() as client:
        async with trio.open_nursery() as nursery:
            for _ in range(pages.TRIES_AT_ONCE + 3):
                nursery.start_soon(attempt, client)
        assert codes.count(429) == 3
        assert codes.count(403) == pages.TRIES_AT_ONCE
        assert (await client.post("/login", data={"token": TOKEN})).status_code == 303


async def test_a_form_that_does_not_come_is_not_waited_for(autojump_clock: object) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield b"token="
        await trio.sleep(3600)

    async with served() as client:
        began = trio.current_time()
        refused = await client.post("/login", content=slowly(), headers=FORM)
        assert refused.status_code == 403
        assert trio.current_time() - began < 3 * pages.FORM_WITHIN


async def test_where_no_token_is_set_the_form_says_which_variable_wants_one(autojump_clock: object) -> None:
    async with served("", loopback=True) as client:
        refused = await client.post("/login", data={"token": "any"})
        assert refused.status_code == 403
        assert "PERKD_STATUS_TOKEN" in refused.text
        assert "restart perkd" in refused.text


async def test_a_form_of_another_site_gives_no_cookie() -> None:
    async with served() as client:
        refused = await client.post(
            "/login", data={"token": TOKEN}, headers={"origin": "https://evil.example"}
        )
        assert refused.status_code == 403
        assert "set-cookie" not in refused.headers


def test_what_the_form_says_is_text() -> None:
    assert b"&lt;b&gt;" in login_page("<b>").content
