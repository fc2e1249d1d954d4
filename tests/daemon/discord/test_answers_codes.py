"""`/codes`: what is listed, and what adding and retiring come to."""

import csv
import io

import pytest

from actors.giftcodes.model import Audit, Code, CodeState
from actors.ports import Put
from daemon.discord.answers import codes
from daemon.discord.answers.audit import show_audit
from daemon.discord.render import message_of
from daemon.discord.values import Caller
from daemon.service import NotFound, Refused
from daemon.storage import MemoryStore
from tests.worlds.discord_desk import ADMIN, MEMBER, NOW, OWNER, a_desk, in_direct_message, shown


async def test_live_codes_come_first_and_then_the_newest() -> None:
    store = MemoryStore()
    await store.commit(
        Put(Code("wos", "OLD", first_seen=NOW - 9)),
        Put(Code("wos", "GONE", state=CodeState.EXPIRED, first_seen=NOW, ended_at=NOW)),
        Put(Code("ks", "NEW", first_seen=NOW - 1, expires=NOW + 60, rewards="100 gems")),
    )

    reply = await codes.show_codes(a_desk(store), MEMBER)

    lines = reply.cards[0].text.splitlines()
    assert [next(word for word in ("OLD", "GONE", "NEW") if word in line) for line in lines] == [
        "NEW",
        "OLD",
        "GONE",
    ]
    assert "100 gems" in lines[0]
    assert f"<t:{NOW + 60:.0f}:R>" in lines[0]
    assert reply.cards[0].title == "3 codes, 2 live"
    assert not reply.files


async def test_of_a_thousand_codes_the_first_are_shown_and_all_are_in_the_file() -> None:
    store = MemoryStore()
    await store.commit(*(Put(Code("wos", f"Code{n:04}", first_seen=NOW - n)) for n in range(1000)))

    reply = await codes.show_codes(a_desk(store), MEMBER)

    assert "Code0000" in reply.cards[0].text
    assert "980 more" in reply.cards[0].text
    rows = list(csv.DictReader(io.StringIO(reply.files[0].content.decode("utf-8-sig"))))
    assert [row["code"] for row in rows] == [f"Code{n:04}" for n in range(1000)]


async def test_only_codes_of_a_game_or_a_state() -> None:
    store = MemoryStore()
    await store.commit(
        Put(Code("wos", "SNOW")), Put(Code("ks", "KING")), Put(Code("wos", "GONE", state=CodeState.RETIRED))
    )
    desk = a_desk(store)

    assert "KING" not in shown(await codes.show_codes(desk, MEMBER, game="wos"))
    assert "SNOW" not in shown(await codes.show_codes(desk, MEMBER, state="retired"))
    assert (
        shown(await codes.show_codes(desk, MEMBER, game="ks", state="retired")) == "There are no such codes."
    )
    with pytest.raises(Refused, match="not configured"):
        await codes.show_codes(desk, MEMBER, game="chess")


async def test_what_a_source_wrote_does_not_break_out_of_the_list() -> None:
    store = MemoryStore()
    await store.commit(Put(Code("wos", "`@everyone`", rewards="**<@1>** [x](https://evil.example)")))

    text = shown(await codes.show_codes(a_desk(store), MEMBER))

    assert "@everyone" not in text.replace("\u200b", "!")
    assert "<@1>" not in text
    assert "\\[x\\]" in text


@pytest.mark.parametrize(("caller", "named"), [(MEMBER, False), (ADMIN, False), (OWNER, True)])
async def test_which_channel_a_code_is_from_stands_in_the_file_of_owners_alone(
    caller: Caller, named: bool
) -> None:
    store = MemoryStore()
    await store.commit(*(Put(Code("wos", f"Code{n}", source="discord:555")) for n in range(30)))
    await store.commit(Put(Code("wos", "Other", source="kingshot.net")))

    (file,) = (await codes.show_codes(a_desk(store), caller)).files

    sources = {row["source"] for row in csv.DictReader(file.content.decode().splitlines())}
    assert sources == {"discord:555" if named else "an announcement channel", "kingshot.net"}


async def test_adding_a_code_is_told_and_audited() -> None:
    store = MemoryStore()
    desk = a_desk(store)

    text = shown(await codes.add(desk, ADMIN, code=" Snow2026 ", game="wos"))

    assert "Added `Snow2026` (Whiteout Survival)" in text
    assert (await store.get(Code, "wos/Snow2026")) is not None
    (entry,) = await store.find(Audit)
    assert (entry.guild, entry.member, entry.action) == (ADMIN.guild, ADMIN.member, "codes add")
    assert "Snow2026" in entry.details


async def test_a_code_that_is_there_is_not_audited_again() -> None:
    store = MemoryStore()
    desk = a_desk(store)
    await codes.add(desk, ADMIN, code="SNOW", game="wos")

    text = shown(await codes.add(desk, ADMIN, code="SNOW", game="wos"))

    assert "is there already" in text
    assert len(await store.find(Audit)) == 1


async def test_an_ended_code_that_nobody_can_try_is_said_to_be_so() -> None:
    store = MemoryStore()
    await store.commit(Put(Code("wos", "GONE", state=CodeState.EXPIRED)))

    assert "nobody can try it again" in shown(await codes.add(a_desk(store), ADMIN, code="GONE", game="wos"))


async def test_retiring_ends_a_code_and_is_audited() -> None:
    store = MemoryStore()
    await store.commit(Put(Code("wos", "SNOW")), Put(Code("ks", "SNOW")))

    text = shown(await codes.retire(a_desk(store), OWNER, code="wos/SNOW"))

    retired, other = await store.get(Code, "wos/SNOW"), await store.get(Code, "ks/SNOW")
    assert text.startswith("Retired `SNOW`")
    assert retired is not None
    assert retired.state is CodeState.RETIRED
    assert other is not None
    assert other.state is CodeState.LIVE
    assert [entry.action for entry in await store.find(Audit)] == ["codes retire"]


async def test_retiring_an_ended_code_changes_nothing() -> None:
    store = MemoryStore()
    await store.commit(Put(Code("wos", "GONE", state=CodeState.EXPIRED)))

    assert "ended already: expired" in shown(await codes.retire(a_desk(store), OWNER, code="GONE"))
    assert await store.find(Audit) == []


async def test_a_code_of_several_games_must_be_named_with_its_game() -> None:
    store = MemoryStore()
    await store.commit(Put(Code("wos", "SNOW")), Put(Code("ks", "SNOW")))

    with pytest.raises(Refused, match="each have one"):
        await codes.retire(a_desk(store), OWNER, code="SNOW")


async def test_a_code_in_the_wrong_case_is_told_apart() -> None:
    store = MemoryStore()
    await store.commit(Put(Code("wos", "Snow")))

    with pytest.raises(NotFound, match="there is Snow: case matters"):
        await codes.retire(a_desk(store), OWNER, code="SNOW")


async def test_the_list_fits_into_a_message_whatever_its_codes_are() -> None:
    store = MemoryStore()
    await store.commit(*(Put(Code("wos", "🎁" * 50 + str(n), rewards="x" * 500)) for n in range(60)))

    message = message_of(await codes.show_codes(a_desk(store), MEMBER))

    assert len(message["embeds"][0].description) <= 4096


async def test_an_admin_adds_codes_slowly_and_an_owner_as_fast_as_it_likes() -> None:
    desk = a_desk(MemoryStore())
    for number in range(codes.MOST_ADDED):
        await codes.add(desk, ADMIN, code=f"SNOW{number}", game="wos")

    with pytest.raises(Refused, match="try again in 10 min"):
        await codes.add(desk, ADMIN, code="MORE", game="wos")
    for number in range(2 * codes.MOST_ADDED):
        await codes.add(desk, OWNER, code=f"ICE{number}", game="wos")

    assert len(await desk.service.store.find(Code)) == 3 * codes.MOST_ADDED


async def test_what_an_owner_changes_in_a_direct_message_is_shown_in_one() -> None:
    desk, owner = a_desk(MemoryStore()), in_direct_message(OWNER)
    before = shown(await show_audit(desk, owner))

    await codes.add(desk, owner, code="SNOW", game="wos")
    await codes.retire(desk, owner, code="SNOW")

    text = shown(await show_audit(desk, owner))
    assert "Nothing has been changed yet" in before
    assert text.count("`codes add`") == text.count("`codes retire`") == 1
    assert "Nothing has been changed by admins yet" in shown(await show_audit(desk, ADMIN))
