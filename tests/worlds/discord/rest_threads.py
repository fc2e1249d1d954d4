"""Routes about threads and their members."""

from tests.worlds.discord.clock import iso
from tests.worlds.discord.errors import Form, Refusal
from tests.worlds.discord.limits_text import check_text
from tests.worlds.discord.permissions import Permission
from tests.worlds.discord.places import ANNOUNCEMENT, PRIVATE_THREAD, PUBLIC_THREAD, TEXT, ChannelState
from tests.worlds.discord.rest_call import Call, Json, Routes, require

ROUTES = Routes()
DURATIONS = (60, 1440, 4320, 10080)
MEMBER = "/channels/{channel}/thread-members/{user}"


@ROUTES.on("POST", "/channels/{channel}/threads")
async def post_thread(call: Call) -> Json:
    kind = call.body.get("type", PRIVATE_THREAD)
    private = kind == PRIVATE_THREAD
    needed = Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS
    parent = call.channel(needed)
    if parent.type not in (TEXT, ANNOUNCEMENT) or (private and parent.type == ANNOUNCEMENT):
        raise Refusal(50024)
    form = Form()
    check_text(form, call.body, "name", 100, least=1, required=True)
    _check_duration(form, call.body)
    if kind not in (PUBLIC_THREAD, PRIVATE_THREAD):
        form.wrong("BASE_TYPE_CHOICES", "Value must be one of (11, 12).", "type")
    form.refuse()
    thread = call.world.keep_channel(call.body["name"], type=kind, guild=parent.guild, parent=parent)
    assert parent.guild is not None
    parent.guild.channels[thread.id] = thread
    thread.owner_id = call.world.bot_id
    thread.invitable = call.body.get("invitable", True)
    thread.auto_archive = call.body.get("auto_archive_duration") or 1440
    thread.archive_at = call.world.clock.timestamp()
    thread.thread_members[thread.owner_id] = thread.archive_at
    thread.tell("CREATE")
    return thread.payload()


def change_thread(thread: ChannelState, body: Json) -> None:
    """PATCH of a thread: its owner may do it, and who has MANAGE_THREADS; locking needs that."""
    moderates = thread.guild is not None and Permission.MANAGE_THREADS in thread.guild.bot.permissions(thread)
    if not moderates and (thread.owner_id != thread.world.bot_id or body.get("locked") or thread.locked):
        raise Refusal(50013)
    if thread.archived and body.get("archived") is not False:
        raise Refusal(50083)
    form = Form()
    _check_duration(form, body)
    form.refuse()
    thread.name = body.get("name") or thread.name
    thread.auto_archive = body.get("auto_archive_duration") or thread.auto_archive
    thread.locked = body.get("locked", thread.locked)
    thread.invitable = body.get("invitable", thread.invitable)
    if body.get("archived") not in (None, thread.archived):
        thread.archived = body["archived"]
        thread.archive_at = iso(thread.world.now())


def _check_duration(form: Form, body: Json) -> None:
    if body.get("auto_archive_duration") not in (None, *DURATIONS):
        form.wrong("BASE_TYPE_CHOICES", f"Value must be one of {DURATIONS}.", "auto_archive_duration")


def _thread(call: Call) -> ChannelState:
    thread = call.channel()
    if not thread.is_thread:
        raise Refusal(50024)
    return thread


@ROUTES.on("GET", "/channels/{channel}/users/@me/threads/archived/private")
async def get_joined_archived(call: Call) -> Json:
    """Those that the bot is in, by their ids, the youngest first."""
    parent, bot = call.channel(Permission.READ_MESSAGE_HISTORY), call.world.bot_id
    joined = [t for t in _archived_private(parent) if bot in t.thread_members]
    before = call.query.get("before")
    found = [t for t in joined if before is None or int(t.id) < int(before)]
    return _page(call, sorted(found, key=lambda thread: -int(thread.id)))


@ROUTES.on("GET", "/channels/{channel}/threads/archived/private")
async def get_archived(call: Call) -> Json:
    """All, the last archived first."""
    parent = call.channel(Permission.READ_MESSAGE_HISTORY, Permission.MANAGE_THREADS)
    before = call.query.get("before")
    found = [t for t in _archived_private(parent) if before is None or t.archive_at < before]
    return _page(call, sorted(found, key=lambda thread: thread.archive_at, reverse=True))


def _archived_private(parent: ChannelState) -> list[ChannelState]:
    threads = parent.guild.threads() if parent.guild else []
    return [t for t in threads if t.parent is parent and t.archived and t.type == PRIVATE_THREAD]


def _page(call: Call, threads: list[ChannelState]) -> Json:
    limit, bot = call.number("limit", 50, 100), call.world.bot_id
    page = threads[:limit]
    members = [thread.thread_member(bot) for thread in page if bot in thread.thread_members]
    return {"threads": [t.payload() for t in page], "members": members, "has_more": len(threads) > limit}


@ROUTES.on("PUT", MEMBER)
async def put_member(call: Call) -> None:
    thread = _thread(call)
    if thread.archived:
        raise Refusal(50083)
    user = _user(call)
    assert thread.guild is not None
    if user not in thread.guild.members:
        raise Refusal(10007)
    if user != call.world.bot_id:
        require(thread, Permission.SEND_MESSAGES_IN_THREADS)
    thread.join(user)


@ROUTES.on("DELETE", MEMBER)
async def delete_member(call: Call) -> None:
    thread, user = _thread(call), _user(call)
    if thread.archived:
        raise Refusal(50083)
    if call.world.bot_id not in (user, thread.owner_id):
        require(thread, Permission.MANAGE_THREADS)
    thread.part(user)


@ROUTES.on("GET", "/channels/{channel}/thread-members")
async def get_members(call: Call) -> list[Json]:
    thread = _thread(call)
    return [thread.thread_member(user) for user in thread.thread_members]


@ROUTES.on("GET", MEMBER)
async def get_member(call: Call) -> Json:
    thread, user = _thread(call), _user(call)
    if user not in thread.thread_members:
        raise Refusal(10007)
    return thread.thread_member(user)


def _user(call: Call) -> str:
    return call.world.bot_id if call.params["user"] == "@me" else call.params["user"]
