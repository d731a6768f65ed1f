"""The made-up deliveries of one municipality: the quick start, the golden page and the docs use them."""
