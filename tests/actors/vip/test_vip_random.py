"""Random talk, with outages, lost answers, disconnects and restarts on both sides."""

import random

import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.vip.messages import ThreadsResync
from actors.vip.model import CrossingState, SessionState
from actors.vip.pool_messages import DeskResync
from actors.vip.words import Word
from tests.worlds.vip_rig import VIPRig
from tests.worlds.vip_troubles import befall

DID = st.sampled_from(
    [
        "say",
        "say",
        "desk says",
        "desk says",
        "edit",
        "delete",
        "desk edits",
        "desk deletes",
        "reply",
        "wait",
        "wait long",
        "discord away",
        "desk away",
        "store away",
        "lose",
        "desk loses",
        "all back",
        "disconnect",
        "connect",
        "crash",
        "kill",
    ]
)


class Talk:
    """What was written, and what both sides have to show in the end."""

    def __init__(self, rig: VIPRig, seed: int) -> None:
        self.rig, self.chance = rig, random.Random(seed)
        self.asked: dict[str, str] = {}
        self.answered: dict[str, str] = {}
        self.number = 0

    def text(self) -> str:
        self.number += 1
        return f"words {self.number}" + ("\n" + f"words {self.number}b" if self.chance.random() < 0.2 else "")

    def check(self, shown: list[object], texts: dict[str, str]) -> None:
        """Every line once, and each message's first one in its order; what an edit adds comes last."""
        lines = [text.split("\n") for text in texts.values()]
        assert sorted(map(str, shown)) == sorted(line for text in lines for line in text)
        firsts = [text[0] for text in lines]
        assert [line for line in shown if line in firsts] == firsts

    async def do(self, what: str) -> None:  # noqa: C901, PLR0912 - one line a case
        rig, steps = self.rig, self.rig.world.steps
        match what:
            case "say":
                text = self.text()
                self.asked[rig.say(text)] = text
            case "reply" if self.asked:
                text = self.text()
                self.asked[rig.say(text, reply_to=self.chance.choice([*self.asked]))] = text
            case "desk says":
                text = self.text()
                self.answered[rig.desk_says(text)] = text
            case "edit" if self.asked:
                message, text = self.chance.choice([*self.asked]), f"e{self.text()}"
                rig.edit(message, text)
                self.asked[message] = text
            case "desk edits" if self.answered:
                message, text = self.chance.choice([*self.answered]), f"e{self.text()}"
                rig.desk_edits(message, text)
                self.answered[message] = text
            case "delete" if self.asked:
                message = self.chance.choice([*self.asked])
                rig.delete(message)
                del self.asked[message]
            case "desk deletes" if self.answered:
                message = self.chance.choice([*self.answered])
                rig.desk_deletes(message)
                del self.answered[message]
            case "wait":
                await trio.sleep(self.chance.random() * 2)
            case "wait long":
                await trio.sleep(30)
            case "lose":
                steps.lose("discord.send")
            case "desk loses":
                steps.lose("desk.send")
            case _:
                befall(rig, what, self.chance)
        if what in {"connect", "kill"}:
            self.connect()

    def connect(self) -> None:
        rig = self.rig
        if not rig.connected:
            rig.connected = True
            rig.office.tell(ThreadsResync())
            rig.pool.tell(DeskResync(rig.session().account))


async def _run(did: list[str], seed: int) -> None:
    rig = VIPRig()
    talk = Talk(rig, seed)
    rig.world.tells_nonces = bool(seed % 2)
    rig.world.steps.delay = lambda _: talk.chance.choice([0.0, 0.0, 0.0, 0.05, 0.3])
    async with rig.running():
        await rig.opened()
    rest = list(did)
    while True:
        async with rig.running():
            while rest:
                what = rest.pop(0)
                await talk.do(what)
                if what == "kill":
                    break
                if not rig.store.away and rig.tree is not None and talk.chance.random() < 0.1:
                    await rig.check_sum()
            else:
                await talk.do("all back")
                talk.connect()
                await trio.sleep(400)
                rig.world.steps.delay = lambda _: 0.0
                await trio.sleep(60)
                assert rig.state() is SessionState.OPEN
                talk.check(rig.chat_bodies(), talk.asked)
                if not any(notice.word is Word.DOUBTFUL for notice, _ in rig.world.staff_log):
                    talk.check(rig.thread().bodies(), talk.answered)
                states = {c.state for c in rig.crossings()}
                assert states <= {CrossingState.SENT, CrossingState.REMOVED, CrossingState.WITHDRAWN}
                await rig.check_sum()
                return


@given(st.lists(DID, max_size=40), st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_whatever_happens_order_is_kept_nothing_is_lost_nothing_doubled(did: list[str], seed: int) -> None:
    clock = trio.testing.MockClock(autojump_threshold=0)
    trio.run(_run, did, seed, clock=clock)
    assert clock.current_time() > 0
