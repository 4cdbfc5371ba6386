"""Floor 7, the command line: words for people and scripts.

A command function returns a `Report`; `output` prints it, or the error that stopped the command, as
text or as JSON; `app` ends with the status. The floors below import nothing from here.
"""
