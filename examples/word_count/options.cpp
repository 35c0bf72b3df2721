// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace word_count {

namespace fn = foundation;

const char* const usage =
    R"(usage: word_count [--top N] [--schedulers N] [--in-flight N] DIRECTORY

Counts the words of all files below DIRECTORY and prints the most frequent ones, how
fast that went, and what each scheduler did.

A word is a run of ASCII letters, digits and underscores of at most 255 bytes; upper and
lower case differ. Files are counted whatever is in them. Links to files are followed,
links to directories are not. What cannot be read is reported and skipped.

  --top N         words to print, 1..1000000 (default: 20)
  --schedulers N  threads to run on, 1..1024 (default: one for each CPU)
  --in-flight N   files open at a time, 1..512 (default: 64)
  --help          print this text

exit status: 0 counted; 1 no file to count, or the program failed; 2 the arguments are
wrong, or DIRECTORY cannot be read
)";

namespace {

fn::error wrong(std::string_view what) { return {fn::errc::invalid_argument, what}; }

struct range {
  std::uint64_t least;
  std::uint64_t most;
};

fn::result<std::uint64_t> number(std::string_view option, std::string_view text, range allowed) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < allowed.least || value > allowed.most) {
    return fn::error::out_of_range(option, fmt::format("'{}'", text),
                                   fmt::format("{}..{}", allowed.least, allowed.most));
  }
  return value;
}

/// The option's number, which is the next argument.
fn::result<std::uint64_t> number_after(int argc, char** argv, int& at, range allowed) {
  const std::string_view option = argv[at];
  if (++at == argc) return wrong(fmt::format("{}: a number must follow", option));
  return number(option, argv[at], allowed);
}

}  // namespace

fn::result<options> parse(int argc, char** argv) {
  options parsed;
  bool only_names = false;  // after "--"
  for (int at = 1; at < argc; ++at) {
    const std::string_view argument = argv[at];
    fn::result<std::uint64_t> value = 0;
    if (only_names || !argument.starts_with("-")) {
      if (!parsed.directory.empty()) return wrong("more than one directory given");
      if (argument.empty()) return wrong("the directory's name is empty");
      parsed.directory = argument;
    } else if (argument == "--") {
      only_names = true;
    } else if (argument == "--help" || argument == "-h") {
      parsed.help = true;
      return parsed;
    } else if (argument == "--top") {
      if ((value = number_after(argc, argv, at, {1, 1'000'000}))) parsed.top = *value;
    } else if (argument == "--schedulers") {
      if ((value = number_after(argc, argv, at, {1, 1024}))) parsed.schedulers = static_cast<unsigned>(*value);
    } else if (argument == "--in-flight") {
      if ((value = number_after(argc, argv, at, {1, 512}))) parsed.in_flight = *value;
    } else {
      return wrong(fmt::format("unknown option '{}'", argument));
    }
    if (!value) return value.error();
  }
  if (parsed.directory.empty()) return wrong("no directory given");
  return parsed;
}

}  // namespace word_count
