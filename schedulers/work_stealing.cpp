#include "schedulers/work_stealing.h"

namespace etude {

template class WorkStealing<std::atomic>;

}  // namespace etude
