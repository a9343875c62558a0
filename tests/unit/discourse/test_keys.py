"""The key that a forum hands out is opened by whoever began, and by nobody else."""

import base64
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from adapters.forums.discourse import keys
from adapters.forums.discourse.keys import Waiting
from bot.errors import Refused


@pytest.fixture(scope="module")
def begun() -> tuple[Waiting, str]:
    return keys.waiting()


def answered(link: str, nonce: str = "", **more: object) -> str:
    asked = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    public = serialization.load_pem_public_key(asked["public_key"].encode())
    assert isinstance(public, rsa.RSAPublicKey)
    told = {"key": "k" * 32, "nonce": nonce or asked["nonce"], "push": False, "api": 4, **more}
    return base64.encodebytes(public.encrypt(msgspec.json.encode(told), padding.PKCS1v15())).decode()


def test_the_link_asks_for_what_is_needed_and_no_more(begun: tuple[Waiting, str]) -> None:
    link = keys.link("https://example.org/forum", *begun)
    assert link.startswith("https://example.org/forum/user-api-key/new?")
    asked = parse_qs(urlsplit(link).query)
    assert asked["scopes"] == ["read,write,message_bus,session_info"]
    assert "PRIVATE" not in link


def test_each_invitation_has_a_name_of_its_own() -> None:
    """Under an equal one the forum destroys the account's earlier key."""
    assert keys.waiting()[0].client != keys.waiting()[0].client


@pytest.mark.parametrize("paste", ["whole", "one line", "spaces", "address"])
def test_an_answer_is_taken_as_people_paste_it(begun: tuple[Waiting, str], paste: str) -> None:
    told = answered(keys.link("https://talk.example", *begun))
    text = {
        "whole": told,
        "one line": told.replace("\n", ""),
        "spaces": "  " + told.replace("\n", " \r\n ") + "\n",
        "address": f"https://here.example/done?payload={quote(told, safe='')}",
    }[paste]
    assert keys.granted(msgspec.json.encode(begun[0]).decode(), text) == "k" * 32


def test_an_answer_to_another_invitation_is_refused(begun: tuple[Waiting, str]) -> None:
    secret = msgspec.json.encode(begun[0]).decode()
    with pytest.raises(Refused, match="another invitation"):
        keys.granted(secret, answered(keys.link("https://talk.example", *begun), nonce="0" * 32))
    with pytest.raises(Refused):
        keys.granted(secret, answered(keys.link("https://talk.example", *keys.waiting())))


@pytest.mark.parametrize(
    "answer", ["", "hello", "%", "payload=", "%F0", "=" * 50, base64.b64encode(b"x" * 256).decode(), "💥"]
)
def test_what_is_no_answer_is_refused_in_words(begun: tuple[Waiting, str], answer: str) -> None:
    with pytest.raises(Refused, match="copy the whole text"):
        keys.granted(msgspec.json.encode(begun[0]).decode(), answer)


@pytest.mark.parametrize("secret", ["", "{}", '{"private": "x", "nonce": "n", "client": "c"}'])
def test_an_answer_without_an_invitation_is_refused(secret: str) -> None:
    with pytest.raises(Refused):
        keys.granted(secret, "answer")
