"""From commands as values to lightbulb's classes: made anew for each incarnation of the bot."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import hikari
import lightbulb

from daemon.discord.commands.languages import about_key, name_key
from daemon.discord.commands.spec import Command, Kind, Option
from daemon.discord.values import Right

Invoke = Callable[[Command, lightbulb.Context], Awaitable[None]]
Complete = Callable[[Command, Option, lightbulb.AutocompleteContext[str]], Awaitable[None]]

LEFT_OUT = None
"""What lightbulb gives for an option that was left out."""

_EVERYWHERE = (hikari.ApplicationContextType.GUILD, hikari.ApplicationContextType.BOT_DM)
_IN_GUILDS = (hikari.ApplicationContextType.GUILD,)
_INVITED = (hikari.ApplicationIntegrationType.GUILD_INSTALL,)
_CHANNELS = (hikari.ChannelType.GUILD_TEXT, hikari.ChannelType.GUILD_NEWS)


class Building:
    """The top-level commands and groups, grown command by command."""

    def __init__(
        self,
        groups: Mapping[str, str],
        *,
        invoke: Invoke,
        complete: Complete,
        admins_are_managers: bool,
    ) -> None:
        """`groups` maps a group's path to its description. See `_shown_to` for `admins_are_managers`."""
        self._about = groups
        self._invoke = invoke
        self._complete = complete
        self._admins_are_managers = admins_are_managers
        self._groups: dict[str, lightbulb.Group] = {}
        self._subgroups: dict[str, lightbulb.SubGroup] = {}
        self.roots: list[lightbulb.Group | type[lightbulb.SlashCommand]] = []

    def add_all(self, commands: Iterable[Command]) -> None:
        """Add them in this order, which is the one that Discord shows subcommands in."""
        by_group: dict[str, list[Command]] = {}
        for command in commands:
            by_group.setdefault(command.words[0], []).append(command)
        for members in by_group.values():
            for command in members:
                self._add(command, members)

    def _add(self, command: Command, siblings: Sequence[Command]) -> None:
        match command.words:
            case (_,):
                self.roots.append(self._made(command, _reach(siblings) | self._shown_to(siblings)))
            case (group, _):
                self._group(group, siblings).register(self._made(command, {}))
            case (group, subgroup, _):
                self._subgroup(group, subgroup, siblings).register(self._made(command, {}))
            case _:
                raise ValueError(f"command {command.path!r}: Discord allows one to three words")

    def _group(self, name: str, members: Sequence[Command]) -> lightbulb.Group:
        if name not in self._groups:
            group = lightbulb.Group(
                name_key(name),
                about_key(name),
                localize=True,
                **_reach(members),
                **self._shown_to(members),
            )
            self._groups[name] = group
            self.roots.append(group)
        return self._groups[name]

    def _subgroup(self, group: str, name: str, members: Sequence[Command]) -> lightbulb.SubGroup:
        path = f"{group} {name}"
        if path not in self._subgroups:
            parent = self._group(group, members)
            self._subgroups[path] = parent.subgroup(name_key(path), about_key(path), localize=True)
        return self._subgroups[path]

    def _shown_to(self, members: Sequence[Command]) -> dict[str, Any]:
        """Whom Discord shows the command: where only Manage Guild makes an admin, not to those without.

        It is a matter of order only: who may is checked when the command is used.
        """
        if self._admins_are_managers and all(one.right is not Right.MEMBER for one in members):
            return {"default_member_permissions": hikari.Permissions.MANAGE_GUILD}
        return {}

    def _made(self, command: Command, more: Mapping[str, Any]) -> type[lightbulb.SlashCommand]:
        """The class of one command; its options are class attributes, as lightbulb wants them."""

        async def invoke(_self: lightbulb.SlashCommand, ctx: lightbulb.Context) -> None:
            await self._invoke(command, ctx)

        attributes: dict[str, Any] = {
            option.name: _option(command, option, self._complete) for option in command.options
        }
        made: type[lightbulb.SlashCommand] = lightbulb.CommandMeta(
            "".join(word.title() for word in command.words),
            (lightbulb.SlashCommand,),
            {"__module__": __name__, "invoke": lightbulb.invoke(invoke), **attributes},
            name=name_key(command.path),
            description=about_key(command.path),
            localize=True,
            **more,
        )
        return made


def _reach(members: Sequence[Command]) -> dict[str, Any]:
    """Where it is offered. Never to who has installed the application for itself: perkd serves guilds."""
    contexts = _IN_GUILDS if all(one.in_guild for one in members) else _EVERYWHERE
    return {"contexts": contexts, "integration_types": _INVITED}


def _option(command: Command, option: Option, complete: Complete) -> object:
    words = (name_key(command.path, option.name), about_key(command.path, option.name))
    common: dict[str, Any] = {"localize": True}
    if not option.required:
        common["default"] = LEFT_OUT
    match option.kind:
        case Kind.TEXT:
            return lightbulb.string(*words, **common, **_text(command, option, complete))
        case Kind.WHOLE:
            limits = {"min_value": option.least, "max_value": option.most}
            return lightbulb.integer(*words, **common, **_given(limits))
        case Kind.FLAG:
            return lightbulb.boolean(*words, **common)
        case Kind.CHANNEL:
            return lightbulb.channel(*words, **common, channel_types=_CHANNELS)
        case Kind.MEMBER:
            return lightbulb.user(*words, **common)
        case Kind.FILE:
            return lightbulb.attachment(*words, **common)


def _text(command: Command, option: Option, complete: Complete) -> dict[str, Any]:
    more: dict[str, Any] = _given({"max_length": option.longest})
    if option.choices:
        more["choices"] = [lightbulb.Choice(one.name, one.value) for one in option.choices]
    elif option.suggest is not None:

        async def provide(ctx: lightbulb.AutocompleteContext[str]) -> None:
            await complete(command, option, ctx)

        more["autocomplete"] = provide
    return more


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
