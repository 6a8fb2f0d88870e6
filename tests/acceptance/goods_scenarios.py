"""What becomes of a fulfilment, from its stock to the customer and back, row by row of the domain's table."""

from __future__ import annotations

from acceptance.doing import (
    about_return,
    arrive,
    deliver,
    fulfil,
    fulfil_so,
    order,
    pay,
    ship,
    tell,
)
from acceptance.sale_scenarios import CARD, CLEARED, PAID
from acceptance.scenario import Scenario, scenario
from acceptance.seeing import applied, booked, credit, fulfilments, money, refused, returns, stands

PAIR = [{"sku": "ANVIL", "quantity": 2, "unitPrice": "50.00"}]
TWO = (order(lines=PAIR), CARD, pay("100.00"))
ONE_OF_TWO = [{"lineNo": 1, "quantity": 1}]
SERVICE = (order(sku="FITTING"), CARD, pay("100.00"), fulfilments("PICK_PACK"))
FAIL_TO_DELIVER = ("PACKAGE_SHIPPED", "DELIVERY_FAILED")
RETURNED = "RETURN_REQUESTED / RETURN_RECEIVED / REFUND_ISSUED"
REJECTED = "RETURN_REJECTED: back where it came from"
REFUND = fulfil("REFUND_ISSUED", by="tony")

GOODS: tuple[Scenario, ...] = (
    scenario(
        "RESERVE_OK / RESERVE_MISS (system)",
        "what is not there is backordered, and reserved when it arrives",
        given=[order(sku="GONE"), CARD, pay("100.00"), fulfilments("BACKORDERED")],
        when=[arrive("GONE", 1)],
        then=[
            fulfilments("PICK_PACK"),
            booked(
                "available reserve -1", "reserved reserve +1", "short served -1", "short short +1"
            ),
        ],
    ),
    scenario(
        ("FULFILMENT_STARTED", "PACKAGE_SHIPPED"),
        "a package is packed and shipped, and its pieces leave the shelf",
        given=[*PAID, fulfil("FULFILMENT_STARTED"), fulfilments("READY_FOR_SHIPMENT")],
        when=[fulfil("PACKAGE_SHIPPED")],
        then=[fulfilments("SHIPPED"), booked("reserved issue -1")],
    ),
    scenario(
        "PACKAGE_SHIPPED, unshipped lines",
        "what a package leaves out goes on in a fulfilment of its own",
        given=[*TWO, fulfil("FULFILMENT_STARTED")],
        when=[fulfil_so("PACKAGE_SHIPPED", lines=ONE_OF_TWO)],
        then=[fulfilments("SHIPPED", "PICK_PACK"), booked("reserved issue -1")],
    ),
    scenario(
        "PACKAGE_SHIPPED requires the sale cleared",
        "a package of a frozen order does not leave",
        given=[*PAID, fulfil("FULFILMENT_STARTED"), tell("FREEZE", by="cora", reason="check")],
        when=[fulfil("PACKAGE_SHIPPED")],
        then=[refused("unhandled"), fulfilments("ON_HOLD")],
    ),
    scenario(
        ("PACKAGE_DELIVERED", "PACKAGE_DELIVERED twice changes nothing"),
        "a delivery that is told twice is one",
        given=[*PAID, deliver(), fulfilments("DELIVERED")],
        when=[fulfil("PACKAGE_DELIVERED")],
        then=[applied(), fulfilments("DELIVERED"), stands(CLEARED), booked("reserved issue -1")],
    ),
    scenario(
        "DELIVERY_FAILED",
        "what could not be delivered is on the shelf again, and still reserved",
        given=[*PAID, ship()],
        when=[fulfil("DELIVERY_FAILED")],
        then=[
            fulfilments("READY_FOR_SHIPMENT"),
            booked("reserved issue -1", "reserved back +1"),
        ],
    ),
    scenario(
        "DELIVERY_FAILED, after the limit",
        "after the third failed delivery the pieces are for anybody",
        given=[*PAID, fulfil("FULFILMENT_STARTED", *FAIL_TO_DELIVER * 2, "PACKAGE_SHIPPED")],
        when=[fulfil("DELIVERY_FAILED")],
        then=[
            fulfilments("FAILED"),
            booked("available back +1", *["reserved back +1"] * 2, *["reserved issue -1"] * 3),
        ],
    ),
    scenario(
        "SERVICE_SCHEDULED / SERVICE_STARTED / SERVICE_COMPLETED",
        "a service is scheduled, rendered and completed, and moves no stock",
        given=[
            *SERVICE,
            fulfil("SERVICE_SCHEDULED"),
            fulfilments("SCHEDULING"),
            fulfil("SERVICE_STARTED"),
            fulfilments("IN_PROGRESS"),
        ],
        when=[fulfil("SERVICE_COMPLETED")],
        then=[fulfilments("COMPLETED"), stands("COMPLETED"), booked()],
    ),
    scenario(
        RETURNED,
        "everything comes back, is refunded, and earns no credit",
        given=[*PAID, deliver(), fulfil("RETURN_REQUESTED", "RETURN_RECEIVED")],
        when=[REFUND],
        then=[
            fulfilments("REFUNDED"),
            returns("REFUNDED"),
            stands("COMPLETED"),
            money(captured="0.00", due="0.00"),
            booked("available put_back +1", "reserved issue -1"),
            credit(completedSales="0.00"),
        ],
    ),
    scenario(
        (RETURNED, "REFUND_ISSUED, shipped lines are left"),
        "a part comes back from the road, and the rest counts as delivered",
        given=[
            *TWO,
            ship(),
            fulfil_so("RETURN_REQUESTED", lines=ONE_OF_TWO),
            fulfil_so("RETURN_RECEIVED", condition="DAMAGED"),
        ],
        when=[REFUND],
        then=[
            fulfilments("DELIVERED"),
            money(captured="50.00", due="50.00"),
            booked("reserved issue -2"),
        ],
    ),
    scenario(
        RETURNED,
        "what is said again of a return that is done does not move the next one",
        given=[
            *TWO,
            deliver(),
            fulfil_so("RETURN_REQUESTED", lines=ONE_OF_TWO),
            about_return(1, "RETURN_RECEIVED"),
            about_return(1, "REFUND_ISSUED", by="tony"),
            fulfil("RETURN_REQUESTED", "RETURN_RECEIVED"),
        ],
        when=[about_return(1, "REFUND_ISSUED", by="tony")],
        then=[
            refused("blocked", "return.done"),
            returns("REFUNDED", "RECEIVED"),
            money(captured="50.00", due="50.00"),
        ],
    ),
    *(
        scenario(
            REJECTED,
            f"a return that is rejected {when} leaves the goods {state}",
            given=[*PAID, way, fulfil("RETURN_REQUESTED", *received)],
            when=[fulfil("RETURN_REJECTED")],
            then=[fulfilments(state), returns("REJECTED"), booked("reserved issue -1", *moved)],
        )
        for when, state, way, received, moved in (
            ("on the road", "SHIPPED", ship(), (), ()),
            (
                "when it is seen",
                "DELIVERED",
                deliver(),
                ("RETURN_RECEIVED",),
                ("available put_back +1", "available put_back -1"),
            ),
        )
    ),
    scenario(
        "returned never exceeds shipped",
        "more than was shipped does not come back",
        given=[*PAID, deliver()],
        when=[fulfil_so("RETURN_REQUESTED", lines=[{"lineNo": 1, "quantity": 2}])],
        then=[refused("blocked", "return.exceeds_shipped"), fulfilments("DELIVERED")],
    ),
    scenario(
        "HOLD / RESUME",
        "somebody stops the work, and lets it go on where it was",
        given=[*PAID, fulfil("FULFILMENT_STARTED", "HOLD"), fulfilments("ON_HOLD")],
        when=[fulfil("RESUME")],
        then=[fulfilments("READY_FOR_SHIPMENT"), booked()],
    ),
    *(
        scenario(
            "CANCEL",
            f"a fulfilment that is cancelled {where} gives its pieces free",
            given=[*PAID, *way],
            when=[fulfil("CANCEL")],
            then=[fulfilments("CANCELLED"), booked("available release +1", "reserved release -1")],
        )
        for where, way in (("at once", ()), ("from ON_HOLD", (fulfil("HOLD"),)))
    ),
    scenario(
        "FAIL",
        "what is given up on the road stays there",
        given=[*PAID, ship()],
        when=[fulfil("FAIL")],
        then=[fulfilments("FAILED"), booked("reserved issue -1")],
    ),
)
