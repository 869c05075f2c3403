#include "experiments/explorer/machine.h"

#include <csignal>
#include <utility>

#include "core/failure.h"

namespace etude::explorer {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024;

void on_signals(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_NODEFER;  // the handler leaves for another context and never returns
  sigaction(SIGABRT, &action, nullptr);
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace

Machine::Machine(Memory memory) : memory_(memory) {
  main_.become_this_thread();
  on_signals(on_crash);
  make_threads();
}

Machine::~Machine() { on_signals(SIG_DFL); }

void Machine::make_threads() {
  for (VirtualThread& thread : threads_) thread.context.reset();
  stacks_.emplace(StackPoolConfig{.stacks_max = kThreadsMax, .stack_bytes = kStackBytes});
  for (VirtualThread& thread : threads_) thread.context.emplace(stacks_->acquire(), enter, this);
}

const Outcome& Machine::run(Program& program, Strategy& strategy) {
  require(running_ == nullptr, "one machine runs at a time");
  require(program.thread_count() <= kThreadsMax, "a program has at most kThreadsMax threads");
  program_ = &program;
  strategy_ = &strategy;
  outcome_.failure.clear();
  outcome_.choices.clear();
  outcome_.steps = 0;
  accesses_.fill(0);
  for (VirtualThread& thread : threads_) {
    thread.stores.clear();
    thread.drained = 0;
  }
  buffered_ = spinning_ = 0;
  over_ = false;
  thread_ = kNobody;
  program.set_up(*this);
  ready_ = only(program.thread_count()) - 1;
  running_ = this;
  drive();
  running_ = nullptr;
  if (!outcome_.failure.empty()) make_threads();
  return outcome_;
}

// From the main context: lets threads go on until all rest, then asks the program.
void Machine::drive() {
  for (;;) {
    if ((ready_ | buffered_) != 0) {
      const Agent next = choose();
      if (outcome_.failure.empty()) switch_to_thread(next);
    }
    thread_ = kNobody;
    if (!outcome_.failure.empty()) return;
    if ((ready_ | buffered_) != 0) continue;
    if (spinning_ != 0) {
      outcome_.failure = "a thread spins for ever: nobody is left to change what it waits for";
      return;
    }
    running_ = nullptr;  // what at_rest() touches is no step
    const Program::Rest rest = program_->at_rest();
    running_ = this;
    if (!outcome_.failure.empty()) return;
    if (rest == Program::Rest::done) return wind_up();
    require(ready_ != 0, "a program that goes on has opened a gate");
  }
}

// Each thread that still waits returns from its body, so that its context can be used again.
void Machine::wind_up() {
  over_ = true;
  running_ = nullptr;
  for (std::uint32_t thread = 0; thread < program_->thread_count(); ++thread) {
    if (threads_[thread].gate == nullptr) continue;
    std::exchange(threads_[thread].gate, nullptr)->waiting = 0;
    thread_ = thread;
    Context::switch_to(main_, *threads_[thread].context);
  }
}

void Machine::enter(void* argument) {
  Machine& self = *static_cast<Machine*>(argument);
  for (;;) {
    const std::uint32_t me = self.thread_;
    self.program_->run_thread(me);
    self.ready_ &= ~only(me);
    if (self.over_) {
      Context::switch_to(*self.threads_[me].context, self.main_);
    } else {
      self.leave();
    }
  }
}

void Machine::on_crash(int signal) {
  Machine* const self = running_;
  if (self == nullptr || self->thread_ == kNobody) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  self->fail(signal == SIGABRT ? "the code under test stopped the process: see the line above"
                               : "the code under test used a bad address");
}

void Machine::report(std::string what) {
  if (outcome_.failure.empty()) outcome_.failure = std::move(what);
}

void Machine::fail(std::string what) {
  require(thread_ != kNobody, "only a virtual thread fails");
  report(std::move(what));
  for (;;) Context::switch_to(*threads_[thread_].context, main_);
}

void Machine::step() noexcept {
  ++accesses_[thread_];
  if (++outcome_.steps > kStepsMax) fail("the schedule does not end");
  if (((ready_ | buffered_) & ~only(thread_)) == 0) return;
  const Agent next = choose();
  if (next != thread_) switch_to_thread(next);
}

// Asks until a thread is chosen; buffers that are chosen on the way give up their oldest store.
// From the main context all threads may be blocked: then only buffers are left.
Agent Machine::choose() noexcept {
  for (;;) {
    const AgentSet options = ready_ | buffered_;
    if (options == 0) return kNobody;
    Agent chosen = lowest(options);
    if ((options & (options - 1)) != 0) {
      chosen = strategy_->choose(options, thread_);
      outcome_.choices.push_back(chosen);
      if (chosen >= 2 * kThreadsMax || (options & only(chosen)) == 0) {
        report("the choices do not fit this program: it is not what they were recorded from");
        return kNobody;
      }
    }
    if (chosen < kThreadsMax) return chosen;
    drain_one(chosen - kThreadsMax);
  }
}

void Machine::leave() noexcept {
  const Agent next = choose();
  if (next != thread_) switch_to_thread(next);
}

void Machine::switch_to_thread(std::uint32_t next) noexcept {
  Context& from = thread_ == kNobody ? main_ : *threads_[thread_].context;
  thread_ = next;
  if (next == kNobody && &from == &main_) return;
  Context::switch_to(from, next == kNobody ? main_ : *threads_[next].context);
}

bool Machine::wait(Gate& gate) {
  lock_step();
  if (!gate.open) {
    VirtualThread& self = threads_[thread_];
    self.gate = &gate;
    gate.waiting |= only(thread_);
    ready_ &= ~only(thread_);
    leave();
    self.gate = nullptr;
    if (over_) return false;
  }
  gate.open = false;
  return true;
}

void Machine::open(Gate& gate) noexcept {
  if (running_ == this) lock_step();
  gate.open = true;
  ready_ |= std::exchange(gate.waiting, 0);
}

void Machine::spin() noexcept {
  ready_ &= ~only(thread_);
  spinning_ |= only(thread_);
  leave();
}

std::uint64_t Machine::load(const Cell& cell) noexcept {
  step();
  const VirtualThread& self = threads_[thread_];
  for (std::size_t i = self.stores.size(); i > self.drained; --i) {
    if (self.stores[i - 1].cell == &cell) return self.stores[i - 1].bits;
  }
  return cell.bits;
}

void Machine::store(Cell& cell, std::uint64_t bits) noexcept {
  step();
  if (memory_ == Memory::sequential) return write(cell, bits);
  VirtualThread& self = threads_[thread_];
  if (self.stores.size() - self.drained == kStoresMax) drain_one(thread_);
  self.stores.push_back({.cell = &cell, .bits = bits});
  buffered_ |= only(buffer_of(thread_));
}

void Machine::lock_step() noexcept {
  step();
  drain_all(thread_);
}

void Machine::write(Cell& cell, std::uint64_t bits) noexcept {
  if (cell.bits == bits) return;
  cell.bits = bits;
  ready_ |= std::exchange(spinning_, 0);
}

void Machine::drain_one(std::uint32_t thread) noexcept {
  VirtualThread& owner = threads_[thread];
  const Store& oldest = owner.stores[owner.drained++];
  write(*oldest.cell, oldest.bits);
  if (owner.drained < owner.stores.size()) return;
  owner.stores.clear();
  owner.drained = 0;
  buffered_ &= ~only(buffer_of(thread));
}

void Machine::drain_all(std::uint32_t thread) noexcept {
  while ((buffered_ & only(buffer_of(thread))) != 0) drain_one(thread);
}

}  // namespace etude::explorer
