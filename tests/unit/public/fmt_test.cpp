// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include <foundation/fmt.hpp>

namespace fn = foundation;

namespace {

TEST(fmt, prints_a_pid_as_node_slot_and_generation) {
  EXPECT_EQ(fmt::format("{}", fn::detail::pid_access::make(0, 77, 12, 3)), "<0.12.3>");
  EXPECT_EQ(fmt::format("{}", fn::pid()), "<0.0.0>");
  EXPECT_EQ(fmt::format("{}", fn::detail::pid_access::make(UINT32_MAX, UINT32_MAX, fn::detail::pid_access::max_slot,
                                                           fn::detail::pid_access::max_generation)),
            "<4294967295.16777215.1099511627775>");
}

TEST(fmt, prints_a_reference_with_its_fields) {
  EXPECT_EQ(fmt::format("{}", fn::detail::reference_access::make(256, 1, 42)), "#Ref<0.256.1.42>");
  EXPECT_EQ(fmt::format("{}", fn::detail::reference_access::make(UINT32_MAX, UINT32_MAX, UINT64_MAX)),
            "#Ref<0.4294967295.4294967295.18446744073709551615>");
}

TEST(fmt, prints_an_atom_as_its_text) {
  EXPECT_EQ(fmt::format("{} {}|{:>4}", fn::atom::make("ok").value(), fn::atom(), fn::atom::make("no").value()), "ok |  no");
}

TEST(fmt, prints_a_binary_in_quotes_with_escapes) {
  const auto printed = [](std::string_view text) { return fmt::format("{}", fn::binary::copy(text).value()); };
  EXPECT_EQ(printed(""), "<<\"\">>");
  EXPECT_EQ(printed("GET /\r\n\t\"\\\x01\x7f\xff"), R"(<<"GET /\r\n\t\"\\\x01\x7f\xff">>)");
  EXPECT_EQ(printed(std::string_view("\0~ ", 3)), R"(<<"\x00~ ">>)");
  EXPECT_EQ(fmt::format("{:>8}|", fn::binary::copy("a").value()), " <<\"a\">>|");
}

TEST(fmt, cuts_a_long_binary_and_says_how_long_it_is) {
  EXPECT_EQ(fmt::format("{}", fn::binary::copy(std::string(64, 'x')).value()), "<<\"" + std::string(64, 'x') + "\">>");
  EXPECT_EQ(fmt::format("{}", fn::binary::copy(std::string(5000, '\xff')).value()).size(), 64 * 4 + 3 + 18u);
  EXPECT_EQ(fmt::format("{}", fn::binary::copy(std::string(5000, 'x')).value()),
            "<<\"" + std::string(64, 'x') + "\"..., 5000 bytes>>");
}

TEST(fmt, prints_reasons_codes_and_errors) {
  EXPECT_EQ(fmt::format("{}", fn::exit_reason::user("disk full")), "user: disk full");
  EXPECT_EQ(fmt::format("{}", fn::errc::would_deadlock), "would_deadlock");
  EXPECT_EQ(fmt::format("{}", fn::error(fn::errc::timeout, "late")), "late");
  EXPECT_EQ(fmt::format("{}", fn::error(fn::errc::timeout)), "the time is up");
}

TEST(fmt, takes_the_format_specification_of_a_string) {
  const fn::pid p = fn::detail::pid_access::make(0, 1, 12, 3);
  EXPECT_EQ(fmt::format("{:>10}|{:<10}|", p, p), "  <0.12.3>|<0.12.3>  |");
  EXPECT_EQ(fmt::format("{:.4}", fn::errc::timeout), "time");
}

}  // namespace
