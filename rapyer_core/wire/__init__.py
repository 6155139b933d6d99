"""The Redis protocol without any I/O: bytes of commands, replies of bytes, who does what next."""
