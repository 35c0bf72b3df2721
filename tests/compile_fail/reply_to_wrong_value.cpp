// expect: a_reply_to_is_answered_with_its_own_type<.*row, int
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct row {};
void f(foundation::reply_to<row>& to) { static_cast<void>(to.reply(3)); }
