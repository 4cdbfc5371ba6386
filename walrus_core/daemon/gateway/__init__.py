"""The server for other programs as a process, or several: `walrus-core serve`.

config config_file caller_file     what is said
workers worker process idle        what runs
connection network                 its way to the network's blobs
tallies                            what callers have had
observers call_log metrics tracing what is told of calls
ready                              what is told when it serves
"""
