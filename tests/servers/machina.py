"""A forum of django-machina, and what people do there, through its forms."""

from __future__ import annotations

import re
import subprocess
from html import unescape
from pathlib import Path

import aiohttp

SETTINGS = """
from machina import MACHINA_MAIN_STATIC_DIR, MACHINA_MAIN_TEMPLATE_DIR
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS += ["mptt", "haystack", "widget_tweaks", "machina"]
INSTALLED_APPS += ["machina.apps." + app for app in (
    "forum", "forum_conversation", "forum_conversation.forum_attachments", "forum_conversation.forum_polls",
    "forum_feeds", "forum_moderation", "forum_search", "forum_tracking", "forum_member", "forum_permission")]
MIDDLEWARE += ["machina.apps.forum_permission.middleware.ForumPermissionMiddleware"]
TEMPLATES[0]["DIRS"] = [MACHINA_MAIN_TEMPLATE_DIR, BASE_DIR / "templates"]
TEMPLATES[0]["OPTIONS"]["context_processors"] += ["machina.core.context_processors.metadata"]
STATICFILES_DIRS = [MACHINA_MAIN_STATIC_DIR]
_MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
CACHES = {"default": _MEMORY, "machina_attachments": _MEMORY}
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL, LOGIN_REDIRECT_URL = "/accounts/login/", "/forum/"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
MACHINA_DEFAULT_AUTHENTICATED_USER_FORUM_PERMISSIONS = [
    "can_see_forum", "can_read_forum", "can_start_new_topics", "can_reply_to_topics",
    "can_edit_own_posts", "can_delete_own_posts", "can_post_without_approval"]
"""

URLS = """
from django.contrib.auth.views import LoginView
from django.urls import include, path
urlpatterns = [path("accounts/login/", LoginView.as_view(template_name="login.html")),
               path("forum/", include("machina.urls"))]
"""

LOGIN = '<form method="post">{% csrf_token %}{{ form }}<input type="submit"></form>'

FURNISHING = """
from django.contrib.auth.models import User
from machina.apps.forum.models import Forum
from machina.apps.forum_permission.models import ForumPermission, UserForumPermission
forum = Forum.objects.create(name="Garden", type=Forum.FORUM_POST)
for code in ("can_see_forum", "can_read_forum"):
    UserForumPermission.objects.create(
        permission=ForumPermission.objects.get(codename=code), forum=forum, anonymous_user=True, has_perm=True)
for name in ("ann", "bo"):
    User.objects.create_user(name, password=name)
"""

_FIELD = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_NAME, _VALUE = re.compile(r'name="([^"]*)"'), re.compile(r'value="([^"]*)"')


def make_project(programs: Path, folder: Path) -> Path:
    """A site in a folder, with its database."""
    _run(folder, programs / "python", "-m", "django", "startproject", "mysite", ".")
    (folder / "templates").mkdir()
    (folder / "templates" / "login.html").write_text(LOGIN, "utf-8")
    with (folder / "mysite" / "settings.py").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS)
    (folder / "mysite" / "urls.py").write_text(URLS, "utf-8")
    _run(folder, programs / "python", "manage.py", "migrate", "-v", "0")
    _run(folder, programs / "python", "manage.py", "shell", "-c", FURNISHING)
    return folder


def _run(folder: Path, *command: str | Path) -> None:
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


class Machina:
    """The site at an address; people log in when they first act."""

    board = "/forum/forum/garden-1/"

    def __init__(self, address: str) -> None:
        self.address = address
        self._people: dict[str, aiohttp.ClientSession] = {}

    @property
    def feed(self) -> str:
        """The address of the feed of all topics."""
        return f"{self.address}/forum/feeds/topics/"

    async def start(self, author: str, title: str, text: str) -> str:
        """Somebody starts a topic; gives the path of its page."""
        form = {"subject": title, "content": text, "topic_type": "0"}
        return (await self._send(author, f"{self.board}topic/create/", form)).partition("?")[0]

    async def reply(self, author: str, topic: str, text: str) -> None:
        """Somebody answers a topic."""
        await self._send(author, f"{topic}post/create/", {"subject": "Re", "content": text})

    async def close(self) -> None:
        """Everybody leaves."""
        for session in self._people.values():
            await session.close()

    async def _send(self, author: str, path: str, form: dict[str, str]) -> str:
        """Fill in a form and send it; gives the path that it led to."""
        if author not in self._people:
            self._people[author] = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
            await self._send(author, "/accounts/login/", {"username": author, "password": author})
        session, url = self._people[author], self.address + path
        async with session.get(url) as answer:
            page = await answer.text()
            assert answer.status == 200, page[:500]
        hidden = {_NAME.findall(field)[0]: unescape("".join(_VALUE.findall(field))) for field in _FIELD.findall(page)}
        async with session.post(url, data=hidden | form, headers={"Referer": url}) as answer:
            page = await answer.text()
            assert answer.url.path != path, page[:2000]
            return answer.url.path
