import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.gameapi import check_fid
from daemon.gameapi.signing import is_decimal, sign, signed
from daemon.secrets import Secret

FIELDS = st.dictionaries(st.text(min_size=1), st.text(), max_size=6)


def test_the_signature_is_the_md5_of_the_sorted_fields_and_the_key() -> None:
    fields = {"time": "1790000000", "fid": "1001", "kid": "7", "cdk": "Snow2026"}
    expected = hashlib.md5(
        b"cdk=Snow2026&fid=1001&kid=7&time=1790000000k3y", usedforsecurity=False
    ).hexdigest()
    assert sign(fields, Secret("k3y")) == expected
    assert signed(fields, Secret("k3y")) == {**fields, "sign": expected}


def test_a_probe_signs_its_time_alone() -> None:
    assert sign({"time": "1"}, Secret("k")) == hashlib.md5(b"time=1k", usedforsecurity=False).hexdigest()


@given(FIELDS, st.text(), st.randoms(use_true_random=False))
def test_the_order_of_the_fields_does_not_matter(
    fields: dict[str, str], key: str, chance: random.Random
) -> None:
    items = list(fields.items())
    chance.shuffle(items)
    assert sign(dict(items), Secret(key)) == sign(fields, Secret(key))


@given(FIELDS, st.text())
def test_a_signature_does_not_sign_itself(fields: dict[str, str], key: str) -> None:
    once = signed(fields, Secret(key))
    assert sign(once, Secret(key)) == once["sign"]
    assert len(once["sign"]) == 32
    assert once["sign"] == once["sign"].lower()


@pytest.mark.parametrize("text", ["1", "0123", " 401927341\n", "9" * 20])
def test_a_fid_is_a_decimal_number(text: str) -> None:
    assert check_fid(text) == text.strip()


@pytest.mark.parametrize("text", ["", " ", "12a", "-1", "1.5", "1 2", "١٢", "9" * 21, "²"])
def test_what_is_no_fid_is_refused_by_name_and_value(text: str) -> None:
    assert not is_decimal(text)
    with pytest.raises(ValueError, match=r"fid = .*: must be the player's number, digits only"):
        check_fid(text)
