# A role that is no superuser, owner of its database, has the extension to itself: it installs, sets up,
# dumps, is restored, upgrades and drops. And what is handed over by s2t_set_owner().
#
# Part of `make test`; alone: as 007_upgrade.pl.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S2TTest;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('owner');
$node->init;
$node->start;
with_tools($node);
my $dir = PostgreSQL::Test::Utils::tempdir;
$node->safe_psql('postgres', 'CREATE ROLE svc LOGIN; CREATE ROLE other LOGIN; CREATE ROLE app LOGIN; CREATE ROLE boss SUPERUSER LOGIN');

sub as { my ($role, $database, $sql) = @_; return $node->safe_psql($database, $sql, extra_params => [ '-U', $role ]); }
# Before PostgreSQL 15 its owner does not own the schema public, in which everybody may create.
my $old = $node->safe_psql('postgres', q{SELECT current_setting('server_version_num')::int < 150000}) eq 't';
sub database
{
	my ($name, $owner) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name OWNER $owner");
	$node->safe_psql($name, "ALTER SCHEMA public OWNER TO $owner; REVOKE CREATE ON SCHEMA public FROM PUBLIC") if $old;
	return;
}

# Routines, views and tables that do not belong to $role.
# (But for the event trigger's function, which is a superuser's: 016_schema_renamed.pl.)
sub strangers
{
	my ($database, $role) = @_;
	return $node->safe_psql($database, qq{
		SELECT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend AS d JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
		  LEFT JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid LEFT JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
		 WHERE e.extname = 's2t' AND coalesce(p.proowner, c.relowner) <> '$role'::regrole AND p.prorettype IS DISTINCT FROM 'event_trigger'::regtype
		UNION ALL SELECT c.oid::regclass::text FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relowner <> '$role'::regrole ORDER BY 1});
}

# A life of the role's own: $role calls everything, a third role what it was granted.
sub works_ok
{
	my ($database, $role, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $tag = "$database-$name" =~ s/\W+/-/gr;
	is(strangers($database, $role), '', "$name: everything belongs to $role");
	as($role, $database, everything($tag));
	as($role, $database, q{CALL s2t_grant('app', 'app')});
	my $id = as('app', $database, "SELECT recording_id FROM sp_check_quota_and_create_recording((SELECT id FROM sp_get_login('$tag-4')), 'upload')");
	$node->psql($database, "CALL sp_complete_recording('$id', 1500, '$BAD')", extra_params => [ '-U', 'app' ]);
	comes_true($node, $database, "SELECT status FROM recordings WHERE id = '$id'", 'failed', "$name: a failure is marked");
	as('app', $database, "CALL sp_complete_recording('$id', 1500, '$GOOD')");
	is($node->safe_psql($database, "SELECT status, segment_count FROM recordings WHERE id = '$id'"), 'done|2', "$name: procedures work");
	is(as($role, $database, 'SELECT count(*) FROM s2t_install()'), '0', "$name: nothing to make");
	like(as($role, $database, 'SELECT s2t_metrics()'), qr/s2t_ended_cycles/, "$name: metrics");
	counted_ok($node, $database, $name);
	no_worker($node);
	return;
}

sub fails_like
{
	my ($role, $database, $sql, $name, @patterns) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($status, undef, $stderr) = $node->psql($database, "\\set VERBOSITY verbose\n$sql", extra_params => [ '-U', $role ]);
	isnt($status, 0, "$name: fails");
	like($stderr, $_, "$name: says why") for @patterns;
	return;
}

#
# Installed, set up, used
#
database('own', 'svc');
as('svc', 'own', 'CREATE EXTENSION s2t');
works_ok('own', 'svc', 'installed');
is(as('svc', 'own', 'SELECT * FROM s2t_risks()'), '', 'no risks');
is($node->safe_psql('own', 'SELECT s2t_owner()'), 'svc', 's2t_owner() says so');
fails_like('other', 'own', 'CREATE EXTENSION pg_trgm', 'somebody without CREATE on the database', qr/42501/);
fails_like('app', 'own', 'SELECT * FROM s2t_install()', 's2t_install() by another role', qr/42501/);

# Whoever may not have the rights of a superuser gets none: code of the owner's, in the tables that are
# adopted, runs as the owner.
database('hostile', 'svc');
as('svc', 'hostile', q{
	CREATE TABLE caught (who name, op text);
	CREATE FUNCTION trap(what text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.caught VALUES (current_user, what); RETURN what; END $$;
	CREATE FUNCTION trap_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.trap(TG_OP); RETURN NEW; END $$;
	CREATE TABLE plans (id uuid PRIMARY KEY, code text UNIQUE);
	CREATE TABLE users (id uuid PRIMARY KEY, email text, user_name text, password_hash text);
	CREATE TABLE user_subscriptions (user_id uuid PRIMARY KEY, plan_id uuid, cycle_start timestamptz, cycle_end timestamptz, note text CHECK (public.trap('check') IS NOT NULL));
	CREATE TABLE recordings (id uuid PRIMARY KEY, user_id uuid, source text DEFAULT public.trap('default'), created_at timestamptz DEFAULT now(), status text DEFAULT 'done', duration_ms int DEFAULT 5);
	CREATE TRIGGER trap BEFORE UPDATE ON user_subscriptions FOR EACH ROW EXECUTE FUNCTION trap_row();
	CREATE TRIGGER trap_always BEFORE UPDATE ON recordings FOR EACH ROW EXECUTE FUNCTION trap_row();
	ALTER TABLE recordings ENABLE ALWAYS TRIGGER trap_always;
	CREATE TRIGGER trap_off BEFORE UPDATE ON recordings FOR EACH ROW EXECUTE FUNCTION trap_row();
	ALTER TABLE recordings DISABLE TRIGGER trap_off;
	INSERT INTO plans VALUES ('00000000-0000-7000-8000-000000000001', 'P');
	INSERT INTO users VALUES ('00000000-0000-7000-8000-000000000002', 'a@b.c', 'a', 'h');
	INSERT INTO user_subscriptions VALUES ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', '2020-01-01', '2020-02-01', 'x');
	INSERT INTO recordings (id, user_id) VALUES ('00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000002');
	TRUNCATE caught;
});
$node->safe_psql('hostile', q{ALTER TABLE plans ADD name text DEFAULT 'P'}, extra_params => [ '-U', 'svc' ]);
as('svc', 'hostile', 'SET client_min_messages = error; CREATE EXTENSION s2t');
is($node->safe_psql('hostile', 'SELECT total_recordings, total_duration_ms FROM user_subscriptions'), '1|5', 'adopted tables are counted');
cmp_ok($node->safe_psql('hostile', q{SELECT count(*) FROM caught WHERE op = 'check'}), '>', 0, 'by statements that meet the owner\'s code');
is($node->safe_psql('hostile', q{SELECT DISTINCT who FROM caught}), 'svc', 'which runs as the owner, and never as a superuser');
is($node->safe_psql('hostile', q{SELECT count(*) FROM caught WHERE op = 'UPDATE'}), '0', 'triggers stand aside while it is counted');
is($node->safe_psql('hostile', q{SELECT string_agg(tgname || tgenabled::text, ' ' ORDER BY tgname) FROM pg_trigger WHERE tgname LIKE 'trap%'}), 'trapO trap_alwaysA trap_offD', 'and stand as before afterwards');

#
# Dumped and restored
#
my @contents = map { "$_" } split /\n/, $node->safe_psql('own', $CONTENTS);
command_ok([ 'pg_dump', '-U', 'svc', '-Fc', '-f', "$dir/own.dump", 'own' ], 'pg_dump by the owner');
database('restored', 'svc');
command_ok([ 'pg_restore', '-U', 'svc', '--exit-on-error', '-d', 'restored', "$dir/own.dump" ], 'pg_restore by the owner');
is($node->safe_psql('restored', $CONTENTS), join("\n", @contents), 'restored: the same rows');
works_ok('restored', 'svc', 'restored');

# By a superuser: the routines are the superuser's, the tables the role's.
database('by_boss', 'svc');
command_ok([ 'pg_restore', '-U', 'boss', '--exit-on-error', '-d', 'by_boss', "$dir/own.dump" ], 'pg_restore by another role');
my ($said) = ($node->psql('by_boss', q{SET row_security = off; DROP EXTENSION s2t CASCADE; CREATE EXTENSION s2t}, extra_params => [ '-U', 'boss' ]))[2];
like($said, qr/NOTICE:  tables of extension s2t are left to the restore.*\nDETAIL:  These are plans, users, .*audit_log.*; the routines belong to role boss, and the tables must\.\nHINT:  .*CALL public\.s2t_set_owner/,
	'the NOTICE names the tables and the call');
$node->safe_psql('postgres', 'DROP DATABASE by_boss');
database('by_boss', 'svc');
command_ok([ 'pg_restore', '-U', 'boss', '--exit-on-error', '-d', 'by_boss', "$dir/own.dump" ], 'again');
my $tables = $node->safe_psql('by_boss', q{SELECT string_agg(tab, ', ') FROM s2t_wanted_tables()});
fails_like('boss', 'by_boss', q{CALL sp_register_user('x@y.z', 'x', 'h', 'x', 'FREE')}, 'a procedure',
	qr/42501: table "\w+" does not belong to the owner of the extension/, qr/DETAIL:  It belongs to role "svc", the routines to "boss"\. Tables of another owner: $tables\./,
	qr/HINT:  Use CALL public\.s2t_set_owner\(\.\.\.\)/);
fails_like('boss', 'by_boss', 'SELECT * FROM s2t_install()', 's2t_install()', qr/42501: table "public.plans" belongs to role "svc", not to "boss", and so do "public.users", .*"public.audit_log"/, qr/CALL public\.s2t_set_owner/);
fails_like('svc', 'by_boss', q{CALL s2t_set_owner('svc')}, 'the role cannot take the routines', qr/42501/);
as('boss', 'by_boss', q{CALL s2t_set_owner('svc')});
works_ok('by_boss', 'svc', 'handed over');

#
# Handed over to and fro
#
fails_like('boss', 'own', q{CALL s2t_set_owner('999999')}, 'a role that is not there', qr/42704: role does not exist/);
fails_like('svc', 'own', q{CALL s2t_set_owner('other')}, 'a role that the owner is no member of', qr/42501/);
as('boss', 'own', q{CALL s2t_set_owner('boss')});
is(strangers('own', 'boss'), '', 'everything belongs to a superuser');
as('boss', 'own', q{GRANT CREATE ON SCHEMA public TO other; CALL s2t_set_owner('other')});
is(strangers('own', 'other'), '', 'everything belongs to a third role');
as('other', 'own', q{CALL sp_register_user('o@y.z', 'o', 'h', 'x', 'FREE')});
as('boss', 'own', q{CALL s2t_set_owner('svc')});
is(as('svc', 'own', 'SELECT check_name, remedy FROM s2t_doctor()'), 'risk|REVOKE CREATE ON SCHEMA public FROM other;', 'the doctor knows what the third role may still do');
as('boss', 'own', 'REVOKE CREATE ON SCHEMA public FROM other');
works_ok('own', 'svc', 'handed back');

#
# Upgraded: what is new goes to the owner, whoever runs it
#
database('older', 'svc');
fails_like('svc', 'older', q{CREATE EXTENSION s2t VERSION '1.1.0'}, 'a version whose script is not for that', qr/42501: permission denied to create extension "s2t"/);
$node->safe_psql('older', q{CREATE EXTENSION s2t VERSION '1.1.0'});
# Handed over by hand, as 1.1.0 has nothing for it.
$node->safe_psql('older', q{
	SELECT format('ALTER ROUTINE %s OWNER TO svc', d.objid::regprocedure) FROM pg_depend AS d JOIN pg_extension AS e ON d.refobjid = e.oid AND d.deptype = 'e' WHERE e.extname = 's2t' AND d.classid = 'pg_proc'::regclass
	\gexec
	SELECT format('ALTER TABLE %s OWNER TO svc', oid::regclass) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
	\gexec
	UPDATE pg_extension SET extowner = 'svc'::regrole WHERE extname = 's2t';});
$node->safe_psql('postgres', 'CREATE DATABASE older_boss TEMPLATE older OWNER svc');
as('svc', 'older', 'ALTER EXTENSION s2t UPDATE');
works_ok('older', 'svc', 'updated by the owner');
as('boss', 'older_boss', 'ALTER EXTENSION s2t UPDATE');
works_ok('older_boss', 'svc', 'updated by a superuser');

#
# Settings: a superuser's, unless one has given them away (README.md, README.vi.md and docs/operations.md)
#
SKIP:
{
	my $timezone = q{SET s2t.timezone = 'Asia/Ho_Chi_Minh'};
	fails_like('svc', 'own', "ALTER DATABASE own $timezone", 'a setting of the database', qr/42501: permission denied to set parameter "s2t.timezone"/);
	fails_like('svc', 'own', "SELECT s2t_version(); $timezone", 'a setting of the session', qr/42501: permission denied to set parameter "s2t.timezone"/);
	is(as('svc', 'own', q{SELECT count(*) FROM pg_settings WHERE s2t_version() IS NOT NULL AND name LIKE 's2t.%' AND context <> 'superuser'}), '0', 'and all others');
	skip 'GRANT SET ON PARAMETER is of PostgreSQL 15', 6 if $old;
	# Before any session of the server has loaded the library, as a superuser does it in a new server.
	as('boss', 'postgres', 'GRANT SET ON PARAMETER s2t.timezone, s2t.audit TO svc');
	as('svc', 'own', "ALTER DATABASE own $timezone; ALTER ROLE svc IN DATABASE own SET s2t.audit = 'all'");
	is(as('svc', 'own', q{SELECT current_setting('s2t.timezone') || ' ' || current_setting('s2t.audit') WHERE s2t_version() IS NOT NULL}), 'Asia/Ho_Chi_Minh all', 'granted, they hold for the owner');
	is(as('app', 'own', q{SELECT current_setting('s2t.timezone') || ' ' || current_setting('s2t.audit') WHERE s2t_version() IS NOT NULL}), 'Asia/Ho_Chi_Minh changes', 'the one of the database for everybody');
	fails_like('svc', 'own', "ALTER DATABASE own SET s2t.lazy_rollover = off", 'what was not granted', qr/42501/);
	fails_like('svc', 'own', "SELECT s2t_version(); ALTER DATABASE own SET s2t.timezone = 'Mars/Olympus'", 'a value that is none', qr/22023: invalid value for parameter "s2t.timezone"/);
	as('svc', 'own', 'ALTER DATABASE own RESET ALL; ALTER ROLE svc IN DATABASE own RESET ALL');
	as('boss', 'postgres', 'REVOKE SET ON PARAMETER s2t.timezone, s2t.audit FROM svc');
}

#
# Dropped
#
my $kept = $node->safe_psql('own', $CONTENTS);
as('svc', 'own', 'SET client_min_messages = warning; DROP EXTENSION s2t CASCADE');
is($node->safe_psql('own', $CONTENTS), $kept, 'dropped by the owner: every row is kept');
as('svc', 'own', 'CREATE EXTENSION s2t');
works_ok('own', 'svc', 'and adopted again');

unlike(slurp_file($node->logfile), qr/PANIC|TRAP:|terminated by signal|XX000/, 'no crash in the log');
$node->stop;
done_testing();
