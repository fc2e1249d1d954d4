"""What is kept of messages is all there is to them, and nothing the garbage collector looks through."""

import gc

from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.announcing_kept import Posts, is_posted
from actors.giftcodes.announcing_told import summed_up
from actors.giftcodes.model import Code, CodeKey, Post, PostKind

SNOW = Code("wos", "SNOW", activation=2)
KEY = SNOW.code_key
times = st.none() | st.floats(0, 1e10)
ids, texts = st.sampled_from("ab"), st.text(max_size=5)
posts = st.builds(
    Post,
    ids,
    ids,
    st.just("wos"),
    st.just("SNOW"),
    st.integers(1, 2),
    times,
    st.sampled_from(PostKind),
    times,
    texts,
    texts,
    texts,
    st.booleans(),
)


@given(stored=st.lists(posts), news=st.lists(posts))
def test_the_last_word_about_each_message_is_kept_whole(stored, news):
    kept, last = Posts(), {post.key: post for post in [*stored, *news]}
    kept.load(KEY, stored)
    for post in news:
        if post.kind is PostKind.CODE:
            kept.put(post)
    for guild in "ab":
        for channel in "ab":
            empty = Post(guild, channel, "wos", "SNOW", 2)
            assert kept.about(SNOW, guild, channel) == last.get(empty.key)
        mentions = [
            post
            for post in stored
            if (post.guild, post.kind, post.activation) == (guild, PostKind.MENTION, 2)
        ]
        assert kept.told(SNOW, guild) == summed_up(mentions)
    codes = [post for post in last.values() if post.kind is PostKind.CODE]
    assert sum(map(is_posted, kept.of(KEY).values())) == sum(post.at is not None for post in codes)


def test_a_message_about_a_code_that_was_not_read_does_not_pass_for_all_there_are():
    kept = Posts()
    kept.put(Post("a", "a", "wos", "SNOW", 2, at=1.0))
    assert KEY not in kept
    kept.load(KEY, [])
    kept.keep_only({CodeKey("wos", "HAIL")})
    assert KEY not in kept


def test_the_garbage_collector_looks_through_none_of_them():
    kept = Posts()
    kept.load(KEY, [Post(str(n), str(n), "wos", "SNOW", 2, at=1.0 * n, nonce=f"n{n}") for n in range(100)])
    gc.collect()
    assert not any(gc.is_tracked(value) for entry in kept.of(KEY).items() for value in entry)
