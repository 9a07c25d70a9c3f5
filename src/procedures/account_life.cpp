// s2t_set_password, s2t_set_verified, s2t_set_status, s2t_update_profile and s2t_change_login:
// docs/reference.md, "Account changes".
#include "core/account/validate.h"

#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/table.h"

namespace s2t::procedures {

using pg::Arguments;
using pg::Locked;
using pg::make_text;
using pg::Row;
using pg::RowLock;
using pg::Session;
using pg::Table;
using pg::TableId;
using pg::Values;

namespace {

// The user's row, locked so that a change of its own columns, and where `mode` is kUpdate of its
// keys too, waits for nobody any more. Raises P0002 if there is no such user.
Row lock_user(Table* users, const pg_uuid_t* id, RowLock mode) {
  Row row;
  if (users->lock(pg::users::by_id, UUIDPGetDatum(id), mode, &row) != Locked::kYes)
    pg::raise_not_found("user", id);
  return row;
}

bool differs(const Row& row, int column, std::string_view value) {
  return row.is_null(column) || row.as_text(column) != value;
}

// Tells what was done; the values are the user's own and stay out of it.
void tell(Session* session, const char* procedure, const pg_uuid_t* id, const char* detail) {
  audit::write(session, pg::settings::Audit::kChanges,
               {.procedure = procedure, .user_id = id, .detail = detail});
}

// Changes one column of a user's row, unless it stands so already. Returns whether it did.
bool set_column(FunctionCallInfo fcinfo, const char* procedure, const pg_uuid_t* id, int column,
                Datum value, std::string_view text, const char* detail) {
  Session session = Session::open(fcinfo, procedure);
  Table users = Table::open(&session, pg::users::kTable, pg::kUpdate);
  Row row = lock_user(&users, id, RowLock::kNoKeyUpdate);
  bool changes = column == pg::users::verified
                     ? row.is_null(column) || row.as_bool(column) != DatumGetBool(value)
                     : differs(row, column, text);
  if (changes) {
    Values change;
    change.set(column, value);
    (void)users.update_one(row, change);
    tell(&session, procedure, id, detail);
  }
  session.close();
  return changes;
}

struct Profile {
  std::optional<std::string_view> name;
  std::optional<std::string_view> avatar_url;
};

// An adopted application may have users without a profile.
bool update_profile(Session* session, const pg_uuid_t* id, const Profile& profile) {
  namespace p = pg::user_profiles;
  Table users = Table::open(session, pg::users::kTable, pg::kLockRows);
  (void)lock_user(&users, id, RowLock::kKeyShare);
  Table profiles = Table::open(session, p::kTable, pg::kInsert | pg::kUpdate, {TableId::kUsers});
  Row row;
  bool exists =
      profiles.lock(p::by_user_id, UUIDPGetDatum(id), RowLock::kNoKeyUpdate, &row) == Locked::kYes;
  Values change;
  bool changes = false;
  auto set = [&](int column, const std::optional<std::string_view>& value) {
    if (!value || (exists && !differs(row, column, *value))) return;
    change.set(column, make_text(*value));
    changes = true;
  };
  set(p::name, profile.name);
  set(p::avatar_url, profile.avatar_url);
  if (!changes) return false;
  if (exists) {
    (void)profiles.update_one(row, change);
  } else {
    change.set(p::user_id, UUIDPGetDatum(id));
    (void)profiles.insert_one(change);
  }
  return true;
}

struct Login {
  std::optional<std::string_view> email;
  std::optional<std::string_view> user_name;
};

Login read_login(const Arguments& arguments) {
  Login login{arguments.as_optional_text(1), arguments.as_optional_text(2)};
  if (login.email) {
    login.email = core::trim(*login.email);
    pg::raise_unless_ok(core::check_email(*login.email));
  }
  if (login.user_name) {
    login.user_name = core::trim(*login.user_name);
    pg::raise_unless_ok(core::check_user_name(*login.user_name));
  }
  return login;
}

// Both are keys of the table: the lock is the one that removing the user would take.
bool change_login(Session* session, const pg_uuid_t* id, const Login& login) {
  namespace u = pg::users;
  Table users = Table::open(session, u::kTable, pg::kUpdate);
  Row row = lock_user(&users, id, RowLock::kUpdate);
  bool email = login.email && differs(row, u::email, *login.email);
  bool user_name = login.user_name && differs(row, u::user_name, *login.user_name);
  if (!email && !user_name) return false;
  Values change;
  if (email) change.set(u::email, make_text(*login.email));
  if (user_name) change.set(u::user_name, make_text(*login.user_name));
  (void)users.update_one(row, change);
  tell(session, "s2t_change_login", id,
       email && user_name ? "e-mail and user name changed"
       : email            ? "e-mail changed"
                          : "user name changed");
  return true;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_set_password) {
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_user_id");
  std::string_view hash = arguments.as_text(1, "in_hashed_pass");
  s2t::pg::raise_unless_ok(s2t::core::check_password_hash(hash));
  PG_RETURN_BOOL(s2t::procedures::set_column(fcinfo, "s2t_set_password", id,
                                             s2t::pg::users::password_hash,
                                             s2t::pg::make_text(hash), hash, "password changed"));
}

S2T_PROCEDURE(s2t_set_verified) {
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_user_id");
  bool verified = arguments.as_bool(1, "in_verified");
  PG_RETURN_BOOL(s2t::procedures::set_column(fcinfo, "s2t_set_verified", id,
                                             s2t::pg::users::verified, BoolGetDatum(verified), {},
                                             verified ? "verified" : "no longer verified"));
}

S2T_PROCEDURE(s2t_set_status) {
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_user_id");
  std::string_view status = s2t::core::trim(arguments.as_text(1, "in_status"));
  s2t::pg::raise_unless_ok(s2t::core::check_account_status(status));
  const char* detail = psprintf("status \"%.*s\"", static_cast<int>(status.size()), status.data());
  PG_RETURN_BOOL(s2t::procedures::set_column(fcinfo, "s2t_set_status", id, s2t::pg::users::status,
                                             s2t::pg::make_text(status), status, detail));
}

S2T_PROCEDURE(s2t_update_profile) {
  using namespace s2t::procedures;
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_user_id");
  Profile profile{arguments.as_optional_text(1), arguments.as_optional_text(2)};
  s2t::pg::Session session = s2t::pg::Session::open(fcinfo, "s2t_update_profile");
  bool changed = update_profile(&session, id, profile);
  if (changed) tell(&session, "s2t_update_profile", id, "profile changed");
  session.close();
  PG_RETURN_BOOL(changed);
}

S2T_PROCEDURE(s2t_change_login) {
  using namespace s2t::procedures;
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* id = arguments.as_uuid(0, "in_user_id");
  Login login = read_login(arguments);
  s2t::pg::Session session = s2t::pg::Session::open(fcinfo, "s2t_change_login");
  bool changed = change_login(&session, id, login);
  session.close();
  PG_RETURN_BOOL(changed);
}
