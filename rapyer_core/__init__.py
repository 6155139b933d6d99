"""What both packages share and what decides: pure code, no I/O, no event loop, no threads."""
