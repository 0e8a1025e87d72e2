/* How many workers `-n auto` means: what this process may really use of the machine, and why. */
#ifndef XTOP_WORKER_CPUS_H
#define XTOP_WORKER_CPUS_H

#include <stdint.h>

/* How the number came about; 0 and INFINITY where something sets no limit or is not known. */
struct cpus_count {
	unsigned told;        /* by PYTEST_XDIST_AUTO_NUM_WORKERS: then nothing else counts */
	unsigned online;      /* CPUs of the machine */
	unsigned affinity;    /* that this process may run on: sched_getaffinity(2) */
	double quota;         /* CPUs' worth of time, the narrowest cgroup quota (v2 cpu.max, v1 cpu.cfs_quota_us) up to the root */
	char quota_file[256]; /* the file that says so; "": none */
	uint64_t memory;      /* bytes that can be had: MemAvailable of /proc/meminfo, lowered to what the cgroup and its parents
	                       * still allow (v2 memory.max and memory.high - memory.current and inactive file pages, v1 likewise) */
	char memory_file[256];   /* the file that set it */
	uint64_t worker_memory;  /* bytes that a worker of this suite took last time, as given */
	unsigned by_memory;   /* workers for which it suffices, at least 1; 0: worker_memory is not known */
	unsigned workers;     /* the answer, at least 1: the least of affinity, the quota rounded up and by_memory */
};

/* `worker_memory`: bytes, 0: not known. */
void cpus_count(uint64_t worker_memory, struct cpus_count *out);
/* The same by a proc(5) that is mounted elsewhere. */
void cpus_count_by(const char *proc, uint64_t worker_memory, struct cpus_count *out);
/* For how many workers it suffices that a process may open so many files (`ulimit -n`); at least 1. */
unsigned cpus_by_files(uint64_t files);

#endif
