"""What admins change of their guild's settings, and the announcer that posts there."""

import trio

from actors.giftcodes.model import ChannelTrouble
from daemon.service import Service, guild_settings
from daemon.service.audit import By
from tests.worlds.announcing import SNOW, NewsRig, a_guild


async def test_a_channel_that_an_admin_has_seen_to_is_tried_at_once(autojump_clock):
    rig = NewsRig()
    await rig.add(a_guild("g", "a", "b"), SNOW)
    rig.board.gone.add("a")
    games = {"wos": "v2"}
    service = Service(rig.store, rig.clock, lambda: games, lambda _: rig.changed())
    async with rig.running():
        await trio.sleep(6 * 3600)
        (trouble,) = await rig.store.find(ChannelTrouble)
        assert trouble.channel == "a"
        rig.board.gone.clear()
        await guild_settings.set_channel(service, By("g", "G", "ann"), channel="a")
        assert await rig.store.find(ChannelTrouble) == []
        await trio.sleep(1)
        assert rig.board.posted == [("g", "b", "SNOW"), ("g", "a", "SNOW")]
        assert (await rig.numbers()).troubles == 0


async def test_a_channel_that_an_admin_has_not_mended_after_all_is_told_of_again(autojump_clock):
    rig = NewsRig()
    await rig.add(a_guild("g"), SNOW)
    rig.board.gone.add("g")
    games = {"wos": "v2"}
    service = Service(rig.store, rig.clock, lambda: games, lambda _: rig.changed())
    async with rig.running():
        await trio.sleep(6 * 3600)
        assert [member for _, member, _ in rig.board.alerts] == ["ann"]
        await guild_settings.set_channel(service, By("g", "G", "ben"), channel="g")
        await trio.sleep(1)
        assert [member for _, member, _ in rig.board.alerts] == ["ann", "ben"]
        assert len(await rig.store.find(ChannelTrouble)) == 1
