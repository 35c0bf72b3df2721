# SPDX-License-Identifier: Apache-2.0
"""gdb commands for programs that use foundation: what its processes do, on a live program or a core file.

    foundation processes        every process: pid, label, state, messages
    foundation bt PID           the backtrace of one, also of one that no thread runs
    foundation mailbox PID      what is in its mailbox, by type

Memory is read and nothing else: no function of the program is called and no register is written. All that is known of
the library's classes comes from its debug information. What the fields mean is said where they are declared:
src/process/{directory,process_table,control_block,mailbox,outer_queue}.hpp, src/sched/{scheduler,carrier}.hpp,
src/memory/stack_slab.hpp.
"""

import collections
import contextlib
import itertools
import re

import gdb
import gdb.unwinder

NO_DEBUG_INFO = (
    "no debug information of the library is loaded. Build it with -DCMAKE_BUILD_TYPE=RelWithDebInfo, or install that of "
    "its package; if it is a shared library, the program must have been started."
)
LONGEST_LIST = 1 << 24  # nodes: beyond, it is taken for one that was being changed
IDLE, WAITING, CLOSED = 1, 2, 3  # outer_queue's tags
OFF_SCHEDULERS = 0xFFFE  # runnable's


class Problem(Exception):
    """What the user is told instead of an answer."""


# -- reading values -------------------------------------------------------------------------------------------------------


def scalar(value):
    """The number or pointer inside a std::atomic: the first field of the first field ..."""
    while value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        field = next(f for f in value.type.strip_typedefs().fields() if hasattr(f, "bitpos"))
        value = value[field]
    return value


def number(value):
    return int(scalar(value))


def pointee(value, pointer_type):
    """Of a std::unique_ptr: it is nothing but its pointer."""
    return value.address.cast(pointer_type.pointer()).dereference()


def length(array):
    return array.type.strip_typedefs().range()[1] + 1


def elements(vector):
    first, last = vector["_M_impl"]["_M_start"], vector["_M_impl"]["_M_finish"]
    for index in range(int(last - first)):
        yield first[index]


def same(pointer, other):
    return int(pointer) == int(other)


def sibling(struct_type, name):
    """The type of that name in the namespace of another."""
    return gdb.lookup_type(struct_type.unqualified().strip_typedefs().name.rpartition("::")[0] + "::" + name)


# -- runtimes -------------------------------------------------------------------------------------------------------------


class Runtime:
    def __init__(self, index, space):
        self.index = index
        self.space = space
        self.table = space["table_"]
        self.group = space["group_"].referenced_value()
        self._boost_waits = None

    @property
    def name(self):
        return self.group["name_"].string("utf-8", "replace")

    def schedulers(self):
        """With the place for a thread of the host's, which is the last one."""
        for made in elements(self.group["schedulers_"]):
            pointer = made.type.template_argument(0).pointer()
            yield pointee(made, pointer).dereference()

    def process_at(self, index):
        """In the slot of that index, or None."""
        if index >= number(self.table["used_"]):
            return None
        array = self.table["chunks_"]
        chunks = pointee(array, array.type.unqualified().template_argument(0).target().pointer())
        size = length(scalar(chunks[0])["slots"])
        occupant = scalar(scalar(chunks[index // size])["slots"][index % size]["occupant"])
        return Process(self, occupant.dereference()) if occupant != 0 else None

    def processes(self):
        for index in range(number(self.table["used_"])):
            process = self.process_at(index)
            if process is not None:
                yield process

    def abandoned(self):
        block = gdb.lookup_type("foundation::proc::control_block").pointer()
        for node in chain(self.space["given_up_"], None):
            yield Process(self, node.cast(block).dereference(), abandoned=True)

    def boost_waits(self):
        """Carriers in a wait of Boost.Fiber's, which alone knows them, by the address of their process: found by looking
        at the top of every stack on loan."""
        if self._boost_waits is None:
            self._boost_waits = {
                int(c["occupant"]): c for c in self._carriers() if str(c["now"]).endswith("::boost_wait")
            }
        return self._boost_waits

    def _carriers(self):
        carrier = gdb.lookup_type("foundation::sched::carrier")
        room = (carrier.sizeof + 63) & ~63
        slab = scalar(self.group["stacks_"]["records_"])
        while slab != 0:
            base, slot_bytes = number(slab["base"]), number(slab["slot_bytes"])
            kept = int(slab["free"]) | int(slab["abandoned"])
            for slot in range(number(slab["slots"]) if base else 0):
                if kept >> slot & 1:
                    continue
                at = gdb.Value(base + (slot + 1) * slot_bytes - room).cast(carrier.pointer())
                try:
                    if same(at["as_carrier"], at):
                        yield at.dereference()
                except gdb.MemoryError:
                    pass  # a stack that nobody has touched is not in a core file
            slab = slab["next_record"]


def pid_text(pid):
    high, low = int(pid["high_"]), int(pid["low_"])
    return "<%d.%d.%d>" % (high >> 32, low >> 40, low & ((1 << 40) - 1))


def runtimes():
    try:
        directory = gdb.lookup_type("foundation::proc::directory")
        # By its linkage name, which is found in any language and without the debug information of its file.
        only = gdb.parse_and_eval("&_ZN10foundation4proc9directory5only_E")
    except gdb.error:
        raise Problem(NO_DEBUG_INFO)
    instance = only.cast(directory.pointer().pointer()).dereference()
    found = []
    if instance != 0:
        entries = instance["entries_"]["_M_elems"]
        for index in range(length(entries)):
            space = scalar(entries[index]["space"])
            if space != 0:
                found.append(Runtime(index, space.dereference()))
    if not found:
        raise Problem("the program has no runtime now.")
    return found


# -- processes ------------------------------------------------------------------------------------------------------------


class Process:
    def __init__(self, runtime, block, abandoned=False):
        self.runtime = runtime
        self.block = block
        self.is_abandoned = abandoned

    @property
    def pid(self):
        return pid_text(self.block["pid_"])

    @property
    def label(self):
        char = gdb.lookup_type("char").pointer()
        length = int(self.block["label_size_"])
        text = self.block.address.cast(char) + int(self.block["block_bytes_"]) - length
        return text.string("utf-8", "replace", length=length)

    @property
    def title(self):
        return '%s "%s"' % (self.pid, self.label)

    @property
    def is_thread(self):
        """Whether a plain thread is this process: runnable::off_schedulers."""
        return int(self.block["pinned_to"]) == OFF_SCHEDULERS

    @property
    def is_handler(self):
        return self.block["ops_"].referenced_value()["handle"] != 0

    def scheduler(self):
        """The one that runs it, or None."""
        for scheduler in self.runtime.schedulers():
            running = scalar(scheduler["running_"])
            if running != 0 and same(self.block.address.cast(running.type), running):
                return scheduler
        return None

    def carrier(self):
        """The one that has its frames while no thread runs it, or None."""
        own = self.block["own_carrier"]
        if own != 0:
            return own.dereference()
        runnable = self.block.address.cast(gdb.lookup_type("foundation::sched::runnable").pointer())
        return self.runtime.boost_waits().get(int(runnable))

    def state(self):
        prefix = "abandoned, " if self.is_abandoned else ""
        return prefix + (self._state_on_thread() if self.is_thread else self._state())

    def _state_on_thread(self):
        return "a plain thread" + (", waiting" if number(self.block["mail_"]["outer_"]["word_"]) == WAITING else "")

    def _state(self):
        scheduler = self.scheduler()
        if scheduler is not None:
            return "running on scheduler %d" % int(scheduler["index_"])
        word = number(self.block["mail_"]["outer_"]["word_"])
        if word in (IDLE, WAITING, CLOSED):
            return {IDLE: "idle", WAITING: "waiting", CLOSED: "exiting"}[word]
        carrier = self.carrier()
        if carrier is not None and str(carrier["now"]).endswith("::boost_wait"):
            return "in a wait of Boost.Fiber's"
        return "ready"

    # -- its mailbox ------------------------------------------------------------------------------------------------------

    def taken(self):
        mail = self.block["mail_"]
        return tuple(number(mail[name]["counted_"]) & 0xffffffff for name in ("priority_", "ordinary_"))

    def not_taken(self):
        """As mailbox::any_unsorted."""
        mail = self.block["mail_"]
        newest, pin = mail["newest_"], mail["pin_"]
        yield from chain(mail["sorted_"], None)
        if newest != 0:
            yield from chain(mail["unread_"], pin)
        word = scalar(mail["outer_"]["word_"])
        if int(word) > CLOSED:
            yield from chain(word.cast(pin.type), newest if newest != 0 else pin)


def chain(node, end, link="next"):
    for _ in range(LONGEST_LIST):
        if node == 0 or (end is not None and same(node, end)):
            return
        yield node
        node = node[link]
    raise Problem("a list was being changed: it has no end. Let the program go on and try again.")


def message_type(node):
    envelope = node.cast(sibling(node.type.target(), "envelope").pointer())
    name = envelope["ops"]["type"]
    # std::type_info: its table of functions, then its name. Its own debug information may be missing.
    name = name.cast(gdb.lookup_type("char").pointer().pointer())[1].string().lstrip("*")
    demangled = gdb.execute("demangle -l c++ -- _ZTI" + name, to_string=True).strip()
    return demangled.replace("typeinfo for ", "", 1) if "typeinfo for " in demangled else name


def signal_name(node):
    kind = str(node["kind"]).rpartition("::")[2]
    if kind in ("message", "alias_message"):
        return message_type(node) + (" (to an alias)" if kind == "alias_message" else "")
    return "signal: " + kind


def find(argument):
    """The process of `<0.3.1>`, `0.3.1`, or `<0.3.1>@1` for that of runtime 1; and the arguments behind it."""
    match = re.match(r"\s*<?(\d+\.\d+\.\d+)>?(?:@(\d+))?(?:\s+(.*))?$", argument)
    if match is None:
        raise Problem("which process? A pid is written <0.3.1>; 'foundation processes' lists them.")
    pid, index, rest = "<%s>" % match.group(1), match.group(2), match.group(3) or ""
    found = []
    for runtime in runtimes():
        if index is None or runtime.index == int(index):
            process = runtime.process_at(int(pid.split(".")[1]))
            candidates = [process] if process is not None else []
            found += (p for p in candidates + list(runtime.abandoned()) if p.pid == pid)
    if not found:
        raise Problem("no process has the pid %s; 'foundation processes' lists them." % pid)
    if len(found) > 1:
        raise Problem("%s is in several runtimes; say which: %s" % (
            pid, " or ".join('%s@%d ("%s")' % (pid, p.runtime.index, p.runtime.name) for p in found)))
    return found[0], rest


# -- frames of a parked process -------------------------------------------------------------------------------------------


class ParkedFrames(gdb.unwinder.Unwinder):
    """While it is on, a parked stack seems to have called the innermost frame of the selected thread: so gdb walks it
    without a register being written, in a core file too."""

    class FrameId:
        def __init__(self, sp, pc):
            self.sp, self.pc = sp, pc

    def __init__(self):
        super().__init__("foundation parked processes")
        self.enabled = False
        self.at = self.saved = None

    @contextlib.contextmanager
    def showing(self, saved):
        frame = gdb.newest_frame()
        self.at = [int(frame.read_register(name)) for name in ("rsp", "rip")]
        self.saved = saved
        self.enabled = True
        gdb.invalidate_cached_frames()
        try:
            yield
        finally:
            self.enabled = False
            gdb.invalidate_cached_frames()

    def __call__(self, pending):
        sp, pc = pending.read_register("rsp"), pending.read_register("rip")
        if [int(sp), int(pc)] != self.at:
            return None
        # gdb refuses callers that lie below what they call; nothing lies below this.
        info = pending.create_unwind_info(self.FrameId(gdb.Value(1).cast(sp.type), pc))
        for name, value in self.saved.items():
            info.add_saved_register(name, gdb.Value(value).cast(pending.read_register(name).type))
        return info


parked_frames = ParkedFrames()
gdb.unwinder.register_unwinder(None, parked_frames, replace=True)


def saved_registers(carrier):
    """What Boost.Context's jump_fcontext left on a stack when it was switched away from. Where it puts each register is
    read from its own code, since that differs from version to version."""
    if gdb.newest_frame().architecture().name() != "i386:x86-64":
        raise Problem("the frames of parked processes are shown on x86-64 only.")
    context = carrier["context"]
    # Not context["c_"]: gdb would look for the class that it really is, and warn that it does not know it.
    field = next(f for f in context.type.target().fields() if f.name == "c_")
    at = int((context.cast(gdb.lookup_type("char").pointer()) + field.bitpos // 8).cast(field.type.pointer())["fctx_"])
    if at == 0:
        raise Problem("it is just being switched to or from; let the program go on a little.")
    try:
        code = gdb.execute("with disassembly-flavor att -- x/16i jump_fcontext", to_string=True)
    except gdb.error:
        raise Problem("Boost.Context's jump_fcontext is not to be found.")
    code = code.partition("mov    %rsp,%rax")[0]
    offsets = {reg: int(offset, 0) for reg, offset in re.findall(r"mov\s+%(r\w+),(0x\w+)\(%rsp\)", code)}
    frame = re.search(r"lea\s+-(0x\w+)\(%rsp\),%rsp", code)
    if frame is None or set(offsets) != {"r12", "r13", "r14", "r15", "rbx", "rbp"}:
        raise Problem("this version of Boost.Context saves registers in a way that is not known here.")
    word = gdb.lookup_type("unsigned long").pointer()
    size = int(frame.group(1), 0)
    saved = {reg: int(gdb.Value(at + offset).cast(word).dereference()) for reg, offset in offsets.items()}
    saved["rip"] = int(gdb.Value(at + size).cast(word).dereference())
    saved["rsp"] = at + size + 8
    return saved


def backtrace_of_parked(carrier, options):
    # Frame 0 is the selected thread's: one more is asked for, and it is left out.
    options = re.sub(r"(?<!\S)\d+$", lambda count: str(int(count.group()) + 1), options)
    with parked_frames.showing(saved_registers(carrier)):
        shown = gdb.execute("backtrace " + options, to_string=True)
    shown = re.sub(r"\A#0 .*?(?=^#|\Z)", "", shown, flags=re.MULTILINE | re.DOTALL)
    if not shown:
        raise Problem("its frames cannot be read.")
    return re.sub(r"^#(\d+) +", lambda m: "#%-2d " % (int(m.group(1)) - 1), shown, flags=re.MULTILINE)


def backtrace_of_running(scheduler, options):
    """Of the thread whose stack pointer is in the stack that the scheduler runs on."""
    stack = scheduler["active_"]
    bottom = int(stack["stack_bottom"])
    top = bottom + int(stack["stack_size"])
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        if bottom <= int(gdb.newest_frame().read_register("rsp")) < top:
            return "thread %d\n" % thread.num + gdb.execute("backtrace " + options, to_string=True)
    raise Problem("no thread is on its stack now; it may be in a signal handler. 'thread apply all bt' shows all threads.")


# -- commands -------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def as_it_was():
    """Restores what the user had selected."""
    thread = gdb.selected_thread()
    if thread is None or not thread.is_valid():
        raise Problem("there is no program that runs, and no core file.")
    if thread.is_running():
        raise Problem("the program is running: interrupt it first.")
    level = gdb.selected_frame().level()
    try:
        yield
    finally:
        thread.switch()
        gdb.execute("frame %d" % level, to_string=True)


class FoundationCommand(gdb.Command):
    """Processes of foundation, in this program or core file."""

    def __init__(self):
        super().__init__("foundation", gdb.COMMAND_STATUS, prefix=True)


class Command(gdb.Command):
    def invoke(self, argument, from_tty):
        try:
            with as_it_was():
                self.answer(argument)
        except Problem as problem:
            raise gdb.GdbError("foundation: %s" % problem)
        except gdb.MemoryError as error:
            raise gdb.GdbError("foundation: %s. Was something being changed, or is it not in the core file?" % error)
        except Exception as error:  # never a traceback
            raise gdb.GdbError("foundation: %s. Are this script and the library of the same version?" % error)


class ProcessesCommand(Command):
    """List the processes of every runtime: pid, label, state, messages.

Usage: foundation processes [TEXT]

With TEXT, only those in whose line it occurs. A number of messages is what the process has taken over into its mailbox;
"+2" stands for two signals, most of them messages, that have been sent to it and that it has not taken over yet."""

    def __init__(self):
        super().__init__("foundation processes", gdb.COMMAND_STATUS)

    def answer(self, argument):
        for runtime in runtimes():
            processes = list(runtime.processes())
            gdb.write('runtime %d "%s": %d schedulers, %d processes\n' % (
                runtime.index, runtime.name, sum(1 for _ in runtime.schedulers()) - 1,
                sum(1 for process in processes if not process.is_thread)))
            for process in itertools.chain(processes, runtime.abandoned()):
                self.show(argument, "%s %s, %s" % (process.title, process.state(), self.messages(process)))

    @staticmethod
    def show(wanted, line):
        if wanted in line:
            gdb.write(line + "\n")

    @staticmethod
    def messages(process):
        try:
            more = sum(1 for _ in process.not_taken())
        except Problem:
            more = "?"
        return "%d%s messages" % (sum(process.taken()), "+%s" % more if more else "")


class BacktraceCommand(Command):
    """Show the backtrace of a process, also of one that waits and has no thread.

Usage: foundation bt PID [OPTION...]

The options are those of 'backtrace'. A PID is written as it is printed, <0.3.1>; where several runtimes have one, it is
followed by the number of the runtime: <0.3.1>@0. A handler between two messages has no stack."""

    def __init__(self):
        super().__init__("foundation bt", gdb.COMMAND_STACK)

    def answer(self, argument):
        process, options = find(argument)
        scheduler = process.scheduler()
        carrier = None if scheduler is not None else process.carrier()
        head = "%s %s" % (process.title, process.state())
        if scheduler is not None:
            gdb.write("%s, %s" % (head, backtrace_of_running(scheduler, options)))
        elif carrier is not None:
            gdb.write("%s\n%s" % (head, backtrace_of_parked(carrier, options)))
        elif process.is_thread:
            gdb.write("%s: 'thread apply all bt' shows it\n" % head)
        elif process.is_handler:
            gdb.write("%s: a handler between two messages has no stack\n" % head)
        else:
            gdb.write("%s: no stack of it was found. Has it not begun, or is its stack not in the core file?\n" % head)


class MailboxCommand(Command):
    """Show what is in the mailbox of a process, by type.

Usage: foundation mailbox PID"""

    def __init__(self):
        super().__init__("foundation mailbox", gdb.COMMAND_DATA)

    def answer(self, argument):
        process, rest = find(argument)
        if rest:
            raise Problem("what is %r? The command takes a pid alone." % rest)
        mail = process.block["mail_"]
        priority, ordinary = process.taken()
        gdb.write("%s %s\n" % (process.title, process.state()))
        gdb.write("taken: %d messages%s\n" % (
            priority + ordinary, ", %d of them priority messages" % priority if priority else ""))
        self.show(node for name in ("priority_", "ordinary_") for node in chain(mail[name]["head_"], None))
        waiting = list(process.not_taken())
        gdb.write("not taken yet: %d signals\n" % len(waiting))
        self.show(waiting)

    @staticmethod
    def show(nodes):
        counts = collections.Counter(signal_name(node) for node in nodes)
        for name, count in counts.most_common():
            gdb.write("%8d %s\n" % (count, name))


FoundationCommand()
ProcessesCommand()
BacktraceCommand()
MailboxCommand()
