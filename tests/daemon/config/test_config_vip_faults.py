"""What a person writes into `[vip]` and `[[telegram.accounts]]` by mistake, and is told."""

from collections.abc import Callable

import pytest

from daemon.config import Config

Faults = Callable[[str], tuple[str, ...]]

ID = (
    "must be a Discord id, a number without quotes: switch on Developer Mode in Discord's settings, then "
    "right-click it and choose Copy ID"
)
ACCOUNTS = """[[telegram.accounts]]
name = "one"
session = "var/telegram/one.session"
[[telegram.accounts]]
name = "two"
session = "{session}"
"""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[vip]\nstaff_roles = ['desk crew']", f'[vip] staff_roles #1 = "desk crew": {ID}'),
        ("[vip]\nupgrade_channel = '#upgrade'", f'[vip] upgrade_channel = "#upgrade": {ID}'),
        ("[vip]\nvip_role = '100000000000000001'", f'[vip] vip_role = "100000000000000001": {ID}'),
        (
            "[vip]\ndesk = 12345",
            '[vip] desk = 12345: must be "@username", or the id of a Telegram chat in quotes',
        ),
        (
            "[vip]\ndesk = 't.me/vip_desk'",
            '[vip] desk = "t.me/vip_desk": must be "@username", or the id of a Telegram chat in quotes',
        ),
    ],
)
def test_a_name_where_an_id_belongs_is_refused_with_the_way_to_the_id(
    faults: Faults, text: str, fault: str
) -> None:
    assert faults(text) == (fault,)


@pytest.mark.parametrize(
    "session", ["var/telegram/one.session", "var/telegram/one", "./var//x/../telegram/one.session"]
)
def test_two_accounts_never_share_a_session_file_however_it_is_written(faults: Faults, session: str) -> None:
    assert faults(ACCOUNTS.format(session=session)) == (
        f'[[telegram.accounts]] #2 "two": session = "{session}": must be unique, but #1 has it too',
    )


def test_accounts_with_files_of_their_own_are_no_fault(load: Callable[[str], Config]) -> None:
    config = load(ACCOUNTS.format(session="var/telegram/one/two.session"))
    assert [account.name for account in config.telegram.accounts] == ["one", "two"]
