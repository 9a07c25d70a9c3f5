-- How every pgTAP test begins: in a transaction that ROLLBACK ends, so that a test leaves nothing behind.
-- What the extension says while it is created is not the tests' subject.
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS s2t;
