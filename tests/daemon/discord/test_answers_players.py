"""`/register`, `/unregister`, `/redeem`, `/forget`: answers over a store in memory, without any Discord."""

import re
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.giftcodes.model import (
    Audit,
    Channel,
    Code,
    Guild,
    Outcome,
    Player,
    Redemption,
    Registration,
    Wish,
)
from actors.giftcodes.verifier import Verified
from actors.ports import Put
from actors.vip.model import ClosedVIPSession, Crossing, EndReason, SessionState, Side, VIPBlock, VIPSession
from daemon.discord.answers import erasing, players, redeeming
from daemon.discord.answers.scope import pick_player
from daemon.discord.render import message_of
from daemon.discord.values import Caller
from daemon.service import NotFound, Refused, import_players
from daemon.storage import MemoryStore
from tests.worlds.discord_desk import (
    ADMIN,
    GUILD,
    MEMBER,
    NOW,
    OTHER,
    FakeGame,
    a_desk,
    in_direct_message,
    shown,
)


async def has_player(
    store: MemoryStore, fid: str, name: str, by: Caller, *, game: str = "wos", guild: str = GUILD
) -> None:
    registration = Registration(guild, by.member, game, fid, at=NOW)
    await store.commit(Put(Player(game, fid, "1", name)), Put(registration))


# --- /register ----------------------------------------------------------------------------------


async def test_the_members_wish_to_be_mentioned_is_kept() -> None:
    store = MemoryStore()
    desk = a_desk(store)

    await players.register(desk, MEMBER, game="wos", fid="7", state="1", mention=True)
    await players.register(desk, MEMBER, game="wos", fid="7", state="1")

    assert [one.mention for one in await store.find(Registration)] == [True]


async def test_a_member_that_changes_its_wish_to_be_mentioned_is_told_so() -> None:
    store = MemoryStore()
    desk = a_desk(store)

    async def register(**more: Any) -> str:
        return shown(await players.register(desk, MEMBER, game="wos", fid="7", **{"state": "1"} | more))

    await register(mention=True)
    off = await register(mention=False)
    assert "registered so already" not in off
    assert off.startswith("✅ Corrected 7")
    assert "You are not mentioned for it any more" in off
    assert "registered so already" in await register(mention=False)
    on = await register(state="2", mention=True)
    assert "state 1 → 2" in on
    assert on.count("Corrected") == 1
    assert "You are mentioned when a code is done for it" in on
    await store.commit(Put(Guild(GUILD, "Snow", summary=False)))
    assert "You are not mentioned" in await register(mention=False)
    assert "On this server nobody is mentioned" in await register(mention=True)


async def test_with_one_game_its_name_can_be_left_out() -> None:
    desk = a_desk(MemoryStore(), games={"wos": "v2"})

    assert "Whiteout Survival" in shown(await players.register(desk, MEMBER, fid="7", state="1"))


async def test_the_name_that_the_game_tells_is_shown_harmless() -> None:
    game = FakeGame({"7": Verified("right", name="@here **Kö\u202enig**")})

    text = shown(await players.register(a_desk(MemoryStore(), game=game), MEMBER, game="ks", fid="7"))

    assert "@here" not in text
    assert "\u202e" not in text
    assert r"\*\*Kö" in text


async def test_a_player_that_the_game_does_not_know_is_refused() -> None:
    store = MemoryStore()
    game = FakeGame({"7": Verified("no_such_player", "NO_SUCH_PLAYER")})

    with pytest.raises(Refused, match="knows no player 7"):
        await players.register(a_desk(store, game=game), MEMBER, game="wos", fid="7", state="1")
    assert await store.find(Player) == []


async def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    desk = a_desk(MemoryStore())
    for number in range(10):
        await players.register(desk, MEMBER, game="wos", fid=str(number + 1), state="1")

    with pytest.raises(Refused, match="try again in 10 min"):
        await players.register(desk, MEMBER, game="wos", fid="99", state="1")


# --- /players -----------------------------------------------------------------------------------


async def test_a_name_is_no_formula_in_the_file_of_all_and_is_itself_when_that_is_imported() -> None:
    store = MemoryStore()
    for number in range(30):
        await has_player(store, str(number + 1), "=1+1" if number == 0 else f"P{number}", MEMBER)

    (file,) = (await players.show_all(a_desk(store), ADMIN)).files

    assert b"wos,1,1,'=1+1\r\n" in file.content
    report = await import_players(a_desk(store).service, file.content)
    assert (report.updated, report.faults) == ((), ())


# --- /unregister --------------------------------------------------------------------------------


async def test_a_player_that_others_registered_too_stays() -> None:
    store = MemoryStore()
    await has_player(store, "7", "Frosty", MEMBER)
    await has_player(store, "7", "Frosty", OTHER)

    text = shown(await players.unregister(a_desk(store), MEMBER, player="wos/7"))

    assert "Somebody else has registered it too" in text
    assert [one.member for one in await store.find(Registration)] == [OTHER.member]
    assert await store.find(Audit) == []


async def test_an_admins_own_registration_goes_without_that_of_others() -> None:
    store = MemoryStore()
    await has_player(store, "7", "Frosty", ADMIN)
    await has_player(store, "7", "Frosty", OTHER)

    await players.unregister(a_desk(store), ADMIN, player="7")

    assert [one.member for one in await store.find(Registration)] == [OTHER.member]


async def test_an_admin_reaches_no_other_server() -> None:
    store = MemoryStore()
    await has_player(store, "7", "Frosty", OTHER, guild="701")

    with pytest.raises(NotFound):
        await players.unregister(a_desk(store), ADMIN, player="wos/7")
    assert len(await store.find(Registration)) == 1


async def test_in_a_direct_message_the_own_player_goes_from_every_server() -> None:
    store = MemoryStore()
    await has_player(store, "7", "Frosty", MEMBER)
    await has_player(store, "7", "Frosty", MEMBER, guild="701")

    await players.unregister(a_desk(store), in_direct_message(MEMBER), player="Frosty")

    assert await store.find(Registration) == []


def test_a_name_that_several_have_must_be_told_apart() -> None:
    two = [Player("wos", "1", name="Frosty"), Player("wos", "2", name="FROSTY"), Player("ks", "1")]

    with pytest.raises(Refused, match="2 are called so"):
        pick_player(two, "frosty")
    with pytest.raises(Refused, match="2 are called so"):
        pick_player(two, "1")
    assert pick_player(two, "ks/1") is two[2]
    assert pick_player(two, " 2 ") is two[1]


# --- /redeem ------------------------------------------------------------------------------------


async def test_without_a_player_it_is_for_all_own_ones_of_the_codes_game() -> None:
    store = MemoryStore()
    await has_player(store, "1", "Frosty", MEMBER)
    await has_player(store, "2", "Blaze", MEMBER)
    await has_player(store, "3", "King", MEMBER, game="ks")
    await has_player(store, "4", "Stranger", OTHER)
    await store.commit(Put(Code("wos", "SNOW")))

    text = shown(await redeeming.redeem(a_desk(store), MEMBER, code="SNOW"))

    assert sorted(wish.fid for wish in await store.find(Wish)) == ["1", "2"]
    assert "Frosty" in text
    assert "Blaze" in text
    assert "King" not in text


async def test_what_had_failed_is_tried_again_and_says_why_it_had() -> None:
    store = MemoryStore()
    await has_player(store, "1", "Frosty", MEMBER)
    await store.commit(
        Put(Code("wos", "SNOW")),
        Put(Redemption("wos", "1", "SNOW", 1, Outcome.FAILED, status="LEVEL_TOO_LOW", last_at=NOW - 9)),
    )

    text = shown(await redeeming.redeem(a_desk(store), MEMBER, code="SNOW"))

    assert "tried again; last time the player's level is too low" in text


async def test_where_the_server_pauses_it_is_noted_and_said() -> None:
    store = MemoryStore()
    await has_player(store, "1", "Frosty", MEMBER)
    await store.commit(Put(Code("wos", "SNOW")), Put(Guild(GUILD, "Snow", paused=True)))

    assert "paused on the server" in shown(await redeeming.redeem(a_desk(store), MEMBER, code="SNOW"))


async def test_a_player_of_another_game_is_told_apart() -> None:
    store = MemoryStore()
    await has_player(store, "3", "King", MEMBER, game="ks")
    await store.commit(Put(Code("wos", "SNOW")))

    text = shown(await redeeming.redeem(a_desk(store), MEMBER, code="SNOW", player="King"))

    assert "which this player does not play" in text
    assert await store.find(Wish) == []


async def test_an_admin_asks_for_anybodys_player_of_the_server() -> None:
    store = MemoryStore()
    await has_player(store, "4", "Stranger", OTHER)
    await store.commit(Put(Code("wos", "SNOW")))

    await redeeming.redeem(a_desk(store), ADMIN, code="SNOW", player="Stranger")

    assert [(wish.fid, wish.member) for wish in await store.find(Wish)] == [("4", ADMIN.member)]


async def test_without_any_player_the_way_out_is_named() -> None:
    store = MemoryStore()
    await store.commit(Put(Code("wos", "SNOW")))

    with pytest.raises(NotFound, match="/register"):
        await redeeming.redeem(a_desk(store), MEMBER, code="SNOW")


# --- /forget ------------------------------------------------------------------------------------


async def test_everything_that_is_known_is_told_before_it_goes_and_after() -> None:
    store = MemoryStore()
    await has_player(store, "1", "Frosty", MEMBER)
    await has_player(store, "2", "Blaze", MEMBER)
    await has_player(store, "2", "Blaze", OTHER)
    await store.commit(
        Put(Redemption("wos", "1", "SNOW", 1, Outcome.REDEEMED)),
        Put(Wish("wos", "1", "SNOW", 1, NOW, GUILD, MEMBER.member)),
        Put(Guild(GUILD, "Snow", channels=(Channel("900", NOW, by=MEMBER.member),))),
        Put(Audit("a", NOW, GUILD, MEMBER.member, "setchannel")),
    )
    desk = a_desk(store)

    asked, done = await erasing.ask(desk, MEMBER), await erasing.erase(desk, MEMBER)

    for reply in (asked, done):
        text = shown(reply)
        for part in ("Frosty", "Blaze", "1 redemption", "1 code", "1 channel", "1 entry"):
            assert part in text
    assert asked.buttons
    assert not done.buttons
    assert [one.member for one in await store.find(Registration)] == [OTHER.member]
    assert [player.name for player in await store.find(Player)] == ["Blaze"]
    assert shown(await erasing.erase(desk, MEMBER)) == "perkd knows nothing of you."


async def test_vip_sessions_are_told_before_they_go_and_after_and_a_block_is_said_to_stay() -> None:
    store = MemoryStore()
    me = MEMBER.member
    await store.commit(
        Put(VIPSession(GUILD, me, "aa", SessionState.OPEN, NOW)),
        Put(Crossing("aa", Side.THREAD, "1", 1, NOW)),
        Put(ClosedVIPSession("bb", GUILD, me, NOW, NOW, EndReason.OWNER)),
        Put(ClosedVIPSession("cc", GUILD, OTHER.member, NOW, NOW, EndReason.CLEARED, ended_by=me)),
        Put(VIPBlock(GUILD, me, NOW)),
    )
    desk = a_desk(store)

    asked, done = await erasing.ask(desk, MEMBER), await erasing.erase(desk, MEMBER)

    for reply in (asked, done):
        text = shown(reply)
        for part in (
            "1 VIP session that is open (it ends)",
            "1 VIP session of earlier days",
            "the number of 1 message of these sessions",
            "1 VIP record of somebody else",
            "1 server has blocked you from VIP sessions. That stays stored",
        ):
            assert part in text
        assert "still being ended" not in text
    for again in (await erasing.ask(desk, MEMBER), await erasing.erase(desk, MEMBER)):
        assert shown(again).startswith("1 server has blocked you from VIP sessions")
        assert not again.buttons


async def test_a_session_that_is_still_being_ended_is_told_of() -> None:
    async def not_yet(guild: str, member: str) -> bool:
        return (guild, member) != (GUILD, MEMBER.member)

    store = MemoryStore()
    await store.commit(Put(VIPSession(GUILD, MEMBER.member, "aa", SessionState.OPEN, NOW)))
    desk = a_desk(store)
    desk = evolve(desk, service=evolve(desk.service, end_vip=not_yet))

    assert "1 VIP session is still being ended" in shown(await erasing.erase(desk, MEMBER))


async def test_very_many_players_fit_into_the_question() -> None:
    store = MemoryStore()
    for number in range(60):
        await has_player(store, str(number + 1), "@" * 60, MEMBER)

    reply = await erasing.ask(a_desk(store), MEMBER)

    assert len(reply.text) <= 2000
    assert "more" in reply.text


# --- names --------------------------------------------------------------------------------------

NAMES = st.text(max_size=64) | st.sampled_from(
    ["<@123>", "@everyone", "<#1>", "<t:1>", "`", "||x||", "\u202e"]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMES)
async def test_no_name_breaks_an_answer_or_reaches_anybody(name: str) -> None:
    store = MemoryStore()
    await store.commit(Put(Player("wos", "1", "1", name)), Put(Registration(GUILD, "11", "wos", "1")))

    for caller in (MEMBER, evolve(ADMIN, member="11")):
        message = message_of(await players.show_mine(a_desk(store), caller))
        text = message["embeds"][0].description
        assert not re.search(r"<@!?&?\d+>|<#\d+>|@(everyone|here)|<t:\d+", text)
        assert text.count("\n") == 0
        assert "Whiteout Survival" in text
        assert message["user_mentions"] is False


async def test_a_form_that_is_sent_outside_of_a_server_registers_nobody() -> None:
    store = MemoryStore()

    with pytest.raises(Refused, match="about one server"):
        await players.register(a_desk(store), in_direct_message(MEMBER), game="wos", fid="7", state="1")
    assert [len(await store.find(one)) for one in (Guild, Player, Registration)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("guild", "said"),
    [
        (Guild(GUILD, "Snow"), "Live codes are redeemed for it, and those to come."),
        (Guild(GUILD, "Snow", auto_redeem=False), "when you ask for one: `/redeem`, or **Redeem for me**."),
        (Guild(GUILD, "Snow", paused=True), "paused on this server"),
    ],
)
async def test_a_new_player_is_promised_what_the_server_does(guild: Guild, said: str) -> None:
    store = MemoryStore()
    await store.commit(Put(guild))

    assert said in shown(await players.register(a_desk(store), MEMBER, game="wos", fid="7", state="1"))
