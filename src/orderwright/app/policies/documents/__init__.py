"""Documents that policies ask for: requests, links to hand them in by, and what people make of them."""
