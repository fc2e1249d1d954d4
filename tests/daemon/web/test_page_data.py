"""What the page asks for, from a daemon that runs in this process."""

from pathlib import Path

import pytest

from actors.giftcodes.model import Code, CodeState, Outcome, Player, Redemption
from actors.ports import Put
from daemon.simulator import SimPlayer
from daemon.web.app import event_document
from supervision.testing import crash
from tests.worlds.asked_daemon import BEARER, running, until


async def test_live_codes_tell_how_far_they_are_and_ended_ones_when_asked(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        seen = await until(
            lambda: here.get("/api/progress"),
            lambda seen: seen["codes"] and (seen["codes"][0]["outcomes"] or {}).get("redeemed") == 3,
        )
        (code,) = seen["codes"]
        assert (code["code"], code["state"]) == ("SNOW", "live")
        nothing = {"owed": 0, "already": 0, "failed": {}, "retrying": {}}
        assert code["outcomes"] == {"wanted": 3, "redeemed": 3, **nothing}
        old = Code("wos", "OLD", CodeState.EXPIRED, activation=2, first_seen=5.0, ended_at=10.0)
        failed = Redemption("wos", "1", "OLD", 2, outcome=Outcome.FAILED, status="WRONG_STATE")
        earlier = Redemption("wos", "2", "OLD", 1, outcome=Outcome.REDEEMED)
        await here.made.store.commit(Put(old), Put(failed), Put(earlier))
        here.made.changed(frozenset({"codes"}))
        both = await until(lambda: here.get("/api/progress"), lambda seen: seen["total"] == 2)
        assert [one["code"] for one in both["codes"]] == ["SNOW", "OLD"]
        assert both["codes"][1]["outcomes"] is None
        for _ in range(2):  # counted, then from memory
            ended = await here.get("/api/outcomes", game="wos", code="OLD")
            assert ended["failed"] == {"WRONG_STATE": 1}
            assert (ended["wanted"], ended["redeemed"]) == (1, 0)
        assert (await here.get("/api/progress", state="ended"))["codes"][0]["code"] == "OLD"
        assert (await here.get("/api/progress", words="wos/sn", limit=1))["total"] == 1
        for path, code_ in (
            ("/api/progress?state=dead", 400),
            ("/api/progress?offset=-1", 400),
            ("/api/outcomes?game=wos&code=SNOW", 400),
            ("/api/outcomes?game=wos&code=NONE", 404),
        ):
            assert (await here.client.get(path)).status_code == code_


async def test_failures_are_by_reason_and_those_that_are_retried_apart(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        await until(lambda: here.get("/api/status"), lambda seen: seen["giftcodes"]["redeemed"] == 3)
        await here.made.store.commit(
            Put(Redemption("wos", "1001", "SNOW", 1, outcome=Outcome.FAILED, status="CDK_NOT_FOUND")),
            Put(
                Redemption(
                    "wos", "1002", "SNOW", 1, outcome=Outcome.FAILED, status="LEVEL_TOO_LOW",
                    retries=True, due_at=9e9,
                )
            ),
        )  # fmt: skip
        crash(here.made.tree.ref("giftcodes/campaign"))  # its next life reads the store
        seen = await until(
            lambda: here.client.get("/api/progress"),
            lambda seen: (
                seen.status_code == 200
                and (rows := seen.json()["codes"])
                and (rows[0]["outcomes"] or {}).get("retrying")
            ),
        )
        outcomes = seen.json()["codes"][0]["outcomes"]
        assert outcomes["retrying"] == {"LEVEL_TOO_LOW": 1}


async def test_players_are_found_by_name_fid_and_state_and_come_in_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.web.page.PLAYERS_FOR", 0.1)
    crowd = [SimPlayer(str(1000 + n), kid=str(7 + n % 2), name=f"Eis{n}") for n in range(30)]
    async with running(tmp_path, crowd) as here:
        first = await here.get("/api/search", limit=10)
        assert (first["total"], len(first["players"])) == (30, 10)
        assert (await here.get("/api/search", words="EIS29"))["players"][0]["fid"] == "1029"
        assert (await here.get("/api/search", words="1029"))["total"] == 1
        assert (await here.get("/api/search", words="8"))["total"] > 15  # the state, and fids with an 8
        assert (await here.get("/api/search", game="ks"))["total"] == 0
        assert (await here.get("/api/search", offset=29, limit=1000))["offset"] == 29
        await here.made.store.commit(Put(Player("wos", "5", "7", "half a pair: \ud83d")))
        late = await until(lambda: here.get("/api/search", words="half"), lambda seen: seen["total"] == 1)
        assert late["players"][0]["fid"] == "5"


async def test_the_page_learns_who_asks_and_which_games_there_are(tmp_path: Path) -> None:
    async with running(tmp_path, []) as here:
        guest = await here.get("/api/session")
        assert guest == {
            "may_act": False,
            "token_set": True,
            "token_env": "PERKD_STATUS_TOKEN",
            "games": ["wos"],
        }
        told = await here.client.get("/api/session", headers=BEARER)
        assert told.json()["may_act"] is True


async def test_an_event_is_brief_in_the_list_and_whole_when_asked_for(tmp_path: Path) -> None:
    async with running(tmp_path, []) as here:
        crash(here.made.tree.ref("giftcodes/announcer"), _raised())
        seen = await until(
            lambda: here.get("/api/events", kind="Crashed", brief=1), lambda seen: seen["events"]
        )
        (brief,) = seen["events"]
        assert (brief["error"]["text"], brief["error"]["traceback"]) == (str(_raised()), "")
        whole = await here.get(f"/api/events/{brief['number']}")
        assert 'int("from somewhere")' in whole["error"]["traceback"]
        kept = here.made.happenings.after(brief["number"] - 1)[0]
        assert event_document(kept, brief=False) == whole
        assert (await here.client.get("/api/events/999999")).status_code == 404


def _raised() -> Exception:
    """An error with a traceback."""
    try:
        int("from somewhere")
    except ValueError as error:
        return error
    raise AssertionError


async def test_while_the_campaign_is_away_the_page_is_told_so(tmp_path: Path) -> None:
    async with running(tmp_path, []) as here:
        await here.made.tree.supervisor("giftcodes").stop_child("campaign")
        refused = await here.client.get("/api/progress")
        assert refused.status_code == 503
        assert "the campaign does not answer" in refused.json()["error"]


async def test_a_form_that_is_too_long_is_not_read_to_its_end(tmp_path: Path) -> None:
    async with running(tmp_path, []) as here:
        form = {"content-type": "application/x-www-form-urlencoded"}
        refused = await here.client.post("/login", content=b"token=" + b"x" * 900_000, headers=form)
        assert refused.status_code == 403
