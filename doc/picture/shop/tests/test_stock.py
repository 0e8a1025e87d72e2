import pytest


@pytest.mark.parametrize("warehouse", ["Berlin", "Lyon", "Turin", "Porto"])
@pytest.mark.parametrize("item", ["teapot", "cup", "saucer", "plate"])
def test_count(warehouse, item):
    assert warehouse and item


@pytest.mark.parametrize("level", [0, 1, 5, 10])
def test_reorder(level):
    assert level <= 10
