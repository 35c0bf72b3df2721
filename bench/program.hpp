// SPDX-License-Identifier: Apache-2.0
//
// What every C++ program that is measured shares: the command line, clocks, memory, latencies, and the lines it prints
// (the protocol is that of bench/runner/programs.py).
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

using number = std::uint64_t;

/// The lines of a result, in the order in which they are printed.
using measures = std::vector<std::pair<std::string_view, number>>;

/// The command line asks for something the program does not have. Its exit status is 2; that of other errors is 1.
struct argument_error : std::runtime_error {
  using runtime_error::runtime_error;
};

struct arguments {
  unsigned schedulers = 0;
  std::map<std::string, number, std::less<>> values;

  number operator[](std::string_view name) const { return values.find(name)->second; }
};

struct row {
  std::string_view id;
  std::vector<std::string_view> parameters;
  measures (*run)(const arguments&);
};

inline number now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<number>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

/// CPU time of the whole OS process.
inline number cpu_ns() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& t) { return number(t.tv_sec) * 1'000'000'000 + number(t.tv_usec) * 1'000; };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

inline number resident_bytes() {
  number size = 0;
  number resident = 0;
  if (!(std::ifstream("/proc/self/statm") >> size >> resident))
    throw std::runtime_error("cannot read /proc/self/statm");
  return resident * number(sysconf(_SC_PAGESIZE));
}

/// The count of a round that is not measured.
inline number warm_up(number count) { return std::max<number>(count / 10, 1); }

/// The sum 1 + ... + n.
inline number sum_to(number n) { return n % 2 == 0 ? n / 2 * (n + 1) : (n + 1) / 2 * n; }

inline void expect(std::string_view what, number got, number wanted) {
  if (got == wanted) return;
  throw std::runtime_error(std::string(what) + " is " + std::to_string(got) + ", expected " + std::to_string(wanted));
}

/// p50, p99 and p999 (nearest rank) of single round trips.
inline void add_percentiles(measures& to, std::vector<number> latencies) {
  std::sort(latencies.begin(), latencies.end());
  const auto rank = [&](number permille) { return latencies[(latencies.size() * permille + 999) / 1000 - 1]; };
  to.insert(to.end(), {{"p50", rank(500)}, {"p99", rank(990)}, {"p999", rank(999)}});
}

/// How long `f` takes.
template <typename F>
number elapsed_ns(F&& f) {
  const number begun = now_ns();
  f();
  return now_ns() - begun;
}

/// Large enough for any machine, small enough for the sum 1 + ... + n.
inline constexpr number greatest = 4'000'000'000;

inline number parse(std::string_view name, std::string_view text, number limit) {
  number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= 1 && value <= limit) return value;
  throw argument_error(std::string(name) + " is '" + std::string(text) + "', allowed: an integer from 1 to " +
                       std::to_string(limit));
}

/// SCHEDULERS NAME=VALUE...: each parameter of the row once, and no other.
inline arguments parse_arguments(const row& of, int count, char** words) {
  std::string allowed = std::string(of.id) + " SCHEDULERS";
  for (const auto name : of.parameters) allowed += " " + std::string(name) + "=N";
  if (count == 0) throw argument_error("no number of schedulers given, allowed: " + allowed);
  arguments result{.schedulers = unsigned(parse("schedulers", words[0], 64)), .values = {}};
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const auto name = word.substr(0, word.find('='));
    const bool known = std::find(of.parameters.begin(), of.parameters.end(), name) != of.parameters.end();
    if (!known || name.size() == word.size() || result.values.contains(name)) {
      throw argument_error("'" + std::string(word) + "' is unknown, given twice or has no value, allowed: " + allowed);
    }
    result.values.emplace(name, parse(name, word.substr(name.size() + 1), greatest));
  }
  for (const auto name : of.parameters) {
    if (!result.values.contains(name)) {
      throw argument_error("parameter '" + std::string(name) + "' is missing, allowed: " + allowed);
    }
  }
  return result;
}

/// `whole` divided into so many equal parts.
inline number part_of(const arguments& a, std::string_view whole, std::string_view parts) {
  if (a[whole] % a[parts] == 0) return a[whole] / a[parts];
  throw argument_error(std::string(whole) + " is " + std::to_string(a[whole]) + ", allowed: a multiple of " +
                       std::string(parts));
}

inline const row& find_row(const std::vector<row>& rows, std::string_view id) {
  std::string allowed;
  for (const auto& r : rows) {
    if (r.id == id) return r;
    allowed += " " + std::string(r.id);
  }
  throw argument_error("row '" + std::string(id) + "' is unknown, allowed: --rows --version" + allowed);
}

inline void print(const measures& result) {
  for (const auto& [name, value] : result) {
    std::printf("%s %llu\n", std::string(name).c_str(), static_cast<unsigned long long>(value));
  }
}

/// The whole of main(): PROGRAM ROW SCHEDULERS NAME=VALUE... | --rows | --version.
inline int run(int argc, char** argv, const std::string& version, const std::vector<row>& rows) {
  try {
    const std::string_view first = argc > 1 ? argv[1] : "";
    if (first == "--version" && argc == 2) {
      std::printf("%s\n", version.c_str());
    } else if (first == "--rows" && argc == 2) {
      for (const auto& r : rows) std::printf("%s\n", std::string(r.id).c_str());
    } else {
      const row& chosen = find_row(rows, first);
      print(chosen.run(parse_arguments(chosen, argc - 2, argv + 2)));
    }
    return 0;
  } catch (const argument_error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}

}  // namespace bench
