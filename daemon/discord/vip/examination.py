"""The part of `perkd check` that is about VIP threads on Discord: channels, roles, what the bot may do."""

from collections.abc import Iterable, Iterator, Mapping

import hikari
from attrs import frozen
from hikari import Permissions

from daemon.config import VipConfig
from daemon.discord.channels import granted
from daemon.discord.permissions import RELAYING, missing
from daemon.finding import Finding

_TELLING = {
    Permissions.VIEW_CHANNEL: "View Channel",
    Permissions.SEND_MESSAGES: "Send Messages",
    Permissions.ATTACH_FILES: "Attach Files",
}
"""To tell staff in the log channel."""
_SETTINGS = "in the channel's settings"


async def examine_vip(rest: hikari.api.RESTClient, vip: VipConfig) -> list[Finding]:
    """Ask Discord about the channels and the roles; change nothing. Raises `hikari.HikariError`."""
    channel = await _fetch(rest, vip.upgrade_channel)
    if not isinstance(channel, hikari.GuildTextChannel):
        return [_no_place("VIP threads", "upgrade_channel", vip.upgrade_channel, channel)]
    guild = str(channel.guild_id)
    findings = [_may(channel, "VIP threads", RELAYING, await granted(rest, guild, str(channel.id)))]
    if vip.log_channel:
        findings.append(await _log_channel(rest, vip.log_channel, guild))
    roles = {int(role.id): role for role in await rest.fetch_roles(channel.guild_id)}
    findings.extend(_staff(vip.staff_roles, roles, guild))
    if vip.vip_role:
        me = await rest.fetch_member(channel.guild_id, (await rest.fetch_my_user()).id)
        findings.append(_VIPRole(vip.vip_role, roles, me).finding())
    return findings


async def _fetch(rest: hikari.api.RESTClient, channel: int) -> hikari.PartialChannel | None:
    try:
        return await rest.fetch_channel(channel)
    except (hikari.NotFoundError, hikari.ForbiddenError):
        return None


def _no_place(purpose: str, key: str, number: int, found: hikari.PartialChannel | None) -> Finding:
    text = "is not there, or hidden from the bot"
    if found is not None:
        text = "is no text channel of a server"
    way_out = f"let the bot see it, or change [vip] {key}"
    return Finding(f"channel {number}", well=False, text=f"({purpose}) {text}", way_out=way_out)


async def _log_channel(rest: hikari.api.RESTClient, number: int, guild: str) -> Finding:
    channel = await _fetch(rest, number)
    if not isinstance(channel, hikari.TextableGuildChannel):
        return _no_place("VIP log", "log_channel", number, channel)
    if str(channel.guild_id) != guild:
        text = "(VIP log) is in another server than upgrade_channel"
        return Finding(f"channel #{channel.name}", well=False, text=text, way_out="change [vip] log_channel")
    return _may(channel, "VIP log", _TELLING, await granted(rest, guild, str(channel.id)))


def _may(
    channel: hikari.GuildChannel,
    purpose: str,
    needed: Mapping[Permissions, str],
    has: Permissions | None,
) -> Finding:
    what = f"channel #{channel.name}"
    lacking = ["View Channel"] if has is None else missing(has, needed)
    if lacking:
        text = f"({purpose}) the bot lacks {', '.join(lacking)}"
        return Finding(what, well=False, text=text, way_out=f"grant it {_SETTINGS}")
    return Finding(what, well=True, text=f"({purpose}) the bot may do what is needed")


def _staff(wanted: Iterable[int], roles: Mapping[int, hikari.Role], guild: str) -> Iterator[Finding]:
    """Whether somebody can be staff by these."""
    what, change = "VIP staff", "change [vip] staff_roles"
    names = []
    for number in wanted:
        if str(number) == guild:
            text = f"{number} is the role of everybody, which makes nobody staff"
            yield Finding(what, well=False, text=text, way_out=change)
        elif number not in roles:
            yield Finding(what, well=False, text=f"there is no role {number} in the server", way_out=change)
        else:
            names.append(roles[number].name)
    if names:
        yield Finding(what, well=True, text=f"those with the role {' or '.join(names)}")
    elif not wanted:
        text = "nobody: a thread that is stuck can't be cleared"
        yield Finding(what, well=False, text=text, way_out="put the ids of roles into [vip] staff_roles")


@frozen
class _VIPRole:
    """Whether the bot can give it."""

    number: int
    roles: Mapping[int, hikari.Role]
    me: hikari.Member

    def finding(self) -> Finding:
        what, role = "VIP role", self.roles.get(self.number)
        if role is None:
            text = f"there is no role {self.number} in the server"
            return Finding(what, well=False, text=text, way_out="change [vip] vip_role")
        held = [self.roles[int(one)] for one in self.me.role_ids if int(one) in self.roles]
        everybody = self.roles.get(int(self.me.guild_id))
        may = Permissions.NONE if everybody is None else everybody.permissions
        for one in held:
            may |= one.permissions
        if not may & (Permissions.MANAGE_ROLES | Permissions.ADMINISTRATOR):
            text = f"the bot lacks Manage Roles, and can't give {role.name}"
            return Finding(what, well=False, text=text, way_out="grant it to the bot's role")
        if role.is_managed or all(one.position <= role.position for one in held):
            text = f"the bot can't give {role.name}: no role of its own stands above it"
            way_out = "put the bot's role above it, in the server's settings"
            return Finding(what, well=False, text=text, way_out=way_out)
        return Finding(what, well=True, text=f"the bot can give {role.name}")
