"""Storage nodes over gRPC: the server of one, and the way to all of them."""

import os

# Of a node that goes away gRPC would tell the terminal, past every log; callers get an error.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
