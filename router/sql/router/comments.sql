-- Written by router/generate from the API of s2t: not by hand.
-- What is about this database, by hand, with the words of s2t.

COMMENT ON PROCEDURE @extschema@.s2t_grant(regrole, text)
    IS 'Gives a role the rights of a profile: app, worker, billing, consumer, readonly, monitor, router or admin. To be repeated after an update of the extension.';

COMMENT ON FUNCTION @extschema@.s2t_owner()
    IS 'The role that the procedures run as and that owns the tables: the owner of s2t_install(), changed by s2t_set_owner().';

COMMENT ON PROCEDURE @extschema@.s2t_revoke(regrole, text)
    IS 'Takes the rights of a profile, or of every profile, from a role; a right that another profile gives too goes as well.';

COMMENT ON FUNCTION @extschema@.s2t_slot(uuid)
    IS 'The slot, 0 to 4095, that an id carries: of a version 7 id its 12 bits after the version, of any other a hash.';
