"""Publishing: what makes the book, its records and its wheel, and no reader needs."""
