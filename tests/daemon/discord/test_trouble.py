"""What keeps the bot away: in words, without secrets, and with the right wait."""

import json

import aiohttp
import hikari
import pytest

from daemon.discord.trouble import (
    LONGEST,
    SLOW,
    BadToken,
    BotEnded,
    NotInTime,
    StartsSpent,
    Trouble,
    backoff,
    trouble_of,
)


def trouble(error: BaseException) -> Trouble | None:
    return trouble_of(error, variable="DISCORD_TOKEN", rest_url="https://discord.com/api/v10")


def answered(status: int, **headers: str) -> hikari.HTTPResponseError:
    return hikari.HTTPResponseError("https://discord.com/api/v10/x", status, headers, b"<html>")


def test_the_backoff_doubles_from_two_seconds_to_five_minutes() -> None:
    assert [backoff(failures) for failures in range(1, 11)] == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert backoff(10**6) == LONGEST


@pytest.mark.parametrize("error", [BadToken(), hikari.UnauthorizedError("https://x", {}, b"")])
def test_a_wrong_token_names_its_variable_and_the_page_and_waits_for_a_person(error: Exception) -> None:
    found = trouble(error)
    assert found is not None
    assert (found.wait, found.by_hand) == (SLOW, True)
    assert "DISCORD_TOKEN" in found.text
    assert "https://discord.com/developers/applications" in found.text


@pytest.mark.parametrize(
    ("error", "text", "wait"),
    [
        (answered(503), "Discord is out of order (HTTP 503)", None),
        (answered(429, **{"Retry-After": "17"}), "Discord asks perkd's address to wait (HTTP 429)", 17.0),
        (answered(429, **{"Retry-After": "9e9"}), "Discord asks perkd's address to wait (HTTP 429)", 3600.0),
        (answered(429, **{"Retry-After": "soon"}), "Discord asks perkd's address to wait (HTTP 429)", SLOW),
        (answered(429), "Discord asks perkd's address to wait (HTTP 429)", SLOW),
        (
            answered(404),
            "https://discord.com/api/v10 answered HTTP 404 to the bot: is it Discord's address?",
            SLOW,
        ),
        (hikari.HTTPError("refused"), "https://discord.com/api/v10 can't be reached: refused", None),
        (TimeoutError(), "https://discord.com/api/v10 can't be reached: TimeoutError", None),
        (
            aiohttp.ClientPayloadError("cut off"),
            "https://discord.com/api/v10 can't be reached: cut off",
            None,
        ),
        (
            hikari.GatewayConnectionError("no route"),
            "the connection to the gateway failed: no route",
            None,
        ),
        (
            hikari.GatewayServerClosedConnectionError("Invalid version", 4012, can_reconnect=False),
            "the gateway closed the connection for good (close code 4012, Invalid version)",
            SLOW,
        ),
        (StartsSpent(90.0), "the bot was started too often: Discord allows it no new session for now", 90.0),
        (NotInTime("it took 3 s"), "it took 3 s", None),
        (BotEnded(), "hikari closed the connection by itself", None),
    ],
)
def test_what_is_expected_is_said_and_waited_for(error: Exception, text: str, wait: float | None) -> None:
    found = trouble(error)
    assert found is not None
    assert (found.text, found.wait) == (text, wait)


def test_an_answer_that_was_cut_off_is_waited_for() -> None:
    found = trouble(json.JSONDecodeError("unexpected end of data", "", 0))
    assert found is not None
    assert "unexpected end of data" in found.text


def test_the_cause_of_an_error_is_what_is_said() -> None:
    error = hikari.HTTPError("")
    error.__cause__ = aiohttp.ClientPayloadError("cut off")
    found = trouble(error)
    assert found is not None
    assert found.text.endswith("can't be reached: cut off")


@pytest.mark.parametrize("error", [ZeroDivisionError(), KeyError("flags"), RuntimeError("of a library")])
def test_what_is_not_expected_is_none_of_these(error: Exception) -> None:
    assert trouble(error) is None
