-- oldest program: 17
-- The way back: who may answer, messages that become one post, what is put on them, what is said beneath them.

-- What of a mirror's channel goes to the forum, and as whose, as JSON.
ALTER TABLE mirror ADD COLUMN answering TEXT NOT NULL DEFAULT '{{}}';
-- It became part of the post of this one, which was said before it.
ALTER TABLE reply ADD COLUMN merged {int} REFERENCES reply (id);
CREATE INDEX reply_merged ON reply (merged) WHERE merged IS NOT NULL;
-- What was put on the message, as JSON.
ALTER TABLE reply ADD COLUMN files TEXT NOT NULL DEFAULT '[]';
-- Beneath a person's message: the message of ours that says what the forum made of its post; empty: none stands there.
ALTER TABLE copy ADD COLUMN note TEXT NOT NULL DEFAULT '';
CREATE INDEX copy_note ON copy (note, place) WHERE note <> '';
