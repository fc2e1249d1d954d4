"""A desk that is not there: said with the name, and with what to change."""

import pytest
import trio

from daemon.telegram.account import Account
from daemon.telegram.values import Lost
from tests.worlds.telegram import DataCentre
from tests.worlds.telegram_line import Line


@pytest.mark.parametrize(
    ("desk", "reason"),
    [
        ("@nobody_here", "desk = '@nobody_here': nobody on Telegram has this name; change [vip] desk"),
        ("4711", "desk = '4711': the account has not met this user yet; use @username"),
    ],
)
async def test_a_desk_that_is_not_there_is_named(account: Account, nursery: trio.Nursery, desk, reason):
    account.desk = desk
    line = Line(account)
    nursery.start_soon(line.listen)
    nursery.start_soon(account.run)

    assert (await line.wait_for(Lost)).reason == reason
    nursery.cancel_scope.cancel()


async def test_another_refusal_is_told_as_it_is(
    telegram: DataCentre, account: Account, nursery: trio.Nursery
):
    telegram.faults.fail("ResolveUsername", "USERNAME_OCCUPIED")
    line = Line(account)
    nursery.start_soon(line.listen)
    nursery.start_soon(account.run)

    assert (await line.wait_for(Lost)).reason.startswith("Telegram refuses it (UsernameOccupiedError")
    nursery.cancel_scope.cancel()
