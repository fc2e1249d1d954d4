"""What is stored of a member, and that nothing of it is left."""

from typing import Any

import pytest
import trio
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import (
    TERMINAL_GUILD,
    Audit,
    Call,
    Channel,
    Code,
    CodeState,
    Guild,
    Outcome,
    Player,
    Post,
    PostKind,
    Redemption,
    Registration,
    Watched,
    Wish,
)
from actors.ports import Put, StoreUnavailable
from actors.records import RECORDS
from daemon.clock import SteadyClock
from daemon.service import Known, Service, forget, what_is_known
from daemon.storage import MemoryStore, codec

ANN, BOB = "501501501", "502502502"
MINE, SHARED, THEIRS = Player("wos", "111", "7", "Annika"), Player("wos", "222"), Player("wos", "333")


async def fill(store: MemoryStore) -> None:
    """Ann and Bob: one player each, and one that both registered."""
    players = [MINE, SHARED, THEIRS]
    pairs = [Redemption(p.game, p.fid, code, outcome=Outcome.REDEEMED) for p in players for code in "AB"]
    registrations = [
        Registration("77", ANN, "wos", "111"),
        Registration("88", ANN, "wos", "111"),
        Registration("77", ANN, "wos", "222"),
        Registration("77", BOB, "wos", "222"),
        Registration("77", BOB, "wos", "333"),
    ]
    wishes = [
        Wish("wos", "111", "A", 1, 1.0, "77", BOB),
        Wish("wos", "222", "A", 1, 1.0, "77", ANN),
        Wish("wos", "333", "A", 1, 1.0, "77", BOB),
    ]
    audits = [
        Audit("a1", 1.0, "77", ANN, "pause", "running → paused"),
        Audit("a2", 2.0, "77", BOB, "unregister", "player wos/111, registered by 1 other"),
        Audit("a3", 3.0, "77", BOB, "unregister", "player wos/1111, registered by 1 other"),
    ]
    guild = Guild(
        "77",
        "Snow",
        channels=(Channel("9", 1.0, by=ANN), Channel("8", 1.0, by=BOB)),
        watched=(Watched("7", "wos", 1.0, ANN),),
    )
    calls = [Call("wos", p.fid, f"id{p.fid}", 5.0, 6.0) for p in players]
    codes = [Code("wos", "A", CodeState.EXPIRED, canary="111", canary_at=4.0), Code("wos", "B", canary="222")]
    told = [
        Post("77", "9", "wos", "A", 1, 5.0, PostKind.MENTION, 4.0, members=(ANN, BOB)),
        Post("77", "9", "wos", "B", 1, None, PostKind.MENTION, 4.0, members=(ANN,)),
        Post("77", "9", "wos", "B", 1, 5.0, PostKind.MENTION, 4.0, number=1, members=(BOB,)),
        Post("77", "9", "wos", "B", 1, 5.0),
    ]
    for records in (players, pairs, registrations, wishes, audits, [guild], calls, codes, told):
        await store.commit(*map(Put, records))


async def everything(store: MemoryStore) -> dict[str, str]:
    """All records as text."""
    found = [record for type_ in RECORDS for record in await store.find(type_)]
    return {f"{record.collection} {record.key}": codec.encode(record) for record in found}


async def test_what_is_known_is_what_is_erased(service: Service, store: MemoryStore, told: Any) -> None:
    await fill(store)
    known = await what_is_known(service, ANN)
    numbers = {"redemptions": 2, "calls": 1, "wishes": 2, "audits": 2, "channels": 2, "mentions": 2}
    assert known == Known((MINE,), (SHARED,), 3, **numbers)
    assert await forget(service, ANN) == known
    assert (await what_is_known(service, ANN)).is_nothing
    assert told.changes[0] == frozenset({"players", "wishes"})
    assert frozenset({"registrations"}) in told.changes


async def test_nothing_of_a_member_is_left_and_everything_of_others_is(
    service: Service, store: MemoryStore
) -> None:
    await fill(store)
    before = await everything(store)
    await forget(service, ANN)
    after = await everything(store)
    text = "\n".join([*after, *after.values()])
    assert ANN not in text
    assert "Annika" not in text
    assert '"111"' not in text
    assert "wos/111," not in text
    assert {key for key in before if "222" in key or "333" in key} - after.keys() == {
        f"registrations 77/{ANN}/wos/222",
        "wishes wos/A/1/222",
    }
    kept = await store.get(Guild, "77")
    assert [(one.id, one.by) for one in kept.channels] == [("9", ""), ("8", BOB)]
    assert [(one.id, one.by) for one in kept.watched] == [("7", "")]
    told = await store.find(Post, kind=PostKind.MENTION.value)
    assert [(one.code, one.at, one.members) for one in told] == [
        ("A", 5.0, (BOB,)),
        ("B", None, ()),
        ("B", 5.0, (BOB,)),
    ]
    audits = {one.id: (one.member, one.details) for one in await store.find(Audit)}
    assert audits == {
        "a1": ("", "running → paused"),
        "a2": (BOB, "(erased)"),
        "a3": (BOB, "player wos/1111, registered by 1 other"),
    }


async def test_calls_count_for_the_rate_window_without_saying_for_whom_they_were(
    service: Service, store: MemoryStore
) -> None:
    await fill(store)
    await forget(service, ANN)
    calls = {call.id: call for call in await store.find(Call)}
    assert calls["id111"] == Call("wos", "", "id111", 5.0, 6.0)
    assert calls["id333"].fid == "333"


async def test_what_the_operator_registered_too_stays(service: Service, store: MemoryStore) -> None:
    await fill(store)
    await store.commit(Put(Registration(TERMINAL_GUILD, "", "wos", "111")))
    assert (await what_is_known(service, ANN)).players == ()
    await forget(service, ANN)
    assert await store.get(Player, "wos/111") == MINE
    assert len(await store.find(Redemption, fid="111")) == 2


async def test_of_who_is_not_known_nothing_is_erased(service: Service, store: MemoryStore) -> None:
    await fill(store)
    await store.commit(Put(Registration(TERMINAL_GUILD, "", "wos", "444")), Put(Player("wos", "444")))
    before = len(store.history)
    assert (await forget(service, "999")).is_nothing
    assert len(store.history) == before


async def test_many_records_are_erased_a_few_hundred_at_a_time(service: Service, store: MemoryStore) -> None:
    await fill(store)
    await store.commit(*[Put(Redemption("wos", "111", f"C{n}")) for n in range(1200)])
    known = await forget(service, ANN)
    assert known.redemptions == 1202
    assert await store.find(Redemption, fid="111") == []
    assert max(len(batch.changes) for batch in store.history[-4:]) <= 500


@given(after=st.integers(0, 8))
async def test_cut_short_at_any_commit_it_can_be_repeated(after: int) -> None:
    class Failing(MemoryStore):
        left = 100

        async def commit(self, *changes: Any) -> Any:
            if self.left == 0:
                self.away = True
            self.left -= 1
            return await super().commit(*changes)

    store = Failing()
    service = Service(store, SteadyClock(), lambda: {"wos": "v2"})
    await fill(store)
    await store.commit(*[Put(Redemption("wos", "111", f"C{n}")) for n in range(1200)])
    store.left = after
    try:
        await forget(service, ANN)
    except StoreUnavailable:
        store.away, store.left = False, 100
        await forget(service, ANN)
    text = "\n".join((await everything(store)).values())
    assert ANN not in text
    assert '"111"' not in text


async def test_who_registers_in_that_moment_is_registered_afterwards(autojump_clock: Any) -> None:
    class Slow(MemoryStore):
        async def commit(self, *changes: Any) -> Any:
            await trio.sleep(0.5)
            return await super().commit(*changes)

    store = Slow()
    service = Service(store, SteadyClock(), lambda: {"wos": "v2"})
    await fill(store)

    async def join() -> None:
        await trio.sleep(0.7)
        async with service.lock:
            await store.commit(Put(evolve(MINE, name="")), Put(Registration("99", ANN, "wos", "111")))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(forget, service, ANN)
        nursery.start_soon(join)
    assert [one.guild for one in await store.find(Registration, member=ANN)] == ["99"]
    assert await store.get(Player, "wos/111") is not None


@pytest.mark.parametrize("member", ["", TERMINAL_GUILD])
async def test_the_operators_own_records_are_nobodys_to_erase(
    service: Service, store: MemoryStore, member: str
) -> None:
    await store.commit(
        Put(Registration(TERMINAL_GUILD, "", "wos", "444")),
        Put(Player("wos", "444")),
        Put(Audit("a", 1.0, "77", "", "pause")),
        Put(Guild("77", "Snow", channels=(Channel("9", 1.0),))),
    )
    assert (await forget(service, member)).is_nothing
    assert await store.get(Player, "wos/444") is not None
