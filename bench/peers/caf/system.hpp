// SPDX-License-Identifier: Apache-2.0
//
// An actor system with the main thread as one of its actors, which starts the rounds and waits for their ends.
#pragma once

#include "program.hpp"
#include "version.hpp"

namespace peer_caf {

using bench::number;

class actors {
 public:
  explicit actors(unsigned schedulers) : config_(schedulers), system_(config_), main_(system_) {}

  caf::actor_system& system() { return system_; }
  caf::scoped_actor& main() { return main_; }

  template <class... Ts>
  void send(const caf::actor& to, Ts&&... xs) {
    peer_caf::send(main_, to, std::forward<Ts>(xs)...);
  }

  /// Waits for the message that ends a round.
  number done() {
    number result = 0;
    main_->receive([&](done_atom, number x) { result = x; });
    return result;
  }

  /// Actors that hold each other's handles live until they are told to go.
  void stop(const caf::actor& whom) { caf::anon_send_exit(whom, caf::exit_reason::user_shutdown); }

 private:
  config config_;
  caf::actor_system system_;
  caf::scoped_actor main_;
};

}  // namespace peer_caf
