// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <numeric>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/runtime_fixture.hpp"

namespace foundation::testing {
namespace {

/// A process that spawns a child of its kind for each message, and says so.
struct spawner {
  struct made {
    std::mutex mutex;
    std::vector<fn::pid> pids;
    std::size_t count() {
      const std::lock_guard lock(mutex);
      return pids.size();
    }
    void add(fn::pid p) {
      const std::lock_guard lock(mutex);
      pids.push_back(p);
    }
  };
  using messages = fn::messages<std::string>;
  void handle(fn::process& self, const std::string& label) {
    all->add(fn::spawn(self, spawner{all}, {.label = label}).value());
  }
  made* all;
};

class ProcessTree : public RuntimeTest {
 protected:
  fn::pid spawn_root(const std::string& label) {
    const fn::pid p = fn::spawn(rt(), spawner{&made_}, {.label = label}).value();
    made_.add(p);
    return p;
  }
  fn::pid spawn_below(fn::pid parent, const std::string& label) {
    const std::size_t before = made_.count();
    fn::send(parent, label);
    wait_until([&] { return made_.count() == before + 1; });
    return made_.pids.back();
  }
  static void end(fn::pid p) {
    fn::exit(p, fn::exit_reason::kill).value();
    fn::wait_gone(p).value();
  }

  /// The labels, each set in by a blank a level; those of one parent, which have no order, sorted.
  static std::string shape_of(const std::vector<fn::process_node>& tree) { return shape_of(tree, 0, tree.size()); }

 private:
  static std::string shape_of(const std::vector<fn::process_node>& tree, std::size_t from, std::size_t to) {
    std::multiset<std::string> members;
    for (std::size_t i = from; i < to; i += 1 + tree[i].descendants) {
      members.insert(std::string(tree[i].depth, ' ') + tree[i].label + '\n' +
                     shape_of(tree, i + 1, i + 1 + tree[i].descendants));
    }
    return std::accumulate(members.begin(), members.end(), std::string());
  }

  spawner::made made_;
};

TEST_F(ProcessTree, of_an_empty_runtime_is_empty) {
  start();
  EXPECT_TRUE(fn::process_tree(rt()).empty());
}

TEST_F(ProcessTree, has_each_process_behind_its_parent_and_before_its_parents_next_child) {
  start();
  const fn::pid a = spawn_root("a");
  const fn::pid b = spawn_root("b");
  const fn::pid a1 = spawn_below(a, "a1");
  const fn::pid b1 = spawn_below(b, "b1");
  const fn::pid a2 = spawn_below(a, "a2");
  const fn::pid a11 = spawn_below(a1, "a11");
  const auto tree = fn::process_tree(rt());
  EXPECT_EQ(shape_of(tree), "a\n a1\n  a11\n a2\nb\n b1\n");
  const std::map<fn::pid, std::pair<fn::pid, std::size_t>> parents_and_descendants = {
      {a, {{}, 3}}, {b, {{}, 1}}, {a1, {a, 1}}, {b1, {b, 0}}, {a2, {a, 0}}, {a11, {a1, 0}}};
  std::map<fn::pid, std::pair<fn::pid, std::size_t>> found;
  for (const auto& each : tree) found[each.id] = {each.parent, each.descendants};
  EXPECT_EQ(found, parents_and_descendants);
}

TEST_F(ProcessTree, has_a_root_for_each_process_whose_parent_is_gone) {
  start();
  const fn::pid top = spawn_root("top");
  const fn::pid middle = spawn_below(top, "middle");
  const fn::pid left = spawn_below(middle, "left");
  spawn_below(middle, "right");
  end(middle);
  const auto tree = fn::process_tree(rt());
  EXPECT_EQ(shape_of(tree), "left\nright\ntop\n");
  const auto orphan = std::find_if(tree.begin(), tree.end(), [&](const auto& each) { return each.id == left; });
  ASSERT_NE(orphan, tree.end());
  EXPECT_EQ(orphan->parent, middle) << "it still says who has spawned it";
}

TEST_F(ProcessTree, does_not_take_the_next_one_in_a_slot_for_the_parent) {
  start({.schedulers = 2, .max_processes = 2});
  const fn::pid parent = spawn_root("parent");
  spawn_below(parent, "child");
  end(parent);
  spawn_root("stranger");  // there is no other slot
  EXPECT_EQ(shape_of(fn::process_tree(rt())), "child\nstranger\n");
}

/// Spawns the next one of a chain, and stays.
struct link {
  using messages = fn::messages<int>;
  std::size_t left;
  std::atomic<bool>* done;
  void handle(fn::process& self, int) {
    if (left == 0) {
      *done = true;
      return;
    }
    fn::send(fn::spawn(self, link{left - 1, done}).value(), 1);
  }
};

TEST_F(ProcessTree, of_a_long_chain_is_as_deep) {
  start();
  const std::size_t length = scaled(20'000, 1000);
  std::atomic<bool> done{false};
  fn::send(fn::spawn(rt(), link{length - 1, &done}).value(), 1);
  wait_until([&] { return done.load(); });
  const auto tree = fn::process_tree(rt());
  ASSERT_EQ(tree.size(), length);
  for (std::size_t i = 0; i != length; ++i) {
    ASSERT_EQ(tree[i].depth, i);
    ASSERT_EQ(tree[i].descendants, length - 1 - i);
  }
}

// Against a map from child to parent: whatever has been spawned and has ended, the same forest.
TEST_F(ProcessTree, is_that_of_a_map_from_child_to_parent_for_any_sequence_of_spawns_and_ends) {
  start();
  for (std::uint64_t seed = 1; seed <= scaled(20, 3); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    std::vector<fn::pid> alive;
    std::map<fn::pid, fn::pid> parent_of;
    for (int i = 0; i != 60; ++i) {
      const fn::pid chosen = alive.empty() ? fn::pid() : alive[random() % alive.size()];
      if (alive.empty() || random() % 8 == 0) {
        alive.push_back(spawn_root(""));
        parent_of[alive.back()] = {};
      } else if (random() % 3 != 0) {
        alive.push_back(spawn_below(chosen, ""));
        parent_of[alive.back()] = chosen;
      } else {
        end(chosen);
        std::erase(alive, chosen);
      }
    }
    const auto tree = fn::process_tree(rt());
    ASSERT_EQ(tree.size(), alive.size());
    std::vector<fn::pid> above;  // the way from a root to the node
    std::map<fn::pid, std::size_t> descendants;
    for (const auto& each : tree) {
      ASSERT_NE(std::find(alive.begin(), alive.end(), each.id), alive.end());
      ASSERT_EQ(each.parent, parent_of[each.id]);
      const bool is_root = std::find(alive.begin(), alive.end(), each.parent) == alive.end();
      ASSERT_EQ(is_root, each.depth == 0);
      ASSERT_LE(each.depth, above.size());
      above.resize(each.depth);
      if (!is_root) {
        ASSERT_EQ(above.back(), each.parent);
      }
      for (const fn::pid p : above) ++descendants[p];
      above.push_back(each.id);
    }
    for (const auto& each : tree) ASSERT_EQ(each.descendants, descendants[each.id]);
    for (const fn::pid p : alive) end(p);
  }
}

TEST(PrintTree, sets_each_line_in_by_its_depth) {
  const fn::pid a = fn::detail::pid_access::make(0, 1, 0, 1);
  const fn::pid b = fn::detail::pid_access::make(0, 1, 1, 7);
  std::ostringstream out;
  fn::print_tree(out, {{a, {}, "server", 0, 1}, {b, a, "connection", 1, 0}});
  EXPECT_EQ(out.str(), "<0.0.1> \"server\"\n  <0.1.7> \"connection\"\n");
}

TEST(PrintTree, does_not_set_in_without_end) {
  const fn::pid a = fn::detail::pid_access::make(0, 1, 0, 1);
  std::ostringstream out;
  fn::print_tree(out, {{a, {}, "deep", 1'000'000, 0}});
  EXPECT_EQ(out.str(), std::string(64, ' ') + "<0.0.1> \"deep\"\n");
}

}  // namespace
}  // namespace foundation::testing
