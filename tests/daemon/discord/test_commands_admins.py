"""What admins and owners do, end to end: the real hikari and lightbulb against the stand-in."""

from collections.abc import AsyncIterator

import hikari
import pytest

from actors.giftcodes.model import Audit, Code, CodeState, Guild, Player, Registration
from actors.ports import Put
from tests.worlds.discord.interaction import Interaction
from tests.worlds.discord_commands import Place, open_place, read
from tests.worlds.discord_desk import NOW


@pytest.fixture
async def place(in_time: None) -> AsyncIterator[Place]:
    async with open_place() as place:
        yield place


async def stored(place: Place) -> Guild:
    guild = await place.store.get(Guild, place.guild.id)
    assert guild is not None
    return guild


async def actions(place: Place) -> list[str]:
    return sorted(entry.action for entry in await place.store.find(Audit))


async def test_a_channel_is_set_up_and_that_is_audited(place: Place) -> None:
    answer = await place.mod.slash(
        place.channel, "manage giftcode setchannel", channel=place.channel, games="wos"
    )

    assert answer.ephemeral
    assert f"<#{place.channel.id}>" in answer.text
    guild = await stored(place)
    assert [(one.id, one.games, one.by) for one in guild.channels] == [
        (place.channel.id, ("wos",), place.mod.id)
    ]
    assert guild.name == "Snow"
    assert await actions(place) == ["setchannel"]


@pytest.mark.parametrize(
    ("written", "stored_games"),
    [
        ("wos", ("wos",)),
        ("Kingshot, whiteout survival", ("ks", "wos")),
        ("Whiteout Survival", ("wos",)),
        ("wos ks,", ("wos", "ks")),
        (" , ", ()),
    ],
)
async def test_games_are_named_as_players_do(
    place: Place, written: str, stored_games: tuple[str, ...]
) -> None:
    await place.mod.slash(place.channel, "manage giftcode setchannel", games=written)

    assert [one.games for one in (await stored(place)).channels] == [stored_games]


async def test_a_game_that_there_is_not_is_said_with_those_there_are(place: Place) -> None:
    answer = await place.mod.slash(place.channel, "manage giftcode setchannel", games="wos, chess")

    assert "'chess' is no game of this perkd" in answer.text
    assert "There are: Whiteout Survival, Kingshot." in answer.text
    assert await place.store.find(Guild) == []


async def test_without_a_channel_it_is_the_one_the_command_is_used_in(place: Place) -> None:
    await place.mod.slash(place.channel, "manage giftcode setchannel")

    assert [one.id for one in (await stored(place)).channels] == [place.channel.id]


@pytest.mark.parametrize(("command", "options"), [("setchannel", {}), ("watch", {"game": "wos"})])
async def test_in_a_thread_the_channel_has_to_be_named(
    place: Place, command: str, options: dict[str, object]
) -> None:
    kind = hikari.ChannelType.GUILD_PUBLIC_THREAD
    rest = place.desk.channels.link.connection().bot.rest  # type: ignore[attr-defined]
    made = await place.loop.call(rest.create_thread, int(place.channel.id), kind, "talk")
    thread = place.guild.channels[str(made.id)]

    refused = await place.mod.slash(thread, f"manage giftcode {command}", **options)
    taken = await place.mod.slash(thread, f"manage giftcode {command}", channel=place.channel, **options)

    assert "This is a thread" in refused.text
    assert f"<#{place.channel.id}>" in taken.text


async def test_who_has_installed_the_bot_for_itself_alone_is_nowhere_an_admin(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Interaction, "_owners", lambda self: {"1": self.member.id})

    answers = [
        await place.mod.slash(place.channel, "codes add", code="SPAM", game="wos"),
        await place.mod.slash(place.channel, "manage giftcode pause"),
        await place.ann.slash(place.channel, "register", game="wos", fid="1", state="1"),
    ]

    assert [answer.text[:7] for answer in answers] == ["Only th", "This is", "This is"]
    assert [len(await place.store.find(one)) for one in (Guild, Audit, Player, Code)] == [0, 0, 0, 0]


async def test_a_channel_that_was_deleted_is_taken_out_by_the_next_change(place: Place) -> None:
    old = place.guild.add_channel("old")
    await place.mod.slash(place.channel, "manage giftcode setchannel", channel=old)
    old.delete()

    answer = await place.mod.slash(place.channel, "manage giftcode setchannel")

    assert "1 channel that was deleted is taken out of the settings" in answer.text
    assert [one.id for one in (await stored(place)).channels] == [place.channel.id]


async def test_missing_permissions_are_named_and_nothing_is_changed(place: Place) -> None:
    mute = place.guild.add_channel("mute", deny=("SEND_MESSAGES", "EMBED_LINKS"))
    hidden = place.guild.add_channel("hidden", deny=("VIEW_CHANNEL",))

    answers = [
        await place.mod.slash(place.channel, "manage giftcode setchannel", channel=channel)
        for channel in (mute, hidden)
    ]

    assert "**Send Messages**, **Embed Links**" in answers[0].text
    assert "**View Channel**" in answers[1].text
    assert await place.store.find(Guild) == []
    assert await place.store.find(Audit) == []


async def test_each_setting_is_changed_shown_and_audited(place: Place) -> None:
    for command, options in (
        ("setchannel", {}),
        ("autoredeem", {"on": False}),
        ("summary", {"on": False}),
        ("watch", {"game": "ks"}),
        ("pause", {}),
    ):
        await place.mod.slash(place.channel, f"manage giftcode {command}", **options)
    await place.root.slash(place.channel, "manage giftcode priority", priority=7)

    text = read(await place.mod.slash(place.channel, "manage giftcode show"))
    log = read(await place.mod.slash(place.channel, "manage audit"))

    guild = await stored(place)
    assert (guild.auto_redeem, guild.summary, guild.paused, guild.priority) == (False, False, True, 7)
    assert [(one.id, one.game) for one in guild.watched] == [(place.channel.id, "ks")]
    for part in ("all games", "only where a member asks", "Nobody is mentioned", "Kingshot", "Paused", "7"):
        assert part in text
    for action in ("setchannel", "autoredeem", "summary", "watch", "pause", "priority"):
        assert f"`{action}`" in log
    assert f"<@{place.root.id}>" in log


async def test_what_was_set_up_is_taken_back(place: Place) -> None:
    for command in ("setchannel", "watch", "pause"):
        options = {"game": "ks"} if command == "watch" else {}
        await place.mod.slash(place.channel, f"manage giftcode {command}", **options)

    for command in ("removechannel", "unwatch", "resume"):
        await place.mod.slash(place.channel, f"manage giftcode {command}")
    again = await place.mod.slash(place.channel, "manage giftcode removechannel")

    guild = await stored(place)
    assert (guild.channels, guild.watched, guild.paused) == ((), (), False)
    assert "no codes are posted to that channel" in again.text


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("manage giftcode setchannel", {}),
        ("manage giftcode removechannel", {}),
        ("manage giftcode autoredeem", {"on": True}),
        ("manage giftcode priority", {"priority": 1}),
        ("manage giftcode pause", {}),
        ("manage giftcode resume", {}),
        ("manage giftcode summary", {"on": True}),
        ("manage giftcode watch", {"game": "wos"}),
        ("manage giftcode unwatch", {}),
        ("manage giftcode show", {}),
        ("manage audit", {}),
        ("players all", {}),
        ("perkd status", {}),
        ("perkd players import", {"file": ("players.csv", b"game,fid,state,name\nwos,1,1,x\n")}),
        ("codes add", {"code": "SNOW", "game": "wos"}),
        ("codes retire", {"code": "SNOW"}),
    ],
)
async def test_a_member_is_refused_politely_and_nothing_changes(
    place: Place, command: str, options: dict[str, object]
) -> None:
    answer = await place.ann.slash(place.channel, command, **options)

    assert answer.ephemeral
    assert answer.text.startswith("Only ")
    assert [len(await place.store.find(one)) for one in (Guild, Audit, Player, Code)] == [0, 0, 0, 0]


async def test_an_admin_is_no_owner(place: Place) -> None:
    await place.store.commit(Put(Code("wos", "SNOW")))

    answers = [
        await place.mod.slash(place.channel, "manage giftcode priority", priority=1000),
        await place.mod.slash(place.channel, "codes retire", code="SNOW"),
    ]

    assert {answer.text for answer in answers} == {"Only the owners of this perkd may do that."}


async def test_a_trusted_role_makes_an_admin_as_of_the_event(place: Place) -> None:
    mods = next(role for role in place.guild.roles.values() if role.name == "mods")
    before = await place.ann.slash(place.channel, "manage giftcode pause")
    place.guild.set_roles(place.ann, mods)

    after = await place.ann.slash(place.channel, "manage giftcode pause")
    place.guild.set_roles(place.ann)
    again = await place.ann.slash(place.channel, "manage giftcode resume")

    assert before.text.startswith("Only this server")
    assert "Paused" in after.text
    assert again.text.startswith("Only this server")


async def test_codes_are_added_listed_and_retired(place: Place) -> None:
    added = await place.mod.slash(place.channel, "codes add", code="Snow2026", game="wos")
    listed = await place.ann.slash(place.channel, "codes list", game="wos")
    retired = await place.root.slash(place.private(place.root), "codes retire", code="wos/Snow2026")
    none = await place.ann.slash(place.channel, "codes list", state="live")

    assert "Added `Snow2026`" in added.text
    assert "🟢 `Snow2026`" in read(listed)
    assert "Retired" in retired.text
    assert "no such codes" in none.text
    assert await actions(place) == ["codes add", "codes retire"]


async def test_a_thousand_codes_are_listed_with_a_file_and_suggested(place: Place) -> None:
    await place.store.commit(*(Put(Code("wos", f"Code{n:04}", first_seen=NOW - n)) for n in range(1000)))

    listed = await place.ann.slash(place.channel, "codes list")
    suggested = await place.ann.autocomplete(place.channel, "history", "code", "code05")

    ((name, content),) = listed.files
    assert name == "codes.csv"
    assert content.count(b"\n") == 1001
    assert "980 more" in read(listed)
    assert [value for _, value in suggested] == [f"wos/Code05{n:02}" for n in range(25)]


async def test_players_all_names_who_registered_them_and_attaches_what_import_reads(place: Place) -> None:
    for number in range(30):
        await place.store.commit(
            Put(Player("wos", str(number + 1), "5", f"P{number}")),
            Put(Registration(place.guild.id, place.ann.id, "wos", str(number + 1))),
        )

    answer = await place.mod.slash(place.channel, "players all")
    imported = await place.root.slash(
        place.channel, "perkd players import", file=("players.csv", answer.files[0][1])
    )

    assert "30 players of this server" in read(answer)
    assert f"<@{place.ann.id}>" in read(answer)
    assert "10 more: all are in the file" in read(answer)
    assert "0 new, 0 changed, 30 as they were" in imported.text


async def test_what_an_import_left_out_is_named_line_by_line(place: Place) -> None:
    content = "game,fid,state,name\nwos,1,5,Frosty\nchess,2,5,King\nwos,x,5,<@1>\nks,3,,Knight\n"

    answer = await place.mod.slash(
        place.channel, "perkd players import", file=("players.csv", content.encode())
    )

    assert "Imported: 2 new, 0 changed, 0 as they were." in answer.text
    assert "2 lines were left out:" in answer.text
    assert "line 3" in answer.text
    assert "line 4" in answer.text
    assert "<@1>" not in answer.text
    registrations = await place.store.find(Registration, guild=place.guild.id)
    assert [(one.fid, one.member) for one in registrations] == [("3", place.mod.id), ("1", place.mod.id)]
    assert await actions(place) == ["players import"]


async def test_an_import_with_many_bad_lines_attaches_them(place: Place) -> None:
    rows = "".join(f"wos,bad{n},1,x\n" for n in range(500))

    answer = await place.mod.slash(
        place.channel, "perkd players import", file=("p.csv", f"game,fid,state,name\n{rows}".encode())
    )

    ((name, content),) = answer.files
    assert name == "faults.csv"
    assert content.count(b"\n") == 501
    assert len(answer.text) <= 2000


async def test_a_file_that_is_none_is_refused_in_words(place: Place) -> None:
    answer = await place.mod.slash(place.channel, "perkd players import", file=("p.png", b"\x89PNG\x00\xff"))

    assert await place.store.find(Player) == []
    assert answer.text


async def test_adding_a_retired_code_tells_that_nobody_can_try_it(place: Place) -> None:
    await place.store.commit(Put(Code("wos", "SNOW", state=CodeState.RETIRED)))

    answer = await place.mod.slash(place.channel, "codes add", code="SNOW", game="wos")

    assert "nobody can try it again now" in answer.text


async def test_what_watching_needs_is_named_too(place: Place) -> None:
    quiet = place.guild.add_channel("quiet", deny=("ADD_REACTIONS",))

    answer = await place.mod.slash(place.channel, "manage giftcode watch", channel=quiet, game="wos")

    assert "**Add Reactions**" in answer.text
    assert await place.store.find(Guild) == []


async def test_where_there_is_nothing_yet_that_is_said(place: Place) -> None:
    audit = await place.mod.slash(place.channel, "manage audit")
    players = await place.mod.slash(place.channel, "players all")
    show = await place.mod.slash(place.channel, "manage giftcode show")

    assert audit.text == "Nothing has been changed by admins yet."
    assert players.text == "Nobody has registered a player on this server yet."
    assert "Codes are posted nowhere yet" in read(show)
