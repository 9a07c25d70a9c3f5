#include "core/base/ids.h"

#include <gtest/gtest.h>
#include <stdio.h>

#include <algorithm>
#include <array>
#include <string>

namespace s2t::core {
namespace {

std::string to_text(const UuidBytes& id) {
  std::string text;
  for (size_t i = 0; i < id.size(); ++i) {
    char byte[4];
    snprintf(byte, sizeof byte, "%02x", id[i]);
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += byte;
  }
  return text;
}

UuidBytes from_text(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), '-'), text.end());
  UuidBytes id{};
  for (size_t i = 0; i < id.size(); ++i) {
    id[i] = static_cast<uint8_t>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
  }
  return id;
}

// The slots below are stored in every id: they were calculated apart from this code, by the text of
// the header, and may never change.
TEST(SlotOfEmailTest, IsStable) {
  EXPECT_EQ(slot_of_email(""), 1971);
  EXPECT_EQ(slot_of_email("a"), 697);
  EXPECT_EQ(slot_of_email("foobar"), 1026);
  EXPECT_EQ(slot_of_email("test@example.com"), 3843);
  EXPECT_EQ(slot_of_email("an@example.vn"), 1926);
  EXPECT_EQ(slot_of_email("user42@example.com"), 43);
  EXPECT_EQ(slot_of_email("nguyễn@example.vn"), 1318);
  EXPECT_EQ(slot_of_email(std::string(254, 'x')), 3410);
}

TEST(SlotOfEmailTest, IgnoresCaseOfAsciiLettersOnly) {
  EXPECT_EQ(slot_of_email("TEST@Example.COM"), 3843);
  EXPECT_EQ(slot_of_email("Ä@example.org"), 668);
  EXPECT_EQ(slot_of_email("Ä@EXAMPLE.org"), 668);
  EXPECT_EQ(slot_of_email("ä@example.org"), 4083);
}

TEST(SlotOfEmailTest, SpreadsUsersEvenly) {
  std::array<int, kSlots> users{};
  for (int i = 0; i < 100 * kSlots; ++i) {
    const int slot = slot_of_email("user" + std::to_string(i) + "@example.com");
    ASSERT_GE(slot, 0);
    ASSERT_LT(slot, kSlots);
    ++users[slot];
  }
  // A fair die of 4096 sides thrown 409,600 times stays well within these.
  EXPECT_GE(*std::min_element(users.begin(), users.end()), 50);
  EXPECT_LE(*std::max_element(users.begin(), users.end()), 160);
}

TEST(SlotOfUuidTest, ReadsRandAOfVersion7) {
  EXPECT_EQ(slot_of_uuid(from_text("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")), 0xCC3);
  EXPECT_EQ(slot_of_uuid(from_text("017f22e2-79b0-7000-8000-000000000000")), 0);
  EXPECT_EQ(slot_of_uuid(from_text("ffffffff-ffff-7fff-bfff-ffffffffffff")), 4095);
  EXPECT_EQ(slot_of_uuid(from_text("017f22e2-79b0-7100-a000-000000000000")), 0x100);
}

TEST(SlotOfUuidTest, HashesEveryOtherId) {
  EXPECT_EQ(slot_of_uuid(from_text("00000000-0000-0000-0000-000000000000")), 2848);  // nil
  EXPECT_EQ(slot_of_uuid(from_text("ffffffff-ffff-ffff-ffff-ffffffffffff")), 2947);  // max
  EXPECT_EQ(slot_of_uuid(from_text("123e4567-e89b-12d3-a456-426614174000")), 3270);
  // RFC 9562, appendix A: versions 4 and 1.
  EXPECT_EQ(slot_of_uuid(from_text("919108f7-52d1-4320-9bac-f847db4148a8")), 1307);
  EXPECT_EQ(slot_of_uuid(from_text("c232ab00-9414-11ec-b3c8-9f6bdeced846")), 1392);
}

TEST(SlotOfUuidTest, HashesVersion7OfAnotherVariant) {
  EXPECT_EQ(slot_of_uuid(from_text("017f22e2-79b0-7cc3-18c4-dc0c0c07398f")), 2840);
  EXPECT_EQ(slot_of_uuid(from_text("017f22e2-79b0-7cc3-d8c4-dc0c0c07398f")), 1939);
  EXPECT_EQ(slot_of_uuid(from_text("017f22e2-79b0-8cc3-98c4-dc0c0c07398f")), 2955);
}

// RFC 9562, appendix A.6.
TEST(MakeUuidV7Test, AgreesWithTheRfc) {
  EXPECT_EQ(to_text(make_uuid_v7(0x017F22E279B0, 0xCC3, 0x18C4DC0C0C07398F)),
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

TEST(MakeUuidV7Test, KeepsVersionAndVariantWhateverItIsGiven) {
  EXPECT_EQ(to_text(make_uuid_v7(0, 0, 0)), "00000000-0000-7000-8000-000000000000");
  EXPECT_EQ(to_text(make_uuid_v7(UINT64_MAX, kSlots - 1, UINT64_MAX)),
            "ffffffff-ffff-7fff-bfff-ffffffffffff");
}

TEST(MakeUuidV7Test, PutsEveryByteInItsPlace) {
  EXPECT_EQ(to_text(make_uuid_v7(0xABCD010203040506, 0x789, 0x0102030405060708)),
            "01020304-0506-7789-8102-030405060708");
}

TEST(MakeUuidV7Test, EverySlotComesBack) {
  for (int slot = 0; slot < kSlots; ++slot) {
    ASSERT_EQ(slot_of_uuid(make_uuid_v7(0x017F22E279B0, slot, UINT64_MAX)), slot);
    ASSERT_EQ(slot_of_uuid(make_uuid_v7(0x017F22E279B0, slot, 0)), slot);
  }
}

TEST(MakeUuidV7Test, SortsByTime) {
  EXPECT_LT(make_uuid_v7(255, kSlots - 1, UINT64_MAX), make_uuid_v7(256, 0, 0));
  EXPECT_LT(make_uuid_v7(0x00FFFFFFFFFF, kSlots - 1, UINT64_MAX),
            make_uuid_v7(0x010000000000, 0, 0));
}

}  // namespace
}  // namespace s2t::core
