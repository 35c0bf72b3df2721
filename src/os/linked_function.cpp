// SPDX-License-Identifier: Apache-2.0
#include "os/linked_function.hpp"

#include <cxxabi.h>
#include <elf.h>
#include <link.h>
#include <unwind.h>

#include <cstring>
#include <exception>
#include <string_view>

namespace foundation::os {

namespace {

struct known_function {
  std::string_view name;
  exception_call meaning;
};

constexpr known_function known[] = {
    {"_ZSt9terminatev", exception_call::terminates},        // std::terminate
    {"__cxa_call_terminate", exception_call::terminates},   // GCC 14's noexcept
    {"__cxa_call_unexpected", exception_call::terminates},  // dynamic exception specifications
    {"__cxa_begin_catch", exception_call::catches},
    {"__cxa_end_catch", exception_call::leaves},
    {"__cxa_rethrow", exception_call::leaves},
    {"_Unwind_Resume", exception_call::resumes},
    {"__cxa_end_cleanup", exception_call::resumes},
    {"__stack_chk_fail", exception_call::never_comes},
    {"abort", exception_call::never_comes},
    {"__assert_fail", exception_call::never_comes},
};

/// A sanitizer's report, behind which other code lies: __asan_report_load8 (but not …_noabort), __ubsan_handle_…_abort.
bool is_final_report(std::string_view name) noexcept {
  if (name.starts_with("__asan_report_")) return !name.ends_with("_noabort");
  return name.starts_with("__ubsan_handle_") && (name.ends_with("_abort") || name.ends_with("_unreachable"));
}

exception_call by_name(std::string_view name) noexcept {
  for (const known_function& f : known) {
    if (name == f.name) return f.meaning;
  }
  return is_final_report(name) ? exception_call::never_comes : exception_call::other;
}

exception_call by_address(const void* address) noexcept {
  if (address == reinterpret_cast<const void*>(&std::terminate)) return exception_call::terminates;
  if (address == reinterpret_cast<const void*>(&abi::__cxa_begin_catch)) return exception_call::catches;
  if (address == reinterpret_cast<const void*>(&abi::__cxa_end_catch)) return exception_call::leaves;
  if (address == reinterpret_cast<const void*>(&abi::__cxa_rethrow)) return exception_call::leaves;
  if (address == reinterpret_cast<const void*>(&_Unwind_Resume)) return exception_call::resumes;
  return exception_call::other;
}

#if defined(__x86_64__)
constexpr std::uint64_t jump_slot = R_X86_64_JUMP_SLOT;
constexpr std::uint64_t global_data = R_X86_64_GLOB_DAT;
#elif defined(__aarch64__)
constexpr std::uint64_t jump_slot = R_AARCH64_JUMP_SLOT;
constexpr std::uint64_t global_data = R_AARCH64_GLOB_DAT;
#else
constexpr std::uint64_t jump_slot = 0;
constexpr std::uint64_t global_data = 0;
#endif

/// Where a module's relocations and names are.
struct module_tables {
  const ElfW(Rela) * relocations[2] = {};  // of the linkage table, and the others
  std::size_t counts[2] = {};
  const ElfW(Sym) * symbols = nullptr;
  const char* names = nullptr;
};

module_tables read_tables(const dl_phdr_info& module, const ElfW(Dyn) * dynamic) noexcept {
  module_tables tables;
  const ElfW(Addr) base = module.dlpi_addr;
  // The C library has made these absolute where it could write to them; otherwise they still count from the base.
  const auto address = [base](ElfW(Addr) value) noexcept { return value < base ? value + base : value; };
  for (; dynamic->d_tag != DT_NULL; ++dynamic) {
    const auto value = dynamic->d_un.d_val;
    switch (dynamic->d_tag) {
      case DT_JMPREL:
        tables.relocations[0] = reinterpret_cast<const ElfW(Rela)*>(address(value));
        break;
      case DT_PLTRELSZ:
        tables.counts[0] = value / sizeof(ElfW(Rela));
        break;
      case DT_RELA:
        tables.relocations[1] = reinterpret_cast<const ElfW(Rela)*>(address(value));
        break;
      case DT_RELASZ:
        tables.counts[1] = value / sizeof(ElfW(Rela));
        break;
      case DT_SYMTAB:
        tables.symbols = reinterpret_cast<const ElfW(Sym)*>(address(value));
        break;
      case DT_STRTAB:
        tables.names = reinterpret_cast<const char*>(address(value));
        break;
      default:
        break;
    }
  }
  return tables;
}

struct slot_search {
  std::uintptr_t slot;
  exception_call meaning = exception_call::other;
};

/// The module's segment that `address` lies in, or null.
const ElfW(Phdr) * segment_of(const dl_phdr_info& module, std::uintptr_t address) noexcept {
  for (int i = 0; i < module.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = module.dlpi_phdr[i];
    if (segment.p_type == PT_LOAD && address - module.dlpi_addr - segment.p_vaddr < segment.p_memsz) return &segment;
  }
  return nullptr;
}

int search_module(dl_phdr_info* module, std::size_t, void* argument) noexcept {
  auto& search = *static_cast<slot_search*>(argument);
  if (segment_of(*module, search.slot) == nullptr) return 0;
  const void* resolved;
  std::memcpy(&resolved, reinterpret_cast<const void*>(search.slot), sizeof resolved);
  search.meaning = by_address(resolved);
  if (search.meaning != exception_call::other) return 1;
  for (int i = 0; i < module->dlpi_phnum; ++i) {
    if (module->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    const auto* dynamic = reinterpret_cast<const ElfW(Dyn)*>(module->dlpi_addr + module->dlpi_phdr[i].p_vaddr);
    const module_tables tables = read_tables(*module, dynamic);
    if (tables.symbols == nullptr || tables.names == nullptr) return 1;
    for (int t = 0; t < 2; ++t) {
      for (std::size_t r = 0; tables.relocations[t] != nullptr && r < tables.counts[t]; ++r) {
        const ElfW(Rela)& relocation = tables.relocations[t][r];
        const auto type = ELF64_R_TYPE(relocation.r_info);
        if (module->dlpi_addr + relocation.r_offset != search.slot || (type != jump_slot && type != global_data))
          continue;
        search.meaning = by_name(tables.names + tables.symbols[ELF64_R_SYM(relocation.r_info)].st_name);
        return 1;
      }
    }
  }
  return 1;  // the slot's module, and no other one has it
}

exception_call by_slot(const void* slot) noexcept {
  slot_search search{.slot = reinterpret_cast<std::uintptr_t>(slot)};
  dl_iterate_phdr(search_module, &search);
  return search.meaning;
}

struct code_search {
  std::uintptr_t address;
  code_range found;
};

int search_code(dl_phdr_info* module, std::size_t, void* argument) noexcept {
  auto& search = *static_cast<code_search*>(argument);
  const ElfW(Phdr)* segment = segment_of(*module, search.address);
  if (segment == nullptr) return 0;
  constexpr ElfW(Word) wanted = PF_X | PF_R;
  if ((segment->p_flags & wanted) == wanted) {
    search.found.low = reinterpret_cast<const std::byte*>(module->dlpi_addr + segment->p_vaddr);
    search.found.high = search.found.low + segment->p_memsz;
  }
  return 1;
}

}  // namespace

code_range code_around(const std::byte* at) noexcept {
  code_search search{.address = reinterpret_cast<std::uintptr_t>(at), .found = {}};
  dl_iterate_phdr(search_code, &search);
  return search.found;
}

exception_call identify(const instruction& call, const code_range& code) noexcept {
  if (call.slot != nullptr) return by_slot(call.slot);
  if (call.target == nullptr) return exception_call::other;
  const exception_call direct = by_address(call.target);
  if (direct != exception_call::other || !code.holds_instruction(call.target)) return direct;
  const void* slot = stub_slot(call.target);
  return slot == nullptr ? exception_call::other : by_slot(slot);
}

}  // namespace foundation::os
