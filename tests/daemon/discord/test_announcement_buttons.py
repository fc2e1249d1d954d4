"""*Redeem for me* and *Register*, end to end: the real hikari against the stand-in."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from attrs import define, evolve, field

from actors.giftcodes.model import Code, CodeState, Player, Registration, Wish
from actors.ports import Delete, Put
from daemon.discord.answers.buttons import add_buttons
from daemon.discord.components import Components
from daemon.discord.custom_ids import redeem_id, register_id
from daemon.discord.link import DiscordLink
from daemon.discord.render import message_of
from daemon.discord.rights import Staff
from daemon.discord.values import Button, Reply
from daemon.storage import MemoryStore
from tests.worlds.discord_bots import open_bot
from tests.worlds.discord_desk import a_desk

SNOW = Code("wos", "Snow2026")
HARD = Code("wos", "Früh:2026" * 6)
EVIL = "**@everyone** <@1> `x`"


@define(eq=False)
class Place:
    discord: Any
    guild: Any
    channel: Any
    store: MemoryStore = field(factory=MemoryStore)
    link: DiscordLink = field(factory=DiscordLink)

    def components(self) -> Components:
        components = Components(Staff())
        add_buttons(components, a_desk(self.store))
        return components

    async def announce(self, code: Code) -> Any:
        """A message about a code, with its buttons, by the bot."""
        buttons = (Button(redeem_id(code), "Redeem for me"), Button(register_id(code.game), "Register"))
        reply = message_of(Reply(f"New code {code.code[:20]}", buttons=buttons))

        async def create(rest: Any) -> None:
            await rest.create_message(int(self.channel.id), **reply)

        await self.store.commit(Put(code))
        await self.link.rest(create)
        return self.channel.messages[-1]

    async def register(self, member: Any, *players: Player) -> None:
        for player in players:
            registration = Registration(self.guild.id, member.id, player.game, player.fid)
            await self.store.commit(Put(player), Put(registration))

    async def wishes(self) -> list[tuple[str, str, str]]:
        return [(wish.fid, wish.code, wish.member) for wish in await self.store.find(Wish)]


@pytest.fixture
async def place(discord: Any) -> AsyncIterator[Place]:
    guild = next(iter(discord.guilds.values()))
    place = Place(discord, guild, guild.add_channel("codes"))
    async with open_bot(discord, place.link, place.components().register):
        yield place


async def test_it_is_redeemed_for_all_of_the_members_players_of_that_game(place: Place) -> None:
    ann, bob = place.guild.add_member("Ann"), place.guild.add_member("Bob")
    await place.register(ann, Player("wos", "1", "7"), Player("wos", "2", "7"), Player("ks", "3", "7"))
    await place.register(bob, Player("wos", "4", "7"))
    answer = await ann.press(await place.announce(SNOW), "Redeem for me")
    assert answer.ephemeral
    assert "Snow2026" in answer.text
    assert sorted(await place.wishes()) == [("1", "Snow2026", ann.id), ("2", "Snow2026", ann.id)]


async def test_who_has_no_player_is_shown_how_to_register_one(place: Place) -> None:
    ann = place.guild.add_member("Ann")
    message = await place.announce(SNOW)
    answer = await ann.press(message, "Redeem for me")
    assert "no player of Whiteout Survival" in answer.text
    form = await ann.press(answer, "Register")
    done = await ann.submit(form, fid=" 123\u200b ", state="#45")
    assert "123" in done.text
    (registration,) = await place.store.find(Registration)
    assert (registration.guild, registration.member, registration.fid) == (place.guild.id, ann.id, "123")
    player = await place.store.get(Player, "wos/123")
    assert player is not None
    assert player.state == "45"
    await ann.press(message, "Redeem for me")
    assert await place.wishes() == [("123", "Snow2026", ann.id)]


async def test_players_that_the_member_registered_in_another_server_count(place: Place) -> None:
    ann = place.guild.add_member("Ann")
    registration = Registration("701", ann.id, "wos", "1")
    await place.store.commit(Put(Player("wos", "1", "7")), Put(registration))
    await ann.press(await place.announce(SNOW), "Redeem for me")
    assert await place.wishes() == [("1", "Snow2026", ann.id)]


async def test_a_button_for_a_game_that_was_given_up_opens_no_form(place: Place) -> None:
    ann = place.guild.add_member("Ann")
    answer = await ann.press(await place.announce(Code("chess", "E4")), "Register")
    assert answer.modal is None
    assert answer.text == "Codes of chess are not redeemed any more."


@pytest.mark.parametrize(("fid", "state"), [("abc @everyone", "1"), ("12", "**x**"), ("9" * 25, "")])
async def test_what_is_wrong_in_a_form_is_named_and_harmless(place: Place, fid: str, state: str) -> None:
    ann = place.guild.add_member("Ann")
    form = await ann.press(await place.announce(SNOW), "Register")
    answer = await ann.submit(form, fid=fid, state=state)
    assert "fid" in answer.text or "state" in answer.text
    assert "@everyone" not in answer.text
    assert "**x**" not in answer.text
    assert not await place.store.find(Registration)


@pytest.mark.parametrize("what", ["ended", "unknown", "impossible in an id"])
async def test_a_button_of_any_code_is_answered(place: Place, what: str) -> None:
    ann = place.guild.add_member("Ann")
    await place.register(ann, Player("wos", "1", "7", name=EVIL))
    code = HARD if what == "impossible in an id" else SNOW
    message = await place.announce(code)
    if what == "ended":
        await place.store.commit(Put(evolve(code, state=CodeState.EXPIRED)))
    elif what == "unknown":
        await place.store.commit(Delete(Code, code.key))
    answer = await ann.press(message, "Redeem for me")
    said = {"ended": "can't be redeemed any more: expired", "unknown": "does not know this code any more"}
    assert said.get(what, "`Früh:2026") in answer.text
    assert "@everyone" not in answer.text.replace("\u200b", "!")
    assert bool(await place.wishes()) == (what == "impossible in an id")


async def test_a_store_that_is_away_is_said_in_a_friendly_sentence(place: Place) -> None:
    ann = place.guild.add_member("Ann")
    message = await place.announce(SNOW)
    place.store.away = True
    answer = await ann.press(message, "Redeem for me")
    assert "can't reach my records" in answer.text
