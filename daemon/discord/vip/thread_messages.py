"""What is written in a VIP thread, as the relay takes it: of an event or of Discord's history. Pure."""

import re
from datetime import UTC, datetime

import hikari
from attrs import evolve, frozen

from actors.vip.ports import ThreadMessage
from actors.vip.relay_plan import is_command
from actors.vip.relay_values import Incoming
from daemon.discord.relayed import Places, relayed

_COMMAND = re.compile(r"\s*!(end|clear_vip_session)", re.IGNORECASE)
_MEMBER = re.compile(r"<@!?(\d{1,20})>|(?<![\w<@#&:])(\d{15,20})(?![\w>])")
_WRITTEN = (hikari.MessageType.DEFAULT, hikari.MessageType.REPLY)
"""All other types are Discord's own: somebody joined, a pin, a new name."""


@frozen
class Author:
    """A member, as events have it beside the message."""

    roles: frozenset[str] = frozenset()
    name: str = ""


def thread_message(
    message: hikari.PartialMessage,
    own_id: int,
    author: Author | None = None,
    places: Places | None = None,
) -> ThreadMessage:
    """The message as the port has it.

    Args:
        message: as an event or Discord's history has it.
        own_id: the bot's.
        author: who wrote it, where the message itself does not tell that, as in the history.
        places: what channels and roles are called.
    """
    body = relayed(message, places)
    command = command_in(body)
    name = (author.name if author else "") or body.name
    return ThreadMessage(
        id=str(message.id),
        author=str(message.author.id) if message.author else "",
        body=evolve(body, name=name),
        at=body.at,
        roles=roles_of(message) if author is None else author.roles,
        author_name=name,
        person=is_person(message, own_id),
        reply_to=body.reply_to,
        version=version_of(message.edited_timestamp or None),
        command=command,
        argument=_member_in(message.content or "") if command == "clear_vip_session" else "",
    )


def named_roles(message: hikari.PartialMessage, cache: hikari.api.Cache) -> Places:
    """What the roles are called that the message mentions."""
    found = (cache.get_role(role) for role in message.role_mention_ids or ())
    return Places(roles={str(role.id): role.name for role in found if role is not None})


def command_in(body: Incoming) -> str:
    """The command that a message is, in small letters: exactly those that the planner never relays."""
    text = body.text.text
    found = _COMMAND.match(text) if is_command(text) else None
    return found[1].lower() if found else ""


def roles_of(message: hikari.PartialMessage) -> frozenset[str]:
    """The ids of the author's roles, as the message itself tells them; not the role of everybody."""
    member = message.member or None
    if member is None:
        return frozenset()
    return member_roles(member)


def member_roles(member: hikari.Member) -> frozenset[str]:
    """The ids of a member's roles, without the role of everybody."""
    return frozenset(str(role) for role in member.role_ids if role != member.guild_id)


def is_person(message: hikari.PartialMessage, own_id: int) -> bool:
    """Whether somebody wrote it: no bot, no webhook, and not Discord itself."""
    author = message.author or None
    if author is None or message.webhook_id or author.id == own_id:
        return False
    kind = hikari.MessageType.DEFAULT if message.type is hikari.UNDEFINED else message.type
    return kind in _WRITTEN and not author.is_bot and not author.is_system


def version_of(edited_at: datetime | None) -> str:
    """Of an edit: texts of equal width that grow with time; "" where there was none."""
    if edited_at is None:
        return ""
    return edited_at.astimezone(UTC).isoformat(timespec="microseconds")


def _member_in(text: str) -> str:
    found = _MEMBER.search(text)
    return (found[1] or found[2]) if found else ""
