"""Options of a slash command as a client fills them in: by the command as it was registered."""

from typing import TYPE_CHECKING, Any

from attrs import define, field

from tests.worlds.discord.messages import Json
from tests.worlds.discord.people import MemberState, RoleState, UserState
from tests.worlds.discord.permissions import in_channel
from tests.worlds.discord.places import ChannelState
from tests.worlds.discord.sending import store_file

if TYPE_CHECKING:
    from tests.worlds.discord.state import World

SUBCOMMAND, GROUP = 1, 2
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)
_PLAIN = {STRING: (str,), INTEGER: (int,), BOOLEAN: (bool,), NUMBER: (int, float)}


class ClientRefused(Exception):  # noqa: N818 - what a client says
    """Discord's client does not let a member do that."""


@define(eq=False)
class Filled:
    """The options of one use of a command, and what their ids stand for."""

    world: "World"
    channel: ChannelState
    resolved: dict[str, Json] = field(factory=dict)

    def fill(self, declared: list[Json], values: Json) -> list[Json]:
        """The options of a command or subcommand that were given a value; each value is checked."""
        known = {option["name"] for option in declared}
        if unknown := values.keys() - known:
            raise ClientRefused(f"it has no option {sorted(unknown)}, only {sorted(known)}")
        found = []
        for option in declared:
            if option["name"] in values:
                value = self._value(option, values[option["name"]])
                found.append({"name": option["name"], "type": option["type"], "value": value})
            elif option.get("required"):
                raise ClientRefused(f"its option {option['name']!r} is required")
        return found

    def _value(self, option: Json, value: Any) -> Any:
        kind = option["type"]
        if kind in _PLAIN:
            return _plain(option, value)
        if kind == ATTACHMENT:
            name, content = value
            return self._attach(name, content)
        if kind == CHANNEL:
            return self._channel(option, value)
        if kind == ROLE or isinstance(value, RoleState):
            return self._role(value)
        return self._user(value)

    def _user(self, who: MemberState | UserState | str) -> str:
        user = self.world.users[who if isinstance(who, str) else who.id]
        self._resolve("users", user.id, user.payload())
        guild = self.channel.guild
        if guild is not None and user.id in guild.members:
            member = guild.members[user.id]
            permissions = str(int(in_channel(member, self.channel)))
            self._resolve("members", user.id, member.payload(user=False) | {"permissions": permissions})
        return user.id

    def _channel(self, option: Json, channel: ChannelState | str) -> str:
        chosen = self.world.channels[channel] if isinstance(channel, str) else channel
        allowed = option.get("channel_types")
        if allowed and chosen.type not in allowed:
            raise ClientRefused(f"its option {option['name']!r} takes no channel of type {chosen.type}")
        self._resolve("channels", chosen.id, partial_channel(chosen))
        return chosen.id

    def _role(self, role: RoleState | str) -> str:
        roles = self.channel.guild.roles if self.channel.guild else {}
        chosen = roles[role if isinstance(role, str) else role.id]
        self._resolve("roles", chosen.id, chosen.payload())
        return chosen.id

    def _attach(self, name: str, content: bytes) -> str:
        payload = store_file(self.channel, name, content)
        self._resolve("attachments", payload["id"], payload | {"ephemeral": True})
        return str(payload["id"])

    def _resolve(self, kind: str, thing: str, payload: Json) -> None:
        self.resolved.setdefault(kind, {})[thing] = payload


def _plain(option: Json, value: Any) -> Any:
    name = option["name"]
    if not isinstance(value, _PLAIN[option["type"]]):
        raise ClientRefused(f"its option {name!r} takes no {type(value).__name__}: {value!r}")
    size = len(value) if isinstance(value, str) else value
    least, most = ("min_length", "max_length") if isinstance(value, str) else ("min_value", "max_value")
    if not option.get(least, size) <= size <= option.get(most, size):
        raise ClientRefused(f"its option {name!r} does not take {value!r}")
    choices = option.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        raise ClientRefused(f"its option {name!r} offers {choices}, not {value!r}")
    return value


def partial_channel(channel: ChannelState, member: MemberState | None = None) -> Json:
    """A channel inside of an interaction; with the permissions of `member` there."""
    payload = channel.payload()
    if channel.guild is not None:
        who = member or channel.guild.bot
        payload["permissions"] = str(int(in_channel(who, channel)))
    return payload


def find_command(registered: list[Json], words: list[str]) -> Json:
    """The slash command of that name."""
    for command in registered:
        if command["name"] == words[0] and command.get("type", 1) == 1:
            return command
    names = sorted(command["name"] for command in registered)
    raise ClientRefused(f"there is no command /{words[0]}, only {names}")


def leaf(command: Json, words: list[str]) -> list[Json]:
    """The options declared for the subcommand that the words after the first lead to."""
    declared: list[Json] = command.get("options") or []
    for word in words[1:]:
        for option in declared:
            if option["name"] == word and option["type"] in (SUBCOMMAND, GROUP):
                declared = option.get("options") or []
                break
        else:
            raise ClientRefused(f"/{' '.join(words)}: there is no {word!r}")
    if any(option["type"] in (SUBCOMMAND, GROUP) for option in declared):
        raise ClientRefused(f"/{' '.join(words)} is no command by itself")
    return declared


def nested(words: list[str], options: list[Json]) -> list[Json]:
    """The options as the payload has them, inside of their group and subcommand."""
    kinds = (SUBCOMMAND,) if len(words) == 2 else (GROUP, SUBCOMMAND)
    for word, kind in reversed(list(zip(words[1:], kinds, strict=False))):
        options = [{"name": word, "type": kind, "options": options}]
    return options
