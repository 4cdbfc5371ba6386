"""The chain as the gRPC services of `sui.rpc.v2`: one file for each service, and what they share.

statuses says no; calls turns a method into a gRPC handler; masks and pages cut answers to what was
asked for; filters choose from the streams. The messages are pysui's.
"""
