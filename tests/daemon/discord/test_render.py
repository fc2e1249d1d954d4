import hikari
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.discord.render import choices_of, embeds_of, message_of, modal_of, rows_of
from daemon.discord.text import ZWSP, units
from daemon.discord.values import Button, Card, Choice, Field, File, Modal, Reply, Style, TextInput

texts = st.one_of(st.text(max_size=50), st.text(min_size=1, max_size=8).map(lambda text: text * 1000))
cards = st.builds(
    Card,
    title=texts,
    text=texts,
    footer=texts,
    fields=st.lists(st.builds(Field, texts, texts, st.booleans()), max_size=30).map(tuple),
)
buttons = st.builds(
    Button, st.text("abc", min_size=1, max_size=100), texts, st.sampled_from(Style), st.booleans()
)
replies = st.builds(
    Reply,
    text=texts,
    cards=st.lists(cards, max_size=12).map(tuple),
    buttons=st.lists(buttons, max_size=30).map(tuple),
)


@settings(max_examples=100)
@given(replies)
def test_no_reply_breaks_discords_limits(reply):
    sent = message_of(reply)
    assert units(sent["content"]) <= 2000
    assert sent["content"].strip() or sent["embeds"]
    together = 0
    assert len(sent["embeds"]) <= 10
    for embed in sent["embeds"]:
        title, text = embed.title or "", embed.description or ""
        footer = (embed.footer.text or "") if embed.footer else ""
        assert units(title) <= 256
        assert units(text) <= 4096
        assert units(footer) <= 2048
        assert len(embed.fields) <= 25
        assert all(0 < units(one.name) <= 256 and 0 < units(one.value) <= 1024 for one in embed.fields)
        assert title or text or footer or embed.fields
        together += sum(map(units, (title, text, footer)))
        together += sum(units(one.name) + units(one.value) for one in embed.fields)
    assert together <= 6000
    assert len(sent["components"]) <= 5
    built = [one for row in sent["components"] for one in row.components]
    assert all(len(row.components) <= 5 for row in sent["components"])
    assert all(0 < units(one.label) <= 80 for one in built)
    assert len({one.custom_id for one in built}) == len(built)


def test_nothing_pings_unless_it_is_asked_to():
    sent = message_of(Reply("hello"))
    assert sent["mentions_everyone"] is False
    assert sent["user_mentions"] is False
    assert sent["role_mentions"] is False


def test_every_part_is_named_so_that_an_edit_leaves_nothing_behind():
    sent = message_of(Reply("hello"))
    assert sent["embeds"] == []
    assert sent["components"] == []
    assert sent["attachments"] is None
    assert message_of(Reply(cards=(Card("title"),)))["content"] == ""


def test_an_empty_reply_still_says_something():
    assert message_of(Reply())["content"] == "Done."
    assert message_of(Reply(" \n"))["content"] == "Done."


def test_a_card_comes_as_an_embed():
    (embed,) = embeds_of([Card("Title", "Text", (Field("a", "b", inline=True),), 0xFF0000, "Footer")])
    assert (embed.title, embed.description, embed.color) == ("Title", "Text", hikari.Color(0xFF0000))
    assert [(one.name, one.value, one.is_inline) for one in embed.fields] == [("a", "b", True)]
    assert embed.footer is not None
    assert embed.footer.text == "Footer"


def test_a_long_text_gives_way_to_the_fields():
    fields = tuple(Field(f"f{number}", "v" * 400) for number in range(5))
    (embed,) = embeds_of([Card(text="t" * 4096, fields=fields)])
    assert [one.value for one in embed.fields] == [one.value for one in fields]
    assert embed.description is not None
    assert embed.description.endswith("…")


@pytest.mark.parametrize(
    ("picture", "name"), [(b"\x89PNG", "picture0.png"), (b"\xff\xd8\xff", "picture0.jpg")]
)
def test_a_picture_is_sent_along(picture, name):
    (embed,) = embeds_of([Card(image=picture)])
    assert embed.image is not None
    assert embed.image.url == f"attachment://{name}"


def test_files_are_sent_under_a_plain_name():
    (file,) = message_of(Reply(files=(File("../märz 1.csv", b"x"),)))["attachments"]
    assert file.filename == ".._m_rz_1.csv"


def test_six_buttons_take_two_rows():
    rows = rows_of(Button(f"b{number}", "x") for number in range(6))
    assert [len(row.components) for row in rows] == [5, 1]


def test_a_button_without_a_usable_id_is_an_error_of_ours():
    with pytest.raises(ValueError, match="1 to 100"):
        rows_of([Button("x" * 101, "x")])


def test_a_modal_fits():
    inputs = tuple(TextInput(f"i{n}", "L" * 60, "P" * 200, "V" * 50, longest=10) for n in range(7))
    made = modal_of(Modal("gc:register:v1:wos", "T" * 60, inputs))
    assert units(made["title"]) == 45
    assert made["custom_id"] == "gc:register:v1:wos"
    assert len(made["components"]) == 5
    (one,) = made["components"][0].components
    assert (units(one.label), units(one.placeholder), units(one.value)) == (45, 100, 10)
    assert one.max_length == 10


def test_suggestions_are_at_most_25_and_come_back_whole():
    made = choices_of([Choice("long", "x" * 101), *(Choice("n" * 200, f"v{n}") for n in range(30))])
    assert len(made) == 25
    assert made[0].value == "v0"
    assert units(made[0].name) == 100


def test_a_field_without_text_keeps_its_place():
    (embed,) = embeds_of([Card(fields=(Field(" ", ""),))])
    assert [(one.name, one.value) for one in embed.fields] == [(ZWSP, ZWSP)]
