/* Evidence as the rules of diagnose.c want it: its JSON read, and its texts searched for what programs say about
 * their own end. */
#ifndef XTOP_DIAGNOSE_FACTS_H
#define XTOP_DIAGNOSE_FACTS_H

#include "diagnose/diagnose.h"

#include <stdbool.h>
#include <stdint.h>

/* Of the 0.2 seconds between two looks: this much is work, whatever the process waits for, and this little is
 * none. */
#define CPU_BUSY 0.1
#define CPU_IDLE 0.02

/* What a process was waiting for. */
enum waiting {
	WAITING_NOT,
	WAITING_LOCK,
	WAITING_SLEEP,
	WAITING_SOCKET,
	WAITING_READ,
	WAITING_WRITE,
	WAITING_EVENT,
	WAITING_CHILD,
	WAITING_DISK,
	WAITING_STOPPED
};

/* A line of a stack. */
struct frame {
	struct slice function; /* empty: there is no frame */
	struct slice file;     /* empty: not known */
	unsigned line;
	bool native, shared; /* not Python's; of a shared library */
};

struct facts {
	const struct evidence *given;
	struct json *json;                            /* what the texts below belong to */
	const char *phase, *wchan, *call, *killed_by, *no_stack; /* NULL: not known */
	const char *left_over;                        /* NULL: nothing was */
	char state;                                   /* '\0': not known */
	bool has_cpu, has_oom, gil, ignored_term, stopped, forked, core_dumped, pipe_held;
	double cpu;      /* seconds of 0.2 */
	int64_t threads; /* 0: not known */
	uint64_t oom, passed_limit;
	struct slice stack; /* where there is none, the output, which has it with pytest, or the native one */
	struct slice native_stack; /* of a process that has another one as well; empty: none */
	enum waiting waiting;
	struct frame frame;     /* the innermost one of the project's own code, else the innermost */
	struct slice sanitizer; /* its line that says most; empty: none reported */
	struct slice complaint; /* a line in which the program said why it gives up; empty: none */
	struct slice memory;    /* a line that says that there was no memory; empty: none */
	bool says_overflow;     /* the program said that its stack was used up */
	bool repeats;           /* the same frames stand in the stack again and again */
};

void facts_init(struct facts *facts, const struct evidence *evidence);
void facts_fini(struct facts *facts);

/* Of the innermost frames of a stack, what they wait for. */
enum waiting stack_waits_for(struct slice stack);
/* Fills `frame` with the innermost frame that is the project's own code, else with the innermost. */
void stack_find_place(struct slice stack, struct frame *frame);
bool stack_repeats(struct slice stack);
/* Of a native stack of all threads: another one than the first waits for Python's interpreter lock. */
bool stack_awaits_interpreter(struct slice stack);

#endif
