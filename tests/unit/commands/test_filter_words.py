"""What `filter`, `delay`, `flood`, `list`, `held` and `status` say of a mirror's options and floods."""

import pytest

from bot.app import OPERATOR
from bot.offers import of_flood, to_held


async def test_a_mirror_is_made_with_options_and_tells_them(here):
    await here.did(
        "add",
        f"sandbox:{here.thread}",
        *("--into", "web:workshop", "--not-words", "spam, casino*", "--posts", "ops", "--delay", "10m"),
        *("--max-length", "2000"),
    )
    line = (await here.did("list")).text
    assert line.endswith("only OPs · not words: spam, casino* · delay 10m · at most 2000 characters")


async def test_a_wrong_option_is_told_before_anything_is_made(here):
    answer = await here.failed("add", f"sandbox:{here.thread}", "--into", "web:workshop", "--delay", "soon")
    assert answer.text == "`soon` is no length of time; write 90s, 10m, 2h or 1d, and 0 for none"
    assert (await here.did("list")).data["mirrors"] == []


async def test_an_equal_mirror_keeps_its_options_and_says_how_to_change_them(here):
    address = f"sandbox:{here.thread}"
    await here.did("add", address, "--into", "web:workshop", "--words", "a")
    answer = await here.did("add", address, "--into", "web:workshop", "--words", "b")
    assert answer.text.endswith("Its options stay as they were; `threadline filter MIRROR` changes them.")
    assert (await here.did("filter", "1")).text == "Mirror 1: words: a."


async def test_filters_are_shown_changed_and_emptied(mirrored):
    assert (await mirrored.did("filter", "1")).text == "Mirror 1: everything is shown."
    await mirrored.did("filter", "1", "--not-words", "spam", "--tags", "pets")
    assert (await mirrored.did("filter", "1", "--tags", "")).text == "Mirror 1: not words: spam."
    assert (await mirrored.did("filter", "1")).data["options"] == {"not_words": ("spam",)}


async def test_a_delay_is_set_and_taken_away(mirrored):
    assert (await mirrored.did("delay", "1", "10m")).text == "Mirror 1: new posts are shown after 10m."
    assert (await mirrored.did("delay", "1", "0")).text == "Mirror 1: new posts are shown at once."


@pytest.mark.parametrize("words", [("filter", "7"), ("delay", "7", "1m"), ("flood", "7", "all")])
async def test_a_mirror_that_is_not_there_says_where_to_look(here, words):
    assert (await here.failed(*words, caller=OPERATOR)).text == (
        "there is no mirror 7 here; `threadline mirrors` shows which there are"
    )
    assert (await here.failed(words[0], "x", *words[2:])).text.startswith("`x` is no mirror's number")


async def test_another_community_changes_nothing(mirrored):
    """Law 12."""
    other = await mirrored.community("elsewhere")
    assert "no mirror 1 here" in (await mirrored.failed("filter", "1", "--words", "x", caller=other)).text
    assert (await mirrored.did("filter", "1")).text == "Mirror 1: everything is shown."


async def test_a_delayed_post_is_told_of_until_it_is_shown(mirrored):
    await mirrored.did("delay", "1", "1h")
    post = await mirrored.board.post(mirrored.thread, "", "Bo", "", "words to come")
    await mirrored.settle()
    status = await mirrored.did("status")
    assert "web:workshop: 1 post waits until" in status.text
    assert "(delay of mirror 1)" in status.text
    assert "paused" not in status.text
    assert "it waits until" in await mirrored.why(post)
    mirrored.clock.advance(3600_000)
    await mirrored.settle()
    assert "stands in web:workshop" in await mirrored.why(post)
    assert (await mirrored.did("status")).data["delayed"] == []


async def test_a_flood_is_listed_until_it_is_settled(mirrored):
    await mirrored.settle()
    mirrored.clock.advance(15 * 60_000)
    for n in range(30):
        await mirrored.board.post(mirrored.thread, "", "Bo", "", f"words {n}")
    await mirrored.settle()
    what = "30 posts in 1 thread of Talk (mirror 1 into web:workshop)"
    for command in "held", "status":
        answer = await mirrored.did(command)
        assert what in answer.text
        assert [flood["posts"] for flood in answer.data["floods"]] == [30]
    assert (await mirrored.did("held")).offers == of_flood(1, "mirror 1")
    assert (await mirrored.did("status")).offers == (to_held(),)
    other = await mirrored.community("elsewhere")
    nothing = await mirrored.did("held", caller=other)
    assert (nothing.text, nothing.offers) == ("Nothing is held.", ())
    assert (await mirrored.did("flood", "1", "digest")).text == f"{what}: one message will list the threads."
    await mirrored.settle()
    assert (await mirrored.did("held")).text == "Nothing is held."
    again = await mirrored.did("flood", "1", "digest")
    assert again.text == "`digest` was chosen already; nothing was changed."
    stands = [repr(message) for message in (await mirrored.room.state()).messages.values()]
    assert sum("this came at once" in message for message in stands) == 1
    assert not any("words 7" in message for message in stands)
