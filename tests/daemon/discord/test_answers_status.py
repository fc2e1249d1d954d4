"""`/perkd status`: pages for owners, the guild's part for admins."""

from collections.abc import Mapping
from typing import Any

import pytest

from actors.giftcodes.model import (
    Channel,
    ChannelTrouble,
    Code,
    Guild,
    Outcome,
    Player,
    Redemption,
    Registration,
    Watched,
)
from actors.ports import Put
from daemon.discord.answers.settings import show
from daemon.discord.answers.status import show_status
from daemon.discord.render import message_of
from daemon.service import Refused
from daemon.storage import MemoryStore
from tests.worlds.discord_desk import (
    ADMIN,
    GUILD,
    MEMBER,
    NOW,
    OWNER,
    a_desk,
    in_direct_message,
    shown,
)


def a_status(children: int = 3, **more: Any) -> dict[str, Any]:
    leaves = [
        {"name": f"actor_{number}", "kind": "actor", "state": "running", "children": []}
        for number in range(children)
    ]
    return {
        "version": "1.2.3",
        "uptime": 93_784.0,
        "health": "degraded",
        "problems": ["source gifts is not healthy: `boom` @everyone"],
        "tree": {"name": "perkd", "kind": "supervisor", "state": "running", "children": leaves},
        "giftcodes": {
            "codes": 2,
            "codes_known": 5,
            "owed": 7,
            "redeemed": 11,
            "already": 3,
            "failed": 1,
            "retrying": 1,
            "posts": {"waiting": 7, "posted": 3, "edited": 9, "failing": "12: **503**"},
            "rate": {"wos": {"used": 4, "limit": 30, "period": 60.0, "reason": "RATE_LIMITED"}},
            "sources": {"gifts": {"state": "failing", "checks": 9, "last_error": "HTTP 500"}},
        },
        "vip": {"sessions": 0, "accounts": {}},
        "storage": {"backends": {"sqlite": {"state": "healthy", "last_error": None}}, "lag": 0},
        "discord": {"state": "connected", "guilds": 4, "latency": 0.041},
        **more,
    }


def telling(document: Mapping[str, Any]) -> Any:
    async def status() -> Mapping[str, Any]:
        return document

    return status


async def test_an_owner_sees_health_problems_and_the_numbers_of_both_jobs() -> None:
    reply = await show_status(a_desk(MemoryStore(), status=telling(a_status())), OWNER)

    text = shown(reply)
    assert reply.cards[0].title == "perkd 1.2.3 · degraded · up 1 d 2 h"
    for part in (
        "2 live of 5 known",
        "7 owed",
        "4 of 30 calls in 60 s",
        "RATE",
        "HTTP 500",
        "sqlite",
        "41 ms",
        "7 messages are still to be posted: 12: \\*\\*503",
    ):
        assert part in text
    assert "VIP threads\nnone are open" in text


async def test_sessions_that_nobody_can_count_are_no_zero() -> None:
    silent = {"enabled": True, "sessions": None, "accounts": {"leased": 2}}
    text = shown(await show_status(a_desk(MemoryStore(), status=telling(a_status(vip=silent))), OWNER))

    assert "it is not known how many sessions there are · 2 leased" in text


async def test_buttons_lead_through_the_pages_of_the_tree() -> None:
    desk = a_desk(MemoryStore(), status=telling(a_status(children=70)))

    first, second, last = [await show_status(desk, OWNER, page) for page in (0, 1, 3)]

    assert [button.id for button in first.buttons] == ["gc:status:v1:0", "gc:status:v1:1"]
    assert [button.id for button in second.buttons] == [f"gc:status:v1:{page}" for page in (0, 1, 2)]
    assert [button.id for button in last.buttons] == ["gc:status:v1:2", "gc:status:v1:3"]
    assert "perkd" in second.cards[0].text
    assert "actor_0" in second.cards[0].text
    assert "actor_69" in last.cards[0].text
    assert second.cards[0].title == "Supervision tree · page 1 of 3"


async def test_a_page_that_is_not_there_any_more_is_the_last() -> None:
    desk = a_desk(MemoryStore(), status=telling(a_status()))

    assert (await show_status(desk, OWNER, 99)).cards[0].title == "Supervision tree · page 1 of 1"


async def test_a_name_in_the_tree_does_not_end_its_block() -> None:
    tree = {"name": "a```b", "kind": "actor", "state": "running", "children": [], "last_error": "`x` ```"}
    desk = a_desk(MemoryStore(), status=telling(a_status(tree=tree)))

    text = (await show_status(desk, OWNER, 1)).cards[0].text

    assert text.count("```") == 2


async def test_a_status_with_very_much_in_it_fits_into_a_message() -> None:
    rate = {f"game{n}": {"used": 1, "limit": 2, "period": 60.0} for n in range(50)}
    sources = {f"s{n}": {"state": "failing", "last_error": "x" * 900} for n in range(50)}
    document = a_status(problems=["p" * 900] * 60, giftcodes={"codes": 1, "rate": rate, "sources": sources})
    desk = a_desk(MemoryStore(), status=telling(document))

    (embed,) = message_of(await show_status(desk, OWNER))["embeds"]

    assert embed.total_length() <= 6000
    assert all(len(field.value) <= 1024 for field in embed.fields)
    assert "more" in embed.description


async def test_what_an_older_or_starting_daemon_does_not_tell_is_left_out() -> None:
    desk = a_desk(MemoryStore(), status=telling({"health": "down", "giftcodes": {"codes": None}}))

    text = shown(await show_status(desk, OWNER))

    assert "not known: the store has not been read" in text


async def test_a_member_is_refused_politely() -> None:
    with pytest.raises(Refused, match="Only this server's admins may do that"):
        await show_status(a_desk(MemoryStore()), MEMBER)
    with pytest.raises(Refused):
        await show_status(a_desk(MemoryStore()), in_direct_message(ADMIN))


async def test_an_admin_sees_the_guilds_part_and_no_tree() -> None:
    store = MemoryStore()
    await store.commit(
        Put(
            Guild(
                GUILD,
                "Snow",
                channels=(Channel("900", NOW, ("wos",)),),
                paused=True,
                watched=(Watched("901", "ks", NOW),),
            )
        ),
        Put(ChannelTrouble(GUILD, "900", "the bot lacks Send Messages", NOW)),
        Put(Code("wos", "SNOW", first_seen=NOW)),
        *(Put(Player("wos", fid)) for fid in "123"),
        *(Put(Registration(GUILD, "1", "wos", fid)) for fid in "12"),
        Put(Registration("701", "1", "wos", "3")),
        Put(Redemption("wos", "1", "SNOW", 1, Outcome.REDEEMED)),
        Put(Redemption("wos", "2", "SNOW", 1, Outcome.FAILED)),
        Put(Redemption("wos", "3", "SNOW", 1, Outcome.REDEEMED)),
    )
    reply = await show_status(a_desk(store, status=telling(a_status())), ADMIN)

    text = shown(reply)
    assert "something needs its operator" in text
    assert "`SNOW`: 1 of 2 have it, 1 failed" in text
    assert "<#900>" in text
    assert "the bot lacks Send Messages" in text
    assert "Paused" in text
    assert "2 players are registered" in text
    assert "actor_0" not in text
    assert reply.buttons == ()


async def test_an_admin_sees_which_watched_channel_of_its_server_cannot_be_read() -> None:
    troubles = [
        {"guild": GUILD, "channel": "901", "reason": "HTTP 403: **no**"},
        {"guild": "701", "channel": "999", "reason": "HTTP 404"},
    ]
    document = a_status(discord={"watched": {"channels": 2, "codes": 0, "troubles": troubles}})

    desk = a_desk(MemoryStore(), status=telling(document))
    text = shown(await show_status(desk, ADMIN))
    of_settings = shown(await show(desk, ADMIN))

    assert "<#901> can't be read for codes" in of_settings
    assert "999" not in of_settings
    assert "<#901> can't be read for codes: HTTP 403: \\*\\*no\\*\\*" in text
    assert "999" not in text
    assert "No code is live" in text


async def test_what_lags_or_fails_is_told_with_how_much() -> None:
    document = a_status(
        storage={
            "backends": {
                "sqlite": {"state": "leading", "last_error": "an old one"},
                "mongodb": {"state": "away", "lag": 3, "last_error": "no *route*"},
            }
        },
        vip={"sessions": 2, "accounts": {"free": 3, "flood_wait": 1}},
        discord={"state": "reconnecting", "channel_troubles": [{}, {}]},
    )
    document["giftcodes"]["sources"]["gifts"]["consecutive_errors"] = 4

    text = shown(await show_status(a_desk(MemoryStore(), status=telling(document)), OWNER))

    assert "an old one" not in text
    assert r"**mongodb** away · lacks 3 batches · no \*route\*" in text
    assert "2 sessions · 3 free, 1 flood wait" in text
    assert "reconnecting · 2 channels in trouble" in text
    assert "9 checks · 4 attempts in a row failed · HTTP 500" in text
