// SPDX-License-Identifier: Apache-2.0
//
// Senders that send as fast as they can, to one receiver: without a bound, with one, and many at once.
#include <future>

#include "rows.hpp"

namespace ours {
namespace {

struct item {
  number value;
};
struct credit {};

/// What the receiver is told before a flood.
struct expect {
  number items;
  std::promise<number> sum;
  fn::pid sender;  ///< gets a credit for every `credit_after` items, if there is one
  number credit_after;
};

/// Adds up what comes.
class receiver {
 public:
  using messages = fn::messages<item, expect>;

  void handle(fn::process&, const item& i) {
    sum_ += i.value;
    if (++got_ == expected_.items) {
      expected_.sum.set_value(sum_);
    } else if (expected_.sender && got_ % expected_.credit_after == 0) {
      fn::send(expected_.sender, credit{});
    }
  }
  void handle(fn::process&, expect&& e) {
    expected_ = std::move(e);
    sum_ = got_ = 0;
  }

 private:
  expect expected_{};
  number sum_ = 0;
  number got_ = 0;
};

void send_all(fn::pid to, number items) {
  for (number i = 1; i <= items; ++i) fn::send(to, item{i});
}

number flood_once(fn::runtime& rt, fn::pid to, number senders, number items_each) {
  std::promise<number> sum;
  auto got = sum.get_future();
  fn::send(to, expect{senders * items_each, std::move(sum), {}, 0});
  for (number i = 0; i != senders; ++i) {
    fn::spawn(rt, [to, items_each](fn::process&) { send_all(to, items_each); }, {.label = "sender"}).value();
  }
  return got.get();
}

/// The receiver's queue has no bound, so the two agree on one: the sender begins with `window` credits, and has half a window
/// back for each half that was received.
number flood_with_credit(fn::runtime& rt, fn::pid to, number items, number window) {
  std::promise<number> sum;
  auto got = sum.get_future();
  const number half = std::max<number>(window / 2, 1);
  fn::spawn(rt,
            [&, sum = std::move(sum)](fn::process& self) mutable {
              fn::send(to, expect{items, std::move(sum), self.id(), half});
              number credits = window;
              for (number i = 1; i <= items; ++i) {
                if (credits == 0) self.receive([&](credit) { credits += half; });
                --credits;
                fn::send(to, item{i});
              }
            },
            {.label = "sender"})
      .value();
  return got.get();
}

template <typename Flood>
measures measure(const arguments& a, number items, Flood flood) {
  fn::runtime rt({.schedulers = a.schedulers});
  const fn::pid to = fn::spawn(rt, receiver{}, {.label = "receiver"}).value();
  flood(rt, to, warm_up(items));
  number check = 0;
  const number ns = elapsed_ns([&] { check = flood(rt, to, items); });
  return {{"ns", ns}, {"check", check}};
}

}  // namespace

measures flood(const arguments& a) {
  return measure(a, a["messages"],
                 [](fn::runtime& rt, fn::pid to, number items) { return flood_once(rt, to, 1, items); });
}

measures flood_bounded(const arguments& a) {
  return measure(a, a["messages"], [window = a["window"]](fn::runtime& rt, fn::pid to, number items) {
    return flood_with_credit(rt, to, items, window);
  });
}

measures fan_in(const arguments& a) {
  return measure(
      a, part_of(a, "messages", "senders"),
      [senders = a["senders"]](fn::runtime& rt, fn::pid to, number each) { return flood_once(rt, to, senders, each); });
}

}  // namespace ours
