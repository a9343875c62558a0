"""A Matrix homeserver as people run it: Synapse on loopback, in a folder that outlives the process."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import random
import secrets
import shutil
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec

if TYPE_CHECKING:
    from tests.matrix.services import Service

PROGRAM = "synapse.app.homeserver"
"""The module that is Synapse."""

SERVER_NAME = "localhost"
PATIENCE = 60.0
"""Seconds within which Synapse has to answer after it was started; on an idle machine it takes 1.2."""

PORTS = range(20_000, 32_000)
"""Below those that systems give to whoever calls: a client that calls a server which is down could get the very port
that it calls, reach itself there, and keep the server from coming back."""

_PLENTY = {"per_second": 100_000, "burst_count": 100_000}
NO_LIMITS: dict[str, Any] = {
    "rc_message": _PLENTY,
    "rc_registration": _PLENTY,
    "rc_admin_redaction": _PLENTY,
    "rc_room_creation": _PLENTY,
    "rc_joins_per_room": _PLENTY,
    "rc_media_create": _PLENTY,
    "rc_login": {"address": _PLENTY, "account": _PLENTY, "failed_attempts": _PLENTY},
    "rc_joins": {"local": _PLENTY, "remote": _PLENTY},
    "rc_invites": {"per_room": _PLENTY, "per_user": _PLENTY, "per_issuer": _PLENTY},
}
"""Settings that lift what Synapse allows by default, such as one event in five seconds."""


class NotStarted(Exception):
    """Synapse ended or kept silent when it was started; holds the last that it said."""


class Login(msgspec.Struct, frozen=True):
    """An account on the homeserver, and one device of it."""

    user_id: str
    access_token: str
    device_id: str


class Homeserver:
    """Synapse in a folder. Whatever it knows stays there when it is stopped or killed, and so do its port and name.

    `limits` leaves the rate limits as Synapse has them by default; `settings` go before what stands here; `services`
    are application services that it knows.
    It dies with the thread that started it, where the system has setpriv.
    """

    def __init__(
        self,
        python: Path,
        folder: Path,
        *,
        port: int = 0,
        limits: bool = False,
        settings: Mapping[str, Any] | None = None,
        services: Sequence[Service] = (),
    ) -> None:
        self.folder = folder
        self.services = services
        self.port = port or free_port()
        self._python = python
        self._settings: dict[str, Any] = ({} if limits else NO_LIMITS) | dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0

    @property
    def address(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process that was started last."""
        assert self._process is not None, "the homeserver was not started"
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it listens; for whoever has no event loop yet. Raises NotStarted."""
        self.launch()
        while not self.listens():
            time.sleep(0.02)

    def launch(self) -> None:
        """Write its settings and start it; `listens` says from when on it can be asked."""
        assert not self.running, "the homeserver runs already"
        self._write_settings()
        command = [str(self._python), "-m", PROGRAM, "-c", str(self.folder / "homeserver.yaml")]
        if setpriv := shutil.which("setpriv"):
            command = [setpriv, "--pdeathsig", "TERM", *command]
        with (self.folder / "out").open("ab") as out:
            # In a session of its own: Ctrl-C is for whoever started it, who then stops it.
            self._process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        self._began = time.monotonic()

    def listens(self) -> bool:
        """Whether it can be asked by now; raises NotStarted if it never will."""
        if not self.running:
            raise NotStarted(f"Synapse ended while it started. It said: {self._last_words()}")
        if time.monotonic() - self._began > PATIENCE:
            self.kill()
            raise NotStarted(f"Synapse did not listen within {PATIENCE:.0f} s. It said: {self._last_words()}")
        return taken(self.port)

    def wait(self) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self._process is not None, "the homeserver was not started"
        return self._process.wait()

    def stop(self) -> None:
        """End it in order."""
        if self.running:
            assert self._process is not None
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it as a power cut does: it finishes nothing."""
        if self.running:
            assert self._process is not None
            self._process.kill()
            self._process.wait()

    async def register(self, name: str, password: str, *, admin: bool = False) -> Login | None:
        """Make an account, with a first device; None where the name is taken."""
        url = f"{self.address}/_synapse/admin/v1/register"
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as answer:
                nonce = (await answer.json())["nonce"]
            words = "\0".join([nonce, name, password, "admin" if admin else "notadmin"])
            proof = hmac.new(self._secret().encode(), words.encode(), hashlib.sha1).hexdigest()
            wish = {"nonce": nonce, "username": name, "password": password, "admin": admin, "mac": proof}
            async with session.post(url, json=wish) as answer:
                said = await answer.json()
        if answer.status == 200:
            return msgspec.convert(said, Login)
        assert said["errcode"] == "M_USER_IN_USE", said
        return None

    def _write_settings(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        signing = b64encode(os.urandom(32)).decode().rstrip("=")
        kept(self.folder / "signing.key", f"ed25519 a_one {signing}\n")
        (self.folder / "log.yaml").write_text('{"version": 1, "root": {"level": "WARNING"}}', "utf-8")
        secret = self._secret()
        listener = {
            "port": self.port,
            "type": "http",
            "bind_addresses": ["127.0.0.1"],
            "resources": [{"names": ["client"]}],
        }
        database = {"database": str(self.folder / "homeserver.db"), "cp_min": 1, "cp_max": 1}
        settings: dict[str, Any] = {
            "server_name": SERVER_NAME,
            "public_baseurl": f"{self.address}/",
            "listeners": [listener],
            "database": {"name": "sqlite3", "args": database},
            "pid_file": str(self.folder / "pid"),
            "log_config": str(self.folder / "log.yaml"),
            "media_store_path": str(self.folder / "media"),
            "signing_key_path": str(self.folder / "signing.key"),
            "registration_shared_secret": secret,
            "macaroon_secret_key": secret,
            "form_secret": secret,
            "report_stats": False,
            "presence": {"enabled": False},
            # It speaks to no other homeserver.
            "federation_domain_whitelist": [],
            "trusted_key_servers": [],
            # As cheap as they come: what is behind these passwords is thrown away, or on this machine only.
            "bcrypt_rounds": 4,
            # Else a second sync that asks the same within two minutes is answered with the first one's answer.
            "caches": {"sync_response_cache_duration": "0s"},
            "app_service_config_files": [str(one.file) for one in self.services],
        }
        # Its settings are YAML, and JSON is YAML.
        (self.folder / "homeserver.yaml").write_text(json.dumps(settings | self._settings), "utf-8")

    def _secret(self) -> str:
        return kept(self.folder / "secret", secrets.token_urlsafe(32))

    def _last_words(self) -> str:
        return (self.folder / "out").read_text("utf-8", "replace")[-2000:].strip() or "nothing"


def kept(file: Path, text: str) -> str:
    """What a file for its owner's eyes holds; it gets `text` if it is not there yet."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as made:
            made.write(text)
    except FileExistsError:
        return file.read_text("utf-8")
    return text


def taken(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that nobody listens on, and that no client gets."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as found:
            try:
                found.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
