// SPDX-License-Identifier: Apache-2.0
/// Formatters for fmt: pid `<0.12.3>`, reference `#Ref<0.1.2.3>`, atom, binary
/// `<<"GET /\r\n">>`, exit_reason, errc and error. Each takes the format
/// specification of a string: `fmt::format("{:>12}", pid)`. Nothing else of the library includes fmt.
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include <foundation/atom.hpp>
#include <foundation/binary.hpp>
#include <foundation/error.hpp>
#include <foundation/exit_reason.hpp>
#include <foundation/pid.hpp>
#include <foundation/reference.hpp>

template <>
struct fmt::formatter<foundation::pid> : fmt::formatter<std::string_view> {
  template <typename FormatContext>
  auto format(foundation::pid p, FormatContext& context) const {
    using access = foundation::detail::pid_access;
    fmt::basic_memory_buffer<char, 64> text;
    fmt::format_to(std::back_inserter(text), "<{}.{}.{}>", access::node(p), access::slot(p), access::generation(p));
    return fmt::formatter<std::string_view>::format({text.data(), text.size()}, context);
  }
};

template <>
struct fmt::formatter<foundation::reference> : fmt::formatter<std::string_view> {
  template <typename FormatContext>
  auto format(foundation::reference r, FormatContext& context) const {
    using access = foundation::detail::reference_access;
    fmt::basic_memory_buffer<char, 64> text;
    fmt::format_to(std::back_inserter(text), "#Ref<0.{}.{}.{}>", access::tag(r), access::scheduler(r),
                   access::counter(r));
    return fmt::formatter<std::string_view>::format({text.data(), text.size()}, context);
  }
};

template <>
struct fmt::formatter<foundation::atom> : fmt::formatter<std::string_view> {
  template <typename FormatContext>
  auto format(foundation::atom a, FormatContext& context) const {
    return fmt::formatter<std::string_view>::format(a.text(), context);
  }
};

/// In quotes, with C's escapes for what is no printable ASCII; of more than 64 bytes the first 64, and how many there
/// are: `<<"GET /index.html HTTP/1.1\r\nHost: "..., 5000 bytes>>`.
template <>
struct fmt::formatter<foundation::binary> : fmt::formatter<std::string_view> {
  template <typename FormatContext>
  auto format(const foundation::binary& b, FormatContext& context) const {
    constexpr std::size_t shown = 64;
    fmt::basic_memory_buffer<char, 4 * shown + 40> text;
    auto out = fmt::format_to(std::back_inserter(text), "<<\"");
    for (const char c : b.text().substr(0, shown)) {
      switch (c) {
        case '\n': out = fmt::format_to(out, "\\n"); break;
        case '\r': out = fmt::format_to(out, "\\r"); break;
        case '\t': out = fmt::format_to(out, "\\t"); break;
        case '"': out = fmt::format_to(out, "\\\""); break;
        case '\\': out = fmt::format_to(out, "\\\\"); break;
        default:
          if (c >= ' ' && c <= '~') {
            *out++ = c;
          } else {
            out = fmt::format_to(out, "\\x{:02x}", static_cast<unsigned char>(c));
          }
      }
    }
    if (b.size() <= shown) {
      fmt::format_to(out, "\">>");
    } else {
      fmt::format_to(out, "\"..., {} bytes>>", b.size());
    }
    return fmt::formatter<std::string_view>::format({text.data(), text.size()}, context);
  }
};

template <>
struct fmt::formatter<foundation::exit_reason> : fmt::formatter<std::string_view> {
  template <typename FormatContext>
  auto format(const foundation::exit_reason& reason, FormatContext& context) const {
    return fmt::formatter<std::string_view>::format(reason.description(), context);
  }
};

template <>
struct fmt::formatter<foundation::errc> : fmt::formatter<std::string_view> {
  template <typename FormatContext>
  auto format(foundation::errc code, FormatContext& context) const {
    return fmt::formatter<std::string_view>::format(foundation::name(code), context);
  }
};

template <>
struct fmt::formatter<foundation::error> : fmt::formatter<std::string_view> {
  template <typename FormatContext>
  auto format(const foundation::error& failure, FormatContext& context) const {
    return fmt::formatter<std::string_view>::format(failure.message(), context);
  }
};
