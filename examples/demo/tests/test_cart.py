"""A test of pytest for each kind of fate."""
import os
import time

import pytest

PRICES = {"apple": 3, "pear": 4, "plum": 2}


def total(names):
    return sum(PRICES[name] for name in names)


@pytest.mark.parametrize("name", sorted(PRICES))
def test_one_costs_its_price(name):
    print("looking at", name)
    assert total([name]) == PRICES[name]


def test_basket():
    assert {"names": ["apple", "pear"], "total": total(["apple", "pear"])} == {
        "names": ["apple", "pear"],
        "total": 8,
    }


@pytest.mark.flaky(reruns=2)
def test_remote_prices():
    print("attempt", os.environ["XTOP_ATTEMPT"])
    assert os.environ["XTOP_ATTEMPT"] != "1", "the server did not answer"


@pytest.mark.xfail(reason="there is no discount yet")
def test_discount():
    assert total(["plum"] * 10) < 20


@pytest.mark.skip(reason="needs a scale")
def test_weight():
    pass


def test_native_code():
    print("into the library")
    os.abort()


@pytest.mark.timeout(1)
def test_payment():
    print("waiting for the bank")
    time.sleep(60)
