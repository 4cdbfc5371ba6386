"""The server for other programs as a process, or several: `walrus-core serve`.

config config_file caller_file   what is said
process network workers worker   what runs
tallies                          what callers have had
metrics call_log tracing         what is told
"""
