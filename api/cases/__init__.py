"""Cases, findings and what people make of them."""
