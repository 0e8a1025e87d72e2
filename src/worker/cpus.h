/* How many CPUs this process may really use: what `-n auto` means. */
#ifndef XTOP_WORKER_CPUS_H
#define XTOP_WORKER_CPUS_H

/* PYTEST_XDIST_AUTO_NUM_WORKERS where it is set to a number; else the affinity mask
 * (sched_getaffinity(2)), lowered to the CPU quota of the cgroup (v2 cpu.max of it and its parents, v1
 * cpu.cfs_quota_us), rounded up. At least 1. */
unsigned cpus_usable(void);

#endif
