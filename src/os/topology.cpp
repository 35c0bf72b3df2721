// SPDX-License-Identifier: Apache-2.0
#include "os/topology.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace foundation::os {

namespace {

constexpr std::size_t path_limit = 4096;

/// A text in a fixed buffer: nothing here allocates, and what does not fit counts as not found.
struct path {
  char text[path_limit] = {};
  std::size_t length = 0;

  [[nodiscard]] bool append(const char* more, std::size_t count) noexcept {
    if (length + count >= path_limit) return false;
    std::memcpy(text + length, more, count);
    length += count;
    text[length] = '\0';
    return true;
  }
  [[nodiscard]] bool append(const char* more) noexcept { return append(more, std::strlen(more)); }
  void cut(std::size_t to) noexcept { text[length = to] = '\0'; }
};

/// Lines of a file that are longer than the buffer are cut; those we look for are short.
class line_reader {
 public:
  explicit line_reader(const path& file) noexcept : file_(std::fopen(file.text, "re")) {}
  ~line_reader() {
    if (file_ != nullptr) std::fclose(file_);
  }
  line_reader(const line_reader&) = delete;
  line_reader& operator=(const line_reader&) = delete;

  [[nodiscard]] char* next() noexcept {
    if (file_ == nullptr || std::fgets(line_, sizeof line_, file_) == nullptr) return nullptr;
    line_[std::strcspn(line_, "\n")] = '\0';
    return line_;
  }

 private:
  std::FILE* file_;
  char line_[2 * path_limit];
};

/// Where one hierarchy is mounted and which of its directories is ours.
struct hierarchy {
  path mount_point;  // as this program sees it, without the root of `cgroup_cpu_limit`
  path mount_root;   // which directory of the hierarchy is mounted there ("/" unless in a container)
  path own;          // our directory in the hierarchy
  bool mounted = false;
  bool member = false;
};

/// Whether `item` stands in the comma-separated `list`.
bool lists(const char* list, const char* item) noexcept {
  const std::size_t length = std::strlen(item);
  for (const char* at = list; (at = std::strstr(at, item)) != nullptr; at += length) {
    const bool starts = at == list || at[-1] == ',';
    const bool ends = at[length] == '\0' || at[length] == ',';
    if (starts && ends) return true;
  }
  return false;
}

/// Lines `id:controllers:/path`; the v2 hierarchy is `0::/path`.
void find_membership(const char* root, hierarchy& v1, hierarchy& v2) noexcept {
  path file;
  if (!file.append(root) || !file.append("/proc/self/cgroup")) return;
  line_reader lines(file);
  while (char* line = lines.next()) {
    char* controllers = std::strchr(line, ':');
    if (controllers == nullptr) continue;
    char* own = std::strchr(++controllers, ':');
    if (own == nullptr) continue;
    *own++ = '\0';
    const bool is_v2 = *controllers == '\0';
    if (!is_v2 && !lists(controllers, "cpu")) continue;
    hierarchy& h = is_v2 ? v2 : v1;
    h.own.cut(0);
    h.member = h.own.append(own);
  }
}

/// Blanks and the like are written as a backslash and three octal digits.
void decode_octal(char* text) noexcept {
  char* to = text;
  for (const char* from = text; *from != '\0';) {
    if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] != '\0' && from[3] != '\0') {
      *to++ = static_cast<char>((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
      from += 4;
    } else {
      *to++ = *from++;
    }
  }
  *to = '\0';
}

/// Lines `id parent device root mount-point options [tags] - type source super-options`.
void find_mounts(const char* root, hierarchy& v1, hierarchy& v2) noexcept {
  path file;
  if (!file.append(root) || !file.append("/proc/self/mountinfo")) return;
  line_reader lines(file);
  while (char* line = lines.next()) {
    char* tail = std::strstr(line, " - ");
    if (tail == nullptr) continue;
    *tail = '\0';
    char* rest = nullptr;
    const char* type = strtok_r(tail + 3, " ", &rest);
    static_cast<void>(strtok_r(nullptr, " ", &rest));
    const char* super_options = strtok_r(nullptr, " ", &rest);
    if (type == nullptr) continue;
    const bool is_v2 = std::strcmp(type, "cgroup2") == 0;
    const bool is_v1 = std::strcmp(type, "cgroup") == 0 && super_options != nullptr && lists(super_options, "cpu");
    hierarchy& h = is_v2 ? v2 : v1;
    if ((!is_v1 && !is_v2) || h.mounted) continue;

    char* fields[5] = {};
    rest = nullptr;
    for (char*& field : fields) {
      field = strtok_r(line, " ", &rest);
      line = nullptr;  // go on where the last one ended
    }
    if (fields[3] == nullptr || fields[4] == nullptr) continue;
    decode_octal(fields[3]);
    decode_octal(fields[4]);
    h.mounted = h.mount_root.append(fields[3]) && h.mount_point.append(fields[4]);
  }
}

unsigned in_cpus(long long quota, long long period) noexcept {
  if (quota <= 0 || period <= 0) return 0;  // "max", or -1
  const long long cpus = quota / period + (quota % period != 0);
  return static_cast<unsigned>(std::min<long long>(cpus, INT_MAX));
}

/// The first line of `directory`/`name`, or null. `directory` is as before on return.
const char* read_line(path& directory, const char* name, char (&buffer)[64]) noexcept {
  const std::size_t length = directory.length;
  const char* line = nullptr;
  if (directory.append("/") && directory.append(name)) {
    const int file = ::open(directory.text, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
      const auto count = ::read(file, buffer, sizeof buffer - 1);
      ::close(file);
      if (count > 0) {
        buffer[count] = '\0';
        line = buffer;
      }
    }
  }
  directory.cut(length);
  return line;
}

unsigned limit_v2(path& directory) noexcept {
  char text[64];
  const char* line = read_line(directory, "cpu.max", text);  // "quota period" or "max period"
  if (line == nullptr) return 0;
  char* rest = nullptr;
  const long long quota = std::strtoll(line, &rest, 10);
  return in_cpus(quota, std::strtoll(rest, nullptr, 10));
}

unsigned limit_v1(path& directory) noexcept {
  char text[64];
  const char* line = read_line(directory, "cpu.cfs_quota_us", text);
  if (line == nullptr) return 0;
  const long long quota = std::strtoll(line, nullptr, 10);
  line = read_line(directory, "cpu.cfs_period_us", text);
  return line == nullptr ? 0 : in_cpus(quota, std::strtoll(line, nullptr, 10));
}

unsigned smaller_limit(unsigned a, unsigned b) noexcept {
  if (a == 0 || b == 0) return a + b;
  return std::min(a, b);
}

/// The smallest limit from our own directory up to the mount point.
unsigned smallest_limit(const char* root, const hierarchy& h, unsigned (*limit)(path&) noexcept) noexcept {
  if (!h.mounted || !h.member) return 0;
  path directory;
  if (!directory.append(root) || !directory.append(h.mount_point.text)) return 0;
  const std::size_t top = directory.length;

  // Our path counts from the hierarchy's root; what is above the mounted directory cannot be seen from here.
  const char* below = h.own.text;
  if (std::strcmp(h.mount_root.text, "/") != 0) {
    const bool inside = std::strncmp(below, h.mount_root.text, h.mount_root.length) == 0 &&
                        (below[h.mount_root.length] == '/' || below[h.mount_root.length] == '\0');
    below = inside ? below + h.mount_root.length : "";
  }
  // "/.." says that we are outside of what our cgroup namespace shows.
  if (std::strstr(below, "/..") == nullptr && std::strcmp(below, "/") != 0 && !directory.append(below)) return 0;

  unsigned smallest = 0;
  for (;;) {
    smallest = smaller_limit(smallest, limit(directory));
    if (directory.length <= top) return smallest;
    std::size_t parent = directory.length;
    while (parent > top && directory.text[parent - 1] != '/') --parent;
    directory.cut(parent > top ? parent - 1 : top);
  }
}

}  // namespace

unsigned affinity_cpus() noexcept {
  unsigned long mask[1024];  // 65,536 CPUs; the C library's cpu_set_t ends at 1,024
  const long bytes = ::syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
  if (bytes <= 0) return 1;
  int count = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(bytes) / sizeof mask[0]; ++i) {
    count += __builtin_popcountl(mask[i]);
  }
  return static_cast<unsigned>(std::max(count, 1));
}

unsigned cgroup_cpu_limit(const char* root) noexcept {
  hierarchy v1;
  hierarchy v2;
  find_membership(root, v1, v2);
  find_mounts(root, v1, v2);
  return smaller_limit(smallest_limit(root, v1, limit_v1), smallest_limit(root, v2, limit_v2));
}

unsigned usable_cpus() noexcept {
  const unsigned limit = cgroup_cpu_limit("");
  const unsigned cpus = affinity_cpus();
  return limit == 0 ? cpus : std::min(limit, cpus);
}

}  // namespace foundation::os
