"""The button *Upgrade to VIP*, and `/vip`: most is handed to the VIP desk, which answers by a ticket."""

from contextlib import suppress

import hikari

from actors.ports import StoreUnavailable
from actors.vip.messages import ClearSession, Click, CompleteSession, EndSession, Member, Staff
from daemon.discord.answers.audited import by
from daemon.discord.answers.desk import Desk
from daemon.discord.answers.settings_text import mention
from daemon.discord.answers.vip_status import status_card
from daemon.discord.components import Pressed
from daemon.discord.custom_ids import vip_open_id
from daemon.discord.locale import say
from daemon.discord.post_failures import in_short
from daemon.discord.text import plain
from daemon.discord.values import Button, Caller, Card, Later, Person, Reply, Style
from daemon.discord.vip.reception import Reception
from daemon.discord.vip.ticket import Voice
from daemon.service import Refused, audit, block_member, count_blocks, unblock_member
from supervision import ActorCrashed, ActorDead, AskTimeout


async def open_thread(desk: Desk, pressed: Pressed) -> Reply | Later:
    """A member wants a VIP thread."""
    caller = pressed.caller
    vip = await _open(desk, caller)
    member = Member(caller.guild, caller.member)
    return vip.hand_in(caller, Voice.CLICK, lambda ticket: Click(member, ticket, caller.name, caller.roles))


async def post_panel(desk: Desk, caller: Caller, channel: str = "") -> Reply:
    """Post the message with the button; where no channel is named, in the upgrade channel."""
    vip = await _open(desk, caller)
    channel = channel or vip.home.places().upgrade_channel
    lacking = await desk.channels.lacking_to_post(caller.guild, channel)
    where = channel
    if not lacking:
        where, lacking = vip.home.places().upgrade_channel, await vip.lacking(caller.guild)
    if lacking:
        names = ", ".join(f"**{name}**" for name in lacking)
        return Reply(say("settings.lacking", caller.locale, channel=mention(where), permissions=names))
    # Everybody reads it: it is in perkd's own language.
    panel = Card(title=say("vip.panel.title"), text=say("vip.panel.text"))
    button = Button(vip_open_id(), say("vip.panel.button"), Style.SUCCESS)
    try:
        await vip.post(channel, Reply(cards=(panel,), buttons=(button,)))
    except (hikari.ForbiddenError, hikari.NotFoundError, hikari.BadRequestError) as error:
        raise Refused(in_short(error)) from error
    await audit.record(desk.service, by(caller), "vip panel", f"posted in channel {channel}")
    return Reply(say("vip.panel.posted", caller.locale, channel=mention(channel)))


async def end(desk: Desk, caller: Caller, member: Person | None = None) -> Reply | Later:
    """End one's own thread; staff: anybody's."""
    vip = await _open(desk, caller)
    whose = caller.member if member is None else member.id
    own = whose == caller.member
    if not own and not vip.is_staff(caller.roles):
        raise Refused(say("vip.own_only", caller.locale))
    subject = Member(caller.guild, whose)
    return vip.hand_in(
        caller, Voice.OWN if own else Voice.STAFF, lambda ticket: EndSession(subject, ticket, _staff(caller))
    )


async def clear(desk: Desk, caller: Caller, member: Person) -> Reply | Later:
    """Clear a session away, in whatever state it is."""
    vip = await _open(desk, caller)
    subject = Member(caller.guild, member.id)
    return vip.hand_in(
        caller, Voice.STAFF, lambda ticket: ClearSession(subject, ticket, _staff(caller), member.name)
    )


async def complete(desk: Desk, caller: Caller, member: Person) -> Reply | Later:
    """The upgrade is done: the member gets the VIP role, the session ends."""
    vip = await _open(desk, caller)
    subject = Member(caller.guild, member.id)
    return vip.hand_in(caller, Voice.STAFF, lambda ticket: CompleteSession(subject, ticket, _staff(caller)))


async def block(desk: Desk, caller: Caller, member: Person, reason: str = "") -> Reply:
    """Let a member open no thread any more. Why is for staff alone."""
    await _open(desk, caller)
    done = await block_member(desk.service, by(caller), member.id, reason)
    why = done.block.reason
    lines = [
        say(f"vip.block.{done.result}", caller.locale, member=plain(member.name)),
        say("vip.block.reason", caller.locale, reason=plain(why)) if why else "",
        say("vip.block.live", caller.locale) if done.live else "",
    ]
    return Reply("\n".join(filter(None, lines)))


async def unblock(desk: Desk, caller: Caller, member: Person) -> Reply:
    """Let a member open threads again."""
    await _open(desk, caller)
    done = await unblock_member(desk.service, by(caller), member.id)
    return Reply(say(f"vip.unblock.{done.result}", caller.locale, member=plain(member.name)))


async def show_status(desk: Desk, caller: Caller) -> Reply:
    """Sessions and accounts by state, who waits, the oldest undelivered message, how many are blocked."""
    vip = await _open(desk, caller)
    try:
        status = await vip.status()
    except (AskTimeout, ActorCrashed, ActorDead):
        return Reply(say("vip.status.unknown", caller.locale))
    blocked = 0
    with suppress(StoreUnavailable):  # which the status itself tells
        blocked = await count_blocks(desk.service, caller.guild)
    return Reply(cards=(status_card(status, caller.locale, blocked=blocked),))


async def _open(desk: Desk, caller: Caller) -> Reception:
    """Where requests are taken in. Raises `Refused`: VIP is off, or this is another server."""
    if desk.vip is None:
        raise Refused(say("vip.off", caller.locale))
    await desk.vip.require_home(caller.guild, caller.locale)
    return desk.vip


def _staff(caller: Caller) -> Staff:
    return Staff(caller.member, caller.name, caller.roles)
