"""The use cases of walrus-core, and the ports through which they reach the world."""
