"""An admin of a guild imports players, and adds or retires codes: for the guild, by name in the audit log."""

from typing import Any

import pytest
import trio
from attrs import evolve

from actors.giftcodes.model import (
    TERMINAL_GUILD,
    Audit,
    Code,
    CodeState,
    Guild,
    Player,
    Registration,
)
from actors.ports import Put
from daemon.service import By, Service, add_code, import_players, register_player, retire_code
from daemon.storage import MemoryStore

EVE = By("77", "Snow", "501")
FILE = b"game,fid,state,name\nwos,1,7,Ann\nwos,x,7,Bo\nks,2,,Cleo\n"


async def test_imported_players_are_registered_for_the_admin_in_its_guild(
    service: Service, store: MemoryStore
) -> None:
    report = await import_players(service, FILE, by=EVE)
    assert (report.added, [fault.line for fault in report.faults]) == (2, [3])
    registrations = await store.find(Registration)
    assert [one.key for one in registrations] == ["77/501/ks/2", "77/501/wos/1"]
    assert await store.find(Guild) == [Guild("77", "Snow")]
    (audit,) = await store.find(Audit)
    assert (audit.guild, audit.member, audit.action) == ("77", "501", "players import")
    assert audit.details == "2 added, 0 changed, 0 as they were, 1 line left out"


async def test_importing_again_registers_nobody_twice_and_keeps_the_guilds_settings(
    service: Service, store: MemoryStore
) -> None:
    await store.commit(Put(Guild("77", "Old", paused=True)))
    await import_players(service, FILE, by=EVE)
    again = await import_players(service, FILE, by=EVE)
    assert (again.added, again.unchanged) == (0, (2, 4))
    assert len(await store.find(Registration)) == 2
    assert await store.find(Guild) == [Guild("77", "Snow", paused=True)]


async def test_an_admin_corrects_players_of_its_own_guild_and_leaves_those_of_others(
    service: Service, store: MemoryStore
) -> None:
    await store.commit(
        Put(Player("wos", "1", "6", "Old")),
        Put(Registration("77", "someone", "wos", "1")),
        Put(Player("wos", "2", "6", "Theirs")),
        Put(Registration("88", "someone", "wos", "2")),
        Put(Player("wos", "3", "6", "Theirs")),
        Put(Registration(TERMINAL_GUILD, "", "wos", "3")),
    )
    lines = b"game,fid,state,name\nwos,1,7,Ann\nwos,2,7,Mine\nwos,3,6,Mine\n"
    report = await import_players(service, lines, by=EVE)
    assert [one.changes for one in report.updated] == [("state 6 → 7", "name Old → Ann")]
    (fault,) = report.faults
    assert fault.line == 3
    assert fault.reason.startswith("player wos/2 is registered by others with another state number: ")
    assert [one.name for one in await store.find(Player)] == ["Ann", "Theirs", "Theirs"]
    assert {one.fid for one in await store.find(Registration, member="501")} == {"1", "3"}


async def test_the_operator_corrects_any_player_and_is_in_no_audit_log(
    service: Service, store: MemoryStore
) -> None:
    await store.commit(Put(Player("wos", "1", "6")), Put(Registration("88", "someone", "wos", "1")))
    report = await import_players(service, b"game,fid,state,name\nwos,1,7,Ann\n")
    assert [one.player for one in report.updated] == ["wos/1"]
    assert await store.find(Audit) == await store.find(Guild) == []
    assert {one.guild for one in await store.find(Registration)} == {"88", TERMINAL_GUILD}


async def test_who_adds_or_retires_a_code_is_in_the_audit_log_in_the_same_batch(
    service: Service, store: MemoryStore, told: Any
) -> None:
    await add_code(service, code="SNOW", game="wos", by=EVE)
    await retire_code(service, code="SNOW", game="wos", by=EVE)
    assert [[type(change.record) for change in batch.changes] for batch in store.history] == [
        [Code, Audit],
        [Code, Audit],
    ]
    assert {(one.action, one.details) for one in await store.find(Audit, member="501")} == {
        ("codes add", "wos/SNOW"),
        ("codes retire", "wos/SNOW"),
    }
    assert told.changes == [frozenset({"codes"})] * 2


async def test_what_changes_nothing_is_in_no_audit_log(service: Service, store: MemoryStore) -> None:
    await add_code(service, code="SNOW", game="wos")
    await add_code(service, code="SNOW", game="wos", by=EVE)
    await retire_code(service, code="SNOW", game="wos")
    await retire_code(service, code="SNOW", game="wos", by=EVE)
    assert await store.find(Audit) == []


async def test_who_has_an_ended_code_tried_again_is_in_the_audit_log(
    service: Service, store: MemoryStore, told: Any
) -> None:
    await store.commit(Put(Code("wos", "SNOW", CodeState.EXPIRED)), Put(Player("wos", "1", "7")))
    assert (await add_code(service, code="SNOW", game="wos", by=EVE)).result == "retrying"
    assert [one.action for one in await store.find(Audit)] == ["codes add"]
    assert told.retries == [("wos", "SNOW")]


@pytest.mark.parametrize("guild", [Guild("77", "Snow", auto_redeem=False), Guild("77", "Snow", paused=True)])
async def test_an_ended_code_is_not_tried_where_nobody_gets_codes_unasked(
    service: Service, store: MemoryStore, told: Any, guild: Guild
) -> None:
    await store.commit(
        Put(guild),
        Put(Code("wos", "SNOW", CodeState.EXPIRED)),
        Put(Player("wos", "1", "7")),
        Put(Registration("77", "ann", "wos", "1")),
    )
    added = await add_code(service, code="SNOW", game="wos", by=EVE)
    assert (added.result, told.retries) == ("ended", [])
    assert await store.find(Audit) == []


async def test_who_registers_during_a_large_import_waits_for_one_batch_at_most(
    service: Service, store: MemoryStore
) -> None:
    rows = "".join(f"wos,{fid},10,P{fid}\n" for fid in range(1, 5001))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(import_players, service, b"game,fid,state,name\n" + rows.encode())
        while not store.history:
            await trio.lowlevel.checkpoint()
        before = len(store.history)
        await register_player(
            service,
            service.verify,
            guild="77",
            guild_name="Snow",
            member="501",
            game="wos",
            fid="9999",
            state="7",
        )
        mine = next(
            number
            for number, batch in enumerate(store.history)
            if any(change.record.key == "wos/9999" for change in batch.changes if isinstance(change, Put))
        )
        assert mine <= before + 1
    assert len(store.history) == 11
    assert len(await store.find(Player)) == 5001


async def test_what_changed_during_an_import_is_not_overwritten_by_what_was_there_before(
    service: Service, store: MemoryStore
) -> None:
    await store.commit(Put(Player("wos", "700", "10", "Old", auto_redeem=True)))
    rows = "".join(f"wos,{fid},10,P{fid}\n" for fid in range(1, 800))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(import_players, service, b"game,fid,state,name\n" + rows.encode())
        while len(store.history) < 2:
            await trio.lowlevel.checkpoint()
        async with service.lock:
            player = await store.get(Player, "wos/700")
            assert player is not None
            await service.commit("players", Put(evolve(player, auto_redeem=False)))
    player = await store.get(Player, "wos/700")
    assert player is not None
    assert (player.name, player.auto_redeem) == ("P700", False)
