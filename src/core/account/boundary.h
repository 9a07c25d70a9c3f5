// Where billing cycles begin and end: on the first of a month, or on the day of the month on which
// the user registered (docs/reference.md, "Conventions"). Time zones are the server's business:
// whoever calls brings a Zone, which turns days into instants.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>

namespace s2t::core {

// A day of the Gregorian calendar.
struct Date {
  int year = 0;
  int month = 1;  // 1 .. 12
  int day = 1;    // 1 .. 31

  friend constexpr bool operator==(const Date&, const Date&) = default;
};

[[nodiscard]] constexpr bool is_leap_year(int year) noexcept {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

[[nodiscard]] constexpr int days_in_month(int year, int month) noexcept {
  if (month == 2) return is_leap_year(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// The day of the month on which cycles begin, 1 .. 31; any other value stands for 1, a calendar
// month. In months that are too short it is their last day: 31 is 28, and then 31 again.
struct Anchor {
  int day = 1;
};

// The boundary in the month `months` after that of `date`.
[[nodiscard]] constexpr Date boundary_day(const Date& date, int months, Anchor anchor) noexcept {
  const int64_t month = int64_t{date.year} * 12 + (date.month - 1) + months;
  const int64_t in_year = (month % 12 + 12) % 12;
  Date day{static_cast<int>((month - in_year) / 12), static_cast<int>(in_year) + 1, 1};
  const int last = days_in_month(day.year, day.month);
  if (anchor.day > 1 && anchor.day <= 31) day.day = anchor.day < last ? anchor.day : last;
  return day;
}

// A billing cycle: from `start`, which is part of it, to `end`, which is not; in microseconds.
struct Period {
  int64_t start = 0;
  int64_t end = 0;

  friend constexpr bool operator==(const Period&, const Period&) = default;
};

inline constexpr int64_t kMicrosecondsPerDay = int64_t{86400} * 1000 * 1000;

// A cycle is longer than this, so that a boundary that moves (a changed anchor or time zone, a day
// without midnight) opens no second cycle in what was one month.
inline constexpr int64_t kLeastCycle = 27 * kMicrosecondsPerDay;

// A Zone has two functions: `Date date_at(int64_t instant)`, the day in which an instant lies, and
// `int64_t start_of(const Date&)`, the first instant of a day. Both may end in an error of the
// server; neither is asked for more than three months around `now` and `last_end`.

// The boundaries between which `now` lies.
template <typename Zone>
[[nodiscard]] Period period_at(int64_t now, Anchor anchor, Zone&& zone) {
  const Date today = zone.date_at(now);
  int months = 0;
  int64_t start = zone.start_of(boundary_day(today, months, anchor));
  while (start > now) start = zone.start_of(boundary_day(today, --months, anchor));
  int64_t end = zone.start_of(boundary_day(today, ++months, anchor));
  while (end <= now) {
    start = end;
    end = zone.start_of(boundary_day(today, ++months, anchor));
  }
  return {start, end};
}

// The first boundary more than kLeastCycle after `start`.
template <typename Zone>
[[nodiscard]] int64_t end_of_cycle(int64_t start, Anchor anchor, Zone&& zone) {
  const Date day = zone.date_at(start);
  int months = 0;
  int64_t end = zone.start_of(boundary_day(day, months, anchor));
  while (end <= start || end - start <= kLeastCycle)
    end = zone.start_of(boundary_day(day, ++months, anchor));
  return end;
}

struct NextCycle {
  Period period;
  bool skipped;  // whether unused months lie between the last cycle and this one
};

// The cycle that follows one that ended at `last_end` <= `now`: it begins there, unless it would be
// over already; then it is the one that contains `now`. A cycle without an end in the calendar
// (`bounded` false) is followed by the one that contains `now`, too.
template <typename Zone>
[[nodiscard]] NextCycle next_cycle(int64_t last_end, bool bounded, int64_t now, Anchor anchor,
                                   Zone&& zone) {
  const Period current = period_at(now, anchor, zone);
  if (!bounded) return {current, false};
  // Whatever ended more than two months before this one began leaves at least one month between.
  if (current.start - last_end > 3 * kLeastCycle) return {current, true};
  Period next{last_end, end_of_cycle(last_end, anchor, zone)};
  bool skipped = false;
  while (next.end <= now) {
    next = {next.end, end_of_cycle(next.end, anchor, zone)};
    skipped = true;
  }
  return {next, skipped};
}

}  // namespace s2t::core
