// The tables as the native code knows them: by name. Where a column stands in a table, and what
// else the table has, is found out at run time (see pg/catalog.h).
#pragma once

#include <stdint.h>

#include <span>

#include "pg/server.h"

namespace s2t::pg {

enum class TableId : uint8_t {
  kPlans,
  kUsers,
  kUserProfiles,
  kUserSubscriptions,
  kRecordings,
  kSegments,
  kUsageCycles,
  kAuditLog,
  kCount,
};

struct ColumnSpec {
  const char* name;
  Oid type;  // TEXTOID stands for varchar too
};

// An index that a procedure finds rows by.
struct IndexSpec {
  const char*
      name;  // of the index itself where its columns do not tell it (a partial index), else nullptr
  int column;          // the leading column
  bool unique_column;  // unique on that column alone
};

struct TableSpec {
  TableId id;
  const char* name;
  std::span<const ColumnSpec> columns;
  std::span<const IndexSpec> indexes;
};

inline constexpr int kMaxColumns = 13;
inline constexpr int kMaxIndexes = 3;

namespace plans {
enum Column : int {
  id,
  code,
  monthly_minutes,
  monthly_usage_limit,
  retention_days,
  is_active,
  is_default
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
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, id, true}, {nullptr, code, true}};
inline constexpr TableSpec kTable = {TableId::kPlans, "plans", kColumns, kIndexes};
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
inline constexpr TableSpec kTable = {TableId::kUsers, "users", kColumns, kIndexes};
}  // namespace users

namespace user_profiles {
enum Column : int { user_id, name, avatar_url };
enum Index : int { by_user_id };
inline constexpr ColumnSpec kColumns[] = {
    {"user_id", UUIDOID}, {"name", TEXTOID}, {"avatar_url", TEXTOID}};
inline constexpr IndexSpec kIndexes[] = {{nullptr, user_id, true}};
inline constexpr TableSpec kTable = {TableId::kUserProfiles, "user_profiles", kColumns, kIndexes};
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
};
enum Index : int { by_user_id };
inline constexpr ColumnSpec kColumns[] = {
    {"user_id", UUIDOID},          {"plan_id", UUIDOID},           {"cycle_start", TIMESTAMPTZOID},
    {"cycle_end", TIMESTAMPTZOID}, {"usage_count", INT4OID},       {"used_seconds", INT4OID},
    {"total_recordings", INT8OID}, {"total_duration_ms", INT8OID}, {"total_segments", INT8OID},
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, user_id, true}};
inline constexpr TableSpec kTable = {TableId::kUserSubscriptions, "user_subscriptions", kColumns,
                                     kIndexes};
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
};
enum Index : int { by_id, by_user_id, done_by_created_at };
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
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, id, true},
                                         {nullptr, user_id, false},
                                         {"recordings_done_created_at_idx", created_at, false}};
inline constexpr TableSpec kTable = {TableId::kRecordings, "recordings", kColumns, kIndexes};
}  // namespace recordings

namespace segments {
enum Column : int { recording_id, idx, start_ms, end_ms, text, meta };
enum Index : int { by_recording_id };
inline constexpr ColumnSpec kColumns[] = {
    {"recording_id", UUIDOID}, {"idx", INT4OID},  {"start_ms", INT4OID},
    {"end_ms", INT4OID},       {"text", TEXTOID}, {"meta", JSONBOID},
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, recording_id, false}};
inline constexpr TableSpec kTable = {TableId::kSegments, "segments", kColumns, kIndexes};
}  // namespace segments

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
};
enum Index : int { by_user_id };
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
};
inline constexpr IndexSpec kIndexes[] = {{nullptr, user_id, false}};
inline constexpr TableSpec kTable = {TableId::kUsageCycles, "usage_cycles", kColumns, kIndexes};
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
inline constexpr TableSpec kTable = {TableId::kAuditLog, "audit_log", kColumns, {}};
}  // namespace audit_log

}  // namespace s2t::pg
