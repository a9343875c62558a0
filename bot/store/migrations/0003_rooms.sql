-- oldest program: 3
-- What rooms need that come and go: a channel that goes on as another one, reasons beside a message, how far people read.

-- The channel that goes on in this one's place; nothing can be said here any more.
ALTER TABLE place ADD COLUMN moved_to {int} REFERENCES place (id);
CREATE INDEX place_moved ON place (id) WHERE moved_to IS NOT NULL;

-- The message that private words are about: where the chat shows them beside it; empty: about none.
ALTER TABLE whisper ADD COLUMN message TEXT NOT NULL DEFAULT '';

-- 1: this person asked that how far they have read is kept, where the chat tells it without being asked.
ALTER TABLE identity ADD COLUMN receipts {int} NOT NULL DEFAULT 0 CHECK (receipts IN (0, 1));

-- How far those people have read in a place, by the chat's own receipts; what that means for marks is reckoned elsewhere.
CREATE TABLE receipt (
  chat TEXT NOT NULL,
  user_id TEXT NOT NULL,
  place {int} NOT NULL REFERENCES place (id),
  everywhere {int} NOT NULL CHECK (everywhere IN (0, 1)),  -- 1: in all chat threads of this channel
  message TEXT NOT NULL,
  read_at {int} NOT NULL,
  PRIMARY KEY (chat, user_id, place, everywhere)
){opt};

-- What is in flight or held is asked for by queue at every turn.
DROP INDEX delivery_state;
CREATE INDEX delivery_state ON delivery (state, queue, ord) WHERE state IN ('sending', 'held');
