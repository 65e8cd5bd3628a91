"""Tools of the project itself: they make what is checked in, and are no part of what is installed."""
