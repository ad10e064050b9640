#include "self.h"

_Thread_local unsigned self_index;
