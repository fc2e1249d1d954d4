"""Guilds, with their channels, roles and members."""

from typing import TYPE_CHECKING, Any

from attrs import define, field

from tests.worlds.discord.people import MemberState, RoleState, UserState
from tests.worlds.discord.permissions import BOT, EVERYONE, Permission, named
from tests.worlds.discord.places import ANNOUNCEMENT, TEXT, ChannelState

if TYPE_CHECKING:
    from tests.worlds.discord.state import World

Json = dict[str, Any]

_NEW_GUILD: Json = {
    "icon": None,
    "icon_hash": None,
    "splash": None,
    "discovery_splash": None,
    "afk_channel_id": None,
    "afk_timeout": 300,
    "verification_level": 0,
    "default_message_notifications": 0,
    "explicit_content_filter": 0,
    "emojis": [],
    "stickers": [],
    "features": [],
    "mfa_level": 0,
    "application_id": None,
    "system_channel_id": None,
    "system_channel_flags": 0,
    "rules_channel_id": None,
    "max_presences": None,
    "max_members": 500_000,
    "vanity_url_code": None,
    "description": None,
    "banner": None,
    "premium_tier": 0,
    "premium_subscription_count": 0,
    "preferred_locale": "en-US",
    "public_updates_channel_id": None,
    "max_video_channel_users": 25,
    "max_stage_video_channel_users": 50,
    "nsfw_level": 0,
    "nsfw": False,
    "premium_progress_bar_enabled": False,
    "safety_alerts_channel_id": None,
    "widget_enabled": False,
    "widget_channel_id": None,
    "incidents_data": None,
}


@define(eq=False)
class GuildState:
    """A guild: the handle by which a test changes it. `roles` has @everyone, of the guild's own id."""

    world: "World"
    id: str
    name: str
    owner_id: str
    available: bool = True
    has_bot: bool = True
    channels: dict[str, ChannelState] = field(factory=dict)
    """With its threads."""
    roles: dict[str, RoleState] = field(factory=dict)
    members: dict[str, MemberState] = field(factory=dict)
    bot_role: RoleState = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.roles[self.id] = RoleState(self.id, "@everyone", int(EVERYONE), position=0)
        self.bot_role = self.add_role("perkd", permissions=int(BOT), managed=True, tell=False)
        bot = self.add_member("", user=self.world.bot, tell=False)
        bot.roles.append(self.bot_role)

    @property
    def everyone(self) -> RoleState:
        """The role of every member."""
        return self.roles[self.id]

    @property
    def bot(self) -> MemberState:
        """The bot's own membership."""
        return self.members[self.world.bot_id]

    def threads(self) -> list[ChannelState]:
        """All of them, also archived ones."""
        return [channel for channel in self.channels.values() if channel.is_thread]

    def payload(self) -> Json:
        """As of GET guild."""
        return {
            "id": self.id,
            "name": self.name,
            "owner_id": self.owner_id,
            "roles": [role.payload() for role in self.roles.values()],
            **_NEW_GUILD,
        }

    def gateway_payload(self) -> Json:
        """As of GUILD_CREATE; the stub of an unavailable guild while it is that."""
        if not self.available:
            return {"id": self.id, "unavailable": True}
        channels = [c.payload() for c in self.channels.values() if not c.is_thread]
        return self.payload() | {
            "joined_at": self.bot.joined_at,
            "large": len(self.members) > 50,
            "unavailable": False,
            "member_count": len(self.members),
            "members": [member.payload() for member in self.members.values()][:50],
            "channels": channels,
            "threads": [c.payload() for c in self.threads() if not c.archived],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def add_channel(
        self, name: str, *, announcement: bool = False, deny: tuple[str, ...] = ()
    ) -> ChannelState:
        """Make a channel; `deny` names the permissions that the bot lacks there."""
        kind = ANNOUNCEMENT if announcement else TEXT
        channel = self.world.keep_channel(name, type=kind, guild=self)
        if deny:
            channel.denied[self.world.bot_id] = named(*deny)
        self.channels[channel.id] = channel
        channel.tell("CREATE")
        return channel

    def add_role(
        self, name: str, *, permissions: int = 0, managed: bool = False, tell: bool = True
    ) -> RoleState:
        """Make a role with these bits."""
        role = RoleState(self.world.clock.snowflake(), name, int(permissions), len(self.roles), managed)
        self.roles[role.id] = role
        if tell:
            event = {"guild_id": self.id, "role": role.payload()}
            self.world.dispatch("GUILD_ROLE_CREATE", event, self.id)
        return role

    def add_member(
        self,
        name: str,
        *,
        roles: tuple[RoleState, ...] = (),
        manage_guild: bool = False,
        user: UserState | None = None,
        tell: bool = True,
    ) -> MemberState:
        """Let somebody join: a new user, or one that other guilds know already."""
        member = MemberState(
            self, user or self.world.add_user(name), list(roles), self.world.clock.timestamp()
        )
        if manage_guild:
            member.roles.append(self.add_role("manager", permissions=int(Permission.MANAGE_GUILD)))
        self.members[member.id] = member
        if tell:
            event = {**member.payload(), "guild_id": self.id}
            self.world.dispatch("GUILD_MEMBER_ADD", event, self.id)
        return member

    def set_roles(self, member: MemberState, *roles: RoleState) -> None:
        """Somebody changes a member's roles."""
        member.roles[:] = roles
        event = {**member.payload(), "guild_id": self.id}
        self.world.dispatch("GUILD_MEMBER_UPDATE", event, self.id)

    def set_available(self, available: bool) -> None:
        """Discord loses the guild for a while, or has it again."""
        if available != self.available:
            self.available = available
            event = "GUILD_CREATE" if available else "GUILD_DELETE"
            self.world.dispatch(event, self.gateway_payload(), self.id)

    def remove_bot(self) -> None:
        """Somebody removes the bot."""
        self.has_bot = False
        self.world.dispatch("GUILD_DELETE", {"id": self.id}, self.id)
