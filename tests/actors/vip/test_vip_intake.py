"""Where a session begins in a chat that others had before."""

import pytest
import trio

from actors.vip.intake import is_late
from actors.vip.port_values import DeskMessage
from tests.worlds.vip_rig import VIPRig


@pytest.mark.parametrize(
    ("message", "reply_to", "late"),
    [
        ("99", "", True),
        ("100", "", True),
        ("101", "", False),
        ("101", "99", True),
        ("101", "100", False),
        ("1000", "999", False),
        ("1000", "99", True),
    ],
)
def test_only_what_follows_the_introduction_and_answers_nothing_older_is_for_the_session(
    message: str, reply_to: str, late: bool
) -> None:
    assert is_late(DeskMessage(message, "body", 0.0, reply_to=reply_to), "100") is late


def test_before_the_introduction_everything_is_late() -> None:
    assert is_late(DeskMessage("101", "body", 0.0), "")


async def test_an_answer_to_the_introduction_itself_crosses(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.desk_says("welcome to you", reply_to=rig.session().desk_from)
        await trio.sleep(5)
        assert rig.thread().bodies() == ["welcome to you"]
