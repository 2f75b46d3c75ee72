"""A library: pictures, their codes and the search over them."""
