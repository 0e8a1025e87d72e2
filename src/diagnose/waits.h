/* What the kernel says that a process waits in. */
#ifndef XTOP_DIAGNOSE_WAITS_H
#define XTOP_DIAGNOSE_WAITS_H

#include "diagnose/facts.h"

/* By the function of the kernel that /proc/PID/wchan names. */
enum waiting wchan_waits_for(const char *wchan);
/* By the system call: its name, or the text of /proc/PID/syscall, which has the number and the arguments. */
enum waiting call_waits_for(const char *call);
/* The name of such a call, NULL: not known here. */
const char *call_name(const char *call);

#endif
