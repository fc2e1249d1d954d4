"""Files that Telegram never takes, though it answers all else: nothing waits behind them for ever."""

import pytest

from actors.vip.ports import Content, Lease, Unreachable
from daemon.telegram.accounts import Accounts
from daemon.telegram.desk import TelegramDesk
from daemon.telegram.link import TelegramLink
from daemon.telegram.values import Outgoing, Upload
from daemon.vip.failures import TRIES

LEASE = Lease("desk-1", 1)


@pytest.fixture
def link(line):
    link = TelegramLink()
    link.open(Accounts({"desk-1": line.account}, line.account.events))
    return link


@pytest.fixture
def desk(link):
    async def show(content: Content, *, editing: bool = False, without_file: bool = False) -> Outgoing:
        upload = None if without_file else Upload("list.csv", b"1,2,3", "text/csv")
        return Outgoing(f"{content.body}{' (no file)' * without_file}", upload=upload)

    return TelegramDesk(link, show, lambda _, message: message.text, lambda: True)


async def test_a_file_that_is_never_taken_is_told_in_words(telegram, desk, desk_1):
    telegram.faults.fail("SendMedia", "INTERNAL_SERVER_ERROR", times=None)
    for _ in range(TRIES - 1):
        with pytest.raises(Unreachable):
            await desk.send(LEASE, Content("the list"), 5)

    sent = await desk.send(LEASE, Content("the list"), 5)

    (kept,) = telegram.chat(desk_1).messages
    assert (str(kept.id), kept.text, kept.media) == (sent, "the list (no file)", None)


async def test_while_telegram_is_away_no_file_is_given_up(telegram, desk, line):
    fault = telegram.faults.fail("*", "INTERNAL_SERVER_ERROR", times=None)
    for _ in range(TRIES + 1):
        with pytest.raises(Unreachable):
            await desk.send(LEASE, Content("the list"), 5)
    fault.release()


async def test_what_stands_beside_a_file_that_is_refused_arrives(telegram, desk, desk_1):
    telegram.faults.fail("SendMedia", "MEDIA_INVALID", times=None)

    sent = await desk.send(LEASE, Content("the list"), 5)

    (kept,) = telegram.chat(desk_1).messages
    assert (str(kept.id), kept.text) == (sent, "the list (no file)")
