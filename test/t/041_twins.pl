# Of the schema s2t_shard: what its script may meet in a schema that was there, and twins of routines that their owner
# has put something else in the place of. No server ends by it, and nobody gets rights of others.
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

my $node = PostgreSQL::Test::Cluster->new('twins');
$node->init;
$node->start;
with_tools($node);
$node->safe_psql('postgres', 'CREATE ROLE svc LOGIN; CREATE ROLE helper LOGIN');

my $caller = q{'{svc,svc,NULL,x}'};
sub says
{
	my ($database, $sql, $role) = @_;
	my (undef, $stdout, $stderr) = $node->psql($database, $sql, extra_params => [ '-U', $role // 'svc' ]);
	return "$stdout$stderr";
}

# Who may create extensions in a database, in which s2t is a superuser's.
$node->safe_psql('postgres', 'CREATE DATABASE lent OWNER svc');
$node->safe_psql('lent', 'CREATE SCHEMA s2t; CREATE EXTENSION s2t SCHEMA s2t');
like(says('lent', q{
	CREATE SCHEMA s2t_shard;
	CREATE FUNCTION s2t_shard.mine() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user::text';
	GRANT USAGE ON SCHEMA s2t_shard TO helper;
	GRANT EXECUTE ON FUNCTION s2t_shard.mine() TO helper;
	CREATE EXTENSION s2t_shard}), qr/WARNING:  schema s2t_shard belongs to svc.*HINT:  Use ALTER SCHEMA s2t_shard OWNER TO postgres/s, 'whose schema it is, is told of');
is(says('lent', 'SELECT s2t_shard.mine()', 'helper'), 'svc', 'a function that was in the schema before stays whose it was');

# Nor is one of a name that the extension has called in its place, where the schema is that role's.
says('lent', q{CREATE FUNCTION s2t_shard.problem(text, jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT to_jsonb(current_user::text) $$});
$node->safe_psql('lent', q{
	CREATE FUNCTION public.tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'told'; RETURN NEW; END $$;
	CREATE TRIGGER tell BEFORE INSERT ON s2t_shard.names FOR EACH ROW EXECUTE FUNCTION public.tell()});
like(says('lent', qq{SELECT s2t_problem FROM s2t_shard.directory('claim_name',
	jsonb_build_object('slot', 1, 'kind', 'email', 'key', 'k', 'claim', gen_random_uuid(), 'user_slot', 1), $caller)}, 'postgres'),
	qr/told/, 'and none is called in the place of the extension\'s');

# The owner of the routines, and of their twins.
$node->safe_psql('postgres', 'CREATE DATABASE own OWNER svc TEMPLATE template0 ENCODING \'UTF8\' LOCALE \'C\'');
is(says('own', 'CREATE SCHEMA s2t; CREATE EXTENSION s2t SCHEMA s2t; CREATE EXTENSION s2t_shard; SET client_min_messages = warning; CALL s2t.sp_seed_plans()'),
	'', 'all belongs to a role');

says('own', q{
	CREATE FUNCTION s2t.s2t_add_consumer(text) RETURNS int LANGUAGE sql AS 'SELECT 1';
	CREATE FUNCTION s2t.s2t_drop_consumer(text, text) RETURNS int LANGUAGE sql AS 'SELECT 1'});
is(says('own', "SELECT * FROM s2t_shard.s2t_add_consumer('c', NULL, $caller)"), 't|', 'another routine of the name, with as many arguments or not:');
is(says('own', "SELECT * FROM s2t_shard.s2t_drop_consumer('c', $caller)"), 't|', 'a twin calls its own');

my $other = sub {
	my ($signature, $returns, $body) = @_;
	return says('own', qq{
		SET client_min_messages = warning; ALTER EXTENSION s2t DROP FUNCTION s2t.$signature; DROP FUNCTION s2t.$signature CASCADE;
		CREATE FUNCTION s2t.$signature RETURNS $returns LANGUAGE sql AS '$body'});
};
my $mismatch = qr/42804.*returns something else than its twin|returns something else than its twin.*42804/;
is($other->('sp_export_transcript(uuid, text)', 'bigint', 'SELECT 4096::bigint'), '', 'in the place of a text: a number');
like(says('own', "SELECT * FROM s2t_shard.sp_export_transcript(NULL, 'txt', $caller)"), $mismatch, 'is an error');
is($other->('sp_list_revisions(uuid, uuid)', 'SETOF bigint', 'SELECT 4096::bigint'), '', 'in the place of rows: others');
like(says('own', "SELECT * FROM s2t_shard.sp_list_revisions(NULL, NULL, $caller)"), $mismatch, 'is one');
my $row = $node->safe_psql('own', q{SELECT string_agg('8::bigint AS ' || quote_ident(a.name), ', ' ORDER BY a.n) FROM pg_proc AS p, unnest(p.proargnames, p.proargmodes) WITH ORDINALITY AS a (name, mode, n)
	WHERE p.oid = 's2t.sp_list_credits'::regproc AND a.mode = 't'});
my $columns = $row =~ s/8::bigint AS (\S+?)(,|$)/$1 bigint$2/gr;
is($other->('sp_list_credits(uuid)', "TABLE ($columns)", "SELECT $row"), '', 'as many columns of other types');
like(says('own', "SELECT * FROM s2t_shard.sp_list_credits(gen_random_uuid(), $caller)"), $mismatch, 'is one');

# A twin within itself, and the schema renamed between.
is(says('own', q{
	SET client_min_messages = warning;
	CREATE FUNCTION public.nest() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		IF NEW.name = 'outer' THEN
			ALTER SCHEMA s2t RENAME TO speech;
			PERFORM s2t_shard.s2t_add_consumer('inner', NULL, '{svc,svc,NULL,x}');
			ALTER SCHEMA speech RENAME TO s2t;
		END IF;
		RETURN NEW;
	END $$;
	CREATE TRIGGER nest BEFORE INSERT ON s2t.event_consumers FOR EACH ROW EXECUTE FUNCTION public.nest()}), '', 'a trigger that renames the schema');
my $add = "SET client_min_messages = warning; SELECT result, s2t_problem - 'notices' FROM s2t_shard.s2t_add_consumer('%s', NULL, $caller);";
is(says('own', join ' ', map { sprintf $add, $_ } 'first', 'outer', 'last'), "t|\nt|\nt|", 'a twin goes on within, and after it');

# A call that was cancelled is over, for what goes on without it.
like(says('own', qq{
	CREATE OR REPLACE FUNCTION public.nest() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; END';
	SET statement_timeout = 200;
	DO \$\$
	BEGIN
		PERFORM s2t_shard.s2t_add_consumer('late', NULL, $caller);
	EXCEPTION WHEN query_canceled THEN RAISE NOTICE 'caller: %', s2t.s2t_remote_caller();
	END \$\$}), qr/NOTICE:  caller: <NULL>/, 'who called is forgotten after a cancel');

# What only a superuser can bind to the library's function.
foreach my $function ('odd() RETURNS int', 'odd(a int) RETURNS SETOF int', 'odd(a text[]) RETURNS SETOF jsonb', 'odd(a text[]) RETURNS int',
	'odd(a text[], b text[]) RETURNS record', 'odd(a text[], OUT b jsonb, OUT c int) RETURNS record')
{
	my $call = $function =~ /^odd\((?:(a)[^,)]*)?(, b)?/ ? 'odd(' . join(', ', ('NULL') x ((defined $1) + (defined $2))) . ')' : '';
	like(says('own', qq{BEGIN; CREATE FUNCTION public.$function LANGUAGE c AS '\$libdir/s2t', 's2t_twin'; SELECT public.$call}, 'postgres'),
		qr/ERROR:  odd\(\) cannot be a twin/, "no twin: $function");
}

# Any of them by its name, with arguments and results in one text each: the types, then the values.
my ($uuid, $text, $texts, $jsonb) = (2950, 25, 1009, 3802);
sub packed
{
	my @values = @_;
	return join(',', map { $_->[0] } @values) . ':' . join '', map
	{
		my ($type, $value) = @$_;
		$value = unpack('H*', $value) if defined $value && $type != $text && $type != $jsonb;
		defined $value ? length($value) . ":$value" : '-'
	} @values;
}
my $who = [ $texts, pack('N5', 1, 1, $text, 4, 1) . join '', map { defined $_ ? pack('N', length $_) . $_ : pack('N', 0xFFFFFFFF) } 'svc', 'svc', undef, 'x' ];
my $by_name = sub { my ($twin, $arguments, $role) = @_; return says('own', "\\set VERBOSITY verbose\nSELECT s2t_shard.call('$twin', '$arguments')", $role) };
my $version = says('own', 'SELECT s2t.s2t_version()');
my $bad = qr/22P03: +invalid packed values/;
is($by_name->('s2t_version', packed($who)), packed([ $text, $version ], [ $jsonb, undef ]), 'one by its name');
like($by_name->('s2t_set_password', packed([ $uuid, undef ], [ $text, 'h' ], $who)), qr/^16,3802:-\d+:\{.*"sqlstate": "22023"/, 'an error is a value');
like($by_name->('s2t_set_password', packed([ $uuid, "\0" x 16 ], [ $text, '-:1:é"\\' ], $who)), qr/"sqlstate": "P0002"/, 'whatever is in a text');
like($by_name->('no_such', packed($who)), qr/42883: +extension s2t_shard has no twin no_such/, 'none of that name');
like($by_name->('s2t_version', packed([ $text, 'x' ], $who)), qr/42883: /, 'none with these arguments');
like($by_name->('sp_list_plans', packed($who)), qr/42809: +sp_list_plans\(\) is no twin that returns one row/, 'not one that returns rows');
says('own', "CREATE FUNCTION s2t_shard.mine(text[]) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb'");
like($by_name->('mine', packed($who)), qr/42809: +mine\(\) is no twin/, 'nor another function');
my $set_password = "SELECT left(s2t_shard.call('s2t_set_password', '" . packed([ $uuid, undef ], [ $text, 'h' ], $who) . "'), 8)";
like(says('own', qq{
	BEGIN;
	$set_password;
	CREATE OR REPLACE FUNCTION s2t_shard.s2t_set_password(in_user_id uuid, in_hashed_pass text, in_caller text[], OUT result boolean, OUT s2t_problem jsonb)
	LANGUAGE sql AS 'SELECT NULL::boolean, NULL::jsonb WHERE false';
	$set_password}), qr/^16,3802:.*s2t_set_password\(\) is no twin that returns one row/s, 'nor one that was a twin when it was called before');
says('own', 'GRANT USAGE ON SCHEMA s2t_shard TO helper; GRANT EXECUTE ON FUNCTION s2t_shard.call(text, text) TO helper');
like($by_name->('s2t_version', packed($who), 'helper'), qr/42501: +permission denied for function s2t_version/, 'nor one that the caller may not execute');
like($by_name->('s2t_version', $_), $bad, "no packed values: '$_'") foreach
  '', '1009', '1009:', '1009,:-', 'a:-', '4294967296:-', '00000000001009:-', '1009:5:', '1009:1', '1009:-1', packed($who) . '-', '1009:99999999999:', join(',', (25) x 200) . ':';
like($by_name->('s2t_version', '1009:3:abc'), qr/22023: +invalid hexadecimal/, 'a digit is missing');
like($by_name->('s2t_set_password', '2950,25,1009:-1:é-'), qr/22021: /, 'half a character');
is(says('own', q{
	SELECT setseed(0.5);
	DO $$
	DECLARE
		good  CONSTANT text := '} . packed([ $uuid, "\0" x 16 ], [ $text, 'words' ], $who) . q{';
		words text;
		done  integer := 0;
	BEGIN
		FOR i IN 1 .. 5000 LOOP
			words := good;
			FOR n IN 0 .. floor(random() * 3)::integer LOOP
				words := overlay(words PLACING chr(32 + floor(random() * 95)::integer) FROM 1 + floor(random() * length(words))::integer FOR floor(random() * 3)::integer);
			END LOOP;
			BEGIN
				PERFORM s2t_shard.call('s2t_set_password', CASE WHEN random() < 0.2 THEN left(words, floor(random() * length(words))::integer) ELSE words END);
				done := done + 1;
			EXCEPTION WHEN OTHERS THEN
				IF SQLSTATE NOT IN ('08P01', '22P03', '22023', '42883', '42804', '22021', '22003', '2202E', '54000') THEN
					RAISE EXCEPTION '% % %', SQLSTATE, SQLERRM, words;
				END IF;
			END;
		END LOOP;
		IF done NOT BETWEEN 50 AND 4900 THEN RAISE EXCEPTION 'done: %', done; END IF;
	END $$}), '', 'whatever else it is');

# One that is called without a plan, when its routine is replaced, and when the right to call it is gone.
is(says('own', qq{
	SET client_min_messages = warning;
	SELECT count(result) FROM generate_series(1, 3), LATERAL s2t_shard.s2t_version($caller);
	ALTER EXTENSION s2t DROP FUNCTION s2t.s2t_version();
	DROP FUNCTION s2t.s2t_version();
	CREATE FUNCTION s2t.s2t_version() RETURNS text LANGUAGE sql AS 'SELECT \$\$other\$\$';
	SELECT result FROM s2t_shard.s2t_version($caller);
	SELECT count(s2t_problem) FROM generate_series(1, 3), LATERAL s2t_shard.sp_get_user_stats('00000000-0000-0000-0000-000000000000', $caller);
	REVOKE ALL ON FUNCTION s2t.sp_get_user_stats(uuid) FROM svc;
	SELECT DISTINCT s2t_problem ->> 'sqlstate' FROM generate_series(1, 3), LATERAL s2t_shard.sp_get_user_stats(gen_random_uuid(), $caller)}),
	"3\nother\n0\n42501", 'another routine, and none that may not be called');

unlike(slurp_file($node->logfile), qr/terminated by signal/, 'no process was lost');
$node->stop;
done_testing();
