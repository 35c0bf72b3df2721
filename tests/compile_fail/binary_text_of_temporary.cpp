// expect: use of deleted function|call to deleted member function
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

std::string_view f(const foundation::binary& b) { return b.slice(1, 2).value().text(); }
