"""Whatever fails, ends or comes later: when all works again, each member was mentioned once."""

import pytest
import trio
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from actors.giftcodes.model import CodeState, Outcome, Post, PostKind, Redemption, Registration
from actors.ports import Progress, Put
from tests.worlds.announcing import SNOW, NewsRig, a_guild

CHANNELS = ("a", "b", "c")
FAULTS = ("gone", "muted", "refused", "lost")

waits = st.tuples(st.just("wait"), st.sampled_from([1, 7, 30, 100, 700]))
faults = st.tuples(st.sampled_from([*FAULTS, "refused at a mention"]), st.sampled_from(CHANNELS))
others = st.tuples(st.sampled_from(["join", "join", "store", "end"]), st.just(""))
lives = st.lists(st.lists(st.one_of(waits, faults, others), max_size=10), min_size=1, max_size=4)
endings = st.lists(st.tuples(st.booleans(), st.sampled_from([0, 3000])), min_size=4, max_size=4)


class Story:
    """A guild of three channels, whose members come one after another."""

    def __init__(self) -> None:
        self.rig = NewsRig()
        self.rig.board.step = self._refuse
        self.members: list[str] = []
        self.ended = False
        self.refusing: set[str] = set()
        """Channels that stop answering as soon as members are mentioned there."""

    async def do(self, what: str, how: str | int) -> None:
        match what, how:
            case "wait", int():
                await trio.sleep(how)
            case "join", _ if not self.ended:
                self.join()
            case "end", _ if not self.ended:
                self.ended = True
                ended = evolve(SNOW, state=CodeState.EXPIRED, ended_at=self.rig.clock.now())
                self.rig.store.backend.commit([Put(ended)])
                self.rig.changed()
            case "store", _:
                self.rig.store.away = not self.rig.store.away
            case "refused at a mention", str():
                self.refusing ^= {how}
            case _ if what in FAULTS:
                getattr(self.rig.board, what).symmetric_difference_update({how})

    def join(self) -> None:
        member = f"m{len(self.members) + 1}"
        self.members.append(member)
        fid, total = f"of {member}", len(self.members)
        mine = Registration("g", member, "wos", fid, mention=True)
        self.rig.store.backend.commit(
            [Put(mine), Put(Redemption("wos", fid, "SNOW", 1, Outcome.REDEEMED, last_at=5.0))]
        )
        self.rig.move("g", Progress(total=total, redeemed=total))

    def heal(self) -> None:
        self.rig.store.away = False
        for broken in (self.refusing, *(getattr(self.rig.board, fault) for fault in FAULTS)):
            broken.clear()

    def _refuse(self, _step: str) -> None:
        what, channel, _ = self.rig.board.calls[-1]
        if what == "mention" and channel in self.refusing:
            self.rig.board.refused.add(channel)


@settings(deadline=None, max_examples=120)
@given(lives, endings)
def test_each_member_is_mentioned_once_whatever_happens(lives, endings):
    async def main() -> None:
        story = Story()
        rig = story.rig
        await rig.add(a_guild("g", *CHANNELS), SNOW)
        async with rig.running():
            await trio.sleep(10)
        story.join()
        for number, (steps, (killed, away)) in enumerate(zip(lives, endings, strict=False), start=1):
            async with rig.running():
                for step in steps:
                    await story.do(*step)
                if number == len(lives):
                    story.heal()
                    await trio.sleep(9000)
                elif killed:
                    rig.kill()
                    await trio.lowlevel.checkpoint()
            await trio.sleep(away)
        told = [member for message in rig.board.mentions for member in message.mention.members]
        assert sorted(told) == sorted(story.members)
        records = [post for post in rig.store.backend.find(Post) if post.kind is PostKind.MENTION]
        assert [post for post in records if post.at is None] == []

    trio.run(main, clock=MockClock(autojump_threshold=0))


@pytest.mark.parametrize(
    "steps",
    [
        [("refused", "a"), ("wait", 7), ("muted", "a"), ("refused", "a"), ("wait", 7)],
        [("gone", "a"), ("refused at a mention", "b"), ("wait", 100)],
    ],
    ids=["a refusal ends it", "a search ends it"],
)
async def test_an_outage_that_is_over_is_not_told_of_for_days(autojump_clock, steps):
    story = Story()
    await story.rig.add(a_guild("g", *CHANNELS), SNOW)
    async with story.rig.running():
        await trio.sleep(10)
    story.join()
    async with story.rig.running():
        for step in steps:
            await story.do(*step)
        story.heal()
        await trio.sleep(9000)
        assert (await story.rig.numbers()).failing == ""
