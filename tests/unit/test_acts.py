"""What is done about one delivery: decided before it, after an error, and after a crash."""

import msgspec
import pytest

from bot import errors
from bot.acts import HELD_PARENT, Beneath, Drop, Perform, Wait, key, most, parts, step
from bot.jobs import Answered, CopyRow, Job, PostRow, ReplyRow, Subject
from bot.mirroring import Act
from bot.model import (
    Author,
    Body,
    BodyState,
    ChannelRef,
    ChatName,
    Found,
    MessageId,
    Parent,
    ParentState,
    PostKey,
    PostState,
    ThreadKey,
    Where,
    at,
)
from bot.recovery import ATTEMPTS, Recovery, backoff, matched, reaction, recovery
from bot.testing.clock import FakeClock

NOW = 1_000_000_000
WHERE = Where(ChannelRef("lounge"))
OTHER_WAY = Parent(ParentState.THREAD)

POST = PostRow(
    id=7,
    thread=3,
    thread_title="A thread",
    path=("Board",),
    author=Author("Ada"),
    title="",
    body=Body(BodyState.PRESENT, "words"),
    link="",
    number=2,
    op=False,
    created=at(0),
    state=PostState.LIVE,
    revision=4,
    parent=OTHER_WAY,
    live_replies=0,
)
REPLY = ReplyRow(
    id=5,
    name="Brook",
    text="hello",
    format="plain",
    revision=3,
    sent_revision=0,
    gone=False,
    post=PostKey(""),
    thread=ThreadKey("t"),
    parent=PostKey(""),
    parent_title="A thread",
    chat=ChatName("web"),
)
JOB = Job(
    id=1,
    ord=1,
    queue=11,
    subject=Subject.POST,
    subject_id=7,
    act=Act.CREATE,
    revision=4,
    generation=0,
    attempts=0,
    sending=False,
    chat="web",
    forum="",
    where=WHERE,
    post=POST,
)
REPLY_JOB = msgspec.structs.replace(
    JOB, subject=Subject.REPLY, subject_id=5, chat="", forum="board", where=None, post=None, reply=REPLY
)


def job(**cells):
    return msgspec.structs.replace(JOB, **cells)


def post(**cells):
    return msgspec.structs.replace(POST, **cells)


def copy(*messages, revision=3, state="shown", reply=None, last=False):
    return CopyRow(9, revision, state, reply, WHERE, tuple(MessageId(m) for m in messages or ("m1",)), last)


def reply_job(act, revision=3, **cells):
    return msgspec.structs.replace(REPLY_JOB, act=act, revision=revision, reply=msgspec.structs.replace(REPLY, **cells))


def decided(what, now=NOW, changes_others=False):
    return step(what, now, changes_others)


def waits_until(decision):
    """Until when it waits; nothing waits without a reason."""
    assert isinstance(decision, Wait)
    assert decision.reason
    return decision.until


# ------------------------------------------------------------------------------------------------------- posts to chats


def test_a_live_post_is_shown():
    assert decided(job()) == Perform("shown")


def test_a_reply_deleted_before_it_was_sent_is_not_sent():
    for state in PostState.DELETED, PostState.HIDDEN:
        assert isinstance(decided(job(post=post(state=state))), Drop)


def test_an_op_deleted_before_it_was_sent_becomes_a_tombstone_where_replies_live():
    """They need something to hang on."""
    dead = post(op=True, state=PostState.DELETED, live_replies=1)
    assert decided(job(post=dead)) == Perform("tombstone")
    assert isinstance(decided(job(post=msgspec.structs.replace(dead, live_replies=0))), Drop)


def test_what_stands_already_is_not_sent_again():
    assert isinstance(decided(job(copy=copy())), Drop)


def test_a_post_that_was_forgotten_is_not_owed():
    assert isinstance(decided(job(post=None)), Drop)


@pytest.mark.parametrize("act", Act)
def test_what_a_person_removed_in_the_chat_stays_removed(act):
    decision = decided(job(act=act, copy=copy(state="removed")))
    assert isinstance(decision, Drop)
    assert "stays removed" in decision.reason


def test_a_reply_waits_for_a_parent_that_is_held_and_not_for_ever():
    """Ten minutes from when the parent was claimed; then it answers the nearest ancestor that stands."""
    held = Answered(shown=False, waiting=NOW)
    assert waits_until(decided(job(answered=held), NOW)) == NOW + HELD_PARENT
    assert waits_until(decided(job(answered=held), NOW + HELD_PARENT - 1)) == NOW + HELD_PARENT
    assert decided(job(answered=held), NOW + HELD_PARENT) == Perform("shown")


def test_a_reply_whose_parent_is_not_shown_and_not_held_does_not_wait():
    assert decided(job(answered=Answered(shown=False))) == Perform("shown")


def test_a_deleted_reply_does_not_wait_for_its_parent():
    dead = job(post=post(state=PostState.DELETED), answered=Answered(waiting=NOW))
    assert isinstance(decided(dead), Drop)


@pytest.mark.parametrize("act", [Act.EDIT, Act.DELETE])
def test_a_change_of_what_was_never_shown_is_dropped(act):
    assert isinstance(decided(job(act=act)), Drop)


@pytest.mark.parametrize("act", [Act.EDIT, Act.DELETE])
def test_a_change_shows_the_post_as_it_is_now(act):
    """An edit that comes due after a deletion shows the tombstone; a deletion that was undone shows the post."""
    assert decided(job(act=act, copy=copy())) == Perform("shown")
    assert decided(job(act=act, copy=copy(), post=post(state=PostState.DELETED))) == Perform("tombstone")


def test_a_change_that_stands_already_is_dropped():
    """The create, or a later edit, was rendered from the newest version."""
    assert isinstance(decided(job(act=Act.EDIT, revision=3, copy=copy(revision=3))), Drop)
    assert decided(job(act=Act.EDIT, revision=4, copy=copy(revision=3))) == Perform("shown")


def test_a_persons_own_message_is_changed_only_where_the_chat_lets_us():
    edit, dead = job(act=Act.EDIT, copy=copy(reply=5)), post(state=PostState.DELETED)
    assert decided(edit) == Beneath(copy().id)
    assert isinstance(decided(msgspec.structs.replace(edit, takes=True)), Drop), "it is not ours to take away"
    assert decided(edit, changes_others=True) == Perform("shown")
    assert decided(job(act=Act.DELETE, copy=copy(reply=5), post=dead), changes_others=True) == Perform("tombstone")


def test_a_chat_thread_opens_on_a_message_that_stands():
    assert isinstance(decided(job(act=Act.OPEN)), Drop)
    assert decided(job(act=Act.OPEN, copy=copy())) == Perform("shown")
    assert decided(job(act=Act.OPEN, copy=copy(state="tombstone"))) == Perform("tombstone")
    assert decided(job(act=Act.OPEN, copy=copy("", "m2"))) == Perform("shown")
    assert isinstance(decided(job(act=Act.OPEN, copy=copy("", ""))), Drop), "somebody took all of them away"


def test_a_notice_is_always_said():
    assert decided(job(subject=Subject.NOTICE, post=None, notice="the forum is down")) == Perform("shown")


# -------------------------------------------------------------------------------- replies to forums


def test_a_reply_is_posted():
    assert decided(reply_job(Act.CREATE)) == Perform("shown")


@pytest.mark.parametrize("cells", [{"post": PostKey("p9")}, {"gone": True}], ids=["posted", "deleted in the chat"])
def test_a_reply_is_not_posted_when_it_is_there_or_was_taken_back(cells):
    assert isinstance(decided(reply_job(Act.CREATE, **cells)), Drop)


def test_a_reply_to_a_reply_that_is_held_waits_and_not_for_ever():
    assert waits_until(decided(reply_job(Act.CREATE, waiting=NOW - 1))) == NOW - 1 + HELD_PARENT
    assert decided(reply_job(Act.CREATE, waiting=NOW - HELD_PARENT)) == Perform("shown")


def test_only_what_reached_the_forum_is_changed_there():
    for act in Act.EDIT, Act.DELETE:
        assert isinstance(decided(reply_job(act)), Drop)
    assert decided(reply_job(Act.EDIT, post=PostKey("p9"), sent_revision=2)) == Perform("shown")
    assert decided(reply_job(Act.DELETE, post=PostKey("p9"), gone=True)) == Perform("removed")


def test_an_edit_that_the_forum_has_already_is_dropped():
    assert isinstance(decided(reply_job(Act.EDIT, revision=2, post=PostKey("p9"), sent_revision=2)), Drop)
    assert isinstance(decided(reply_job(Act.EDIT, revision=2, post=PostKey("p9"), sent_revision=3)), Drop)


def test_an_edit_of_a_message_that_is_gone_is_dropped():
    assert isinstance(decided(reply_job(Act.EDIT, post=PostKey("p9"), gone=True)), Drop)


def test_a_reply_that_was_forgotten_is_not_owed():
    assert isinstance(decided(msgspec.structs.replace(REPLY_JOB, reply=None)), Drop)


# -------------------------------------------------------------------------------- parts


def made(what, shows="shown", payloads=2):
    return parts(what, shows, [{"text": f"new {n}"} for n in range(payloads)], "home")


def outline(acts):
    return [(part.kind, part.target, part.payload.get("text", part.payload.get("title", ""))) for part in acts]


def test_a_new_post_is_sent_in_order():
    assert outline(made(job())) == [("send", "", "new 0"), ("send", "", "new 1")]


def test_an_op_opens_its_chat_thread_after_its_last_part():
    acts = made(job(opens=12), payloads=1)
    assert outline(acts) == [("send", "", "new 0"), ("open", "", "A thread")]


def test_opening_alone_hangs_on_the_first_message():
    assert outline(made(job(act=Act.OPEN, opens=12, copy=copy("m1", "m2")), payloads=0)) == [("open", "m1", "A thread")]


def test_an_edit_replaces_message_by_message():
    assert outline(made(job(act=Act.EDIT, copy=copy("m1", "m2")))) == [("edit", "m1", "new 0"), ("edit", "m2", "new 1")]


def test_an_edit_that_became_shorter_removes_the_rest():
    acts = made(job(act=Act.EDIT, copy=copy("m1", "m2", "m3")), payloads=1)
    assert outline(acts) == [("edit", "m1", "new 0"), ("delete", "m2", ""), ("delete", "m3", "")]


def test_an_edit_that_became_longer_sends_the_rest():
    acts = made(job(act=Act.EDIT, copy=copy("m1")), payloads=3)
    assert outline(acts) == [("edit", "m1", "new 0"), ("send", "", "new 1"), ("send", "", "new 2")]


def test_a_copy_grows_only_while_nothing_stands_behind_it():
    """What is added later stands where the place ends, and there others have spoken."""
    assert most(job()) is None
    assert most(job(act=Act.EDIT, copy=copy("m1", "m2", last=True))) is None
    assert most(job(act=Act.EDIT, copy=copy("m1", "m2"))) == 2


def test_a_copy_of_which_nothing_is_left_is_still_one_message():
    """A chat makes one message at least of everything."""
    assert most(job(act=Act.EDIT, copy=CopyRow(9, 3, "shown", None, WHERE, ()))) == 1


def test_a_message_that_a_person_took_away_is_neither_changed_nor_sent_again():
    """It keeps its place: what a longer version adds stands behind it."""
    acts = made(job(act=Act.EDIT, copy=copy("m1", "", "m3", last=True)), payloads=4)
    assert outline(acts) == [("edit", "m1", "new 0"), ("edit", "m3", "new 2"), ("send", "", "new 3")]


def test_a_tombstone_stands_where_the_copy_began_and_the_rest_goes():
    acts = made(job(act=Act.DELETE, copy=copy("", "m2", "m3")), "tombstone", payloads=1)
    assert outline(acts) == [("edit", "m2", "new 0"), ("delete", "m3", "")]


def test_a_removed_message_goes_whole():
    acts = made(job(act=Act.DELETE, copy=copy("m1", "m2")), "removed")
    assert outline(acts) == [("delete", "m1", ""), ("delete", "m2", "")]


def test_a_reply_is_one_act_on_the_forum():
    assert outline(made(reply_job(Act.CREATE), payloads=1)) == [("send", "", "new 0")]
    assert outline(made(reply_job(Act.EDIT, post=PostKey("p9")), payloads=1)) == [("edit", "p9", "new 0")]
    assert outline(made(reply_job(Act.DELETE, post=PostKey("p9")), payloads=1)) == [("delete", "p9", "new 0")]


def test_parts_are_numbered_and_carry_keys_of_their_own():
    acts = made(job(opens=12))
    assert [part.part for part in acts] == [0, 1, 2]
    assert len({part.key for part in acts}) == 3
    assert [part.key for part in acts] == [key(job(), n, "home") for n in range(3)]


def test_what_read_back_recognises_is_the_key():
    assert all(part.marker == part.key for part in made(job()))


# -------------------------------------------------------------------------------- keys


def test_a_key_has_24_characters_that_every_network_takes():
    text = key(JOB, 0, "home")
    assert len(text) == 24
    assert text.isascii()
    assert text.isalnum()


def test_an_equal_act_has_an_equal_key():
    """After a crash the same bytes go out under the same key."""
    again = job(id=99, ord=50, attempts=3, sending=True, copy=copy(), answered=Answered(waiting=1))
    assert key(again, 0, "home") == key(JOB, 0, "home")


@pytest.mark.parametrize(
    "cells",
    [
        {"queue": 12},
        {"subject": Subject.NOTICE},
        {"subject_id": 8},
        {"act": Act.EDIT},
        {"revision": 5},
        {"generation": 1},
    ],
    ids=lambda cells: next(iter(cells)),
)
def test_a_key_differs_by_every_ingredient(cells):
    assert key(job(**cells), 0, "home") != key(JOB, 0, "home")


def test_a_key_differs_by_part_and_installation():
    """Two installations in one channel must not swallow each other's messages."""
    assert len({key(JOB, 0, "home"), key(JOB, 1, "home"), key(JOB, 0, "other home")}) == 3


# -------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.Unreachable("no route"), "retry"),
        (errors.RateLimited("slowly", 7.0), "retry"),
        (errors.OutcomeUnknown("cut off"), "recover"),
        (errors.LoginRejected("wrong token"), "login"),
        (errors.NotAllowed("no permission here"), "pause"),
        (errors.Refused("too long"), "refuse"),
        (errors.Gone("deleted"), "gone"),
        (errors.Unparsable("a page instead of an answer"), "recover"),
        (ZeroDivisionError("a fault"), "recover"),
        (TimeoutError(), "recover"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_every_error_has_one_reaction(error, kind):
    """Law 9: what is caught decides what is done, never which library failed."""
    assert reaction(error, 0).kind == kind
    assert reaction(error, 0).reason


def test_every_class_of_adapter_error_has_its_reaction():
    """A new class without a reaction would be treated as a fault in the adapter."""
    named = {
        "Unreachable",
        "OutcomeUnknown",
        "RateLimited",
        "LoginRejected",
        "NotAllowed",
        "Refused",
        "Gone",
        "Unparsable",
    }
    assert {kind.__name__ for kind in errors.AdapterError.__subclasses__()} == named


def test_an_unreachable_remote_is_no_attempt_of_the_delivery():
    """Law 2: a remote that is down for a week parks nothing."""
    for error in errors.Unreachable(""), errors.RateLimited("", 1.0), errors.LoginRejected(""), errors.NotAllowed(""):
        assert reaction(error, 100).kind != "recover"
    for fault in errors.OutcomeUnknown(""), errors.Unparsable(""), KeyError("x"):
        assert reaction(fault, 0).kind == "recover"
    assert ATTEMPTS == 8


def test_a_named_wait_is_kept_whatever_failed_before():
    assert reaction(errors.RateLimited("", 7.0), 9).after == 7.0
    assert reaction(errors.RateLimited("", -1.0), 0).after > 0


@pytest.mark.parametrize("seconds", [1e12, float("inf"), float("nan"), -1e12, -float("inf")])
def test_no_named_wait_is_longer_than_a_day(seconds):
    """A number that makes no sense would stop a place for years, or the program."""
    assert 0 < reaction(errors.RateLimited("", seconds), 0).after <= 24 * 3600


def test_a_fault_in_an_adapter_says_what_it_was():
    assert "ZeroDivisionError" in reaction(ZeroDivisionError("by zero"), 0).reason


def test_waits_double_up_to_five_minutes():
    waits = [backoff(failures) for failures in range(12)]
    assert waits[:4] == [0.5, 1.0, 2.0, 4.0]
    assert waits == sorted(waits)
    assert waits[-1] == backoff(10**9) == 300.0


# -------------------------------------------------------------------------------- recovery

SETTLE = 50.0


@pytest.fixture
def clock():
    return FakeClock()


def recovered(claimed, now, window=120.0, waited=None, read_back="proof"):
    return recovery(claimed, now, window, SETTLE, waited, read_back)


def test_inside_the_window_of_the_key_the_send_is_repeated(clock):
    then = clock.moment()
    assert recovered(then, clock.moment()) == (Recovery.REPEAT, 0.0)
    clock.advance(69_999)
    assert recovered(then, clock.moment())[0] is Recovery.REPEAT
    assert recovered(then, clock.moment(), read_back="none")[0] is Recovery.REPEAT


def test_outside_the_window_it_is_read_back(clock):
    """What is sent when the window is about to close may arrive when it is closed."""
    then = clock.moment()
    clock.advance(int((120 - SETTLE) * 1000))
    assert recovered(then, clock.moment()) == (Recovery.READ_BACK, 0.0)


def test_without_keys_the_request_may_land_until_it_is_settled(clock):
    """Reading back too early would find nothing, and the message would come twice."""
    then = clock.moment()
    clock.advance(20_000)
    assert recovered(then, clock.moment(), window=None) == (Recovery.WAIT, 30.0)
    clock.advance(30_000)
    assert recovered(then, clock.moment(), window=None) == (Recovery.READ_BACK, 0.0)


def test_a_window_shorter_than_the_settling_waits_in_between(clock):
    then = clock.moment()
    clock.advance(10_000)
    assert recovered(then, clock.moment(), window=5.0) == (Recovery.WAIT, 40.0)


def test_a_key_that_is_honoured_for_ever_is_always_repeated(clock):
    then = clock.moment()
    clock.reboot(10**9)
    for claimed in then, None:
        assert recovered(claimed, clock.moment(), window=float("inf"), read_back="none") == (Recovery.REPEAT, 0.0)


@pytest.mark.parametrize("disturb", ["jump forwards", "jump backwards", "reboot", "never noted"])
def test_an_age_that_cannot_be_known_is_inside_no_finite_window(clock, disturb):
    """The claim may be a moment old or a year: it is waited out from now, then looked up."""
    then = clock.moment()
    match disturb:
        case "jump forwards":
            clock.jump(3_600_000)
        case "jump backwards":
            clock.jump(-3_600_000)
        case "reboot":
            clock.reboot(1_000)
        case _:
            then = None
    now = clock.moment()
    assert recovered(then, now, window=10**9) == (Recovery.WAIT, SETTLE)
    assert recovered(then, now, waited=20.0) == (Recovery.WAIT, 30.0)
    assert recovered(then, now, waited=SETTLE) == (Recovery.READ_BACK, 0.0)


def test_the_longer_of_age_and_waiting_counts(clock):
    then = clock.moment()
    clock.advance(30_000)
    assert recovered(then, clock.moment(), window=None, waited=10.0) == (Recovery.WAIT, 20.0)
    assert recovered(then, clock.moment(), window=None, waited=45.0) == (Recovery.WAIT, 5.0)


def test_where_nothing_can_tell_it_is_held_once_it_can_no_longer_land(clock):
    """Never guess: an admin is asked, and what he sees then is how it ended."""
    then = clock.moment()
    assert recovered(then, clock.moment(), window=None, read_back="none") == (Recovery.WAIT, SETTLE)
    clock.advance(int(SETTLE * 1000))
    assert recovered(then, clock.moment(), window=None, read_back="none") == (Recovery.HOLD, 0.0)
    clock.advance(10**7)
    assert recovered(then, clock.moment(), read_back="none") == (Recovery.HOLD, 0.0)


@pytest.mark.parametrize("read_back", ["finds", "proof"])
def test_whatever_read_back_is_worth_it_is_looked_at(clock, read_back):
    then = clock.moment()
    clock.advance(10**7)
    assert recovered(then, clock.moment(), read_back=read_back)[0] is Recovery.READ_BACK


def found(*pairs):
    return [Found(MessageId(message), marker) for message, marker in pairs]


def test_a_find_of_either_reading_counts_once():
    """History may lag behind: what one reading missed the other may show."""
    assert matched("k", found(("m1", "k")), found(("m1", "k")), {}) == ["m1"]
    assert matched("k", found(), found(("m1", "k")), {}) == ["m1"]
    assert matched("k", found(("m1", "k")), found(), {}) == ["m1"]


def test_only_the_marker_is_recognised():
    assert matched("k", found(("m1", "other"), ("m2", "")), found(), {}) == []


def test_a_find_that_another_delivery_claimed_is_not_claimed_again():
    assert matched("k", found(("m1", "k"), ("m2", "k")), found(), {"m1": 4}) == ["m2"]


def test_two_finds_are_both_named():
    """The caller holds then: which of them is ours nobody knows."""
    assert matched("k", found(("m1", "k")), found(("m2", "k")), {}) == ["m1", "m2"]
