"""What a changed calendar, policy or draft does to open promises: seen before, carried out after."""
