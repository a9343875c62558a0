"""The sandbox through its ports."""

import asyncio

import pytest

from adapters.forums.sandbox import SandboxForum, SandboxSettings, adapter
from bot.errors import Gone, Refused, Unparsable
from bot.model import (
    Accepted,
    BoardKey,
    BodyState,
    Bookmark,
    Draft,
    Judgement,
    ParentState,
    PostKey,
    PostState,
    Queued,
    TargetKind,
    ThreadKey,
)
from bot.ports import AcceptsPosts, ForumAdapter, KeepsBack, Probes, Pushes, Serves

B1 = BoardKey("b1")
NEVER = Bookmark()


async def started(forum) -> ThreadKey:
    return await forum.board.start_thread("b1", "Ada", "A thread", "The **OP**")


def draft(thread, text="text", title="", parent="", author="Brook via chat") -> Draft:
    return Draft(ThreadKey(thread), text, author, title, PostKey(parent))


def test_it_offers_what_it_says(forum):
    assert isinstance(forum, AcceptsPosts)
    assert isinstance(forum, KeepsBack)
    assert isinstance(forum, Pushes)
    assert isinstance(forum, Serves)
    as_adapter: ForumAdapter = adapter
    assert as_adapter.settings is SandboxSettings


async def test_a_page_shows_the_whole_thread(forum):
    thread = await started(forum)
    first = await forum.board.post(thread, "", "Brook", "Re: A thread", "one")
    title_only = await forum.board.post(thread, first, "Ada", "two (n/t)", "")
    page = await forum.thread(thread, NEVER)
    assert page.complete
    assert not page.more
    assert page.thread.title == "A thread"
    assert page.thread.board.path == ("Sandbox", "The Workshop")
    op, one, two = page.posts
    assert (op.op, op.number, op.parent.state, op.title) == (True, None, ParentState.NONE, "A thread")
    assert (op.body.text, op.body.format) == ("The **OP**", "markdown")
    assert (one.number, one.parent.state, one.version) == (1, ParentState.THREAD, "1")
    assert (two.key, two.parent.state, two.parent.key) == (title_only, ParentState.KNOWN, first)
    assert two.body.state is BodyState.EMPTY
    assert one.link == f"http://127.0.0.1:8080/forum/t/{thread}#{first}"


async def test_a_tombstone_stays_listed(forum):
    thread = await started(forum)
    post = await forum.board.post(thread, "", "Brook", "title", "one")
    await forum.board.delete(post)
    found = (await forum.thread(thread, NEVER)).posts[1]
    assert (found.state, found.body.state, found.title) == (PostState.DELETED, BodyState.EMPTY, "")


async def test_nothing_is_read_twice(forum):
    thread = await started(forum)
    page, listing = await forum.thread(thread, NEVER), await forum.listing(B1, NEVER)
    assert await forum.thread(thread, page.bookmark) is None
    assert await forum.listing(B1, listing.bookmark) is None


@pytest.mark.parametrize("act", ["post", "edit", "delete", "approve", "close"])
async def test_every_change_changes_token_and_bookmarks(forum, act):
    """A poller that trusts the token must miss nothing."""
    thread = await started(forum)
    post = await forum.board.post(thread, "", "Brook", "", "one")
    await forum.board.set_moderation(True)
    waits = await forum.board.post(thread, "", "Brook", "", "two")
    listing, page = await forum.listing(B1, NEVER), await forum.thread(thread, NEVER)
    board = forum.board
    await board.set_moderation(False)
    await {
        "post": lambda: board.post(thread, "", "Brook", "", "three"),
        "edit": lambda: board.edit(post, "", "another"),
        "delete": lambda: board.delete(post),
        "approve": lambda: board.approve(waits),
        "close": lambda: board.close_thread(thread),
    }[act]()
    after = await forum.listing(B1, listing.bookmark)
    assert after is not None
    assert after.threads[0].token != listing.threads[0].token
    assert await forum.thread(thread, page.bookmark) is not None


async def test_what_only_moderators_see_changes_no_page(forum):
    thread = await started(forum)
    listing, page = await forum.listing(B1, NEVER), await forum.thread(thread, NEVER)
    await forum.board.set_moderation(True)
    await forum.board.post(thread, "", "Brook", "", "waits")
    assert await forum.listing(B1, listing.bookmark) is None
    assert await forum.thread(thread, page.bookmark) is None


async def test_a_cursor_of_an_earlier_sandbox_is_not_taken_for_one_of_this(bench):
    """Somebody removed the journal: the same count must not look like "nothing new"."""
    forum = bench.open()
    thread = await started(forum)
    old = await forum.thread(thread, NEVER)
    await forum.close()
    (bench.folder / "journal.jsonl").unlink()
    new = bench.open()
    await started(new)
    assert await new.thread(thread, old.bookmark) is not None


async def test_the_board_lists_its_threads_newest_activity_first(forum):
    one, two = await started(forum), await started(forum)
    await forum.board.start_thread("b2", "Ada", "Elsewhere", "x")
    await forum.board.post(one, "", "Brook", "", "x")
    listing = await forum.listing(B1, NEVER)
    assert [(row.key, row.replies) for row in listing.threads] == [(one, 1), (two, 0)]
    assert listing.board.name == "The Workshop"


async def test_what_is_not_there_is_gone(forum):
    for ask in (
        forum.thread(ThreadKey("t9"), NEVER),
        forum.listing(BoardKey("b9"), NEVER),
        forum.written(ThreadKey("t9"), 0),
        forum.locate("sandbox:t9"),
        forum.locate("sandbox:b9"),
        forum.locate("http://localhost:8080/forum/t/b1"),
    ):
        with pytest.raises(Gone):
            await ask


async def test_submit_answers_an_equal_key_with_the_first_post(bench):
    forum = bench.open()
    thread = await started(forum)
    first = await forum.submit(draft(thread), "key")
    assert isinstance(first, Accepted)
    assert await forum.submit(draft(thread), "key") == first
    assert await bench.open().submit(draft(thread), "key") == first
    found = (await forum.thread(thread, NEVER)).posts[1]
    assert (found.key, found.marker, found.author.name) == (first.post, "key", "Brook via chat")
    assert found.link == first.link


async def test_a_reply_keeps_title_and_parent(forum):
    thread = await started(forum)
    above = await forum.submit(draft(thread), "1")
    await forum.submit(draft(thread, title="Re: A thread", parent=above.post), "2")
    found = (await forum.thread(thread, NEVER)).posts[2]
    assert (found.title, found.parent.key) == ("Re: A thread", above.post)


async def test_a_moderated_submit_is_queued_until_somebody_decides(forum):
    thread = await started(forum)
    await forum.board.set_moderation(True)
    queued = await forum.submit(draft(thread), "key")
    assert isinstance(queued, Queued)
    assert await forum.submit(draft(thread), "key") == queued
    assert len((await forum.thread(thread, NEVER)).posts) == 1
    (_, waiting) = await forum.written(thread, 0)
    assert (waiting.marker, waiting.queued) == ("key", True)
    await forum.board.approve(queued.ticket)
    (_, shown) = await forum.written(thread, 0)
    assert (shown.post, shown.marker, shown.queued) == (waiting.post, "key", False)
    assert await forum.submit(draft(thread), "key") == Accepted(
        shown.post, (await forum.thread(thread, NEVER)).posts[1].link
    )


async def test_a_rejected_submit_is_refused_from_then_on(forum):
    """Its author must be told, not left waiting."""
    thread = await started(forum)
    await forum.board.set_moderation(True)
    queued = await forum.submit(draft(thread), "key")
    await forum.board.reject(queued.ticket)
    with pytest.raises(Refused, match="moderator"):
        await forum.submit(draft(thread), "key")
    assert len(await forum.written(thread, 0)) == 1


async def test_revise_and_withdraw_may_be_repeated(forum):
    thread = await started(forum)
    post = (await forum.submit(draft(thread), "key")).post
    for _ in range(2):
        await forum.revise(post, draft(thread, "another", "title"), "key2")
    found = (await forum.thread(thread, NEVER)).posts[1]
    assert (found.body.text, found.title, found.version) == ("another", "title", "2")
    for _ in range(2):
        await forum.withdraw(thread, post, "key3")
    assert (await forum.thread(thread, NEVER)).posts[1].state is PostState.DELETED
    await forum.withdraw(thread, PostKey("p99"), "key4")
    with pytest.raises(Gone):
        await forum.revise(post, draft(thread), "key5")


async def test_posts_of_others_are_not_ours_to_change(forum):
    thread = await started(forum)
    post = await forum.board.post(thread, "", "Ada", "", "hers")
    with pytest.raises(Refused):
        await forum.revise(post, draft(thread), "key")
    with pytest.raises(Refused):
        await forum.withdraw(thread, post, "key")


async def test_read_back_sees_every_post_since_a_time(forum):
    thread = await started(forum)
    await forum.board.post(thread, "", "Ada", "", "by hand")
    second = await forum.submit(draft(thread, "by us"), "key")
    await forum.withdraw(thread, second.post, "k")
    everything = await forum.written(thread, 0)
    assert [(row.author, row.text, row.marker) for row in everything] == [
        ("Ada", "The **OP**", ""),
        ("Ada", "by hand", ""),
        ("Brook via chat", "", "key"),
    ]
    since = everything[2].created.earliest
    assert [row.post for row in await forum.written(thread, since)] == [second.post]
    assert await forum.written(thread, since + 1) == ()


async def test_a_form_key_is_no_marker(forum):
    """Nobody at a page may pass for the program."""
    thread = await started(forum)
    await forum.board.post(thread, "", "Ada", "", "x", key="form:1")
    assert (await forum.thread(thread, NEVER)).posts[1].marker == ""


async def test_a_hint_comes_with_every_change_that_readers_see(forum):
    thread = await started(forum)
    hints = forum.hints()
    await forum.board.post(thread, "", "Brook", "", "x")
    hint = await anext(hints)
    assert (hint.kind, hint.key) == (TargetKind.BOARD, "b1")
    await forum.board.set_moderation(True)
    await forum.board.post(thread, "", "Brook", "", "waits")
    waiting = asyncio.ensure_future(anext(hints))
    await forum.board.start_thread("b2", "Ada", "waits too", "x")
    await forum.board.set_moderation(False)
    await forum.board.start_thread("b2", "Ada", "t", "x")
    assert (await waiting).key == "b2"
    await forum.close()
    assert [hint async for hint in hints] == []


async def test_a_hint_comes_when_what_waited_will_never_be_shown(forum):
    """No reader can see that; its author is to hear of it at once."""
    thread = await started(forum)
    await forum.board.set_moderation(True)
    ticket = (await forum.submit(draft(thread), "k1")).ticket
    hints = forum.hints()
    await forum.board.reject(ticket)
    hint = await anext(hints)
    assert (hint.kind, hint.key) == (TargetKind.THREAD, thread)


async def test_a_judgement_tells_what_the_moderator_said(forum):
    thread = await started(forum)
    await forum.board.set_moderation(True)
    tickets = [(await forum.submit(draft(thread, f"text {n}"), f"k{n}")).ticket for n in range(4)]
    await forum.board.approve(tickets[0])
    await forum.board.reject(tickets[1], " Off\ntopic. ")
    await forum.board.delete(tickets[2])
    assert [(one.judgement, one.post, one.why) for one in await forum.judged(thread, tickets)] == [
        (Judgement.APPROVED, tickets[0], ""),
        (Judgement.REJECTED, "", "Off topic."),
        (Judgement.REJECTED, "", "It was taken back on the forum."),
        (Judgement.WAITS, "", ""),
    ]
    with pytest.raises(Refused, match="Off topic"):
        await forum.submit(draft(thread, "text 1"), "k1")


@pytest.mark.parametrize(
    ("address", "kind", "key"),
    [
        ("sandbox:", TargetKind.BOARD, "b1"),
        ("sandbox:b2", TargetKind.BOARD, "b2"),
        ("sandbox:t1", TargetKind.THREAD, "t1"),
        (" sandbox:t1 ", TargetKind.THREAD, "t1"),
        ("http://127.0.0.1:8080/forum/", TargetKind.BOARD, "b1"),
        ("http://127.0.0.1:8080/forum/t/t1#p1", TargetKind.THREAD, "t1"),
        ("http://127.0.0.1:8080/forum", TargetKind.BOARD, "b1"),
        ("http://localhost:8080/forum/b/b2?x=y", TargetKind.BOARD, "b2"),
        ("http://[::1]:8080/forum/t/t1", TargetKind.THREAD, "t1"),
        ("https://forum.example/forum/t/t1", TargetKind.THREAD, "t1"),
        ("http://127.0.0.1:8080/forum/p/p1", TargetKind.THREAD, "t1"),
    ],
)
async def test_addresses_of_its_pages_are_located(bench, address, kind, key):
    forum: SandboxForum = bench.open(opening=True, address="https://forum.example/")
    target = await forum.locate(address)
    assert (target.kind, target.key) == (kind, key)
    assert target.title


@pytest.mark.parametrize(
    "address",
    [
        "http://elsewhere.example/forum/t/t1",
        "http://127.0.0.1:8080/chat/",
        "http://localhost:port/forum/t/t1",
        "ftp://127.0.0.1/forum/t/t1",
        "x",
        "http://[",
    ],
)
async def test_other_addresses_are_not_its_own(forum, address):
    with pytest.raises(Unparsable, match="not an address of the sandbox"):
        await forum.locate(address)
    assert adapter.recognise(address) is None


@pytest.mark.parametrize("address", ["http://localhost:9/forum/b/b2", "https://127.0.0.1:8080/forum/t/t1"])
async def test_pages_of_another_server_on_this_machine_are_not_its_own(bench, address):
    """Whatever else runs here, a forum at /forum/ too, would be taken for the sandbox and mirror the wrong board."""
    with pytest.raises(Unparsable, match=r"not an address of the sandbox.*http://127\.0\.0\.1:8080/forum/"):
        await bench.open(opening=True).locate(address)


def test_it_recognises_its_own_addresses():
    """Addresses that only look like its own are worth less: where it is served is not known here."""
    named, page = adapter.recognise("sandbox:"), adapter.recognise("http://localhost:9000/forum/t/t1#p1")
    start = adapter.recognise("http://localhost:9000/forum/")
    assert named is not None
    assert page is not None
    assert start is not None
    assert named.certainty == 1
    assert (page.forum, page.settings) == ("sandbox", {})
    assert page.certainty == start.certainty < 0.5


async def test_it_says_what_it_holds_when_it_is_probed(bench):
    """`check` reads the journal: one that is damaged is found before the program runs."""
    forum = bench.open(opening=True)
    assert isinstance(forum, Probes)
    assert await forum.probe() == "boards: 2, threads: 3"


def test_it_has_no_saved_pages():
    with pytest.raises(Unparsable, match="address"):
        adapter.saved(b"<html>", "", SandboxSettings())


@pytest.mark.parametrize(
    "link", ["p3", " p3 ", "sandbox:p3", "http://127.0.0.1:8080/forum/t/t1#p3", "http://localhost:8080/forum/p/p3"]
)
def test_a_person_may_name_a_post_by_its_link_or_key(forum, link):
    assert forum.named(link) == "p3"


@pytest.mark.parametrize(
    "link",
    [
        "",
        "p",
        "p0",
        "p३",
        "sandbox:t1",
        "http://127.0.0.1:8080/forum/t/t1",
        "https://elsewhere.example/forum/t/t1#p3",
    ],
)
def test_a_link_that_names_no_post_is_gone(forum, link):
    with pytest.raises(Gone, match="names no post"):
        forum.named(link)


async def test_a_post_that_was_never_there_is_not_named(forum):
    await started(forum)
    assert forum.named("p1") == "p1"
    with pytest.raises(Gone, match="names no post"):
        forum.named("p2")


async def test_a_long_thread_lets_others_have_their_turn(forum):
    """Nobody may hold the event loop for longer than some milliseconds."""
    thread = await started(forum)
    await asyncio.gather(*(forum.board.post(thread, "", "A", "", "x") for _ in range(600)))
    reading = asyncio.create_task(forum.thread(thread, NEVER))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not reading.done()
    assert len((await reading).posts) == 601


async def test_a_link_begins_with_the_address_that_people_use(bench):
    forum = bench.open(address="https://forum.example/")
    thread = await started(forum)
    assert (await forum.thread(thread, NEVER)).thread.link == f"https://forum.example/forum/t/{thread}"
