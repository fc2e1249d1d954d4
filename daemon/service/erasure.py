"""Erasing what perkd stores about a member of Discord."""

import re
from collections.abc import Iterable, Iterator, Sequence

from attrs import evolve, frozen

from actors.giftcodes.model import (
    Audit,
    Call,
    Code,
    Guild,
    Player,
    PlayerKey,
    Post,
    PostKind,
    Redemption,
    Registration,
    Wish,
)
from actors.ports import Change, Delete, Put
from daemon.service.erasure_vip import ERASED, VIPFound, VIPKnown, end_live, find_vip, names_in_vip
from daemon.service.ports import Service

BATCH = 500
"""Changes in one commit."""


@frozen
class Known:
    """What is stored about a member. Numbers are of records.

    Attributes:
        players: that nobody else registered: they go, with all that is recorded of them.
        shared: that others registered too: they stay, without this member.
        registrations: of this member, in all guilds.
        redemptions: of `players`.
        calls: to the games' APIs within about the last hour, for `players`.
        wishes: of this member, or for `players`.
        audits: entries of audit logs that name the member, or one of `players`.
        channels: that the member set up: they stay, without the member.
        mentions: notes of messages that mentioned the member: they stay, without the member.
        vip: of VIP threads.
    """

    players: tuple[Player, ...] = ()
    shared: tuple[Player, ...] = ()
    registrations: int = 0
    redemptions: int = 0
    calls: int = 0
    wishes: int = 0
    audits: int = 0
    channels: int = 0
    mentions: int = 0
    vip: VIPKnown = VIPKnown()  # noqa: RUF009 - frozen

    @property
    def is_nothing(self) -> bool:
        """Nothing is stored about the member that could be erased."""
        return evolve(self, vip=evolve(self.vip, blocks=0)) == Known()


async def what_is_known(service: Service, member: str) -> Known:
    """What `forget` would erase. Raises `StoreUnavailable`."""
    return (await _look(service, member)).known


async def forget(service: Service, member: str) -> Known:
    """Erase what is stored about a member. Returns what that was.

    The players go first, so that nothing more is redeemed for them, and the registrations after what is found
    by them: cut short, it can be repeated. Last come the notes of who was mentioned, since who is not
    registered is mentioned no more. A live VIP session is ended before, which may take a minute. Raises
    `StoreUnavailable`.
    """
    vip = await find_vip(service.store, member)
    ending = await end_live(vip.live, service.end_vip)
    async with service.lock:
        found = await _look(service, member)
        gone: list[Change] = [Delete(Player, player.key) for player in found.known.players]
        gone += [Delete(Wish, wish.key) for wish in found.wishes]
        await _commit(service, gone)
        # What was under way in that moment may have left something since.
        history: list[Change] = [
            Delete(Redemption, one.key) for one in await _redemptions(service, found.keys)
        ]
        # A call counts for the rate window, whoever it was for.
        history += [Put(evolve(call, fid="")) for call in await _calls(service, found.keys)]
        history += [Put(evolve(code, canary="")) for code in await _trials(service, found.keys)]
        history += [Put(_without(audit, member, found.keys)) for audit in found.audits]
        history += [Put(_guild_without(guild, member)) for guild in found.guilds]
        await _commit(service, history)
        await _commit(service, found.vip.erased(live=service.end_vip is None))
        await _commit(service, [Delete(Registration, one.key) for one in found.registrations])
        mentions = [Put(_post_without(one, member)) for one in await _mentions(service, member)]
        await _commit(service, mentions)
    return evolve(found.known, vip=vip.known(ending))


# --- looking ------------------------------------------------------------------------------------


@frozen
class _Found:
    known: Known
    keys: frozenset[PlayerKey]
    """Of the players that go."""
    registrations: Sequence[Registration]
    wishes: Sequence[Wish]
    audits: Sequence[Audit]
    guilds: Sequence[Guild]
    vip: VIPFound


async def _look(service: Service, member: str) -> _Found:
    registrations = await service.store.find(Registration, member=member) if member else []
    mine, shared = await _players(service, member, registrations)
    keys = frozenset(player.player_key for player in mine)
    wishes = {wish.key: wish for wish in await service.store.find(Wish, member=member)} if member else {}
    for key in keys:
        wishes |= {wish.key: wish for wish in await service.store.find(Wish, game=key.game, fid=key.fid)}
    audits = [one for one in await service.store.find(Audit) if _without(one, member, keys) != one]
    guilds = [one for one in await service.store.find(Guild) if _guild_without(one, member) != one]
    vip = await find_vip(service.store, member)
    known = Known(
        players=tuple(mine),
        shared=tuple(shared),
        registrations=len(registrations),
        redemptions=len(await _redemptions(service, keys)),
        calls=len(await _calls(service, keys)),
        wishes=len(wishes),
        audits=len(audits),
        channels=sum(by == member for guild in guilds for by in _set_up_by(guild)),
        mentions=len(await _mentions(service, member)),
        vip=vip.known(),
    )
    return _Found(known, keys, registrations, list(wishes.values()), audits, guilds, vip)


async def _players(
    service: Service, member: str, registrations: Iterable[Registration]
) -> tuple[list[Player], list[Player]]:
    """The players that only this member registered, and those that others did too.

    One whose record is gone already is made up: what is recorded of it goes as well.
    """
    mine: list[Player] = []
    shared: list[Player] = []
    for key in sorted({PlayerKey(one.game, one.fid) for one in registrations}):
        everybody = await service.store.find(Registration, game=key.game, fid=key.fid)
        player = await service.store.get(Player, str(key)) or Player(key.game, key.fid)
        (mine if all(one.member == member for one in everybody) else shared).append(player)
    return mine, shared


async def _redemptions(service: Service, keys: Iterable[PlayerKey]) -> list[Redemption]:
    return [one for key in keys for one in await service.store.find(Redemption, game=key.game, fid=key.fid)]


async def _calls(service: Service, keys: frozenset[PlayerKey]) -> list[Call]:
    if not keys:
        return []
    return [one for one in await service.store.find(Call) if PlayerKey(one.game, one.fid) in keys]


async def _trials(service: Service, keys: frozenset[PlayerKey]) -> list[Code]:
    """Codes that remember one of the players as who tried them again."""
    if not keys:
        return []
    return [one for one in await service.store.find(Code) if PlayerKey(one.game, one.canary) in keys]


async def _mentions(service: Service, member: str) -> list[Post]:
    posts = await service.store.find(Post, kind=PostKind.MENTION.value) if member else []
    return [one for one in posts if member in one.members]


# --- what remains -------------------------------------------------------------------------------


def _without(audit: Audit, member: str, keys: Iterable[PlayerKey]) -> Audit:
    named = any(re.search(rf"(?<!\S){re.escape(str(key))}(?![\w-])", audit.details) for key in keys)
    details = ERASED if named or names_in_vip(audit, member) else audit.details
    return evolve(audit, member="" if audit.member == member else audit.member, details=details)


def _set_up_by(guild: Guild) -> list[str]:
    return [*(one.by for one in guild.channels), *(one.by for one in guild.watched)]


def _guild_without(guild: Guild, member: str) -> Guild:
    return evolve(
        guild,
        channels=tuple(evolve(one, by="") if one.by == member else one for one in guild.channels),
        watched=tuple(evolve(one, by="") if one.by == member else one for one in guild.watched),
    )


def _post_without(post: Post, member: str) -> Post:
    return evolve(post, members=tuple(one for one in post.members if one != member))


async def _commit(service: Service, changes: Sequence[Change]) -> None:
    for batch in _batches(changes):
        await service.commit_all(*batch)


def _batches(changes: Sequence[Change]) -> Iterator[Sequence[Change]]:
    return (changes[start : start + BATCH] for start in range(0, len(changes), BATCH))
