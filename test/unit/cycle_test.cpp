#include "core/account/cycle.h"

#include <gtest/gtest.h>

namespace s2t::core {
namespace {

TEST(CycleTest, TheEndIsNotPartOfACycle) {
  EXPECT_FALSE(cycle_ended(1000, 999));
  EXPECT_TRUE(cycle_ended(1000, 1000));
  EXPECT_TRUE(cycle_ended(1000, 1001));
  EXPECT_FALSE(cycle_ended(0, -1));
}

}  // namespace
}  // namespace s2t::core
