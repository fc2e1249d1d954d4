"""`/manage giftcode`: what is answered, without any Discord."""

from collections.abc import Mapping
from typing import Any

import pytest
import trio
from attrs import evolve

from actors.giftcodes.model import Audit, Channel, Guild, Watched
from actors.ports import Put
from daemon.discord.answers.settings import remove_channel, set_channel, show, unwatch, watch
from daemon.discord.answers.status import show_status
from daemon.storage import MemoryStore
from tests.worlds.discord_desk import ADMIN, GUILD, NOW, FakeChannels, a_desk, shown

SET_UP = Guild(
    GUILD,
    "Snow",
    channels=(Channel("901", NOW), Channel("902", NOW)),
    watched=(Watched("903", "wos", NOW), Watched("904", "wos", NOW)),
)


@pytest.mark.parametrize(
    ("change", "options"),
    [
        (set_channel, {"channel": "902"}),
        (remove_channel, {"channel": "905"}),
        (watch, {"channel": "904", "game": "wos"}),
        (unwatch, {"channel": "905"}),
    ],
)
async def test_a_deleted_channel_is_taken_out_by_the_next_change_also_before_any_post_has_failed(
    change: Any, options: Any
) -> None:
    store, channels = MemoryStore(), FakeChannels(gone={"901", "903"})
    await store.commit(Put(SET_UP))

    reply = await change(a_desk(store, channels=channels), ADMIN, **options)

    assert "2 channels that were deleted are taken out of the settings" in shown(reply)
    (guild,) = await store.find(Guild)
    assert ([one.id for one in guild.channels], [one.id for one in guild.watched]) == (["902"], ["904"])
    (audit,) = await store.find(Audit)
    assert audit.action == "dropchannels"
    assert channels.asked == [(GUILD, ("901", "902", "903", "904"))]


def without(*intents: str) -> Any:
    """The status of a perkd whose application is without these intents."""

    async def status() -> Mapping[str, Any]:
        await trio.lowlevel.checkpoint()
        return {"health": "degraded", "discord": {"intents_off": list(intents)}}

    return status


async def test_an_admin_is_told_that_nothing_can_be_read_while_the_intent_is_off() -> None:
    store = MemoryStore()
    desk = a_desk(store, status=without("Message Content", "Server Members"))
    quiet = [await show(desk, ADMIN), await show_status(desk, ADMIN)]
    set_up = await watch(desk, ADMIN, channel="903", game="wos")
    said = [set_up, await show(desk, ADMIN), await show_status(desk, ADMIN)]

    assert "Codes of Whiteout Survival are read from <#903>" in shown(set_up)
    for reply in said:
        assert shown(reply).count("Message Content Intent") == 1
        assert "Ask whoever runs perkd to switch it on" in shown(reply)
    assert not any("Intent" in shown(reply) for reply in quiet)


@pytest.mark.parametrize("intents", [(), ("Server Members",)])
async def test_of_an_intent_that_is_on_nothing_is_said(intents: tuple[str, ...]) -> None:
    desk = a_desk(MemoryStore(), status=without(*intents))
    for reply in (await watch(desk, ADMIN, channel="903", game="wos"), await show(desk, ADMIN)):
        assert "Intent" not in shown(reply)


async def test_what_is_set_up_is_not_said_as_if_it_began_now() -> None:
    store = MemoryStore()
    desk = a_desk(store)
    assert "that come from now on" in shown(await watch(desk, ADMIN, channel="903", game="wos"))
    await store.commit(Put(evolve(SET_UP, channels=())))
    text = shown(await show(desk, ADMIN))
    assert "👀 Codes of Whiteout Survival are read from <#903>.\n" in text
    assert "from now on" not in text
