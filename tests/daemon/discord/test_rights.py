"""Who may do what, from what the event's own member payload says."""

from hypothesis import given
from hypothesis import strategies as st

from daemon.discord.rights import ADMINISTRATOR, MANAGE_GUILD, Staff, may
from daemon.discord.values import Right

IDS = st.integers(1, 20).map(str)
STAFF = st.builds(Staff, st.frozensets(IDS, max_size=4), st.frozensets(IDS, max_size=4))
ROLES = st.lists(IDS, max_size=6)
OTHER_BITS = st.integers(0, 2**52).map(lambda bits: bits & ~(ADMINISTRATOR | MANAGE_GUILD))


@given(STAFF, IDS, ROLES, OTHER_BITS)
def test_other_permissions_make_nobody_an_admin(
    staff: Staff, member: str, roles: list[str], bits: int
) -> None:
    right = staff.right_of(member, guild="9", roles=roles, permissions=bits)

    assert (right is Right.ADMIN) == (
        member not in staff.owners and any(role in staff.admin_roles for role in roles)
    )


@given(STAFF, IDS, ROLES, st.sampled_from([ADMINISTRATOR, MANAGE_GUILD]), OTHER_BITS)
def test_who_manages_the_guild_is_at_least_an_admin(
    staff: Staff, member: str, roles: list[str], bit: int, others: int
) -> None:
    right = staff.right_of(member, guild="9", roles=roles, permissions=bit | others)

    assert may(right, Right.ADMIN)


@given(STAFF, IDS, ROLES, st.integers(0, 2**52))
def test_nobody_is_an_admin_in_a_direct_message(
    staff: Staff, member: str, roles: list[str], bits: int
) -> None:
    right = staff.right_of(member, guild="", roles=roles, permissions=bits)

    assert right is (Right.OWNER if member in staff.owners else Right.MEMBER)


@given(STAFF, IDS, st.sampled_from(["", "9"]), ROLES, st.integers(0, 2**52))
def test_only_configured_ids_own_perkd(
    staff: Staff, member: str, guild: str, roles: list[str], bits: int
) -> None:
    right = staff.right_of(member, guild=guild, roles=roles, permissions=bits)

    assert (right is Right.OWNER) == (member in staff.owners)


@given(STAFF, IDS, ROLES, ROLES, st.integers(0, 2**52))
def test_more_roles_never_take_a_right_away(
    staff: Staff, member: str, roles: list[str], more: list[str], bits: int
) -> None:
    before = staff.right_of(member, guild="9", roles=roles, permissions=bits)
    after = staff.right_of(member, guild="9", roles=[*roles, *more], permissions=bits)

    assert may(after, before)


def test_each_may_do_all_that_the_ones_before_may() -> None:
    allowed = {(has.name, needs.name) for has in Right for needs in Right if may(has, needs)}

    assert allowed == {
        ("MEMBER", "MEMBER"),
        ("ADMIN", "MEMBER"),
        ("ADMIN", "ADMIN"),
        ("OWNER", "MEMBER"),
        ("OWNER", "ADMIN"),
        ("OWNER", "OWNER"),
    }


def test_the_configured_numbers_and_the_ids_of_events_are_the_same() -> None:
    staff = Staff.of((123456789012345678,), (42,))

    assert staff.right_of("123456789012345678", guild="1") is Right.OWNER
    assert staff.right_of("5", guild="1", roles=["42"]) is Right.ADMIN
