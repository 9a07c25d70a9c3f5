SELECT @extschema@.s2t_install_from_script();

DO $do$
DECLARE
    found record;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    FOR found IN SELECT * FROM @extschema@.s2t_risks() LOOP
        RAISE WARNING '%', found.risk USING HINT = found.remedy;
    END LOOP;
    PERFORM pg_catalog.set_config('search_path', '@extschema@, pg_temp', true);
END
$do$;
