// expect: no matching (member )?function for call to .*reply
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct row {};
void f(foundation::reply_to<row>& to) { static_cast<void>(to.reply(3)); }
