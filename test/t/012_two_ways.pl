# Version NEW at once, or by way of every version before it: the same catalog, all of it.
#
# Part of `make test`; alone: as 007_upgrade.pl.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::Bin/../..";
my ($default) = slurp_file("$root/s2t.control") =~ /^default_version = '(.*)'$/m;

# The columns of a catalog that are the database's own numbers are left out of a row ...
my $numbers = q{ - '{oid,objid,relfilenode,reltype,reltoastrelid,relfrozenxid,relminmxid,relpages,reltuples,relallvisible,relallfrozen,tgoid,conindid,tgrelid,tgfoid,tgconstrindid,tgconstraint,tgparentid,conrelid,confrelid,conparentid,indrelid,indexrelid,attrelid,adrelid,ev_class,typrelid,typarray,typelem,typnamespace,pronamespace,relnamespace,connamespace,tgconstrrelid}'::text[]};
# ... and those that are numbers of objects which both ways have alike stay: types, roles, operators, languages.

# name => what of it is compared. The schema is public; the rows say which object they are of.
my %catalog = (
	'extension' => q{SELECT to_jsonb(e) } . $numbers . q{ FROM pg_extension AS e WHERE extname = 's2t'},
	'membership' => q{SELECT i.type, i.identity FROM member AS m, LATERAL pg_identify_object(m.classid, m.objid, 0) AS i},
	'routines, with their settings, bodies, owners and rights' => q{SELECT p.oid::regprocedure, to_jsonb(p) - '{proargdefaults,prosqlbody}'::text[] } . $numbers . q{, pg_get_functiondef(p.oid) FROM pg_proc AS p WHERE pronamespace = 'public'::regnamespace},
	'relations' => q{SELECT c.oid::regclass, to_jsonb(c) } . $numbers . q{, CASE WHEN relkind = 'v' THEN pg_get_viewdef(c.oid) END FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace},
	# What an added column is in rows that are older is not stored where there were none.
	'columns' => q{SELECT attrelid::regclass, to_jsonb(a) - '{atttypid,atthasmissing,attmissingval}'::text[] } . $numbers . q{, format_type(atttypid, atttypmod), pg_get_expr(adbin, adrelid)
	  FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON adrelid = attrelid AND adnum = attnum WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)},
	'indexes' => q{SELECT indexrelid::regclass, to_jsonb(i) - '{indexprs,indpred}'::text[] } . $numbers . q{, pg_get_indexdef(indexrelid) FROM pg_index AS i WHERE indexrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)},
	'constraints' => q{SELECT conrelid::regclass, confrelid::regclass, to_jsonb(c) - '{conbin}'::text[] } . $numbers . q{, pg_get_constraintdef(oid) FROM pg_constraint AS c WHERE connamespace = 'public'::regnamespace},
	# The names of those that check a foreign key have a number in them.
	'triggers' => q{SELECT tgrelid::regclass, to_jsonb(t) - '{tgname,tgqual}'::text[] } . $numbers . q{, CASE WHEN NOT tgisinternal THEN pg_get_triggerdef(oid) END, tgfoid::regprocedure
	  FROM pg_trigger AS t WHERE tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)},
	'types' => q{SELECT to_jsonb(t) } . $numbers . q{ FROM pg_type AS t WHERE typnamespace = 'public'::regnamespace},
	'comments' => q{SELECT i.type, i.identity, description FROM pg_description AS d, LATERAL pg_identify_object(classoid, objoid, objsubid) AS i WHERE i.schema = 'public' OR i.identity LIKE '%public.%' OR i.identity = 's2t'},
	'dependencies' => q{SELECT pg_describe_object(classid, objid, objsubid), pg_describe_object(refclassid, refobjid, refobjsubid), deptype
	  FROM pg_depend AS d WHERE (classid, objid) IN (SELECT * FROM ours) OR (refclassid, refobjid) IN (SELECT * FROM ours)},
	'dependencies on roles' => q{SELECT pg_describe_object(classid, objid, objsubid), refobjid::regrole, deptype FROM pg_shdepend WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND (classid, objid) IN (SELECT * FROM ours)},
	'rights the extension began with' => q{SELECT pg_describe_object(classoid, objoid, objsubid), privtype, initprivs FROM pg_init_privs WHERE (classoid, objoid) IN (SELECT * FROM ours)},
	'what s2t_install() would do' => q{SELECT * FROM s2t_install()},
);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

sub catalog
{
	my ($database, $query) = @_;
	my $lines = $node->safe_psql($database, qq{
		WITH member AS (
			SELECT d.classid, d.objid FROM pg_depend AS d JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
			 WHERE e.extname = 's2t'
		), ours AS (
			SELECT 'pg_proc'::regclass::oid, oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace
			UNION ALL SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
			UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typnamespace = 'public'::regnamespace
			UNION ALL SELECT 'pg_constraint'::regclass, oid FROM pg_constraint WHERE connamespace = 'public'::regnamespace
			UNION ALL SELECT 'pg_trigger'::regclass, t.oid FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = tgrelid WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal
			UNION ALL SELECT 'pg_rewrite'::regclass, r.oid FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = ev_class WHERE relnamespace = 'public'::regnamespace
			UNION ALL SELECT 'pg_attrdef'::regclass, d.oid FROM pg_attrdef AS d JOIN pg_class AS c ON c.oid = adrelid WHERE relnamespace = 'public'::regnamespace
		), found AS ($query)
		SELECT row_to_json(f) FROM found AS f});
	$lines =~ s/pg_toast_\d+/pg_toast_N/g;
	# Some servers stamp every column, of any table, with a number that grows; other options are compared.
	$lines =~ s/"pg_attver=\d+"/"pg_attver=N"/g;
	$lines =~ s/(RI_ConstraintTrigger_[ac]_)\d+/$1N/g;
	return join("\n", sort split(/\n/, $lines));
}

$node->safe_psql('postgres', 'CREATE DATABASE direct');
$node->safe_psql('direct', "CREATE EXTENSION s2t VERSION '$default'");

# Every released version is a place to come from, and every step on the way is taken by itself.
my @released = map { /s2t--([\d.]+)\.sql$/ ? $1 : () } glob "$root/src/sql/released/*.sql";
push @released, map { /s2t--[\d.]+--([\d.]+)\.sql$/ ? $1 : () } glob "$root/src/sql/released/*.sql";
cmp_ok(scalar @released, '>', 1, 'there are versions to come from');
foreach my $version (@released)
{
	my $name = "from_$version" =~ s/\W/_/gr;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, "CREATE EXTENSION s2t VERSION '$version'");
	while (1)
	{
		my $next = $node->safe_psql($name, q{
			SELECT split_part(path, '--', 2) FROM pg_extension, pg_extension_update_paths('s2t')
			 WHERE extname = 's2t' AND source = extversion AND target = '} . $default . q{' AND source <> target});
		last if $next eq '';
		$node->safe_psql($name, "ALTER EXTENSION s2t UPDATE TO '$next'");
	}
	is($node->safe_psql($name, q{SELECT extversion FROM pg_extension WHERE extname = 's2t'}), $default, "$version leads to $default");
	foreach my $what (sort keys %catalog)
	{
		my ($here, $there) = map { catalog($_, $catalog{$what}) } 'direct', $name;
		isnt($here, '', "$what: there are some") unless $what =~ /^what|roles$/;
		next if ok($there eq $here, "from $version: the same $what");
		my %here = map { $_ => 1 } split /\n/, $here;
		my %there = map { $_ => 1 } split /\n/, $there;
		diag("only at once: $_") for grep { !$there{$_} } sort keys %here;
		diag("only from $version: $_") for grep { !$here{$_} } sort keys %there;
	}
}

# What was granted before an update is not taken for something that the extension began with: a dump
# would leave it out.
$node->safe_psql('postgres', 'CREATE ROLE app; CREATE DATABASE granted; CREATE DATABASE dumped');
$node->safe_psql('granted', q{CREATE EXTENSION s2t VERSION '1.1.0'; CALL s2t_grant('app', 'admin'); ALTER EXTENSION s2t UPDATE});
is($node->safe_psql('granted', q{SELECT objoid::regprocedure FROM pg_init_privs WHERE classoid = 'pg_proc'::regclass AND initprivs::text LIKE '%app=%'}), '',
	'what was granted before an update is not among the rights the extension began with');
my $rights = q{SELECT p.oid::regprocedure::text FROM pg_proc AS p WHERE pronamespace = 'public'::regnamespace AND has_function_privilege('app', p.oid, 'EXECUTE') ORDER BY 1};
my $granted = $node->safe_psql('granted', $rights);
like($granted, qr/sp_complete_recording/, 'there are rights');
my $dir = PostgreSQL::Test::Utils::tempdir;
command_ok([ 'pg_dump', '-d', $node->connstr('granted'), '-f', "$dir/granted.sql" ], 'pg_dump after the update');
command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('dumped'), '-o', '/dev/null', '-f', "$dir/granted.sql" ], 'restored');
is($node->safe_psql('dumped', $rights), $granted, 'with the rights that were granted');

$node->stop;
done_testing();
