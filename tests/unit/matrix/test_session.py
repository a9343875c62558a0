"""One device for ever: by it a transaction id is known, so it outlives tokens, restarts and passwords."""

import json
import stat

import pytest
from aiohttp import web

from adapters.chats.matrix.client import path
from adapters.chats.matrix.login import log_in, needs
from adapters.chats.matrix.service.registration import register
from adapters.chats.matrix.session import FILE, GHOST, WINDOW, Session
from adapters.chats.matrix.settings import Settings
from bot.errors import LoginRejected, OutcomeUnknown
from bot.ports import Secret
from tests.unit.matrix.conftest import US, caught, error, login

ASK = "GET", path("account", "whoami")


async def test_the_first_start_logs_in_and_keeps_the_login_for_its_owners_eyes(stub, opens, its_context):
    """A second login would be a second device, and a homeserver allows few of them a day."""
    stub.says("POST", "login", login("t1"))
    first = opens()
    assert (first.user, stub.asked) == ("", [])
    await first.call(*ASK)
    assert (first.user, first.device, first.server) == (US, "DEVICE", "example.org")
    kept = its_context.folder / FILE
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(its_context.folder.stat().st_mode) == 0o700
    second = opens()
    assert second.user == US
    await second.call(*ASK)
    assert stub.times("POST", "login") == 1
    assert [token for *_, token, _ in stub.asked[1:]] == ["t1", "t1"]


async def test_a_token_of_the_settings_is_asked_once_whose_it_is(stub, opens):
    """What is known of a token stays true; another token may be another device."""
    stub.says("GET", "whoami", web.json_response({"user_id": US, "device_id": "ONE"}))
    for _ in range(2):
        session = opens(token=Secret("given-token"))
        await session.begin()
        assert (session.user, session.device) == (US, "ONE")
    assert stub.times("GET", "whoami") == 1


async def test_a_token_that_ended_softly_is_replaced_on_the_same_device(stub, opens):
    """The homeserver keeps the device then, and with it what it knows of our keys."""
    stub.says("POST", "login", login("t1"), login("t2"))
    stub.says("GET", "whoami", error(401, "M_UNKNOWN_TOKEN", soft_logout=True), web.json_response({"user_id": US}))
    session = opens()
    assert await session.call(*ASK) == {"user_id": US}
    assert stub.asked[-2][3]["device_id"] == "DEVICE"
    assert session.window == WINDOW
    assert [token for _, where, token, _ in stub.asked if where == ASK[1]] == ["t1", "t2"]


async def test_a_login_that_somebody_ended_is_not_made_anew_by_itself(stub, opens):
    """Whoever ended it may have meant it; the admin is told, and decides."""
    stub.says("POST", "login", login("t1"), login("t2"))
    stub.says("GET", "whoami", error(401, "M_UNKNOWN_TOKEN", soft_logout=False), web.json_response({"user_id": US}))
    session = opens()
    told = await caught(LoginRejected, session.call(*ASK))
    assert "threadline matrix login" in str(told)
    await caught(LoginRejected, session.call(*ASK))
    assert (stub.times("POST", "login"), stub.times("GET", "whoami")) == (1, 1)


async def test_a_start_after_that_logs_in_as_the_same_device_whose_keys_count_no_more(stub, opens, clock):
    """With the device its homeserver forgot our keys: what is repeated under one of them may be shown twice."""
    stub.says("POST", "login", login("t1"), login("t2"))
    stub.says("GET", "whoami", error(401, "M_UNKNOWN_TOKEN"), web.json_response({"user_id": US}))
    await caught(LoginRejected, opens().call(*ASK))
    session = opens()
    await session.call(*ASK)
    assert stub.asked[-2][3]["device_id"] == "DEVICE"
    assert session.window is None
    assert opens().window is None
    clock.advance(int(WINDOW * 1000) + 1)
    assert opens().window == WINDOW


async def test_keys_of_another_device_count_no_more(stub, opens):
    """The token was exchanged for one of another device while something was on its way."""
    stub.says("GET", "whoami", web.json_response({"user_id": US, "device_id": "ONE"}))
    session = opens(token=Secret("first-token"))
    await session.begin()
    assert session.window == WINDOW
    stub.says("GET", "whoami", web.json_response({"user_id": US, "device_id": "TWO"}))
    session = opens(token=Secret("second-token"))
    await session.begin()
    assert (session.device, session.window) == ("TWO", None)


async def test_a_new_token_of_the_same_device_changes_nothing(stub, opens):
    """Keys are the device's, not the token's."""
    stub.says("GET", "whoami", web.json_response({"user_id": US, "device_id": "ONE"}))
    for token in ("first-token", "second-token"):
        session = opens(token=Secret(token))
        await session.begin()
        assert session.window == WINDOW


async def test_a_wrong_password_is_a_rejected_login(stub, opens):
    """It is told in words, without the password."""
    stub.says("POST", "login", error(403, "M_FORBIDDEN"))
    told = await caught(LoginRejected, opens().call(*ASK))
    assert "password" in str(told)
    assert "letmein" not in str(told)


async def test_a_file_that_cannot_be_read_costs_a_login_and_no_more(stub, opens, its_context):
    """Half a disk, an older program: the login is made anew."""
    its_context.folder.mkdir()
    (its_context.folder / FILE).write_text("{", "utf-8")
    stub.says("POST", "login", login("t1"))
    session = opens()
    await session.begin()
    assert session.user == US


async def test_without_token_and_password_the_login_is_made_by_hand(stub, opens, its_context):
    """No password has to stand anywhere; until then it is said what to do."""
    told = await caught(LoginRejected, opens(user=US).begin())
    assert "threadline matrix login" in str(told)
    stub.says("POST", "login", login("t1"))
    said = await log_in(Settings(homeserver=stub.address, user=US, password=Secret("letmein")), its_context)
    assert US in said
    assert "letmein" not in said
    session = opens(user=US)
    await session.call(*ASK)
    assert (session.device, stub.times("POST", "login")) == ("DEVICE", 1)


async def test_a_login_by_hand_goes_on_with_the_device_and_its_keys(stub, opens, its_context):
    """As long as the old token was good, the homeserver knows what we sent."""
    stub.says("POST", "login", login("t1"), login("t2"))
    stub.says("GET", "whoami", web.json_response({"user_id": US}))
    settings = Settings(homeserver=stub.address, user=US, password=Secret("letmein"))
    for _ in range(2):
        await log_in(settings, its_context)
    [_, wish] = [body for _, where, _, body in stub.asked if where.endswith("/login")]
    assert wish["device_id"] == "DEVICE"
    assert opens(user=US).window == WINDOW
    stub.says("GET", "whoami", error(401, "M_UNKNOWN_TOKEN"))
    await log_in(settings, its_context)
    assert opens(user=US).window is None


async def test_a_token_of_the_settings_is_only_tried(stub, its_context):
    """It is a login already; asking for a password would make another device."""
    stub.says("GET", "whoami", web.json_response({"user_id": US, "device_id": "ONE"}))
    settings = Settings(homeserver=stub.address, token=Secret("given-token"))
    assert needs(settings) == ()
    assert "ONE" in await log_in(settings, its_context)
    assert stub.times("POST", "login") == 0


# ------------------------------------------------------------------------------------------------- application services


@pytest.fixture
async def service(stub, its_context):
    """A session as an application service at the stub, as a start of the program makes it."""
    settings = Settings(homeserver=stub.address, user=US, appservice=True)
    await register(settings, its_context)
    opened = []

    def open_():
        opened.append(Session(settings, its_context))
        return opened[-1]

    yield open_
    for one in opened:
        await one.close()


async def test_a_service_makes_one_device_and_names_it_at_every_call(stub, service, its_context):
    """Without it, a homeserver forgets at its next start what was sent."""
    first = service()
    assert (first.user, first.window) == ("", WINDOW)
    await first.call(*ASK)
    second = service()
    assert (second.user, second.device) == (US, first.device)
    await second.call(*ASK, query=second.speaking("@forum_zoe:example.org"))
    assert stub.times("POST", "register") == 1
    assert [query for _, where, query in stub.queries if where == ASK[1]] == [
        {"user_id": US, "device_id": first.device},
        {"user_id": "@forum_zoe:example.org", "device_id": GHOST},
    ]
    token = json.loads((its_context.folder / "registration.yaml").read_text())["as_token"]
    assert {told for *_, told, _ in stub.asked} == {token}
    assert token not in (its_context.folder / FILE).read_text()


async def test_an_account_that_was_there_before_is_the_services_own(stub, service):
    """Whoever changes from a login by password keeps the account, and the rooms that it is in."""
    stub.says("POST", "register", error(400, "M_USER_IN_USE"))
    session = service()
    await session.call(*ASK)
    assert session.user == US


async def test_a_homeserver_that_does_not_know_the_registration_is_told_apart(stub, service):
    """Its admin has to be asked; trying on helps nobody."""
    stub.says("POST", "register", error(401, "M_UNKNOWN_TOKEN"))
    told = await caught(LoginRejected, service().call(*ASK))
    assert "threadline matrix registration" in str(told)


async def test_a_device_that_the_homeserver_forgot_is_made_again_and_its_keys_count_no_more(stub, service, clock):
    """Whatever was asked for is in doubt then, for it may be a repetition."""
    session = service()
    await session.begin()
    stub.says("GET", "whoami", error(400, "M_UNKNOWN_DEVICE"), web.json_response({"user_id": US}))
    await caught(OutcomeUnknown, session.call(*ASK))
    assert [session.window, service().window] == [None, None]
    assert await session.call(*ASK) == {"user_id": US}
    assert stub.times("PUT", session.device) == 2
    clock.advance(int(WINDOW * 1000) + 1)
    assert session.window == WINDOW


async def test_ours_are_the_accounts_that_nobody_else_can_have(service):
    """Also before anything was asked."""
    session = service()
    ours = [US, "@forum_zoe:example.org"]
    others = ["@forum_zoe:else.where", "@ann:example.org", "@Forum_zoe:example.org", "", "forum_zoe:example.org"]
    assert [user for user in (*ours, *others) if session.is_ours(user)] == ours
