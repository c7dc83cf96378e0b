"""What the network does not know, over HTTP."""
