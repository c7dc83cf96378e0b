"""The books: what was received is what was stored, was a duplicate, or was refused."""
