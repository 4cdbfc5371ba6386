"""A whole network on one machine: the contract's rules, and what serves them."""
