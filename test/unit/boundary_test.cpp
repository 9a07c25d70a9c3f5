#include "core/account/boundary.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace s2t::core {
namespace {

// Days since 1970-01-01 and back: "chrono-Compatible Low-Level Date Algorithms", H. Hinnant.
int64_t days_of(const Date& date) {
  const int64_t year = int64_t{date.year} - (date.month <= 2 ? 1 : 0);
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t of_era = year - era * 400;
  const int64_t of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

Date date_of(int64_t days) {
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const int64_t of_era = days - era * 146097;
  const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const int64_t month = (5 * of_year + 2) / 153;
  const int day = static_cast<int>(of_year - (153 * month + 2) / 5 + 1);
  const int civil = static_cast<int>(month < 10 ? month + 3 : month - 9);
  return {static_cast<int>(year + era * 400 + (civil <= 2 ? 1 : 0)), civil, day};
}

constexpr int64_t kHour = int64_t{3600} * 1000 * 1000;

// A zone of a fixed offset, in which some midnights come later (they do not exist) or, where they
// come twice, are the earlier of the two.
struct Zone {
  int64_t offset = 0;
  std::map<int64_t, int64_t> shifts = {};  // of the start of a day, by its number

  [[nodiscard]] int64_t start_of(const Date& date) const {
    const int64_t day = days_of(date);
    const auto shift = shifts.find(day);
    return day * kMicrosecondsPerDay - offset + (shift == shifts.end() ? 0 : shift->second);
  }
  [[nodiscard]] Date date_at(int64_t instant) const {
    int64_t day = (instant + offset) / kMicrosecondsPerDay - 1;
    while (start_of(date_of(day + 1)) <= instant) ++day;
    return date_of(day);
  }
};

int64_t at(int year, int month, int day, int hour = 0) {
  return days_of({year, month, day}) * kMicrosecondsPerDay + hour * kHour;
}

TEST(BoundaryTest, KnowsTheLengthsOfMonths) {
  EXPECT_EQ(days_in_month(2025, 2), 28);
  EXPECT_EQ(days_in_month(2024, 2), 29);
  EXPECT_EQ(days_in_month(2100, 2), 28);
  EXPECT_EQ(days_in_month(2000, 2), 29);
  EXPECT_EQ(days_in_month(2025, 4), 30);
  EXPECT_EQ(days_in_month(2025, 12), 31);
}

TEST(BoundaryTest, AnAnchorIsClampedAndComesBack) {
  const Date january{2025, 1, 31};
  EXPECT_EQ(boundary_day(january, 0, {31}), (Date{2025, 1, 31}));
  EXPECT_EQ(boundary_day(january, 1, {31}), (Date{2025, 2, 28}));
  EXPECT_EQ(boundary_day(january, 2, {31}), (Date{2025, 3, 31}));
  EXPECT_EQ(boundary_day(january, 3, {31}), (Date{2025, 4, 30}));
  EXPECT_EQ(boundary_day({2024, 1, 1}, 1, {30}), (Date{2024, 2, 29}));
}

TEST(BoundaryTest, MonthsRunOverYearsInBothDirections) {
  EXPECT_EQ(boundary_day({2025, 12, 24}, 1, {1}), (Date{2026, 1, 1}));
  EXPECT_EQ(boundary_day({1999, 12, 1}, 1, {1}), (Date{2000, 1, 1}));
  for (int month = 1; month < 12; ++month)
    EXPECT_EQ(boundary_day({2025, month, 1}, 1, {1}), (Date{2025, month + 1, 1}));
  EXPECT_EQ(boundary_day({2025, 1, 24}, -1, {5}), (Date{2024, 12, 5}));
  EXPECT_EQ(boundary_day({2025, 1, 24}, -25, {5}), (Date{2022, 12, 5}));
}

TEST(BoundaryTest, AnAnchorThatIsNoDayIsACalendarMonth) {
  EXPECT_EQ(boundary_day({2025, 5, 24}, 0, {0}), (Date{2025, 5, 1}));
  EXPECT_EQ(boundary_day({2025, 5, 24}, 0, {32}), (Date{2025, 5, 1}));
  EXPECT_EQ(boundary_day({2025, 5, 24}, 0, {-1}), (Date{2025, 5, 1}));
}

TEST(BoundaryTest, TheMonthAroundNow) {
  const Zone utc;
  EXPECT_EQ(period_at(at(2025, 5, 24, 7), {1}, utc), (Period{at(2025, 5, 1), at(2025, 6, 1)}));
  EXPECT_EQ(period_at(at(2025, 5, 1), {1}, utc), (Period{at(2025, 5, 1), at(2025, 6, 1)}));
  EXPECT_EQ(period_at(at(2025, 5, 1) - 1, {1}, utc), (Period{at(2025, 4, 1), at(2025, 5, 1)}));
  EXPECT_EQ(period_at(at(2025, 5, 9), {10}, utc), (Period{at(2025, 4, 10), at(2025, 5, 10)}));
  EXPECT_EQ(period_at(at(2025, 5, 10), {10}, utc), (Period{at(2025, 5, 10), at(2025, 6, 10)}));
  EXPECT_EQ(period_at(at(2025, 2, 28, 12), {31}, utc), (Period{at(2025, 2, 28), at(2025, 3, 31)}));
  EXPECT_EQ(period_at(at(2025, 2, 27), {31}, utc), (Period{at(2025, 1, 31), at(2025, 2, 28)}));
}

TEST(BoundaryTest, ACycleFollowsTheLastOne) {
  const Zone utc;
  const NextCycle next = next_cycle(at(2025, 5, 1), true, at(2025, 5, 1), {1}, utc);
  EXPECT_EQ(next.period, (Period{at(2025, 5, 1), at(2025, 6, 1)}));
  EXPECT_FALSE(next.skipped);
}

TEST(BoundaryTest, UnusedMonthsAreSkipped) {
  const Zone utc;
  NextCycle next = next_cycle(at(2025, 5, 1), true, at(2025, 6, 1), {1}, utc);
  EXPECT_EQ(next.period, (Period{at(2025, 6, 1), at(2025, 7, 1)}));
  EXPECT_TRUE(next.skipped);
  next = next_cycle(at(2015, 5, 1), true, at(2025, 6, 3), {1}, utc);
  EXPECT_EQ(next.period, (Period{at(2025, 6, 1), at(2025, 7, 1)}));
  EXPECT_TRUE(next.skipped);
}

TEST(BoundaryTest, ACycleWithoutAnEndIsFollowedByTheCurrentMonth) {
  const NextCycle next = next_cycle(INT64_MIN, false, at(2025, 6, 3), {1}, Zone{});
  EXPECT_EQ(next.period, (Period{at(2025, 6, 1), at(2025, 7, 1)}));
  EXPECT_FALSE(next.skipped);
}

TEST(BoundaryTest, AChangedAnchorGivesALongerCycleAndNeverASecondOne) {
  const Zone utc;
  // The next tenth is only nine days after the end: the one after it ends the cycle.
  NextCycle next = next_cycle(at(2025, 5, 1), true, at(2025, 5, 3), {10}, utc);
  EXPECT_EQ(next.period, (Period{at(2025, 5, 1), at(2025, 6, 10)}));
  // More than 27 days after the end.
  next = next_cycle(at(2025, 5, 1), true, at(2025, 5, 3), {29}, utc);
  EXPECT_EQ(next.period, (Period{at(2025, 5, 1), at(2025, 5, 29)}));
  next = next_cycle(at(2025, 5, 1), true, at(2025, 5, 3), {28}, utc);
  EXPECT_EQ(next.period, (Period{at(2025, 5, 1), at(2025, 6, 28)}));
}

TEST(BoundaryTest, AChangedZoneMovesTheBoundaryOnly) {
  const Zone east{7 * kHour};
  const NextCycle next = next_cycle(at(2025, 6, 1), true, at(2025, 6, 2), {1}, east);
  EXPECT_EQ(next.period, (Period{at(2025, 6, 1), at(2025, 7, 1) - 7 * kHour}));
}

TEST(BoundaryTest, MidnightThatDoesNotExistOrComesTwice) {
  // The first of October begins an hour late, the first of November an hour early.
  const Zone zone{0, {{days_of({2025, 10, 1}), kHour}, {days_of({2025, 11, 1}), -kHour}}};
  EXPECT_EQ(period_at(at(2025, 10, 5), {1}, zone),
            (Period{at(2025, 10, 1, 1), at(2025, 11, 1) - kHour}));
  EXPECT_EQ(period_at(at(2025, 10, 1), {1}, zone), (Period{at(2025, 9, 1), at(2025, 10, 1, 1)}));
  EXPECT_EQ(period_at(at(2025, 11, 1) - kHour, {1}, zone),
            (Period{at(2025, 11, 1) - kHour, at(2025, 12, 1)}));
}

// Whatever happens to anchor and zone, cycles neither overlap nor come closer than 28 days, and the
// one that was opened contains now.
TEST(BoundaryTest, CyclesOfARandomLife) {
  std::mt19937_64 random(20251128);
  const auto pick = [&](int64_t from, int64_t to) {
    return std::uniform_int_distribution<int64_t>(from, to)(random);
  };
  for (int life = 0; life < 300; ++life) {
    Zone zone{pick(-12, 14) * kHour};
    Anchor anchor{static_cast<int>(pick(1, 31))};
    int64_t now = at(2024, 1, 1) + pick(0, 366 * 24) * kHour;
    Period cycle = period_at(now, anchor, zone);
    for (int step = 0; step < 60; ++step) {
      now += pick(0, pick(0, 9) == 0 ? 200 * 24 : 20 * 24) * kHour;
      if (pick(0, 9) == 0) anchor.day = static_cast<int>(pick(1, 31));
      if (pick(0, 9) == 0) zone.offset = pick(-12, 14) * kHour;
      if (pick(0, 3) == 0) {
        const int64_t day = now / kMicrosecondsPerDay + pick(1, 40);
        zone.shifts[day] = pick(0, 1) == 0 ? kHour : -kHour;
      }
      if (cycle.end > now) continue;
      const NextCycle next = next_cycle(cycle.end, true, now, anchor, zone);
      ASSERT_LE(next.period.start, now);
      ASSERT_GT(next.period.end, now);
      ASSERT_GE(next.period.start, cycle.end);
      ASSERT_EQ(next.skipped, next.period.start != cycle.end);
      ASSERT_GT(next.period.end - next.period.start, kLeastCycle);
      ASSERT_LT(next.period.end - next.period.start, 61 * kMicrosecondsPerDay);
      cycle = next.period;
    }
  }
}

}  // namespace
}  // namespace s2t::core
