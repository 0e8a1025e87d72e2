import pytest

from shop.checkout import Item, Voucher, shipping, total


@pytest.fixture
def basket():
    return [Item("teapot", 2400, 2), Item("cup", 450, 4)]


@pytest.mark.parametrize("amount", [5000, 5001, 12000])
def test_shipping_is_free(amount):
    assert shipping(amount) == 0


@pytest.mark.parametrize("amount", [1, 490, 4999])
def test_shipping_costs(amount):
    assert shipping(amount) == 490


@pytest.mark.parametrize("country", ["AT", "BE", "CH", "DE", "FR", "JP", "NL"])
def test_address(country):
    assert country


def test_total(basket):
    assert total(basket) == 6600


def test_voucher(basket):
    print("basket: 2 × teapot, 4 × cup")
    print("voucher: 10 %")
    assert total(basket, Voucher(percent=10)) == 5940


@pytest.mark.skip(reason="needs the bank's sandbox")
def test_credit_card():
    pass


@pytest.mark.parametrize("method", ["invoice", "transfer", "gift card"])
def test_pay(method):
    assert method
