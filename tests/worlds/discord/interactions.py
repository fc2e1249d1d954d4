"""The bot's answers to interactions: taken, refused where Discord refuses them, and shown to who waits."""

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field

from tests.worlds.discord.body import Upload
from tests.worlds.discord.errors import Form, Refusal
from tests.worlds.discord.interaction import (
    AUTOCOMPLETE,
    CHOICES,
    COMMAND,
    COMPONENT,
    DEFERRED,
    DEFERRED_UPDATE,
    MESSAGE,
    MODAL,
    MODAL_SUBMIT,
    UPDATE,
    Interaction,
)
from tests.worlds.discord.limits_components import check_choices, check_modal
from tests.worlds.discord.messages import EPHEMERAL, LOADING, Json, MessageState
from tests.worlds.discord.sending import edit, send

if TYPE_CHECKING:
    from tests.worlds.discord.state import World

DEADLINE = 3.0
"""Seconds for the first answer."""
LIFE = 900.0
"""Seconds that a token lives."""
ORIGINAL = "@original"

_TAKEN = {
    COMMAND: {MESSAGE, DEFERRED, MODAL},
    COMPONENT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES},
    MODAL_SUBMIT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE},
}
Files = Mapping[str, Upload]


@define(eq=False)
class Answers:
    """All interactions by their token, as the routes ask for them."""

    world: "World"
    by_token: dict[str, Interaction] = field(factory=dict)

    def open(self, **fields: Any) -> Interaction:
        """A new interaction, that has not been dispatched yet."""
        clock = self.world.clock
        token = secrets.token_urlsafe(64)
        interaction = Interaction(id=clock.snowflake(), token=token, at=clock.now(), **fields)
        self.by_token[token] = interaction
        return interaction

    def callback(self, interaction_id: str, token: str, body: Json, files: Files) -> None:
        """The first answer. Refuses 10062 (unknown, or later than 3 s), 40060 (answered already), 50035."""
        interaction = self.by_token.get(token)
        if interaction is None or interaction.id != interaction_id:
            raise Refusal(10062)
        if interaction.callback:
            raise Refusal(40060)
        if self.world.now() - interaction.at > DEADLINE:
            raise Refusal(10062)
        kind, data = int(body.get("type") or 0), body.get("data") or {}
        if kind not in _taken(interaction):
            form = Form()
            form.wrong("INTERACTION_CALLBACK_TYPE_INVALID", f"Type {kind} does not answer this.", "type")
            form.refuse()
        self._answer(interaction, kind, data, files)
        interaction.note_callback(kind)
        if kind not in (DEFERRED, DEFERRED_UPDATE):
            interaction.finish()

    def _answer(self, interaction: Interaction, kind: int, data: Json, files: Files) -> None:
        if kind == CHOICES:
            check_choices(data)
            choices = data.get("choices") or []
            interaction.choices = [(choice["name"], choice["value"]) for choice in choices]
        elif kind == MODAL:
            check_modal(data)
            interaction.modal = data
        elif kind == DEFERRED:
            flags = (data.get("flags") or 0) & EPHEMERAL | LOADING
            interaction.message = self._send(interaction, {"flags": flags}, {}, loading=True)
        elif kind == MESSAGE:
            interaction.message = self._send(interaction, data, files)
        else:
            interaction.message = interaction.source
            if kind == UPDATE and interaction.source is not None:
                edit(interaction.source, data, files, ephemeral=True)

    def _send(
        self, interaction: Interaction, data: Json, files: Files, *, loading: bool = False
    ) -> MessageState:
        """A message that answers it; a deferral is one that has still to come."""
        channel = interaction.channel
        kept = {"interaction": interaction.metadata(), "webhook_id": self.world.application_id}
        if not loading:
            return send(channel, data, files, ephemeral=True, **kept)
        message = channel.new_message(self.world.bot, data, **kept)
        if not message.ephemeral:
            channel.post(message)
        return message

    def first(self, token: str) -> MessageState | None:
        """The message of the first answer, if it is one."""
        return self.by_token[token].message

    def message(self, token: str, message_id: str) -> MessageState:
        """One of its messages. Refuses 50027 (expired), 10015 (unknown), 10008 (no such message)."""
        interaction = self._alive(token)
        own = [interaction.message, *interaction.followups]
        for message in own:
            if message is not None and message_id in (message.id, ORIGINAL):
                return message
        raise Refusal(10008)

    def edit(self, token: str, message_id: str, body: Json, files: Files) -> MessageState:
        """Change one of its messages; this ends a deferral."""
        message = self.message(token, message_id)
        edit(message, body, files, ephemeral=True)
        interaction = self.by_token[token]
        if message is interaction.message:
            interaction.finish()
        return message

    def delete(self, token: str, message_id: str) -> None:
        """Delete one of its messages."""
        interaction, message = self._alive(token), self.message(token, message_id)
        if message in message.channel.messages:
            message.delete()
        if message is interaction.message:
            interaction.message = None
            interaction.finish()
        else:
            interaction.followups.remove(message)

    def followup(self, token: str, body: Json, files: Files) -> MessageState:
        """One more message. The first one after a deferral is taken for its edit, as by Discord."""
        interaction = self._alive(token)
        first = interaction.message
        if first is not None and first.flags & LOADING:
            return self.edit(token, ORIGINAL, {k: v for k, v in body.items() if k != "flags"}, files)
        message = self._send(interaction, body, files)
        interaction.followups.append(message)
        interaction.finish()
        return message

    def _alive(self, token: str) -> Interaction:
        interaction = self.by_token.get(token)
        if interaction is None or not interaction.callback:
            raise Refusal(10015)
        if self.world.now() - interaction.at > LIFE:
            raise Refusal(50027)
        return interaction


def _taken(interaction: Interaction) -> set[int]:
    """The types of callback that may answer it."""
    if interaction.kind == MODAL_SUBMIT and interaction.source is None:
        return {MESSAGE, DEFERRED}
    return _TAKEN[interaction.kind]
