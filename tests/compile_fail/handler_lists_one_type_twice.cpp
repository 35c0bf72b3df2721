// expect: a_message_is_listed_twice<.*clerk, .*job
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct job {};
struct note {};
struct clerk {
  using messages = foundation::messages<job, note, job>;
  void handle(foundation::process&, job) {}
  void handle(foundation::process&, note) {}
};
void f(foundation::runtime& rt) { foundation::spawn(rt, clerk{}).value(); }
