/* Waits for a lock that it holds itself. */
#include <pthread.h>

int main(void)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&lock);
	return pthread_mutex_lock(&lock);
}
