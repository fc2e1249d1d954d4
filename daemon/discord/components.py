"""Where buttons and modals come in: on asyncio's side, found by their ids, also after a restart.

lightbulb's menus live in memory and end with the process. An id that says everything needs no memory.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import hikari
import trio
from attrs import define, field, frozen

from daemon.aio import Loop
from daemon.discord import custom_ids
from daemon.discord.answering import Manner, Shown, answer, locale_of, named
from daemon.discord.bot import Client
from daemon.discord.caller import caller_of
from daemon.discord.locale import say
from daemon.discord.rights import Staff
from daemon.discord.values import Caller, Reply

logger = logging.getLogger("perkd.discord")

OURS = ("gc:", "vip:")
"""What the ids of perkd's buttons begin with. Any other is somebody else's business."""


@frozen
class Pressed:
    """A button that was pressed, or a modal that was sent."""

    caller: Caller
    id: str
    """The custom id as it came."""
    what: custom_ids.Press
    """What it says."""
    inputs: Mapping[str, str] = field(factory=dict, repr=False)
    """A modal's lines by their ids; what people type is not for logs."""


Handler = Callable[[Pressed], Awaitable[Shown]]
"""A trio coroutine. Errors are as of a command."""


@frozen
class Route:
    """Who answers, and how the first sign is given."""

    handler: Handler
    manner: Manner = Manner.DEFER


@define(eq=False)
class Components:
    """Who answers which button and which modal. The same for every incarnation of the bot."""

    _staff: Staff
    _buttons: dict[type[custom_ids.Press], Route] = field(factory=dict, init=False)
    _modals: dict[type[custom_ids.Press], Route] = field(factory=dict, init=False)

    def on_button(
        self, what: type[custom_ids.Press], handler: Handler, manner: Manner = Manner.DEFER
    ) -> None:
        """Have `handler` answer the buttons of this kind."""
        self._buttons[what] = Route(handler, manner)

    def on_modal(self, what: type[custom_ids.Press], handler: Handler, manner: Manner = Manner.DEFER) -> None:
        """Have `handler` answer the modals of this kind."""
        self._modals[what] = Route(handler, manner)

    def register(self, _client: Client, bot: hikari.GatewayBot, loop: Loop) -> None:
        """Listen to a bot. Called in the loop's thread."""

        async def on_button(event: hikari.ComponentInteractionCreateEvent) -> None:
            await self._take(event.interaction, loop, self._buttons, {})

        async def on_modal(event: hikari.ModalInteractionCreateEvent) -> None:
            await self._take(event.interaction, loop, self._modals, _inputs(event.interaction))

        bot.subscribe(hikari.ComponentInteractionCreateEvent, on_button)
        bot.subscribe(hikari.ModalInteractionCreateEvent, on_modal)

    async def _take(
        self,
        interaction: hikari.ComponentInteraction | hikari.ModalInteraction,
        loop: Loop,
        routes: Mapping[type[custom_ids.Press], Route],
        inputs: Mapping[str, str],
    ) -> None:
        if not interaction.custom_id.startswith(OURS):
            return
        what = custom_ids.parsed(interaction.custom_id)
        route = None if what is None else routes.get(type(what))
        if what is None or route is None:
            logger.info("%s means nothing to this version of perkd", named(interaction))
            await answer(interaction, loop, partial(_outdated, locale_of(interaction)), Manner.AT_ONCE)
            return
        pressed = Pressed(caller_of(interaction, self._staff), interaction.custom_id, what, inputs)
        await answer(interaction, loop, partial(route.handler, pressed), route.manner)


def _inputs(interaction: hikari.ModalInteraction) -> dict[str, str]:
    return {component.custom_id: component.value for row in interaction.components for component in row}


async def _outdated(locale: str) -> Shown:
    await trio.lowlevel.checkpoint()
    return Reply(say("button.outdated", locale))
