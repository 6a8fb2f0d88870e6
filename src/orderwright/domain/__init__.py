"""The rules of the trade, pure: what clears a sale, what a total is, who may approve what."""
