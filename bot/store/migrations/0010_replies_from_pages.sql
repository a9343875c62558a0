-- oldest program: 10
-- Replies that are written on our own pages: no chat message stands for them.

-- It was written on a page: its place is a channel that shows the thread, and its message names the form it came in.
ALTER TABLE reply ADD COLUMN paged {int} NOT NULL DEFAULT 0 CHECK (paged IN (0, 1));
