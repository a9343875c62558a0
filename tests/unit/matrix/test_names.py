"""What people and links call rooms and messages."""

import pytest

from adapters.chats.matrix import names
from bot.errors import Gone, Refused

EVENT = "$" + "aB3-_" * 8 + "xyz"
ROOM = "!AbC:example.org"


@pytest.mark.parametrize(
    ("said", "sought"),
    [
        (ROOM, (ROOM,)),
        ("!" + "a" * 43, ("!" + "a" * 43,)),
        ("#books:else.where", ("#books:else.where",)),
        ("books:else.where:8448", ("#books:else.where:8448",)),
        ("books", ("#books:example.org",)),
        ("#books", ("#books:example.org",)),
        ("  New Books ", ("#New-Books:example.org", "#new-books:example.org")),
        ("über:uns/hier", ("#über-uns-hier:example.org",)),
        ("https://matrix.to/#/%23books:else.where", ("#books:else.where",)),
        (f"https://matrix.to/#/{ROOM}?via=example.org", (ROOM,)),
        ("matrix:r/books:else.where", ("#books:else.where",)),
        ("matrix:roomid/AbC:example.org?action=join", (ROOM,)),
    ],
)
def test_a_name_leads_to_the_room_that_a_person_means(said, sought):
    """People type what they see, or paste what they copied; what is made is found by the same name."""
    assert names.sought(said, "example.org") == sought


@pytest.mark.parametrize("said", ["", "   ", "#", "###", "x" * 300, "\ud800", "💥" * 200])
def test_what_can_be_no_room_is_refused(said):
    """The answer says what to type instead."""
    with pytest.raises(Refused, match="letters"):
        names.sought(said, "example.org")


@pytest.mark.parametrize(
    ("alias", "called"), [("#books:example.org", "books"), ("#books:else.where", "books:else.where")]
)
def test_a_room_is_called_as_it_is_found(alias, called):
    """Whoever types what a list of mirrors shows means that room."""
    assert names.spoken(alias, "example.org") == called
    assert names.sought(called, "example.org") == (alias,)


@pytest.mark.parametrize(
    "link",
    [
        EVENT,
        f" {EVENT} ",
        f"https://matrix.to/#/{ROOM}/{EVENT}?via=example.org&via=else.where",
        f"https://matrix.to/#/%21AbC%3Aexample.org/%24{EVENT[1:]}",
        f"matrix:roomid/AbC:example.org/e/{EVENT[1:]}?via=example.org",
        f"matrix:r/books:example.org/event/{EVENT[1:]}",
    ],
)
def test_a_message_is_named_by_its_id_and_by_every_form_of_link(link):
    """Clients differ in what they copy."""
    assert names.event_named(link) == EVENT


@pytest.mark.parametrize(
    "link", ["", "$", "https://elsewhere.example/1", f"https://matrix.to/#/{ROOM}", "\ud800", ROOM]
)
def test_what_names_no_message_is_gone(link):
    """A delivery must not be settled with something else."""
    with pytest.raises(Gone):
        names.event_named(link)


def test_events_of_the_first_rooms_are_known_too():
    """Their ids name a server."""
    assert names.is_event("$1234abc:example.org")


@pytest.mark.parametrize(
    "junk", ["", "no such room", "../../etc", "!", "!a/b:c", "!a%2f:c", "!a:", "!" + "a" * 300, "!\ud800"]
)
def test_an_id_that_is_none_never_reaches_an_address(junk):
    """Ids come from a database that may be another chat's."""
    with pytest.raises(Gone):
        names.room_of(junk)


@pytest.mark.parametrize(
    ("pattern", "person", "fit"),
    [
        ("@irc_*:example.org", "@irc_ann:example.org", True),
        ("@irc_*:example.org", "@ann:example.org", False),
        ("@irc_*:example.org", "@irc_ann:example.org.else", False),
        ("@*:bridge.example", "@anybody:bridge.example", True),
        ("@bot:example.org", "@bot:example.org", True),
        ("@bot:example.org", "@bot:exampleXorg", False),
    ],
)
def test_programs_are_named_by_ids_with_stars(pattern, person, fit):
    """A bridge makes a ghost for everybody who speaks on its other side."""
    assert names.fits((pattern,), person) is fit
    assert not names.fits((), person)
