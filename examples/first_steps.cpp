// SPDX-License-Identifier: Apache-2.0
//
// The first program of README.md, which shows it as it stands here.
#include <fmt/core.h>

#include <chrono>
#include <future>
#include <string>

#include <foundation/foundation.hpp>

namespace fn = foundation;
using namespace std::chrono_literals;

struct resize {
  std::string path;
  int width;
  fn::pid reply_to;
};
struct resized {
  std::string path;
  int done;
};

// A process as an object: one call for each message, and nothing but its members in between.
class resizer {
 public:
  using messages = fn::messages<resize>;

  void handle(fn::process&, const resize& job) { fn::send(job.reply_to, resized{job.path, ++done_}); }

 private:
  int done_ = 0;  // no lock: only this process sees it
};

int main() {
  fn::runtime rt;  // one scheduler for each CPU that the program may use

  const fn::pid worker = fn::spawn(rt, resizer{}, {.label = "resizer"}).value();  // errors are values: fn::result<T>

  // A plain function is a process too. It may wait wherever it likes, and holds no thread meanwhile.
  std::promise<void> finished;
  const auto print = [&finished](fn::process& self) {
    for (bool more = true; more;) {
      self.receive([](const resized& r) { fmt::print("{} is number {}\n", r.path, r.done); },
                   fn::after(500ms, [&more] { more = false; }));
    }
    fmt::print("nothing more came\n");
    finished.set_value();
  };
  const fn::pid printer = fn::spawn(rt, print, {.label = "printer"}).value();

  for (const char* path : {"a.png", "b.png", "c.png"}) fn::send(worker, resize{path, 640, printer});

  finished.get_future().wait();            // main is a plain thread: it may block as ever
  const auto survivors = rt.shutdown(5s);  // ends the others; names whoever would not
  return survivors.empty() ? 0 : 1;
}
