/* What was meant by an argument that names nothing. */
#ifndef XTOP_ADAPTER_NEAREST_H
#define XTOP_ADAPTER_NEAREST_H

/* A path that is there and differs in one of its names from that of the argument, as one would write it in
 * the current directory, with the id of the argument behind it; the caller frees it. NULL: none is near. */
char *nearest_argument(const char *text);

#endif
