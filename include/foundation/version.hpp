// SPDX-License-Identifier: Apache-2.0
/// The library's version. The only place where it is written down: the build reads it from here.
#pragma once

#define FOUNDATION_VERSION_MAJOR 0
#define FOUNDATION_VERSION_MINOR 1
#define FOUNDATION_VERSION_PATCH 0
