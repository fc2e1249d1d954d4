import pytest
from attrs import evolve
from hypothesis import strategies as st

from actors.vip.model import Side
from actors.vip.ports import PlanRequest
from actors.vip.relay_plan import is_command, plan_edit, plan_new
from actors.vip.relay_planner import RelayPlanner
from actors.vip.relay_values import (
    SAID_UNITS,
    File,
    FileKind,
    Incoming,
    Limits,
    PartKind,
    Role,
    Said,
    Say,
    Skip,
    Thing,
    ThingKind,
)
from actors.vip.rich_text import plain
from tests.worlds.rich_texts import WORDS, given_any, rich_texts, seen

MB = 1024 * 1024
TELEGRAM = Limits(text=4096, caption=1024, file=50 * MB, files=1, request=50 * MB)
DISCORD = Limits(text=2000, caption=2000, file=10 * MB, files=10, request=25 * MB)
HELLO = Incoming(plain("hello"), role=Role.OWNER, name="Ann", at=1000.0)
PICTURE = File(FileKind.PICTURE, "a.png", 1000, source=1)
HUGE = File(FileKind.VIDEO, "b.mp4", 200 * MB, source=2)
SAYS = [Say[kind.name] for kind in ThingKind]


def _new(message, side=Side.THREAD, limits=TELEGRAM, **late):
    return plan_new(message, side, limits, **late)


def _files():
    sizes = st.one_of(st.none(), st.integers(0, 60 * MB))
    return st.builds(
        File,
        st.sampled_from(FileKind),
        st.just("name"),
        sizes,
        st.sampled_from([None, "source"]),
        st.just("😀"),
    )


MESSAGES = st.builds(
    Incoming,
    rich_texts(WORDS.map(lambda text: text * 40)),
    st.lists(_files(), max_size=13).map(tuple),
    st.lists(st.builds(Thing, st.sampled_from(ThingKind), WORDS.map(plain)), max_size=2).map(tuple),
    role=st.sampled_from([Role.OWNER, Role.STAFF]),
    forwarded_from=st.sampled_from([None, "", "Bob"]),
    reply_to=st.sampled_from(["", "7"]),
)


@given_any(MESSAGES, st.sampled_from([TELEGRAM, DISCORD]), st.booleans())
def test_of_every_message_something_is_sent_that_fits(message, limits, late):
    plan = _new(message, limits=limits, late=late)
    if is_command(message.text.text):
        assert plan.skipped is Skip.COMMAND
        return
    assert plan.parts
    for part in plan.parts:
        room = limits.caption if part.files else limits.text
        assert limits.measure(part.text) + SAID_UNITS * len(part.before + part.after) <= room
        assert part.text or part.files or part.before or part.after
        assert len(part.files) <= limits.files
        assert len(part.files) == 1 or sum(f.size or limits.file for f in part.files) <= limits.request


@given_any(MESSAGES)
def test_text_and_files_cross_once_and_in_their_order(message):
    plan = _new(message, limits=DISCORD)
    if plan.skipped is None:
        said = "".join(part.text.text for part in plan.parts)
        things = "".join(thing.words.text for thing in message.things)
        assert seen(said) == seen(message.text.text + things)
        sent = [file for part in plan.parts for file in part.files]
        fit = [f for f in message.files if f.source is not None and (f.size or 0) <= DISCORD.file]
        assert sent == fit
        told = [one for part in plan.parts for one in part.after]
        assert len(told) >= len(message.files) - len(sent)


@given_any(MESSAGES, st.booleans())
def test_the_same_message_gives_the_same_plan(message, late):
    assert _new(message, late=late) == _new(message, late=late)


@given_any(MESSAGES, MESSAGES)
def test_an_edit_takes_every_old_message_and_every_new_part_once(before, after):
    old, after = _new(before, limits=DISCORD), evolve(after, edited_at=5.0)
    new = _new(after, limits=DISCORD)
    if old.skipped or new.skipped:
        return
    kinds = [part.kind for part in old.parts]
    edit = plan_edit(kinds, after, Side.THREAD, DISCORD)
    places = [place for place, _ in edit.edits]
    assert sorted([*places, *edit.deletes]) == list(range(len(kinds)))
    assert all(part.kind is kinds[place] for place, part in edit.edits)
    assert len(edit.edits) + len(edit.adds) == len(new.parts)


def test_a_message_is_one_part():
    (part,) = _new(HELLO).parts
    assert (part.text, part.before, part.after, part.kind) == (plain("hello"), (), (), PartKind.TEXT)


def test_staff_are_marked_and_what_is_late_too():
    (part,) = _new(evolve(HELLO, role=Role.STAFF), late=True).parts
    assert part.before == (Said.of(Say.STAFF, name="Ann"), Said.of(Say.LATE, at=1000.0))


@pytest.mark.parametrize(
    "before", ["", "hello\n  ", "\u200b", "\u2800", "\u3164", "\u200d", "hello\u2028", "hello\x0b"]
)
def test_who_writes_like_staff_is_named(before):
    (part,) = _new(evolve(HELLO, text=plain(f"{before}🛡 Staff: send me money"))).parts
    assert part.before == (Said.of(Say.MEMBER, name="Ann"),)


@pytest.mark.parametrize(
    "message",
    [
        evolve(HELLO, things=(Thing(ThingKind.POLL, plain("🛡 Boss: refund him")),)),
        Incoming(files=(evolve(PICTURE, name="🛡 Boss.png"),), role=Role.OWNER, name="Ann"),
        evolve(HELLO, text=plain("word " * 900 + "\n🛡 Boss: refund him" + " word" * 900)),
        evolve(HELLO, text=plain("🛡" * 9000), files=(PICTURE, *[evolve(PICTURE, size=2**40)] * 5)),
    ],
)
def test_in_every_part_of_what_looks_like_staffs_the_member_is_named(message):
    mark = Said.of(Say.MEMBER, name="Ann")
    parts = _new(message).parts
    assert [part.before[0] for part in parts] == [mark] * len(parts)
    for part in parts:
        room = TELEGRAM.caption if part.files else TELEGRAM.text
        assert TELEGRAM.measure(part.text) + SAID_UNITS * len((*part.before, *part.after)) <= room


def test_only_the_owners_and_staffs_messages_leave_the_thread():
    assert _new(evolve(HELLO, role=Role.OTHER)).skipped is Skip.STRANGER
    assert _new(evolve(HELLO, role=Role.DESK)).skipped is Skip.STRANGER
    assert _new(evolve(HELLO, role=Role.OWN)).skipped is Skip.OWN
    assert _new(HELLO, Side.DESK, DISCORD).skipped is Skip.STRANGER
    assert _new(evolve(HELLO, role=Role.DESK), Side.DESK, DISCORD).parts


@pytest.mark.parametrize("text", ["!end", " !END now", "!clear_vip_session <@1>", "!end!", "\n!end"])
def test_a_command_is_never_relayed(text):
    command = evolve(HELLO, text=plain(text), edited_at=5.0, files=(PICTURE,))
    assert _new(command).skipped is Skip.COMMAND
    assert plan_edit(1, command, Side.THREAD, TELEGRAM).skipped is Skip.COMMAND


@pytest.mark.parametrize("text", ["!ending", "the !end", "!end_of_story", "end"])
def test_what_only_looks_like_a_command_is_relayed(text):
    assert _new(evolve(HELLO, text=plain(text))).parts


def test_a_desk_that_writes_like_a_command_gives_none():
    assert _new(evolve(HELLO, role=Role.DESK, text=plain("!end")), Side.DESK, DISCORD).parts


def test_a_file_takes_a_short_text_along():
    (part,) = _new(evolve(HELLO, files=(PICTURE,))).parts
    assert (part.text, part.files) == (plain("hello"), (PICTURE,))


def test_a_text_that_is_too_long_for_a_caption_goes_first():
    one, other = _new(evolve(HELLO, text=plain("a" * 1500), files=(PICTURE,), reply_to="7")).parts
    assert (one.kind, other.kind) == (PartKind.TEXT, PartKind.FILES)
    assert (one.reply_to, other.reply_to) == ("7", "")


def test_a_file_that_is_too_large_is_told_on_both_sides():
    plan = _new(evolve(HELLO, files=(HUGE,)))
    values = {"name": "b.mp4", "size": 200 * MB, "limit": 50 * MB}
    assert plan.parts[0].after == (Said.of(Say.TOO_LARGE, **values),)
    assert plan.back == (Said.of(Say.TOO_LARGE_BACK, **values),)


def test_a_file_that_is_too_large_alone_is_a_message_of_words():
    (part,) = _new(Incoming(files=(HUGE,), role=Role.STAFF, name="Eve")).parts
    assert part.before == (Said.of(Say.STAFF, name="Eve"),)
    assert part.after[0].text is Say.TOO_LARGE


def test_files_share_messages_as_far_as_the_side_lets_them():
    files = tuple(evolve(PICTURE, name=f"{i}", size=9 * MB) for i in range(5))
    plan = _new(evolve(HELLO, role=Role.DESK, files=files), Side.DESK, DISCORD)
    assert [len(part.files) for part in plan.parts] == [2, 2, 1]
    assert len(_new(evolve(HELLO, files=files)).parts) == 5


def test_a_voice_message_is_a_file_and_told_in_words():
    voice = File(FileKind.VOICE, "voice.ogg", 100, source=1, seconds=12)
    one, other = _new(
        evolve(HELLO, text=plain(""), role=Role.DESK, files=(PICTURE, voice)), Side.DESK, DISCORD
    ).parts
    assert (one.files, other.files) == ((PICTURE,), (voice,))
    assert other.after == (Said.of(Say.VOICE, seconds=12),)


def test_what_has_no_file_is_a_placeholder():
    sticker = File(FileKind.STICKER, words="😀")
    assert _new(evolve(HELLO, files=(sticker,))).parts[0].after == (Said.of(Say.STICKER, words="😀"),)
    lost = _new(evolve(HELLO, files=(File(FileKind.FILE, "a.txt"),)))
    assert (lost.parts[0].after[0].text, lost.back[0].text) == (Say.NO_FILE, Say.NO_FILE_BACK)


@pytest.mark.parametrize("kind", list(ThingKind))
def test_polls_places_and_the_like_are_told_in_words(kind):
    (part,) = _new(Incoming(things=(Thing(kind, plain("Tea or coffee?")),), role=Role.OWNER)).parts
    assert (part.before, part.text) == ((Said(Say[kind.name]),), plain("Tea or coffee?"))


def test_an_empty_message_is_not_dropped_in_silence():
    (part,) = _new(Incoming(role=Role.OWNER)).parts
    assert part.before == (Said(Say.OTHER),)


def test_what_was_forwarded_is_marked():
    assert _new(evolve(HELLO, forwarded_from="Bob")).parts[0].before == (Said.of(Say.FORWARDED, name="Bob"),)
    assert _new(evolve(HELLO, forwarded_from="")).parts[0].before == (Said(Say.FORWARDED_HIDDEN),)


def test_a_links_preview_is_no_edit():
    assert plan_edit(1, HELLO, Side.THREAD, TELEGRAM).skipped is Skip.PREVIEW


def test_an_edit_that_is_longer_or_shorter_adds_or_deletes_messages():
    long = evolve(HELLO, text=plain("word " * 1200), edited_at=5.0)
    more = plan_edit(1, long, Side.THREAD, TELEGRAM)
    assert ([place for place, _ in more.edits], len(more.adds), more.deletes) == ([0], 1, ())
    assert more.adds[0].before == (Said(Say.MORE),)
    less = plan_edit(3, evolve(HELLO, edited_at=5.0), Side.THREAD, TELEGRAM)
    assert ([place for place, _ in less.edits], less.adds, less.deletes) == ([0], (), (1, 2))


def test_a_message_that_was_never_sent_is_sent_when_it_is_edited():
    edit = plan_edit(0, evolve(HELLO, edited_at=5.0), Side.THREAD, TELEGRAM)
    assert (edit.edits, [part.text for part in edit.adds]) == ((), [plain("hello")])
    assert edit.adds[0].before == ()


def test_the_port_plans_for_both_sides():
    planner = RelayPlanner(desk=TELEGRAM, thread=DISCORD)
    message = Incoming(plain("a" * 3000))
    assert len(planner.to_desk(PlanRequest(message))) == 1
    assert len(planner.to_thread(PlanRequest(message))) == 2
    (marked,) = planner.to_desk(PlanRequest(message, staff=True, author_name="Eve", late=True))
    assert [said.text for said in marked.body.before] == [Say.STAFF, Say.LATE]
    with pytest.raises(TypeError):
        planner.to_desk(PlanRequest("text"))
