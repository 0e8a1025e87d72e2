import pytest

from shop.checkout import Item, total

PRICES = {"teapot": 2400, "cup": 450, "saucer": 300, "plate": 890, "bowl": 720, "milk jug": 1250}


@pytest.mark.parametrize("name", PRICES)
def test_add(name):
    assert total([Item(name, PRICES[name])]) == PRICES[name] + 490


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13])
def test_change_count(count):
    assert total([Item("plate", 890, count)]) >= 890 * count


@pytest.mark.parametrize("name", PRICES)
def test_remove(name):
    assert total([Item(name, PRICES[name], 0)]) == 490


class TestMerge:
    def test_guest_becomes_customer(self):
        assert total([Item("cup", 450), Item("cup", 450)]) == 1390

    def test_same_item_twice(self):
        assert total([Item("cup", 450, 2)]) == total([Item("cup", 450), Item("cup", 450)])

    def test_two_browsers(self):
        assert total([Item("bowl", 720)]) == 1210
