-- The script of a trusted extension runs as a superuser, whoever creates it. What it has made goes to
-- the role that does, as what an update makes goes to the owner of this function.
ALTER FUNCTION @extschema@.s2t_install() OWNER TO @extowner@;
REVOKE ALL ON FUNCTION @extschema@.s2t_install() FROM PUBLIC;
