# Tables of an application that was there first: adopted with every row, column and trigger, or
# refused with a message that says what to do.
#
# Part of `make test`; alone, with the extension installed and not as root:
#   PG=$(dirname $(pg_config --pgxs))/../.. PATH=$(pg_config --bindir):$PATH T=$(mktemp -d) \
#   PERL5LIB=$PG/src/test/perl PG_REGRESS=$PG/src/test/regress/pg_regress TESTDIR=$T TESTDATADIR=$T TESTLOGDIR=$T/log \
#   prove -v test/t/001_adoption.pl

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('adoption');
$node->init;
$node->start;

# What an application of the document has: surrogate keys, varchar, columns in another order and of
# its own, one of them NOT NULL, indexes and a trigger of its own, no running totals.
my $application = q{
CREATE TABLE plans (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(100) NOT NULL,
    code varchar(50) NOT NULL UNIQUE,
    monthly_usage_limit int,
    monthly_minutes int,
    plan_type varchar(20) NOT NULL DEFAULT 'free',
    plan_cost int NOT NULL DEFAULT 0,
    plan_discount int NOT NULL DEFAULT 0,
    is_active boolean NOT NULL DEFAULT true,
    description text,
    created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    locale varchar(10) NOT NULL DEFAULT 'vi_VN',
    user_name varchar(64) NOT NULL UNIQUE,
    email varchar(255) NOT NULL UNIQUE,
    password_hash varchar(255) NOT NULL,
    verified boolean NOT NULL DEFAULT false,
    role varchar(20) NOT NULL DEFAULT 'user',
    status varchar(20) NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE user_profiles (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    avatar_url text,
    name varchar(100));
CREATE TABLE user_subscriptions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    cycle_end timestamptz NOT NULL,
    cycle_start timestamptz NOT NULL,
    used_seconds int NOT NULL DEFAULT 0,
    usage_count int NOT NULL DEFAULT 0,
    auto_renew boolean NOT NULL DEFAULT true,
    plan_id uuid NOT NULL REFERENCES plans (id),
    user_id uuid NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE);
CREATE TABLE recordings (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    source varchar(32) NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    status varchar(16) NOT NULL,
    priority int NOT NULL DEFAULT 5,
    language varchar(8) NOT NULL DEFAULT 'vi',
    duration_ms int NOT NULL DEFAULT 0,
    completed_at timestamptz,
    meta jsonb NOT NULL DEFAULT '{}');
CREATE INDEX idx_recordings_cleanup ON recordings (created_at, status) WHERE status = 'done';
CREATE TABLE segments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    text text NOT NULL,
    end_ms int NOT NULL,
    start_ms int NOT NULL,
    idx int NOT NULL,
    recording_id uuid NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    speaker varchar(20) DEFAULT 'unknown',
    UNIQUE (recording_id, idx));
CREATE TABLE recording_log (recording_id uuid, status text);
CREATE FUNCTION log_recording() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO recording_log VALUES (NEW.id, NEW.status);
    RETURN NULL;
END $$;
CREATE TRIGGER recordings_log AFTER INSERT OR UPDATE ON recordings
    FOR EACH ROW EXECUTE FUNCTION log_recording();
CREATE FUNCTION count_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE user_subscriptions SET usage_count = usage_count + 1 WHERE user_id = NEW.user_id;
    RETURN NEW;
END $$;
CREATE TRIGGER count_usage AFTER INSERT ON recordings FOR EACH ROW EXECUTE FUNCTION count_usage();
ALTER TABLE recordings DISABLE TRIGGER count_usage;

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit)
VALUES ('FREE', 'Free Plan', 30, 10), ('PREMIUM', 'Premium Plan', 1500, 500);
INSERT INTO users (email, user_name, password_hash)
SELECT format('user%s@example.com', n), format('user%s', n), 'hash' FROM generate_series(1, 3) AS n;
INSERT INTO user_profiles (user_id, name) SELECT id, upper(user_name) FROM users;
INSERT INTO user_subscriptions (user_id, plan_id, cycle_start, cycle_end, usage_count, used_seconds)
SELECT u.id, p.id, date_trunc('month', now(), 'UTC'), date_trunc('month', now(), 'UTC') + interval '1 month', 4, 99
  FROM users AS u, plans AS p WHERE p.code = 'FREE';
INSERT INTO recordings (id, user_id, source, status, duration_ms, created_at)
SELECT gen_random_uuid(), u.id, 'upload', 'done', 1000 * n, now() - n * interval '40 days'
  FROM users AS u, generate_series(1, 4) AS n;
INSERT INTO segments (recording_id, idx, start_ms, end_ms, text)
SELECT r.id, n, n, n + 1, 'text ' || n FROM recordings AS r, generate_series(0, r.duration_ms / 500) AS n;
};

# The application's own columns of every table, and how many rows.
my $fingerprint = q{
SELECT 'plans', count(*), md5(string_agg((id, name, code, monthly_usage_limit, monthly_minutes, plan_type, created_at)::text, ';' ORDER BY id)) FROM plans
UNION ALL
SELECT 'users', count(*), md5(string_agg((id, locale, user_name, email, password_hash, verified, role, status, created_at)::text, ';' ORDER BY id)) FROM users
UNION ALL
SELECT 'user_profiles', count(*), md5(string_agg((id, user_id, avatar_url, name)::text, ';' ORDER BY id)) FROM user_profiles
UNION ALL
SELECT 'user_subscriptions', count(*), md5(string_agg((id, cycle_end, cycle_start, used_seconds, usage_count, auto_renew, plan_id, user_id)::text, ';' ORDER BY id)) FROM user_subscriptions
UNION ALL
SELECT 'recordings', count(*), md5(string_agg((id, created_at, source, user_id, status, priority, language, duration_ms, completed_at, meta)::text, ';' ORDER BY id)) FROM recordings
UNION ALL
SELECT 'segments', count(*), md5(string_agg((id, text, end_ms, start_ms, idx, recording_id, speaker)::text, ';' ORDER BY id)) FROM segments
UNION ALL
SELECT 'recording_log', count(*), NULL FROM recording_log;
};

# Counters that a recount contradicts.
my $miscounted = q{
SELECT (SELECT count(*) FROM recordings AS r
         WHERE r.segment_count IS DISTINCT FROM (SELECT count(*) FROM segments AS s WHERE s.recording_id = r.id))
     + (SELECT count(*) FROM user_subscriptions AS s
         WHERE ((s.total_recordings, s.total_duration_ms, s.total_segments) =
                (SELECT count(*), coalesce(sum(r.duration_ms), 0), coalesce(sum(r.segment_count), 0)
                   FROM recordings AS r WHERE r.user_id = s.user_id)) IS NOT TRUE);
};

my $members = q{
SELECT count(*) FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid
 WHERE d.refclassid = 'pg_extension'::regclass AND e.extname = 's2t' AND d.deptype = 'e'
   AND (d.classid = 'pg_class'::regclass AND d.objid IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'S'))
        OR d.classid = 'pg_type'::regclass
           AND d.objid IN (SELECT t.oid FROM pg_type AS t JOIN pg_class AS c ON c.oid = t.typrelid WHERE c.relkind = 'r'));
};

my $n = 0;

# A new database in which $sql was run; its name.
sub database
{
	my ($sql) = @_;
	my $name = 'adoption' . ++$n;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, $sql) if $sql;
	return $name;
}

# $sql fails in $database, and says what all of @complaints look for.
sub fails_like
{
	my ($database, $sql, $name, @complaints) = @_;
	my ($status, $stdout, $stderr) = $node->psql($database, "\\set VERBOSITY verbose\n$sql");
	isnt($status, 0, "$name: refused");
	like($stderr, $_, "$name: $_") for @complaints;
	return;
}

my ($db, $stdout, $stderr, $before);

#
# Adoption
#
$db = database($application);
$before = $node->safe_psql($db, $fingerprint);

$node->safe_psql($db, 'ALTER TABLE recordings ENABLE TRIGGER count_usage');
$node->psql($db, 'CREATE EXTENSION s2t', stderr => \$stderr, on_error_die => 1);
like($stderr, qr/WARNING:  table "public.recordings" has trigger "recordings_log", which is not the extension's/, 'a trigger found there is told of');
like($stderr, qr/WARNING:  table "public.recordings" has trigger "count_usage", which moves usage_count by itself
HINT:  They are counted twice unless you drop it: DROP TRIGGER count_usage ON public.recordings;/, 'one that counts by itself with the statement against it');
# Each version's script looks at what it adds to.
my %warnings = map { $_ => 1 } $stderr =~ /WARNING:.*/g;
is(scalar keys %warnings, 2, 'and of nothing else');
is($node->safe_psql($db, q{SELECT check_name, object FROM s2t_doctor() WHERE check_name = 'counting_trigger'}), 'counting_trigger|trigger recordings.count_usage',
	'and by the doctor');
my ($drop) = $node->safe_psql($db, q{SELECT remedy FROM s2t_doctor() WHERE check_name = 'counting_trigger'}) =~ /^(DROP TRIGGER .*?;)/;
$node->safe_psql($db, $drop);
is($node->safe_psql($db, q{SELECT string_agg(DISTINCT check_name, ' ') FROM s2t_doctor()}), '', 'nothing else is wrong');

is($node->safe_psql($db, $fingerprint), $before, 'no row changed');
is($node->safe_psql($db, $miscounted), '0', 'totals equal a recount');
is($node->safe_psql($db, 'SELECT sum(total_recordings), sum(total_duration_ms), sum(total_segments) FROM user_subscriptions'),
	'12|30000|72', 'totals of what was there');
is($node->safe_psql($db, 'SELECT count(*) FROM s2t_install()'), '0', 'a second run finds nothing to do');
is($node->safe_psql($db, $members), '0', 'no table is a member of the extension');
is( $node->safe_psql($db, q{
	SELECT conrelid::regclass::text, contype::text, count(*) FROM pg_constraint
	 WHERE conrelid IN ('recordings'::regclass, 'user_subscriptions'::regclass, 'segments'::regclass, 'user_profiles'::regclass)
	   AND contype IN ('p', 'u', 'f') GROUP BY 1, 2 ORDER BY 1, 2}),
	join("\n", 'recordings|f|1', 'recordings|p|1', 'segments|f|1', 'segments|p|1', 'segments|u|1',
		'user_profiles|f|1', 'user_profiles|p|1', 'user_profiles|u|1',
		'user_subscriptions|f|2', 'user_subscriptions|p|1', 'user_subscriptions|u|1'),
	'keys that serve as well are not made again');
like($node->safe_psql($db, q{INSERT INTO recordings (user_id, source, status) SELECT id, 'x', 'failed' FROM users WHERE user_name = 'user1' RETURNING id}),
	qr/^[0-9a-f]{8}-[0-9a-f]{4}-7/m, 'an id column without a default got one');

#
# Every procedure on adopted tables
#
$node->safe_psql($db, q{CALL sp_register_user('an@example.com', 'an', 'hash', 'An', 'FREE')});
like($node->safe_psql($db, q{SELECT s2t_register_user('binh@example.com', 'binh', 'hash', NULL, 'FREE')}),
	qr/^[0-9a-f]{8}-[0-9a-f]{4}-7/, 's2t_register_user');
is( $node->safe_psql($db, q{
	SELECT u.locale, p.name, s.auto_renew, s.usage_count, s.total_recordings, p.id IS NOT NULL, s.id IS NOT NULL
	  FROM users AS u JOIN user_profiles AS p ON p.user_id = u.id JOIN user_subscriptions AS s ON s.user_id = u.id
	 WHERE u.email = 'an@example.com'}),
	'vi_VN|An|t|0|0|t|t', 'sp_register_user; columns of the application have their defaults');

my $an = $node->safe_psql($db, q{SELECT id FROM users WHERE user_name = 'an'});
my ($first, $second) = map {
	$node->safe_psql($db, "SELECT recording_id FROM sp_check_quota_and_create_recording('$an', 'realtime') WHERE quota_ok")
} 1 .. 2;
like($first, qr/^[0-9a-f]{8}-[0-9a-f]{4}-7/, 'sp_check_quota_and_create_recording');

$node->safe_psql($db, qq{
	CALL sp_complete_recording('$first', 61000,
	     '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "xin"}, {"idx": 1, "start_ms": 1000, "end_ms": 2000, "text": "chào"}]')});
is($node->safe_psql($db, "SELECT idx, start_ms, end_ms, text, speaker, id IS NOT NULL FROM segments WHERE recording_id = '$first' ORDER BY idx"),
	"0|0|1000|xin|unknown|t\n1|1000|2000|chào|unknown|t", 'sp_complete_recording: segments');
is($node->safe_psql($db, "SELECT status, duration_ms, priority, segment_count, completed_at IS NOT NULL FROM recordings WHERE id = '$first'"),
	'done|61000|5|2|t', 'sp_complete_recording: recording');
# Where there is such a trigger, counting is left to triggers: they update the row for themselves.
is($node->safe_psql($db, "SELECT string_agg(status, ' ') FROM recording_log WHERE recording_id = '$first'"),
	'processing processing done', 'the trigger of the application sees what the procedures do');

$node->safe_psql($db, "CALL sp_fail_recording('$second', 'the engine gave up')");
is($node->safe_psql($db, "SELECT status, error FROM recordings WHERE id = '$second'"), 'failed|the engine gave up', 'sp_fail_recording');

is($node->safe_psql($db, "SELECT * FROM sp_get_user_stats('$an')"), '2|1.02|2|1|61|10.00|3.39', 'sp_get_user_stats');

is($node->safe_psql($db, "CALL sp_change_user_plan('$an', 'PREMIUM', true)"), 't|plan changed from "FREE" to "PREMIUM"', 'sp_change_user_plan');
is($node->safe_psql($db, "SELECT plan_code, usage_count, used_seconds, reason FROM usage_cycles WHERE user_id = '$an'"),
	'FREE|1|61|prorate', 'sp_change_user_plan: the cycle is closed');

$node->safe_psql($db, q{
	UPDATE user_subscriptions SET cycle_start = cycle_start - interval '2 months', cycle_end = cycle_end - interval '2 months'
	 WHERE user_id = (SELECT id FROM users WHERE user_name = 'user1')});
$node->safe_psql($db, 'CALL sp_reset_monthly_cycles()');
is( $node->safe_psql($db, q{
	SELECT c.plan_code, c.usage_count, c.used_seconds, c.reason, s.usage_count, s.used_seconds, s.cycle_end > now()
	  FROM usage_cycles AS c JOIN users AS u ON u.id = c.user_id JOIN user_subscriptions AS s ON s.user_id = u.id
	 WHERE u.user_name = 'user1'}),
	'FREE|4|99|rollover|0|0|t', 'sp_reset_monthly_cycles');

is($node->safe_psql($db, 'SELECT * FROM sp_cleanup_old_recordings(130, 2)'), '2|18', 'sp_cleanup_old_recordings');
is($node->safe_psql($db, 'CALL sp_purge_old_recordings(90, 2)'), '4|30', 'sp_purge_old_recordings');
is($node->safe_psql($db, 'SELECT count(*) FROM recordings'), '9', 'only old recordings are gone');
is($node->safe_psql($db, $miscounted), '0', 'totals equal a recount after all of them');

#
# The extension goes and comes back
#
$before = $node->safe_psql($db, $fingerprint);
fails_like($db, 'DROP EXTENSION s2t', 'DROP EXTENSION', qr/2BP01/, qr/trigger s2t_count_insert on table recordings depends/);
$node->safe_psql($db, 'SET client_min_messages = warning; DROP EXTENSION s2t CASCADE');
is($node->safe_psql($db, $fingerprint), $before, 'DROP EXTENSION CASCADE keeps every row');
is($node->safe_psql($db, q{SELECT count(*) FROM pg_trigger WHERE tgname LIKE 's2t%'}), '0', 'and takes the triggers');

$node->safe_psql($db, q{
	INSERT INTO recordings (user_id, source, duration_ms) SELECT id, 'direct', 500 FROM users;
	DELETE FROM segments WHERE idx = 1;
	INSERT INTO segments (recording_id, idx, start_ms, end_ms, text)
	SELECT id, 0, 0, 1, 'direct' FROM recordings WHERE source = 'direct'});
isnt($node->safe_psql($db, $miscounted), '0', 'without the extension nobody counts');
my $logged = $node->safe_psql($db, 'SELECT count(*) FROM recording_log');
$node->safe_psql($db, 'CREATE EXTENSION s2t');
is($node->safe_psql($db, $miscounted), '0', 'CREATE EXTENSION counts again');
is($node->safe_psql($db, 'SELECT count(*) FROM recording_log'), $logged, 'counting again is no event for triggers');
is($node->safe_psql($db, 'SELECT count(*) FROM s2t_install()'), '0', 'and nothing is left to do');
is($node->safe_psql($db, $members), '0', 'and no table is a member');

# Direct statements, counted from here on.
$node->safe_psql($db, q{
	DELETE FROM segments WHERE text = 'direct' AND recording_id IN (SELECT recording_id FROM segments ORDER BY recording_id LIMIT 5);
	UPDATE recordings SET user_id = (SELECT id FROM users WHERE user_name = 'binh') WHERE source = 'direct';
	DELETE FROM users WHERE user_name = 'user2'});
is($node->safe_psql($db, $miscounted), '0', 'direct statements are counted');

#
# What s2t_install() says, piece by piece
#
$db = database('CREATE EXTENSION s2t');
$node->safe_psql($db, q{
	CALL sp_seed_plans();
	SELECT s2t_register_user('an@example.com', 'an', 'hash', 'An', 'FREE');
	INSERT INTO recordings (user_id, source) SELECT id, 'x' FROM users;
	INSERT INTO segments SELECT id, 0, 0, 1, 'x' FROM recordings;
	ALTER TABLE recordings DROP COLUMN segment_count;
	ALTER TABLE recordings ALTER COLUMN id DROP DEFAULT;
	ALTER TABLE segments DROP CONSTRAINT segments_idx_check;
	ALTER TABLE segments DISABLE TRIGGER USER;
	UPDATE segments SET idx = -1;
	ALTER TABLE segments ENABLE TRIGGER USER;
	DROP INDEX recordings_user_id_id_idx;
	DROP TRIGGER s2t_count_truncate ON segments;
	DROP TABLE usage_cycles});
($stdout, $stderr) = ('', '');
$node->psql($db, 'SELECT * FROM s2t_install()', stdout => \$stdout, stderr => \$stderr, on_error_die => 1);
is( $stdout,
	join("\n",
		'table usage_cycles|created',
		'table recordings|adopted', 'table segments|adopted',
		'column recordings.segment_count|added', 'column recordings.id|default added',
		'table recordings|recounted', 'table user_subscriptions|recounted',
		'check (segment_count) of recordings|added', 'index (user_id, id) of recordings|added',
		'check (idx) of segments|not validated: existing rows violate it',
		'trigger segments.s2t_count_truncate|added'),
	'a row for each thing done');
like($stderr, qr/WARNING:  check \(idx\) of segments holds for new rows only/, 'a warning for rows that violate a CHECK');
is($node->safe_psql($db, $members), '0', 'a table made later is no member');
is($node->safe_psql($db, $miscounted), '0', 'totals equal a recount');
is($node->safe_psql($db, 'SELECT count(*) FROM s2t_install()'), '0', 'a second run finds nothing to do');
$node->safe_psql($db, q{
	ALTER TABLE user_profiles DROP CONSTRAINT user_profiles_user_id_fkey,
		ADD FOREIGN KEY (user_id) REFERENCES users (id)});
like($node->safe_psql($db, 'SELECT * FROM s2t_install()'),
	qr/^foreign key user_profiles.user_profiles_user_id_fkey\|warning: .* does not delete rows/, 'a foreign key that does not cascade');

# A temporary table of a known name is nobody's business.
is( $node->safe_psql($db, q{
	CREATE TEMP TABLE users (nothing int);
	CREATE TEMP TABLE audit (LIKE recordings);
	SET search_path = pg_temp, public;
	SELECT count(*) FROM s2t_install() WHERE object NOT LIKE 'foreign key%';
	SELECT count(*) FROM pg_attribute WHERE attrelid = 'pg_temp.users'::regclass AND attnum > 0}),
	"0\n1", 'a temporary table is not touched');

#
# Refusals
#
$node->safe_psql('postgres', 'CREATE ROLE app_owner');
fails_like(database('CREATE TABLE users (id uuid); ALTER TABLE users OWNER TO app_owner'), 'CREATE EXTENSION s2t', 'wrong owner',
	qr/42501: table "public.users" belongs to role "app_owner"/, qr/HINT:  ALTER TABLE public.users OWNER TO /);
$db = database('CREATE TABLE users (id uuid); CREATE TABLE segments (id int); ALTER TABLE users OWNER TO app_owner; ALTER TABLE segments OWNER TO app_owner');
fails_like($db, 'CREATE EXTENSION s2t', 'wrong owner of several tables',
	qr/42501: table "public.users" belongs to role "app_owner", not to "\w+", and so do "public.segments"/,
	qr/HINT:  ALTER TABLE public.users OWNER TO \w+; ALTER TABLE public.segments OWNER TO \w+; or, .*CALL public.s2t_set_owner/);
$db = database('CREATE EXTENSION s2t; CREATE ROLE other; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO other; CREATE ROLE other_admin SUPERUSER');
fails_like($db, 'SET ROLE other; SELECT * FROM s2t_install()', 's2t_install() by another role',
	qr/42501: must be owner of extension s2t/, qr/HINT:  Use SET ROLE /);
is($node->safe_psql($db, 'DROP TABLE audit_log; SET ROLE other_admin; SELECT object FROM s2t_install()'), 'table audit_log', 'another superuser may');
is($node->safe_psql($db, q{SELECT count(DISTINCT relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'}), '1', 'and makes the owner\'s tables');
fails_like(database('CREATE TABLE recordings (id bigint)'), 'CREATE EXTENSION s2t', 'unusable type',
	qr/42804: column "id" of table "public.recordings" has type bigint, not uuid/,
	qr/HINT:  ALTER TABLE public.recordings ALTER COLUMN id TYPE uuid USING id::uuid;/);
fails_like(database('CREATE TABLE users (created_at timestamp)'), 'CREATE EXTENSION s2t', 'no time zone',
	qr/42804: column "created_at" of table "public.users" has type timestamp without time zone/, qr/USING created_at AT TIME ZONE 'UTC';/);
fails_like(database('CREATE TABLE segments (recording_id uuid) PARTITION BY HASH (recording_id)'), 'CREATE EXTENSION s2t', 'partitioned table',
	qr/42809: "public.segments" is not an ordinary table/);
fails_like(database('CREATE VIEW plans AS SELECT 1 AS id'), 'CREATE EXTENSION s2t', 'view in the way',
	qr/42809: "public.plans" is not an ordinary table/);
fails_like(database(q{CREATE TABLE users (id uuid PRIMARY KEY, email text); INSERT INTO users VALUES (gen_random_uuid(), 'a')}),
	'CREATE EXTENSION s2t', 'rows without a value',
	qr/23502: column users.password_hash cannot be added/, qr/HINT:  Add the column, give every row a value/);
fails_like(database(q{CREATE TABLE users (id uuid PRIMARY KEY, email text, password_hash text, user_name text);
	INSERT INTO users SELECT gen_random_uuid(), e, 'h', e FROM unnest('{an,AN}'::text[]) AS e}),
	'CREATE EXTENSION s2t', 'addresses that differ in case only',
	qr/23505: unique index \(lower\(email\)\) of users cannot be added/, qr/Key \(lower\(email\)\)=\(an\) is duplicated/);
fails_like(database('CREATE PROCEDURE sp_register_user(text) LANGUAGE sql AS $$ $$'), 'CREATE EXTENSION s2t', 'procedures of the application',
	qr/42723: schema "public" already has routines/, qr/DETAIL:  public\.sp_register_user\(text\)/, qr/HINT:  Drop them/);

# Refused means untouched.
$db = database($application . 'ALTER TABLE segments ALTER COLUMN idx TYPE bigint');
$before = $node->safe_psql($db, $fingerprint);
fails_like($db, 'CREATE EXTENSION s2t', 'one unusable column', qr/42804: column "idx"/);
is($node->safe_psql($db, $fingerprint), $before, 'a refusal leaves everything as it was');
is($node->safe_psql($db, q{SELECT count(*) FROM pg_attribute WHERE attname IN ('segment_count', 'total_recordings')}), '0', 'and adds nothing');

# A table taken out of a procedure's hands is named, with the remedy.
$db = database('CREATE EXTENSION s2t; ALTER TABLE user_subscriptions DROP COLUMN total_segments');
fails_like($db, q{SELECT * FROM sp_get_user_stats('00000000-0000-7000-8000-000000000000')}, 'missing column',
	qr/42703: .*total_segments/, qr/HINT: .*s2t_install\(\)/);

$node->stop;
done_testing();
