// expect: conversion from .*to non-scalar type|no viable conversion from
// SPDX-License-Identifier: Apache-2.0
#include <foundation/foundation.hpp>

foundation::atom f() {
  foundation::atom a = "ok";
  return a;
}
