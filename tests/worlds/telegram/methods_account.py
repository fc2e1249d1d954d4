"""Signing in, and who one is."""

import os

from telethon.tl import functions, types  # type: ignore[import-untyped]

from tests.worlds.telegram.calls import TRUE, Call, method, vector
from tests.worlds.telegram.failures import RefusalError
from tests.worlds.telegram.state import Account, now

NUMBERS = (
    "chat_size_max",
    "megagroup_size_max",
    "forwarded_count_max",
    "online_update_period_ms",
    "offline_blur_timeout_ms",
    "offline_idle_timeout_ms",
    "online_cloud_timeout_ms",
    "notify_cloud_delay_ms",
    "notify_default_delay_ms",
    "push_chat_period_ms",
    "push_chat_limit",
    "edit_time_limit",
    "revoke_time_limit",
    "revoke_pm_time_limit",
    "rating_e_decay",
    "stickers_recent_limit",
    "channels_read_media_period",
    "call_receive_timeout_ms",
    "call_ring_timeout_ms",
    "call_connect_timeout_ms",
    "call_packet_timeout_ms",
    "webfile_dc_id",
)
"""Limits that clients are told of; those that matter are the stand-in's own."""


@method(functions.help.GetConfigRequest)
def get_config(call: Call) -> types.Config:
    return types.Config(
        date=now(),
        expires=now(),
        test_mode=False,
        this_dc=2,
        dc_options=[types.DcOption(2, "127.0.0.1", call.centre.port)],
        dc_txt_domain_name="",
        me_url_prefix="https://t.me/",
        caption_length_max=1024,
        message_length_max=4096,
        **dict.fromkeys(NUMBERS, 200),
    )


@method(functions.auth.SendCodeRequest)
def send_code(call: Call) -> types.auth.SentCode:
    if (call.request.api_id, call.request.api_hash) != (call.centre.api_id, call.centre.api_hash):
        raise RefusalError("API_ID_INVALID")
    account = _account(call, call.request.phone_number)
    account.code_hash = os.urandom(8).hex()
    return types.auth.SentCode(types.auth.SentCodeTypeApp(len(account.code)), account.code_hash)


@method(functions.auth.SignInRequest)
def sign_in(call: Call) -> types.auth.Authorization:
    account = _account(call, call.request.phone_number)
    if call.request.phone_code_hash != account.code_hash:
        raise RefusalError("PHONE_CODE_EXPIRED")
    if call.request.phone_code != account.code:
        raise RefusalError("PHONE_CODE_INVALID")
    if account.password is not None:
        call.connection.key.waits_for_password = account
        raise RefusalError("SESSION_PASSWORD_NEEDED")
    return _signed_in(call, account)


@method(functions.account.GetPasswordRequest)
def get_password(call: Call) -> types.account.Password:
    account = call.connection.key.waits_for_password
    if account is None or account.password is None:
        raise RefusalError("AUTH_KEY_UNREGISTERED")
    return account.password.challenge()


@method(functions.auth.CheckPasswordRequest)
def check_password(call: Call) -> types.auth.Authorization:
    account = call.connection.key.waits_for_password
    if account is None or account.password is None:
        raise RefusalError("AUTH_KEY_UNREGISTERED")
    if not account.password.accepts(call.request.password):
        raise RefusalError("PASSWORD_HASH_INVALID")
    return _signed_in(call, account)


@method(functions.auth.LogOutRequest)
def log_out(call: Call) -> types.auth.LoggedOut:
    call.connection.key.account = None
    return types.auth.LoggedOut()


@method(functions.users.GetUsersRequest)
def get_users(call: Call) -> bytes:
    me = call.account.person
    people = [call.person(peer) for peer in call.request.id]
    return vector([person.as_user(myself=person is me) for person in people])


@method(functions.users.GetFullUserRequest)
def get_full_user(call: Call) -> types.users.UserFull:
    me = call.account.person
    person = call.person(call.request.id)
    full = types.UserFull(person.id, types.PeerSettings(), types.PeerNotifySettings(), 0)
    return types.users.UserFull(full, [], [person.as_user(myself=person is me)])


@method(functions.contacts.ResolveUsernameRequest)
def resolve_username(call: Call) -> types.contacts.ResolvedPeer:
    me = call.account.person
    for person in call.centre.people.values():
        if person.username and person.username.lower() == call.request.username.lower():
            user = person.as_user(myself=person is me)
            return types.contacts.ResolvedPeer(types.PeerUser(person.id), [], [user])
    raise RefusalError("USERNAME_NOT_OCCUPIED")


@method(functions.account.UpdateStatusRequest)
def update_status(call: Call) -> bytes:
    call.require_account()
    return TRUE


def _account(call: Call, phone: str) -> Account:
    for account in call.centre.accounts.values():
        if account.person.phone.lstrip("+") == phone.lstrip("+"):
            return account
    raise RefusalError("PHONE_NUMBER_INVALID")


def _signed_in(call: Call, account: Account) -> types.auth.Authorization:
    if account.dead:
        raise RefusalError(account.dead)
    call.connection.key.account = account
    return types.auth.Authorization(account.person.as_user(myself=True))
