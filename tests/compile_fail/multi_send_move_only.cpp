// expect: a_message_to_several_receivers_must_be_copyable<.*unique_ptr
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

#include <memory>
#include <vector>

void f(const std::vector<foundation::pid>& all) { static_cast<void>(foundation::multi_send(all, std::make_unique<int>(1))); }
