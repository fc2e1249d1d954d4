"""The whole of a Discord: what its REST half changes and its gateway half tells.

Everything runs in one trio thread and changes at once. Ids are decimal strings, as in payloads.
"""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from attrs import define, field

from tests.worlds.discord.clock import Clock
from tests.worlds.discord.guild import GuildState
from tests.worlds.discord.messages import MessageState
from tests.worlds.discord.people import Application, MemberState, RoleState, UserState
from tests.worlds.discord.places import DM, ChannelState

__all__ = [
    "Application",
    "ChannelState",
    "GuildState",
    "Json",
    "Listener",
    "MemberState",
    "MessageState",
    "RoleState",
    "UserState",
    "World",
]

Json = dict[str, Any]
Listener = Callable[[str, Json, str | None], None]
"""Told of each event: its name, its data, and the guild's id (None: of a direct message)."""


@define(eq=False)
class World:
    """One Discord with one application."""

    token: str = ""
    """The bot's. Libraries read its id from the first part; left empty, one is made."""
    clock: Clock = field(factory=Clock)
    listeners: list[Listener] = field(factory=list)
    guilds: dict[str, GuildState] = field(factory=dict)
    channels: dict[str, ChannelState] = field(factory=dict)
    """All that are there: of guilds, threads, direct messages."""
    users: dict[str, UserState] = field(factory=dict)
    files: dict[str, bytes] = field(factory=dict)
    """What attachments contain, by their id."""
    nonces: dict[tuple[str, str], MessageState] = field(factory=dict)
    """By channel and nonce: what was sent with `enforce_nonce`."""
    tells_nonces: bool = True
    """Whether a message in a history says which nonce it was sent with: Discord does not promise it."""
    commands: list[Json] = field(factory=list)
    """The global commands, as registered."""
    guild_commands: dict[str, list[Json]] = field(factory=dict)
    application: Application = field(init=False)
    bot: UserState = field(init=False)
    rest_url: str = ""
    """With `/api/v10`, once it is served."""
    gateway_url: str = ""
    """`ws://…`, once it is served."""
    interactions: Any = None
    """`interactions.Interactions`."""
    gateway: Any = None
    """`gateway.Gateway`."""

    def __attrs_post_init__(self) -> None:
        owner = self.add_user("Owner")
        self.bot = self.add_user("perkd", bot=True)
        # An application and its bot share their id.
        self.application = Application(self.bot.id, "perkd", owner)
        self.token = self.token or f"{b64encode(self.bot.id.encode()).decode().rstrip('=')}.stand-in.token"

    @property
    def application_id(self) -> str:
        """The application's."""
        return self.application.id

    @property
    def bot_id(self) -> str:
        """The bot user's."""
        return self.bot.id

    def now(self) -> float:
        """Unix seconds on Discord's clock."""
        return self.clock.now()

    def later(self, seconds: float) -> None:
        """Move Discord's clock ahead: nonces are forgotten, tokens of interactions expire."""
        self.clock.offset += seconds

    def dispatch(self, event: str, data: Json, guild_id: str | None) -> None:
        """Tell the gateway of an event; it knows who may hear of it."""
        guild = self.guilds.get(guild_id) if guild_id else None
        if guild is not None and not guild.has_bot and event != "GUILD_DELETE":
            return
        for listener in self.listeners:
            listener(event, data, guild_id)

    def add_user(self, name: str, *, bot: bool = False) -> UserState:
        """Somebody joins Discord."""
        user = UserState(self.clock.snowflake(), name, bot)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, *, available: bool = True) -> GuildState:
        """The bot is in a guild; of one that is not `available` only the id can be seen."""
        owner = self.add_user(f"{name} owner")
        guild = GuildState(self, self.clock.snowflake(), name, owner.id, available)
        guild.add_member("", user=owner, tell=False)
        self.guilds[guild.id] = guild
        payload = guild.gateway_payload()
        # The event of a guild that the bot joins does not say whether it is available.
        joined = {name: value for name, value in payload.items() if name != "unavailable" or value}
        self.dispatch("GUILD_CREATE", joined, guild.id)
        return guild

    def keep_channel(self, name: str, **fields: Any) -> ChannelState:
        """A new channel, that nobody has heard of yet."""
        channel = ChannelState(self, self.clock.snowflake(), name, **fields)
        self.channels[channel.id] = channel
        return channel

    def forget_channel(self, channel: ChannelState) -> None:
        """It is gone, and its threads with it."""
        for thread in [c for c in self.channels.values() if c.parent is channel]:
            self.forget_channel(thread)
        channel.deleted = True
        self.channels.pop(channel.id, None)
        if channel.guild:
            channel.guild.channels.pop(channel.id, None)

    def dm_channel(self, user: UserState) -> ChannelState:
        """The channel of direct messages between the user and the bot."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        return self.keep_channel("", type=DM, recipient=user)

    def direct_messages(self, person: MemberState | UserState) -> list[MessageState]:
        """What the bot sent to somebody directly."""
        user = person.user if isinstance(person, MemberState) else person
        return [message for message in self.dm_channel(user).messages if message.author is self.bot]

    def visible_guilds(self) -> list[GuildState]:
        """Those that the bot is in, available or not."""
        return [guild for guild in self.guilds.values() if guild.has_bot]
