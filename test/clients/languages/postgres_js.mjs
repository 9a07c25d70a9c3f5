import { createRequire } from "node:module";
const postgres = createRequire(import.meta.url)("postgres");
// docs
async function transcribe(sql) {
  const segments = [{ idx: 0, start_ms: 0, end_ms: 2400, text: "Xin chào các bạn." }];
  const [{ id: user }] = await sql`
    SELECT s2t_register_user(${"lan@example.com"}, ${"lan"}, ${"$2b$12$hash"}, ${null}, ${"FREE"}) AS id`;
  const [created] = await sql`
    SELECT * FROM sp_check_quota_and_create_recording(${user}, ${"upload"})`;
  if (!created.quota_ok) throw new Error(created.error_message);
  await sql`CALL sp_complete_recording(${created.recording_id}, ${2400}, ${segments})`;
  return [user, created.recording_id, segments];
}

function explain(error) {
  return { sqlstate: error.code, constraint: error.constraint_name, detail: error.detail };
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

const options = { max: 2, prepare: process.env.BOUNCER !== "yes", onnotice: (notice) => { report.notice = notice.message; } };
const sql = postgres(options);
const [user, recording, segments] = await transcribe(sql);
await sql`CALL sp_complete_recording(${recording}, ${2400}, ${segments})`;
[report.stats] = await sql`SELECT * FROM sp_get_user_stats(${user})`;
report.segments = await sql`SELECT text, meta FROM sp_get_segments(${user}, ${recording})`;
[report.plan] = await sql`CALL sp_change_user_plan(${user}, ${"BASIC"}, ${true})`;
const nobody = "00000000-0000-7000-8000-000000000000";
[report.refused] = await sql`SELECT * FROM sp_check_quota_and_create_recording(${nobody}, ${"upload"})`;
report.taken = await failure(() => transcribe(sql));
report.bad = await failure(() => sql`CALL sp_complete_recording(${recording}, ${2400}, ${[{ idx: 0 }]})`);
const [{ created_at: date }] = await sql`SELECT created_at FROM sp_get_recording(${user}, ${recording})`;
report.date = date instanceof Date;
await sql.end();

const jobs = postgres({ ...options, user: process.env.JOBS_ROLE, onnotice: () => {} });
await jobs`CALL sp_purge_old_recordings(${90})`;
report.in_block = (await failure(() => jobs.begin((block) => block`CALL sp_purge_old_recordings(${90})`))).sqlstate;
await jobs.end();
console.log(JSON.stringify(report));
