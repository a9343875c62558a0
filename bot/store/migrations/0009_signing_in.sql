-- oldest program: 9
-- Signing in to the pages, and how two logins say that they are one person. Of what opens something, digests are kept.

-- What a one-time link opens: one of each kind for every login, the newest.
CREATE TABLE ticket (
  chat TEXT NOT NULL,
  user_id TEXT NOT NULL,
  opens TEXT NOT NULL CHECK (opens IN ('reader', 'data')),
  digest TEXT NOT NULL UNIQUE,
  community {int} NOT NULL REFERENCES community (id),  -- what is seen there
  until {int} NOT NULL,
  PRIMARY KEY (chat, user_id, opens)
){opt};

-- Browsers that are signed in.
CREATE TABLE session (
  id {pk},
  digest TEXT NOT NULL UNIQUE,
  chat TEXT NOT NULL,
  user_id TEXT NOT NULL,
  community {int} NOT NULL REFERENCES community (id),
  made_at {int} NOT NULL,
  until {int} NOT NULL
){strict};
CREATE INDEX session_of ON session (chat, user_id);

-- Codes that were shown to a login, to be typed with another one.
CREATE TABLE link_code (
  chat TEXT NOT NULL,
  user_id TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  channel TEXT NOT NULL,                            -- where it was asked for: what came of it is said there
  thread_ref TEXT NOT NULL DEFAULT '',
  until {int} NOT NULL,
  PRIMARY KEY (chat, user_id)
){opt};

-- Codes that a login typed and that were none.
CREATE TABLE mistyped (
  chat TEXT NOT NULL,
  user_id TEXT NOT NULL,
  times {int} NOT NULL,
  since {int} NOT NULL,
  PRIMARY KEY (chat, user_id)
){opt};

-- Words that hold what opens something are kept sealed until they are said.
ALTER TABLE whisper ADD COLUMN sealed {int} NOT NULL DEFAULT 0 CHECK (sealed IN (0, 1));

-- Replies whose author asked to be forgotten, while their words are needed on the way to the forum.
CREATE INDEX reply_of_nobody ON reply (id) WHERE identity_user = '' AND name <> 'somebody';
