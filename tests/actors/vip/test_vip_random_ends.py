"""Sessions that end at any moment, whatever is away then: nothing that somebody wrote is lost in silence."""

import random

import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.vip.messages import ThreadsResync
from actors.vip.pool_messages import DeskResync
from actors.vip.words import Word
from tests.worlds.vip_rig import VIPRig
from tests.worlds.vip_troubles import befall

DID = st.sampled_from(
    [
        "click",
        "say",
        "say",
        "desk says",
        "desk says",
        "desk says",
        "desk answers somebody else",
        "end",
        "end",
        "clear",
        "slow",
        "wait",
        "wait long",
        "discord away",
        "desk away",
        "staff away",
        "store away",
        "all back",
        "disconnect",
        "connect",
        "crash",
        "kill",
    ]
)


class Talk:
    def __init__(self, rig: VIPRig, seed: int) -> None:
        self.rig, self.chance = rig, random.Random(seed)
        self.asked: list[str] = []
        self.answered: list[str] = []
        self.slow = False

    def delay(self, _: str) -> float:
        return self.chance.choice([0.0, 1.0, 3.0] if self.slow else [0.0, 0.0, 0.05])

    def can_say(self) -> bool:
        session = next(iter(self.rig.sessions()), None)
        return session is not None and bool(session.opened_at) and not self.rig.thread().archived

    async def do(self, what: str) -> None:
        rig = self.rig
        match what:
            case "click":
                rig.click()
            case "say" if self.can_say():
                self.asked.append(f"question {len(self.asked)}")
                rig.say(self.asked[-1])
            case "desk says" | "desk answers somebody else":
                self.answered.append(f"answer {len(self.answered)}")
                rig.desk_says(self.answered[-1], account="a", reply_to="1" if "else" in what else "")
            case "end" if self.can_say():
                rig.say("!end", command="end")
            case "clear":
                rig.clear()
            case "slow":
                self.slow = not self.slow
            case "wait":
                await trio.sleep(self.chance.random() * 3)
            case "wait long":
                await trio.sleep(30)
            case _:
                befall(rig, what, self.chance)
        if what in {"connect", "kill"}:
            self.connect()

    def connect(self) -> None:
        rig = self.rig
        rig.connected = True
        rig.office.tell(ThreadsResync())
        rig.pool.tell(DeskResync("a"))

    async def end(self) -> None:
        self.slow = False
        await self.do("all back")
        self.connect()
        await trio.sleep(200)
        self.rig.clear()
        await self.rig.until(lambda: not self.rig.sessions())
        await trio.sleep(200)
        await self.rig.until_free()

    def check(self) -> None:
        """In the thread, at the desk, in the staff log, or counted."""
        rig = self.rig
        read = [body for thread in rig.world.threads.values() for body in thread.bodies()]
        read += [body for notice, body in rig.world.staff_log if notice.word is Word.LATE_ANSWER]
        read += rig.world.chat("a").delivered()
        lost = {*self.asked, *self.answered} - {str(body) for body in read}
        assert len(lost) <= sum(closed.undelivered for closed in rig.closed()), lost
        assert rig.world.chat("a").messages == []


async def _run(did: list[str], seed: int) -> None:
    rig = VIPRig(accounts=("a",))
    rig.change(cooldown=0.0)
    talk = Talk(rig, seed)
    rig.world.steps.delay = talk.delay
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
            else:
                await talk.end()
                talk.check()
                return


@given(st.lists(DID, max_size=40), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_by_somebody_or_counted(did: list[str], seed: int) -> None:
    clock = trio.testing.MockClock(autojump_threshold=0)
    trio.run(_run, did, seed, clock=clock)
    assert clock.current_time() > 0
