/* Giving the terminal back, whatever happens: after a crash, an abort, a deadly signal or a plain exit.
 *
 * Between terminal_guard and terminal_release the terminal is ours. What restores it is put together
 * beforehand, so that a signal handler has only to write bytes and call tcsetattr.
 */
#ifndef XTOP_TUI_TERMINAL_H
#define XTOP_TUI_TERMINAL_H

#include <stddef.h>
#include <termios.h>

/* Terminal modes as they were are remembered from `before`; `fd` is where `restore` (bytes, copied) goes. */
void terminal_guard(int fd, const struct termios *before, const char *restore, size_t length);
/* The same bytes for another size of the window. Only while guarded. */
void terminal_set_restore(const char *restore, size_t length);
/* The terminal was given back by other means. Handlers are put back as they were. */
void terminal_release(void);

#endif
