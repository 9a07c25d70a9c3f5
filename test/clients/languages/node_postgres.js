// docs
const { Client } = require("pg");

async function transcribe(db) {
  const segments = [{ idx: 0, start_ms: 0, end_ms: 2400, text: "Xin chào các bạn." }];
  const registered = await db.query(
    "SELECT s2t_register_user($1, $2, $3, $4, $5) AS id",
    ["lan@example.com", "lan", "$2b$12$hash", null, "FREE"]);
  const user = registered.rows[0].id;
  const created = (await db.query(
    "SELECT * FROM sp_check_quota_and_create_recording($1, $2)", [user, "upload"])).rows[0];
  if (!created.quota_ok) throw new Error(created.error_message);
  await db.query(
    "CALL sp_complete_recording($1, $2, $3)",
    [created.recording_id, 2400, JSON.stringify(segments)]);
  return [user, created.recording_id, segments];
}

function explain(error) {
  return { sqlstate: error.code, constraint: error.constraint, detail: error.detail };
}
// docs

const report = {};

async function failure(call) {
  try {
    await call();
  } catch (error) {
    return explain(error);
  }
}

async function main() {
  const db = new Client();
  const jobs = new Client({ user: process.env.JOBS_ROLE });
  db.on("notice", (notice) => { report.notice = notice.message; });
  await db.connect();
  const [user, recording, segments] = await transcribe(db);
  await db.query("CALL sp_complete_recording($1, $2, $3)", [recording, 2400, JSON.stringify(segments)]);
  report.stats = (await db.query("SELECT * FROM sp_get_user_stats($1)", [user])).rows[0];
  report.segments = (await db.query("SELECT text, meta FROM sp_get_segments($1, $2)", [user, recording])).rows;
  report.plan = (await db.query("CALL sp_change_user_plan($1, $2, $3)", [user, "BASIC", true])).rows[0];
  const nobody = "00000000-0000-7000-8000-000000000000";
  report.refused = (await db.query(
    "SELECT * FROM sp_check_quota_and_create_recording($1, $2)", [nobody, "upload"])).rows[0];
  report.taken = await failure(() => transcribe(db));
  report.bad = await failure(() => db.query(
    "CALL sp_complete_recording($1, $2, $3)", [recording, 2400, JSON.stringify([{ idx: 0 }])]));
  const date = (await db.query("SELECT created_at FROM sp_get_recording($1, $2)", [user, recording])).rows[0].created_at;
  report.date = date instanceof Date;
  await db.end();

  await jobs.connect();
  await jobs.query("CALL sp_purge_old_recordings($1)", [90]);
  report.in_block = (await failure(async () => {
    await jobs.query("BEGIN");
    await jobs.query("CALL sp_purge_old_recordings($1)", [90]);
  })).sqlstate;
  await jobs.end();
  console.log(JSON.stringify(report));
}

main();
