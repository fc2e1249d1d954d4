import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import Code
from daemon.discord.custom_ids import (
    CaptchaPress,
    ForgetPress,
    RedeemPress,
    RegisterPress,
    StatusPress,
    VIPOpenPress,
    captcha_id,
    forget_id,
    parsed,
    redeem_id,
    register_id,
    status_id,
    vip_open_id,
)

codes = st.builds(
    Code, game=st.text(max_size=80), code=st.text(max_size=120), activation=st.integers(1, 10**8)
)


@given(codes, codes)
def test_a_redeem_button_finds_its_code_and_activation_again(code, other):
    press = parsed(redeem_id(code))
    assert isinstance(press, RedeemPress)
    assert press.of([evolve(code, activation=code.activation + 1), other, code]) in {code, other}
    assert press.of([code]) == code
    assert len(redeem_id(code)) <= 100
    if (other.game, other.code, other.activation) != (code.game, code.code, code.activation):
        assert press.of([other]) is None


def test_an_ordinary_code_can_be_read_in_the_id():
    assert redeem_id(Code("wos", "Snow:2026", activation=3)) == "gc:redeem:v1:wos:Snow:2026:3"
    assert parsed("gc:redeem:v1:wos:Snow:2026:3") == RedeemPress("wos", "Snow:2026", 3)


def test_a_code_too_long_for_an_id_is_told_by_its_hash_in_every_life():
    made = redeem_id(Code("wos", "x" * 1000))
    assert made == "gc:redeem:v1:#c925ebc7183ab501dfceac329e2daabe"
    assert parsed(made) == RedeemPress(digest="c925ebc7183ab501dfceac329e2daabe")


def test_the_other_buttons_come_back_as_they_were_made():
    assert parsed(register_id("ks")) == RegisterPress("ks")
    assert parsed(captcha_id("17-a")) == CaptchaPress("17-a")
    assert parsed(status_id(12)) == StatusPress(12)
    assert parsed(forget_id()) == ForgetPress()
    assert parsed(vip_open_id()) == VIPOpenPress()


@pytest.mark.parametrize(
    "custom_id",
    [
        "",
        "vip:open:v2",
        "gc:redeem:v2:wos:A:1",
        "gc:redeem:v1:wos",
        "gc:redeem:v1:wos:A",
        "gc:redeem:v1:wos:A:x",
        "gc:redeem:v1::A:1",
        "gc:redeem:v1:wos::1",
        "gc:redeem:v1:#zz",
        "gc:register:v1:",
        "gc:captcha:v1:",
        "gc:status:v1:",
        "gc:status:v1:-1",
        "gc:status:v1:9999999999",
        "gc:status:v1:١",
    ],
)
def test_what_is_none_of_ours_is_none(custom_id):
    assert parsed(custom_id) is None


@given(st.text())
def test_any_text_can_be_asked_for(text):
    for prefix in ("", "gc:redeem:v1:", "gc:status:v1:"):
        assert parsed(prefix + text) is None or (prefix + text).startswith("gc:")


def test_an_id_that_discord_would_refuse_is_refused_where_it_is_made():
    with pytest.raises(ValueError, match="up to 100"):
        register_id("x" * 100)
    with pytest.raises(ValueError, match="up to 100"):
        captcha_id("a b")
