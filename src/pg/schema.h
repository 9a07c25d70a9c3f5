// The tables as the native code knows them: by name. Where a column stands in a table, and what
// else the table has, is found out at run time (see pg/catalog.h).
#pragma once

#include "pg/table_spec.h"

namespace s2t::pg {

namespace plans {
enum Column : int {
  id,
  code,
  monthly_minutes,
  monthly_usage_limit,
  retention_days,
  is_active,
  is_default,
  max_recording_minutes,
  carry_over_minutes,
  alert_percents,
};
enum Index : int { by_id, by_code };
inline constexpr ColumnSpec kColumns[] = {
    {"id", UUIDOID},
    {"code", TEXTOID},
    {"monthly_minutes", INT4OID},
    {"monthly_usage_limit", INT4OID},
    {"retention_days", INT4OID},
    {"is_active", BOOLOID},
    {"is_default", BOOLOID},
    {"max_recording_minutes", INT4OID},
    {"carry_over_minutes", INT4OID},
    {"alert_percents", INT4ARRAYOID},
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, id, true}, {nullptr, code, true}};
inline constexpr TableSpec kTable = {TableId::kPlans, "plans", kColumns, kIndexes,
                                     max_recording_minutes};
}  // namespace plans

namespace users {
enum Column : int { id, email, password_hash, user_name, created_at, verified, status };
enum Index : int { by_id };
inline constexpr ColumnSpec kColumns[] = {
    {"id", UUIDOID},
    {"email", TEXTOID},
    {"password_hash", TEXTOID},
    {"user_name", TEXTOID},
    {"created_at", TIMESTAMPTZOID},
    {"verified", BOOLOID},
    {"status", TEXTOID},
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, id, true}};
inline constexpr TableSpec kTable = {TableId::kUsers, "users", kColumns, kIndexes, kMaxColumns, id};
}  // namespace users

namespace user_profiles {
enum Column : int { user_id, name, avatar_url };
enum Index : int { by_user_id };
inline constexpr ColumnSpec kColumns[] = {
    {"user_id", UUIDOID}, {"name", TEXTOID}, {"avatar_url", TEXTOID}};
inline constexpr IndexSpec kIndexes[] = {{nullptr, user_id, true}};
inline constexpr TableSpec kTable = {
    TableId::kUserProfiles, "user_profiles", kColumns, kIndexes, kMaxColumns, user_id};
}  // namespace user_profiles

namespace user_subscriptions {
enum Column : int {
  user_id,
  plan_id,
  cycle_start,
  cycle_end,
  usage_count,
  used_seconds,
  total_recordings,
  total_duration_ms,
  total_segments,
  cycle_id,
  held_seconds,
  credit_recordings,
  credit_seconds,
  overage_recordings,
  overage_seconds,
  noted_recordings,
  noted_minutes,
  plan_changed_at,
  prorated_cycle_id,
  prorated_usage_count,
  prorated_used_seconds,
  prorated_credit_recordings,
  prorated_credit_seconds,
  prorated_overage_recordings,
  prorated_overage_seconds,
  carried_cycle_id,
  next_plan_id,
  anchor_day,
  credit_count,
  change_key,
  change_key_hash,
  change_success,
  change_message,
  last_event_at,
};
enum Index : int { by_user_id, by_cycle_end };
inline constexpr ColumnSpec kColumns[] = {
    {"user_id", UUIDOID},
    {"plan_id", UUIDOID},
    {"cycle_start", TIMESTAMPTZOID},
    {"cycle_end", TIMESTAMPTZOID},
    {"usage_count", INT4OID},
    {"used_seconds", INT4OID},
    {"total_recordings", INT8OID},
    {"total_duration_ms", INT8OID},
    {"total_segments", INT8OID},
    {"cycle_id", UUIDOID},
    {"held_seconds", INT8OID},
    {"credit_recordings", INT4OID},
    {"credit_seconds", INT4OID},
    {"overage_recordings", INT4OID},
    {"overage_seconds", INT4OID},
    {"noted_recordings", INT4OID},
    {"noted_minutes", INT4OID},
    {"plan_changed_at", TIMESTAMPTZOID},
    {"prorated_cycle_id", UUIDOID},
    {"prorated_usage_count", INT4OID},
    {"prorated_used_seconds", INT4OID},
    {"prorated_credit_recordings", INT4OID},
    {"prorated_credit_seconds", INT4OID},
    {"prorated_overage_recordings", INT4OID},
    {"prorated_overage_seconds", INT4OID},
    {"carried_cycle_id", UUIDOID},
    {"next_plan_id", UUIDOID},
    {"anchor_day", INT4OID},
    {"credit_count", INT4OID},
    {"change_key", TEXTOID},
    {"change_key_hash", BYTEAOID},
    {"change_success", BOOLOID},
    {"change_message", TEXTOID},
    {"last_event_at", TIMESTAMPTZOID},
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, user_id, true},
                                         {nullptr, cycle_end, false, true}};
inline constexpr TableSpec kTable = {
    TableId::kUserSubscriptions, "user_subscriptions", kColumns, kIndexes, cycle_id, user_id};
}  // namespace user_subscriptions

namespace recordings {
enum Column : int {
  id,
  user_id,
  source,
  language,
  status,
  duration_ms,
  created_at,
  completed_at,
  meta,
  error,
  segment_count,
  fingerprint,
  charged_cycle_id,
  charged_seconds,
  charged_entry_id,
  credit_drawn,
  held_seconds,
  attempt,
  active_at,
  create_key,
  create_key_hash,
  heard_ms,
  segments_attempt,
  priority,
  due_at,
  due_priority,
  claims,
  lease,
  lease_until,
  lease_worker,
  revision,
};
enum Index : int {
  by_id,
  by_user_id,
  ended_by_created_at,
  done_by_created_at,  // of tables before 1.2.0, in the place of the one above
  processing_by_created_at,
  by_create_key,
  by_priority,  // what waits in the queue, and what is claimed from it
  by_due_at,    // what is put off
};
inline constexpr ColumnSpec kColumns[] = {
    {"id", UUIDOID},
    {"user_id", UUIDOID},
    {"source", TEXTOID},
    {"language", TEXTOID},
    {"status", TEXTOID},
    {"duration_ms", INT4OID},
    {"created_at", TIMESTAMPTZOID},
    {"completed_at", TIMESTAMPTZOID},
    {"meta", JSONBOID},
    {"error", TEXTOID},
    {"segment_count", INT4OID},
    {"fingerprint", BYTEAOID},
    {"charged_cycle_id", UUIDOID},
    {"charged_seconds", INT4OID},
    {"charged_entry_id", UUIDOID},
    {"credit_drawn", BOOLOID},
    {"held_seconds", INT4OID},
    {"attempt", INT4OID},
    {"active_at", TIMESTAMPTZOID},
    {"create_key", TEXTOID},
    {"create_key_hash", BYTEAOID},
    {"heard_ms", INT4OID},
    {"segments_attempt", INT4OID},
    {"queue_priority", INT4OID},
    {"due_at", TIMESTAMPTZOID},
    {"due_priority", INT4OID},
    {"claims", INT4OID},
    {"lease", UUIDOID},
    {"lease_until", TIMESTAMPTZOID},
    {"lease_worker", TEXTOID},
    {"revision", INT4OID},
};
inline constexpr IndexSpec kIndexes[] = {
    {nullptr, id, true},
    {nullptr, user_id, false},
    {"recordings_ended_idx", created_at, false, true, id},
    {"recordings_done_created_at_idx", created_at, false, true, id},
    {"recordings_processing_idx", created_at, false, true, id},
    {"recordings_create_key_key", user_id, false, true},
    {"recordings_queue_idx", priority, false, true, created_at},
    {"recordings_due_idx", due_at, false, true}};
inline constexpr TableSpec kTable = {
    TableId::kRecordings, "recordings", kColumns, kIndexes, charged_cycle_id, id};
}  // namespace recordings

namespace segments {
enum Column : int { recording_id, idx, start_ms, end_ms, text, meta };
enum Index : int { by_recording_id, by_idx };
inline constexpr ColumnSpec kColumns[] = {
    {"recording_id", UUIDOID}, {"idx", INT4OID},  {"start_ms", INT4OID},
    {"end_ms", INT4OID},       {"text", TEXTOID}, {"meta", JSONBOID},
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, recording_id, false},
                                         {nullptr, recording_id, false, true, idx}};
inline constexpr TableSpec kTable = {TableId::kSegments, "segments",  kColumns,
                                     kIndexes,           kMaxColumns, recording_id};
}  // namespace segments

namespace segment_revisions {
enum Column : int {
  recording_id,
  revision,
  item,
  kind,
  at,
  undoes,
  undo_next,
  replacement,
  first_idx,
  last_idx,
  moved_by,
  kept_count,
  duration_ms,
  fingerprint,
  idx,
  start_ms,
  end_ms,
  text,
  meta,
};
enum Index : int { by_recording_id, by_revision };
inline constexpr ColumnSpec kColumns[] = {
    {"recording_id", UUIDOID}, {"revision", INT4OID},     {"item", INT4OID},
    {"kind", TEXTOID},         {"at", TIMESTAMPTZOID},    {"undoes", INT4OID},
    {"undo_next", INT4OID},    {"replacement", INT4OID},  {"first_idx", INT4OID},
    {"last_idx", INT4OID},     {"moved_by", INT4OID},     {"kept_count", INT4OID},
    {"duration_ms", INT4OID},  {"fingerprint", BYTEAOID}, {"idx", INT4OID},
    {"start_ms", INT4OID},     {"end_ms", INT4OID},       {"text", TEXTOID},
    {"meta", JSONBOID},
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, recording_id, false},
                                         {nullptr, recording_id, false, true, revision}};
inline constexpr TableSpec kTable = {
    TableId::kSegmentRevisions, "segment_revisions", kColumns, kIndexes, kMaxColumns, recording_id};
}  // namespace segment_revisions

namespace usage_cycles {
enum Column : int {
  id,
  user_id,
  plan_code,
  monthly_minutes,
  monthly_usage_limit,
  cycle_start,
  cycle_end,
  usage_count,
  used_seconds,
  closed_at,
  reason,
  credit_recordings,
  credit_seconds,
  overage_recordings,
  overage_seconds,
  carried,
};
enum Index : int { by_user_id, by_id };
inline constexpr ColumnSpec kColumns[] = {
    {"id", UUIDOID},
    {"user_id", UUIDOID},
    {"plan_code", TEXTOID},
    {"monthly_minutes", INT4OID},
    {"monthly_usage_limit", INT4OID},
    {"cycle_start", TIMESTAMPTZOID},
    {"cycle_end", TIMESTAMPTZOID},
    {"usage_count", INT4OID},
    {"used_seconds", INT4OID},
    {"closed_at", TIMESTAMPTZOID},
    {"reason", TEXTOID},
    {"credit_recordings", INT4OID},
    {"credit_seconds", INT4OID},
    {"overage_recordings", INT4OID},
    {"overage_seconds", INT4OID},
    {"carried", BOOLOID},
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, user_id, false}, {nullptr, id, true, true}};
inline constexpr TableSpec kTable = {TableId::kUsageCycles, "usage_cycles", kColumns, kIndexes,
                                     credit_recordings,     user_id};
}  // namespace usage_cycles

namespace audit_log {
enum Column : int {
  id,
  at,
  session_role,
  effective_role,
  client_addr,
  application_name,
  procedure_name,
  user_id,
  recording_id,
  outcome,
  detail,
};
inline constexpr ColumnSpec kColumns[] = {
    {"id", UUIDOID},
    {"at", TIMESTAMPTZOID},
    {"session_role", TEXTOID},
    {"effective_role", TEXTOID},
    {"client_addr", INETOID},
    {"application_name", TEXTOID},
    {"procedure_name", TEXTOID},
    {"user_id", UUIDOID},
    {"recording_id", UUIDOID},
    {"outcome", TEXTOID},
    {"detail", TEXTOID},
};
enum Index : int { by_user_id };  // an owner may have made one; s2t_install() does not
inline constexpr IndexSpec kIndexes[] = {{nullptr, user_id, false, true}};
inline constexpr TableSpec kTable = {TableId::kAuditLog, "audit_log", kColumns, kIndexes};
}  // namespace audit_log

namespace usage_entries {
enum Column : int {
  id,
  user_id,
  cycle_id,
  recording_id,
  credit_id,
  kind,
  recordings,
  seconds,
  credit_recordings,
  credit_seconds,
  overage_recordings,
  overage_seconds,
  at,
  note,
  kept,
};
enum Index : int { by_user_id };
inline constexpr ColumnSpec kColumns[] = {
    {"id", UUIDOID},
    {"user_id", UUIDOID},
    {"cycle_id", UUIDOID},
    {"recording_id", UUIDOID},
    {"credit_id", UUIDOID},
    {"kind", TEXTOID},
    {"recordings", INT4OID},
    {"seconds", INT4OID},
    {"credit_recordings", INT4OID},
    {"credit_seconds", INT4OID},
    {"overage_recordings", INT4OID},
    {"overage_seconds", INT4OID},
    {"at", TIMESTAMPTZOID},
    {"note", TEXTOID},
    {"kept", BOOLOID},
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, user_id, false}};
inline constexpr TableSpec kTable = {
    TableId::kUsageEntries, "usage_entries", kColumns, kIndexes, kMaxColumns, user_id};
}  // namespace usage_entries

namespace usage_credits {
enum Column : int {
  id,
  user_id,
  recordings,
  seconds,
  left_recordings,
  left_seconds,
  expires_at,
  cancelled_at,
  created_at,
  note,
  credit_key,
  credit_key_hash,
};
enum Index : int { by_user_id };
inline constexpr ColumnSpec kColumns[] = {
    {"id", UUIDOID},
    {"user_id", UUIDOID},
    {"recordings", INT4OID},
    {"seconds", INT4OID},
    {"left_recordings", INT4OID},
    {"left_seconds", INT4OID},
    {"expires_at", TIMESTAMPTZOID},
    {"cancelled_at", TIMESTAMPTZOID},
    {"created_at", TIMESTAMPTZOID},
    {"note", TEXTOID},
    {"credit_key", TEXTOID},
    {"credit_key_hash", BYTEAOID},
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, user_id, false}};
inline constexpr TableSpec kTable = {
    TableId::kUsageCredits, "usage_credits", kColumns, kIndexes, kMaxColumns, user_id};
}  // namespace usage_credits

namespace event_consumers {
enum Column : int { queue_id, dead_queue_id, name, types };
enum Index : int { by_name };
inline constexpr ColumnSpec kColumns[] = {
    {"queue_id", UUIDOID},
    {"dead_queue_id", UUIDOID},
    {"name", TEXTOID},
    {"types", TEXTARRAYOID},
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, name, true}};
inline constexpr TableSpec kTable = {TableId::kEventConsumers, "event_consumers", kColumns,
                                     kIndexes};
}  // namespace event_consumers

namespace events {
enum Column : int {
  queue_id,
  id,
  type,
  at,
  user_id,
  recording_id,
  data,
  attempt,
  due_at,
  dead_at,
  error,
};
enum Index : int { by_user, ready, taken, due };
inline constexpr ColumnSpec kColumns[] = {
    {"queue_id", UUIDOID},       {"id", UUIDOID},      {"type", TEXTOID},
    {"at", TIMESTAMPTZOID},      {"user_id", UUIDOID}, {"recording_id", UUIDOID},
    {"data", JSONBOID},          {"attempt", INT4OID}, {"due_at", TIMESTAMPTZOID},
    {"dead_at", TIMESTAMPTZOID}, {"error", TEXTOID},
};
inline constexpr IndexSpec kIndexes[] = {{"events_pkey", queue_id, false, true, user_id},
                                         {"events_ready_idx", queue_id, false, true, id},
                                         {"events_taken_idx", queue_id, false, true, id},
                                         {"events_due_idx", queue_id, false, true, due_at}};
inline constexpr TableSpec kTable = {TableId::kEvents, "events",    kColumns,
                                     kIndexes,         kMaxColumns, user_id};
}  // namespace events

namespace slots {
enum Column : int { slot, state, shard };
enum Index : int { by_slot };
inline constexpr ColumnSpec kColumns[] = {
    {"slot", INT4OID}, {"state", TEXTOID}, {"shard", INT4OID}};
inline constexpr IndexSpec kIndexes[] = {{nullptr, slot, true}};
inline constexpr TableSpec kTable = {TableId::kSlots, "slots", kColumns, kIndexes};
}  // namespace slots

}  // namespace s2t::pg
