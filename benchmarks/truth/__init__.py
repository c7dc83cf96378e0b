"""How well the rules know what really happened: a labelled city, judged as the service judges it, against its truth."""
