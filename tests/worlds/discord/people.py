"""Who is there: users, their roles and memberships, and the application with its bot."""

from typing import TYPE_CHECKING, Any

from attrs import define, field

from tests.worlds.discord.permissions import Permission, in_channel, in_guild

if TYPE_CHECKING:
    from tests.worlds.discord.guild import GuildState
    from tests.worlds.discord.messages import MessageState
    from tests.worlds.discord.places import ChannelState

Json = dict[str, Any]


@define(eq=False)
class UserState:
    """A user, whom several guilds may have as a member."""

    id: str
    name: str
    bot: bool = False
    takes_messages: bool = True
    """Whether direct messages reach the user; else they are refused with 50007."""

    def payload(self) -> Json:
        return {
            "id": self.id,
            "username": self.name.lower(),
            "global_name": None if self.bot else self.name,
            "discriminator": "0" if not self.bot else "1234",
            "avatar": None,
            "bot": self.bot,
            "system": False,
            "public_flags": 0,
        }


@define(eq=False)
class Application:
    """The bot's application, as its owner set it up."""

    id: str
    name: str
    owner: UserState
    message_content: bool = True
    """The privileged intents that its page allows."""
    members: bool = True
    presences: bool = False

    def flags(self) -> int:
        """GATEWAY_PRESENCE_LIMITED, …_GUILD_MEMBERS_LIMITED and …_MESSAGE_CONTENT_LIMITED."""
        return self.presences << 13 | self.members << 15 | self.message_content << 19

    def payload(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "icon": None,
            "description": "",
            "bot_public": False,
            "bot_require_code_grant": False,
            "verify_key": "00" * 32,
            "owner": self.owner.payload(),
            "team": None,
            "flags": self.flags(),
            "tags": [],
            "integration_types_config": {"0": {}},
            "approximate_guild_count": 0,
            "approximate_user_install_count": 0,
        }


@define(eq=False)
class RoleState:
    """A role of a guild."""

    id: str
    name: str
    permissions: int = 0
    position: int = 1
    managed: bool = False

    def payload(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "icon": None,
            "unicode_emoji": None,
            "position": self.position,
            "permissions": str(int(self.permissions)),
            "managed": self.managed,
            "mentionable": False,
            "flags": 0,
        }


@define(eq=False)
class MemberState:
    """A user in a guild: the handle by which a test acts as that person."""

    guild: "GuildState"
    user: UserState
    roles: list[RoleState] = field(factory=list)
    joined_at: str = ""
    nick: str | None = None

    @property
    def id(self) -> str:
        """The user's id."""
        return self.user.id

    @property
    def name(self) -> str:
        """As shown in the guild."""
        return self.nick or self.user.name

    def permissions(self, channel: "ChannelState | None" = None) -> Permission:
        """In the guild, or in one of its channels."""
        return in_channel(self, channel) if channel else in_guild(self)

    def payload(self, *, user: bool = True) -> Json:
        """As of GET member; without `user` as beside a message."""
        found = {
            "nick": self.nick,
            "roles": [role.id for role in self.roles],
            "joined_at": self.joined_at,
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "pending": False,
            "avatar": None,
            "communication_disabled_until": None,
        }
        return {**found, "user": self.user.payload()} if user else found

    def leave(self) -> None:
        """The member leaves the guild."""
        self.guild.members.pop(self.id, None)
        for thread in self.guild.threads():
            thread.thread_members.pop(self.id, None)
        world = self.guild.world
        event = {"guild_id": self.guild.id, "user": self.user.payload()}
        world.dispatch("GUILD_MEMBER_REMOVE", event, self.guild.id)

    async def say(self, channel: "ChannelState", text: str, **fields: Any) -> "MessageState":
        """Write a message; what is not plain text is given as in its payload (`embeds=[…]`)."""
        return channel.add_message(self.user, {"content": text, **fields})

    async def slash(self, channel: "ChannelState", command: str, /, **options: Any) -> Any:
        """Use a slash command; returns the complete answer. A file is given as `(name, bytes)`."""
        return await self.guild.world.interactions.slash(self, channel, command, **options)

    async def autocomplete(
        self, channel: "ChannelState", command: str, option: str, typed: str, /, **options: Any
    ) -> Any:
        """What is suggested, `list[tuple[str, value]]`, for `option` of which `typed` was written."""
        return await self.guild.world.interactions.autocomplete(
            self, channel, command, option, typed, **options
        )

    async def press(self, message: Any, button: str) -> Any:
        """Press the button of this custom id or label, of a message or an answer."""
        return await self.guild.world.interactions.press(self, message, button)

    async def submit(self, answer: Any, /, **inputs: str) -> Any:
        """Send off the modal that `answer` opened."""
        return await self.guild.world.interactions.submit(self, answer, **inputs)
