"""One device for ever: by it a transaction id is known, so it outlives tokens, restarts and passwords."""

import stat

from aiohttp import web

from adapters.chats.matrix.client import path
from adapters.chats.matrix.login import log_in, needs
from adapters.chats.matrix.session import FILE, WINDOW
from adapters.chats.matrix.settings import Settings
from bot.errors import LoginRejected
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
    assert stub.asked[-1][3]["device_id"] == "DEVICE"
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
