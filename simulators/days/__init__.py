"""What the vehicles of a city do all day: planned for each vehicle and date, from the seed alone. Pure."""
