#include "experiments/explorer/atomic.h"
#include "experiments/explorer/explore.h"

namespace etude::explorer {

std::span<const SchedulerEntry> explored_schedulers() { return kSchedulers<Atomic>; }

}  // namespace etude::explorer
