#include "procedures/shared/speaker.h"

#include "pg/encoding.h"
#include "pg/function.h"

namespace s2t::procedures {

std::string_view speaker_in(Jsonb* meta) {
  JsonbValue value;
  if (!JB_ROOT_IS_OBJECT(meta) ||
      getKeyJsonValueFromContainer(&meta->root, "speaker", 7, &value) == nullptr ||
      value.type != jbvString)
    return {};
  return pg::copy(pg::to_utf8({value.val.string.val, static_cast<size_t>(value.val.string.len)}));
}

}  // namespace s2t::procedures
