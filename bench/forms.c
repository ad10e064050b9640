/* forms.c: the forms that this image's workers were compiled with. It knows them because it
 * is compiled with the same flags. */
#include "../lock/port.h"
#include "strategy.h"

const char *const forms_relax = LOCK_RELAX_NAME;
const char *const forms_unlock = LOCK_UNLOCK_NAME;
