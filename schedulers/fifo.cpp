#include "schedulers/fifo.h"

namespace etude {

template class Fifo<std::atomic>;

}  // namespace etude
