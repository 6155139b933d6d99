"""Finding documents: indexes on the server, and what is asked of them."""
