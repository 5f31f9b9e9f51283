"""The migrations of the office store, in the package so that an offline machine has them."""
