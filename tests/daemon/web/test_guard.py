"""Who may ask what over TCP."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from daemon.secrets import Secret
from daemon.web.guard import COOKIE, Asked, Guard, headers_of

TOKEN = "correct horse battery staple"
NEAR = Guard(loopback=True, token=Secret(TOKEN), token_env="PERKD_STATUS_TOKEN")
FAR = Guard(loopback=False, token=Secret(TOKEN), token_env="PERKD_STATUS_TOKEN")
OPEN = Guard(loopback=False, token=None, token_env="PERKD_STATUS_TOKEN")
HOST = {"host": "127.0.0.1:8470"}
BEARER = {"authorization": f"Bearer {TOKEN}"}


def status(guard: Guard, asked: Asked) -> int:
    refusal = guard.refuse(evolve(asked, port=8470))
    return 200 if refusal is None else refusal.status


@pytest.mark.parametrize("guard", [NEAR, FAR, OPEN])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("host", ["127.0.0.1:8470", "10.0.0.7", "perkd.internal:10000", ""])
def test_the_health_checks_are_for_everybody_whatever_the_host(guard: Guard, path: str, host: str) -> None:
    assert status(guard, Asked("GET", path, {"host": host})) == 200
    assert status(guard, Asked("HEAD", path, {"host": host})) == 200


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/status", "/api/players", "/ws"])
def test_on_loopback_everything_may_be_read_without_a_token_and_elsewhere_nothing(path: str) -> None:
    asked = Asked("GET", path, HOST)
    assert status(NEAR, asked) == 200
    assert status(FAR, Asked("GET", path, {"host": "perkd.example"})) == 401
    assert status(FAR, Asked("GET", path, {"host": "perkd.example", **BEARER})) == 200
    assert status(OPEN, Asked("GET", path, {"host": "perkd.example", **BEARER})) == 403


def test_a_link_on_another_site_leads_to_the_form_where_the_token_is_wanted() -> None:
    link = {"host": "perkd.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert status(FAR, Asked("GET", "/", link)) == 401
    assert status(FAR, Asked("GET", "/login", link)) == 200  # a redirect keeps what began it
    assert status(FAR, Asked("POST", "/login", link)) == 403
    assert status(FAR, Asked("GET", "/api/status", link)) == 403


def test_a_loopback_address_other_than_the_usual_one_is_asked_by_its_own_name() -> None:
    second = evolve(NEAR, host="127.0.0.2")
    assert status(second, Asked("GET", "/", {"host": "127.0.0.2:8470"})) == 200
    assert status(second, Asked("GET", "/", {"host": "127.0.0.2:9"})) == 403
    assert status(NEAR, Asked("GET", "/", {"host": "127.0.0.2:8470"})) == 403
    refusal = second.refuse(Asked("GET", "/", {"host": "perkd.example"}, port=8470))
    assert refusal is not None
    assert refusal.text == "this address is for this machine: open it as http://127.0.0.2"
    sixth = evolve(NEAR, host="0:0:0:0:0:0:0:1")
    assert status(sixth, Asked("GET", "/", {"host": "[::1]:8470"})) == 200
    assert status(sixth, Asked("GET", "/", {"host": "[0:0:0:0:0:0:0:1]:8470"})) == 200


@pytest.mark.parametrize("others", ['{"a": 1}', "x[1]=2", "name with spaces", "a=b=c", 'quoted="1;2'])
def test_cookies_of_others_at_this_host_do_not_hide_ours(others: str) -> None:
    asked = Asked("POST", "/api/codes/retire", {**HOST, "cookie": f"{others}; {COOKIE}={NEAR.cookie()}"})
    assert status(NEAR, asked) == 200


def test_without_a_token_it_is_said_which_variable_to_set() -> None:
    refusal = OPEN.refuse(Asked("GET", "/", {"host": "perkd.example"}))
    assert refusal is not None
    assert "PERKD_STATUS_TOKEN" in refusal.text


def test_what_changes_something_needs_the_token_on_loopback_too() -> None:
    assert status(NEAR, Asked("POST", "/api/codes/retire", HOST)) == 401
    assert status(NEAR, Asked("POST", "/api/codes/retire", {**HOST, **BEARER})) == 200
    assert status(NEAR, Asked("POST", "/healthz", HOST)) == 401


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer \udcff",
    ],
)
def test_a_wrong_or_missing_token_is_refused(given: str) -> None:
    asked = Asked("GET", "/metrics", {"host": "perkd.example", "authorization": given})
    refusal = FAR.refuse(asked)
    assert refusal is not None
    assert refusal.status == 401
    assert TOKEN not in refusal.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_name_of_the_scheme_has_no_case(scheme: str) -> None:
    assert FAR.knows({"authorization": f"{scheme} {TOKEN}"})


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8470", 200),
        ("localhost:8470", 200),
        ("LOCALHOST:8470", 200),
        ("[::1]:8470", 200),
        ("localhost", 200),
        ("localhost:80", 403),
        ("evil.example:8470", 403),
        ("127.0.0.1.evil.example:8470", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1@evil.example:8470", 403),
        ("", 403),
        ("localhost:99999", 403),
        ("[::1", 403),
    ],
)
def test_on_loopback_a_name_that_was_bound_to_this_machine_is_refused(host: str, expected: int) -> None:
    assert status(NEAR, Asked("GET", "/api/status", {"host": host})) == expected
    assert status(NEAR, Asked("GET", "/api/status", {"host": host, **BEARER})) == expected


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://127.0.0.1:8470", 200),
        ("http://127.0.0.1:3000", 403),
        ("http://localhost:8470", 403),
        ("https://evil.example", 403),
        ("null", 403),
        ("", 403),
        ("http://[", 403),
    ],
)
@pytest.mark.parametrize("websocket", [False, True])
def test_a_page_of_another_origin_is_refused_also_for_a_websocket(
    origin: str, expected: int, websocket: bool
) -> None:
    headers = {**HOST, "origin": origin}
    assert status(NEAR, Asked("GET", "/ws", headers, websocket=websocket)) == expected
    assert status(NEAR, Asked("POST", "/api/codes", {**headers, **BEARER})) == expected


@pytest.mark.parametrize(
    ("site", "expected"), [("none", 200), ("same-origin", 200), ("same-site", 403), ("cross-site", 403)]
)
def test_a_picture_or_script_on_another_site_is_refused_and_a_link_to_the_page_is_not(
    site: str, expected: int
) -> None:
    assert status(NEAR, Asked("GET", "/api/players", {**HOST, "sec-fetch-site": site})) == expected
    assert status(NEAR, Asked("GET", "/", {**HOST, "sec-fetch-site": site})) == 200


def test_a_browser_keeps_a_cookie_from_which_the_token_cannot_be_had() -> None:
    cookie = FAR.cookie()
    assert TOKEN not in cookie
    assert FAR.knows({"cookie": f"other=1; {COOKIE}={cookie}"})
    assert not FAR.knows({"cookie": f"{COOKIE}={cookie[:-1]}"})
    assert not FAR.knows({"cookie": f"{COOKIE}={TOKEN}"})
    assert not OPEN.knows({"cookie": f"{COOKIE}={cookie}"})
    other = Guard(loopback=False, token=Secret("another"), token_env="X")
    assert not other.knows({"cookie": f"{COOKIE}={cookie}"})


def test_the_page_where_a_token_is_given_is_for_everybody_but_other_sites() -> None:
    assert status(FAR, Asked("GET", "/login", {"host": "perkd.example"})) == 200
    assert status(FAR, Asked("POST", "/login", {"host": "perkd.example"})) == 200
    assert (
        status(FAR, Asked("POST", "/login", {"host": "perkd.example", "origin": "https://evil.example"}))
        == 403
    )


_text = st.text(max_size=40)
_headers = st.dictionaries(
    st.sampled_from(["host", "origin", "cookie", "authorization", "sec-fetch-site"]), _text, max_size=5
)


@given(
    st.sampled_from(["GET", "POST", "HEAD", "PUT"]),
    st.sampled_from(["/", "/metrics", "/api/codes", "/ws"]),
    _headers,
    st.booleans(),
)
def test_whatever_is_sent_without_the_token_reads_nothing_elsewhere_and_changes_nothing_anywhere(
    method: str, path: str, headers: dict[str, str], websocket: bool
) -> None:
    asked = Asked(method, path, headers, websocket=websocket)
    assert status(FAR, asked) != 200
    if method in {"POST", "PUT"} and not websocket:
        assert status(NEAR, asked) != 200


def test_of_a_header_that_comes_twice_the_first_counts() -> None:
    raw = [(b"Host", b"localhost"), (b"host", b"evil.example"), (b"X-Name", "ä".encode("latin-1"))]
    assert headers_of(raw) == {"host": "localhost", "x-name": "ä"}
