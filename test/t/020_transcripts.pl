# Transcripts through SQL: what speech engines emit goes in, and what users download comes out, read
# by a real player's parser (ffmpeg).
#
# Part of `make test`; alone: see 002_dump_restore.pl. Real transcripts of engines are taken from
# the folder that S2T_SAMPLES names, if there is one.

use strict;
use warnings;
use utf8;

use Cwd qw(abs_path);
use Encode qw(decode encode);
use File::Basename;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $fixtures = abs_path(dirname(__FILE__) . '/../fixtures/transcripts');
my $samples = $ENV{S2T_SAMPLES} // dirname(__FILE__) . '/../../../shared/samples';
my $ffmpeg = grep { -x "$_/ffmpeg" } split /:/, $ENV{PATH};

my $node = PostgreSQL::Test::Cluster->new('transcripts');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "client_min_messages = warning\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION s2t');
$node->safe_psql('postgres', 'CALL sp_seed_plans()');

my $dir = PostgreSQL::Test::Utils::tempdir;

# The parser and validator of WebVTT by the W3C, if npm can bring it.
my $validator;
if ((grep { -x "$_/npm" } split /:/, $ENV{PATH}) && (grep { -x "$_/node" } split /:/, $ENV{PATH}))
{
	my $installed = "$dir/npm";
	mkdir $installed;
	system("npm install --silent --no-audit --no-fund --prefix '$installed' webvtt-parser\@2.2.0 >'$dir/npm.log' 2>&1");
	if (-d "$installed/node_modules/webvtt-parser")
	{
		$validator = "$dir/validate.js";
		open my $script, '>', $validator or die $!;
		print $script <<"JS";
const { WebVTTParser } = require("$installed/node_modules/webvtt-parser");
const entities = require("$installed/node_modules/webvtt-parser/html-entities.json");
const text = require("fs").readFileSync(process.argv[2], "utf8");
const { cues, errors } = new WebVTTParser(entities).parse(text, "subtitles");
console.log(JSON.stringify({ cues: cues.length, errors: errors.map((e) => e.line + ": " + e.message) }));
JS
		close $script;
	}
}
my $user = sql(q{SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'ENTERPRISE')});

# The value of a query, as characters.
sub sql
{
	my ($query, $database) = @_;
	return decode('UTF-8', $node->safe_psql($database // 'postgres', encode('UTF-8', $query)));
}

# Rows of a query, as references to hashes.
sub rows
{
	my ($query) = @_;
	my $json = sql("SELECT coalesce(json_agg(q), '[]') FROM ($query) AS q");
	return JSON::PP->new->decode($json);
}

sub new_recording
{
	return sql(qq{SELECT recording_id FROM sp_check_quota_and_create_recording('$user', 'upload', 'vi')});
}

sub read_file
{
	my ($path) = @_;
	open my $file, '<:raw', $path or die "$path: $!";
	local $/;
	return <$file>;
}

sub without_blanks
{
	my ($text) = @_;
	$text =~ s/[\s\x{2060}]+//g;
	return $text;
}

# The SQLSTATE that a query fails with.
sub sqlstate
{
	my ($query, $database) = @_;
	my ($status, $out, $err) = $node->psql($database // 'postgres', "\\set VERBOSITY sqlstate\n" . encode('UTF-8', $query));
	return $err =~ /ERROR:\s+([0-9A-Z]{5})/ ? $1 : 'none';
}

# What ffmpeg makes of a file of subtitles: references to hashes of start, end, text.
sub cues_of
{
	my ($format, $content) = @_;
	my $in = "$dir/in.$format";
	open my $file, '>:encoding(UTF-8)', $in or die $!;
	print $file $content;
	close $file;
	my ($out, $err) = run_command([ 'ffmpeg', '-v', 'warning', '-f', $format eq 'vtt' ? 'webvtt' : $format, '-i', $in, '-f', 'srt', '-' ]);
	is($err, '', "ffmpeg has nothing to say about the $format");
	my @cues;
	for my $block (split /\n\n+/, decode('UTF-8', $out))
	{
		$block =~ /\A\d+\n(\d+):(\d\d):(\d\d),(\d{3}) --> (\d+):(\d\d):(\d\d),(\d{3})\n(.*)\z/s or die "not a cue: $block";
		push @cues, { start => (($1 * 60 + $2) * 60 + $3) * 1000 + $4, end => (($5 * 60 + $6) * 60 + $7) * 1000 + $8, text => $9 };
	}
	return \@cues;
}

# Whether the W3C's parser takes a file of WebVTT, of so many cues, for a good one.
sub check_validity
{
	my ($name, $content, $count) = @_;
  SKIP:
	{
		skip 'no webvtt-parser', 1 unless defined $validator;
		my $path = "$dir/in.vtt";
		open my $file, '>:encoding(UTF-8)', $path or die $!;
		print $file $content;
		close $file;
		my ($out, $err) = run_command([ 'node', $validator, $path ]);
		is_deeply(eval { JSON::PP->new->decode($out) } // $err, { cues => $count, errors => [] }, "$name: valid WebVTT");
	}
}

# What ffmpeg made of the subtitles comes in again with the same times and texts.
sub check_return
{
	my ($name, $cues) = @_;
	my $number = 0;
	my $srt = join '', map {
		my $cue = $_;
		my @times = map { sprintf '%02d:%02d:%02d,%03d', $_ / 3600000, $_ / 60000 % 60, $_ / 1000 % 60, $_ % 1000 } $cue->{start}, $cue->{end};
		++$number . "\n$times[0] --> $times[1]\n$cue->{text}\n\n";
	} @$cues;
	my $back = rows(qq{SELECT start_ms AS start, end_ms AS "end", text FROM s2t_parse_transcript(\$srt\$$srt\$srt\$, 'srt') ORDER BY idx});
	is_deeply([ map { "$_->{start}-$_->{end} " . without_blanks($_->{text}) } @$back ],
		[ map { "$_->{start}-$_->{end} " . without_blanks($_->{text}) } @$cues ], "$name: comes in again as it went out");
}

# Whether a player sees the segments in a file of subtitles.
sub check_subtitles
{
	my ($name, $id, $format) = @_;
	my $segments = rows(qq{SELECT start_ms AS start, greatest(end_ms, start_ms::bigint + 1) AS "end", text, coalesce(meta->>'speaker', '') AS speaker
	                         FROM segments WHERE recording_id = '$id' AND text ~ '[^[:space:]]' ORDER BY start_ms, idx});
	my $cues = cues_of($format, sql("SELECT sp_export_transcript('$id', '$format')"));
	is(scalar(@$cues), scalar(@$segments), "$name, $format: number of cues");
	my $wrong = 0;
	for my $i (0 .. $#$segments)
	{
		my ($segment, $cue) = ($segments->[$i], $cues->[$i] // { text => '', start => -1, end => -1 });
		my $text = without_blanks($cue->{text});
		$text =~ s/\A\Q@{[ without_blanks($segment->{speaker}) ]}\E:// if $segment->{speaker} ne '' && $format eq 'srt';
		$wrong++ if $cue->{start} != $segment->{start} || $cue->{end} != $segment->{end} || $text ne without_blanks($segment->{text});
	}
	is($wrong, 0, "$name, $format: times and texts");
	return $cues;
}

# Imports a file, exports it again in every way; the id of its recording.
sub import_and_export
{
	my ($path, $name) = @_;
	my $id = new_recording();
	my $result = rows("SELECT * FROM sp_import_transcript('$id', pg_read_file('$path'))")->[0];
	my $stored = "SELECT idx, start_ms, end_ms, text, meta FROM segments WHERE recording_id = '$id' ORDER BY idx";
	my $parsed = "SELECT * FROM s2t_parse_transcript(pg_read_file('$path')) ORDER BY idx";
	is(sql(qq{SELECT status || ' ' || duration_ms || ' ' || segment_count FROM recordings WHERE id = '$id'}),
		"done $result->{duration_ms} $result->{segments}", "$name: the recording is done");
	is_deeply(rows($parsed), rows($stored), "$name: what is parsed is what is stored");
	is_deeply(rows("SELECT * FROM sp_import_transcript('$id', pg_read_file('$path'), '$result->{format}')"), [$result], "$name: a retry changes nothing");

	my $again = qq{SELECT * FROM s2t_parse_transcript(sp_export_transcript('$id', 'json')) ORDER BY idx};
	is_deeply(rows($again), rows($stored), "$name: an export as json can be imported");
	my $second = new_recording();
	is(sql("SELECT format || ' ' || duration_ms FROM sp_import_transcript('$second', sp_export_transcript('$id', 'json'))"),
		"s2t $result->{duration_ms}", "$name: and is");
	# Exports are in the order of the numbers; this one document is not.
	is(sql(qq{SELECT a.fingerprint = b.fingerprint FROM recordings AS a, recordings AS b WHERE a.id = '$id' AND b.id = '$second'}),
		$name eq 's2t.json' ? 'f' : 't', "$name: and is the same transcript");

	my $texts = join '', map { $_->{text} } @{ rows($stored) };
	is(without_blanks(join '', map { (split /\t/, $_, 3)[2] } (split /\n/, sql("SELECT sp_export_transcript('$id', 'tsv')"))[ 1 .. $result->{segments} ]),
		without_blanks($texts), "$name: tsv has all texts");
	like(sql("SELECT sp_export_transcript('$id', 'csv')"), qr/\Aidx,start_ms,end_ms,speaker,text\r?\n0,/, "$name: csv");
	cmp_ok(length(sql("SELECT sp_export_transcript('$id')")), '>=', length($texts), "$name: txt");
  SKIP:
	{
		skip 'no ffmpeg', 8 unless $ffmpeg;
		for my $format ('srt', 'vtt')
		{
			check_return("$name, $format", check_subtitles($name, $id, $format));
		}
	}
	my $cues = sql("SELECT count(*) FROM segments WHERE recording_id = '$id' AND text ~ '[^[:space:]]'") + 0;
	check_validity($name, sql("SELECT sp_export_transcript('$id', 'vtt')"), $cues);
	check_validity("$name, words", sql(qq{SELECT sp_render_transcript('$id', 'vtt', '{"words": true}')}), $cues);
	is(sql("SELECT setting LIKE '%--with-libxml%' IS FALSE OR xml_is_well_formed_document(sp_export_transcript('$id', 'ttml')) FROM pg_config WHERE name = 'CONFIGURE'"), 't', "$name: TTML is XML");
	return $id;
}

# The text of an engine's document, put together without the code under test.
sub text_of_document
{
	my ($document) = @_;
	return join '', map { $_->{text} } @{ $document->{segments} } if exists $document->{segments};
	return $document->{text} if exists $document->{text};
	my $results = $document->{results};
	return join '', map { $_->{alternatives}[0]{content} // $_->{alternatives}[0]{transcript} } @$results if ref $results eq 'ARRAY';
	return $results->{transcripts}[0]{transcript} if exists $results->{transcripts};
	return $results->{channels}[0]{alternatives}[0]{transcript};
}

my @fixtures = sort glob "$fixtures/*.json";
cmp_ok(scalar(@fixtures), '>=', 20, 'there are fixtures');
import_and_export($_, basename($_)) for @fixtures;

SKIP:
{
	my @files = -d $samples ? sort glob abs_path($samples) . '/*.json' : ();
	skip 'no real transcripts: S2T_SAMPLES names no folder of them', 1 unless @files;
	for my $path (@files)
	{
		my $name = basename($path);
		my $id = import_and_export($path, $name);
		my $text = sql("SELECT string_agg(text, '' ORDER BY idx) FROM segments WHERE recording_id = '$id'");
		is(without_blanks($text), without_blanks(text_of_document(JSON::PP->new->utf8->decode(read_file($path)))), "$name: no word is lost");
		is(sql("SELECT count(*) FROM segments AS a JOIN segments AS b USING (recording_id) WHERE recording_id = '$id' AND b.idx = a.idx + 1 AND b.start_ms < a.start_ms"),
			0, "$name: times ascend");
	}
}

# What subtitles must take care of.
my $id = new_recording();
sql(qq{CALL sp_complete_recording('$id', 2147483647, jsonb_build_array(
	jsonb_build_object('idx', 0, 'start_ms', 359999999, 'end_ms', 360000000, 'text', E'over a hundred hours'),
	jsonb_build_object('idx', 1, 'start_ms', 0, 'end_ms', 1000, 'text', E'first in time\\n\\n\\n2\\n00:00:05,000 --> 00:00:06,000\\r\\nno cue'),
	jsonb_build_object('idx', 2, 'start_ms', 2147483647, 'end_ms', 2147483647, 'text', 'the last millisecond'),
	jsonb_build_object('idx', 3, 'start_ms', 2000, 'end_ms', 3000, 'text', E' \\n '),
	jsonb_build_object('idx', 4, 'start_ms', 3000, 'end_ms', 4000, 'text', '1 < 2 & 3 > 2 --> a line that is rather long, longer than one line of a subtitle', 'speaker', 'Lan Bo'),
	jsonb_build_object('idx', 5, 'start_ms', 4000, 'end_ms', 5000, 'text', '我们今天要讲的是一个关于记忆和睡眠的故事我们今天要讲的是一个关于记忆和睡眠的故事')))});
SKIP:
{
	skip 'no ffmpeg', 6 unless $ffmpeg;
	check_subtitles('hard cases', $id, 'srt');
	check_subtitles('hard cases', $id, 'vtt');
}
check_validity('hard cases', sql("SELECT sp_export_transcript('$id', 'vtt')"), 5);
like(sql("SELECT sp_export_transcript('$id', 'srt')"), qr/^100:00:00,000$|--> 100:00:00,000$/m, 'hours beyond 99');
like(sql("SELECT sp_export_transcript('$id', 'vtt')"), qr/^<v Lan Bo>1 &lt; 2 &amp; 3 &gt; 2 --&gt; a line that/m, 'markup is escaped');

# Keys of a segment's own in meta, which only a direct statement can put there, or a meta that is no
# object.
sql(qq{UPDATE segments SET meta = '{"idx": 7, "text": "other", "kept": true}' WHERE recording_id = '$id' AND idx = 0;
       UPDATE segments SET meta = '[1]' WHERE recording_id = '$id' AND idx = 1});
is(sql("SELECT string_agg(idx || coalesce(meta::text, ''), ' ' ORDER BY idx) FROM s2t_parse_transcript(sp_export_transcript('$id', 'json')) WHERE idx < 3"),
	'0{"kept": true} 1{"meta": [1]} 2', 'meta in json');

# Errors.
my $open = new_recording();
is(sqlstate("SELECT sp_export_transcript('$open')"), '55000', 'export of a recording in processing');
is(sqlstate("SELECT sp_export_transcript(gen_random_uuid())"), 'P0002', 'export of an unknown recording');
is(sqlstate("SELECT sp_export_transcript('$id', 'mp3')"), '22023', 'unknown export format');
is(sqlstate("SELECT sp_export_transcript(NULL)"), '22023', 'export of nothing');
is(sqlstate("SELECT sp_import_transcript('$open', '[]', 'mp3')"), '22023', 'unknown import format');
is(sqlstate("SELECT sp_import_transcript('$open', '[')"), '22023', 'not JSON');
is(sqlstate("SELECT sp_import_transcript('$open', NULL)"), '22023', 'no document');
is(sqlstate("SELECT sp_import_transcript('$open', '{\"text\": \"\", \"segments\": [{\"start\": 0, \"end\": 3e6, \"text\": \"\"}]}')"), '22003', 'a time beyond range');
is(sqlstate("SELECT sp_import_transcript(gen_random_uuid(), '[]')"), 'P0002', 'import into an unknown recording');
is(sqlstate("SELECT sp_import_transcript('$id', '[]')"), '55000', 'import into a recording that is done with other content');
is(sqlstate("SELECT * FROM s2t_parse_transcript('{}')"), '22023', 'a document of no known engine');
is(sqlstate(q{SET statement_timeout = '20ms'; SELECT count(*) FROM s2t_parse_transcript('[0' || repeat(',0', 30000000) || ']')}), '57014', 'parsing can be cancelled');

# Errors raised while the core holds a transcript leak nothing.
my $leak = q{
CREATE TABLE document AS
SELECT '{"text": "", "segments": [{"start": 0, "end": 1, "text": "x", "odd": 0.' || repeat('1', 20000) || '}, '
       '{"start": 1, "end": 2, "text": "' || repeat('a', 4000000) || '"}]}' AS text;
CREATE FUNCTION resident() RETURNS int LANGUAGE sql AS
$$SELECT (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), 'VmRSS:\s+(\d+) kB'))[1]::int$$;
CREATE FUNCTION fail(times int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    before int := resident();
BEGIN
    FOR i IN 1 .. times LOOP
        BEGIN
            PERFORM count(*) FROM document AS d, s2t_parse_transcript(d.text);
            RAISE 'not refused';
        EXCEPTION WHEN numeric_value_out_of_range THEN NULL;
        END;
    END LOOP;
    RETURN resident() - before;
END $$;
};
sql($leak);
cmp_ok(sql('SELECT fail(5); SELECT fail(50)') =~ /(-?\d+)\z/ ? $1 : 1e9, '<', 40000, 'kilobytes after fifty errors with four megabytes each');

# A database of another encoding.
sql(q{CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'});
$node->safe_psql('latin', 'CREATE EXTENSION s2t; CALL sp_seed_plans()');
my $latin = q{SET client_encoding = 'UTF8'; };
is(sql($latin . q{SELECT text FROM s2t_parse_transcript('{"text": "caf\u00e9 à la crème"}')}, 'latin'), 'café à la crème', 'text in LATIN1');
is(sql($latin . q{SELECT octet_length(text) FROM s2t_parse_transcript('{"text": "é"}')}, 'latin'), 1, 'is stored in LATIN1');
is(sqlstate($latin . q{SELECT * FROM s2t_parse_transcript('{"text": "\u0110"}')}, 'latin'), '22P05', 'a character that LATIN1 does not have');
sql($latin . q{SELECT s2t_register_user('a@example.com', 'a', 'hash', NULL, 'FREE') \gset
               SELECT recording_id FROM users AS u, sp_check_quota_and_create_recording(u.id, 'upload') \gset
               SELECT * FROM sp_import_transcript(:'recording_id', '[{"idx": 0, "start_ms": 0, "end_ms": 1, "text": "é < è", "speaker": "Zoé"}]')}, 'latin');
is(sql($latin . q{SELECT sp_export_transcript(id, 'vtt') FROM recordings}, 'latin'), "WEBVTT\n\n00:00:00.000 --> 00:00:00.001\n<v Zoé>é &lt; è\n\n", 'export in LATIN1');

done_testing();
