"""`/manage giftcode`: what is answered, without any Discord."""

from typing import Any

import pytest

from actors.giftcodes.model import Audit, Channel, Guild, Watched
from actors.ports import Put
from daemon.discord.answers.settings import remove_channel, set_channel, unwatch, watch
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
