"""Who may do what. Pure: it works on what the event's own member payload says, at execution."""

from collections.abc import Iterable

from attrs import frozen

from daemon.discord.values import Right

ADMINISTRATOR = 1 << 3
MANAGE_GUILD = 1 << 5
"""Bits of Discord's permissions. Who has Administrator has every other one."""


@frozen
class Staff:
    """Those who may more than others, as configured: ids as decimal strings."""

    owners: frozenset[str] = frozenset()
    """Members who own this perkd, in every guild and in direct messages."""
    admin_roles: frozenset[str] = frozenset()
    """Roles whose holders are admins of the guild that the role belongs to."""

    @classmethod
    def of(cls, owners: Iterable[object], admin_roles: Iterable[object]) -> "Staff":
        """From ids as numbers or strings."""
        return cls(frozenset(map(str, owners)), frozenset(map(str, admin_roles)))

    def right_of(self, member: str, *, guild: str, roles: Iterable[str] = (), permissions: int = 0) -> Right:
        """What a member may do.

        Args:
            member: the member's id.
            guild: where it asks from; "" in a direct message, where nobody is an admin.
            roles: the ids of the roles it has there.
            permissions: what it may do there, as Discord's bits.
        """
        if member in self.owners:
            return Right.OWNER
        is_admin = permissions & (ADMINISTRATOR | MANAGE_GUILD) or not self.admin_roles.isdisjoint(roles)
        return Right.ADMIN if guild and is_admin else Right.MEMBER


def may(right: Right, needed: Right) -> bool:
    """Whether somebody with `right` may do what needs `needed`."""
    return right.value >= needed.value
