"""The sandbox under any acts in any order."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.forums.sandbox import entries, rules
from adapters.forums.sandbox.forgetting import living
from adapters.forums.sandbox.opening import opening
from adapters.forums.sandbox.state import State, Status
from bot.errors import AdapterError
from bot.model import ThreadKey

POSTS = st.integers(1, 25).map(lambda n: f"p{n}")
THREADS = st.integers(1, 5).map(lambda n: f"t{n}")
WORDS = st.sampled_from(["", "a", "b"])
KEYS = st.sampled_from(["", "", "", "k1", "k2"])
ACTS = st.one_of(
    st.tuples(st.just("start"), st.sampled_from(["b1", "b2", "b3"]), WORDS, WORDS, KEYS, st.booleans()),
    st.tuples(st.just("reply"), THREADS, st.just("") | POSTS, WORDS, WORDS, KEYS, st.booleans()),
    st.tuples(st.just("edit"), POSTS, WORDS, WORDS),
    st.tuples(st.sampled_from(["delete", "approve", "reject"]), POSTS),
    st.tuples(st.just("close"), THREADS, st.booleans()),
)


def decide(state: State, act: tuple, at: int) -> entries.Entry | None:
    match act:
        case ("start", board, title, text, key, queued):
            return rules.start(state, board, "A", title, text, key=key, at=at, queued=queued)
        case ("reply", thread, parent, title, text, key, queued):
            return rules.reply(state, thread, parent, "A", title, text, key=key, at=at, queued=queued)
        case ("edit", post, title, text):
            return rules.edit(state, post, title, text, at=at)
        case ("delete", post):
            return rules.delete(state, post)
        case ("approve", post):
            return rules.approve(state, post)
        case ("reject", post):
            return rules.reject(state, post, "")
        case ("close", thread, closed):
            return rules.close(state, thread, closed)
    raise AssertionError(act)


@given(acts=st.lists(ACTS, max_size=60))
def test_whatever_is_done_the_forum_stays_whole_and_can_be_made_again(acts):
    state, journal = State(), [entries.packed(opening("x", 0, threads=False))]
    state.apply(entries.unpacked(journal[0]))
    for at, act in enumerate(acts):
        changes, shown = state.changes, {key: row.number for key, row in state.posts.items() if row.shown}
        try:
            entry = decide(state, act, at)
        except AdapterError:
            continue
        if entry is None:
            continue
        journal.append(entries.packed(entry))
        touched = state.apply(entry)
        # What readers saw once keeps its number; the count of changes tells exactly what they can notice.
        assert shown.items() <= {key: row.number for key, row in state.posts.items()}.items()
        assert (state.changes > changes) == touched.seen

    for thread in state.threads.values():
        posts = [state.posts[key] for key in thread.posts]
        assert [post.number for post in posts] == list(range(len(posts)))
        assert not posts or (posts[0].op and posts[0].key == thread.op)
        places = {post.key: post.number for post in posts}
        assert all(places[post.parent] < post.number for post in posts if post.parent)
        assert all(post.status in (Status.LIVE, Status.DELETED) for post in posts)
    assert {row.key for row in state.posts.values() if row.status is Status.QUEUED} == set(state.waiting)
    assert all(row.text or row.title for row in state.posts.values() if row.status in (Status.LIVE, Status.QUEUED))

    again = State()
    for raw in journal:
        again.apply(entries.unpacked(raw))
    assert vars(again) == vars(state)

    left = list(map(living(state), journal))
    compacted = State()
    for raw in left:
        compacted.apply(entries.unpacked(raw))
    assert vars(compacted) == vars(state) | {"dead": 0}
    assert list(map(living(compacted), left)) == left, "what is left is left for good"


def test_words_that_nobody_can_read_any_more_leave_the_entries():
    """Law 10; all else stays, keys, counts and the title of a thread that is still listed."""
    state, journal = State(), []

    def act(entry: entries.Entry | None) -> None:
        assert entry is not None
        journal.append(entries.packed(entry))
        state.apply(entry)

    act(opening("x", 0, threads=False))
    act(rules.start(state, "b1", "A", "old title", "old words", key="k1", at=1, queued=False))
    act(rules.edit(state, "p1", "the title", "new words", at=2))
    act(rules.reply(state, "t1", "p1", "A", "dead title", "dead words", key="k2", at=3, queued=False))
    act(rules.reply(state, "t1", "p1", "A", "", "rejected words", key="k3", at=4, queued=True))
    act(rules.delete(state, "p2"))
    act(rules.reject(state, "p3", "off topic"))
    assert state.dead == len("old title" + "old words" + "dead title" + "dead words" + "rejected words")
    left = repr(list(map(living(state), journal)))
    assert all(word in left for word in ("the title", "new words", "k1", "k2", "k3", "off topic"))
    assert not [word for word in ("old", "dead", "rejected words") if word in left]
    act(rules.delete(state, "p1"))
    left = repr(list(map(living(state), journal)))
    assert ("the title" in left, "new words" in left) == (True, False)


def test_a_key_of_a_thread_is_never_given_twice():
    """Also when a thread waits or was rejected: its key may stand in a chat."""
    state = State()
    state.apply(opening("x", 0, threads=False))
    keys = []
    for queued in (True, False, True):
        entry = rules.start(state, "b1", "A", "t", "", key="", at=0, queued=queued)
        assert entry is not None
        keys.append(entry.thread)
        state.apply(entry)
    assert keys == [ThreadKey("t1"), ThreadKey("t2"), ThreadKey("t3")]
