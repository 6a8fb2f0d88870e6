"""Payments by command, each as somebody with a login."""

from __future__ import annotations

from test_cli_operations import command

from orderwright import Orderwright
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.settings import Settings

LINES = [{"sku": "ANVIL", "quantity": 2, "unitPrice": "200.00"}]
TERMS = NewTerms(customer_id="bob", channel="CONSUMER", currency="EUR", lines=LINES)


async def placed(url: str) -> str:
    async with Orderwright.connect(url, settings=Settings()) as app:
        clerk = Asked(by=await app.people.named("clerk"))
        return (await app.orders.create_order(TERMS, clerk)).instance_id


async def test_a_payment_is_registered_confirmed_and_given_back_by_people_who_may(
    furnished_url: str,
):
    order = await placed(furnished_url)

    async def payment(*words: str, by: str = "admin") -> tuple[int, object]:
        return await command(furnished_url, "payment", *words, "--as", by, "--json")

    terms = ("--amount", "400.00", "--currency", "EUR", "--method", "CARD", "--key", "k1")
    status, registered = await payment("register", order, *terms, by="clerk")
    one = registered["payment"]
    assert (status, one["state"], one["amount"], one["order_id"]) == (
        0,
        "PENDING",
        "400.00",
        order,
    )
    assert (await payment("register", order, *terms, by="clerk"))[1] == registered
    status, told = await payment("confirm", one["id"], by="clerk")
    assert (status, told["error"]["code"]) == (1, "access.denied")
    status, told = await payment("confirm", one["id"])
    assert (status, told["payment"]["state"]) == (0, "CONFIRMED")
    of_lines = ("--amount", "50.00", "--reason", "bent", "--line", "1=50.00")
    status, told = await payment("refund", one["id"], *of_lines)
    assert (status, told["payment"]["remaining"]) == (0, "350.00")
    assert told["payment"]["refunds"][0]["lines"] == {"1": "50.00"}
    too_much = ("--amount", "350.01", "--reason", "all of it")
    status, told = await payment("refund", one["id"], *too_much)
    assert (status, told["error"]["code"]) == (1, "payment.not_taken")
    back = ("--amount", "350.00", "--reason", "stolen card")
    status, told = await payment("charge-back", one["id"], *back)
    assert (status, told["payment"]["charged_back"], told["payment"]["remaining"]) == (
        0,
        "350.00",
        "0.00",
    )
    status, told = await payment("show", one["id"], by="bob")
    assert [line.split("  ")[1] for line in told["log"]][1:] == [
        "Confirm payment",
        "Refund",
        "Record chargeback",
    ]


async def test_payments_are_listed_and_failed_and_wrong_words_say_what_is_expected(
    furnished_url: str,
):
    order = await placed(furnished_url)
    said = ("--as", "admin")
    assert await command(furnished_url, "payment", "list", *said) == (0, "no payments\n")
    terms = ("--amount", "5.00", "--currency", "EUR", "--method", "CASH", "--reference", "till 4")
    status, registered = await command(
        furnished_url, "payment", "register", order, *terms, *said, "--json"
    )
    own = registered["payment"]["id"]
    failed = await command(furnished_url, "payment", "fail", own, "--reason", "torn note", *said)
    assert (failed[0], "Failed  5.00 EUR" in failed[1]) == (0, True)
    status, shown = await command(furnished_url, "payment", "list", "--search", "TILL", *said)
    assert (status, shown.splitlines()[-1], "reference till 4" in shown) == (0, "1 of 1", True)
    dollars = ("--amount", "5.00", "--currency", "USD", "--method", "CASH")
    status, told = await command(furnished_url, "payment", "register", order, *dollars, *said)
    assert (status, "payment.currency" in told) == (1, True)
    wrong = ("--amount", "1.00", "--reason", "x", "--line", "one")
    status, told = await command(furnished_url, "payment", "refund", own, *wrong, *said)
    assert (status, "'one' is no NO=AMOUNT" in told) == (2, True)
