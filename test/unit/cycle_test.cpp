#include "core/account/cycle.h"

#include <gtest/gtest.h>

namespace s2t::core {
namespace {

TEST(CycleTest, MonthsFollowEachOther) {
  for (int month = 1; month < 12; ++month) {
    EXPECT_EQ(next_month({2025, month}), (Month{2025, month + 1}));
  }
}

TEST(CycleTest, DecemberEndsTheYear) {
  EXPECT_EQ(next_month({2025, 12}), (Month{2026, 1}));
  EXPECT_EQ(next_month({1999, 12}), (Month{2000, 1}));
}

TEST(CycleTest, MonthsOfDifferentYearsDiffer) {
  EXPECT_FALSE((Month{2025, 1} == Month{2026, 1}));
  EXPECT_FALSE((Month{2025, 1} == Month{2025, 2}));
}

TEST(CycleTest, TheEndIsNotPartOfACycle) {
  EXPECT_FALSE(cycle_ended(1000, 999));
  EXPECT_TRUE(cycle_ended(1000, 1000));
  EXPECT_TRUE(cycle_ended(1000, 1001));
  EXPECT_FALSE(cycle_ended(0, -1));
}

}  // namespace
}  // namespace s2t::core
