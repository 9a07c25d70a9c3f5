"""PostgREST's way of calling: a function by its name, the arguments by name from a JSON object.

The statement is the one that PostgREST sends for POST /rpc/<function>; the role is taken on in the
transaction, as it does with the role of the token.
"""

import json
import uuid

import databases
import psycopg
import pytest
from psycopg import sql

pytestmark = pytest.mark.plans

AUTHENTICATOR = "clients_authenticator"
CALL = sql.SQL("""
WITH pgrst_source AS (
    SELECT pgrst_call.*
      FROM (SELECT %s::json AS json_data) pgrst_payload,
           LATERAL (SELECT {columns} FROM json_to_record(pgrst_payload.json_data) AS _({types}) LIMIT 1) pgrst_body,
           LATERAL {function}({arguments}) pgrst_call)
SELECT coalesce(json_agg(_postgrest_t), '[]')::text AS body FROM (SELECT * FROM pgrst_source) _postgrest_t
""")


class PostgREST:
    def __init__(self, database):
        self.db = databases.connect(database, AUTHENTICATOR)

    def types(self, function):
        """Names and types of the arguments, from the catalogs, as PostgREST's schema cache has them."""
        return dict(self.db.execute(
            """SELECT a.name, format_type(a.type, NULL)
                 FROM pg_proc p, unnest(p.proargtypes::oid[], p.proargnames[1:p.pronargs]) AS a(type, name)
                WHERE p.proname = %s""", (function,)).fetchall())

    def rpc(self, function, **arguments):
        types = self.types(function)
        names = [sql.Identifier(name) for name in arguments]
        comma = sql.SQL(", ")
        statement = CALL.format(
            columns=comma.join(names),
            types=comma.join(sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(types[name])) for name in arguments),
            function=sql.Identifier("public", function),
            arguments=comma.join(sql.SQL("{0} := pgrst_body.{0}").format(name) for name in names))
        with self.db.transaction():
            self.db.execute("SELECT set_config('role', %s, true), set_config('search_path', 'public', true)", (databases.APP,))
            return json.loads(self.db.execute(statement, (json.dumps(arguments),)).fetchone()[0])


@pytest.fixture
def api(database, owner):
    owner.execute(f"DROP ROLE IF EXISTS {AUTHENTICATOR}")
    owner.execute(f"CREATE ROLE {AUTHENTICATOR} LOGIN NOINHERIT")
    owner.execute(f"GRANT {databases.APP} TO {AUTHENTICATOR}")
    api = PostgREST(database)
    yield api
    api.db.close()
    owner.execute(f"DROP ROLE {AUTHENTICATOR}")


def test_story(api):
    user, = api.rpc(
        "s2t_register_user", in_email="lan@example.com", in_user_name="lan", in_hashed_pass="hash", in_name=None,
        in_default_plan_code="FREE")
    user = user["pgrst_call"]
    created, = api.rpc(
        "sp_check_quota_and_create_recording", in_user_id=user, in_source="upload", in_meta={"title": "Họp"})
    assert (created["quota_ok"], created["error_message"]) == (True, "")
    recording = created["recording_id"]
    whisper = {"language": "vi", "segments": [{"start": 0, "end": 2.5, "text": " Xin chào."}], "text": " Xin chào."}
    imported, = api.rpc("sp_import_transcript", in_recording_id=recording, in_document=json.dumps(whisper))
    assert (imported["duration_ms"], imported["segments"]) == (2500, 1)

    stats, = api.rpc("sp_get_user_stats", in_user_id=user)
    assert (stats["total_recordings"], stats["total_duration_minutes"]) == (1, 0.04)
    assert api.rpc("sp_get_segments", in_user_id=user, in_recording_id=recording) == [
        {"idx": 0, "start_ms": 0, "end_ms": 2500, "text": "Xin chào.", "meta": None}]
    listed, = api.rpc("sp_list_recordings", in_user_id=user, in_limit=10)
    assert (listed["id"], listed["meta"]) == (recording, {"title": "Họp"})
    found, = api.rpc("sp_search_segments", in_user_id=user, in_query="chao")
    assert found["snippet"] == "Xin <b>chào</b>."
    login, = api.rpc("sp_get_login", in_email_or_user_name="LAN")
    assert login["id"] == user

    refused, = api.rpc("sp_check_quota_and_create_recording", in_user_id=str(uuid.uuid4()), in_source="upload")
    assert refused == {"recording_id": None, "quota_ok": False, "error_message": "no active subscription"}
    with pytest.raises(psycopg.errors.UniqueViolation):
        api.rpc(
            "s2t_register_user", in_email="lan@example.com", in_user_name="lan2", in_hashed_pass="hash", in_name=None,
            in_default_plan_code="FREE")


def test_every_argument_has_a_name(owner):
    """What has no name cannot be given by name. s2t_slot() of version 1.0.0 has none, and no client needs it."""
    assert owner.execute(
        """SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
             JOIN pg_extension e ON e.oid = d.refobjid
            WHERE e.extname = 's2t' AND p.pronargs > 0 AND p.proname <> 's2t_slot' AND has_function_privilege(%s, p.oid, 'EXECUTE')
              AND (p.proargnames IS NULL OR '' = ANY(p.proargnames[1:p.pronargs]))""", (databases.APP,)).fetchall() == []
