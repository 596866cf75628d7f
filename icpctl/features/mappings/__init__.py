"""The known formats of exports, listed and printed."""
