"""Blocking members from VIP threads: what is stored, what the audit log tells, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import Audit
from actors.ports import Put, StoreUnavailable
from actors.vip.model import SessionState, VIPBlock, VIPSession
from daemon.service import By, Refused, Service, block_member, count_blocks, forget, unblock_member
from daemon.storage import MemoryStore

NOW = 1_795_000_000.0
ANN = "501501501"
EVE = By("77", "Snow", "900900900")


async def audits(store: MemoryStore) -> list[tuple[str, str, str, str]]:
    found = sorted(await store.find(Audit), key=lambda one: one.action)
    return [(one.guild, one.member, one.action, one.details) for one in found]


async def test_a_block_is_stored_with_who_set_it_and_why(service: Service, store: MemoryStore) -> None:
    done = await block_member(service, EVE, ANN, " sells\n accounts ")
    block = VIPBlock("77", ANN, NOW, "900900900", "sells accounts")
    assert (done.result, done.block, done.live) == ("blocked", block, False)
    assert await store.get(VIPBlock, f"77/{ANN}") == block
    assert await audits(store) == [("77", "900900900", "vip block", f"member {ANN}: sells accounts")]


async def test_twice_is_once(service: Service, store: MemoryStore) -> None:
    await block_member(service, EVE, ANN, "spam")
    for again in ("spam", ""):
        done = await block_member(service, By("77", "Snow", "901"), ANN, again)
        assert (done.result, done.block.reason, done.block.by) == ("already", "spam", "900900900")
    assert len(await audits(store)) == 1


async def test_another_reason_counts_from_then_on(service: Service, store: MemoryStore) -> None:
    await block_member(service, EVE, ANN)
    done = await block_member(service, By("77", "Snow", "901"), ANN, "spam")
    assert (done.result, done.block) == ("changed", VIPBlock("77", ANN, NOW, "901", "spam"))
    told = [details for *_, details in await audits(store)]
    assert sorted(told) == [f"member {ANN}: spam", f"member {ANN}: without a reason"]


@pytest.mark.parametrize("state", SessionState)
async def test_a_live_session_goes_on_and_is_told_of(
    service: Service, store: MemoryStore, state: SessionState
) -> None:
    session = VIPSession("77", ANN, "aa", state, 1.0)
    await store.commit(Put(session))
    for _ in range(2):
        assert (await block_member(service, EVE, ANN)).live == (state is not SessionState.ENDING)
    assert await store.get(VIPSession, session.key) == session


async def test_an_unblocked_member_is_free_and_twice_is_once(service: Service, store: MemoryStore) -> None:
    await block_member(service, EVE, ANN, "spam")
    assert [(await unblock_member(service, EVE, ANN)).result for _ in range(2)] == ["unblocked", "free"]
    assert await store.find(VIPBlock) == []
    assert [action for _, _, action, _ in await audits(store)] == ["vip block", "vip unblock"]


async def test_blocks_hold_in_their_own_guild(service: Service) -> None:
    await block_member(service, EVE, ANN)
    await block_member(service, EVE, "502")
    assert [await count_blocks(service, guild) for guild in ("77", "78")] == [2, 0]
    assert (await unblock_member(service, By("78", "Fire", "1"), ANN)).result == "free"


@pytest.mark.parametrize("member", ["", "Ann", "<@5>", "0", "١٢", "12\n", "77/5", "9" * 21])
async def test_what_is_no_id_is_named_and_nothing_is_stored(
    service: Service, store: MemoryStore, member: str
) -> None:
    for change in (block_member, unblock_member):
        with pytest.raises(Refused, match=r"member '.*Copy ID"):
            await change(service, EVE, member)
    with pytest.raises(Refused, match="guild ''"):
        await block_member(service, By("", "", "1"), ANN)
    assert await store.find(VIPBlock) == []
    assert await audits(store) == []


async def test_a_reason_that_is_too_long_is_named(service: Service, store: MemoryStore) -> None:
    with pytest.raises(Refused, match=r"reason 'xxx.*201 characters: at most 200"):
        await block_member(service, EVE, ANN, "x" * 201)
    assert await store.find(VIPBlock) == []


@given(reason=st.text(max_size=200))
async def test_any_reason_is_one_line_and_twice_is_once(reason: str) -> None:
    store = MemoryStore()
    service = Service(store, _Clock(), dict)
    first = await block_member(service, EVE, ANN, reason)
    assert len(first.block.reason.splitlines()) <= 1
    assert (await block_member(service, EVE, ANN, reason)).result == "already"
    assert (await block_member(service, EVE, ANN, first.block.reason)).result == "already"


async def test_who_is_forgotten_stays_blocked_and_the_audit_log_loses_the_name(
    service: Service, store: MemoryStore
) -> None:
    await block_member(service, EVE, ANN, "spam")
    await forget(service, ANN)
    assert [one.member for one in await store.find(VIPBlock)] == [ANN]
    assert ANN not in str(await audits(store))


async def test_where_the_store_is_away_nothing_is_said_to_be_done(
    service: Service, store: MemoryStore
) -> None:
    store.away = True
    with pytest.raises(StoreUnavailable):
        await block_member(service, EVE, ANN)
    store.away = False
    assert await store.find(VIPBlock) == []


class _Clock:
    def now(self) -> float:
        return NOW
