// expect: lvalue required as left operand of assignment|expression is not assignable
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

void f(foundation::binary& b) { b[0] = std::byte{1}; }
