// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace foundation::inline v0::detail {

inline constexpr std::size_t largest_member_count = 24;

/// A member of an aggregate: a reference to it, or its value where it may be a bit-field, to which there is no
/// reference.
template <typename F, bool ByValue = std::is_integral_v<F> || std::is_enum_v<F>>
struct part {
  using type = F;
  F& value;
  constexpr explicit part(F& member) noexcept : value(member) {}
};
template <typename F>
struct part<F, true> {
  using type = F;
  std::remove_cv_t<F> value;
  constexpr explicit part(std::remove_cv_t<F> member) noexcept : value(member) {}
};

/// Calls `use` with a `part` for each member of `value`, an aggregate of `Count` members and no bases.
/// Structured bindings need their number written down; C++26 counts them itself.
template <std::size_t Count, typename T, typename Use>
constexpr decltype(auto) with_members(T& value, Use&& use) {
  static_assert(Count > 0 && Count <= largest_member_count);
  if constexpr (Count == 1) {
    auto& [a] = value;
    return use(part<decltype(a)>(a));
  } else if constexpr (Count == 2) {
    auto& [a, b] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b));
  } else if constexpr (Count == 3) {
    auto& [a, b, c] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c));
  } else if constexpr (Count == 4) {
    auto& [a, b, c, d] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d));
  } else if constexpr (Count == 5) {
    auto& [a, b, c, d, e] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e));
  } else if constexpr (Count == 6) {
    auto& [a, b, c, d, e, f] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f));
  } else if constexpr (Count == 7) {
    auto& [a, b, c, d, e, f, g] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g));
  } else if constexpr (Count == 8) {
    auto& [a, b, c, d, e, f, g, h] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h));
  } else if constexpr (Count == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i));
  } else if constexpr (Count == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j));
  } else if constexpr (Count == 11) {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k));
  } else if constexpr (Count == 12) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k), part<decltype(l)>(l));
  } else if constexpr (Count == 13) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k), part<decltype(l)>(l),
               part<decltype(m)>(m));
  } else if constexpr (Count == 14) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k), part<decltype(l)>(l),
               part<decltype(m)>(m), part<decltype(n)>(n));
  } else if constexpr (Count == 15) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k), part<decltype(l)>(l),
               part<decltype(m)>(m), part<decltype(n)>(n), part<decltype(o)>(o));
  } else if constexpr (Count == 16) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k), part<decltype(l)>(l),
               part<decltype(m)>(m), part<decltype(n)>(n), part<decltype(o)>(o), part<decltype(p)>(p));
  } else if constexpr (Count == 17) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k), part<decltype(l)>(l),
               part<decltype(m)>(m), part<decltype(n)>(n), part<decltype(o)>(o), part<decltype(p)>(p),
               part<decltype(q)>(q));
  } else if constexpr (Count == 18) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k), part<decltype(l)>(l),
               part<decltype(m)>(m), part<decltype(n)>(n), part<decltype(o)>(o), part<decltype(p)>(p),
               part<decltype(q)>(q), part<decltype(r)>(r));
  } else if constexpr (Count == 19) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k), part<decltype(l)>(l),
               part<decltype(m)>(m), part<decltype(n)>(n), part<decltype(o)>(o), part<decltype(p)>(p),
               part<decltype(q)>(q), part<decltype(r)>(r), part<decltype(s)>(s));
  } else if constexpr (Count == 20) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k), part<decltype(l)>(l),
               part<decltype(m)>(m), part<decltype(n)>(n), part<decltype(o)>(o), part<decltype(p)>(p),
               part<decltype(q)>(q), part<decltype(r)>(r), part<decltype(s)>(s), part<decltype(t)>(t));
  } else if constexpr (Count == 21) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k), part<decltype(l)>(l),
               part<decltype(m)>(m), part<decltype(n)>(n), part<decltype(o)>(o), part<decltype(p)>(p),
               part<decltype(q)>(q), part<decltype(r)>(r), part<decltype(s)>(s), part<decltype(t)>(t),
               part<decltype(u)>(u));
  } else if constexpr (Count == 22) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k), part<decltype(l)>(l),
               part<decltype(m)>(m), part<decltype(n)>(n), part<decltype(o)>(o), part<decltype(p)>(p),
               part<decltype(q)>(q), part<decltype(r)>(r), part<decltype(s)>(s), part<decltype(t)>(t),
               part<decltype(u)>(u), part<decltype(v)>(v));
  } else if constexpr (Count == 23) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k), part<decltype(l)>(l),
               part<decltype(m)>(m), part<decltype(n)>(n), part<decltype(o)>(o), part<decltype(p)>(p),
               part<decltype(q)>(q), part<decltype(r)>(r), part<decltype(s)>(s), part<decltype(t)>(t),
               part<decltype(u)>(u), part<decltype(v)>(v), part<decltype(w)>(w));
  } else if constexpr (Count == 24) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x] = value;
    return use(part<decltype(a)>(a), part<decltype(b)>(b), part<decltype(c)>(c), part<decltype(d)>(d),
               part<decltype(e)>(e), part<decltype(f)>(f), part<decltype(g)>(g), part<decltype(h)>(h),
               part<decltype(i)>(i), part<decltype(j)>(j), part<decltype(k)>(k), part<decltype(l)>(l),
               part<decltype(m)>(m), part<decltype(n)>(n), part<decltype(o)>(o), part<decltype(p)>(p),
               part<decltype(q)>(q), part<decltype(r)>(r), part<decltype(s)>(s), part<decltype(t)>(t),
               part<decltype(u)>(u), part<decltype(v)>(v), part<decltype(w)>(w), part<decltype(x)>(x));
  }
}

}  // namespace foundation::inline v0::detail
