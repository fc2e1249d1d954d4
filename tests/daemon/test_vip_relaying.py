import re
import time

from attrs import evolve
from hypothesis import strategies as st

from actors.vip.ports import PlanRequest
from actors.vip.relay_values import File, FileKind, Incoming, Thing, ThingKind
from actors.vip.rich_text import plain, units
from daemon.discord.markdown import from_markdown, markdown_units, to_markdown
from daemon.telegram.entities import from_entities, to_entities
from daemon.vip_relaying import PLANNER
from daemon.vip_wording import part_words
from tests.worlds.rich_texts import WORDS, calm_texts, given_any, rich_texts, seen

MENTION = re.compile(r"<@[!&]?\d+>|<#\d+>|@everyone|@here", re.IGNORECASE)
FILES = st.lists(
    st.builds(
        File,
        st.sampled_from(FileKind),
        WORDS,
        st.sampled_from([None, 1000, 9 << 20, 60 << 20]),
        st.sampled_from([None, "source"]),
        WORDS,
    ),
    max_size=6,
).map(tuple)
THINGS = st.lists(st.builds(Thing, st.sampled_from(ThingKind), WORDS.map(plain)), max_size=2).map(tuple)
MESSAGES = st.builds(
    Incoming,
    rich_texts(st.builds(lambda text, times: text * times, WORDS, st.sampled_from([1, 30, 100]))),
    FILES,
    THINGS,
    forwarded_from=st.one_of(st.none(), WORDS),
)
REQUESTS = st.builds(PlanRequest, MESSAGES, staff=st.booleans(), author_name=WORDS, late=st.booleans())


@given_any(REQUESTS)
def test_every_message_for_the_desk_fits_telegram(request):
    for content in PLANNER.to_desk(request):
        text, entities = to_entities(part_words(content.body))
        assert units(text) <= (1024 if content.body.files else 4096)
        assert text or content.body.files
        assert all(one.offset >= 0 and one.offset + one.length <= units(text) for one in entities)


@given_any(REQUESTS)
def test_every_message_for_the_thread_fits_discord(request):
    for content in PLANNER.to_thread(request):
        assert markdown_units(part_words(content.body)) <= 2000
        assert part_words(content.body) or content.body.files


@given_any(calm_texts(), st.sampled_from([1, 60]))
def test_a_text_crosses_whole_in_both_directions(value, times):
    message = Incoming(evolve(value, text=value.text * times))
    there = [part_words(content.body) for content in PLANNER.to_desk(PlanRequest(message))]
    if seen(value.text):
        assert seen("".join(from_entities(*to_entities(one)).text for one in there)) == seen(
            value.text * times
        )
        back = [part_words(content.body) for content in PLANNER.to_thread(PlanRequest(message))]
        assert seen("".join(from_markdown(to_markdown(one)).text for one in back)) == seen(value.text * times)


def test_a_message_of_2000_characters_crosses_in_milliseconds():
    source = (
        "Hello **bold *both*** and `code` [link](https://a.example/x) ||spoiler|| <@123>\n> quote\n" * 30
    )[:2000]
    best = 1.0
    for _ in range(5):
        began = time.process_time()
        request = PlanRequest(Incoming(from_markdown(source)))
        for content in PLANNER.to_desk(request):
            to_entities(part_words(content.body))
        best = min(best, time.process_time() - began)
    assert best < 0.05  # some twenty times what it takes


@given_any(REQUESTS)
def test_nothing_that_is_relayed_mentions_anybody_on_discord(request):
    for content in PLANNER.to_thread(request):
        assert not MENTION.search(to_markdown(part_words(content.body)))
