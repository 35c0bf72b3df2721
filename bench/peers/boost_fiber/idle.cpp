// SPDX-License-Identifier: Apache-2.0
//
// idle_process and idle_cpu: fibers that wait at a channel of their own.
// Idiom: the channel of examples/ping_pong.cpp of Boost.Fiber, the stacks of performance/fiber/.
#include <memory>

#include "rows.hpp"
#include "threads.hpp"

namespace peer_fiber {

namespace {

/// Fibers that have each got and acknowledged one message, and wait for the next until the group dies.
class group {
 public:
  /// The handles are made and touched here: their memory is not a process's.
  explicit group(number processes) : inboxes_(processes), fibers_(processes) {}

  /// Returns the number of acknowledgements.
  number create() {
    channel acknowledgements(2);
    number got = 0;
    for (std::size_t i = 0; i < inboxes_.size(); ++i) {
      inboxes_[i] = std::make_unique<channel>(2);
      fibers_[i] = start(boost::fibers::launch::dispatch, [inbox = inboxes_[i].get(), &acknowledgements] {
        for (number x = 0; inbox->pop(x) == boost::fibers::channel_op_status::success;) acknowledgements.push(x);
      });
      inboxes_[i]->push(1);
      got += acknowledgements.value_pop();
    }
    return got;
  }

  ~group() {
    for (std::size_t i = 0; i < inboxes_.size(); ++i) {
      inboxes_[i]->close();
      fibers_[i].join();
    }
  }
  group(const group&) = delete;
  group& operator=(const group&) = delete;

 private:
  std::vector<std::unique_ptr<channel>> inboxes_;
  std::vector<boost::fibers::fiber> fibers_;
};

}  // namespace

bench::measures idle_process(const bench::arguments& given) {
  const number processes = given["processes"];
  return run(given.schedulers, idle::spins, [processes]() -> bench::measures {
    group all(processes);
    const number before = bench::resident_bytes();
    const number acknowledged = all.create();
    const number after = bench::resident_bytes();
    bench::expect("the number of acknowledgements", acknowledged, processes);
    return {{"check", acknowledged}, {"bytes", after - before}};
  });
}

bench::measures idle_cpu(const bench::arguments& given) {
  const number processes = given["processes"];
  const number seconds = given["seconds"];
  // Who wants little CPU time has work_stealing sleep.
  return run(given.schedulers, idle::sleeps, [=]() -> bench::measures {
    group all(processes);
    const number acknowledged = all.create();
    const number before = bench::cpu_ns();
    boost::this_fiber::sleep_for(std::chrono::seconds(seconds));
    const number used = bench::cpu_ns() - before;
    bench::expect("the number of acknowledgements", acknowledged, processes);
    return {{"check", acknowledged}, {"cpu_ns", used}};
  });
}

}  // namespace peer_fiber
