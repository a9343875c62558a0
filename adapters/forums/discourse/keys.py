"""Pure: the keys with which a Discourse hands out access to an account, and what it hands out.

The forum encrypts the key that it makes for us with a public key that stands in the link, so that nobody who sees the
answer on its way can use it: the private half waits, sealed, for the person to bring it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from urllib.parse import parse_qs, unquote, urlencode

import msgspec

from bot.errors import Refused

SCOPES = "read,write,message_bus,session_info"
"""What is asked for: reading and writing as that person, word of changes, and who it is."""

LONGEST = 16 * 1024
"""Characters of an answer that are looked at."""

_NOT_CODED = re.compile(r"[^A-Za-z0-9+/=_-]")


class Waiting(msgspec.Struct, frozen=True):
    """What goes with an invitation until it is answered."""

    private: str
    nonce: str
    client: str


class Granted(msgspec.Struct, frozen=True):
    """What the forum hands out."""

    key: str
    nonce: str


def waiting() -> tuple[Waiting, str]:
    """New keys: what is kept, and the public half as it stands in the link. Takes some tenths of a second."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    # A name of its own for each: under the same one the forum would destroy the account's earlier key.
    return Waiting(pem.decode(), secrets.token_hex(16), f"threadline-{secrets.token_hex(8)}"), public.decode()


def link(root: str, kept: Waiting, public: str) -> str:
    """What the person opens."""
    fields = {
        "application_name": "Threadline",
        "client_id": kept.client,
        "scopes": SCOPES,
        "public_key": public,
        "nonce": kept.nonce,
    }
    return f"{root}/user-api-key/new?{urlencode(fields)}"


def granted(secret: str, answer: str) -> str:
    """The key in a person's answer; Refused where there is none that belongs to the invitation."""
    try:
        kept = msgspec.json.decode(secret, type=Waiting)
    except (msgspec.DecodeError, ValueError):
        raise Refused("This answer belongs to no invitation of ours: begin again.") from None
    told = _opened(kept.private, _coded(answer))
    try:
        found = msgspec.json.decode(told, type=Granted)
    except (msgspec.DecodeError, ValueError):
        raise Refused(
            "That is not what the forum answered: copy the whole text that it shows below its words, and send it as "
            "it is. It can be opened once, with the link that was given last."
        ) from None
    if not hmac.compare_digest(found.nonce.encode(), kept.nonce.encode()):
        raise Refused("This answer belongs to another invitation: open the link that was given last.")
    return found.key


def _coded(answer: str) -> bytes:
    """The encrypted bytes in what a person pasted: the text alone, or an address that holds it."""
    text = answer.strip()[:LONGEST]
    if "payload=" in text:
        text = parse_qs(text.partition("?")[2] or text, max_num_fields=32).get("payload", [""])[0].replace(" ", "+")
    elif "%" in text:
        text = unquote(text)
    text = _NOT_CODED.sub("", text).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _opened(private: str, coded: bytes) -> bytes:
    """What was encrypted; nothing where it was not meant for this key."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    try:
        key = serialization.load_pem_private_key(private.encode(), password=None)
    except (ValueError, TypeError):
        return b""
    if not isinstance(key, rsa.RSAPrivateKey):
        return b""
    for way in (padding.PKCS1v15(), padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)):
        try:
            told = key.decrypt(coded, way)
        except ValueError:
            continue
        if told[:1] == b"{":
            return told
    return b""
