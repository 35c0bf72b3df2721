// expect: isolated_work_is_a_function_of_nothing_or_of_process_reference<
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

void f(foundation::runtime& rt) { static_cast<void>(foundation::isolate_memory_intensive_work(rt, [](int) {})); }
