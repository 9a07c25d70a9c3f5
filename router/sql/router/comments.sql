-- Written by router/generate from the API of s2t: not by hand.
-- What is about this database, by hand, with the words of s2t.

COMMENT ON FUNCTION @extschema@.s2t_change_login(uuid, text, text)
    IS 'Changes e-mail address or user name under the rules of registration; NULL leaves a value as it is. True unless all stood so already.';

COMMENT ON FUNCTION @extschema@.s2t_delete_user(uuid)
    IS 'Erases a user: the account and all that belongs to it goes; closed cycles, entries of the ledger and the audit stay and say nothing of the person. True if there was one.';

COMMENT ON PROCEDURE @extschema@.s2t_grant(regrole, text)
    IS 'Gives a role the rights of a profile: app, worker, billing, consumer, readonly, monitor, router or admin. To be repeated after an update of the extension.';

COMMENT ON FUNCTION @extschema@.s2t_owner()
    IS 'The role that the procedures run as and that owns the tables: the owner of s2t_install(), changed by s2t_set_owner().';

COMMENT ON FUNCTION @extschema@.s2t_register(text, text, text, text, text, text)
    IS 'Does what s2t_register_user() does, and is safe to repeat with a key: the same user, and no second one.';

COMMENT ON FUNCTION @extschema@.s2t_register_user(text, text, text, text, text)
    IS 'Does what sp_register_user() does, and returns the id of the new user.';

COMMENT ON PROCEDURE @extschema@.s2t_revoke(regrole, text)
    IS 'Takes the rights of a profile, or of every profile, from a role; a right that another profile gives too goes as well.';

COMMENT ON FUNCTION @extschema@.s2t_slot(uuid)
    IS 'The slot, 0 to 4095, that an id carries: of a version 7 id its 12 bits after the version, of any other a hash.';

COMMENT ON FUNCTION @extschema@.sp_get_login(text)
    IS 'What a service needs to check a password: the user of this e-mail address or, failing that, user name, in any case of letters; no row if there is none.';

COMMENT ON PROCEDURE @extschema@.sp_register_user(text, text, text, text, text)
    IS 'Makes a user with profile and subscription in one step; the cycle is the current calendar month.';
