"""What members do, end to end: the real hikari and lightbulb against the stand-in."""

from collections.abc import AsyncIterator

import pytest
import trio

from actors.giftcodes.model import Code, CodeState, Outcome, Player, Redemption, Registration, Wish
from actors.giftcodes.verifier import Verified
from actors.ports import Put
from tests.worlds.discord_commands import Place, open_place, read
from tests.worlds.discord_desk import NOW


@pytest.fixture
async def place(in_time: None) -> AsyncIterator[Place]:
    async with open_place() as place:
        yield place


async def registered(place: Place, **more: object) -> None:
    """Ann's player Frosty."""
    options = {"game": "wos", "fid": "184203771", "state": "1187", "name": "Frosty", **more}
    answer = await place.ann.slash(place.channel, "register", **options)
    assert "Registered" in answer.text


async def test_register_is_deferred_unseen_by_others_and_then_answered(place: Place) -> None:
    answer = await place.ann.slash(place.channel, "register", game="wos", fid="184203771", state="1187")

    assert answer.deferred
    assert answer.ephemeral
    assert "✅ Registered 184203771 · Whiteout Survival · state 1187" in answer.text
    assert [player.fid for player in place.game.asked] == ["184203771"]
    (registration,) = await place.store.find(Registration)
    assert (registration.guild, registration.member) == (place.guild.id, place.ann.id)
    assert not registration.mention


async def test_a_wrong_state_is_said_in_words_and_nothing_is_registered(place: Place) -> None:
    place.game.answers["5"] = Verified("wrong_state", "WRONG_STATE")

    answer = await place.ann.slash(place.channel, "register", game="wos", fid="5", state="9")

    assert "state number" in answer.text
    assert await place.store.find(Registration) == []


async def test_where_the_game_says_nothing_it_is_registered_unchecked(place: Place) -> None:
    place.game.answers["5"] = Verified("unknown", "NETWORK_ERROR")

    answer = await place.ann.slash(place.channel, "register", game="wos", fid="5", state="9")

    assert "Registered" in answer.text
    assert "could not be checked now: the game's server can't be reached" in answer.text
    assert len(await place.store.find(Registration)) == 1


async def test_registering_again_corrects(place: Place) -> None:
    await registered(place)

    answer = await place.ann.slash(
        place.channel, "register", game="wos", fid="184203771", state="1188", mention=True
    )

    assert "Corrected" in answer.text
    assert "1187 → 1188" in answer.text
    assert (await place.store.find(Registration))[0].mention


async def test_a_fid_that_can_be_none_is_refused_with_the_way_out(place: Place) -> None:
    answer = await place.ann.slash(place.channel, "register", game="wos", fid="<@1> *x*", state="1")

    assert "profile page" in answer.text
    assert "<@1>" not in answer.text
    assert place.game.asked == []


@pytest.mark.parametrize(
    "name", ["שלום", "@everyone", "**bold** `x`", "[a](https://evil.example)", "مرحبا 🎁"]
)
async def test_no_name_pings_or_breaks_out(place: Place, name: str) -> None:
    await registered(place, name=name)

    answer = await place.ann.slash(place.channel, "players mine")

    description = answer.embeds[0]["description"]
    assert "@everyone" not in description
    assert "**bold**" not in description
    assert "https://" not in description


async def test_players_mine_are_the_own_ones(place: Place) -> None:
    await place.store.commit(Put(Player("wos", "9")), Put(Registration(place.guild.id, "77", "wos", "9")))
    assert "/register" in (await place.ann.slash(place.channel, "players mine")).text
    await registered(place)

    text = read(await place.ann.slash(place.channel, "players mine"))

    assert "1 player of yours" in text
    assert "**Frosty** · 184203771" in text
    assert "9 ·" not in text


async def test_a_player_is_unregistered_as_it_was_suggested(place: Place) -> None:
    await registered(place)
    ((name, value),) = await place.ann.autocomplete(place.channel, "unregister", "player", "fro")

    answer = await place.ann.slash(place.channel, "unregister", player=value)

    assert "Frosty" in name
    assert "no more codes are redeemed" in answer.text
    assert await place.store.find(Player) == []


async def test_somebody_elses_player_is_not_a_members_to_unregister(place: Place) -> None:
    await registered(place)
    ben = place.guild.add_member("Ben")

    answer = await ben.slash(place.channel, "unregister", player="wos/184203771")

    assert "nobody of that name or fid" in answer.text
    assert len(await place.store.find(Registration)) == 1


async def test_an_admin_unregisters_anybodys_and_that_is_audited(place: Place) -> None:
    await registered(place)

    answer = await place.mod.slash(place.channel, "unregister", player="Frosty")
    audit = await place.mod.slash(place.channel, "manage audit")

    assert "no more codes are redeemed" in answer.text
    assert "`unregister`" in read(audit)
    assert f"<@{place.mod.id}>" in read(audit)


async def test_a_code_is_asked_for_by_hand(place: Place) -> None:
    await registered(place)
    await place.store.commit(Put(Code("wos", "SNOW", first_seen=NOW)))
    ((_, value),) = await place.ann.autocomplete(place.channel, "redeem", "code", "SN")

    answer = await place.ann.slash(place.channel, "redeem", code=value)

    assert "`SNOW` (Whiteout Survival)" in answer.text
    assert "Frosty" in answer.text
    assert [wish.member for wish in await place.store.find(Wish)] == [place.ann.id]


async def test_players_are_suggested_for_the_game_of_the_code_that_was_chosen(place: Place) -> None:
    await registered(place)
    await place.ann.slash(place.channel, "register", game="ks", fid="77", name="King")

    of_wos = await place.ann.autocomplete(place.channel, "redeem", "player", "", code="wos/SNOW")
    of_ks = await place.ann.autocomplete(place.channel, "redeem", "player", "k", code="ks/KING")

    assert [value for _, value in of_wos] == ["wos/184203771"]
    assert of_ks == [("King · 77 · Kingshot", "ks/77")]


async def test_who_has_a_code_already_is_told_so(place: Place) -> None:
    await registered(place)
    await place.store.commit(
        Put(Code("wos", "SNOW")), Put(Redemption("wos", "184203771", "SNOW", 1, Outcome.REDEEMED))
    )

    answer = await place.ann.slash(place.channel, "redeem", code="SNOW", player="Frosty")

    assert "has it already" in answer.text


async def test_an_ended_or_unknown_code_is_said_to_be_so(place: Place) -> None:
    await registered(place)
    await place.store.commit(Put(Code("wos", "SNOW", state=CodeState.EXPIRED)))

    assert "expired" in (await place.ann.slash(place.channel, "redeem", code="SNOW")).text
    assert "case matters" in (await place.ann.slash(place.channel, "redeem", code="snow")).text
    assert "no such code" in (await place.ann.slash(place.channel, "redeem", code="ICE")).text


async def test_history_tells_what_became_of_codes(place: Place) -> None:
    await registered(place)
    await place.store.commit(
        Put(Code("wos", "SNOW")),
        Put(Redemption("wos", "184203771", "SNOW", 1, Outcome.FAILED, status="LEVEL_TOO_LOW", last_at=NOW)),
    )

    text = read(await place.ann.slash(place.channel, "history"))

    assert "`SNOW` · Frosty · failed: the player's level is too low" in text


async def test_in_a_direct_message_the_own_players_of_all_servers_are_there(place: Place) -> None:
    await registered(place)

    text = read(await place.ann.slash(place.private(place.ann), "players mine"))

    assert "Frosty" in text


async def test_forget_tells_what_goes_and_goes_only_when_confirmed(place: Place) -> None:
    await registered(place)

    asked = await place.ann.slash(place.channel, "forget")
    assert "Frosty" in asked.text
    assert len(await place.store.find(Registration)) == 1
    done = await place.ann.press(asked, "Erase it all")

    assert done.updated
    assert "Erased:" in done.text
    assert done.components == []
    assert await place.store.find(Registration) == []
    assert await place.store.find(Player) == []
    assert "knows nothing of you" in (await place.ann.slash(place.channel, "forget")).text


async def test_many_at_once_are_all_answered(place: Place) -> None:
    people = [place.guild.add_member(f"P{n}") for n in range(20)]

    async def use(number: int) -> None:
        answer = await people[number].slash(
            place.channel, "register", game="wos", fid=str(number + 1), state="1"
        )
        assert "Registered" in answer.text

    async with trio.open_nursery() as nursery:
        for number in range(20):
            nursery.start_soon(use, number)

    assert len(await place.store.find(Registration)) == 20
