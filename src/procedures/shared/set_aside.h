// Rows that a job could not work: a constraint or a trigger of the database's owner refuses them.
// They hold up no others (docs/reference.md, "One bad row").
#pragma once

#include <stdint.h>

#include "metrics/set_aside.h"
#include "pg/attempt.h"

namespace s2t::procedures {

class SetAside {
 public:
  SetAside(metrics::set_aside::Job job, const char* what) : job_(job), what_(what) {}
  // For what is no job: how many is noted nowhere.
  explicit SetAside(const char* what) : what_(what) {}

  void add(const pg_uuid_t& id, const pg::Refusal& refusal);

  // Says so in one WARNING if there were any, and notes how many.
  void tell() const;

 private:
  std::optional<metrics::set_aside::Job> job_;
  const char* what_;  // of whom the ids are: "recording", "user"
  int64_t count_ = 0;
  pg_uuid_t first_;
  pg::Refusal refusal_;
};

}  // namespace s2t::procedures
