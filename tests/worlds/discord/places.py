"""Where messages are: channels of guilds, threads, and direct messages."""

from typing import TYPE_CHECKING, Any

from attrs import define, field

from tests.worlds.discord.errors import Refusal
from tests.worlds.discord.mentions import join_named, ping
from tests.worlds.discord.messages import CROSSPOST, MessageState
from tests.worlds.discord.people import UserState
from tests.worlds.discord.permissions import Permission, in_channel, named

if TYPE_CHECKING:
    from tests.worlds.discord.guild import GuildState
    from tests.worlds.discord.state import World

Json = dict[str, Any]

TEXT, DM, ANNOUNCEMENT, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 5, 11, 12


@define(eq=False)
class ChannelState:
    """A channel of a guild, a thread, or the channel of direct messages with a user."""

    world: "World"
    id: str
    name: str
    type: int = TEXT
    guild: "GuildState | None" = None
    parent: "ChannelState | None" = None
    """Of a thread."""
    recipient: UserState | None = None
    """Of a channel of direct messages."""
    topic: str | None = None
    messages: list[MessageState] = field(factory=list)
    """As they are now, oldest first; deleted ones are gone."""
    allowed: dict[str, Permission] = field(factory=dict)
    """Overwrites by the id of a role or member."""
    denied: dict[str, Permission] = field(factory=dict)
    deleted: bool = False
    owner_id: str = ""
    """Of a thread, as all that follows."""
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    auto_archive: int = 1440
    archive_at: str = ""
    thread_members: dict[str, str] = field(factory=dict)
    """When each joined, by user id."""

    @property
    def is_thread(self) -> bool:
        """Whether it is one."""
        return self.parent is not None

    @property
    def guild_id(self) -> str | None:
        """None of direct messages."""
        return self.guild.id if self.guild else None

    def payload(self) -> Json:
        last = self.messages[-1].id if self.messages else None
        found: Json = {"id": self.id, "type": self.type, "last_message_id": last, "flags": 0}
        if self.recipient is not None:
            return {**found, "recipients": [self.recipient.payload()]}
        found |= {"guild_id": self.guild_id, "name": self.name, "rate_limit_per_user": 0}
        if self.parent is not None:
            return found | self._thread_fields(self.parent)
        return found | {
            "position": 0,
            "parent_id": None,
            "topic": self.topic,
            "nsfw": False,
            "default_auto_archive_duration": 1440,
            "permission_overwrites": self._overwrites(),
        }

    def _thread_fields(self, parent: "ChannelState") -> Json:
        found: Json = {
            "parent_id": parent.id,
            "owner_id": self.owner_id,
            "message_count": len(self.messages),
            "member_count": min(50, len(self.thread_members)),
            "total_message_sent": len(self.messages),
            "thread_metadata": {
                "archived": self.archived,
                "auto_archive_duration": self.auto_archive,
                "archive_timestamp": self.archive_at,
                "locked": self.locked,
                "invitable": self.invitable,
                "create_timestamp": self.archive_at,
            },
        }
        own = self.world.bot_id
        return {**found, "member": self.thread_member(own)} if own in self.thread_members else found

    def _overwrites(self) -> list[Json]:
        roles = self.guild.roles if self.guild else {}
        return [
            {
                "id": target,
                "type": 0 if target in roles else 1,
                "allow": str(int(self.allowed.get(target, 0))),
                "deny": str(int(self.denied.get(target, 0))),
            }
            for target in {**self.allowed, **self.denied}
        ]

    def message(self, message_id: str) -> MessageState | None:
        """One that is there now."""
        return next((message for message in self.messages if message.id == message_id), None)

    def new_message(self, author: UserState, fields: Json, **kept: Any) -> MessageState:
        """Make a message that is not there yet. `fields` are a payload's, `kept` the state's own."""
        message = MessageState(self, self.world.clock.snowflake(), author, **kept)
        message.sent_at = self.world.now()
        message.change(fields)
        return message

    def post(self, message: MessageState) -> None:
        """It is there now: dispatch MESSAGE_CREATE."""
        self.messages.append(message)
        self.world.dispatch("MESSAGE_CREATE", message.event(), self.guild_id)

    def add_message(self, author: UserState, fields: Json, **kept: Any) -> MessageState:
        """Somebody writes a message."""
        message = self.new_message(author, fields, **kept)
        ping(message, fields)
        join_named(self, message.content)
        self.wake(by_moderator=False)
        self.post(message)
        return message

    def follow(self, text: str, *, name: str = "News #codes", **fields: Any) -> MessageState:
        """A message of an announcement channel elsewhere that this one follows: a webhook brings it."""
        world = self.world
        webhook = UserState(world.clock.snowflake(), name, bot=True)
        source = {"type": 0, "guild_id": world.clock.snowflake(), "channel_id": world.clock.snowflake()}
        source |= {"message_id": world.clock.snowflake()}
        body = {"content": text, "flags": CROSSPOST, **fields}
        return self.add_message(webhook, body, webhook_id=webhook.id, reference=source)

    def wake(self, *, by_moderator: bool) -> None:
        """Something is written in a thread: an archived one is so no more, a locked one refuses (50083)."""
        if self.archived:
            if self.locked and not by_moderator:
                raise Refusal(50083)
            self.archived = False
            self.tell("UPDATE")

    def join(self, user_id: str) -> None:
        """A user joins the thread."""
        if user_id not in self.thread_members:
            self.thread_members[user_id] = self.world.clock.timestamp()
            self._tell_members(added=[self.thread_member(user_id)])

    def part(self, user_id: str) -> None:
        """A user leaves the thread, or is removed from it."""
        if self.thread_members.pop(user_id, None):
            self._tell_members(removed=[user_id])

    def thread_member(self, user_id: str) -> Json:
        """As in payloads."""
        joined = self.thread_members[user_id]
        return {"id": self.id, "user_id": user_id, "join_timestamp": joined, "flags": 0}

    def _tell_members(self, *, added: list[Json] | None = None, removed: list[str] | None = None) -> None:
        event: Json = {"id": self.id, "guild_id": self.guild_id, "member_count": len(self.thread_members)}
        if added and self.guild:
            members = self.guild.members
            event["added_members"] = [
                {**one, "member": members[one["user_id"]].payload(), "presence": None} for one in added
            ]
        if removed:
            event["removed_member_ids"] = removed
        self.world.dispatch("THREAD_MEMBERS_UPDATE", event, self.guild_id)

    def visible_to_bot(self) -> bool:
        """Whether the bot may see it; a private thread only if it is in it, or manages threads."""
        if self.guild is None:
            return True
        found = in_channel(self.guild.bot, self)
        stranger = self.type == PRIVATE_THREAD and self.world.bot_id not in self.thread_members
        return Permission.VIEW_CHANNEL in found and (not stranger or Permission.MANAGE_THREADS in found)

    def tell(self, change: str) -> None:
        """Dispatch CHANNEL_… or THREAD_… with `change` = CREATE, UPDATE or DELETE."""
        kind = "THREAD" if self.is_thread else "CHANNEL"
        self.world.dispatch(f"{kind}_{change}", self.payload(), self.guild_id)

    def deny(self, *permissions: str) -> None:
        """Take permissions of these names from the bot here; without any, give them all back."""
        self.denied[self.world.bot_id] = named(*permissions)
        self.tell("UPDATE")

    def delete(self) -> None:
        """Delete it, by somebody else. Of its threads nothing is told, as by Discord."""
        self.world.forget_channel(self)
        self.tell("DELETE")
