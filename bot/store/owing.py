"""Posts and the mirrors that cover them → what is owed; what a filter leaves out is not, or not any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bot.filters import Facts, Hide, facts, hidden, left_out
from bot.mirroring import Act, MirrorView, Owed, PostView, Standing, for_added, for_edited, wanted
from bot.model import Body, BodyState, Millis
from bot.store.endings import conclude
from bot.store.forums import VIEW, opening_post, view
from bot.store.hidden import concealed, hides_in
from bot.store.mirrors import mirrors_of
from bot.store.outbox import owe, standing
from bot.store.unit import Unit, Value
from bot.texts import say


class Covered(msgspec.Struct, frozen=True):
    """A thread with its OP, as far as it is known, and the mirrors that cover it."""

    id: int
    opening: PostView | None
    mirrors: Sequence[MirrorView]
    hides: Sequence[Hide] = ()
    """What the communities of the mirrors hide of it."""

    @property
    def filtered(self) -> bool:
        """Whether anything of it may be left out."""
        return bool(self.hides) or any(mirror.options.filters for mirror in self.mirrors)


def covered(thread: int) -> Unit[Covered]:
    """A thread as mirroring sees it now."""
    mirrors = yield from mirrors_of(thread)
    opening = yield from opening_post(thread)
    return Covered(thread, opening, mirrors, (yield from hides_in(thread)) if mirrors else ())


def messages(acts: Iterable[Owed]) -> int:
    """How many messages some acts make or change."""
    return sum(act.act is not Act.OPEN for act in acts)


# ----------------------------------------------------------------------------------------------------- what is left out


class Judging(msgspec.Struct, frozen=True):
    """All that tells which mirrors of a thread let some posts of it through."""

    mirrors: Sequence[MirrorView]
    known: Mapping[int, Facts]
    opening: Facts | None
    standing: frozenset[int]
    """The channels in which the OP stands, or is on its way: where its words are gone, they were let through there."""
    hides: Sequence[Hide] = ()

    def why(self, mirror: MirrorView, post: int) -> str:
        """Why a mirror leaves a post out; empty where it lets it through."""
        opening = self.opening
        if opening is not None and not opening.seen and mirror.channel in self.standing:
            opening = msgspec.structs.replace(opening, passed=True)
        return hidden(self.hides, mirror.community, post, self.known[post], opening) or left_out(
            mirror.options, self.known[post], opening
        )

    def accepting(self, post: int) -> list[MirrorView]:
        """The mirrors that let a post through."""
        return [mirror for mirror in self.mirrors if not self.why(mirror, post)]

    def reason(self, post: int) -> str:
        """Which mirror leaves a post out, and why: of several the oldest; empty where none does."""
        reasons = ((mirror.id, self.why(mirror, post)) for mirror in self.mirrors)
        return next((say("story.left_out", mirror=id, why=why) for id, why in reasons if why), "")


def judging(thread: Covered, posts: Iterable[int]) -> Unit[Judging]:
    """What is known about some posts of a thread."""
    if not thread.filtered:
        nothing = Facts(False, "", "", "")
        return Judging(thread.mirrors, dict.fromkeys(posts, nothing), None, frozenset())
    op = thread.opening.id if thread.opening is not None else None
    ids: list[tuple[Value, ...]] = [(post,) for post in {*posts, *([op] if op is not None else [])}]
    rows = yield (
        """SELECT p.id, p.op, p.author, p.author_id, CASE WHEN p.title='' AND p.op=1 THEN t.title ELSE p.title END,
             p.body_state, p.body, p.body_format, t.tags, p.event
           FROM post p JOIN thread t ON t.id=p.thread WHERE p.id=$1""",
        ids,
    )
    known = {
        id: facts(
            bool(op),
            author,
            whom,
            title,
            Body(BodyState(state), text, format),
            msgspec.json.decode(tags),
            bool(event),
        )
        for id, op, author, whom, title, state, text, format, tags, event in rows
    }
    opening = known.get(op) if op is not None else None
    channels: set[int] = set()
    if op is not None and opening is not None and not opening.seen:
        channels = {there.channel for there in (yield from standing([op]))}
    return Judging(thread.mirrors, known, opening, frozenset(channels), thread.hides)


def accepted(thread: Covered, posts: Sequence[PostView]) -> Unit[Mapping[int, Sequence[MirrorView]]]:
    """For each of some posts of a thread, the mirrors whose filters let it through."""
    judged = yield from judging(thread, [post.id for post in posts])
    return {post.id: judged.accepting(post.id) for post in posts}


def withdraw(place: int, now: Millis, thread: int | None = None) -> Unit[None]:
    """Drop what a channel is owed and what no mirror of it lets through any more; of one thread or of all.

    What is being sent, or stands, stays.
    """
    rows = yield (
        """SELECT d.id, p.thread, p.id FROM delivery d JOIN post p ON p.id=d.subject_id
           WHERE d.queue IN (SELECT id FROM place WHERE id=$1 OR (parent=$1 AND ($2 IS NULL OR thread=$2)))
             AND d.state IN ('pending', 'sending', 'held') AND d.state='pending' AND d.subject='post' AND d.act='create'
             AND ($2 IS NULL OR p.thread=$2) AND NOT EXISTS (SELECT 1 FROM part x WHERE x.delivery=d.id)
           ORDER BY d.id DESC""",
        (place, thread),
    )
    pending: dict[int, list[tuple[int, int]]] = {}
    for delivery, of, post in rows:
        pending.setdefault(of, []).append((delivery, post))
    for of, some in pending.items():
        here = yield from covered(of)
        here = msgspec.structs.replace(here, mirrors=[mirror for mirror in here.mirrors if mirror.channel == place])
        if not here.filtered:
            continue
        judged = yield from judging(here, [post for _, post in some])
        for delivery, post in some:  # the newest first: what waits for an opener ends before its opener does
            if not judged.accepting(post):
                yield from conclude(delivery, "dropped", judged.reason(post), now)


# --------------------------------------------------------------------------------------------------------- what is owed


def other(opening: PostView | None, post: PostView) -> PostView | None:
    """The OP, where it is another post than this one."""
    return opening if opening is not None and opening.id != post.id else None


def owe_added(
    thread: Covered,
    added: Sequence[PostView],
    let: Mapping[int, Sequence[MirrorView]],
    now: Millis,
    *,
    carried: bool = False,
) -> Unit[int]:
    """Owe posts of a thread wherever they are wanted and do not stand; `let` are the mirrors that let each through.

    `carried` posts were not shown, or by half, where their channel was before: they are owed whatever stands there.
    How many messages that are.
    """
    shown = [post for post in added if wanted(post, let[post.id])]
    if not shown:
        return 0
    opening = thread.opening
    stands: dict[int, list[Standing]] = {}
    for there in (yield from standing([post.id for post in shown] + ([opening.id] if opening else []))):
        stands.setdefault(there.post, []).append(there)
    for there in (yield from _concealed(thread)):
        stands.setdefault(there.post, []).append(there)
    owed: list[Owed] = []
    for post in shown:
        above = other(opening, post)
        about = [
            *(s for s in stands.get(post.id, ()) if not (carried and s.former and not s.removed)),
            *(stands.get(above.id, ()) if above is not None else ()),
        ]
        acts = for_added(post, above, let[post.id], about)
        # What was decided a moment ago is on its way: the next reply needs no second opener.
        for act in acts:
            stands.setdefault(act.post, []).append(Standing(act.post, act.channel, act.channel, opened=act.opens))
        owed.extend(acts)
    yield from owe(thread.id, owed, now)
    return messages(owed)


def _concealed(thread: Covered) -> Unit[list[Standing]]:
    """The OP where its channel's community hides it, as if somebody had taken it away: it is not shown again."""
    opening = thread.opening
    if opening is None:
        return []
    by = {hide.community for hide in thread.hides if hide.post == opening.id}
    channels = {mirror.channel for mirror in thread.mirrors if mirror.community in by}
    return (yield from concealed(opening.id, thread.id, channels))


def owe_edited(thread: Covered, post: PostView, words: str, stands: Sequence[Standing], now: Millis) -> Unit[int]:
    """Owe a new version of a post where it stands, and the post itself where it is let through only now.

    Where it was let through and is not any more, it is not owed any more; what stands of it stays. `words` is the
    digest of its words. How many messages that are.
    """
    let = yield from accepted(thread, [post])
    stands = [*stands, *(yield from _concealed(thread))]
    acts = for_edited(post, stands, words) + for_added(post, other(thread.opening, post), let[post.id], stands)
    yield from owe(thread.id, acts, now)
    owed = messages(acts)
    if not thread.filtered:
        return owed
    for channel in {mirror.channel for mirror in thread.mirrors if mirror.options.filters}:
        yield from withdraw(channel, now, thread.id)
        if post.op:  # it decides for its replies
            owed += yield from _owe_never_owed(thread, channel, now)
    return owed


def _owe_never_owed(thread: Covered, channel: int, now: Millis) -> Unit[int]:
    """Owe what a channel was never owed of a thread, as far as it is let through now."""
    rows = yield (
        f"""SELECT {VIEW} FROM post WHERE thread=$1 AND state='live' AND NOT EXISTS
             (SELECT 1 FROM delivery d WHERE d.subject='post' AND d.subject_id=post.id AND d.act='create'
                AND d.channel=$2)
             AND NOT EXISTS (SELECT 1 FROM copy c WHERE c.post=post.id AND c.channel=$2) ORDER BY seq""",
        (thread.id, channel),
    )
    here = msgspec.structs.replace(thread, mirrors=[m for m in thread.mirrors if m.channel == channel])
    posts = [view(tuple(row)) for row in rows]
    return (yield from owe_added(here, posts, (yield from accepted(here, posts)), now))
