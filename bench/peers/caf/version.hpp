// SPDX-License-Identifier: Apache-2.0
//
// All that differs between CAF 0.17 and 1.x. The rows call only these names and what both versions spell the same.
#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#if CAF_VERSION < 10000
#define PEER_CAF_0_17 1
#else
#define PEER_CAF_0_17 0
#endif

// 0.17 makes no type id for an atom, later versions do; the macro's longest form is known to both.
CAF_BEGIN_TYPE_ID_BLOCK(peer_caf, caf::first_custom_type_id)
CAF_ADD_ATOM(peer_caf, peer_caf, ack_atom, "ack")
CAF_ADD_ATOM(peer_caf, peer_caf, ball_atom, "ball")
CAF_ADD_ATOM(peer_caf, peer_caf, count_atom, "count")
CAF_ADD_ATOM(peer_caf, peer_caf, done_atom, "done")
CAF_ADD_ATOM(peer_caf, peer_caf, go_atom, "go")
CAF_ADD_ATOM(peer_caf, peer_caf, meet_atom, "meet")
CAF_ADD_ATOM(peer_caf, peer_caf, stop_atom, "stop")
CAF_ADD_ATOM(peer_caf, peer_caf, token_atom, "token")
CAF_END_TYPE_ID_BLOCK(peer_caf)

namespace peer_caf {

/// Once, before the first actor system.
inline void init() {
#if !PEER_CAF_0_17
  caf::core::init_global_meta_objects();
  caf::init_global_meta_objects<caf::id_block::peer_caf>();
#endif
}

inline std::string version() {
  return "CAF " + std::to_string(CAF_MAJOR_VERSION) + "." + std::to_string(CAF_MINOR_VERSION) + "." +
         std::to_string(CAF_PATCH_VERSION) + ", GCC " __VERSION__;
}

struct config : caf::actor_system_config {
  explicit config(unsigned schedulers) {
#if PEER_CAF_0_17
    set("scheduler.max-threads", std::uint64_t{schedulers});
#else
    set("caf.scheduler.max-threads", std::uint64_t{schedulers});
#endif
  }
};

/// Self is a pointer to an actor, or a scoped_actor.
template <class Self, class... Ts>
void send(Self&& self, const caf::actor& to, Ts&&... xs) {
#if PEER_CAF_0_17
  self->send(to, std::forward<Ts>(xs)...);
#else
  self->mail(std::forward<Ts>(xs)...).send(to);
#endif
}

/// Sends a number and waits for the number that is the answer.
inline std::uint64_t request(caf::scoped_actor& self, const caf::actor& to, std::uint64_t question) {
  std::uint64_t answer = 0;
  const auto on_answer = [&](std::uint64_t x) { answer = x; };
  const auto on_error = [](const caf::error&) { throw std::runtime_error("a request was answered by an error"); };
#if PEER_CAF_0_17
  self->request(to, caf::infinite, question).receive(on_answer, on_error);
#else
  self->mail(question).request(to, caf::infinite).receive(on_answer, on_error);
#endif
  return answer;
}

/// Calls on_death once for each of the actors that dies.
template <class F>
void monitor_all(caf::event_based_actor* self, const std::vector<caf::actor>& actors, F on_death) {
#if PEER_CAF_0_17
  self->set_down_handler([on_death](caf::down_msg&) { on_death(); });
  for (const auto& a : actors) self->monitor(a);
#else
  for (const auto& a : actors) self->monitor(a, [on_death](const caf::error&) { on_death(); });
#endif
}

}  // namespace peer_caf
