"""Whether every part of the service works, for those who run it and those who rely on its figures."""
