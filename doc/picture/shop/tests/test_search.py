import pytest


@pytest.mark.parametrize("words", ["cup", "red cup", "tea pot", "sugar bowl", "gift", "blue"])
def test_words(words):
    assert words


@pytest.mark.parametrize("sort", ["price", "name", "newest"])
@pytest.mark.parametrize("page", [1, 2, 3])
def test_sorted(sort, page):
    assert sort and page


def test_index_is_fresh():
    raise AssertionError("index is 3 minutes old")
