-- ------------------------------------------------------------------------------------------------
-- Any twin that returns one row, by its name.
-- ------------------------------------------------------------------------------------------------

-- With the rights of whoever calls: EXECUTE on the twin itself is looked at.
CREATE FUNCTION s2t_shard.call(in_twin text, in_arguments text)
RETURNS text
LANGUAGE c STRICT
AS 'MODULE_PATHNAME', 's2t_call';

COMMENT ON FUNCTION s2t_shard.call(text, text)
    IS 'Calls the twin of this name, with its arguments and results in one text each, in the router''s own form.';
