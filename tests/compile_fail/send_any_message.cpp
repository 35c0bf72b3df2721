// expect: a_message_must_be_a_movable_and_destructible_object_type<.*any_message
// SPDX-License-Identifier: Apache-2.0
// It is a view of a message in the sender's own mailbox.
#include <foundation/foundation.hpp>

void f(foundation::process& self, foundation::pid to) {
  self.receive([to](const foundation::any_message& m) { foundation::send(to, m); });
}
