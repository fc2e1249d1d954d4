"""One interaction: what a member did, what the bot answered so far, and how an Answer shows it."""

from typing import TYPE_CHECKING, Any

import trio
from attrs import define, field, frozen

from tests.worlds.discord.body import LARGEST_FILE
from tests.worlds.discord.interaction_options import partial_channel
from tests.worlds.discord.messages import EPHEMERAL, Json, MessageState
from tests.worlds.discord.permissions import in_channel
from tests.worlds.discord.places import ChannelState

if TYPE_CHECKING:
    from tests.worlds.discord.people import MemberState

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9


@define(eq=False)
class Interaction:
    """An interaction, while the bot may still say something about it."""

    id: str
    token: str
    kind: int
    member: "MemberState"
    channel: ChannelState
    data: Json
    at: float
    """When it was made, on Discord's clock."""
    source: MessageState | None = None
    """The message whose component was used, also where that opened a modal."""
    trigger: "Interaction | None" = None
    """Of a modal: what opened it."""
    dispatched: float = field(factory=trio.current_time)
    first_after: float | None = None
    callback: int = 0
    """The type of the first answer; 0: none yet."""
    complete: bool = False
    modal: Json | None = None
    choices: list[tuple[str, Any]] = field(factory=list)
    message: MessageState | None = None
    """What `@original` is: the answer, or the updated message."""
    followups: list[MessageState] = field(factory=list)
    _changed: trio.Event = field(factory=trio.Event)

    def payload(self) -> Json:
        """As of INTERACTION_CREATE."""
        world, guild = self.channel.world, self.channel.guild
        found: Json = {
            "id": self.id,
            "application_id": world.application_id,
            "type": self.kind,
            "data": self.data,
            "token": self.token,
            "version": 1,
            "channel_id": self.channel.id,
            "channel": partial_channel(self.channel, self.member),
            "locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": self._owners(),
            "context": 1 if guild is None else 0,
            "attachment_size_limit": LARGEST_FILE,
            "app_permissions": str(int(in_channel(guild.bot, self.channel) if guild else 0)),
        }
        if self.source is not None:
            found["message"] = self.source.payload()
        if guild is None:
            return found | {"user": self.member.user.payload()}
        permissions = str(int(in_channel(self.member, self.channel)))
        return found | {
            "guild_id": guild.id,
            "guild": {"id": guild.id, "features": [], "locale": "en-US"},
            "guild_locale": "en-US",
            "member": self.member.payload() | {"permissions": permissions},
        }

    def metadata(self) -> Json:
        """As of a message that answers it."""
        found = {
            "id": self.id,
            "type": self.kind,
            "user": self.member.user.payload(),
            "authorizing_integration_owners": self._owners(),
        }
        if self.kind == COMPONENT and self.source is not None:
            found["interacted_message_id"] = self.source.id
        if self.kind == MODAL_SUBMIT and self.trigger is not None:
            found["triggering_interaction_metadata"] = self.trigger.metadata()
        return found

    def _owners(self) -> Json:
        return {"0": self.channel.guild_id or "0"}

    def finish(self) -> None:
        """The bot has answered."""
        self.complete = True
        self._pulse()

    async def completed(self) -> None:
        """Wait until the bot has answered, and edited its deferral."""
        while not self.complete:
            await self._changed.wait()

    def note_callback(self, kind: int) -> None:
        """The first answer is there."""
        self.callback = kind
        self.first_after = trio.current_time() - self.dispatched
        self._pulse()

    def _pulse(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


@frozen
class Answer:
    """What a member sees of the bot's answer. What is edited later is seen here as well."""

    interaction: Interaction

    @property
    def message(self) -> MessageState | None:
        """The answer's message; None where there is none but a modal."""
        return self.interaction.message

    @property
    def text(self) -> str:
        """The message's content."""
        return self.message.content if self.message else ""

    @property
    def embeds(self) -> list[Json]:
        """Of the message, as payloads."""
        return self.message.embeds if self.message else []

    @property
    def components(self) -> list[Json]:
        """Of the message: its rows, as payloads."""
        return self.message.components if self.message else []

    @property
    def files(self) -> list[tuple[str, bytes]]:
        """Names and contents."""
        if self.message is None:
            return []
        stored = self.message.channel.world.files
        return [(file["filename"], stored[file["id"]]) for file in self.message.attachments]

    @property
    def ephemeral(self) -> bool:
        """Whether only the member sees it."""
        return self.message is not None and bool(self.message.flags & EPHEMERAL)

    @property
    def deferred(self) -> bool:
        """Whether the first answer was a deferral."""
        return self.interaction.callback in (DEFERRED, DEFERRED_UPDATE)

    @property
    def updated(self) -> bool:
        """Whether the message that the component belongs to was changed, instead of a new one made."""
        return self.interaction.callback in (DEFERRED_UPDATE, UPDATE)

    @property
    def modal(self) -> Json | None:
        """The form that opened: title, custom_id, components."""
        return self.interaction.modal

    @property
    def first_after(self) -> float:
        """Seconds from the event to the first answer."""
        return self.interaction.first_after or 0.0

    @property
    def followups(self) -> list[MessageState]:
        """Further messages."""
        return self.interaction.followups
