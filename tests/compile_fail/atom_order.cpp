// expect: no match for .operator<.|invalid operands to binary expression
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

bool f(foundation::atom a, foundation::atom b) { return a < b; }
