-- oldest program: 6
-- What reading needs: what anybody has read stays read wherever a thread goes, and no move costs anything per reader.

-- Threads that left a home board for another one. A reader's marks take it into account when they are set the next time.
CREATE TABLE moved (
  id {int} PRIMARY KEY,                             -- counted under one row: who knows one knows all that are lower
  thread {int} NOT NULL REFERENCES thread (id),
  board {int} REFERENCES board (id),                -- which one it left; null: it was at home nowhere
  floor_seq {int} NOT NULL                          -- that one's, when it left
){strict};
CREATE INDEX moved_thread ON moved (thread);

CREATE TABLE moves (
  only_one {int} PRIMARY KEY CHECK (only_one = 1),
  last {int} NOT NULL
){strict};
INSERT INTO moves (only_one, last) VALUES (1, 0);

-- The last move that its marks take into account.
ALTER TABLE person ADD COLUMN moved {int} NOT NULL DEFAULT 0;

-- The boards at home in which threads stand that a board's list shows, but for itself.
CREATE TABLE home (
  board {int} NOT NULL REFERENCES board (id),       -- whose list it is
  home {int} NOT NULL REFERENCES board (id),
  PRIMARY KEY (board, home)
){opt};
INSERT INTO home (board, home) SELECT DISTINCT l.board, t.board FROM listing l JOIN thread t ON t.id=l.thread
  WHERE t.board <> l.board;

-- Without the board in its key, which changes. Nothing was ever written here before.
DROP TABLE thread_mark;
CREATE TABLE thread_mark (
  person {int} NOT NULL,
  thread {int} NOT NULL,
  seq {int} NOT NULL,
  n {int} NOT NULL,
  forced {int} NOT NULL DEFAULT 0 CHECK (forced IN (0, 1)),  -- "mark unread" beats the board mark
  PRIMARY KEY (person, thread)
){opt};
-- With both columns, or SQLite would rather go through all marks of a person.
CREATE INDEX thread_mark_forced ON thread_mark (person, forced) WHERE forced = 1;
