"""What counts as a change of a post, and what proves one."""

import msgspec
import pytest

from bot.changes import (
    LOSS_POSTS,
    RESURFACED,
    Beginning,
    Changes,
    Known,
    compare,
    digest,
    parents_first,
    there_before,
)
from bot.model import (
    EMPTY,
    UNKNOWN,
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
    When,
    at,
)

THREAD = Thread(ThreadKey("t"), "A thread")


def text(words):
    return Body(BodyState.PRESENT, words)


def post(key, words="words", **more):
    return Post(**{"key": PostKey(key), "author": Author("Ada"), "created": at(0), "body": text(words)} | more)


def answer(key, parent, **more):
    return post(key, parent=Parent(ParentState.KNOWN, PostKey(parent)), **more)


def page(*posts, **more):
    return ThreadPage(THREAD, posts, **more)


def known(*posts, **cells):
    """What the database holds after it stored these posts."""
    return {
        p.key: Known(
            **{
                "id": number,
                "key": p.key,
                "digest": digest(p),
                "version": p.version,
                "state": p.state,
                "body_state": p.body.state,
                "number": p.number,
                "position": p.position,
            }
            | cells
        )
        for number, p in enumerate(posts, 1)
    }


def keys(pairs):
    return [before.key for before, _ in pairs]


NOTHING = Changes()


# -------------------------------------------------------------------------------- edits and no edits


def test_a_page_read_again_changes_nothing():
    posts = [post("op", op=True), post("r1"), post("r2", body=EMPTY, title="n/t")]
    assert compare(known(*posts), page(*posts, complete=True)) == NOTHING


@pytest.mark.parametrize(
    "now",
    [
        post("r1", author=Author("Ada (500 posts)", badge="Veteran", avatar="new.png")),
        post("r1", created=at(86_400_000)),
        post("r1", link="https://forum.example/r1?views=9"),
        post("r1", "  words \n"),
    ],
    ids=["author's counters", "date", "link", "white space"],
)
def test_a_counter_a_date_or_white_space_is_no_edit(now):
    """Law 7: a channel full of edits without a new word would bury the ones that matter."""
    assert compare(known(post("r1")), page(now)) == NOTHING


@pytest.mark.parametrize("now", [post("r1", "other words"), post("r1", title="A title"), post("r1", body=EMPTY)])
def test_other_words_another_title_or_a_text_taken_away_are_an_edit(now):
    assert keys(compare(known(post("r1")), page(now)).edited) == ["r1"]


def test_words_move_between_title_and_text_as_an_edit():
    before, after = post("r1", "b", title="a"), post("r1", "a b")
    assert keys(compare(known(before), page(after)).edited) == ["r1"]


def test_a_text_that_is_not_shown_proves_nothing():
    """An outline lists the post; its words stand as they were, whatever its title says now."""
    assert compare(known(post("r1")), page(post("r1", body=UNKNOWN, title="cut …"))) == NOTHING


def test_a_text_seen_for_the_first_time_fills_the_post_in():
    """Law 6: "listed, text not seen yet" is replaced in place, even where the engine says that nothing changed."""
    listed = post("r1", body=UNKNOWN, version="1")
    assert keys(compare(known(listed), page(post("r1", version="1"))).edited) == ["r1"]


def test_an_empty_text_is_known_and_fills_in_too():
    assert keys(compare(known(post("r1", body=UNKNOWN)), page(post("r1", body=EMPTY, title="n/t"))).edited) == ["r1"]


SIGNED = "Look: https://files.example/kite.png?w=1&Expires={}&Signature={}"


def test_an_address_that_is_signed_anew_is_no_edit_and_its_text_is_kept():
    """Law 7: else every reading of a forum that signs its files would be an edit; the fresh address is what works."""
    before, after = post("r1", SIGNED.format(1, "a")), post("r1", SIGNED.format(2, "b"))
    assert compare(known(before), page(after)) == Changes(refreshed=((known(before)[before.key], after),))


def test_other_words_beside_a_fresh_signature_are_an_edit():
    before, after = post("r1", SIGNED.format(1, "a")), post("r1", SIGNED.format(2, "b").replace("Look", "See"))
    found = compare(known(before), page(after))
    assert (keys(found.edited), found.refreshed) == (["r1"], ())


def test_another_picture_is_an_edit():
    before, after = post("r1", SIGNED.format(1, "a")), post("r1", SIGNED.format(2, "b").replace("kite", "dog"))
    assert keys(compare(known(before), page(after)).edited) == ["r1"]


def test_a_fresh_signature_is_kept_where_the_engine_says_that_nothing_changed_and_where_the_post_moved():
    before = post("r1", SIGNED.format(1, "a"), version="1")
    found = compare(known(before), page(post("r1", SIGNED.format(2, "b"), version="1", number=2)))
    assert (keys(found.edited), keys(found.moved), keys(found.refreshed)) == ([], ["r1"], ["r1"])


def test_the_engine_is_believed_when_it_says_that_nothing_changed():
    """The same version with other words is the page's own doing: a quote that was cut, a signature."""
    assert compare(known(post("r1", version="7")), page(post("r1", "other words", version="7"))) == NOTHING


def test_the_engine_is_not_believed_when_it_says_that_something_changed():
    """A new edit time with the same words shows nothing new to anybody."""
    assert compare(known(post("r1", version="7")), page(post("r1", version="8"))) == NOTHING


def test_a_new_number_or_place_is_noted_and_shown_to_nobody():
    changes = compare(known(post("r1", number=2, position=2)), page(post("r1", number=3, position=2)))
    assert keys(changes.moved) == ["r1"]
    assert changes == Changes(moved=changes.moved)


# -------------------------------------------------------------------------------- deletions


def test_only_a_complete_page_proves_that_a_post_is_gone():
    """Law 5: the next page, or a reading that was cut short, may hold what this one lacks."""
    both, one = known(post("r1"), post("r2")), post("r1")
    assert keys(compare(both, page(one, complete=True)).deleted) == ["r2"]
    assert compare(both, page(one)) == NOTHING
    assert compare(both, page(one, complete=True, more=True)) == NOTHING


def test_a_damaged_item_may_be_the_post_that_is_missing():
    both, damage = known(post("r1"), post("r2")), (Damaged("no author", b"<div>"),)
    assert compare(both, page(post("r1"), complete=True, damaged=damage)) == NOTHING


def test_a_tombstone_proves_a_deletion_on_any_page():
    changes = compare(known(post("r1")), page(post("r1", state=PostState.DELETED), damaged=(Damaged("x", b""),)))
    assert [state for _, state in changes.deleted] == [PostState.DELETED]


@pytest.mark.parametrize("state", [PostState.DELETED, PostState.HIDDEN])
def test_what_is_gone_already_is_not_deleted_again(state):
    gone = known(post("r1", state=state), post("r2"))
    assert compare(gone, page(post("r1", state=state), post("r2"), complete=True)) == NOTHING


def test_what_was_deleted_is_not_deleted_again_by_its_absence():
    assert compare(known(post("r1", state=PostState.DELETED)), page(complete=True)) == NOTHING


@pytest.mark.parametrize(
    "now", [page(post("r1", state=PostState.DELETED)), page(complete=True)], ids=["said", "absent"]
)
def test_a_hidden_post_can_be_deleted(now):
    """Law 10: until then its words stay, in case that it is shown again; afterwards nothing may keep them."""
    [(before, state)] = compare(known(post("r1", state=PostState.HIDDEN)), now).deleted
    assert (before.key, state) == ("r1", PostState.DELETED)


def test_what_was_deleted_is_not_hidden_afterwards():
    gone = known(post("r1", state=PostState.DELETED))
    assert compare(gone, page(post("r1", state=PostState.HIDDEN))) == NOTHING


def test_a_post_that_stands_again_is_among_the_edits_even_with_equal_words():
    gone = known(post("r1"), state=PostState.DELETED)
    assert keys(compare(gone, page(post("r1"))).edited) == ["r1"]


def test_a_post_that_comes_deleted_is_known_from_then_on():
    """Its number is taken, and its replies hang on it."""
    changes = compare({}, page(post("r1", state=PostState.DELETED)))
    assert [p.key for p in changes.added] == ["r1"]


def test_a_post_that_waits_for_a_moderator_is_not_there_yet():
    assert compare({}, page(post("r1", state=PostState.QUEUED), complete=True)) == NOTHING


def test_a_post_that_went_back_to_the_moderators_is_hidden_not_lost():
    """It is on the page, so its absence is not proven, but readers do not see it any more."""
    for complete in (True, False):
        changes = compare(known(post("r1")), page(post("r1", state=PostState.QUEUED), complete=complete))
        assert [(before.key, state) for before, state in changes.deleted] == [("r1", PostState.HIDDEN)]
    hidden = known(post("r1"), state=PostState.HIDDEN)
    assert compare(hidden, page(post("r1", state=PostState.QUEUED), complete=True)) == NOTHING
    assert keys(compare(hidden, page(post("r1"))).edited) == ["r1"]


# ------------------------------------------------------------------------------------------------ losing many at once


def many(count):
    return known(*(post(f"r{n}") for n in range(count)))


def left(count, of):
    return page(*(post(f"r{n}") for n in range(of - count, of)), complete=True)


@pytest.mark.parametrize(("lost", "of"), [(LOSS_POSTS, LOSS_POSTS), (20, 100), (1, 1)])
def test_up_to_five_posts_or_a_fifth_go_without_a_question(lost, of):
    changes = compare(many(of), left(of - lost, of))
    assert len(changes.deleted) == lost
    assert changes.losing == ()


@pytest.mark.parametrize(("lost", "of"), [(LOSS_POSTS + 1, LOSS_POSTS + 1), (21, 100)])
def test_more_than_five_posts_and_a_fifth_are_held(lost, of):
    """It is more likely a broken page than a purge: an admin is asked first."""
    changes = compare(many(of), left(of - lost, of))
    assert changes.deleted == ()
    assert len(changes.losing) == lost


def test_many_tombstones_at_once_are_held_too():
    changes = compare(many(10), page(*(post(f"r{n}", state=PostState.DELETED) for n in range(10))))
    assert changes.deleted == ()
    assert len(changes.losing) == 10


def test_what_was_deleted_before_does_not_count_as_a_loss_or_as_alive():
    dead = {
        key: Known(9, key, "", "", PostState.DELETED, BodyState.PRESENT, None, 0)
        for key in map(PostKey, ("d1", "d2", "d3"))
    }
    assert compare(dead | many(30), left(24, 30)).losing == ()
    assert len(compare(dead | many(29), left(23, 29)).losing) == 6


def test_edits_and_additions_go_on_while_a_loss_is_held():
    changes = compare(many(10), page(post("r9", "other"), post("new"), complete=True))
    assert len(changes.losing) == 9
    assert keys(changes.edited) == ["r9"]
    assert [p.key for p in changes.added] == ["new"]


def test_confirmed_losses_are_deleted():
    agreed = [PostKey(f"r{n}") for n in range(10)]
    changes = compare(many(10), page(complete=True), confirmed=agreed)
    assert len(changes.deleted) == 10
    assert changes.losing == ()


def test_only_what_was_confirmed_is_deleted_when_more_is_missing_meanwhile():
    changes = compare(many(20), page(complete=True), confirmed=[PostKey(f"r{n}") for n in range(10)])
    assert keys(changes.deleted) == [f"r{n}" for n in range(10)]
    assert [lost.key for lost in changes.losing] == [f"r{n}" for n in range(10, 20)]


def test_what_an_admin_keeps_stays_without_another_question_while_it_is_missing():
    kept = [PostKey(f"r{n}") for n in range(10)]
    assert compare(many(10), page(complete=True), kept=kept) == NOTHING
    assert len(compare(many(12), page(complete=True), kept=kept).deleted) == 2


def test_what_an_admin_keeps_although_it_is_missing_goes_when_the_forum_says_that_it_is_gone():
    """Law 10: the word excused a page that did not show the post; that somebody deleted it is another matter."""
    changes = compare(many(1), page(post("r0", state=PostState.DELETED)), kept=[PostKey("r0")])
    assert keys(changes.deleted) == ["r0"]


def test_what_an_admin_keeps_although_the_forum_says_that_it_is_gone_goes_when_it_is_missing():
    gone = page(*(post(f"r{n}", state=PostState.DELETED) for n in range(10)), complete=True)
    spared = [PostKey(f"r{n}") for n in range(10)]
    assert compare(many(10), gone, spared=spared) == NOTHING
    assert keys(compare(many(1), page(complete=True), spared=spared).deleted) == ["r0"]


# ------------------------------------------------------------------------------------------------- from another thread


def elsewhere(*posts, **cells):
    return known(*posts, here=False, **cells)


def test_a_post_that_another_thread_held_comes_with_its_news():
    """Moderators move posts; what is shown here now is here."""
    changes = compare(elsewhere(post("r1")), page(post("r1")))
    assert changes == Changes(came=changes.came)
    assert keys(changes.came) == ["r1"]
    assert keys(compare(elsewhere(post("r1")), page(post("r1", "other words"))).edited) == ["r1"]


def test_a_post_that_its_old_thread_lost_stands_again_where_it_came():
    """Whichever of the two threads is read first."""
    changes = compare(elsewhere(post("r1"), state=PostState.DELETED), page(post("r1")))
    assert keys(changes.came) == keys(changes.edited) == ["r1"]


@pytest.mark.parametrize("state", [PostState.DELETED, PostState.HIDDEN, PostState.QUEUED])
def test_what_a_thread_shows_in_the_place_of_a_post_that_left_it_proves_nothing(state):
    """Law 7: the two threads would bury and revive it by turns."""
    assert compare(elsewhere(post("r1")), page(post("r1", state=state), complete=True)) == NOTHING


def test_only_a_posts_own_thread_misses_it():
    """Law 5: a complete page proves what its own thread holds."""
    assert compare(elsewhere(post("r1")), page(complete=True)) == NOTHING


# ---------------------------------------------------------------------------------------------- what was there before

MONDAY = at(5 * RESURFACED)
LISTED = Beginning(MONDAY.earliest, listed=True)


def hours(after):
    """A moment before or after the board's first reading."""
    return at(MONDAY.earliest + after * 3600_000)


def before_it(beginning, *posts):
    return [p.key for p in there_before(posts, beginning)]


def test_all_posts_of_a_thread_of_no_board_were_there_before():
    assert before_it(None, post("op", op=True), post("r1", created=hours(9))) == ["op", "r1"]


def test_in_a_thread_that_came_up_later_only_what_is_clearly_older_was_there_before():
    """Law 8; forums' clocks differ, and a new post that is not shown is worse than an old one that is."""
    later = Beginning(MONDAY.earliest)
    posts = [post("op", op=True, created=hours(-25)), post("r1", created=hours(-23)), post("r2", created=hours(1))]
    assert before_it(later, *posts) == ["op"]


def test_the_op_of_a_thread_that_was_listed_was_there_before():
    assert before_it(LISTED, post("op", op=True, created=hours(1))) == ["op"]


def test_of_a_thread_that_was_listed_what_is_older_than_the_list_was_there_before():
    """A new reply brings no flood of the old ones of the same day."""
    assert before_it(LISTED, post("r1", created=hours(-1)), post("r2", created=hours(1))) == ["r1"]


def test_the_forums_own_count_tells_old_replies_from_new_ones_where_its_clock_is_slow():
    slow = [post(f"r{n}", position=n, created=hours(n - 20)) for n in range(1, 6)]
    assert before_it(msgspec.structs.replace(LISTED, stood=3), *reversed(slow)) == ["r3", "r2", "r1"]
    assert before_it(msgspec.structs.replace(LISTED, stood=0), *slow) == []


def test_events_are_not_among_the_replies_that_the_forum_counts():
    """Its count tells replies apart; of what befell a thread the date alone decides."""
    counted = msgspec.structs.replace(LISTED, stood=1)
    posts = [
        post("e1", position=1, created=hours(-3), event=True),
        post("r1", position=2, created=hours(-2)),
        post("e2", position=3, created=hours(1), event=True),
        post("r2", position=4, created=hours(-1)),
    ]
    assert before_it(counted, *posts) == ["e1", "r1"]


def test_what_is_dated_after_the_list_is_new_whatever_the_count():
    """A reply that was deleted since was counted too."""
    assert before_it(msgspec.structs.replace(LISTED, stood=9), post("r1", created=hours(1))) == []


def test_a_date_that_is_only_roughly_known_leaves_it_to_the_count():
    rough = When(hours(-99).earliest, hours(99).latest)
    assert before_it(LISTED, post("r1", created=rough)) == []
    assert before_it(msgspec.structs.replace(LISTED, stood=1), post("r1", created=rough)) == ["r1"]


# ------------------------------------------------------------------------------------------------------- parents first


def test_parents_stand_before_their_replies_and_the_op_before_all():
    posts = [answer("c", "b", position=1), answer("b", "a", position=2), answer("a", "op", position=3)]
    assert [p.key for p in parents_first([*posts, post("op", op=True, position=4)])] == ["op", "a", "b", "c"]


def test_otherwise_the_forums_order_holds():
    posts = [post("c", position=3), post("a", position=1), post("b", position=2)]
    assert [p.key for p in parents_first(posts)] == ["a", "b", "c"]


def test_a_circle_of_parents_loses_nobody():
    """A broken page may say so; every post is stored once all the same."""
    posts = [answer("a", "c"), answer("b", "a"), answer("c", "b"), answer("d", "d")]
    assert sorted(p.key for p in parents_first(posts)) == ["a", "b", "c", "d"]


def test_a_very_deep_thread_is_no_danger():
    posts = [answer(f"r{n}", f"r{n - 1}", position=-n) for n in range(1, 5000)]
    assert [p.key for p in parents_first([*posts, post("r0")])] == [f"r{n}" for n in range(5000)]


def test_a_post_that_a_page_shows_twice_is_taken_once():
    changes = compare({}, page(post("r1"), post("r1", "again")))
    assert [(p.key, p.body.text) for p in changes.added] == [("r1", "words")]
