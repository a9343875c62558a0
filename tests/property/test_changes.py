"""compare() against a simple oracle: what it says, applied to what was known, is what the page shows."""

import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.changes import LOSS_POSTS, LOSS_SHARE, Known, compare, digest, proves_absence
from bot.model import (
    Author,
    Body,
    BodyState,
    Damaged,
    Parent,
    ParentState,
    Post,
    PostKey,
    PostState,
    Thread,
    ThreadKey,
    ThreadPage,
    at,
)

KEYS = [PostKey(f"p{n}") for n in range(14)]
keys = st.sampled_from(KEYS)

bodies = st.one_of(
    st.builds(Body, st.just(BodyState.PRESENT), st.sampled_from(["one", "two words", "two  words", "drei 🎉"])),
    st.builds(Body, st.sampled_from([BodyState.EMPTY, BodyState.UNKNOWN])),
)
parents = st.one_of(
    st.builds(Parent, st.just(ParentState.KNOWN), keys),
    st.builds(Parent, st.sampled_from([ParentState.THREAD, ParentState.UNKNOWN])),
)
posts = st.builds(
    Post,
    key=keys,
    author=st.builds(Author, st.sampled_from(["Ada", "Brook"]), badge=st.sampled_from(["", "7 posts", "8 posts"])),
    created=st.integers(0, 10**6).map(at),
    body=bodies,
    title=st.sampled_from(["", "A title", "Another"]),
    number=st.one_of(st.none(), st.integers(1, 20)),
    position=st.integers(0, 20),
    parent=parents,
    op=st.booleans(),
    state=st.sampled_from(
        [PostState.LIVE, PostState.LIVE, PostState.LIVE, PostState.DELETED, PostState.HIDDEN, PostState.QUEUED]
    ),
    version=st.sampled_from(["", "1", "2"]),
)
pages = st.builds(
    ThreadPage,
    st.just(Thread(ThreadKey("t"), "A thread")),
    st.one_of(st.lists(posts, max_size=20), st.lists(posts, max_size=3)).map(tuple),
    complete=st.booleans(),
    more=st.sampled_from([False, False, True]),
    damaged=st.sampled_from([(), (), (Damaged("no author", b"<div>"),)]),
)
stored = st.builds(
    lambda post, state, here: Known(
        KEYS.index(post.key),
        post.key,
        digest(post),
        post.version,
        state,
        post.body.state,
        post.number,
        post.position,
        here,
    ),
    posts,
    st.sampled_from([PostState.LIVE, PostState.LIVE, PostState.LIVE, PostState.DELETED, PostState.HIDDEN]),
    st.sampled_from([True, True, True, True, False]),
)
memories = st.one_of(
    st.lists(stored, max_size=14, unique_by=lambda row: row.key),
    st.lists(stored, min_size=9, max_size=14, unique_by=lambda row: row.key),  # enough for a loss that is held
).map(lambda rows: {row.key: row for row in rows})
some_keys = st.frozensets(keys, max_size=6)


def from_post(post: Post) -> Known:
    return Known(
        KEYS.index(post.key),
        post.key,
        digest(post),
        post.version,
        post.state,
        post.body.state,
        post.number,
        post.position,
    )


def applied(known, changes):
    """The simplest store there could be."""
    after = dict(known)
    for post in changes.added:
        after[post.key] = from_post(post)
    for before, post in changes.edited:
        after[before.key] = from_post(post)
    for before, post in changes.moved:
        after[before.key] = msgspec.structs.replace(after[before.key], number=post.number, position=post.position)
    for before, _ in changes.came:
        after[before.key] = msgspec.structs.replace(after[before.key], here=True)
    for before, state in changes.deleted:
        after[before.key] = msgspec.structs.replace(after[before.key], state=state)
    return after


def shown(page):
    """The first appearance of every post on a page."""
    first: dict[PostKey, Post] = {}
    for post in page.posts:
        first.setdefault(post.key, post)
    return first


@given(memories, pages, some_keys, some_keys, some_keys)
def test_applied_changes_give_what_the_page_shows(known, page, confirmed, kept, spared):
    changes = compare(known, page, confirmed, kept, spared)
    after, on_page = applied(known, changes), shown(page)
    waiting = {lost.key for lost in changes.losing}
    for key in KEYS:
        before, post, row = known.get(key), on_page.get(key), after.get(key)
        if post is None:
            gone = before and before.here and proves_absence(page) and key not in kept and key not in waiting
            assert row == (msgspec.structs.replace(before, state=PostState.DELETED) if gone else before)
        elif before is None:
            assert row == (None if post.state is PostState.QUEUED else from_post(post))
        elif post.state is PostState.LIVE:
            assert row.state is PostState.LIVE
            assert row.here
            if before.state is PostState.LIVE and post.body.state is BodyState.UNKNOWN:
                assert row.digest == before.digest
            elif before.state is not PostState.LIVE or before.body_state is BodyState.UNKNOWN or not post.version:
                assert row.digest == digest(post)
            else:
                assert row.digest == (before.digest if post.version == before.version else digest(post))
            assert (row.number, row.position) == (post.number, post.position)
        else:
            stays = not before.here or key in spared or key in waiting or before.state is PostState.DELETED
            shows = PostState.HIDDEN if post.state is PostState.QUEUED else post.state
            assert row == (before if stays else msgspec.structs.replace(before, state=shows))


@given(memories, pages, some_keys, some_keys)
def test_a_second_reading_of_the_same_page_changes_nothing(known, page, confirmed, kept):
    """Only the question whether many posts are to be deleted stays open until it is answered."""
    first = compare(known, page, confirmed, kept)
    again = compare(applied(known, first), page, confirmed, kept)
    assert (again.added, again.edited, again.moved, again.came) == ((), (), (), ())
    # Fewer posts are alive now, so what was held stays held; nothing new is lost.
    assert {lost.key for lost in again.losing} == {lost.key for lost in first.losing}
    assert again.deleted == ()


@given(memories, pages, some_keys, some_keys)
def test_no_post_is_named_twice(known, page, confirmed, kept):
    changes = compare(known, page, confirmed, kept)
    named = [post.key for post in changes.added]
    for pairs in (changes.edited, changes.moved, changes.deleted):
        named += [before.key for before, _ in pairs]
    named += [lost.key for lost in changes.losing]
    assert len(named) == len(set(named))


@given(memories, pages)
def test_parents_stand_before_their_replies(known, page):
    added = compare(known, page).added
    place = {post.key: number for number, post in enumerate(added)}
    parents = {post.key: post.parent.key for post in added if post.parent.state is ParentState.KNOWN}

    def circular(key):
        seen = set()
        while key in parents and key not in seen:
            seen.add(key)
            key = parents[key]
        return key in seen

    for key, parent in parents.items():
        if parent in place and not circular(key):
            assert place[parent] < place[key]


@given(memories, pages, st.randoms(use_true_random=False))
def test_the_order_of_the_page_does_not_matter_where_the_forum_orders(known, page, chance):
    """Two adapters, or two readings, that list the same posts differently owe the same deliveries in the same order."""
    unique = [msgspec.structs.replace(post, position=n) for n, post in enumerate(shown(page).values())]
    mixed = random.Random(chance.random()).sample(unique, len(unique))
    straight = compare(known, msgspec.structs.replace(page, posts=tuple(unique)))
    assert compare(known, msgspec.structs.replace(page, posts=tuple(unique))) == straight
    other = compare(known, msgspec.structs.replace(page, posts=tuple(mixed)))
    assert other.added == straight.added
    assert set(other.edited) == set(straight.edited)
    assert set(other.deleted) == set(straight.deleted)
    assert set(other.losing) == set(straight.losing)


@given(memories, pages, some_keys, some_keys)
def test_absence_deletes_on_proof_only(known, page, confirmed, kept):
    changes = compare(known, page, confirmed, kept)
    missing = {before.key for before, _ in changes.deleted} | {lost.key for lost in changes.losing}
    missing -= set(shown(page))
    assert proves_absence(page) or not missing


@given(memories, pages, some_keys, some_keys)
def test_large_losses_are_held_and_small_ones_are_not(known, page, confirmed, kept):
    changes = compare(known, page, confirmed, kept)
    there = sum(row.here and row.state is not PostState.DELETED for row in known.values())
    doubtful = [before.key for before, _ in changes.deleted if before.key not in confirmed]
    if changes.losing:
        assert len(changes.losing) > LOSS_POSTS
        assert len(changes.losing) > LOSS_SHARE * there
        assert doubtful == []
        assert not {lost.key for lost in changes.losing} & confirmed
    else:
        assert len(doubtful) <= LOSS_POSTS or len(doubtful) <= LOSS_SHARE * there


@given(memories, pages, some_keys, some_keys, some_keys)
def test_confirmed_deletions_happen_and_kept_posts_stay(known, page, confirmed, kept, spared):
    """What is kept although it is missing, while it is missing; what the forum says is gone, while it says so."""
    changes = compare(known, page, confirmed, kept, spared)
    gone, seen = {before.key for before, _ in changes.deleted}, set(shown(page))
    stays = (kept - seen) | (spared & seen)
    assert not gone & stays
    assert not {lost.key for lost in changes.losing} & stays
    plain = {before.key for before, _ in compare(known, page, KEYS).deleted}
    assert gone >= (plain & confirmed) - stays


@given(memories, st.lists(posts, max_size=14, unique_by=lambda post: post.key), st.booleans())
def test_an_outline_never_edits(known, listed, complete):
    """A page without texts cannot tell what they are."""
    outline = tuple(msgspec.structs.replace(post, body=Body(BodyState.UNKNOWN)) for post in listed)
    changes = compare(known, ThreadPage(Thread(ThreadKey("t"), ""), outline, complete=complete))
    assert all(before.state is not PostState.LIVE for before, _ in changes.edited)


@given(memories, pages)
def test_counters_dates_and_white_space_are_no_edit(known, page):
    loud = tuple(
        msgspec.structs.replace(
            post,
            author=msgspec.structs.replace(post.author, badge=post.author.badge + "!"),
            created=at(post.created.earliest + 1),
            link=post.link + "?views=1",
            body=msgspec.structs.replace(post.body, text=f" {post.body.text}\n"),
        )
        for post in page.posts
    )
    quiet, noisy = compare(known, page), compare(known, msgspec.structs.replace(page, posts=loud))
    assert [before.key for before, _ in noisy.edited] == [before.key for before, _ in quiet.edited]
