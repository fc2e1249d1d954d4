import json
import math
from typing import Any, ClassVar

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import (
    Call,
    Channel,
    Code,
    CodeState,
    Guild,
    Outcome,
    Player,
    Record,
    Redemption,
    Spent,
)
from actors.ports import Delete, Put
from actors.records import RECORDS
from daemon.storage import Unreadable, Unstorable, codec

TIMES = st.floats(allow_nan=False, allow_infinity=False)


def records() -> st.SearchStrategy[Record]:
    """Any record of any class: `from_type` follows the annotations, so that new fields are covered."""
    st.register_type_strategy(float, TIMES)
    return st.one_of([st.from_type(type_) for type_ in RECORDS])


@given(records())
def test_what_is_written_is_read_back_as_it_was(record: Record) -> None:
    try:
        text = codec.encode(record)
    except Unstorable:
        assert not _is_text(record.key)  # the only reason there is
        return
    read = codec.decode(type(record), record.key, text)
    assert read == record
    assert repr(read) == repr(record)  # an enum is no string, a tuple no list


@pytest.mark.parametrize("text", ["{doc}", " {doc}", "{doc}\n", "\t{doc} \r\n"])
def test_space_around_a_document_is_nothing(text: str) -> None:
    player = Player("wos", "1", "7", "Anna")
    assert codec.decode(Player, "wos/1", text.replace("{doc}", codec.encode(player))) == player


def test_a_document_that_somebody_put_into_the_file_as_bytes_is_read_and_damaged_bytes_are_no_crash() -> None:
    player = Player("wos", "1", "7", "Anna")
    written: Any = codec.encode(player).encode()
    assert codec.decode(Player, "wos/1", written) == player
    with pytest.raises(Unreadable, match="its document is no JSON"):
        codec.decode(Player, "wos/1", written + b"\xff")


@pytest.mark.parametrize("text", ["{doc} x", "{doc}{doc}", "", "{", "\ufeff{doc}"])
def test_what_is_no_json_is_refused_in_its_words(text: str) -> None:
    written = text.replace("{doc}", codec.encode(Player("wos", "1")))
    with pytest.raises(ValueError) as said:  # noqa: PT011 - its words are compared
        json.loads(written)
    with pytest.raises(Unreadable) as caught:
        codec.decode(Player, "wos/1", written)
    assert str(caught.value) == f"players 'wos/1': its document is no JSON: {said.value}"


@given(st.lists(records(), max_size=4))
def test_a_batch_is_read_back_as_it_was(batch: list[Record]) -> None:
    changes = tuple(
        Put(record) if number % 2 else Delete(type(record), record.key) for number, record in enumerate(batch)
    )
    assert codec.decode_batch(codec.encode_batch(changes)) == changes


def test_a_document_is_plain_json_with_enums_as_values_and_tuples_as_lists() -> None:
    guild = Guild(id="1", name="A", channels=(Channel("7", 1.5, ("wos",)),))
    assert codec.to_document(guild) == {
        "id": "1",
        "name": "A",
        "priority": 0,
        "channels": [{"id": "7", "since": 1.5, "games": ["wos"], "by": "", "renewed_at": None}],
        "auto_redeem": True,
        "paused": False,
        "summary": True,
        "watched": [],
    }
    code = Code(game="wos", code="A", state=CodeState.USED_UP)
    document = codec.to_document(code)
    assert type(document["state"]) is str
    assert document["state"] == "used_up"


def test_attributes_that_an_older_program_did_not_know_take_their_defaults() -> None:
    old = {"game": "wos", "fid": "1", "code": "A", "spent": {"login": 2}}
    assert codec.from_document(Redemption, "k", old) == Redemption("wos", "1", "A", spent=Spent(login=2))
    guild = {"id": "1", "name": "A", "channels": [{"id": "7", "since": 1.5}]}
    assert codec.from_document(Guild, "1", guild) == Guild("1", "A", channels=(Channel("7", 1.5),))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"colour": "red"}, "colour"),
        ({"attempts": "3"}, "'3' is no int @ .attempts"),
        ({"attempts": True}, "True is no int @ .attempts"),
        ({"fid": None}, "None is no str @ .fid"),
        ({"retries": 1}, "1 is no bool @ .retries"),
        ({"outcome": "vanished"}, "vanished"),
        ({"spent": {"luck": 1}}, "luck"),
        ({"first_at": "noon"}, ".first_at"),
    ],
)
def test_an_unknown_or_wrong_field_is_an_error_that_names_collection_key_and_field(
    pair: Redemption, change: dict[str, Any], words: str
) -> None:
    document = codec.to_document(pair) | change
    with pytest.raises(Unreadable) as caught:
        codec.from_document(Redemption, pair.key, document)
    assert f"redemptions '{pair.key}'" in str(caught.value)
    assert words in str(caught.value)
    assert "newer perkd" in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '"x"', '{"fid": 1'])
def test_a_document_that_is_no_object_is_an_error_and_no_crash(text: str) -> None:
    with pytest.raises(Unreadable, match="players 'wos/1'"):
        codec.decode(Player, "wos/1", text)


def test_a_missing_field_without_a_default_is_named() -> None:
    with pytest.raises(Unreadable, match=r"required field missing @ \.fid"):
        codec.from_document(Player, "wos/1", {"game": "wos"})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_time_that_is_no_number_is_refused(pair: Redemption, value: float) -> None:
    with pytest.raises(Unstorable, match=f"redemptions '{pair.key}'"):
        codec.encode(evolve(pair, due_at=value))


def test_half_a_surrogate_pair_is_kept_in_a_name_and_refused_in_a_key() -> None:
    player = Player(game="wos", fid="1", name="\ud83c")
    assert codec.decode(Player, player.key, codec.encode(player)) == player
    with pytest.raises(Unstorable, match="key"):
        codec.encode(evolve(player, fid="\ud83c"))


@frozen
class Unknown(Record):
    collection: ClassVar[str] = "unknown"

    @property
    def key(self) -> str:
        return "1"


def test_a_class_that_is_not_stored_is_refused() -> None:
    with pytest.raises(Unstorable, match="Unknown is not stored"):
        codec.encode(Unknown())
    with pytest.raises(Unstorable, match="Unknown is not stored"):
        codec.query_values(Unknown, {})


def test_a_journal_that_speaks_of_an_unknown_collection_is_an_error() -> None:
    for change in ({"put": "unknown", "doc": {}}, {"delete": "unknown", "key": "1"}, {}):
        with pytest.raises(Unreadable, match="unknown collection"):
            codec.decode_batch(json.dumps([change]))


def test_indexed_values_are_plain() -> None:
    assert codec.index_values(Redemption("wos", "1", "A")) == ("wos", "1", "A", "pending")
    assert [type(value) for value in codec.index_values(Redemption("wos", "1", "A"))] == [str] * 4
    assert codec.query_values(Code, {"state": CodeState.LIVE}) == {"state": "live"}
    assert codec.query_values(Redemption, {"outcome": Outcome.FAILED, "fid": None}) == {
        "outcome": "failed",
        "fid": None,
    }


def test_a_look_up_by_an_attribute_without_an_index_is_refused_by_name() -> None:
    with pytest.raises(Unstorable, match=r"redemptions .* 'status': indexed are game, fid, code, outcome"):
        codec.query_values(Redemption, {"status": "SUCCESS"})
    with pytest.raises(Unstorable, match="indexed are nothing"):
        codec.query_values(Guild, {"name": "A"})


@pytest.mark.parametrize("value", [math.nan, 2**63, "\ud800", b"x", ("a",)])
def test_a_value_that_could_not_be_stored_can_not_be_looked_up(value: Any) -> None:
    with pytest.raises(Unstorable, match="calls: at"):
        codec.query_values(Call, {"at": value})


def _is_text(value: str) -> bool:
    return all(not 0xD800 <= ord(letter) <= 0xDFFF for letter in value)
