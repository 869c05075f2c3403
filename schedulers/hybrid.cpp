#include "schedulers/hybrid.h"

namespace etude {

template class Hybrid<std::atomic>;

}  // namespace etude
