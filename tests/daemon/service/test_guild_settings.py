"""What admins set up, and the audit log that says who did."""

from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import Audit, Channel, ChannelTrouble, Guild, Watched
from actors.ports import Put, StoreUnavailable
from daemon.clock import SteadyClock
from daemon.service import NotFound, Refused, Service, guild_settings, list_audit
from daemon.service.audit import record
from daemon.service.guild_settings import MOST_CHANNELS, By
from daemon.storage import MemoryStore

EVE = By("77", "Snow", "501")
NOW = 1_795_000_000.0


async def the_guild(store: MemoryStore) -> Guild:
    (guild,) = await store.find(Guild)
    return guild


async def the_audit(service: Service) -> list[tuple[str, str, str]]:
    """Member, action and details, oldest first; of one moment in any order."""
    return [(one.member, one.action, one.details) for one in await list_audit(service, "77")]


async def test_a_channel_is_set_up_from_now_on_with_its_audit_record_in_one_batch(
    service: Service, store: MemoryStore, told: Any
) -> None:
    await guild_settings.set_channel(service, EVE, channel="9", games=("wos",))
    (batch,) = store.history
    guild, audit, _ = (getattr(change, "record", None) for change in batch.changes)
    assert guild == Guild("77", "Snow", channels=(Channel("9", NOW, ("wos",), "501"),))
    assert (audit.guild, audit.member, audit.action, audit.at) == ("77", "501", "setchannel", NOW)
    assert audit.details == "none → #9 (wos)"
    assert told.changes == [frozenset({"guilds"})]


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ((), (), True),
        ((), ("wos",), True),
        (("wos", "ks"), ("ks",), True),
        (("wos",), ("wos", "ks"), False),
        (("wos",), (), False),
    ],
)
async def test_a_channel_that_is_set_up_otherwise_keeps_what_it_is_owed_of_games_it_wanted_before(
    service: Service, store: MemoryStore, old: Any, new: Any, kept: bool
) -> None:
    await store.commit(Put(Guild("77", "Snow", channels=(Channel("8", 1.0), Channel("9", 5.0, old, "1")))))
    await guild_settings.set_channel(service, EVE, channel="9", games=new)
    first, channel = (await the_guild(store)).channels
    assert (first, channel.id, channel.games) == (Channel("8", 1.0), "9", new)
    assert channel.since == (5.0 if kept else NOW)


async def test_what_is_so_already_leaves_no_audit_record(
    service: Service, store: MemoryStore, told: Any
) -> None:
    await guild_settings.set_channel(service, EVE, channel="9")
    await guild_settings.watch(service, EVE, channel="9", game="wos")
    await guild_settings.pause(service, EVE)
    count = len(store.history)
    await guild_settings.set_channel(service, By("77", "Snow", "502"), channel="9")
    await guild_settings.watch(service, EVE, channel="9", game="wos")
    await guild_settings.pause(service, EVE)
    await guild_settings.set_auto_redeem(service, EVE, on=True)
    await guild_settings.set_summary(service, EVE, on=True)
    await guild_settings.set_priority(service, EVE, priority=0)
    assert len(store.history) == len(told.changes) == count == 3


async def test_a_channel_that_an_admin_has_seen_to_is_no_trouble_any_more(
    service: Service, store: MemoryStore, told: Any
) -> None:
    channels = (Channel("8", 1.0, by="501"), Channel("9", 2.0, ("wos",), "501"))
    troubles = [ChannelTrouble("77", name, "perkd lacks Send Messages there", 1.0) for name in ("8", "9")]
    await store.commit(Put(Guild("77", "Snow", channels=channels)), *map(Put, troubles))
    await guild_settings.set_channel(service, EVE, channel="9", games=("wos",))
    assert [one.channel for one in await store.find(ChannelTrouble)] == ["8"]
    first, second = (await the_guild(store)).channels
    assert (first, second) == (channels[0], Channel("9", 2.0, ("wos",), "501", renewed_at=NOW))
    assert await the_audit(service) == [
        ("501", "setchannel", "#8 (all games), #9 (wos) → #8 (all games), #9 (wos); #9 is tried again")
    ]
    assert told.changes == [frozenset({"guilds"})]
    await guild_settings.set_channel(service, EVE, channel="9", games=("wos",))
    assert len(told.changes) == len(await the_audit(service)) == 1
    await guild_settings.remove_channel(service, EVE, channel="8")
    assert await store.find(ChannelTrouble) == []
    assert [one.id for one in (await the_guild(store)).channels] == ["9"]


async def test_every_change_is_in_the_audit_log_with_what_it_was_and_is(
    service: Service, store: MemoryStore
) -> None:
    await guild_settings.set_auto_redeem(service, EVE, on=False)
    await guild_settings.set_priority(service, EVE, priority=5)
    await guild_settings.pause(service, EVE)
    await guild_settings.resume(service, EVE)
    await guild_settings.set_summary(service, EVE, on=False)
    await guild_settings.watch(service, EVE, channel="6", game="ks")
    await guild_settings.watch(service, EVE, channel="6", game="wos")
    await guild_settings.unwatch(service, EVE, channel="6")
    await guild_settings.set_channel(service, EVE, channel="9")
    await guild_settings.remove_channel(service, EVE, channel="9")
    assert sorted(await the_audit(service)) == sorted(
        [
            ("501", "autoredeem", "on → off"),
            ("501", "priority", "0 → 5"),
            ("501", "pause", "running → paused"),
            ("501", "resume", "paused → running"),
            ("501", "summary", "on → off"),
            ("501", "watch", "none → #6 (ks)"),
            ("501", "watch", "#6 (ks) → #6 (wos)"),
            ("501", "unwatch", "#6 (wos) → none"),
            ("501", "setchannel", "none → #9 (all games)"),
            ("501", "removechannel", "#9 (all games) → none"),
        ]
    )
    assert await the_guild(store) == Guild("77", "Snow", priority=5, auto_redeem=False, summary=False)


async def test_a_watched_channel_is_read_from_now_on(service: Service, store: MemoryStore) -> None:
    await store.commit(Put(Guild("77", "Snow", watched=(Watched("6", "ks", 1.0, "1"),))))
    await guild_settings.watch(service, EVE, channel="7", game="ks")
    await guild_settings.watch(service, EVE, channel="6", game="wos")
    assert (await the_guild(store)).watched == (
        Watched("6", "wos", NOW, "501"),
        Watched("7", "ks", NOW, "501"),
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: guild_settings.set_channel(s, EVE, channel="9", games=("pubg",)), "not configured"),
        (lambda s: guild_settings.watch(s, EVE, channel="9", game="pubg"), "not configured"),
        (lambda s: guild_settings.set_priority(s, EVE, priority=1001), "must be from -1000 to 1000"),
        (lambda s: guild_settings.remove_channel(s, EVE, channel="9"), "no codes are posted"),
        (lambda s: guild_settings.unwatch(s, EVE, channel="9"), "not watched"),
        (lambda s: guild_settings.pause(s, By("", "", "501")), "that is about a server"),
    ],
)
async def test_what_can_not_be_set_up_is_refused_and_nothing_is_changed(
    service: Service, store: MemoryStore, change: Any, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        await change(service)
    assert store.history == []


async def test_a_guild_has_so_many_channels(service: Service, store: MemoryStore) -> None:
    for number in range(MOST_CHANNELS):
        await guild_settings.set_channel(service, EVE, channel=str(number))
        await guild_settings.watch(service, EVE, channel=str(number), game="wos")
    with pytest.raises(Refused, match="10 channels are set up already"):
        await guild_settings.set_channel(service, EVE, channel="x")
    with pytest.raises(Refused, match="10 channels are watched already"):
        await guild_settings.watch(service, EVE, channel="x", game="wos")
    await guild_settings.set_channel(service, EVE, channel="3", games=("wos",))
    assert len((await the_guild(store)).channels) == MOST_CHANNELS


async def test_a_guild_that_is_called_otherwise_now_is_so_here_as_well_and_nothing_else_changes(
    service: Service, store: MemoryStore, told: Any
) -> None:
    await guild_settings.guilds_named(service, {"77": "New", "78": "Other"})
    assert await store.find(Guild) == []
    await guild_settings.pause(service, EVE)
    await guild_settings.guilds_named(service, {"77": "New", "78": "Other"})
    await guild_settings.guilds_named(service, {"77": "New", "78": "Other"})
    assert (await the_guild(store)) == Guild("77", "New", paused=True)
    await guild_settings.pause(service, EVE)
    assert (await the_guild(store)).name == "Snow"
    assert len(await list_audit(service, "77")) == 1
    assert len(told.changes) == 3


# --- two at once --------------------------------------------------------------------------------


class Slow(MemoryStore):
    """Takes its time, so that whoever does not wait for others gets in between."""

    async def get(self, type_: Any, key: str) -> Any:
        found = await super().get(type_, key)
        await trio.sleep(0.1)
        return found


async def test_two_admins_at_once_lose_nothing(autojump_clock: Any) -> None:
    store = Slow()
    service = Service(store, SteadyClock(), lambda: {"wos": "v2"})

    async def change(number: int) -> None:
        by = By("77", "Snow", str(number))
        await guild_settings.set_channel(service, by, channel=str(number))
        await guild_settings.set_priority(service, by, priority=number)

    async with trio.open_nursery() as nursery:
        for number in range(8):
            nursery.start_soon(change, number)
    guild = await the_guild(store)
    assert {one.id for one in guild.channels} == set(map(str, range(8)))
    priorities = [one for one in await list_audit(service, "77") if one.action == "priority"]
    story = {tuple(one.details.split(" → ")) for one in priorities}
    assert {new for _, new in story} - {old for old, _ in story} == {
        str(guild.priority)
    } or guild.priority == 0


@given(
    st.lists(
        st.tuples(st.sampled_from(["set", "remove", "watch", "unwatch"]), st.sampled_from("1234")),
        max_size=12,
    )
)
async def test_channels_are_those_that_were_set_up_and_not_removed(steps: Any) -> None:
    store = MemoryStore()
    service = Service(store, SteadyClock(), lambda: {"wos": "v2"})
    channels: dict[str, None] = {}
    watched: dict[str, None] = {}
    for what, channel in steps:
        known = watched if "watch" in what else channels
        try:
            match what:
                case "set":
                    await guild_settings.set_channel(service, EVE, channel=channel)
                    channels[channel] = None
                case "watch":
                    await guild_settings.watch(service, EVE, channel=channel, game="wos")
                    watched[channel] = None
                case "remove":
                    await guild_settings.remove_channel(service, EVE, channel=channel)
                    del channels[channel]
                case "unwatch":
                    await guild_settings.unwatch(service, EVE, channel=channel)
                    del watched[channel]
        except NotFound:
            assert channel not in known
    guild = await store.get(Guild, "77") or Guild("77", "Snow")
    assert [one.id for one in guild.channels] == list(channels)
    assert [one.id for one in guild.watched] == list(watched)


# --- the log ------------------------------------------------------------------------------------


async def test_the_audit_log_is_of_one_guild_with_the_newest_first(
    service: Service, store: MemoryStore
) -> None:
    for at in range(5):
        await store.commit(Put(Audit(f"id{at}", float(at), "77", "1", "pause")))
    await record(service, By("88", "Other", "2"), "codes add", "wos/SNOW added")
    assert [one.at for one in await list_audit(service, "77", limit=3)] == [4.0, 3.0, 2.0]
    (other,) = await list_audit(service, "88")
    assert (other.member, other.action, other.details) == ("2", "codes add", "wos/SNOW added")


async def test_without_the_store_nothing_is_set_up_and_nothing_audited(
    service: Service, store: MemoryStore
) -> None:
    store.away = True
    with pytest.raises(StoreUnavailable):
        await guild_settings.pause(service, EVE)
    store.away = False
    await guild_settings.pause(service, EVE)
    assert len(await list_audit(service, "77")) == 1
