"""Orders for vehicles: from the application to the settlement."""
