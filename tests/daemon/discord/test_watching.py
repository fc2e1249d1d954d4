"""Codes from watched channels, end to end: the real hikari against the stand-in."""

import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from attrs import define, evolve, field

from actors.giftcodes.found import CodesFound
from actors.giftcodes.model import Code, CodeState, Guild, Watched
from actors.giftcodes.spotting import Part, Sighting, spot
from actors.ports import Put
from daemon.discord import hearing, watching
from daemon.discord.link import DiscordLink
from daemon.discord.rights import Staff
from daemon.discord.watching import WatchActor, WatchesChanged, WatchNumbers, WatchPorts, WatchStatus
from daemon.service import Service
from daemon.storage import MemoryStore
from supervision import Actor, ActorSpec, SupervisorSpec, Tree
from tests.worlds.discord import open_discord
from tests.worlds.discord_bots import WallClock, open_bot, until


@define(eq=False)
class Campaign(Actor):
    """Records what it is told of, when it can."""

    place: "Place"

    async def receive(self, message: object) -> object:
        assert isinstance(message, CodesFound)
        self.place.found.append(message)
        if self.place.refusals:
            self.place.refusals -= 1
            return False
        for one in message.codes:
            if await self.place.store.get(Code, f"{one.game}/{one.code}") is None:
                await self.place.store.commit(Put(Code(one.game, one.code, source=message.source)))
        return True


@define(eq=False)
class Place:
    discord: Any
    guild: Any
    channel: Any
    store: MemoryStore = field(factory=MemoryStore)
    link: DiscordLink = field(factory=DiscordLink)
    found: list[CodesFound] = field(factory=list)
    refusals: int = 0
    suspects: dict[str, int] = field(factory=dict)
    staff: Staff = Staff()  # noqa: RUF009 - frozen

    def __attrs_post_init__(self) -> None:
        watched = Watched(self.channel.id, "wos", time.time() - 60)
        self.store.backend.commit([Put(Guild(self.guild.id, "Snow", watched=(watched,)))])

    @asynccontextmanager
    async def perkd(self) -> AsyncIterator[Tree]:
        """A life of the watcher, with or without a bot."""

        def watcher() -> Actor:
            service = Service(self.store, WallClock(), lambda: {"wos": "v2", "ks": "v2"})
            campaign = tree.ref("campaign")
            return WatchActor(WatchPorts(self.link, service, campaign, self.staff, self.suspects))

        children = (ActorSpec("campaign", lambda: Campaign(self)), ActorSpec("watcher", watcher))
        tree = Tree(SupervisorSpec("t", children, intensity=5))
        async with trio.open_nursery() as nursery:
            await nursery.start(tree.run)
            yield tree
            tree.stop()

    async def reactions(self, message: Any) -> list[str]:
        return list(await until(lambda: list(message.reactions)))

    def code(self, name: str) -> Code | None:
        return self.store.backend.get(Code, f"wos/{name}")

    @property
    def watched(self) -> Watched:
        guild = self.store.backend.get(Guild, self.guild.id)
        assert guild is not None
        return guild.watched[0]


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with open_discord() as discord:
        guild = discord.add_guild("Snow")
        yield Place(discord, guild, guild.add_channel("news"))


@pytest.fixture
async def live(place: Place) -> AsyncIterator[Place]:
    async with open_bot(place.discord, place.link), place.perkd() as tree:
        await watches(place, tree)
        yield place


async def watches(place: Place, tree: Tree, channels: int = 1) -> None:
    """Wait until it listens and has read up: the history was asked for."""

    def read() -> bool:
        asked = [path for method, path, *_ in place.discord.requests if method == "GET"]
        return any(path.endswith("/messages") for path in asked)

    async def knows() -> bool:
        numbers: WatchNumbers = await tree.ref("watcher").ask(WatchStatus())
        return numbers.channels == channels

    await until(read)
    await until(knows)


async def test_a_code_is_recorded_and_the_reaction_says_new_known_or_ended(live: Place) -> None:
    live.store.backend.commit([Put(Code("wos", "Old1", state=CodeState.EXPIRED))])
    ann = live.guild.add_member("Ann")
    first = await ann.say(live.channel, "New gift! Code: `Frost2026`")
    assert await live.reactions(first) == ["✅"]
    again = await ann.say(live.channel, "Frost2026")
    assert await live.reactions(again) == ["☑️"]
    ended = await ann.say(live.channel, "Code: Old1")
    assert await live.reactions(ended) == ["⚠️"]
    found = live.code("Frost2026")
    assert found is not None
    assert found.source == f"discord:{live.channel.id}"


async def test_a_message_of_a_followed_channel_arrives_by_webhook_with_embeds(live: Place) -> None:
    webhook = live.discord.add_user("Whiteout News", bot=True)
    message = live.channel.add_message(
        webhook,
        {
            "content": "",
            "flags": 2,
            "embeds": [
                {"type": "rich", "title": "New gift code", "description": "Snow7"},
                {"type": "rich", "fields": [{"name": "Code", "value": "**Ice88**", "inline": False}]},
            ],
        },
        webhook_id=webhook.id,
    )
    assert await live.reactions(message) == ["✅"]
    assert live.code("Snow7")
    assert live.code("Ice88")


async def test_talk_and_other_channels_and_own_messages_are_passed_over(live: Place) -> None:
    ann = live.guild.add_member("Ann")
    other = live.guild.add_channel("chat")
    silent = [
        await ann.say(live.channel, "good morning <@1> **Code**"),
        await ann.say(live.channel, "ok"),
        await ann.say(other, "Code: Frost2026"),
    ]

    async def say(rest: Any) -> None:
        await rest.create_message(int(live.channel.id), "Code: Mine2026")

    await live.link.rest(say)
    assert await live.reactions(await ann.say(live.channel, "Last1")) == ["✅"]
    assert not any(message.reactions for message in silent)
    assert [one.code for found in live.found for one in found.codes] == ["Last1"]


async def test_a_label_without_a_code_is_asked_about_only_of_admins(live: Place) -> None:
    ann = live.guild.add_member("Ann")
    boss = live.guild.add_member("Boss", manage_guild=True)
    talk = await ann.say(live.channel, "code: früh")
    attempt = await boss.say(live.channel, "Code: früh")
    assert await live.reactions(attempt) == ["❓"]
    assert not talk.reactions
    assert not live.found


async def test_what_the_campaign_can_not_record_is_offered_until_it_is(live: Place) -> None:
    live.refusals = 1
    ann = live.guild.add_member("Ann")
    message = await ann.say(live.channel, "Code: Frost2026")
    later = await ann.say(live.channel, "Code: Snow7")
    assert await live.reactions(later) == ["✅"]
    assert await live.reactions(message) == ["✅"]
    assert [one.code for found in live.found for one in found.codes] == ["Frost2026", "Frost2026", "Snow7"]


async def test_a_store_that_is_away_delays_and_loses_nothing(live: Place) -> None:
    live.store.outages = 1
    message = await live.guild.add_member("Ann").say(live.channel, "Code: Frost2026")
    assert await live.reactions(message) == ["✅"]


async def test_what_was_said_in_the_meantime_is_read_up_once(place: Place) -> None:
    ann = place.guild.add_member("Ann")
    async with open_bot(place.discord, place.link), place.perkd():
        before = await ann.say(place.channel, "Code: Before1")
        assert await place.reactions(before) == ["✅"]
        await until(lambda: place.watched.since >= int(before.sent_at))
    missed = [await ann.say(place.channel, f"Code: Missed{number}") for number in range(3)]
    async with open_bot(place.discord, place.link), place.perkd() as tree:
        for message in missed:
            assert await place.reactions(message) == ["✅"]
        await watches(place, tree)
    assert before.reactions == ["✅"]
    told = [one.code for found in place.found for one in found.codes]
    assert told == ["Before1", "Missed0", "Missed1", "Missed2"]


async def test_what_is_older_than_the_watch_is_not_read(place: Place) -> None:
    ann = place.guild.add_member("Ann")
    old = await ann.say(place.channel, "Code: TooOld1")
    watched = evolve(place.watched, since=old.sent_at + 0.5)
    place.store.backend.commit([Put(Guild(place.guild.id, "Snow", watched=(watched,)))])
    await trio.sleep(0.6)
    async with open_bot(place.discord, place.link), place.perkd() as tree:
        await watches(place, tree)
        assert await place.reactions(await ann.say(place.channel, "Code: Fresh1")) == ["✅"]
    assert not old.reactions


async def test_a_new_session_at_the_gateway_reads_up_what_was_said_between(live: Place) -> None:
    ann = live.guild.add_member("Ann")
    sessions = live.discord.gateway.sessions
    await live.discord.gateway.op9(resumable=False)
    missed = await ann.say(live.channel, "Code: Between1")
    await until(lambda: live.discord.gateway.sessions != sessions or missed.reactions)
    assert await live.reactions(missed) == ["✅"]


async def test_the_watcher_works_on_when_the_bot_was_replaced(place: Place) -> None:
    ann = place.guild.add_member("Ann")
    async with place.perkd():
        for name in ("First1", "Second2"):
            async with open_bot(place.discord, place.link):
                assert await place.reactions(await ann.say(place.channel, f"Code: {name}")) == ["✅"]
    assert place.code("Second2")


async def test_a_channel_watched_from_now_on_is_heard_without_a_restart(live: Place) -> None:
    other = live.guild.add_channel("more")
    async with live.perkd() as tree:
        guild = live.store.backend.get(Guild, live.guild.id)
        assert guild is not None
        watched = (*guild.watched, Watched(other.id, "ks", time.time() - 1))
        live.store.backend.commit([Put(evolve(guild, watched=watched))])
        tree.ref("watcher").tell(WatchesChanged())
        await watches(live, tree, channels=2)
        message = await live.guild.add_member("Ann").say(other, "Code: King1")
        assert "✅" in await live.reactions(message)
    assert live.store.backend.get(Code, "ks/King1")


class Held(MemoryStore):
    """What it has read of the guilds is on its way, once, until `arrives`."""

    def __init__(self, backend: Any) -> None:
        super().__init__()
        self.backend = backend
        self.holds = False
        self.read, self.arrives = trio.Event(), trio.Event()

    async def find(self, type_: Any, **equal: Any) -> Any:
        found = await super().find(type_, **equal)
        if self.holds and type_ is Guild:
            self.holds = False
            self.read.set()
            await self.arrives.wait()
        return found


async def test_a_change_that_comes_while_the_store_is_read_is_seen_at_once(place: Place) -> None:
    other = place.guild.add_channel("more")
    place.store = store = Held(place.store.backend)
    async with open_bot(place.discord, place.link), place.perkd() as tree:
        await watches(place, tree)
        store.holds = True
        tree.ref("watcher").tell(WatchesChanged())
        await store.read.wait()
        watched = (place.watched, Watched(other.id, "ks", time.time()))
        store.backend.commit([Put(Guild(place.guild.id, "Snow", watched=watched))])
        tree.ref("watcher").tell(WatchesChanged())
        await tree.ref("watcher").ask(WatchStatus())
        store.arrives.set()
        with trio.fail_after(watching.LOOK_EVERY / 3):
            await watches(place, tree, channels=2)


@pytest.mark.parametrize("lacking", ["READ_MESSAGE_HISTORY", "ADD_REACTIONS"])
async def test_a_code_is_recorded_also_where_perkd_may_not_react(
    live: Place, caplog: pytest.LogCaptureFixture, lacking: str
) -> None:
    caplog.set_level(logging.INFO, "perkd.discord")
    live.channel.deny(lacking)
    message = await live.guild.add_member("Ann").say(live.channel, "Code: Frost2026")
    await until(lambda: live.code("Frost2026"))
    await until(lambda: "got no reaction" in caplog.text)
    assert "code 50013" in caplog.text
    assert not message.reactions


async def test_a_channel_that_may_not_be_read_is_named_and_the_others_are_read(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    other = place.guild.add_channel("more")
    hidden = Watched(other.id, "ks", 0.0)
    guild = Guild(place.guild.id, "Snow", watched=(hidden, place.watched))
    place.store.backend.commit([Put(guild)])
    other.deny("VIEW_CHANNEL")
    async with open_bot(place.discord, place.link), place.perkd() as tree:
        await watches(place, tree, channels=2)
        message = await place.guild.add_member("Ann").say(place.channel, "Code: Frost2026")
        assert await place.reactions(message) == ["✅"]
        numbers: WatchNumbers = await tree.ref("watcher").ask(WatchStatus())
    ((guild_id, channel, reason),) = numbers.troubles
    assert (guild_id, channel) == (place.guild.id, other.id)
    assert "View Channel" in reason
    assert caplog.text.count(f"Channel {other.id}") == 1


@pytest.mark.parametrize("times", [1, 1000])
async def test_a_crash_of_the_watcher_loses_no_message(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, times: int
) -> None:
    """The one that it crashed on is read again, from the history; one that crashes it always is set aside."""
    crashes = ["Poison1"] * times

    def explode(content: str, parts: Sequence[Part]) -> Sighting:
        if crashes and crashes[0] in content:
            raise KeyError(crashes.pop())
        return spot(content, parts)

    monkeypatch.setattr(watching, "spot", explode)
    ann = place.guild.add_member("Ann")
    async with open_bot(place.discord, place.link), place.perkd() as tree:
        await watches(place, tree)
        poison, after = [await ann.say(place.channel, f"Code: {name}") for name in ("Poison1", "After2")]
        assert await place.reactions(after) == ["✅"]
    assert poison.reactions == (["✅"] if times == 1 else [])
    assert len(crashes) == (0 if times == 1 else times - watching.MOST_CRASHES)
    assert ("set aside" in caplog.text) == (times > 1)


async def test_history_is_read_back_so_many_messages_and_a_day_at_most(place: Place) -> None:
    ann = place.guild.add_member("Ann")
    watched = evolve(place.watched, since=0.0)
    place.store.backend.commit([Put(Guild(place.guild.id, "Snow", watched=(watched,)))])
    place.discord.clock_offset = -25 * 3600.0
    too_old = await ann.say(place.channel, "Code: Yesterday1")
    place.discord.clock_offset = -3600.0
    too_many = await ann.say(place.channel, "Code: Beyond1")
    for number in range(hearing.MOST_MESSAGES - 1):
        await ann.say(place.channel, f"message number {number}")
    newest = await ann.say(place.channel, "Code: Newest1")
    place.discord.clock_offset = 0.0
    async with open_bot(place.discord, place.link), place.perkd():
        assert await place.reactions(newest) == ["✅"]
    assert not too_old.reactions
    assert not too_many.reactions
    assert [one.code for found in place.found for one in found.codes] == ["Newest1"]


async def test_without_the_message_content_intent_nothing_is_read_and_nothing_breaks(place: Place) -> None:
    place.discord.intents_allowed(message_content=False)
    ann = place.guild.add_member("Ann")
    async with open_bot(place.discord, place.link), place.perkd() as tree:
        await watches(place, tree)
        message = await ann.say(place.channel, "Code: Frost2026")
        await trio.sleep(0.2)
        numbers: WatchNumbers = await tree.ref("watcher").ask(WatchStatus())
    assert numbers.channels == 1
    assert not message.reactions
    assert not place.found
