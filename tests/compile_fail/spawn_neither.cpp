// expect: a_process_is_a_function_of_process_reference_or_a_class_that_lists_its_messages<.*worker
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct worker {};
void f(foundation::runtime& rt) { static_cast<void>(foundation::spawn(rt, worker{})); }
