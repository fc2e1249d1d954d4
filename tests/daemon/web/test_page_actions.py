"""What may be ordered: only with the token, with an audit record, and so that nothing is left stopped."""

from pathlib import Path
from typing import Any

import pytest
import trio

from actors.giftcodes.circuit import NO_END
from actors.giftcodes.model import Audit, Circuit
from actors.ports import Change, Position, Put, StoreUnavailable
from actors.storage import StoreClient
from daemon.simulator import SimPlayer
from daemon.web import actions
from supervision import Strategy
from tests.worlds.asked_daemon import BEARER, Running, running, until

ORDERS = {
    "/api/games/pause": {"game": "wos"},
    "/api/games/resume": {"game": "wos"},
    "/api/codes/retire": {"game": "wos", "code": "SNOW"},
    "/api/actors/restart": {"path": "perkd/giftcodes/campaign"},
}


async def audits(here: Running) -> list[tuple[str, str, str, str]]:
    found = await here.made.store.find(Audit)
    return [(one.guild, one.member, one.action, one.details) for one in sorted(found, key=lambda one: one.at)]


def lane(status: Any) -> Any:
    return status["giftcodes"]["rate"].get("wos", {"reason": None})


async def test_nothing_is_ordered_without_the_token_not_even_on_this_machine(tmp_path: Path) -> None:
    async with running(tmp_path, []) as here:
        for path, body in ORDERS.items():
            assert (await here.client.post(path, json=body)).status_code == 401, path
            stranger = {**BEARER, "origin": "https://evil.example"}
            assert (await here.client.post(path, json=body, headers=stranger)).status_code == 403, path
            assert (await here.client.get(path, headers=BEARER)).status_code == 405, path
        assert await audits(here) == []


async def test_a_game_is_paused_for_a_while_and_resumed(tmp_path: Path) -> None:
    async with running(tmp_path, []) as here:
        answer = await here.post("/api/games/pause", game="wos", seconds="600")
        assert answer["text"].startswith("wos is paused until 20")
        status = await until(lambda: here.get("/api/status"), lambda seen: lane(seen)["reason"])
        assert lane(status)["reason"] == "PAUSED_BY_OPERATOR"
        assert any("paused by an operator, until 20" in text for text in status["problems"])
        await here.post("/api/games/resume", game="wos")
        await until(lambda: here.get("/api/status"), lambda seen: lane(seen)["reason"] == "")
        done = [(one[0], one[1], one[2]) for one in await audits(here)]
        assert done == [("", "web", "games pause"), ("", "web", "games resume")]
        listed = await here.get("/api/audit")
        assert [one["action"] for one in listed] == ["games resume", "games pause"]
        assert len(await here.get("/api/audit", limit=1)) == 1
        await here.made.store.commit(Put(Audit("x", 1.0, "77", "5", "setchannel", "1 to 2")))
        in_guild = (await here.get("/api/audit"))[-1]
        assert in_guild == {
            "at": "1970-01-01T00:00:01Z",
            "guild": "77",
            "member": "5",
            "action": "setchannel",
            "details": "1 to 2",
        }


async def test_a_pause_without_an_end_outlives_a_restart_and_no_call_is_made(tmp_path: Path) -> None:
    async with running(tmp_path, []) as here:
        await here.post("/api/games/pause", game="wos")
        await until(lambda: here.made.store.find(Circuit), lambda found: found)
    async with running(tmp_path, [SimPlayer("1001", kid="7")]) as here:
        (circuit,) = await here.made.store.find(Circuit)
        assert circuit.until == NO_END
        status = await until(lambda: here.get("/api/status"), lambda seen: lane(seen).get("waiting"))
        assert lane(status)["paused_until"] == "9999-12-31T23:59:59Z"
        assert status["giftcodes"]["owed"] == 1
        assert any("without an end" in text for text in status["problems"])
        assert "wos" not in here.host.world.stats.games
        await here.post("/api/games/resume", game="wos")
        await until(lambda: here.get("/api/status"), lambda seen: seen["giftcodes"]["redeemed"] == 1)


@pytest.mark.parametrize("seconds", ["0", "-1", "x", "1.5", "99999999999", "١"])
async def test_a_pause_needs_a_length_that_is_one(tmp_path: Path, seconds: str) -> None:
    async with running(tmp_path, []) as here:
        refused = await here.post("/api/games/pause", 400, game="wos", seconds=seconds)
        assert "must be a whole number" in refused["error"]
        assert "ks" in (await here.post("/api/games/pause", 400, game="ks"))["error"]


async def test_a_code_is_retired_once(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        await until(lambda: here.get("/api/progress"), lambda seen: seen["codes"])
        assert (await here.post("/api/codes/retire", game="wos", code="SNOW"))["result"] == "retired"
        again = await here.post("/api/codes/retire", game="wos", code="SNOW")
        assert (again["result"], again["text"]) == ("ended", "It had ended already.")
        assert await audits(here) == [("", "web", "codes retire", "wos/SNOW")]


@pytest.mark.parametrize("path", ["storage", "giftcodes", "giftcodes/campaign", "giftcodes/pollers/feed"])
async def test_an_actor_is_restarted_and_the_work_goes_on(tmp_path: Path, path: str) -> None:
    async with running(tmp_path) as here:
        answer = await here.post("/api/actors/restart", path=f"perkd/{path}")
        assert answer["text"] == f"perkd/{path} is restarted."
        await until(
            lambda: here.get("/api/status"),
            lambda seen: seen["giftcodes"]["redeemed"] == 3 and seen["health"] == "healthy",
        )
        assert [one[2:] for one in await audits(here)] == [("actors restart", f"perkd/{path}")]


async def test_what_depends_on_the_actor_by_its_strategy_is_restarted_with_it(tmp_path: Path) -> None:
    crowd = [SimPlayer(str(1000 + n), kid="7") for n in range(20)]
    async with running(tmp_path, crowd, "\n[redeem]\nrequests_per_minute = 8\n") as here:
        await until(lambda: here.get("/api/status"), lambda seen: lane(seen).get("waiting"))
        parent = here.made.tree.supervisor("giftcodes/redemption")
        assert actions.group_of(parent, "session_pool") == ["session_pool", "redeemers", "verifier"]
        assert actions.group_of(parent, "verifier") == ["verifier"]
        assert actions.group_of(here.made.tree.supervisor("giftcodes"), "campaign") == ["campaign"]
        answer = await here.post("/api/actors/restart", path="perkd/giftcodes/redemption/session_pool")
        assert "session_pool is restarted, and with it " in answer["text"]
        assert "redeemers" in answer["text"]
        # Who waited for the old pool asks the new one.
        await until(lambda: here.get("/api/status"), lambda seen: lane(seen).get("waiting", 0) >= 10)


async def test_a_child_of_a_dynamic_supervisor_is_ended_and_comes_back_for_its_work(tmp_path: Path) -> None:
    crowd = [SimPlayer(str(1000 + n), kid="7") for n in range(5)]
    async with running(tmp_path, crowd, "\n[redeem]\nrequests_per_minute = 2\n") as here:
        where = "perkd/giftcodes/redemption/redeemers"
        listed = await until(lambda: here.get("/api/children", path=where), lambda seen: seen["total"])
        path = f"{where}/{listed['children'][-1]['name']}"
        answer = await here.post("/api/actors/restart", path=path)
        assert "is started again when there is work" in answer["text"]
        name = path.rpartition("/")[2]
        await until(lambda: here.get("/api/children", path=where, words=name), lambda seen: seen["total"])


@pytest.mark.parametrize(
    ("path", "code", "text"),
    [
        ("perkd", 400, "perkd itself"),
        ("perkd/status", 400, "serves this very request"),
        ("perkd/status/web", 400, "serves this very request"),
        ("perkd/none", 404, "no such actor"),
        ("perkd/none/none", 404, "no such actor"),
        ("perkd/storage/none", 404, "no such actor"),
        ("perkd/giftcodes/redemption/redeemers/none", 404, "no such actor"),
        ("perkd/", 400, "perkd itself"),
        ("elsewhere/storage", 404, "no such actor"),
        ("", 404, "no such actor"),
    ],
)
async def test_what_can_not_be_restarted_is_refused_with_the_reason(
    tmp_path: Path, path: str, code: int, text: str
) -> None:
    async with running(tmp_path, []) as here:
        assert text in (await here.post("/api/actors/restart", code, path=path))["error"]
        assert await audits(here) == []


async def test_one_that_does_not_start_again_is_told_and_a_second_try_starts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, []) as here:
        with monkeypatch.context() as patch:

            async def fail(_self: object) -> None:
                await trio.lowlevel.checkpoint()
                raise OSError("not today")

            patch.setattr("actors.giftcodes.announcer.AnnouncerActor.started", fail)
            refused = await here.post("/api/actors/restart", 503, path="perkd/giftcodes/announcer")
            assert "could not be started again" in refused["error"]
        assert here.made.tree.supervisor("giftcodes").child("announcer").state == "stopped"
        assert [one[3] for one in await audits(here)] == ["perkd/giftcodes/announcer: it did not start again"]
        await here.post("/api/actors/restart", path="perkd/giftcodes/announcer")
        assert here.made.tree.supervisor("giftcodes").child("announcer").state == "running"


async def test_what_was_done_is_done_even_where_the_audit_log_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = StoreClient.commit

    async def without_audits(store: StoreClient, *changes: Change) -> Position:
        if any(isinstance(one, Put) and isinstance(one.record, Audit) for one in changes):
            raise StoreUnavailable("away")
        return await commit(store, *changes)

    async with running(tmp_path, []) as here:
        monkeypatch.setattr(StoreClient, "commit", without_audits)
        answer = await here.post("/api/games/pause", game="wos", seconds="60")
        assert answer["text"].endswith("The audit log could not be written.")


async def test_without_the_pool_a_pause_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, []) as here:
        await here.made.tree.supervisor("giftcodes").stop_child("redemption")
        refused = await here.post("/api/games/pause", 503, game="wos")
        assert "can't be told" in refused["error"]


def test_under_one_for_all_everybody_is_restarted() -> None:
    class Parent:
        class spec:  # noqa: N801 - stands in for a ref
            strategy = Strategy.ONE_FOR_ALL

        @staticmethod
        def children() -> list[Any]:
            return [type("Node", (), {"name": name}) for name in "abc"]

    assert actions.group_of(Parent(), "b") == ["a", "b", "c"]  # type: ignore[arg-type]
    assert actions.group_of(Parent(), "z") == ["z"]  # type: ignore[arg-type]
