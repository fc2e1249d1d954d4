"""What members do with the bot: they use commands, take suggestions, press buttons, send off forms."""

from typing import TYPE_CHECKING, Any

import trio
from attrs import define

from tests.worlds.discord.interaction import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Answer,
    Interaction,
)
from tests.worlds.discord.interaction_options import ClientRefused, Filled, find_command, leaf, nested
from tests.worlds.discord.interactions import Answers
from tests.worlds.discord.messages import Json, MessageState
from tests.worlds.discord.permissions import Permission, in_channel
from tests.worlds.discord.places import ChannelState

if TYPE_CHECKING:
    from tests.worlds.discord.people import MemberState

BUTTON, TEXT_INPUT = 2, 4


class NoAnswer(Exception):  # noqa: N818 - what a member sees
    """The application did not respond, or did not go on after it deferred."""


@define(eq=False)
class Interactions(Answers):
    """Each action dispatches an interaction, and returns when the bot has answered it completely."""

    patience: float = 20.0
    """Seconds to wait for a complete answer."""

    async def slash(
        self, member: "MemberState", channel: ChannelState, command: str, /, **options: Any
    ) -> Answer:
        """Use a command, `group subcommand` after its name. A file is given as (name, bytes).

        Raises:
            ClientRefused: Discord's client would not let the member send this.
            NoAnswer: the bot did not answer in time.
        """
        data = self._command(member, channel, command, options)
        return await self._ask(self.open(kind=COMMAND, member=member, channel=channel, data=data))

    async def autocomplete(
        self,
        member: "MemberState",
        channel: ChannelState,
        command: str,
        option: str,
        typed: str,
        /,
        **options: Any,
    ) -> list[tuple[str, Any]]:
        """What is suggested for `option`, of which `typed` was written. Raises as `slash`."""
        data = self._command(member, channel, command, options, focused=(option, typed))
        interaction = self.open(kind=AUTOCOMPLETE, member=member, channel=channel, data=data)
        return (await self._ask(interaction)).interaction.choices

    async def press(self, member: "MemberState", on: MessageState | Answer, button: str, /) -> Answer:
        """Press the button of this custom id or label. Raises as `slash`."""
        message = on.message if isinstance(on, Answer) else on
        if message is None:
            raise ClientRefused("there is no message")
        buttons = [c for row in message.components for c in row["components"] if c["type"] == BUTTON]
        for found in buttons:
            if button in (found.get("custom_id"), found.get("label")):
                break
        else:
            raise ClientRefused(f"there is no button {button!r}, only {buttons}")
        if found.get("disabled") or "custom_id" not in found:
            raise ClientRefused(f"the button {button!r} can't be pressed")
        data = {"custom_id": found["custom_id"], "component_type": BUTTON, "id": found.get("id", 0)}
        fields = {"member": member, "channel": message.channel, "data": data, "source": message}
        return await self._ask(self.open(kind=COMPONENT, **fields))

    async def submit(self, member: "MemberState", answer: Answer, /, **inputs: str) -> Answer:
        """Send off the form that `answer` opened; what is not given stays as it was. Raises as `slash`."""
        opened, modal = answer.interaction, answer.modal
        if modal is None:
            raise ClientRefused("no form was opened")
        fields = [field for row in modal["components"] for field in row["components"]]
        if unknown := inputs.keys() - {field["custom_id"] for field in fields}:
            raise ClientRefused(f"the form has no {sorted(unknown)}")
        rows = []
        for number, field in enumerate(fields):
            value = _typed(field, inputs.get(field["custom_id"], field.get("value") or ""))
            child = {
                "type": TEXT_INPUT,
                "id": 2 * number + 2,
                "custom_id": field["custom_id"],
                "value": value,
            }
            rows.append({"type": 1, "id": 2 * number + 1, "components": [child]})
        data = {"custom_id": modal["custom_id"], "components": rows}
        interaction = self.open(
            kind=MODAL_SUBMIT,
            member=member,
            channel=opened.channel,
            data=data,
            source=opened.source,
            trigger=opened,
        )
        return await self._ask(interaction)

    # --- inside -----------------------------------------------------------------------------------

    def _command(
        self,
        member: "MemberState",
        channel: ChannelState,
        text: str,
        values: Json,
        *,
        focused: tuple[str, str] | None = None,
    ) -> Json:
        words = text.removeprefix("/").split()
        guild = channel.guild
        registered = self.world.commands + self.world.guild_commands.get(guild.id if guild else "", [])
        command = find_command(registered, words)
        _check_may_use(member, channel, command)
        declared, filled = leaf(command, words), Filled(self.world, channel)
        try:
            if focused is None:
                options = filled.fill(declared, values)
            else:
                partly = [option | {"required": False} for option in declared if option["name"] != focused[0]]
                options = [*filled.fill(partly, values), _focused(declared, *focused)]
        except ClientRefused as refused:
            raise ClientRefused(f"/{' '.join(words)}: {refused}") from None
        data = {"id": command["id"], "name": command["name"], "type": 1, "options": nested(words, options)}
        return data | ({"resolved": filled.resolved} if filled.resolved else {})

    async def _ask(self, interaction: Interaction) -> Answer:
        interaction.dispatched = trio.current_time()
        self.world.dispatch("INTERACTION_CREATE", interaction.payload(), interaction.channel.guild_id)
        with trio.move_on_after(self.patience):
            await interaction.completed()
            return Answer(interaction)
        what = "deferred, and did not go on" if interaction.callback else "did not respond"
        raise NoAnswer(f"the application {what}: {interaction.data}")


def _check_may_use(member: "MemberState", channel: ChannelState, command: Json) -> None:
    """Refuse a command that the client does not show: its default permissions, its contexts."""
    context = 0 if channel.guild else 1
    contexts = command.get("contexts")
    if contexts is not None and context not in contexts:
        raise ClientRefused(f"/{command['name']} can't be used here")
    needed = command.get("default_member_permissions")
    if needed is not None and channel.guild is not None:
        held = in_channel(member, channel)
        if Permission.ADMINISTRATOR not in held and (not int(needed) or int(needed) & ~int(held)):
            raise ClientRefused(f"/{command['name']} is not for {member.name}")


def _focused(declared: list[Json], name: str, typed: str) -> Json:
    for option in declared:
        if option["name"] == name:
            if not option.get("autocomplete"):
                raise ClientRefused(f"its option {name!r} has no suggestions")
            return {"name": name, "type": option["type"], "value": typed, "focused": True}
    raise ClientRefused(f"it has no option {name!r}")


def _typed(field: Json, value: str) -> str:
    label = field["label"]
    if field.get("required", True) and not value:
        raise ClientRefused(f"the field {label!r} is required")
    if value and not (field.get("min_length") or 0) <= len(value) <= (field.get("max_length") or 4000):
        raise ClientRefused(f"the field {label!r} does not take {value!r}")
    return value
