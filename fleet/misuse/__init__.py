"""What counts as misuse: `RULES` is the list, one file a rule. Pure: no clock, no database."""
