"""Where a slash command and an autocompletion come in: on asyncio's side, between lightbulb and trio."""

import asyncio
import logging
from functools import partial

import hikari
import lightbulb
import trio

from daemon.aio import Loop, LoopEnded
from daemon.discord.answering import Manner, answer, described, locale_of, named
from daemon.discord.answers.allowed import answered
from daemon.discord.answers.desk import Desk, Upload
from daemon.discord.caller import caller_of
from daemon.discord.commands.attachments import upload_of
from daemon.discord.commands.languages import name_key
from daemon.discord.commands.spec import Command, Kind, Option
from daemon.discord.completing import Suggest, suggestions
from daemon.discord.locale import say
from daemon.discord.post_failures import NETWORK
from daemon.discord.render import choices_of
from daemon.discord.values import Choice, Person, Reply

logger = logging.getLogger("perkd.discord")

SUGGEST_WITHIN = 1.5
"""Seconds for suggestions. Discord waits three; later than this they are of no use to who types."""

Value = str | int | bool | Person | Upload


class Front:
    """One for an incarnation of the bot."""

    def __init__(self, loop: Loop, desk: Desk) -> None:
        self._loop = loop
        self._desk = desk

    async def invoke(self, command: Command, ctx: lightbulb.Context) -> None:
        """Answer a command: the first sign at once, the rest when trio has worked it out."""
        ctx.initial_response_sent.set()  # `answer` gives it, past lightbulb
        caller = caller_of(ctx.interaction, self._desk.staff)
        options = {
            option.name: value
            for option in command.options
            if (value := self._value(option, ctx)) is not None
        }
        run = partial(
            answered,
            self._desk,
            caller,
            command.answer,
            options,
            right=command.right,
            in_guild=command.in_guild,
            staff=command.staff,
        )
        await answer(ctx.interaction, self._loop, run)

    async def misunderstood(self, error: lightbulb.exceptions.ExecutionPipelineFailedException) -> bool:
        """A command that came otherwise than it is now: Discord's client still knows an older version."""
        ctx = error.context
        if ctx.initial_response_sent.is_set():
            return False  # `invoke` has failed, which lightbulb logs
        logger.warning("%s did not come as it is now: %s", named(ctx.interaction), error.__cause__)
        reply = Reply(say("command.changed", locale_of(ctx.interaction)))
        await answer(ctx.interaction, self._loop, partial(_ready, reply), Manner.AT_ONCE)
        return True

    def _value(self, option: Option, ctx: lightbulb.Context) -> Value | None:
        value = getattr(ctx.command, option.name)
        match option.kind:
            case _ if value is None:
                return None
            case Kind.CHANNEL:
                return str(value.id)
            case Kind.MEMBER:
                return Person(str(value.id), value.display_name)
            case Kind.FILE:
                return upload_of(value, self._loop)
            case _:
                found: Value = value
                return found

    async def complete(
        self, command: Command, option: Option, ctx: lightbulb.AutocompleteContext[str]
    ) -> None:
        """Suggest values. What comes too late, or fails, is an empty list: the member can type on."""
        if option.suggest is not None:
            found = await self._suggestions(command, option, option.suggest, ctx)
            await _suggest(ctx.interaction, found)

    async def _suggestions(
        self,
        command: Command,
        option: Option,
        suggest: Suggest,
        ctx: lightbulb.AutocompleteContext[str],
    ) -> tuple[Choice, ...]:
        caller = caller_of(ctx.interaction, self._desk.staff)
        others = {
            one.name: str(found.value)
            for one in command.options
            if one is not option and (found := ctx.get_option(name_key(command.path, one.name)))
        }
        ask = partial(suggestions, self._desk, caller, suggest, str(ctx.focused.value), others)
        try:
            async with asyncio.timeout(SUGGEST_WITHIN):
                return await self._loop.run_in_trio(ask)
        except (TimeoutError, LoopEnded):
            return ()


async def _ready(reply: Reply) -> Reply:
    await trio.lowlevel.checkpoint()
    return reply


async def _suggest(interaction: hikari.AutocompleteInteraction, choices: tuple[Choice, ...]) -> None:
    try:
        await interaction.create_response(choices_of(choices))
    except NETWORK as error:
        # Whoever types fast has moved on: the interaction is not known any more.
        logger.info("suggestions for /%s were not taken: %s", interaction.command_name, described(error))
