"""The use cases of walrus-core, and the ports through which they reach the world.

engine                                  encode, decode, verify and recover for many callers at once
uploader  uploads                       store a blob; store what callers send to a server
reader                                  read a blob, or some of it, and ask for its status
node                                    hold slivers, confirm that, give and heal them
ports node_api                          what they need of the world
workers tasks shared_bytes spooling     what several of them use
"""
