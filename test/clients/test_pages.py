"""Every command on every page is run by a test, or says why not.

A fenced block without a language is an answer or a drawing; whatever is to be typed has a language, and is

- a signature: a block of SQL without a semicolon. It is compared with the catalogs;
- below a comment <!-- run by FILE -->, until the next heading. FILE is a test, which names the page or
  holds the block's first line. Those of this file are run here, page by page, on a database of their own,
  and the answer that follows is compared where the comment ends with "as shown";
- below a comment <!-- not run: REASON -->.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import databases
import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
HERE = "test/clients/test_pages.py"
PAGES = ["README.md", "README.vi.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")), "examples/app/README.md"]
COMMAND = re.compile(r"\s*(sudo|make|cmake|git|apt-get|psql|createdb|pg_dump|test/|bench/|demo/|PG_CONFIG=|S2T_\w+=|[A-Z ]+ .*;$)")

USER, RECORDING = "01a20c6d-d4b6-7b51-9946-ae79600f47b0", "01a20c6d-d4cd-7b51-a74a-548c5964cbe0"
# The user and the recordings of docs/reads.md, as these ids say when they were made.
EXAMPLE = f"""
CREATE EXTENSION s2t;
CALL sp_seed_plans();
INSERT INTO users (id, email, user_name, password_hash) VALUES ('{USER}', 'an@example.com', 'an', '$argon2id$…');
INSERT INTO user_profiles (user_id, name) VALUES ('{USER}', 'An');
INSERT INTO user_subscriptions (user_id, plan_id, cycle_start, cycle_end, usage_count)
    SELECT '{USER}', id, date_trunc('month', now(), 'UTC'), date_trunc('month', now(), 'UTC') + interval '1 month', 2 FROM plans WHERE code = 'FREE';
INSERT INTO recordings (id, user_id, source) VALUES ('{RECORDING}', '{USER}', 'upload'),
    ('01a20c6d-d4e7-7b51-a1c7-67202d764522', '{USER}', 'upload'), ('01a20c6d-d4ff-7b51-a1c7-67202d764522', '{USER}', 'upload');
CALL sp_complete_recording('{RECORDING}', 65000, '[{{"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "Xin chào"}},
    {{"idx": 1, "start_ms": 3000, "end_ms": 6500, "text": "Hôm nay ta bàn về hợp đồng ở Đà Nẵng", "speaker": "A"}}]');
CALL sp_fail_recording('01a20c6d-d4e7-7b51-a1c7-67202d764522', 'no speech found');
DELETE FROM recordings WHERE id = '01a20c6d-d4ff-7b51-a1c7-67202d764522';
"""
# What psql has to know, and what has to be there, beside the extension.
BEFORE = {
    "docs/operations.md": "CREATE ROLE speech;",
    "docs/reads.md": EXAMPLE,
    "docs/reference.md": EXAMPLE,
    "docs/transcripts.md": EXAMPLE + f"""
DELETE FROM segments;
UPDATE recordings SET status = 'processing', completed_at = NULL, fingerprint = NULL WHERE id = '{RECORDING}';
\\set recording_id '\\'{RECORDING}\\''
\\set document '\\'{{"text": " một hai", "segments": [{{"start": 0, "end": 2, "text": " một hai"}}], "language": "vi"}}\\''
\\set bytes 'convert_to(' :document ', ''UTF8'')'
""",
}
ROLES = ["speech", "speech_app", "speech_ops", "monitoring"]


class Block:
    def __init__(self, page, line, language, text, mark, answer):
        self.page, self.line, self.language, self.text, self.mark, self.answer = page, line, language, text, mark, answer

    def __repr__(self):
        return f"{self.page}:{self.line}"

    @property
    def is_signature(self):
        return self.language == "sql" and ";" not in re.sub(r"--.*", "", self.text)

    @property
    def is_run_here(self):
        return self.language == "sql" and self.run_by == HERE and not self.is_signature

    @property
    def run_by(self):
        match = re.fullmatch(r"run by (\S+?)(, as shown)?", self.mark or "")
        return match and match[1]

    @property
    def as_shown(self):
        return (self.mark or "").endswith(", as shown")


def blocks(page):
    """The blocks of a page, with the comment they are under and the answer that follows."""
    found, mark, inside, shown = [], None, None, None
    for number, line in enumerate((ROOT / page).read_text(encoding="utf-8").splitlines(), 1):
        if inside is not None:
            if line == "```":
                if found and not inside[1] and shown is not None:
                    found[shown].answer = "\n".join(inside[2])
                found.append(Block(page, inside[0], inside[1], "\n".join(inside[2]), mark, None))
                shown = len(found) - 1 if inside[1] else None
                inside = None
            else:
                inside[2].append(line)
        elif line.startswith("```"):
            inside = (number, line[3:], [])
        elif line.startswith("#"):
            mark = shown = None
        elif match := re.fullmatch(r"<!-- ((?:run by|not run:) .*) -->", line):
            mark = match[1]
    assert inside is None, f"{page} ends in a block"
    return found


ALL = {page: blocks(page) for page in PAGES}


def normal(text):
    return " ".join(text.split())


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_accounted_for(page):
    for block in ALL[page]:
        if not block.language:
            assert not [line for line in block.text.splitlines() if COMMAND.match(line)], f"{block}: has no language"
            continue
        if block.is_signature or block.language in ("ini", "json"):
            continue
        assert block.mark, f"{block}: who runs it, or why nobody?"
        if block.is_run_here:
            continue
        if block.run_by:
            test = ROOT / block.run_by
            assert test.is_file(), f"{block}: there is no {block.run_by}"
            text = test.read_text(encoding="utf-8")
            first = normal(re.sub(r"\s+(--|#) .*", "", block.text.splitlines()[0])).rstrip(";")
            assert pathlib.Path(page).name in text or first in normal(text), f"{block}: {block.run_by} does not run it"
        else:
            assert len(block.mark) > len("not run: ") + 10, f"{block}: what is the reason?"


# ---------------------------------------------------------------- signatures

def split(text):
    """At the commas outside of brackets and quotes."""
    parts, depth, quoted = [""], 0, False
    for character in text:
        quoted ^= character == "'"
        depth += (character in "([") - (character in ")]") if not quoted else 0
        if character == "," and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [normal(part) for part in parts if part.strip()]


def bracketed(text, start):
    """The text in the brackets that open at start, and where they end."""
    depth, quoted = 0, False
    for position in range(start, len(text)):
        quoted ^= text[position] == "'"
        depth += ((text[position] == "(") - (text[position] == ")")) if not quoted else 0
        if depth == 0:
            return text[start + 1:position], position + 1
    raise AssertionError(f"brackets do not close: {text[start:]}")


def plain(text):
    """As the pages write it: short names of types, hours in words, no casts of defaults, no mode IN."""
    for shown, written in (("'06:00:00'", "'6 hours'"), ("'00:05:00'", "'5 minutes'"), ("'00:00:30'", "'30 seconds'")):
        text = text.replace(shown, written)
    text = text.replace("timestamp with time zone", "timestamptz").replace("double precision", "float8")
    return re.sub(r"^IN ", "", re.sub(r"::[a-z]+( with time zone)?(\[\])?", "", text))


def documented():
    """(block, name, arguments, results) of every signature; results are None if the page says nothing."""
    for page in PAGES:
        for block in ALL[page]:
            if not block.is_signature:
                continue
            text, position = re.sub(r"--.*", "", block.text), 0
            while match := re.compile(r"\b((?:sp|s2t)_\w+)\(").search(text, position):
                arguments, position = bracketed(text, match.end() - 1)
                results = None
                if returned := re.compile(r"\s*RETURNS\s+(?:SETOF\s+)?(?:TABLE\s*)?(\(|\w[^\n]*)").match(text, position):
                    if returned[1] == "(":
                        results, position = bracketed(text, returned.end() - 1)
                    else:
                        results, position = returned[1].strip(), returned.end()
                yield block, match[1], arguments, results


def test_signatures(database):
    with databases.connect(database) as db:
        there = dict(
            (name, (arguments, results, kind)) for name, arguments, results, kind in db.execute(
                """SELECT p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), p.prokind::text FROM pg_proc p
                     JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
                     JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 's2t'""").fetchall())
    wrong, seen = [], set()
    for block, name, arguments, results in documented():
        seen.add(name)
        if name not in there:
            wrong.append(f"{block}: there is no {name}")
            continue
        actual = [plain(part) for part in split(there[name][0])]
        given = [part for part in actual if not part.startswith("OUT ")]
        if "…" not in arguments and [part.lower() for part in split(arguments)] != [part.lower() for part in given]:
            wrong.append(f"{block}: {name}({', '.join(given)})")
        returned = there[name][1] or ""
        if results is not None and "…" not in results:
            columns = [part[4:] for part in actual if part.startswith("OUT ")]
            if table := re.match(r"TABLE\((.*)\)$", returned):
                columns = [plain(part) for part in split(table[1])]
            expected = columns or [plain(returned.replace("SETOF ", ""))]
            if split(results) != expected:
                wrong.append(f"{block}: {name} returns {', '.join(expected)}")
    assert not wrong, "\n".join(wrong)
    assert len(seen) > 40


def test_api(database):
    """docs/reference.md has the signature of every routine of s2t_api, and its table is what the view has."""
    text = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
    with databases.connect(database) as db:
        api = db.execute("SELECT name, profiles, nullable, errors FROM s2t_api ORDER BY name").fetchall()
    expected = [f"| `{name}` | {', '.join(profiles)} | {', '.join(f'`{x}`' for x in nullable)} | {', '.join(errors)} |"
                for name, profiles, nullable, errors in api]
    table = text.split("<!-- compared with s2t_api by test/clients/test_pages.py -->", 1)[1].split("\n\n", 1)[0].strip().splitlines()
    wrong = [f"+ {row}" for row in expected if row not in table[2:]] + [f"- {row}" for row in table[2:] if row not in expected]
    shown = {name for block, name, _, _ in documented() if block.page == "docs/reference.md"}
    wrong += [f"docs/reference.md does not show {name}" for name, *_ in api if name not in shown and f"`{name}(" not in text]
    assert not wrong, "\n".join(wrong)
    assert table[2:] == expected, "in the order of their names"


def test_tables_of_another_owner(database):
    """docs/operations.md names all tables that a restore by another role leaves to their owner."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    named = re.search(r"naming the tables of the other owner\s+\(([^)]*)\)", text)[1]
    with databases.connect(database) as db:
        there = [table for table, in db.execute("SELECT tab FROM s2t_wanted_tables()").fetchall()]
    assert sorted(re.findall(r"`(\w+)`", named)) == sorted(there)


def test_settings(database):
    """docs/reference.md has every setting with its default; so have the others that docs/operations.md names."""
    with databases.connect(database) as db:
        db.execute("SELECT s2t_version()")
        there = dict(db.execute("SELECT name, CASE WHEN unit IS NULL THEN boot_val ELSE current_setting(name) END FROM pg_settings WHERE name LIKE 's2t.%'").fetchall())
    shown = {}
    for page, cells in (("docs/reference.md", r"\S+(?: \(seconds\))? \| "), ("docs/operations.md", "")):
        text = (ROOT / page).read_text(encoding="utf-8")
        table = re.search(r"^## Settings$.*?^(\|.*?)\n\n", text, re.S | re.M)[1]
        shown[page] = dict(re.findall(rf"^\| `(s2t\.\w+)` \| {cells}`([^`]*)`", table, re.M))
    assert shown["docs/reference.md"] == there
    assert shown["docs/operations.md"].items() <= there.items()


# ---------------------------------------------------------------- what is run here

def psql(database, commands, *options):
    return subprocess.run(
        ["psql", "-X", "-v", "ON_ERROR_STOP=1", *options, "-d", database], input=commands, text=True, capture_output=True,
        env={**os.environ, "PAGER": "cat"}, check=False)


def stripped(text):
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


@pytest.fixture
def empty():
    """A database without the extension, and roles that go away with it."""
    def remove():
        databases.drop_database("clients_pages")
        with databases.connect() as server:
            for role in ROLES:
                server.execute(f"DROP ROLE IF EXISTS {role}")

    remove()
    with databases.connect() as server:
        server.execute("CREATE DATABASE clients_pages")
    yield "clients_pages"
    remove()


RUN_HERE = [page for page in PAGES if any(b.is_run_here for b in ALL[page])]


@pytest.mark.parametrize("page", RUN_HERE)
def test_sql(page, empty):
    """All of a page in one session, as it is read."""
    script = BEFORE.get(page, "")
    if not any(b.is_run_here and "CREATE EXTENSION s2t" in b.text for b in ALL[page]) and "EXTENSION s2t" not in script:
        script = "CREATE EXTENSION s2t;\n" + script
    for number, block in enumerate(ALL[page]):
        if block.is_run_here:
            expanded = block.as_shown and block.answer.startswith("-[")
            script += f"\\echo ==== {number}\n{chr(92)}x {'on' if expanded else 'off'}\n{block.text}\n"
    done = psql(empty, script, "-q")
    assert done.returncode == 0, done.stderr
    answers = dict(re.findall(r"^==== (\d+)\n(.*?)(?=^==== |\Z)", done.stdout, re.S | re.M))
    for number, block in enumerate(ALL[page]):
        if block.is_run_here and block.as_shown:
            assert stripped(block.answer) in stripped(answers[str(number)]), f"{block} answers otherwise"


def test_fingerprint(database):
    """The program of docs/architecture.md prints what stands below it, and what the database stores."""
    block, = [b for b in ALL["docs/architecture.md"] if b.language == "python"]
    done = subprocess.run([sys.executable, "-c", block.text], text=True, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (block.answer + "\n", "")
    done = psql(database, """CALL sp_seed_plans();
        SELECT c.recording_id AS id FROM s2t_register_user('an@example.com', 'an', 'hash', NULL, 'FREE') AS u,
            sp_check_quota_and_create_recording(u, 'upload') AS c \\gset
        CALL sp_complete_recording(:'id', 61500, '[{"idx": 0, "start_ms": 0, "end_ms": 2400, "text": "Xin chào các bạn."},
            {"idx": 1, "start_ms": 2400, "end_ms": 5100, "text": "Hôm nay trời đẹp.", "confidence": 0.97}]');
        SELECT encode(fingerprint, 'hex') FROM recordings""", "-qAt")
    assert done.stdout.strip() == block.answer, done.stderr


def test_markers_of_a_snippet():
    """What docs/reads.md says of web pages."""
    block, = [b for b in ALL["docs/reads.md"] if b.language == "python"]
    assert eval(block.text, {"html": __import__("html"), "snippet": "<i> & <b>một</b>"}) == "&lt;i&gt; &amp; <b>một</b>"


def test_one_tap_test_alone(tmp_path):
    """The line of docs/development.md works."""
    if subprocess.run(["perl", "-e", "use IPC::Run"], capture_output=True, check=False).returncode:
        pytest.skip("libipc-run-perl is not installed")
    block, = [b for b in ALL["docs/development.md"] if "prove -v" in b.text]
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "test", tree / "test")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(["bash", "-c", block.text], cwd=tree, text=True, capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_demo():
    """make demo, without building."""
    done = subprocess.run([sys.executable, "-B", str(ROOT / "demo/story.py")], text=True, capture_output=True, check=False)
    databases.drop_database("s2t_demo")
    assert done.returncode == 0, done.stdout + done.stderr
    # What the READMEs show of it.
    shown, = [b for b in ALL["README.md"] if b.text.startswith("Sixteen sessions")]
    for line in shown.text.splitlines():
        assert line in done.stdout.splitlines()


def anchors(path):
    """As GitHub makes them of headings."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.S | re.M)
    wrong = []
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text):
        file = (ROOT / page).parent / target if target else ROOT / page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            wrong.append(f"{target}#{anchor}")
    assert not wrong
