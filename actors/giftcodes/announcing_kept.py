"""The messages about the codes that matter, as they are or will be recorded. Pure.

There may be a hundred thousand. So what is kept of each is a plain tuple of its own values: what the garbage
collector need not look through, and whose guild and channel are kept once.
"""

import sys
from collections.abc import Mapping

from attrs import define, field

from actors.giftcodes.model import Code, CodeKey, Guild, Post, PostKind

Slot = tuple[str, str, int, str]
"""(guild, channel, activation, kind) of a message about a code."""
Kept = tuple[float | None, float | None, str, str, str, bool]
"""`at`, `intended_at`, `nonce`, `message`, `shown` and `remade` of a `Post`."""

CODE, MENTION = PostKind.CODE.value, PostKind.MENTION.value
_NONE: Mapping[Slot, Kept] = {}


def is_posted(kept: Kept | None) -> bool:
    """Whether the message is there."""
    return kept is not None and kept[0] is not None


@define(eq=False)
class Posts:
    """Messages by their codes, read from the store code by code."""

    _by_code: dict[CodeKey, dict[Slot, Kept]] = field(factory=dict)
    _mentions: dict[CodeKey, dict[tuple[str, int], Slot]] = field(factory=dict)
    """Code → (guild, activation) → where its members were mentioned, also where nothing is posted now."""

    def __contains__(self, key: CodeKey) -> bool:
        return key in self._by_code

    def load(self, key: CodeKey, posts: list[Post]) -> None:
        """Take over what is stored about a code."""
        self._by_code[key] = {_slot(post): _kept(post) for post in posts}
        self._mentions[key] = {}
        for post in posts:
            self._note_mention(key, post)

    def keep_only(self, keys: set[CodeKey]) -> None:
        """Forget those about other codes."""
        for key in self._by_code.keys() - keys:
            del self._by_code[key], self._mentions[key]

    def put(self, post: Post) -> None:
        """Take over a message as it is now; one about a code that was not read is in the store only."""
        key = CodeKey(post.game, post.code)
        found = self._by_code.get(key)
        if found is not None:
            found[_slot(post)] = _kept(post)
            self._note_mention(key, post)

    def of(self, key: CodeKey) -> Mapping[Slot, Kept]:
        """All messages about a code."""
        return self._by_code.get(key, _NONE)

    def about(self, code: Code, guild: str, channel: str) -> Post | None:
        """The announcement of the code's present activation."""
        return self._post(code, (guild, channel, code.activation, CODE))

    def mention(self, code: Code, guild: Guild) -> Post | None:
        """The message that mentions the guild's members, in whichever channel, also one that it had."""
        slot = self._mentions.get(code.code_key, {}).get((guild.id, code.activation))
        return None if slot is None else self._post(code, slot)

    def _note_mention(self, key: CodeKey, post: Post) -> None:
        if post.kind is PostKind.MENTION:
            self._mentions[key][post.guild, post.activation] = _slot(post)

    def _post(self, code: Code, slot: Slot) -> Post | None:
        kept = self.of(code.code_key).get(slot)
        if kept is None:
            return None
        (guild, channel, activation, kind), (at, intended_at, nonce, message, shown, remade) = slot, kept
        return Post(
            guild,
            channel,
            code.game,
            code.code,
            activation,
            at,
            PostKind(kind),
            intended_at,
            nonce,
            message,
            shown,
            remade,
        )


def _slot(post: Post) -> Slot:
    return (sys.intern(post.guild), sys.intern(post.channel), post.activation, post.kind.value)


def _kept(post: Post) -> Kept:
    return (post.at, post.intended_at, post.nonce, post.message, post.shown, post.remade)
