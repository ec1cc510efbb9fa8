"""Tomorrow's demand of a district-heating network, hour by hour."""
