"""Every row of the answers table can be ordered, and goes over real HTTP in its documented shape."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from daemon.simulator import Fault, World
from daemon.simulator.answers import ROWS

NUMBERS = [(name, number) for name, row in ROWS.items() for number in row.numbers]
# Written out again from docs/redeeming.md, so that a slip in the table does not pass unseen.
DOCUMENTED = {
    ("SUCCESS", 20000),
    ("RECEIVED", 40008),
    ("SAME TYPE EXCHANGE", 40011),
    ("TIME ERROR", 40007),
    ("CDK NOT FOUND", 40014),
    ("USED", 40005),
    ("STOVE_LV ERROR", 40006),
    ("RECHARGE_MONEY ERROR", 40017),
    ("RECHARGE_MONEY_VIP ERROR", 40018),
    ("USER INFO ERROR", 40020),
    ("ROLE NOT EXIST", 40001),
    ("ROLE NOT EXIST", 40004),
    ("TOO FREQUENT", 40019),
    ("TIMEOUT RETRY", 40004),
    ("NOT LOGIN", 40101),
    ("NOT LOGIN", 40002),
    ("NOT LOGIN", 40009),
    ("CAPTCHA GET TOO FREQUENT", 40100),
    ("CAPTCHA CHECK TOO FREQUENT", 40101),
    ("CAPTCHA CHECK TOO FREQUENT", 40104),
    ("CAPTCHA EXPIRED", 40102),
    ("CAPTCHA CHECK ERROR", 40103),
    ("SIGN ERROR", 40000),
    ("SIGN ERROR", 40001),
    ("PARAMS ERROR", 40001),
}


def test_the_table_has_the_documented_rows_and_numbers() -> None:
    assert set(NUMBERS) == DOCUMENTED


@pytest.mark.parametrize("game", ["wos", "old"])
async def test_every_row_with_each_of_its_numbers_can_be_ordered(
    world: World, remote: Any, say: Callable[[httpx.Response], str], game: str
) -> None:
    await remote.call("player", "old", fid="1001")
    for name, number in NUMBERS:
        world.order(Fault(game=game, endpoint="gift_code", answer=name, err_code=number, times=1))
        answer = await remote.call("gift_code", game, fid="1001", cdk="SNOW2026", kid="7")
        assert answer.status_code == 200
        assert set(answer.json()) == {"code", "data", "msg", "err_code"}
        assert (say(answer), answer.json()["err_code"]) == (name, number)
        assert answer.json()["code"] == (0 if name == "SUCCESS" else 1)
        world.games[game].limit = 30
        world.reset_faults()
        world.games[game]._windows.clear()


async def test_messages_come_with_dots_and_mixed_case_as_in_reality(world: World, remote: Any) -> None:
    world.order(Fault(answer="RECEIVED", times=1), Fault(answer="SIGN ERROR", times=1))
    assert (await remote.redeem()).json()["msg"] == "RECEIVED."
    assert (await remote.redeem()).json()["msg"] == "Sign Error"


@pytest.mark.parametrize("status", [403, 404, 500, 502, 503])
async def test_http_errors_can_be_ordered(world: World, remote: Any, status: int) -> None:
    world.order(Fault(answer=f"HTTP {status}"))
    answer = await remote.redeem()
    assert answer.status_code == status
    assert answer.text.startswith("<!DOCTYPE html>")


async def test_an_ordered_429_has_the_documented_body(world: World, remote: Any) -> None:
    world.order(Fault(answer="HTTP 429", headers=(("Retry-After", "17"),)))
    answer = await remote.redeem()
    assert (answer.status_code, answer.json()) == (429, {"message": "Too Many Attempts."})
    assert (answer.headers["retry-after"], answer.headers["x-ratelimit-remaining"]) == ("17", "0")


async def test_garbage_can_be_ordered(world: World, remote: Any) -> None:
    async def ordered(name: str) -> Any:
        world.reset_faults()
        world.order(Fault(answer=name))
        return await remote.redeem()

    assert (await ordered("HTML")).text.startswith("<!DOCTYPE html>")
    assert (await ordered("EMPTY")).content == b""
    with pytest.raises(ValueError, match="Unterminated"):
        (await ordered("BAD JSON")).json()
    assert (await ordered("MSG NOT STRING")).json()["msg"] == 7
    with pytest.raises(UnicodeDecodeError):
        (await ordered("INVALID UTF-8")).content.decode()
    assert len((await ordered("HUGE")).content) > 10 * 1024 * 1024


async def test_a_bare_list_holds_the_games_own_answer(world: World, remote: Any) -> None:
    world.order(Fault(answer="BARE LIST", times=1))
    [held] = (await remote.redeem()).json()
    assert held["msg"] == "SUCCESS"
    assert ("1001", "SNOW2026") in world.games["wos"].redeemed


async def test_any_raw_answer_can_be_ordered(world: World, remote: Any) -> None:
    world.order(
        Fault(status=418, headers=(("X-Kind", "teapot"), ("Content-Type", "text/plain")), body="short, stout")
    )
    answer = await remote.redeem()
    assert (answer.status_code, answer.text, answer.headers["x-kind"]) == (418, "short, stout", "teapot")
    assert answer.headers["content-type"] == "text/plain"


async def test_a_made_up_message_can_be_ordered(world: World, remote: Any) -> None:
    world.order(Fault(msg="ACTIVITY NOT OPEN."))
    assert (await remote.redeem()).json() == {
        "code": 1,
        "data": [],
        "msg": "ACTIVITY NOT OPEN.",
        "err_code": 49999,
    }


async def test_an_ordered_answer_changes_nothing_unless_told_to(
    world: World, remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    world.order(Fault(answer="SUCCESS", times=1), Fault(answer="HTTP 502", after_redeeming=True, times=1))
    assert say(await remote.redeem()) == "SUCCESS"
    assert not world.games["wos"].redeemed
    assert (await remote.redeem()).status_code == 502
    assert world.games["wos"].redeemed == {("1001", "SNOW2026")}


async def test_a_connection_is_reset_before_the_answer(world: World, remote: Any) -> None:
    world.order(Fault(cut="connection"))
    with pytest.raises(httpx.ReadError):
        await remote.redeem()
    assert not world.games["wos"].redeemed


async def test_a_reply_lost_after_redeeming_shows_as_received_on_the_next_try(
    world: World, remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    world.order(Fault(cut="connection", after_redeeming=True, times=1))
    with pytest.raises(httpx.ReadError):
        await remote.redeem()
    assert say(await remote.redeem()) == "RECEIVED"


async def test_a_body_is_cut_halfway(world: World, remote: Any) -> None:
    world.order(Fault(cut="body"))
    with pytest.raises(httpx.RemoteProtocolError):
        await remote.redeem()


@pytest.mark.parametrize(
    ("cut", "error"), [("connection", httpx.ReadError), ("body", httpx.RemoteProtocolError)]
)
async def test_cuts_are_the_same_errors_in_process(
    world: World, caller: Any, cut: Any, error: type[Exception]
) -> None:
    world.order(Fault(cut=cut, after_redeeming=True, times=1))
    with pytest.raises(error):
        await caller.redeem()
    assert world.games["wos"].redeemed == {("1001", "SNOW2026")}
    assert world.stats.in_flight == 0


async def test_a_cut_connection_does_not_harm_the_next(
    world: World, remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    world.order(Fault(cut="connection", requests=(1, 3)))
    for number in range(1, 5):
        if number in (1, 3):
            with pytest.raises(httpx.ReadError):
                await remote.redeem()
        else:
            assert say(await remote.redeem()) in ("SUCCESS", "RECEIVED")


async def test_a_trickled_body_arrives_whole(
    world: World, remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    world.order(Fault(trickle=0.05))
    assert say(await remote.redeem()) == "SUCCESS"


async def test_the_server_does_not_say_what_it_is_made_of(remote: Any) -> None:
    assert "server" not in (await remote.redeem()).headers


async def test_a_status_alone_keeps_the_games_body(world: World, remote: Any) -> None:
    world.order(Fault(status=503, after_redeeming=True))
    answer = await remote.redeem()
    assert (answer.status_code, answer.json()["msg"]) == (503, "SUCCESS")
