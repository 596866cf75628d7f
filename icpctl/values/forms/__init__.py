"""Normal forms: how texts, numbers, ranges, dates, countries, booleans and URLs are read."""
