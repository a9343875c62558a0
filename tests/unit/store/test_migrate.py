"""Migrations: one path to the schema, nothing half applied, and who may run on what."""

import re
import sqlite3
import string
from typing import Any

import pytest

from bot.errors import StoreStopped
from bot.store.migrate import Migration, check, migrate, parse, shipped
from bot.store.sqlite import WORDS

STEPS = shipped()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "threadline.db"


def rows(path, sql, *params):
    con = sqlite3.connect(path)
    try:
        return con.execute(sql, params).fetchall()
    finally:
        con.close()


def schema(path):
    """Everything that the database knows of its tables: statements, columns, indexes, references."""
    con = sqlite3.connect(path)
    try:
        made = con.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name"
        ).fetchall()
        tables = [name for kind, name, _, _ in made if kind == "table"]
        about = {
            table: [
                con.execute(f"SELECT * FROM {pragma}($1)", {"1": table}).fetchall()
                for pragma in ("pragma_table_xinfo", "pragma_index_list", "pragma_foreign_key_list")
            ]
            for table in tables
        }
        return made, about
    finally:
        con.close()


def step(number, sql, oldest=1, name="step"):
    return Migration(number, name, oldest, f"-- oldest program: {oldest}\n{sql}")


# -------------------------------------------------------------------------------------------------- what is shipped


def test_steps_are_numbered_from_one_without_a_gap():
    assert [known.number for known in STEPS] == list(range(1, len(STEPS) + 1))


@pytest.mark.parametrize("known", STEPS, ids=lambda known: known.name)
def test_a_step_says_in_its_first_line_which_programs_may_still_run(known):
    assert known.sql.startswith("-- oldest program: ")
    assert 1 <= known.oldest <= known.number


@pytest.mark.parametrize("known", STEPS, ids=lambda known: known.name)
def test_every_placeholder_of_a_step_is_known(known):
    named = {name for _, name, _, _ in string.Formatter().parse(known.sql) if name is not None}
    assert named <= set(WORDS)


@pytest.mark.parametrize("known", STEPS, ids=lambda known: known.name)
def test_a_step_leaves_its_transaction_to_the_runner(known):
    """A COMMIT inside would leave half a step behind after a crash."""
    words = re.sub(r"--.*", "", known.sql).upper()
    assert not re.search(r"\b(BEGIN|COMMIT|ROLLBACK|PRAGMA|VACUUM|ATTACH)\b", words)


def test_a_step_without_its_first_line_is_refused():
    with pytest.raises(ValueError, match="oldest program"):
        parse("0002_more.sql", "CREATE TABLE more (a INTEGER);")


# ---------------------------------------------------------------------------------------------------------- one path


@pytest.mark.parametrize("known", range(len(STEPS) + 1))
def test_a_migrated_database_equals_a_fresh_one(tmp_path, known):
    """However old a database is, its program finds the schema that it was tested on."""
    old, fresh = tmp_path / "old.db", tmp_path / "fresh.db"
    assert migrate(old, STEPS[:known]) == tuple(s.number for s in STEPS[:known])
    assert migrate(old, STEPS) == tuple(s.number for s in STEPS[known:])
    migrate(fresh, STEPS)
    assert schema(old) == schema(fresh)
    versions = "SELECT number, name, oldest, checksum FROM schema_version ORDER BY number"
    assert rows(old, versions) == rows(fresh, versions)
    assert rows(old, versions) == [(s.number, s.name, s.oldest, s.checksum) for s in STEPS]


def test_migrating_twice_applies_nothing(path):
    migrate(path, STEPS)
    before = schema(path)
    assert migrate(path, STEPS) == ()
    assert schema(path) == before


def test_a_migrated_database_is_whole(path):
    migrate(path, STEPS)
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows(path, "PRAGMA foreign_key_check") == []


def test_every_table_is_strict(path):
    """SQLite would store any text in a number's column; the other engine would not."""
    migrate(path, STEPS)
    found = rows(path, "PRAGMA table_list")  # the index of words is a table of another kind
    assert [row[1] for row in found if row[2] == "table" and not row[5] and not row[1].startswith("sqlite_")] == []


# -------------------------------------------------------------------------------------------------------- who may run


def test_a_step_that_was_changed_after_it_was_applied_is_refused(path):
    """Two databases with one number and two schemas could not be told apart any more."""
    migrate(path, [step(1, "CREATE TABLE a (b INTEGER) STRICT;")])
    with pytest.raises(StoreStopped, match=r"migration 1 \(step\).*another text"):
        migrate(path, [step(1, "CREATE TABLE a (b TEXT) STRICT;")])


def test_a_newer_database_is_refused_where_a_step_demands_a_newer_program(path):
    new = [step(1, "CREATE TABLE a (b INTEGER) STRICT;"), step(2, "DROP TABLE a;", oldest=2)]
    migrate(path, new)
    with pytest.raises(StoreStopped, match=r"migration 2 \(step\).*install the newer one"):
        migrate(path, new[:1])


def test_a_newer_database_serves_older_programs_that_its_steps_allow(path):
    """Going back one version must not need a backup where the schema only grew."""
    new = [step(1, "CREATE TABLE a (b INTEGER) STRICT;"), step(2, "CREATE TABLE c (d INTEGER) STRICT;", oldest=1)]
    migrate(path, new)
    before = schema(path)
    assert migrate(path, new[:1]) == ()
    assert schema(path) == before


def test_the_strictest_of_several_newer_steps_decides():
    ours = [step(1, ""), step(2, "")]
    present = {s.number: (s.name, s.oldest, s.checksum) for s in ours}
    check({**present, 3: ("allows", 2, "x"), 4: ("allows", 1, "x")}, ours)
    with pytest.raises(StoreStopped, match=r"migration 3 \(demands\)"):
        check({**present, 3: ("demands", 3, "x"), 4: ("allows", 1, "x")}, ours)


def test_a_refused_database_is_left_as_it_was(path):
    new = [step(1, "CREATE TABLE a (b INTEGER) STRICT;"), step(3, "DROP TABLE a;", oldest=3)]
    migrate(path, new)
    before = schema(path)
    with pytest.raises(StoreStopped):
        migrate(path, [*new[:1], step(2, "CREATE TABLE mine (a INTEGER) STRICT;")])
    assert schema(path) == before


# -------------------------------------------------------------------------------------------------------- what fails


@pytest.mark.parametrize(
    "broken",
    ["CREATE TABLE c (d INTEGER) STRICT; INSERT INTO nowhere VALUES (1);", "CREATE TABLE c (d INTEGER) STRICT; CREATE"],
)
def test_a_step_that_fails_leaves_nothing(path, broken):
    good = step(1, "CREATE TABLE a (b INTEGER) STRICT;")
    migrate(path, [good])
    before = schema(path)
    with pytest.raises(StoreStopped):
        migrate(path, [good, step(2, broken)])
    assert schema(path) == before
    assert rows(path, "SELECT number FROM schema_version") == [(1,)]
    assert migrate(path, [good, step(2, "CREATE TABLE c (d INTEGER) STRICT;")]) == (2,)


def test_the_steps_before_one_that_fails_stay(path):
    steps = [
        step(1, "CREATE TABLE a (b INTEGER) STRICT;"),
        step(2, "nonsense;"),
        step(3, "CREATE TABLE c (d INTEGER);"),
    ]
    with pytest.raises(StoreStopped):
        migrate(path, steps)
    assert rows(path, "SELECT number FROM schema_version") == [(1,)]


def test_a_file_that_is_no_database_is_refused_and_kept(path):
    path.write_bytes(b"my diary, dear to me" * 500)
    with pytest.raises(StoreStopped, match="not a database"):
        migrate(path, STEPS)
    assert path.read_bytes() == b"my diary, dear to me" * 500


# ------------------------------------------------------------------------------------- what the schema itself refuses


@pytest.fixture
def con(path):
    migrate(path, STEPS)
    con = sqlite3.connect(path, isolation_level=None)
    con.execute("PRAGMA foreign_keys=ON")
    con.execute("INSERT INTO queue (id, lane, chat) VALUES (1, 'chat:web', 'web')")
    yield con
    con.close()


LEGAL: dict[str, dict[str, Any]] = {
    "pending": {"state": "pending"},
    "sending": {"state": "sending", "claimed_at": 1},
    "sent": {"state": "sent", "claimed_at": 1, "settled_at": 2},
    "held": {"state": "held", "claimed_at": 1, "reason": "its answer was lost"},
    "refused": {"state": "refused", "reason": "too long", "settled_at": 2},
    "dropped": {"state": "dropped", "reason": "its mirror was removed", "settled_at": 2},
}


def deliver(con, **cells):
    row = {
        "queue": 1,
        "ord": 1,
        "subject": "post",
        "subject_id": 1,
        "act": "create",
        "revision": 1,
        "made_at": 0,
    } | cells
    con.execute(f"INSERT INTO delivery ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


@pytest.mark.parametrize("state", LEGAL)
def test_a_delivery_may_stand_in_every_state_of_the_plan(con, state):
    deliver(con, **LEGAL[state])


ILLEGAL = {
    "an unknown state": {"state": "lost"},
    "sending since nobody knows when": LEGAL["sending"] | {"claimed_at": None},
    "sent but not settled": LEGAL["sent"] | {"settled_at": None},
    "refused but not settled": LEGAL["refused"] | {"settled_at": None},
    "dropped but not settled": LEGAL["dropped"] | {"settled_at": None},
    "settled but pending": LEGAL["pending"] | {"settled_at": 2},
    "settled but sending": LEGAL["sending"] | {"settled_at": 2},
    "settled but held": LEGAL["held"] | {"settled_at": 2},
    "held without a reason": LEGAL["held"] | {"reason": ""},
    "dropped without a reason": LEGAL["dropped"] | {"reason": ""},
    "an unknown act": LEGAL["pending"] | {"act": "poke"},
    "an unknown subject": LEGAL["pending"] | {"subject": "person"},
    "an unknown result": LEGAL["pending"] | {"shows": "half"},
    "a truth value that is none": LEGAL["pending"] | {"backfill": 2},
    "a queue that is not there": LEGAL["pending"] | {"queue": 2},
    "a text for a number": LEGAL["pending"] | {"revision": "first"},
}


@pytest.mark.parametrize("cells", ILLEGAL.values(), ids=ILLEGAL)
def test_a_delivery_that_says_two_things_at_once_is_refused(con, cells):
    """The state machine is held by the database: no program, ours included, can store an impossible row."""
    with pytest.raises(sqlite3.IntegrityError):
        deliver(con, **cells)


@pytest.mark.parametrize("state", ["sent", "refused", "dropped"])
def test_a_settled_delivery_cannot_become_open_by_its_state_alone(con, state):
    deliver(con, **LEGAL[state])
    for other in ("pending", "sending", "held"):
        with pytest.raises(sqlite3.IntegrityError):
            con.execute("UPDATE delivery SET state=?", (other,))


def test_one_act_on_one_version_is_owed_once(con):
    """Law 3: unique on place, subject, act, revision and generation."""
    deliver(con, **LEGAL["sent"])
    with pytest.raises(sqlite3.IntegrityError):
        deliver(con, **LEGAL["pending"], ord=2)
    deliver(con, **LEGAL["pending"], ord=2, revision=2)
    deliver(con, **LEGAL["pending"], ord=3, generation=1)
    deliver(con, **LEGAL["pending"], ord=4, act="edit")
    deliver(con, **LEGAL["pending"], ord=5, subject_id=2)


def test_two_deliveries_never_share_a_turn(con):
    deliver(con, **LEGAL["pending"])
    with pytest.raises(sqlite3.IntegrityError):
        deliver(con, **LEGAL["pending"], subject_id=2)
