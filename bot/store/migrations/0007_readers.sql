-- oldest program: 7
-- Readers: where they were met, what they wish, what of a community they may see.

-- It shows what guests of the forum cannot read: that is seen in its own channel, and nowhere else.
ALTER TABLE mirror ADD COLUMN private {int} NOT NULL DEFAULT 0 CHECK (private IN (0, 1));
UPDATE mirror SET private=1 WHERE EXISTS
  (SELECT 1 FROM audit a WHERE a.what='mirror ' || mirror.id || ' shows what guests cannot read');

-- Where a chat login was met last in each community: private words are said beside that place.
CREATE TABLE member (
  chat TEXT NOT NULL,
  user_id TEXT NOT NULL,
  community {int} NOT NULL REFERENCES community (id),
  channel TEXT NOT NULL,
  thread_ref TEXT NOT NULL DEFAULT '',
  seen_at {int} NOT NULL,
  PRIMARY KEY (chat, user_id, community)
){opt};

-- What a person wishes, wherever they are; no row: everything as below.
CREATE TABLE reader (
  person {int} PRIMARY KEY REFERENCES person (id),
  stars {int} NOT NULL DEFAULT 5 CHECK (stars BETWEEN 0 AND 100),  -- how many of the newest posts are marked; 0: none
  zone TEXT NOT NULL DEFAULT 'UTC',                 -- of the time zone database
  quiet_from {int} CHECK (quiet_from BETWEEN 0 AND 1439),  -- minutes of the day between which nothing private is said
  quiet_to {int} CHECK (quiet_to BETWEEN 0 AND 1439),
  CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
){strict};

-- Threads that a person follows, or wants to hear nothing of.
CREATE TABLE follow (
  person {int} NOT NULL REFERENCES person (id),
  thread {int} NOT NULL REFERENCES thread (id),
  level TEXT NOT NULL CHECK (level IN ('follow', 'mute')),
  community {int} NOT NULL REFERENCES community (id),  -- where they said so
  told {int} NOT NULL DEFAULT 0,                    -- the seq up to which they were told of news
  due_at {int},                                     -- when they are told next; null: nothing is new
  PRIMARY KEY (person, thread)
){opt};
CREATE INDEX follow_thread ON follow (thread) WHERE level = 'follow';
CREATE INDEX follow_due ON follow (due_at) WHERE due_at IS NOT NULL;

-- How far something has come that goes over what arrived, by name.
CREATE TABLE progress (
  name TEXT PRIMARY KEY,
  value {int} NOT NULL
){opt};

-- Which seq a forum had reached at a time: what is older than readers look back is read for everybody.
CREATE TABLE tide (
  forum {int} NOT NULL REFERENCES forum (id),
  at {int} NOT NULL,
  seq {int} NOT NULL,
  PRIMARY KEY (forum, at)
){opt};
