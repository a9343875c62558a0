-- oldest program: 4
-- What is offered below words: commands that a press gives, as JSON; empty: none.

ALTER TABLE whisper ADD COLUMN offers TEXT NOT NULL DEFAULT '';
ALTER TABLE notice ADD COLUMN offers TEXT NOT NULL DEFAULT '';
