"""Values that know their place in a document; see `base`."""
