"""What becomes of a message on the other side: new, edited, deleted. The same message gives the same plan.

Texts are split, files go as far as the limits let them, and of whatever can't cross there is an honest line
on both sides. Texts of perkd's own are ids and values here: who shows them has the words. Pure.
"""

import re
from collections.abc import Iterable, Sequence

from attrs import evolve

from actors.vip.model import Side
from actors.vip.relay_values import (
    SAID_UNITS,
    EditPlan,
    File,
    FileKind,
    Incoming,
    Limits,
    Part,
    PartKind,
    Plan,
    Role,
    Said,
    Say,
    Skip,
    Thing,
)
from actors.vip.rich_text import RichText
from actors.vip.splitting import split

_COMMAND = re.compile(r"\s*!(?:end|clear_vip_session)(?!\w)", re.IGNORECASE)
_SHIELD = "\U0001f6e1"
"""Of the mark that staff's messages have: see `Say.STAFF`."""
_CROSSES = {Side.THREAD: {Role.OWNER, Role.STAFF}, Side.DESK: {Role.DESK}}
_NOTES_IN_A_PART = 3
_SPOKEN = {FileKind.VOICE: Say.VOICE, FileKind.ROUND_VIDEO: Say.ROUND_VIDEO, FileKind.STICKER: Say.STICKER}


def is_command(text: str) -> bool:
    """Whether a member gives perkd a command with it: such a message is never relayed."""
    return _COMMAND.match(text) is not None


def plan_new(message: Incoming, side: Side, limits: Limits, *, late: bool = False) -> Plan:
    """What is sent for a message that was written on `side`, to the other one with its `limits`.

    `late`: it was written while perkd was away, and is marked so. Each part is one message with one id. The
    first one is marked, and answers what the message answers.
    """
    skipped = _skipped(message, side)
    if skipped is not None:
        return Plan(skipped=skipped)
    files, notes, back = _sorted_out(message.files, limits)
    parts = list(_parts(message, files, notes, limits, _marks(message, late=late)))
    parts[0] = evolve(parts[0], reply_to=message.reply_to)
    return Plan(tuple(parts), tuple(back))


def plan_edit(
    old: Sequence[PartKind] | int, message: Incoming, side: Side, limits: Limits, *, late: bool = False
) -> EditPlan:
    """What is done with the messages that stand for one, now that it was edited.

    `old` is what they are made of, or only how many they are: then the first is edited into the first, and so
    on. Texts are edited in their order, and so are those beside files; nothing is sent twice.
    """
    if message.edited_at is None:
        return EditPlan(skipped=Skip.PREVIEW)
    plan = plan_new(message, side, limits, late=late)
    if plan.skipped is not None:
        return EditPlan(skipped=plan.skipped)
    places = _places(old, plan.parts)
    edits = tuple((place, part) for place, part in zip(places, plan.parts, strict=True) if place is not None)
    adds = [part for place, part in zip(places, plan.parts, strict=True) if place is None]
    count = old if isinstance(old, int) else len(old)
    if adds and count and _fits(adds[0].text, (*adds[0].before, Said(Say.MORE)), limits.text, limits):
        adds[0] = evolve(adds[0], before=(Said(Say.MORE), *adds[0].before))
    deletes = tuple(sorted(set(range(count)) - set(places)))
    return EditPlan(edits, tuple(adds), deletes, plan.back)


def _skipped(message: Incoming, side: Side) -> Skip | None:
    if message.role is Role.OWN:
        return Skip.OWN
    if message.role not in _CROSSES[side]:
        return Skip.STRANGER
    if side is Side.THREAD and is_command(message.text.text):
        return Skip.COMMAND
    return None


def _places(old: Sequence[PartKind] | int, parts: Sequence[Part]) -> list[int | None]:
    """Which old message each part takes; None: a new one."""
    if isinstance(old, int):
        return [place if place < old else None for place in range(len(parts))]
    free = {kind: [place for place, one in enumerate(old) if one is kind] for kind in PartKind}
    return [free[part.kind].pop(0) if free[part.kind] else None for part in parts]


# --- marks --------------------------------------------------------------------------------------


def _marks(message: Incoming, *, late: bool) -> tuple[Said, ...]:
    marks = []
    if message.role is Role.STAFF:
        marks.append(Said.of(Say.STAFF, name=message.name))
    elif message.role is Role.OWNER and _shows_a_shield(message):
        marks.append(Said.of(Say.MEMBER, name=message.name))
    if late:
        marks.append(Said.of(Say.LATE, at=message.at))
    if message.forwarded_from:
        marks.append(Said.of(Say.FORWARDED, name=message.forwarded_from))
    elif message.forwarded_from is not None:
        marks.append(Said(Say.FORWARDED_HIDDEN))
    return tuple(marks)


def _shows_a_shield(message: Incoming) -> bool:
    """Anywhere: what stands before it may be invisible, or end the line, in more ways than can be listed."""
    things = (thing.words.text for thing in message.things)
    files = (text for file in message.files for text in (file.name, file.words))
    return any(_SHIELD in text for text in (message.text.text, *things, *files))


def _on_each(marks: Sequence[Said]) -> tuple[Said, ...]:
    """Marks of every part: one that begins with a shield would else pass for a message of staff."""
    return tuple(mark for mark in marks if mark.text is Say.MEMBER)


# --- parts --------------------------------------------------------------------------------------


def _parts(
    message: Incoming, files: Sequence[File], notes: Sequence[Said], limits: Limits, marks: tuple[Said, ...]
) -> Iterable[Part]:
    text, batches = message.text.stripped(), list(_batches(files, limits))
    parts: list[Part] = []
    if batches and _fits(text, (*marks, *_spoken(batches[0])), limits.caption, limits):
        parts.append(Part(text=text, files=batches[0], after=_spoken(batches[0])))
        batches = batches[1:]
    else:
        parts.extend(_texts(text, limits, marks))
    parts.extend(Part(files=batch, after=_spoken(batch)) for batch in batches)
    for thing in message.things:
        parts.extend(_thing(thing, limits, _on_each(marks) if parts else marks))
    parts = _with_notes(parts, notes, limits, marks)
    if not parts:  # nothing is dropped in silence
        parts.append(Part(before=(Said(Say.OTHER),)))
    rest = [evolve(part, before=(*_on_each(marks), *part.before)) for part in parts[1:]]
    return [evolve(parts[0], before=(*marks, *parts[0].before)), *rest]


def _texts(text: RichText, limits: Limits, marks: Sequence[Said]) -> list[Part]:
    first, further = (limits.text - SAID_UNITS * len(said) for said in (marks, _on_each(marks)))
    return [Part(text=part) for part in split(text, further, limits.measure, first)]


def _fits(text: RichText, said: Sequence[Said], room: int, limits: Limits) -> bool:
    return limits.measure(text) + SAID_UNITS * len(said) <= room


def _batches(files: Sequence[File], limits: Limits) -> Iterable[tuple[File, ...]]:
    """Files that go in one message; what is told in words besides has a message of its own."""
    batch: list[File] = []
    size = 0
    for file in files:
        alone = file.kind in _SPOKEN or (batch and batch[-1].kind in _SPOKEN)
        full = len(batch) >= limits.files or size + (file.size or limits.file) > limits.request
        if batch and (alone or full):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(file)
        size += file.size or limits.file
    if batch:
        yield tuple(batch)


def _spoken(batch: Sequence[File]) -> tuple[Said, ...]:
    file = batch[0]
    match file.kind:
        case FileKind.VOICE | FileKind.ROUND_VIDEO:
            return (Said.of(_SPOKEN[file.kind], seconds=file.seconds or 0),)
        case FileKind.STICKER:
            return (Said.of(Say.STICKER, words=file.words),)
    return ()


def _thing(thing: Thing, limits: Limits, marks: Sequence[Said]) -> list[Part]:
    label = Said(Say[thing.kind.name])
    parts = _texts(thing.words, limits, (*marks, label)) or [Part()]
    return [evolve(parts[0], before=(label,)), *parts[1:]]


# --- what does not cross ------------------------------------------------------------------------


def _sorted_out(files: Iterable[File], limits: Limits) -> tuple[list[File], list[Said], list[Said]]:
    """The files that are sent; what is said there, and back, of the others."""
    sent, there, back = [], [], []
    for file in files:
        if file.source is None and file.kind is FileKind.STICKER:
            there.append(Said.of(Say.STICKER, words=file.words or file.name))
        elif file.source is None:
            values = {"kind": file.kind.value, "name": file.name}
            there.append(Said.of(Say.NO_FILE, **values))
            back.append(Said.of(Say.NO_FILE_BACK, **values))
        elif file.size is not None and file.size > limits.file:
            there.append(Said.of(Say.TOO_LARGE, name=file.name, size=file.size, limit=limits.file))
            back.append(Said.of(Say.TOO_LARGE_BACK, name=file.name, size=file.size, limit=limits.file))
        else:
            sent.append(file)
    return sent, there, back


def _with_notes(
    parts: list[Part], notes: Sequence[Said], limits: Limits, marks: tuple[Said, ...]
) -> list[Part]:
    """The lines about what does not cross: below the last part where they fit, else on their own."""
    if parts and 0 < len(notes) <= _NOTES_IN_A_PART:
        last = parts[-1]
        said = (*(marks if len(parts) == 1 else _on_each(marks)), *last.before, *last.after, *notes)
        if _fits(last.text, said, limits.caption if last.files else limits.text, limits):
            return [*parts[:-1], evolve(last, after=(*last.after, *notes))]
    groups = [notes[i : i + _NOTES_IN_A_PART] for i in range(0, len(notes), _NOTES_IN_A_PART)]
    return [*parts, *(Part(after=tuple(group)) for group in groups)]
