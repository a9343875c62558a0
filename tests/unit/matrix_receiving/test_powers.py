"""Who may what in a room, and what people are called."""

from __future__ import annotations

import pytest

from adapters.chats.matrix import powers
from adapters.chats.matrix.powers import Room, Successor

ANN, BEN, CY = "@ann:one.example", "@ben:one.example", "@cy:two.example"


def state(kind, content, key="", sender=ANN):
    return {"type": kind, "state_key": key, "sender": sender, "content": content}


def room(*events, version="10", **created):
    made = Room()
    made.apply(state("m.room.create", {"room_version": version} | created))
    for event in events:
        made.apply(event)
    return made


def levels(**content):
    return state("m.room.power_levels", content)


def test_who_may_change_what_the_room_is_may_say_what_is_mirrored_into_it():
    """50, unless the room says otherwise."""
    one = room(levels(users={ANN: 100, BEN: 50, CY: 49}))
    assert [one.admin(who) for who in (ANN, BEN, CY, "@dan:one.example")] == [True, True, False, False]


def test_a_room_may_ask_for_more_or_less():
    """Its own levels count, and so does what everybody has in it."""
    assert not room(levels(users={BEN: 50}, state_default=75)).admin(BEN)
    assert room(levels(users={}, users_default=50)).admin(CY)
    assert not room(levels(users={CY: 0}, users_default=50)).admin(CY)
    assert room(levels(users={}, state_default=0)).admin(CY)


@pytest.mark.parametrize(("version", "able"), [("1", False), ("11", False), ("12", True), ("13", True), ("x.y", False)])
def test_creators_of_the_newest_rooms_stand_above_all_levels(version, able):
    """They are not in the levels at all; in older rooms a creator is who the levels say."""
    one = room(levels(users={BEN: 100}), version=version, additional_creators=[CY, 7])
    assert [one.admin(ANN), one.admin(CY), one.admin(BEN)] == [able, able, True]


def test_without_levels_only_the_creator_rules():
    """So it is between the making of a room and its first levels."""
    assert [room().admin(who) for who in (ANN, BEN)] == [True, False]
    assert not Room().admin(ANN)


@pytest.mark.parametrize("nonsense", [None, "many", [], {"a": 1}, True, 99.5, "9" * 5000, "１０" * 3 + "x"])
def test_levels_that_are_no_numbers_give_no_power(nonsense):
    """Old rooms hold numbers in quotes, and strangers' servers hold anything."""
    assert not room(levels(users={BEN: nonsense})).admin(BEN)
    assert not room(levels(users=nonsense)).admin(BEN)
    assert not room(levels(users={BEN: 49}, state_default=nonsense)).admin(BEN)
    assert room(levels(users={BEN: "50"})).admin(BEN)


def test_levels_of_another_key_are_none():
    """Only one event holds the levels of a room."""
    assert not room(state("m.room.power_levels", {"users": {BEN: 100}}, key="x")).admin(BEN)


def test_people_are_called_as_they_wish_or_by_their_id():
    """On one line, with nothing in it that is not seen."""
    one = room(
        state("m.room.member", {"displayname": " Ann \u202e\n of  it "}, ANN),
        state("m.room.member", {"displayname": "\u200b"}, BEN),
        state("m.room.member", {"displayname": 7}, CY),
    )
    assert [one.name(who) for who in (ANN, BEN, CY)] == ["Ann of it", "ben", "cy"]
    one.apply(state("m.room.member", {"membership": "join"}, ANN))
    assert one.name(ANN) == "ann"
    assert one.name("@:one.example") == "@:one.example"


def test_names_are_bounded(monkeypatch):
    """A room of a hundred thousand costs no more than one of some thousand."""
    monkeypatch.setattr(powers, "MOST_NAMES", 2)
    one = room(*(state("m.room.member", {"displayname": f"N{n}"}, f"@n{n}:x") for n in range(3)))
    assert [one.name(f"@n{n}:x") for n in range(3)] == ["n0", "N1", "N2"]


def test_a_tombstone_names_the_heir_and_a_server_that_knows_it():
    """The room goes on there."""
    tombstone = state("m.room.tombstone", {"replacement_room": "!new:x"}, sender=CY)
    assert room(tombstone).successor == Successor("!new:x", "two.example", tombstone)
    for content in ({}, {"replacement_room": 7}, {"replacement_room": ""}, None):
        assert room(state("m.room.tombstone", content)).successor is None


def test_a_child_without_servers_is_none_any_more():
    """So it is taken out of a space."""
    via = {"via": ["x"]}
    one = room(state("m.space.child", via, "!a:x"), state("m.space.parent", via, "!s:x"), type="m.space")
    assert (one.space, one.children, one.parents) == (True, {"!a:x"}, {"!s:x"})
    one.apply(state("m.space.child", {}, "!a:x"))
    one.apply(state("m.space.parent", {}, "!s:x"))
    assert (one.children, one.parents) == (set(), set())


def test_a_mirror_may_ask_for_a_power_level():
    """Which somebody has by name, by default, or above all others; strangers' servers may claim any number."""
    one = room(levels(users={BEN: 50, CY: "75"}, users_default=5))
    assert [one.person(who).level for who in (ANN, BEN, CY)] == [5, 50, 75]
    assert room(levels(users={BEN: 10**30})).person(BEN).level == powers.HIGHEST
    assert [room().person(who).level for who in (ANN, BEN)] == [100, 0]
    assert room(levels(users={BEN: 100}), version="12").person(ANN).level == powers.HIGHEST
