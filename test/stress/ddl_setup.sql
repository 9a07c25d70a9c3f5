-- Stress: definitions that change under the calls.  What the sessions work on.
CREATE EXTENSION s2t;
CALL sp_seed_plans();
CALL sp_create_search_index();
CREATE SEQUENCE names;
CREATE SEQUENCE others;
SELECT s2t_add_consumer('kept'), s2t_add_consumer('taken');

-- A trigger of the application's that lets everything pass.
CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';

-- One round of definitions for a table, each a transaction of its own: a column that rewrites
-- the table as it comes and once more as its type changes, an index, triggers of every kind,
-- statistics, the whole table anew.
CREATE FUNCTION ddl_round(tab regclass) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format(statement, tab, 'extra_' || tab::text)
    FROM unnest(ARRAY[
        'ALTER TABLE %1$s ADD COLUMN extra double precision DEFAULT random()',
        'CREATE INDEX %2$s ON %1$s (extra)',
        'ANALYZE %1$s',
        'CREATE TRIGGER a_row BEFORE INSERT OR UPDATE OR DELETE ON %1$s FOR EACH ROW EXECUTE FUNCTION pass()',
        'ALTER TABLE %1$s ALTER COLUMN extra TYPE text',
        'CREATE TRIGGER z_statement AFTER INSERT OR UPDATE OR DELETE ON %1$s FOR EACH STATEMENT EXECUTE FUNCTION look()',
        'VACUUM FULL %1$s',
        'DROP TRIGGER a_row ON %1$s',
        'DROP INDEX %2$s',
        'ALTER TABLE %1$s DROP COLUMN extra',
        'DROP TRIGGER z_statement ON %1$s',
        'VACUUM ANALYZE %1$s']) WITH ORDINALITY AS list (statement, n)
    ORDER BY n
$$;

-- The first value that a query answers, as text; asked again where the answer would have come from tables as they no
-- longer are.
CREATE FUNCTION ddl_ask(query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    LOOP
        BEGIN
            EXECUTE query INTO answer;
            RETURN answer;
        EXCEPTION WHEN serialization_failure THEN
            NULL;
        END;
    END LOOP;
END
$$;
-- The same of what somebody else may have done, or taken away with its user: NULL then.
CREATE FUNCTION ddl_try(query text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    RETURN ddl_ask(query);
EXCEPTION WHEN no_data_found OR object_not_in_prerequisite_state OR invalid_parameter_value THEN
    RETURN NULL;
END
$$;
