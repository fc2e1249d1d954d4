"""How far a code is where redeeming is paused, and where everybody gets codes on request only."""

import pytest
import trio
from attrs import evolve

from actors.giftcodes.ledger import Ledger
from actors.giftcodes.model import Guild, Outcome, Player, Redemption, Registration, Status, Wish
from actors.giftcodes.progress import of_live
from actors.ports import Progress
from tests.worlds.announcing import DONE, SNOW, NewsRig, a_guild

TEN = [Player("wos", str(n), "7") for n in range(10)]
G = Guild("g", "G")


def a_ledger(*guilds: Guild, players=TEN, done: int = 0, wishes=()) -> Ledger:
    """Each of the guilds registered all the players; `done` of them have the code."""
    ledger = Ledger()
    ledger.set_players(
        players, [Registration(g.id, "ann", "wos", p.fid) for g in guilds for p in players], guilds
    )
    ledger.set_code(SNOW)
    ledger.wants.set_wishes(wishes)
    for player in players[:done]:
        ledger.set_record(Redemption("wos", player.fid, "SNOW", 1, Outcome.REDEEMED, "SUCCESS", state="7"))
    return ledger


def progress(ledger: Ledger, guild: str = "g") -> Progress:
    found = of_live(ledger, SNOW.code_key, guild)
    assert found is not None
    return found


@pytest.mark.parametrize("done", [0, 3])
def test_who_would_get_it_unasked_waits_while_the_guild_is_paused(done):
    seen = progress(a_ledger(evolve(G, paused=True), done=done))
    assert seen == Progress(total=10, redeemed=done, waiting=10 - done)
    assert not seen.done
    assert seen == progress(a_ledger(G, done=done))


def test_who_asked_by_hand_waits_while_the_guild_is_paused():
    guild = evolve(G, paused=True, auto_redeem=False)
    wishes = [Wish("wos", "1", "SNOW", 1, 5.0), Wish("wos", "2", "SNOW", 9, 5.0)]
    assert progress(a_ledger(guild, wishes=wishes)) == Progress(total=1, waiting=1)


def test_what_is_tried_again_later_is_not_failed_for_good_while_the_guild_is_paused():
    ledger = a_ledger(evolve(G, paused=True), players=TEN[:2], done=1)
    ledger.set_record(Redemption("wos", "1", "SNOW", 1, Outcome.FAILED, Status.TIMEOUT_RETRY, retries=True))
    assert progress(ledger) == Progress(total=2, redeemed=1, retrying=1)


def test_whoever_wants_nothing_unasked_does_not_wait_for_the_pause_to_end():
    players = [TEN[0], evolve(TEN[1], auto_redeem=False)]
    ledger = a_ledger(evolve(G, paused=True), players=players, done=1)
    assert progress(ledger) == Progress(total=1, redeemed=1)


def test_the_pause_of_one_guild_leaves_nobody_waiting_in_another_that_redeems_on_request():
    ledger = a_ledger(evolve(G, paused=True), Guild("h", "H", auto_redeem=False))
    assert progress(ledger, "g") == Progress(total=10, waiting=10)
    assert progress(ledger, "h") == Progress(on_request=True)


def test_players_who_all_get_it_on_request_only_are_told_from_nobody():
    unwilling = [evolve(player, auto_redeem=False) for player in TEN]
    assert progress(a_ledger(G, players=unwilling)) == Progress(on_request=True)
    assert progress(a_ledger(G, players=unwilling, done=1)) == Progress(total=1, redeemed=1)
    assert progress(a_ledger(G, players=[])) == Progress()


def test_a_paused_guild_whose_players_wait_no_longer_has_changed():
    ledger = Ledger()
    registrations = [Registration("g", "ann", "wos", "0")]
    ledger.set_players(TEN, registrations, [evolve(G, paused=True)])
    assert ledger.members.take_changed() == {"g"}
    ledger.set_players(TEN, registrations, [evolve(G, paused=True)])
    assert ledger.members.take_changed() == set()
    ledger.set_players([evolve(TEN[0], auto_redeem=False)], registrations, [evolve(G, paused=True)])
    assert ledger.members.take_changed() == {"g"}


async def test_a_guild_that_pauses_or_goes_on_shows_that(autojump_clock):
    rig = NewsRig()
    await rig.add(a_guild(), SNOW)
    async with rig.running():
        await trio.sleep(20)
        (message,) = rig.board.messages
        assert message.announcement.paused is False
        await rig.add(a_guild(paused=True))
        await trio.sleep(20)
        assert message.announcement.paused is True
        await rig.add(a_guild(paused=False))
        await trio.sleep(20)
        assert message.announcement.paused is False
    assert len(message.edits) == 2


async def test_a_code_that_is_found_while_paused_is_posted_so(autojump_clock):
    rig = NewsRig(otherwise=DONE)
    await rig.add(a_guild(paused=True), SNOW)
    async with rig.running():
        await trio.sleep(20)
    assert rig.board.messages[0].announcement.paused is True
    assert rig.board.messages[0].edits == []
