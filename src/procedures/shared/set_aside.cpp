#include "procedures/shared/set_aside.h"

#include "pg/error.h"

namespace s2t::procedures {

void SetAside::add(const pg_uuid_t& id, const pg::Refusal& refusal) {
  if (count_++ > 0) return;
  first_ = id;
  refusal_ = refusal;
}

void SetAside::tell() const {
  if (job_) metrics::set_aside::note(*job_, count_);
  if (count_ == 0) return;
  ereport(WARNING,
          (errmsg_plural("%lld row was set aside", "%lld rows were set aside",
                         static_cast<unsigned long>(count_), static_cast<long long>(count_)),
           errdetail("The first is that of %s %s: %s.", what_, pg::to_cstring(&first_),
                     refusal_.reason),
           errhint("Put right what refuses them; the next run tries them again.")));
}

}  // namespace s2t::procedures
