// expect: result<T>: T must be void or an object type
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

struct query {};
struct row {};
void f(foundation::pid to) { static_cast<void>(foundation::request<row&>(to, query{}, foundation::infinity)); }
