import time

import pytest


@pytest.mark.parametrize("state", ["new", "paid", "packed", "sent", "returned"])
@pytest.mark.parametrize("role", ["customer", "clerk", "admin"])
def test_access(state, role):
    assert state and role


@pytest.mark.flaky(reruns=0)
@pytest.mark.timeout(2)
def test_lock_is_released():
    print("waiting for the lock of order 4711", flush=True)
    time.sleep(60)


@pytest.mark.xfail(reason="time zones")
def test_order_at_midnight():
    assert False


class TestHistory:
    @pytest.mark.parametrize("page", range(1, 9))
    def test_page(self, page):
        assert page

    def test_export(self):
        assert True
