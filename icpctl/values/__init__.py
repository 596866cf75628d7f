"""Values of visitors: text, numbers, dates and URLs in the forms that rules compare."""
