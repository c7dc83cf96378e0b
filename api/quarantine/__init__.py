"""What was refused, why, with its raw bytes; and the wish to try it again."""
