// SPDX-License-Identifier: Apache-2.0
//
// flood, flood_bounded and fan_in.
// Idiom: src/caf/mailbox_performance.cpp and MessagePipeline in src/caf/microbenchmarks/streaming.cpp of
// actor-framework/benchmarks. Mailboxes have no bound, also in fan_in. flood_bounded acknowledges half windows: streams
// of 0.17 choose their credit themselves and put many elements into a message, so a window could not be kept.
#include <algorithm>

#include "rows.hpp"
#include "system.hpp"

namespace peer_caf {

namespace {

constexpr number no_acknowledgements = 0;

class receiver : public caf::event_based_actor {
 public:
  receiver(caf::actor_config& cfg, caf::actor main) : event_based_actor(cfg), main_(std::move(main)) {}

  caf::behavior make_behavior() override {
    return {
        [this](number x) {
          sum_ += x;
          if (--left_ == 0) peer_caf::send(this, main_, done_atom_v, sum_);
          if (--until_ack_ == 0) {
            peer_caf::send(this, caf::actor_cast<caf::actor>(current_sender()), ack_atom_v);
            until_ack_ = ack_every_;
          }
        },
        [this](go_atom, number messages, number ack_every) {
          left_ = messages;
          sum_ = 0;
          until_ack_ = ack_every_ = ack_every;  // none: it wraps around and is never 0 again
        },
    };
  }

 private:
  caf::actor main_;
  number left_ = 0;
  number sum_ = 0;
  number ack_every_ = 0;
  number until_ack_ = 0;
};

class sender : public caf::event_based_actor {
 public:
  sender(caf::actor_config& cfg, caf::actor to) : event_based_actor(cfg), to_(std::move(to)) {}

  caf::behavior make_behavior() override {
    return {
        [this](ack_atom) { send_up_to(sent_ + per_ack_); },
        [this](go_atom, number messages, number window, number per_ack) {
          sent_ = 0;
          messages_ = messages;
          per_ack_ = per_ack;
          send_up_to(window);
        },
    };
  }

 private:
  void send_up_to(number limit) {
    for (limit = std::min(limit, messages_); sent_ < limit;) peer_caf::send(this, to_, ++sent_);
  }

  caf::actor to_;
  number messages_ = 0;
  number sent_ = 0;
  number per_ack_ = 0;
};

struct load {
  number senders;
  number each;
  number window;
  number per_ack;
};

/// Returns the sum that the receiver got.
number round(actors& all, const caf::actor& to, const std::vector<caf::actor>& from, const load& l) {
  all.send(to, go_atom_v, l.senders * l.each, l.per_ack);
  for (const auto& s : from) all.send(s, go_atom_v, l.each, l.window, l.per_ack);
  return all.done();
}

bench::measures measure(unsigned schedulers, const load& l) {
  actors all(schedulers);
  const auto to = all.system().spawn<receiver>(all.main());
  std::vector<caf::actor> from;
  for (number i = 0; i < l.senders; ++i) from.push_back(all.system().spawn<sender>(to));
  load warm_up = l;
  warm_up.each = bench::warm_up(l.each);
  round(all, to, from, warm_up);
  const number start = bench::now_ns();
  const number sum = round(all, to, from, l);
  const number ns = bench::now_ns() - start;
  bench::expect("the sum received", sum, l.senders * bench::sum_to(l.each));
  return {{"check", sum}, {"ns", ns}};
}

}  // namespace

bench::measures flood(const bench::arguments& given) {
  const number messages = given["messages"];
  return measure(given.schedulers,
                 {.senders = 1, .each = messages, .window = messages, .per_ack = no_acknowledgements});
}

bench::measures flood_bounded(const bench::arguments& given) {
  const number window = given["window"];
  return measure(
      given.schedulers,
      {.senders = 1, .each = given["messages"], .window = window, .per_ack = std::max<number>(window / 2, 1)});
}

bench::measures fan_in(const bench::arguments& given) {
  const number senders = given["senders"];
  const number messages = given["messages"];
  if (messages % senders != 0) {
    throw bench::argument_error("messages is '" + std::to_string(messages) + "', allowed: a multiple of senders, " +
                                std::to_string(senders));
  }
  const number each = messages / senders;
  return measure(given.schedulers, {.senders = senders, .each = each, .window = each, .per_ack = no_acknowledgements});
}

}  // namespace peer_caf
