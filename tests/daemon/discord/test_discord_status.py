"""Discord's part of the status: what counts as a problem, in which words."""

from typing import Any

import pytest
import trio
from attrs import evolve, frozen

from actors.giftcodes.model import ChannelTrouble, Guild, Record, Watched
from actors.ports import StoreUnavailable
from daemon.discord.report import DiscordReport
from daemon.discord.status import (
    DiscordNumbers,
    DiscordStatus,
    UnavailableGuild,
    discord_json,
    discord_problems,
    set_up_problems,
    watch_problems,
)
from supervision import Actor, ActorSpec, SupervisorSpec, open_tree

NOW = 1_700_000_000.0
WELL = DiscordNumbers("connected", NOW - 100.0, name="perkd", shards=1, guilds=2, latency=0.0421)


def guild(number: int, since: float) -> UnavailableGuild:
    return UnavailableGuild(str(number), "Snow", since)


def trouble(number: int) -> ChannelTrouble:
    return ChannelTrouble("1", str(number), "the bot lacks Send Messages", since=NOW - number)


@pytest.mark.parametrize(
    ("numbers", "problems"),
    [
        (WELL, []),
        (evolve(WELL, state="connecting", since=NOW), []),
        (
            DiscordNumbers("away", NOW, "it can't be reached", NOW + 12.0),
            ["Discord is away: it can't be reached; next attempt in 12 s"],
        ),
        (
            DiscordNumbers("away", NOW, "it can't be reached", NOW - 1.0),
            ["Discord is away: it can't be reached; next attempt in 0 s"],
        ),
        (evolve(WELL, state="reconnecting", since=NOW - 5.0), []),
        (
            evolve(WELL, state="reconnecting", since=NOW - 60.0),
            ["Discord's gateway is lost since 2023-11-14T22:12:20Z: commands and buttons wait for it"],
        ),
        (evolve(WELL, stuck=True), ["Discord's thread does not answer"]),
        (evolve(WELL, commands="HTTP 503"), ["Discord does not know perkd's commands yet: HTTP 503"]),
        (evolve(WELL, unavailable=(guild(7, NOW - 5.0),)), []),
        (
            evolve(WELL, unavailable=(guild(7, NOW - 60.0),)),
            ["server 7 (Snow) is unavailable at Discord since 2023-11-14T22:12:20Z"],
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(numbers: DiscordNumbers, problems: list[str]) -> None:
    assert list(discord_problems(numbers, NOW)) == problems


def test_of_an_outage_a_few_servers_are_named_and_the_others_counted() -> None:
    numbers = evolve(WELL, unavailable=tuple(guild(number, NOW - 100.0) for number in range(100)))
    problems = list(discord_problems(numbers, NOW))
    assert len(problems) == 6
    assert problems[-1] == "95 more servers are unavailable at Discord"


def test_the_message_content_intent_is_missed_where_a_channel_is_watched_alone() -> None:
    off = evolve(WELL, switched_off=("Message Content",))
    plain, watching = Guild("1", "Snow"), Guild("2", "Rain", watched=(Watched("3", "wos", since=0.0),))
    assert list(set_up_problems(off, [plain], [])) == []
    assert list(set_up_problems(WELL, [plain, watching], [])) == []
    (problem,) = set_up_problems(off, [plain, watching], [])
    assert "1 servers" not in problem
    assert "Message Content Intent is off" in problem
    assert "Privileged Gateway Intents" in problem


def test_channels_in_trouble_are_told_the_oldest_first_and_beyond_a_few_counted() -> None:
    problems = list(set_up_problems(WELL, [], [trouble(number) for number in range(8)]))
    assert len(problems) == 6
    assert problems[0] == (
        "channel 7 of server 1 gets no codes since 2023-11-14T22:13:13Z: the bot lacks Send Messages"
    )
    assert problems[-1] == "3 more channels get no codes"


def test_the_document_says_what_is_not_known_to_be_so() -> None:
    assert discord_json(None, None) == {"state": "no answer", "channel_troubles": None, "watched": None}
    document = discord_json(WELL, [])
    assert (document["latency"], document["reason"], document["channel_troubles"]) == (0.042, None, [])


@frozen
class Reading:
    channels: int = 3
    codes: int = 2
    troubles: tuple[tuple[str, str, str], ...] = ()


class Answering(Actor):
    async def receive(self, message: object) -> object:
        if message == "reading?":
            return Reading(troubles=(("1", "9", "the bot lacks View Channel"),))
        assert message == DiscordStatus()
        return WELL


class Silent(Actor):
    async def receive(self, message: object) -> object:
        return await trio.sleep(60.0)


class Shelf:
    """A store that holds these, or does not answer."""

    def __init__(self, *records: Record, away: float | None = None) -> None:
        self.records, self.away = records, away

    async def find(self, type_: type[Record], **_equal: Any) -> list[Any]:
        if self.away is not None:
            await trio.sleep(self.away)
            raise StoreUnavailable("of the test")
        return [record for record in self.records if isinstance(record, type_)]


async def part_of(actor: type[Actor], store: Any) -> Any:
    spec = SupervisorSpec("test", [ActorSpec(name, actor, grace=0.0) for name in ("discord", "watcher")])
    async with open_tree(spec) as tree:
        report = DiscordReport(tree.ref("discord"), store, tree.ref("watcher"), "reading?")
        return await report.make(NOW)


async def test_a_report_joins_what_the_actor_and_the_store_say(autojump_clock: trio.abc.Clock) -> None:
    part = await part_of(Answering, Shelf(trouble(5)))
    assert part.document["state"] == "connected"
    assert part.problems == (
        "channel 5 of server 1 gets no codes since 2023-11-14T22:13:15Z: the bot lacks Send Messages",
        "channel 9 of server 1 can't be read for codes: the bot lacks View Channel",
    )
    unread = [{"guild": "1", "channel": "9", "reason": "the bot lacks View Channel"}]
    assert part.document["watched"] == {"channels": 3, "codes": 2, "troubles": unread}


def test_of_channels_that_cannot_be_read_a_few_are_named() -> None:
    problems = list(watch_problems(Reading(troubles=tuple(("1", str(n), "gone") for n in range(9)))))
    assert len(problems) == 6
    assert problems[-1] == "4 more channels can't be read for codes"


@pytest.mark.parametrize("away", [0.0, 60.0])
async def test_a_report_waits_for_nobody(autojump_clock: trio.abc.Clock, away: float) -> None:
    began = trio.current_time()
    part = await part_of(Silent, Shelf(away=away))
    assert trio.current_time() - began < 1.0
    assert part.document == {"state": "no answer", "channel_troubles": None, "watched": None}
    assert part.problems == ("Discord's part of perkd does not answer",)
