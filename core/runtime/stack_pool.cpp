#include "core/runtime/stack_pool.h"
