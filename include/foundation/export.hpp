// SPDX-License-Identifier: Apache-2.0
/// Visibility of what the shared library exports. Everything else is hidden.
#pragma once

#define FOUNDATION_API [[gnu::visibility("default")]]
