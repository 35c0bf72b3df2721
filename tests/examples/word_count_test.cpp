// SPDX-License-Identifier: Apache-2.0
//
// Runs the example word_count as its users do, and holds its counts against a plain count on one thread.
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "support/scale.hpp"

namespace foundation::testing {
namespace {

namespace fs = std::filesystem;

using counts = std::map<std::string, std::uint64_t>;

/// The definition of a word, once more and as plainly as can be.
void count_plainly(const std::string& text, counts& into) {
  std::string word;
  for (const char c : text + "\n") {
    if (c == '_' || (static_cast<unsigned char>(c) < 128 && std::isalnum(static_cast<unsigned char>(c)) != 0)) {
      word += c;
    } else {
      if (!word.empty() && word.size() <= 255) ++into[word];
      word.clear();
    }
  }
}

struct outcome {
  int status = -1;
  std::string out;
  std::string err;
};

using watcher = std::function<void(const std::string& so_far)>;

std::string read_all(int from, const watcher& watch = {}) {
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(from, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
    if (watch) watch(text);
  }
  return text;  // the last process on a terminal's other side leaves an error behind: the end, too
}

/// How the program is run: its standard output is a pipe or a terminal; as this user, or as one without rights; who is
/// shown what it has written while it runs.
struct run_as {
  bool terminal = false;
  bool nobody = false;
  watcher watch = {};
};

outcome run(const std::vector<std::string>& arguments, const run_as& how = {}) {
  int out[2];
  if (how.terminal) {
    out[0] = ::posix_openpt(O_RDWR | O_NOCTTY);
    ::grantpt(out[0]);
    ::unlockpt(out[0]);
    out[1] = ::open(::ptsname(out[0]), O_RDWR | O_NOCTTY);
  } else {
    EXPECT_EQ(::pipe(out), 0);
  }
  const int err = ::open("/tmp", O_TMPFILE | O_RDWR, 0600);
  std::vector<char*> argv{const_cast<char*>(FOUNDATION_WORD_COUNT)};
  for (const auto& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);

  const int program = ::open(FOUNDATION_WORD_COUNT, O_RDONLY | O_CLOEXEC);  // nobody may not get to its directory
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    for (const int fd : {out[0], out[1], err}) ::close(fd);
    constexpr uid_t nobody = 65534;
    if (how.nobody && (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0)) ::_exit(126);
    ::fexecve(program, argv.data(), environ);
    ::_exit(127);
  }
  ::close(program);
  ::close(out[1]);
  outcome result;
  result.out = read_all(out[0], how.watch);
  int status = 0;
  ::waitpid(child, &status, 0);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ::lseek(err, 0, SEEK_SET);
  result.err = read_all(err);
  ::close(out[0]);
  ::close(err);
  return result;
}

/// The lines "  1,234  word" at the beginning of a report.
counts counts_in(const std::string& report) {
  counts found;
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    line.erase(std::remove(line.begin(), line.end(), ','), line.end());
    std::istringstream fields(line);
    std::uint64_t times = 0;
    std::string word;
    fields >> times >> word;
    found[word] = times;
  }
  return found;
}

/// A drawing of the progress line: "1,234 files, 5.6 MB, 7 in flight".
struct drawing {
  std::uint64_t files;
  std::uint64_t in_flight;
};

std::vector<drawing> drawings_in(const std::string& text) {
  const std::string erase = "\r\033[K";
  std::vector<drawing> found;
  for (auto at = text.find(erase); at != std::string::npos; at = text.find(erase, at + 1)) {
    std::string line = text.substr(at + erase.size(), text.find('\r', at + 1) - at - erase.size());
    line.erase(std::remove(line.begin(), line.end(), ','), line.end());
    std::istringstream fields(line);
    drawing d{};
    double megabytes = 0;
    std::string word[4];
    fields >> d.files >> word[0] >> megabytes >> word[1] >> d.in_flight >> word[2] >> word[3];
    if (word[0] + word[1] + word[2] + word[3] == "filesMBinflight") found.push_back(d);
  }
  return found;
}

/// A directory with files of all kinds, and the plain count of them.
class WordCount : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "word_count_XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root = name;
  }
  void TearDown() override { fs::remove_all(root); }

  void put(const std::string& name, const std::string& text) {
    fs::create_directories((root / name).parent_path());
    std::ofstream(root / name, std::ios::binary) << text;
    count_plainly(text, expected);
    ++files;
    bytes += text.size();
  }

  std::string some_words(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      text += "w" + std::to_string(random_() % 500);
      text += " \n,.-(\xc3\xa4"[random_() % 7];
    }
    return text;
  }

  /// Empty, binary and huge files, words that end with the file or lie across chunks, links to files and directories.
  void make_tree() {
    put("empty", "");
    put("no_newline", "last word");
    put("cases", "Word word WORD _word word_ 1word w\xc3\xb6rd");
    put("long_words", std::string(255, 'a') + " " + std::string(256, 'b') + " " + std::string(100'000, 'c') + " end");
    put("across_chunks", std::string(64 * 1024 - 3, ' ') + "across" + std::string(64 * 1024 - 3, ' ') + "z");
    std::string binary;
    for (int i = 0; i < 10'000; ++i) binary += static_cast<char>(random_());
    put("binary", binary);
    put("huge", some_words(scaled(500'000)));
    for (int i = 0; i < 300; ++i) {
      put("d" + std::to_string(i % 7) + "/e/f" + std::to_string(i), some_words(random_() % 400));
    }
    const std::string linked = "linked words here";
    put("target", linked);
    fs::create_symlink("target", root / "link_to_file");
    count_plainly(linked, expected);
    ++files;
    bytes += linked.size();
    fs::create_directory_symlink("..", root / "d0" / "link_to_directory");
    fs::create_symlink("nowhere", root / "broken");
    fs::create_symlink("circle", root / "circle");
    ASSERT_EQ(::mkfifo((root / "pipe").c_str(), 0600), 0);
  }

  void expect_same_counts(const std::vector<std::string>& options) {
    std::vector<std::string> arguments = {"--top", "1000000", root.string()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const outcome r = run(arguments);
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_EQ(counts_in(r.out), expected);
    EXPECT_NE(r.out.find("\n" + std::to_string(files) + " files, "), std::string::npos)
        << r.out.substr(r.out.size() - 300);
    EXPECT_NE(r.err.find((root / "broken").string() + ": broken link\n"), std::string::npos) << r.err;
    EXPECT_NE(r.err.find((root / "circle").string() + ": "), std::string::npos) << r.err;
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 2) << r.err;
    EXPECT_NE(r.out.find("; 2 skipped\n"), std::string::npos);
    EXPECT_EQ(r.out.find('\r'), std::string::npos) << "a progress line, and no terminal";
  }

  void expect_refused(const std::vector<std::string>& arguments, const std::string& reason) {
    const outcome r = run(arguments);
    EXPECT_EQ(r.status, 2);
    EXPECT_EQ(r.out, "");
    EXPECT_NE(r.err.find(reason), std::string::npos) << r.err;
  }

  fs::path root;
  counts expected;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;

 private:
  std::minstd_rand random_{7};
};

TEST_F(WordCount, counts_as_a_plain_count_does_on_one_scheduler) {
  make_tree();
  expect_same_counts({"--schedulers", "1"});
}

TEST_F(WordCount, counts_as_a_plain_count_does_on_two_schedulers) {
  make_tree();
  expect_same_counts({"--schedulers", "2"});
}

TEST_F(WordCount, counts_the_same_with_one_file_in_flight_or_many) {
  make_tree();
  expect_same_counts({"--in-flight", "1"});
  expect_same_counts({"--in-flight", "512", "--schedulers", "3"});
}

TEST_F(WordCount, prints_the_most_frequent_words_first_and_no_more_than_asked_for) {
  put("a", "two two one three three three");
  put("b", "also_one");
  const outcome r = run({"--top", "3", root.string()});
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.out.substr(0, r.out.find("\n\n")),
            "             3  three\n             2  two\n             1  also_one");
  EXPECT_EQ(r.err, "");
}

TEST_F(WordCount, says_what_it_did_and_each_schedulers_share) {
  put("a", "one two");
  const outcome r = run({"--schedulers", "2", root.string()});
  EXPECT_NE(r.out.find("1 files, 0.0 MB, 2 words, 2 different; 0 skipped\n"), std::string::npos) << r.out;
  EXPECT_NE(r.out.find(" MB/s; 17 messages, "), std::string::npos) << r.out;  // 4 shards: 2 * 4 + 1, and 2 * 4
  EXPECT_NE(r.out.find(" messages/s\n"), std::string::npos) << r.out;
  EXPECT_NE(r.out.find("\nscheduler 0: "), std::string::npos) << r.out;
  EXPECT_NE(r.out.find("\nscheduler 1: "), std::string::npos) << r.out;
}

TEST_F(WordCount, draws_a_progress_line_on_a_terminal_and_takes_it_away_again) {
  put("a", "one two");
  const outcome r = run({root.string()}, {.terminal = true});
  EXPECT_EQ(r.status, 0);
  EXPECT_NE(r.out.find("\r\033[K0 files, 0.0 MB, 0 in flight"), std::string::npos) << r.out;
  EXPECT_NE(r.out.find("\r\033[K             1  one"), std::string::npos) << r.out;
}

TEST_F(WordCount, redraws_the_progress_line_and_never_has_more_in_flight_than_asked_for) {
  // Files without an end hold the program up until it has drawn what is waited for; then they end at once.
  const auto endless = [this](int i) { return root / ("endless" + std::to_string(i)); };
  for (int i = 0; i < 5; ++i) {
    put("endless" + std::to_string(i), "");
    fs::resize_file(endless(i), std::uintmax_t{1} << 40);
  }
  for (int i = 0; i < 20; ++i) put("small" + std::to_string(i), "one two");

  int without_end = 5;
  const auto leave = [&](int few) {
    while (without_end > few) fs::resize_file(endless(--without_end), 0);
  };
  const auto watch = [&](const std::string& so_far) {
    const auto drawn = drawings_in(so_far);
    if (drawn.empty()) return;
    if (drawn.back().in_flight == 3) leave(2);  // the third is free for all the others
    if (without_end == 2 && drawn.size() > 2 && drawn.back().files > 0) leave(0);
  };
  const outcome r = run({"--schedulers", "2", "--in-flight", "3", root.string()}, {.terminal = true, .watch = watch});
  EXPECT_EQ(r.status, 0) << r.err;
  const auto drawn = drawings_in(r.out);
  ASSERT_GE(drawn.size(), 3u) << r.out;
  std::uint64_t most = 0;
  for (const drawing& d : drawn) most = std::max(most, d.in_flight);
  EXPECT_EQ(most, 3u) << r.out;
  EXPECT_EQ(drawn.front().files, 0u);
  EXPECT_GT(drawn.back().files, 0u);
  EXPECT_NE(r.out.find("\r\033[K            20  one"), std::string::npos) << r.out;
  EXPECT_NE(r.out.find("\n25 files, "), std::string::npos) << r.out;
  EXPECT_NE(r.out.find(" messages/s\r\n"), std::string::npos) << r.out;
}

TEST_F(WordCount, reports_and_skips_what_it_may_not_read) {
  const bool is_root = ::geteuid() == 0;  // who may read everything
  put("readable", "one");
  put("secret", "");
  put("closed/inside", "");
  fs::permissions(root / "secret", fs::perms::none);
  fs::permissions(root / "closed", fs::perms::none);
  fs::permissions(root, fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
  const outcome r = run({root.string()}, {.nobody = is_root});
  fs::permissions(root / "closed", fs::perms::owner_all);
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(counts_in(r.out), expected);
  EXPECT_NE(r.err.find((root / "secret").string() + ": Permission denied\n"), std::string::npos) << r.err;
  EXPECT_NE(r.err.find((root / "closed").string() + ": Permission denied\n"), std::string::npos) << r.err;
}

TEST_F(WordCount, reports_and_skips_a_file_whose_reading_fails) {
  // A process's own memory is a regular file whose first page nobody may read, not even root.
  fs::create_symlink("/proc/self/mem", root / "unreadable");
  put("readable", "one");
  const outcome r = run({root.string()});
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(counts_in(r.out), expected);
  EXPECT_NE(r.err.find((root / "unreadable").string() + ": Input/output error\n"), std::string::npos) << r.err;
}

TEST_F(WordCount, ends_with_1_and_a_clear_line_when_there_is_no_file_to_count) {
  fs::create_directories(root / "below" / "nothing");
  const outcome r = run({root.string()});
  EXPECT_EQ(r.status, 1);
  EXPECT_EQ(r.out, "");
  EXPECT_EQ(r.err, "word_count: " + root.string() + ": no file to count\n");
}

TEST_F(WordCount, ends_with_2_and_a_clear_line_for_a_directory_that_is_none) {
  put("file", "one");
  expect_refused({(root / "missing").string()}, (root / "missing").string() + ": No such file or directory\n");
  expect_refused({(root / "file").string()}, (root / "file").string() + ": Not a directory\n");
  expect_refused({}, "no directory given\n");
  expect_refused({""}, "the directory's name is empty\n");
  expect_refused({root.string(), root.string()}, "more than one directory given\n");
}

TEST_F(WordCount, ends_with_2_and_says_what_is_allowed_for_an_option_out_of_range) {
  for (const std::string bad : {"0", "1000001", "-1", "many", "", "3x", "99999999999999999999"}) {
    expect_refused({"--top", bad, root.string()}, "--top: '" + bad + "' given, 1..1000000 allowed\n");
  }
  expect_refused({"--schedulers", "1025", root.string()}, "--schedulers: '1025' given, 1..1024 allowed\n");
  expect_refused({"--in-flight", "513", root.string()}, "--in-flight: '513' given, 1..512 allowed\n");
  expect_refused({root.string(), "--top"}, "--top: a number must follow\n");
  expect_refused({"--loud", root.string()}, "unknown option '--loud'\n");
}

TEST_F(WordCount, explains_itself) {
  const outcome r = run({"--help"});
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.err, "");
  for (const char* part : {"usage: word_count", "--top N", "--schedulers N", "--in-flight N", "exit status"}) {
    EXPECT_NE(r.out.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace foundation::testing
