import json
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from actors.giftcodes.model import Code, CodeState, Outcome, Player, Redemption
from actors.ports import Put
from actors.storage import Refusal
from daemon.config import ConfigError
from daemon.control.body import MAX_BODY
from daemon.control.client import call


async def test_the_status_is_handed_on_as_it_is(ask: Any) -> None:
    assert (await ask("GET", "/api/status")).json()["all"] is False
    assert (await ask("GET", "/api/status?all=1")).json()["all"] is True
    assert (await ask("GET", "/api/status?all=yes")).status_code == 400


@pytest.mark.parametrize(("health", "code"), [("healthy", 200), ("degraded", 200), ("down", 503)])
async def test_healthz_is_not_well_when_the_daemon_is_down(
    ask: Any, daemon: Any, health: Any, code: Any
) -> None:
    daemon.health = health
    answer = await ask("GET", "/healthz")
    assert (answer.status_code, answer.json()) == (code, {"health": health})


async def test_players_are_added_listed_and_removed(ask: Any) -> None:
    player = {"game": "wos", "fid": "123", "state": "456", "name": "雪狐"}
    answer = await ask("POST", "/api/players", json=player)
    assert (answer.status_code, answer.json()["result"]) == (201, "added")
    assert (await ask("POST", "/api/players", json=player)).json()["result"] == "unchanged"
    assert (await ask("GET", "/api/players")).json() == [{**player, "auto_redeem": True}]
    assert (await ask("GET", "/api/players?game=ks")).json() == []
    removed = await ask("POST", "/api/players/remove", json={"game": "wos", "fid": "123"})
    assert removed.json() == {"player": {**player, "auto_redeem": True}, "registrations": 1}
    assert (await ask("POST", "/api/players/remove", json={"game": "wos", "fid": "123"})).status_code == 404


async def test_an_import_answers_with_its_report_and_an_export_can_be_imported(ask: Any) -> None:
    data = "game,fid,state,name\nwos,1,2,雪狐\nwos,x,2,B\n".encode()
    report = (await ask("POST", "/api/players/import", content=data)).json()
    assert report["added"] == 1
    assert report["faults"] == [{"line": 3, "value": "wos,x,2,B", "reason": report["faults"][0]["reason"]}]
    export = await ask("GET", "/api/players.csv")
    assert export.headers["content-type"] == "text/csv; charset=utf-8"
    again = (await ask("POST", "/api/players/import", content=export.content)).json()
    assert (again["added"], again["unchanged"], again["faults"]) == (0, [2], [])


async def test_codes_are_added_listed_and_retired(ask: Any) -> None:
    assert (await ask("POST", "/api/codes", json={"game": "wos", "code": "SNOW"})).status_code == 201
    (code,) = (await ask("GET", "/api/codes?state=live")).json()
    assert code == {
        "game": "wos",
        "code": "SNOW",
        "state": "live",
        "source": "manual",
        "first_seen": "2026-11-18T11:06:40Z",
        "expires": None,
    }
    retired = await ask("POST", "/api/codes/retire", json={"game": "wos", "code": "SNOW"})
    assert retired.json() == {"result": "retired", "code": {**code, "state": "retired"}}


async def test_an_ended_code_is_answered_with_what_happens_to_it(ask: Any, daemon: Any) -> None:
    await daemon.store.commit(Put(Code("wos", "OLD", state=CodeState.EXPIRED)), Put(Player("wos", "1", "2")))
    answer = (await ask("POST", "/api/codes", json={"game": "wos", "code": "OLD"})).json()
    assert (answer["result"], answer["code"]["state"], answer["problem"]) == ("retrying", "expired", "")


async def test_guilds_and_history_are_lists(ask: Any, daemon: Any) -> None:
    await daemon.store.commit(Put(Redemption("wos", "1", "SNOW", outcome=Outcome.FAILED, status="EXPIRED")))
    assert [guild["id"] for guild in (await ask("GET", "/api/guilds")).json()] == ["terminal"]
    (row,) = (await ask("GET", "/api/history", params={"code": "SNOW", "player": "1"})).json()
    assert (row["outcome"], row["status"]) == ("failed", "EXPIRED")


async def test_a_reload_says_what_needs_a_restart_and_a_faulty_file_is_refused(ask: Any, daemon: Any) -> None:
    assert (await ask("POST", "/api/reload")).json() == {"reloaded": True, "needs_restart": ["games"]}
    daemon.reload_error = ConfigError(["config.toml: [redeem.budgets] unknown = -1: must be 0 or more", "b"])
    answer = await ask("POST", "/api/reload")
    assert (answer.status_code, answer.json()) == (400, {"error": str(daemon.reload_error)})


@pytest.mark.parametrize(
    ("request_", "code", "says"),
    [
        (("POST", "/api/players", {"json": {"game": "wos", "fid": "x"}}), 400, "fid 'x'"),
        (("POST", "/api/players", {"json": {"fdi": "1"}}), 400, "'fdi': not known here: use game, fid"),
        (("POST", "/api/players", {"json": {"fid": 1}}), 400, "must be a JSON object with strings"),
        (("POST", "/api/players", {"json": [1]}), 400, "must be a JSON object with strings"),
        (("POST", "/api/players", {"content": b"{"}), 400, "the body is no JSON"),
        (("POST", "/api/players", {"content": b"\xff"}), 400, "the body is no JSON"),
        (("POST", "/api/players", {"content": b"[" * 100_000}), 400, "the body is no JSON"),
        (("POST", "/api/players", {}), 400, "the body is no JSON"),
        (("POST", "/api/players/import", {"content": b"a,b\n"}), 422, "lacks game"),
        (("GET", "/api/history?player=Zoe", {}), 404, "player 'Zoe'"),
        (("GET", "/api/history?palyer=Zoe", {}), 400, "'palyer': not known here"),
        (("GET", "/api/nothing", {}), 404, "GET /api/nothing: Not Found"),
        (("DELETE", "/api/players", {}), 405, "DELETE /api/players: Method Not Allowed"),
    ],
)
async def test_what_cannot_be_done_is_answered_as_json_with_its_reason(
    ask: Any, request_: Any, code: int, says: str
) -> None:
    method, path, fields = request_
    answer = await ask(method, path, **fields)
    assert answer.status_code == code
    assert says in answer.json()["error"]


async def test_a_body_announced_as_too_large_is_refused_without_reading_it(socket: Path) -> None:
    data = b"x" * (MAX_BODY + 1)
    answer = await trio.to_thread.run_sync(lambda: call(socket, "POST", "/api/players/import", content=data))
    assert (answer.code, answer.problem) == (413, f"the body has more than {MAX_BODY} bytes: split it")


async def test_a_body_that_grows_too_large_is_refused_when_it_does(ask: Any) -> None:
    async def chunks() -> Any:
        yield b"x" * (MAX_BODY + 1)

    answer = await ask("POST", "/api/players/import", content=chunks())
    assert answer.status_code == 413


async def test_a_store_that_is_away_is_a_503_and_the_app_goes_on(ask: Any, daemon: Any) -> None:
    daemon.store.away = True
    answer = await ask("GET", "/api/players")
    assert answer.status_code == 503
    assert "the store is away" in answer.json()["error"]
    daemon.store.away = False
    assert (await ask("GET", "/api/players")).status_code == 200


async def test_an_error_of_perkd_itself_is_logged_and_answered(ask: Any, daemon: Any, caplog: Any) -> None:
    daemon.reload_error = RuntimeError("boom")
    with caplog.at_level(logging.ERROR):
        answer = await ask("POST", "/api/reload")
    assert answer.status_code == 500
    assert answer.json() == {"error": "POST /api/reload failed inside perkd (RuntimeError): see its log"}
    assert "boom" in caplog.text


async def test_a_document_that_can_not_be_read_is_named(ask: Any, daemon: Any) -> None:
    daemon.reload_error = Refusal("players 'wos/1': its document is no JSON")
    assert (await ask("POST", "/api/reload")).json() == {"error": "players 'wos/1': its document is no JSON"}


async def test_half_a_surrogate_pair_in_a_name_breaks_no_answer(ask: Any, daemon: Any) -> None:
    await daemon.store.commit(Put(Player("wos", "1", "2", "half \ud83d pair")))
    answer = await ask("GET", "/api/players")
    assert json.loads(answer.content)[0]["name"] == "half \ud83d pair"
    assert (await ask("GET", "/api/players.csv")).text.splitlines()[1] == "wos,1,2,half ? pair"


async def test_routes_of_other_parts_go_before_its_own(daemon: Any) -> None:
    more = [Route(path, lambda _: PlainTextResponse("hello")) for path in ("/page", "/healthz")]
    transport = httpx.ASGITransport(daemon.app(more=more))
    async with httpx.AsyncClient(transport=transport, base_url="http://perkd") as client:
        assert (await client.get("/page")).text == "hello"
        assert (await client.get("/healthz")).text == "hello"
        assert (await client.get("/api/players")).status_code == 200
