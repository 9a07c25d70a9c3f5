-- ------------------------------------------------------------------------------------------------
-- Calls for somebody else: what a router's calls are wrapped in.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_begin_remote(in_caller text[])
RETURNS void
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME';

REVOKE ALL ON FUNCTION @extschema@.s2t_begin_remote(text[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_begin_remote(text[])
    IS 'Begins a call for somebody else: session role, role in force, address and application name are those that audit_log gets, and NOTICEs are collected; until s2t_end_remote() or the end of the transaction.';

CREATE FUNCTION @extschema@.s2t_end_remote()
RETURNS jsonb
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME';

REVOKE ALL ON FUNCTION @extschema@.s2t_end_remote() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_end_remote()
    IS 'Ends a call for somebody else, and returns the INFOs, NOTICEs and WARNINGs since it began; NULL if there were none.';

CREATE FUNCTION @extschema@.s2t_remote_caller()
RETURNS text[]
LANGUAGE C STABLE
AS 'MODULE_PATHNAME';

REVOKE ALL ON FUNCTION @extschema@.s2t_remote_caller() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_remote_caller()
    IS 'Whom the call that is going on is made for, as told to s2t_begin_remote(); NULL if for the session itself.';
