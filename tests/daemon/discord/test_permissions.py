"""What the bot may do in a channel, as Discord works it out."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hikari import Permissions
from hypothesis import given
from hypothesis import strategies as st

from daemon.discord.permissions import (
    CAPTCHAS,
    POSTING,
    RELAYING,
    WATCHING,
    Overwrite,
    all_needed,
    invite_link,
    missing,
    permissions_in,
)

VIEW, SEND, EMBED = Permissions.VIEW_CHANNEL, Permissions.SEND_MESSAGES, Permissions.EMBED_LINKS
NONE = Permissions.NONE
GUILD, ME, MODS, BOTS = "1", "2", "3", "4"


def granted(
    roles: dict[str, Permissions], overwrites: dict[str, Overwrite], held: tuple[str, ...] = (MODS, BOTS)
) -> Permissions:
    return permissions_in(guild=GUILD, member=ME, roles=roles, held=held, overwrites=overwrites)


@pytest.mark.parametrize(
    ("roles", "overwrites", "expected"),
    [
        ({GUILD: VIEW | SEND}, {}, VIEW | SEND),
        ({GUILD: VIEW, MODS: SEND, BOTS: EMBED}, {}, VIEW | SEND | EMBED),
        ({GUILD: VIEW | SEND}, {GUILD: Overwrite(NONE, SEND)}, VIEW),
        (
            {GUILD: VIEW | SEND, MODS: NONE},
            {GUILD: Overwrite(NONE, SEND), MODS: Overwrite(SEND, NONE)},
            VIEW | SEND,
        ),
        # of two roles' exceptions, the one that allows counts
        (
            {GUILD: VIEW, MODS: NONE, BOTS: NONE},
            {MODS: Overwrite(NONE, SEND), BOTS: Overwrite(SEND, NONE)},
            VIEW | SEND,
        ),
        ({GUILD: VIEW | SEND, MODS: NONE}, {MODS: Overwrite(SEND, NONE), ME: Overwrite(NONE, SEND)}, VIEW),
        ({GUILD: VIEW}, {GUILD: Overwrite(NONE, VIEW), ME: Overwrite(VIEW | SEND, NONE)}, VIEW | SEND),
        # what can't be seen can't be used
        ({GUILD: VIEW | SEND | EMBED}, {GUILD: Overwrite(NONE, VIEW)}, NONE),
        # a role that was deleted meanwhile
        ({GUILD: VIEW}, {MODS: Overwrite(SEND, NONE)}, VIEW),
    ],
)
def test_exceptions_count_in_the_order_everybody_roles_member(
    roles: dict[str, Permissions], overwrites: dict[str, Overwrite], expected: Permissions
) -> None:
    assert granted(roles, overwrites) == expected


def test_an_administrator_may_do_everything_whatever_the_channel_says() -> None:
    roles = {GUILD: NONE, MODS: Permissions.ADMINISTRATOR}
    assert granted(roles, {GUILD: Overwrite(NONE, VIEW), ME: Overwrite(NONE, SEND)}) == (
        Permissions.all_permissions()
    )


_permissions = st.lists(st.sampled_from(list(Permissions)), max_size=6).map(
    lambda some: Permissions(sum({int(one) for one in some}))
)


@given(
    _permissions,
    st.dictionaries(st.sampled_from([GUILD, ME, MODS, BOTS]), st.tuples(_permissions, _permissions)),
)
def test_nothing_is_granted_that_no_role_and_no_exception_allows(
    base: Permissions, exceptions: dict[str, tuple[Permissions, Permissions]]
) -> None:
    overwrites = {key: Overwrite(allow, deny) for key, (allow, deny) in exceptions.items()}
    found = granted({GUILD: base, MODS: NONE, BOTS: NONE}, overwrites)
    if base & Permissions.ADMINISTRATOR:
        return
    possible = base
    for one in overwrites.values():
        possible |= one.allow
    assert not found & ~possible
    assert found == NONE or found & VIEW


def test_what_is_missing_is_named_as_discord_names_it() -> None:
    assert missing(VIEW | EMBED, POSTING) == ["Send Messages", "Read Message History"]
    assert missing(Permissions.all_permissions(), CAPTCHAS) == []
    assert missing(NONE, WATCHING) == ["View Channel", "Read Message History", "Add Reactions"]


def test_an_invitation_asks_for_all_that_is_needed_and_no_more() -> None:
    query = parse_qs(urlsplit(invite_link("42")).query)
    assert query["client_id"] == ["42"]
    assert query["scope"] == ["bot applications.commands"]
    asked = Permissions(int(query["permissions"][0]))
    assert asked == all_needed()
    for needed in (POSTING, WATCHING, CAPTCHAS):
        assert missing(asked, needed) == []
    assert not asked & (Permissions.ADMINISTRATOR | Permissions.MANAGE_GUILD)


@pytest.mark.parametrize("page", ["README.md", "docs/discord.md"])
def test_the_pages_show_the_link_that_is_asked_for(page: str) -> None:
    text = (Path(__file__).parents[3] / page).read_text()
    assert invite_link("APPLICATION_ID") in text


def test_with_vip_threads_the_link_asks_for_what_they_need_besides() -> None:
    asked = Permissions(int(parse_qs(urlsplit(invite_link("42", vip=True)).query)["permissions"][0]))
    assert missing(asked, RELAYING) == []
    assert asked & Permissions.MANAGE_ROLES
    assert not all_needed() & Permissions.MANAGE_THREADS
