"""What goes wrong between a client and a server, made to happen on purpose."""
