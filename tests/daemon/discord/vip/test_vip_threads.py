"""Threads of the VIP relay on Discord: made, found again, looked at, closed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
from attrs import evolve

from actors.vip.ports import FloodWait, Forbidden, Gone, Refused, ThreadStatus, Unreachable
from tests.worlds.discord.places import PRIVATE_THREAD
from tests.worlds.discord_threads import TAG, THREAD, Stage, open_stage

CREATE = "/channels/*/threads"


@pytest.fixture
async def patient(discord: Any) -> AsyncIterator[Stage]:
    """One whose bot repeats what failed."""
    async with open_stage(discord, retries=2) as stage:
        yield stage


# --- making one ---------------------------------------------------------------------------------


async def test_a_private_thread_is_made_that_members_invite_nobody_to(stage):
    thread = await stage.open("Ann")
    assert (thread.type, thread.parent, thread.invitable) == (PRIVATE_THREAD, stage.upgrade, False)
    assert (thread.name, thread.auto_archive) == (f"Ann {TAG}", 60)
    assert set(thread.thread_members) == {stage.discord.bot_id}
    link = f"https://discord.com/channels/{stage.server.id}/{thread.id}"
    assert stage.threads.link(stage.server.id, thread.id) == link


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", f"VIP {TAG}"),
        ("\u200b\u202e \n", f"VIP {TAG}"),
        ("A\nnn\u202e", f"A nn {TAG}"),
        ("x" * 200, f"{'x' * 92}… {TAG}"),
        ("😀" * 100, f"{'😀' * 46}… {TAG}"),
    ],
)
async def test_a_thread_has_a_name_that_discord_takes(stage, name, shown):
    assert (await stage.open(name)).name == shown


async def test_a_thread_is_found_again_by_its_tag(stage):
    assert await stage.threads.find_created(stage.server.id, TAG) is None
    thread = await stage.open()
    await stage.open("Ben", "ffffff")
    assert await stage.threads.find_created(stage.server.id, TAG) == thread.id
    await stage.threads.close(thread.id)
    assert await stage.another_life().find_created(stage.server.id, TAG) == thread.id
    await stage.threads.remove(thread.id)
    assert await stage.threads.find_created(stage.server.id, TAG) is None


async def test_a_thread_of_somebody_else_is_not_ours_whatever_it_is_called(stage):
    thread = await stage.open()
    thread.owner_id = stage.server.owner_id
    assert await stage.threads.find_created(stage.server.id, TAG) is None


async def test_a_thread_whose_making_was_repeated_is_there_once(patient):
    patient.discord.faults.drop_reply("POST", CREATE)
    thread = await patient.open()
    assert patient.server.threads() == [thread]


async def test_of_threads_whose_answers_were_lost_one_is_found_and_stays(patient):
    patient.discord.faults.drop_reply("POST", CREATE, times=3)
    with pytest.raises(Unreachable):
        await patient.open()
    assert len(patient.server.threads()) == 3
    found = await patient.threads.find_created(patient.server.id, TAG)
    assert [thread.id for thread in patient.server.threads()] == [found]


async def test_a_name_that_is_refused_is_told_from_a_place_that_is_not_there(stage):
    stage.discord.faults.answer("POST", CREATE, status=400, code=50035)
    with pytest.raises(Refused):
        await stage.open()
    stage.upgrade.deny("create_private_threads")
    with pytest.raises(Forbidden):
        await stage.open()
    stage.upgrade.delete()
    with pytest.raises(Gone):
        await stage.open()
    stage.places = evolve(stage.places, upgrade_channel="")
    with pytest.raises(Gone):
        await stage.open()


# --- what is missing ----------------------------------------------------------------------------


async def test_a_bot_that_has_all_permissions_lacks_none(stage):
    assert await stage.threads.missing_permissions(stage.server.id) == ()


async def test_missing_permissions_have_the_names_of_discords_settings(stage):
    stage.upgrade.deny("create_private_threads", "manage_threads", "add_reactions")
    missing = ("Create Private Threads", "Manage Threads", "Add Reactions")
    assert await stage.threads.missing_permissions(stage.server.id) == missing
    stage.upgrade.deny("view_channel")
    assert await stage.threads.missing_permissions(stage.server.id) == ("View Channel",)
    stage.places = evolve(stage.places, upgrade_channel="")
    assert await stage.threads.missing_permissions(stage.server.id) == ("View Channel",)


# --- members ------------------------------------------------------------------------------------


async def test_a_member_is_let_in_twice_without_harm(stage):
    thread, ann = await stage.open(), stage.server.add_member("Ann")
    await stage.threads.add_member(thread.id, ann.id)
    await stage.threads.add_member(thread.id, ann.id)
    assert set(thread.thread_members) == {stage.discord.bot_id, ann.id}


async def test_a_member_who_left_the_server_is_gone(stage):
    thread, ann = await stage.open(), stage.server.add_member("Ann")
    ann.leave()
    with pytest.raises(Gone):
        await stage.threads.add_member(thread.id, ann.id)
    stage.upgrade.deny("send_messages_in_threads")
    ben = stage.server.add_member("Ben")
    with pytest.raises(Forbidden):
        await stage.threads.add_member(thread.id, ben.id)


async def test_the_vip_role_is_given_twice_without_harm(stage):
    ann = stage.server.add_member("Ann")
    await stage.threads.give_role(stage.server.id, ann.id)
    await stage.threads.give_role(stage.server.id, ann.id)
    assert ann.roles == [stage.vip_role]


async def test_a_role_that_can_not_be_given_says_why(stage):
    ann = stage.server.add_member("Ann")
    stage.vip_role.managed = True
    with pytest.raises(Forbidden):
        await stage.threads.give_role(stage.server.id, ann.id)
    ann.leave()
    with pytest.raises(Gone):
        await stage.threads.give_role(stage.server.id, ann.id)
    stage.places = evolve(stage.places, vip_role="")
    await stage.threads.give_role(stage.server.id, ann.id)
    assert ann.roles == []


# --- how a thread is ----------------------------------------------------------------------------


async def test_fetch_tells_what_became_of_a_thread(stage):
    thread = await stage.open()
    assert await stage.threads.fetch(thread.id) is ThreadStatus.ALIVE
    thread.archived = True
    assert await stage.threads.fetch(thread.id) is ThreadStatus.ARCHIVED
    thread.locked = True
    assert await stage.threads.fetch(thread.id) is ThreadStatus.LOCKED
    stage.upgrade.deny("view_channel")
    assert await stage.threads.fetch(thread.id) is ThreadStatus.FORBIDDEN
    thread.delete()
    assert await stage.threads.fetch(thread.id) is ThreadStatus.GONE


async def test_fetch_asks_discord_each_time(stage):
    thread = await stage.open()
    before = len(stage.discord.asked("GET", THREAD))
    await stage.threads.fetch(thread.id)
    await stage.threads.fetch(thread.id)
    assert len(stage.discord.asked("GET", THREAD)) == before + 2


@pytest.mark.parametrize("status", [500, 502, 503, 504, 401])
async def test_a_server_that_fails_says_nothing_of_the_thread(stage, status):
    thread = await stage.open()
    stage.discord.faults.answer("GET", THREAD, status=status)
    with pytest.raises(Unreachable):
        await stage.threads.fetch(thread.id)


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_page_of_some_proxy_says_nothing_of_the_thread(stage, status):
    thread = await stage.open()
    stage.discord.faults.answer("GET", THREAD, status=status, body="<html>blocked</html>")
    with pytest.raises(Unreachable):
        await stage.threads.fetch(thread.id)


async def test_in_an_outage_of_the_server_nothing_is_gone(stage):
    thread = await stage.open()
    stage.server.set_available(False)
    await stage.until_cached(available=False)
    for status in (403, 404):
        stage.discord.faults.answer("GET", THREAD, status=status)
        for threads in (stage.threads, stage.another_life()):
            with pytest.raises(Unreachable):
                await threads.fetch(thread.id)
            stage.discord.faults.answer("GET", THREAD, status=status)
        stage.discord.faults.clear()


async def test_a_wait_that_is_too_long_for_hikari_is_told(stage):
    thread = await stage.open()
    stage.discord.faults.answer("GET", THREAD, status=429, retry_after=1234)
    with pytest.raises(FloodWait) as wait:
        await stage.threads.fetch(thread.id)
    assert wait.value.seconds == 1234
    fault = stage.discord.faults.answer("GET", THREAD, status=429, retry_after=7)
    fault.body = "slow down"
    with pytest.raises(FloodWait) as wait:
        await stage.threads.fetch(thread.id)
    assert wait.value.seconds == 7


async def test_without_a_connection_nothing_is_known(stage):
    thread = await stage.open()
    stage.link.close("it was closed")
    for ask in (
        lambda: stage.threads.fetch(thread.id),
        lambda: stage.another_life().history(thread.id, "", 10),
        lambda: stage.threads.remove(thread.id),
    ):
        with pytest.raises(Unreachable, match="it was closed"):
            await ask()


# --- the end ------------------------------------------------------------------------------------


async def test_a_thread_is_archived_and_locked_twice_without_harm(stage):
    thread = await stage.open()
    await stage.threads.close(thread.id)
    assert (thread.archived, thread.locked) == (True, True)
    await stage.threads.close(thread.id)
    assert (thread.archived, thread.locked) == (True, True)


async def test_a_thread_that_slept_is_locked_all_the_same(stage):
    thread = await stage.open()
    thread.archived = True
    await stage.threads.close(thread.id)
    assert (thread.archived, thread.locked) == (True, True)


async def test_a_thread_is_closed_by_those_only_who_may(stage):
    thread = await stage.open()
    stage.upgrade.deny("manage_threads")
    with pytest.raises(Forbidden):
        await stage.threads.close(thread.id)
    assert (thread.archived, thread.locked) == (True, False)
    with pytest.raises(Forbidden):
        await stage.threads.remove(thread.id)
    thread.delete()
    with pytest.raises(Gone):
        await stage.threads.close(thread.id)
    await stage.threads.remove(thread.id)
    assert stage.server.threads() == []


async def test_of_threads_with_one_tag_the_one_with_people_in_it_stays(stage):
    thread, ann = await stage.open(), stage.server.add_member("Ann")
    await stage.threads.add_member(thread.id, ann.id)
    newer = await stage.open()
    assert stage.server.threads() == [thread, newer]
    assert await stage.threads.find_created(stage.server.id, TAG) == newer.id
    assert stage.server.threads() == [thread, newer]


async def test_a_thread_is_made_though_nobody_can_tell_whether_it_was_made_twice(stage):
    stage.discord.faults.answer("GET", "/guilds/*/threads/active", status=503, times=None)
    thread = await stage.open()
    assert stage.server.threads() == [thread]
    with pytest.raises(Unreachable):
        await stage.threads.find_created(stage.server.id, TAG)


async def test_what_can_not_be_removed_stays_and_hinders_nobody(stage):
    stage.discord.faults.drop_reply("POST", CREATE)
    with pytest.raises(Unreachable):
        await stage.open()
    stage.discord.faults.answer("DELETE", THREAD, status=503, times=None)
    thread = await stage.open()
    assert await stage.threads.find_created(stage.server.id, TAG) == min(
        thread.id, *(one.id for one in stage.server.threads())
    )
    assert len(stage.server.threads()) == 2


async def test_without_its_channel_there_is_no_thread_to_be_found(stage):
    await stage.open()
    stage.upgrade.delete()
    assert await stage.threads.find_created(stage.server.id, TAG) is None
    stage.places = evolve(stage.places, upgrade_channel="")
    assert await stage.threads.find_created(stage.server.id, TAG) is None


async def test_a_channel_is_no_thread(stage):
    assert await stage.threads.fetch(stage.upgrade.id) is ThreadStatus.GONE


async def test_where_an_outage_can_not_be_told_from_a_loss_it_is_one(stage):
    thread = await stage.open()
    stage.server.remove_bot()
    while stage.connection.bot.cache.get_available_guild(int(stage.server.id)) is not None:  # noqa: ASYNC110 - hikari tells nobody
        await trio.sleep(0.01)
    stage.discord.faults.answer("GET", "/users/@me/guilds", status=503)
    with pytest.raises(Unreachable):
        await stage.threads.fetch(thread.id)
    assert await stage.threads.fetch(thread.id) is ThreadStatus.FORBIDDEN
