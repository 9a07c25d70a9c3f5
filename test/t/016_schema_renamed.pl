# ALTER SCHEMA ... RENAME: the extension follows by itself, and is as if it had been created in a schema of that
# name; where a superuser has switched the event trigger off, after one call, itself working.
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

my $node = PostgreSQL::Test::Cluster->new('renamed');
$node->init;
$node->start;
with_tools($node);
$node->safe_psql('postgres', 'CREATE ROLE svc LOGIN; CREATE ROLE app LOGIN; CREATE ROLE other LOGIN');

# Everything whose text could have a schema's name in it; asked with an empty search_path.
my $texts = q{
	SET search_path = '';
	WITH home AS (SELECT extnamespace AS oid FROM pg_extension WHERE extname = 's2t'),
	r AS (SELECT c.oid, relkind FROM pg_class AS c, home WHERE relnamespace = home.oid)
	SELECT pg_get_functiondef(p.oid) FROM pg_proc AS p, home WHERE pronamespace IN (home.oid, to_regnamespace('s2t_shard'))
	UNION ALL SELECT pg_get_viewdef(oid) FROM r WHERE relkind = 'v'
	UNION ALL SELECT pg_get_indexdef(oid) FROM r WHERE relkind = 'i'
	UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM r) AND NOT tgisinternal
	UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid IN (SELECT oid FROM r)
	UNION ALL SELECT adrelid::regclass || pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid IN (SELECT oid FROM r)
	ORDER BY 1};
my $rights = q{SELECT proname, proowner::regrole, proacl::text FROM pg_proc
	WHERE pronamespace = (SELECT extnamespace FROM pg_extension WHERE extname = 's2t') ORDER BY 1, 2, 3};
my $members = q{SELECT count(*) FROM pg_depend WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 's2t')};

sub as_owner { my ($database, $sql) = @_; return $node->psql($database, $sql, extra_params => [ '-U', 'svc' ]); }

# Names that are also the extension's own words, aliases in its statements, or want quotation marks.
my @names = ([ 's2t', 'speech' ], [ 'recordings', 's2t' ], [ 'r', 'Speech to Text' ], [ 'Speech to Text', 'c' ], [ 'app', 'now' ]);
foreach my $i (0 .. $#names)
{
	my ($from, $to) = @{ $names[$i] };
	my ($before, $after) = ("before_$i", "after_$i");
	my $what = "$from to $to";
	$node->safe_psql('postgres', "CREATE DATABASE $_ OWNER svc") for $before, $after;
	my $as = sub { my ($database, $sql) = @_; return $node->safe_psql($database, $sql, extra_params => [ '-U', 'svc' ]); };
	my $says = sub { my ($role, $sql) = @_; my (undef, undef, $stderr) = $node->psql($before, $sql, extra_params => [ '-U', $role ]); return $stderr; };
	my ($in_from, $in_to) = map { qq{SET search_path = "$_", public;} } $from, $to;

	$as->($before, qq{CREATE SCHEMA "$from"; CREATE EXTENSION s2t SCHEMA "$from"; CREATE EXTENSION s2t_shard; $in_from CALL s2t_grant('app', 'app')});
	is($as->($before, "$in_from SELECT count(*) FROM s2t_follow_rename()"), '0', "$what: nothing to do before");
	$as->($before, $in_from . everything('before'));
	$as->($after, qq{CREATE SCHEMA "$to"; CREATE EXTENSION s2t SCHEMA "$to"; CREATE EXTENSION s2t_shard; $in_to CALL s2t_grant('app', 'app')});
	my ($rights_before, $members_before) = map { $node->safe_psql($before, $_) } $rights, $members;

	my $stats = "$in_to SELECT * FROM sp_get_user_stats(gen_random_uuid())";
	my $rename = qq{ALTER SCHEMA "$from" RENAME TO "$to"};
	if ($i % 2)
	{
		$node->safe_psql($before, 'ALTER EVENT TRIGGER s2t_schema_changed DISABLE');
		$as->($before, $rename);
		like($says->('svc', "$in_to SELECT s2t_metrics()"), qr/ERROR:  schema "\Q$from\E" does not exist/, "$what: what is written in SQL fails");
		# The native procedures go on, and say what to do.
		like($says->('app', $stats), qr/WARNING:  schema of extension s2t was renamed.*HINT: .*s2t_follow_rename\(\)/s, "$what: a native procedure warns");
		like($says->('other', "SELECT * FROM \"$to\".s2t_follow_rename()"), qr/permission denied/, "$what: not for everybody");
		cmp_ok($as->($before, "$in_to SELECT count(*) FROM s2t_follow_rename()"), '>', 20, "$what: one call replaces routines");
		$node->safe_psql($before, 'ALTER EVENT TRIGGER s2t_schema_changed ENABLE');
	}
	else
	{
		# By whoever may rename it, and with the transaction.
		my $role = $i ? 'svc' : $node->safe_psql('postgres', 'SELECT current_user');
		is($says->($role, "BEGIN; SET client_min_messages = warning; $rename; ROLLBACK; $in_from SELECT FROM s2t_metrics()"), '', "$what: rolled back, nothing has changed");
		is($says->($role, qq{SET client_min_messages = warning; ALTER SCHEMA "$from" OWNER TO svc}), '', "$what: another ALTER SCHEMA is let pass");
		like($says->($role, $rename), qr/^\S* ?NOTICE:  routines of extension s2t follow.*\n.*HINT: .*sp_schedule_jobs\(\)\.$/, "$what: the routines follow, and it says so");
	}
	is($as->($before, "$in_to SELECT count(*) FROM s2t_follow_rename()"), '0', "$what: nothing is left to do");
	my ($here, $there) = map { $node->safe_psql($_, $texts) } $before, $after;
	unless (ok($here eq $there, "$what: every text is that of an extension created there"))
	{
		my %there = map { $_ => 1 } split /\n/, $there;
		diag($_) for grep { !$there{$_} } split /\n/, $here;
	}
	is($node->safe_psql($before, $rights), $rights_before, "$what: owners and rights stay");
	is($node->safe_psql($before, $members), $members_before, "$what: members stay members");
	$as->($before, $in_to . everything('after'));
	is($as->($before, "$in_to SELECT count(*) FROM s2t_install()"), '0', "$what: s2t_install() has nothing to do");
	is($says->('app', $stats), '', "$what: no more warning");
}

# What cannot stand in the text of a routine is refused, and nothing is changed.
$node->safe_psql('postgres', 'CREATE DATABASE odd');
$node->safe_psql('odd', q{CREATE SCHEMA plain; CREATE EXTENSION s2t SCHEMA plain});
my (undef, undef, $stderr) = $node->psql('odd', q{ALTER SCHEMA plain RENAME TO "it's"});
like($stderr, qr/WARNING:  routines of extension s2t could not follow their schema.*DETAIL:  the schema of extension s2t cannot be called.*HINT:  Use/s, 'a name with a quotation mark: a warning');
(undef, undef, $stderr) = $node->psql('odd', qq{\\set VERBOSITY verbose\nSELECT * FROM "it's".s2t_follow_rename()});
like($stderr, qr/3F000: .*cannot be called/, 'is refused');
$node->safe_psql('odd', q{ALTER SCHEMA "it's" RENAME TO plain; SELECT plain.s2t_metrics()});
(undef, undef, $stderr) = $node->psql('odd', q{ALTER SCHEMA plain RENAME TO """said"; ALTER SCHEMA """said" RENAME TO plain});
like($stderr, qr/WARNING:  routines of extension s2t could not follow/, 'a double quotation mark at the end of it, too');

# Who owns the routines may make of s2t_follow_rename() whatever it likes, and of what the event trigger calls nothing:
# a superuser who renames a schema runs none of it with its own rights.
$node->safe_psql('postgres', 'CREATE DATABASE sly OWNER svc');
my $svc = sub { my ($sql) = @_; my (undef, undef, $said) = $node->psql('sly', $sql, extra_params => [ '-U', 'svc' ]); return $said; };
is($svc->(q{
	CREATE SCHEMA one; CREATE EXTENSION s2t SCHEMA one;
	CREATE TABLE public.caught (who text, what text);
	CREATE OR REPLACE FUNCTION one.s2t_follow_rename() RETURNS TABLE (object text, action text) LANGUAGE plpgsql AS $$
	DECLARE way text;
	BEGIN
		INSERT INTO public.caught VALUES (current_user, 'called');
		FOREACH way IN ARRAY '{RESET ROLE,RESET SESSION AUTHORIZATION,SET ROLE postgres,ALTER ROLE svc SUPERUSER,CREATE TEMP TABLE t ()}'::text[] LOOP
			BEGIN
				EXECUTE way;
				INSERT INTO public.caught VALUES (current_user, way);
			EXCEPTION WHEN OTHERS THEN NULL;
			END;
		END LOOP;
		PERFORM set_config('work_mem', '77MB', false);
	END $$;}), '', 'an owner replaces s2t_follow_rename()');
like($svc->($_), qr/must be owner of/, "but cannot: $_")
  for 'CREATE OR REPLACE FUNCTION one.s2t_schema_changed() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$',
	'ALTER FUNCTION one.s2t_schema_changed() RENAME TO other', 'ALTER FUNCTION one.s2t_schema_changed() OWNER TO svc', 'DROP EVENT TRIGGER s2t_schema_changed';
like($svc->('DROP FUNCTION one.s2t_schema_changed()'), qr/extension s2t requires it/, 'nor drop the function');
is($node->safe_psql('sly', q{SET client_min_messages = error; ALTER SCHEMA one RENAME TO two; SHOW work_mem}), '4MB', 'what it sets is undone');
is($node->safe_psql('sly', 'SELECT DISTINCT who FROM caught'), 'svc', 'it runs as its owner');
is($node->safe_psql('sly', q{SELECT count(*) FROM caught WHERE what <> 'called'}), '0', 'and gets out of it nowhere');
is($node->safe_psql('sly', q{SELECT rolsuper FROM pg_roles WHERE rolname = 'svc'}), 'f', 'no superuser came of it');
$node->safe_psql('sly', 'ALTER SCHEMA two RENAME TO one');
is($svc->('CALL one.s2t_set_owner($$svc$$); SELECT * FROM one.s2t_doctor()'), '', 'the event trigger is nothing of the owner\'s');

# The routines have become a superuser's, but not the extension: its owner makes routines of its own members, of
# which the settings, or what stands before the body, read as something else once the schema's name is replaced.
$node->safe_psql('postgres', 'CREATE DATABASE given OWNER svc');
as_owner('given', q{CREATE SCHEMA one; CREATE EXTENSION s2t SCHEMA one});
$node->safe_psql('given', q{SET client_min_messages = warning; CALL one.s2t_set_owner('postgres')});
as_owner('given', q{
	SET check_function_bodies = off;
	CREATE FUNCTION public."a one.f() b"() RETURNS int LANGUAGE sql AS ' one.f() ';
	SELECT set_config('search_path', 'pg_catalog, one, x;ALTER/**/ROLE/**/svc/**/SUPERUSER', false);
	CREATE FUNCTION public.b() RETURNS int LANGUAGE sql SET search_path FROM CURRENT AS 'SELECT 1';
	ALTER EXTENSION s2t ADD FUNCTION public."a one.f() b"(), ADD FUNCTION public.b()} =~ s/, ADD/; ALTER EXTENSION s2t ADD/r);
as_owner('given', q{ALTER SCHEMA one RENAME TO "() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END; --"});
as_owner('given', q{ALTER SCHEMA "() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END; --" RENAME TO two});
is($node->safe_psql('given', q{SELECT rolsuper FROM pg_roles WHERE rolname = 'svc'}), 'f', 'no setting of a member is run');
is($node->safe_psql('given', q{SELECT proname, prosrc FROM pg_proc WHERE proname ~ '^a ' ORDER BY 1}), 'a one.f() b| two.f() ', 'nor its name');
$node->safe_psql('given', 'SELECT two.s2t_metrics()');

# A superuser that is not the first one has created the extension, and gives away what is its own.
$node->safe_psql('postgres', 'CREATE ROLE dba SUPERUSER LOGIN; CREATE DATABASE dbas');
(undef, undef, $stderr) = $node->psql('dbas', 'CREATE EXTENSION s2t; REASSIGN OWNED BY dba TO svc; ALTER ROLE dba NOSUPERUSER', extra_params => [ '-U', 'dba' ]);
unlike($stderr, qr/ERROR/, 'REASSIGN OWNED by whoever created the extension');
is($node->safe_psql('dbas', q{SELECT p.proowner, t.evtowner, r.proowner::regrole FROM pg_proc AS p, pg_event_trigger AS t, pg_proc AS r
	WHERE p.proname = 's2t_schema_changed' AND r.proname = 's2t_install'}), '10|10|svc', 'the event trigger stays a superuser\'s');

$node->stop;
done_testing();
