"""Who may, checked when a command is used: Discord's own settings decide only what it shows to whom."""

from collections.abc import Awaitable, Callable, Mapping

from daemon.discord.answers.desk import Desk
from daemon.discord.locale import say
from daemon.discord.rights import may
from daemon.discord.values import Caller, Later, Reply, Right
from daemon.service import Refused


async def answered(
    desk: Desk,
    caller: Caller,
    answer: Callable[..., Awaitable[Reply | Later]],
    options: Mapping[str, object],
    *,
    right: Right = Right.MEMBER,
    in_guild: bool = False,
    staff: bool = False,
) -> Reply | Later:
    """Answer a command, if the caller may use it at all. Raises `Refused`, and what `answer` raises."""
    if staff:
        require_staff(desk, caller, right)
    else:
        require(caller, right, in_guild=in_guild)
    return await answer(desk, caller, **options)


def require(caller: Caller, right: Right, *, in_guild: bool = False) -> None:
    """Refuse politely, where the caller may not do it, or not here."""
    if in_guild and not caller.guild:
        raise Refused(say("allowed.guild", caller.locale))
    if may(caller.right, right):
        return
    if right is Right.OWNER:
        raise Refused(say("allowed.owners", caller.locale))
    raise Refused(say("allowed.admins" if caller.guild else "allowed.admins.direct", caller.locale))


def require_staff(desk: Desk, caller: Caller, right: Right) -> None:
    """Refuse who is neither VIP staff nor, where `right` is more than a member's, of that right."""
    require(caller, Right.MEMBER, in_guild=True)
    if right is not Right.MEMBER and may(caller.right, right):
        return
    if desk.vip is None or not desk.vip.is_staff(caller.roles):
        raise Refused(say("vip.staff_only", caller.locale))
