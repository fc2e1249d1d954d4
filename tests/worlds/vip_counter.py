"""VIP's Discord side with the real libraries at a stand-in Discord; a desk that only remembers behind it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import hikari
import trio
from attrs import define, field

from actors.vip.messages import Member
from actors.vip.policy import VIPPolicy
from actors.vip.words import Notice, Word
from daemon.aio import Loop
from daemon.discord.answers.buttons import add_buttons
from daemon.discord.answers.desk import Desk
from daemon.discord.bot import Client
from daemon.discord.channels import GuildChannels
from daemon.discord.commands import register
from daemon.discord.components import Components
from daemon.discord.link import DiscordLink
from daemon.discord.rights import Staff
from daemon.discord.vip.parts import VIPDiscord
from daemon.discord.vip.places import VIPPlaces
from daemon.storage import MemoryStore
from supervision import Actor, ActorRef, ActorSpec, SupervisorSpec, Tree
from tests.worlds.discord import open_discord
from tests.worlds.discord_bots import open_bot, until
from tests.worlds.discord_desk import a_desk

PATIENCE = 60.0
BUTTON = "vip:open:v1"


@define(eq=False)
class Office(Actor):
    """The VIP desk: remembers what it is told, and answers requests as the test says."""

    counter: "Counter"

    async def receive(self, message: object) -> object:
        self.counter.told.append(message)
        await trio.lowlevel.checkpoint()
        while self.counter.held:  # noqa: ASYNC110 - the test holds the desk up
            await trio.sleep(0.01)
        ticket = getattr(message, "ticket", "")
        for notice in self.counter.notices if ticket else ():
            await self.counter.vip.answers.answer(ticket, notice)
        return None


@define(eq=False)
class Counter:
    """A server `Snow` with an upgrade channel, and people in it."""

    discord: Any
    guild: Any
    upgrade: Any
    """The upgrade channel."""
    staff_role: Any
    ann: Any
    """A member."""
    eve: Any
    """Of the VIP staff."""
    mod: Any
    """With Manage Server, and no VIP staff."""
    store: MemoryStore = field(factory=MemoryStore)
    link: DiscordLink = field(factory=DiscordLink)
    told: list[Any] = field(factory=list)
    """What the desk was told."""
    notices: list[Notice] = field(factory=lambda: [Notice.of(Word.OPENED, link="https://x.example/1")])
    """With what the desk answers."""
    held: bool = False
    """The desk takes nothing for now."""
    numbers: Mapping[str, Any] = field(factory=dict)
    places: VIPPlaces = field(init=False)
    vip: VIPDiscord = field(init=False)
    tree: Tree = field(init=False)
    mailbox: int = 1000

    def __attrs_post_init__(self) -> None:
        self.places = VIPPlaces(self.upgrade.id)
        policy = VIPPolicy(staff_roles=frozenset({self.staff_role.id}))
        self.vip = VIPDiscord(self.link, lambda: self.places, lambda: policy, _no_file)

    # --- what runs ------------------------------------------------------------------------------

    @asynccontextmanager
    async def perkd(self) -> AsyncIterator[Tree]:
        """The desk and the watcher, for one life."""

        def watcher() -> Actor:
            return self.vip.watcher(self.office)

        children = (
            ActorSpec("office", lambda: Office(self), mailbox=self.mailbox),
            ActorSpec("watcher", watcher),
        )
        self.tree = Tree(SupervisorSpec("t", children, intensity=5))
        async with trio.open_nursery() as nursery:
            await nursery.start(self.tree.run)
            yield self.tree
            self.held = False
            self.tree.stop()

    @property
    def office(self) -> ActorRef:
        return self.tree.ref("office")

    @asynccontextmanager
    async def bot(self, *, off: bool = False) -> AsyncIterator[Loop]:
        """A bot with all commands and buttons; `off`: VIP is switched off."""
        desk = self.desk(off=off)
        clients: list[Client] = []

        def add(client: Client, _bot: hikari.GatewayBot, loop: Loop) -> None:
            clients.append(client)
            register(client, loop, desk)

        components = Components(desk.staff)
        add_buttons(components, desk)
        async with open_bot(self.discord, self.link, add, components.register, vip=not off) as connection:
            await connection.loop.call(clients[0].sync_application_commands)
            yield connection.loop

    def desk(self, *, off: bool = False) -> Desk:
        """What answers work with."""
        made = a_desk(self.store, staff=Staff(), channels=GuildChannels(self.link))  # type: ignore[arg-type]
        if off:
            return made
        vip = self.vip.reception(self.office, self._status)
        return Desk(made.service, made.staff, made.status, made.channels, vip)

    async def _status(self) -> Mapping[str, Any]:
        await trio.lowlevel.checkpoint()
        return self.numbers

    # --- what tests ask -------------------------------------------------------------------------

    def member(self, who: Any) -> Member:
        """As the desk knows somebody."""
        return Member(self.guild.id, who.id)

    def of(self, kind: type | tuple[type, ...]) -> list[Any]:
        """What the desk was told of this kind."""
        return [one for one in self.told if isinstance(one, kind)]

    async def until_told(self, kind: type, count: int = 1) -> list[Any]:
        """What the desk was told of this kind, once it is so much."""
        return await self.until(lambda: len(self.of(kind)) >= count and self.of(kind))

    async def until(self, look: Callable[[], Any]) -> Any:
        return await until(look)

    async def panel(self) -> Any:
        """The message with the button, posted by an admin."""
        await self.mod.slash(self.upgrade, "vip panel")
        return self.upgrade.messages[-1]

    def thread(self, owner: Any) -> Any:
        """A live session's thread, which the owner is in."""
        made = self.discord.keep_channel(
            f"vip-{owner.name}", type=12, guild=self.guild, parent=self.upgrade, owner_id=self.discord.bot_id
        )
        made.archive_at = self.discord.clock.timestamp()
        self.guild.channels[made.id] = made
        made.join(self.discord.bot_id)
        made.join(owner.id)
        self.vip.live.bind(made.id, self.member(owner))
        return made


async def _no_file(_: object) -> bytes:
    await trio.lowlevel.checkpoint()
    raise AssertionError("no file is relayed here")


@asynccontextmanager
async def open_counter(**more: Any) -> AsyncIterator[Counter]:
    """The place; nothing of perkd runs yet."""
    with trio.fail_after(PATIENCE):
        async with open_discord() as discord:
            guild = discord.add_guild("Snow")
            staff = guild.add_role("vip-staff")
            yield Counter(
                discord,
                guild,
                guild.add_channel("upgrade"),
                staff,
                guild.add_member("Ann"),
                guild.add_member("Eve", roles=(staff,)),
                guild.add_member("Mod", manage_guild=True),
                **more,
            )


@asynccontextmanager
async def open_live_counter(**more: Any) -> AsyncIterator[Counter]:
    """The place, with perkd and its bot."""
    async with open_counter(**more) as counter, counter.perkd(), counter.bot():
        yield counter
