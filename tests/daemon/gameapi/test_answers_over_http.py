"""Every row of the answers table, both protocols, from the simulator over a real socket."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import trio
from attrs import frozen

from actors.giftcodes.model import Player
from actors.ports import GameAPI, Reply
from daemon.gameapi.answers import (
    CDK_NOT_FOUND,
    NETWORK_ERROR,
    NO_SUCH_PLAYER,
    PROTOCOL_CHANGED,
    RATE_LIMITED,
    SUCCESS,
    UPSTREAM_ERROR,
    WRONG_STATE,
)
from daemon.secrets import Secret
from daemon.simulator import Fault, SimCode, SimGame, SimPlayer, World, serve

OpenApi = Callable[..., AbstractAsyncContextManager[GameAPI]]
CODE = "SNOW2026"
GAMES = {"v2": "wos", "v1": "drawn"}


@frozen
class Rig:
    """The adapters of a `v2` game and of two `v1` games, and the simulator they talk to."""

    world: World
    port: int
    v2: GameAPI
    v1: GameAPI
    drawn: GameAPI
    """`v1` with a captcha."""

    async def call(self, protocol: str, endpoint: str, player: Player) -> Reply:
        """One call to the endpoint; of `v1`, in the game with a captcha."""
        api = self.v2 if protocol == "v2" else self.drawn
        calls: dict[str, Callable[[], Awaitable[Reply]]] = {
            "player": lambda: api.login(player),
            "captcha": lambda: api.fetch_captcha(player),
            "gift_code": lambda: api.redeem(player, CODE, "ABCD"),
            "gift_code_config": api.probe,
        }
        return await calls[endpoint]()


@pytest.fixture
async def rig(nursery: trio.Nursery, open_api: OpenApi, clock: Any) -> AsyncIterator[Rig]:
    world = World(epoch=clock.now())
    world.add_game(
        SimGame(name="wos", key="a-key-for-tests", spacing=0),
        SimGame(name="old", key="a-key-for-tests", spacing=0, protocol="v1"),
        SimGame(name="drawn", key="a-key-for-tests", spacing=0, protocol="v1", captcha=True),
    )
    for game in world.games.values():
        game.add_player(SimPlayer("1001", "7", "Ada"))
        game.add_code(SimCode(CODE))
    port: int = await nursery.start(serve, world)
    async with (
        open_api(port) as v2,
        open_api(port, "v1", "old") as v1,
        open_api(port, "v1", "drawn", captcha="person") as drawn,
    ):
        yield Rig(world, port, v2, v1, drawn)


async def test_every_row_of_the_table(rig: Rig, page_row: Any, player: Player) -> None:
    rig.world.order(
        Fault(
            game=GAMES[page_row.protocol],
            endpoint=page_row.endpoint,
            answer=page_row.msg,
            err_code=page_row.err_code,
        )
    )
    reply = await rig.call(page_row.protocol, page_row.endpoint, player)
    assert reply.verdict == page_row.verdict
    assert (reply.hint.limit, reply.hint.remaining) == (30, 29)


NO_ANSWERS = {
    "HTTP 403": PROTOCOL_CHANGED,
    "HTTP 404": PROTOCOL_CHANGED,
    "HTTP 429": RATE_LIMITED,
    "HTTP 500": UPSTREAM_ERROR,
    "HTTP 502": UPSTREAM_ERROR,
    "HTTP 503": UPSTREAM_ERROR,
    "HTML": UPSTREAM_ERROR,
    "EMPTY": UPSTREAM_ERROR,
    "BAD JSON": UPSTREAM_ERROR,
    "INVALID UTF-8": UPSTREAM_ERROR,
    "HUGE": UPSTREAM_ERROR,
}


@pytest.mark.parametrize("answer", NO_ANSWERS)
@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [
        ("v2", "gift_code"),
        ("v1", "gift_code"),
        ("v1", "player"),
        ("v1", "captcha"),
        ("v2", "gift_code_config"),
    ],
)
async def test_what_is_no_answer_of_the_game(
    rig: Rig, player: Player, protocol: str, endpoint: str, answer: str
) -> None:
    rig.world.order(Fault(answer=answer, times=1))
    assert (await rig.call(protocol, endpoint, player)).verdict == NO_ANSWERS[answer]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(cut="connection"),
        Fault(cut="body"),
        Fault(delay=60.0),
        Fault(trickle=60.0),
    ],
    ids=["cut", "cut in the body", "slow", "trickling"],
)
@pytest.mark.parametrize("game", ["wos", "old"])
async def test_what_the_network_does(
    rig: Rig, open_api: OpenApi, player: Player, game: str, fault: Fault
) -> None:
    protocol = rig.world.games[game].protocol
    rig.world.order(fault)
    timeout = 0.3 if fault.delay or fault.trickle else 20.0
    async with open_api(rig.port, protocol, game, timeout=timeout) as api:
        with trio.fail_after(30):
            assert (await api.redeem(player, CODE)).verdict == NETWORK_ERROR


async def test_a_reply_that_is_lost_after_redeeming_is_received_on_the_next_try(
    rig: Rig, player: Player
) -> None:
    rig.world.order(Fault(cut="connection", after_redeeming=True, times=1))
    assert (await rig.v2.redeem(player, CODE)).verdict == NETWORK_ERROR
    assert (await rig.v2.redeem(player, CODE)).verdict.status == "ALREADY_RECEIVED"


async def test_an_answer_in_a_bare_list_counts(rig: Rig, player: Player) -> None:
    rig.world.order(Fault(answer="BARE LIST"))
    assert (await rig.v2.redeem(player, CODE)).verdict == SUCCESS
    assert (await rig.v1.login(player)).nickname == "Ada"


@pytest.mark.parametrize("protocol", ["v1", "v2"])
async def test_an_unknown_message_is_named(rig: Rig, player: Player, protocol: str) -> None:
    rig.world.order(Fault(msg="Server is Dreaming."))
    reply = await rig.call(protocol, "gift_code", player)
    assert reply.verdict.status == "UNKNOWN_STATUS_SERVER IS DREAMING"


async def test_the_budget_of_the_address_shows_until_it_is_spent(rig: Rig, player: Player) -> None:
    rig.world.games["wos"].limit = 2
    first, second, third = [await rig.v2.redeem(player, CODE) for _ in range(3)]
    assert [(r.hint.limit, r.hint.remaining, r.hint.retry_after) for r in (first, second)] == [
        (2, 1, None),
        (2, 0, None),
    ]
    assert (third.verdict, third.hint.remaining) == (RATE_LIMITED, 0)
    assert third.hint.retry_after is not None
    assert 0 < third.hint.retry_after <= 61


async def test_v2_from_the_games_own_rules(rig: Rig, player: Player) -> None:
    assert (await rig.v2.probe()).verdict == SUCCESS
    assert (await rig.v2.redeem(player, CODE)).verdict == SUCCESS
    assert (await rig.v2.redeem(player, CODE)).verdict.status == "ALREADY_RECEIVED"
    assert (await rig.v2.redeem(player, CODE.lower())).verdict == CDK_NOT_FOUND
    assert (await rig.v2.redeem(Player("wos", "1001", state="8"), CODE)).verdict == WRONG_STATE


async def test_v1_from_the_games_own_rules(rig: Rig, player: Player) -> None:
    assert (await rig.v1.probe()).verdict == SUCCESS
    assert (await rig.v1.redeem(player, CODE)).verdict.status == "NOT_LOGIN"
    login = await rig.v1.login(player)
    assert (login.verdict, login.nickname) == (SUCCESS, "Ada")
    assert (await rig.v1.redeem(player, CODE)).verdict == SUCCESS
    assert (await rig.v1.login(Player("old", "9"))).verdict == NO_SUCH_PLAYER


async def test_v1_with_a_captcha_from_the_games_own_rules(rig: Rig, player: Player) -> None:
    assert (await rig.drawn.fetch_captcha(player)).verdict.status == "CAPTCHA_FETCH_ERROR"  # no session
    await rig.drawn.login(player)
    fetched = await rig.drawn.fetch_captcha(player)
    assert (fetched.verdict, fetched.captcha[:4]) == (SUCCESS, b"\x89PNG")
    assert (await rig.drawn.fetch_captcha(player)).verdict.status == "TOO_FREQUENT"
    captcha = rig.world.games["drawn"].captchas.peek(player.fid)
    assert captcha is not None
    assert (await rig.drawn.redeem(player, CODE, captcha.text)).verdict == SUCCESS
    assert (await rig.drawn.redeem(player, CODE, captcha.text)).verdict.status == "CAPTCHA_EXPIRED"


async def test_a_wrong_key_is_a_changed_protocol(rig: Rig, open_api: OpenApi, player: Player) -> None:
    for protocol, game in (("v2", "wos"), ("v1", "old")):
        async with open_api(rig.port, protocol, game, sign_key=Secret("another")) as api:
            assert (await api.probe()).verdict == PROTOCOL_CHANGED
            assert (await api.redeem(player, CODE)).verdict == PROTOCOL_CHANGED


async def test_the_wrong_protocol_is_a_changed_protocol(rig: Rig, open_api: OpenApi, player: Player) -> None:
    async with open_api(rig.port, "v1", "wos") as api:
        assert (await api.login(player)).verdict == PROTOCOL_CHANGED
    async with open_api(rig.port, "v2", "nowhere") as api:
        assert (await api.probe()).verdict == PROTOCOL_CHANGED
