"""The look-out that every test of the VIP half has: it finds what it has to find."""

from collections.abc import Callable

import pytest
import trio
from attrs import evolve

from actors.ports import Change, Delete, Put
from actors.vip.model import AccountState, VIPAccount, VIPSession
from tests.worlds.vip import GUILD, Thread
from tests.worlds.vip_rig import VIPRig


def _account(rig: VIPRig, name: str = "a") -> VIPAccount:
    found = rig.store.backend.get(VIPAccount, name)
    assert found is not None
    return found


def _lose_an_account(rig: VIPRig) -> Change:
    return Delete(VIPAccount, "b")


def _lease_a_second_account_to_the_session(rig: VIPRig) -> Change:
    leased = _account(rig)
    return Put(evolve(leased, name="b"))


def _close_a_session_and_keep_its_lease(rig: VIPRig) -> Change:
    return Delete(VIPSession, rig.session().key)


def _give_back_and_keep_the_lease(rig: VIPRig) -> Change:
    return Put(evolve(rig.session(), released=True))


def _lease_to_the_wrong_member(rig: VIPRig) -> Change:
    return Put(evolve(_account(rig), member=f"{GUILD}/8"))


def _free_an_account_and_keep_its_session(rig: VIPRig) -> Change:
    return Put(evolve(_account(rig), state=AccountState.FREE))


def _give_a_second_session_the_same_lease(rig: VIPRig) -> Change:
    return Put(evolve(rig.session(), id="ffffff", member="8"))


def _use_a_lease_that_was_never_given(rig: VIPRig) -> Change:
    return Put(evolve(rig.session(), epoch=99))


def _store_what_was_said(rig: VIPRig) -> Change:
    rig.say("for nobody's eyes\nbut the desk's")
    return Put(evolve(rig.session(), name="she said: but the desk's, and more"))


BREAKS = (
    _lose_an_account,
    _lease_a_second_account_to_the_session,
    _close_a_session_and_keep_its_lease,
    _give_back_and_keep_the_lease,
    _lease_to_the_wrong_member,
    _free_an_account_and_keep_its_session,
    _give_a_second_session_the_same_lease,
    _use_a_lease_that_was_never_given,
    _store_what_was_said,
)


@pytest.mark.parametrize("breaks", BREAKS, ids=lambda one: one.__name__.strip("_"))
async def test_what_breaks_an_invariant_is_found_at_that_commit(
    autojump_clock: object, breaks: Callable[[VIPRig], Change]
) -> None:
    rig = VIPRig()
    with pytest.raises(AssertionError) as raised:
        await _live(rig, lambda: rig.store.backend.commit([breaks(rig)]))
    assert str(raised.value).startswith(rig.watch.broken[0])


async def test_a_member_in_two_live_threads_is_found(autojump_clock: object) -> None:
    rig = VIPRig()
    second = Thread("1", GUILD, "again", {"7"})
    with pytest.raises(AssertionError, match="two live threads"):
        await _live(rig, lambda: rig.world.threads.setdefault("1", second))


async def _live(rig: VIPRig, do: Callable[[], object]) -> None:
    """A life in which this is done, and another step after it."""
    async with rig.running():
        await rig.opened()
        rig.say("anything")
        assert rig.watch.broken == []
        do()
        await trio.sleep(1)


async def test_a_whole_session_is_looked_at_all_the_way(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.say("a question of mine")
        rig.desk_says("an answer of ours")
        await trio.sleep(5)
        rig.say("!end", command="end")
        await rig.until(lambda: not rig.sessions())
        await rig.until_free()
    assert rig.watch.looks == len(rig.store.history)
    assert rig.watch.looks > 10
    assert rig.watch.broken == []
