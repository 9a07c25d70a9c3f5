# docs
require "json"
require "pg"

def transcribe(db)
  segments = [{ idx: 0, start_ms: 0, end_ms: 2400, text: "Xin chào các bạn." }]
  user = db.exec_params("SELECT s2t_register_user($1, $2, $3, $4, $5)",
                        ["lan@example.com", "lan", "$2b$12$hash", nil, "FREE"]).getvalue(0, 0)
  created = db.exec_params("SELECT * FROM sp_check_quota_and_create_recording($1, $2)", [user, "upload"])[0]
  raise created["error_message"] unless created["quota_ok"]

  db.exec_params("CALL sp_complete_recording($1, $2, $3)", [created["recording_id"], 2400, segments.to_json])
  [user, created["recording_id"], segments]
end

def explain(error)
  { sqlstate: error.result.error_field(PG::Result::PG_DIAG_SQLSTATE),
    constraint: error.result.error_field(PG::Result::PG_DIAG_CONSTRAINT_NAME),
    detail: error.result.error_field(PG::Result::PG_DIAG_MESSAGE_DETAIL) }
end

def connect(**where)
  db = PG.connect(**where)
  # Without this every value comes back as a string, false as "f".
  db.type_map_for_results = PG::BasicTypeMapForResults.new(db)
  db
end
# docs

def failure
  yield
  nil
rescue PG::Error => e
  explain(e)
end

report = {}
db = connect
db.set_notice_receiver { |notice| report[:notice] = notice.error_field(PG::Result::PG_DIAG_MESSAGE_PRIMARY) }
user, recording, segments = transcribe(db)
db.exec_params("CALL sp_complete_recording($1, $2, $3)", [recording, 2400, segments.to_json])
stats = db.exec_params("SELECT * FROM sp_get_user_stats($1)", [user])[0]
report[:stats] = stats.transform_values { |value| value.is_a?(BigDecimal) ? "BigDecimal #{value.to_s("F")}" : value }
report[:segments] = db.exec_params("SELECT text, meta FROM sp_get_segments($1, $2)", [user, recording]).to_a
report[:plan] = db.exec_params("CALL sp_change_user_plan($1, $2, $3)", [user, "BASIC", true])[0]
nobody = "00000000-0000-7000-8000-000000000000"
report[:refused] = db.exec_params("SELECT * FROM sp_check_quota_and_create_recording($1, $2)", [nobody, "upload"])[0]
report[:taken] = failure { transcribe(db) }
report[:bad] = failure { db.exec_params("CALL sp_complete_recording($1, $2, $3)", [recording, 2400, '[{"idx": 0}]']) }
report[:date] = db.exec_params("SELECT created_at FROM sp_get_recording($1, $2)", [user, recording]).getvalue(0, 0).is_a?(Time)
db.close

jobs = PG.connect(user: ENV["JOBS_ROLE"])
jobs.exec_params("CALL sp_purge_old_recordings($1)", [90])
report[:in_block] = failure do
  jobs.transaction { jobs.exec_params("CALL sp_purge_old_recordings($1)", [90]) }
end[:sqlstate]
jobs.close
puts report.to_json
