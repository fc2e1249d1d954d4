"""Several members and few accounts: clicks, ends, clearings, bans, crashes and kills, at random."""

import itertools
import random

import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.vip.messages import ThreadsResync
from actors.vip.model import AccountState, SessionState
from actors.vip.pool_messages import DeskResync, RestoreAccount
from actors.vip.ports import FloodWait, Forbidden, Gone, Limited, Refused, Unreachable
from actors.vip.words import Word
from supervision.testing import crash
from tests.worlds.vip_rig import VIPRig

MEMBERS = ("7", "8", "9")
DID = st.tuples(
    st.sampled_from(
        [
            "click",
            "click",
            "click",
            "end",
            "clear",
            "archive",
            "drop",
            "say",
            "desk says",
            "late answer",
            "ban",
            "limit",
            "discord away",
            "desk away",
            "store away",
            "back",
            "wait",
            "wait long",
            "lose",
            "refuse",
            "refuse",
            "crash",
            "kill",
        ]
    ),
    st.sampled_from(MEMBERS),
)

_DISCORD = (Unreachable("503"), FloodWait(40.0), Forbidden("403"), Gone("404"), Refused("400"))
_DESK = (Unreachable("away"), FloodWait(40.0), Refused("USER_IS_BLOCKED"), Limited("PEER_FLOOD"))
_ASKED = ("missing_permissions", "create", "find_created", "add_member", "send")
REFUSALS = [
    *itertools.product([f"discord.{name}" for name in _ASKED], _DISCORD),
    *itertools.product(["desk.send"], _DESK),
]


class Crowd:
    def __init__(self, rig: VIPRig, seed: int) -> None:
        self.rig, self.chance = rig, random.Random(seed)
        self.said: dict[str, list[str]] = {}
        """By account: whom its past sessions were with, and messages of theirs."""

    def is_open(self, member: str) -> bool:
        return self.rig.state(member) is SessionState.OPEN and not self.rig.thread(member).archived

    async def do(self, what: str, member: str) -> None:  # noqa: C901, PLR0912 - one line a case
        rig, steps = self.rig, self.rig.world.steps
        match what:
            case "click":
                rig.click(member)
            case "clear":
                rig.clear(member)
            case "end" if self.is_open(member):
                rig.say("!end", member, command="end")
            case "archive" if self.is_open(member):
                rig.archive(member, told=self.chance.random() < 0.5)
            case "drop" if self.is_open(member):
                rig.drop(member, told=self.chance.random() < 0.5)
            case "say" if self.is_open(member):
                rig.say(f"words of {member}", member)
            case "desk says" if self.is_open(member):
                rig.desk_says(f"words for {member}", member)
            case "late answer":
                self.answer_late()
            case "ban" | "limit":
                self.take_out(what)
            case "discord away":
                steps.outage.add("discord")
            case "desk away":
                steps.outage.add("desk")
            case "store away":
                rig.store.away = True
            case "wait":
                await trio.sleep(self.chance.random() * 3)
            case "wait long":
                await trio.sleep(60)
            case "lose":
                steps.lose(
                    self.chance.choice(["discord.send", "discord.create", "desk.send", "desk.clear_step"])
                )
            case "refuse":
                operation, error = self.chance.choice(REFUSALS)
                steps.fail(operation, *[error] * self.chance.choice([1, 2, 6]))
            case "crash":
                threads = rig.tree.dynamic("vip/leasing/threads")
                refs = [rig.pool, rig.office, *filter(None, map(threads.get, list(threads.keys())))]
                crash(self.chance.choice(refs))
        if what in {"back", "kill"}:
            steps.outage.clear()
            steps.heal()
            rig.store.away = False

    def answer_late(self) -> None:
        """The desk answers a message of a session that is over."""
        rig = self.rig
        live = {s.account: s for s in rig.sessions()}
        for account, chat in rig.world.chats.items():
            old = [m for m in chat.everything if m.body is not None and m.author == account]
            border = int(live[account].desk_from or 0) if account in live else 10**9
            late = [m for m in old if int(m.id) < border]
            if late:
                message = late[-1]
                rig.desk_says(f"late, {message.body}", account=account, reply_to=message.id)
                return

    def take_out(self, what: str) -> None:
        chats = [chat for chat in self.rig.world.chats.values() if not chat.dead and not chat.limited]
        if len(chats) > 1:
            chat = self.chance.choice(chats)
            if what == "ban":
                chat.dead = "USER_DEACTIVATED_BAN"
            else:
                chat.limited = True

    def check_now(self) -> None:
        """What is so at every moment."""
        rig = self.rig
        accounts = rig.account_states()
        assert set(accounts) <= set(rig.accounts)
        held = [s.account for s in rig.sessions() if s.account and not s.released]
        assert len(held) == len(set(held))
        for thread in rig.world.threads.values():
            for member in thread.members:
                assert set(thread.bodies()) <= {f"words for {member}"}
        for chat in rig.world.chats.values():
            self.check_chat([m.notice or m.body for m in chat.everything if m.author == chat.account])

    def check_chat(self, told: list[object]) -> None:
        """After each introduction comes only what that member wrote."""
        member = None
        for one in told:
            if isinstance(one, str):
                assert one == f"words of {member}"
            elif one.word is Word.INTRODUCTION:
                member = one.value("member")


async def _settle(crowd: Crowd) -> None:
    """All is well again: whatever was begun comes to its end."""
    rig = crowd.rig
    await crowd.do("back", "")
    for chat in rig.world.chats.values():
        chat.dead, chat.limited = "", False
    await trio.sleep(200)
    for account in rig.accounts:
        await rig.pool.ask(RestoreAccount(account))
    rig.office.tell(ThreadsResync())
    for account in rig.accounts:
        rig.pool.tell(DeskResync(account))
    await trio.sleep(200)
    for member in MEMBERS:
        rig.clear(member)
    await rig.until(lambda: not rig.sessions())
    await rig.until_free()
    await rig.check_sum()
    assert [t for t in rig.world.live_threads() if t.members] == []


async def _run(did: list[tuple[str, str]], seed: int) -> None:
    rig = VIPRig()
    rig.change(cooldown=0.0)
    crowd = Crowd(rig, seed)
    rig.world.steps.delay = lambda _: crowd.chance.choice([0.0, 0.0, 0.0, 0.1, 1.0])
    rest = list(did)
    while True:
        async with rig.running():
            while rest:
                what, member = rest.pop(0)
                await crowd.do(what, member)
                await trio.sleep(crowd.chance.random())
                crowd.check_now()
                if what == "kill":
                    break
            else:
                await _settle(crowd)
                crowd.check_now()
                assert set(rig.account_states().values()) == {AccountState.FREE}
                return


@given(st.lists(DID, max_size=40), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_every_account_comes_back_and_nobody_reads_what_is_for_others(
    did: list[tuple[str, str]], seed: int
) -> None:
    clock = trio.testing.MockClock(autojump_threshold=0)
    trio.run(_run, did, seed, clock=clock)
    assert clock.current_time() > 0
