#include "schedulers/shared_queue.h"

namespace etude {

template class SharedQueue<std::atomic>;

}  // namespace etude
