"""Webhooks: domain events as HTTP requests to subscribers, signed as Standard Webhooks says.

`fan_out` is a consumer of the relay that only writes rows, one delivery for each event and subscription, so that no
receiver can hold anything back. `courier` claims deliveries, posts them outside of any transaction, and records what
came of it. A delivery is repeated with the same id and the same body until it is answered with 2xx.

Reading order: `subscription`, `fan_out`, `delivery`, `address` (where a request may go), `signature`, `post`,
`courier`. Source: https://github.com/standard-webhooks/standard-webhooks, version 1.0.0 of the specification.
"""

from __future__ import annotations
