"""The Walrus contract's rules as a state machine that gives the contract's own answers."""
