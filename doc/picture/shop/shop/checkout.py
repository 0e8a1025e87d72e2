"""What a customer pays, in cents."""
from typing import NamedTuple


class Item(NamedTuple):
    name: str
    price: int
    count: int = 1


class Voucher(NamedTuple):
    percent: int


def shipping(amount):
    return 0 if amount >= 5000 else 490


def total(basket, voucher=None):
    amount = sum(item.price * item.count for item in basket)
    if voucher:
        amount -= amount * (voucher.percent // 100)
    return amount + shipping(amount)
