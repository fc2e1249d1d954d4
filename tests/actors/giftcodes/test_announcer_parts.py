"""The parts of the announcer by themselves: turns, the journal, a guild's players, hints, fingerprints."""

import pytest
import trio
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.announcing_journal import Journal
from actors.giftcodes.announcing_messages import CodesMoved
from actors.giftcodes.announcing_progress import fingerprint, shows_state
from actors.giftcodes.announcing_turns import Turns
from actors.giftcodes.ledger import Ledger
from actors.giftcodes.members import Members, by_guild
from actors.giftcodes.model import (
    Code,
    CodeKey,
    CodeState,
    Guild,
    Outcome,
    Player,
    PlayerKey,
    Post,
    Redemption,
    Registration,
    Wish,
)
from actors.giftcodes.progress import last_known, of_ended, of_live
from actors.giftcodes.progress_hints import Hints, TellMoved
from actors.ports import Announcement, Delete, Progress, Put, StoreUnavailable
from daemon.storage.memory import MemoryStore
from supervision import Actor, ActorSpec, SupervisorSpec, Tree

SNOW = Code("wos", "SNOW", first_seen=10.0)
keys = st.builds(CodeKey, st.just("wos"), st.sampled_from("ABCDE"))


@given(asked=st.lists(st.tuples(keys, st.floats(0, 100))), now=st.floats(0, 100))
def test_each_code_has_one_turn_at_the_earliest_of_the_times_asked_for(asked, now):
    turns, due = Turns(), {}
    for key, at in asked:
        turns.add(key, at)
        due[key] = min(at, due.get(key, at))
    assert turns.next_at == min(due.values(), default=float("inf"))
    taken = []
    while (key := turns.take(now)) is not None:
        taken.append(key)
    assert [due[key] for key in taken] == sorted(at for at in due.values() if at <= now)
    assert len(set(taken)) == len(taken)
    assert turns.next_at == min((at for at in due.values() if at > now), default=float("inf"))


# --- the journal --------------------------------------------------------------------------------


def a_post(**changes) -> Post:
    return evolve(Post("g", "c", "wos", "SNOW", 1), **changes)


async def test_what_is_noted_is_recorded_when_the_store_is_back_and_the_last_word_counts():
    store = MemoryStore()
    journal = Journal(store)
    store.away = True
    journal.note(Put(a_post(at=1.0)))
    journal.note(Put(a_post(at=2.0)))
    journal.note(Put(a_post(code="HAIL")))
    journal.note(Delete(Post, a_post(code="HAIL").key))
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await journal.flush()
    store.away = False
    await journal.flush()
    assert store.backend.find(Post) == [a_post(at=2.0)]
    history = len(store.history)
    await journal.flush()
    assert len(store.history) == history  # nothing is left


async def test_an_intent_that_was_not_taken_is_not_recorded_later():
    store = MemoryStore()
    journal = Journal(store)
    store.away = True
    with pytest.raises(StoreUnavailable):
        await journal.write(a_post())
    store.away = False
    await journal.flush()
    assert store.backend.find(Post) == []


# --- a guild's players --------------------------------------------------------------------------

PLAYERS = [Player("wos", str(n), "7", auto_redeem=n != 4) for n in range(6)]


def registered(guild: str, *fids: str) -> list[Registration]:
    return [Registration(guild, "ann", "wos", fid) for fid in fids]


def a_ledger(registrations, *records: Redemption, wishes=()) -> Ledger:
    ledger = Ledger()
    ledger.set_players(PLAYERS, registrations, [Guild("g", "G"), Guild("h", "H")])
    ledger.wants.set_wishes(wishes)
    ledger.set_code(SNOW)
    for record in records:
        ledger.set_record(record)
    return ledger


def pair(fid: str, outcome: Outcome, status: str = "", **changes) -> Redemption:
    return Redemption("wos", fid, "SNOW", 1, outcome, status, state="7", **changes)


def test_progress_counts_the_players_of_the_guild_that_want_the_code():
    records = [
        pair("0", Outcome.REDEEMED),
        pair("1", Outcome.FAILED, "TOO_FREQUENT", retries=True),
        pair("2", Outcome.FAILED, "LEVEL_TOO_LOW"),
        pair("5", Outcome.ALREADY),
    ]
    ledger = a_ledger([*registered("g", "0", "1", "2", "3", "4"), *registered("h", "5")], *records)
    assert of_live(ledger, SNOW.code_key, "g") == Progress(
        total=4, redeemed=1, waiting=1, retrying=1, failed=(("LEVEL_TOO_LOW", 1),)
    )
    assert of_live(ledger, SNOW.code_key, "h") == Progress(total=1, already=1)
    assert of_live(ledger, SNOW.code_key, "nobody") == Progress()


def test_who_asked_by_hand_counts_and_who_asks_again_waits():
    wishes = [Wish("wos", "4", "SNOW", 1, 100.0), Wish("wos", "2", "SNOW", 1, 100.0)]
    failed = pair("2", Outcome.FAILED, "LEVEL_TOO_LOW", last_at=50.0)
    ledger = a_ledger(registered("g", "2", "4"), failed, wishes=wishes)
    assert of_live(ledger, SNOW.code_key, "g") == Progress(total=2, waiting=2)


def test_a_code_that_is_not_live_has_no_live_progress():
    ledger = a_ledger(registered("g", "0"))
    assert of_live(ledger, CodeKey("wos", "NEVER"), "g") is None
    ledger.set_code(evolve(SNOW, state=CodeState.EXPIRED))
    assert of_live(ledger, SNOW.code_key, "g") is None


@given(
    fates=st.lists(
        st.tuples(st.sampled_from(list(Outcome)), st.sampled_from(["A", "B"]), st.booleans()), max_size=6
    )
)
def test_the_total_is_the_sum_of_the_parts(fates):
    records = [
        pair(str(n), outcome, status, retries=retries and outcome is Outcome.FAILED)
        for n, (outcome, status, retries) in enumerate(fates)
    ]
    ledger = a_ledger(registered("g", *map(str, range(6))), *records)
    live = of_live(ledger, SNOW.code_key, "g")
    ended = of_ended(last_known(records, 1), {str(n) for n in range(6)})
    for progress in (live, ended):
        assert progress.total == progress.processed + progress.waiting + progress.retrying
        assert list(progress.failed) == sorted(progress.failed, key=lambda item: (-item[1], item[0]))
    assert ended.total == len(records)


def test_only_guilds_whose_players_are_others_have_changed():
    members, unasked = Members(), {"0", "1", "2"}
    both = [*registered("g", "0", "1"), *registered("h", "2")]
    members.set_registered(by_guild(both), {"wos": unasked})
    assert members.take_changed() == {"g", "h"}
    members.set_registered(by_guild(both), {"wos": unasked})
    assert members.take_changed() == set()
    unasked.discard("2")
    members.set_registered(by_guild(both), {"wos": unasked})
    assert members.take_changed() == {"h"}
    members.set_registered(by_guild(registered("g", "0", "1")), {"wos": unasked})
    assert members.take_changed() == {"h"}
    assert set(members.guilds_of(PlayerKey("wos", "0"))) == {"g"}
    assert set(members.guilds_of(PlayerKey("wos", "2"))) == set()


# --- hints --------------------------------------------------------------------------------------


class Heard(Actor):
    def __init__(self, heard):
        self.heard = heard

    async def receive(self, message):
        self.heard.append((trio.current_time(), message))


class Hinting(Actor):
    """Passes on what it is asked to hint."""

    def __init__(self, tree):
        self.tree = tree
        self.hints = None

    async def started(self):
        self.hints = Hints(self, self.tree().ref("announcer"))

    async def receive(self, message):
        match message:
            case TellMoved():
                self.hints.tell()
            case "everything":
                self.hints.everything_moved()
            case (key, guilds):
                self.hints.moved(key, guilds)
            case str(guild):
                self.hints.guilds_moved({guild})


async def test_hints_come_once_a_second_at_most_and_hold_all_that_moved(autojump_clock):
    heard, trees = [], []
    children = [
        ActorSpec("announcer", lambda: Heard(heard)),
        ActorSpec("campaign", lambda: Hinting(lambda: trees[0])),
    ]
    tree = Tree(SupervisorSpec("perkd", children))
    trees.append(tree)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        for n in range(30):
            tree.ref("campaign").tell((SNOW.code_key, {f"g{n % 3}"}))
            await trio.sleep(0.1)
        tree.ref("campaign").tell((SNOW.code_key, set()))
        await trio.sleep(10)
        before = len(heard)
        tree.ref("campaign").tell("h")
        tree.ref("campaign").tell("everything")
        await trio.sleep(10)
        tree.stop()
    assert 3 <= before <= 4
    assert {guild for _, news in heard for _, guild in news.pairs} == {"g0", "g1", "g2"}
    assert heard[-1][1] == CodesMoved(guilds=frozenset({"h"}), everything=True)
    assert len(heard) == before + 1


# --- fingerprints -------------------------------------------------------------------------------


def test_equal_announcements_have_one_fingerprint_and_a_trial_by_a_canary_shows_nowhere():
    shown = fingerprint(Announcement(SNOW, Progress(total=1, waiting=1)))
    assert fingerprint(Announcement(evolve(SNOW, canary_at=5.0, canary="1"), Progress(1, waiting=1))) == shown
    assert fingerprint(Announcement(SNOW, Progress(total=1, redeemed=1))) != shown
    assert fingerprint(Announcement(SNOW, Progress(total=1, waiting=1), auto_redeem=False)) != shown
    assert fingerprint(Announcement(evolve(SNOW, rewards="\ud800"), Progress())) != shown
    assert shows_state(shown, SNOW)
    assert not shows_state(shown, evolve(SNOW, state=CodeState.EXPIRED))
    assert not shows_state("", SNOW)
