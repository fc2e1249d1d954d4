"""What the desk is shown: words with their formatting, files, and honest words where a file can't be had."""

from collections.abc import Callable

import pytest

from actors.vip.ports import Content, FloodWait, Gone, Refused, Trouble, Unreachable
from actors.vip.relay_values import File, FileKind, Part, Said, Say
from actors.vip.rich_text import Span, Style, plain, rich
from actors.vip.words import Notice, Word
from daemon.telegram.values import Entity, Outgoing
from daemon.vip.attachments import TooLarge
from daemon.vip.showing import Show

PICTURE = File(FileKind.PICTURE, "cat.png", 4, "https://a.example/cat.png")


def files(answer: bytes | Trouble) -> Show:
    async def open_file(source: object) -> bytes:
        assert source == "https://a.example/cat.png"
        if isinstance(answer, Trouble):
            raise answer
        return answer

    return Show(open_file)


async def shown(part: Part, answer: bytes | Trouble = b"", **how: bool) -> Outgoing:
    return await files(answer)(Content(part, kind=part.kind.value), **how)


async def test_a_text_keeps_its_formatting() -> None:
    outgoing = await shown(Part(text=rich("very 😀 bold", Span(5, 11, Style.BOLD))))
    assert outgoing == Outgoing("very 😀 bold", (Entity("Bold", 5, 7),))


async def test_a_notice_is_said_in_words() -> None:
    notice = Notice.of(Word.INTRODUCTION, name="Ann", member="7", moved=0)
    outgoing = await files(b"")(Content.say(notice))
    assert "Ann" in outgoing.text
    assert outgoing.upload is None


async def test_a_picture_goes_with_its_caption() -> None:
    outgoing = await shown(Part(text=plain("look"), files=(PICTURE,)), b"data")
    assert outgoing.text == "look"
    assert outgoing.upload is not None
    assert (outgoing.upload.name, outgoing.upload.data) == ("cat.png", b"data")
    assert (outgoing.upload.mime, outgoing.upload.picture) == ("image/png", True)


@pytest.mark.parametrize(
    "file",
    [
        File(FileKind.PICTURE, "cat.png", 4, PICTURE.source, hidden=True),
        File(FileKind.PICTURE, "cat.svg", 4, PICTURE.source),
        File(FileKind.FILE, "cat.png", 4, PICTURE.source),
    ],
)
async def test_what_telegram_would_not_show_as_meant_goes_as_a_file(file: File) -> None:
    outgoing = await shown(Part(files=(file,)), b"data")
    assert outgoing.upload is not None
    assert not outgoing.upload.picture


async def test_a_file_without_a_name_gets_one() -> None:
    outgoing = await shown(Part(files=(File(FileKind.FILE, "", 4, PICTURE.source),)), b"data")
    assert outgoing.upload is not None
    assert outgoing.upload.name == "file"


@pytest.mark.parametrize("answer", [Gone("expired"), Refused("no"), b""])
async def test_a_file_that_can_not_be_had_any_more_is_told_in_words(answer: bytes | Trouble) -> None:
    part = Part(before=(Said.of(Say.STAFF, name="Crew"),), text=plain("look"), files=(PICTURE,))
    outgoing = await shown(part, answer)
    assert outgoing.upload is None
    assert "Crew" in outgoing.text
    assert "look" in outgoing.text
    assert "cat.png" in outgoing.text


async def test_a_file_that_turns_out_too_large_is_told_with_the_limit() -> None:
    outgoing = await shown(Part(files=(PICTURE,)), TooLarge("more"))
    assert outgoing.upload is None
    assert "cat.png" in outgoing.text
    assert "50 MiB" in outgoing.text


@pytest.mark.parametrize("answer", [Unreachable("away"), FloodWait(3.0)])
async def test_what_passes_is_waited_for_by_who_asked(answer: Trouble) -> None:
    with pytest.raises(type(answer)):
        await shown(Part(files=(PICTURE,)), answer)


async def test_an_edit_fetches_no_file() -> None:
    """Telegram keeps the file as it is; its address at Discord may have expired by then."""
    outgoing = await shown(Part(text=plain("look!"), files=(PICTURE,)), Gone("expired"), editing=True)
    assert outgoing == Outgoing("look!")


async def test_a_body_of_another_kind_is_a_fault() -> None:
    show: Callable[..., object] = files(b"")
    with pytest.raises(TypeError, match="not str"):
        await show(Content("text"))  # type: ignore[misc]
