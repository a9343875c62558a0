"""Commands, and the form in the menu of a message: heard once, answered in time and where they were given."""

from __future__ import annotations

import msgspec
import pytest

from adapters.chats.discord import buttons, interactions
from adapters.chats.discord.receiving import Receiving
from adapters.chats.discord.render import render
from bot.errors import OutcomeUnknown
from bot.model import (
    Card,
    CardKind,
    ChannelRef,
    Commanded,
    Deleted,
    MessageId,
    Offer,
    Said,
    Suggestion,
    ThreadRef,
    UserId,
    Where,
    answer_key,
)
from bot.testing.chat_talk import Ears, only, saying
from tests.discord import permissions
from tests.discord.faults import Fail, Hold, LoseAnswer
from tests.discord.hearing import Hearing, heard
from tests.discord.interactions import Use
from tests.discord.listener import until
from tests.discord.nouns import Channel, Message
from tests.discord.people import NotOffered, Person
from tests.discord.stand_in import StandIn

REPLY = "Reply on forum"


def post(stand_in: StandIn, channel: Channel) -> Message:
    """A post as the bot shows it."""
    return stand_in.talk.say(channel, stand_in.world.bot, {"embeds": [{"description": "a post", "color": 0x4F6D8F}]})


@pytest.fixture
def mod(stand_in, guild) -> Person:
    """Somebody who manages channels."""
    return stand_in.person("mod", guild, may=permissions.MANAGE_CHANNELS)


@pytest.fixture
def opened(hearing: Hearing) -> Receiving:
    return hearing.opened()


@pytest.fixture
async def ears(hearing: Hearing, opened: Receiving, talk: Channel, ann: Person) -> Ears:
    return await ready(await hearing.ears(receiving=opened), talk, ann)


async def ready(ears: Ears, talk: Channel, ann: Person) -> Ears:
    """The same ears; commands are offered from now on."""
    assert await heard(ears, ann, talk, "so far") == []
    return ears


async def command(ears: Ears) -> Commanded:
    """The command that is heard."""
    event = only(await ears.until(lambda event: isinstance(event, Commanded)))
    assert isinstance(event, Commanded)
    return event


async def answer(receiving: Receiving, given: Commanded, text: str, *offers: Offer) -> None:
    """The house answers a command."""
    await receiving.tell(given.where, given.person.id, text, answer_key(1, given.id), offers=offers)


def private(stand_in: StandIn, person: Person) -> list[str]:
    """What the bot has said to somebody in a talk of two."""
    world = stand_in.world
    return [one.content for one in person.sees(world.direct(person.user)) if one.author is world.bot]


# ------------------------------------------------------------------------------------------------------------- commands


async def test_a_command_is_promised_an_answer_and_gets_it(stand_in, opened, ears, guild, talk, mod):
    """Before the eyes of its giver alone, in the place where it was given."""
    use = mod.uses(talk, "mirror filter", mirror="3", words="cats, dogs")
    await use.answered()
    assert use.ephemeral
    given = await command(ears)
    assert (given.group, given.words) == ("mirror", ("filter", "--words", "cats, dogs", "3"))
    assert (given.where, given.community, given.person.name) == (Where(ChannelRef(talk.id)), guild.id, "Mod")
    assert given.person.admin
    await answer(opened, given, "It is **done**.")
    [said] = await use.said()
    assert said.content == "It is **done**."
    assert private(stand_in, mod) == []


async def test_a_command_is_answered_in_time_whatever_else_is_going_on(stand_in, ears, talk, ann):
    """Nobody listens just now, as while the database is slow: Discord waits for three seconds."""
    use = ann.uses(talk, "forum receipts")
    await until(lambda: use.answer is not None)
    assert (await command(ears)).words == ("receipts",)


async def test_admins_commands_are_not_offered_to_others(stand_in, ears, guild, talk, ann):
    """Unless the server's settings let them; then they count."""
    with pytest.raises(NotOffered):
        ann.uses(talk, "mirror status")
    stand_in.commands.allow(guild.id, "mirror", ann.id, True)
    ann.uses(talk, "mirror status")
    given = await command(ears)
    assert (given.words, given.person.admin) == (("status",), True)
    ann.uses(talk, "forum receipts", switch="on")
    given = await command(ears)
    assert (given.words, given.person.admin) == (("receipts", "on"), False)


async def test_a_command_in_a_thread_is_given_there(stand_in, ears, talk, mod):
    """`why` is asked about the post that stands above it."""
    thread = mod.opens_thread(post(stand_in, talk), "A thread")
    mod.uses(thread, "mirror status")
    assert (await command(ears)).where == Where(ChannelRef(talk.id), ThreadRef(thread.id))


async def test_a_long_answer_is_said_whole(stand_in, opened, ears, talk, mod):
    """In several messages, all of them private."""
    use = mod.uses(talk, "mirror list")
    words = [f"word{n}" for n in range(600)]
    await answer(opened, await command(ears), " ".join(words))
    said = await use.said(3)
    assert " ".join(one.content for one in said).split() == words
    assert {one.only_for for one in said} == {mod.id}


async def test_an_answer_is_given_by_a_program_that_was_started_anew(stand_in, hearing, opened, ears, talk, mod):
    """What it is given by is kept, for as long as Discord takes it."""
    use = mod.uses(talk, "mirror list")
    given = await command(ears)
    await ears.close()
    fresh = hearing.opened()
    await hearing.ears(ears.cursor, fresh)
    again = await hearing.ears(ears.cursor, fresh)
    await heard(again, mod, talk)
    await answer(fresh, given, "Three mirrors.")
    [said] = await use.said()
    assert said.content == "Three mirrors."


async def test_an_answer_that_comes_too_late_is_said_in_private(stand_in, hearing, opened, ears, talk, mod):
    """Discord takes it for a quarter of an hour."""
    mod.uses(talk, "mirror list")
    given = await command(ears)
    hearing.clock.advance(interactions.LASTS + 1)
    await answer(opened, given, "Three mirrors.")
    assert private(stand_in, mod) == ["Three mirrors."]


async def test_an_answer_that_discord_does_not_take_any_more_is_said_in_private(stand_in, opened, ears, talk, mod):
    """Its clock is another."""
    mod.uses(talk, "mirror list")
    given = await command(ears)
    stand_in.forward(1000)
    await answer(opened, given, "Three mirrors.")
    assert private(stand_in, mod) == ["Three mirrors."]


async def test_a_command_whose_promise_is_lost_is_carried_out_all_the_same(stand_in, opened, ears, talk, mod):
    """Its giver sees that it failed, and hears in private that it did not."""
    stand_in.faults.rule(Fail(502, done=False), "POST", "/callback")
    mod.uses(talk, "mirror list")
    given = await command(ears)
    await answer(opened, given, "Three mirrors.")
    assert private(stand_in, mod) == ["Three mirrors."]


@pytest.mark.parametrize("fault", [Fail(502), LoseAnswer()])
async def test_a_promise_of_which_nobody_heard_is_kept(stand_in, opened, ears, talk, mod, fault):
    """It was made, and its answer got lost."""
    stand_in.faults.rule(fault, "POST", "/callback")
    use = mod.uses(talk, "mirror list")
    await answer(opened, await command(ears), "Three mirrors.")
    [said] = await use.said()
    assert said.content == "Three mirrors."


async def test_what_answers_commands_is_for_its_owners_eyes(hearing, ears, talk, mod, tmp_path):
    """Whoever has it speaks for us, for a quarter of an hour."""
    mod.uses(talk, "mirror list")
    await command(ears)
    file = tmp_path / "discord" / interactions.FILE
    assert file.stat().st_mode & 0o777 == 0o600


async def test_who_types_a_command_is_shown_what_they_may_mean(stand_in, hearing, ears, guild, talk, mod):
    """At once, and as far as Discord has room for it."""
    hearing.suggestions = (Suggestion("3", "3. General → talk"), Suggestion("4", "x" * 200))
    use = await mod.completes(talk, "mirror filter", "mirror", "gen").answered()
    assert use.choices == [{"name": "3. General → talk", "value": "3"}, {"name": "x" * 100, "value": "4"}]
    [typing] = hearing.typed
    assert (typing.community, typing.group, typing.parameter, typing.typed) == (guild.id, "mirror", "mirror", "gen")
    assert (typing.person.id, typing.person.admin) == (mod.id, True)
    assert await heard(ears, mod, talk) == []


async def test_a_suggestion_that_discord_does_not_take_stops_nothing(stand_in, hearing, ears, talk, mod):
    """Who types fast is not interested any more."""
    stand_in.faults.rule(Fail(502, done=False), "POST", "/callback")
    mod.completes(talk, "mirror filter", "mirror", "gen")
    assert await heard(ears, mod, talk) == []


# -------------------------------------------------------------------------------------------------------------- buttons

RETRY = Offer("Retry 12", "mirror", ("retry", "12"))


async def test_what_an_answer_offers_can_be_pressed(stand_in, opened, ears, guild, talk, mod):
    """Below its last message, by whom it was given to; the press is answered as the command would be."""
    use = mod.uses(talk, "mirror held")
    await answer(opened, await command(ears), " ".join(f"word{n}" for n in range(400)), RETRY)
    first, last = await use.said(2)
    assert first.components == []
    pressed = mod.presses(last, "Retry 12")
    await pressed.answered()
    assert pressed.ephemeral
    given = await command(ears)
    assert (given.group, given.words, given.pressed) == ("mirror", ("retry", "12"), True)
    assert (given.where, given.community, given.person.admin) == (Where(ChannelRef(talk.id)), guild.id, True)
    await answer(opened, given, "It is sent again.")
    [said] = await pressed.said()
    assert (said.content, said.only_for) == ("It is sent again.", mod.id)


async def test_whoever_presses_gives_the_command(stand_in, ears, talk, ann, mod):
    """A message that everybody sees has buttons for everybody; who may what is seen when they are pressed."""
    stand_in.commands.allow(talk.guild, "mirror", ann.id, True)
    rows = {"content": "words", "components": buttons.of_offers([RETRY])}
    message = stand_in.talk.say(talk, stand_in.world.bot, rows)
    for person, admin in ((ann, False), (mod, True), (mod, True)):
        person.presses(message, "Retry 12")
        given = await command(ears)
        assert (given.person.id, given.person.admin) == (person.id, admin)


async def test_what_is_offered_in_a_talk_of_two_stands_in_words(stand_in, hearing, opened, ears, talk, mod):
    """In a talk of two nobody is an admin of anything."""
    mod.uses(talk, "mirror held")
    given = await command(ears)
    hearing.clock.advance(interactions.LASTS + 1)
    await answer(opened, given, "One is held.", RETRY)
    assert private(stand_in, mod) == ["One is held.\n\nRetry 12: `/mirror retry 12`"]


async def test_buttons_of_others_are_left_alone(stand_in, ears, talk, mod):
    """Another program of the same application may answer them."""
    row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Other", "custom_id": "other"}]}
    use = mod.presses(stand_in.talk.say(talk, stand_in.world.bot, {"content": "words", "components": [row]}), "Other")
    assert await heard(ears, mod, talk) == []
    assert use.answer is None


async def test_the_button_below_a_post_opens_the_form(stand_in, ears, talk, ann):
    """Whoever finds no menu finds this."""
    one = post(stand_in, talk)
    row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Reply", "custom_id": buttons.REPLY}]}
    stand_in.talk.change(one, {"components": [row]})
    use = await ann.presses(one, "Reply").answered()
    ann.submits(use, {"text": "my answer"})
    event = only(await ears.until(lambda event: isinstance(event, Said)))
    assert isinstance(event, Said)
    assert (event.text, event.reply_to, event.meant) == ("my answer", one.id, True)


# ------------------------------------------------------------------------------------------------- which ones there are


async def test_commands_are_registered_when_they_changed(stand_in, hearing, ears, talk, ann):
    """Discord counts how often that is done."""
    assert stand_in.commands.synced == [""]
    await ears.close()
    await (await ready(await hearing.ears(), talk, ann)).close()
    assert stand_in.commands.synced == [""]
    hearing.commands = hearing.commands[:5]
    await (await ready(await hearing.ears(), talk, ann)).close()
    assert stand_in.commands.synced == ["", ""]


async def test_commands_that_cannot_be_registered_keep_nobody_from_being_heard(stand_in, hearing, talk, ann):
    """The next start tries again."""
    stand_in.faults.rule(Fail(502, done=False), "PUT", "/commands")
    ears = await ready(await hearing.ears(), talk, ann)
    assert stand_in.commands.synced == []
    await ears.close()
    await ready(await hearing.ears(), talk, ann)
    assert stand_in.commands.synced == [""]


async def test_where_the_present_is_is_stored_before_commands_are_registered(stand_in, hearing):
    """That may take a while, and who dies meanwhile would not hear what was said."""
    held = stand_in.faults.rule(Hold(), "PUT", "/commands")
    ears = await hearing.ears()
    assert ears.cursor
    assert not held.met


# ------------------------------------------------------------------------------------------------------ the menu's form


async def written(ann: Person, message: Message, text: str) -> Use:
    """Somebody chooses the entry in the menu, and sends the form off."""
    use = await ann.uses_on(message, REPLY).answered()
    return ann.submits(use, {"text": text})


async def test_whoever_answers_in_the_form_has_their_roles_too(stand_in, ears, guild, talk, ann):
    """A mirror that lets some answer lets them do so this way, and nobody else."""
    one = post(stand_in, talk)
    stand_in.world.give_roles(guild, ann.user, [stand_in.world.new_role(guild, "Helpers").id])
    await written(ann, one, "my answer")
    event = only(await ears.until(lambda event: isinstance(event, Said)))
    assert isinstance(event, Said)
    assert event.person.roles == ("Helpers",)


async def test_an_answer_in_the_form_is_an_answer_to_the_post(stand_in, ears, talk, ann):
    """It stands where everybody sees it; that message is what its fate is shown on."""
    one = post(stand_in, talk)
    use = await written(ann, one, "my **answer**")
    event = only(await ears.until(lambda event: isinstance(event, Said)))
    assert isinstance(event, Said)
    assert (event.text, event.reply_to, event.person.id) == ("my **answer**", one.id, ann.id)
    assert event.where == Where(ChannelRef(talk.id))
    assert await heard(ears, ann, talk) == []
    [shown] = await use.said()
    assert (shown.id, shown.only_for) == (event.message, "")
    assert [(embed["author"]["name"], embed["description"]) for embed in shown.embeds] == [("Ann", "my **answer**")]
    assert stand_in.pinged == []


async def test_what_is_written_into_the_form_is_shown_when_it_is_certain(stand_in, ears, talk, ann):
    """What would not reach the forum must not look as if it had."""
    use = await written(ann, post(stand_in, talk), "my answer")
    await ears.until(lambda event: isinstance(event, Said))
    assert [one.embeds for one in use.messages] == [[]], "the batch is not stored yet"
    await heard(ears, ann, talk)
    [shown] = await use.said()
    assert shown.embeds


async def test_an_answer_in_the_form_can_be_taken_away(stand_in, guild, ears, talk, ann):
    """By a moderator: to Discord it is our message."""
    judge = stand_in.person("judge", guild, may=permissions.MANAGE_MESSAGES)
    use = await written(ann, post(stand_in, talk), "my answer")
    await heard(ears, ann, talk)
    await heard(ears, ann, talk, "and more")
    [shown] = await use.said()
    judge.deletes(shown)
    gone = only(await heard(ears, ann, talk, "the end"))
    assert isinstance(gone, Deleted)
    assert gone.message == shown.id


async def test_the_form_needs_no_content_intent(stand_in, hearing, talk, ann):
    """Discord shows us what is used of ours."""
    stand_in.take_content()
    hearing.content = False
    ears = await hearing.ears()
    ann.writes_to_bot("so far")
    await ears.until(saying("so far"))
    await written(ann, post(stand_in, talk), "my answer")
    event = only(await ears.until(lambda event: isinstance(event, Said)))
    assert isinstance(event, Said)
    assert event.text == "my answer"


async def test_other_messages_cannot_be_answered_on_the_forum(stand_in, ears, talk, ann):
    """It is said at once, to whoever tried."""
    bot = stand_in.world.bot
    for message in (
        ann.says(talk, "nothing of a forum"),
        stand_in.talk.say(talk, bot, {"content": "an answer"}),
        stand_in.talk.say(talk, bot, {"embeds": [msgspec.convert(render(Card(CardKind.NOTICE))[0]["embed"], dict)]}),
    ):
        use = await ann.uses_on(message, REPLY).answered()
        assert use.modal is None
        [said] = await use.said()
        assert "no post of a forum" in said.content
        assert use.ephemeral


# ----------------------------------------------------------------------------------------------------------- reasons


async def test_words_about_a_message_stand_below_it(stand_in, opened, ears, talk, ann):
    """They call whom they are for, and nobody else."""
    said = ann.says(talk, "my answer")
    await opened.tell(Where(ChannelRef(talk.id)), UserId(ann.id), "Nobody took it. @everyone", "k", MessageId(said.id))
    [below] = [one for one in ann.sees(talk) if one.author is stand_in.world.bot]
    assert (below.reference or {})["message_id"] == said.id
    assert "Nobody took it" in below.content
    [ping] = stand_in.pinged
    assert (ping.people, ping.everyone) == ([ann.id], False)


async def test_words_that_may_not_stand_there_are_said_in_private(stand_in, opened, ears, talk, ann):
    """With the first words of what they are about."""
    said = ann.says(talk, "my answer")
    stand_in.deny(talk, permissions.SEND_MESSAGES)
    await opened.tell(Where(ChannelRef(talk.id)), UserId(ann.id), "Nobody took it.", "k", MessageId(said.id))
    [text] = private(stand_in, ann)
    assert "my answer" in text
    assert "Nobody took it." in text


async def test_words_about_what_was_written_into_the_form_stand_below_it(stand_in, opened, ears, talk, ann):
    """It is our message and their words."""
    use = await written(ann, post(stand_in, talk), "my answer")
    await heard(ears, ann, talk)
    await heard(ears, ann, talk, "and more")
    [shown] = await use.said()
    await opened.tell(Where(ChannelRef(talk.id)), UserId(ann.id), "Nobody took it.", "k", MessageId(shown.id))
    assert [one.content for one in ann.sees(talk) if (one.reference or {}).get("message_id") == shown.id] == [
        "Nobody took it."
    ]


async def test_private_words_whose_answer_is_lost_are_said_once(stand_in, opened, ears, talk, ann):
    """Under the same key."""
    stand_in.faults.rule(LoseAnswer(), "POST", "/messages")
    for _ in range(2):
        try:
            await opened.tell(Where(ChannelRef(talk.id)), UserId(ann.id), "Some words.", "k")
        except OutcomeUnknown:
            continue
    assert private(stand_in, ann) == ["Some words."]
