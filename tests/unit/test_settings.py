"""Settings: what is right is typed, what is wrong is named with its line, all at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from bot.errors import SettingsError
from bot.mirroring import Layout, Options
from bot.model import ForumName
from bot.options import applied
from bot.registry import Registry
from bot.secret import Secret
from bot.settings import Settings, load, secret_fields
from bot.testing.context import context

ROOT = Path(__file__).parents[2]


class BoardSettings(msgspec.Struct, frozen=True):
    """As an adapter would have them."""

    address: str = "https://forum.example"
    min_interval: Annotated[float, msgspec.Meta(gt=0)] = 60.0
    boards: tuple[str, ...] = ()
    moderation: bool = False


class RoomSettings(msgspec.Struct, frozen=True):
    """With a secret, and a rule between two keys."""

    token: Secret
    user: str = "bot"
    admins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.user in self.admins:
            raise ValueError(f'"{self.user}" is the bot itself and cannot be an admin')


class PlainRoomSettings(msgspec.Struct, frozen=True):
    """Without any required key."""

    channels: tuple[str, ...] = ("lounge",)


KNOWN: dict[tuple[str, str], type[msgspec.Struct]] = {
    ("forum", "board"): BoardSettings,
    ("chat", "room"): RoomSettings,
    ("chat", "web"): PlainRoomSettings,
}


def adapters(kind: str, name: str) -> type[msgspec.Struct] | None:
    if name == "broken":
        raise SettingsError(f'the {kind} adapter "broken" cannot be imported')
    return KNOWN.get((kind, name))


def installed(kind: str) -> list[str]:
    return [name for of, name in KNOWN if of == kind]


Load = Callable[..., Settings]


@pytest.fixture
def read(tmp_path: Path) -> Load:
    """Loads a text as settings file, with an environment."""

    def reads(text: str = "", **environ: str) -> Settings:
        file = tmp_path / "t.toml"
        file.write_text(text, "utf-8")
        return load(file, environ, adapters, installed, brought=lambda: ["discourse"])

    return reads


@pytest.fixture
def wrong(read: Load, tmp_path: Path) -> Callable[..., list[str]]:
    """The mistakes of a text, without the folder's name."""

    def mistakes(text: str = "", **environ: str) -> list[str]:
        with pytest.raises(SettingsError) as caught:
            read(text, **environ)
        return str(caught.value).replace(f"{tmp_path}/", "").split("\n")

    return mistakes


Wrong = Callable[..., list[str]]


def test_without_a_file_everything_has_a_default() -> None:
    """The program has to start before anybody wrote settings."""
    settings = load(None, {}, adapters, installed)
    assert msgspec.structs.replace(settings, chats={}) == Settings()
    assert list(settings.chats) == ["web"]
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8080)
    assert settings.delivery.settle_seconds == 50


def test_every_table_is_read(read: Load) -> None:
    """One text with everything in it."""
    settings = read(
        """
        operators = ["web:Ada"]
        [web]
        host = "0.0.0.0"
        port = 0
        hosts = ["forum.example", "forum.example:8443", "[::1]"]
        [net]
        allow = ["forum.lan", "10.0.0.0/8"]
        contact = "admin@forum.example"
        [forums.b]
        adapter = "board"
        min_interval = 5
        [chats.web]
        adapter = "web"
        [[mirrors]]
        address = "https://forum.example/b/1"
        into = "web:lounge"
        layout = "cards"
        replies = "none"
        [[mirrors]]
        address = "https://forum.example/b/2"
        into = "web:den: the second"
        [community]
        notices = "web:notices"
        [delivery]
        settle_seconds = 10.5
        retention_days = 90
        [reading]
        days = 7
        """
    )
    assert settings.operators == ("web:Ada",)
    assert settings.web.hosts == ("forum.example", "forum.example:8443", "[::1]")
    assert settings.net.allow == ("forum.lan", "10.0.0.0/8")
    assert settings.forums["b"].adapter == "board"
    assert settings.forums["b"].values == BoardSettings(min_interval=5.0)
    assert settings.chats["web"].values == PlainRoomSettings()
    assert [(m.into, m.layout, m.replies) for m in settings.mirrors] == [
        ("web:lounge", Layout.CARDS, "none"),
        ("web:den: the second", Layout.THREADS, "all"),
    ]
    assert settings.community.notices == "web:notices"
    assert (settings.delivery.settle_seconds, settings.delivery.retention_days) == (10.5, 90)
    assert settings.reading.days == 7


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(wrong: Wrong) -> None:
    """Nobody wants to start the program once for each of them."""
    told = wrong('[web]\nprot = 1\nport = "http"\n\n[forums.b]\nadapter = "board"\nmoderation = 1\n', PORT="x")
    assert [line.split(" ")[0] for line in told] == ["environment:", "t.toml:2:", "t.toml:3:", "t.toml:7:"]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("[web]\nprot = 1", "t.toml:2: [web] prot: there is no such setting; did you mean port?"),
        ("[web]\nxyzzy = 1", "t.toml:2: [web] xyzzy: there is no such setting; there is: host, hosts, port, public"),
        ("[wbe]", "t.toml:1: wbe: there is no such table; did you mean web?"),
        ("\n[mirror]", "t.toml:2: mirror: there is no such table; did you mean mirrors?"),
        ("port = 80", "t.toml:1: port: belongs under [web]"),
        ("web = 1", "t.toml:1: web: expected a table: write [web] on a line of its own, its settings below"),
        ("[mirrors]", "t.toml:1: [[mirrors]]: write [[mirrors]] with two brackets, one such block for each"),
        ("mirrors = [1]", "t.toml:1: [[mirrors]]: write [[mirrors]] on a line of its own, and its settings below"),
        ("[web]\nport = 70000", "t.toml:2: [web] port: expected a whole number from 0 to 65535, not 70000"),
        ('[web]\nhost = ""', "t.toml:2: [web] host: must not be empty"),
        ("[web]\nhost = true", "t.toml:2: [web] host: expected text in quotes, not true"),
        ("[net]\ncontact = 2020-01-01", "t.toml:2: [net] contact: expected text in quotes, not a date or time"),
        (
            '[web]\nhosts = "a"',
            't.toml:2: [web] hosts: expected a list in square brackets, each entry text in quotes, not "a"',
        ),
        ('[web]\nhosts = ["a",\n 5]', "t.toml:2: [web] hosts: entry 2 is 5; expected text in quotes"),
        (
            '[web]\nhosts = [\n"a.example",\n"https://b.example"]',
            't.toml:4: [web] hosts: "https://b.example" is no host name; '
            'write it without scheme and path, like "forum.example.org"',
        ),
        (
            '[web]\npublic = "http://bot.example"',
            't.toml:2: [web] public: "http://bot.example" cannot be reached by others; '
            'write an address like "https://bot.example.org"',
        ),
        (
            '[net]\nallow = ["a b"]',
            't.toml:2: [net] allow: "a b" is neither a host ("forum.lan"), a host with a port ("forum.lan:8080") '
            'nor a network ("10.0.0.0/8")',
        ),
        (
            '[net]\ncontact = "a\\nb"',
            "t.toml:2: [net] contact: holds a line break or another character that cannot be sent",
        ),
        ("[delivery]\nsettle_seconds = -1", "t.toml:2: [delivery] settle_seconds: expected a number from 0 up, not -1"),
        (
            '[forums.b]\nadapter = "board"\nmin_interval = 0',
            "t.toml:3: [forums.b] min_interval: expected a number above 0, not 0",
        ),
        (
            '[forums.b]\nadapter = "board"\nmoderation = "yes"',
            't.toml:3: [forums.b] moderation: expected true or false, not "yes"',
        ),
        (
            '[forums.b]\nadapter = "board"\nmodertion = true',
            "t.toml:3: [forums.b] modertion: there is no such setting; did you mean moderation?",
        ),
        ("[forums]\nb = 1", "t.toml:2: [forums.b]: write [forums.NAME] on a line of its own, and its settings below"),
        (
            '[forums."a b"]',
            't.toml:1: [forums."a b"]: a name has up to 64 letters, digits, dots, _ and -, '
            "and begins with a letter or digit",
        ),
        (
            '[forums.a.example]\nadapter = "board"',
            't.toml:1: [forums.a]: a name with dots stands in quotes: [forums."a.example"]',
        ),
        ("[forums.x]", "t.toml:1: [forums.x]: adapter is missing; installed: board"),
        ("[forums.boards]", 't.toml:1: [forums.boards]: adapter is missing; write adapter = "board"'),
        (
            '[forums.x]\nadaptor = "board"',
            "t.toml:2: [forums.x] adaptor: there is no such setting; did you mean adapter?",
        ),
        ("[forums.x]\nadapter = 1", "t.toml:2: [forums.x] adapter: expected text in quotes"),
        (
            '[forums.x]\nadapter = "discourse"',
            't.toml:2: [forums.x] adapter: no forum adapter "discourse" is installed; '
            'pip install "threadline[discourse]" brings it',
        ),
        (
            '[forums.x]\nadapter = "bord"',
            't.toml:2: [forums.x] adapter: no forum adapter "bord" is installed; did you mean "board"?',
        ),
        (
            '[forums.x]\nadapter = "phorum"',
            't.toml:2: [forums.x] adapter: no forum adapter "phorum" is installed; installed: board; '
            "pip install the package that brings another",
        ),
        (
            '[forums.x]\nadapter = "web"',
            't.toml:2: [forums.x] adapter: no forum adapter "web" is installed; '
            "it is a chat adapter and belongs under [chats.NAME]",
        ),
        (
            '[chats.x]\nadapter = "broken"',
            't.toml:2: [chats.x] adapter: the chat adapter "broken" cannot be imported',
        ),
        ('[chats.x]\nadapter = "room"', "t.toml:1: [chats.x]: token is missing"),
        (
            '[chats.x]\nadapter = "room"\ntoken = "t0ken-abc"\nadmins = ["bot"]',
            't.toml:1: [chats.x]: "bot" is the bot itself and cannot be an admin',
        ),
        (
            '[[mirrors]]\naddress = "x"\ninto = "web:a"\n',
            't.toml:3: [[mirrors]] into: there is no chat "web" in the settings; add it with a table [chats.NAME]',
        ),
        (
            '[chats.web]\nadapter = "web"\n[[mirrors]]\naddress = "x"\ninto = "web:a"\ndelay = "soon"\n',
            "t.toml:6: [[mirrors]] delay: `soon` is no length of time; write 90s, 10m, 2h or 1d, and 0 for none",
        ),
        (
            '[chats.web]\nadapter = "web"\n[[mirrors]]\naddress = "x"\ninto = "web:a"\nwords = ["*"]\n',
            "t.toml:6: [[mirrors]] words: `*` in words would fit everything; write a word, such as `cat` or `cat*`",
        ),
        (
            '[chats.web]\nadapter = "web"\n[[mirrors]]\naddress = "x"\ninto = "web:a"\nfrom = ["level 0"]\n',
            "t.toml:6: [[mirrors]] from: `level 0` names no level; write `level 50` for those who have 50 or more",
        ),
        (
            '[chats.web]\nadapter = "web"\n[[mirrors]]\naddress = "x"\ninto = "wbe:a"\n',
            't.toml:5: [[mirrors]] into: there is no chat "wbe" in the settings; did you mean web?',
        ),
        (
            '[chats.web]\nadapter = "web"\n[[mirrors]]\naddress = "x"\ninto = "lounge"\n',
            't.toml:5: [[mirrors]] into: expected "chat:channel", not "lounge"',
        ),
        (
            '[chats.web]\nadapter = "web"\n[[mirrors]]\naddress = "x"\ninto = "web:a"\nlayout = "thread"',
            't.toml:6: [[mirrors]] layout: expected one of "threads", "cards", "stream", not "thread"; '
            'did you mean "threads"?',
        ),
        (
            '[chats.web]\nadapter = "web"\n[[mirrors]]\naddress = "x"\ninto = "web:a"\nreplies = "reply"',
            't.toml:6: [[mirrors]] replies: expected one of "all", "none", "replies", not "reply"; '
            'did you mean "replies"?',
        ),
        (
            '[chats.web]\nadapter = "web"\n[[mirrors]]\ninto = "web:a"\n',
            "t.toml:3: [[mirrors]]: address is missing",
        ),
        ('operators = ["Ada"]', 't.toml:1: operators: expected "chat:user", not "Ada"'),
        (
            '[community]\nnotices = "web:notices"',
            't.toml:2: [community] notices: there is no chat "web" in the settings; add it with a table [chats.NAME]',
        ),
        (
            '[community]\nlanguage = "eng"',
            't.toml:2: [community] language: there are no texts in "eng"; did you mean en?',
        ),
        (
            '[community]\nlanguage = "klingon"',
            't.toml:2: [community] language: there are no texts in "klingon"; there is: en',
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_to_do(wrong: Wrong, text: str, mistake: str) -> None:
    """Whoever reads it has the file open and wants to go there."""
    assert wrong(text) == [mistake]


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("[web\n", "t.toml:1: this is not TOML: "),
        ("[web]\nhost = localhost", "t.toml:2: this is not TOML: Invalid value in column 8; text stands in quotes"),
        ("[web]\n[net]\n[web]", "t.toml:3: this is not TOML: Cannot declare ('web',) twice"),
        ('a = "', "t.toml:1: this is not TOML: "),
        ("a = " + "[" * 5000, "t.toml:1: this is not TOML: "),
    ],
)
def test_a_text_that_is_no_toml_is_named_with_its_line(wrong: Wrong, text: str, begins: str) -> None:
    """A forgotten quote is the commonest mistake of all."""
    [line] = wrong(text)
    assert line.startswith(begins)


def test_a_block_that_is_wrong_does_not_shift_the_lines_of_the_next(wrong: Wrong) -> None:
    """The second mistake would point to a line that is right."""
    text = '[chats.web]\nadapter = "web"\n[[mirrors]]\n[[mirrors]]\naddress = "x"\ninto = "x:y"\n'
    assert [line.split(" ")[0] for line in wrong(text)] == ["t.toml:3:", "t.toml:3:", "t.toml:6:"]


def test_what_refers_to_a_chat_that_is_itself_wrong_is_not_told_besides(wrong: Wrong) -> None:
    """Mending the first would make the second go away."""
    [line] = wrong('[chats.web]\nadapter = "wbe"\n[[mirrors]]\naddress = "x"\ninto = "web:a"\n')
    assert "adapter" in line


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    """The path may be mistyped, or nobody wrote settings yet."""
    with pytest.raises(SettingsError, match="threadline setup"):
        load(tmp_path / "none.toml", {}, adapters, installed)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """An editor on another system may have saved it."""
    file = tmp_path / "t.toml"
    file.write_bytes(b"[web]\nhost = '\xff'")
    with pytest.raises(SettingsError, match="not written in UTF-8"):
        load(file, {}, adapters, installed)
    file.write_bytes(b"\xef\xbb\xbf[web]\nport = 1")
    assert load(file, {}, adapters, installed).web.port == 1


# --------------------------------------------------------------------------------------------------------- environment


def test_the_environment_goes_before_the_file(read: Load) -> None:
    """It is how containers are set up."""
    settings = read(
        '[web]\nport = 1\nhost = "127.0.0.2"\n',
        THREADLINE_WEB_PORT="2",
        THREADLINE_WEB_HOSTS="a.example, b.example:81",
        THREADLINE_NET_CONTACT="me",
        THREADLINE_DELIVERY_SETTLE_SECONDS="5",
    )
    assert (settings.web.port, settings.web.host) == (2, "127.0.0.2")
    assert settings.web.hosts == ("a.example", "b.example:81")
    assert settings.net.contact == "me"
    assert settings.delivery.settle_seconds == 5


def test_the_port_of_the_platform_goes_before_the_file_and_after_our_own(read: Load) -> None:
    """PORT is set by what starts the program; somebody who sets ours means it."""
    assert read("[web]\nport = 1", PORT="5000").web.port == 5000
    assert read("[web]\nport = 1", PORT="5000", THREADLINE_WEB_PORT="6000").web.port == 6000
    assert read("[web]\nport = 1", PORT="").web.port == 1


def test_an_adapter_s_keys_can_be_set_by_the_environment(read: Load) -> None:
    """A token is set apart from the file, whatever the table is called."""
    settings = read(
        '[chats.my-room]\nadapter = "room"\n[forums.b]\nadapter = "board"\nmoderation = false',
        THREADLINE_CHATS_MY_ROOM_TOKEN="the-token",
        THREADLINE_FORUMS_B_MODERATION="true",
        THREADLINE_FORUMS_B_BOARDS="a,b",
    )
    assert settings.chats["my-room"].values.token == Secret("the-token")
    assert settings.forums["b"].values.moderation is True
    assert settings.forums["b"].values.boards == ("a", "b")


@pytest.mark.parametrize(
    ("environ", "mistake"),
    [
        ({"PORT": "http"}, 'environment: PORT: expected a whole number from 0 to 65535, not "http"'),
        (
            {"THREADLINE_WEB_PROT": "1"},
            "environment: THREADLINE_WEB_PROT: there is no such setting; did you mean THREADLINE_WEB_PORT?",
        ),
        (
            {"THREADLINE_WEB_HOSTS": "https://x"},
            'environment: THREADLINE_WEB_HOSTS: "https://x" is no host name; '
            'write it without scheme and path, like "forum.example.org"',
        ),
        ({"THREADLINE_FORUMS_X_ADDRESS": "1"}, "environment: THREADLINE_FORUMS_X_ADDRESS: there is no such setting"),
    ],
)
def test_mistakes_of_the_environment_are_named_by_their_variable(
    wrong: Wrong, environ: dict[str, str], mistake: str
) -> None:
    """They stand in no file."""
    assert wrong("", **environ) == [mistake]


def test_variables_of_others_are_left_alone(read: Load) -> None:
    """The command line has variables of its own."""
    assert read("", THREADLINE_HOME="x", THREADLINE_FORUM="y", WEB_PORT="z").web.port == 8080


# -------------------------------------------------------------------------------------------------------------- forums


FORUMS = """
[forums.near]
adapter = "board"
address = "https://forum.example"

[forums.deep]
adapter = "board"
address = "http://forum.example/second/"

[forums.own]
adapter = "board"
address = "http://127.0.0.1:18090"

[forums.nowhere]
adapter = "board"
address = ""
"""


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://forum.example/t/1", "near"),
        ("http://FORUM.example:80/?t=1", "near"),
        ("forum.example", "near"),
        ("https://forum.example/second/t/1", "deep"),
        ("https://forum.example/secondary/t/1", "near"),
        ("http://127.0.0.1:18090/?com=forum&id=1002", "own"),
        ("http://127.0.0.1:18091/?com=forum&id=1002", None),
        ("https://forum.example.org/t/1", None),
        ("https://forum.example:8443/t/1", None),
        ("https://forum.example:port/t/1", None),
        ("ftp://forum.example/t/1", None),
        ("sandbox:b1", None),
        ("[", None),
        ("", None),
    ],
)
def test_an_address_belongs_to_the_forum_whose_own_address_begins_it(read: Load, address: str, name: str) -> None:
    """The engine's adapter knows the usual hosts alone; the operator said where this one stands."""
    assert read(FORUMS).forum_at(address) == name


# ------------------------------------------------------------------------------------------------------------- secrets


def test_a_secret_is_read_from_a_file(read: Load, tmp_path: Path) -> None:
    """Where credentials are handed over as files, they need not pass through the settings."""
    (tmp_path / "token").write_text("from-the-file\n")
    for text, environ in (
        ('[chats.x]\nadapter = "room"\ntoken_file = "token"', {}),
        ('[chats.x]\nadapter = "room"', {"THREADLINE_CHATS_X_TOKEN_FILE": str(tmp_path / "token")}),
    ):
        assert read(text, **environ).chats["x"].values.token.reveal() == "from-the-file"


def test_a_variable_goes_before_the_one_that_names_a_file(read: Load) -> None:
    """Options beat the environment, and the environment beats files: the same everywhere."""
    both = {"THREADLINE_CHATS_X_TOKEN": "the-token", "THREADLINE_CHATS_X_TOKEN_FILE": "/none"}
    assert read('[chats.x]\nadapter = "room"', **both).chats["x"].values.token.reveal() == "the-token"


@pytest.mark.parametrize(
    ("text", "environ", "part"),
    [
        (
            'token_file = "none"',
            {},
            "cannot be read (No such file or directory); it has to name a file that holds the secret",
        ),
        ('token_file = "empty"', {}, "is empty"),
        ('token = "canary-1234"\ntoken_file = "empty"', {}, "token is set too; leave one of them out"),
        ("token = 99999999", {}, "expected text in quotes, not a number"),
        ('tokn = "canary-1234"\ntoken = "x"', {}, "did you mean token?"),
        (
            "",
            {"THREADLINE_CHATS_X_TOKEN_FILE": "/none"},
            "environment: THREADLINE_CHATS_X_TOKEN_FILE: what it names cannot be read",
        ),
    ],
)
def test_mistakes_about_secrets_never_repeat_them(
    wrong: Wrong, tmp_path: Path, text: str, environ: dict[str, str], part: str
) -> None:
    """The message is shown, logged and pasted into questions."""
    (tmp_path / "empty").touch()
    told = wrong(f'[chats.x]\nadapter = "room"\n{text}', **environ)
    assert part in told[0]
    assert "canary-1234" not in "\n".join(told)
    assert "99999999" not in "\n".join(told)


def test_settings_that_are_shown_show_no_secret(read: Load) -> None:
    """They stand in tracebacks and in what `check` prints."""
    settings = read('[chats.x]\nadapter = "room"\ntoken = "canary-secret-1234"')
    assert "canary" not in repr(settings)
    assert "…1234" in repr(settings)


def test_the_fields_that_hold_secrets_are_known() -> None:
    """`setup` asks for them unechoed and keeps them sealed."""
    assert secret_fields(RoomSettings) == ["token"]
    assert secret_fields(BoardSettings) == []


# ----------------------------------------------------------------------------------------------- the files that we ship


@pytest.mark.parametrize("name", ["demo.toml", "threadline.example.toml"])
def test_the_settings_that_we_ship_are_right(name: str) -> None:
    """They are the first that anybody tries."""
    registry = Registry()
    settings = load(ROOT / "config" / name, {}, registry.settings, registry.installed)
    assert settings.mirrors
    assert settings.web == Settings().web


def test_the_example_shows_every_setting_with_its_default() -> None:
    """A setting that stands nowhere is found by nobody."""
    registry = Registry()
    text = (ROOT / "config" / "threadline.example.toml").read_text("utf-8")
    settings = load(ROOT / "config" / "threadline.example.toml", {}, registry.settings, registry.installed)
    shown: list[Any] = [
        *(settings.web, settings.net, settings.community),
        *(settings.delivery, settings.reading, settings.media),
    ]
    shown.append(settings.mirrors[0])
    shown += [one.values for one in (*settings.forums.values(), *settings.chats.values())]
    for struct in shown:
        for field in msgspec.structs.fields(type(struct)):
            assert f"\n{field.encode_name} = " in text, f"{type(struct).__name__}.{field.name} is not in the example"
            if not field.required and field.default is not None:
                assert getattr(struct, field.name) == field.default, f"{field.name} is not shown with its default"
    assert applied(settings.mirrors[0].given) == Options()


def test_what_stands_in_the_example_as_a_comment_is_right_too(tmp_path: Path) -> None:
    """Whoever takes the signs away has tables that work, with every setting of theirs, and the defaults that it has."""
    registry = Registry()
    lines = (ROOT / "config" / "threadline.example.toml").read_text("utf-8").splitlines()
    kept = [line.removeprefix("# ") for line in lines if re.match(r"# (\[\w+\.\w+\]|\w+ = )", line)]
    text = "\n".join(kept)
    secret = tmp_path / "path"
    secret.write_text("a-secret-that-fits", "utf-8")
    secret.chmod(0o600)
    file = tmp_path / "threadline.toml"
    file.write_text(text.replace('"/path"', f'"{secret}"'), "utf-8")
    settings = load(file, {}, registry.settings, registry.installed)
    assert set(settings.forums) == {"discourse", "nodebb", "flarum", "phpbb"}
    for name, one in settings.forums.items():
        table = text.partition(f"[forums.{name}]")[2].partition("\n[")[0]
        for field in msgspec.structs.fields(type(one.values)):
            shown = re.search(rf"^{field.encode_name}(_file)? = ", table, re.MULTILINE)
            assert shown or field.name == "user_api_key", f"{name}: {field.name} is not in the example"
            if isinstance(field.default, int | float) or field.name in ("impersonate", "timezone", "dates"):
                assert getattr(one.values, field.name) == field.default, f"{name}: {field.name}"
        opened = registry.forum(one.adapter).open(ForumName(name), one.values, context(tmp_path, name))
        assert opened.caps.write_identity == "shared", f"{name} can be written to"


def test_the_demo_keeps_the_sandbox_and_the_web_chat_together() -> None:
    """What the quickstart promises."""
    registry = Registry()
    settings = load(ROOT / "config" / "demo.toml", {}, registry.settings, registry.installed)
    assert [(mirror.address, mirror.into) for mirror in settings.mirrors] == [
        ("sandbox:b1", "web:workshop"),
        ("sandbox:b2", "web:lounge"),
    ]
    assert settings.community.notices == "web:notices"
