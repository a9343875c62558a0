-- oldest program: 5
-- What the engines of forums tell besides: what befell a thread, and how many replies they count.

-- 1: what befell the thread (renamed, closed, moved), told among its posts; it is no reply.
ALTER TABLE post ADD COLUMN event {int} NOT NULL DEFAULT 0 CHECK (event IN (0, 1));

-- What its own page last called it; a list may shorten that.
ALTER TABLE thread ADD COLUMN titled TEXT NOT NULL DEFAULT '';

-- When what the forum counts was last held against what is known here.
ALTER TABLE source ADD COLUMN counted_at {int};

-- Threads in which the forum counts more replies than are known here; they were read again because of it.
CREATE TABLE miscount (
  thread {int} PRIMARY KEY REFERENCES thread (id),
  since {int} NOT NULL
){opt};
