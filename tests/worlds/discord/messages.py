"""Messages, as they are stored now."""

from itertools import count
from typing import TYPE_CHECKING, Any

from attrs import define, field

from tests.worlds.discord.clock import iso

if TYPE_CHECKING:
    from tests.worlds.discord.people import UserState
    from tests.worlds.discord.places import ChannelState

Json = dict[str, Any]

CROSSPOST, EPHEMERAL, LOADING = 1 << 1, 1 << 6, 1 << 7
EMPTY: Json = {"content": "", "embeds": [], "components": [], "attachments": [], "nonce": None, "flags": 0}
"""What `null` means in the fields that a message takes over from a request."""


@define(eq=False)
class MessageState:
    """A message. What an edit changed is changed in place."""

    channel: "ChannelState"
    id: str
    author: "UserState"
    content: str = ""
    embeds: list[Json] = field(factory=list)
    components: list[Json] = field(factory=list)
    attachments: list[Json] = field(factory=list)
    """As in the payload; their bytes are in `World.files` by id."""
    nonce: str | int | None = None
    flags: int = 0
    sent_at: float = 0.0
    edited_at: float | None = None
    edits: int = 0
    pinged: set[str] = field(factory=set)
    """Ids of the users whom it really notified: named in it, and let through by its allowed_mentions."""
    pinged_roles: set[str] = field(factory=set)
    pinged_everyone: bool = False
    reference: Json | None = None
    """Which message it answers."""
    webhook_id: str | None = None
    interaction: Json | None = None
    """Of an answer to a command: which."""
    reacted: list[tuple[str, str]] = field(factory=list)
    """Emoji and user id, in order."""
    kind: int | None = None
    """Its type, where that does not follow from the rest: of what Discord itself says."""

    @property
    def text(self) -> str:
        """Its content."""
        return self.content

    @property
    def ephemeral(self) -> bool:
        """Whether only who asked sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def reactions(self) -> list[str]:
        """The emojis, each once, in order."""
        return list(dict.fromkeys(emoji for emoji, _ in self.reacted))

    def change(self, fields: Json) -> None:
        """Take over those of a payload's fields that are a message's and not absent."""
        for name in EMPTY.keys() & fields.keys():
            setattr(self, name, EMPTY[name] if fields[name] is None else fields[name])

    def payload(self) -> Json:
        world = self.channel.world
        users = {user.id: user for user in world.users.values()}
        found: Json = {
            "id": self.id,
            "channel_id": self.channel.id,
            "type": self._kind(),
            "author": self.author.payload(),
            "content": self.content,
            "timestamp": iso(self.sent_at),
            "edited_timestamp": iso(self.edited_at) if self.edited_at else None,
            "tts": False,
            "pinned": False,
            "mention_everyone": self.pinged_everyone,
            "mentions": [users[user].payload() for user in sorted(self.pinged) if user in users],
            "mention_roles": sorted(self.pinged_roles),
            "attachments": self.attachments,
            "embeds": self.embeds,
            "components": numbered(self.components),
            "flags": self.flags,
            "reactions": self._reactions(),
        }
        extra = {
            "nonce": self.nonce if world.tells_nonces else None,
            "message_reference": self.reference,
            "webhook_id": self.webhook_id,
            "interaction_metadata": self.interaction,
            "application_id": world.application_id if self.author is world.bot else None,
        }
        return found | {name: value for name, value in extra.items() if value is not None}

    def _kind(self) -> int:
        """REPLY, CHAT_INPUT_COMMAND or DEFAULT; or what was said."""
        if self.kind is not None:
            return self.kind
        if self.reference and not self.flags & CROSSPOST:
            return 19
        return 20 if self.interaction else 0

    def event(self) -> Json:
        """As of MESSAGE_CREATE and MESSAGE_UPDATE: with its guild and its author's membership."""
        guild = self.channel.guild
        if guild is None:
            return self.payload()
        found = {**self.payload(), "guild_id": guild.id}
        member = guild.members.get(self.author.id)
        return found if member is None else {**found, "member": member.payload(user=False)}

    def _reactions(self) -> list[Json]:
        own = self.channel.world.bot_id
        return [
            {
                "emoji": emoji_payload(emoji),
                "count": len(users),
                "count_details": {"burst": 0, "normal": len(users)},
                "me": own in users,
                "me_burst": False,
                "burst_colors": [],
            }
            for emoji in self.reactions
            if (users := [user for found, user in self.reacted if found == emoji])
        ]

    def delete(self) -> None:
        """Delete it and dispatch MESSAGE_DELETE."""
        self.channel.messages.remove(self)
        data = {"id": self.id, "channel_id": self.channel.id}
        if self.channel.guild_id:
            data["guild_id"] = self.channel.guild_id
        self.channel.world.dispatch("MESSAGE_DELETE", data, self.channel.guild_id)

    def edit(self, text: str) -> None:
        """Its author changes the text."""
        self.content = text
        self.edited()

    def preview(self, *embeds: Json) -> None:
        """Discord adds previews of links: an update without the time of an edit."""
        self.embeds = [*self.embeds, *embeds]
        self.channel.world.dispatch("MESSAGE_UPDATE", self.event(), self.channel.guild_id)

    def edited(self) -> None:
        """Dispatch MESSAGE_UPDATE after its author's change."""
        self.edited_at = self.channel.world.clock.now()
        self.edits += 1
        if self in self.channel.messages:
            self.channel.world.dispatch("MESSAGE_UPDATE", self.event(), self.channel.guild_id)


def numbered(rows: list[Json]) -> list[Json]:
    """Components as Discord gives them back: each has a number in its message."""
    numbers = count(1)
    return [
        {"id": next(numbers)} | row | {"components": [{"id": next(numbers)} | c for c in row["components"]]}
        for row in rows
    ]


def emoji_payload(emoji: str) -> Json:
    """Of a unicode emoji, or of a custom one written `name:id`."""
    name, _, custom = emoji.partition(":")
    return {"id": custom or None, "name": name}
