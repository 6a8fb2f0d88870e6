"""Who may do what, stated a second time as one table, against which code and doors are held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.app.permissions import Role

MATRIX = """
                               SUPER ADMIN MANAG ACCOU BILLE WAREH COMPL TREAS SUPPO READ_ RESEL CUSTO
order.create                     x     x     x     .     x     .     .     .     x     .     .     .
quotation.create                 x     x     x     .     x     .     .     .     x     .     .     .
case.read                        x     x     x     x     x     x     x     x     x     x     .     .
case.work                        x     x     x     x     x     x     x     x     x     .     .     .
case.assign                      x     x     x     .     .     .     .     .     .     .     .     .
deadletter.read                  x     x     x     .     .     .     .     .     x     .     .     .
deadletter.retry                 x     x     x     .     .     .     .     .     .     .     .     .
incident.read                    x     x     x     .     .     .     .     .     x     .     .     .
incident.resolve                 x     x     x     .     .     .     .     .     .     .     .     .
incident.retry                   x     x     x     .     .     .     .     .     .     .     .     .
override.read                    x     x     x     x     x     .     x     .     x     x     .     .
override.request                 x     x     x     .     x     .     .     .     x     .     .     .
override.revoke                  x     x     x     .     .     .     .     .     .     .     .     .
override.vote                    x     x     x     .     .     .     .     .     .     .     .     .
approval.read                    x     x     x     x     x     x     x     x     x     x     .     .
approval.vote                    x     x     x     x     x     x     x     x     x     .     .     .
approval.revoke                  x     x     x     x     x     x     x     x     x     .     .     .
document.read                    x     x     .     .     .     .     x     .     x     .     .     .
document.open                    x     x     .     .     .     .     x     .     .     .     .     .
document.link                    x     x     .     .     .     .     x     .     x     .     .     .
notification.read                x     x     x     x     x     x     x     x     x     x     x     x
notification.set                 x     x     x     x     x     x     x     x     x     x     x     x
outbox.read                      x     x     x     .     .     .     .     .     x     .     .     .
setting.read                     x     x     x     .     .     .     .     .     .     .     .     .
setting.change                   x     x     .     .     .     .     .     .     .     .     .     .
webhook.manage                   x     x     .     .     .     .     .     .     .     .     .     .
policy.read                      x     x     x     x     x     x     x     x     x     x     .     .
policy.write                     x     x     .     .     .     .     x     .     .     .     .     .
policy.publish                   x     x     .     .     .     .     x     .     .     .     .     .
policy.pause                     x     x     .     .     .     .     x     .     .     .     .     .
policy.snooze                    x     x     .     .     .     .     x     .     .     .     .     .
list.read                        x     x     x     x     x     x     x     x     x     x     .     .
list.write                       x     x     .     .     .     .     x     .     .     .     .     .
token.manage                     x     x     .     .     .     .     .     .     .     .     .     .
credit.read                      x     x     x     x     x     .     x     x     x     x     x     x
credit.set                       x     x     x     .     .     .     .     .     .     .     .     .
credit.SET_PROFILE               x     x     x     .     .     .     .     .     .     .     .     .
payment.register                 x     x     x     x     x     .     .     .     x     .     x     x
payment.read                     x     x     x     x     x     x     x     x     x     x     x     x
receipt.upload                   x     x     x     x     x     .     .     .     x     .     x     x
receipt.read                     x     x     x     x     x     .     .     x     x     .     x     x
payin.read                       x     x     x     x     x     .     x     x     x     x     .     .
payin.expect                     x     x     x     x     .     .     .     .     .     .     .     .
payout.read                      x     x     x     x     x     .     x     x     x     x     .     .
payout.request                   x     x     x     x     .     .     .     .     .     .     .     .
payout.vote                      x     x     .     .     .     .     .     x     .     .     .     .
kyc.read                         x     x     x     x     x     .     x     x     x     x     x     x
kyc.open                         x     x     .     .     .     .     x     .     x     .     x     x
user.read                        x     x     x     x     x     .     x     x     x     x     x     x
user.register                    x     x     .     .     .     .     x     .     x     .     .     .
stock.read                       x     x     x     x     x     x     x     x     x     x     .     .
stock.receive                    x     x     x     .     .     x     .     .     .     .     .     .
stock.adjust                     x     x     x     .     .     .     .     .     .     .     .     .
location.manage                  x     x     x     .     .     .     .     .     .     .     .     .
quotation.SHARE                  x     x     x     .     x     .     .     .     x     .     .     .
quotation.EDIT                   x     x     x     .     x     .     .     .     x     .     .     .
quotation.BUYER_APPROVES         x     x     .     .     .     .     .     .     .     .     x     x
quotation.SELLER_APPROVES        x     x     x     .     x     .     .     .     x     .     .     .
quotation.DECLINE                x     x     x     .     x     .     .     .     x     .     x     x
quotation.WITHDRAW               x     x     x     .     x     .     .     .     x     .     .     .
quotation.EXTEND_VALIDITY        x     x     x     .     x     .     .     .     x     .     .     .
sale.SET_PAYMENT_METHOD          x     x     x     x     x     .     .     .     x     .     x     x
sale.INITIATE_PAYMENT            x     x     x     x     x     .     .     .     x     .     x     x
sale.PAYMENT_AUTHORIZED          x     x     x     x     .     .     .     .     .     .     .     .
sale.PAYMENT_CAPTURED            x     x     x     x     .     .     .     .     .     .     .     .
sale.PAYMENT_FAILED              x     x     x     x     .     .     .     .     .     .     .     .
sale.ADMIN_OVERRIDE_REQUESTED    x     x     x     .     x     .     .     .     x     .     .     .
sale.CREDIT_OVERRIDE_REQUIRED    x     x     x     .     x     .     .     .     x     .     .     .
sale.FREEZE                      x     x     x     .     .     .     x     .     .     .     .     .
sale.RELEASE                     x     x     x     .     .     .     x     .     .     .     .     .
sale.REJECT                      x     x     x     .     .     .     x     .     .     .     .     .
sale.CANCEL_REQUESTED            x     x     x     .     x     .     .     .     x     .     x     x
sale.REOPEN                      x     x     x     .     .     .     .     .     .     .     .     .
sale.WRITE_OFF                   x     x     x     .     .     .     .     .     .     .     .     .
payment.CONFIRM                  x     x     x     x     .     .     .     .     .     .     .     .
payment.FAIL                     x     x     x     x     .     .     .     .     .     .     .     .
payment.REFUND                   x     x     x     x     .     .     .     .     .     .     .     .
payment.CHARGE_BACK              x     x     x     x     .     .     .     .     .     .     .     .
fulfilment.FULFILMENT_STARTED    x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.PACKAGE_SHIPPED       x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.PACKAGE_DELIVERED     x     x     x     .     .     x     .     .     x     .     .     .
fulfilment.DELIVERY_FAILED       x     x     x     .     .     x     .     .     x     .     .     .
fulfilment.SERVICE_SCHEDULED     x     x     x     .     .     x     .     .     x     .     .     .
fulfilment.SERVICE_STARTED       x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.SERVICE_COMPLETED     x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.RETURN_REQUESTED      x     x     x     .     .     x     .     .     x     .     x     x
fulfilment.RETURN_RECEIVED       x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.RETURN_REJECTED       x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.REFUND_ISSUED         x     x     x     x     .     .     .     .     .     .     .     .
fulfilment.HOLD                  x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.RESUME                x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.CANCEL                x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.FAIL                  x     x     x     .     .     x     .     .     .     .     .     .
stock.RECEIVE_STOCK              x     x     x     .     .     x     .     .     .     .     .     .
stock.ADJUST_STOCK               x     x     x     .     .     .     .     .     .     .     .     .
case.ASSIGN                      x     x     x     .     .     .     .     .     .     .     .     .
case.TAKE                        x     x     x     x     x     x     x     x     x     .     .     .
case.COMMENT                     x     x     x     x     x     x     x     x     x     .     .     .
case.CHANGE_PRIORITY             x     x     x     x     x     x     x     x     x     .     .     .
case.RESOLVE                     x     x     x     x     x     x     x     x     x     .     .     .
case.REOPEN                      x     x     x     x     x     x     x     x     x     .     .     .
policy.SAVE_VERSION              x     x     .     .     .     .     x     .     .     .     .     .
policy.REQUEST_PUBLICATION       x     x     .     .     .     .     x     .     .     .     .     .
policy.REQUEST_RESUMPTION        x     x     .     .     .     .     x     .     .     .     .     .
policy.PAUSE                     x     x     .     .     .     .     x     .     .     .     .     .
policy.ARCHIVE                   x     x     .     .     .     .     x     .     .     .     .     .
payin.PAYIN_RECEIVED             x     x     x     x     .     .     .     .     .     .     .     .
payin.VERIFY                     x     x     x     x     .     .     .     .     .     .     .     .
payin.RECONCILE                  x     x     x     x     .     .     .     .     .     .     .     .
payin.FAIL                       x     x     x     x     .     .     .     .     .     .     .     .
payin.REFUND                     x     x     x     x     .     .     .     .     .     .     .     .
payin.FREEZE                     x     x     x     .     .     .     x     .     .     .     .     .
payin.RELEASE                    x     x     x     .     .     .     x     .     .     .     .     .
payin.REJECT                     x     x     x     .     .     .     x     .     .     .     .     .
payout.START                     x     x     .     .     .     .     .     x     .     .     .     .
payout.SENT                      x     x     .     .     .     .     .     x     .     .     .     .
payout.CONFIRMING                x     x     .     .     .     .     .     x     .     .     .     .
payout.CONFIRMED                 x     x     .     .     .     .     .     x     .     .     .     .
payout.FAIL                      x     x     .     .     .     .     .     x     .     .     .     .
payout.RETRY                     x     x     .     .     .     .     .     x     .     .     .     .
payout.CANCEL                    x     x     x     x     .     .     .     x     .     .     .     .
payout.FREEZE                    x     x     x     .     .     .     x     .     .     .     .     .
payout.RELEASE                   x     x     x     .     .     .     x     .     .     .     .     .
payout.REJECT                    x     x     x     .     .     .     x     .     .     .     .     .
kyc.DOCUMENTS_SUBMITTED          x     x     .     .     .     .     x     .     x     .     x     x
kyc.DOCUMENTS_REQUIRED           x     x     .     .     .     .     x     .     .     .     .     .
kyc.APPROVE                      x     x     .     .     .     .     x     .     .     .     .     .
kyc.REJECT                       x     x     .     .     .     .     x     .     .     .     .     .
kyc.RESUBMIT                     x     x     .     .     .     .     x     .     x     .     .     .
user.ACTIVATE                    x     x     x     .     .     .     x     .     .     .     .     .
user.ADD_WALLET                  x     x     .     .     .     .     x     .     x     .     x     x
user.RESTRICT                    x     x     x     .     .     .     x     .     .     .     .     .
user.LIFT                        x     x     x     .     .     .     x     .     .     .     .     .
user.BLOCK                       x     x     x     .     .     .     x     .     .     .     .     .
approval.APPROVE                 x     x     x     x     x     x     x     x     x     .     .     .
approval.DENY                    x     x     x     x     x     x     x     x     x     .     .     .
approval.REVOKE                  x     x     x     x     x     x     x     x     x     .     .     .
approval.WITHDRAW                x     x     x     .     x     .     .     .     x     .     .     .
document_request.ACCEPT          x     x     .     .     .     .     x     .     .     .     .     .
document_request.REJECT          x     x     .     .     .     .     x     .     .     .     .     .
document_request.CANCEL          x     x     .     .     .     .     x     .     .     .     .     .
"""
HEAD, *_ROWS = [line for line in MATRIX.splitlines() if line.strip()]
EXPECTED: Final[Mapping[tuple[str, Role], bool]] = {
    (operation, role): mark == "x"
    for operation, *marks in (row.split() for row in _ROWS)
    for role, mark in zip(Role, marks, strict=True)
}
