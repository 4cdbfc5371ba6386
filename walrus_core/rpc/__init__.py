"""Storage nodes over gRPC: the server of one, and the way to all of them."""
