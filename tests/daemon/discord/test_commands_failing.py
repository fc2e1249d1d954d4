"""When something fails behind a command: what the member is told, and what stands in the log."""

import logging
import statistics
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import trio

from actors.giftcodes.model import Code, Guild, Registration
from actors.ports import Put, StoreUnavailable
from daemon.storage import MemoryStore
from tests.worlds.discord_bots import until
from tests.worlds.discord_commands import Place, open_place, read


class Moody(MemoryStore):
    """A store that is away, or broken, or slow, when a test says so."""

    failure: Exception | None = None
    delay: float = 0.0

    async def find(self, type_: Any, **equal: Any) -> Any:
        await trio.sleep(self.delay)
        if self.failure is not None:
            raise self.failure
        return await super().find(type_, **equal)

    async def get(self, type_: Any, key: str) -> Any:
        if self.failure is not None:
            raise self.failure
        return await super().get(type_, key)


@pytest.fixture
def store() -> Moody:
    return Moody()


@pytest.fixture
async def place(in_time: None, store: Moody) -> AsyncIterator[Place]:
    async with open_place(store) as place:
        yield place


async def test_a_store_that_is_away_is_a_friendly_sentence(place: Place, store: Moody) -> None:
    store.failure = StoreUnavailable("disk full: /secret/path")

    answer = await place.ann.slash(place.channel, "codes list")

    assert answer.text.startswith("I can't reach my records right now.")


async def test_what_perkd_did_not_expect_is_logged_and_said_to_be_its_fault(
    place: Place, store: Moody, caplog: pytest.LogCaptureFixture
) -> None:
    store.failure = ZeroDivisionError("hunter2")

    answer = await place.ann.slash(place.channel, "history")

    assert answer.text.startswith("That failed inside perkd.")
    assert "hunter2" not in answer.text
    (record,) = [one for one in caplog.records if "failed inside perkd" in one.message]
    assert record.exc_info is not None


async def test_suggestions_that_fail_or_come_late_are_an_empty_list(
    place: Place, store: Moody, caplog: pytest.LogCaptureFixture
) -> None:
    await store.commit(Put(Code("wos", "SNOW")))
    store.failure = StoreUnavailable("away")
    away = await place.ann.autocomplete(place.channel, "redeem", "code", "S")
    store.failure, store.delay = None, 60.0
    late = await place.ann.autocomplete(place.channel, "redeem", "code", "S")
    store.delay = 0.0

    assert (away, late) == ([], [])
    assert [value for _, value in await place.ann.autocomplete(place.channel, "redeem", "code", "S")] == [
        "wos/SNOW"
    ]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_the_first_answer_does_not_wait_for_the_work(place: Place, store: Moody) -> None:
    store.delay = 0.5

    answers = [await place.ann.slash(place.channel, "codes list") for _ in range(5)]

    assert all(answer.deferred for answer in answers)
    assert statistics.median(answer.first_after for answer in answers) < store.delay


async def test_an_answer_that_comes_when_the_token_is_no_more_is_no_crash(
    place: Place, store: Moody, caplog: pytest.LogCaptureFixture
) -> None:
    store.delay = 0.3
    with trio.move_on_after(0.2):
        await place.ann.slash(place.channel, "codes list")
    place.discord.later(16 * 60)
    await until(lambda: any("got no answer" in record.message for record in caplog.records))
    store.delay = 0.0

    answer = await place.ann.slash(place.channel, "codes list")

    assert answer.text == "There are no codes yet."
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("status", [400, 413])
async def test_who_would_wait_for_an_answer_that_discord_refuses_is_told_that_it_failed(
    place: Place, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    place.discord.faults.answer("PATCH", "/webhooks/*/*/messages/@original", status=status, times=1)

    answer = await place.ann.slash(place.channel, "codes list")

    assert "failed inside perkd" in answer.text
    assert "Discord refuses our answer" in caplog.text


async def test_an_interaction_that_discord_forgot_does_nothing_at_all(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.discord.faults.answer("POST", "/interactions/*/*/callback", status=404, times=1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            partial(place.ann.slash, place.channel, "register", game="wos", fid="1", state="1")
        )
        await until(lambda: "got no answer" in caplog.text)
        nursery.cancel_scope.cancel()  # the member would wait for long

    assert await place.store.find(Registration) == []
    assert place.game.asked == []


CALLBACK = "/interactions/*/*/callback"
ORIGINAL = "/webhooks/*/*/messages/@original"


async def test_an_answer_comes_although_the_reply_to_the_first_sign_was_cut(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.discord.faults.cut_reply("POST", CALLBACK)

    answer = await place.ann.slash(place.channel, "codes list")

    assert answer.text == "There are no codes yet."
    assert [one.message for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_an_answer_whose_reply_was_cut_stays_as_it_is(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.discord.faults.cut_reply("PATCH", ORIGINAL)
    answer = await place.ann.slash(place.channel, "codes list")
    await until(lambda: "is not known" in caplog.text)

    assert answer.text == "There are no codes yet."
    assert place.discord.asked("PATCH", ORIGINAL) == [200]
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert record.message.startswith("/codes by ")
    assert record.exc_info is None


async def test_an_answer_that_is_no_json_is_not_taken_for_a_fault_of_perkds(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.discord.faults.cut_reply("PATCH", ORIGINAL, as_whole=True)
    answer = await place.ann.slash(place.channel, "codes list")
    await until(lambda: "is not known" in caplog.text)

    assert answer.text == "There are no codes yet."
    assert place.discord.asked("PATCH", ORIGINAL) == [200]


async def test_the_log_of_a_page_instead_of_an_answer_has_no_address(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.discord.faults.answer("PATCH", ORIGINAL, status=200, body="<html>blocked</html>")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(place.ann.slash, place.channel, "codes list")
        await until(lambda: "Expected JSON" in caplog.text)
        nursery.cancel_scope.cancel()  # the member would wait for long

    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert "Expected JSON" in record.message
    assert "/webhooks/" not in record.message


async def test_suggestions_whose_reply_was_cut_are_no_crash(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "perkd.discord")
    await place.store.commit(Put(Code("wos", "SNOW")))
    place.discord.faults.cut_reply("POST", CALLBACK)
    found = await place.ann.autocomplete(place.channel, "redeem", "code", "S")
    await until(lambda: "suggestions for /redeem" in caplog.text)

    assert [value for _, value in found] == ["wos/SNOW"]
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


async def test_a_command_as_an_older_perkd_had_it_is_answered_with_the_way_out(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    (known,) = [one for one in place.discord.commands if one["name"] == "redeem"]
    for option in known["options"]:
        option["required"] = False

    answer = await place.ann.slash(place.channel, "redeem")

    assert answer.ephemeral
    assert "Reload Discord" in answer.text
    assert [one.levelname for one in caplog.records if one.name == "perkd.discord"] == ["WARNING"]


async def test_discord_failing_while_the_channel_is_looked_at_changes_nothing(place: Place) -> None:
    place.discord.faults.answer("GET", "/channels/*", status=403, times=1)

    answer = await place.mod.slash(place.channel, "manage giftcode setchannel")

    assert "**View Channel**" in answer.text
    assert await place.store.find(Guild) == []


async def test_what_needs_a_server_says_so_in_a_direct_message(place: Place) -> None:
    answer = await place.root.slash(place.private(place.root), "players all")

    assert "This is about one server" in answer.text


async def test_in_a_direct_message_nobody_is_an_admin(place: Place) -> None:
    answer = await place.mod.slash(place.private(place.mod), "perkd status")

    assert answer.text.startswith("Only the owners of this perkd may do that in a direct message")


async def test_an_owner_turns_the_pages_of_the_status_and_a_member_does_not() -> None:
    tree = {
        "name": "perkd",
        "kind": "supervisor",
        "state": "running",
        "children": [
            {"name": f"actor_{n}", "kind": "actor", "state": "running", "children": []} for n in range(70)
        ],
    }

    async def status() -> dict[str, Any]:
        return {"version": "1", "health": "healthy", "uptime": 5.0, "tree": tree}

    async with open_place(status=status) as place:
        first = await place.root.slash(place.private(place.root), "perkd status")
        assert first.embeds[0]["title"] == "perkd 1 · healthy · up 5 s"
        second = await place.root.press(first, "Next")
        assert second.updated
        third = await place.root.press(second, "Next")
        assert "page 2 of 3" in third.embeds[0]["title"]

        of_admin = await place.mod.slash(place.channel, "perkd status")
        assert "perkd on this server" in read(of_admin)
        assert of_admin.components == []

        pressed = await place.ann.press(third, "Next")
        assert "Only the owners of this perkd" in read(pressed)
