/* Tests of pytest: a server in Python finds them and forks the processes that run them (pytest.h). */
#include "adapter/adapter.h"

const struct adapter adapter_pytest = {
	.name = "pytest",
	.summary = "Python tests as pytest finds and judges them",
};
