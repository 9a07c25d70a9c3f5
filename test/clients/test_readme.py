"""What the READMEs tell a newcomer to paste works, and answers as they say."""

import os
import pathlib
import re
import subprocess
import sys

import databases
import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent

# The sections that are run, in order: psql, psql, Python.
SECTIONS = {
    "README.md": [
        "A first session in psql", "A role for the application", "A first session in Python"],
    "README.vi.md": [
        "Phiên làm việc đầu tiên với psql", "Vai trò cho ứng dụng", "Phiên làm việc đầu tiên với Python"],
}


def blocks(file, section):
    """The fenced blocks of a section: (language, text)."""
    parts = re.split(r"^## (.*)\n", (ROOT / file).read_text(encoding="utf-8"), flags=re.M)
    body = dict(zip(parts[1::2], parts[2::2]))[section]
    found = re.findall(r"^```(\w*)\n(.*?)^```$", body, re.S | re.M)
    assert found, f"nothing to run in section {section} of {file}"
    return found


def stripped(text):
    """Without the blanks at the ends of lines."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


@pytest.fixture(params=SECTIONS)
def readme(request):
    def remove():
        databases.drop_database("speech")
        with databases.connect() as server:
            server.execute("DROP ROLE IF EXISTS app")

    remove()
    with databases.connect() as server:
        server.execute("CREATE DATABASE speech")
    yield request.param
    remove()


def psql(commands):
    done = subprocess.run(
        ["psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", "speech"], input=commands, text=True, capture_output=True,
        env={**os.environ, "PAGER": "cat"}, check=False)
    assert done.returncode == 0, done.stderr
    return stripped(done.stdout)


def test_first_sessions(readme):
    for section in SECTIONS[readme][:2]:
        found = blocks(readme, section)
        answer = psql("".join(text for language, text in found if language == "sql"))
        position = 0
        for text in [text for language, text in found if not language]:
            assert stripped(text) in answer[position:]
            position = answer.index(stripped(text), position) + len(stripped(text))

    programs = 0
    found = blocks(readme, SECTIONS[readme][2])
    for (language, text), (_, expected) in zip(found, found[1:]):
        if language == "python":
            done = subprocess.run([sys.executable, "-c", text], text=True, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr
            assert stripped(done.stdout) == stripped(expected)
            programs += 1
    assert programs == 3


def test_same_in_both_languages():
    """A translation has the same commands, in the same order."""
    def commands(file):
        text = (ROOT / file).read_text(encoding="utf-8")
        return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.S | re.M)

    assert commands("README.vi.md") == commands("README.md")


@pytest.mark.parametrize("file", SECTIONS)
def test_links_lead_somewhere(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]*)", text):
        assert not target or (ROOT / target).exists(), target
