-- ------------------------------------------------------------------------------------------------
-- Errors and NOTICEs as values.
-- ------------------------------------------------------------------------------------------------

CREATE TYPE s2t_shard.error AS (
    sqlstate   text,
    message    text,
    detail     text,
    hint       text,
    "constraint" text,
    "table"    text,
    "column"   text,
    "schema"   text,
    datatype   text
);

COMMENT ON TYPE s2t_shard.error
    IS 'An error, as GET STACKED DIAGNOSTICS tells it.';

CREATE FUNCTION s2t_shard.problem(in_error s2t_shard.error, in_notices jsonb)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    problem jsonb := '{}';
BEGIN
    IF (in_error).sqlstate IS NOT NULL THEN
        -- What an error does not have is told as an empty string.
        SELECT jsonb_object_agg(e.key, e.value)
          INTO problem
          FROM jsonb_each_text(to_jsonb(in_error)) AS e
         WHERE e.value <> '';
    END IF;
    IF in_notices IS NOT NULL THEN
        problem := problem || jsonb_build_object('notices', in_notices);
    END IF;
    RETURN nullif(problem, '{}');
END
$function$;

COMMENT ON FUNCTION s2t_shard.problem(s2t_shard.error, jsonb)
    IS 'What a twin returns of an error, or NULL, and of what s2t_end_remote() has given; NULL if there was neither.';
