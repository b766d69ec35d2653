/* Small files beside the executable. */
#ifndef CEA_FILES_H
#define CEA_FILES_H

#include "platform.h"

enum { PATH = 260 }; /* WCHARs of a path */

/* Path of the file `name` in the folder of `image`. False: it would be too long. */
bool files_beside(WCHAR path[PATH], const WCHAR *image, const WCHAR *name);

/* Opens a file for reading. INVALID_HANDLE_VALUE: *absent says whether there is none, last error why not. */
HANDLE files_open(const WCHAR *path, bool *absent);

#endif
