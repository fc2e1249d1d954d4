"""The control socket: how the commands reach the running daemon, and the same operations without one."""
