"""`/perkd players import`: who may, how large a file may be, what is told of it."""

import pytest
import trio
from attrs import define, field

from actors.giftcodes.model import TERMINAL_GUILD, Audit, Registration
from daemon.discord.answers.desk import Upload
from daemon.discord.answers.importing import import_file
from daemon.discord.answers.lists import MOST_BYTES
from daemon.discord.render import CONTENT
from daemon.discord.text import units
from daemon.service import MAX_CSV_BYTES, BadFile, Refused
from daemon.storage import MemoryStore
from tests.worlds.discord_desk import ADMIN, GUILD, MEMBER, OWNER, a_desk, in_direct_message, shown

HEADER = "game,fid,state,name\n"


@define
class Attached:
    """A file at Discord, and how often it was fetched."""

    text: str
    fetched: list[int] = field(factory=list)

    def upload(self, size: int | None = None) -> Upload:
        return Upload("players.csv", len(self.text) if size is None else size, self.read)

    async def read(self, longest: int) -> bytes:
        await trio.lowlevel.checkpoint()
        self.fetched.append(longest)
        return self.text.encode()


async def test_an_admin_imports_for_the_server() -> None:
    store = MemoryStore()
    file = Attached(f"{HEADER}wos,1,5,Frosty\nwos,2,5,Blaze\n").upload()

    text = shown(await import_file(a_desk(store), ADMIN, file))

    assert text == "Imported: 2 new, 0 changed, 0 as they were."
    assert {(one.guild, one.member) for one in await store.find(Registration)} == {(GUILD, ADMIN.member)}
    assert [one.action for one in await store.find(Audit)] == ["players import"]


async def test_an_owner_in_a_direct_message_imports_for_the_operator() -> None:
    store = MemoryStore()

    await import_file(a_desk(store), in_direct_message(OWNER), Attached(f"{HEADER}wos,1,5,x\n").upload())

    assert [one.guild for one in await store.find(Registration)] == [TERMINAL_GUILD]
    (entry,) = await store.find(Audit)
    assert (entry.guild, entry.member, entry.action) == ("", OWNER.member, "players import")
    assert entry.details == "1 added, 0 changed, 0 as they were, 0 lines left out"


async def test_whoever_may_not_has_nothing_fetched() -> None:
    attached = Attached(HEADER)

    for caller in (MEMBER, in_direct_message(ADMIN)):
        with pytest.raises(Refused):
            await import_file(a_desk(MemoryStore()), caller, attached.upload())
    assert attached.fetched == []


async def test_a_file_that_is_too_large_is_not_fetched() -> None:
    attached = Attached(HEADER)

    with pytest.raises(BadFile, match="at most"):
        await import_file(a_desk(MemoryStore()), ADMIN, attached.upload(MAX_CSV_BYTES + 1))
    assert attached.fetched == []


async def test_what_is_fetched_is_limited_whatever_discord_says_of_its_size() -> None:
    attached = Attached(f"{HEADER}wos,1,5,x\n")

    await import_file(a_desk(MemoryStore()), ADMIN, attached.upload(1))

    assert attached.fetched == [MAX_CSV_BYTES]


async def test_columns_that_nobody_needs_are_named() -> None:
    file = Attached("game,fid,state,name,`@everyone`\nwos,1,5,x,y\n").upload()

    text = shown(await import_file(a_desk(MemoryStore()), ADMIN, file))

    assert "Columns that perkd has no use for" in text
    assert "@everyone" not in text


async def test_a_hundred_thousand_bad_lines_are_told_in_a_message_and_a_file_that_discord_takes() -> None:
    lines = "".join(f"wos,{number}x,5,some name of a player\n" for number in range(99_998))

    reply = await import_file(a_desk(MemoryStore()), ADMIN, Attached(HEADER + lines).upload())

    assert "99998 lines were left out" in reply.text
    assert "more: all are in the file" in reply.text
    assert units(reply.text) <= CONTENT
    assert len(reply.files[0].content) <= MOST_BYTES


async def test_long_columns_leave_room_for_how_many_lines_are_wrong() -> None:
    header = f"game,fid,state,name,{','.join(f'{number:x>80}' for number in range(20))}\n"
    rows = "".join(f"{'y' * 90},{number}\n" for number in range(30))

    text = (await import_file(a_desk(MemoryStore()), ADMIN, Attached(header + rows).upload())).text

    assert units(text) <= CONTENT
    assert "30 lines were left out" in text
    assert text.endswith("all are in the file")
