"""Says what in a META.json breaks the rules of PGXN Meta 1.0.0 (https://pgxn.org/meta/spec.txt).

    check_meta.py FOLDER        the folder of an unpacked archive; prints a line for each fault
"""

import json
import pathlib
import re
import sys

LICENSES = {
    "agpl_3", "apache_1_1", "apache_2_0", "artistic_1", "artistic_2", "bsd", "freebsd", "gfdl_1_2", "gfdl_1_3", "gpl_1",
    "gpl_2", "gpl_3", "lgpl_2_1", "lgpl_3_0", "mit", "mozilla_1_0", "mozilla_1_1", "openssl", "perl_5", "postgresql",
    "qpl_1_0", "ssleay", "sun", "zlib", "open_source", "restricted", "unrestricted", "unknown"}
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z][0-9A-Za-z.-]*)?")
RANGE = re.compile(rf"(==|!=|>=|<=|>|<)?\s*{SEMVER.pattern}|0")
# A Term: at least two characters, none of them a blank, a slash, a backslash or a control character.
TERM = re.compile(r"[^\s/\\\x00-\x1f\x7f]{2,}")
KEYS = {
    "abstract", "maintainer", "license", "meta-spec", "name", "provides", "version", "description", "generated_by",
    "no_index", "prereqs", "release_status", "resources", "tags"}
PHASES = {"configure", "runtime", "build", "test", "develop"}
RELATIONS = {"requires", "recommends", "suggests", "conflicts"}


def text(value):
    return isinstance(value, str) and value.strip() != ""


def texts(value):
    """A string, or a list of them that is not empty."""
    return text(value) or (isinstance(value, list) and value and all(map(text, value)))


def matches(pattern, value):
    return isinstance(value, str) and pattern.fullmatch(value)


def faults(meta, folder):
    for key in "abstract", "name", "version", "maintainer", "license", "provides", "meta-spec":
        if key not in meta:
            yield f"{key} is missing"
            return
    for key in meta:
        if key not in KEYS and not re.match("[xX]_", key):
            yield f"{key} is not a key of the specification"
    for key in "abstract", "description", "generated_by":
        if key in meta and not text(meta[key]):
            yield f"{key} is no text"
    if not matches(TERM, meta["name"]):
        yield "name is no term"
    if not matches(SEMVER, meta["version"]):
        yield "version is no semantic version"
    if not texts(meta["maintainer"]):
        yield "maintainer is neither a text nor a list of texts"
    licenses = meta["license"] if isinstance(meta["license"], list) else [meta["license"]]
    if isinstance(meta["license"], dict):
        licenses = [] if all(str(url).startswith("http") for url in meta["license"].values()) else ["without URL"]
    for unknown in set(licenses) - LICENSES:
        yield f"license {unknown} is not one of the specification"
    if meta["meta-spec"].get("version") != "1.0.0":
        yield "meta-spec is not of version 1.0.0"
    if meta.get("release_status", "stable") not in ("stable", "testing", "unstable"):
        yield "release_status is not one of the specification"
    if not all(text(tag) and len(tag) <= 255 and not re.search(r"[/\\\x00-\x1f]", tag) for tag in meta.get("tags", [])):
        yield "tags has something that is no tag"

    if not meta["provides"]:
        yield "provides nothing"
    for name, provided in meta["provides"].items():
        if not matches(TERM, name):
            yield f"provides {name}, which is no term"
        if not matches(SEMVER, provided.get("version")):
            yield f"provides {name} without a semantic version"
        for key in "file", "docfile":
            path = provided.get(key)
            if path is None and key == "docfile":
                continue
            if not text(path) or path.startswith("/") or ".." in path or not (folder / path).is_file():
                yield f"provides {name}, whose {key} is not in the archive"
    for phase, relations in meta.get("prereqs", {}).items():
        if phase not in PHASES and not re.match("[xX]_", phase):
            yield f"prereqs has the phase {phase}"
        for relation, wanted in relations.items():
            if relation not in RELATIONS and not re.match("[xX]_", relation):
                yield f"prereqs has the relation {relation}"
            for name, versions in wanted.items():
                if not matches(TERM, name) or not all(matches(RANGE, part.strip()) for part in str(versions).split(",")):
                    yield f"prereqs has {name} with versions {versions}"


def main():
    folder = pathlib.Path(sys.argv[1])
    try:
        meta = json.loads((folder / "META.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(error)
        return
    for fault in faults(meta, folder):
        print(fault)
    if folder.name != f"{meta.get('name')}-{meta.get('version')}":
        print(f"the archive's folder is {folder.name}")


main()
